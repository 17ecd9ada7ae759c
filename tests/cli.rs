//! The program as a user meets it: what it prints where, and how it ends. Nothing leaves this machine.

#![allow(clippy::expect_used)] // this is all test

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::UdpSocket;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn propwatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
    command.env_remove("NO_COLOR").env_remove("CI").env("TERM", "xterm").stdin(Stdio::null());
    // What a user of this machine is watching is not the tests' business.
    command.env("XDG_STATE_HOME", std::env::temp_dir().join(format!("propwatch-cli-{}", std::process::id())));
    command
}

/// Runs a command line, split at its spaces.
fn run(line: &str) -> Output {
    propwatch().args(line.split_whitespace()).output().expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A name server that refuses to talk: bound and never read, or gone.
fn closed_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

/// Ends with 2, prints nothing to standard output, and says all of `parts`.
fn refused(line: &str, parts: &[&str]) {
    let output = run(line);
    assert_eq!(output.status.code(), Some(2), "{line}: {}", err(&output));
    assert!(output.stdout.is_empty(), "{line}: {}", out(&output));
    for part in parts {
        assert!(err(&output).contains(part), "{line}: `{part}` is not in:\n{}", err(&output));
    }
}

#[test]
fn help_teaches_and_names_the_exit_statuses() {
    for line in ["--help", "check --help", "wait --help"] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(0), "{line}");
        for part in ["Examples:", "--expect 203.0.113.7", "Exit status:", "130  interrupted"] {
            assert!(out(&output).contains(part), "{line}: {part}");
        }
        assert!(output.stderr.is_empty());
        assert!(out(&output).lines().all(|line| line.chars().count() <= 110), "{line}: too wide");
    }
    for command in ["explain", "resolvers", "report", "demo", "self-test", "completions", "man"] {
        let text = out(&run(&format!("{command} --help")));
        assert!(
            text.contains("Examples:") && text.contains(&format!("propwatch {command}")),
            "{command}: {text}"
        );
    }
    assert!(out(&run("--version")).starts_with("propwatch "));
    let nothing = run("");
    assert_eq!(nothing.status.code(), Some(2));
    assert!(nothing.stdout.is_empty() && err(&nothing).contains("Usage:"));
}

#[test]
fn mistakes_end_with_2_and_a_hint() {
    refused(
        "check",
        &["propwatch: error: no name", "hint: propwatch check mail.example.com", "--records FILE"],
    );
    refused("wait example.com", &["no expected value", "hint: propwatch wait example.com --expect ADDRESS"]);
    refused("check example.com --expect 203.0.113.300", &["203.0.113.300", "four numbers", "hint:"]);
    refused(
        "check example.com --expect 203.0.113.7/24",
        &["network", "hint: the address alone: 203.0.113.7"],
    );
    refused(
        "check example.com --expect https://a.example/x",
        &["URL", "hint: the host name alone: a.example"],
    );
    refused("check example.com --expect you@example.com", &["mail address"]);
    refused("check https://example.com/ --expect 203.0.113.7", &["hint: a name, not a URL: example.com"]);
    refused("check you@example.com --expect 203.0.113.7", &["hint: a name, not a mail address: example.com"]);
    refused("check 203.0.113.7 --expect example.com", &["is an address", "hint:"]);
    refused("check a..b --expect 203.0.113.7", &["empty label", "hint: a name is written like"]);
    refused("check . --expect 203.0.113.7", &["root of all names", "hint:"]);
    refused("check example.com --expect .", &["root of all names", "hint:"]);
    refused("check -- a.-example.com --expect 203.0.113.7", &["begins with a hyphen", "hint:"]);
    refused("check a.example=A.example.", &["a.example cannot be a CNAME to itself", "hint:"]);
    refused("wait a.example b.example --expect b.example", &["b.example cannot be a CNAME to itself"]);
    refused("check *.example.com --expect 203.0.113.7", &["wildcard", "hint:", "www.example.com"]);
    refused("check a.example=a.example=b --expect 203.0.113.7", &["a.example=b"]);
    refused("check a.example=203.0.113.7 --expect 203.0.113.7", &["--expect", "hint:"]);
    refused("check a.example=b.example a.example=c.example", &["two CNAMEs"]);
}

#[test]
fn options_out_of_range_end_with_2() {
    for (option, part) in [
        ("--quorum 0", "quorum"),
        ("--quorum 101", "quorum"),
        ("--quorum -5", "quorum"),
        ("--settle -2s", "--settle"),
        ("--settle 5", "number and a unit"),
        ("--timeout 0", "no time"),
        ("--timeout soon", "number and a unit"),
        ("--timeout -1h", "--timeout"),
        ("--query-timeout 1ms", "100ms"),
        ("--until tomorrow", "issuable"),
        ("--resolver dns.google", "host name"),
        ("--resolver gopher://1.1.1.1", "udp, tcp, tls, https"),
        ("--resolver https://nobody.example/dns-query", "#8.8.8.8"),
        ("--resolvers /nonexistent/list.yaml", "/nonexistent/list.yaml"),
        ("--root localhost", "--root"),
        ("--authority 1.2.3.4.5", "--authority"),
        ("--color sometimes", "auto"),
        ("--expct 1.1.1.1", "--expect"),
        ("--json --quiet", "--quiet"),
        ("--self-test=token", "TOKEN:CONTENT"),
        ("--self-test=/.well-known/acme-challenge/tok:x", "alone: tok:x"),
        ("--self-test --no-web", "contradict"),
        ("--http-port 0", "no such port"),
        ("--http-port 65536", "--http-port"),
        ("--ca zerossl", "pebble"),
    ] {
        refused(&format!("wait example.com --expect 203.0.113.7 {option}"), &[part]);
    }
}

#[test]
fn a_mistake_in_a_list_of_resolvers_is_shown_where_it_stands() {
    let path = std::env::temp_dir().join(format!("propwatch-cli-{}.yaml", std::process::id()));
    std::fs::write(&path, "resolvers:\n  - name: a\n    colour: red\n").expect("a file");
    let line = format!("resolvers --resolvers {}", path.display());
    refused(&line, &[":3:5", "colour", "allowed:", "^"]);
    std::fs::remove_file(&path).expect("the file");
}

#[test]
fn control_characters_of_an_argument_stay_away_from_the_terminal() {
    let output = propwatch().args(["check", "a\x1b[2J.example", "--expect", "b\x07"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.iter().any(|byte| *byte < 0x20 && *byte != b'\n'), "{:?}", err(&output));
}

#[test]
fn the_test_file_is_printed_with_the_way_to_place_it() {
    let text = out(&run("self-test"));
    for part in [
        "File Manager",
        "Show Hidden Files",
        "mkdir -p ~/public_html/.well-known/acme-challenge",
        "printf %s",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = out(&run("self-test --json"));
    let field = |name: &str| {
        let (_, after) = json.split_once(&format!(r#""{name}":""#)).expect("the field");
        after.split('"').next().unwrap_or_default().to_owned()
    };
    assert_eq!((field("token").len(), field("content").len()), (43, 87), "{json}");
    assert_eq!(field("path"), format!("/.well-known/acme-challenge/{}", field("token")));
    assert_eq!(json.lines().count(), 1);
    assert!(text.contains(&field("content")));
    refused("self-test now", &["now"]);
}

#[test]
fn options_without_effect_are_noted() {
    let port = closed_port();
    let line = format!(
        "check a.test --expect 203.0.113.7 --allow-reserved --no-web --authority 127.0.0.1:{port} --resolver 127.0.0.1:{port}"
    );
    let options = "--journal x.jsonl --fresh --settle 1s --fail-fast";
    let output = run(&format!("{line} {options}"));
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    for option in ["--journal", "--fresh", "--settle", "--fail-fast"] {
        let note = format!("propwatch: note: {option} has no effect");
        assert!(err(&output).contains(&note), "{option}: {}", err(&output));
    }
    let output = run(&format!("{line} --http-port 8080 --quorum 50"));
    assert!(err(&output).contains("note: --http-port has no effect with --no-web"), "{}", err(&output));
    assert!(err(&output).contains("note: --quorum has no effect with 1 resolver"), "{}", err(&output));
    let wait = format!("{} --timeout 1s --journal off --fresh", line.replacen("check", "wait", 1));
    let output = run(&wait);
    assert!(err(&output).contains("note: --fresh has no effect with --journal off"), "{}", err(&output));
    assert!(!err(&output).contains("--quorum"), "not asked for: {}", err(&output));
    let quiet = run(&format!("{line} --journal off --quiet"));
    assert_eq!(quiet.status.code(), Some(4));
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty(), "{}", err(&quiet));
}

#[test]
fn a_verdict_goes_to_standard_output_and_its_number_to_the_exit() {
    let port = closed_port();
    let place = format!("--allow-reserved --no-web --authority 127.0.0.1:{port} --resolver 127.0.0.1:{port}");
    let text = run(&format!("check a.test --expect 203.0.113.7 {place}"));
    assert_eq!(text.status.code(), Some(4));
    assert!(out(&text).contains("INCONCLUSIVE"), "{}", out(&text));
    let json = run(&format!("check a.test --expect 203.0.113.7 {place} --json"));
    let line = out(&json);
    assert_eq!(line.lines().count(), 1, "one object: {line}");
    for part in [r#""schema":"propwatch/1""#, r#""verdict":"inconclusive""#, r#""exit":4"#] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let wait = run(&format!("wait a.test --expect 203.0.113.7 {place} --json --timeout 2s --journal off"));
    let lines = out(&wait);
    assert!(lines.lines().count() >= 2, "{lines}");
    assert!(lines.lines().all(|line| line.starts_with('{')), "{lines}");
    assert!(lines.lines().next().is_some_and(|line| line.contains(r#""event":"started""#)), "{lines}");
    let last = lines.lines().last().unwrap_or_default().to_owned();
    let code = wait.status.code().unwrap_or_default();
    assert!(last.contains(r#""event":"verdict""#) && last.contains(&format!(r#""exit":{code}"#)), "{last}");
}

#[test]
fn colour_is_asked_for_or_absent() {
    let plain = run("demo everything-right --fast");
    assert_eq!(plain.status.code(), Some(0));
    assert!(!out(&plain).contains('\x1b') && !err(&plain).contains('\x1b'), "a pipe is no terminal");
    let painted = run("demo everything-right --fast --color always");
    assert!(out(&painted).contains('\x1b'));
    for (key, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let output =
            propwatch().args(["demo", "everything-right", "--fast"]).env(key, value).output().expect("runs");
        assert!(!out(&output).contains('\x1b') && !err(&output).contains('\x1b'), "{key}");
    }
    let help = propwatch().arg("--help").env("NO_COLOR", "1").output().expect("runs");
    assert!(!out(&help).contains('\x1b'));
}

#[test]
fn the_demo_ends_as_its_story_does() {
    let list = out(&run("demo --list"));
    assert!(list.starts_with("zone-editor") && list.lines().count() >= 5, "{list}");
    for (story, code) in
        [("zone-editor", 0), ("everything-right", 0), ("forgotten-aaaa", 3), ("intercepted", 4)]
    {
        let output = run(&format!("demo {story} --fast --json"));
        assert_eq!(output.status.code(), Some(code), "{story}: {}", err(&output));
        let last = out(&output).lines().last().unwrap_or_default().to_owned();
        assert!(last.contains(&format!(r#""exit":{code}"#)), "{story}: {last}");
    }
    refused("demo no-such-story", &["no-such-story", "zone-editor"]);
    let quiet = run("demo zone-editor --quiet");
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[test]
fn a_story_that_ends_blocked_tells_what_a_watch_does_then() {
    for story in ["forgotten-aaaa", "stuck-secondary"] {
        let output = run(&format!("demo {story} --fast"));
        assert!(!out(&output).contains("same command"), "{story}: {}", out(&output));
        let json = out(&run(&format!("demo {story} --fast --json")));
        let last = json.lines().last().unwrap_or_default();
        assert!(last.contains(r#""verdict":"blocked""#) && !last.contains("same command"), "{story}: {last}");
        assert_eq!(json.matches(r#""verdict":"blocked","exit":3"#).count(), 1, "told once: {json}");
    }
    let waits = out(&run("demo forgotten-aaaa --fast"));
    assert!(waits.contains("Nothing to do: this watch goes on and will tell."), "{waits}");
}

#[test]
fn what_holds_for_all_records_is_said_once() {
    let screen = out(&run("demo zone-editor --fast"));
    assert_eq!(screen.matches("Let's Encrypt's file").count(), 1, "{screen}");
    assert_eq!(screen.matches("resolvers do not answer").count(), 1, "{screen}");
}

#[test]
fn lines_fit_forty_columns() {
    let output =
        propwatch().args(["demo", "forgotten-aaaa", "--fast"]).env("COLUMNS", "40").output().expect("runs");
    for line in out(&output).lines() {
        let words = line.split_whitespace().count();
        assert!(line.chars().count() <= 40 || words <= 2, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly_and_not_with_safe() {
    let mut child = propwatch()
        .args(["demo", "zone-editor", "--fast", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    reader.read_line(&mut first).expect("a line");
    assert!(first.starts_with('{'));
    drop(reader);
    let mut complaints = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut complaints).expect("text");
    let code = child.wait().expect("ends").code();
    assert_eq!(code, Some(141), "{complaints}");
    assert!(complaints.is_empty(), "{complaints}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_is_not_safe() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let output =
        propwatch().args(["demo", "everything-right", "--fast"]).stdout(full).output().expect("runs");
    assert_ne!(output.status.code(), Some(0));
    assert!(err(&output).contains("cannot be written"), "{}", err(&output));
}

/// Sends a signal as soon as it is told to: the shell that does it runs already.
#[cfg(unix)]
fn interrupted_at_the_first_line(command: &mut Command) -> (Option<i32>, String, String) {
    use std::io::Write as _;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut killer = Command::new("sh")
        .args(["-c", &format!("echo ready; read go; kill -INT {}", child.id())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut ready = String::new();
    BufReader::new(killer.stdout.take().expect("a pipe")).read_line(&mut ready).expect("a line");
    let mut go = killer.stdin.take().expect("a pipe");
    let mut complaints = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut first = String::new();
    complaints.read_line(&mut first).expect("a line");
    go.write_all(b"go\n").expect("the shell listens");
    assert!(killer.wait().expect("kill").success(), "nobody was there any more: {first}");
    let mut result = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut result).expect("text");
    (child.wait().expect("ends").code(), first, result)
}

#[test]
#[cfg(unix)]
fn an_interrupt_tells_where_things_stand() {
    // Whoever has seen the first line can be sure to be heard.
    for _ in 0..10 {
        let port = closed_port();
        let mut command = propwatch();
        command
            .args(["wait", "a.test", "--expect", "203.0.113.7", "--allow-reserved", "--no-web"])
            .args(["--journal", "off"])
            .args(["--authority", &format!("127.0.0.1:{port}"), "--resolver", &format!("127.0.0.1:{port}")]);
        let (code, first, result) = interrupted_at_the_first_line(&mut command);
        assert!(first.starts_with("propwatch: asking"), "{first}");
        assert_eq!(code, Some(130), "{result}");
        assert!(result.contains("INCONCLUSIVE") || result.contains("NOT YET"), "{result}");
        assert!(!result.contains("this watch goes on"), "it has ended: {result}");
        let (code, first, result) = interrupted_at_the_first_line(propwatch().args(["demo", "moved-domain"]));
        assert!(first.starts_with("propwatch: a simulated internet"), "{first}");
        assert_eq!(code, Some(130), "{result}");
    }
}

#[test]
fn the_first_line_comes_at_once() {
    let port = closed_port();
    let clock = std::process::Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args(["wait", "a.test", "--expect", "203.0.113.7", "--timeout", "1s", "--journal", "off"])
        .args(["--authority", &format!("127.0.0.1:{port}"), "--resolver", &format!("127.0.0.1:{port}")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = clock.expect("starts");
    let started = propwatch::clock::Stopwatch::start();
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let took = started.elapsed();
    assert!(line.starts_with("propwatch: asking"), "{line}");
    // The promise is 50 ms on a machine that does nothing else; this one may be busy with other tests.
    assert!(took < Duration::from_millis(500), "{took:?}");
    child.wait().expect("ends");
}

#[test]
fn a_report_is_text_and_says_so_where_html_is_expected() {
    let port = closed_port();
    let place = std::env::temp_dir().join(format!("propwatch-cli-report-{}", std::process::id()));
    std::fs::create_dir_all(&place).expect("a directory");
    let (journal, page) = (place.join("watch.jsonl"), place.join("report.html"));
    let (journal, page) = (journal.display().to_string(), page.display().to_string());
    let watched = run(&format!(
        "wait a.test --expect 203.0.113.7 --allow-reserved --no-web --timeout 1s --journal {journal} \
         --authority 127.0.0.1:{port} --resolver 127.0.0.1:{port}"
    ));
    assert_eq!(watched.status.code(), Some(4), "{}", err(&watched));
    let told = run(&format!("report {journal} -o {page}"));
    assert_eq!(told.status.code(), Some(0), "{}", err(&told));
    assert!(err(&told).contains("report.html becomes plain text: there is no HTML report"), "{}", err(&told));
    let story = std::fs::read_to_string(&page).expect("the report");
    assert!(story.starts_with("The watch of a.test A for 203.0.113.7"), "{story}");
    let plain = run(&format!("report {journal} -o {page}.txt"));
    assert!(err(&plain).is_empty(), "{}", err(&plain));
    std::fs::remove_dir_all(&place).expect("the directory");
}

#[test]
fn resolvers_are_listed() {
    let list = run("resolvers");
    assert_eq!(list.status.code(), Some(0));
    assert!(out(&list).lines().count() >= 45 && err(&list).contains("voters"), "{}", err(&list));
    let json = out(&run("resolvers list --json"));
    assert!(json.lines().all(|line| line.starts_with('{') && line.contains(r#""voter":"#)), "{json}");
    let given = out(&run("resolvers list --resolver https://dns.google/dns-query --resolver 127.0.0.1:5353"));
    assert_eq!(given.lines().count(), 2, "{given}");
}

#[test]
fn a_dead_resolver_fails_its_test() {
    let port = closed_port();
    let output = run(&format!("resolvers test --resolver 127.0.0.1:{port}"));
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(out(&output).contains("127.0.0.1"), "{}", out(&output));
    let json = out(&run(&format!("resolvers test --resolver 127.0.0.1:{port} --json")));
    assert!(json.contains(r#""failure":"#) && json.contains(r#""rtt_ms":null"#), "{json}");
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&format!("completions {shell}"));
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(out(&output).contains("look-anyway"), "{shell}");
        assert!(
            shell == "elvish" || shell == "powershell" || out(&output).contains("forgotten-aaaa"),
            "{shell}"
        );
        // With two colons zsh takes options after the first name for names.
        assert!(!out(&output).contains("'*::"), "{shell}");
    }
    let fish = out(&run("completions fish"));
    assert!(fish.contains(r#"using_subcommand resolvers" -f -a "test""#), "{fish}");
    refused("completions tcsh", &["tcsh", "bash"]);
    let page = out(&run("man"));
    for part in [".TH propwatch", "Exit status", "Examples", "look\\-anyway", "PROPWATCH WAIT"] {
        assert!(page.contains(part), "{part}");
    }
}
