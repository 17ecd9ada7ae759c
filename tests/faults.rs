//! The command where the machine is short of something: descriptors, disk, a network, an uninterrupted moment.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods)] // this is all test

#[path = "fleet/mod.rs"]
mod fleet;

use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fleet::place::{Place, err, out, signal};
use fleet::{Plays, now_secs};

/// Whether mounts of one's own are allowed here; in CI they must be.
fn may_mount() -> bool {
    let may = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
    let may = may.is_ok_and(|status| status.success());
    assert!(may || std::env::var_os("PROPWATCH_LAB").is_none_or(|lab| lab != "required"), "unshare -rm");
    if !may {
        println!("ignored: mount namespaces are not allowed here (unshare -rm)");
    }
    may
}

#[test]
fn sixty_four_descriptors_are_enough_for_46_resolvers() {
    let place = Place::new("descriptors", vec![Plays::new(); 46]);
    for most in [64, 40, 28] {
        let began = Instant::now();
        let script = format!("ulimit -n {most}; exec \"$@\"");
        let look = place.shell(&["env"], &script, "check", &["--json"]).output().expect("runs");
        let said = out(&look);
        assert_eq!(look.status.code(), Some(0), "{most}: {said}\n{}", err(&look));
        assert!(said.contains(r#""confirmed":46,"contradicting":0,"silent":0,"#), "{most}: {said}");
        println!("{most} descriptors: {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(10), "{most}: {:?}", began.elapsed());
    }
    let wait =
        place.shell(&["env"], "ulimit -n 64; exec \"$@\"", "wait", &["--json"]).output().expect("runs");
    assert_eq!(wait.status.code(), Some(0), "{}", err(&wait));
    let named = |what: &str| out(&wait).contains(what);
    assert!(!named("silent\",\"until") && !named("no-route") && err(&wait).is_empty(), "{}", out(&wait));
    assert_eq!(place.journals().len(), 1);
}

#[test]
fn signals_that_mean_nothing_change_nothing() {
    let place = Place::new("signals", vec![Plays::new(), Plays::turning_in(8), Plays::turning_in(6)]);
    let turns = now_secs() + 8;
    let child = place.start(&["--json"]);
    for round in 0..60 {
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, ["-WINCH", "-CONT", "-URG", "-CHLD"][round % 4]);
        if round % 15 == 14 {
            signal(&child, "-STOP");
            std::thread::sleep(Duration::from_millis(150));
            signal(&child, "-CONT");
        }
    }
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}\n{}", out(&output), err(&output));
    assert!(err(&output).is_empty(), "{}", err(&output));
    assert!(!out(&output).contains(r#""event":"gap""#), "{}", out(&output));
    let late = now_secs() - turns;
    assert!(late <= 5, "{late}");
    assert_eq!(place.asked(), 3 * 4, "four answers of each, the wrong ones counted in; no question twice");
}

#[test]
fn a_full_disk_is_told_and_loses_nothing_once_there_is_room() {
    if !may_mount() {
        return;
    }
    let place = Place::new("full", vec![Plays::new(), Plays::turning_in(11)]);
    let at = place.folder.join("disk");
    std::fs::create_dir(&at).expect("made");
    let disk = at.display();
    let journal = at.join("watch.jsonl").display().to_string();
    // A disk of 64 KiB that somebody has filled, until after some seconds it is emptied.
    let script = format!(
        "mount -t tmpfs -o size=64k tmpfs {disk} && {{ head -c 80000 /dev/zero >{disk}/other 2>/dev/null; \
         \"$@\" & sleep 4; rm {disk}/other; wait $!; code=$?; \"$1\" report {journal} --json; exit $code; }}"
    );
    let run =
        place.shell(&["unshare", "-rm"], &script, "wait", &["--journal", &journal]).output().expect("runs");
    let told = err(&run);
    assert_eq!(run.status.code(), Some(0), "{}\n{told}", out(&run));
    assert!(
        told.contains("the journal cannot be written")
            && told.contains("going on") | told.contains("goes on"),
        "{told}"
    );
    assert!(told.contains("the journal is written again; nothing is missing"), "{told}");
    // What was found while the disk was full is in it.
    let story = out(&run);
    let story = story.lines().last().unwrap_or_default();
    assert!(story.contains(r#""event":"story""#) && story.contains(r#""over":true"#), "{story}");
    assert!(story.contains(r#""right_at_once":3"#) || story.contains(r#""right_at_once":"#), "{story}");
}

#[test]
fn a_disk_that_stays_full_ends_nothing() {
    if !may_mount() {
        return;
    }
    let place = Place::new("stays-full", vec![Plays::new(), Plays::turning_in(8)]);
    let at = place.folder.join("disk");
    std::fs::create_dir(&at).expect("made");
    let (disk, journal) = (at.display(), at.join("watch.jsonl").display().to_string());
    let script = format!("mount -t tmpfs -o size=4k tmpfs {disk} && exec \"$@\"");
    let run =
        place.shell(&["unshare", "-rm"], &script, "wait", &["--journal", &journal]).output().expect("runs");
    assert_eq!(run.status.code(), Some(0), "{}\n{}", out(&run), err(&run));
    assert_eq!(err(&run).matches("the journal cannot be written").count(), 1, "{}", err(&run));
}

#[test]
fn a_directory_that_is_read_only_is_told_at_once() {
    if !may_mount() {
        return;
    }
    let place = Place::new("read-only", vec![Plays::new(); 3]);
    let at = place.folder.join("disk");
    std::fs::create_dir(&at).expect("made");
    let (disk, journal) = (at.display(), at.join("watch.jsonl").display().to_string());
    let script = format!("mount -t tmpfs -o ro tmpfs {disk} && exec \"$@\"");
    let run =
        place.shell(&["unshare", "-rm"], &script, "wait", &["--journal", &journal]).output().expect("runs");
    let told = err(&run);
    assert_eq!(run.status.code(), Some(0), "{}\n{told}", out(&run));
    assert!(told.contains("no journal") && told.contains("--journal FILE"), "{told}");
}

/// One process, with what it took at most.
struct Spent {
    code: Option<i32>,
    out: String,
    err: String,
    took: Duration,
    kilobytes: u64,
}

fn spend(mut command: Command) -> Spent {
    let began = Instant::now();
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let look = std::thread::spawn(move || {
        let mut most = 0;
        while ended.recv_timeout(Duration::from_millis(50)).is_err() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let used = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            most = most.max(used.unwrap_or(0));
        }
        most
    });
    let output = child.wait_with_output().expect("ends");
    let took = began.elapsed();
    done.send(()).expect("listens");
    let kilobytes = look.join().expect("looked");
    Spent { code: output.status.code(), out: out(&output), err: err(&output), took, kilobytes }
}

/// A thousand names and nobody who answers: `how` is where the questions go.
fn a_thousand_names(verb: &str, how: &[String], more: &[&str]) -> Spent {
    let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    command.arg(verb).args((0..1000).map(|n| format!("n{n}.zone{}.example", n % 50)));
    command.args(["--expect", "203.0.113.7", "--allow-reserved", "--no-origin", "--journal", "off"]);
    command.args(["--query-timeout", "500ms", "--no-progress"]).args(how).args(more);
    let spent = spend(command);
    println!("{verb}: {:?}, {} KiB, {} bytes told", spent.took, spent.kilobytes, spent.out.len());
    let Spent { code, out, err, took, kilobytes } = &spent;
    assert_eq!(*code, Some(4), "{}\n{}", &out[..out.len().min(2000)], &err[..err.len().min(2000)]);
    assert!(err.lines().count() <= 5, "no flood: {}", &err[..err.len().min(2000)]);
    assert!(*kilobytes < 100_000, "{kilobytes} KiB");
    assert!(*took < Duration::from_secs(60), "{took:?}");
    spent
}

#[test]
fn a_thousand_names_and_a_dead_network_end_as_inconclusive() {
    // Bound and never read: whatever is sent there is lost.
    let deaf: Vec<UdpSocket> = (0..3).map(|_| UdpSocket::bind("127.0.0.1:0").expect("bound")).collect();
    let at = |n: usize| deaf[n].local_addr().expect("bound").to_string();
    let silent = ["--root".to_owned(), at(0), "--resolver".to_owned(), at(1), "--resolver".to_owned(), at(2)];
    let look = a_thousand_names("check", &silent, &["--json"]);
    assert!(look.out.contains(r#""verdict":"inconclusive","exit":4"#), "{}", &look.out[..200]);
    a_thousand_names("wait", &silent, &["--json", "--timeout", "20s"]);
    let look = a_thousand_names("check", &silent, &[]);
    assert!(look.out.lines().count() < 20_000, "{} lines", look.out.lines().count());
}
