//! A record was changed, the authorities are right, and caches still hold what was before.

use std::path::Path;
use std::time::Duration;

use crate::lab::ask::Reply;
use crate::lab::recursive::Resolver;
use crate::lab::run::{Call, Outcome, SETTLE};
use crate::lab::runner::Story;
use crate::lab::tap::Tap;
use crate::lab::truth::{Truth, Turn, last};
use crate::lab::world::{NAME, NEW, OLD, Six, World, addresses, prime, shop, taps};
use crate::lab::{now, pause_until, seconds};

pub(super) const STORIES: &[Story] = &[
    Story { name: "address_changed", needs: super::SIX, play: address_changed },
    Story { name: "added_after_nxdomain", needs: super::SIX, play: added_after_nxdomain },
    Story { name: "alias_moved", needs: super::SIX, play: alias_moved },
    Story { name: "floor_and_cap", needs: super::WORLD, play: floor_and_cap },
    Story { name: "serve_stale", needs: super::WORLD, play: serve_stale },
    Story { name: "published_while_waiting", needs: super::WORLD, play: published_while_waiting },
];

/// The address of a name is changed while six caches hold the old one, each since another moment.
fn address_changed(base: &Path) {
    let world = World::build(base, shop().ttl(24).with(&format!("www A {OLD}")));
    let six = Six::start(base);
    six.prime(NAME, Duration::from_millis(2300), |reply| reply.is(OLD));
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let truth = Truth::watch(&six.all(), NAME, "A", |reply| reply.is(NEW));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&six.taps)).patient().run();
    judge(&outcome, &truth.end(), &six.taps, 24);
}

/// A name did not exist when six resolvers were asked for it; then it is added.
fn added_after_nxdomain(base: &Path) {
    let world = World::build(base, shop().negative(16));
    let six = Six::start(base);
    let missing = |reply: &Reply| reply.addresses.is_empty() && reply.ttl.is_some();
    six.prime(NAME, Duration::from_millis(1700), missing);
    world.publish(&world.zone.edited("", &format!("www A {NEW}")));
    let truth = Truth::watch(&six.all(), NAME, "A", |reply| reply.is(NEW));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&six.taps)).patient().run();
    judge(&outcome, &truth.end(), &six.taps, 30);
}

/// A CNAME is moved. The address behind it has a short TTL: the wrong one to wait for.
fn alias_moved(base: &Path) {
    let zone = shop()
        .ttl(5)
        .with("www 22 CNAME oldhost")
        .with(&format!("oldhost A {OLD}"))
        .with(&format!("newhost A {NEW}"));
    let world = World::build(base, zone);
    let six = Six::start(base);
    six.prime(NAME, Duration::from_millis(1500), |reply| reply.is(OLD));
    world.publish(&world.zone.edited("www", "www 22 CNAME newhost"));
    let truth = Truth::watch(&six.all(), NAME, "A", |reply| reply.is(NEW));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&six.taps)).patient().run();
    judge(&outcome, &truth.end(), &six.taps, 36);
}

/// One cache keeps everything for 20 s at least, another for 5 s at most; the record says 10 s.
fn floor_and_cap(base: &Path) {
    let world = World::build(base, shop().ttl(10).with(&format!("www A {OLD}")));
    let resolvers = [
        Resolver::unbound(base, "floor", "198.51.100.111", "  cache-min-ttl: 20"),
        Resolver::unbound(base, "cap", "198.51.100.112", "  cache-max-ttl: 5"),
        Resolver::unbound(base, "plain", "198.51.100.113", ""),
        Resolver::bind(base, "bind-cap", "198.51.100.114", "max-cache-ttl 7;", ""),
    ];
    let taps = taps(&resolvers);
    resolvers.iter().for_each(|resolver| prime(resolver, NAME, |reply| reply.is(OLD)));
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let truth = Truth::watch(&resolvers.iter().collect::<Vec<_>>(), NAME, "A", |reply| reply.is(NEW));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&taps)).patient().run();
    judge(&outcome, &truth.end(), &taps, 24);
}

/// Caches that answer with what has ended, once, and fetch the new meanwhile. A bystander would take that
/// stale answer away, so the truth is worked out: an entry ends TTL whole seconds after the tick before it
/// was filled, one more with unbound.
fn serve_stale(base: &Path) {
    const TTL: u32 = 10;
    let world = World::build(base, shop().ttl(TTL).with(&format!("www A {OLD}")));
    let stale = "  serve-expired: yes\n  ede: yes\n  ede-serve-expired: yes";
    let options = "stale-answer-enable yes; stale-cache-enable yes; stale-answer-client-timeout 0;";
    let resolvers = [
        Resolver::unbound(base, "unbound", "198.51.100.111", stale),
        Resolver::unbound(base, "mute", "198.51.100.112", "  serve-expired: yes"),
        Resolver::bind(base, "bind", "198.51.100.114", options, ""),
    ];
    let taps = taps(&resolvers);
    resolvers.iter().for_each(|resolver| prime(resolver, NAME, |reply| reply.is(OLD)));
    let end = now().floor_second().plus_secs(TTL + 1);
    world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&taps)).patient().run();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    let (beyond, asked) = (outcome.beyond(end), taps.iter().map(Tap::count).sum::<usize>());
    println!("# safe {beyond:+.2} s from the last end, settling apart; {asked} questions to 3 resolvers");
    assert!(beyond > -1.1, "safe before the entries ended");
    assert!(beyond <= 1.0, "{beyond:.2} s late");
    assert!(asked <= 18, "{asked} questions");
}

/// The watch begins before the record is published. A resolver asked too early would keep "does not exist"
/// for 40 s; none is.
fn published_while_waiting(base: &Path) {
    let world = World::build(base, shop().negative(40));
    let unbound = [Resolver::unbound(base, "unbound", "198.51.100.111", "")];
    let taps = taps(&unbound);
    let running = Call::new("wait", NAME, &[NEW], &addresses(&taps)).patient().start();
    let began = running.began;
    pause_until(began + Duration::from_secs(5));
    assert_eq!(taps[0].count(), 0, "a resolver was asked before the authorities were right");
    let edited = world.publish(&world.zone.edited("", &format!("www A {NEW}")));
    let outcome = running.end();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    assert!(taps[0].seen().iter().all(|seen| seen.at > edited));
    let (seen, late) = (seconds(began + SETTLE, outcome.ended), outcome.beyond(edited));
    println!("# published at {:.2} s, seen at {seen:.2} s ({late:+.2} s)", seconds(began, edited));
    assert!(seen <= 7.0, "seen after {seen:.2} s");
}

/// Safe within half a second of the last cache's turn, not before it, and with few questions.
pub(super) fn judge(outcome: &Outcome, turns: &[Turn], taps: &[Tap], limit: usize) {
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    assert!(turns.iter().any(|turn| turn.was_wrong), "no cache held the old answer: {turns:?}");
    let truth = last(turns);
    let (beyond, asked) = (outcome.beyond(truth), taps.iter().map(Tap::count).sum::<usize>());
    println!(
        "# safe {beyond:+.2} s from the last turn, settling apart, {:.1} s after the start; {asked} questions \
         to {} resolvers, {} in all",
        seconds(outcome.began, outcome.ended),
        taps.len(),
        outcome.queries()
    );
    // The bystander reads every 50 ms, so the truth is known no better than that.
    assert!(outcome.ended.as_micros() >= truth.as_micros() - 60_000, "safe before the last cache turned");
    assert!(beyond >= -0.1, "settled for too short a time: {beyond:.2}");
    assert!(beyond <= 0.5, "{beyond:.2} s late");
    assert!(asked <= limit, "{asked} questions to resolvers, at most {limit} wanted");
}
