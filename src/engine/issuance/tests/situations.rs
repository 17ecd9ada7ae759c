//! CAA and DNSSEC, as boulder and its resolvers read them.

use crate::model::Verdict::{Blocked, Inconclusive, NotYet, Safe};
use crate::model::*;

use crate::engine::issuance::life;

use super::*;

const ACCOUNT: &str = "https://acme-v02.api.letsencrypt.org/acme/acct/17";

fn proved() -> Signing {
    Signing::Proved { until: NOW.plus_secs(86_400) }
}

fn both(said: CaaSaid) -> [CaaSaid; 2] {
    [said.clone(), said]
}

fn dropped() -> CaaSaid {
    CaaSaid::Failed(Failure::Silent { tries: 3 })
}

const ON_THE_CLIMB: &[Row] = &[
    ("nothing anywhere", |_| {}, Safe, ""),
    ("the CA's name", |s| s.caa(0, both(issue("letsencrypt.org"))), Safe, ""),
    ("the CA's name at the parent", |s| s.caa(1, both(issue("letsencrypt.org"))), Safe, ""),
    ("another CA's name", |s| s.caa(0, both(issue("digicert.com"))), Blocked, "caa-forbids"),
    ("another CA's name at the parent", |s| s.caa(1, both(issue("digicert.com"))), Blocked, "caa-forbids"),
    ("another CA's name at the top", |s| s.caa(2, both(issue("digicert.com"))), Blocked, "caa-forbids"),
    (
        "the nearest set decides",
        |s| {
            s.caa(0, both(issue("letsencrypt.org")));
            s.caa(1, both(issue("digicert.com")));
        },
        Safe,
        "",
    ),
    (
        "the nearest set forbids",
        |s| {
            s.caa(0, both(issue(";")));
            s.caa(1, both(issue("letsencrypt.org")));
        },
        Blocked,
        "caa-forbids",
    ),
    (
        "only a contact, which ends the climb",
        |s| {
            s.caa(0, both(CaaSaid::Records(vec![caa(0, "iodef", "mailto:a@example.com")])));
            s.caa(1, both(issue("digicert.com")));
        },
        Safe,
        "",
    ),
    ("an empty set is none", |s| s.caa(0, both(CaaSaid::Records(Vec::new()))), Safe, ""),
    ("NXDOMAIN on the way", |s| s.caa(0, both(CaaSaid::NoSuchName)), Safe, ""),
    ("NXDOMAIN at the top", |s| s.caa(2, both(CaaSaid::NoSuchName)), Blocked, "caa-fails"),
    (
        "NXDOMAIN at the top, never reached",
        |s| {
            s.caa(1, both(issue("letsencrypt.org")));
            s.caa(2, both(CaaSaid::NoSuchName));
        },
        Safe,
        "",
    ),
    ("capital letters", |s| s.caa(0, both(issue("LetsEncrypt.org"))), Blocked, "caa-forbids"),
    ("quotes in the value", |s| s.caa(0, both(issue("'letsencrypt.org'"))), Blocked, "caa-forbids"),
    ("a void parameter", |s| s.caa(0, both(issue("letsencrypt.org;foo"))), Blocked, "caa-forbids"),
    ("a bare semicolon behind it", |s| s.caa(0, both(issue("letsencrypt.org;"))), Safe, ""),
    ("blanks around it", |s| s.caa(0, both(issue(" letsencrypt.org ; "))), Safe, ""),
    (
        "http-01 among the ways",
        |s| s.caa(0, both(issue("letsencrypt.org; validationmethods=dns-01,http-01"))),
        Safe,
        "",
    ),
    (
        "http-01 not among the ways",
        |s| s.caa(0, both(issue("letsencrypt.org; validationmethods=dns-01"))),
        Blocked,
        "caa-forbids",
    ),
    (
        "the ways twice",
        |s| s.caa(0, both(issue("letsencrypt.org; validationmethods=http-01; validationmethods=http-01"))),
        Blocked,
        "caa-forbids",
    ),
    (
        "an account, the user's not known",
        |s| s.caa(0, both(issue(&format!("letsencrypt.org; accounturi={ACCOUNT}")))),
        Safe,
        "caa-account",
    ),
    (
        "the user's account",
        |s| {
            s.policy.account = Some(ACCOUNT.to_owned());
            s.caa(0, both(issue(&format!("letsencrypt.org; accounturi={ACCOUNT}"))));
        },
        Safe,
        "",
    ),
    (
        "another account",
        |s| {
            s.policy.account = Some(format!("{ACCOUNT}0"));
            s.caa(0, both(issue(&format!("letsencrypt.org; accounturi={ACCOUNT}"))));
        },
        Blocked,
        "caa-forbids",
    ),
    (
        "an unknown critical tag, flag 128",
        |s| s.caa(0, both(CaaSaid::Records(vec![caa(128, "tbs", "x"), caa(0, "issue", "letsencrypt.org")]))),
        Blocked,
        "caa-forbids",
    ),
    (
        "an unknown critical tag, flag 1",
        |s| s.caa(0, both(CaaSaid::Records(vec![caa(1, "tbs", "x")]))),
        Blocked,
        "caa-forbids",
    ),
    ("an unknown tag", |s| s.caa(0, both(CaaSaid::Records(vec![caa(0, "tbs", "x")]))), Safe, ""),
    (
        "only wildcards are forbidden",
        |s| s.caa(0, both(CaaSaid::Records(vec![caa(0, "issuewild", ";")]))),
        Safe,
        "",
    ),
    (
        "at the target of an alias",
        |s| {
            s.seen().caa[0].owner = name("hosting.example.net");
            s.caa(0, both(issue("digicert.com")));
        },
        Blocked,
        "caa-forbids",
    ),
];

#[test]
fn caa_records_on_the_climb() {
    hold(ON_THE_CLIMB);
}

const AT_SERVERS: &[Row] = &[
    (
        "one server forbids",
        |s| s.caa(0, [issue("letsencrypt.org"), issue("digicert.com")]),
        NotYet,
        "caa-split",
    ),
    ("one server has none yet", |s| s.caa(0, [CaaSaid::Nothing, issue(";")]), NotYet, "caa-split"),
    (
        "one server has none, and the parent forbids",
        |s| {
            s.caa(0, [CaaSaid::Nothing, issue("letsencrypt.org")]);
            s.caa(1, both(issue("digicert.com")));
        },
        NotYet,
        "caa-split",
    ),
    ("NOTIMP", |s| s.caa(0, both(CaaSaid::Refused(Rcode::NOTIMP))), Blocked, "caa-fails"),
    ("REFUSED", |s| s.caa(0, both(CaaSaid::Refused(Rcode::REFUSED))), Blocked, "caa-fails"),
    ("SERVFAIL", |s| s.caa(0, both(CaaSaid::Refused(Rcode::SERVFAIL))), Blocked, "caa-fails"),
    (
        "SERVFAIL at one of two",
        |s| s.caa(0, [CaaSaid::Nothing, CaaSaid::Refused(Rcode::SERVFAIL)]),
        Blocked,
        "caa-fails",
    ),
    ("dropped", |s| s.caa(0, both(dropped())), Blocked, "caa-fails"),
    ("dropped by one of two", |s| s.caa(0, [dropped(), CaaSaid::Nothing]), Blocked, "caa-fails"),
    ("an alias in a circle", |s| s.caa(0, both(CaaSaid::Loop)), Blocked, "caa-fails"),
    ("an error at the parent", |s| s.caa(1, both(CaaSaid::Refused(Rcode::SERVFAIL))), Blocked, "caa-fails"),
    (
        "an error above the deciding set",
        |s| {
            s.caa(0, both(issue("letsencrypt.org")));
            s.caa(1, both(dropped()));
        },
        Safe,
        "",
    ),
    ("one server of the top-level domain is silent", |s| s.caa(2, [CaaSaid::Nothing, dropped()]), Safe, ""),
    ("all of them are", |s| s.caa(2, both(dropped())), Inconclusive, "caa-unseen"),
    (
        "no way to one server from here",
        |s| s.caa(0, [CaaSaid::Nothing, CaaSaid::Failed(Failure::NoRoute)]),
        Safe,
        "",
    ),
    ("no way to any", |s| s.caa(0, both(CaaSaid::Failed(Failure::NoRoute))), Inconclusive, "caa-unseen"),
    (
        "a dead server is for others to judge",
        |s| {
            s.habit().plain = Taken::Dropped;
            s.caa(0, [CaaSaid::Nothing, dropped()]);
        },
        Safe,
        "",
    ),
    (
        "the climb ends half way",
        |s| {
            s.seen().caa.pop();
        },
        Inconclusive,
        "caa-unseen",
    ),
    ("no climb at all", |s| s.seen().caa.clear(), Inconclusive, "caa-unseen"),
    ("no survey", |s| s.survey = None, NotYet, "checks-pending"),
    (
        "forbidden, and the record is not right",
        |s| {
            s.astray();
            s.caa(0, both(issue("digicert.com")));
        },
        NotYet,
        "authority-wrong",
    ),
    (
        "forbidden, while the CA may still have the old answer",
        |s| {
            s.ca_forgets_at = Some(NOW.plus_secs(30));
            s.caa(0, both(issue("digicert.com")));
        },
        Blocked,
        "caa-forbids",
    ),
    (
        "the CA may still have the old answer",
        |s| s.ca_forgets_at = Some(NOW.plus_secs(30)),
        NotYet,
        "ca-may-cache",
    ),
    (
        "pebble asks for no CAA",
        |s| {
            s.pebble();
            s.caa(0, both(issue("digicert.com")));
            s.caa(1, both(dropped()));
        },
        Safe,
        "",
    ),
    (
        "pebble needs no survey",
        |s| {
            s.pebble();
            s.survey = None;
        },
        Safe,
        "",
    ),
];

#[test]
fn caa_at_servers_that_differ_or_fail() {
    hold(AT_SERVERS);
}

const SIGNED: &[Row] = &[
    ("proved", |s| s.signed([proved(), proved()]), Safe, ""),
    ("no key, a DS", |s| s.signed([Signing::NoKey, Signing::NoKey]), Blocked, "dnssec-bogus"),
    ("no key at one of two", |s| s.signed([proved(), Signing::NoKey]), Blocked, "dnssec-bogus"),
    ("another key", |s| s.signed([proved(), Signing::KeyMismatch]), Blocked, "dnssec-bogus"),
    (
        "expired",
        |s| s.signed([Signing::Expired { of: about(QuestionType::A), at: NOW }, proved()]),
        Blocked,
        "dnssec-bogus",
    ),
    (
        "not valid yet",
        |s| s.signed([Signing::NotYet { of: about(QuestionType::A), at: NOW.plus_secs(9) }, proved()]),
        NotYet,
        "dnssec-bogus",
    ),
    (
        "no signature",
        |s| s.signed([proved(), Signing::Missing { of: about(QuestionType::A) }]),
        Blocked,
        "dnssec-bogus",
    ),
    (
        "a wrong signature",
        |s| s.signed([proved(), Signing::Wrong { of: about(QuestionType::A) }]),
        Blocked,
        "dnssec-bogus",
    ),
    (
        "no proof that there is no CAA",
        |s| s.signed([proved(), Signing::Unproved { of: about(QuestionType::Caa) }]),
        Blocked,
        "dnssec-bogus",
    ),
    (
        "an algorithm that nobody checks",
        |s| s.signed([Signing::Unknown { algorithm: 12 }, Signing::Unknown { algorithm: 12 }]),
        Safe,
        "",
    ),
    (
        "an algorithm that the CA checks",
        |s| s.signed([Signing::Unknown { algorithm: 16 }, Signing::Unknown { algorithm: 16 }]),
        Inconclusive,
        "dnssec-unchecked",
    ),
    ("one parent server has a DS", |s| s.seen().zones[0].ds[0].said = ds(1), NotYet, "ds-split"),
    (
        "another DS at each parent server, the old key",
        |s| {
            s.signed([proved(), Signing::KeyMismatch]);
            s.seen().zones[0].ds[1].said = ds(2);
        },
        NotYet,
        "ds-split",
    ),
    (
        "no parent server could be asked",
        |s| {
            let failed = || DsSaid::Failed(Failure::Silent { tries: 3 });
            s.seen().zones[0].ds.iter_mut().for_each(|reply| reply.said = failed());
        },
        Inconclusive,
        "dnssec-unseen",
    ),
    (
        "one parent server could not be asked",
        |s| s.seen().zones[0].ds[0].said = DsSaid::Refused(Rcode::SERVFAIL),
        Safe,
        "",
    ),
    (
        "one of two signed servers could not be looked at",
        |s| s.signed([proved(), Signing::Failed(Failure::Silent { tries: 3 })]),
        Inconclusive,
        "dnssec-unseen",
    ),
    (
        "a signed server without a way from here",
        |s| s.signed([proved(), Signing::Failed(Failure::NoRoute)]),
        Safe,
        "",
    ),
    (
        "a proof that has run out since",
        |s| s.signed([proved(), Signing::Proved { until: NOW }]),
        NotYet,
        "checks-pending",
    ),
    (
        "a broken chain at the servers that the zone moved to",
        |s| {
            s.astray();
            s.signed([Signing::NoKey, Signing::NoKey]);
        },
        Blocked,
        "dnssec-bogus",
    ),
];

#[test]
fn signatures() {
    hold(SIGNED);
    let pebble: Row = (
        "pebble checks no signatures",
        |s| {
            s.pebble();
            s.signed([Signing::NoKey, Signing::NoKey]);
        },
        Safe,
        "",
    );
    hold(&[pebble]);
}

#[test]
fn nothing_is_validated_below_a_zone_without_ds() {
    let below = |ds_above: DsSaid| {
        let mut scene = Scene::healthy();
        scene.signed([Signing::KeyMismatch, Signing::KeyMismatch]);
        let mut above = scene.seen().zones[0].clone();
        scene.seen().zones[0].zone = name("www.example.com");
        above.zone = name("example.com");
        above.servers.iter_mut().for_each(|server| server.signing = Signing::NotNeeded);
        above.ds.iter_mut().for_each(|reply| reply.said = ds_above.clone());
        scene.seen().zones.push(above);
        scene.judged().verdict
    };
    assert_eq!(below(DsSaid::Nothing), Safe);
    assert_eq!(below(ds(1)), Blocked);
    assert_ne!(below(DsSaid::Failed(Failure::Silent { tries: 3 })), Safe, "nobody knows");
}

#[test]
fn a_caa_set_lives_as_long_as_its_longest_copy() {
    let mut scene = Scene::healthy();
    scene.caa(0, both(issue("digicert.com")));
    let cause = Cause::CaaForbids {
        name: name("www.example.com"),
        owner: name("www.example.com"),
        fault: CaaFault::Critical { tag: String::new() },
    };
    assert_eq!(life(&scene.sight(), &cause), None, "not known");
    for (reply, ttl) in scene.seen().caa[0].replies.iter_mut().zip([5, 40]) {
        reply.ttl = Some(ttl);
    }
    assert_eq!(life(&scene.sight(), &cause), Some(40));
    assert_eq!(life(&scene.sight(), &Cause::DsSplit { zone: name("example.com") }), None);
}
