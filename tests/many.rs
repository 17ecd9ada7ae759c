//! Many names at once: from files and standard input, against servers on loopback, and what they cost.

#![allow(clippy::unwrap_used, clippy::expect_used)] // this is all test

mod fleet;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use fleet::{Plays, arguments, fleet};
use propwatch::clock::Stopwatch;
use propwatch::config::{self, parse_endpoint};
use propwatch::engine::{Mode, Plan, Policy, Request};
use propwatch::model::*;
use propwatch::view::{Cast, Pace, Text};

/// A folder of this run's own, taken away at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> Self {
        let path = std::env::temp_dir().join(format!("propwatch-many-{what}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn propwatch(arguments: &[String], stdin: &str) -> Output {
    let folder = std::env::temp_dir().join(format!("propwatch-many-{}", std::process::id()));
    let mut child = Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args(arguments)
        .env_remove("CI")
        .env("TERM", "xterm")
        .env("XDG_STATE_HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read on.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Ends with 2, prints nothing to standard output, and says all of `parts`.
fn refused(arguments: &[String], stdin: &str, parts: &[&str]) {
    let output = propwatch(arguments, stdin);
    let told = err(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {}", out(&output));
    for part in parts {
        assert!(told.contains(part), "{arguments:?}: `{part}` is not in:\n{told}");
    }
}

#[test]
fn every_form_is_looked_at_and_what_is_passed_over_is_told() {
    let (authorities, resolvers) =
        (fleet([Plays::new(), Plays::new()]), fleet([Plays::new(), Plays::new(), Plays::new()]));
    let folder = Folder::new("forms");
    let place =
        [arguments(&authorities, &resolvers), words("--no-web --no-origin --allow-reserved")].concat();
    let yaml = folder.file(
        "move.yaml",
        "records:\n  - name: a.example.com\n    expect: 203.0.113.7\n  - name: b.example.com\n    value: [203.0.113.7]\n",
    );
    let zone = folder.file(
        "example.com.db",
        "$ORIGIN example.com.\n@ SOA ns h 1 2 3 4 5\n@ MX 10 mail\na A 203.0.113.7\nb 60 IN A 203.0.113.7\n* A 203.0.113.7\n",
    );
    let table = folder.file(
        "table.txt",
        "Name\tTTL\tType\tRecord\tActions\na.example.com.\t60\tA\t203.0.113.7\tEdit\nb.example.com.\t60\tA\t203.0.113.7\t\
         Edit\nexample.com.\t60\tTXT\tv=spf1\tEdit\n",
    );
    let list = folder.file("list.txt", "# tonight\na.example.com=203.0.113.7\nb.example.com=203.0.113.7\n");
    let look = |rest: &str, stdin: &str| {
        propwatch(&[words(&format!("check {rest} --json")), place.clone()].concat(), stdin)
    };
    let piped = std::fs::read_to_string(&zone).unwrap();
    for (rest, stdin, notes) in [
        (format!("--records {yaml}"), "", &[][..]),
        (
            format!("--records {zone}"),
            "",
            &["passed over: 1 MX, 1 SOA", "*.example.com (line 6) is passed over", "www.example.com=ADDRESS"]
                [..],
        ),
        (format!("--records {table}"), "", &["passed over: 1 TXT"][..]),
        (format!("--records {list} --records {yaml}"), "", &[][..]),
        ("--records -".to_owned(), &piped, &["standard input: only A, AAAA and CNAME"][..]),
        ("- --expect 203.0.113.7".to_owned(), "a.example.com\nb.example.com # the blog\n", &[][..]),
        ("a.example.com=203.0.113.7 -".to_owned(), "b.example.com=203.0.113.7\n", &[][..]),
    ] {
        let output = look(&rest, stdin);
        let verdict = out(&output);
        assert_eq!(verdict.lines().count(), 1, "{rest}: {verdict}{}", err(&output));
        assert_eq!(verdict.matches(r#""verdict":"safe""#).count(), 3, "{rest}: {verdict}");
        assert_eq!(output.status.code(), Some(0), "{rest}: {verdict}");
        for note in notes {
            assert!(err(&output).contains(note), "{rest}: `{note}` is not in {}", err(&output));
        }
        assert!(!notes.is_empty() || output.stderr.is_empty(), "{rest}: {}", err(&output));
    }
    let quiet = propwatch(&[words(&format!("check --quiet --records {zone}")), place.clone()].concat(), "");
    assert!(
        quiet.stderr.is_empty() && quiet.stdout.is_empty() && quiet.status.code() == Some(0),
        "{}",
        err(&quiet)
    );
}

#[test]
fn mistakes_in_files_end_with_2_and_their_place() {
    let folder = Folder::new("mistakes");
    let file = |name: &str, text: &str| folder.file(name, text);
    let with = |path: &str| words(&format!("wait --journal off --records {path}"));
    let zone = file("a.db", "$TTL 1h\nwww A 203.0.113.7\n");
    refused(
        &with(&zone),
        "",
        &[
            "a.db:2:1: `www` has no dot",
            "2 | www A",
            "| ^",
            "hint: put a line like `$ORIGIN",
            "read as a zone file",
        ],
    );
    let yaml = file("b.yaml", "records:\n  - nam: a\n");
    refused(
        &with(&yaml),
        "",
        &["b.yaml:2:5: unknown key `nam`; allowed: name, type, expect", "2 |   - nam: a\n  |     ^"],
    );
    let list = file("c.txt", "a.example=203.0.113.7\na.example=b.example\n");
    refused(&with(&list), "", &["c.txt:2:11: a.example has an address on line 1, and a CNAME here", "hint:"]);
    let bare = file("d.txt", "a.example=203.0.113.7\nb.example\n");
    refused(&with(&bare), "", &["d.txt:2: b.example has no expected value", "--expect ADDRESS"]);
    let prose = file("e.txt", "Dear customer,\nwe move tonight.\n");
    refused(&with(&prose), "", &["e.txt:1:1: ", "one NAME or NAME=VALUE a line"]);
    let empty = file("f.txt", "\n");
    refused(&with(&empty), "", &["f.txt: there is nothing in it", "what is read: YAML"]);
    let large = file("g.txt", &"a".repeat(10 << 20));
    refused(&with(&large), "", &["g.txt: larger than 8 MiB"]);
    let include = file("h.db", "$INCLUDE other.db\n");
    refused(&with(&include), "", &["h.db:1:1: $INCLUDE is not read here", "named-compilezone"]);
    std::fs::write(folder.0.join("i.bin"), [0x7f, b'E', b'L', b'F', 0, 0xff, 0xfe, 0]).unwrap();
    refused(&with(&folder.0.join("i.bin").display().to_string()), "", &["i.bin: this is no text"]);
    refused(&with("nowhere.yaml"), "", &["cannot read nowhere.yaml"]);
    refused(&with(&folder.0.display().to_string()), "", &["cannot read"]);
    refused(&words("check -"), "", &["standard input: there is nothing in it"]);
    refused(&words("check - --records -"), "a.example\n", &["only once"]);
    refused(
        &words("check - --expect 203.0.113.7"),
        "a.example=203.0.113.8\n",
        &["--expect is for names without =VALUE"],
    );
    refused(
        &words("check - --expect 203.0.113.7"),
        "*.example.com\n",
        &["standard input:1:1: *.example.com is a wildcard"],
    );
}

#[test]
fn hundreds_of_names_are_told_in_a_screenful_and_each_in_json() {
    let (authorities, resolvers) =
        (fleet([Plays::new(), Plays::new()]), fleet([Plays::new(), Plays::new(), Plays::new()]));
    let folder = Folder::new("hundreds");
    // In the mixture every third one is expected to have an address that it has not.
    let text = |odd: &str| -> String {
        let address = |n: u32| if n.is_multiple_of(3) { odd } else { "203.0.113.7" };
        (0..150).map(|n| format!("n{n}.example.com={}\n", address(n))).collect()
    };
    let right = folder.file("right.txt", &text("203.0.113.7"));
    let mixture = folder.file("mixture.txt", &text("203.0.113.8"));
    let run = |command: &str| {
        let line = format!("{command} --allow-reserved --no-web --no-origin");
        propwatch(&[words(&line), arguments(&authorities, &resolvers)].concat(), "")
    };
    let looked = run(&format!("check --records {mixture}"));
    let screen = out(&looked);
    assert_eq!(looked.status.code(), Some(1), "{screen}");
    assert!(screen.starts_with("100 of 150 records safe, 50 not yet\n"), "{screen}");
    assert!(screen.contains("50 records: n0.example.com A, n3.example.com A, n6.example.com A"), "{screen}");
    assert!(screen.lines().count() < 40, "{screen}");
    assert!(out(&run(&format!("check --records {mixture} --full"))).lines().count() > 900);
    let watched = run(&format!("wait --records {right} --settle 1s --journal off"));
    let (screen, lines) = (out(&watched), err(&watched));
    assert_eq!(watched.status.code(), Some(0), "{screen}{lines}");
    assert!(screen.contains("Latest changes") && screen.contains("150 of 150 records safe\n"), "{screen}");
    assert!(screen.lines().count() < 40, "{screen}");
    assert!(lines.lines().count() < 60 && lines.contains("left out here; --json"), "{lines}");
    let told = out(&run(&format!("wait --records {right} --settle 1s --journal off --json")));
    assert!(told.lines().all(|line| line.starts_with('{') && line.ends_with('}')));
    let last = told.lines().last().unwrap();
    assert!(last.contains(r#""event":"verdict""#) && last.contains(r#""exit":0"#), "{last}");
    assert_eq!(last.matches(r#""name":"#).count(), 150);
    assert_eq!(told.matches(r#""milestone":"safe","lost":false"#).count(), 150, "{told}");
}

#[test]
fn the_same_file_is_the_same_watch_and_an_edited_one_is_another() {
    let resolvers = config::given(&[parse_endpoint("127.0.0.1:5301").unwrap()]);
    let plan = |text: &str| {
        let file = config::records(text, "f").unwrap();
        let names = file.wanted.into_iter().map(|wanted| (wanted.name, wanted.values)).collect();
        Plan::new(Request { names, mode: Mode::Watch, policy: Policy::default() }, resolvers.clone()).unwrap()
    };
    let path = |text: &str| propwatch::journal::default_path(std::path::Path::new("p"), &plan(text), "");
    let list: String = (0..10_000).map(|n| format!("n{n}.example.com=203.0.113.7\n")).collect();
    let zone: String = (0..10_000).map(|n| format!("n{n}.example.com. 60 A 203.0.113.7 ; {n}\n")).collect();
    let shown = path(&list).display().to_string();
    assert!(shown.contains("n0.example.com-and-9999-more-") && shown.len() < 80, "{shown}");
    assert_eq!(path(&list), path(&zone), "what is expected counts, not the form");
    assert_ne!(path(&list), path(&list.replacen("113.7", "113.8", 1)));
    assert!(!path("a.example=203.0.113.7\n").display().to_string().contains("more"));
}

/// As much work may take so many times as long. Looking at every record for each would take ten times, or more.
const LIMIT: f64 = 4.0;

/// How many times as long the second takes as the first, at best: both are as much work, and whatever else keeps
/// the machine busy is in both.
fn ratio(mut few: impl FnMut(), mut many: impl FnMut()) -> f64 {
    let time = |go: &mut dyn FnMut()| {
        let clock = Stopwatch::start();
        go();
        clock.elapsed().as_secs_f64()
    };
    let mut least = f64::MAX;
    for _ in 0..3 {
        least = least.min(time(&mut many) / time(&mut few));
        if least < LIMIT {
            break;
        }
    }
    least
}

#[test]
fn ten_times_the_records_take_about_ten_times_as_long_to_read() {
    let texts = |n: u32| -> [String; 4] {
        let rows = || (0..n).map(|n| (n, std::net::Ipv4Addr::from(0xcb00_7100 + n % 256)));
        [
            rows().fold("records:\n".to_owned(), |text, (n, ip)| {
                text + &format!("  - name: n{n}.example.com\n    type: A\n    expect: [{ip}]\n")
            }),
            rows().fold("$ORIGIN example.com.\n".to_owned(), |text, (n, ip)| {
                text + &format!("n{n} 3600 IN A {ip}\n")
            }),
            rows().fold("Name\tTTL\tType\tRecord\tActions\n".to_owned(), |text, (n, ip)| {
                text + &format!("n{n}.example.com.\t60\tA\t{ip}\t Edit\n")
            }),
            rows().fold(String::new(), |text, (n, ip)| text + &format!("n{n}.example.com={ip}\n")),
        ]
    };
    for (few, many) in texts(1_000).iter().zip(&texts(10_000)) {
        let file = config::records(many, "f").unwrap();
        assert_eq!(file.wanted.len(), 10_000, "{}", file.format);
        let read = |text: &String| drop(std::hint::black_box(config::records(text, "f")));
        let ratio = ratio(|| (0..10).for_each(|_| read(few)), || read(many));
        assert!(ratio < LIMIT, "{}: 10,000 take {ratio} times as long as ten times 1,000", file.format);
    }
}

/// When the watch of the next tests begins, in seconds since the epoch.
const NOON: i64 = 1_795_435_020;
const RESOLVERS: u32 = 50;

fn at(second: u32) -> Timestamp {
    Timestamp::from_secs(NOON + i64::from(second))
}

/// The beginning of a watch of so many records by 50 resolvers.
fn opening(records: u32) -> Cast {
    let vantage = |n: u32| {
        let addr = format!("192.0.2.{n}:53").parse().unwrap();
        let endpoints = vec![Endpoint::udp(addr)];
        let name: std::sync::Arc<str> = format!("resolver-{n}").into();
        Vantage {
            operator: name.clone(),
            name,
            place: None,
            role: Role::Voter,
            endpoints,
            flush: None,
            zone: None,
        }
    };
    let expect = || Expectation::Addresses(["203.0.113.7".parse().unwrap()].into());
    let record = |n: u32| Record {
        name: Name::parse(&format!("n{n}.example.com")).unwrap(),
        rtype: RecordType::A,
        expect: expect(),
    };
    let started = Started {
        at: at(0),
        until: Milestone::Safe,
        deadline: Some(at(172_800)),
        records: (0..records).map(record).collect(),
        resolvers: (1..=RESOLVERS).map(vantage).collect(),
    };
    let mut cast = Cast::new();
    cast.take(&Event::Started(Box::new(started)));
    let entry = |n: u32| RecordReport {
        record: RecordId(n),
        verdict: Verdict::NotYet,
        issuable: true,
        everyone: false,
        everyone_by: None,
        authority: AuthorityCount::default(),
        resolvers: ResolverCount::default(),
        reasons: vec![Reason { effect: Effect::Waits, who: None, cause: Cause::ResolversNotAsked }],
    };
    let report = Report {
        at: at(1),
        verdict: Verdict::NotYet,
        last: false,
        reached: false,
        questions: 0,
        records: (0..records).map(|n| entry(n).into()).collect(),
    };
    cast.take(&Event::Verdict(Box::new(report)));
    cast
}

/// Feeds the views a watch of so many records by 50 resolvers: all turn over.
fn all_turn_over(records: u32) {
    let held = Held::Addresses(["198.51.100.7".parse().unwrap()].into());
    let old = Standing::Wrong { held, until: Some(at(600)) };
    let right = Standing::Right { samples: 2, needed: 2 };
    let mut cast = opening(records);
    let text = Text::plain(jiff::tz::TimeZone::UTC);
    let mut pace = Pace::new();
    for n in 0..records {
        for resolver in 0..RESOLVERS {
            for (from, to) in [(&Standing::Unasked, &old), (&old, &right)] {
                let (record, vantage) = (RecordId(n), VantageId(resolver));
                let shift = Shift { at: at(2), record, vantage, from: from.clone(), to: to.clone() };
                let event = Event::Shift(Box::new(shift));
                cast.take(&event);
                std::hint::black_box(pace.lines(&text, at(2 + n / 100), Some(&event), &cast));
            }
        }
        let event =
            Event::Milestone { at: at(3), record: RecordId(n), milestone: Milestone::Safe, lost: false };
        cast.take(&event);
        std::hint::black_box(pace.lines(&text, at(3 + n / 100), Some(&event), &cast));
        std::hint::black_box(text.progress(&cast, at(3)));
    }
    assert_eq!((cast.counts().records, cast.latest().count()), (records, 10));
}

#[test]
fn the_cost_of_an_event_does_not_grow_with_the_records() {
    let ratio = ratio(|| (0..20).for_each(|_| all_turn_over(500)), || all_turn_over(10_000));
    assert!(ratio < LIMIT, "10,000 records take {ratio} times as long as twenty times 500");
}

/// The most memory that a running process has had so far, in MiB (Linux).
fn most_memory(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok().map(|kib: f64| kib / 1024.0)
}

/// Looks at ten thousand names, with a command at the end that is told everything; gives what that command saw, the
/// result, the seconds that it took and the most memory.
fn ten_thousand(resolvers: usize) -> (Vec<usize>, String, f64, f64) {
    let (authorities, resolvers) =
        (fleet([Plays::new(), Plays::new()]), fleet(vec![Plays::new(); resolvers]));
    let folder = Folder::new(&format!("ten-thousand-{}", resolvers.len()));
    let names: String = (0..10_000).map(|n| format!("n{n}.example.com=203.0.113.7\n")).collect();
    let (names, seen) = (folder.file("names.txt", &names), folder.file("seen", ""));
    let then = format!(
        "echo ${{#PROPWATCH_NAMES}} ${{#PROPWATCH_READY}} $PROPWATCH_COUNT $(env | wc -c) $(wc -c) > {seen}; exit 7"
    );
    let mut line = words(&format!("check --records {names} --json --allow-reserved --no-web --no-origin"));
    line.extend(["--then".to_owned(), then]);
    line.extend(arguments(&authorities, &resolvers));
    let clock = Stopwatch::start();
    let result = std::fs::File::create(folder.0.join("out")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_propwatch")).args(&line).stdout(result).spawn().unwrap();
    let mut most = 0.0f64;
    let status = loop {
        most = most.max(most_memory(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let took = clock.elapsed().as_secs_f64();
    assert_eq!(status.code(), Some(7), "the status of the command is passed on");
    let seen = std::fs::read_to_string(seen).unwrap();
    let seen = seen.split_whitespace().map(|number| number.parse().unwrap()).collect();
    (seen, std::fs::read_to_string(folder.0.join("out")).unwrap(), took, most)
}

#[test]
fn a_command_is_told_of_ten_thousand_names_within_what_a_system_allows() {
    let (seen, result, ..) = ten_thousand(3);
    let [names, ready, count, environment, stdin] = seen[..] else { panic!("{seen:?}") };
    assert!(names > 32_000 && names <= 32 << 10 && ready == names, "{seen:?}");
    assert!(count == 10_000 && environment < 128 << 10, "{seen:?}");
    assert_eq!(stdin, result.len(), "the same object, whole");
    assert_eq!(result.matches(r#""verdict":"safe""#).count(), 10_001);
}

/// `cargo test --test many -- --ignored --nocapture`
#[test]
#[ignore = "takes all of two processors for half a minute"]
fn ten_thousand_names_at_forty_resolvers() {
    let (seen, result, took, most) = ten_thousand(40);
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "10,000 names at 40 resolvers: {took:.1} s, {most:.0} MB; the verdict {:.1} MB of JSON, the environment of \
         --then {:.0} kB",
        megabytes(result.len()),
        seen[3] as f64 / 1e3
    );
}
