//! The watch's dealings with the zones' own servers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::authority::{self, Node, Said, Word, Zone};
use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::engine::verdict::Blind;
use crate::model::{
    Event, Failure, Name, Question, QuestionType, Seen, Task, Timestamp, VantageId, Walk, WalkEnd, Why,
};

use super::Watch;
use super::progress::{NameSearch, Progress};
use super::timers::Timer;

/// Names that one record's chain may pass through, wrong turns of lagging servers included.
const MOST_NODES_A_WATCH: usize = 64;

impl Watch {
    /// Starts looking for the zone that holds a record's name.
    pub(super) fn begin_record(&mut self, record: usize) {
        let name = self.plan.records[record].name.clone();
        self.records[record].first_look = self.now;
        let search = self.search_for(&name);
        self.records[record].search = search;
        let question = Question { name, qtype: self.plan.records[record].question_type() };
        let node = self.node_for(&question);
        self.records[record].node = Some(node);
        self.hang_on(record, search);
    }

    fn hang_on(&mut self, record: usize, search: usize) {
        if self.records[record].hangs_on.contains(&search) {
            return;
        }
        self.records[record].hangs_on.push(search);
        self.searches[search].records.push(record);
        if self.records[record].right_since.is_none() {
            self.searches[search].wrong += 1;
            if let Some(zone) = self.searches[search].zone {
                self.auth.zones[zone].wrong += 1;
            }
        }
    }

    fn search_for(&mut self, name: &Name) -> usize {
        if let Some(known) = self.search_of.get(name) {
            return *known;
        }
        self.search_of.insert(name.clone(), self.searches.len());
        self.searches.push(NameSearch {
            name: name.clone(),
            zone: None,
            in_flight: false,
            next: Timestamp::MAX,
            lost: 0,
            last: None,
            delegation: Vec::new(),
            records: Vec::new(),
            wrong: 0,
        });
        let search = self.searches.len() - 1;
        self.search(search, Why::First);
        search
    }

    pub(super) fn search(&mut self, search: usize, why: Why) {
        let entry = &mut self.searches[search];
        if entry.in_flight || (why == Why::Retry && entry.next > self.now) {
            return;
        }
        entry.in_flight = true;
        entry.next = Timestamp::MAX;
        let name = entry.name.clone();
        self.leisure.walks_out += 1;
        self.send(Task::Walk { name }, why);
    }

    fn node_for(&mut self, question: &Question) -> usize {
        if let Some(known) = self.auth.node_of(question) {
            return known;
        }
        let question = Arc::new(question.clone());
        self.auth.nodes.push(Node {
            question: Arc::clone(&question),
            zone: None,
            words: Vec::new(),
            next: Timestamp::MAX,
            hurry: false,
            lost: None,
        });
        let node = self.auth.nodes.len() - 1;
        let search = self.search_of.get(&question.name);
        self.auth.places.insert(question, node);
        if let Some(zone) = search.and_then(|&search| self.searches[search].zone) {
            self.bind(node, zone);
        }
        node
    }

    pub(super) fn walk_again(&mut self, zone: usize) {
        if self.auth.zones[zone].next_walk > self.now || self.plan.mode == Mode::Look {
            return;
        }
        let pace = self.delegation(self.zone_is_right(zone));
        if self.is_pressed_at(zone) && self.auth.zones[zone].walk_waits < schedule::WALKS_LEFT_OUT {
            self.auth.zones[zone].walk_waits += 1;
            self.set_walk(zone, self.now + pace);
            return;
        }
        self.auth.zones[zone].walk_waits = 0;
        if let Some(search) = self.auth.zones[zone].searches.first().copied() {
            self.search(search, Why::Delegation);
        }
        self.set_walk(zone, self.now + pace);
    }

    /// How often one delegation is looked at.
    fn delegation(&self, right: bool) -> Duration {
        let walks = u32::try_from(self.auth.zones.len()).unwrap_or(u32::MAX);
        schedule::delegation(self.watching_for(), right).max(schedule::EACH_WALK.saturating_mul(walks))
    }

    fn set_walk(&mut self, zone: usize, at: Timestamp) {
        self.auth.zones[zone].next_walk = at;
        self.timers.set(at, Timer::Walk(zone), Why::Delegation);
    }

    pub(super) fn zone_is_right(&self, zone: usize) -> bool {
        self.auth.zones[zone].wrong == 0
    }

    pub(super) fn walked(&mut self, name: &Name, seen: Seen) {
        let Some(search) = self.search_of.get(name).copied() else { return };
        if std::mem::take(&mut self.searches[search].in_flight) {
            self.leisure.walks_out -= 1;
        }
        let walk = match seen {
            Seen::Walked(walk) => *walk,
            _ => return,
        };
        self.searches[search].records.clone().into_iter().for_each(|record| self.mark(record));
        if self.blind == Blind::Intercepted && self.plan.mode == Mode::Watch {
            self.look_for_interceptor();
        }
        if walk.end == WalkEnd::Found {
            self.searches[search].lost = 0;
            self.see_again();
            self.delegated(search, walk);
            self.zone_found(name);
            return;
        }
        for node in self.auth.nodes_of(name) {
            self.auth.nodes[node].lost = Some(walk.end.clone());
        }
        let lost = matches!(&walk.end, WalkEnd::Unreached(Failure::Silent { .. } | Failure::NoRoute));
        let losses = if lost { self.searches[search].lost.saturating_add(1) } else { 0 };
        self.searches[search].lost = losses;
        let pace = self.delegation(false);
        // A network that is gone for a moment is no reason to miss a move for minutes.
        let retry = self.now + if lost { pace.min(schedule::backoff(losses)) } else { pace };
        let first = self.searches[search].last.is_none();
        // A zone that was there does not vanish because nobody could be heard.
        let unheard = matches!(walk.end, WalkEnd::Unreached(_));
        if !(unheard && self.searches[search].zone.is_some()) {
            self.searches[search].keep(Arc::new(walk));
        }
        if lost && self.auth.zones.is_empty() && (first || self.blind != Blind::No) {
            self.look_for_a_way_out();
        }
        self.searches[search].next = retry;
        if self.plan.mode == Mode::Watch {
            self.timers.set(retry, Timer::Search(search), Why::Retry);
        }
    }

    /// A walk came through: plain DNS works after all.
    fn see_again(&mut self) {
        if matches!(self.blind, Blind::Blocked | Blind::NoNetwork) {
            self.blind = Blind::No;
            self.probes.clear();
            (0..self.records.len()).for_each(|record| self.mark(record));
        }
    }

    fn delegated(&mut self, search: usize, walk: Walk) {
        let known = self.auth.zone_of.get(&walk.zone).copied();
        let zone = known.unwrap_or_else(|| {
            self.auth.zones.push(Zone {
                name: walk.zone.clone(),
                walk: Arc::new(walk.clone()),
                servers: Vec::new(),
                former: Vec::new(),
                moved: None,
                hint: None,
                next_walk: Timestamp::MAX,
                walk_waits: 0,
                next_serial: self.now,
                nodes: BTreeSet::new(),
                searches: BTreeSet::new(),
                wrong: 0,
            });
            let zone = self.auth.zones.len() - 1;
            self.auth.zone_of.insert(walk.zone.clone(), zone);
            zone
        });
        let changed = self.update_servers(zone, &walk, known.is_some());
        if known.is_none() || changed {
            let walk = Box::new(walk.clone());
            self.out.events.push(Event::Delegation { at: self.now, walk, changed });
        }
        // Names of one zone find the same: one copy is enough for all of them.
        let before = &self.auth.zones[zone].walk;
        let walk = if finds_the_same(before, &walk) { Arc::clone(before) } else { Arc::new(walk) };
        self.auth.zones[zone].walk = Arc::clone(&walk);
        let moved_here = self.searches[search].zone != Some(zone);
        self.ends_in(search, zone);
        self.searches[search].keep(walk);
        if known.is_none() {
            let right = false;
            self.set_walk(zone, self.now + self.delegation(right));
            self.timers.set(self.now, Timer::Serial(zone), Why::First);
        }
        if changed {
            // Who has joined has a say in the verdict on every name of the zone, before it was asked about it.
            let searches = self.auth.zones[zone].searches.clone();
            let records = searches.iter().flat_map(|&search| self.searches[search].records.clone());
            records.collect::<Vec<_>>().into_iter().for_each(|record| self.mark(record));
        }
        let name = self.searches[search].name.clone();
        let mut nodes = if changed { self.auth.zones[zone].nodes.clone() } else { BTreeSet::new() };
        if moved_here {
            nodes.extend(self.auth.nodes_of(&name));
        }
        nodes.into_iter().for_each(|node| self.bind(node, zone));
    }

    fn ends_in(&mut self, search: usize, zone: usize) {
        let NameSearch { zone: before, wrong, .. } = &mut self.searches[search];
        let wrong = *wrong;
        let before = before.replace(zone).filter(|&before| before != zone);
        if let Some(before) = before {
            self.auth.zones[before].searches.remove(&search);
            self.auth.zones[before].wrong -= wrong;
        }
        if self.auth.zones[zone].searches.insert(search) {
            self.auth.zones[zone].wrong += wrong;
        }
    }

    /// Gives a node the servers of its zone and asks them at once.
    fn bind(&mut self, node: usize, zone: usize) {
        let servers: Vec<usize> =
            self.auth.zones[zone].servers.iter().chain(&self.auth.zones[zone].former).copied().collect();
        let entry = &mut self.auth.nodes[node];
        if entry.zone != Some(zone) {
            entry.words.clear();
            if let Some(before) = entry.zone {
                self.auth.zones[before].nodes.remove(&node);
            }
            self.auth.zones[zone].nodes.insert(node);
        }
        entry.zone = Some(zone);
        entry.words.reserve_exact(servers.len().saturating_sub(entry.words.len()));
        for server in servers {
            let entry = &mut self.auth.nodes[node];
            if entry.words.iter().all(|word| word.server != server) {
                entry.words.push(Word {
                    server,
                    said: Said::Nothing,
                    at: Timestamp::default(),
                    asked_at: Timestamp::default(),
                    heard: false,
                    failures: 0,
                    in_flight: false,
                });
                self.auth.burden(server);
            }
        }
        let entry = &mut self.auth.nodes[node];
        entry.next = self.now;
        self.timers.set(self.now, Timer::Node(node), Why::First);
    }

    /// Puts a node's question to all its servers.
    pub(super) fn ask_node(&mut self, node: usize) {
        if self.auth.nodes[node].next > self.now || self.blind == Blind::Intercepted {
            return;
        }
        if self.leisure.at_servers >= schedule::AT_SERVERS {
            self.auth.nodes[node].next = Timestamp::MAX;
            self.leisure.nodes_in_line.push_back(node);
            return;
        }
        let first = self.auth.nodes[node].words.iter().any(|word| word.said == Said::Nothing);
        let right = self.node_is_right(node);
        let why = match (first, right) {
            (true, _) => Why::First,
            (false, false) => Why::AuthorityNotRight,
            (false, true) => Why::Routine,
        };
        if why == Why::AuthorityNotRight && self.can_wait(node) {
            return;
        }
        // What is still on its way may have been said before whatever was the reason to hurry.
        let entry = &mut self.auth.nodes[node];
        entry.hurry &= entry.words.iter().any(|word| word.in_flight);
        self.send_node(node, why);
        let zone = self.auth.nodes[node].zone;
        let pace = if right { self.unhurried(zone, schedule::AUTHORITY_RIGHT) } else { self.pace(zone) };
        self.set_node(node, self.now + pace, if right { Why::Routine } else { Why::AuthorityNotRight });
    }

    /// There is room for one more question to a name server.
    fn ask_next_node(&mut self) {
        while self.leisure.at_servers < schedule::AT_SERVERS {
            let Some(node) = self.leisure.nodes_in_line.pop_front() else { return };
            // Whatever has set its next look meanwhile has its own timer.
            if self.auth.nodes[node].next == Timestamp::MAX {
                self.auth.nodes[node].next = self.now;
                self.ask_node(node);
            }
        }
    }

    pub(super) fn set_node(&mut self, node: usize, at: Timestamp, why: Why) {
        let entry = &mut self.auth.nodes[node];
        entry.next = at;
        entry.hurry |= matches!(why, Why::Retry | Why::Expired);
        if self.plan.mode == Mode::Watch {
            self.timers.set(at, Timer::Node(node), why);
        }
    }

    pub(super) fn node_is_right(&self, node: usize) -> bool {
        let name = &self.auth.nodes[node].question.name;
        let search = self.search_of.get(name).map(|&search| &self.searches[search]);
        search.is_some_and(|search| search.wrong == 0 && !search.records.is_empty())
    }

    pub(super) fn send_node(&mut self, node: usize, why: Why) {
        let question = self.auth.nodes[node].question.clone();
        for i in 0..self.auth.nodes[node].words.len() {
            let word = &self.auth.nodes[node].words[i];
            let server = &self.auth.servers[word.server];
            let rested = word.said == Said::Nothing || self.now.since(word.at) >= schedule::FORMER;
            if word.in_flight || !(server.current || rested) {
                continue;
            }
            let task = server.asked(&question);
            self.auth.nodes[node].words[i].in_flight = true;
            self.auth.nodes[node].words[i].asked_at = self.now;
            self.send(task, why);
        }
    }

    pub(super) fn authority_answered(&mut self, vantage: VantageId, question: &Question, seen: &Seen) {
        self.leisure.at_servers = self.leisure.at_servers.saturating_sub(1);
        self.ask_next_node();
        let Some(server) = (vantage.0 as usize).checked_sub(self.plan.resolvers.len()) else { return };
        let Some(zone) = self.auth.servers.get(server).map(|server| server.zone.clone()) else { return };
        self.note_serial(server, &zone, seen);
        if question.qtype == QuestionType::Soa {
            self.auth.servers[server].serial_out = false;
            return;
        }
        let Some(node) = self.auth.node_of(question) else { return };
        let mut said = authority::said(&zone, seen);
        // Most servers say the same: one copy is enough for all of them.
        let alike = self.auth.nodes[node].words.iter().find(|word| word.said == said);
        if let Some(alike) = alike {
            said = alike.said.clone();
        }
        let sent_on = match &said {
            Said::Answer(answer) => authority::sent_on(&zone, answer),
            _ => None,
        };
        let silence = matches!(said, Said::Dead(_));
        let now = self.now;
        let Some(word) = self.auth.nodes[node].words.iter_mut().find(|word| word.server == server) else {
            return;
        };
        word.in_flight = false;
        // Of many names one is asked about seldom, and then its word counts for how long it has lasted.
        let lasted = now.since(word.at) >= schedule::JUDGED_AGAIN;
        word.at = now;
        word.heard |= !matches!(said, Said::Dead(_));
        word.failures = if matches!(said, Said::Dead(_)) { word.failures.saturating_add(1) } else { 0 };
        // A probe is several packets, and still one lost probe proves nothing about a server that has
        // answered before.
        let keeps =
            word.failures == 1 && matches!(word.said, Said::Answer(_)) && self.plan.mode == Mode::Watch;
        let news = word.said != said || word.failures == 2;
        let hint = authority::counts_down(&word.said, &said);
        if !keeps {
            word.said = said;
        } else {
            self.set_node(node, now + schedule::backoff(0), Why::Retry);
        }
        if let Some(ttl) = hint.filter(|_| !self.node_is_right(node)) {
            let end = schedule::end_of(now, ttl, false) + schedule::AFTER_END;
            if end < self.auth.nodes[node].next {
                self.set_node(node, end, Why::Expired);
            }
        }
        let records: Vec<usize> = self.hanging_on(&question.name);
        if let Some(target) = sent_on {
            self.follow(&records, &target, question.qtype);
        }
        // What has lasted is judged once all that were asked with it have answered. Those that are silent are not waited
        // for: of two of them one is under way at most answers, and what lasts would be judged late.
        let more = self.auth.nodes[node].words.iter().any(|word| word.in_flight && word.failures == 0);
        for record in records {
            let Progress { node: own, right_since, .. } = &self.records[record];
            let lasts = lasted && !more && right_since.is_none() && *own == Some(node);
            let due = self.is_due(record, more && right_since.is_none());
            if news || lasts || (silence && self.awaits_silence(record)) || due {
                self.mark(record);
            }
        }
    }

    /// Whether one that was silent is asked once more before all servers of a record count as right: then each silence
    /// is news.
    pub(super) fn awaits_silence(&self, record: usize) -> bool {
        let progress = &self.records[record];
        progress.agreed_since.is_some() && progress.right_since.is_none()
    }

    /// Whether a record's verdict may change with time alone, at the next finding; `more` where another is to come soon.
    fn is_due(&self, record: usize, more: bool) -> bool {
        let progress = &self.records[progress_of(&self.records, record)];
        let waits =
            progress.settle_from.is_some() || progress.settle_at < Timestamp::MAX || !progress.decided;
        waits
            || self.now <= progress.looking_until
            || !more && self.now.since(progress.judged_at) >= schedule::JUDGED_AGAIN
    }

    pub(super) fn hanging_on(&self, name: &Name) -> Vec<usize> {
        self.search_of.get(name).map(|&search| self.searches[search].records.clone()).unwrap_or_default()
    }

    /// An alias leaves the zone: its target is asked for where it lives.
    fn follow(&mut self, records: &[usize], target: &Name, qtype: QuestionType) {
        let question = Question { name: target.clone(), qtype };
        if self.auth.node_of(&question).is_none() {
            if self.auth.nodes.len() >= MOST_NODES_A_WATCH.max(self.plan.records.len() * 4) {
                return;
            }
            self.search_for(target);
            self.node_for(&question);
        }
        let search = self.search_for(target);
        for &record in records {
            self.hang_on(record, search);
        }
    }
}

/// Whether two walks have found the same, for whichever name and at whatever cost.
fn finds_the_same(a: &Walk, b: &Walk) -> bool {
    a.zone == b.zone
        && a.parent == b.parent
        && a.end == b.end
        && a.parents == b.parents
        && a.servers == b.servers
}

/// The record that a guard protects, or the record itself.
fn progress_of(records: &[Progress], record: usize) -> usize {
    records[record].guards.unwrap_or(record)
}
