//! What a watcher goes through in a world: killed, suspended, cut off, its clock set.

use std::time::Duration;

use crate::model::{
    Errand, Failure, Finding, Gap, GapKind, Name, Port53, Seen, Task, Timestamp, Walk, WalkEnd,
};

use super::Dice;

/// What happens to a watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// It is killed, and started again after this time. Nothing of it survives but the inputs that were
    /// written down.
    Kill(Duration),
    /// The machine goes down, is started again after this time, and comes up with a clock that is ahead by so many
    /// microseconds.
    Reboot(Duration, i64),
    /// The machine is suspended for this time. What was under way is lost.
    Sleep(Duration),
    /// The network is gone for this time.
    Outage(Duration),
    /// The wall clock is set forward by so many microseconds.
    ClockSet(i64),
}

impl Blow {
    /// How long nothing can be seen.
    pub fn lasts(self) -> Duration {
        match self {
            Blow::Kill(time) | Blow::Reboot(time, _) | Blow::Sleep(time) | Blow::Outage(time) => time,
            Blow::ClockSet(_) => Duration::ZERO,
        }
    }
}

/// All that a watcher goes through, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trials {
    blows: Vec<(Timestamp, Blow)>,
    /// How late a wake-up comes at most.
    pub late: Duration,
}

impl Trials {
    /// A quiet life.
    pub fn none() -> Self {
        Trials { blows: Vec::new(), late: Duration::ZERO }
    }

    /// These, whatever their order.
    pub fn of(mut blows: Vec<(Timestamp, Blow)>) -> Self {
        blows.sort_by_key(|(at, _)| *at);
        Trials { blows, late: Duration::ZERO }
    }

    /// What happens, and when.
    pub fn blows(&self) -> &[(Timestamp, Blow)] {
        &self.blows
    }

    /// Draws what the watcher of a random world goes through. Half of them have a quiet life; most trials come
    /// early, since most watches end within hours.
    pub(super) fn random(seed: u64, start: Timestamp) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1));
        let mut blows = Vec::new();
        if dice.chance(50) {
            return Trials::none();
        }
        let within = dice.pick(&[60, 600, 7200, 43_200, 136_800]).copied().unwrap_or(7200) * 1000;
        for _ in 0..dice.between(0, 12) {
            let most = dice.pick(&[900, 20_000, 300_000, 14_400_000]).copied().unwrap_or(900);
            blows.push((start + dice.millis(1, within), Blow::Kill(dice.millis(40, most))));
        }
        if dice.chance(30) {
            let ahead = dice.pick(&[0, 70, 4000, 90_000]).copied().unwrap_or(0) * 1_000_000;
            let down = dice.millis(20_000, 1_200_000);
            blows.push((start + dice.millis(1, within), Blow::Reboot(down, ahead)));
        }
        for _ in 0..dice.below(4) {
            let most = dice.pick(&[60_000, 3_600_000, 28_800_000]).copied().unwrap_or(60_000);
            blows.push((start + dice.millis(1, within), Blow::Sleep(dice.millis(6000, most))));
        }
        for _ in 0..dice.below(3) {
            let most = dice.pick(&[60_000, 3_600_000, 21_600_000]).copied().unwrap_or(60_000);
            blows.push((start + dice.millis(1, within), Blow::Outage(dice.millis(2000, most))));
        }
        for _ in 0..dice.below(3) {
            let by = i64::try_from(dice.between(3_000_000, 86_400_000_000)).unwrap_or(3_000_000);
            let by = if dice.chance(50) { by } else { -by };
            blows.push((start + dice.millis(1, within), Blow::ClockSet(by)));
        }
        let late = dice.millis(0, 900);
        Trials { late, ..Trials::of(blows) }
    }
}

/// The gap that an engine is told of.
pub(super) fn gap(kind: GapKind, from: Timestamp, to: Timestamp) -> Gap {
    Gap { kind, from, to: Some(to) }
}

/// What comes back for an errand where there is no network.
pub(super) fn lost(now: Timestamp, errand: &Errand) -> Finding {
    let silent = Failure::Silent { tries: 3 };
    let seen = match &errand.task {
        Task::Walk { name } => Seen::Walked(Box::new(Walk {
            name: name.clone(),
            zone: name.clone(),
            parent: Name::root(),
            end: WalkEnd::Unreached(silent),
            parents: Vec::new(),
            servers: Vec::new(),
            questions: 3,
        })),
        Task::Intercept => Seen::Intercepted(Port53::Clear),
        _ => Seen::Failed(silent),
    };
    Finding { errand: errand.clone(), at: now + Duration::from_millis(1800), seen, questions: 3 }
}
