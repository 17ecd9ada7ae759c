//! Web paths and strangers' servers.

use crate::model::Verdict::{Blocked, NotYet, Safe};
use crate::model::*;

use super::*;

fn closed(failure: ConnectFailure) -> WebEnd {
    WebEnd::NotConnected(failure)
}

fn missing() -> WebEnd {
    answered(404, BodySeen::Different)
}

fn timed_out() -> WebEnd {
    closed(ConnectFailure::TimedOut)
}

#[test]
fn a_file_that_was_put_there() {
    let rows: [Row; 20] = [
        ("served", |_| {}, Safe, ""),
        ("served after a redirect", |s| s.visits[0].1 = redirected(NEW, NEW, served()), Safe, ""),
        ("served elsewhere after a redirect", |s| s.visits[0].1 = redirected(NEW, OLD, served()), Safe, ""),
        ("not there", |s| s.ends(missing()), Blocked, "web-status"),
        ("forbidden", |s| s.ends(answered(403, BodySeen::Different)), Blocked, "web-status"),
        ("a password", |s| s.ends(answered(401, BodySeen::Different)), Blocked, "web-status"),
        ("an error", |s| s.ends(answered(500, BodySeen::Different)), Blocked, "web-status"),
        ("a CDN without its origin", |s| s.ends(answered(522, BodySeen::Different)), Blocked, "web-status"),
        ("204", |s| s.ends(answered(204, BodySeen::Different)), Blocked, "web-status"),
        (
            "the right body with another status",
            |s| s.ends(answered(203, BodySeen::Right)),
            Blocked,
            "web-status",
        ),
        ("302 to nowhere", |s| s.ends(answered(302, BodySeen::Different)), Blocked, "web-status"),
        ("another body", |s| s.ends(answered(200, BodySeen::Different)), Blocked, "web-body"),
        ("128 bytes", |s| s.ends(answered(200, BodySeen::TooLong)), Blocked, "web-body"),
        ("a closed port", |s| s.ends(closed(ConnectFailure::Refused)), Blocked, "web-closed"),
        ("a firewall", |s| s.ends(timed_out()), Blocked, "web-closed"),
        ("no network there", |s| s.ends(closed(ConnectFailure::Unreachable)), Blocked, "web-closed"),
        ("reset", |s| s.ends(WebEnd::Broken(Broken::Closed)), Blocked, "web-broken"),
        ("TLS on port 80", |s| s.ends(WebEnd::Broken(Broken::Tls)), Blocked, "web-broken"),
        ("never an answer", |s| s.ends(WebEnd::Broken(Broken::TimedOut)), Blocked, "web-broken"),
        ("no visit yet", |s| s.visits.clear(), NotYet, "web-pending"),
    ];
    hold(&rows);
}

#[test]
fn a_web_server_at_which_the_ca_has_failed() {
    let doubt = |scene: &mut Scene| scene.policy.doubted = vec![scene.name.clone()];
    let mut placed = Scene::healthy();
    doubt(&mut placed);
    assert_eq!(placed.judged().verdict, Safe, "the file is there");
    let mut absent = Scene::healthy();
    absent.absent();
    assert_eq!(absent.judged().verdict, Safe);
    doubt(&mut absent);
    let report = absent.judged();
    assert_eq!((report.verdict, report.issuable), (Verdict::Inconclusive, false));
    assert_eq!(report.reasons[0].cause, Cause::WebDoubted);
    absent.policy.doubted = vec![name("other.example.com")];
    assert_eq!(absent.judged().verdict, Safe, "another name's");
}

#[test]
fn redirects() {
    hold(&[
        ("303", |s| s.ends(WebEnd::Redirect(BadRedirect::Status(303))), Blocked, "web-redirect"),
        ("a circle", |s| s.ends(WebEnd::Redirect(BadRedirect::Loop)), Blocked, "web-redirect"),
        ("too many", |s| s.ends(WebEnd::Redirect(BadRedirect::TooMany)), Blocked, "web-redirect"),
        ("to port 2083", |s| s.ends(WebEnd::Redirect(BadRedirect::Port(2083))), Blocked, "web-redirect"),
        ("to ftp", |s| s.ends(WebEnd::Redirect(BadRedirect::Scheme("ftp".into()))), Blocked, "web-redirect"),
        (
            "to a host without an address",
            |s| s.ends(WebEnd::Unresolved(name("gone.example.com"))),
            Blocked,
            "web-unresolved",
        ),
        (
            "to a closed port",
            |s| s.visits[0].1 = redirected(NEW, NEW, closed(ConnectFailure::Refused)),
            Blocked,
            "web-closed",
        ),
        (
            "to a host whose IPv6 address is dead",
            |s| s.visits[0].1 = redirected(NEW, STRAY, timed_out()),
            Blocked,
            "web-closed",
        ),
    ]);
    let mut scene = Scene::healthy();
    scene.visits[0].1 = redirected(NEW, STRAY, closed(ConnectFailure::NoRoute));
    assert_eq!(codes(&scene), (Verdict::Safe, vec!["web-untried", "web-not-proven"]));
}

/// Verdict and codes, for situations with more than one warning.
fn codes(scene: &Scene) -> (Verdict, Vec<&'static str>) {
    let report = scene.judged();
    (report.verdict, report.reasons.iter().map(|reason| reason.cause.code()).collect())
}

#[test]
fn a_file_that_cannot_exist() {
    hold(&[
        ("a clean no", Scene::absent, Safe, "web-not-proven"),
        (
            "gone",
            |s| {
                s.absent();
                s.ends(answered(410, BodySeen::NotCompared));
            },
            Safe,
            "web-not-proven",
        ),
        (
            "forbidden by an .htaccess",
            |s| {
                s.absent();
                s.ends(answered(403, BodySeen::NotCompared));
            },
            Blocked,
            "web-status",
        ),
        (
            "a page for everything",
            |s| {
                s.absent();
                s.ends(answered(200, BodySeen::NotCompared));
            },
            Blocked,
            "web-catch-all",
        ),
        (
            "an error",
            |s| {
                s.absent();
                s.ends(answered(503, BodySeen::NotCompared));
            },
            Blocked,
            "web-status",
        ),
        ("web servers are not looked at", |s| s.policy.web = WebPolicy::Off, Safe, "web-not-proven"),
    ]);
    let mut scene = Scene::healthy();
    scene.absent();
    scene.visits[0].1 = redirected(NEW, OLD, answered(404, BodySeen::NotCompared));
    assert_eq!(codes(&scene), (Verdict::Safe, vec!["web-elsewhere", "web-not-proven"]));
}

const SEVERAL: &[Row] = &[
    ("both serve", |s| s.serve(SECOND, served()), Safe, ""),
    ("one of two does not", |s| s.serve(SECOND, missing()), Blocked, "web-status"),
    ("one of two is closed", |s| s.serve(SECOND, closed(ConnectFailure::Refused)), Blocked, "web-closed"),
    ("IPv6 serves too", |s| s.serve(SIX, served()), Safe, ""),
    ("IPv6 answers wrongly", |s| s.serve(SIX, missing()), Blocked, "web-status"),
    ("IPv6 breaks off", |s| s.serve(SIX, WebEnd::Broken(Broken::Closed)), Blocked, "web-broken"),
    ("IPv6 is closed", |s| s.serve(SIX, closed(ConnectFailure::Refused)), Safe, "ipv6-dead"),
    ("IPv6 is a black hole", |s| s.serve(SIX, timed_out()), Safe, "ipv6-dead"),
    (
        "IPv6 is closed, and there is no other",
        |s| {
            s.addresses.clear();
            s.expected.clear();
            s.visits.clear();
            s.serve(SIX, closed(ConnectFailure::Refused));
        },
        Blocked,
        "web-closed",
    ),
    (
        "IPv6 redirects to a dead place",
        |s| {
            s.serve(SIX, served());
            s.visits[1].1 = redirected(SIX, SIX, timed_out());
        },
        Blocked,
        "web-closed",
    ),
    (
        "pebble does not fall back",
        |s| {
            s.pebble();
            s.serve(SIX, closed(ConnectFailure::Refused));
        },
        Blocked,
        "web-closed",
    ),
    (
        "pebble never goes to IPv4 beside IPv6",
        |s| {
            s.pebble();
            s.ends(missing());
            s.serve(SIX, served());
        },
        Safe,
        "",
    ),
    (
        "pebble: one of two does not serve",
        |s| {
            s.pebble();
            s.serve(SECOND, missing());
        },
        Blocked,
        "web-status",
    ),
];

#[test]
fn several_addresses() {
    hold(SEVERAL);
    let mut scene = Scene::healthy();
    scene.serve(SIX, closed(ConnectFailure::NoRoute));
    assert_eq!(codes(&scene), (Verdict::Safe, vec!["web-untried", "web-not-proven"]));
    let mut scene = Scene::healthy();
    scene.ends(missing());
    scene.serve(SECOND, missing());
    let both = scene.judged().reasons;
    assert!(
        matches!(&both[..], [Reason { cause: Cause::WebStatus { at, .. }, .. }] if at.addresses.len() == 2),
        "{both:?}"
    );
}

#[test]
fn a_forgotten_ipv6_address() {
    hold(&[
        ("not visited", |s| s.addresses.push(ip(STRAY)), Blocked, "unexpected-aaaa"),
        (
            "web servers are not looked at",
            |s| {
                s.policy.web = WebPolicy::Off;
                s.addresses.push(ip(STRAY));
            },
            Blocked,
            "unexpected-aaaa",
        ),
        ("answers wrongly", |s| s.stray(STRAY, missing()), Blocked, "unexpected-aaaa"),
        ("breaks off", |s| s.stray(STRAY, WebEnd::Broken(Broken::Closed)), Blocked, "unexpected-aaaa"),
        (
            "cannot be tried from here",
            |s| s.stray(STRAY, closed(ConnectFailure::NoRoute)),
            Blocked,
            "unexpected-aaaa",
        ),
        (
            "is dead, and IPv4 redirects there",
            |s| {
                s.stray(STRAY, timed_out());
                s.visits[0].1 = redirected(NEW, STRAY, timed_out());
            },
            Blocked,
            "unexpected-aaaa",
        ),
        (
            "pebble: is dead",
            |s| {
                s.pebble();
                s.stray(STRAY, timed_out());
            },
            Blocked,
            "unexpected-aaaa",
        ),
        (
            "is dead, and IPv4 was not visited",
            |s| {
                s.visits.clear();
                s.stray(STRAY, timed_out());
            },
            Blocked,
            "unexpected-aaaa",
        ),
    ]);
    for end in [closed(ConnectFailure::Refused), timed_out(), served()] {
        let mut scene = Scene::healthy();
        scene.stray(STRAY, end);
        assert_eq!(codes(&scene), (Verdict::Safe, vec!["unexpected-aaaa", "other-server"]));
    }
}

#[test]
fn whose_server_it_is() {
    let mut scene = Scene::healthy();
    scene.astray();
    scene.stray(OLD, missing());
    scene.addresses.dedup();
    scene.former = vec![ip(OLD)];
    let holder = "Example Hosting".to_owned();
    let network = Some(OriginAs { number: 64_500, holder });
    let pointers = vec![name("host12.example.net")];
    scene.origins = vec![(ip(OLD), Origin { pointers, network: network.clone(), certificate: None })];
    let report = scene.judged();
    assert_eq!(report.verdict, NotYet, "{:?}", report.reasons);
    let told: Vec<&Cause> = report.reasons.iter().map(|reason| &reason.cause).collect();
    let server = Stranger {
        network,
        pointer: Some(name("host12.example.net")),
        certificate: None,
        product: Some("Apache".to_owned()),
        answers: Some(true),
        file: Some(false),
        former: true,
    };
    let wanted = Cause::OtherServer { address: ip(OLD), server: Box::new(server) };
    assert!(told.contains(&&wanted), "{told:?}");
    hold(&[
        (
            "an IPv4 address beside good IPv6",
            |s| {
                s.addresses.clear();
                s.expected.clear();
                s.visits.clear();
                s.serve(SIX, served());
                s.stray(OLD, served());
            },
            Safe,
            "other-server",
        ),
        (
            "an IPv4 address beside dead IPv6",
            |s| {
                s.addresses.clear();
                s.expected.clear();
                s.visits.clear();
                s.serve(SIX, timed_out());
                s.stray(OLD, missing());
            },
            Blocked,
            "other-server",
        ),
        (
            "an old address of a family of which others are expected",
            |s| {
                s.serve(SIX, served());
                s.stray(STRAY, missing());
            },
            NotYet,
            "other-server",
        ),
        (
            "the hosting forbids, and DNS does not lead there yet",
            |s| {
                s.astray();
                s.visits.push((ip(NEW), visit(NEW, answered(403, BodySeen::Different))));
            },
            NotYet,
            "authority-wrong",
        ),
    ]);
}
