//! The CA's record of an order.

use crate::explain::{
    Unreadable, attempts, attempts_seen, authorization, environment, explain, names_seen, order, testimony,
};
use crate::model::{
    Attempt, AuthorizationSeen, CallFailure, Class, Environment, Evidence, Name, OrderRecord, Testimony,
    Timestamp, Value, Visited,
};

const URL: &str = "https://acme-v02.api.letsencrypt.org/acme/order/12345678/87654321";

#[test]
fn an_order_names_all_names_and_their_authorizations() {
    let json = br#"{"status":"invalid","expires":"2026-12-01T00:00:00Z",
        "identifiers":[{"type":"dns","value":"example.com"},{"type":"dns","value":"www.example.com"}],
        "authorizations":["https://acme-v02.api.letsencrypt.org/acme/authz/12345678/1",
            "https://acme-staging-v02.api.letsencrypt.org/acme/authz/12345678/2",
            "https://evil.example/acme/authz/12345678/3", "file:///etc/passwd"],
        "finalize":"https://acme-v02.api.letsencrypt.org/acme/finalize/12345678/87654321"}"#;
    let seen = order(URL, json).unwrap();
    assert_eq!(seen.names.iter().map(Name::as_str).collect::<Vec<_>>(), ["example.com", "www.example.com"]);
    assert_eq!(seen.authorizations, ["https://acme-v02.api.letsencrypt.org/acme/authz/12345678/1"]);
    assert_eq!(seen.status, "invalid");
    assert_eq!(environment(URL), Some(Environment::Production));
    for elsewhere in [
        "http://acme-v02.api.letsencrypt.org/x",
        "https://acme-v02.api.letsencrypt.org.evil/x",
        "https://x@evil/",
    ] {
        assert_eq!(environment(elsewhere), None, "{elsewhere}");
    }
}

#[test]
fn an_authorization_says_what_the_ca_saw() {
    let json = br#"{"identifier":{"type":"dns","value":"www.example.com"},"status":"invalid","expires":"2026-12-01T00:00:00Z",
        "challenges":[{"type":"http-01","status":"invalid","validated":"2026-11-24T02:21:42Z","url":"x","token":"t",
          "error":{"type":"urn:ietf:params:acme:error:unauthorized","status":403,
            "detail":"198.51.100.7: Invalid response from http://www.example.com/.well-known/acme-challenge/t: 404"},
          "validationRecord":[{"url":"http://www.example.com/.well-known/acme-challenge/t","hostname":"www.example.com",
            "port":"80","addressesResolved":["198.51.100.7","2001:db8::7"],"addressUsed":"198.51.100.7"}]}]}"#;
    let seen = authorization(json).unwrap();
    assert_eq!(seen.name.as_ref().map(Name::as_str), Some("www.example.com"));
    assert_eq!(seen.validated.map(|at| at.to_string()).as_deref(), Some("2026-11-24T02:21:42.000Z"));
    assert_eq!(seen.visits.len(), 1);
    assert_eq!(seen.visits[0].resolved.len(), 2);
    assert_eq!(seen.visits[0].used.map(|a| a.to_string()).as_deref(), Some("198.51.100.7"));
    let error = seen.error.unwrap();
    assert_eq!((error.kind.as_str(), error.status), ("unauthorized", 403));
    assert_eq!(explain(&error.detail, &[]).diagnoses[0].class, Some(Class::Http404));
    let pending = authorization(
        br#"{"identifier":{"type":"dns","value":"a.example"},"status":"pending","challenges":[{}]}"#,
    )
    .unwrap();
    assert_eq!((pending.status.as_str(), pending.error, pending.visits.len()), ("pending", None, 0));
}

#[test]
fn what_is_no_order_is_refused() {
    assert!(matches!(order(URL, b"<html>"), Err(Unreadable::NotAnOrder(_))));
    assert!(matches!(authorization(b"[]"), Err(Unreadable::NotAnOrder(_))));
    assert_eq!(order(URL, &vec![b' '; 2 << 20]), Err(Unreadable::TooLong));
}

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn seen(name: &str, status: &str, resolved: &[&str], minutes_ago: Option<u64>) -> AuthorizationSeen {
    let resolved = resolved.iter().map(|ip| ip.parse().unwrap()).collect();
    AuthorizationSeen {
        name: Name::parse(name).ok(),
        status: status.to_owned(),
        expires: None,
        validated: minutes_ago.map(|ago| NOW - std::time::Duration::from_secs(60 * ago)),
        error: None,
        visits: vec![Visited { url: String::new(), resolved, used: None }],
    }
}

fn told(authorizations: Vec<AuthorizationSeen>, expected: &[&str]) -> Testimony {
    let values: Vec<Value> = expected
        .iter()
        .map(|text| match text.parse().unwrap() {
            std::net::IpAddr::V4(v4) => Value::V4(v4),
            std::net::IpAddr::V6(v6) => Value::V6(v6),
        })
        .collect();
    let missing = OrderRecord::missing(URL, Environment::Production, CallFailure::NoAddress);
    testimony(OrderRecord { authorizations, ..missing }, &values)
}

#[test]
fn what_the_ca_saw_is_held_against_what_is_expected() {
    let (new, old) = ("203.0.113.7", "198.51.100.7");
    for (status, resolved, expected, evidence) in [
        ("pending", &[][..], &[new][..], Evidence::Untested),
        ("valid", &[old], &[new], Evidence::Passed),
        ("deactivated", &[old], &[new], Evidence::Over),
        ("invalid", &[new], &[new], Evidence::SawExpected),
        ("invalid", &[old], &[new], Evidence::SawOther),
        ("invalid", &[old, new], &[new], Evidence::SawBoth),
        ("invalid", &[new], &[new, "2001:db8::7"], Evidence::SawExpected),
        ("invalid", &["2001:db8::9", new], &[new], Evidence::SawBoth),
        ("invalid", &[old], &[], Evidence::SawSome),
        ("invalid", &[], &[new], Evidence::SawNone),
        ("\u{1b}[2J", &[], &[], Evidence::Over),
    ] {
        let all = told(vec![seen("a.example", status, resolved, None)], expected);
        assert_eq!(all.witnesses[0].evidence, evidence, "{status} {resolved:?} {expected:?}");
    }
}

#[test]
fn names_that_failed_come_first_and_wildcards_not_at_all() {
    let all = told(
        vec![
            seen("ok.example", "valid", &[], None),
            seen("next.example", "pending", &[], None),
            seen("bad.example", "invalid", &[], None),
            seen("*.wild.example", "pending", &[], None),
            seen("bad.example", "invalid", &[], None),
        ],
        &[],
    );
    let names = names_seen(&[all]);
    assert_eq!(
        names.iter().map(Name::as_str).collect::<Vec<_>>(),
        ["bad.example", "next.example", "ok.example"]
    );
}

#[test]
fn a_failed_try_is_counted_once_and_when_the_ca_made_it() {
    let text = "Updating challenge for a.example: acme: error code 400 \"urn:ietf:params:acme:error:connection\": \
        dns :: DNS problem: NXDOMAIN looking up A for a.example (order URL: \
        https://acme-v02.api.letsencrypt.org/acme/order/12345678/87654321)";
    let from_text = attempts(&explain(text, &[]).diagnoses, NOW);
    assert_eq!((from_text.len(), from_text[0].at), (1, NOW));
    let record = told(
        vec![
            seen("a.example", "invalid", &[], Some(25)),
            seen("b.example", "invalid", &[], Some(24)),
            seen("c.example", "valid", &[], Some(23)),
            seen("d.example", "pending", &[], None),
        ],
        &[],
    );
    let minutes = |all: &[Attempt]| -> Vec<(String, u64)> {
        all.iter().map(|one| (one.name.to_string(), NOW.since(one.at).as_secs() / 60)).collect()
    };
    let all = attempts_seen(from_text, std::slice::from_ref(&record), NOW);
    assert_eq!(minutes(&all), [("a.example".to_owned(), 25), ("b.example".to_owned(), 24)]);
    assert_eq!(all[1].account.as_deref(), Some("12345678"));
    // Once more changes nothing.
    let again = attempts_seen(all.clone(), &[record], NOW);
    assert_eq!(again, all);
    let ahead = told(vec![seen("a.example", "invalid", &[], None)], &[]);
    assert_eq!(attempts_seen(Vec::new(), &[ahead], NOW), []);
}
