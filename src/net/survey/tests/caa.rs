//! The climb.

use super::world::{Say, Server, Zone};
use super::*;
use crate::model::{CaaRecord, Failure, Rcode};

fn record(flags: u8, tag: &str, value: &str) -> CaaRecord {
    CaaRecord { flags, tag: tag.to_owned(), value: value.to_owned() }
}

/// What one server that does so about CAA says.
async fn said_by(zone: Zone, text: &str, say: Say) -> CaaSaid {
    let act = move |asked: &world::Asked| if asked.kind == 257 { say.clone() } else { Say::Answer };
    let server = Server::start(&zone, act).await;
    let survey = Lab::with(&[&server]).await.survey(text).await;
    match &said(&survey, text)[..] {
        [one] => (*one).clone(),
        other => panic!("{other:?}"),
    }
}

fn zone() -> Zone {
    Zone::new("example.test").a("www.example.test", 1)
}

#[tokio::test]
async fn values_are_what_was_sent() {
    let zone = zone()
        .caa("www.example.test", 128, "ISSUE", b"LetsEncrypt.org; accounturi=x")
        .caa("www.example.test", 1, "issue", b"letsencrypt.org;foo")
        .caa("www.example.test", 0, "x-y_z", b"a\x1b\\\xff")
        .caa("www.example.test", 0, "averyveryverylongtagindeed", b"");
    let said = said_by(zone, "www.example.test", Say::Answer).await;
    let expected = CaaSaid::Records(vec![
        record(0, "averyveryverylongtagindeed", ""),
        record(0, "x-y_z", "a\\027\\092\\255"),
        record(1, "issue", "letsencrypt.org;foo"),
        record(128, "ISSUE", "LetsEncrypt.org; accounturi=x"),
    ]);
    assert_eq!(said, expected);
}

/// Why the codec does not serve here.
#[test]
fn the_codec_would_lose_them() {
    let odd =
        [&b"\0\0\x84\0\0\0\0\x01\0\0\0\0"[..], b"\x01a\0\x01\x01\0\x01\0\0\0\0\0\x05\0\x02x-y"].concat();
    assert!(hickory_proto::op::Message::from_vec(&odd).is_err());
    assert_eq!(crate::net::survey::message::read(&odd).unwrap().answers.len(), 1);
}

#[tokio::test]
async fn each_thing_that_can_be_said() {
    let at = "www.example.test";
    assert_eq!(said_by(zone(), at, Say::Answer).await, CaaSaid::Nothing);
    assert_eq!(said_by(zone(), "gone.example.test", Say::Answer).await, CaaSaid::NoSuchName);
    for rcode in [1, 2, 4, 5] {
        let said = said_by(zone(), at, Say::Error(rcode)).await;
        assert_eq!(said, CaaSaid::Refused(Rcode(u16::from(rcode))));
    }
    assert_eq!(said_by(zone(), at, Say::Humble).await, CaaSaid::Nothing, "the CA's resolvers take it");
    let silent = said_by(zone(), at, Say::Drop).await;
    assert!(matches!(silent, CaaSaid::Failed(Failure::Silent { tries }) if tries >= 3), "{silent:?}");
    let circle = Zone::new("example.test").cname(at, "b.example.test").cname("b.example.test", at);
    assert_eq!(said_by(circle, at, Say::Answer).await, CaaSaid::Loop);
    let torn = zone().with(at, 257, b"\x00\x09issue");
    assert_eq!(said_by(torn, at, Say::Answer).await, CaaSaid::Failed(Failure::Garbage));
    assert_eq!(said_by(zone(), at, Say::Cut).await, CaaSaid::Nothing, "over TCP");
    assert_eq!(said_by(zone(), at, Say::Lower).await, CaaSaid::Nothing, "asked again in lower case");
}

#[tokio::test]
async fn each_server_speaks_for_itself() {
    let other = zone().caa("example.test", 0, "issue", b";");
    let (one, two) = (Server::good(&zone()).await, Server::good(&other).await);
    let survey = Lab::with(&[&one, &two]).await.survey("www.example.test").await;
    let there = CaaSaid::Records(vec![record(0, "issue", ";")]);
    assert_eq!(said(&survey, "example.test"), [&CaaSaid::Nothing, &there]);
    assert_eq!(said(&survey, "www.example.test"), [&CaaSaid::Nothing, &CaaSaid::Nothing]);
}

#[tokio::test]
async fn aliases_lead_within_the_zone_and_out_of_it() {
    let zone = Zone::new("example.test")
        .cname("www.example.test", "in.example.test")
        .cname("in.example.test", "host.other.test")
        .cname("near.example.test", "caa.example.test")
        .caa("caa.example.test", 0, "issue", b"near.test")
        .caa("example.test", 0, "issue", b"apex.test");
    let other =
        Zone::new("other.test").a("host.other.test", 3).caa("host.other.test", 0, "issue", b"far.test");
    let (one, two) = (Server::good(&zone).await, Server::good(&other).await);
    let lab = Lab::with(&[&one]).await.and(&two);
    let survey = lab.survey("www.example.test").await;
    let there = look(&survey, "www.example.test");
    assert_eq!(there.owner, name("host.other.test"));
    assert_eq!((there.replies.len(), there.replies[0].addr), (1, two.at));
    assert_eq!(there.replies[0].said, CaaSaid::Records(vec![record(0, "issue", "far.test")]));
    assert_eq!(
        names(&survey),
        ["www.example.test", "example.test", "test"].map(name),
        "not the target's parents"
    );
    let zones: Vec<_> = survey.zones.iter().map(|zone| zone.zone.as_str()).collect();
    assert_eq!(zones, ["example.test", "other.test"]);
    let survey = lab.survey("near.example.test").await;
    let near = look(&survey, "near.example.test");
    assert_eq!((near.owner.clone(), near.replies[0].addr), (name("caa.example.test"), one.at));
    assert_eq!(near.replies[0].said, CaaSaid::Records(vec![record(0, "issue", "near.test")]));
}

#[tokio::test]
async fn a_circle_over_two_zones_and_an_alias_to_nowhere() {
    let zone = Zone::new("example.test").cname("www.example.test", "host.other.test");
    let other = Zone::new("other.test").cname("host.other.test", "www.example.test");
    let (one, two) = (Server::good(&zone).await, Server::good(&other).await);
    let survey = Lab::with(&[&one]).await.and(&two).survey("www.example.test").await;
    let replies = &look(&survey, "www.example.test").replies;
    assert_eq!((replies.len(), &replies[0].said), (1, &CaaSaid::Loop));
    // With no server given for what is elsewhere, the target has a zone without servers.
    let lost = Lab::with(&[&one]).await.survey("www.example.test").await;
    assert!(look(&lost, "www.example.test").replies.is_empty());
}

#[tokio::test]
async fn a_server_that_leads_nowhere_is_heard_beside_the_target() {
    let alias = Zone::new("example.test").cname("www.example.test", "host.other.test");
    let other = Zone::new("other.test").caa("host.other.test", 0, "issue", b"far.test");
    let (one, old) = (Server::good(&alias).await, Server::good(&zone()).await);
    let target = Server::good(&other).await;
    let survey = Lab::with(&[&one, &old]).await.and(&target).survey("www.example.test").await;
    let replies = &look(&survey, "www.example.test").replies;
    let by: Vec<_> = replies.iter().map(|reply| (reply.addr, &reply.said)).collect();
    let there = CaaSaid::Records(vec![record(0, "issue", "far.test")]);
    assert_eq!(by, [(old.at, &CaaSaid::Nothing), (target.at, &there)]);
}
