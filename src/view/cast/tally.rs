//! The records' verdicts, counted as they come: what is told of many names without looking at each again.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cause, Effect, Held, Reason, RecordReport, Timestamp, Verdict};

use super::flow::Flow;

/// Records that are named where several are stuck for the same cause.
const NAMED: usize = 4;

/// Records by their verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were asked for.
    pub records: u32,
    /// Those that have been judged.
    pub judged: u32,
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
        self.judged.saturating_sub(self.safe + self.blocked + self.inconclusive)
    }
}

/// Records that are not safe for the same cause: the one that decides on each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// What it does to the verdict.
    pub effect: Effect,
    /// The stable name of the cause.
    pub code: &'static str,
    /// The kind of answer that is not the expected one, where it is that: a name that does not exist is mistyped
    /// more often than on its way.
    pub held: Option<&'static str>,
    /// How many records.
    pub records: u32,
    /// The first of them, by their place in a report.
    pub first: Vec<usize>,
}

/// What politeness alone slows down where there are many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The first look at each record's name servers.
    Judging,
    /// The CA's other checks: CAA, DNSSEC, the web server.
    Checks,
    /// The resolvers' answers.
    Answers,
}

impl Work {
    const ALL: [Work; 3] = [Work::Judging, Work::Checks, Work::Answers];

    /// The causes, by their stable names, of records that wait for it.
    fn causes(self) -> &'static [&'static str] {
        match self {
            Work::Judging => &[],
            Work::Checks => &["checks-pending"],
            Work::Answers => &["resolvers-pending", "resolver-unconfirmed"],
        }
    }
}

/// What records must have in common to be stuck for the same cause: the effect, its stable name, and the kind of
/// answer that is not the expected one.
type Key = (Effect, &'static str, Option<&'static str>);

/// What counts of one record's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    verdict: Verdict,
    issuable: bool,
    stuck: Option<Key>,
    settles: Option<Timestamp>,
}

/// The latest report of each record, counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallied {
    pub(super) counts: Counts,
    /// By place in the report.
    marks: Vec<Option<Mark>>,
    stuck: BTreeMap<Key, BTreeSet<usize>>,
    settling: BTreeSet<(Timestamp, usize)>,
    flows: BTreeMap<Work, Flow>,
}

impl Tallied {
    /// Of so many records, none of which has been judged.
    pub(super) fn new(at: Timestamp, records: u32) -> Self {
        let flows = [(Work::Judging, Flow::new(at, records))].into();
        Tallied { counts: Counts { records, ..Counts::default() }, flows, ..Tallied::default() }
    }

    /// Counts a record's new report in the place of its earlier one, whose verdict is returned.
    pub(super) fn take(&mut self, at: Timestamp, place: usize, entry: &RecordReport) -> Option<Verdict> {
        if self.marks.len() <= place {
            self.marks.resize(place + 1, None);
        }
        let open = entry.verdict != Verdict::Safe;
        let deciding = deciding(entry).filter(|_| open);
        let mark = Mark {
            verdict: entry.verdict,
            issuable: entry.issuable,
            stuck: deciding.map(|reason| (reason.effect, reason.cause.code(), held(&reason.cause))),
            settles: settles(entry).filter(|_| open),
        };
        let before = self.marks[place].replace(mark);
        if before == Some(mark) {
            return Some(mark.verdict);
        }
        match before {
            Some(before) => self.count(place, &before, false),
            None => self.counts.judged += 1,
        }
        self.count(place, &mark, true);
        for work in Work::ALL {
            let left = self.left(work);
            self.flows.entry(work).or_insert_with(|| Flow::new(at, left)).note(at, left);
        }
        before.map(|mark| mark.verdict)
    }

    /// Nothing was done for a while.
    pub(super) fn pause(&mut self, at: Timestamp) {
        self.flows.values_mut().for_each(|flow| flow.pause(at));
    }

    /// How many records wait for it.
    fn left(&self, work: Work) -> u32 {
        if work == Work::Judging {
            return self.counts.records.saturating_sub(self.counts.judged);
        }
        let places = work.causes().iter().filter_map(|code| self.stuck.get(&(Effect::Waits, *code, None)));
        u32::try_from(places.map(BTreeSet::len).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// What most of the records that are not safe wait for, if politeness alone slows it down, and when it will be
    /// done at the pace so far.
    pub(super) fn done_by(&self, now: Timestamp) -> Option<(Work, Timestamp)> {
        let all = Work::ALL.map(|work| (self.left(work), work));
        let (_, work) = all.into_iter().filter(|(left, _)| *left > 0).max_by_key(|(left, _)| *left)?;
        Some((work, self.flows.get(&work)?.done_by(now)?))
    }

    fn count(&mut self, place: usize, mark: &Mark, comes: bool) {
        let step = |count: &mut u32| *count = if comes { *count + 1 } else { count.saturating_sub(1) };
        if mark.issuable {
            step(&mut self.counts.issuable);
        }
        match mark.verdict {
            Verdict::Safe => step(&mut self.counts.safe),
            Verdict::Blocked => step(&mut self.counts.blocked),
            Verdict::Inconclusive => step(&mut self.counts.inconclusive),
            Verdict::NotYet => {}
        }
        if let Some(key) = mark.stuck {
            let places = self.stuck.entry(key).or_default();
            if comes {
                places.insert(place);
            } else {
                places.remove(&place);
            }
        }
        if let Some(until) = mark.settles {
            if comes {
                self.settling.insert((until, place));
            } else {
                self.settling.remove(&(until, place));
            }
        }
    }

    /// The most severe first, then the most frequent.
    pub(super) fn stuck(&self) -> Vec<Stuck> {
        let groups = self.stuck.iter().filter(|(_, places)| !places.is_empty());
        let mut stuck: Vec<Stuck> = groups
            .map(|((effect, code, held), places)| Stuck {
                effect: *effect,
                code,
                held: *held,
                records: u32::try_from(places.len()).unwrap_or(u32::MAX),
                first: places.iter().take(NAMED).copied().collect(),
            })
            .collect();
        stuck.sort_by_key(|group| (group.effect, std::cmp::Reverse(group.records)));
        stuck
    }

    /// When the last record will have settled; none while any that is not safe waits for something else.
    pub(super) fn settled_by(&self) -> Option<Timestamp> {
        let open = self.counts.records.saturating_sub(self.counts.safe);
        let settling = u32::try_from(self.settling.len()).unwrap_or(u32::MAX);
        self.settling.last().filter(|_| settling >= open).map(|(until, _)| *until)
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

/// The kind of answer that a zone's servers give in place of the expected one.
fn held(cause: &Cause) -> Option<&'static str> {
    let (Cause::AuthorityWrong { held, .. } | Cause::AuthorityUnchanged { held, .. }) = cause else {
        return None;
    };
    Some(match held {
        Held::NoName => "no-name",
        Held::NoData => "no-data",
        Held::DeadEnd(_) => "dead-end",
        _ => "other",
    })
}

fn settles(entry: &RecordReport) -> Option<Timestamp> {
    entry.reasons.iter().find_map(|reason| match reason.cause {
        Cause::Settling { until } => Some(until),
        _ => None,
    })
}
