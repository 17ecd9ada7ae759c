//! One watch: every input goes in through [`Watch::step`], everything that follows comes out of it.
//!
//! This file composes: [`authorities`] and [`servers`] look after the zone's own side, [`resolvers`] after the caches,
//! [`judging`] turns what is known into verdicts, and
//! [`ending`] tells them and knows when to stop, and [`gaps`] picks the thread up when nothing could be seen. The decisions themselves are in the pure rooms beside.

mod authorities;
mod backlog;
mod ending;
mod gaps;
mod judging;
mod leisure;
mod origins;
mod progress;
mod resolvers;
mod servers;
mod settling;
mod sights;
mod subject;
mod sums;
mod surveys;
mod timers;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{
    Endpoint, Errand, Event, Finding, Gap, Manner, Name, Port53, RecordId, Report, Role, Started, Task,
    Timestamp, Vantage, VantageId, Verdict, Why,
};

use super::authority::Authorities;
use super::convergence::{Cell, Samples};
use super::plan::{Mode, Plan};
use super::schedule;
use super::verdict::{self, Blind};
use leisure::Leisure;
use progress::{NameSearch, Progress};
use subject::Subject;
use sums::Sums;
use surveys::Surveys;
use timers::{Timer, Timers};

/// What can happen to a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// It begins.
    Started,
    /// The wake-up that the last step asked for. Never changes a verdict of a watch; a single look may end with it.
    Woke,
    /// An errand came back.
    Found(Finding),
    /// Nothing could be seen for a while, or the clock was set.
    Gap(Gap),
    /// Time is up.
    Deadline,
    /// The user has had enough.
    Stopped,
}

/// The next time to call [`Watch::step`] with [`Input::Woke`], if nothing else happens before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// What for.
    pub why: Why,
}

/// How much a watch has to remember, apart from its standings, whose number the plan gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Timers that are set, those among them that have been overtaken.
    pub timers: usize,
    /// Addresses of name servers that the zones have or had.
    pub servers: usize,
    /// Questions that are put to name servers.
    pub questions: usize,
    /// Names that were walked to.
    pub walks: usize,
}

impl Load {
    /// The most of each.
    #[must_use]
    pub fn max(self, other: Load) -> Load {
        Load {
            timers: self.timers.max(other.timers),
            servers: self.servers.max(other.servers),
            questions: self.questions.max(other.questions),
            walks: self.walks.max(other.walks),
        }
    }
}

/// Everything that follows from one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// To be carried out now; each must come back as one [`Input::Found`].
    pub errands: Vec<Errand>,
    /// To be told, in this order.
    pub events: Vec<Event>,
    /// When to come back.
    pub wake: Option<Wake>,
    /// The last word, when the watch is over.
    pub done: Option<Box<Report>>,
}

/// The engine's memory of one watch.
#[derive(Debug)]
pub struct Watch {
    plan: Plan,
    now: Timestamp,
    started: Timestamp,
    auth: Authorities,
    searches: Vec<NameSearch>,
    search_of: HashMap<Name, usize>,
    records: Vec<Progress>,
    /// The names that certificates are wanted for.
    subjects: Vec<Subject>,
    subject_of_name: HashMap<Name, usize>,
    surveys: Surveys,
    /// Whose servers are at unexpected addresses.
    origins: HashMap<IpAddr, origins::Looked>,
    /// When the last whole look at each name began.
    completed: BTreeSet<(Timestamp, usize)>,
    /// The records that have a row of cells, guards left out.
    rows: Vec<usize>,
    /// Rows × resolvers, row by row.
    cells: Vec<Cell>,
    samples: Samples,
    /// By resolver: its endpoints, each shared by the questions that go there.
    ways: Vec<Vec<Arc<Endpoint>>>,
    /// By resolver: keeps entries for one second at TTL 0.
    late: Vec<bool>,
    /// By resolver: the number of its operator.
    operators: Vec<u32>,
    /// How many of them must confirm.
    operators_needed: usize,
    /// So many voters may be pending or contradict without breaking a quorum.
    spared: u32,
    /// By resolver: questions under way, and the cells that wait until there are fewer.
    under_way: Vec<u32>,
    in_line: Vec<VecDeque<u32>>,
    /// What waits until the name servers have room, or leisure.
    leisure: Leisure,
    timers: Timers,
    blind: Blind,
    /// Encrypted resolvers that were asked whether the way out is open, and what has come of it.
    probes: BTreeMap<u32, Option<bool>>,
    questions: u64,
    in_flight: u32,
    /// When a single look has asked its last resolver.
    asked_all: Option<Timestamp>,
    reach: gaps::Reach,
    /// The end of the last time in which nothing was seen for long.
    unseen_until: Timestamp,
    /// A single look has asked the silent once more.
    asked_silent: bool,
    out: Step,
    /// The verdict that was told last, and whether it was the milestone.
    told: Option<(Verdict, bool)>,
    told_forecast: Option<(Option<Timestamp>, Option<Timestamp>)>,
    /// Something was judged since the last forecast.
    news: bool,
    /// Since when everything that is waited for is reached, and only looks before the last word are missing.
    closing: Option<Timestamp>,
    /// The records to be judged at the next finding.
    dirty: Vec<usize>,
    /// Records whose judgement waits, and until when at most.
    put_off: VecDeque<(Timestamp, usize)>,
    /// The last instant at which a single look was to be woken for these.
    put_off_ends: Timestamp,
    sums: Sums,
    /// Records that have become right and whose resolvers may be asked from now on, unless their alias leads over a
    /// name that is not.
    to_open: BTreeSet<usize>,
    /// Records whose alias does, by that name's subject.
    waiting_for: BTreeMap<usize, Vec<usize>>,
    over: bool,
}

impl Watch {
    /// A watch that has not begun.
    pub fn new(plan: Plan) -> Self {
        let rows: Vec<usize> = (0..plan.records.len()).filter(|&i| !plan.records[i].is_guard()).collect();
        let cells = rows.len() * plan.resolvers.len();
        let operators = operators(&plan);
        let mut records = Progress::for_plan(&plan);
        let (subjects, subject_of_name) = Subject::for_plan(&plan, &mut records);
        Watch {
            now: Timestamp::default(),
            started: Timestamp::default(),
            auth: Authorities::default(),
            searches: Vec::new(),
            search_of: HashMap::new(),
            records,
            subjects,
            subject_of_name,
            surveys: Surveys::default(),
            origins: HashMap::new(),
            completed: BTreeSet::new(),
            sums: Sums::new(rows.len()),
            to_open: BTreeSet::new(),
            waiting_for: BTreeMap::new(),
            rows,
            cells: vec![Cell::new(plan.samples().planned); cells],
            samples: plan.samples(),
            ways: plan.resolvers.iter().map(ways).collect(),
            late: vec![false; plan.resolvers.len()],
            operators_needed: operators_needed(&plan, &operators),
            spared: spared(&plan),
            operators,
            under_way: vec![0; plan.resolvers.len()],
            in_line: vec![VecDeque::new(); plan.resolvers.len()],
            leisure: Leisure::default(),
            timers: Timers::default(),
            blind: Blind::No,
            probes: BTreeMap::new(),
            questions: 0,
            in_flight: 0,
            asked_all: None,
            reach: gaps::Reach::default(),
            unseen_until: Timestamp::default(),
            asked_silent: false,
            out: Step::default(),
            told: None,
            told_forecast: None,
            news: true,
            closing: None,
            dirty: Vec::new(),
            put_off: VecDeque::new(),
            put_off_ends: Timestamp::default(),
            over: false,
            plan,
        }
    }

    /// Takes one input at the instant `now` and returns everything that follows. Time that goes backwards
    /// is held. After [`Step::done`] nothing follows any more.
    ///
    /// Whatever fell due before `now` happens first, each at its own instant. So nothing depends on when, or
    /// whether, a wake-up came (in a watch; nobody plays a single look again): the other inputs, played again at their
    /// instants, give the same events again.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Step {
        let mut step = Step::default();
        self.step_into(now, input, &mut step);
        step
    }

    /// The same, where many steps are made one after the other: what is to be done and told is added to what is there.
    pub fn step_into(&mut self, now: Timestamp, input: Input, step: &mut Step) {
        if self.over {
            step.wake = None;
            return;
        }
        match &input {
            Input::Woke | Input::Found(_) => self.catch_up(now),
            // What fell due while it could still act was done, whether or not a wake-up was written down.
            Input::Gap(gap) => self.catch_up(gap.from.min(now)),
            _ => {}
        }
        self.now = self.now.max(now);
        let found = matches!(input, Input::Found(_));
        match input {
            Input::Started => self.start(),
            Input::Woke if self.plan.mode == Mode::Look => self.judge_put_off(self.now),
            Input::Woke => {}
            Input::Found(finding) => self.found(finding),
            Input::Gap(gap) => self.pick_up(gap),
            Input::Deadline | Input::Stopped => {
                self.finish();
                return self.hand_out(step);
            }
        }
        self.fire();
        if found {
            self.use_leisure();
            self.judge_dirty();
        }
        self.end_if_done();
        if !self.over {
            self.forecast();
            self.out.wake = self.timers.next().map(|(at, why)| Wake { at, why });
        }
        self.hand_out(step);
    }

    fn hand_out(&mut self, step: &mut Step) {
        step.errands.append(&mut self.out.errands);
        step.events.append(&mut self.out.events);
        step.wake = self.out.wake.take();
        step.done = self.out.done.take();
    }

    /// How much it remembers just now.
    pub fn load(&self) -> Load {
        Load {
            timers: self.timers.count(),
            servers: self.auth.servers.len(),
            questions: self.auth.nodes.len(),
            walks: self.searches.len(),
        }
    }

    fn start(&mut self) {
        self.started = self.now;
        let deadline = (self.plan.mode == Mode::Watch).then(|| self.now + self.plan.policy.timeout);
        self.out.events.push(Event::Started(Box::new(Started {
            at: self.now,
            until: self.plan.policy.until,
            deadline,
            records: self.plan.records.clone(),
            resolvers: self.plan.resolvers.clone(),
        })));
        self.out.errands.push(Errand { task: Task::Intercept, why: Why::First });
        // One each as a rule: growing by halves would leave room for thousands that never come.
        self.searches.reserve_exact(self.records.len());
        self.auth.nodes.reserve_exact(self.records.len());
        for record in 0..self.records.len() {
            self.begin_record(record);
        }
        if self.plan.policy.look_anyway {
            for record in 0..self.records.len() {
                self.open_gate(record);
            }
        }
    }

    fn found(&mut self, finding: Finding) {
        self.questions += u64::from(finding.questions);
        self.note_reach(&finding);
        let Finding { errand, seen, .. } = finding;
        match errand.task {
            Task::Intercept => {
                if let crate::model::Seen::Intercepted(port53) = seen {
                    self.intercepted(port53);
                }
            }
            Task::Survey { name } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.surveyed(&name, seen);
            }
            Task::Fetch(fetch) => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.fetched(&fetch.name, fetch.address, seen);
            }
            Task::Origin { address } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.originated(address, seen);
            }
            Task::Walk { name } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.walked(&name, seen);
            }
            Task::Ask { vantage, question, record, .. } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                match record {
                    Some(record) => self.resolver_answered(record, vantage, &seen),
                    None if (vantage.0 as usize) < self.plan.resolvers.len() => {
                        self.probe_answered(vantage, &seen)
                    }
                    None => self.authority_answered(vantage, &question, &seen),
                }
            }
        }
    }

    fn intercepted(&mut self, port53: Port53) {
        if port53 == Port53::Clear && self.blind == Blind::Intercepted && self.is_in_reach() {
            self.believe_again();
        }
        if port53 == Port53::Intercepted && self.blind == Blind::No {
            self.blind = Blind::Intercepted;
            self.out.events.push(Event::Port53 { at: self.now, seen: port53 });
            self.look_through_encrypted();
        }
    }

    /// Wakes what falls due on the way to `now`, each at its own instant.
    fn catch_up(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.timers.next().filter(|(at, _)| *at <= now) {
            self.now = self.now.max(at);
            self.fire();
        }
    }

    /// Wakes whatever is due.
    fn fire(&mut self) {
        while let Some(timer) = self.timers.due(self.now) {
            match timer {
                Timer::Cell(cell) => self.ask_resolver(cell),
                Timer::Node(node) => self.ask_node(node),
                Timer::Serial(zone) => self.ask_serials(zone),
                Timer::Search(search) => self.search(search, Why::Retry),
                Timer::Walk(zone) => self.walk_again(zone),
                Timer::Sight(subject) => self.look_again_at(subject),
                Timer::Look => {}
                Timer::Settle(record) => self.look_once_more(record),
            }
        }
    }

    fn send(&mut self, task: Task, why: Why) {
        self.in_flight += 1;
        if matches!(task, Task::Ask { manner: Manner::Authoritative, .. }) {
            self.leisure.at_servers += 1;
        }
        self.out.errands.push(Errand { task, why });
    }

    /// How long this has been going on.
    fn watching_for(&self) -> std::time::Duration {
        self.now.since(self.started)
    }

    fn cells_of(&self, record: usize) -> std::ops::Range<usize> {
        let resolvers = self.plan.resolvers.len();
        let row = self.records[record].row;
        row.map_or(0..0, |row| row * resolvers..(row + 1) * resolvers)
    }

    fn vantage_id(&self, resolver: usize) -> VantageId {
        VantageId(u32::try_from(resolver).unwrap_or(u32::MAX))
    }

    fn record_id(&self, record: usize) -> RecordId {
        RecordId(u32::try_from(record).unwrap_or(u32::MAX))
    }

    /// A sign that something is moving at the servers that a record is asked of.
    fn hint_of(&mut self, record: usize) {
        for &search in &self.records[record].hangs_on {
            if let Some(zone) = self.searches[search].zone {
                self.auth.zones[zone].hint = Some(self.now);
            }
        }
    }

    /// How often a zone's servers are asked while they are not right.
    fn pace(&self, zone: Option<usize>) -> std::time::Duration {
        self.unhurried(zone, self.haste(zone))
    }

    /// The same where only few names are asked about.
    fn haste(&self, zone: Option<usize>) -> std::time::Duration {
        let hint = zone.and_then(|zone| self.auth.zones[zone].hint);
        schedule::authority_not_right(self.watching_for(), hint.map(|hint| self.now.since(hint)))
    }

    /// The same pace, or a slower one where so many names are asked about at the same servers that these would
    /// never have a rest.
    fn unhurried(&self, zone: Option<usize>, pace: std::time::Duration) -> std::time::Duration {
        pace.max(schedule::EACH_AT_A_SERVER * zone.map_or(0, |zone| self.auth.busiest(zone)))
    }

    fn label(name: &Name) -> Arc<str> {
        Arc::from(name.as_str())
    }
}

fn ways(resolver: &Vantage) -> Vec<Arc<Endpoint>> {
    resolver.endpoints.iter().cloned().map(Arc::new).collect()
}

/// The same number for resolvers of the same operator.
fn operators(plan: &Plan) -> Vec<u32> {
    let mut known = HashMap::new();
    (0u32..).zip(&plan.resolvers).map(|(i, vantage)| *known.entry(&vantage.operator).or_insert(i)).collect()
}

fn spared(plan: &Plan) -> u32 {
    let voters = plan.resolvers.iter().filter(|vantage| vantage.role == Role::Voter).count();
    let spared = voters * usize::from(100u8.saturating_sub(plan.policy.quorum_percent)) / 100;
    u32::try_from(spared).unwrap_or(u32::MAX)
}

fn operators_needed(plan: &Plan, operators: &[u32]) -> usize {
    let voting = plan.resolvers.iter().zip(operators).filter(|(vantage, _)| vantage.role == Role::Voter);
    verdict::OPERATORS.min(voting.map(|(_, operator)| operator).collect::<BTreeSet<_>>().len())
}

#[cfg(test)]
mod tests;
