//! Two simulated days: `cargo bench --bench two_days [-- WORLDS]`.
//!
//! First 3 names at 50 resolvers, whose last cache turns over after 47 hours: how long the simulation takes, and how
//! many questions the resolvers are asked. Then random worlds (`propwatch demo --seed N` shows one), 200 unless told
//! otherwise: the same over all of them.
//!
//! The least possible is counted for each record and resolver: one question for each end that a wrong answer
//! announced (it must have been seen to be waited for), and the samples that a right one must confirm with. Resolvers
//! that never confirm (dead, refusing, failing, lying for ever) are left out on both sides; a world that ends before
//! its resolvers were asked counts nothing.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods
)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use propwatch::engine::{Input, Mode, Plan, Policy, Request, Step, Watch};
use propwatch::model::{
    Endpoint, Event, Finding, Name, Question, QuestionType, RecordId, Report, Role, Standing, Task,
    Timestamp, Value, Vantage, VantageId,
};
use propwatch::sim::{
    Cache, Conduct, Contents, Delegation, Dice, Family, Internet, ParentServer, Resolver, Server, Visit,
    World, random_world,
};

const START: Timestamp = Timestamp::from_secs(1_772_460_000);
/// What is known of one resolver and one record.
#[derive(Default)]
struct Pair {
    asked: u64,
    ends: Vec<Timestamp>,
    /// The samples that it confirmed with; none while it has not.
    samples: Option<u64>,
}

struct Played {
    pairs: BTreeMap<(RecordId, VantageId), Pair>,
    report: Option<Box<Report>>,
    ended: Timestamp,
    steps: u64,
}

impl Played {
    /// Questions asked and the least possible, over everybody who confirmed in the end.
    fn questions(&self) -> (u64, u64) {
        let confirmed = self.pairs.values().filter_map(|pair| Some((pair, pair.samples?)));
        confirmed.fold((0, 0), |(asked, least), (pair, samples)| {
            (asked + pair.asked, least + pair.ends.len() as u64 + samples)
        })
    }
}

/// Plays a watch to its end.
fn play(plan: Plan, world: &mut World) -> Played {
    let deadline = world.start() + plan.policy.timeout;
    let mut watch = Watch::new(plan);
    let mut under_way: BinaryHeap<Reverse<(Timestamp, u64)>> = BinaryHeap::new();
    let mut findings: BTreeMap<u64, Finding> = BTreeMap::new();
    let mut played = Played { pairs: BTreeMap::new(), report: None, ended: world.start(), steps: 0 };
    let (mut now, mut number, mut input) = (world.start(), 0, Input::Started);
    loop {
        let Step { errands, events, wake, done } = watch.step(now, input);
        played.steps += 1;
        played.ended = now;
        events.iter().for_each(|event| note(event, &mut played.pairs));
        if done.is_some() {
            played.report = done;
            return played;
        }
        for errand in errands {
            let finding = world.answer(now, &errand);
            if let Task::Ask { record: Some(record), vantage, .. } = errand.task {
                // Tries again for what was lost on the way are the network's.
                played.pairs.entry((record, vantage)).or_default().asked += 1;
            }
            number += 1;
            under_way.push(Reverse((finding.at, number)));
            findings.insert(number, finding);
        }
        let found = under_way.peek().map(|Reverse((at, _))| *at);
        let next = [found, wake.map(|wake| wake.at), Some(deadline)].into_iter().flatten().min().unwrap();
        now = now.max(next);
        input = if found == Some(next) {
            let Reverse((_, number)) = under_way.pop().unwrap();
            Input::Found(findings.remove(&number).unwrap())
        } else if next == deadline {
            Input::Deadline
        } else {
            Input::Woke
        };
    }
}

fn note(event: &Event, pairs: &mut BTreeMap<(RecordId, VantageId), Pair>) {
    let Event::Shift(shift) = event else { return };
    let Some(pair) = pairs.get_mut(&(shift.record, shift.vantage)) else { return };
    pair.samples = match &shift.to {
        Standing::Right { needed, .. } if shift.to.is_confirmed() => Some(u64::from(*needed)),
        _ => None,
    };
    let end = match &shift.to {
        Standing::Wrong { until, .. } | Standing::Mixed { until, .. } => *until,
        _ => None,
    };
    if let Some(end) = end {
        let close = |other: &Timestamp| end.since(*other).max(other.since(end)) <= Duration::from_secs(2);
        if !pair.ends.iter().any(close) {
            pair.ends.push(end);
        }
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Three names that change ten minutes after the start, and 50 resolvers that have them with a TTL of two days.
fn three_names() -> (Plan, World) {
    let zone = name("example.com");
    let names = ["example.com", "www.example.com", "mail.example.com"].map(name);
    let at = |last| SocketAddr::from(([203, 0, 113, last], 53));
    let hosts: Vec<Name> = (1..=3).map(|i| name(&format!("ns{i}.hoster.example"))).collect();
    let version = |serial, last| {
        let with =
            |of: Contents, name: &Name| of.addresses(name, &[IpAddr::from([192, 0, 2, last])], 172_800);
        Arc::new(names.iter().fold(Contents::new(&zone, serial, &hosts, 86_400), with))
    };
    let (old, new) = (version(1, 10), version(2, 80));
    let mut net = Internet::default();
    let parent = |letter: &str, last| ParentServer {
        host: name(&format!("{letter}.nic.example")),
        addr: at(last),
        lag: Duration::ZERO,
    };
    net.delegations.push(Delegation::new(&zone, vec![parent("a", 201), parent("b", 202)], 86_400, &hosts));
    for (host, last) in hosts.iter().zip(1..) {
        let mut server =
            Server::new(&zone, host, at(last), Duration::from_millis(20), Conduct::Serves(Arc::clone(&old)));
        server.from(START + Duration::from_secs(600), Conduct::Serves(Arc::clone(&new)));
        net.servers.push(server);
    }
    let resolver = |i: u8| SocketAddr::from(([198, 51, 100, i + 1], 53));
    let vantages = (0..50).map(|i| Vantage {
        name: Arc::from(format!("r{i}")),
        operator: Arc::from(format!("o{}", i / 2)),
        place: None,
        role: Role::Voter,
        endpoints: vec![Endpoint::udp(resolver(i))],
        flush: None,
        zone: None,
    });
    let policy = Policy { allow_reserved: true, quorum_percent: 100, ..Policy::default() };
    let wanted = names.iter().map(|name| (name.clone(), vec![Value::V4([192, 0, 2, 80].into())])).collect();
    let plan = Plan::new(Request { names: wanted, mode: Mode::Watch, policy }, vantages.collect()).unwrap();
    let family = |i| if i % 2 == 0 { Family::Early } else { Family::Late };
    let resolvers = (0..50).map(|i| {
        let mut cache = Cache::new(family(i));
        cache.cap = 172_800;
        Resolver::new(resolver(i), Duration::from_millis(30), vec![cache])
    });
    let mut world = World::new(START, 1, &plan.records, net, resolvers.collect());
    let mut dice = Dice::new(7);
    for resolver in 0..50 {
        for name in names.iter().filter(|_| resolver % 5 < 4) {
            let at = START - dice.millis(3_600_000, 172_000_000);
            let question = Question { name: name.clone(), qtype: QuestionType::A };
            world.visit(Visit { at, resolver, cache: 0, question, every: None });
        }
    }
    (plan, world)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let worlds: u64 = args.first().map_or(200, |n| n.parse().expect("a number"));
    let (plan, mut world) = three_names();
    let begun = Instant::now();
    let played = play(plan, &mut world);
    let took = begun.elapsed();
    let (asked, least) = played.questions();
    println!(
        "3 names x 50 resolvers: {:.1} simulated hours in {:.3} s, {} steps, {:?}; {asked} questions to resolvers, {least} at least: {:.3}",
        played.ended.since(START).as_secs_f64() / 3600.0,
        took.as_secs_f64(),
        played.steps,
        played.report.as_ref().map(|report| report.verdict),
        asked as f64 / least as f64
    );
    let (mut asked, mut least, mut ratios) = (0, 0, Vec::new());
    let begun = Instant::now();
    for seed in 0..worlds {
        let (plan, mut world) = random_world(seed);
        let (a, l) = play(plan, &mut world).questions();
        if l > 0 {
            (asked, least) = (asked + a, least + l);
            ratios.push((a as f64 / l as f64, seed));
        }
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at =
        |share: usize| ratios.get(ratios.len().saturating_sub(1) * share / 100).copied().unwrap_or_default();
    println!(
        "{worlds} random worlds of 48 hours in {:.1} s: {asked} questions, {least} at least: {:.3}; by world: median {:.2}, 90 % {:.2}, worst {:?}",
        begun.elapsed().as_secs_f64(),
        asked as f64 / least as f64,
        at(50).0,
        at(90).0,
        ratios.last()
    );
}
