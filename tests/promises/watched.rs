//! One world, watched to its end.

use std::fmt::Write as _;

use propwatch::engine::Plan;
use propwatch::model::{Event, Milestone, Timestamp, Verdict};
use propwatch::sim::{Played, Player, Trials, Truth, World, random_watch};

pub(crate) struct Watched {
    pub(crate) plan: Plan,
    pub(crate) world: World,
    pub(crate) trials: Trials,
    pub(crate) played: Played,
    /// When it was called safe, with how things were then.
    pub(crate) safe: Vec<(Timestamp, Truth)>,
    /// Each verdict that was told: when, and whether it was safe.
    pub(crate) verdicts: Vec<(Timestamp, bool)>,
    /// Everything that was told, where that is wanted.
    pub(crate) told: String,
}

impl Watched {
    pub(crate) fn seed(seed: u64, keep: bool) -> Self {
        let (plan, world, trials) = random_watch(seed);
        Self::of(plan, world, trials, keep)
    }

    /// The same world, watched as thousands of records are.
    pub(crate) fn as_of_many(seed: u64) -> Self {
        let (mut plan, world, trials) = random_watch(seed);
        plan.policy.told_whole = 0;
        Self::of(plan, world, trials, false)
    }

    pub(crate) fn of(plan: Plan, mut world: World, trials: Trials, keep: bool) -> Self {
        let mut told = String::new();
        let (mut safe_at, mut verdicts) = (Vec::new(), Vec::new());
        let mut player = Player::tried(plan.clone(), &mut world, &trials);
        while let Some((at, events)) = player.next() {
            let true_now = player.world_now();
            for event in events {
                if let Event::Verdict(report) = &event {
                    verdicts.push((true_now, report.verdict == Verdict::Safe));
                }
                match &event {
                    Event::Verdict(report) if report.verdict == Verdict::Safe => safe_at.push(true_now),
                    Event::Milestone { milestone: Milestone::Safe, lost: false, .. } => {
                        safe_at.push(true_now)
                    }
                    _ => {}
                }
                if keep {
                    writeln!(told, "{at} {event:?}").expect("memory");
                }
            }
        }
        let played = player.played().clone();
        drop(player);
        safe_at.dedup();
        let safe = safe_at.into_iter().map(|at| (at, world.truth(at))).collect();
        Watched { plan, world, trials, played, safe, verdicts, told }
    }

    /// When it was first called safe after an instant.
    pub(crate) fn safe_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.safe.iter().map(|(at, _)| *at).find(|at| *at >= instant)
    }

    /// Whether safe was the last word at an instant.
    pub(crate) fn is_safe_at(&self, instant: Timestamp) -> bool {
        self.verdicts.iter().rev().find(|(at, _)| *at <= instant).is_some_and(|(_, safe)| *safe)
    }
}
