//! Each rule, shown to find what it is there for, and to leave alone what only looks like it.

use std::collections::BTreeMap;

use crate::readme;
use crate::rules::{self, Rule};
use crate::source::Source;

/// The lines of a text on which a rule finds something.
fn lines(rule: Rule, path: &str, text: &str) -> Vec<usize> {
    let mut lines: Vec<usize> = rule(&Source::new(path, text)).into_iter().map(|(line, _)| line).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn long_files_are_found() {
    assert_eq!(lines(rules::long_file, "src/a.rs", &"\n".repeat(501)), [501]);
    assert_eq!(lines(rules::long_file, "src/a.rs", &"\n".repeat(500)), []);
    assert_eq!(lines(rules::long_file, "resolvers.yaml", &"\n".repeat(501)), []);
}

#[test]
fn long_functions_are_found() {
    let function =
        |lines: usize| format!("\nfn a(b: [u8; 2]) {{\n{}}}\n", "let _ = '}';\n".repeat(lines - 2));
    assert_eq!(lines(rules::long_function, "src/a.rs", &function(71)), [2]);
    assert_eq!(lines(rules::long_function, "src/a.rs", &function(70)), []);
    // Pointers and signatures without a body have no length.
    let others = format!("trait A {{ fn a(&self);\nfn b(c: fn(u8)); {} }}\n", "\n".repeat(80));
    assert_eq!(lines(rules::long_function, "src/a.rs", &others), []);
    assert_eq!(lines(rules::long_function, "tests/a.rs", &function(71)), [2]);
}

#[test]
fn imports_against_the_stream_are_found() {
    let found = |path: &str, text: &str| lines(rules::import, path, text);
    assert_eq!(found("src/model/a.rs", "\nuse crate::engine::Plan;\n"), [2]);
    assert_eq!(found("src/engine/a.rs", "use crate::{model::A, net::{B, C}};\n"), [1]);
    assert_eq!(found("src/engine/a.rs", "fn a() { crate :: clock::Clock::new(); }\n"), [1]);
    assert_eq!(found("src/engine/mod.rs", "use super::net::A;\n"), [1]);
    assert_eq!(found("src/engine/a.rs", "use super::super::net::A;\n"), [1]);
    assert_eq!(
        found("src/engine/a.rs", "#[cfg(test)]\nmod tests {\n use super::super::super::net::A;\n}\n"),
        [3]
    );
    assert_eq!(found("src/net/a.rs", "use crate::drive::A;\n"), [1]);
    assert_eq!(found("src/view/a.rs", "use crate::config::A;\n"), [1]);
    assert_eq!(found("src/drive.rs", "use propwatch::cli::A;\n"), [1]);
    assert_eq!(found("src/attic/a.rs", "\n"), [1]);
    for (path, right) in [
        ("src/engine/a.rs", "use crate::model::A; // not crate::net\n"),
        ("src/engine/a.rs", "use super::net::A;\n"),
        ("src/engine/a.rs", "use crate::engine::a;\n"),
        ("src/drive.rs", "use crate::{clock::A, config, net::B, view};\n"),
        ("src/cli/a.rs", "use propwatch::drive::A;\nuse crate::cli::b;\n"),
        ("src/clock.rs", "use crate::model::Timestamp;\n"),
        ("tests/a.rs", "use propwatch::net::A;\n"),
        ("src/model/a.rs", "fn a() { b(\"crate::net::A\") }\n"),
    ] {
        assert_eq!(found(path, right), [], "{path}: {right}");
    }
}

#[test]
fn names_that_say_nothing_are_found() {
    let found = |path: &str, text: &str| lines(rules::vague_name, path, text);
    assert_eq!(found("src/util.rs", ""), [1]);
    assert_eq!(found("src/net/helpers.rs", ""), [1]);
    assert_eq!(found("src/a.rs", "\nstruct CacheManager;\n"), [2]);
    assert_eq!(found("src/a.rs", "mod common {}\nenum State {}\ntype HostInfo = u8;\n"), [1, 2, 3]);
    assert_eq!(found("src/a.rs", "struct Metadata; enum Standing {}\nlet state = 1; // struct State\n"), []);
}

#[test]
fn what_can_end_the_program_is_found() {
    let found = |path: &str, text: &str| lines(rules::panics, path, text);
    assert_eq!(found("src/a.rs", "\na().unwrap();\nb.expect(\"c\");\n"), [2, 3]);
    assert_eq!(found("src/a.rs", "a.unwrap_or(1);\n// a.unwrap()\n#[cfg(test)]\nmod t { a.unwrap() }\n"), []);
    assert_eq!(found("src/a.rs", "stage.expect(&zone, \"a\");\n"), []);
    assert_eq!(found("src/a/tests.rs", "a.unwrap();\n"), []);
    assert_eq!(found("tests/a.rs", "a.unwrap();\n"), []);
}

#[test]
fn prints_are_found() {
    let found = |path: &str, text: &str| lines(rules::prints, path, text);
    assert_eq!(found("src/view/a.rs", "\nprintln!(\"a\");\neprint!(\"b\");\n"), [2, 3]);
    assert_eq!(found("src/cli/a.rs", "println!(\"a\");\n"), []);
    assert_eq!(found("src/main.rs", "eprintln!(\"a\");\n"), []);
    assert_eq!(found("benches/a.rs", "println!(\"a\");\n"), []);
    assert_eq!(found("src/view/a.rs", "writeln!(a, \"println!\");\n"), []);
}

#[test]
fn what_is_left_to_do_is_found() {
    let found = |text: &str| lines(rules::left_to_do, "src/a.rs", text);
    assert_eq!(found(concat!("\n// TO", "DO: later\n// FIX", "ME\n// XX", "X\n")), [2, 3, 4]);
    assert_eq!(found(concat!("mktemp a.XX", "XXXX\n")), []);
}

#[test]
fn paths_of_one_machine_are_found() {
    let found = |text: &str| lines(rules::someones_machine, "src/a.rs", text);
    assert_eq!(found(concat!("\n\"/ho", "me/me\"\ncd /ro", "ot/x\n/wo", "rk/\n/tm", "p/a\n")), [2, 3, 4, 5]);
    assert_eq!(found(concat!("https://example.com/wo", "rk/\n../ho", "me/\n")), []);
}

#[test]
fn loose_ends_are_found() {
    let found = |text: &str| lines(rules::loose_ends, "a.md", text);
    assert_eq!(found("a\nb \nc\t\nd"), [2, 3, 4]);
    assert_eq!(found("a\n\nb\n"), []);
}

#[test]
fn files_that_nothing_leads_to_are_found() {
    let files = |list: &[(&str, &str)]| -> BTreeMap<String, Source> {
        list.iter().map(|(path, text)| ((*path).to_owned(), Source::new(path, text))).collect()
    };
    let whole = [("src/lib.rs", "pub mod a;\n"), ("src/a/mod.rs", "mod b;\n"), ("src/a/b.rs", "")];
    assert_eq!(crate::unreachable(&files(&whole)), Vec::<String>::new());
    let lost = [("src/lib.rs", "pub mod a;\n"), ("src/a/mod.rs", "// mod b;\n"), ("src/a/b.rs", "")];
    assert_eq!(
        crate::unreachable(&files(&lost)),
        ["src/a/b.rs:1: no `mod b;` leads here: declare it in src/a/mod.rs, or remove it"]
    );
    assert_eq!(crate::unreachable(&files(&[("src/a.rs", ""), ("src/lib.rs", "")])).len(), 1);
}

#[test]
fn commands_that_do_not_exist_are_found() {
    let text = "\
# propwatch --nonsense

    propwatch check a=b --expect=1
```
$ propwatch wait a --tiemout 5s --then 'x --odd' \\
    --quite | jq --raw
propwatch frobnicate
propwatch --version   # --not-this
```
propwatch check --outside
";
    let mut help = |command: &str| match command {
        "" => Some("--version".to_owned()),
        "check" => Some("--expect <VALUE>".to_owned()),
        "wait" => Some("--timeout --then --quiet".to_owned()),
        _ => None,
    };
    let found = readme::unknown_options(text, &mut help);
    let told: Vec<String> = found.iter().map(|(line, what)| format!("{line} {what}")).collect();
    let advice = "correct README or the program";
    assert_eq!(
        told,
        [
            format!("5 there is no option `--tiemout`: {advice}"),
            format!("5 there is no option `--quite`: {advice}"),
            format!("7 there is no command `frobnicate`: {advice}"),
        ]
    );
}
