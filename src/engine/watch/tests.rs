mod lapses;
mod leisure;
mod many;
mod sights;

use std::collections::BTreeSet;

use super::*;
use crate::engine::{Policy, Request};
use crate::model::*;

const NEW: &str = "203.0.113.7";
const OLD: &str = "198.51.100.7";
/// How long a resolver that is late takes, and one that is slow, in milliseconds.
const LATE: u64 = 700;
const SLOW: u64 = 1800;

/// A few servers and resolvers that answer at once, as a test sets them.
struct Little {
    servers: Vec<(String, Answer)>,
    resolvers: Vec<Answer>,
    asked_resolvers: u32,
    parent: WalkEnd,
    /// How the web server answers for the challenge file, at any address.
    web: u16,
    surveys: u32,
    visits: Vec<std::net::IpAddr>,
    origins: u32,
    /// The zone's.
    serial: u32,
    /// How long a survey takes, in milliseconds.
    survey_takes: u64,
    /// How many of the resolvers are slow, the first ones; as many after them are late.
    slow: u32,
    /// Which surveys fail, by their number from 1.
    failing: &'static [u32],
    /// The process is killed when a visit is first under way.
    killed: bool,
    /// Servers that do not answer, by their number.
    silent: Vec<usize>,
    /// A name about which every server says something else.
    unlike: Option<(Name, Answer)>,
    told: Vec<Event>,
    /// Seconds since it began.
    secs: u32,
    /// What the parent's servers say.
    delegation: Vec<ParentReply>,
}

fn answer(addresses: &[&str], ttl: u32) -> Answer {
    let mut answer = Answer::new(if addresses.is_empty() { Rcode::NXDOMAIN } else { Rcode::NOERROR });
    answer.authoritative = true;
    answer.addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
    answer.address_ttl = (!addresses.is_empty()).then_some(ttl);
    if addresses.is_empty() {
        let zone = Name::parse("example.com").unwrap();
        answer.soa = Some(Soa { zone, ttl, serial: 1, refresh: 60, retry: 60, minimum: ttl });
    }
    answer
}

impl Little {
    fn new(authority: &[&Answer], resolvers: &[Answer]) -> Self {
        let servers =
            authority.iter().enumerate().map(|(i, a)| (format!("192.0.2.{}:53", i + 1), (*a).clone()));
        let servers = servers.collect();
        Little {
            servers,
            resolvers: resolvers.to_vec(),
            asked_resolvers: 0,
            parent: WalkEnd::Found,
            web: 404,
            surveys: 0,
            visits: Vec::new(),
            origins: 0,
            serial: 1,
            survey_takes: 5,
            slow: 0,
            failing: &[],
            killed: false,
            silent: Vec::new(),
            unlike: None,
            told: Vec::new(),
            secs: 0,
            delegation: Vec::new(),
        }
    }

    fn plan(&self, mode: Mode, policy: Policy) -> Plan {
        let name = Name::parse("www.example.com").unwrap();
        let names = vec![(name, vec![Value::V4(NEW.parse().unwrap())])];
        let resolvers = (0..self.resolvers.len()).map(|i| Vantage {
            name: Arc::from(format!("r{i}")),
            operator: Arc::from(format!("o{i}")),
            place: None,
            role: Role::Voter,
            endpoints: vec![Endpoint::udp(format!("198.18.0.{}:53", i + 1).parse().unwrap())],
            flush: None,
            zone: None,
        });
        let policy = Policy { allow_reserved: true, ..policy };
        Plan::new(Request { names, mode, policy }, resolvers.collect()).unwrap()
    }

    fn walk(&self, name: &Name) -> Walk {
        let zone = Name::parse("example.com").unwrap();
        let servers = self.servers.iter().enumerate().map(|(i, (addr, _))| NameServer {
            host: Name::parse(&format!("ns{}.example.com", i + 1)).unwrap(),
            addresses: vec![Address { addr: addr.parse().unwrap(), glue: true, own: true }],
            at_parent: true,
            at_child: true,
        });
        Walk {
            name: name.clone(),
            zone,
            parent: Name::parse("com").unwrap(),
            end: self.parent.clone(),
            parents: self.delegation.clone(),
            servers: servers.collect(),
            questions: 3,
        }
    }

    fn survey(&self, name: &Name) -> Survey {
        let addresses = self.servers.iter().flat_map(|(_, said)| said.addresses.clone()).collect();
        let (host, addr) = (Name::parse("ns1.example.com").unwrap(), "192.0.2.1:53".parse().unwrap());
        let reply = CaaReply { host, addr, said: CaaSaid::Nothing, ttl: None };
        let climb = ["www.example.com", "example.com", "com"].map(|name| Name::parse(name).unwrap());
        let caa = climb.map(|name| CaaLook { owner: name.clone(), name, replies: vec![reply.clone()] });
        Survey { name: name.clone(), caa: caa.to_vec(), zones: Vec::new(), addresses, slowest: 1 }
    }

    fn is_silent(&self, server: &str) -> bool {
        self.silent.iter().any(|&number| self.servers[number].0 == server)
    }

    fn seen(&mut self, errand: &Errand) -> Seen {
        match &errand.task {
            Task::Walk { name } => Seen::Walked(Box::new(self.walk(name))),
            Task::Intercept => Seen::Intercepted(Port53::Clear),
            Task::Survey { name } => {
                self.surveys += 1;
                if self.failing.contains(&self.surveys) {
                    return Seen::Failed(Failure::Silent { tries: 3 });
                }
                Seen::Surveyed(Box::new(self.survey(name)))
            }
            Task::Fetch(fetch) => {
                self.visits.push(fetch.address);
                Seen::Fetched(Box::new(visit(fetch.address, &fetch.file, self.web)))
            }
            Task::Origin { .. } => {
                self.origins += 1;
                Seen::Originated(Box::default())
            }
            Task::Ask { record: None, server, .. } if self.is_silent(&server.addr.to_string()) => {
                Seen::Failed(Failure::Silent { tries: 3 })
            }
            Task::Ask { question, .. } if question.qtype == QuestionType::Soa => {
                let mut said = answer(&[], 60);
                said.soa = said.soa.map(|soa| Soa { serial: self.serial, ..soa });
                Seen::Answered(Box::new(said))
            }
            Task::Ask { question, record: None, .. } if question.qtype == QuestionType::Aaaa => {
                let mut none = answer(&[], 60);
                none.rcode = Rcode::NOERROR;
                Seen::Answered(Box::new(none))
            }
            Task::Ask { record: None, question, .. }
                if self.unlike.as_ref().is_some_and(|(name, _)| *name == question.name) =>
            {
                Seen::Answered(Box::new(self.unlike.as_ref().unwrap().1.clone()))
            }
            Task::Ask { record: None, server, .. } => {
                let found = self.servers.iter().find(|(addr, _)| *addr == server.addr.to_string());
                Seen::Answered(Box::new(found.unwrap().1.clone()))
            }
            Task::Ask { vantage, .. } => {
                self.asked_resolvers += 1;
                let mut said = self.resolvers[vantage.0 as usize].clone();
                // What is right was filled when all began, and is counted down.
                if said.addresses == [NEW.parse::<std::net::IpAddr>().unwrap()] {
                    said.address_ttl = said.address_ttl.map(|ttl| ttl - self.secs % ttl);
                }
                Seen::Answered(Box::new(said))
            }
        }
    }

    /// Plays until the end or the given second; `change` may alter the world at each step.
    fn play(
        &mut self,
        plan: Plan,
        secs: i64,
        mut change: impl FnMut(&mut Self, i64),
    ) -> (Watch, Option<Report>, i64) {
        let mut watch = Watch::new(plan);
        let mut now = Timestamp::from_secs(1_000_000);
        let begin = now;
        let mut queue: Vec<(Timestamp, Errand)> = Vec::new();
        let mut step = watch.step(now, Input::Started);
        loop {
            let elapsed = i64::try_from(now.since(begin).as_millis()).unwrap();
            self.told.append(&mut step.events);
            if let Some(done) = step.done {
                return (watch, Some(*done), elapsed);
            }
            let visits = step.errands.iter().any(|errand| matches!(errand.task, Task::Fetch(_)));
            if visits && std::mem::take(&mut self.killed) {
                queue.clear();
                let gap = Gap { kind: GapKind::Restarted, from: now, to: Some(now) };
                step = watch.step(now, Input::Gap(gap));
                continue;
            }
            for errand in step.errands.drain(..) {
                let takes = match errand.task {
                    Task::Survey { .. } => self.survey_takes,
                    Task::Ask { record: Some(_), vantage, .. } if vantage.0 < self.slow => SLOW,
                    Task::Ask { record: Some(_), vantage, .. } if vantage.0 < 2 * self.slow => LATE,
                    _ => 5,
                };
                queue.push((now + std::time::Duration::from_millis(takes), errand));
            }
            let wake = step.wake.map(|wake| wake.at);
            let first = queue.iter().map(|(at, _)| *at).min();
            let Some(next) = first.into_iter().chain(wake).min() else { return (watch, None, elapsed) };
            now = now.max(next);
            if now.since(begin).as_secs() as i64 >= secs {
                return (watch, None, elapsed);
            }
            self.secs = u32::try_from(now.since(begin).as_secs()).unwrap();
            change(self, i64::from(self.secs));
            step = match queue.iter().position(|(at, _)| *at <= now) {
                Some(i) => {
                    let (_, errand) = queue.remove(i);
                    let seen = self.seen(&errand);
                    watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 }))
                }
                None => watch.step(now, Input::Woke),
            };
        }
    }
}

fn visit(address: std::net::IpAddr, file: &ChallengeFile, status: u16) -> Visit {
    let hop = Hop { url: file.path(), address, status: Some(status), server: None };
    let end = WebEnd::Answered { status, body: BodySeen::NotCompared, begins: String::new() };
    Visit { hops: vec![hop], end, took: 5 }
}

fn codes(report: &Report) -> BTreeSet<&'static str> {
    report.records[0].reasons.iter().map(|reason| reason.cause.code()).collect()
}

#[test]
fn a_look_at_a_finished_change_is_safe_at_once() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 34]);
    let plan = world.plan(Mode::Look, Policy::default());
    let (_, report, millis) = world.play(plan, 60, |_, _| {});
    let report = report.unwrap();
    assert_eq!(report.verdict, Verdict::Safe, "{report:#?}");
    assert_eq!(report.exit_code(), 0);
    assert!((66..=68).contains(&world.asked_resolvers), "two samples each: {}", world.asked_resolvers);
    assert!(millis < 100, "{millis}");
}

#[test]
fn nothing_recursive_is_asked_while_the_authorities_are_wrong() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&good, &old], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Look, Policy::default());
    let (_, report, _) = world.play(plan, 60, |_, _| {});
    let report = report.unwrap();
    assert_eq!(report.verdict, Verdict::NotYet);
    assert_eq!(world.asked_resolvers, 0);
    assert!(codes(&report).contains("authority-behind") && codes(&report).contains("resolvers-not-asked"));
}

#[test]
fn a_record_that_appears_is_seen_and_settles() {
    let (none, good) = (answer(&[], 40), answer(&[NEW], 300));
    let mut world = Little::new(&[&none, &none], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Watch, Policy::default());
    let (_, report, millis) = world.play(plan, 600, |world, secs| {
        if secs >= 5 {
            world.servers.iter_mut().for_each(|(_, said)| *said = answer(&[NEW], 300));
        }
    });
    let report = report.unwrap();
    assert_eq!(report.verdict, Verdict::Safe, "{report:#?}");
    assert!((15_000..16_500).contains(&millis), "{millis}");
    assert_eq!(world.asked_resolvers, 20, "four of each");
}

#[test]
fn after_a_wrong_address_the_ca_may_remember_for_65_seconds() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&old, &old], &vec![good.clone(); 5]);
    let policy = Policy { until: Milestone::Issuable, ..Policy::default() };
    let plan = world.plan(Mode::Watch, policy);
    let (_, report, millis) = world.play(plan, 600, |world, secs| {
        if secs >= 5 {
            world.servers.iter_mut().for_each(|(_, said)| *said = answer(&[NEW], 300));
        }
    });
    assert_eq!(report.unwrap().exit_code(), 0);
    assert!((69_000..71_000).contains(&millis), "{millis}");
}

#[test]
fn a_forgotten_zone_blocks() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], std::slice::from_ref(&good));
    world.parent = WalkEnd::NoSuchZone;
    let plan = world.plan(Mode::Look, Policy::default());
    let (_, report, _) = world.play(plan, 60, |_, _| {});
    let report = report.unwrap();
    assert_eq!((report.verdict, report.exit_code()), (Verdict::Blocked, 3));
}

#[test]
fn old_answers_everywhere_are_not_agreement() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&good, &good], &vec![old; 34]);
    let plan = world.plan(Mode::Look, Policy::default());
    let (_, report, _) = world.play(plan, 60, |_, _| {});
    let report = report.unwrap();
    assert_eq!(report.verdict, Verdict::NotYet);
    assert!(report.records[0].issuable, "the CA does not look at public resolvers");
    assert!(codes(&report).contains("resolver-stale"));
}

#[test]
fn an_authority_that_counts_down_is_asked_when_its_cache_ends() {
    let (old, good) = (answer(&[OLD], 20), answer(&[NEW], 20));
    let mut world = Little::new(&[&old], &vec![good.clone(); 5]);
    let policy = Policy { until: Milestone::Issuable, ..Policy::default() };
    let plan = world.plan(Mode::Watch, policy);
    // The watch is two hours old, and looks every 20 s of its own accord; at 7,215 s the cache ends.
    let (_, report, millis) = world.play(plan, 9_000, |world, secs| {
        let left = u32::try_from((7_215 - secs).clamp(1, 20)).unwrap();
        world.servers[0].1 = if secs >= 7_215 { answer(&[NEW], 20) } else { answer(&[OLD], left) };
    });
    assert_eq!(report.unwrap().exit_code(), 0);
    // 20 s of TTL and 5 s of margin after it was last seen wrong.
    assert!((7_200_000..7_245_000).contains(&millis), "{millis}");
}

#[test]
fn few_are_asked_more_than_one_among_many() {
    let good = answer(&[NEW], 300);
    let mut sole = Little::new(&[&good], std::slice::from_ref(&good));
    let plan = sole.plan(Mode::Look, Policy::default());
    let (_, report, _) = sole.play(plan, 60, |_, _| {});
    assert_eq!((report.unwrap().exit_code(), sole.asked_resolvers), (0, 12));
    let mut two = Little::new(&[&good], &[good.clone(), good.clone()]);
    let plan = two.plan(Mode::Look, Policy::default());
    let (_, report, _) = two.play(plan, 60, |_, _| {});
    assert_eq!((report.unwrap().exit_code(), two.asked_resolvers), (0, 24));
    let mut six = Little::new(&[&good], &vec![good.clone(); 6]);
    let plan = six.plan(Mode::Look, Policy::default());
    let (_, report, _) = six.play(plan, 60, |_, _| {});
    assert_eq!((report.unwrap().exit_code(), six.asked_resolvers), (0, 18));
    let mut many = Little::new(&[&good], &vec![good.clone(); 34]);
    let plan = many.plan(Mode::Look, Policy::default());
    let (_, report, _) = many.play(plan, 60, |_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    // It ends when what is still to come can change nothing.
    assert!((64..=68).contains(&many.asked_resolvers), "two of each: {}", many.asked_resolvers);
}

#[test]
fn the_forecast_is_of_all_records_or_of_none() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&good], &[old.clone(), good.clone()]);
    let late = Name::parse("late.example.com").unwrap();
    world.unlike = Some((late.clone(), old));
    let mut plan = world.plan(Mode::Watch, Policy::default());
    let second = Record { name: late, ..plan.records[0].clone() };
    plan.records = plan.records.iter().cloned().chain([second]).collect();
    let (begin, seconds) = (Timestamp::from_secs(1_000_000), |at: Timestamp| at.as_micros() / 1_000_000);
    world.play(plan, 60, |world, secs| {
        if secs >= 30 {
            world.unlike = None;
        }
    });
    let forecasts: Vec<(Timestamp, Option<Timestamp>)> = world
        .told
        .iter()
        .filter_map(|event| match event {
            Event::Forecast { at, by, .. } => Some((*at, *by)),
            _ => None,
        })
        .collect();
    let early = forecasts.iter().filter(|(at, _)| at.since(begin).as_secs() < 30);
    assert!(early.clone().count() > 0 && early.clone().all(|(_, by)| by.is_none()), "{forecasts:?}");
    let last = forecasts.last().and_then(|(_, by)| *by).map(seconds);
    assert!(last >= Some(seconds(begin) + 330), "{forecasts:?}");
}

#[test]
fn everyone_by_reckons_with_a_move_before_the_watch() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let said = ParentSaid::Delegates { ns: Vec::new(), ttl: 172_800 };
    let parent = ParentReply { host: Name::root(), addr: "192.0.2.200:53".parse().unwrap(), said };
    let by = |resolvers: &[Answer]| {
        let mut world = Little::new(&[&good], resolvers);
        world.delegation = vec![parent.clone()];
        let plan = world.plan(Mode::Look, Policy::default());
        let (_, report, _) = world.play(plan, 60, |_, _| {});
        report.unwrap().records[0].everyone_by.unwrap().since(Timestamp::from_secs(1_000_000)).as_secs()
    };
    // Nobody of the zone's servers has the old answer: it may come from servers that the zone has left.
    assert_eq!(by(&[old.clone(), good.clone(), good.clone()]), 172_800 + 300);
    assert_eq!(by(&vec![good.clone(); 3]), 300, "nothing says that anything was changed");
}
