//! `propwatch resolvers test` against resolvers that lie, filter and fail.

#![allow(clippy::expect_used)] // this is all test

mod fleet;

use std::process::Command;

use fleet::{OLD, Plays, arguments};

/// The lines of a test of these resolvers, with its exit status.
fn test(plays: Vec<Plays>, more: &[&str]) -> (Vec<String>, Option<i32>) {
    let servers = fleet::fleet(plays);
    let output = Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args(["resolvers", "test", "--query-timeout", "500ms"])
        .args(more)
        .args(arguments(&[], &servers))
        .output()
        .expect("the program starts");
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    (lines, output.status.code())
}

fn hiding(plays: Plays) -> Plays {
    Plays::Resolver(Some(Box::new(plays)))
}

#[test]
fn liars_and_filters_are_named() {
    let nowhere = Plays::Has(vec![std::net::Ipv4Addr::UNSPECIFIED], 60);
    let page = Plays::Has(vec![OLD], 60);
    let mut plays = vec![Plays::Resolver(None); 3];
    plays.extend([hiding(nowhere), hiding(Plays::NoName(60)), hiding(page), Plays::new(), Plays::Dead]);
    let (lines, exit) = test(plays, &[]);
    assert_eq!((lines.len(), exit), (8, Some(1)), "three of eight do as they should: {lines:#?}");
    for line in &lines[..3] {
        assert!(line.contains("says NXDOMAIN") && line.contains("hides nothing"), "{line}");
    }
    for line in &lines[3..6] {
        assert!(line.contains("FILTERS: hides isitblocked.org"), "{line}");
    }
    assert!(lines[6].contains("LIES: gives 203.0.113.7 for a name that does not exist"), "{}", lines[6]);
    assert!(!lines[7].contains("NXDOMAIN") && !lines[7].contains("hides"), "{}", lines[7]);
}

#[test]
fn a_script_reads_the_same() {
    let (lines, exit) = test(vec![Plays::Resolver(None), hiding(Plays::Code(5))], &["--json"]);
    assert_eq!(exit, Some(0), "one of two is half of them");
    assert!(lines[0].contains(r#""filters":false"#) && lines[0].contains(r#""hides":[]"#), "{}", lines[0]);
    assert!(lines[1].contains(r#""filters":true"#), "{}", lines[1]);
    assert!(lines[1].contains(r#""hides":["isitblocked.org","#), "{}", lines[1]);
    assert!(lines.iter().all(|line| line.contains(r#""denies":true"#)), "{lines:#?}");
}

#[test]
fn one_alone_has_nobody_to_be_compared_with() {
    let (lines, _) = test(vec![hiding(Plays::NoName(60))], &["--json"]);
    assert!(lines[0].contains(r#""filters":null"#), "{}", lines[0]);
    let (lines, _) = test(vec![Plays::Code(2)], &["--json"]);
    assert!(lines[0].contains(r#""denies":null"#), "a failure is no lie: {}", lines[0]);
}
