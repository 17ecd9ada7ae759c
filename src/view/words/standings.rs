//! What a vantage has, in a few words.

use crate::model::{Failure, Held, Record, RecordType, Role, Standing, Timestamp};

use super::{Words, failure, list, rcode};

/// Addresses of one answer that are named.
const MAX_ADDRESSES: usize = 4;

/// What somebody has instead of what is expected, as a noun phrase.
pub(in crate::view) fn held(held: &Held, record: &Record) -> String {
    match held {
        Held::Addresses(addresses) => list(addresses, MAX_ADDRESSES),
        Held::Alias(target) => format!("a CNAME to {target}"),
        Held::DeadEnd(target) => format!("a CNAME to {target}, which has no address"),
        Held::Loop(at) => format!("a CNAME chain without an end (at {at})"),
        Held::NoData => no_data(record.rtype).to_owned(),
        Held::NoName => "NXDOMAIN (no such name)".to_owned(),
    }
}

/// The same with its verb: `has 198.51.100.7`, `says NXDOMAIN (no such name)`.
pub(super) fn has(what: &Held, record: &Record) -> String {
    let verb = if *what == Held::NoName { "says" } else { "has" };
    format!("{verb} {}", held(what, record))
}

/// The same for several.
pub(super) fn have(what: &Held, record: &Record) -> String {
    let verb = if *what == Held::NoName { "say" } else { "have" };
    format!("{verb} {}", held(what, record))
}

fn no_data(rtype: RecordType) -> &'static str {
    match rtype {
        RecordType::A => "no A record",
        RecordType::Aaaa => "no AAAA record",
        RecordType::Cname => "no address",
    }
}

impl Words<'_> {
    /// A standing in a few words: `right (2 of 2)`, `old: 198.51.100.7 until 15:42:10`.
    pub fn standing(&self, standing: &Standing, record: &Record, role: Role) -> String {
        let caches = matches!(role, Role::Voter | Role::Witness);
        match standing {
            Standing::Unasked => "not asked yet".to_owned(),
            Standing::Right { samples, needed } if caches && *needed > 1 => {
                format!("right ({samples} of {needed})")
            }
            Standing::Right { .. } => "right".to_owned(),
            Standing::Wrong { held: what, until } => {
                let old =
                    if caches && matches!(what, Held::Addresses(_) | Held::Alias(_)) { "old: " } else { "" };
                format!("{old}{}{}", held(what, record), self.until(*until))
            }
            Standing::Mixed { held: what, wrong, caches, until } => {
                let comma = if until.is_some() { "," } else { "" };
                let still = held(what, record);
                format!("{wrong} of {caches} caches still old ({still}){comma}{}", self.until(*until))
            }
            Standing::Suspect { held: what } => {
                format!("{}, past its own end, not counted", held(what, record))
            }
            Standing::Failing { rcode } => format!("cannot find out ({rcode})"),
            Standing::Bogus => "DNSSEC signatures not valid".to_owned(),
            Standing::Refusing { rcode } => format!("refuses ({rcode})"),
            Standing::Silent { failure: why } => failure(why),
        }
    }

    /// The standing without the part that changes with time: what rows are grouped by.
    pub(in crate::view) fn standing_kind(&self, standing: &Standing, record: &Record) -> String {
        match standing {
            Standing::Wrong { held: what, .. } => held(what, record),
            Standing::Mixed { held: what, wrong, caches, .. } => {
                format!("{wrong} of {caches} caches {}", held(what, record))
            }
            Standing::Suspect { held: what } => format!("{} (not counted)", held(what, record)),
            Standing::Silent { failure: Failure::Silent { .. } } => "no answer".to_owned(),
            Standing::Failing { rcode: code } => rcode(*code),
            other => self.standing(other, record, Role::Authority),
        }
    }

    /// ` until 15:42:10`, or nothing where the end is not known.
    pub(super) fn until(&self, until: Option<Timestamp>) -> String {
        until.map(|at| format!(" until {}", self.when.clock(at))).unwrap_or_default()
    }
}
