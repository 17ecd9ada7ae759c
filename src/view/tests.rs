//! Views as event -> text.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::model::*;

use super::samples::*;
use super::*;

fn text(width: usize) -> Text {
    Text { width, ..Text::plain(TimeZone::fixed(jiff::tz::offset(1))) }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// One of every cause; what foreign servers had a hand in carries `foreign`.
fn every_cause(foreign: &str) -> Vec<Cause> {
    let (zone, parent) = (name("example.com"), name("com"));
    let server: Arc<str> = Arc::from(format!("ns2.example.net{foreign}"));
    let addr: SocketAddr = "192.0.2.11:53".parse().unwrap();
    let secure = Failure::Secure { text: format!("bad certificate{foreign}") };
    let held = old_held();
    let until = Some(secs(310));
    let mut all = vec![
        Cause::ZoneMissing { zone: zone.clone(), parent: parent.clone() },
        Cause::ParentSplit { zone: zone.clone(), parent },
        Cause::AuthoritySilent { zone: zone.clone(), failure: secure.clone() },
        Cause::Port53Blocked,
        Cause::Port53Intercepted,
        Cause::NoNetwork,
        Cause::AuthorityUnchanged { zone: zone.clone(), held: held.clone(), since: secs(0) },
        Cause::AuthorityBehind {
            server: server.clone(),
            held: held.clone(),
            serial: Some(1),
            newest: Some(2),
        },
        Cause::AuthorityStuck { server: server.clone(), held: Held::NoName },
        Cause::AuthorityDead { server: server.clone(), addr, failure: Failure::Silent { tries: 3 } },
        Cause::AuthorityLame { server: server.clone(), addr, rcode: Rcode::REFUSED },
        Cause::AuthorityNoAddress { server: name("ns3.example.net") },
        Cause::NsMismatch {
            zone: zone.clone(),
            parent_only: vec![name("a.net")],
            child_only: vec![name("b.net")],
        },
        Cause::GlueMismatch {
            host: name("ns1.example.com"),
            glue: vec![ip("192.0.2.1")],
            own: vec![ip("2001:db8::1")],
        },
        Cause::AliasLoop { name: name("www.example.com") },
        Cause::UnexpectedAaaa { addresses: vec![ip("2001:db8::1")] },
        Cause::ReservedAddress { address: ip("10.0.0.1"), block: Arc::from(format!("private use{foreign}")) },
        Cause::CaMayCache { until: secs(40) },
        Cause::FormerAuthorityAnswers { server, held: held.clone() },
        Cause::ResolversNotAsked,
        Cause::ResolverMixed { held: held.clone(), wrong: 2, caches: 3, until },
        Cause::ResolverFailing { rcode: Rcode::SERVFAIL },
        Cause::ResolverBogus,
        Cause::ResolverSuspect { held: held.clone() },
        Cause::ResolverUnconfirmed { samples: 1, needed: 2 },
        Cause::ResolverSilent { failure: Some(secure) },
        Cause::ResolverSilent { failure: None },
        Cause::WitnessStale { held: held.clone(), until },
        Cause::TooFewAnswered { answered: 12, voters: 40 },
        Cause::TooFewOperators { operators: 1, needed: 3 },
        Cause::Settling { until: secs(20) },
        Cause::NotEveryone { until },
        Cause::NotEveryone { until: None },
        Cause::WebNotProven,
    ];
    let whats = [
        held,
        Held::Addresses(vec![ip("198.51.100.7"), ip("203.0.113.7")]),
        Held::Alias(name("old.example.org")),
        Held::DeadEnd(name("gone.example.org")),
        Held::Loop(name("www.example.com")),
        Held::NoData,
        Held::NoName,
    ];
    for held in whats {
        all.push(Cause::AuthorityWrong { zone: zone.clone(), held: held.clone() });
        all.push(Cause::ResolverStale { held: held.clone(), until });
        all.push(Cause::ResolverStale { held, until: None });
    }
    all
}

fn every_record() -> [Record; 3] {
    [
        a_record("mail.example.com", "203.0.113.7"),
        cname("www.example.com", "example.com"),
        guard("mail.example.com"),
    ]
}

#[test]
fn print_samples() {
    let (events, last) = caches_turning_over(true);
    let mut cast = Cast::new();
    for e in &events {
        cast.take(e);
        for l in text(80).event_lines(e, &cast) {
            println!("{l}");
        }
    }
    for w in [130, 100, 80, 60, 40] {
        println!("---- progress");
        let p = text(w).progress(&cast, secs(5));
        println!("{}", p.line);
    }
    println!("---- 80");
    print!("{}", text(80).report(&last, &cast));
    let w = Words::new(&cast, When::local(TimeZone::UTC, secs(3)));
    for c in every_cause("") {
        let said = w.reason(&every_record()[0], &because(Effect::Waits, Some("google-1"), c.clone()));
        println!("{:28}{}\n{:28}{}", c.code(), said.text, "", said.next);
    }
    for r in every_record() {
        for c in every_cause("").into_iter().filter(|c| matches!(c, Cause::AuthorityWrong { .. })) {
            let said = w.reason(&r, &because(Effect::Waits, Some("google-1"), c.clone()));
            println!("{:28}{}\n{:28}{}", r, said.text, "", said.next);
        }
    }
}
