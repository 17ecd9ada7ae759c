//! Three records typed into a Zone Editor, and one of them asked for too early.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Plan;
use crate::model::{QuestionType, Timestamp};
use crate::sim::{Contents, Temper, World};

use super::stage::{Stage, minutes, name, web};

/// The apex, mail and www are saved six minutes after the watch begins; the secondaries follow within
/// seconds. Somebody looked for mail before, so a third of the resolvers keep its NXDOMAIN for an hour.
pub(in crate::sim) fn build(start: Timestamp) -> (Plan, World) {
    let mut stage = Stage::new(start, 1, 40);
    let (zone, mail, www) = (name("example.com"), name("mail.example.com"), name("www.example.com"));
    let hosts = ["ns1.hosting.example", "ns2.hosting.example", "ns3.hosting.example"].map(name);
    let empty = Contents::new(&zone, 2026_0101, &hosts, 86_400);
    let full = empty
        .clone()
        .serial(2026_0102)
        .addresses(&zone, &[web(80)], 14_400)
        .addresses(&mail, &[web(80)], 14_400)
        .alias(&www, &zone, 14_400);
    let empty = Arc::new(empty);
    stage.delegate(&zone, &hosts, 172_800);
    for (host, last) in hosts.iter().zip([11, 12, 13]) {
        stage.serve(host, last, &empty);
    }
    let lags = [Duration::ZERO, Duration::from_secs(8), Duration::from_secs(21)];
    let on: Vec<_> = hosts.iter().zip(lags).collect();
    stage.edit(start + minutes(6), &on, full);
    for resolver in (0..40).step_by(3) {
        let ago = stage.dice.millis(60_000, 3_000_000);
        stage.asked(resolver, ago, &mail, QuestionType::A);
    }
    stage.resolvers[22].temper = Temper::Dead;
    stage.resolvers[31].temper = Temper::Refusing;
    stage.expect(&zone, &[web(80)]);
    stage.expect(&mail, &[web(80)]);
    stage.expect_alias(&www, &zone);
    stage.finish()
}
