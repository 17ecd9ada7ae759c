//! What can wait while the name servers of many names have enough to answer.
//!
//! Politeness lets a name server be asked so much a second and no more. Of thousands of names at the same servers,
//! those that were not looked at yet come first, and what else the CA looks at of those that have arrived. To ask
//! again about those that have not arrived can wait, unless their zone was edited; and so can the first look at
//! what else the CA looks at of these, which puts more questions to the servers than anything else.

use std::collections::{BTreeSet, VecDeque};

use crate::engine::authority::Node;
use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::model::{Name, Timestamp, Why};

use super::Watch;

/// How much is under way at name servers, and what waits until there is room or leisure for it.
#[derive(Debug, Default)]
pub(super) struct Leisure {
    /// Questions that are under way, and the nodes that wait until there are fewer.
    pub(super) at_servers: u32,
    pub(super) nodes_in_line: VecDeque<usize>,
    /// Nodes that can wait until there is leisure, and until when at most.
    nodes_at_leisure: BTreeSet<(Timestamp, usize)>,
    /// Walks that are under way.
    pub(super) walks_out: usize,
    /// Looks that are under way.
    pub(super) looks_out: usize,
    /// Those that have not yet found what is to be visited, and how many have ever begun.
    pub(super) surveys_out: usize,
    pub(super) looks_begun: usize,
    /// Names whose look waits for room: those for which nothing else is missing, those that have arrived, and the
    /// others.
    looks_in_line: [VecDeque<(usize, Why)>; 3],
    /// Names whose first look can wait, in the order in which they were found.
    early_looks: VecDeque<usize>,
    /// Names that are looked at again after a while, since something stood in the way, or was not to be seen.
    pub(super) put_off: BTreeSet<usize>,
}

impl Leisure {
    /// Whether what is routine had better wait.
    fn is_pressed(&self) -> bool {
        self.at_servers > schedule::FEW_AT_SERVERS || self.walks_out > schedule::FEW_WALKS
    }

    /// The next look that has room, and what for.
    fn next_look(&mut self) -> Option<(usize, Why)> {
        if self.surveys_out >= schedule::SURVEYS {
            return None;
        }
        // Every fourth is of the last line that has any, so that none stands there for ever.
        let mut lines = self.looks_in_line.iter_mut().filter(|line| !line.is_empty());
        let line = if self.looks_begun % 4 == 3 { lines.next_back() } else { lines.next() };
        line.and_then(VecDeque::pop_front)
    }

    /// Whatever was under way is lost. Returns the nodes that waited; names whose look did go on by themselves.
    pub(super) fn forget(&mut self) -> Vec<usize> {
        let kept = Leisure {
            looks_begun: self.looks_begun,
            early_looks: std::mem::take(&mut self.early_looks),
            put_off: std::mem::take(&mut self.put_off),
            ..Leisure::default()
        };
        let Leisure { nodes_in_line, nodes_at_leisure, .. } = std::mem::replace(self, kept);
        nodes_at_leisure.into_iter().map(|(_, node)| node).chain(nodes_in_line).collect()
    }
}

impl Watch {
    /// The zone of a name is known: the first look at what a CA looks at, as soon as the name servers have leisure.
    pub(super) fn zone_found(&mut self, name: &Name) {
        let Some(subject) = self.subject_named(name).filter(|&s| self.subjects[s].asked_at.is_none()) else {
            return;
        };
        if self.plan.mode == Mode::Watch {
            self.leisure.early_looks.push_back(subject);
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
        self.leisure.nodes_at_leisure.insert((at_most, node));
        true
    }

    /// Whether what is routine at the servers of a zone had better wait.
    pub(super) fn is_pressed_at(&self, zone: usize) -> bool {
        let edited = self.auth.zones[zone].hint.is_some_and(|at| self.now.since(at) < schedule::HINT_LASTS);
        self.leisure.is_pressed() && !edited && self.auth.busiest(zone) > schedule::FEW_AT_SERVERS
    }

    /// Whether a look waits for its turn; if so it stands in line now. As many are under way as can be carried out; a
    /// look whose questions stood in line elsewhere would be old by the time it comes back.
    pub(super) fn stands_in_line(&mut self, subject: usize, why: Why) -> bool {
        if self.plan.mode == Mode::Look || self.leisure.surveys_out < schedule::SURVEYS {
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
            self.leisure.looks_in_line[line].push_back((subject, why));
        }
        true
    }

    fn look_next(&mut self) {
        while let Some((subject, why)) = self.leisure.next_look() {
            // It may have stood in another line before.
            if self.subjects[subject].in_line.is_some() {
                self.look_at(subject, why);
            }
        }
    }

    /// Goes on with what stands in line or could wait, and with what has waited long enough.
    pub(super) fn use_leisure(&mut self) {
        self.look_next();
        while let Some(&(at_most, node)) = self.leisure.nodes_at_leisure.first() {
            if self.leisure.is_pressed() && self.now < at_most {
                break;
            }
            self.leisure.nodes_at_leisure.pop_first();
            // Whatever has set its next look meanwhile has its own timer.
            if self.auth.nodes[node].next == Timestamp::MAX {
                self.auth.nodes[node].next = self.now;
                self.auth.nodes[node].hurry = true;
                self.ask_node(node);
            }
        }
        while !self.leisure.is_pressed() && self.leisure.looks_out < schedule::EARLY_LOOKS {
            let Some(subject) = self.leisure.early_looks.pop_front() else { return };
            if self.subjects[subject].asked_at.is_none() {
                self.look_at(subject, Why::First);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_something_comes_first_and_every_fourth_is_of_the_last_line() {
        let mut leisure = Leisure::default();
        for (line, why) in [(0, Why::Settle), (1, Why::Confirm), (2, Why::Retry)] {
            leisure.looks_in_line[line].extend((0..4).map(|subject| (10 * line + subject, why)));
        }
        let mut order = Vec::new();
        while let Some((subject, _)) = leisure.next_look() {
            leisure.looks_begun += 1;
            order.push(subject);
        }
        assert_eq!(order, [0, 1, 2, 20, 3, 10, 11, 21, 12, 13, 22, 23]);
        leisure.looks_in_line[0].push_back((1, Why::Settle));
        leisure.surveys_out = schedule::SURVEYS;
        assert_eq!(leisure.next_look(), None);
    }
}
