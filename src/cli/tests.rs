//! The commands in `docs/`, read by the same definition of the command line as a user's.

use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::args::Args;

/// What a command of ours begins with.
const COMMANDS: [&str; 5] = ["check ", "wait ", "report ", "explain ", "self-test"];

/// All files below `docs`.
fn files() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let into = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut files };
            into.push(entry.path());
        }
    }
    files
}

/// The command lines in a text, wherever in a line they begin; lines that end in a backslash go on.
fn commands(text: &str) -> Vec<Vec<String>> {
    let whole = text.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in
        whole.lines().filter(|line| !line.trim_start().starts_with(['-', '|']) || line.contains("run: "))
    {
        for (at, _) in line.match_indices("propwatch ") {
            let rest = &line[at + "propwatch ".len()..];
            if COMMANDS.iter().any(|command| rest.starts_with(command)) && !line[..at].ends_with('`') {
                found.push(words(&line[at..]));
            }
        }
    }
    found
}

/// The words as a shell parts them, up to where the command ends.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, '|' | ';' | '&' | '>' | '<') => break,
            (None, c) if c.is_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, c) => word.push(c),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

#[test]
fn every_command_in_the_documentation_is_one() {
    let mut read = 0;
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        for command in commands(&text) {
            let parsed = Args::try_parse_from(&command);
            assert!(parsed.is_ok(), "{}: {command:?}: {}", file.display(), parsed.unwrap_err());
            read += 1;
        }
    }
    assert!(read >= 7, "only {read} commands were found");
}

#[test]
fn every_yaml_file_in_the_documentation_can_be_read_and_its_arguments_are_ours() {
    let mut read = 0;
    for file in files() {
        let yaml = file.extension().is_some_and(|end| end == "yml" || end == "yaml");
        if !yaml {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let mut left = vec![&value];
        while let Some(one) = left.pop() {
            match one {
                serde_json::Value::Array(all) => left.extend(all),
                serde_json::Value::Object(map) => {
                    left.extend(map.values());
                    let Some(serde_json::Value::Array(args)) = map.get("args") else { continue };
                    let args = args.iter().map(|arg| arg.as_str().unwrap());
                    let parsed = Args::try_parse_from(std::iter::once("propwatch").chain(args));
                    assert!(parsed.is_ok(), "{}: {}", file.display(), parsed.unwrap_err());
                    read += 1;
                }
                _ => {}
            }
        }
        if let Some(run) = value.pointer("/jobs/issue/steps/2/run") {
            assert_eq!(commands(run.as_str().unwrap()).len(), 1, "{run}");
        }
    }
    assert_eq!(read, 1, "the one of the init container");
}

#[test]
fn commands_are_found_where_they_are_and_wrong_ones_do_not_pass() {
    let text = "x\n*/5 * * * * root test -e a || propwatch wait a --expect 192.0.2.1 \\\n  --then 'a && b' && c\n\
        ExecStart=/usr/bin/propwatch check %i --quiet\nthe program propwatch is\n| `propwatch wait x --odd` |\n";
    let found = commands(text);
    assert_eq!(found[0], ["propwatch", "wait", "a", "--expect", "192.0.2.1", "--then", "a && b"]);
    assert_eq!(found[1], ["propwatch", "check", "%i", "--quiet"]);
    assert_eq!(found.len(), 2);
    assert!(Args::try_parse_from(["propwatch", "wait", "a", "--tiemout", "5s"]).is_err());
}
