//! Names, reserved addresses, time and tries.

use crate::model::Verdict::{Blocked, NotYet, Safe};
use crate::model::*;

use super::*;

const MINE: &str = "https://acme-v02.api.letsencrypt.org/acme/acct/17";
const THEIRS: &str = "https://acme-v02.api.letsencrypt.org/acme/acct/18";

fn call(scene: &mut Scene, text: &str) {
    scene.name = name(text);
    scene.survey = Some(survey_of(&scene.name));
}

#[test]
fn names_that_are_refused() {
    hold(&[
        ("an underscore", |s| call(s, "_dmarc.example.com"), Blocked, "name-refused"),
        ("one part", |s| call(s, "com"), Blocked, "name-refused"),
        ("eleven parts", |s| call(s, "a.b.c.d.e.f.g.h.i.example.com"), Blocked, "name-refused"),
        ("a private name", |s| call(s, "nas.home.lan"), Blocked, "name-refused"),
        (
            "a private name in a lab",
            |s| {
                s.policy.allow_reserved = true;
                call(s, "www.lab.test");
            },
            Safe,
            "",
        ),
        (
            "refused, whatever DNS says",
            |s| {
                s.astray();
                call(s, "_dmarc.example.com");
            },
            Blocked,
            "name-refused",
        ),
        (
            "pebble takes any name",
            |s| {
                s.pebble();
                call(s, "my_host.local");
            },
            Safe,
            "",
        ),
    ]);
}

#[test]
fn reserved_addresses() {
    hold(&[
        (
            "the only expected address",
            |s| {
                s.addresses = vec![ip("192.168.1.7")];
                s.expected = s.addresses.clone();
                s.visits.clear();
            },
            Blocked,
            "reserved-address",
        ),
        (
            "where an alias leads",
            |s| {
                s.addresses = vec![ip("100.64.0.1")];
                s.expected.clear();
                s.visits.clear();
            },
            Blocked,
            "reserved-address",
        ),
        (
            "beside a public one, which the CA takes",
            |s| {
                s.addresses.push(ip("10.0.0.1"));
                s.expected.clear();
            },
            Safe,
            "reserved-address",
        ),
        ("a stray one is dropped", |s| s.addresses.push(ip("fd00::7")), Safe, "unexpected-aaaa"),
        (
            "pebble goes anywhere",
            |s| {
                s.pebble();
                s.addresses.clear();
                s.expected.clear();
                s.visits.clear();
                s.serve("127.0.0.5", served());
            },
            Safe,
            "",
        ),
    ]);
}

#[test]
fn time_that_is_left() {
    hold(&[
        ("quick", |s| s.seen().slowest = 900, Safe, ""),
        ("slow servers", |s| s.seen().slowest = 10_500, Safe, "too-slow"),
        ("servers that are far too slow", |s| s.seen().slowest = 18_500, Blocked, "too-slow"),
        ("a slow web server", |s| s.visits[0].1.took = 11_000, Safe, "too-slow"),
        (
            "both together",
            |s| {
                s.seen().slowest = 9_000;
                s.visits[0].1.took = 9_500;
            },
            Blocked,
            "too-slow",
        ),
        (
            "a dead IPv6 address and a slow web server",
            |s| {
                s.serve(SIX, WebEnd::NotConnected(ConnectFailure::TimedOut));
                s.visits[0].1.took = 8_500;
            },
            Blocked,
            "too-slow",
        ),
        (
            "pebble waits less",
            |s| {
                s.pebble();
                s.visits[0].1.took = 14_000;
            },
            Blocked,
            "too-slow",
        ),
    ]);
}

#[test]
fn tries_that_are_left() {
    use Environment::{Production, Staging};
    hold(&[
        ("two failures", |s| s.failed(Production, None, &[60, 120]), Safe, ""),
        ("three", |s| s.failed(Production, None, &[60, 120, 180]), Safe, "attempts"),
        ("four", |s| s.failed(Production, None, &[60; 4]), Safe, "attempts"),
        ("five", |s| s.failed(Production, None, &[60; 5]), NotYet, "attempts"),
        ("five, an hour ago", |s| s.failed(Production, None, &[3600; 5]), Safe, ""),
        ("five, 13 minutes ago", |s| s.failed(Production, None, &[780; 5]), Safe, "attempts"),
        ("fifty in staging", |s| s.failed(Staging, None, &[60; 50]), Safe, ""),
        (
            "of another name",
            |s| {
                s.failed(Production, None, &[60; 5]);
                s.policy.attempts.iter_mut().for_each(|attempt| attempt.name = name("example.com"));
            },
            Safe,
            "",
        ),
        (
            "of another account",
            |s| {
                s.policy.account = Some(MINE.to_owned());
                s.failed(Production, Some(THEIRS), &[60; 5]);
            },
            Safe,
            "",
        ),
        (
            "of this account and of one that is not known",
            |s| {
                s.policy.account = Some(MINE.to_owned());
                s.failed(Production, Some(MINE), &[60; 3]);
                s.failed(Production, None, &[60; 2]);
            },
            NotYet,
            "attempts",
        ),
        (
            "of two accounts, and the one that asks is not known",
            |s| {
                s.failed(Production, Some(MINE), &[60; 2]);
                s.failed(Production, Some(THEIRS), &[60; 5]);
            },
            NotYet,
            "attempts",
        ),
        (
            "pebble counts nothing",
            |s| {
                s.pebble();
                s.failed(Production, None, &[60; 5]);
            },
            Safe,
            "",
        ),
    ]);
    let mut scene = Scene::healthy();
    scene.failed(Production, None, &[0; 5]);
    let report = scene.judged();
    assert_eq!(report.reasons[0].cause, Cause::Attempts { left: 0, of: 5, next: NOW.plus_secs(720) });
    assert_eq!(report.reasons[0].cause.until(), Some(NOW.plus_secs(720)));
}
