//! Worlds of 48 hours drawn from a seed: everything that the facts know of, in sane proportions.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Plan;
use crate::model::{Name, QuestionType, Rcode, Timestamp};

use super::lapses::{LAPSES_FROM, lapse};
use super::scenarios::stage::{Stage, minutes, name, web};
use super::{Conduct, Contents, Family, Pick, Server, Stale, Temper, Trials, World};

/// When all random watches begin: a second's boundary in the year 2026.
const START: Timestamp = Timestamp::from_secs(1_772_460_000);

/// What happens to the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    /// Nothing: it is right already.
    Right,
    /// The record is added.
    Added,
    /// The address is changed.
    Changed,
    /// The alias is changed.
    Realiased,
    /// The domain moves to another provider.
    Moved,
}

/// The numbers of one world.
struct Draft {
    plot: Plot,
    zone: Name,
    owner: Name,
    ttl: u32,
    negative: u32,
    ns_ttl: u32,
    /// When the first server has the new contents.
    change: Timestamp,
    /// The resolvers do not all belong to the crowd that the quorum forgives.
    odd: usize,
}

/// Draws a world, the watch that belongs to it, and what its watcher goes through. The same seed gives the same,
/// in the tests and in `propwatch demo --seed`.
pub fn random_watch(seed: u64) -> (Plan, World, Trials) {
    let (plan, world) = random_world(seed);
    let trials = Trials::random(seed, world.start());
    (plan, world, trials)
}

/// Draws a world and the watch that belongs to it, for a watcher with a quiet life. The same seed gives the same.
pub fn random_world(seed: u64) -> (Plan, World) {
    let count = 24 + u8::try_from(seed % 17).unwrap_or(0);
    let mut stage = Stage::new(START, seed, count);
    let draft = draft(&mut stage);
    let (hosts, versions) = publish(&mut stage, &draft);
    trouble(&mut stage, &draft, &hosts);
    furnish(&mut stage);
    odd_ones(&mut stage, draft.odd);
    ask_around(&mut stage, &draft);
    if seed >= LAPSES_FROM && draft.plot != Plot::Right {
        lapse(&mut stage, seed, &draft.zone, &hosts, versions);
    }
    stage.finish()
}

fn draft(stage: &mut Stage) -> Draft {
    let dice = &mut stage.dice;
    let plots =
        [Plot::Right, Plot::Added, Plot::Added, Plot::Changed, Plot::Changed, Plot::Realiased, Plot::Moved];
    let plot = dice.pick(&plots).copied().unwrap_or(Plot::Right);
    let zone = name("example.com");
    let owner =
        if plot == Plot::Realiased || dice.chance(60) { name("www.example.com") } else { zone.clone() };
    let ttl = dice.pick(&[30, 60, 300, 300, 900, 3600, 14_400, 86_400]).copied().unwrap_or(300);
    let negative = dice.pick(&[60, 300, 900, 3600, 10_800]).copied().unwrap_or(300);
    let ns_ttl = dice.pick(&[3600, 21_600, 86_400, 86_400]).copied().unwrap_or(86_400);
    // Half of all changes happened before somebody thought of watching.
    let change = if dice.chance(50) {
        stage.start - dice.millis(5000, 7_200_000)
    } else {
        stage.start + dice.millis(1000, 3 * 3_600_000)
    };
    let odd = usize::try_from(dice.below(4)).unwrap_or(0);
    Draft { plot, zone, owner, ttl, negative, ns_ttl, change, odd }
}

/// Puts the zone on its servers, before and after. Returns the hosts that serve it in the end, and both versions.
fn publish(stage: &mut Stage, draft: &Draft) -> (Vec<Name>, (Contents, Contents)) {
    let count = usize::try_from(stage.dice.between(2, 4)).unwrap_or(2);
    let hosts: Vec<Name> = (1..=count).map(|n| name(&format!("ns{n}.new-host.example"))).collect();
    let old_hosts: Vec<Name> = (1..=2).map(|n| name(&format!("ns{n}.old-host.example"))).collect();
    let empty = Contents::new(&draft.zone, 10, &hosts, draft.ns_ttl).negative(draft.negative);
    let (before, after) = versions(stage, draft, &empty);
    let both = (before.clone(), after.clone());
    let moved = draft.plot == Plot::Moved;
    stage.delegate(&draft.zone, if moved { &old_hosts } else { &hosts }, 86_400);
    if moved {
        let mut before = before.clone();
        before.ns.clone_from(&old_hosts);
        let before = Arc::new(before);
        for (host, last) in old_hosts.iter().zip(41..) {
            stage.serve(host, last, &before);
        }
        let after = Arc::new(after);
        for (host, last) in hosts.iter().zip(11..) {
            stage.serve(host, last, &after);
        }
        let lag = stage.dice.millis(0, 120_000);
        stage.net.delegations[0].moves(draft.change, &hosts);
        stage.net.delegations[0].parents[1].lag = lag;
        return (hosts, both);
    }
    let first = Arc::new(before);
    for (host, last) in hosts.iter().zip(11..) {
        stage.serve(host, last, &first);
    }
    if draft.plot != Plot::Right {
        // NOTIFY works for most; some wait for their refresh timer.
        let slow = stage.dice.chance(25);
        let on: Vec<(&Name, Duration)> = hosts
            .iter()
            .enumerate()
            .map(|(n, host)| match (n, slow) {
                (0, _) => (host, Duration::ZERO),
                (1, true) => (host, stage.dice.millis(60_000, 3_000_000)),
                _ => (host, stage.dice.millis(50, 9000)),
            })
            .collect();
        stage.edit(draft.change, &on, after);
    }
    (hosts, both)
}

/// The zone before and after, and what is expected of it.
fn versions(stage: &mut Stage, draft: &Draft, empty: &Contents) -> (Contents, Contents) {
    let other = name("host.example.com");
    let (old, new) = (empty.clone(), empty.clone().serial(11));
    let (owner, ttl) = (&draft.owner, draft.ttl);
    match draft.plot {
        Plot::Right => {
            stage.expect(owner, &[web(80)]);
            let right = empty.clone().addresses(owner, &[web(80)], ttl);
            (right.clone(), right)
        }
        Plot::Added => {
            stage.expect(owner, &[web(80)]);
            (old, new.addresses(owner, &[web(80)], ttl))
        }
        Plot::Changed | Plot::Moved => {
            // Sometimes the name is an alias for the one whose address changes.
            let aliased = *owner != draft.zone && stage.dice.chance(30);
            let at = if aliased { &other } else { owner };
            let with = |of: Contents| if aliased { of.alias(owner, &other, ttl) } else { of };
            stage.expect(owner, &[web(80)]);
            let (old, new) = (with(old), with(new));
            (old.addresses(at, &[web(10)], ttl), new.addresses(at, &[web(80)], ttl))
        }
        Plot::Realiased => {
            stage.expect_alias(owner, &other);
            let past = name("past.example.com");
            let both = |of: Contents| of.addresses(&other, &[web(80)], 60).addresses(&past, &[web(10)], 60);
            (both(old).alias(owner, &past, ttl), both(new).alias(owner, &other, ttl))
        }
    }
}

/// A server that is down for a while, or lame for a while, when there are enough of them.
fn trouble(stage: &mut Stage, draft: &Draft, hosts: &[Name]) {
    let (from, lasts) = (stage.dice.millis(0, 4 * 3_600_000), stage.dice.millis(30_000, 3_600_000));
    let begins = stage.start + from;
    let kind = stage.dice.below(10);
    let Some(host) = hosts.get(2).filter(|_| kind < 3) else { return };
    let conduct = [Conduct::Dead, Conduct::Lame, Conduct::Fails(Rcode::REFUSED)];
    let conduct = conduct[usize::try_from(kind).unwrap_or(0)].clone();
    let of_zone = |s: &&mut Server| s.host == *host && s.zone == draft.zone;
    for server in stage.net.servers.iter_mut().filter(of_zone) {
        // What it will serve when it is back: all that it missed.
        let then = server.at(Timestamp::MAX).clone();
        let before_change = begins + lasts < draft.change + minutes(60);
        let back = if before_change { draft.change + minutes(60) } else { begins + lasts };
        server.from(begins, conduct.clone());
        server.silence_between(begins, back);
        server.from(back, then);
    }
}

/// Settings of the caches, as their operators like them.
fn furnish(stage: &mut Stage) {
    let Stage { dice, resolvers, .. } = stage;
    for resolver in resolvers {
        if dice.chance(12) {
            let more = dice.between(1, 3);
            let like = resolver.caches[0].clone();
            resolver.caches.extend((0..more).map(|_| like.clone()));
            resolver.pick = if dice.chance(50) { Pick::RoundRobin } else { Pick::ByChance };
        }
        let (cap, floor) = (dice.below(10), dice.below(12));
        let (stale, prefetch, failure) =
            (dice.below(12), dice.chance(25), dice.pick(&[1, 1, 5, 5, 60, 120]).copied());
        for cache in &mut resolver.caches {
            cache.cap = [300, 3600, 21_600].get(usize::try_from(cap).unwrap_or(9)).copied().unwrap_or(86_400);
            cache.floor = [30, 60, 5].get(usize::try_from(floor).unwrap_or(9)).copied().unwrap_or(0);
            cache.negative_cap = if cache.family == Family::Early { 10_800 } else { 3600 };
            cache.stale = match stale {
                0 => Stale::First,
                1 => Stale::OnFailure,
                _ => Stale::Never,
            };
            cache.prefetch = prefetch && cache.stale != Stale::First;
            cache.failure_secs = failure.unwrap_or(5);
        }
    }
}

/// So many resolvers that are odd for ever, and a few more that do not count at all.
fn odd_ones(stage: &mut Stage, lost: usize) {
    let Stage { dice, resolvers, .. } = stage;
    let mut order: Vec<usize> = (0..resolvers.len()).collect();
    dice.shuffle(&mut order);
    let mut next = order.into_iter();
    for at in next.by_ref().take(lost) {
        resolvers[at].temper = if dice.chance(70) { Temper::Dead } else { Temper::Refusing };
    }
    for at in next.by_ref().take(4) {
        let kind = dice.below(10);
        let temper = match kind {
            0 => Temper::Liar(web(66)),
            1 => Temper::TtlLiar(300),
            2 | 3 => Temper::Lossy(30),
            4 => Temper::Filtering,
            _ => Temper::Honest,
        };
        resolvers[at].temper = temper;
    }
    // At most one contradicts for ever: 95 per cent of 24 leave room for one.
    let Some(at) = next.next().filter(|_| dice.chance(40)) else { return };
    match dice.below(4) {
        0 => resolvers[at].temper = Temper::Bogus,
        1 => resolvers[at].temper = Temper::Failing,
        2 => resolvers[at].caches.iter_mut().for_each(|cache| cache.clings = true),
        _ => resolvers[at].caches.iter_mut().for_each(|cache| cache.frozen = true),
    }
}

/// Other people's questions: before the start, and some for as long as the watch lasts.
fn ask_around(stage: &mut Stage, draft: &Draft) {
    let busy = stage.dice.between(20, 90);
    let longest = u64::from(draft.ttl.max(draft.negative)) * 1100;
    for resolver in 0..stage.resolvers.len() {
        for cache in 0..stage.resolvers[resolver].caches.len() {
            let place = (resolver, cache);
            if draft.plot == Plot::Moved && stage.dice.chance(70) {
                // The delegation was learned earlier than the address.
                let at = stage.start - stage.dice.millis(0, u64::from(draft.ns_ttl) * 1000);
                stage.asked_one(place, at, &draft.zone, QuestionType::A, None);
            }
            if stage.dice.chance(busy) {
                let at = stage.start - stage.dice.millis(0, longest);
                stage.asked_one(place, at, &draft.owner, QuestionType::A, None);
            }
            if stage.dice.chance(15) {
                let at = stage.start + stage.dice.millis(0, 3_600_000);
                let every = Some(stage.dice.millis(60_000, 1_800_000));
                stage.asked_one(place, at, &draft.owner, QuestionType::A, every);
            }
        }
    }
}
