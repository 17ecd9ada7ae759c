//! Several caches behind one address, a forgotten AAAA, somebody on the way, and nothing at all.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Plan;
use crate::model::{Endpoint, QuestionType, Timestamp, Transport};
use crate::sim::{Cache, Contents, Family, Pick, Resolver, World};

use super::stage::{Stage, minutes, name, server_at, web};

/// The address was changed five minutes ago; at six resolvers three caches share an address.
pub(in crate::sim) fn mixed_caches(start: Timestamp) -> (Plan, World) {
    let mut stage = published(start, 6, Some(minutes(5)), &[]);
    let zone = name("example.com");
    for (nth, resolver) in [0, 3, 9, 14, 21, 28].into_iter().enumerate() {
        let of = &mut stage.resolvers[resolver];
        let family = of.caches[0].family;
        of.caches.extend([Cache::new(family), Cache::new(family)]);
        of.pick = if nth % 2 == 0 { Pick::RoundRobin } else { Pick::ByChance };
    }
    for resolver in 0..40 {
        for cache in 0..stage.resolvers[resolver].caches.len() {
            let ago = stage.dice.millis(301_000, 3_600_000);
            if stage.dice.chance(70) {
                stage.asked_one((resolver, cache), start - ago, &zone, QuestionType::A, None);
            }
        }
    }
    stage.finish()
}

/// Nobody thought of the AAAA record when the address changed.
pub(in crate::sim) fn forgotten_aaaa(start: Timestamp) -> (Plan, World) {
    let old = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10));
    let mut stage = published(start, 7, None, &[old]);
    stage.policy.fail_fast = true;
    stage.finish()
}

/// A captive network answers all plain DNS itself, with what its own old cache says. Every third resolver
/// can be reached over TLS as well.
pub(in crate::sim) fn intercepted(start: Timestamp) -> (Plan, World) {
    let mut stage = published(start, 8, None, &[]);
    stage.policy.timeout = minutes(30);
    for (vantage, resolver) in stage.vantages.iter_mut().zip(&mut stage.resolvers).step_by(3) {
        let mut addr = vantage.endpoints[0].addr;
        addr.set_port(853);
        resolver.addrs.push(addr);
        let server_name = Some(Arc::from(format!("dns.{}.example", vantage.operator)));
        vantage.endpoints.push(Endpoint { transport: Transport::Tls, addr, server_name, path: None });
    }
    let (plan, mut world) = stage.finish();
    let cache = Cache::new(Family::Early);
    world.intercept(Resolver::new(server_at(250), Duration::from_millis(3), vec![cache]));
    (plan, world)
}

/// Published yesterday, and everybody has it.
pub(in crate::sim) fn everything_right(start: Timestamp) -> (Plan, World) {
    let mut stage = published(start, 9, None, &[]);
    for resolver in 0..40 {
        let ago = stage.dice.millis(1000, 3_000_000);
        stage.asked(resolver, ago, &name("example.com"), QuestionType::A);
    }
    stage.finish()
}

/// Three servers that all have the new address, since so long ago or since ever.
fn published(start: Timestamp, seed: u64, ago: Option<Duration>, more: &[IpAddr]) -> Stage {
    let mut stage = Stage::new(start, seed, 40);
    let zone = name("example.com");
    let hosts = ["ns1.hosting.example", "ns2.hosting.example", "ns3.hosting.example"].map(name);
    let with = |serial, address: u8| {
        let all: Vec<IpAddr> = [web(address)].into_iter().chain(more.iter().copied()).collect();
        Contents::new(&zone, serial, &hosts, 86_400).addresses(&zone, &all, 3600)
    };
    let first = Arc::new(with(1, if ago.is_some() { 10 } else { 80 }));
    stage.delegate(&zone, &hosts, 172_800);
    for (host, last) in hosts.iter().zip([11, 12, 13]) {
        stage.serve(host, last, &first);
    }
    if let Some(ago) = ago {
        let on: Vec<_> = hosts.iter().map(|host| (host, Duration::ZERO)).collect();
        stage.edit(start - ago, &on, with(2, 80));
    }
    stage.expect(&zone, &[web(80)]);
    stage
}
