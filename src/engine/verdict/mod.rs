//! From what is known to a verdict with its reasons. Everything here is a function of its arguments.

mod authorities;
mod resolvers;

use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{
    Cause, Effect, Milestone, Name, Reason, RecordId, RecordReport, Timestamp, Vantage, Verdict, Walk,
    WalkEnd,
};

use super::authority::AtServer;
use super::convergence::{Cell, Stance};
use super::issuance::{self, Sight};
use super::plan::{Mode, Policy};
pub(super) use authorities::delegation_reasons;
use authorities::{authority_reasons, count_servers, reachable};
pub(super) use resolvers::OPERATORS;
use resolvers::resolver_reasons;

/// One server of the zone, as far as one record goes.
#[derive(Debug, Clone)]
pub(super) struct ServerView<'a> {
    pub(super) label: &'a Arc<str>,
    pub(super) host: &'a Name,
    pub(super) addr: std::net::SocketAddr,
    pub(super) serial: Option<u32>,
    /// Seconds that a secondary may lag: SOA refresh plus retry.
    pub(super) may_lag: Option<u32>,
    pub(super) current: bool,
    pub(super) failures: u8,
    pub(super) at: Timestamp,
    pub(super) says: &'a AtServer,
}

/// One resolver, as far as one record goes.
#[derive(Debug, Clone)]
pub(super) struct ResolverView<'a> {
    pub(super) vantage: &'a Vantage,
    /// The number of its operator.
    operator: u32,
    cell: &'a Cell,
    /// What it says for the verdict.
    stance: Stance,
    /// Failing for longer than failures are cached.
    given_up: bool,
}

impl<'a> ResolverView<'a> {
    /// As it is at `now`: a failure that lasts for longer than failures are cached says nothing.
    pub(super) fn new(vantage: &'a Vantage, operator: u32, cell: &'a Cell, now: Timestamp) -> Self {
        let given_up = cell.is_failing_for_long(now);
        let stance = match cell.stance() {
            Stance::Contradicts if given_up => Stance::Out,
            stance => stance,
        };
        ResolverView { vantage, operator, cell, stance, given_up }
    }
}

/// What keeps this machine from seeing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blind {
    No,
    Intercepted,
    Blocked,
    NoNetwork,
}

/// Everything that one record's verdict rests on.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) id: RecordId,
    pub(super) now: Timestamp,
    pub(super) mode: Mode,
    pub(super) policy: &'a Policy,
    pub(super) blind: Blind,
    /// How the search for the zone ended; none while it is under way.
    pub(super) end: Option<&'a WalkEnd>,
    pub(super) walk: Option<&'a Walk>,
    /// What parent and child said of each other on that walk.
    pub(super) delegation: &'a [Reason],
    pub(super) servers: &'a [ServerView<'a>],
    /// The same servers, as far as the guard goes that protects the record from a forgotten AAAA; empty
    /// without one.
    pub(super) guard: &'a [ServerView<'a>],
    /// Unexpected AAAA addresses; none while that is not known.
    pub(super) forgotten: Option<&'a [IpAddr]>,
    pub(super) reserved: Option<&'a (IpAddr, Arc<str>)>,
    pub(super) first_look: Timestamp,
    /// Since when servers of the zone have differed.
    pub(super) differ_since: Option<Timestamp>,
    pub(super) ca_forgets_at: Option<Timestamp>,
    /// What the CA's other rules go by; none before the first look is back.
    pub(super) sight: Option<Sight<'a>>,
    /// What follows from it, where that was worked out before.
    pub(super) sight_says: Option<&'a [Reason]>,
    /// Whether the look that counts is still to come.
    pub(super) sight_pending: bool,
    /// Whether the look that counted is too old to begin settling on.
    pub(super) sight_old: bool,
    pub(super) gate_open: bool,
    /// Whether the first look was over before: what is still to come is of servers that have joined since.
    pub(super) decided: bool,
    pub(super) resolvers: &'a [ResolverView<'a>],
    /// How many operators must confirm: three, or as many as run voters.
    pub(super) operators_needed: usize,
    pub(super) settle_until: Option<Timestamp>,
    /// The latest possible expiry anywhere, where it is known.
    pub(super) everyone_by: Option<Timestamp>,
    /// One resolver of each kind speaks for all like it: enough for the verdict, and for what is told of many.
    pub(super) brief: bool,
}

/// A verdict on one record, with what the watch needs to go on.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) report: RecordReport,
    /// Whether the first look is over, so that the verdict may be told.
    pub(super) decided: bool,
    /// Whether nothing but time for settling is missing, and the samples that are taken meanwhile.
    pub(super) clear: bool,
}

/// Judges one record.
pub(super) fn judge(case: &Case<'_>) -> Judged {
    let mut reasons = Vec::new();
    let mut decided = true;
    let authority = count_servers(case);
    match case.blind {
        Blind::No => decided = authority_reasons(case, &authority, &mut reasons),
        Blind::Intercepted => push(&mut reasons, Effect::Hides, Cause::Port53Intercepted),
        Blind::Blocked => push(&mut reasons, Effect::Hides, Cause::Port53Blocked),
        Blind::NoNetwork => push(&mut reasons, Effect::Hides, Cause::NoNetwork),
    }
    let joining = !decided && case.decided;
    if case.blind == Blind::No && decided {
        decided = sight_reasons(case, &mut reasons);
    }
    let issuable = decided && reasons.iter().all(|reason| reason.effect == Effect::Warns);
    let (resolvers, nearly) = resolver_reasons(case, &mut reasons);
    let waits = |reason: &Reason| reason.effect != Effect::Warns && !(nearly && is_sample(&reason.cause));
    let clear = decided && !reasons.iter().any(waits);
    if clear && case.sight_old {
        push(&mut reasons, Effect::Waits, Cause::ChecksPending);
    } else if let Some(until) = case.settle_until.filter(|_| clear && !is_settled(case)) {
        // The last samples are taken while it settles.
        reasons.retain(|reason| reason.effect == Effect::Warns);
        push(&mut reasons, Effect::Waits, Cause::Settling { until });
    }
    if joining {
        push(&mut reasons, Effect::Waits, Cause::AuthorityPending);
    }
    // Before the first look is over there is no reason against it, and none for it.
    let undecided = !decided && !joining;
    let verdict = verdict_of(&reasons).max(if undecided { Verdict::Inconclusive } else { Verdict::Safe });
    let contradicted = case.resolvers.iter().any(|r| r.stance == Stance::Contradicts);
    let everyone =
        verdict == Verdict::Safe && !contradicted && case.everyone_by.is_some_and(|by| by <= case.now);
    if verdict == Verdict::Safe && case.policy.until == Milestone::Everyone && !everyone {
        push(&mut reasons, Effect::Waits, Cause::NotEveryone { until: case.everyone_by });
    }
    if issuable && !case.sight.as_ref().is_some_and(issuance::is_web_proven) {
        push(&mut reasons, Effect::Warns, Cause::WebNotProven);
    }
    reasons.sort_by_key(|reason| reason.effect);
    let everyone_by = case.everyone_by;
    let report = RecordReport {
        record: case.id,
        verdict,
        issuable,
        everyone,
        everyone_by,
        authority,
        resolvers,
        reasons,
    };
    Judged { report, decided, clear }
}

/// The CA's other rules. Returns whether the first look is over: a single look waits for all of it, a watch
/// tells what it knows.
fn sight_reasons(case: &Case<'_>, reasons: &mut Vec<Reason>) -> bool {
    let waited =
        |reason: &Reason| reason.effect == Effect::Warns || matches!(reason.cause, Cause::CaMayCache { .. });
    let right = reasons.iter().all(waited);
    match (case.sight_says, &case.sight) {
        (Some(says), _) => reasons.extend_from_slice(says),
        (None, Some(sight)) => reasons.extend(issuance::reasons(sight)),
        (None, None) => {}
    }
    if case.sight_pending && right {
        push(reasons, Effect::Waits, Cause::ChecksPending);
    }
    case.mode == Mode::Watch || !case.sight_pending
}

fn verdict_of(reasons: &[Reason]) -> Verdict {
    match reasons.iter().map(|reason| reason.effect).min() {
        Some(Effect::Blocks) => Verdict::Blocked,
        Some(Effect::Hides) => Verdict::Inconclusive,
        Some(Effect::Waits) => Verdict::NotYet,
        Some(Effect::Warns) | None => Verdict::Safe,
    }
}

fn is_sample(cause: &Cause) -> bool {
    matches!(cause, Cause::ResolverUnconfirmed { .. } | Cause::ResolversPending { .. })
}

fn push(reasons: &mut Vec<Reason>, effect: Effect, cause: Cause) {
    reasons.push(Reason { effect, who: None, cause });
}

fn of(reasons: &mut Vec<Reason>, effect: Effect, who: &Arc<str>, cause: Cause) {
    reasons.push(Reason { effect, who: Some(Arc::clone(who)), cause });
}

/// Settled: nothing regressed for the whole time, and every server of the zone has answered after it. One that was
/// silent once has not, though what it said before still stands.
fn is_settled(case: &Case<'_>) -> bool {
    let Some(until) = case.settle_until else { return true };
    let answered = |server: &ServerView<'_>| server.at >= until && server.failures == 0;
    case.now >= until
        && reachable(case).all(|server| answered(server) || matches!(server.says, AtServer::Dead(_)))
}
