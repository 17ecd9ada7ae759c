//! The engine against a simulated internet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use crate::engine::{Input, Load, Mode, Plan, Step, Watch};
use crate::model::{Errand, Event, Finding, GapKind, Report, Timestamp};

use super::trials::{Blow, Trials, gap, lost};
use super::{Dice, World};

/// More steps than any watch of 48 hours needs: a question a second to each of 50 vantages for a day.
const MOST_STEPS: u64 = 5_000_000;
/// Steps at one and the same instant before the watch counts as running in a circle.
const MOST_AT_ONCE: u32 = 20_000;
/// How long a watch still looks when its deadline passed while it was suspended, as in the real loop.
const LAST_LOOK: Duration = Duration::from_secs(60);
/// A sleep that is shorter is not noticed, as by the real clock.
const NAP: Duration = Duration::from_secs(5);

/// What became of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// The last word, if there was one.
    pub report: Option<Box<Report>>,
    /// When it ended, in the world's time.
    pub ended_at: Timestamp,
    /// Questions that it cost, those left out that were under way when it ended or was killed.
    pub questions: u64,
    /// Steps that it took.
    pub steps: u64,
    /// It asked for nothing more and had not ended, or ran in a circle: a mistake of the engine.
    pub stuck: bool,
    /// How often it was killed and started again.
    pub restarts: u32,
    /// After each restart the engine told what it had told before, event for event.
    pub exact: bool,
    /// The most that the engine had to remember at once.
    pub load: Load,
}

/// What a watch went through so far.
#[derive(Debug, Default)]
struct Past {
    inputs: Vec<(Timestamp, Input)>,
    told: Vec<Event>,
}

/// Plays one watch, an instant at a time.
#[derive(Debug)]
pub struct Player<'w> {
    plan: Plan,
    watch: Watch,
    world: &'w mut World,
    /// Findings under way: when they arrive, and in which order they were asked for.
    under_way: BinaryHeap<Reverse<(Timestamp, u64)>>,
    findings: BTreeMap<u64, Finding>,
    wake: Option<Timestamp>,
    deadline: Option<Timestamp>,
    now: Timestamp,
    asked: u64,
    at_once: u32,
    blows: VecDeque<(Timestamp, Blow)>,
    late: Duration,
    dice: Dice,
    offline_until: Timestamp,
    /// Microseconds by which the watch's own clock is ahead of the world's, after a reboot with a wrong one.
    ahead: i64,
    /// The inputs that count and the events that they led to; kept where they are needed.
    past: Option<Past>,
    asked_at: Vec<Timestamp>,
    played: Played,
    over: bool,
}

impl<'w> Player<'w> {
    /// A watch that begins when the world says so, and has a quiet life.
    pub fn new(plan: Plan, world: &'w mut World) -> Self {
        Self::tried(plan, world, &Trials::none())
    }

    /// A watch whose watcher goes through these trials.
    pub fn tried(plan: Plan, world: &'w mut World, trials: &Trials) -> Self {
        let start = world.start();
        let deadline = (plan.mode == Mode::Watch).then_some(start + plan.policy.timeout);
        let played = Played {
            report: None,
            ended_at: start,
            questions: 0,
            steps: 0,
            stuck: false,
            restarts: 0,
            exact: true,
            load: Load::default(),
        };
        let kills = trials.blows().iter().any(|(_, blow)| matches!(blow, Blow::Kill(_) | Blow::Reboot(..)));
        Player {
            watch: Watch::new(plan.clone()),
            plan,
            world,
            under_way: BinaryHeap::new(),
            findings: BTreeMap::new(),
            wake: None,
            deadline,
            now: start,
            asked: 0,
            at_once: 0,
            blows: trials.blows().iter().copied().collect(),
            late: trials.late,
            dice: Dice::new(1),
            offline_until: Timestamp::default(),
            ahead: 0,
            past: kills.then(Default::default),
            asked_at: Vec::new(),
            played,
            over: false,
        }
    }

    /// The same, with everything kept that [`Player::inputs`] gives.
    pub fn recording(mut self) -> Self {
        self.past.get_or_insert_default();
        self
    }

    /// The inputs that a journal keeps, wake-ups left out, of a watch that is recorded.
    pub fn inputs(&self) -> &[(Timestamp, Input)] {
        self.past.as_ref().map_or(&[], |past| &past.inputs)
    }

    /// The world as it is by now.
    pub fn world(&self) -> &World {
        self.world
    }

    /// What has become of it so far.
    pub fn played(&self) -> &Played {
        &self.played
    }

    /// When each errand was sent.
    pub fn asked_at(&self) -> &[Timestamp] {
        &self.asked_at
    }

    fn next_input(&mut self) -> Option<(Timestamp, Input)> {
        if self.played.steps == 0 {
            return Some((self.now, Input::Started));
        }
        loop {
            let found = self.under_way.peek().map(|Reverse((at, _))| *at);
            let next = [found, self.deadline, self.wake].into_iter().flatten().min()?;
            if let Some((at, blow)) = self.blows.front().map(|(at, blow)| (self.by_watch(*at), *blow))
                && at <= next
            {
                self.blows.pop_front();
                match self.strike(at.max(self.now), blow) {
                    Some(input) => return Some(input),
                    None => continue,
                }
            }
            if found == Some(next) {
                let Reverse((at, number)) = self.under_way.pop()?;
                let mut finding = self.findings.remove(&number)?;
                finding.at = at.max(self.now);
                self.played.questions += u64::from(finding.questions);
                return Some((finding.at, Input::Found(finding)));
            }
            if self.deadline == Some(next) {
                self.deadline = None;
                return Some((next, Input::Deadline));
            }
            self.wake = None;
            return Some((next, Input::Woke));
        }
    }

    /// Lets something happen to the watcher; gives what it hears of it.
    fn strike(&mut self, at: Timestamp, blow: Blow) -> Option<(Timestamp, Input)> {
        let to = at + blow.lasts();
        let told = match blow {
            Blow::Kill(_) => {
                self.under_way.clear();
                self.findings.clear();
                let last = self.begin_again();
                gap(GapKind::Restarted, last, to)
            }
            Blow::Reboot(_, ahead) => {
                self.under_way.clear();
                self.findings.clear();
                let last = self.begin_again();
                self.ahead += ahead;
                let to = Timestamp::from_micros(to.as_micros() + ahead);
                return Some((to, Input::Gap(gap(GapKind::Rebooted, last, to))));
            }
            Blow::Sleep(time) => {
                self.lose_what_is_under_way(to);
                if time < NAP {
                    return None;
                }
                gap(GapKind::Asleep, at, to)
            }
            Blow::Outage(_) => {
                self.offline_until = self.offline_until.max(self.by_world(to));
                return None;
            }
            Blow::ClockSet(by) => gap(GapKind::ClockSet { by }, at, at),
        };
        if let Some(end) = self.deadline.filter(|end| *end <= to) {
            self.deadline = Some(end.max(to + LAST_LOOK));
        }
        Some((to, Input::Gap(told)))
    }

    /// A new engine learns from the inputs that were written down. Returns the instant of the last.
    fn begin_again(&mut self) -> Timestamp {
        self.watch = Watch::new(self.plan.clone());
        self.played.restarts += 1;
        let Past { inputs, told } = self.past.get_or_insert_default();
        let mut told = told.iter();
        for (at, input) in &*inputs {
            let Step { events, .. } = self.watch.step(*at, input.clone());
            self.played.exact &= events.iter().all(|event| told.next() == Some(event));
        }
        self.played.exact &= told.next().is_none();
        inputs.last().map_or(self.now, |(at, _)| *at)
    }

    /// Whatever was asked before a sleep comes back as silence after it.
    fn lose_what_is_under_way(&mut self, to: Timestamp) {
        self.under_way.clear();
        for ((number, finding), late) in self.findings.iter_mut().zip(1..) {
            *finding = Finding { at: to + Duration::from_millis(late), ..lost(to, &finding.errand) };
            self.under_way.push(Reverse((finding.at, *number)));
        }
    }

    /// The world's answer, in the time of the watch.
    fn answered(&mut self, errand: &Errand) -> Finding {
        let now = self.world_now();
        let mut finding = self.world.answer(now, errand);
        finding.at = self.by_watch(finding.at);
        finding
    }

    /// The instant that it is in the world, whatever the watch's clock says.
    pub fn world_now(&self) -> Timestamp {
        self.by_world(self.now)
    }

    fn by_world(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_micros(at.as_micros().saturating_sub(self.ahead))
    }

    fn by_watch(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_micros(at.as_micros().saturating_add(self.ahead))
    }

    fn take(&mut self, step: Step) -> Vec<Event> {
        for errand in &step.errands {
            let offline = self.world_now() < self.offline_until;
            let finding = if offline { lost(self.now, errand) } else { self.answered(errand) };
            self.asked += 1;
            self.under_way.push(Reverse((finding.at, self.asked)));
            self.findings.insert(self.asked, finding);
            if self.past.is_some() {
                self.asked_at.push(self.now);
            }
        }
        let most = u64::try_from(self.late.as_millis()).unwrap_or(0);
        let late = if most > 0 { self.dice.millis(0, most) } else { Duration::ZERO };
        self.wake = step.wake.map(|wake| wake.at.max(self.now) + late);
        if let Some(report) = step.done {
            self.played.report = Some(report);
            self.over = true;
        }
        if let Some(past) = &mut self.past {
            past.told.extend(step.events.iter().cloned());
        }
        self.played.load = self.played.load.max(self.watch.load());
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
            self.played.ended_at = self.world_now();
            if let Some(past) = self.past.as_mut().filter(|_| input != Input::Woke) {
                past.inputs.push((self.now, input.clone()));
            }
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

/// Plays a watch with a quiet life to its end and hands each event over with its instant.
pub fn play(plan: Plan, world: &mut World, on: impl FnMut(Timestamp, &Event)) -> Played {
    endure(plan, world, &Trials::none(), on)
}

/// Plays a watch through these trials to its end and hands each event over with its instant.
pub fn endure(
    plan: Plan,
    world: &mut World,
    trials: &Trials,
    mut on: impl FnMut(Timestamp, &Event),
) -> Played {
    let mut player = Player::tried(plan, world, trials);
    for (at, events) in player.by_ref() {
        for event in &events {
            on(at, event);
        }
    }
    player.played
}
