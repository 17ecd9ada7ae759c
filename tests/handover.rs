//! What the command does with a verdict: `--then`, `--on-change` and `--notify`, against servers on loopback.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::unwrap_used)] // this is all test

#[path = "fleet/mod.rs"]
mod fleet;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use fleet::{NEW, Plays, Server, arguments, fleet, text};
use propwatch::clock::Stopwatch;

/// A folder of its own, with servers that a watch is about.
struct Place {
    folder: PathBuf,
    authorities: Vec<Server>,
    resolvers: Vec<Server>,
}

impl Place {
    fn new(name: &str, resolvers: Vec<Plays>) -> Self {
        let folder = std::env::temp_dir().join(format!("propwatch-handover-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        Place { folder, authorities: fleet(vec![Plays::new(); 2]), resolvers: fleet(resolvers) }
    }

    fn right(name: &str) -> Self {
        Self::new(name, vec![Plays::new()])
    }

    fn start(&self, verb: &str, more: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
        command
            .args([verb, "www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web"])
            .args(["--query-timeout", "500ms", "--no-progress"])
            .args(arguments(&self.authorities, &self.resolvers))
            .args(more)
            .env("XDG_STATE_HOME", &self.folder)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if verb == "wait" {
            command.args(["--settle", "1s"]);
        }
        command.spawn().expect("starts")
    }

    fn wait(&self, more: &[&str]) -> Output {
        self.start("wait", more).wait_with_output().expect("ends")
    }

    fn check(&self, more: &[&str]) -> Output {
        self.start("check", more).wait_with_output().expect("ends")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
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

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill").success());
}

/// A receiver that answers the n-th request with the n-th of these statuses; gives the requests.
fn receiver(statuses: &'static [u16]) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url =
        format!("http://user:hunter2@{}/hooks/s3cret?token=t0ken", listener.local_addr().expect("bound"));
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().expect("somebody");
            let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
            loop {
                let length = stream.read(&mut piece).expect("readable");
                bytes.extend_from_slice(&piece[..length]);
                let text = String::from_utf8_lossy(&bytes);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let announced = head.split("Content-Length: ").nth(1).and_then(|rest| rest.lines().next());
                if announced.and_then(|digits| digits.parse().ok()) == Some(body.len()) || length == 0 {
                    requests.push(text.into_owned());
                    break;
                }
            }
            let answer = format!("HTTP/1.1 {status} X\r\nLocation: /s3cret\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("writable");
        }
        requests
    });
    (url, thread)
}

#[test]
fn a_command_is_run_once_it_is_safe_with_the_facts_and_its_status_is_passed_on() {
    let place = Place::right("then");
    let command = "echo run >> log; env | grep ^PROPWATCH_ > facts; cat > json; echo printed; exit 7";
    let output = place.wait(&["--then", command]);
    assert_eq!(output.status.code(), Some(7), "{}", err(&output));
    assert!(out(&output).contains("SAFE") && out(&output).ends_with("printed\n"), "{}", out(&output));
    assert_eq!(place.read("log"), "run\n");
    let facts = place.read("facts");
    for line in [
        "PROPWATCH_EVENT=end",
        "PROPWATCH_VERDICT=safe",
        "PROPWATCH_EXIT=0",
        "PROPWATCH_UNTIL=safe",
        "PROPWATCH_REACHED=1",
        "PROPWATCH_COUNT=1",
        "PROPWATCH_NAMES=www.example.com",
        "PROPWATCH_READY=www.example.com",
        "PROPWATCH_WAITING=",
        "PROPWATCH_SUMMARY=SAFE: press Issue now.",
    ] {
        assert!(facts.lines().any(|one| one == line), "{line}: {facts}");
    }
    let journal = facts.lines().find_map(|line| line.strip_prefix("PROPWATCH_JOURNAL="));
    assert!(journal.is_some_and(|path| fs::metadata(path).is_ok()), "{facts}");
    let json: serde_json::Value = serde_json::from_str(&place.read("json")).expect("JSON");
    assert_eq!((&json["event"], &json["verdict"]), (&"verdict".into(), &"safe".into()));
    // The same command again is a new watch, and runs its own.
    let again = place.check(&["--then", "echo again >> log", "--quiet"]);
    assert_eq!((again.status.code(), place.read("log").as_str()), (Some(0), "run\nagain\n"));
}

#[test]
fn statuses_are_those_that_a_shell_has() {
    let place = Place::right("statuses");
    for (command, code, said) in [
        ("true", 0, ""),
        ("no-such-command-anywhere", 127, "not found"),
        ("kill -KILL $$", 137, ""),
        ("exit 255", 255, ""),
        ("echo problem >&2; exit 1", 1, "problem"),
        // Who never reads what it is told, and who reads late.
        ("exec 0<&-; exit 5", 5, ""),
        ("sleep 0.2; cat > /dev/null; exit 6", 6, ""),
    ] {
        let output = place.check(&["--then", command, "--quiet"]);
        assert_eq!(output.status.code(), Some(code), "{command}: {}", err(&output));
        assert!(err(&output).contains(said) && out(&output).is_empty(), "{command}: {}", err(&output));
    }
}

#[test]
fn json_stays_one_event_a_line() {
    let place = Place::right("json");
    let both =
        ["--json", "--then", "echo then; echo more", "--on-change", "echo changed", "--journal", "off"];
    let output = place.wait(&both);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for line in out(&output).lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
    assert!(
        err(&output).contains("then\nmore\n") && err(&output).contains("on-change: changed"),
        "{}",
        err(&output)
    );
}

#[test]
fn nothing_is_run_where_it_is_not_safe() {
    let place = Place::new("unsafe", vec![Plays::turning_in(600)]);
    let then = ["--then", "echo run >> log"];
    let late = place.wait(&[&then[..], &["--timeout", "2s", "--journal", "off"]].concat());
    assert_eq!((late.status.code(), place.read("log").as_str()), (Some(1), ""));
    let check = place.check(&then);
    assert_eq!((check.status.code(), place.read("log").as_str()), (Some(1), ""));
    let (url, _) = receiver(&[]);
    let child = place.start("wait", &[&then[..], &["--notify", &url, "--on-change", "sleep 50"]].concat());
    std::thread::sleep(Duration::from_millis(1500));
    signal(&child, "-INT");
    let since = Stopwatch::start();
    let output = child.wait_with_output().expect("ends");
    // Neither is the receiver told, nor is anybody waited for.
    assert_eq!((output.status.code(), place.read("log").as_str()), (Some(130), ""), "{}", err(&output));
    assert!(
        since.elapsed() < Duration::from_secs(5) && !err(&output).contains("--notify"),
        "{}",
        err(&output)
    );
}

#[test]
fn what_asks_for_an_end_reaches_the_command() {
    let place = Place::right("term");
    let command = "trap 'echo asked; exit 9' TERM; echo begun > log; sleep 20 & wait";
    let child = place.start("check", &["--quiet", "--then", command]);
    let since = Stopwatch::start();
    while place.read("log").is_empty() && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
    }
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "-TERM");
    let mut child = child;
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(9));
}

#[test]
fn changes_are_told_in_order_one_at_a_time_and_hold_nothing_up() {
    let place = Place::right("changes");
    let command = "echo \"begin $PROPWATCH_PREVIOUS-$PROPWATCH_VERDICT\" >> log; cat >> json; sleep 1.5; echo end >> log";
    let output =
        place.wait(&["--on-change", command, "--json", "--then", "cat log > before", "--journal", "off"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(place.read("log"), "begin -not-yet\nend\nbegin not-yet-safe\nend\n");
    assert_eq!(place.read("before"), place.read("log"), "--then comes last");
    assert_eq!(place.read("json").lines().count(), 2);
    let at = |line: Option<&str>| {
        let value: serde_json::Value = serde_json::from_str(line.expect("a line")).expect("JSON");
        value["at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time")
    };
    let lines = out(&output);
    let took = at(lines.lines().last()).duration_since(at(lines.lines().next())).as_secs_f64();
    // Settling takes a second, the runs three.
    assert!(took < 2.5, "the watch waited for its commands: {took}");
}

#[test]
fn a_command_that_fails_is_a_note_and_a_watch_that_goes_on_tells_nothing_twice() {
    let place = Place::new("resumed", vec![Plays::turning_in(600)]);
    let child =
        place.start("wait", &["--quiet", "--on-change", "echo \"$PROPWATCH_VERDICT\" >> log; exit 3"]);
    std::thread::sleep(Duration::from_millis(2500));
    signal(&child, "-KILL");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(place.read("log"), "not-yet\n");
    assert!(err(&output).contains("propwatch: note: --on-change: it ended with 3"), "{}", err(&output));
    let child = place.start("wait", &["--quiet", "--on-change", "echo again >> log"]);
    std::thread::sleep(Duration::from_millis(2500));
    signal(&child, "-INT");
    assert_eq!(child.wait_with_output().expect("ends").status.code(), Some(130));
    assert_eq!(place.read("log"), "not-yet\n");
}

#[test]
fn a_receiver_is_told_the_verdict_and_its_address_stays_secret() {
    let place = Place::right("notify");
    let (url, thread) = receiver(&[503, 200]);
    let output = place.wait(&["--json", "--notify", &url]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let requests = thread.join().expect("two requests");
    let last = out(&output).lines().last().unwrap_or_default().to_owned();
    for request in &requests {
        assert!(request.starts_with("POST /hooks/s3cret?token=t0ken HTTP/1.1\r\n"), "{request}");
        assert!(
            request.contains("\r\nUser-Agent: propwatch/") && request.contains("\r\nAuthorization: Basic ")
        );
        assert_eq!(request.split_once("\r\n\r\n").expect("a body").1.trim_end(), last);
    }
    assert!(err(&output).contains("propwatch: told http://127.0.0.1:"), "{}", err(&output));
    let journals = fs::read_dir(place.folder.join("propwatch")).expect("the folder");
    let kept: String =
        journals.flatten().map(|file| fs::read_to_string(file.path()).unwrap_or_default()).collect();
    assert!(kept.contains("www.example.com"));
    for secret in ["s3cret", "t0ken", "hunter2"] {
        assert!(!err(&output).contains(secret) && !out(&output).contains(secret) && !kept.contains(secret));
    }
}

#[test]
fn a_receiver_that_will_not_have_it_changes_no_exit_code_and_is_told_of() {
    for (statuses, said) in [(&[404][..], "it answers 404"), (&[302], "it answers 302 and points at itself")]
    {
        let place = Place::right(&format!("refusal-{}", statuses[0]));
        let (url, thread) = receiver(statuses);
        let output = place.check(&["--quiet", "--notify", &url, "--then", "exit 8"]);
        assert_eq!(output.status.code(), Some(8));
        assert!(
            err(&output).contains("was not told (1 try)") && err(&output).contains(said),
            "{}",
            err(&output)
        );
        assert!(!err(&output).contains("s3cret"), "{}", err(&output));
        assert_eq!(thread.join().expect("one request").len(), 1);
    }
}

#[test]
fn what_a_server_says_is_harmless_in_the_environment() {
    let mut place = Place::right("escapes");
    place.authorities = fleet([Plays::Escapes, Plays::Escapes]);
    let command = "env -0 | grep -z ^PROPWATCH_ >> facts; cat >> facts";
    let output = place.wait(&["--on-change", command, "--timeout", "3s", "--quiet", "--journal", "off"]);
    assert_ne!(output.status.code(), Some(0), "{}", err(&output));
    let facts = place.read("facts");
    assert!(facts.contains("PROPWATCH_SUMMARY="), "{facts}");
    assert!(!facts.bytes().any(|b| b < 0x20 && b != b'\n' && b != 0), "{facts:?}");
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_asked() {
    let place = Place::right("refused");
    for (options, said) in [
        (["--then", " "], "there is no command"),
        (["--on-change", ""], "there is no command"),
        (["--notify", "http://hooks.example.com/s3cret"], "only reaches this machine"),
        (["--notify", "ftp://hooks.example.com/s3cret"], "only https://"),
        (["--notify", "hooks.example.com/s3cret"], "not a URL"),
        (["--notify", "https://hooks.example.com:0/s3cret"], "port"),
    ] {
        let output = place.wait(&options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(err(&output).contains(said) && !err(&output).contains("s3cret"), "{}", err(&output));
    }
    assert!(place.authorities.iter().all(|server| server.questions() == 0));
    let check = place.check(&["--on-change", "true", "--quiet"]);
    assert!(err(&check).contains("--on-change has no effect on check"), "{}", err(&check));
}
