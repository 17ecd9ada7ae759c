//! What must hold of any records, any failures and any visits.

use proptest::prelude::*;

use crate::engine::issuance::budget::Bucket;
use crate::engine::issuance::caa::{Reading, read};
use crate::model::*;

use super::*;

const KNOWN: [&str; 3] = ["issue", "issuewild", "iodef"];

fn any_record() -> impl Strategy<Value = CaaRecord> {
    let tag = prop_oneof![
        4 => Just("issue".to_owned()),
        1 => Just("IssueWild".to_owned()),
        1 => Just("iodef".to_owned()),
        2 => "[a-zA-Z0-9]{0,8}",
        1 => any::<String>(),
    ];
    let value = prop_oneof![
        2 => Just("letsencrypt.org".to_owned()),
        2 => "[ \t]?letsencrypt\\.org[ \t]?(;[ a-z=-]{0,12}){0,3}",
        1 => "(\\\\[0-9]{0,3}|[a-z;= ]){0,12}",
        1 => any::<String>(),
    ];
    (any::<u8>(), tag, value).prop_map(|(flags, tag, value)| CaaRecord { flags, tag, value })
}

/// Ends with which no validation passes, wherever they are met.
fn bad_end() -> impl Strategy<Value = WebEnd> {
    prop_oneof![
        (201u16..600).prop_map(|status| answered(status, BodySeen::Different)),
        Just(answered(200, BodySeen::Different)),
        Just(answered(200, BodySeen::TooLong)),
        Just(WebEnd::Broken(Broken::Closed)),
        Just(WebEnd::Broken(Broken::TimedOut)),
        Just(WebEnd::Redirect(BadRedirect::Loop)),
        Just(WebEnd::Unresolved(name("gone.example.com"))),
    ]
}

fn any_end() -> impl Strategy<Value = WebEnd> {
    let failure = prop_oneof![
        Just(ConnectFailure::Refused),
        Just(ConnectFailure::TimedOut),
        Just(ConnectFailure::NoRoute),
    ];
    prop_oneof![3 => Just(served()), 1 => bad_end(), 1 => failure.prop_map(WebEnd::NotConnected)]
}

fn any_scene() -> impl Strategy<Value = Scene> {
    let place = prop_oneof![Just(SECOND), Just(SIX), Just(STRAY), Just(OLD)];
    let more =
        prop::collection::vec((place, any::<bool>(), proptest::option::weighted(0.8, any_end())), 0..4);
    (any_end(), more, any::<bool>(), 0u32..12_000).prop_map(|(first, more, pebble, slowest)| {
        let mut scene = Scene::healthy();
        scene.ends(first);
        for (address, expected, end) in more {
            if scene.addresses.contains(&ip(address)) {
                continue;
            }
            scene.addresses.push(ip(address));
            if expected {
                scene.expected.push(ip(address));
            }
            scene.visits.extend(end.map(|end| (ip(address), visit(address, end))));
        }
        if pebble {
            scene.pebble();
        }
        scene.seen().slowest = slowest;
        scene
    })
}

proptest! {
    #[test]
    fn a_critical_unknown_tag_never_lets_the_ca_issue(
        records in prop::collection::vec(any_record(), 0..6),
        account in proptest::option::of("[ -~]{0,60}"),
    ) {
        let read = read(&records, account.as_deref());
        let critical = records.iter().any(|record| {
            record.flags & 129 != 0 && !KNOWN.contains(&record.tag.to_ascii_lowercase().as_str())
        });
        if critical {
            let refused = matches!(read, Reading::Forbidden(CaaFault::Critical { .. }));
            prop_assert!(refused, "{:?}", read);
        }
        let restricts = records.iter().any(|record| record.tag.eq_ignore_ascii_case("issue"));
        let named = records.iter().any(|record| record.value.contains("letsencrypt.org") || record.value.contains('\\'));
        if restricts && !named {
            prop_assert!(matches!(read, Reading::Forbidden(_)), "{:?}", read);
        }
    }

    #[test]
    fn the_bucket_is_a_bucket(times in prop::collection::vec(0i64..20_000_000_000, 0..30), after in 0i64..8_000_000_000) {
        const ONE: i64 = 720_000_000;
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let (mut tokens, mut last) = (5 * ONE, 0);
        for at in &sorted {
            tokens = (tokens + at - last).min(5 * ONE);
            last = *at;
            if tokens >= ONE {
                tokens -= ONE;
            }
        }
        let now = last + after;
        tokens = (tokens + after).min(5 * ONE);
        let bucket = Bucket::of(times.into_iter().map(Timestamp::from_micros));
        let left = bucket.left(Timestamp::from_micros(now));
        prop_assert_eq!(i64::from(left), tokens / ONE);
        if left < 5 {
            let next = bucket.one_more(Timestamp::from_micros(now));
            prop_assert_eq!(next.as_micros(), now + ONE * (tokens / ONE + 1) - tokens);
            prop_assert_eq!(bucket.left(next), left + 1);
        }
    }

    #[test]
    fn a_bad_visit_never_makes_it_safe(scene in any_scene(), end in bad_end(), pick in any::<prop::sample::Index>()) {
        let before = scene.judged().verdict;
        let candidates = scene.sight().candidates();
        let address = *pick.get(&scene.addresses);
        let mut worse = scene.clone();
        worse.visits.retain(|(at, _)| *at != address);
        worse.visits.push((address, visit(&address.to_string(), end)));
        let after = worse.judged().verdict;
        prop_assert!(before == Verdict::Safe || after != Verdict::Safe, "{:?}", worse.judged());
        // An address that nobody expects may be out of the CA's way; one that is expected never is.
        if candidates.contains(&address) && scene.expected.contains(&address) {
            prop_assert_eq!(after, Verdict::Blocked);
        }
    }

    #[test]
    fn safe_is_only_what_serves_from_where_the_ca_goes_first(scene in any_scene()) {
        if scene.judged().verdict == Verdict::Safe {
            let good = |address: &IpAddr| {
                let (_, visit) = scene.visits.iter().find(|(at, _)| at == address).unwrap();
                let family = address.is_ipv6() && scene.policy.ca == Ca::LetsEncrypt;
                let cannot_tell = visit.end == WebEnd::NotConnected(ConnectFailure::NoRoute);
                visit.end == served() || cannot_tell || (family && matches!(visit.end, WebEnd::NotConnected(_)))
            };
            let six: Vec<IpAddr> = scene.addresses.iter().copied().filter(IpAddr::is_ipv6).collect();
            let first = if six.is_empty() { scene.addresses.clone() } else { six };
            prop_assert!(first.iter().all(good), "{:?}", scene);
        }
    }
}
