//! What the watch remembers of each name that a certificate is wanted for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::engine::plan::Plan;
use crate::model::{Expectation, Name, Origin, Timestamp, Visit};

use super::progress::Progress;
use super::surveys::Kept;

/// One name that a certificate is wanted for.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: Name,
    /// Its records, guards left out.
    pub(super) records: Vec<usize>,
    pub(super) expected: Vec<IpAddr>,
    pub(super) survey: Option<Kept>,
    pub(super) visits: Vec<(IpAddr, Visit)>,
    pub(super) origins: Vec<(IpAddr, Origin)>,
    /// When the look that is under way, or else the last one, began.
    pub(super) asked_at: Option<Timestamp>,
    /// When the last look that came back whole began.
    pub(super) complete: Option<Timestamp>,
    /// How long that took.
    pub(super) took: Duration,
    /// Only a look begun then or later counts.
    pub(super) wanted: Timestamp,
    /// What of DNS has stood in the way and may be kept by the CA's resolvers.
    pub(super) barred: Option<Barred>,
    /// Answers that are still to come.
    pub(super) out: u32,
    /// In which line a look waits until there is room for it.
    pub(super) in_line: Option<usize>,
    /// Something of the look that is under way could not be carried out.
    pub(super) failed: bool,
    pub(super) next: Timestamp,
    /// Counts everything that was seen of it.
    pub(super) seen: u32,
}

/// Something in DNS that stood in the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Barred {
    /// When it was last seen.
    pub(super) last: Timestamp,
    /// Whether the last look saw it.
    pub(super) still: bool,
    /// How long resolvers keep it, in seconds.
    pub(super) ttl: u32,
}

impl Subject {
    /// The subjects of a plan, and where each is by its name. The records are told theirs.
    pub(super) fn for_plan(plan: &Plan, progress: &mut [Progress]) -> (Vec<Subject>, HashMap<Name, usize>) {
        let mut all: Vec<Subject> = Vec::new();
        let mut places: HashMap<Name, usize> = HashMap::new();
        for (index, record) in plan.records.iter().enumerate().filter(|(_, record)| !record.is_guard()) {
            let place = *places.entry(record.name.clone()).or_insert_with(|| {
                all.push(Subject {
                    name: record.name.clone(),
                    records: Vec::new(),
                    expected: Vec::new(),
                    survey: None,
                    visits: Vec::new(),
                    origins: Vec::new(),
                    asked_at: None,
                    complete: None,
                    took: Duration::ZERO,
                    wanted: Timestamp::default(),
                    barred: None,
                    out: 0,
                    in_line: None,
                    failed: false,
                    next: Timestamp::MAX,
                    seen: 0,
                });
                all.len() - 1
            });
            progress[index].subject = Some(place);
            all[place].records.push(index);
            if let Expectation::Addresses(addresses) = &record.expect {
                all[place].expected.extend(addresses);
            }
        }
        all.shrink_to_fit();
        (all, places)
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.out > 0
    }

    /// Whether what counts is still to come.
    pub(super) fn is_pending(&self) -> bool {
        self.complete.is_none_or(|begun| begun < self.wanted)
    }
}
