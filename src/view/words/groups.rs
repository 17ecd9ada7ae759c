//! Reasons that say the same of several vantages or records, told once.

use std::mem::discriminant;

use crate::model::{Cause, Effect, Held, Reason, Record, RecordId, RecordReport, Report, Timestamp};

use super::standings::have;
use super::{Said, Words, clean, count, list};

/// One or several reasons of the same kind, with the words for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they do to the verdict.
    pub effect: Effect,
    /// The stable name of their cause.
    pub code: &'static str,
    /// What is the matter, and what to do.
    pub said: Said,
    /// The records concerned, in the plan's order.
    pub records: Vec<RecordId>,
}

impl Group {
    /// Whether the other says the same, of whichever records.
    pub fn says(&self, other: &Group) -> bool {
        (self.effect, self.code, &self.said) == (other.effect, other.code, &other.said)
    }
}

impl Words<'_> {
    /// The reasons of one record, in their order, what several resolvers share told once.
    pub fn groups(&self, report: &RecordReport) -> Vec<Group> {
        let Some(record) = self.cast.record(report.record) else { return Vec::new() };
        let mut groups: Vec<Group> = Vec::new();
        for (place, reason) in report.reasons.iter().enumerate() {
            let alike = |other: &Reason| {
                other.effect == reason.effect && discriminant(&other.cause) == discriminant(&reason.cause)
            };
            let merges = of_resolvers(&reason.cause) || of_servers(&reason.cause);
            if merges && report.reasons[..place].iter().any(alike) {
                continue;
            }
            let all: Vec<&Reason> = if merges {
                report.reasons[place..].iter().filter(|other| alike(other)).collect()
            } else {
                vec![reason]
            };
            let said = match all[..] {
                [one] => self.reason(record, one),
                _ => self.unless_over(reason, None, self.several(record, report, &all)),
            };
            let group = Group {
                effect: reason.effect,
                code: reason.cause.code(),
                said,
                records: vec![report.record],
            };
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// What is said of several records in the same words, the most severe first, each with the records concerned.
    pub fn shared(&self, report: &Report) -> Vec<Group> {
        let mut all: Vec<Group> = Vec::new();
        for entry in &report.records {
            for group in self.groups(entry) {
                match all.iter_mut().find(|known| known.says(&group)) {
                    Some(known) => known.records.extend(group.records),
                    None => all.push(group),
                }
            }
        }
        all.retain(|group| group.records.len() > 1);
        all.sort_by_key(|group| group.effect);
        all
    }

    /// The sentence for several resolvers at once. Their names stand in the table.
    fn several(&self, record: &Record, report: &RecordReport, all: &[&Reason]) -> Said {
        let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let resolvers = count(number, "resolver", "resolvers");
        let of_all = if number <= report.resolvers.voters {
            format!("{number} of {}", count(report.resolvers.voters, "resolver", "resolvers"))
        } else {
            resolvers.clone()
        };
        let zone = self.zone_for(record);
        match &all[0].cause {
            Cause::ResolverStale { .. } | Cause::WitnessStale { .. } => Said::new(
                format!("{of_all} still {}{}", common_held(record, all), self.last_end(all)),
                self.each_again(),
            ),
            Cause::ResolverMixed { .. } => Said::new(
                format!("{of_all} have several caches, some still old{}", self.last_end(all)),
                self.each_again(),
            ),
            Cause::ResolverFailing { .. } => Said::new(
                format!("{of_all} cannot find out"),
                format!("Resolvers keep a failure for two minutes at most. {}", self.just_wait()),
            ),
            Cause::ResolverBogus => Said::new(
                format!("{of_all} say that the DNSSEC signatures of {zone} are not valid"),
                self.bogus(record, "").next,
            ),
            Cause::ResolverSuspect { .. } => Said::new(
                format!(
                    "{resolvers} kept an old answer past the end that they announced; they are not counted"
                ),
                "Nothing to do: the verdict does not wait for them.",
            ),
            Cause::ResolverUnconfirmed { .. } => Said::new(
                format!("{of_all} have not yet given every right answer that is needed"),
                self.just_wait(),
            ),
            Cause::ResolverSilent { .. } => {
                Said::new(format!("{of_all} do not answer"), "Nothing to do: silence counts neither way.")
            }
            _ => self.several_servers(record, all),
        }
    }

    /// The sentence about the first server, and the names of the others.
    fn several_servers(&self, record: &Record, all: &[&Reason]) -> Said {
        let Said { text, next } = self.reason(record, all[0]);
        let mut others: Vec<String> =
            all[1..].iter().filter_map(|reason| reason.who.as_deref()).map(|who| clean(who).into()).collect();
        others.dedup();
        others.retain(|other| all[0].who.as_deref() != Some(other));
        if others.is_empty() {
            return Said { text, next };
        }
        Said::new(format!("{text}; the same kind of thing at {}", list(&others, 3)), next)
    }

    fn each_again(&self) -> &'static str {
        if self.goes_on() {
            "Nothing to do: each is asked again when its answer ends."
        } else if self.has_ended() {
            "Run the same command again when the last has ended."
        } else {
            "Look again after that, or let `propwatch wait` ask each when its answer ends."
        }
    }

    fn last_end(&self, all: &[&Reason]) -> String {
        let ends: Vec<Timestamp> = all.iter().filter_map(|reason| reason.cause.until()).collect();
        match ends.iter().max() {
            Some(last) if ends.len() == all.len() && ends.iter().all(|end| end == last) => {
                format!(", until {}", self.when.clock(*last))
            }
            Some(last) if ends.len() == all.len() => format!(", the last until {}", self.when.clock(*last)),
            Some(last) => format!(", at least until {}", self.when.clock(*last)),
            None => String::new(),
        }
    }
}

/// Causes of which one record can have dozens.
fn of_resolvers(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::ResolverStale { .. }
            | Cause::ResolverMixed { .. }
            | Cause::ResolverFailing { .. }
            | Cause::ResolverBogus
            | Cause::ResolverSuspect { .. }
            | Cause::ResolverUnconfirmed { .. }
            | Cause::ResolverSilent { .. }
            | Cause::WitnessStale { .. }
    )
}

/// Causes that every server of a zone can have alike.
fn of_servers(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::DnssecBogus { .. }
            | Cause::ServerRefuses { .. }
            | Cause::AaaaFails { .. }
            | Cause::AaaaDropped { .. }
            | Cause::CaaFails { .. }
            | Cause::CaaSplit { .. }
    )
}

/// What they all have, with its verb, or that it is something else.
fn common_held(record: &Record, all: &[&Reason]) -> String {
    let held_of = |reason: &Reason| -> Option<Held> {
        match &reason.cause {
            Cause::ResolverStale { held, .. } | Cause::WitnessStale { held, .. } => Some(held.clone()),
            _ => None,
        }
    };
    let first = held_of(all[0]);
    match first {
        Some(held) if all.iter().all(|reason| held_of(reason).as_ref() == Some(&held)) => have(&held, record),
        _ => "have an older answer".to_owned(),
    }
}
