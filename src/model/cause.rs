//! Why a verdict is not better than it is.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    BadRedirect, Broken, CaaFault, CaaSaid, ConnectFailure, Failure, Habit, Held, Name, NameFault, Rcode,
    Signing, Stranger, Taken, Timestamp, WebPlace,
};

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
    /// The end came before enough of the record was looked at.
    NotLookedAt,
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
    /// Name servers that the zone has just been given are still to answer.
    AuthorityPending,
    /// The CA's other checks (CAA, DNSSEC, the web server) are under way.
    ChecksPending,
    /// The end came before the CA's other checks were looked at once more, as the last word needs.
    ChecksAgain,
    /// Nobody has said which address is the hosting's; DNS gives these.
    ExpectationUnknown { addresses: Vec<IpAddr> },
    /// The web server was not looked at.
    WebNotProven,
    /// The CA's policy refuses the name itself.
    NameRefused { name: Name, fault: NameFault },
    /// A server whose answers no validating resolver believes.
    DnssecBogus { zone: Name, server: Arc<str>, signing: Signing },
    /// Parent servers that differ in the DS records of a zone: a registry is publishing.
    DsSplit { zone: Name },
    /// Whether a zone's answers can be proved could not be seen; `failure` is the first one met.
    DnssecUnseen { zone: Name, failure: Option<Failure> },
    /// A zone is signed with an algorithm that the CA checks and this program cannot.
    DnssecUnchecked { zone: Name, algorithm: u8 },
    /// A server that does not take questions as the CA's resolvers ask them.
    ServerRefuses { server: Arc<str>, addr: SocketAddr, habit: Habit, taken: Taken },
    /// A server that answers for A and gives an error for AAAA; the CA goes on with the good family.
    AaaaFails { server: Arc<str>, addr: SocketAddr, rcode: Rcode },
    /// A server that answers for A and says nothing for AAAA: the wait eats the CA's time.
    AaaaDropped { server: Arc<str>, addr: SocketAddr, failure: Failure },
    /// The same with A and AAAA the other way round.
    ADropped { server: Arc<str>, addr: SocketAddr, failure: Failure },
    /// A server that cannot say whether there are CAA records: then the CA does not issue.
    CaaFails { name: Name, server: Arc<str>, said: CaaSaid },
    /// CAA records at `owner`, to which `name` on the climb leads, do not let the CA issue.
    CaaForbids { name: Name, owner: Name, fault: CaaFault },
    /// The same, from some of the servers only.
    CaaSplit { name: Name, owner: Name, server: Arc<str>, fault: Box<CaaFault> },
    /// CAA records let only these accounts issue, and the user's is not known.
    CaaAccount { owner: Name, accounts: Vec<String> },
    /// Nobody could be asked whether there are CAA records at this name on the climb.
    CaaUnseen { name: Name, failure: Option<Failure> },
    /// An address that is not the expected one, and what is known of the server there.
    OtherServer { address: IpAddr, server: Box<Stranger> },
    /// No connection to where the challenge is to be fetched.
    WebClosed { at: Box<WebPlace>, failure: ConnectFailure },
    /// The connection broke.
    WebBroken { at: Box<WebPlace>, broken: Broken },
    /// A redirect that the CA does not follow.
    WebRedirect { at: Box<WebPlace>, why: BadRedirect },
    /// A redirect to a host that has no address.
    WebUnresolved { at: Box<WebPlace>, host: Name },
    /// A status with which no challenge passes.
    WebStatus { at: Box<WebPlace>, status: u16 },
    /// Success for a file that cannot exist.
    WebCatchAll { at: Box<WebPlace>, begins: String },
    /// Success, and another content than the test file's.
    WebBody { at: Box<WebPlace>, too_long: bool, begins: String },
    /// The test is sent on to an address that is neither expected nor the name's own.
    WebElsewhere { at: Box<WebPlace>, address: IpAddr },
    /// This machine has no network of the family of these addresses.
    WebUntried { addresses: Vec<IpAddr> },
    /// The CA has failed at this web server, and only the test file can show whether it would again.
    WebDoubted,
    /// Addresses whose web server has not been visited.
    WebPending { addresses: Vec<IpAddr> },
    /// IPv6 addresses that cannot be connected to; the CA falls back to IPv4 after a delay.
    Ipv6Dead { addresses: Vec<IpAddr>, failure: ConnectFailure },
    /// Lookups and the visit together take this long; the CA gives up after `limit`. Both in milliseconds.
    TooSlow { took: u32, limit: u32 },
    /// Failed attempts have used up most of what the CA grants (`of` an hour); `next` is when one comes back.
    Attempts { left: u8, of: u8, next: Timestamp },
}

/// The stable names in JSON and in the journal, one table. A cause that has none does not compile.
macro_rules! codes {
    ($($cause:ident $({ $($rest:tt)* })? => $code:literal,)*) => {
        impl Cause {
            /// The stable name in JSON.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Cause::$cause $({ $($rest)* })? => $code,)*
                }
            }
        }
    };
}

codes! {
    ZoneMissing { .. } => "zone-missing",
    ParentSplit { .. } => "parent-split",
    AuthoritySilent { .. } => "authority-silent",
    NotLookedAt => "not-looked-at",
    Port53Blocked => "port53-blocked",
    Port53Intercepted => "port53-intercepted",
    NoNetwork => "no-network",
    AuthorityWrong { .. } => "authority-wrong",
    AuthorityUnchanged { .. } => "authority-unchanged",
    AuthorityBehind { .. } => "authority-behind",
    AuthorityStuck { .. } => "authority-stuck",
    AuthorityDead { .. } => "authority-dead",
    AuthorityLame { .. } => "authority-lame",
    AuthorityNoAddress { .. } => "authority-no-address",
    NsMismatch { .. } => "ns-mismatch",
    GlueMismatch { .. } => "glue-mismatch",
    AliasLoop { .. } => "alias-loop",
    UnexpectedAaaa { .. } => "unexpected-aaaa",
    ReservedAddress { .. } => "reserved-address",
    CaMayCache { .. } => "ca-may-cache",
    FormerAuthorityAnswers { .. } => "former-authority-answers",
    ResolversNotAsked => "resolvers-not-asked",
    ResolverStale { .. } => "resolver-stale",
    ResolverMixed { .. } => "resolver-mixed",
    ResolverFailing { .. } => "resolver-failing",
    ResolverBogus => "resolver-bogus",
    ResolverSuspect { .. } => "resolver-suspect",
    ResolverUnconfirmed { .. } => "resolver-unconfirmed",
    ResolversPending { .. } => "resolvers-pending",
    ResolverSilent { .. } => "resolver-silent",
    WitnessStale { .. } => "witness-stale",
    TooFewAnswered { .. } => "too-few-answered",
    TooFewOperators { .. } => "too-few-operators",
    Settling { .. } => "settling",
    NotEveryone { .. } => "not-everyone",
    AuthorityPending => "authority-pending",
    ChecksPending => "checks-pending",
    ChecksAgain => "checks-again",
    ExpectationUnknown { .. } => "expectation-unknown",
    WebNotProven => "web-not-proven",
    NameRefused { .. } => "name-refused",
    DnssecBogus { .. } => "dnssec-bogus",
    DsSplit { .. } => "ds-split",
    DnssecUnseen { .. } => "dnssec-unseen",
    DnssecUnchecked { .. } => "dnssec-unchecked",
    ServerRefuses { .. } => "server-refuses",
    AaaaFails { .. } => "aaaa-fails",
    AaaaDropped { .. } => "aaaa-dropped",
    ADropped { .. } => "a-dropped",
    CaaFails { .. } => "caa-fails",
    CaaForbids { .. } => "caa-forbids",
    CaaSplit { .. } => "caa-split",
    CaaAccount { .. } => "caa-account",
    CaaUnseen { .. } => "caa-unseen",
    Ipv6Dead { .. } => "ipv6-dead",
    TooSlow { .. } => "too-slow",
    Attempts { .. } => "attempts",
    OtherServer { .. } => "other-server",
    WebClosed { .. } => "web-closed",
    WebBroken { .. } => "web-broken",
    WebRedirect { .. } => "web-redirect",
    WebUnresolved { .. } => "web-unresolved",
    WebStatus { .. } => "web-status",
    WebCatchAll { .. } => "web-catch-all",
    WebBody { .. } => "web-body",
    WebElsewhere { .. } => "web-elsewhere",
    WebUntried { .. } => "web-untried",
    WebDoubted => "web-doubted",
    WebPending { .. } => "web-pending",
}

impl Cause {
    /// Whether the CA's resolvers may go on seeing it after it has gone, for as long as they keep answers. What is
    /// not there (NXDOMAIN, NODATA) and what fails they do not keep.
    pub fn is_kept_by_resolvers(&self) -> bool {
        matches!(
            self,
            Cause::CaaForbids { .. }
                | Cause::CaaSplit { .. }
                | Cause::CaaAccount { .. }
                | Cause::DnssecBogus { .. }
                | Cause::DsSplit { .. }
                | Cause::OtherServer { .. }
        )
    }

    /// The instant at which this cause is expected to have passed.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Cause::CaMayCache { until } | Cause::Settling { until } => Some(*until),
            Cause::Attempts { next, .. } => Some(*next),
            Cause::DnssecBogus { signing: Signing::NotYet { at, .. }, .. } => Some(*at),
            Cause::ResolverStale { until, .. }
            | Cause::ResolverMixed { until, .. }
            | Cause::WitnessStale { until, .. }
            | Cause::NotEveryone { until } => *until,
            _ => None,
        }
    }
}
