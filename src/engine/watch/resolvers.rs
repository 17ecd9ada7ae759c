//! The watch's dealings with caches: public resolvers and this machine's own.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::convergence::{Around, Stance};
use crate::engine::plan::Mode;
use crate::engine::reading::{self, Reading};
use crate::engine::schedule;
use crate::engine::verdict::Blind;
use crate::model::{
    Endpoint, Event, Failure, Manner, Name, Port53, Question, QuestionType, RecordId, Role, Seen, Shift,
    Standing, Task, Timestamp, VantageId, Why,
};

use super::Watch;
use super::servers::ns_ttl;
use super::timers::Timer;

/// Encrypted resolvers that are asked whether anything at all can be reached.
const WAYS_OUT: usize = 6;

impl Watch {
    /// From now on the record's resolvers may be asked: every authority that answers is right, so no
    /// question can plant the old answer.
    pub(super) fn open_gate(&mut self, record: usize) {
        if self.records[record].row.is_none() || self.records[record].gate_open {
            return;
        }
        self.records[record].gate_open = true;
        for cell in self.cells_of(record) {
            // What came back while the gate was closed may be the old answer's.
            self.cells[cell].doubt();
            // An end that was announced before still stands, and nothing is to be learnt before it.
            let end = self.cells[cell].honest_end().filter(|&end| end > self.now);
            let (at, why) =
                end.map_or((self.now, Why::First), |end| (end + schedule::AFTER_END, Why::Expired));
            self.cells[cell].next = at;
            self.cells[cell].why = why;
            self.timers.set(at, Timer::Cell(cell), why);
        }
        if self.plan.mode == Mode::Look {
            self.asked_all = Some(self.now);
            self.timers.set(self.now + schedule::GRACE_FOR_THE_SLOW, Timer::Look, Why::First);
        }
    }

    /// An authority fell back: what was confirmed may be filled with the old answer again.
    pub(super) fn close_gate(&mut self, record: usize) {
        self.records[record].gate_open = self.plan.policy.look_anyway;
        self.records[record].settle_from = None;
        for cell in self.cells_of(record) {
            self.cells[cell].doubt();
        }
    }

    fn place_of(&self, cell: usize) -> (usize, usize) {
        let resolvers = self.plan.resolvers.len();
        (self.rows[cell / resolvers], cell % resolvers)
    }

    /// Sends the samples that a cell is missing.
    pub(super) fn ask_resolver(&mut self, cell: usize) {
        if self.cells[cell].next > self.now {
            return;
        }
        let (record, resolver) = self.place_of(cell);
        if self.under_way[resolver] >= schedule::UNDER_WAY {
            // Asked as soon as others have been answered; what waits here costs four octets.
            self.cells[cell].next = Timestamp::MAX;
            if self.cells[cell].missing(self.plan.mode == Mode::Look) > 0 {
                self.stand_in_line(record, cell, resolver);
            }
            return;
        }
        if self.late[resolver] && self.cells[cell].put_off() {
            self.timers.set(self.cells[cell].next, Timer::Cell(cell), Why::Expired);
            return;
        }
        self.cells[cell].next = Timestamp::MAX;
        if !self.records[record].gate_open {
            return;
        }
        let Some(server) = self.endpoint_of(cell, resolver) else { return };
        // What is asked of the resolvers is what its servers are asked.
        let Some(node) = self.records[record].node else { return };
        let question = Arc::clone(&self.auth.nodes[node].question);
        let entry = &self.cells[cell];
        let (missing, why, is_new) =
            (entry.missing(self.plan.mode == Mode::Look), entry.why, !entry.asked.is_owed());
        if missing > 0 && is_new {
            self.records[record].asking += u32::from(self.votes(resolver));
        }
        self.under_way[resolver] += u32::from(missing);
        for _ in 0..missing {
            let entry = &mut self.cells[cell];
            let sample = entry.sample;
            entry.sample = sample.wrapping_add(1);
            entry.asked.one_more();
            let task = Task::Ask {
                vantage: self.vantage_id(resolver),
                server: Arc::clone(&server),
                question: Arc::clone(&question),
                manner: Manner::Recursive,
                sample,
                record: Some(self.record_id(record)),
            };
            self.send(task, why);
        }
    }

    fn stand_in_line(&mut self, record: usize, cell: usize, resolver: usize) {
        if !self.cells[cell].asked.is_owed() {
            self.records[record].asking += u32::from(self.votes(resolver));
        }
        if self.cells[cell].asked.stand_in_line() {
            self.in_line[resolver].push_back(u32::try_from(cell).unwrap_or(u32::MAX));
        }
    }

    fn votes(&self, resolver: usize) -> bool {
        self.plan.resolvers[resolver].role == Role::Voter
    }

    /// A resolver has room for one more question.
    fn ask_next_in_line(&mut self, resolver: usize) {
        while self.under_way[resolver] < schedule::UNDER_WAY {
            let Some(cell) = self.in_line[resolver].pop_front() else { return };
            let cell = cell as usize;
            self.cells[cell].asked.leave_line();
            if self.cells[cell].asked.is_owed() {
                continue;
            }
            let (record, _) = self.place_of(cell);
            self.records[record].asking -= u32::from(self.votes(resolver));
            // Whatever has set its next look meanwhile has its own timer.
            if self.cells[cell].next == Timestamp::MAX {
                self.cells[cell].next = self.now;
                self.ask_resolver(cell);
            }
        }
    }

    /// The endpoint to use: the preferred one, or the first encrypted one where plain DNS is not to be
    /// trusted. A resolver that cannot be reached that way is silent for want of a route.
    fn endpoint_of(&mut self, cell: usize, resolver: usize) -> Option<Arc<Endpoint>> {
        let blind = self.blind != Blind::No;
        let from = usize::from(self.cells[cell].endpoint);
        let found = self.ways[resolver]
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, e)| !(blind && e.transport.is_plain()));
        match found {
            Some((i, endpoint)) => {
                self.cells[cell].endpoint = u8::try_from(i).unwrap_or(u8::MAX);
                Some(Arc::clone(endpoint))
            }
            None => {
                let (record, _) = self.place_of(cell);
                self.fold_cell(record, cell, resolver, Reading::Silent(Failure::NoRoute), 0);
                self.mark_caches(record);
                None
            }
        }
    }

    pub(super) fn resolver_answered(&mut self, record: RecordId, vantage: VantageId, seen: &Seen) {
        let (record, resolver) = (record.0 as usize, vantage.0 as usize);
        // Nobody asks a resolver for a guard; a damaged journal may say so.
        let is_asked = self.records.get(record).is_some_and(|record| record.row.is_some());
        if !is_asked || resolver >= self.plan.resolvers.len() {
            return;
        }
        let cell = self.cells_of(record).start + resolver;
        if self.cells[cell].asked.one_less() && !self.cells[cell].asked.is_owed() {
            self.records[record].asking -= u32::from(self.votes(resolver));
        }
        self.under_way[resolver] = self.under_way[resolver].saturating_sub(1);
        self.ask_next_in_line(resolver);
        let reading = reading::read(&self.plan.records[record], &self.records[record].truth, seen);
        if reading == Reading::Silent(Failure::NoRoute) && self.next_endpoint(cell, resolver) {
            return;
        }
        let before = self.cells[cell].stance();
        let rtt = if let Seen::Answered(answer) = seen { answer.rtt_micros } else { 0 };
        self.fold_cell(record, cell, resolver, reading, rtt);
        let stance = self.cells[cell].stance();
        self.records[record].crossed |= match stance {
            Stance::Confirmed => false,
            // One that was left out counts again, and is not right yet.
            Stance::Unasked | Stance::Unconfirmed => matches!(before, Stance::Confirmed | Stance::Out),
            Stance::Contradicts | Stance::Out => true,
        };
        let contradicts = self.votes(resolver) && stance == Stance::Contradicts;
        if contradicts && self.records[record].settle_from.is_some() {
            // Settling begins anew from now, however soon it turns back.
            self.records[record].unweighed = true;
        }
        self.mark_caches(record);
    }

    /// Another address family or transport of the same resolver, where this machine has no way to one.
    fn next_endpoint(&mut self, cell: usize, resolver: usize) -> bool {
        let next = usize::from(self.cells[cell].endpoint) + 1;
        if next >= self.plan.resolvers[resolver].endpoints.len() {
            return false;
        }
        if self.cells[cell].asked.under_way() == 0 {
            self.cells[cell].endpoint = u8::try_from(next).unwrap_or(u8::MAX);
            self.cells[cell].next = self.now;
            self.timers.set(self.now, Timer::Cell(cell), Why::First);
        }
        true
    }

    fn fold_cell(&mut self, record: usize, cell: usize, resolver: usize, reading: Reading, rtt_micros: u32) {
        let before = self.cells[cell].standing();
        if let Reading::Wrong { ttl, .. } = &reading {
            let operator = self.operators[resolver];
            self.records[record].note_shown(*ttl, operator);
        }
        let progress = &self.records[record];
        let old_life = progress.old_life();
        let around = Around {
            at: self.now,
            said_at: schedule::said_at(self.now, rtt_micros),
            samples: self.samples,
            apart: self.apart(),
            limit: self.honest_limit(record),
            cap: old_life.filter(|_| self.moved(record).is_none()),
            peek: old_life.is_none().then(|| progress.new_ttl.max(1)),
            late: self.late[resolver],
        };
        self.late[resolver] |= self.cells[cell].fold(reading, around);
        self.cells[cell].share(&mut self.records[record].details);
        self.schedule_cell(cell);
        let after = self.cells[cell].standing();
        if is_worth_telling(&before, &after) {
            self.out.events.push(Event::Shift(Box::new(Shift {
                at: self.now,
                record: self.record_id(record),
                vantage: self.vantage_id(resolver),
                from: before,
                to: after,
            })));
        }
    }

    /// Further samples are asked for while it settles anyway; a single look asks for all at once.
    fn apart(&self) -> Duration {
        match self.plan.mode {
            Mode::Look => Duration::ZERO,
            Mode::Watch => schedule::A_COUNT.min(self.plan.policy.settle),
        }
    }

    /// When all wait for the last few, those are asked whether they count their time down: a resolver that
    /// does not would be waited for until an end that it has made up.
    pub(super) fn check_the_last(&mut self, record: usize) {
        if self.plan.mode == Mode::Look || !self.records[record].gate_open {
            return;
        }
        let cells = self.cells_of(record);
        let votes = |cell: &usize| self.votes(cell - cells.start);
        let awaited = |cell: &usize| self.cells[*cell].is_awaited();
        let last = cells.clone().filter(awaited).filter(votes).take(schedule::LAST_FEW + 1);
        let mut few = [None; schedule::LAST_FEW + 1];
        few.iter_mut().zip(last).for_each(|(place, cell)| *place = Some(cell));
        if few.iter().all(Option::is_some) {
            return;
        }
        for cell in few.into_iter().flatten() {
            if self.cells[cell].check(self.now) {
                self.timers.set(self.cells[cell].next, Timer::Cell(cell), Why::Confirm);
            }
        }
    }

    /// A single look asks only for samples that are missing; a watch for everything in its time.
    fn schedule_cell(&mut self, cell: usize) {
        let (at, why) = (self.cells[cell].next, self.cells[cell].why);
        if self.plan.mode == Mode::Look && why != Why::Confirm {
            self.cells[cell].next = Timestamp::MAX;
            return;
        }
        self.timers.set(at, Timer::Cell(cell), why);
    }

    /// When the zone of the record was last seen to move, with the TTL of the delegation that it left.
    pub(super) fn moved(&self, record: usize) -> Option<(Timestamp, u32)> {
        let zone = self.searches.get(self.records[record].search)?.zone?;
        self.auth.zones[zone].moved
    }

    /// No cache that was filled before the authorities were right can honestly be wrong after this.
    pub(super) fn honest_limit(&self, record: usize) -> Timestamp {
        let progress = &self.records[record];
        let Some(right_since) = progress.right_since else { return Timestamp::MAX };
        let life = progress.longest_life();
        let by_address = right_since.plus_secs(life.saturating_add(2));
        if progress.old_life().is_none() && self.moved(record).is_none() {
            // The change was made before this watch began. It may have been a move to other servers, and
            // then caches may know the old ones for as long as the delegation lives.
            return right_since
                .plus_secs(self.delegation_life(record).saturating_add(life).saturating_add(2));
        }
        // Caches that still know the old delegation go on asking the old servers until its TTL ends.
        self.moved(record).map_or(by_address, |(at, ns_ttl)| {
            by_address.max(at.plus_secs(ns_ttl.saturating_add(life).saturating_add(2)))
        })
    }

    /// The TTL that the parent gives the delegation of the record's zone, in seconds; 0 where it was not
    /// looked at.
    pub(super) fn delegation_life(&self, record: usize) -> u32 {
        let zone = self.searches.get(self.records[record].search).and_then(|search| search.zone);
        zone.map_or(0, |zone| ns_ttl(&self.auth.zones[zone].walk))
    }

    /// Nothing answers on port 53: is it the port, or is there no network at all? Encrypted resolvers are
    /// asked about the root, which plants nothing.
    pub(super) fn look_for_a_way_out(&mut self) {
        if self.probes.values().any(Option::is_none) {
            return;
        }
        self.probes.clear();
        let mut operators: Vec<&str> = Vec::new();
        let mut chosen = Vec::new();
        for (i, vantage) in self.plan.resolvers.iter().enumerate() {
            let encrypted = self.ways[i].iter().find(|endpoint| !endpoint.transport.is_plain());
            if let Some(endpoint) = encrypted.filter(|_| !operators.contains(&&*vantage.operator)) {
                operators.push(&vantage.operator);
                chosen.push((self.vantage_id(i), Arc::clone(endpoint)));
            }
            if chosen.len() == WAYS_OUT {
                break;
            }
        }
        if chosen.is_empty() {
            return;
        }
        for (vantage, server) in chosen {
            self.probes.insert(vantage.0, None);
            let question = Arc::new(Question { name: Name::root(), qtype: QuestionType::Ns });
            let manner = Manner::Recursive;
            self.send(Task::Ask { vantage, server, question, manner, sample: 0, record: None }, Why::First);
        }
    }

    pub(super) fn probe_answered(&mut self, vantage: VantageId, seen: &Seen) {
        self.probes.insert(vantage.0, Some(matches!(seen, Seen::Answered(_))));
        if !self.auth.zones.is_empty() || self.blind == Blind::Intercepted {
            return;
        }
        let open = self.probes.values().any(|probe| *probe == Some(true));
        let all_back = self.probes.values().all(Option::is_some);
        let before = self.blind;
        if open {
            self.blind = Blind::Blocked;
        } else if all_back {
            self.blind = Blind::NoNetwork;
        }
        if self.blind != before {
            if open {
                self.out.events.push(Event::Port53 { at: self.now, seen: Port53::Blocked });
                self.look_through_encrypted();
            }
            (0..self.records.len()).for_each(|record| self.mark(record));
        }
    }

    /// Plain answers cannot be had or not be trusted: resolvers are the only view that is left, over TLS
    /// and HTTPS. What they say can never make the verdict *safe*.
    pub(super) fn look_through_encrypted(&mut self) {
        for record in 0..self.records.len() {
            for cell in self.cells_of(record) {
                self.cells[cell].doubt();
            }
            self.records[record].gate_open = false;
            self.open_gate(record);
            self.mark(record);
        }
    }
}

/// Ends that move by a tick are no news; another answer, another end, or a confirmed answer is.
fn is_worth_telling(before: &Standing, after: &Standing) -> bool {
    use Standing::{Mixed, Right, Wrong};
    let moved = match (before.until(), after.until()) {
        (Some(a), Some(b)) => a.since(b).max(b.since(a)) > Duration::from_secs(2),
        (a, b) => a != b,
    };
    match (before, after) {
        (Right { .. }, Right { .. }) => before.is_confirmed() != after.is_confirmed(),
        (Wrong { held: a, .. }, Wrong { held: b, .. }) => a != b || moved,
        (Mixed { held: a, wrong: m, caches: n, .. }, Mixed { held: b, wrong: o, caches: p, .. }) => {
            (a, m, n) != (b, o, p) || moved
        }
        (before, after) => before != after,
    }
}
