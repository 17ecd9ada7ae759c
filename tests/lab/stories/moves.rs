//! The zone moves to another provider.

use std::path::Path;
use std::time::Duration;

use crate::lab::authority::{Authority, Kind};
use crate::lab::recursive::Resolver;
use crate::lab::run::Call;
use crate::lab::runner::Story;
use crate::lab::tap::Tap;
use crate::lab::truth::{Truth, last};
use crate::lab::world::{NAME, NEW, OLD, World, addresses, lab, prime, shop, taps};
use crate::lab::zone::Zone;
use crate::lab::{pause_until, seconds};

pub(super) const STORIES: &[Story] = &[
    Story { name: "delegation_moved", needs: super::SIX, play: delegation_moved },
    Story { name: "delegation_moved_early", needs: super::WORLD, play: delegation_moved_early },
];

/// How long a delegation is kept.
const NS_TTL: u32 = 16;

/// `shop.lab.` as it is at the old provider: short TTLs, server names outside of the zone. Knot serves it
/// alone, since it does not add the NS set to answers: with one that does, knot-resolver may never leave.
fn old_zone() -> Zone {
    Zone::new("shop.lab.")
        .ttl(4)
        .with(&format!("@ {NS_TTL} NS ns1.oldhost.lab."))
        .with(&format!("www A {OLD}"))
}

fn new_zone() -> Zone {
    Zone::new("shop.lab.")
        .ttl(4)
        .with(&format!("@ {NS_TTL} NS ns1.newhost.lab."))
        .with(&format!("@ {NS_TTL} NS ns2.newhost.lab."))
        .with(&format!("www A {NEW}"))
}

/// `lab.` with the hosts of both providers; the delegation points to the old one.
fn parent() -> Zone {
    let mut zone = lab().edited("shop", &format!("shop {NS_TTL} NS ns1.oldhost"));
    for (host, address) in
        [("ns1.oldhost", "192.0.2.31"), ("ns1.newhost", "192.0.2.41"), ("ns2.newhost", "192.0.2.42")]
    {
        zone.records.push(format!("{host} A {address}"));
    }
    zone
}

struct Move {
    world: World,
    _providers: Vec<Authority>,
}

fn providers(base: &Path) -> Move {
    // The three usual servers run too, and nobody is sent to them.
    let world = World::with(base, shop(), parent());
    let one = |name, kind, at, zone| Authority::start(base, name, kind, &[at], &[zone]);
    let providers = vec![
        one("old1", Kind::Knot, "192.0.2.31", old_zone()),
        one("new1", Kind::Nsd, "192.0.2.41", new_zone()),
        one("new2", Kind::Bind, "192.0.2.42", new_zone()),
    ];
    Move { world, _providers: providers }
}

fn moved() -> Zone {
    let mut zone = parent().edited("shop", &format!("shop {NS_TTL} NS ns1.newhost"));
    zone.records.push(format!("shop {NS_TTL} NS ns2.newhost"));
    zone
}

/// The watch begins when the parent already names the new servers; four caches hold delegation and address
/// of the old ones, which go on answering.
fn delegation_moved(base: &Path) {
    let Move { world, _providers } = providers(base);
    let resolvers = [
        Resolver::unbound(base, "unbound", "198.51.100.111", ""),
        Resolver::kresd(base, "kresd", "198.51.100.112", ""),
        Resolver::pdns(base, "pdns", "198.51.100.113"),
        Resolver::bind(base, "bind", "198.51.100.114", "", ""),
    ];
    let taps = taps(&resolvers);
    resolvers.iter().for_each(|resolver| prime(resolver, NAME, |reply| reply.is(OLD)));
    let changed = world.tld.publish(&moved());
    let truth = Truth::watch(&resolvers.iter().collect::<Vec<_>>(), NAME, "A", |reply| reply.is(NEW));
    let outcome = Call::new("wait", NAME, &[NEW], &addresses(&taps)).run();
    let turns = truth.end();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    let (truth, asked) = (last(&turns), taps.iter().map(Tap::count).sum::<usize>());
    let beyond = outcome.beyond(truth);
    println!(
        "# moved; last cache after {:.1} s; safe {beyond:+.2} s from it, settling apart; {asked} questions to 4 resolvers",
        seconds(changed, truth)
    );
    assert!(outcome.ended.as_micros() >= truth.as_micros() - 60_000, "safe before the last cache turned");
    // Between two ends of the short A TTL the caches may leave the old servers at any second.
    assert!(beyond <= 5.5, "{beyond:.2} s late");
}

/// The watch begins before the move: the old servers are asked first, then the new ones join.
fn delegation_moved_early(base: &Path) {
    let Move { world, _providers } = providers(base);
    let resolvers = [
        Resolver::unbound(base, "unbound", "198.51.100.111", ""),
        Resolver::bind(base, "bind", "198.51.100.114", "", ""),
    ];
    let taps = taps(&resolvers);
    let mut running = Call::new("wait", NAME, &[NEW], &addresses(&taps)).start();
    pause_until(running.began + Duration::from_secs(4));
    assert!(running.runs(), "ended while the old provider was in charge");
    assert_eq!(taps.iter().map(Tap::count).sum::<usize>(), 0, "asked before the authorities were right");
    let changed = world.tld.publish(&moved());
    let outcome = running.end();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    let joined = outcome.lines.iter().filter(|(_, line)| line.contains("newhost")).count();
    let late = outcome.beyond(changed);
    println!(
        "# moved at 4 s; safe {late:+.2} s from the move, settling apart; {joined} lines name the new servers"
    );
    assert!(taps.iter().flat_map(Tap::seen).all(|seen| seen.at > changed));
    assert!(outcome.number("/authority/right") == 2, "both new servers, and only those, count");
    assert!(joined > 0, "the user was not told of the new servers");
    // The old answer lives 4 s; the CA may hold it for so long and 5 s more; the walk is repeated now and then.
    assert!(late >= 8.5, "the CA may still have had the old address");
    // The delegation is looked at every 15 s in the first minutes, so 11 s after the move. What the CA's resolvers
    // had of it then they may keep for its TTL, the address for its own beyond that, and 5 s are added.
    assert!(late <= 11.0 + f64::from(NS_TTL) + 4.0 + 5.0 + 1.0, "{late:.1} s late");
}
