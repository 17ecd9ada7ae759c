//! What a replay costs: `cargo bench --bench replay [-- FINDINGS]`.
//!
//! A watch of 40 names whose fourth name server never follows, as it looks at them for two days; its journal
//! is written with the program's own encoder, read, and played through a new watch.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use propwatch::clock::Stopwatch;
use propwatch::engine::{Input, Mode, Plan, Policy, Request, Watch};
use propwatch::journal::{Encoder, Ending, Fact, Head, Reader, replay};
use propwatch::model::{
    Address, Answer, Endpoint, Errand, Finding, Name, NameServer, Port53, QuestionType, Rcode, Role, Seen,
    Soa, Task, Timestamp, Value, Vantage, Walk, WalkEnd,
};

const NAMES: usize = 40;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn plan() -> Plan {
    let names =
        (0..NAMES).map(|i| (name(&format!("h{i}.example.com")), vec![Value::V4([203, 0, 113, 7].into())]));
    let resolvers = (0..46u8).map(|i| Vantage {
        name: Arc::from(format!("r{i}")),
        operator: Arc::from(format!("o{}", i / 2)),
        place: None,
        role: Role::Voter,
        endpoints: vec![Endpoint::udp(([198, 18, 0, i], 53).into())],
        flush: None,
        zone: None,
    });
    let policy =
        Policy { allow_reserved: true, timeout: Duration::from_secs(400 * 3600), ..Policy::default() };
    Plan::new(Request { names: names.collect(), mode: Mode::Watch, policy }, resolvers.collect()).unwrap()
}

fn walk(of: &Name) -> Walk {
    let servers = (1..=4u8).map(|i| NameServer {
        host: name(&format!("ns{i}.example.com")),
        addresses: vec![Address { addr: ([192, 0, 2, i], 53).into(), glue: true, own: true }],
        at_parent: true,
        at_child: true,
    });
    Walk {
        name: of.clone(),
        zone: name("example.com"),
        parent: name("com"),
        end: WalkEnd::Found,
        parents: Vec::new(),
        servers: servers.collect(),
        questions: 3,
    }
}

fn seen(errand: &Errand, count: u32) -> Seen {
    let mut answer = Answer::new(Rcode::NOERROR);
    answer.rtt_micros = 9_000 + count % 20_000;
    match &errand.task {
        Task::Walk { name } => return Seen::Walked(Box::new(walk(name))),
        Task::Intercept => return Seen::Intercepted(Port53::Clear),
        Task::Ask { question, server, .. } => {
            answer.authoritative = true;
            let behind = server.addr.ip() == std::net::IpAddr::from([192, 0, 2, 4]);
            if question.qtype == QuestionType::A {
                let last = if behind { 1 } else { 7 };
                answer.addresses = vec![[203, 0, 113, last].into()];
                answer.address_ttl = Some(300);
            } else {
                let serial = if behind { 1 } else { 2 };
                let zone = name("example.com");
                answer.soa = Some(Soa { zone, ttl: 300, serial, refresh: 3600, retry: 600, minimum: 300 });
            }
        }
        _ => return Seen::Failed(propwatch::model::Failure::NoRoute),
    }
    Seen::Answered(Box::new(answer))
}

fn journal(findings: u32) -> Vec<u8> {
    let start = Timestamp::from_secs(1_772_460_000);
    let mut out = Vec::new();
    Head::new(start, String::new(), plan()).write(&mut out);
    let (mut watch, mut encoder) = (Watch::new(plan()), Encoder::new(start));
    let mut queue = VecDeque::new();
    let mut step = watch.step(start, Input::Started);
    let (mut now, mut count) = (start, 0);
    while count < findings {
        queue.extend(step.errands);
        step = match queue.pop_front() {
            Some(errand) => {
                now = now + Duration::from_micros(137 + u64::from(count % 61));
                let seen = seen(&errand, count);
                let finding = Finding { errand, at: now, seen, questions: 1 };
                encoder.fact(&Fact::Found(finding.clone()), &mut out);
                count += 1;
                watch.step(now, Input::Found(finding))
            }
            None => {
                now = now.max(step.wake.expect("more to come").at);
                watch.step(now, Input::Woke)
            }
        };
    }
    out
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let count: u32 = args.first().map_or(1_000_000, |n| n.parse().expect("a number"));
    let watch = Stopwatch::start();
    let bytes = journal(count);
    println!(
        "made in {:?}: {count} findings, {} bytes, {:.1} each",
        watch.elapsed(),
        bytes.len(),
        bytes.len() as f64 / f64::from(count)
    );
    for _ in 0..3 {
        let watch = Stopwatch::start();
        let mut reader = Reader::new(&bytes[..]).unwrap().unwrap();
        let mut found = 0;
        while reader.fact().unwrap().is_some() {
            found += 1;
        }
        assert_eq!(found, count);
        let read = watch.elapsed();
        let watch = Stopwatch::start();
        let mut reader = Reader::new(&bytes[..]).unwrap().unwrap();
        let mut engine = Watch::new(reader.head().plan.clone());
        let mut events = 0;
        let replayed = replay(&mut reader, &mut engine, Ending::GoesOn, |_| events += 1).unwrap();
        assert_eq!(replayed.findings, u64::from(count));
        println!(
            "read {:.3} s; replayed {:.3} s ({events} events)",
            read.as_secs_f64(),
            watch.elapsed().as_secs_f64()
        );
    }
}
