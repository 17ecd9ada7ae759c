//! Name servers that follow late, or never.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Plan;
use crate::model::{QuestionType, Timestamp};
use crate::sim::{Contents, World};

use super::stage::{Stage, minutes, name, web};

/// NOTIFY was lost: the third server has the new address only when it looks for itself.
pub(in crate::sim) fn behind(start: Timestamp) -> (Plan, World) {
    story(start, 4, Some(minutes(25))).finish()
}

/// The third server was forgotten and keeps its old copy for ever.
pub(in crate::sim) fn stuck(start: Timestamp) -> (Plan, World) {
    let mut stage = story(start, 5, None);
    stage.policy.fail_fast = true;
    stage.finish()
}

fn story(start: Timestamp, seed: u64, third: Option<Duration>) -> Stage {
    let mut stage = Stage::new(start, seed, 40);
    let (zone, shop) = (name("example.com"), name("shop.example.com"));
    let hosts = ["ns1.hosting.example", "ns2.hosting.example", "ns3.elsewhere.example"].map(name);
    let mut before = Contents::new(&zone, 100, &hosts, 86_400).addresses(&shop, &[web(10)], 900);
    before.soa.refresh = 1800;
    before.soa.retry = 600;
    let after = before.clone().serial(101).addresses(&shop, &[web(80)], 900);
    let before = Arc::new(before);
    stage.delegate(&zone, &hosts, 172_800);
    for (host, last) in hosts.iter().zip([11, 12, 31]) {
        stage.serve(host, last, &before);
    }
    let mut on = vec![(&hosts[0], Duration::ZERO), (&hosts[1], Duration::from_secs(2))];
    on.extend(third.map(|lag| (&hosts[2], lag)));
    stage.edit(start - minutes(1), &on, after);
    for resolver in (0..40).step_by(2) {
        let ago = stage.dice.millis(1000, 1_000_000);
        stage.asked(resolver, ago, &shop, QuestionType::A);
        // People go on asking, and some are sent to the server that is behind.
        let (at, every) = (start + stage.dice.millis(0, 600_000), Some(minutes(4)));
        stage.asked_one((resolver, 0), at, &shop, QuestionType::A, every);
    }
    stage.expect(&shop, &[web(80)]);
    stage
}
