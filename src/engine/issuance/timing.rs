//! Time: what the CA may still remember, and how long it waits.

use std::net::IpAddr;
use std::time::Duration;

use crate::model::{Cause, ConnectFailure, Effect, Held, Reason, Timestamp, WebEnd};

use super::{Sight, because};

/// How long the CA's resolvers keep an answer at most (boulder's unbound: `cache-max-ttl: 60`; negative
/// answers are not kept at all).
const CA_CACHE: Duration = Duration::from_secs(60);
/// What is added for clocks and for the way.
const CA_MARGIN: Duration = Duration::from_secs(5);

/// When the CA can no longer have a wrong answer that an authority gave at `last` with `ttl` seconds:
/// min(TTL, 60 s) + 5 s later. NXDOMAIN and NODATA are not cached, so there is nothing to wait for.
pub(in crate::engine) fn ca_forgets(last: Timestamp, ttl: u32, held: &Held) -> Option<Timestamp> {
    match held {
        Held::NoName | Held::NoData => None,
        Held::Addresses(_) | Held::Alias(_) | Held::DeadEnd(_) | Held::Loop(_) => Some(ca_keeps(last, ttl)),
    }
}

/// The same for records of any kind.
pub(in crate::engine) fn ca_keeps(last: Timestamp, ttl: u32) -> Timestamp {
    last + CA_CACHE.min(Duration::from_secs(u64::from(ttl))) + CA_MARGIN
}

/// From here on, in milliseconds, a validation takes so long that a slow moment breaks it.
const SLOW: u32 = 10_000;
/// How long boulder waits for everything together, less a margin for its own way (RA to VA: 20 s).
const LETS_ENCRYPT_WAITS: u32 = 18_000;
/// The same for pebble (15 s).
const PEBBLE_WAITS: u32 = 13_000;
/// How long boulder tries to connect (`va/http.go`, `singleDialTimeout`).
const DIAL: u32 = 10_000;

/// The slowest lookup and the slowest visit share one budget; an IPv6 address that swallows packets takes its
/// part of it.
pub(super) fn worst_case(sight: &Sight<'_>) -> Vec<Reason> {
    let candidates = sight.candidates();
    let visits = candidates.iter().filter_map(|&address| Some((address, sight.visit(address)?)));
    let mut slowest = 0;
    let mut dial = 0;
    for (address, visit) in visits {
        match visit.end {
            WebEnd::Answered { .. } => slowest = slowest.max(visit.took),
            WebEnd::NotConnected(ConnectFailure::TimedOut) if visit.is_direct() && address.is_ipv6() => {
                dial = DIAL;
            }
            _ => {}
        }
    }
    if sight.is_pebble() || !candidates.iter().any(IpAddr::is_ipv4) {
        dial = 0;
    }
    let own = sight.survey.map_or(0, |survey| survey.slowest).saturating_add(slowest);
    let took = own.saturating_add(dial);
    let limit = if sight.is_pebble() { PEBBLE_WAITS } else { LETS_ENCRYPT_WAITS };
    // The dial alone is told of by itself; what is left of the time after it is little.
    let effect = if took > limit {
        Effect::Blocks
    } else if own > SLOW || (dial > 0 && own > (limit - dial) / 2) {
        Effect::Warns
    } else {
        return Vec::new();
    };
    vec![because(effect, Cause::TooSlow { took, limit })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ca_forgets_within_65_seconds_and_never_knew_what_was_not_there() {
        let last = Timestamp::from_secs(100);
        let old = Held::Addresses([].into());
        assert_eq!(ca_forgets(last, 14_400, &old), Some(Timestamp::from_secs(165)));
        assert_eq!(ca_forgets(last, 20, &old), Some(Timestamp::from_secs(125)));
        assert_eq!(ca_forgets(last, 14_400, &Held::NoName), None);
    }
}
