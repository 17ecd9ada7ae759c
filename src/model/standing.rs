//! What a vantage now holds.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Failure, Name, Rcode, RecordId, Timestamp, VantageId};

/// What somebody has instead of what is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// These addresses, sorted; at least one is not expected. Shared: what one cache holds, most others hold too.
    Addresses(Arc<[IpAddr]>),
    /// Another alias than the expected one.
    Alias(Name),
    /// An alias that leads to no address.
    DeadEnd(Name),
    /// An alias chain in a circle, or longer than any resolver follows.
    Loop(Name),
    /// The name exists and has nothing of the kind (RFC 2308: NODATA).
    NoData,
    /// The name does not exist.
    NoName,
}

/// What a vantage holds for a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Standing {
    /// Nobody has asked yet.
    Unasked,
    /// What is expected.
    Right {
        /// Samples that said so, one after another.
        samples: u8,
        /// How many it takes.
        needed: u8,
    },
    /// Something else: the old answer, or none.
    Wrong {
        /// What it has.
        held: Held,
        /// When its entry ends. For an authority, or when it cannot be told, none.
        until: Option<Timestamp>,
    },
    /// Several caches behind one address, some of them still wrong.
    Mixed {
        /// What the wrong ones have.
        held: Held,
        /// How many caches are known to be wrong.
        wrong: u8,
        /// How many are known.
        caches: u8,
        /// When the last wrong one ends.
        until: Option<Timestamp>,
    },
    /// It holds a wrong answer past the end that it announced itself. Not counted.
    Suspect {
        /// What it has.
        held: Held,
    },
    /// It cannot find out (SERVFAIL and the like). Failures are cached up to two minutes.
    Failing {
        /// Its response code.
        rcode: Rcode,
    },
    /// It refuses the answer because DNSSEC validation fails.
    Bogus,
    /// It refuses to serve us, or answers as if it were another kind of server (REFUSED, NOTIMP, lame).
    Refusing {
        /// Its response code.
        rcode: Rcode,
    },
    /// No answer.
    Silent {
        /// Why.
        failure: Failure,
    },
}

impl Standing {
    /// Whether everything is as expected here, samples included.
    pub fn is_confirmed(&self) -> bool {
        matches!(self, Standing::Right { samples, needed } if samples >= needed)
    }

    /// Whether it says something else than what is expected.
    pub fn contradicts(&self) -> bool {
        matches!(
            self,
            Standing::Wrong { .. } | Standing::Mixed { .. } | Standing::Bogus | Standing::Failing { .. }
        )
    }

    /// When its wrong answer ends, where that is known.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Standing::Wrong { until, .. } | Standing::Mixed { until, .. } => *until,
            _ => None,
        }
    }
}

/// A standing that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// When.
    pub at: Timestamp,
    /// For which record.
    pub record: RecordId,
    /// At whom.
    pub vantage: VantageId,
    /// What it was.
    pub from: Standing,
    /// What it is.
    pub to: Standing,
}
