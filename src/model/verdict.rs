//! May one press Issue?

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Cause, Name, RecordId, Timestamp};

/// The answer, ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Press Issue.
    Safe,
    /// Still on its way: waiting helps.
    NotYet,
    /// Too little can be seen from here.
    Inconclusive,
    /// Waiting does not help: something must be changed first.
    Blocked,
}

impl Verdict {
    /// The exit status that scripts rely on.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Safe => 0,
            Verdict::NotYet => 1,
            Verdict::Blocked => 3,
            Verdict::Inconclusive => 4,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Safe => "safe",
            Verdict::NotYet => "not-yet",
            Verdict::Blocked => "blocked",
            Verdict::Inconclusive => "inconclusive",
        })
    }
}

/// What a reason does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Something must be changed first.
    Blocks,
    /// Too little can be seen: the verdict is inconclusive.
    Hides,
    /// Time will mend it.
    Waits,
    /// Worth knowing; the verdict stands.
    Warns,
}

/// A cause, what it does, and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it does to the verdict.
    pub effect: Effect,
    /// The vantage it is about, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Arc<str>>,
    /// What is the matter.
    pub cause: Cause,
}

const _: () = assert!(size_of::<Reason>() <= 104, "ten thousand names have several each");

/// Server addresses of the zone, counted by what they said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityCount {
    /// The zone that holds the record; none while it is not known.
    pub zone: Option<Name>,
    /// Servers that are right.
    pub right: u32,
    /// Servers that say something else, lame ones included.
    pub wrong: u32,
    /// Servers that do not answer.
    pub silent: u32,
}

/// Voters, counted by what they said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolverCount {
    /// All that may vote.
    pub voters: u32,
    /// Those that are right, samples included.
    pub confirmed: u32,
    /// Those that say something else.
    pub contradicting: u32,
    /// Those that were asked and say nothing that counts: silent, refusing, suspect.
    pub silent: u32,
    /// Those that have not been asked, or not answered yet.
    pub pending: u32,
}

/// Where one record stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordReport {
    /// Which.
    pub record: RecordId,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether the CA can see it now, as far as DNS goes.
    pub issuable: bool,
    /// Whether no vantage contradicts and the latest possible expiry has passed.
    pub everyone: bool,
    /// When every honest cache will have turned over, where that can be told.
    pub everyone_by: Option<Timestamp>,
    /// The zone's own servers.
    pub authority: AuthorityCount,
    /// The voters.
    pub resolvers: ResolverCount,
    /// Why not better, worst first.
    pub reasons: Vec<Reason>,
}

/// Where everything stands; the worst record decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When this was judged.
    pub at: Timestamp,
    /// The worst of the records' verdicts.
    pub verdict: Verdict,
    /// Whether this is the last word: the milestone was reached, or time is up.
    pub last: bool,
    /// Whether the milestone that was waited for (`--until`) has been reached.
    pub reached: bool,
    /// Questions sent so far, by everything that was done.
    pub questions: u64,
    /// One entry a record that the user asked for, in the plan's order.
    pub records: Vec<Arc<RecordReport>>,
}

impl Report {
    /// The exit status: 0 when the milestone was reached, else the verdict's; a verdict of *safe* whose
    /// milestone (`--until everyone`) is still to come counts as *not yet*.
    pub fn exit_code(&self) -> u8 {
        match (self.reached, self.verdict) {
            (true, _) => Verdict::Safe.exit_code(),
            (false, Verdict::Safe) => Verdict::NotYet.exit_code(),
            (false, other) => other.exit_code(),
        }
    }
}
