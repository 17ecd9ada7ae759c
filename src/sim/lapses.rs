//! Name servers that fall back: they had the new zone, and have the old one again for a while, restored from a backup,
//! or because a panel has written it over.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Milestone, Name, Timestamp};

use super::scenarios::stage::Stage;
use super::{Conduct, Contents, Dice, Server};

/// Worlds from this seed on hold servers that fall back; those below are drawn without them, so that they stay what they
/// have always been.
pub const LAPSES_FROM: u64 = 1_000_000;

/// Lets one server of a zone, or all of them, fall back to what was there before, up to three times. Half of the
/// watches go on after the go-ahead, until everyone sees the new zone.
pub(super) fn lapse(
    stage: &mut Stage,
    seed: u64,
    zone: &Name,
    hosts: &[Name],
    (old, new): (Contents, Contents),
) {
    let mut dice = Dice::new(seed.wrapping_mul(0xa076_1d64_78bd_642f).wrapping_add(3));
    if dice.chance(50) {
        stage.policy.until = Milestone::Everyone;
    }
    let mut serial = new.soa.serial;
    for _ in 0..dice.between(1, 3) {
        let overwritten = dice.chance(40);
        let (from, to) = if overwritten { (serial + 1, serial + 2) } else { (old.soa.serial, serial) };
        serial = to;
        let mut on: Vec<Name> = hosts.to_vec();
        if !overwritten {
            dice.shuffle(&mut on);
            on.truncate(1);
        }
        let of_zone = |s: &&mut Server| s.zone == *zone && on.contains(&s.host);
        let here: Vec<&mut Server> = stage.net.servers.iter_mut().filter(of_zone).collect();
        let last = here.iter().flat_map(|server| server.instants()).max().unwrap_or(stage.start);
        let begins = last.max(stage.start) + after(&mut dice);
        let ends = begins + lasts(&mut dice);
        let with = |of: &Contents, serial| Conduct::Serves(Arc::new(of.clone().serial(serial)));
        for server in here {
            server.from(begins + dice.millis(0, 900), with(&old, from));
            server.from(ends + dice.millis(0, 900), with(&new, to));
        }
    }
}

/// How long after it was all right: within the time that it settles, or later.
fn after(dice: &mut Dice) -> Duration {
    let most = dice.pick(&[20_000, 300_000, 3_600_000, 21_600_000]).copied().unwrap_or(20_000);
    dice.millis(50, most)
}

/// For how long: shorter than anybody looks, or until somebody sees it.
fn lasts(dice: &mut Dice) -> Duration {
    let most = dice.pick(&[40_000, 600_000, 7_200_000]).copied().unwrap_or(40_000);
    dice.millis(2000, most)
}

/// A time in which servers had fallen back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// When the first of them fell back.
    pub from: Timestamp,
    /// When all were right again; none while they are not.
    pub to: Option<Timestamp>,
}
