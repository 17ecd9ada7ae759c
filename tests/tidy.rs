//! What the house asks of its own source, checked at every run of the tests.
//!
//! Each rule tells file and line, and what to do. Each is shown to be able to fail in `tidy/proofs.rs`.

#![allow(clippy::expect_used)] // this is all test

#[path = "tidy/proofs.rs"]
mod proofs;
#[path = "tidy/readme.rs"]
mod readme;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use source::Source;

/// More files than the tree will ever have; a runaway walk ends here.
const MOST_FILES: usize = 5000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the tree that people write, in order.
fn tree() -> Vec<Source> {
    let mut paths: Vec<String> = Vec::new();
    let mut folders: Vec<String> =
        ["src", "tests", "benches", "examples", ".ci", "docs"].map(str::to_owned).into();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else { continue };
        for entry in entries.flatten() {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else {
                paths.push(path);
            }
        }
        assert!(paths.len() + folders.len() < MOST_FILES);
    }
    for entry in fs::read_dir(root()).expect("the tree").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if [".md", ".toml", ".yaml"].iter().any(|end| name.ends_with(end)) {
            paths.push(name);
        }
    }
    paths.sort();
    let read = |path: &String| Some(Source::new(path, &fs::read_to_string(root().join(path)).ok()?));
    paths.iter().filter_map(read).collect()
}

fn refuse(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn every_file_keeps_the_rules() {
    let tree = tree();
    assert!(tree.iter().filter(|file| file.path.starts_with("src/")).count() > 10, "the tree is not here");
    let mut breaches = Vec::new();
    for file in &tree {
        let code = file.path.ends_with(".rs");
        for (rule, of_code) in rules::ALL {
            if code || !of_code {
                let found = rule(file).into_iter();
                breaches.extend(found.map(|(line, what)| format!("{}:{line}: {what}", file.path)));
            }
        }
    }
    refuse(&breaches);
}

#[test]
fn every_source_file_is_part_of_the_program() {
    let files: BTreeMap<String, Source> =
        tree().into_iter().filter(|f| f.path.starts_with("src/")).map(|f| (f.path.clone(), f)).collect();
    refuse(&unreachable(&files));
}

/// Files below `src` that no `mod` leads to.
fn unreachable(files: &BTreeMap<String, Source>) -> Vec<String> {
    let declares = |parent: &str, name: &str| {
        files.get(parent).is_some_and(|file| {
            let words = file.words();
            words.windows(2).any(|pair| pair[0].1 == "mod" && pair[1].1 == name)
        })
    };
    let mut lost = Vec::new();
    for path in files.keys().filter(|path| path.ends_with(".rs")) {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let Some((folder, name)) = module.rsplit_once('/') else { continue };
        if folder == "src" && matches!(name, "lib" | "main") {
            continue;
        }
        let parents = match folder {
            "src" => ["src/lib.rs".to_owned(), "src/main.rs".to_owned()],
            folder => [format!("{folder}/mod.rs"), format!("{folder}.rs")],
        };
        if !parents.iter().any(|parent| declares(parent, name)) {
            lost.push(format!(
                "{path}:1: no `mod {name};` leads here: declare it in {}, or remove it",
                parents[0]
            ));
        }
    }
    lost
}

#[test]
fn readme_shows_commands_that_exist() {
    let Ok(text) = fs::read_to_string(root().join("README.md")) else { return };
    let mut asked: BTreeMap<String, Option<String>> = BTreeMap::new();
    let breaches = readme::unknown_options(&text, &mut |command| {
        asked.entry(command.to_owned()).or_insert_with(|| help(command)).clone()
    });
    refuse(&breaches.iter().map(|(line, what)| format!("README.md:{line}: {what}")).collect::<Vec<_>>());
}

/// What the program says about one of its commands; nothing if it has no such command.
fn help(command: &str) -> Option<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    program.args(command.split_whitespace()).arg("--help");
    let output = program.output().expect("the program starts");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
