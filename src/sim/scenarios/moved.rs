//! Another address, and another provider.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Plan;
use crate::model::{QuestionType, Timestamp};
use crate::sim::{Contents, Family, Stale, Temper, World};

use super::stage::{Stage, minutes, name, web};

/// The address was changed twenty minutes ago under a TTL of four hours. Resolvers were asked by others at
/// many moments before that.
pub(in crate::sim) fn host(start: Timestamp) -> (Plan, World) {
    let mut stage = Stage::new(start, 2, 40);
    let zone = name("example.com");
    let hosts = ["ns1.hosting.example", "ns2.hosting.example"].map(name);
    let before = Contents::new(&zone, 41, &hosts, 86_400).addresses(&zone, &[web(10)], 14_400);
    let after = before.clone().serial(42).addresses(&zone, &[web(80)], 14_400);
    let before = Arc::new(before);
    stage.delegate(&zone, &hosts, 172_800);
    for (host, last) in hosts.iter().zip([11, 12]) {
        stage.serve(host, last, &before);
    }
    let on: Vec<_> = hosts.iter().map(|host| (host, Duration::ZERO)).collect();
    stage.edit(start - minutes(20), &on, after);
    for resolver in 0..40 {
        // Every fifth was not asked for so long that it has forgotten, or was never asked.
        let ago = stage.dice.millis(1_260_000, 15_600_000);
        if resolver % 5 != 4 {
            stage.asked(resolver, ago, &zone, QuestionType::A);
        }
    }
    for dead in [7, 18, 26] {
        stage.resolvers[dead].temper = Temper::Dead;
    }
    stage.resolvers[12].temper = Temper::TtlLiar(300);
    stage.resolvers[20].caches[0].stale = Stale::First;
    stage.resolvers[33].temper = Temper::Lossy(40);
    stage.expect(&zone, &[web(80)]);
    stage.finish()
}

/// Ten minutes after the watch begins the domain moves to another provider's servers. Resolvers keep the
/// old delegation for up to two days, and one keeps it for as long as the old servers answer.
pub(in crate::sim) fn domain(start: Timestamp) -> (Plan, World) {
    let mut stage = Stage::new(start, 3, 40);
    let zone = name("example.com");
    let old_hosts = ["ns1.old-host.example", "ns2.old-host.example"].map(name);
    let new_hosts = ["ns1.new-host.example", "ns2.new-host.example"].map(name);
    let old = Contents::new(&zone, 7, &old_hosts, 172_800).addresses(&zone, &[web(10)], 14_400);
    let new = Contents::new(&zone, 2026_0301, &new_hosts, 86_400).addresses(&zone, &[web(80)], 14_400);
    let (old, new) = (Arc::new(old), Arc::new(new));
    stage.delegate(&zone, &old_hosts, 172_800);
    stage.net.delegations[0].moves(start + minutes(10), &new_hosts);
    stage.net.delegations[0].parents[1].lag = Duration::from_secs(45);
    for (host, last) in old_hosts.iter().zip([11, 12]) {
        stage.serve(host, last, &old);
    }
    for (host, last) in new_hosts.iter().zip([21, 22]) {
        stage.serve(host, last, &new);
    }
    for resolver in 0..40 {
        for cache in &mut stage.resolvers[resolver].caches {
            cache.cap = if resolver % 4 == 1 { 604_800 } else { 86_400 };
        }
        // The delegation was learned long ago, the address lately.
        let learned = stage.dice.millis(4 * 3_600_000, 20 * 3_600_000);
        let lately = stage.dice.millis(60_000, 10_000_000);
        if resolver % 3 != 2 {
            stage.asked(resolver, learned, &zone, QuestionType::A);
            stage.asked(resolver, lately, &zone, QuestionType::A);
        }
    }
    let clinging = &mut stage.resolvers[16].caches[0];
    (clinging.family, clinging.clings) = (Family::Late, true);
    stage.expect(&zone, &[web(80)]);
    stage.finish()
}
