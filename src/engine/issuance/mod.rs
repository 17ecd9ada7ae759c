//! What the CA would make of it, one pure function a rule.
//!
//! The rules stand in the order in which they are looked at; of those with the same effect the first one that
//! speaks leads. What the parent and the zone's own servers say of the record itself is judged before them,
//! in `engine::verdict`.

mod addresses;
mod budget;
mod caa;
mod climb;
mod dnssec;
mod habits;
mod policy;
mod strangers;
mod timing;
mod web;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use crate::engine::plan::Policy;
use crate::model::{Ca, Cause, Effect, Name, Origin, Reason, Signing, Survey, Timestamp, Visit};

pub use addresses::reserved_block;
pub(super) use addresses::{minds_reserved, reserved};
pub use budget::{TRIES_AN_HOUR, tries_left};
pub(super) use caa::life;
pub(super) use habits::{AaaaAsked, aaaa_answers};
pub(super) use strangers::stray_effect;
pub(super) use timing::{ca_forgets, ca_keeps};
pub(super) use web::is_web_proven;

/// What is known of one name.
#[derive(Debug)]
pub(super) struct Sight<'a> {
    /// The name that a certificate is wanted for.
    pub(super) name: &'a Name,
    pub(super) now: Timestamp,
    pub(super) policy: &'a Policy,
    /// None while it has not been made, or could not be.
    pub(super) survey: Option<&'a Survey>,
    /// All A and AAAA that the name's authorities give now, aliases followed.
    pub(super) addresses: &'a [IpAddr],
    /// All addresses that the user expects for the name. Empty when only an alias is expected: then what
    /// it leads to is.
    pub(super) expected: &'a [IpAddr],
    /// The newest visit to each address; also to expected ones that DNS does not give.
    pub(super) visits: &'a [(IpAddr, Visit)],
    /// Whose servers they are, where that was asked.
    pub(super) origins: &'a [(IpAddr, Origin)],
    /// Addresses that the servers which the zone has left still give.
    pub(super) former: Vec<IpAddr>,
    /// Whether the record is right at its authorities.
    pub(super) right: bool,
}

impl Sight<'_> {
    fn is_pebble(&self) -> bool {
        self.policy.ca == Ca::Pebble
    }

    fn is_expected(&self, address: IpAddr) -> bool {
        self.expected.is_empty() || self.expected.contains(&address)
    }

    fn visit(&self, address: IpAddr) -> Option<&Visit> {
        self.visits.iter().find(|(at, _)| *at == address).map(|(_, visit)| visit)
    }

    /// The addresses among which the CA picks: boulder drops reserved ones, and pebble never goes to an
    /// IPv4 address where there is an IPv6 one. Which is first in an answer is chance, so each may be it.
    fn candidates(&self) -> Vec<IpAddr> {
        let minds = minds_reserved(self.policy);
        let usable = self.addresses.iter().filter(|address| !minds || reserved_block(**address).is_none());
        let mut all: Vec<IpAddr> = usable.copied().collect();
        if self.is_pebble() && all.iter().any(IpAddr::is_ipv6) {
            all.retain(IpAddr::is_ipv6);
        }
        all
    }
}

/// One rule: what it says against issuing now.
type Rule = fn(&Sight<'_>) -> Vec<Reason>;

/// Rules that hold whatever the record's own state is.
const ALWAYS: [Rule; 5] =
    [policy::names, dnssec::chains, strangers::servers, strangers::assumed, budget::tries];

/// Rules about what the CA meets once the record is right. Before that the zone may be about to move, and
/// waiting for the record comes first, so what they say is no more than a warning.
const ONCE_RIGHT: [Rule; 7] =
    [unseen, habits::servers, addresses::usable, caa::permits, web::visits, web::doubted, timing::worst_case];

/// Everything that stands in the way of a certificate for the name, beyond what its own servers say of
/// the record; the most important first.
pub(super) fn reasons(sight: &Sight<'_>) -> Vec<Reason> {
    let [policy, dnssec, strangers, assumed, budget] = ALWAYS.map(|rule| rule(sight));
    let mut later: Vec<Reason> = ONCE_RIGHT.iter().flat_map(|rule| rule(sight)).collect();
    if !sight.right {
        later.iter_mut().for_each(|reason| reason.effect = Effect::Warns);
        // Whom the CA cannot ask, this program could not ask either: that is why nothing is right.
        let deaf = habits::deaf(sight);
        later.retain(|reason| {
            deaf.iter().all(|told| (&told.cause, &told.who) != (&reason.cause, &reason.who))
        });
        later.extend(deaf);
    }
    let mut all: Vec<Reason> = Vec::new();
    for reason in [policy, dnssec, strangers, later, assumed, budget].into_iter().flatten() {
        if !all.contains(&reason) {
            all.push(reason);
        }
    }
    all.sort_by_key(|reason| reason.effect);
    all
}

/// Without a survey nothing is known of CAA and DNSSEC; pebble looks at neither.
fn unseen(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.survey.is_some() || sight.is_pebble() || !sight.right {
        return Vec::new();
    }
    vec![because(Effect::Waits, Cause::ChecksPending)]
}

/// Whether time alone can change what the rules say of it: a signature that expires, or a failed try that is
/// forgotten. A rule that goes by [`Sight::now`] must have its say here.
pub(super) fn moves_with_time(sight: &Sight<'_>) -> bool {
    let zones = sight.survey.map(|survey| &survey.zones[..]).unwrap_or_default();
    let timeless = |signing: &Signing| matches!(signing, Signing::NotNeeded);
    let all_timeless = zones.iter().flat_map(|zone| &zone.servers).all(|server| timeless(&server.signing));
    !(all_timeless && sight.policy.attempts.is_empty())
}

fn because(effect: Effect, cause: Cause) -> Reason {
    Reason { effect, who: None, cause }
}
