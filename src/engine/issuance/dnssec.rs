//! Whether a validating resolver believes the zone's servers (Baseline Requirements 3.2.2.4: the CA's do
//! validate).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Cause, Ds, DsSaid, Effect, Failure, Name, Reason, ServerSurvey, Signing, Timestamp, ZoneSurvey,
};

use super::{Sight, because};

/// Algorithms that the CA's resolvers check (unbound with OpenSSL). With any other a zone counts as
/// unsigned (RFC 4035, section 5.2).
const CHECKED: [u8; 8] = [5, 7, 8, 10, 13, 14, 15, 16];

/// Every zone that the name passes through, server by server.
pub(super) fn chains(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.is_pebble() {
        return Vec::new();
    }
    let zones = sight.survey.map(|survey| &survey.zones[..]).unwrap_or_default();
    let validated = zones.iter().filter(|zone| !is_below_unsigned(zone, zones));
    validated.flat_map(|zone| of_zone(zone, sight.now)).collect()
}

/// Whether a zone above, of those that were looked at, is not signed: then nothing below it is validated, whatever
/// DS records stand there (RFC 4035, section 5.2: there is no authentication path).
fn is_below_unsigned(zone: &ZoneSurvey, zones: &[ZoneSurvey]) -> bool {
    let mut above = zones.iter().filter(|other| other.zone != zone.zone && zone.zone.is_within(&other.zone));
    above.any(|other| !other.ds.is_empty() && other.ds.iter().all(|reply| reply.said == DsSaid::Nothing))
}

fn of_zone(zone: &ZoneSurvey, now: Timestamp) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut sets: BTreeSet<&[Ds]> = BTreeSet::new();
    let mut failure = None;
    for reply in &zone.ds {
        match &reply.said {
            DsSaid::Set(set) => {
                sets.insert(set);
            }
            DsSaid::Nothing => {
                sets.insert(&[]);
            }
            DsSaid::Failed(why) => failure = failure.or(Some(why)),
            DsSaid::Refused(_) => {}
        }
    }
    let split = sets.len() > 1;
    if split {
        reasons.push(because(Effect::Waits, Cause::DsSplit { zone: zone.zone.clone() }));
    }
    if sets.is_empty() && !zone.ds.is_empty() {
        reasons.push(because(Effect::Hides, unseen(zone, failure)));
    }
    for server in &zone.servers {
        // Until the parent's servers agree, a key may be missing because it is about to be announced.
        let announced = !matches!(server.signing, Signing::NoKey | Signing::KeyMismatch);
        if announced || !split {
            reasons.extend(of_server(zone, server, now));
        }
    }
    if sets.iter().any(|set| !set.is_empty()) {
        reasons.extend(unproved(zone));
    }
    reasons
}

fn of_server(zone: &ZoneSurvey, server: &ServerSurvey, now: Timestamp) -> Option<Reason> {
    let effect = match &server.signing {
        Signing::NotYet { .. } => Effect::Waits,
        signing if signing.is_bogus() => Effect::Blocks,
        // What was proved then is not proved now.
        Signing::Proved { until } if *until <= now => {
            return Some(because(Effect::Waits, Cause::ChecksPending));
        }
        Signing::Unknown { algorithm } if CHECKED.contains(algorithm) => {
            let cause = Cause::DnssecUnchecked { zone: zone.zone.clone(), algorithm: *algorithm };
            return Some(because(Effect::Hides, cause));
        }
        _ => return None,
    };
    let label: Arc<str> = Arc::from(server.host.as_str());
    let (zone, signing) = (zone.zone.clone(), server.signing.clone());
    let cause = Cause::DnssecBogus { zone, server: Arc::clone(&label), signing };
    Some(Reason { effect, who: Some(label), cause })
}

/// Servers of a signed zone that could not be looked at. As with dead servers, one of three or more may be
/// missing; a server that this machine has no way to counts for nothing.
fn unproved(zone: &ZoneSurvey) -> Option<Reason> {
    let silent =
        |server: &&ServerSurvey| matches!(&server.signing, Signing::Failed(why) if *why != Failure::NoRoute);
    let seen: BTreeSet<&Name> = zone
        .servers
        .iter()
        .filter(|server| !matches!(server.signing, Signing::Failed(_)))
        .map(|server| &server.host)
        .collect();
    let missing: BTreeSet<&Name> = zone
        .servers
        .iter()
        .filter(silent)
        .map(|server| &server.host)
        .filter(|host| !seen.contains(host))
        .collect();
    let failure = zone.servers.iter().find_map(|server| match &server.signing {
        Signing::Failed(why) => Some(why),
        _ => None,
    });
    let enough = seen.len() + missing.len() >= 3 && missing.len() <= 1;
    let effect = match (seen.is_empty(), missing.is_empty()) {
        (false, true) => return None,
        (false, false) if enough => Effect::Warns,
        _ => Effect::Hides,
    };
    Some(because(effect, unseen(zone, failure)))
}

fn unseen(zone: &ZoneSurvey, failure: Option<&Failure>) -> Cause {
    Cause::DnssecUnseen { zone: zone.zone.clone(), failure: failure.cloned() }
}
