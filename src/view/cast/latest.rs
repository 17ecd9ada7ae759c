//! The latest changes, one a record: what is shown where there are too many to show all.

use std::collections::VecDeque;

use crate::model::{Milestone, RecordId, RecordReport, Timestamp, Verdict};

/// What changed for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A milestone was reached, or lost again.
    Milestone(Milestone, bool),
    /// It has this verdict, which only somebody can mend, or no longer such a one.
    Verdict(Verdict),
}

/// A change that is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Of which record.
    pub record: RecordId,
    /// What.
    pub turn: Turn,
}

/// The latest ones, the newest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest(VecDeque<Change>);

impl Latest {
    /// As many are kept.
    pub(super) const MOST: usize = 10;

    /// Notes a change; one of the same record that is older is no news any more.
    pub(super) fn note(&mut self, change: Change) {
        self.0.retain(|known| known.record != change.record);
        self.0.push_front(change);
        self.0.truncate(Self::MOST);
    }

    /// Notes that a record's verdict became one that somebody must mend, or is no longer one. That it is safe is
    /// told by its milestone.
    pub(super) fn judged(&mut self, at: Timestamp, before: Option<Verdict>, entry: &RecordReport) {
        let hard = |verdict| matches!(verdict, Verdict::Blocked | Verdict::Inconclusive);
        let turned = before.filter(|before| *before != entry.verdict && entry.verdict != Verdict::Safe);
        if turned.is_some_and(|before| hard(before) || hard(entry.verdict)) {
            self.note(Change { at, record: entry.record, turn: Turn::Verdict(entry.verdict) });
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Change> {
        self.0.iter()
    }
}
