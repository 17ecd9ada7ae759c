//! The cache model against what was measured in real resolvers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::Rcode;
use crate::sim::resolver::{Reply, resolve};
use crate::sim::{Conduct, Contents, Delegation, Dice, Internet, ParentServer, Server};

const T0: Timestamp = Timestamp::from_secs(1_700_000_000);

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn question() -> Question {
    Question { name: name("www.example.com"), qtype: QuestionType::A }
}

fn at(millis: u64) -> Timestamp {
    T0 + Duration::from_millis(millis)
}

fn zone(ns: &[Name], ns_ttl: u32) -> Contents {
    Contents::new(&name("example.com"), 1, ns, ns_ttl).negative(6)
}

fn with(address: [u8; 4], ns: &[Name], ttl: u32) -> Contents {
    zone(ns, 3600).addresses(&name("www.example.com"), &[address.into()], ttl)
}

const OLD: [u8; 4] = [192, 0, 2, 1];
const NEW: [u8; 4] = [192, 0, 2, 2];

/// One server without latency, so that filling happens exactly when it is asked for.
fn net(first: Contents, then: &[(Timestamp, Conduct)]) -> Internet {
    let (apex, host) = (name("example.com"), name("ns1.example.net"));
    let addr: SocketAddr = "203.0.113.1:53".parse().unwrap();
    let mut server = Server::new(&apex, &host, addr, Duration::ZERO, Conduct::Serves(Arc::new(first)));
    for (at, conduct) in then {
        server.from(*at, conduct.clone());
    }
    let parent = ParentServer { host: name("a.com-servers.example"), addr, lag: Duration::ZERO };
    let delegation = Delegation::new(&apex, vec![parent], 3600, &[host]);
    Internet { servers: vec![server], delegations: vec![delegation] }
}

fn ask(cache: &mut Cache, net: &Internet, at: Timestamp) -> Reply {
    resolve(cache, at, &question(), net, &mut Dice::new(1))
}

/// Asks every millisecond from the filling on and returns for how many milliseconds the old address was
/// given, with the highest and the lowest TTL that went with it.
fn life(cache: &mut Cache, net: &Internet, phase: u64) -> (u64, u32, u32) {
    let (mut first, mut lowest) = (None, u32::MAX);
    for millis in 0.. {
        // What a resolver takes to reach the server is left out of the measure.
        let reply = ask(cache, net, at(phase + millis));
        if reply.answer.addresses != [std::net::IpAddr::from(OLD)] {
            return (millis, first.unwrap(), lowest);
        }
        let ttl = reply.answer.address_ttl.unwrap();
        first.get_or_insert(ttl);
        lowest = lowest.min(ttl);
    }
    unreachable!()
}

fn changed(ttl: u32) -> Internet {
    let hosts = [name("ns1.example.net")];
    net(with(OLD, &hosts, ttl), &[(at(1500), Conduct::Serves(Arc::new(with(NEW, &hosts, ttl))))])
}

/// The filling happens 20 ms after the question, which is what reaching the parent takes.
const REACH: u64 = 20;

#[test]
fn binds_family_ends_on_the_tick_where_the_ttl_would_be_0() {
    for phase in [0, 130, 500, 970] {
        let (life, first, lowest) = life(&mut Cache::new(Family::Early), &changed(5), phase);
        assert_eq!(life, 5000 + (phase + REACH) / 1000 * 1000 - phase, "phase {phase}");
        assert_eq!((first, lowest), (5, 1));
    }
}

#[test]
fn unbounds_family_ends_one_tick_later_and_shows_0_for_a_second() {
    for phase in [0, 130, 500, 970] {
        let (life, first, lowest) = life(&mut Cache::new(Family::Late), &changed(5), phase);
        assert_eq!(life, 6000 + (phase + REACH) / 1000 * 1000 - phase, "phase {phase}");
        assert_eq!((first, lowest), (5, 0));
    }
}

#[test]
fn the_ticks_are_those_of_its_own_clock() {
    let mut cache = Cache::new(Family::Early);
    cache.ahead = 300_000;
    let (life, ..) = life(&mut cache, &changed(5), 100);
    assert_eq!(life, 4600, "filled at 0.12 true time, 0.42 its own; over at 5.00 its own, 4.70 true");
}

#[test]
fn caps_and_floors_show_in_the_ttl() {
    let mut capped = Cache::new(Family::Early);
    capped.cap = 3;
    assert_eq!(life(&mut capped, &changed(60), 0), (3000, 3, 1));
    let mut floored = Cache::new(Family::Late);
    floored.floor = 9;
    assert_eq!(life(&mut floored, &changed(2), 0), (10_000, 9, 0));
}

#[test]
fn ttl_0_is_not_kept() {
    let mut cache = Cache::new(Family::Late);
    let net = changed(0);
    assert_eq!(ask(&mut cache, &net, at(0)).answer.addresses, [std::net::IpAddr::from(OLD)]);
    assert_eq!(ask(&mut cache, &net, at(1500)).answer.addresses, [std::net::IpAddr::from(NEW)]);
}

fn added(negative: u32) -> Internet {
    let hosts = [name("ns1.example.net")];
    let then = Conduct::Serves(Arc::new(with(NEW, &hosts, 60)));
    net(zone(&hosts, 3600).negative(negative), &[(at(500), then)])
}

#[test]
fn nxdomain_lives_by_the_ttl_of_the_soa() {
    let mut cache = Cache::new(Family::Early);
    let net = added(6);
    let first = ask(&mut cache, &net, at(0)).answer;
    assert_eq!((first.rcode, first.soa.unwrap().ttl), (Rcode::NXDOMAIN, 6));
    let last = ask(&mut cache, &net, at(5999)).answer;
    assert_eq!((last.rcode, last.soa.unwrap().ttl), (Rcode::NXDOMAIN, 1));
    assert_eq!(ask(&mut cache, &net, at(6000)).answer.rcode, Rcode::NOERROR);
    let mut cache = Cache::new(Family::Late);
    ask(&mut cache, &net, at(0));
    assert_eq!(ask(&mut cache, &net, at(6999)).answer.soa.unwrap().ttl, 0);
    assert_eq!(ask(&mut cache, &net, at(7000)).answer.rcode, Rcode::NOERROR);
}

#[test]
fn nxdomain_holds_for_every_type() {
    let mut cache = Cache::new(Family::Early);
    let net = added(6);
    let aaaa = Question { qtype: QuestionType::Aaaa, ..question() };
    resolve(&mut cache, at(0), &aaaa, &net, &mut Dice::new(1));
    assert_eq!(ask(&mut cache, &net, at(3000)).answer.rcode, Rcode::NXDOMAIN);
}

#[test]
fn unbounds_negative_answers_show_the_newest_soa_and_end_when_they_end() {
    let mut cache = Cache::new(Family::Late);
    cache.shares_soa = true;
    let net = added(6);
    ask(&mut cache, &net, at(0));
    let other = Question { name: name("nothing.example.com"), qtype: QuestionType::A };
    resolve(&mut cache, at(4000), &other, &net, &mut Dice::new(1));
    assert_eq!(ask(&mut cache, &net, at(4000)).answer.soa.unwrap().ttl, 6, "its own would be 2");
    assert_eq!(ask(&mut cache, &net, at(7000)).answer.rcode, Rcode::NOERROR);
}

#[test]
fn the_first_answer_after_the_end_may_be_stale_and_the_second_is_fresh() {
    let mut cache = Cache::new(Family::Early);
    cache.stale = Stale::First;
    let net = changed(5);
    ask(&mut cache, &net, at(0));
    let stale = ask(&mut cache, &net, at(60_000)).answer;
    assert_eq!((stale.addresses[0], stale.address_ttl), (OLD.into(), Some(30)));
    assert!(stale.is_served_stale());
    let fresh = ask(&mut cache, &net, at(60_150)).answer;
    assert_eq!((fresh.addresses[0], fresh.address_ttl, fresh.ede.len()), (NEW.into(), Some(5), 0));
}

#[test]
fn without_upstream_it_fails_or_serves_stale_and_keeps_the_failure() {
    let hosts = [name("ns1.example.net")];
    let back = (at(20_000), Conduct::Serves(Arc::new(with(NEW, &hosts, 5))));
    let net = net(with(OLD, &hosts, 5), &[(at(1500), Conduct::Dead), back]);
    let mut stale = Cache::new(Family::Late);
    stale.stale = Stale::OnFailure;
    ask(&mut stale, &net, at(0));
    let answer = ask(&mut stale, &net, at(10_000)).answer;
    assert_eq!((answer.addresses[0], answer.address_ttl), (OLD.into(), Some(1)));
    let mut plain = Cache::new(Family::Early);
    plain.failure_secs = 60;
    ask(&mut plain, &net, at(0));
    assert_eq!(ask(&mut plain, &net, at(10_000)).answer.rcode, Rcode::SERVFAIL);
    assert_eq!(ask(&mut plain, &net, at(60_000)).answer.rcode, Rcode::SERVFAIL, "kept although it is back");
    assert_eq!(ask(&mut plain, &net, at(71_500)).answer.rcode, Rcode::NOERROR);
}

#[test]
fn prefetch_renews_ahead_of_the_end() {
    let mut cache = Cache::new(Family::Early);
    cache.prefetch = true;
    let net = changed(20);
    ask(&mut cache, &net, at(0));
    let answer = ask(&mut cache, &net, at(18_500)).answer;
    assert_eq!((answer.addresses[0], answer.address_ttl), (OLD.into(), Some(2)));
    assert_eq!(ask(&mut cache, &net, at(18_600)).answer.addresses[0], std::net::IpAddr::from(NEW));
}

/// The domain moves at 5 s; NS TTL 30, A TTL 8. The old servers go on answering.
fn moved(clings: bool) -> (Cache, Internet) {
    let (old, new) = ([name("ns1.example.net")], [name("ns1.example.org")]);
    let mut old_zone = with(OLD, &old, 8);
    old_zone.ns_ttl = 30;
    let mut net = net(old_zone, &[]);
    let apex = name("example.com");
    let addr: SocketAddr = "203.0.113.2:53".parse().unwrap();
    let after = Conduct::Serves(Arc::new(with(NEW, &new, 8)));
    net.servers.push(Server::new(&apex, &new[0], addr, Duration::ZERO, after));
    net.delegations[0].moves(at(5000), &new);
    let mut cache = Cache::new(Family::Early);
    cache.clings = clings;
    (cache, net)
}

#[test]
fn a_moved_domain_turns_over_at_the_end_of_its_ns_set_plus_one_address() {
    let (mut cache, net) = moved(false);
    let mut last_old = 0;
    for millis in (0..90_000).step_by(100) {
        let reply = ask(&mut cache, &net, at(millis));
        if reply.answer.addresses[0] == std::net::IpAddr::from(OLD) {
            last_old = millis;
        }
    }
    assert!((30_000..=38_000).contains(&last_old), "{last_old}");
}

#[test]
fn a_clinging_cache_stays_until_the_old_servers_stop() {
    let (mut cache, mut net) = moved(true);
    net.servers[0].from(at(600_000), Conduct::Fails(Rcode::REFUSED));
    for millis in (0..600_000).step_by(500) {
        assert_eq!(ask(&mut cache, &net, at(millis)).answer.addresses[0], std::net::IpAddr::from(OLD));
    }
    assert_eq!(ask(&mut cache, &net, at(609_000)).answer.addresses[0], std::net::IpAddr::from(NEW));
}

#[test]
fn aliases_end_apart_from_what_they_stand_for() {
    let hosts = [name("ns1.example.net")];
    let (www, a, b) = (name("www.example.com"), name("a.example.com"), name("b.example.com"));
    let with = |to: &Name| {
        zone(&hosts, 3600).alias(&www, to, 40).addresses(&a, &[OLD.into()], 8).addresses(&b, &[NEW.into()], 8)
    };
    let net = net(with(&a), &[(at(1000), Conduct::Serves(Arc::new(with(&b))))]);
    let mut cache = Cache::new(Family::Early);
    ask(&mut cache, &net, at(0));
    let answer = ask(&mut cache, &net, at(20_000)).answer;
    assert_eq!((answer.chain[0].ttl, answer.address_ttl), (20, Some(8)), "the address was fetched anew");
    assert_eq!(ask(&mut cache, &net, at(40_000)).answer.chain[0].target, b);
}

#[test]
fn a_frozen_cache_starts_its_ttl_again() {
    let mut cache = Cache::new(Family::Early);
    cache.frozen = true;
    let net = changed(5);
    let seen: Vec<_> =
        (0..12).map(|s| ask(&mut cache, &net, at(s * 1000)).answer.address_ttl.unwrap()).collect();
    assert_eq!(seen, [5, 4, 3, 2, 1, 0, 5, 4, 3, 2, 1, 0]);
}
