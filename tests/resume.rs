//! The command with its journal, against servers on loopback: killed, stopped, and told of.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods)] // this is all test

#[path = "fleet/mod.rs"]
mod fleet;

use std::fs::{self, File};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fleet::place::{Place, err, kill, out, signal};
use fleet::{Plays, now_secs};

#[test]
fn kills_change_neither_the_verdict_nor_its_time() {
    // Every second resolver turns over in 12 s.
    let place = Place::new(
        "kills",
        (0..8).map(|i| if i % 2 == 0 { Plays::new() } else { Plays::turning_in(12) }).collect(),
    );
    let turns = now_secs() + 12;
    for round in 0..14 {
        let child = place.start(&[]);
        std::thread::sleep(Duration::from_millis(150 + 83 * (round % 5)));
        kill(child, "-KILL");
    }
    let early = place.asked();
    let output = place.start(&["--json"]).wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}\n{}", out(&output), err(&output));
    let ended = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    // The turn, a second to settle, and some room for a busy machine.
    let late = ended - turns as f64;
    assert!((0.9..6.0).contains(&late), "{late}");
    let all = place.asked();
    assert!(early <= 8 * 2 + 4 * 14, "each restart asks only what was under way: {early}");
    assert!(all <= early + 40, "{all} questions, {early} before the last start");
    let lines = out(&output);
    let first = lines.lines().next().unwrap_or_default();
    assert!(first.contains(r#""event":"started""#), "{first}");
    assert!(lines.contains(r#""event":"gap""#) && lines.contains(r#""kind":"restarted""#), "{lines}");
    assert_eq!(place.journals().len(), 1);
}

/// The journal as far as its lines are whole.
fn whole_lines(place: &Place) -> Vec<u8> {
    let mut bytes =
        place.journals().first().map(|path| fs::read(path).expect("a journal")).unwrap_or_default();
    bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    bytes
}

/// Who turned over, and when, as `report` tells it of the one journal of a place.
fn turnovers(place: &Place) -> Vec<(String, f64)> {
    let mut report = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    let journal = place.journals().remove(0);
    let told = out(&report.arg("report").arg(journal).arg("--json").output().expect("runs"));
    let story: serde_json::Value = serde_json::from_str(&told).expect("an object");
    let all = story["turnovers"].as_array().expect("turnovers").iter();
    let mut all: Vec<(String, f64)> = all
        .map(|one| {
            let at = one["turned"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let at = at.map_or(0.0, |at| at.as_microsecond() as f64 / 1e6);
            // The port tells the servers of two fleets apart, and nothing else.
            (one["held"].to_string(), at)
        })
        .collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all
}

/// Kills a watch so often at random moments, beside one that is left alone.
fn killed_beside_one_left_alone(name: &str, kills: u64, turning: u64) {
    let plays = || -> Vec<Plays> {
        (0..12)
            .map(|i| if i % 3 == 0 { Plays::new() } else { Plays::turning_in(turning * (i + 1) / 12) })
            .collect()
    };
    let (alone, place) = (Place::new(&format!("{name}-alone"), plays()), Place::new(name, plays()));
    let undisturbed = alone.start(&["--json"]);
    let mut dice = propwatch::sim::Dice::new(now_secs());
    let began = Instant::now();
    let mut kept = Vec::new();
    for killed in 0..kills {
        let child = place.start(&[]);
        // The last of them comes before the last turnover: a watch that has ended begins anew.
        let gone = u64::try_from(began.elapsed().as_millis()).expect("not so long");
        let left = (turning * 950).saturating_sub(gone);
        let most = left.min(2 * left / (kills - killed));
        std::thread::sleep(dice.millis(10, most.max(20)));
        kill(child, "-KILL");
        // Nothing that was written is ever lost.
        let now = whole_lines(&place);
        assert!(now.starts_with(&kept), "{} bytes, then {}", kept.len(), now.len());
        kept = now;
    }
    let killing = began.elapsed();
    // Each run has left word of how long the machine had been up.
    assert!(kept.windows(9).any(|words| words == b"\"running\""), "{}", String::from_utf8_lossy(&kept));
    let output = place.start(&["--json"]).wait_with_output().expect("ends");
    let left = undisturbed.wait_with_output().expect("ends");
    assert_eq!(left.status.code(), Some(0), "{}", err(&left));
    assert_eq!(output.status.code(), Some(0), "{}\n{}", out(&output), err(&output));
    let (one, other) = (turnovers(&alone), turnovers(&place));
    assert_eq!(one.len(), 8, "{one:?}");
    assert_eq!(one.len(), other.len(), "{one:?} {other:?}");
    let mut worst = 0.0_f64;
    for ((held, at), (held_there, at_there)) in one.iter().zip(&other) {
        assert_eq!(held, held_there);
        worst = worst.max((at - at_there).abs());
    }
    let ended = |output: &Output| {
        let last: serde_json::Value =
            serde_json::from_str(out(output).lines().last().unwrap_or_default()).expect("a verdict");
        let at: jiff::Timestamp = last["at"].as_str().expect("a time").parse().expect("a time");
        (last["verdict"].clone(), last["records"][0]["resolvers"].clone(), at.as_microsecond() as f64 / 1e6)
    };
    let (first, second) = (ended(&left), ended(&output));
    assert_eq!((&first.0, &first.1), (&second.0, &second.1));
    println!(
        "{kills} kills in {killing:?}: verdict {:+.3} s beside the one left alone, turnovers within {worst:.3} s; \
         {} questions to resolvers, {} there",
        second.2 - first.2,
        place.asked(),
        alone.asked()
    );
    assert!((second.2 - first.2).abs() < 2.0, "{first:?} {second:?}");
    // A turnover that falls into a restart is seen when that is over.
    assert!(worst < 2.0, "{one:?} {other:?}");
    assert!(u64::from(place.asked()) <= u64::from(alone.asked()) + 3 * kills);
    assert_eq!(place.journals().len(), 1);
}

#[test]
fn twenty_kills_at_random_moments_change_nothing() {
    killed_beside_one_left_alone("twenty", 20, 16);
}

/// Two minutes: `cargo test --release --test resume -- --ignored --nocapture two_hundred`.
#[test]
#[ignore = "takes two minutes"]
fn two_hundred_kills_at_random_moments_change_nothing() {
    killed_beside_one_left_alone("two-hundred", 200, 90);
}

#[test]
fn an_interrupted_watch_says_how_to_go_on_and_does() {
    let place = Place::new("interrupt", vec![Plays::turning_in(300); 3]);
    let child = place.start(&[]);
    std::thread::sleep(Duration::from_millis(2500));
    let asked = place.asked();
    let output = kill(child, "-INT");
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    assert!(err(&output).contains("the same command goes on from here"), "{}", err(&output));
    let child = place.start(&[]);
    std::thread::sleep(Duration::from_millis(2500));
    // Whoever is waited for is not asked again: the end is known from the journal.
    assert_eq!(place.asked(), asked);
    let output = kill(child, "-INT");
    assert!(err(&output).contains("going on"), "{}", err(&output));
    assert!(out(&output).contains("3 of 3 resolvers do not have it yet"), "{}", out(&output));
    // And once more from the beginning.
    let child = place.start(&["--fresh"]);
    std::thread::sleep(Duration::from_millis(2500));
    let output = kill(child, "-INT");
    assert!(place.asked() >= asked + 3 && err(&output).contains(".old"), "{}", err(&output));
    assert_eq!(place.journals().len(), 2);
    let quiet = kill_soon(place.start(&["--quiet"]));
    assert!(quiet.stderr.is_empty(), "{}", err(&quiet));
}

fn kill_soon(child: Child) -> Output {
    std::thread::sleep(Duration::from_millis(800));
    kill(child, "-INT")
}

#[test]
fn a_finished_watch_begins_anew_and_its_story_can_be_told() {
    let place = Place::new("report", vec![Plays::new(), Plays::new(), Plays::turning_in(6)]);
    let output = place.start_clear_of_a_second(&[]).wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let journal = place.journals().remove(0);
    let told = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
        command.arg("report").arg(&journal).args(more).output().expect("runs")
    };
    let story = told(&[]);
    assert_eq!(story.status.code(), Some(0), "{}", err(&story));
    let story = out(&story);
    for part in [
        "The watch of www.example.com A for 203.0.113.7",
        "What was waited for, and why",
        "Resolvers: who turned over when",
        "198.51.100.7 at",
        "after its end",
        "How good the forecasts were",
        "How it ended",
        "SAFE: press Issue now.",
    ] {
        assert!(story.contains(part), "`{part}` is not in:\n{story}");
    }
    let json = out(&told(&["--json"]));
    assert_eq!(json.lines().count(), 1);
    for part in [r#""event":"story""#, r#""over":true"#, r#""off_by":0."#, r#""right_at_once":4"#] {
        assert!(json.contains(part), "{part}: {json}");
    }
    let file = place.folder.join("story.txt");
    let quiet = told(&["-o", &file.display().to_string()]);
    assert!(quiet.stdout.is_empty() && fs::read_to_string(&file).expect("the story").contains("SAFE"));
    let again = place.start(&[]).wait_with_output().expect("ends");
    assert_eq!(again.status.code(), Some(0));
    assert!(!err(&again).contains("going on"), "{}", err(&again));
    assert!(err(&again).contains("watching www.example.com"), "{}", err(&again));
}

#[test]
fn no_trouble_with_a_journal_ends_a_watch() {
    let place = Place::new("trouble", vec![Plays::new(); 3]);
    let file = place.folder.join("mine.jsonl").display().to_string();
    let run = |journal: &str| {
        let output = place.start(&["--journal", journal]).wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(0), "{journal}: {}", err(&output));
        err(&output)
    };
    let first = run(&file);
    assert!(!first.contains("no journal"), "{first}");
    let below = format!("{file}/below");
    assert!(run(&below).contains("no journal"), "a file where a directory should be");
    fs::write(&file, "{\"journal\":\"propwatch\",\"format\":99,\"version\":\"7.0.0\"}\n").expect("written");
    assert!(run(&file).contains("7.0.0"));
    fs::write(&file, "my diary\n").expect("written");
    assert!(run(&file).contains("no journal of propwatch"));
    assert_eq!(fs::read_to_string(&file).expect("there"), "my diary\n");
    let held = File::options().create(true).truncate(true).write(true).open(&file).expect("opened");
    held.lock().expect("the lock");
    assert!(run(&file).contains("another propwatch is writing it"));
    drop(held);
    let off = run("off");
    assert!(!off.contains("journal"), "{off}");
    let missing = Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args(["report", "/nonexistent/x"])
        .output()
        .expect("runs");
    assert_eq!(missing.status.code(), Some(2));
    assert!(err(&missing).contains("hint:"));
}

#[test]
fn a_stopped_process_tells_that_it_was_asleep() {
    let place = Place::new("asleep", vec![Plays::turning_in(200); 2]);
    let child = place.start(&["--json"]);
    std::thread::sleep(Duration::from_millis(1500));
    let began = Instant::now();
    signal(&child, "-STOP");
    std::thread::sleep(Duration::from_secs(22));
    signal(&child, "-CONT");
    std::thread::sleep(Duration::from_secs(2));
    assert!(began.elapsed() < Duration::from_secs(60));
    let output = kill(child, "-INT");
    let lines = out(&output);
    assert!(lines.contains(r#""kind":"asleep""#), "{lines}");
}
