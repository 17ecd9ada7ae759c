use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::engine::{Input, Mode, Plan, Policy, Request, Watch, WebPolicy};
use crate::model::{
    Answer, Attempt, ChallengeFile, ConnectFailure, Endpoint, Environment, Errand, Event, Failure, Fetch,
    Finding, Gap, GapKind, Manner, Name, Question, QuestionType, Rcode, Role, Seen, Survey, Task, Timestamp,
    Uptime, Value, Vantage, VantageId, Visit, WebEnd, Why,
};

const START: Timestamp = Timestamp::from_secs(1_772_460_000);

fn plan_of(owner: &str) -> Plan {
    let names = vec![(Name::parse(owner).unwrap(), vec![Value::V4([203, 0, 113, 7].into())])];
    let resolver = |name: &str, role| Vantage {
        name: name.into(),
        operator: "o".into(),
        place: None,
        role,
        endpoints: vec![Endpoint::udp("127.0.0.1:9".parse().unwrap())],
        flush: None,
        zone: None,
    };
    let resolvers = vec![resolver("r", Role::Voter), resolver("this-machine", Role::Witness)];
    let policy = Policy { allow_reserved: true, ..Policy::default() };
    Plan::new(Request { names, mode: Mode::Watch, policy }, resolvers).unwrap()
}

fn plan() -> Plan {
    plan_of("www.example.com")
}

fn finding(secs: u64, sample: u8, seen: Seen) -> Finding {
    let question = Question { name: Name::parse("www.example.com").unwrap(), qtype: QuestionType::A };
    let task = Task::Ask {
        vantage: VantageId(0),
        server: Arc::new(Endpoint::udp("127.0.0.1:9".parse().unwrap())),
        question: Arc::new(question),
        manner: Manner::Recursive,
        sample,
        record: Some(crate::model::RecordId(0)),
    };
    let at = START + Duration::from_micros(secs * 1_000_000 + 123_457);
    Finding { errand: Errand { task, why: Why::Expired }, at, seen, questions: 2 }
}

fn answered(rtt_micros: u32, ttl: u32) -> Seen {
    let mut answer = Answer::new(Rcode::NOERROR);
    answer.addresses = vec!["203.0.113.7".parse().unwrap()];
    answer.address_ttl = Some(ttl);
    answer.rtt_micros = rtt_micros;
    Seen::Answered(Box::new(answer))
}

fn facts() -> Vec<Fact> {
    let at = |secs| START + Duration::from_secs(secs);
    let gap = Gap { kind: GapKind::ClockSet { by: -5_000_001 }, from: at(3), to: Some(at(4)) };
    let silent = Seen::Failed(Failure::Silent { tries: 3 });
    vec![
        Fact::Found(finding(1, 0, answered(20_001, 300))),
        Fact::Found(finding(2, 1, answered(20_555, 300))),
        Fact::Found(finding(3, 255, silent.clone())),
        Fact::Gap(at(4), gap),
        Fact::Running(at(4), Uptime { boot: "b".to_owned(), up: 86_400_000_001 }),
        Fact::Gap(at(4), Gap { kind: GapKind::Restarted, from: at(4), to: None }),
        Fact::Stopped(at(5)),
        Fact::Found(finding(6, 0, answered(1, 294))),
        Fact::Found(finding(7, 0, silent)),
        Fact::Deadline(at(9)),
    ]
}

fn written(facts: &[Fact]) -> Vec<u8> {
    let mut out = Vec::new();
    Head::new(START, "roots 127.0.0.1:53".to_owned(), plan()).write(&mut out);
    let mut encoder = Encoder::new(START);
    facts.iter().for_each(|fact| encoder.fact(fact, &mut out));
    out
}

fn read(bytes: &[u8]) -> (Vec<Fact>, Option<u64>) {
    let mut reader = Reader::new(bytes).unwrap().unwrap();
    let mut all = Vec::new();
    while let Some(fact) = reader.fact().unwrap() {
        all.push(fact);
    }
    (all, reader.damaged_at())
}

/// A folder of its own that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("propwatch-journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("deep").join("watch.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn by_watch(now: Timestamp, replayed: &Replayed) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - replayed.set_forward)
}

fn opened(path: &Path, plan: &Plan, fresh: bool, now: Timestamp) -> (Opened, Vec<Note>) {
    open(path, plan, "", fresh, |replayed| by_watch(now, replayed), |_| {}).unwrap()
}

fn trouble(path: &Path, plan: &Plan) -> Trouble {
    match open(path, plan, "", false, |_| START, |_| {}) {
        Ok((opened, _)) => panic!("{opened:?}"),
        Err(trouble) => trouble,
    }
}

/// Begins a journal and writes these findings.
fn begin(path: &Path, findings: &[Finding]) {
    let (Opened::New(mut writer), _) = opened(path, &plan(), false, START) else { panic!("not new") };
    writer.note(START, &Input::Started);
    for finding in findings {
        writer.note(finding.at, &Input::Found(finding.clone()));
        writer.write(finding.at);
    }
    writer.write(START);
    writer.close();
}

#[test]
fn facts_come_back_as_they_were_to_the_microsecond() {
    let bytes = written(&facts());
    assert_eq!(read(&bytes), (facts(), None));
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for line in lines {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        assert!(value.is_object() || value.is_array());
    }
}

#[test]
fn what_was_said_before_costs_little() {
    let many: Vec<Fact> =
        (0..1000).map(|i| Fact::Found(finding(i, 0, answered(20_000 + i as u32, 300)))).collect();
    let head = written(&[]).len();
    let each = (written(&many).len() - head) / 1000;
    assert!(each < 40, "{each} bytes");
}

#[test]
fn a_torn_end_is_dropped_wherever_it_tears() {
    let bytes = written(&facts());
    for cut in 0..bytes.len() {
        match Reader::new(&bytes[..cut]).unwrap() {
            None => assert!(!bytes[..cut].contains(&b'\n')),
            Some(_) => {
                let (found, damage) = read(&bytes[..cut]);
                assert_eq!((&found[..], damage), (&facts()[..found.len()], None), "cut at {cut}");
            }
        }
    }
    // A file system that had no time to write what it had made room for.
    assert!(Reader::new(&[0u8; 4096][..]).unwrap().is_none());
    assert_eq!(read(&[bytes, vec![0; 100]].concat()).0, facts());
}

#[test]
fn damage_in_the_middle_ends_it_there_and_is_told() {
    let bytes = written(&facts());
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for bad in [
        "garbage",
        "[1,2]",
        "[1,16384,0,0,1,0,0]",
        "[1,1,0,99,1,1,1]",
        "{}",
        "[",
        "{\"task\":99999999,\"is\":1}",
        "{\"at\":1,\"is\":\"stopped\"}",
        "[99999999999999999999,0,0,0,0,0,0]",
    ] {
        let damaged =
            [lines[..4].concat(), bad.as_bytes().to_vec(), b"\n".to_vec(), lines[4..].concat()].concat();
        let (found, damage) = read(&damaged);
        assert_eq!(damage, Some(5), "{bad}");
        assert_eq!(found[..], facts()[..found.len()], "{bad}");
    }
}

#[test]
fn foreign_and_newer_files_are_told_apart() {
    let newer = b"{\"journal\":\"propwatch\",\"format\":2,\"version\":\"9.1.0\",\"strange\":true}\n";
    let text = Reader::new(&newer[..]).unwrap_err().to_string();
    assert!(text.contains("9.1.0") && text.contains("newer format"), "{text}");
    for foreign in ["hello\n", "hello", "{\"journal\":\"other\",\"format\":1}\n", "{\"a\":"] {
        let text = Reader::new(foreign.as_bytes()).unwrap_err().to_string();
        assert!(text.contains("no journal"), "{foreign}: {text}");
    }
}

#[test]
fn a_watch_goes_on_from_its_journal() {
    let folder = Folder::new("goes-on");
    let path = folder.file();
    let found = [finding(1, 0, answered(5, 300)), finding(2, 0, answered(6, 300))];
    begin(&path, &found);
    // The last line is torn.
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    let mut past = Vec::new();
    let later = START + Duration::from_secs(100);
    let (went, notes) = open(&path, &plan(), "", false, |_| later, |event| past.push(event)).unwrap();
    let Opened::Resumed(resumed) = went else { panic!("begun anew") };
    assert!(notes.is_empty() && matches!(past[0], Event::Started(_)));
    assert_eq!((resumed.started, resumed.replayed.findings), (START, 1));
    assert_eq!(resumed.replayed.last, found[0].at);
    let mut writer = resumed.writer;
    writer.note(later, &Input::Found(Finding { at: later, ..found[1].clone() }));
    writer.write(later);
    writer.close();
    let (facts, damage) = read(&fs::read(&path).unwrap());
    assert_eq!((facts.len(), damage), (2, None));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "for its owner alone");
    }
}

#[test]
fn what_is_finished_or_not_wanted_is_set_aside() {
    let folder = Folder::new("aside");
    let path = folder.file();
    begin(&path, &[finding(1, 0, answered(5, 300))]);
    let before = fs::read(&path).unwrap();
    let two_days = START + Duration::from_secs(48 * 3600);
    assert!(matches!(opened(&path, &plan(), false, two_days - Duration::from_secs(1)).0, Opened::Resumed(_)));
    let (again, notes) = opened(&path, &plan(), false, two_days);
    assert!(matches!(again, Opened::New(_)), "its deadline has passed");
    let [Note::SetAside(old)] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!(fs::read(old).unwrap(), before);
    drop(again);
    begin(&path, &[finding(1, 0, answered(5, 300))]);
    assert!(matches!(opened(&path, &plan(), true, START).0, Opened::New(_)), "--fresh");
    begin(&path, &[]);
    let mut bytes = fs::read(&path).unwrap();
    Encoder::new(START).fact(&Fact::Deadline(START), &mut bytes);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(opened(&path, &plan(), false, START).0, Opened::New(_)), "it came to its end");
}

#[test]
fn a_stop_is_not_the_end() {
    let folder = Folder::new("stop");
    let path = folder.file();
    begin(&path, &[finding(1, 0, answered(5, 300))]);
    let mut bytes = fs::read(&path).unwrap();
    Encoder::new(START + Duration::from_secs(2))
        .fact(&Fact::Stopped(START + Duration::from_secs(3)), &mut bytes);
    fs::write(&path, &bytes).unwrap();
    let Opened::Resumed(resumed) = opened(&path, &plan(), false, START).0 else { panic!("begun anew") };
    assert!(resumed.replayed.stopped && !resumed.replayed.over);
    let told = |ending| {
        let mut reader = Reader::new(&bytes[..]).unwrap().unwrap();
        let mut watch = Watch::new(plan());
        let mut last = None;
        replay(&mut reader, &mut watch, ending, |event| last = Some(event)).unwrap();
        matches!(last, Some(Event::Verdict(report)) if report.last)
    };
    assert!(told(Ending::AsTold) && !told(Ending::GoesOn));
}

#[test]
fn each_trouble_has_its_name_and_leaves_the_file_alone() {
    let folder = Folder::new("trouble");
    let path = folder.file();
    begin(&path, &[finding(1, 0, answered(5, 300))]);
    let before = fs::read(&path).unwrap();
    assert!(
        matches!(trouble(&path, &plan_of("a.example")), Trouble::Other { what, .. } if what.contains("www"))
    );
    let (held, _) = opened(&path, &plan(), false, START);
    assert!(matches!(trouble(&path, &plan()), Trouble::Busy { .. }));
    drop(held);
    assert_eq!(fs::read(&path).unwrap(), before);
    let newer = "{\"journal\":\"propwatch\",\"format\":7,\"version\":\"9\"}\n";
    fs::write(&path, newer).unwrap();
    assert!(matches!(trouble(&path, &plan()), Trouble::Unreadable { why: Unreadable::Newer { .. }, .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    fs::write(&path, "a letter to my aunt\n").unwrap();
    assert!(matches!(trouble(&path, &plan()), Trouble::Unreadable { why: Unreadable::Foreign, .. }));
    assert!(matches!(trouble(&folder.0, &plan()), Trouble::Unwritable { .. }), "a directory");
    let below_a_file = path.join("below");
    assert!(matches!(trouble(&below_a_file, &plan()), Trouble::Unwritable { .. }));
}

#[test]
fn damage_is_kept_beside_and_the_watch_goes_on_before_it() {
    let folder = Folder::new("damage");
    let path = folder.file();
    begin(&path, &[finding(1, 0, answered(5, 300)), finding(2, 0, answered(6, 300))]);
    let mut bytes = fs::read(&path).unwrap();
    let good = bytes.len();
    bytes.extend_from_slice(b"what is this\n[1,2,3]\n");
    fs::write(&path, &bytes).unwrap();
    let (went, notes) = opened(&path, &plan(), false, START);
    let Opened::Resumed(resumed) = went else { panic!("begun anew") };
    assert_eq!(resumed.replayed.findings, 2);
    let [Note::Damaged(6, whole)] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!(fs::read(whole).unwrap(), bytes);
    assert_eq!(fs::read(&path).unwrap().len(), good);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_keeps_it_in_memory_and_ends_nothing() {
    let full = File::options().read(true).write(true).open("/dev/full").unwrap();
    let mut writer = Writer::begin(full, Head::new(START, String::new(), plan()));
    let news = writer.news();
    writer.note(START, &Input::Started);
    writer.write(START);
    // A device cannot be cut off, so here it gives up at once; a file waits for room.
    assert!(matches!(news.borrow()[0], WriterNews::Failing(_)));
    writer.note(START, &Input::Deadline);
    writer.write(START + Duration::from_secs(60));
    writer.close();
}

#[test]
fn looks_at_what_a_ca_looks_at_come_back_and_cost_little() {
    let name = Name::parse("www.example.com").unwrap();
    let survey = |slowest| {
        let addresses = vec!["203.0.113.7".parse().unwrap()];
        let survey = Survey { name: name.clone(), caa: Vec::new(), zones: Vec::new(), addresses, slowest };
        (Task::Survey { name: name.clone() }, Seen::Surveyed(Box::new(survey)))
    };
    let visit = |took| {
        let file = ChallengeFile { token: "t".to_owned(), content: None }.into();
        let end = WebEnd::NotConnected(ConnectFailure::Refused);
        let fetch = Fetch { name: name.clone(), address: "203.0.113.7".parse().unwrap(), file };
        (Task::Fetch(Box::new(fetch)), Seen::Fetched(Box::new(Visit { hops: Vec::new(), end, took })))
    };
    let all: Vec<Fact> = (0..40u32)
        .map(|i| {
            let (task, seen) = if i % 2 == 0 { survey(i) } else { visit(i) };
            let errand = Errand { task, why: Why::Retry };
            let at = START + Duration::from_secs(u64::from(i));
            Fact::Found(Finding { errand, at, seen, questions: 9 })
        })
        .collect();
    let (few, many) = (written(&all[..2]), written(&all));
    assert_eq!(read(&many), (all, None));
    let each = (many.len() - few.len()) / 38;
    assert!(each < 40, "{each} bytes each");
}

#[test]
fn what_changes_from_run_to_run_is_no_part_of_a_watchs_name() {
    let visiting = |token: &str| {
        let file = ChallengeFile { token: token.to_owned(), content: None };
        let mut plan = plan();
        plan.policy.web = WebPolicy::Absent(file.into());
        plan
    };
    let (one, mut other) = (visiting("first"), visiting("second"));
    other.policy.attempts.push(Attempt {
        name: Name::parse("www.example.com").unwrap(),
        environment: Environment::Production,
        account: None,
        at: START,
        blocked_until: None,
        fingerprint: "f".to_owned(),
    });
    assert_eq!(substance(&one, ""), substance(&other, ""));
    assert_ne!(substance(&one, ""), substance(&plan(), ""), "without any visit it is another watch");
    let folder = Folder::new("token");
    let (Opened::New(mut writer), _) = opened(&folder.file(), &one, false, START) else { panic!("not new") };
    writer.note(START, &Input::Started);
    writer.write(START);
    writer.close();
    let (again, _) = opened(&folder.file(), &other, false, START + Duration::from_secs(60));
    let Opened::Resumed(resumed) = again else { panic!("{again:?}") };
    assert_eq!(resumed.plan, one, "what has begun goes on as it began");
}

#[test]
fn the_same_command_finds_the_same_file() {
    let folder = PathBuf::from("state");
    let one = default_path(&folder, &plan(), "");
    assert_eq!(one, default_path(&folder, &plan(), ""));
    let text = one.display().to_string();
    assert!(text.contains("www.example.com-") && text.ends_with(".jsonl"), "{text}");
    // This machine's own resolver is another one in every network.
    let mut elsewhere = plan();
    elsewhere.resolvers.pop();
    assert_eq!(one, default_path(&folder, &elsewhere, ""));
    let mut patient = plan();
    patient.policy.timeout = Duration::from_secs(5);
    let mut others: Vec<PathBuf> = vec![
        default_path(&folder, &plan(), "roots 127.0.0.1:53"),
        default_path(&folder, &plan_of("a.example"), ""),
        default_path(&folder, &patient, ""),
    ];
    others.push(one);
    others.sort();
    others.dedup();
    assert_eq!(others.len(), 4);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(tail in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..400)) {
        let bytes = [written(&facts()), tail.clone()].concat();
        let (found, _) = read(&bytes);
        proptest::prop_assert!(found.len() >= facts().len());
        let _ = Reader::new(&tail[..]);
    }
}
