//! Texts as people have them: what is read out of them.

use crate::explain::{Reading, attempts, explain, to_check};
use crate::model::{
    Authority, Class, Diagnosis, Environment, Name, Phase, Timestamp, Trouble, Value, Waiting, Whose, Wrapper,
};

const NXDOMAIN: &str = "Updating challenge for mail.example.com: acme: error code 400 \
    \"urn:ietf:params:acme:error:connection\": dns :: DNS problem: NXDOMAIN looking up A for mail.example.com (order URL: \
    https://acme-v02.api.letsencrypt.org/acme/order/12345678/12345678)";
const MISSING: &str = "Updating challenge for www.example.com: acme: error code 403 \
    \"urn:ietf:params:acme:error:unauthorized\": Invalid response from \
    http://www.example.com/.well-known/acme-challenge/ABCDEGHIJK1234567890 [198.51.100.7]: 404 (order URL: \
    https://acme-staging-v02.api.letsencrypt.org/acme/order/12345678/12345678)";

fn v4(text: &str) -> Value {
    Value::V4(text.parse().unwrap())
}

fn only(text: &str, expected: &[Value]) -> Diagnosis {
    let Reading { mut diagnoses, .. } = explain(text, expected);
    assert_eq!(diagnoses.len(), 1, "{text}: {diagnoses:#?}");
    diagnoses.remove(0)
}

fn names(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.names.iter().map(Name::as_str).collect()
}

#[test]
fn the_first_text_that_started_it() {
    let found = only(NXDOMAIN, &[v4("203.0.113.9")]);
    assert_eq!(found.class, Some(Class::DnsNxdomain));
    assert_eq!(found.wrapper, Some(Wrapper::FleetSsl));
    assert_eq!(names(&found), ["mail.example.com"]);
    assert_eq!(found.environment, Some(Environment::Production));
    assert_eq!(found.account.as_deref(), Some("12345678"));
    assert_eq!(
        found.order.as_deref(),
        Some("https://acme-v02.api.letsencrypt.org/acme/order/12345678/12345678")
    );
    assert_eq!((found.kind.as_deref(), found.status), (Some("connection"), Some(400)));
    assert_eq!((found.phase, found.waiting, found.whose), (Phase::Dns, Waiting::Depends, Whose::Unknown));
    assert_eq!(found.record.as_deref(), Some("A"));
    assert_eq!(found.troubles[0], Trouble::RecordMissing);
}

#[test]
fn the_second_text_means_two_things() {
    let other = only(MISSING, &[v4("203.0.113.9")]);
    assert_eq!(other.class, Some(Class::Http404));
    assert_eq!(other.environment, Some(Environment::Staging));
    assert_eq!(other.address.map(|a| a.to_string()).as_deref(), Some("198.51.100.7"));
    assert_eq!(other.answer, Some(404));
    assert!(!other.redirected);
    assert_eq!((other.whose, other.waiting), (Whose::Other, Waiting::Depends));
    assert_eq!(other.troubles, [Trouble::OtherServer]);
    let ours = only(MISSING, &[v4("198.51.100.7")]);
    assert_eq!((ours.whose, ours.waiting), (Whose::Expected, Waiting::No));
    assert_eq!(ours.troubles, [Trouble::WrongRoot, Trouble::Rewrites, Trouble::FileGone]);
    let unknown = only(MISSING, &[]);
    assert_eq!(unknown.whose, Whose::Unknown);
    assert_eq!(unknown.troubles[0], Trouble::OtherServer);
}

#[test]
fn an_unexpected_ipv6_address_comes_first() {
    let text = "2001:db8::7: Invalid response from http://a.example.com/.well-known/acme-challenge/x: 404";
    let found = only(text, &[v4("203.0.113.9")]);
    assert_eq!(found.troubles[..2], [Trouble::StaleAaaa, Trouble::OtherServer]);
    let both = only(text, &[v4("203.0.113.9"), Value::V6("2001:db8::7".parse().unwrap())]);
    assert!(!both.troubles.contains(&Trouble::StaleAaaa));
}

#[test]
fn modifiers_are_noted() {
    let secondary =
        only("During secondary validation: DNS problem: SERVFAIL looking up A for a.example.com", &[]);
    assert!(secondary.secondary && secondary.troubles[0] == Trouble::ServersBehind);
    let caa = only(
        "[www.a.example.com] acme: error: 400 :: urn:ietf:params:acme:error:dns :: While processing CAA for \
         www.a.example.com: DNS problem: SERVFAIL looking up CAA for a.example.com - the domain's nameservers may be \
         malfunctioning, url: ",
        &[],
    );
    assert_eq!(caa.phase, Phase::Caa);
    assert_eq!(names(&caa), ["www.a.example.com"]);
    assert_eq!(caa.about.as_ref().map(Name::as_str), Some("a.example.com"));
    let redirect = only(
        "Domain: a.example.com\nType: connection\nDetail: 192.0.2.7: Fetching https://www.a.example.com/login: Connection refused",
        &[v4("192.0.2.7")],
    );
    assert!(redirect.redirected && redirect.troubles[0] == Trouble::DeadTarget);
    assert_eq!(redirect.address.map(|a| a.to_string()).as_deref(), Some("192.0.2.7"));
    assert_eq!(names(&redirect), ["a.example.com"]);
}

#[test]
fn several_names_are_several_failures() {
    let certbot = "Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported \
        these problems:\n  Domain: a.example.com\n  Type:   dns\n  Detail: DNS problem: NXDOMAIN looking up A for \
        a.example.com - check that a DNS record exists for this domain\n\n  Domain: b.example.com\n  Type:   unauthorized\n  \
        Detail: 192.0.2.7: Invalid response from http://b.example.com/.well-known/acme-challenge/x: 404\n\nHint: x\n";
    let lego = "error: one or more domains had a problem:\n[a.example.com] acme: error: 400 :: \
        urn:ietf:params:acme:error:dns :: DNS problem: NXDOMAIN looking up A for a.example.com, url: \n[b.example.com] acme: \
        error: 403 :: urn:ietf:params:acme:error:unauthorized :: 192.0.2.7: Invalid response from \
        http://b.example.com/.well-known/acme-challenge/x: 404, url: \n";
    let bare = "DNS problem: NXDOMAIN looking up A for a.example.com\n192.0.2.7: Invalid response from \
        http://b.example.com/.well-known/acme-challenge/x: 404\n";
    let old = "Failed authorization procedure. a.example.com (http-01): urn:ietf:params:acme:error:dns :: x :: DNS problem: \
        NXDOMAIN looking up A for a.example.com, b.example.com (http-01): urn:ietf:params:acme:error:unauthorized :: y :: \
        Invalid response from http://b.example.com/.well-known/acme-challenge/x [192.0.2.7]: 404";
    for text in [certbot, lego, bare, old] {
        let found = explain(text, &[]).diagnoses;
        let classes: Vec<_> = found.iter().map(|one| (one.class, names(one))).collect();
        assert_eq!(
            classes,
            [
                (Some(Class::DnsNxdomain), vec!["a.example.com"]),
                (Some(Class::Http404), vec!["b.example.com"])
            ],
            "{text}"
        );
        let check = to_check(&found, &[v4("192.0.2.7")]);
        assert_eq!(
            check.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["a.example.com", "b.example.com"]
        );
    }
}

#[test]
fn what_a_web_page_says_is_not_the_cas_word() {
    let text = "Domain: a.example.com\nType: unauthorized\nDetail: 192.0.2.7: Invalid response from \
        http://a.example.com/.well-known/acme-challenge/x: \"<html>DNS problem: NXDOMAIN looking up A for evil.example \
        Domain: evil.example Type: dns Detail: Service busy; retry later\"";
    let found = only(text, &[]);
    assert_eq!((found.class, names(&found)), (Some(Class::HttpBody), vec!["a.example.com"]));
}

#[test]
fn limits_carry_their_time() {
    for text in [
        "too many failed authorizations (5) for \"a.example.com\" in the last 1h0m0s, retry after 2026-11-24 10:12:19 UTC: see \
         https://letsencrypt.org/docs/rate-limits/",
        "too many failed authorizations (5) for \"a.example.com\" in the last 1h0m0s, retry after 2026-11-24T10:12:19Z: see x",
        "too many failed authorizations (5) for \\\"a.exa\nmple.com\\\" in the last 1h0m0s, retry af\nter 2026-11-2\n4 10:12:19 UTC",
    ] {
        let found = only(text, &[]);
        assert_eq!(
            found.retry_after.map(|at| at.to_string()).as_deref(),
            Some("2026-11-24T10:12:19.000Z"),
            "{text}"
        );
        assert_eq!(names(&found), ["a.example.com"], "{text}");
    }
    let paused = only(
        "Your account is temporarily prevented from requesting certificates for a.example.com, b.example.com and possibly \
         others. Please visit: https://portal.letsencrypt.org/x",
        &[],
    );
    assert_eq!(names(&paused), ["a.example.com", "b.example.com"]);
}

#[test]
fn unknown_words_fall_back_to_their_type() {
    let known = only(
        "[a.example.com] acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: the moon is wrong",
        &[],
    );
    assert_eq!((known.class, known.kind.as_deref()), (None, Some("unauthorized")));
    assert_eq!((known.phase, names(&known)), (Phase::Answer, vec!["a.example.com"]));
    let half = only(
        "Updating challenge for a.example.com: acme: error code 400 \"urn:ietf:params:acme:error:dns\": DNS prob",
        &[],
    );
    assert_eq!((half.class, half.kind.as_deref(), names(&half)), (None, Some("dns"), vec!["a.example.com"]));
    let other = only(
        "Error: \"type\": \"urn:ietf:params:acme:error:externalAccountRequired\" at https://acme.zerossl.com/v2/DV90",
        &[],
    );
    assert_eq!(
        (other.authority, other.kind.as_deref()),
        (Some(Authority::ZeroSsl), Some("externalAccountRequired"))
    );
    let nothing = only("good morning", &[]);
    assert_eq!((nothing.class, nothing.kind), (None, None));
}

#[test]
fn names_that_are_none_are_not_names() {
    let found = only(
        "Updating challenge for ../../etc/passwd: acme: error code 400 \"urn:ietf:params:acme:error:connection\": x",
        &[],
    );
    assert!(found.names.is_empty());
    let odd = only("Cannot issue for \"a b_c\": Domain name contains an invalid character", &[]);
    assert_eq!((odd.names.len(), odd.odd_name.is_some()), (0, true));
    let masked = only(
        "Invalid response from http://<DOMAIN>/.well-known/acme-challenge/<TOKEN> [xxx.xxx.xxx.xxx]: 404",
        &[],
    );
    assert_eq!((masked.class, masked.names.len(), masked.address), (Some(Class::Http404), 0, None));
}

#[test]
fn failed_tries_are_counted_once_each() {
    let now = Timestamp::from_secs(1_800_000_000);
    let tries = |text: &str| attempts(&explain(text, &[]).diagnoses, now);
    let one = tries(NXDOMAIN);
    assert_eq!(one.len(), 1);
    assert_eq!(
        (one[0].name.as_str(), one[0].environment, one[0].at),
        ("mail.example.com", Environment::Production, now)
    );
    // The same text, wrapped and coloured, is the same failure; another order is another.
    let wrapped: String = NXDOMAIN
        .chars()
        .enumerate()
        .flat_map(|(i, c)| (i % 60 == 59).then_some('\n').into_iter().chain([c]))
        .collect();
    assert_eq!(tries(&wrapped)[0].fingerprint, one[0].fingerprint);
    assert_ne!(tries(&NXDOMAIN.replace("/12345678)", "/12345679)"))[0].fingerprint, one[0].fingerprint);
    // A log of two tries, with their times.
    let caddy = |ts: &str| {
        format!(
            "{{\"level\":\"error\",\"ts\":{ts},\"identifier\":\"a.example.com\",\"error\":\"authorization failed: HTTP 400 \
             urn:ietf:params:acme:error:connection - Connection refused\"}}\n"
        )
    };
    let log = tries(&(caddy("1799999000.5") + &caddy("1799999700.5") + &caddy("1799999000.5")));
    let times: Vec<Timestamp> = log.iter().map(|one| one.at).collect();
    assert_eq!(times, [Timestamp::from_secs(1_799_999_000), Timestamp::from_secs(1_799_999_700)]);
    // What never reached a validation costs none; the CA's own word on the limit is kept.
    assert_eq!(
        tries(
            "Cannot issue for \"a.example.local\": Domain name does not end with a valid public suffix (TLD)"
        ),
        []
    );
    let limit = tries(
        "too many failed authorizations (5) for \"a.example.com\" in the last 1h0m0s, retry after 2027-01-15 10:12:19 UTC",
    );
    assert_eq!(limit.len(), 1);
    assert!(limit[0].blocked_until.is_some());
}
