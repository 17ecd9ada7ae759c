//! A full first look at many names: `cargo bench --bench look [-- NAMES [RESOLVERS [PART]]]`.
//!
//! 10,000 names at 40 resolvers, all on loopback, where no politeness limit holds. Knot DNS answers at all addresses;
//! with two cores it gets one and the client the other. In one run: dnsperf with the same number of questions, the
//! network room alone (every name once at every resolver, one errand each), and a whole `check` by the library: the
//! engine, its first look at the name server, a survey of every name, two samples at every resolver. Printed is the
//! CPU time of the client for each question, and what that makes on one core; of dnsperf and the whole look the median
//! of some rounds too. PART is `room` or `check`, for a profile of one alone.
//! Needs knotd, dnsperf and taskset.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods
)]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use propwatch::clock::Clock;
use propwatch::drive::{Run, drive};
use propwatch::engine::{Input, Mode, Plan, Policy, Request, Watch};
use propwatch::model::{
    Endpoint, Errand, Manner, Name, Question, QuestionType, RecordId, Role, Seen, Task, Value, Vantage,
    VantageId, Why,
};
use propwatch::net::walk::Start;
use propwatch::net::{Internet, Network as _, Settings};

const PORT: u16 = 53_535;
/// How often dnsperf and the whole look follow each other.
const ROUNDS: usize = 3;
/// Questions of dnsperf under way, its usual number.
const IN_FLIGHT: &str = "100";

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn resolver(i: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 1, u8::try_from(i + 1).unwrap()], PORT))
}

/// Asked at an address of its own, as in life: it would share what may be under way there with a resolver.
fn authority() -> SocketAddr {
    SocketAddr::from(([127, 0, 2, 1], PORT))
}

fn knot(folder: &Path, names: usize, resolvers: usize) -> Server {
    let mut zone = "z.test. 300 IN SOA ns.z.test. h.z.test. 7 3600 600 86400 300\nz.test. 300 IN NS ns.z.test.\nns.z.test. 300 IN A 127.0.2.1\n".to_owned();
    (0..names).for_each(|i| writeln!(zone, "h{i}.z.test. 300 IN A 203.0.113.7").unwrap());
    std::fs::write(folder.join("z.test.zone"), zone).unwrap();
    let mut config = format!(
        "server:\n    rundir: {}\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n",
        folder.display()
    );
    let addresses = (0..resolvers).map(resolver).chain([authority()]);
    addresses.for_each(|addr| writeln!(config, "    listen: {}@{PORT}", addr.ip()).unwrap());
    writeln!(
        config,
        "database:\n    storage: {0}\nzone:\n  - domain: z.test\n    storage: {0}\n    file: z.test.zone",
        folder.display()
    )
    .unwrap();
    let file = folder.join("knot.conf");
    std::fs::write(&file, config).unwrap();
    let child = Command::new("taskset")
        .args(["-c", "1", "knotd", "-c"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Server(child)
}

/// CPU time of this process so far, from the scheduler (Linux), to the nanosecond.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default())
}

fn memory() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).map_or(f64::NAN, |kib: f64| kib / 1024.0)
}

/// Returns the microseconds of CPU for each question.
fn tell(what: &str, questions: u64, cpu: Duration, wall: Duration, more: &str) -> f64 {
    let each = cpu.as_secs_f64() * 1e6 / questions as f64;
    println!(
        "{what}: {questions} questions, {each:.2} us CPU each = {:.0} a second on one core; {:.0} a second here{more}",
        1e6 / each,
        questions as f64 / wall.as_secs_f64()
    );
    each
}

/// User and system time as the shell's `times` has it; the children's are on the second line.
fn dnsperf(folder: &Path, names: usize, questions: usize) -> f64 {
    let mut list = String::new();
    (0..names).for_each(|i| writeln!(list, "h{i}.z.test A").unwrap());
    let file = folder.join("questions");
    std::fs::write(&file, list).unwrap();
    let port = PORT.to_string();
    let rounds = (questions / names).max(1).to_string();
    let begun = Instant::now();
    let script = format!(
        "taskset -c 0 dnsperf -s 127.0.1.1 -p {port} -d {} -q {IN_FLIGHT} -n {rounds} >/dev/null 2>&1; times",
        file.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let wall = begun.elapsed();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = |text: &str| {
        let (minutes, rest) = text.split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0
            + rest.trim_end_matches('s').replace(',', ".").parse::<f64>().unwrap()
    };
    let cpu: f64 = text.lines().nth(1).unwrap().split_whitespace().map(seconds).sum();
    tell("dnsperf", questions as u64, Duration::from_secs_f64(cpu), wall, "")
}

fn vantages(resolvers: usize) -> Vec<Vantage> {
    let each = (0..resolvers).map(|i| Vantage {
        name: Arc::from(format!("r{i}")),
        operator: Arc::from(format!("o{i}")),
        place: None,
        role: Role::Voter,
        endpoints: vec![Endpoint::udp(resolver(i))],
        flush: None,
        zone: None,
    });
    each.collect()
}

async fn network_alone(net: &Internet, names: &[Name], resolvers: usize) {
    // As the engine hands them over: a batch of names at a time, each at every resolver.
    let (before, begun) = (cpu(), Instant::now());
    let (mut answered, mut questions) = (0u64, 0u64);
    let servers: Vec<_> = (0..resolvers).map(|i| Arc::new(Endpoint::udp(resolver(i)))).collect();
    let asked = |name: &Name| Arc::new(Question { name: name.clone(), qtype: QuestionType::A });
    let questions_of: Vec<_> = names.iter().map(asked).collect();
    for (batch, names) in questions_of.chunks(128).enumerate() {
        let errands =
            (0..resolvers).flat_map(|i| names.iter().enumerate().map(move |(n, question)| (i, n, question)));
        let errands = errands.map(|(i, n, question)| Errand {
            task: Task::Ask {
                vantage: VantageId(u32::try_from(i).unwrap()),
                server: Arc::clone(&servers[i]),
                question: Arc::clone(question),
                manner: Manner::Recursive,
                sample: 0,
                record: Some(RecordId(u32::try_from(batch * 128 + n).unwrap())),
            },
            why: Why::First,
        });
        let mut findings = std::pin::pin!(net.run(errands.collect()));
        while let Some(handful) = findings.next().await {
            for finding in handful {
                answered += u64::from(matches!(finding.seen, Seen::Answered(_)));
                questions += u64::from(finding.questions);
            }
        }
    }
    let more = format!(" ({answered} answered)");
    tell("the network room alone", questions, cpu() - before, begun.elapsed(), &more);
}

async fn whole_look(net: &Internet, clock: &Clock, names: &[Name], resolvers: usize) -> f64 {
    let wanted = names.iter().map(|name| (name.clone(), vec![Value::V4([203, 0, 113, 7].into())]));
    let policy = Policy { allow_reserved: true, ..Policy::default() };
    let request = Request { names: wanted.collect(), mode: Mode::Look, policy };
    let (before, begun) = (cpu(), Instant::now());
    let mut watch = Watch::new(Plan::new(request, vantages(resolvers)).unwrap());
    let run = Run { watch: &mut watch, first: Input::Started, journal: None, deadline: None };
    let (report, _) = drive(run, clock, net, std::future::pending(), |_, _| {}).await;
    let more = format!(" ({}, {:.0} MB at most)", report.verdict, memory());
    tell(
        "a whole check, engine and surveys included",
        report.questions,
        cpu() - before,
        begun.elapsed(),
        &more,
    )
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let number = |at: usize, default: usize| args.get(at).map_or(default, |n| n.parse().expect("a number"));
    let (names, resolvers) = (number(0, 10_000), number(1, 40));
    let part = args.get(2).map_or("", String::as_str);
    let folder = std::env::temp_dir().join(format!("propwatch-look-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let _server = knot(&folder, names, resolvers);
    std::thread::sleep(Duration::from_secs(2));
    let pid = std::process::id().to_string();
    let _ = Command::new("taskset").args(["-cp", "0", &pid]).stdout(Stdio::null()).status();
    let all: Vec<Name> = (0..names).map(|i| Name::parse(&format!("h{i}.z.test")).unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // In turn: what else the machine has to do changes within minutes, and is no client's fault.
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        theirs.push(dnsperf(&folder, names, names * resolvers));
        runtime.block_on(async {
            let clock = Rc::new(Clock::new());
            let start = Start::Authorities(vec![authority()]);
            let net = Internet::new(Settings { start, ..Settings::default() }, Rc::clone(&clock)).unwrap();
            if part != "check" && round == 0 {
                network_alone(&net, &all, resolvers).await;
            }
            if part != "room" {
                ours.push(whole_look(&net, &clock, &all, resolvers).await);
            }
        });
    }
    if part != "room" {
        let (theirs, ours) = (median(theirs), median(ours));
        let share = ours / theirs;
        println!(
            "median of {ROUNDS} rounds: dnsperf {theirs:.2} us, a whole check {ours:.2} us, {share:.2} times as much"
        );
    }
    let _ = std::fs::remove_dir_all(&folder);
}
