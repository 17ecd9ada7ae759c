//! The authorities' side of a verdict: parent and child, dead and lame, behind and stuck.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::authority::AtServer;
use crate::engine::issuance::{self, AaaaAsked};
use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::model::{
    AuthorityCount, Cause, Effect, Failure, Held, Name, NameServer, ParentSaid, Reason, Walk, WalkEnd,
};

use super::{Case, ServerView, of, push};

fn current<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a ServerView<'a>> {
    case.servers.iter().filter(|server| server.current)
}

/// Servers that this machine has no way to (no IPv6 here) are not counted: that is no fault of theirs.
pub(super) fn reachable<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a ServerView<'a>> {
    current(case).filter(|server| *server.says != AtServer::Dead(Failure::NoRoute))
}

fn is_pending(case: &Case<'_>) -> bool {
    current(case).any(|server| *server.says == AtServer::Pending)
}

/// A watch believes in a server's death at the second failure; a single look has only one.
fn is_dead(case: &Case<'_>, server: &ServerView<'_>) -> bool {
    matches!(server.says, AtServer::Dead(_)) && (case.mode == Mode::Look || server.failures >= 2)
}

pub(super) fn count_servers(case: &Case<'_>) -> AuthorityCount {
    let found = case.walk.filter(|walk| walk.end == WalkEnd::Found);
    let mut count = AuthorityCount { zone: found.map(|walk| walk.zone.clone()), ..AuthorityCount::default() };
    for server in reachable(case) {
        match server.says {
            AtServer::Right { .. } => count.right += 1,
            AtServer::Wrong { .. } => count.wrong += 1,
            AtServer::Lame(_) | AtServer::Dead(_) => count.silent += 1,
            AtServer::Pending => {}
        }
    }
    count
}

/// Everything on the authorities' side. Returns whether the first look is over.
pub(super) fn authority_reasons(case: &Case<'_>, count: &AuthorityCount, reasons: &mut Vec<Reason>) -> bool {
    if let Some((address, block)) = case.reserved.filter(|_| issuance::minds_reserved(case.policy)) {
        push(reasons, Effect::Blocks, Cause::ReservedAddress { address: *address, block: Arc::clone(block) });
    }
    let Some(end) = case.end else { return !reasons.is_empty() };
    let Some(walk) = case.walk else { return !reasons.is_empty() };
    match end {
        WalkEnd::NoSuchZone => {
            let (zone, parent) = (walk.zone.clone(), walk.parent.clone());
            push(reasons, Effect::Blocks, Cause::ZoneMissing { zone, parent });
            return true;
        }
        WalkEnd::Unreached(failure) => {
            push(
                reasons,
                Effect::Hides,
                Cause::AuthoritySilent { zone: walk.zone.clone(), failure: failure.clone() },
            );
            return true;
        }
        WalkEnd::Found => {}
    }
    if is_pending(case) || case.forgotten.is_none() {
        return !reasons.is_empty();
    }
    reasons.extend_from_slice(case.delegation);
    if count.right + count.wrong == 0 {
        let failure = reachable(case).chain(current(case)).find_map(|server| match server.says {
            AtServer::Dead(failure) => Some(failure.clone()),
            _ => None,
        });
        match failure {
            Some(failure) => {
                push(reasons, Effect::Hides, Cause::AuthoritySilent { zone: walk.zone.clone(), failure });
            }
            // Where none of them has an address, that is said by name below.
            None if current(case).next().is_none() && walk.servers.iter().any(is_unnamed) => {}
            None => push(
                reasons,
                Effect::Blocks,
                Cause::AuthoritySilent { zone: walk.zone.clone(), failure: Failure::Garbage },
            ),
        }
        absent_reasons(case, walk, reasons);
        return true;
    }
    absent_reasons(case, walk, reasons);
    wrong_reasons(case, count, walk, reasons);
    if let Some(addresses) = case.forgotten.filter(|addresses| !addresses.is_empty()) {
        let effect =
            case.sight.as_ref().map_or(Effect::Blocks, |sight| issuance::stray_effect(sight, addresses));
        push(reasons, effect, Cause::UnexpectedAaaa { addresses: addresses.to_vec() });
    }
    reasons.extend(issuance::aaaa_answers(&aaaa_asked(case), case.policy.ca));
    if let Some(until) = case.ca_forgets_at.filter(|&until| until > case.now && count.wrong == 0) {
        push(reasons, Effect::Waits, Cause::CaMayCache { until });
    }
    true
}

/// What parent and child say of each other. Depends on the walk alone, so it is worked out once for each.
pub(in crate::engine) fn delegation_reasons(walk: &Walk) -> Vec<Reason> {
    let mut reasons = Vec::new();
    delegation(walk, &mut reasons);
    reasons
}

fn delegation(walk: &Walk, reasons: &mut Vec<Reason>) {
    let mut sets: BTreeSet<&Vec<Name>> = BTreeSet::new();
    let mut denied = false;
    for reply in &walk.parents {
        match &reply.said {
            ParentSaid::Delegates { ns, .. } => {
                sets.insert(ns);
            }
            ParentSaid::NoSuchName | ParentSaid::NotDelegated => denied = true,
            ParentSaid::Lame { .. } | ParentSaid::Failed(_) => {}
        }
    }
    if sets.len() > 1 || (denied && !sets.is_empty()) {
        let (zone, parent) = (walk.zone.clone(), walk.parent.clone());
        push(reasons, Effect::Waits, Cause::ParentSplit { zone, parent });
    }
    let only = |at_parent: bool| -> Vec<Name> {
        let hosts = walk.servers.iter().filter(|s| s.at_parent == at_parent && s.at_child != at_parent);
        hosts.map(|s| s.host.clone()).collect()
    };
    let (parent_only, child_only) = (only(true), only(false));
    let knows_child = walk.servers.iter().any(|server| server.at_child);
    if knows_child && !walk.parents.is_empty() && !(parent_only.is_empty() && child_only.is_empty()) {
        push(reasons, Effect::Warns, Cause::NsMismatch { zone: walk.zone.clone(), parent_only, child_only });
    }
    for server in &walk.servers {
        let pick = |keep: fn(&crate::model::Address) -> bool| -> Vec<IpAddr> {
            server.addresses.iter().filter(|a| keep(a)).map(|a| a.addr.ip()).collect()
        };
        let (glue, own) = (pick(|a| a.glue), pick(|a| a.own));
        if !glue.is_empty() && !own.is_empty() && glue != own {
            push(reasons, Effect::Warns, Cause::GlueMismatch { host: server.host.clone(), glue, own });
        }
        if is_unnamed(server) {
            push(reasons, Effect::Warns, Cause::AuthorityNoAddress { server: server.host.clone() });
        }
    }
}

/// Whether the parent sends the CA's resolvers to a server whose name has no address.
fn is_unnamed(server: &NameServer) -> bool {
    server.addresses.is_empty() && server.at_parent
}

/// Dead and lame servers. One dead server of three or more is a warning, of two it blocks: the CA's
/// resolvers pick one at random, and each of several perspectives must get through.
fn absent_reasons(case: &Case<'_>, walk: &Walk, reasons: &mut Vec<Reason>) {
    let unnamed = walk.servers.iter().filter(|server| is_unnamed(server)).count();
    let answers = |server: &ServerView<'_>| !matches!(server.says, AtServer::Lame(_) | AtServer::Dead(_));
    if unnamed == 0 && reachable(case).all(answers) {
        return;
    }
    let hosts: BTreeSet<&Name> = reachable(case).map(|server| server.host).collect();
    let is_absent = |host: &Name| {
        let mut all = reachable(case).filter(|server| server.host == host);
        all.all(|server| matches!(server.says, AtServer::Lame(_)) || is_dead(case, server))
    };
    let absent = hosts.iter().filter(|host| is_absent(host)).count() + unnamed;
    // A server that only the zone itself names stands by nobody whom the parent sends there.
    let is_delegated = |host: &Name| {
        let named = walk.servers.iter().find(|server| server.host == *host);
        named.is_none_or(|server| server.at_parent)
    };
    let delegated = hosts.iter().filter(|host| is_delegated(host)).count();
    let heard = reachable(case).any(|server| !matches!(server.says, AtServer::Dead(_)));
    let enough = |host: &Name| {
        let beside = if is_delegated(host) { delegated } else { hosts.len() };
        beside + unnamed >= 3 && absent <= 1
    };
    for server in reachable(case) {
        let whole_host = is_absent(server.host);
        // Where nobody can be heard at all, it may be this machine that is deaf.
        let effect = if whole_host && !enough(server.host) && heard { Effect::Blocks } else { Effect::Warns };
        let (label, addr) = (Arc::clone(server.label), server.addr);
        match server.says {
            AtServer::Lame(rcode) => {
                of(
                    reasons,
                    effect,
                    server.label,
                    Cause::AuthorityLame { server: label, addr, rcode: *rcode },
                );
            }
            AtServer::Dead(failure) => {
                let effect = if is_dead(case, server) { effect } else { Effect::Waits };
                let failure = failure.clone();
                of(reasons, effect, server.label, Cause::AuthorityDead { server: label, addr, failure });
            }
            _ => {}
        }
    }
    if unnamed > 0 && !(delegated + unnamed >= 3 && absent <= 1) {
        for server in walk.servers.iter().filter(|server| is_unnamed(server)) {
            push(reasons, Effect::Blocks, Cause::AuthorityNoAddress { server: server.host.clone() });
        }
    }
}

/// What the servers that are right about the record did with the question for its AAAA.
fn aaaa_asked<'a>(case: &'a Case<'_>) -> Vec<AaaaAsked<'a>> {
    let is_right = |addr| {
        case.servers.iter().any(|server| server.addr == addr && matches!(server.says, AtServer::Right { .. }))
    };
    let asked = case.guard.iter().filter(|server| server.current && is_right(server.addr));
    asked
        .map(|server| AaaaAsked {
            label: server.label,
            host: server.host,
            addr: server.addr,
            says: server.says,
            dead: is_dead(case, server),
        })
        .collect()
}

/// Servers that answer with something else than what is expected.
fn wrong_reasons(case: &Case<'_>, count: &AuthorityCount, walk: &Walk, reasons: &mut Vec<Reason>) {
    let newest =
        reachable(case).filter_map(|server| server.serial).reduce(|a, b| if is_newer(b, a) { b } else { a });
    if count.right == 0 {
        let held = reachable(case).find_map(|server| wrong_held(server.says));
        let Some(held) = held else { return };
        let zone = walk.zone.clone();
        if let Held::Loop(name) = &held {
            push(reasons, Effect::Blocks, Cause::AliasLoop { name: name.clone() });
        } else if case.mode == Mode::Watch && is_unchanged(case) {
            push(reasons, Effect::Blocks, Cause::AuthorityUnchanged { zone, held, since: case.first_look });
        } else {
            push(reasons, Effect::Waits, Cause::AuthorityWrong { zone, held });
        }
        return;
    }
    for server in reachable(case) {
        let Some(held) = wrong_held(server.says) else { continue };
        let name = Arc::clone(server.label);
        if is_stuck(case, server, newest) {
            of(reasons, Effect::Blocks, server.label, Cause::AuthorityStuck { server: name, held });
        } else {
            let cause = Cause::AuthorityBehind { server: name, held, serial: server.serial, newest };
            of(reasons, Effect::Waits, server.label, cause);
        }
    }
    for server in case.servers.iter().filter(|server| !server.current) {
        if let Some(held) = wrong_held(server.says) {
            let cause = Cause::FormerAuthorityAnswers { server: Arc::clone(server.label), held };
            of(reasons, Effect::Warns, server.label, cause);
        }
    }
}

/// Whether every server that says something else has said it for so long. Of many names each is asked about seldom,
/// and what was not asked again may have changed.
fn is_unchanged(case: &Case<'_>) -> bool {
    let wrong = reachable(case).filter(|server| matches!(server.says, AtServer::Wrong { .. }));
    let seen = wrong.map(|server| server.at.since(case.first_look)).min();
    seen.is_some_and(|seen| seen > schedule::UNCHANGED)
}

fn wrong_held(says: &AtServer) -> Option<Held> {
    match says {
        AtServer::Wrong { held, .. } => Some(held.clone()),
        _ => None,
    }
}

/// A secondary may lag by its SOA refresh and retry; a server with the newest serial and other data is
/// given a few minutes, since some hosters never change the serial. What counts is how long it was seen to differ, up
/// to its last answer: of many names it is asked about each seldom.
fn is_stuck(case: &Case<'_>, server: &ServerView<'_>, newest: Option<u32>) -> bool {
    let Some(since) = case.differ_since else { return false };
    let differs_for = server.at.since(since);
    let behind = matches!((server.serial, newest), (Some(own), Some(newest)) if is_newer(newest, own));
    let allowed = if behind {
        std::time::Duration::from_secs(u64::from(server.may_lag.unwrap_or(0))).max(schedule::SAME_SERIAL)
    } else {
        schedule::SAME_SERIAL
    };
    differs_for > allowed
}

/// Serial number arithmetic (RFC 1982, section 3.2).
fn is_newer(a: u32, b: u32) -> bool {
    a != b && a.wrapping_sub(b) < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_wrap_around() {
        assert!(is_newer(2, 1) && !is_newer(1, 2) && !is_newer(1, 1));
        assert!(is_newer(0, u32::MAX) && !is_newer(u32::MAX, 0));
    }
}
