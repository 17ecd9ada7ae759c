//! May one press Issue?

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Failure, Held, Name, Rcode, RecordId, Timestamp};

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

// The fields are named for what they hold; the variants say what is the matter.
#[allow(missing_docs)]
/// Why a verdict is not better than it is. The words for it are the views' business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Cause {
    /// The parent zone does not know the domain.
    ZoneMissing { zone: Name, parent: Name },
    /// The parent's servers do not agree on the delegation: a registry is publishing.
    ParentSplit { zone: Name, parent: Name },
    /// None of the zone's servers could be asked.
    AuthoritySilent { zone: Name, failure: Failure },
    /// No question has come through on port 53, though encrypted ones do.
    Port53Blocked,
    /// Somebody on the way answers in other servers' names.
    Port53Intercepted,
    /// Nothing answers at all.
    NoNetwork,
    /// Every server of the zone agrees on something else.
    AuthorityWrong { zone: Name, held: Held },
    /// The same for so long that nobody is about to change it (`since` is the first look).
    AuthorityUnchanged { zone: Name, held: Held, since: Timestamp },
    /// This server does not have it yet, others do.
    AuthorityBehind { server: Arc<str>, held: Held, serial: Option<u32>, newest: Option<u32> },
    /// This server has not followed for longer than its SOA refresh and retry allow, or has the same
    /// serial as the others and other data.
    AuthorityStuck { server: Arc<str>, held: Held },
    /// This server does not answer.
    AuthorityDead { server: Arc<str>, addr: SocketAddr, failure: Failure },
    /// This server answers, but not for this zone.
    AuthorityLame { server: Arc<str>, addr: SocketAddr, rcode: Rcode },
    /// A delegated server whose name has no address.
    AuthorityNoAddress { server: Name },
    /// The zone names other servers than its parent does.
    NsMismatch { zone: Name, parent_only: Vec<Name>, child_only: Vec<Name> },
    /// The parent's glue and the host's own address differ.
    GlueMismatch { host: Name, glue: Vec<IpAddr>, own: Vec<IpAddr> },
    /// An alias that runs in a circle or is too long.
    AliasLoop { name: Name },
    /// The name has an AAAA that was not expected; the CA goes there first.
    UnexpectedAaaa { addresses: Vec<IpAddr> },
    /// An expected address that no public CA will connect to.
    ReservedAddress { address: IpAddr, block: Arc<str> },
    /// An authority was wrong so recently that the CA may still have it (at most 60 s, plus 5).
    CaMayCache { until: Timestamp },
    /// A server that the zone has left still answers for it.
    FormerAuthorityAnswers { server: Arc<str>, held: Held },
    /// The authorities are not right, so no resolver was asked: asking would plant the old answer.
    ResolversNotAsked,
    /// A resolver still has something else.
    ResolverStale { held: Held, until: Option<Timestamp> },
    /// Several caches behind one address, some stale.
    ResolverMixed { held: Held, wrong: u8, caches: u8, until: Option<Timestamp> },
    /// A resolver that cannot find out.
    ResolverFailing { rcode: Rcode },
    /// A resolver that says the zone's DNSSEC signatures do not verify. Blocks when several say so.
    ResolverBogus,
    /// A resolver that is past its own announced end; not counted.
    ResolverSuspect { held: Held },
    /// Confirming samples are still to come.
    ResolverUnconfirmed { samples: u8, needed: u8 },
    /// Resolvers whose answers are still to come.
    ResolversPending { pending: u32 },
    /// A resolver that has not answered, or not yet; only named when there are few.
    ResolverSilent { failure: Option<Failure> },
    /// A witness that is not counted (this machine's own resolver) still has something else.
    WitnessStale { held: Held, until: Option<Timestamp> },
    /// Fewer than half of the voters answered.
    TooFewAnswered { answered: u32, voters: u32 },
    /// The voters that confirm belong to too few operators.
    TooFewOperators { operators: u32, needed: u32 },
    /// All is right, and has not been for long enough.
    Settling { until: Timestamp },
    /// Safe, but caches may still hold the old answer: only `--until everyone` waits for this.
    NotEveryone { until: Option<Timestamp> },
    /// The CA's other checks (CAA, DNSSEC, the web server) are under way.
    ChecksPending,
    /// The web server was not looked at.
    WebNotProven,
}

impl Cause {
    /// The stable name in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::ZoneMissing { .. } => "zone-missing",
            Cause::ParentSplit { .. } => "parent-split",
            Cause::AuthoritySilent { .. } => "authority-silent",
            Cause::Port53Blocked => "port53-blocked",
            Cause::Port53Intercepted => "port53-intercepted",
            Cause::NoNetwork => "no-network",
            Cause::AuthorityWrong { .. } => "authority-wrong",
            Cause::AuthorityUnchanged { .. } => "authority-unchanged",
            Cause::AuthorityBehind { .. } => "authority-behind",
            Cause::AuthorityStuck { .. } => "authority-stuck",
            Cause::AuthorityDead { .. } => "authority-dead",
            Cause::AuthorityLame { .. } => "authority-lame",
            Cause::AuthorityNoAddress { .. } => "authority-no-address",
            Cause::NsMismatch { .. } => "ns-mismatch",
            Cause::GlueMismatch { .. } => "glue-mismatch",
            Cause::AliasLoop { .. } => "alias-loop",
            Cause::UnexpectedAaaa { .. } => "unexpected-aaaa",
            Cause::ReservedAddress { .. } => "reserved-address",
            Cause::CaMayCache { .. } => "ca-may-cache",
            Cause::FormerAuthorityAnswers { .. } => "former-authority-answers",
            Cause::ResolversNotAsked => "resolvers-not-asked",
            Cause::ResolverStale { .. } => "resolver-stale",
            Cause::ResolverMixed { .. } => "resolver-mixed",
            Cause::ResolverFailing { .. } => "resolver-failing",
            Cause::ResolverBogus => "resolver-bogus",
            Cause::ResolverSuspect { .. } => "resolver-suspect",
            Cause::ResolverUnconfirmed { .. } => "resolver-unconfirmed",
            Cause::ResolversPending { .. } => "resolvers-pending",
            Cause::ResolverSilent { .. } => "resolver-silent",
            Cause::WitnessStale { .. } => "witness-stale",
            Cause::TooFewAnswered { .. } => "too-few-answered",
            Cause::TooFewOperators { .. } => "too-few-operators",
            Cause::Settling { .. } => "settling",
            Cause::NotEveryone { .. } => "not-everyone",
            Cause::ChecksPending => "checks-pending",
            Cause::WebNotProven => "web-not-proven",
        }
    }

    /// The instant at which this cause is expected to have passed.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Cause::CaMayCache { until } | Cause::Settling { until } => Some(*until),
            Cause::ResolverStale { until, .. }
            | Cause::ResolverMixed { until, .. }
            | Cause::WitnessStale { until, .. }
            | Cause::NotEveryone { until } => *until,
            _ => None,
        }
    }
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
    pub records: Vec<RecordReport>,
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
