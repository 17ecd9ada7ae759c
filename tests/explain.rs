//! `explain` as its readers see it: every word that is said about an error text, and the command itself. Nothing
//! leaves this machine.
//!
//! The samples in `tests/explain/` are made anew with `PROPWATCH_ACCEPT=1`.

#![allow(clippy::expect_used, clippy::unwrap_used)] // this is all test

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jiff::tz::TimeZone;
use proptest::prelude::*;
use propwatch::explain::{decode, explain};
use propwatch::model::{Class, Timestamp, TriesLeft, Trouble, Value};
use propwatch::view::{Explaining, Text, Told, When, json};

const NXDOMAIN: &str = "Updating challenge for mail.example.com: acme: error code 400 \
    \"urn:ietf:params:acme:error:connection\": dns :: DNS problem: NXDOMAIN looking up A for mail.example.com (order URL: \
    https://acme-v02.api.letsencrypt.org/acme/order/12345678/12345678)";
const MISSING: &str = "Updating challenge for www.example.com: acme: error code 403 \
    \"urn:ietf:params:acme:error:unauthorized\": Invalid response from \
    http://www.example.com/.well-known/acme-challenge/ABCDEGHIJK1234567890 [198.51.100.7]: 404 (order URL: \
    https://acme-staging-v02.api.letsencrypt.org/acme/order/12345678/12345678)";
const LIMIT: &str = "acme: error code 429 \"urn:ietf:params:acme:error:rateLimited\": too many failed authorizations (5) for \
    \"mail.example.com\" in the last 1h0m0s, retry after 2026-11-24 10:12:19 UTC: see \
    https://letsencrypt.org/docs/rate-limits/#authorization-failures-per-identifier-per-account";

/// 10:00 UTC on 24 November 2026.
const NOW: Timestamp = Timestamp::from_secs(1_795_514_400);

fn v4(text: &str) -> Value {
    Value::V4(text.parse().unwrap())
}

fn said(text: &str, expected: &[Value]) -> String {
    let reading = explain(text, expected);
    Text::plain(TimeZone::UTC).diagnoses(&reading.diagnoses, reading.more, expected, &[], NOW)
}

#[test]
fn the_texts_that_started_it_come_out_word_for_word() {
    let ours = [v4("198.51.100.7")];
    let other = [v4("203.0.113.9")];
    for (name, text, expected) in [
        ("nxdomain", NXDOMAIN, &other[..]),
        ("nxdomain-nothing-expected", NXDOMAIN, &[]),
        ("missing-other-server", MISSING, &other),
        ("missing-own-server", MISSING, &ours),
        ("limit", LIMIT, &other),
        ("not-recognised", "acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: new words", &[]),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain").join(format!("{name}.txt"));
        let now = said(text, expected);
        if std::env::var_os("PROPWATCH_ACCEPT").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(now == before, "{name}: these words are not those of the sample:\n{now}");
    }
}

#[test]
fn nothing_advises_a_click_when_no_try_is_left() {
    let ours = [v4("198.51.100.7")];
    let reading = explain(MISSING, &ours);
    let tries =
        |left| [TriesLeft { name: "www.example.com".parse().unwrap(), left, next: NOW.plus_secs(720) }];
    let told = |left| Text::plain(TimeZone::UTC).diagnoses(&reading.diagnoses, 0, &ours, &tries(left), NOW);
    let line = |left| json::diagnosis(&reading.diagnoses[0], &ours, &tries(left), None, NOW);
    for text in [told(0), line(0)] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("Press Issue once, and only once"), "{flat}");
        assert!(flat.contains("remove each other's files. No try is left before"), "{flat}");
    }
    assert!(told(0).contains("Do not press Issue before 10:12:00"), "{}", told(0));
    assert!(!told(1).contains("No try is left") && told(1).contains("1 of 5 tries is left"), "{}", told(1));
    assert!(told(2).contains("2 of 5 tries are left this hour, the next one is back at"), "{}", told(2));
    assert!(told(2).contains("Tick Dry run"), "{}", told(2));
}

#[test]
fn every_class_and_every_trouble_has_words() {
    let mut told_of: Vec<Trouble> = Vec::new();
    for line in include_str!("../src/explain/tests/samples.txt").lines().filter(|line| !line.starts_with('#'))
    {
        let (code, text) = line.split_once('|').unwrap();
        for expected in [&[][..], &[v4("192.0.2.7")], &[v4("203.0.113.9")]] {
            let reading = explain(text, expected);
            for diagnosis in &reading.diagnoses {
                let told = Told::new(diagnosis, expected, When::utc(NOW));
                assert!(!told.what.contains(code), "no words for {code}: {}", told.what);
                let sentence = |text: &str| {
                    text.ends_with(['.', '/', ':']) || text.ends_with("[L]") || text.ends_with("\"")
                };
                assert!(told.what.ends_with(['.', ')']), "{code}: {}", told.what);
                assert!(told.waiting.ends_with('.'), "{code}: {}", told.waiting);
                assert!(!told.causes.is_empty(), "{code}");
                for (trouble, cause) in &told.causes {
                    told_of.push(*trouble);
                    assert!(!cause.text.contains("has no words"), "{}", trouble.code());
                    assert!(
                        !cause.text.ends_with('.') && !cause.text.is_empty(),
                        "{}: {}",
                        trouble.code(),
                        cause.text
                    );
                    assert!(sentence(&cause.next), "{}: {}", trouble.code(), cause.next);
                }
            }
        }
    }
    let silent: Vec<&str> =
        Trouble::ALL.iter().filter(|one| !told_of.contains(one)).map(|one| one.code()).collect();
    assert!(silent.is_empty(), "never told: {silent:?}");
    assert_eq!(Class::ALL.len(), 108);
}

#[test]
fn lines_fit_the_terminal() {
    let narrow = Text { width: 40, ..Text::plain(TimeZone::UTC) };
    let reading = explain(MISSING, &[v4("203.0.113.9")]);
    for line in narrow.diagnoses(&reading.diagnoses, 0, &[v4("203.0.113.9")], &[], NOW).lines() {
        let words = line.split_whitespace().count();
        let command = line.contains("propwatch wait");
        assert!(command || line.chars().count() <= 40 || words <= 2, "{line}");
    }
}

fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !(c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c)))
}

fn shown(text: &str) -> String {
    let reading = explain(text, &[]);
    let mut all = Text::plain(TimeZone::UTC).diagnoses(&reading.diagnoses, reading.more, &[], &[], NOW);
    for diagnosis in &reading.diagnoses {
        all.push_str(&json::diagnosis(diagnosis, &[], &[], None, NOW));
        all.push_str(&Explaining::new(diagnosis, &[], When::utc(NOW)).heading());
    }
    all
}

proptest! {
    #[test]
    fn nothing_harmful_reaches_a_terminal(odd in "[\\x00-\\x1f\\x7f\u{80}-\u{9f}\u{202e}\u{200b}a-z<>\"'&;]{0,40}", form in 0usize..6) {
        let text = match form {
            0 => format!("Updating challenge for {odd}: acme: error code 400 \"urn:ietf:params:acme:error:{odd}\": {odd}"),
            1 => format!("Cannot issue for \"{odd}\": Domain name contains an invalid character"),
            2 => format!("Fetching http://{odd}/{odd}: Connection refused"),
            3 => format!("Invalid response from http://a.example/{odd} [192.0.2.7]: \"{odd}\""),
            4 => format!("DNS problem: NXDOMAIN looking up {odd} for {odd}"),
            _ => format!("{odd} urn:ietf:params:acme:error:{odd} https://acme-v02.api.letsencrypt.org/acme/order/{odd}"),
        };
        prop_assert!(is_harmless(&shown(&text)), "{:?}", shown(&text));
    }

    #[test]
    fn no_bytes_reach_a_terminal_unescaped(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        if let Ok(text) = decode(&bytes) {
            prop_assert!(is_harmless(&shown(&text)));
        }
    }
}

/// A folder of this test's own for what the command remembers.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("propwatch-explain-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Home(path)
    }

    fn run(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
        command
            .arg("explain")
            .args(args)
            .env("XDG_STATE_HOME", &self.0)
            .env_remove("COLUMNS")
            .env("TERM", "xterm");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // It may have ended before it has read anything.
        let _ = child.stdin.take().expect("piped").write_all(input);
        child.wait_with_output().expect("it ends")
    }

    fn remembered(&self) -> usize {
        let file = self.0.join("propwatch").join("attempts.jsonl");
        std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The same text with every digit alike: two runs can be a second apart.
fn timeless(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_command_takes_an_argument_a_file_or_standard_input() {
    let home = Home::new("ways");
    let file = home.0.join("error.txt");
    std::fs::write(&file, NXDOMAIN).unwrap();
    let path = file.display().to_string();
    let expect = ["--offline", "--expect", "203.0.113.9"];
    let by_text = home.run(&[&["--text", NXDOMAIN], &expect[..]].concat(), b"");
    let by_file = home.run(&[&[path.as_str()], &expect[..]].concat(), b"");
    let by_stdin = home.run(&[&["-"], &expect[..]].concat(), NXDOMAIN.as_bytes());
    let by_pipe = home.run(&expect, NXDOMAIN.as_bytes());
    for output in [&by_text, &by_file, &by_stdin, &by_pipe] {
        assert_eq!(output.status.code(), Some(0), "{}", err(output));
        assert_eq!(timeless(&out(output)), timeless(&out(&by_text)));
        assert!(output.stderr.is_empty(), "{}", err(output));
    }
    assert!(
        out(&by_text).ends_with("    propwatch wait mail.example.com --expect 203.0.113.9\n"),
        "{}",
        out(&by_text)
    );
    // Four times the same failure is one try.
    assert_eq!(home.remembered(), 1);
}

#[test]
fn json_has_a_line_for_each_failure() {
    let home = Home::new("json");
    let both = format!("{NXDOMAIN}\n\n{MISSING}\n");
    let output = home.run(&["--offline", "--json", "-e", "198.51.100.7"], both.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<serde_json::Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let fields = [
        "class",
        "wrapper",
        "names",
        "environment",
        "account",
        "type",
        "status",
        "address",
        "secondary",
        "phase",
        "waiting_helps",
        "causes",
        "next",
        "checks",
    ];
    for line in &lines {
        assert!(fields.iter().all(|field| line.get(field).is_some()), "{line}");
        assert_eq!(line["schema"], "propwatch/1");
    }
    assert_eq!(
        (&lines[0]["class"], &lines[0]["environment"]),
        (&"dns.nxdomain".into(), &"production".into())
    );
    assert_eq!((&lines[1]["class"], &lines[1]["environment"]), (&"http.404".into(), &"staging".into()));
    assert_eq!((&lines[1]["waiting_helps"], &lines[1]["whose"]), (&"no".into(), &"expected".into()));
    assert_eq!(lines[1]["causes"][0]["code"], "wrong-root");
}

#[test]
fn what_is_not_recognised_ends_with_1() {
    let home = Home::new("unknown");
    for text in [
        "good morning",
        "[a.example] acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: new words",
    ] {
        let output = home.run(&["--offline", "--text", text], b"");
        assert_eq!(output.status.code(), Some(1));
        assert!(out(&output).contains("Text not recognised"), "{}", out(&output));
    }
}

#[test]
fn mistakes_end_with_2_and_a_hint() {
    let home = Home::new("mistakes");
    let cases: [(&[&str], &[u8], &str); 7] = [
        (&["--offline"], b"", "empty"),
        (&["--offline", "--text", " \n"], b"", "empty"),
        (&["--offline", "-"], b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0", "binary"),
        (&["--offline", "no-such-file.txt"], b"", "no-such-file.txt"),
        (&["--offline", "--text", "x", "--expect", "203.0.113.300"], b"", "four numbers"),
        (&["--offline", "--text", "x", "file.txt"], b"", "cannot be used with"),
        (&["--offline", "--fetch-order", "--text", "x"], b"", "cannot be used with"),
    ];
    for (args, input, part) in cases {
        let output = home.run(args, input);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", err(&output));
        assert!(output.stdout.is_empty() && err(&output).contains(part), "{args:?}: {}", err(&output));
    }
    assert_eq!(home.remembered(), 0);
}

#[test]
fn tries_are_remembered_unless_that_is_off_or_cannot_be() {
    let home = Home::new("tries");
    let off = home.run(&["--offline", "--journal", "off", "--text", NXDOMAIN], b"");
    assert_eq!((off.status.code(), home.remembered()), (Some(0), 0));
    let file = home.0.join("mine.jsonl");
    let own = home.run(&["--offline", "--journal", &file.display().to_string(), "--text", NXDOMAIN], b"");
    assert_eq!((own.status.code(), home.remembered()), (Some(0), 0));
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    // A file where a folder should be: a note, and everything else as usual.
    std::fs::write(home.0.join("propwatch"), "").unwrap();
    let closed = home.run(&["--offline", "--text", NXDOMAIN], b"");
    assert_eq!(closed.status.code(), Some(0));
    assert!(err(&closed).contains("propwatch: note: failed tries cannot be remembered"), "{}", err(&closed));
    assert_eq!(timeless(&out(&closed)), timeless(&out(&off)));
}

#[test]
fn escape_sequences_in_a_text_stay_away_from_the_terminal() {
    let home = Home::new("escapes");
    let text = "Updating challenge for a\x1b]0;x\x07.exa\x1b[2Jmple.com: acme: error code 400 \"urn:ietf:params:acme:error:dns\": \
        \x1b[31mDNS problem: NXDOMAIN looking up A for a.example.com";
    for more in [&["--json"][..], &[]] {
        let output = home.run(&[&["--offline", "-"], more].concat(), text.as_bytes());
        assert_eq!(output.status.code(), Some(0));
        assert!(out(&output).contains("a.example.com") && is_harmless(&out(&output)), "{}", out(&output));
    }
}

/// Runs the command with a terminal for its input, if `script` (util-linux) is here to give it one.
#[test]
fn at_a_terminal_it_asks_for_the_text() {
    let home = Home::new("terminal");
    let program = env!("CARGO_BIN_EXE_propwatch");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{program} explain --offline --json"), "/dev/null"]);
    script.env("XDG_STATE_HOME", &home.0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = script.spawn() else { return };
    let mut input = child.stdin.take().expect("piped");
    input.write_all(b"\nDNS problem: NXDOMAIN looking up A for\na.example.com\n\n").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    let text = out(&output);
    assert!(text.contains("Paste the error message"), "{text}");
    assert!(
        text.contains("\"class\":\"dns.nxdomain\"") && text.contains("\"names\":[\"a.example.com\"]"),
        "{text}"
    );
}

/// Nothing leaves this machine here: with --authority the CA's host is looked up there, where nobody answers.
#[test]
fn a_record_that_cannot_be_had_is_a_line_and_no_obstacle() {
    let home = Home::new("record");
    let port =
        std::net::UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
    let place = format!("127.0.0.1:{port}");
    let live = [
        "--authority",
        &place,
        "--resolver",
        &place,
        "--no-web",
        "--no-origin",
        "--allow-reserved",
        "-e",
        "203.0.113.9",
    ];
    let look = |more: &[&str], text: &str| home.run(&[&live[..], more, &["--text", text]].concat(), b"");
    let offered = look(&[], NXDOMAIN);
    assert_eq!(offered.status.code(), Some(4), "{}", err(&offered));
    assert!(err(&offered).contains("--fetch-order reads"), "{}", err(&offered));
    let gone = look(&["--fetch-order"], NXDOMAIN);
    assert_eq!(gone.status.code(), Some(4), "{}", err(&gone));
    let said = out(&gone).split_whitespace().collect::<Vec<_>>().join(" ");
    let part = "The CA's own record of the order could not be read: no address is found for its name";
    assert!(said.contains(part) && said.contains("INCONCLUSIVE"), "{said}");
    let json = out(&look(&["--fetch-order", "--json"], NXDOMAIN));
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["order_record"]["failure"], "no address is found for its name", "{first}");
    assert_eq!(json.lines().count(), 2, "{json}");
    let without = look(&["--fetch-order"], "DNS problem: NXDOMAIN looking up A for a.example.com");
    assert!(err(&without).contains("no address of an order at Let's Encrypt"), "{}", err(&without));
    let plain = out(&look(&["--json"], NXDOMAIN));
    assert!(plain.lines().next().unwrap().ends_with("\"order_record\":null}"), "{plain}");
}
