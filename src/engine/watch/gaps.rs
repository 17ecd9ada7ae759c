//! Picking the thread up after nothing could be seen: a restart, a suspended machine, a network that was
//! gone, a clock that was set.
//!
//! What a watch remembers stands; what it was about to ask is asked now, the zone's own servers first, and
//! the rest politely spread. Every instant in here comes from a journalled input, so a replay does the same.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::engine::authority::Said;
use crate::engine::schedule;
use crate::engine::verdict::Blind;
use crate::model::{
    Errand, Event, Failure, Finding, Gap, GapKind, Port53, Seen, Task, Timestamp, WalkEnd, Why,
};

use super::Watch;
use super::timers::Timer;

/// Whether anything can be reached at all.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The latest answer of anybody.
    answered: Option<Timestamp>,
    /// Failures since then.
    failures: u32,
    /// Among them one that no dead server of the zone alone explains.
    far: bool,
    /// It was told that nothing is answered.
    offline: bool,
}

impl Watch {
    pub(super) fn pick_up(&mut self, gap: Gap) {
        self.out.events.push(Event::Gap { at: self.now, gap });
        if matches!(gap.kind, GapKind::Restarted | GapKind::Rebooted) {
            self.forget_errands();
        }
        if gap.kind == GapKind::Rebooted {
            self.begin_waits_anew(gap.from);
        }
        let set = matches!(gap.kind, GapKind::ClockSet { .. } | GapKind::Rebooted);
        if set {
            self.doubt_ends();
        }
        let long = set || gap.to.unwrap_or(self.now).since(gap.from) >= schedule::LONG_GAP;
        if long {
            self.ask_servers_now();
            self.settle_anew();
        }
        self.spread_overdue(long);
        self.look_for_interceptor();
    }

    /// Nobody knows what has come and gone meanwhile: time that was not watched settles nothing, and what was
    /// confirmed before it is confirmed once more before the last word.
    fn settle_anew(&mut self) {
        self.unseen_until = self.now;
        self.closing = None;
        for record in 0..self.records.len() {
            if self.records[record].settle_from.take().is_some() {
                self.mark(record);
            }
        }
    }

    /// The machine's clock may be ahead by any time after a reboot. A wait that was not over when the watch last ran
    /// begins again: what the CA keeps, and what a cache can honestly hold.
    fn begin_waits_anew(&mut self, ran_until: Timestamp) {
        let now = self.now;
        for record in 0..self.records.len() {
            let limit = self.honest_limit(record);
            let progress = &mut self.records[record];
            progress.keep_wrongs_anew(ran_until, now);
            if let Some(since) = progress.right_since.as_mut().filter(|_| limit > ran_until) {
                *since = now;
            }
        }
        for zone in &mut self.auth.zones {
            if let Some((at, ttl)) = &mut zone.moved
                && at.plus_secs(*ttl) > ran_until
            {
                *at = now;
            }
        }
        self.bar_anew(ran_until);
    }

    /// The machine may have come to another network: is somebody on the way there?
    pub(super) fn look_for_interceptor(&mut self) {
        self.out.errands.push(Errand { task: Task::Intercept, why: Why::Retry });
    }

    /// Whatever was under way is lost, so it is due again.
    fn forget_errands(&mut self) {
        self.in_flight = 0;
        self.records.iter_mut().for_each(|record| record.asking = 0);
        let now = self.now;
        for (i, search) in self.searches.iter_mut().enumerate() {
            if std::mem::take(&mut search.in_flight) {
                search.next = now;
                self.timers.set(now, Timer::Search(i), Why::Retry);
            }
        }
        for (i, node) in self.auth.nodes.iter_mut().enumerate() {
            let lost =
                node.words.iter_mut().filter_map(|word| std::mem::take(&mut word.in_flight).then_some(()));
            if lost.count() > 0 {
                node.next = now;
                node.hurry = true;
                self.timers.set(now, Timer::Node(i), Why::Retry);
            }
        }
        self.auth.servers.iter_mut().for_each(|server| server.serial_out = false);
        for node in self.leisure.forget() {
            if self.auth.nodes[node].next == Timestamp::MAX {
                self.auth.nodes[node].next = now;
                self.timers.set(now, Timer::Node(node), Why::Retry);
            }
        }
        self.under_way.fill(0);
        for cell in self.in_line.iter_mut().flat_map(std::mem::take) {
            let cell = cell as usize;
            self.cells[cell].asked.leave_line();
            if self.cells[cell].next == Timestamp::MAX {
                self.cells[cell].next = now;
                self.timers.set(now, Timer::Cell(cell), self.cells[cell].why);
            }
        }
        for (i, cell) in self.cells.iter_mut().enumerate() {
            if std::mem::take(&mut cell.asked).is_owed() {
                cell.next = now;
                self.timers.set(now, Timer::Cell(i), cell.why);
            }
        }
        self.forget_looks();
        if self.probes.values().any(Option::is_none) {
            self.probes.clear();
            self.look_for_a_way_out();
        }
    }

    /// Announced ends are instants of a clock that is not what it was: caches that are not right are asked
    /// again, and nothing is concluded from ends that were announced before.
    fn doubt_ends(&mut self) {
        (0..self.records.len()).for_each(|record| self.mark(record));
        for (i, cell) in self.cells.iter_mut().enumerate() {
            if cell.is_unconfirmed() {
                cell.forget_ends();
                cell.next = self.now;
                cell.why = Why::Expired;
                self.timers.set(self.now, Timer::Cell(i), Why::Expired);
            }
        }
    }

    fn ask_servers_now(&mut self) {
        let now = self.now;
        for node in 0..self.auth.nodes.len() {
            if self.auth.nodes[node].zone.is_some() {
                self.set_node(node, now, Why::Retry);
            }
        }
        for (i, search) in self.searches.iter_mut().enumerate() {
            if !search.in_flight && search.next < Timestamp::MAX {
                search.next = now;
                self.timers.set(now, Timer::Search(i), Why::Retry);
            }
        }
        for (i, zone) in self.auth.zones.iter_mut().enumerate() {
            zone.next_serial = now;
            zone.next_walk = now;
            zone.walk_waits = schedule::WALKS_LEFT_OUT;
            self.timers.set(now, Timer::Serial(i), Why::Retry);
            self.timers.set(now, Timer::Walk(i), Why::Delegation);
        }
    }

    /// Sets everything that is overdue to follow each other from now on; after a long gap resolvers wait
    /// until the zone's servers can have answered, so that no question plants what these fell back to.
    fn spread_overdue(&mut self, long: bool) {
        let due: BTreeSet<(Timer, Why)> = self.timers.take_due(self.now).into_iter().collect();
        let count = u32::try_from(due.len()).unwrap_or(u32::MAX).max(1);
        let step = schedule::OVERDUE.min(schedule::ALL_OVERDUE / count);
        let wait = if long { schedule::SERVERS_FIRST } else { Duration::ZERO };
        let (mut servers, mut caches) = (self.now, self.now + wait);
        for (timer, why) in due {
            let at = if matches!(timer, Timer::Cell(_)) { &mut caches } else { &mut servers };
            self.timers.set(*at, timer, why);
            *at = *at + step;
        }
    }

    /// Notes whether anything is answered at all. A network that is gone looks like silence everywhere; what
    /// could not be asked meanwhile is asked as soon as anybody answers again.
    pub(super) fn note_reach(&mut self, finding: &Finding) {
        match (&finding.errand.task, &finding.seen) {
            (Task::Ask { .. }, Seen::Answered(_)) => self.somebody_answered(),
            (_, Seen::Walked(walk)) => match &walk.end {
                WalkEnd::Found | WalkEnd::NoSuchZone => self.somebody_answered(),
                WalkEnd::Unreached(_) => self.nobody_answered(true),
            },
            (Task::Ask { .. }, Seen::Failed(failure)) => self.nobody_answered(*failure == Failure::NoRoute),
            _ => {}
        }
    }

    fn nobody_answered(&mut self, far: bool) {
        let reach = &mut self.reach;
        reach.failures = reach.failures.saturating_add(1);
        reach.far |= far;
        let Some(from) = reach.answered.filter(|_| !reach.offline && reach.far) else { return };
        if reach.failures >= schedule::OFFLINE_FAILURES && self.now.since(from) >= schedule::OFFLINE {
            reach.offline = true;
            let gap = Gap { kind: GapKind::Offline, from, to: None };
            self.out.events.push(Event::Gap { at: self.now, gap });
        }
    }

    fn somebody_answered(&mut self) {
        let now = self.now;
        let from = self.reach.answered.replace(now);
        self.reach.failures = 0;
        self.reach.far = false;
        let Some(from) = from.filter(|_| std::mem::take(&mut self.reach.offline)) else { return };
        let gap = Gap { kind: GapKind::Offline, from, to: Some(now) };
        self.out.events.push(Event::Gap { at: now, gap });
        for (i, cell) in self.cells.iter_mut().enumerate() {
            if cell.is_in_trouble() && cell.asked.under_way() == 0 && cell.next > now {
                cell.next = now;
                self.timers.set(now, Timer::Cell(i), cell.why);
            }
        }
        self.ask_servers_now();
        self.settle_anew();
        self.spread_overdue(true);
        self.look_for_interceptor();
    }

    /// Whether the latest that was heard was an answer, not long ago: only then does silence elsewhere say
    /// anything.
    pub(super) fn is_in_reach(&self) -> bool {
        self.reach.failures == 0
            && self.reach.answered.is_some_and(|at| self.now.since(at) < schedule::OFFLINE)
    }

    /// Nobody answers in other servers' names any more. What was heard meanwhile is not believed.
    pub(super) fn believe_again(&mut self) {
        self.blind = Blind::No;
        self.probes.clear();
        self.out.events.push(Event::Port53 { at: self.now, seen: Port53::Clear });
        for word in self.auth.nodes.iter_mut().flat_map(|node| &mut node.words) {
            word.said = Said::Nothing;
        }
        for record in 0..self.records.len() {
            self.set_right(record, None);
            self.close_gate(record);
            self.mark(record);
        }
        self.discount_looks();
        for search in 0..self.searches.len() {
            self.searches[search].next = self.now;
            self.search(search, Why::Retry);
        }
        self.ask_servers_now();
    }
}
