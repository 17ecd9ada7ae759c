//! Servers with odd habits, as they were tried with the CA's own resolver.

use crate::model::Verdict::{Blocked, Safe};
use crate::model::*;

use super::*;

fn dead() -> AtServer {
    AtServer::Dead(Failure::Silent { tries: 3 })
}

#[test]
fn ways_of_asking() {
    hold(&[
        ("mixed case is dropped", |s| s.habit().mixed_case = Taken::Dropped, Blocked, "server-refuses"),
        (
            "mixed case is refused",
            |s| s.habit().mixed_case = Taken::Refused(Rcode::REFUSED),
            Blocked,
            "server-refuses",
        ),
        ("EDNS is dropped", |s| s.habit().edns = Taken::Dropped, Blocked, "server-refuses"),
        ("EDNS cannot be read", |s| s.habit().edns = Taken::Refused(Rcode::FORMERR), Safe, ""),
        (
            "EDNS gives an error",
            |s| s.habit().edns = Taken::Refused(Rcode::SERVFAIL),
            Blocked,
            "server-refuses",
        ),
        ("no TCP", |s| s.habit().tcp = Taken::Dropped, Safe, "server-refuses"),
        (
            "nothing of it was tried",
            |s| {
                *s.habit() = Habits {
                    plain: Taken::Unknown,
                    mixed_case: Taken::Unknown,
                    edns: Taken::Unknown,
                    tcp: Taken::Unknown,
                    aaaa: Taken::Unknown,
                };
            },
            Safe,
            "",
        ),
        (
            "the plain question fails as well",
            |s| {
                s.habit().plain = Taken::Dropped;
                s.habit().mixed_case = Taken::Dropped;
            },
            Safe,
            "",
        ),
        (
            "nothing for A, and an answer for AAAA",
            |s| {
                *s.habit() = Habits {
                    plain: Taken::Dropped,
                    mixed_case: Taken::Unknown,
                    edns: Taken::Unknown,
                    tcp: Taken::Unknown,
                    aaaa: Taken::Well,
                };
            },
            Blocked,
            "a-dropped",
        ),
        (
            "pebble asks plainly",
            |s| {
                s.pebble();
                s.habit().mixed_case = Taken::Dropped;
                s.habit().edns = Taken::Dropped;
            },
            Safe,
            "",
        ),
    ]);
}

#[test]
fn nobody_can_be_asked_as_the_ca_asks() {
    let silent = |s: &mut Scene, many: usize| {
        s.servers = vec![dead(); 2];
        let servers = s.seen().zones[0].servers.iter_mut().take(many);
        servers.for_each(|server| server.habits.mixed_case = Taken::Dropped);
    };
    let mut all = Scene::healthy();
    silent(&mut all, 2);
    let report = all.judged();
    assert_eq!(report.verdict, Blocked, "{:?}", report.reasons);
    let refusals: Vec<Effect> = report
        .reasons
        .iter()
        .filter(|reason| reason.cause.code() == "server-refuses")
        .map(|reason| reason.effect)
        .collect();
    assert_eq!(refusals, [Effect::Blocks; 2], "each server once");
    let mut one = Scene::healthy();
    silent(&mut one, 1);
    assert_eq!(one.judged().verdict, Verdict::Inconclusive, "the other one may only be down");
    let mut pebble = Scene::healthy();
    silent(&mut pebble, 2);
    pebble.pebble();
    assert_eq!(pebble.judged().verdict, Verdict::Inconclusive, "pebble asks plainly");
}

#[test]
fn questions_for_aaaa() {
    hold(&[
        ("SERVFAIL for AAAA", |s| s.guard[1] = AtServer::Lame(Rcode::SERVFAIL), Safe, "aaaa-fails"),
        ("AAAA is dropped", |s| s.guard = vec![dead(), dead()], Blocked, "aaaa-dropped"),
        ("AAAA is dropped by one of two", |s| s.guard[0] = dead(), Blocked, "aaaa-dropped"),
        (
            "AAAA is dropped by one of three",
            |s| {
                s.servers.push(right());
                s.guard.push(dead());
            },
            Safe,
            "aaaa-dropped",
        ),
        ("no way to a server from here", |s| s.guard[0] = AtServer::Dead(Failure::NoRoute), Safe, ""),
        (
            "pebble: an error for AAAA",
            |s| {
                s.pebble();
                s.guard = vec![AtServer::Lame(Rcode::SERVFAIL); 2];
            },
            Safe,
            "",
        ),
        (
            "pebble: AAAA is dropped",
            |s| {
                s.pebble();
                s.guard = vec![dead(), dead()];
            },
            Blocked,
            "aaaa-dropped",
        ),
    ]);
}

#[test]
fn a_server_that_the_parent_does_not_name_stands_by_nobody() {
    let three = |dead_one: usize, strangers: usize| {
        move |s: &mut Scene| {
            s.servers = vec![right(), right(), right()];
            s.servers[dead_one] = dead();
            s.guard = s.servers.clone();
            s.strangers = Some(strangers);
        }
    };
    let may_be_issued = |spoil: &dyn Fn(&mut Scene)| {
        let mut scene = Scene::healthy();
        spoil(&mut scene);
        let report = scene.judged();
        assert_eq!(report.issuable, report.verdict != Blocked, "{:?}", report.reasons);
        report.issuable
    };
    assert!(may_be_issued(&three(0, 0)), "one of three");
    assert!(!may_be_issued(&three(0, 1)), "one of the two that the parent sends people to");
    assert!(may_be_issued(&three(2, 1)), "the third, whom few ask");
}

#[test]
fn servers_that_have_joined_are_waited_for() {
    let pending = |decided: bool| {
        let mut scene = Scene::healthy();
        scene.servers[1] = AtServer::Pending;
        scene.decided = decided;
        let report = scene.judged();
        let waits = report.reasons.iter().any(|reason| reason.cause == Cause::AuthorityPending);
        (report.verdict, report.issuable, waits)
    };
    assert_eq!(pending(true), (Verdict::NotYet, false, true));
    assert_eq!(pending(false), (Verdict::Inconclusive, false, false), "nothing has been seen before");
    let mut looking = Scene::healthy();
    looking.decided = true;
    assert!(looking.judged().reasons.iter().all(|reason| reason.cause != Cause::AuthorityPending));
}
