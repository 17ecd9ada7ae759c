//! Small worlds for the tests of the views.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::model::*;

use super::Cast;

pub(crate) const NOON: i64 = 1_795_435_020; // 2026-11-23T11:57:00Z

pub(crate) fn secs(after: i64) -> Timestamp {
    Timestamp::from_secs(NOON + after)
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn a_record(owner: &str, address: &str) -> Record {
    let set = BTreeSet::from([address.parse().unwrap()]);
    Record { name: name(owner), rtype: RecordType::A, expect: Expectation::Addresses(set) }
}

pub(crate) fn guard(owner: &str) -> Record {
    Record { name: name(owner), rtype: RecordType::Aaaa, expect: Expectation::NoAddress }
}

pub(crate) fn cname(owner: &str, target: &str) -> Record {
    Record { name: name(owner), rtype: RecordType::Cname, expect: Expectation::Alias(name(target)) }
}

pub(crate) fn vantage(label: &str, role: Role) -> Vantage {
    Vantage {
        name: Arc::from(label),
        operator: Arc::from(label.split('-').next().unwrap_or(label)),
        place: None,
        role,
        endpoints: vec![Endpoint::udp("192.0.2.1:53".parse().unwrap())],
        flush: (label == "google-1").then(|| Arc::from("https://dns.google/cache")),
        zone: (role == Role::Authority).then(|| name("example.com")),
    }
}

/// One record with its guard, 40 voters, this machine's resolver, two name servers.
pub(crate) fn opening(watch: bool) -> Vec<Event> {
    opening_with(vec![a_record("mail.example.com", "203.0.113.7"), guard("mail.example.com")], watch)
}

pub(crate) fn opening_with(records: Vec<Record>, watch: bool) -> Vec<Event> {
    let mut resolvers = vec![vantage("google-1", Role::Voter), vantage("google-2", Role::Voter)];
    resolvers.extend((3..=40).map(|n| vantage(&format!("city{n}-1"), Role::Voter)));
    resolvers.push(vantage("this-machine", Role::Witness));
    let started = Started {
        at: secs(0),
        until: Milestone::Safe,
        deadline: watch.then(|| secs(48 * 3600)),
        records: records.into(),
        resolvers,
    };
    let hosts = ["ns1.example.net", "ns2.example.net"];
    let addr = |n: usize| -> SocketAddr { format!("192.0.2.{}:53", 10 + n).parse().unwrap() };
    let server = |(n, host): (usize, &&str)| NameServer {
        host: name(host),
        addresses: vec![Address { addr: addr(n), glue: true, own: true }],
        at_parent: true,
        at_child: true,
    };
    let walk = Walk {
        name: name("mail.example.com"),
        zone: name("example.com"),
        parent: name("com"),
        end: WalkEnd::Found,
        parents: Vec::new(),
        servers: hosts.iter().enumerate().map(server).collect(),
        questions: 9,
    };
    let mut events = vec![
        Event::Started(Box::new(started)),
        Event::Delegation { at: secs(0), walk: Box::new(walk), changed: false },
    ];
    for (n, host) in hosts.iter().enumerate() {
        events.push(Event::Vantage {
            at: secs(0),
            id: VantageId(41 + u32::try_from(n).unwrap()),
            vantage: Box::new(vantage(host, Role::Authority)),
            addr: addr(n),
            change: VantageChange::Joined,
        });
    }
    events
}

pub(crate) fn shift(at: i64, who: u32, from: Standing, to: Standing) -> Event {
    Event::Shift(Box::new(Shift { at: secs(at), record: RecordId(0), vantage: VantageId(who), from, to }))
}

pub(crate) fn right() -> Standing {
    Standing::Right { samples: 2, needed: 2 }
}

pub(crate) fn old(until: i64) -> Standing {
    Standing::Wrong { held: old_held(), until: Some(secs(until)) }
}

pub(crate) fn old_held() -> Held {
    Held::Addresses(["198.51.100.7".parse().unwrap()].into())
}

pub(crate) fn cast_of(events: &[Event]) -> Cast {
    let mut cast = Cast::new();
    events.iter().for_each(|event| cast.take(event));
    cast
}

pub(crate) fn because(effect: Effect, who: Option<&str>, cause: Cause) -> Reason {
    Reason { effect, who: who.map(Arc::from), cause }
}

pub(crate) fn entry(record: u32, verdict: Verdict, reasons: Vec<Reason>) -> RecordReport {
    RecordReport {
        record: RecordId(record),
        verdict,
        issuable: verdict == Verdict::Safe,
        everyone: false,
        everyone_by: None,
        authority: AuthorityCount { zone: Some(name("example.com")), right: 2, wrong: 0, silent: 0 },
        resolvers: ResolverCount { voters: 40, confirmed: 40, contradicting: 0, silent: 0, pending: 0 },
        reasons,
    }
}

pub(crate) fn report(at: i64, records: Vec<RecordReport>) -> Report {
    let verdict = records.iter().map(|entry| entry.verdict).max().unwrap();
    let records = records.into_iter().map(Arc::new).collect();
    Report { at: secs(at), verdict, last: true, reached: verdict == Verdict::Safe, questions: 113, records }
}

/// The zone is right, 31 resolvers too, nine are not.
pub(crate) fn caches_turning_over(watch: bool) -> (Vec<Event>, Report) {
    let mut events = opening(watch);
    let unasked = || Standing::Unasked;
    events.push(shift(1, 41, unasked(), right()));
    events.push(shift(1, 42, unasked(), right()));
    let ends = [60, 90, 200, 310, 310, 310, 310];
    let mut reasons = Vec::new();
    for who in 0..40u32 {
        let standing = match who {
            0..7 => old(ends[who as usize]),
            7 => Standing::Mixed { held: old_held(), wrong: 2, caches: 3, until: Some(secs(130)) },
            8 => Standing::Wrong { held: Held::NoName, until: None },
            9 => Standing::Silent { failure: Failure::Silent { tries: 3 } },
            10 => Standing::Suspect { held: old_held() },
            _ => right(),
        };
        events.push(shift(2, who, unasked(), standing.clone()));
        let label = if who < 2 { format!("google-{}", who + 1) } else { format!("city{}-1", who + 1) };
        let cause = match standing {
            Standing::Wrong { held, until } => Cause::ResolverStale { held, until },
            Standing::Mixed { held, wrong, caches, until } => {
                Cause::ResolverMixed { held, wrong, caches, until }
            }
            Standing::Suspect { held } => Cause::ResolverSuspect { held },
            _ => continue,
        };
        let effect =
            if matches!(cause, Cause::ResolverSuspect { .. }) { Effect::Warns } else { Effect::Waits };
        reasons.push(because(effect, Some(&label), cause));
    }
    reasons.sort_by_key(|reason| reason.effect);
    reasons.push(because(Effect::Warns, None, Cause::WebNotProven));
    let mut record = entry(0, Verdict::NotYet, reasons);
    record.issuable = true;
    record.everyone_by = Some(secs(310));
    record.resolvers = ResolverCount { voters: 40, confirmed: 29, contradicting: 9, silent: 2, pending: 0 };
    let last = report(3, vec![record]);
    events.push(Event::Forecast { at: secs(3), by: Some(secs(310)), next: Some((secs(61), Why::Expired)) });
    events.push(Event::Verdict(Box::new(last.clone())));
    (events, last)
}

/// The story of the Zone Editor: the name does not exist yet, so nobody else is asked.
pub(crate) fn missing_name() -> (Vec<Event>, Report) {
    let mut events = opening(true);
    let none = || Standing::Wrong { held: Held::NoName, until: None };
    events.push(shift(1, 41, Standing::Unasked, none()));
    events.push(shift(1, 42, Standing::Unasked, none()));
    let wrong = Cause::AuthorityWrong { zone: name("example.com"), held: Held::NoName };
    let reasons =
        vec![because(Effect::Waits, None, wrong), because(Effect::Waits, None, Cause::ResolversNotAsked)];
    let mut record = entry(0, Verdict::NotYet, reasons);
    record.authority.right = 0;
    record.authority.wrong = 2;
    record.resolvers = ResolverCount { voters: 40, pending: 40, ..ResolverCount::default() };
    let mut now = report(1, vec![record]);
    now.last = false;
    events.push(Event::Forecast { at: secs(1), by: None, next: Some((secs(3), Why::AuthorityNotRight)) });
    events.push(Event::Verdict(Box::new(now.clone())));
    (events, now)
}
