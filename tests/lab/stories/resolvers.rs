//! Resolvers that lose, refuse, lie, or are several.

use std::path::Path;
use std::time::Duration;

use hickory_proto::op::ResponseCode;

use crate::lab::ask::Reply;
use crate::lab::authority::{Authority, Kind};
use crate::lab::odd;
use crate::lab::recursive::Resolver;
use crate::lab::run::Call;
use crate::lab::runner::Story;
use crate::lab::seconds;
use crate::lab::secure::sign;
use crate::lab::tap::{Manner, Spread, Tap};
use crate::lab::truth::{Truth, last};
use crate::lab::world::{NAME, NEW, OLD, World, addresses, bare, lab, prime, shop, taps};
use crate::lab::zone::Zone;

pub(super) const STORIES: &[Story] = &[
    Story { name: "three_caches_in_turn", needs: super::WORLD, play: three_caches_in_turn },
    Story { name: "three_caches_by_port", needs: super::WORLD, play: three_caches_by_port },
    Story { name: "dead_refusing_lying", needs: super::SIX, play: dead_refusing_lying },
    Story { name: "lossy", needs: super::WORLD, play: lossy },
    Story { name: "bogus", needs: BOGUS, play: bogus },
];

const BOGUS: &[&str] =
    &["nsd", "knotd", "knotc", "named", "unbound", "kresd", "ldns-keygen", "ldns-signzone", "ldns-key2ds"];

fn three_caches_in_turn(base: &Path) {
    three_caches(base, Spread::InTurn, &[]);
}

fn three_caches_by_port(base: &Path) {
    three_caches(base, Spread::BySourcePort, &["198.51.100.112"]);
}

/// One address with three caches behind it that were filled at different moments, beside plain resolvers of
/// other operators: one right answer of it proves nothing.
fn three_caches(base: &Path, spread: Spread, others: &[&str]) {
    let world = World::build(base, shop().ttl(14).with(&format!("www A {OLD}")));
    let caches = [
        Resolver::unbound(base, "one", "198.51.100.121", ""),
        Resolver::unbound(base, "two", "198.51.100.122", ""),
        Resolver::unbound(base, "three", "198.51.100.123", ""),
    ];
    let upstreams: Vec<_> = caches.iter().map(|cache| cache.at).collect();
    let shared = Tap::start("shared", "198.51.100.11", &upstreams, Manner { spread, ..Manner::default() });
    let plain: Vec<_> = others.iter().map(|at| Resolver::unbound(base, "plain", at, "")).collect();
    plain.iter().for_each(|resolver| prime(resolver, NAME, |reply| reply.is(OLD)));
    for cache in &caches {
        prime(cache, NAME, |reply| reply.is(OLD));
        crate::lab::pause(Duration::from_millis(3300));
    }
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let truth = Truth::watch(&caches.iter().collect::<Vec<_>>(), NAME, "A", |reply| reply.is(NEW));
    let mut all = vec![shared];
    all.extend(taps(&plain));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&all)).patient().run();
    super::caches::judge(&outcome, &truth.end(), &all, 40 + 12 * others.len());
}

/// Four honest resolvers; one that never answers, a closed port, one that refuses, one that makes an
/// address out of a name that does not exist, one that says 300 s for everything.
fn dead_refusing_lying(base: &Path) {
    const NEGATIVE: u32 = 10;
    let world = World::build(base, shop().negative(NEGATIVE));
    let resolvers = [
        Resolver::unbound(base, "unbound", "198.51.100.111", ""),
        Resolver::kresd(base, "kresd", "198.51.100.112", ""),
        Resolver::pdns(base, "pdns", "198.51.100.113"),
        Resolver::bind(base, "bind", "198.51.100.114", "", ""),
        Resolver::unbound(base, "behind-liar", "198.51.100.131", ""),
        Resolver::unbound(base, "behind-ttl-liar", "198.51.100.132", ""),
    ];
    let mut all = taps(&resolvers[..4]);
    let lying = Manner { rewrite: odd::rewrite_nxdomain, ..Manner::default() };
    all.push(Tap::start("liar", "198.51.100.31", &[resolvers[4].at], lying));
    let generous = Manner { rewrite: odd::rewrite_ttl, ..Manner::default() };
    all.push(Tap::start("ttl-liar", "198.51.100.32", &[resolvers[5].at], generous));
    let mut asked = addresses(&all);
    asked.push(bare(odd::dead("198.51.100.41")));
    asked.push(bare(odd::closed("198.51.100.42")));
    asked.push(bare(odd::refusing("198.51.100.43")));

    let missing = |reply: &Reply| reply.addresses.is_empty() && reply.ttl.is_some();
    resolvers.iter().for_each(|resolver| prime(resolver, NAME, missing));
    world.publish(&world.zone.edited("", &format!("www 30 A {NEW}")));
    let truth = Truth::watch(&resolvers.iter().collect::<Vec<_>>(), NAME, "A", |reply| reply.is(NEW));
    let outcome = Call::new("wait", NAME, &[NEW], &asked).run();
    let turns = truth.end();
    all.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    let (truth, questions) = (last(&turns), outcome.queries());
    let beyond = outcome.beyond(truth);
    println!("# safe {beyond:+.2} s from the last turn, settling apart; {questions} questions in all");
    assert!(outcome.ended.as_micros() >= truth.as_micros() - 60_000, "safe before the last cache turned");
    assert_eq!(outcome.number("/resolvers/voters"), 9);
    assert_eq!(outcome.number("/resolvers/confirmed"), 6);
    assert_eq!(outcome.number("/resolvers/contradicting"), 0);
    // A liar hides when its entry ends (one says 60 s, one 300): once all others are right, who does not count
    // down is asked every five seconds.
    assert!(beyond <= 6.0, "{beyond:.2} s late");
    assert!(questions <= 150, "{questions} questions");
}

/// A fifth of the datagrams is lost before three resolvers, half before a fourth, each way. Nobody may be
/// misreported, and it may not take long.
fn lossy(base: &Path) {
    let _world = World::build(base, shop().with(&format!("www A {NEW}")));
    let cache = Resolver::unbound(base, "unbound", "198.51.100.111", "");
    prime(&cache, NAME, |reply| reply.is(NEW));
    let lose = |loss| Manner { loss, ..Manner::default() };
    let taps = [
        Tap::start("fifth-1", "198.51.100.21", &[cache.at], lose(0.2)),
        Tap::start("fifth-2", "198.51.100.22", &[cache.at], lose(0.2)),
        Tap::start("fifth-3", "198.51.100.23", &[cache.at], lose(0.2)),
        Tap::start("sound", "198.51.100.24", &[cache.at], lose(0.0)),
    ];
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    assert_eq!(outcome.number("/resolvers/confirmed"), 4, "loss was taken for something else");
    let took = seconds(outcome.began, outcome.ended);
    let half = [Tap::start("half", "198.51.100.25", &[cache.at], lose(0.5))];
    let again = Call::new("wait", NAME, &[NEW], &addresses(&half)).run();
    half.iter().for_each(Tap::tell);
    again.must_be("safe", 0);
    let waited = again.beyond(again.began);
    println!("# a fifth lost: checked in {took:.2} s; half lost: safe after {waited:.2} s, settling apart");
    assert!(took <= 2.0, "{took:.2} s with a fifth lost");
    assert!(waited <= 20.0, "{waited:.2} s with half lost");
}

/// The parent has a DS record of a key that the zone does not have: validating resolvers fail, the CA would
/// too, and no waiting helps. A sister zone with the right DS record shows that the lab is sound.
fn bogus(base: &Path) {
    let shop = sign(base, &shop().with(&format!("www A {NEW}")));
    let other = Zone::new("shop.lab.").with("@ NS ns1.shop.lab.");
    let wrong = sign(&base.join("other"), &other);
    let good = Zone::new("good.lab.")
        .with("@ NS ns1.good.lab.")
        .with("ns1 A 192.0.2.51")
        .with(&format!("www A {NEW}"));
    let good = sign(base, &good);
    let mut parent = lab().with("good NS ns1.good").with("ns1.good A 192.0.2.51");
    parent.records.extend([wrong.ds, good.ds]);
    let parent = sign(base, &parent);
    let _world = World::with(base, shop.zone, parent.zone);
    let _sister = Authority::start(base, "good", Kind::Nsd, &["192.0.2.51"], &[good.zone]);
    let mut ds = parent.ds.split_whitespace().skip(4);
    let digest: Vec<_> = ds.by_ref().collect();
    let (tag, digest) = (digest[..3].join(" "), digest[3]);
    let resolvers = [
        Resolver::unbound(
            base,
            "unbound",
            "198.51.100.111",
            &format!(
                "  module-config: \"validator iterator\"\n  ede: yes\n  trust-anchor: \"lab. DS {tag} {digest}\""
            ),
        ),
        Resolver::kresd(
            base,
            "kresd",
            "198.51.100.112",
            &format!("trust_anchors.remove('.')\ntrust_anchors.add('lab. IN DS {tag} {digest}')"),
        ),
        Resolver::bind(
            base,
            "bind",
            "198.51.100.114",
            "dnssec-validation yes;",
            &format!("trust-anchors {{ \"lab.\" static-ds {tag} \"{digest}\"; }};"),
        ),
    ];
    resolvers.iter().for_each(|resolver| prime(resolver, "www.good.lab", |reply| reply.is(NEW)));
    let fails = |reply: &Reply| reply.rcode == ResponseCode::ServFail;
    resolvers.iter().for_each(|resolver| prime(resolver, NAME, fails));
    let taps = taps(&resolvers);
    let sound = Call::new("check", "www.good.lab", &[NEW], &addresses(&taps)).run();
    sound.must_be("safe", 0);
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    taps.iter().for_each(Tap::tell);
    println!(
        "# wrong DS: {} after {:.2} s, {:?}",
        outcome.last["verdict"],
        seconds(outcome.began, outcome.ended),
        outcome.codes()
    );
    outcome.must_be("blocked", 3);
    outcome.must_say("resolver-bogus");
}
