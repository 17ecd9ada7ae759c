//! What can wait while the name servers of many names have enough to answer.
//!
//! Politeness lets a name server be asked so much a second and no more. Of thousands of names at the same servers,
//! those that were not looked at yet come first, and what else the CA looks at of those that have arrived. To ask
//! again about those that have not arrived can wait, unless their zone was edited; and so can the first look at
//! what else the CA looks at of these, which puts more questions to the servers than anything else.

use std::collections::VecDeque;

use crate::engine::authority::Node;
use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::model::{Name, Timestamp, Why};

use super::Watch;

impl Watch {
    /// The zone of a name is known: the first look at what a CA looks at, as soon as the name servers have leisure.
    pub(super) fn zone_found(&mut self, name: &Name) {
        let Some(subject) = self.subject_named(name).filter(|&s| self.subjects[s].asked_at.is_none()) else {
            return;
        };
        if self.plan.mode == Mode::Watch {
            self.early_looks.push_back(subject);
        } else {
            self.look_at(subject, Why::First);
        }
    }

    /// Whether a node whose time has come waits in line instead: it was asked before, its answer was another than the
    /// expected one, nothing says that this has changed, and no record that counts as right rests on it.
    pub(super) fn can_wait(&mut self, node: usize) -> bool {
        let Node { zone, hurry, question, .. } = &self.auth.nodes[node];
        let pressed = zone.is_some_and(|zone| self.plan.mode == Mode::Watch && self.is_pressed_at(zone));
        if !pressed || *hurry {
            return false;
        }
        let zone = *zone;
        let rests = |&record: &usize| {
            let progress = &self.records[record];
            progress.row.is_some() && progress.right_since.is_some() || self.awaits_silence(record)
        };
        if self.hanging_on(&question.name).iter().any(rests) {
            return false;
        }
        let at_most = self.now + self.pace(zone) * schedule::PACES_AT_LEISURE;
        self.auth.nodes[node].next = Timestamp::MAX;
        self.nodes_at_leisure.insert((at_most, node));
        true
    }

    /// Whether what is routine at the servers of a zone had better wait.
    pub(super) fn is_pressed_at(&self, zone: usize) -> bool {
        let edited = self.auth.zones[zone].hint.is_some_and(|at| self.now.since(at) < schedule::HINT_LASTS);
        self.is_pressed() && !edited && self.auth.busiest(zone) > schedule::FEW_AT_SERVERS
    }

    fn is_pressed(&self) -> bool {
        self.at_servers > schedule::FEW_AT_SERVERS || self.walks_out > schedule::FEW_WALKS
    }

    /// Whether a look waits for its turn; if so it stands in line now. As many are under way as can be carried out; a
    /// look whose questions stood in line elsewhere would be old by the time it comes back.
    pub(super) fn stands_in_line(&mut self, subject: usize, why: Why) -> bool {
        if self.plan.mode == Mode::Look || self.surveys_out < schedule::SURVEYS {
            return false;
        }
        let line = match why {
            Why::Settle => 0,
            Why::Confirm => 1,
            _ => 2,
        };
        let entry = &mut self.subjects[subject];
        if entry.in_line.is_none_or(|now| line < now) {
            entry.in_line = Some(line);
            self.looks_in_line[line].push_back((subject, why));
        }
        true
    }

    fn look_next(&mut self) {
        while self.surveys_out < schedule::SURVEYS {
            // Every fourth is of the last line that has any, so that none stands there for ever.
            let mut lines = self.looks_in_line.iter_mut().filter(|line| !line.is_empty());
            let line = if self.looks_begun % 4 == 3 { lines.next_back() } else { lines.next() };
            let Some((subject, why)) = line.and_then(VecDeque::pop_front) else { return };
            // It may have stood in another line before.
            if self.subjects[subject].in_line.is_some() {
                self.look_at(subject, why);
            }
        }
    }

    /// Goes on with what stands in line or could wait, and with what has waited long enough.
    pub(super) fn use_leisure(&mut self) {
        self.look_next();
        while let Some(&(at_most, node)) = self.nodes_at_leisure.first() {
            if self.is_pressed() && self.now < at_most {
                break;
            }
            self.nodes_at_leisure.pop_first();
            // Whatever has set its next look meanwhile has its own timer.
            if self.auth.nodes[node].next == Timestamp::MAX {
                self.auth.nodes[node].next = self.now;
                self.auth.nodes[node].hurry = true;
                self.ask_node(node);
            }
        }
        while !self.is_pressed() && self.looks_out < schedule::EARLY_LOOKS {
            let Some(subject) = self.early_looks.pop_front() else { return };
            if self.subjects[subject].asked_at.is_none() {
                self.look_at(subject, Why::First);
            }
        }
    }

    /// Whatever was under way is lost. Those who waited for it go on by themselves.
    pub(super) fn forget_leisure(&mut self) -> Vec<usize> {
        self.walks_out = 0;
        self.looks_in_line = Default::default();
        let waiting = std::mem::take(&mut self.nodes_at_leisure).into_iter().map(|(_, node)| node);
        waiting.chain(std::mem::take(&mut self.nodes_in_line)).collect()
    }
}
