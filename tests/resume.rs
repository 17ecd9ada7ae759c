//! The command with its journal, against servers on loopback: killed, stopped, and told of.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::disallowed_methods)] // this is all test

#[path = "fleet/mod.rs"]
mod fleet;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fleet::{NEW, Plays, Server, arguments, fleet, now_secs, text};

/// A folder of its own, with servers that a watch is about.
struct Place {
    folder: PathBuf,
    authorities: Vec<Server>,
    resolvers: Vec<Server>,
}

impl Place {
    fn new(name: &str, resolvers: Vec<Plays>) -> Self {
        let folder = std::env::temp_dir().join(format!("propwatch-resume-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        Place { folder, authorities: fleet(vec![Plays::new(); 2]), resolvers: fleet(resolvers) }
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
        command
            .args(["wait", "www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web"])
            .args(["--settle", "1s", "--query-timeout", "500ms", "--quorum", "100", "--no-progress"])
            .args(arguments(&self.authorities, &self.resolvers))
            .args(more)
            .env("XDG_STATE_HOME", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self, more: &[&str]) -> Child {
        self.command(more).spawn().expect("starts")
    }

    /// The journals of this place, the oldest name first.
    fn journals(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.folder.join("propwatch"));
        let mut all: Vec<PathBuf> = folder.into_iter().flatten().flatten().map(|e| e.path()).collect();
        all.sort();
        all
    }

    fn asked(&self) -> u32 {
        self.resolvers.iter().map(Server::questions).sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn kill(mut child: Child, signal: &str) -> Output {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    if signal == "-KILL" {
        let _ = child.wait();
    }
    child.wait_with_output().expect("ends")
}

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
    let output = place.start(&[]).wait_with_output().expect("ends");
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
    let id = child.id().to_string();
    std::thread::sleep(Duration::from_millis(1500));
    let signal =
        |name: &str| assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
    let began = Instant::now();
    signal("-STOP");
    std::thread::sleep(Duration::from_secs(22));
    signal("-CONT");
    std::thread::sleep(Duration::from_secs(2));
    assert!(began.elapsed() < Duration::from_secs(60));
    let output = kill(child, "-INT");
    let lines = out(&output);
    assert!(lines.contains(r#""kind":"asleep""#), "{lines}");
}
