//! What a large watch costs: `cargo bench --bench scale [-- RECORDS…]`.
//!
//! Watches of so many records (100 to 100,000 unless told otherwise) and 50 resolvers, each in a process of its own:
//! the engine with the views' cast behind it, a simulated hoster in virtual time. Ten names share a zone, all zones
//! the same three servers. In every record 20 resolvers hold the old address when they are first asked, with ends
//! over the next six hours. Printed are the time of one step, and the memory of the process once everybody has
//! answered.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods
)]

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use propwatch::engine::{Input, Mode, Plan, Policy, Request, Watch};
use propwatch::model::{
    Address, Answer, CaaLook, CaaReply, CaaSaid, DsReply, DsSaid, Endpoint, Errand, Finding, Habits, Name,
    NameServer, ParentReply, ParentSaid, Port53, QuestionType, Rcode, Role, Seen, ServerSurvey, Signing, Soa,
    Survey, Taken, Task, Timestamp, Value, Vantage, Walk, WalkEnd, ZoneSurvey,
};
use propwatch::view::Cast;

const RESOLVERS: u8 = 50;
const STALE: u32 = 20;
const NAMES_A_ZONE: usize = 10;
const SERVERS: u8 = 3;
const START: Timestamp = Timestamp::from_secs(1_772_460_000);
/// Steps that are timed after the first look.
const STEPS: usize = 200_000;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn plan(records: usize) -> Plan {
    let names = (0..records).map(|i| {
        (
            name(&format!("h{}.z{}.example", i % NAMES_A_ZONE, i / NAMES_A_ZONE)),
            vec![Value::V4([203, 0, 113, 7].into())],
        )
    });
    let resolvers = (0..RESOLVERS).map(|i| Vantage {
        name: Arc::from(format!("r{i}")),
        operator: Arc::from(format!("o{}", i / 2)),
        place: None,
        role: Role::Voter,
        endpoints: vec![Endpoint::udp(([198, 18, 0, i], 53).into())],
        flush: None,
        zone: None,
    });
    let policy = Policy { allow_reserved: true, ..Policy::default() };
    Plan::new(Request { names: names.collect(), mode: Mode::Watch, policy }, resolvers.collect()).unwrap()
}

fn servers() -> impl Iterator<Item = (Name, SocketAddr)> {
    (1..=SERVERS).map(|i| (name(&format!("ns{i}.hoster.example")), ([192, 0, 2, i], 53).into()))
}

fn parents() -> impl Iterator<Item = (Name, SocketAddr)> {
    (1..=4u8).map(|i| (name(&format!("{i}.nic.example")), ([192, 0, 2, 100 + i], 53).into()))
}

fn walk(of: &Name) -> Walk {
    let hosts: Vec<Name> = servers().map(|(host, _)| host).collect();
    let said = || ParentSaid::Delegates { ns: hosts.clone(), ttl: 86_400 };
    let address = |addr| vec![Address { addr, glue: false, own: true }];
    Walk {
        name: of.clone(),
        zone: of.parent().unwrap(),
        parent: name("example"),
        end: WalkEnd::Found,
        parents: parents().map(|(host, addr)| ParentReply { host, addr, said: said() }).collect(),
        servers: servers()
            .map(|(host, addr)| NameServer {
                host,
                addresses: address(addr),
                at_parent: true,
                at_child: true,
            })
            .collect(),
        questions: 12,
    }
}

fn survey(of: &Name) -> Survey {
    let zone = of.parent().unwrap();
    let look = |at: Name, who: &mut dyn Iterator<Item = (Name, SocketAddr)>| CaaLook {
        name: at.clone(),
        owner: at,
        replies: who.map(|(host, addr)| CaaReply { host, addr, said: CaaSaid::Nothing, ttl: None }).collect(),
    };
    let well = Taken::Well;
    let habits = Habits { plain: well, mixed_case: well, edns: well, tcp: well, aaaa: well };
    let zone_survey = ZoneSurvey {
        zone: zone.clone(),
        ds: parents().map(|(host, addr)| DsReply { host, addr, said: DsSaid::Nothing }).collect(),
        servers: servers()
            .map(|(host, addr)| ServerSurvey { host, addr, signing: Signing::NotNeeded, habits })
            .collect(),
    };
    Survey {
        name: of.clone(),
        caa: vec![
            look(of.clone(), &mut servers()),
            look(zone, &mut servers()),
            look(name("example"), &mut parents()),
        ],
        zones: vec![zone_survey],
        addresses: vec![IpAddr::from([203, 0, 113, 7])],
        slowest: 40,
    }
}

/// What a resolver holds for a record at an instant: the old address until its end comes.
fn cached(record: u32, resolver: u32, now: Timestamp) -> (u8, u32) {
    let mixed = record.wrapping_mul(2_654_435_761).wrapping_add(resolver.wrapping_mul(40_503));
    let end = START.plus_secs(600 + mixed % 20_000);
    let is_old = (resolver + record) % u32::from(RESOLVERS) < STALE && now < end;
    if is_old {
        (1, u32::try_from(end.floor_second().since(now.floor_second()).as_secs()).unwrap())
    } else {
        (7, 300)
    }
}

fn seen(errand: &Errand, now: Timestamp) -> Seen {
    let mut answer = Answer::new(Rcode::NOERROR);
    match &errand.task {
        Task::Walk { name } => return Seen::Walked(Box::new(walk(name))),
        Task::Survey { name } => return Seen::Surveyed(Box::new(survey(name))),
        Task::Intercept => return Seen::Intercepted(Port53::Clear),
        Task::Ask { question, record: None, .. } => {
            answer.authoritative = true;
            if question.qtype == QuestionType::A {
                answer.addresses = vec![[203, 0, 113, 7].into()];
                answer.address_ttl = Some(300);
            } else {
                let zone = if question.qtype == QuestionType::Soa {
                    question.name.clone()
                } else {
                    question.name.parent().unwrap()
                };
                answer.soa = Some(Soa { zone, ttl: 300, serial: 7, refresh: 3600, retry: 600, minimum: 300 });
            }
        }
        Task::Ask { record: Some(record), vantage, .. } => {
            let (last, ttl) = cached(record.0, vantage.0, now);
            answer.addresses = vec![[203, 0, 113, last].into()];
            answer.address_ttl = Some(ttl);
        }
        _ => return Seen::Failed(propwatch::model::Failure::NoRoute),
    }
    Seen::Answered(Box::new(answer))
}

struct Run {
    watch: Watch,
    cast: Cast,
    queue: VecDeque<Errand>,
    wake: Option<Timestamp>,
    now: Timestamp,
    most_in_flight: usize,
    events: usize,
    over: bool,
}

impl Run {
    /// One step; how long the engine took for it.
    fn step(&mut self) -> Duration {
        let input = match self.queue.pop_front() {
            Some(errand) => {
                self.now = self.now + Duration::from_micros(11);
                let seen = seen(&errand, self.now);
                Input::Found(Finding { errand, at: self.now, seen, questions: 1 })
            }
            None => {
                self.now = self.now.max(self.wake.expect("more to come"));
                Input::Woke
            }
        };
        self.take(input)
    }

    fn take(&mut self, input: Input) -> Duration {
        let begun = Instant::now();
        let step = self.watch.step(self.now, input);
        let took = begun.elapsed();
        self.events += step.events.len();
        step.events.iter().for_each(|event| self.cast.take(event));
        self.queue.extend(step.errands);
        self.most_in_flight = self.most_in_flight.max(self.queue.len());
        self.wake = step.wake.map(|wake| wake.at);
        self.over |= step.done.is_some();
        took
    }
}

/// Times of steps, counted by the hundredth of a microsecond: millions of them kept one by one would be a good
/// part of the memory that is measured.
struct Times {
    counts: Vec<u32>,
    count: usize,
    sum: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Times { counts: vec![0; 100_000], count: 0, sum: Duration::ZERO }
    }
}

impl Times {
    fn note(&mut self, took: Duration) {
        let place = (took.as_nanos() / 10).min(self.counts.len() as u128 - 1);
        self.counts[place as usize] += 1;
        self.count += 1;
        self.sum += took;
    }

    /// Below which so many thousandths of them lie, in microseconds; 1,000 at most.
    fn below(&self, thousandths: usize) -> f64 {
        let mut left = self.count * thousandths / 1000;
        let place = self.counts.iter().position(|&count| {
            let here = left < count as usize;
            left = left.saturating_sub(count as usize);
            here
        });
        place.map_or(f64::NAN, |place| place as f64 / 100.0)
    }

    /// Median, mean and the slowest of a thousand, in microseconds.
    fn figures(&self) -> [f64; 3] {
        let mean = self.sum.as_secs_f64() * 1e6 / self.count.max(1) as f64;
        [self.below(500), mean, self.below(999)]
    }
}

/// A value of `/proc/self/status` in MB.
fn memory(key: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.trim_start_matches(':')
        .split_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .map_or(f64::NAN, |kib: f64| kib / 1024.0)
}

/// One size: its line of the table, and its median for the ratio.
fn one(records: usize) {
    let plan = plan(records);
    let cells = records * usize::from(RESOLVERS);
    let mut run = Run {
        watch: Watch::new(plan),
        cast: Cast::new(),
        queue: VecDeque::new(),
        wake: None,
        now: START,
        most_in_flight: 0,
        events: 0,
        over: false,
    };
    let begun = run.take(Input::Started);
    let mut first = Times::default();
    // Everybody has answered when the queue is empty and the next look is at an announced end.
    while !run.over && (!run.queue.is_empty() || run.now.since(START) < Duration::from_secs(120)) {
        first.note(run.step());
    }
    let (live, peak) = (memory("VmRSS"), memory("VmHWM"));
    let mut later = Times::default();
    while !run.over && later.count < STEPS {
        later.note(run.step());
    }
    let (steps, [median, mean, slow]) = (first.count, first.figures());
    let [later_median, later_mean, later_slow] = later.figures();
    println!(
        "{records} {cells} {steps} {median:.2} {mean:.2} {slow:.1} {later_median:.2} {later_mean:.2} {later_slow:.1} {:.1} {live:.1} {peak:.1} {} {} {:?}",
        begun.as_secs_f64() * 1e3,
        run.most_in_flight,
        run.events,
        run.cast.report().map(|report| report.verdict),
    );
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [flag, size] = &args[..]
        && flag == "one"
    {
        return one(size.parse().unwrap());
    }
    let sizes = if args.is_empty() {
        vec!["100", "1000", "10000", "100000"]
    } else {
        args.iter().map(String::as_str).collect()
    };
    println!(
        "records standings | first look: steps median mean 99.9% us | later: median mean 99.9% us | start ms | RSS MB peak MB | most in flight, events, verdict"
    );
    for size in sizes {
        let output = Command::new(std::env::current_exe().unwrap()).args(["one", size]).output().unwrap();
        print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
}
