//! The CA's record of an order.

use crate::explain::{Unreadable, authorization, environment, explain, order};
use crate::model::{Class, Environment, Name};

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
