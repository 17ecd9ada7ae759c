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
        let mut safe_at = Vec::new();
        let mut player = Player::tried(plan.clone(), &mut world, &trials);
        while let Some((at, events)) = player.next() {
            let true_now = player.world_now();
            for event in events {
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
        Watched { plan, world, trials, played, safe, told }
    }

    pub(crate) fn first_safe(&self) -> Option<Timestamp> {
        self.safe.first().map(|(at, _)| *at)
    }
}
