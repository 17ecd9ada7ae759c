//! Whether servers can be believed.

use proptest::prelude::*;

use super::super::{dnssec, message, zones};
use super::world::{Say, Server, Signer, Zone, reply_to, seconds_now};
use super::*;
use crate::model::{DsSaid, Failure, Question, QuestionType, Rcode, Signing, Timestamp};

const WWW: &str = "www.example.test";

fn plain() -> Zone {
    Zone::new("example.test").a(WWW, 1).caa("example.test", 0, "issue", b"ca.test")
}

/// `test`, with these DS records.
fn above(ds: &[Vec<u8>]) -> Zone {
    ds.iter().fold(Zone::new("test"), |zone, ds| zone.with("example.test", 43, ds))
}

async fn signing_of(zone: &Zone, text: &str, ds: &[Vec<u8>]) -> Signing {
    let server = Server::good(zone).await;
    let survey = Lab::below(&above(ds), &[&server]).await.survey(text).await;
    super::zone(&survey, "example.test").servers[0].signing.clone()
}

async fn signing(zone: &Zone, ds: &[Vec<u8>]) -> Signing {
    signing_of(zone, WWW, ds).await
}

fn of(text: &str, qtype: QuestionType) -> Question {
    Question { name: name(text), qtype }
}

fn is_proved(signing: &Signing) -> bool {
    matches!(signing, Signing::Proved { .. })
}

#[tokio::test]
async fn each_way_of_being_signed() {
    let signer = Signer::new(1);
    let ds = [signer.ds("example.test")];
    assert_eq!(signing(&plain().signed(&signer, true), &[]).await, Signing::NotNeeded);
    let until = Timestamp::from_secs(signer.expires);
    assert_eq!(signing(&plain().signed(&signer, true), &ds).await, Signing::Proved { until });
    assert_eq!(signing(&plain(), &ds).await, Signing::NoKey);
    let mut other = ds[0].clone();
    other[2] = 16;
    assert_eq!(signing(&plain(), std::slice::from_ref(&other)).await, Signing::Unknown { algorithm: 16 });
    // One that can be checked must be.
    assert_eq!(signing(&plain(), &[other, ds[0].clone()]).await, Signing::NoKey);
    let stranger = Signer::new(2);
    assert_eq!(signing(&plain().signed(&stranger, true), &ds).await, Signing::KeyMismatch);
    let roll = [ds[0].clone(), stranger.ds("example.test")];
    assert!(is_proved(&signing(&plain().signed(&stranger, true), &roll).await), "one of two keys is enough");
}

#[tokio::test]
async fn each_way_of_being_badly_signed() {
    let mut signer = Signer::new(1);
    let ds = [signer.ds("example.test")];
    let a = of(WWW, QuestionType::A);
    let mut stripped = plain().signed(&signer, true);
    stripped.rrs.retain(|rr| !(rr.0 == name(WWW) && rr.1 == 46 && rr.2[..2] == [0, 1]));
    assert_eq!(signing(&stripped, &ds).await, Signing::Missing { of: a.clone() });
    let mut altered = plain().signed(&signer, true);
    altered.rrs.iter_mut().find(|rr| rr.1 == 1).unwrap().2[3] = 99;
    assert_eq!(signing(&altered, &ds).await, Signing::Wrong { of: a });
    let unproved = plain().signed(&signer, false);
    assert_eq!(signing(&unproved, &ds).await, Signing::Unproved { of: of(WWW, QuestionType::Aaaa) });
    let keys = of("example.test", QuestionType::Dnskey);
    signer.expires = seconds_now() - 5;
    let at = Timestamp::from_secs(signer.expires);
    let expired = Signing::Expired { of: keys.clone(), at };
    assert_eq!(signing(&plain().signed(&signer, true), &ds).await, expired);
    signer.begins = seconds_now() + 50;
    signer.expires = seconds_now() + 500;
    let at = Timestamp::from_secs(signer.begins);
    assert_eq!(signing(&plain().signed(&signer, true), &ds).await, Signing::NotYet { of: keys.clone(), at });
    signer = Signer::new(1);
    signer.algorithm = 16;
    assert_eq!(signing(&plain().signed(&signer, true), &ds).await, Signing::Unknown { algorithm: 16 });
}

#[tokio::test]
async fn only_the_name_is_out_of_date() {
    let (fresh, mut stale) = (Signer::new(1), Signer::new(1));
    stale.expires = seconds_now() - 1;
    let mut zone = plain().signed(&fresh, true);
    let old = plain().signed(&stale, true);
    let is_ours =
        |rr: &(Name, u16, Vec<u8>)| rr.0 == name("example.test") && rr.1 == 46 && rr.2[..2] == [1, 1];
    zone.rrs.retain(|rr| !is_ours(rr));
    zone.rrs.extend(old.rrs.into_iter().filter(is_ours));
    let found = signing(&zone, &[fresh.ds("example.test")]).await;
    let at = Timestamp::from_secs(stale.expires);
    assert_eq!(found, Signing::Expired { of: of("example.test", QuestionType::Caa), at });
}

#[tokio::test]
async fn wildcards_aliases_and_names_that_are_not_there() {
    let signer = Signer::new(1);
    let ds = [signer.ds("example.test")];
    let zone = plain()
        .a("*.wild.example.test", 4)
        .cname("near.example.test", WWW)
        .cname("lost.example.test", "gone.example.test")
        .dname("old.example.test", "wild.example.test")
        .a("a.b.example.test", 5);
    let good = zone.clone().signed(&signer, true);
    for text in [
        "any.wild.example.test",
        "near.example.test",
        "lost.example.test",
        "x.old.example.test",
        "b.example.test",
        "nothing.example.test",
    ] {
        let found = signing_of(&good, text, &ds).await;
        assert!(is_proved(&found), "{text}: {found:?}");
        let bare = signing_of(&zone.clone().signed(&signer, false), text, &ds).await;
        assert!(matches!(bare, Signing::Unproved { .. }), "{text}: {bare:?}");
    }
    // The chain says that the name is there, and the server says that it is not.
    let mut hidden = good.clone();
    hidden.rrs.retain(|rr| rr.0 != name(WWW) || rr.1 == 47 || (rr.1 == 46 && rr.2[..2] == [0, 47]));
    assert_eq!(signing(&hidden, &ds).await, Signing::Unproved { of: of(WWW, QuestionType::A) });
}

#[tokio::test]
async fn each_server_and_each_zone_by_itself() {
    let (signer, far) = (Signer::new(1), Signer::new(3));
    let zone = Zone::new("example.test").cname(WWW, "host.other.test");
    let other = Zone::new("other.test").a("host.other.test", 8).signed(&far, true);
    let good = Server::good(&zone.clone().signed(&signer, true)).await;
    let (unsigned, dead) = (Server::good(&zone).await, Server::dead(&zone).await);
    let lab = Lab::below(&above(&[signer.ds("example.test")]), &[&good, &unsigned, &dead]).await;
    let survey = lab.and(&Server::good(&other).await).survey(WWW).await;
    let own = super::zone(&survey, "example.test");
    assert!(matches!(&own.ds[0].said, DsSaid::Set(set) if set.len() == 1 && set[0].digest.len() == 64));
    let found: Vec<_> = own.servers.iter().map(|server| &server.signing).collect();
    assert!(is_proved(found[0]), "{found:?}");
    assert_eq!(found[1], &Signing::NoKey);
    assert!(matches!(found[2], Signing::Failed(Failure::Silent { .. })), "{found:?}");
    assert_eq!(super::zone(&survey, "other.test").servers[0].signing, Signing::NotNeeded);
}

#[tokio::test]
async fn what_parents_say_about_ds() {
    let signer = Signer::new(1);
    let zone = plain().signed(&signer, true);
    let server = Server::good(&zone).await;
    let mut lab = Lab::below(&above(&[signer.ds("example.test")]), &[&server]).await;
    lab.parents.push(Server::good(&Zone::new("test")).await.at);
    lab.parents.push(Server::start(&Zone::new("test"), |_| Say::Error(5)).await.at);
    lab.parents.push(Server::dead(&Zone::new("test")).await.at);
    let survey = lab.survey(WWW).await;
    let own = super::zone(&survey, "example.test");
    let said: Vec<_> = own.ds.iter().map(|reply| &reply.said).collect();
    assert!(matches!(said[0], DsSaid::Set(_)));
    assert_eq!(said[1..3], [&DsSaid::Nothing, &DsSaid::Refused(Rcode::REFUSED)]);
    assert!(matches!(said[3], DsSaid::Failed(Failure::Silent { .. })));
    assert!(is_proved(&own.servers[0].signing));
    // One parent server with another key's record makes it a matter of luck.
    lab.parents.push(Server::good(&above(&[Signer::new(9).ds("example.test")])).await.at);
    let survey = lab.survey(WWW).await;
    assert_eq!(super::zone(&survey, "example.test").servers[0].signing, Signing::KeyMismatch);
    lab.parents.drain(..3);
    lab.parents.truncate(1);
    let survey = lab.survey(WWW).await;
    let found = &super::zone(&survey, "example.test").servers[0].signing;
    assert!(matches!(found, Signing::Failed(_)), "nobody could say: {found:?}");
}

/// What is found of octets that somebody has changed on the way, and the records that they hold.
fn found_of(octets: &[u8], zone: &Zone, signer: &Signer, asked: &Question) -> (Signing, Vec<Vec<u8>>) {
    let keys = message::read(&reply_to(zone, "example.test", 48));
    let sets = [vec![zones::ds(&signer.ds("example.test")).unwrap()]];
    let reply = message::read(octets);
    let kind = message::number(asked.qtype);
    let records = |m: &message::Message| m.answers_of(&asked.name, kind).map(|r| r.octets.clone()).collect();
    let records = reply.as_ref().map(records).unwrap_or_default();
    let now = Timestamp::from_secs(seconds_now());
    (dnssec::signing(&name("example.test"), &sets, &keys, &[(asked, &reply)], now), records)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_else_is_ever_proved(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
        which in 0..4_usize,
    ) {
        let signer = Signer::new(1);
        let zone = plain().a("*.wild.example.test", 4).cname("near.example.test", WWW).signed(&signer, true);
        let (text, qtype) = [
            (WWW, QuestionType::A),
            (WWW, QuestionType::Caa),
            ("any.wild.example.test", QuestionType::A),
            ("near.example.test", QuestionType::A),
        ][which];
        let asked = of(text, qtype);
        let sent = reply_to(&zone, text, message::number(qtype));
        let (honest, records) = found_of(&sent, &zone, &signer, &asked);
        prop_assert!(is_proved(&honest), "{honest:?}");
        let mut came = sent.clone();
        for (at, octet) in changes {
            // The header is nobody's to prove.
            let at = 12 + at.index(came.len() - 12);
            came[at] = octet;
        }
        if let Some(length) = length {
            came.truncate(length.index(came.len()));
        }
        let (found, others) = found_of(&came, &zone, &signer, &asked);
        prop_assert!(!is_proved(&found) || others == records, "{found:?}");
    }

    #[test]
    fn no_octets_can_harm(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = message::read(&octets);
        let whole = [&[0, 0, 0x84, 0, 0, 0, 0, 1, 0, 1, 0, 0][..], &octets].concat();
        let _ = message::read(&whole);
    }
}
