//! The latest report, counted once: what is told of many names without looking at each again.

use std::collections::BTreeMap;

use crate::model::{Cause, Effect, Milestone, Reason, RecordReport, Report, Timestamp, Verdict};

/// Records that are named where several are stuck for the same cause.
const NAMED: usize = 4;

/// Records by their verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were asked for.
    pub records: u32,
    /// Safe.
    pub safe: u32,
    /// Those that the CA can see.
    pub issuable: u32,
    /// Waiting for something to be changed.
    pub blocked: u32,
    /// Too little can be seen.
    pub inconclusive: u32,
}

impl Counts {
    /// Those that only time keeps from being safe.
    pub fn not_yet(&self) -> u32 {
        self.records.saturating_sub(self.safe + self.blocked + self.inconclusive)
    }

    /// Takes a milestone in, so that the counts are right between two reports.
    pub(super) fn reached(&mut self, milestone: Milestone, lost: bool) {
        let count = match milestone {
            Milestone::Safe => &mut self.safe,
            Milestone::Issuable => &mut self.issuable,
            Milestone::Everyone => return,
        };
        *count = if lost { count.saturating_sub(1) } else { *count + 1 }.min(self.records);
    }
}

/// Records that are not safe for the same cause: the one that decides on each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// What it does to the verdict.
    pub effect: Effect,
    /// The stable name of the cause.
    pub code: &'static str,
    /// How many records.
    pub records: u32,
    /// The first of them, as places in the report.
    pub first: Vec<usize>,
}

/// A report, counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallied {
    pub(super) counts: Counts,
    pub(super) stuck: Vec<Stuck>,
    /// When the last record will have settled; none while any that is not safe waits for something else.
    pub(super) settled_by: Option<Timestamp>,
}

impl Tallied {
    pub(super) fn of(report: &Report) -> Self {
        let mut counts =
            Counts { records: u32::try_from(report.records.len()).unwrap_or(u32::MAX), ..Counts::default() };
        let mut stuck: BTreeMap<(Effect, &'static str), Stuck> = BTreeMap::new();
        let (mut settled_by, mut settling) = (None, true);
        for (place, entry) in report.records.iter().enumerate() {
            counts.issuable += u32::from(entry.issuable);
            match entry.verdict {
                Verdict::Safe => {
                    counts.safe += 1;
                    continue;
                }
                Verdict::Blocked => counts.blocked += 1,
                Verdict::Inconclusive => counts.inconclusive += 1,
                Verdict::NotYet => {}
            }
            match settles(entry) {
                Some(until) => settled_by = settled_by.max(Some(until)),
                None => settling = false,
            }
            let Some(reason) = deciding(entry) else { continue };
            let (effect, code) = (reason.effect, reason.cause.code());
            let group = stuck.entry((effect, code)).or_insert_with(|| Stuck {
                effect,
                code,
                records: 0,
                first: Vec::new(),
            });
            group.records += 1;
            if group.first.len() < NAMED {
                group.first.push(place);
            }
        }
        let mut stuck: Vec<Stuck> = stuck.into_values().collect();
        stuck.sort_by_key(|group| (group.effect, std::cmp::Reverse(group.records)));
        Tallied { counts, stuck, settled_by: settled_by.filter(|_| settling) }
    }
}

/// The reason that decides on a record.
fn deciding(entry: &RecordReport) -> Option<&Reason> {
    let decides = match entry.verdict {
        Verdict::Safe => return None,
        Verdict::Blocked => Effect::Blocks,
        Verdict::Inconclusive => Effect::Hides,
        Verdict::NotYet => Effect::Waits,
    };
    entry.reasons.iter().find(|reason| reason.effect == decides).or(entry.reasons.first())
}

fn settles(entry: &RecordReport) -> Option<Timestamp> {
    entry.reasons.iter().find_map(|reason| match reason.cause {
        Cause::Settling { until } => Some(until),
        _ => None,
    })
}
