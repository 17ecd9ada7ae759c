//! What all records are together, kept as counts: no step looks at every record.

use std::collections::BTreeSet;

use crate::model::{Milestone, RecordReport, Timestamp, Verdict};

use super::Watch;

/// How a single look takes a record's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Nothing that is still to come can change it for the worse.
    Safe,
    /// Nothing that is still to come can make it safe.
    Hopeless,
    /// What is still to come counts.
    Open,
}

/// What is counted of one record that the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) verdict: Verdict,
    /// The milestone that is waited for.
    pub(super) reached: bool,
    pub(super) outlook: Outlook,
}

/// The counts, over the records that the user asked for.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// All of them.
    pub(super) rows: usize,
    /// Those whose first look is over.
    pub(super) decided: usize,
    /// Those that are right at their name servers.
    pub(super) right: usize,
    verdicts: [usize; 4],
    outlooks: [usize; 3],
    reached: usize,
    /// When the last honest cache of each turns over.
    turns: BTreeSet<(Timestamp, usize)>,
    /// Those of which something is to be told.
    news: Vec<usize>,
}

impl Sums {
    pub(super) fn new(rows: usize) -> Self {
        Sums { rows, ..Sums::default() }
    }

    /// Puts what a record now counts as in the place of what it counted as before.
    pub(super) fn recount(&mut self, before: Option<Counted>, now: Counted) {
        if let Some(before) = before {
            self.verdicts[before.verdict as usize] -= 1;
            self.outlooks[before.outlook as usize] -= 1;
            self.reached -= usize::from(before.reached);
        }
        self.verdicts[now.verdict as usize] += 1;
        self.outlooks[now.outlook as usize] += 1;
        self.reached += usize::from(now.reached);
    }

    pub(super) fn turns(&mut self, record: usize, before: Option<Timestamp>, now: Option<Timestamp>) {
        if before != now {
            before.map(|at| self.turns.remove(&(at, record)));
            now.map(|at| self.turns.insert((at, record)));
        }
    }

    pub(super) fn last_turn(&self) -> Option<Timestamp> {
        self.turns.last().map(|(at, _)| *at)
    }

    pub(super) fn all_decided(&self) -> bool {
        self.decided == self.rows
    }

    pub(super) fn all_right(&self) -> bool {
        self.right == self.rows
    }

    /// The worst verdict, and whether all have reached the milestone.
    pub(super) fn overall(&self) -> (Verdict, bool) {
        let all = [Verdict::Safe, Verdict::NotYet, Verdict::Inconclusive, Verdict::Blocked];
        let worst = all.into_iter().rev().find(|verdict| self.verdicts[*verdict as usize] > 0);
        (worst.unwrap_or(Verdict::Inconclusive), self.rows > 0 && self.reached == self.rows)
    }

    /// Whether no record's verdict is still open for a single look that has waited a moment, or has not.
    pub(super) fn nothing_is_open(&self, waited: bool) -> bool {
        let left = [Outlook::Open, Outlook::Hopeless].map(|outlook| self.outlooks[outlook as usize]);
        left[0] == 0 && (waited || left[1] == 0)
    }

    pub(super) fn note_news(&mut self, record: usize) {
        self.news.push(record);
    }

    /// The records of which something is to be told, in order, each once.
    pub(super) fn take_news(&mut self) -> Vec<usize> {
        let mut news = std::mem::take(&mut self.news);
        news.sort_unstable();
        news.dedup();
        news
    }
}

/// Whether a record has reached what is waited for.
pub(super) fn has_reached(report: &RecordReport, until: Milestone) -> bool {
    match until {
        Milestone::Issuable => report.issuable,
        Milestone::Safe => report.verdict == Verdict::Safe,
        Milestone::Everyone => report.everyone,
    }
}

impl Watch {
    /// A record has become right at its name servers, or is so no longer.
    pub(super) fn set_right(&mut self, record: usize, since: Option<Timestamp>) {
        let (was, is) = (self.records[record].right_since.is_some(), since.is_some());
        self.records[record].right_since = since;
        if was == is {
            return;
        }
        let count = |of: &mut usize| if is { *of -= 1 } else { *of += 1 };
        for &search in &self.records[record].hangs_on {
            count(&mut self.searches[search].wrong);
            if let Some(zone) = self.searches[search].zone {
                count(&mut self.auth.zones[zone].wrong);
            }
        }
        if self.records[record].row.is_none() {
            return;
        }
        if is {
            self.sums.right += 1;
            self.to_open.insert(record);
            let freed = self.subject_of(record).and_then(|subject| self.waiting_for.remove(&subject));
            self.to_open.extend(freed.into_iter().flatten());
        } else {
            self.sums.right -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_and_all_must_reach() {
        let mut sums = Sums::new(2);
        assert_eq!(sums.overall(), (Verdict::Inconclusive, false));
        let safe = Counted { verdict: Verdict::Safe, reached: true, outlook: Outlook::Safe };
        let waits = Counted { verdict: Verdict::NotYet, reached: false, outlook: Outlook::Hopeless };
        sums.recount(None, safe);
        sums.recount(None, waits);
        assert_eq!(sums.overall(), (Verdict::NotYet, false));
        assert!(!sums.nothing_is_open(false) && sums.nothing_is_open(true));
        sums.recount(Some(waits), safe);
        assert_eq!(sums.overall(), (Verdict::Safe, true));
        assert!(sums.nothing_is_open(false));
    }

    #[test]
    fn turns_come_and_go() {
        let (mut sums, at) = (Sums::new(2), Timestamp::from_secs);
        sums.turns(0, None, Some(at(10)));
        sums.turns(1, None, Some(at(20)));
        assert_eq!(sums.last_turn(), Some(at(20)));
        sums.turns(1, Some(at(20)), Some(at(5)));
        assert_eq!(sums.last_turn(), Some(at(10)));
        sums.turns(0, Some(at(10)), None);
        assert_eq!(sums.last_turn(), Some(at(5)));
    }
}
