//! A watch with a journal in a simulated world, with kills, sleeps, outages and clocks that are set.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use propwatch::engine::{Input, Plan, Step, Watch};
use propwatch::journal::{Encoder, Ending, Fact, Head, Reader, replay};
use propwatch::model::{
    Errand, Event, Failure, Finding, Gap, GapKind, Manner, Name, Report, Seen, Task, Timestamp, Walk, WalkEnd,
};
use propwatch::sim::{Dice, World};

/// What goes wrong, and when.
pub(crate) struct Trouble {
    dice: Dice,
    /// How late wake-ups come at most, in milliseconds.
    late: u64,
    pub(crate) kills: u64,
    pub(crate) sleeps: u64,
    pub(crate) outages: u64,
    /// The time within which all this happens.
    pub(crate) span: Duration,
    /// How long one of them lasts at most.
    pub(crate) longest: Duration,
    pub(crate) kill_at: Vec<Timestamp>,
    pub(crate) offline: Vec<(Timestamp, Timestamp)>,
    pub(crate) clock_set: Vec<(Timestamp, i64)>,
}

impl Trouble {
    pub(crate) fn none() -> Self {
        Trouble {
            dice: Dice::new(77),
            late: 0,
            kills: 0,
            sleeps: 0,
            outages: 0,
            span: Duration::from_secs(40_000),
            longest: Duration::from_secs(1),
            kill_at: Vec::new(),
            offline: Vec::new(),
            clock_set: Vec::new(),
        }
    }

    /// Wake-ups come up to a second late, as on a busy machine.
    pub(crate) fn lazy(seed: u64) -> Self {
        Trouble { dice: Dice::new(seed), late: 1000, ..Self::none() }
    }

    fn moments(&mut self, count: u64, start: Timestamp) -> Vec<Timestamp> {
        let span = u64::try_from(self.span.as_millis()).expect("short").max(2);
        let mut all: Vec<Timestamp> = (0..count).map(|_| start + self.dice.millis(1, span)).collect();
        all.sort_unstable();
        all
    }

    fn length(&mut self) -> Duration {
        let most = u64::try_from(self.longest.as_millis()).expect("short").max(2);
        self.dice.millis(1, most)
    }
}

/// What became of it.
pub(crate) struct Ran {
    pub(crate) journal: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) report: Option<Box<Report>>,
    pub(crate) ended_at: Timestamp,
    pub(crate) questions: u64,
    pub(crate) restarts: usize,
    pub(crate) restarted_at: Vec<Timestamp>,
    /// When each errand was sent.
    pub(crate) asked: Vec<Timestamp>,
    pub(crate) lost_only_in_flight: bool,
}

pub(crate) fn journal_of(ran: &Ran) -> &[u8] {
    &ran.journal
}

pub(crate) struct Player<'w> {
    plan: Plan,
    watch: Watch,
    world: &'w mut World,
    under_way: BinaryHeap<Reverse<(Timestamp, u64)>>,
    findings: BTreeMap<u64, Finding>,
    number: u64,
    encoder: Encoder,
    now: Timestamp,
    wake: Option<Timestamp>,
    ran: Ran,
}

impl<'w> Player<'w> {
    pub(crate) fn new(plan: Plan, world: &'w mut World) -> Self {
        let start = world.start();
        let mut journal = Vec::new();
        Head::new(start, String::new(), plan.clone()).write(&mut journal);
        Player {
            watch: Watch::new(plan.clone()),
            plan,
            world,
            under_way: BinaryHeap::new(),
            findings: BTreeMap::new(),
            number: 0,
            encoder: Encoder::new(start),
            now: start,
            wake: None,
            ran: Ran {
                journal,
                events: Vec::new(),
                findings: Vec::new(),
                report: None,
                ended_at: start,
                questions: 0,
                restarts: 0,
                restarted_at: Vec::new(),
                asked: Vec::new(),
                lost_only_in_flight: true,
            },
        }
    }

    pub(crate) fn play(mut self, trouble: &mut Trouble) -> Ran {
        let start = self.world.start();
        let mut kills = trouble.moments(trouble.kills, start);
        kills.extend(trouble.kill_at.iter().copied());
        let mut sleeps = trouble.moments(trouble.sleeps, start);
        for from in trouble.moments(trouble.outages, start) {
            let to = from + trouble.length();
            trouble.offline.push((from, to));
        }
        let mut sets = trouble.clock_set.clone();
        let mut deadline = start + self.plan.policy.timeout;
        self.take(start, Input::Started, trouble);
        for _ in 0..5_000_000 {
            if self.ran.report.is_some() {
                break;
            }
            let late = trouble.dice.millis(0, trouble.late.max(1) * u64::from(trouble.late > 0));
            let wake = self.wake.map(|at| at.max(self.now) + late);
            let found = self.under_way.peek().map(|Reverse((at, _))| (*at).max(self.now));
            let next = [wake, found, Some(deadline)].into_iter().flatten().min().expect("a deadline");
            if kills.first().is_some_and(|at| *at <= next) {
                let at = kills.remove(0).max(self.now);
                self.restart(at, at + trouble.length(), trouble);
            } else if sleeps.first().is_some_and(|at| *at <= next) {
                let from = sleeps.remove(0).max(self.now);
                let to = from + trouble.length();
                if to.since(from) >= Duration::from_secs(5) {
                    self.sleep(from, to, trouble);
                    if deadline <= to {
                        deadline = to + Duration::from_secs(60);
                    }
                }
            } else if sets.first().is_some_and(|(at, _)| *at <= next) {
                let (at, by) = sets.remove(0);
                let gap = Gap { kind: GapKind::ClockSet { by }, from: at, to: Some(at) };
                self.take(at.max(self.now), Input::Gap(gap), trouble);
            } else if found == Some(next) {
                let Some(Reverse((_, number))) = self.under_way.pop() else { break };
                let mut finding = self.findings.remove(&number).expect("under way");
                finding.at = next;
                self.take(next, Input::Found(finding), trouble);
            } else if next == deadline {
                self.take(next, Input::Deadline, trouble);
            } else {
                self.take(next, Input::Woke, trouble);
            }
        }
        self.ran.ended_at = self.now;
        self.ran
    }

    fn take(&mut self, now: Timestamp, input: Input, trouble: &Trouble) {
        self.now = self.now.max(now);
        let fact = match &input {
            Input::Found(finding) => {
                self.ran.findings.push(finding.clone());
                self.ran.questions += u64::from(finding.questions);
                Some(Fact::Found(finding.clone()))
            }
            Input::Gap(gap) => Some(Fact::Gap(self.now, *gap)),
            Input::Deadline => Some(Fact::Deadline(self.now)),
            _ => None,
        };
        if let Some(fact) = fact {
            self.encoder.fact(&fact, &mut self.ran.journal);
        }
        let Step { errands, events, wake, done } = self.watch.step(self.now, input);
        self.ran.events.extend(events);
        self.wake = wake.map(|wake| wake.at);
        self.ran.report = done;
        for errand in errands {
            self.send(&errand, trouble);
        }
    }

    fn send(&mut self, errand: &Errand, trouble: &Trouble) {
        self.ran.asked.push(self.now);
        let offline = trouble.offline.iter().any(|(from, to)| (*from..*to).contains(&self.now));
        let finding = if offline { lost(self.now, errand) } else { self.world.answer(self.now, errand) };
        self.number += 1;
        self.under_way.push(Reverse((finding.at, self.number)));
        self.findings.insert(self.number, finding);
    }

    /// Ends like a killed process: nothing survives but the journal, and that perhaps with half a line.
    fn restart(&mut self, at: Timestamp, to: Timestamp, trouble: &Trouble) {
        self.now = self.now.max(at);
        self.under_way.clear();
        self.findings.clear();
        let again = replayed(&self.ran.journal);
        self.ran.lost_only_in_flight &=
            again.findings == self.ran.findings && again.events == self.ran.events;
        self.watch = again.watch;
        self.encoder = Encoder::new(again.last);
        self.ran.restarts += 1;
        self.ran.restarted_at.push(to);
        let gap = Gap { kind: GapKind::Restarted, from: again.last, to: Some(to) };
        self.take(to, Input::Gap(gap), trouble);
    }

    /// What was asked before comes back as silence, after waking.
    fn sleep(&mut self, from: Timestamp, to: Timestamp, trouble: &Trouble) {
        let mut late = 0;
        let waiting: BTreeSet<u64> = self.findings.keys().copied().collect();
        self.under_way.clear();
        for number in waiting {
            late += 1;
            let finding = self.findings.get_mut(&number).expect("waiting");
            *finding = Finding { at: to + Duration::from_millis(late), ..lost(to, &finding.errand) };
            self.under_way.push(Reverse((finding.at, number)));
        }
        let gap = Gap { kind: GapKind::Asleep, from, to: Some(to) };
        self.take(to, Input::Gap(gap), trouble);
    }
}

fn lost(now: Timestamp, errand: &Errand) -> Finding {
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
        Task::Ask { manner: Manner::Recursive | Manner::Authoritative, .. } => Seen::Failed(silent),
        Task::Intercept => Seen::Intercepted(propwatch::model::Port53::Clear),
        _ => Seen::Failed(silent),
    };
    Finding { errand: errand.clone(), at: now + Duration::from_millis(1800), seen, questions: 3 }
}

/// A journal that was played again.
pub(crate) struct Replay {
    pub(crate) watch: Watch,
    pub(crate) events: Vec<Event>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) last: Timestamp,
}

pub(crate) fn replayed(journal: &[u8]) -> Replay {
    let empty = Replay {
        watch: Watch::new(Plan {
            records: vec![],
            resolvers: vec![],
            mode: propwatch::engine::Mode::Look,
            policy: propwatch::engine::Policy::default(),
        }),
        events: Vec::new(),
        findings: Vec::new(),
        last: Timestamp::default(),
    };
    let Some(mut reader) = Reader::new(journal).expect("a journal") else { return empty };
    let mut watch = Watch::new(reader.head().plan.clone());
    let mut events = Vec::new();
    let replayed =
        replay(&mut reader, &mut watch, Ending::GoesOn, |event| events.push(event)).expect("memory");
    assert_eq!(reader.damaged_at(), None);
    let mut reader = Reader::new(journal).expect("a journal").expect("a head");
    let mut findings = Vec::new();
    while let Some(fact) = reader.fact().expect("memory") {
        if let Fact::Found(finding) = fact {
            findings.push(finding);
        }
    }
    Replay { watch, events, findings, last: replayed.last }
}
