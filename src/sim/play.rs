//! The engine against a simulated internet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::engine::{Input, Mode, Plan, Step, Wake, Watch};
use crate::model::{Event, Finding, Report, Timestamp};

use super::World;

/// More steps than any watch of 48 hours needs: a question a second to each of 50 vantages for a day.
const MOST_STEPS: u64 = 5_000_000;
/// Steps at one and the same instant before the watch counts as running in a circle.
const MOST_AT_ONCE: u32 = 20_000;

/// What became of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// The last word, if there was one.
    pub report: Option<Box<Report>>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Questions that it cost, those left out that were under way when it ended.
    pub questions: u64,
    /// Steps that it took.
    pub steps: u64,
    /// It asked for nothing more and had not ended, or ran in a circle: a mistake of the engine.
    pub stuck: bool,
}

/// Plays one watch, an instant at a time.
#[derive(Debug)]
pub struct Player<'w> {
    watch: Watch,
    world: &'w mut World,
    /// Findings under way: when they arrive, and in which order they were asked for.
    under_way: BinaryHeap<Reverse<(Timestamp, u64)>>,
    findings: BTreeMap<u64, Finding>,
    wake: Option<Wake>,
    deadline: Option<Timestamp>,
    now: Timestamp,
    asked: u64,
    at_once: u32,
    played: Played,
    over: bool,
}

impl<'w> Player<'w> {
    /// A watch that begins when the world says so.
    pub fn new(plan: Plan, world: &'w mut World) -> Self {
        let start = world.start();
        let deadline = (plan.mode == Mode::Watch).then_some(start + plan.policy.timeout);
        let played = Played { report: None, ended_at: start, questions: 0, steps: 0, stuck: false };
        Player {
            watch: Watch::new(plan),
            world,
            under_way: BinaryHeap::new(),
            findings: BTreeMap::new(),
            wake: None,
            deadline,
            now: start,
            asked: 0,
            at_once: 0,
            played,
            over: false,
        }
    }

    /// The world as it is by now.
    pub fn world(&self) -> &World {
        self.world
    }

    /// What has become of it so far.
    pub fn played(&self) -> &Played {
        &self.played
    }

    fn next_input(&mut self) -> Option<(Timestamp, Input)> {
        if self.played.steps == 0 {
            return Some((self.now, Input::Started));
        }
        let found = self.under_way.peek().map(|Reverse((at, _))| *at);
        let wake = self.wake.map(|wake| wake.at);
        let next = [found, self.deadline, wake].into_iter().flatten().min()?;
        if found == Some(next) {
            let Reverse((_, number)) = self.under_way.pop()?;
            let finding = self.findings.remove(&number)?;
            self.played.questions += u64::from(finding.questions);
            return Some((next, Input::Found(finding)));
        }
        if self.deadline == Some(next) {
            self.deadline = None;
            return Some((next, Input::Deadline));
        }
        self.wake = None;
        Some((next, Input::Woke))
    }

    fn take(&mut self, step: Step) -> Vec<Event> {
        for errand in &step.errands {
            let finding = self.world.answer(self.now, errand);
            self.asked += 1;
            self.under_way.push(Reverse((finding.at, self.asked)));
            self.findings.insert(self.asked, finding);
        }
        self.wake = step.wake;
        if let Some(report) = step.done {
            self.played.report = Some(report);
            self.over = true;
        }
        step.events
    }
}

impl Iterator for Player<'_> {
    type Item = (Timestamp, Vec<Event>);

    /// Goes on to the next instant at which there is something to tell. `None` when it is over.
    fn next(&mut self) -> Option<Self::Item> {
        while !self.over {
            let Some((at, input)) = self.next_input() else {
                self.over = true;
                self.played.stuck = true;
                break;
            };
            self.at_once = if at > self.now { 0 } else { self.at_once + 1 };
            self.now = self.now.max(at);
            self.played.steps += 1;
            self.played.ended_at = self.now;
            let step = self.watch.step(self.now, input);
            let events = self.take(step);
            if !self.over && (self.played.steps > MOST_STEPS || self.at_once > MOST_AT_ONCE) {
                self.over = true;
                self.played.stuck = true;
            }
            if !events.is_empty() {
                return Some((self.now, events));
            }
        }
        None
    }
}

/// Plays a watch to its end and hands each event over with its instant.
pub fn play(plan: Plan, world: &mut World, mut on: impl FnMut(Timestamp, &Event)) -> Played {
    let mut player = Player::new(plan, world);
    for (at, events) in player.by_ref() {
        for event in &events {
            on(at, event);
        }
    }
    player.played
}
