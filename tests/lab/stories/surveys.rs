//! What a survey says of real servers, held against an unbound that validates as the CA's does.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt as _;
use hickory_proto::op::ResponseCode;
use propwatch::clock::Clock;
use propwatch::model::{CaaSaid, Errand, Name, Seen, Signing, Survey, Taken, Task, Why};
use propwatch::net::walk::Start;
use propwatch::net::{Internet, Network as _, Settings};

use crate::lab::ask::ask;
use crate::lab::authority::{Authority, Kind};
use crate::lab::recursive::Resolver;
use crate::lab::runner::Story;
use crate::lab::secure::{sign, sign_as};
use crate::lab::world::{ROOT, TLD, lab, root};
use crate::lab::zone::Zone;
use crate::lab::{now, seconds};

pub(super) const STORIES: &[Story] =
    &[Story { name: "surveys_and_unbound_agree", needs: NEEDS, play: surveys_and_unbound_agree }];

const NEEDS: &[&str] =
    &["nsd", "knotd", "knotc", "named", "unbound", "ldns-keygen", "ldns-signzone", "ldns-key2ds"];
const SERVERS: [&str; 3] = ["192.0.2.51", "192.0.2.52", "192.0.2.53"];
/// What each zone has: an address, aliases within it and out of it, a wildcard, a name that is only there
/// for the one below it, and one that is not there.
const NAMES: [&str; 7] = ["www", "alias", "far", "any.wild", "alias.wild", "empty", "nobody"];

/// How a zone is made.
struct Case {
    name: &'static str,
    /// Algorithm and options of the signer; none for an unsigned zone.
    signed: Option<(&'static str, String)>,
    /// What becomes of each line of the signed file.
    edit: fn(&str) -> Option<String>,
    ds: Ds,
    expected: fn(&Signing) -> bool,
}

#[derive(PartialEq, Eq)]
enum Ds {
    Own,
    Foreign,
    None,
}

fn keep(line: &str) -> Option<String> {
    Some(line.to_owned())
}

fn case(name: &'static str, algorithm: &'static str, options: &str, expected: fn(&Signing) -> bool) -> Case {
    let signed = Some((algorithm, options.to_owned()));
    Case { name, signed, edit: keep, ds: Ds::Own, expected }
}

fn cases() -> Vec<Case> {
    const P256: &str = "ECDSAP256SHA256";
    let proved: fn(&Signing) -> bool = |signing| matches!(signing, Signing::Proved { .. });
    let from_now = |hours: i64| now().as_micros() / 1_000_000 + hours * 3600;
    let expired = format!("-i {} -e {}", from_now(-48), from_now(-1));
    let future = format!("-i {} -e {}", from_now(1), from_now(48));
    let wrong: fn(&str) -> Option<String> = |line| Some(line.replace("203.0.113.7", "203.0.113.8"));
    let bare: fn(&str) -> Option<String> =
        |line| (!(line.starts_with("www.") && line.contains("RRSIG\tA "))).then(|| line.to_owned());
    let chainless: fn(&str) -> Option<String> =
        |line| (!line.contains("\tNSEC\t") && !line.contains("RRSIG\tNSEC ")).then(|| line.to_owned());
    vec![
        case("good", P256, "", proved),
        case("nsec3", P256, "-n", proved),
        case("salted", P256, "-n -t 10 -s abcd", proved),
        case("optout", P256, "-n -p", proved),
        case("rsa", "RSASHA256 -b 2048", "", proved),
        case("rsalong", "RSASHA512 -b 4096", "-n", proved),
        case("p384", "ECDSAP384SHA384", "", proved),
        case("ed", "ED25519", "-n", proved),
        case("goldilocks", "ED448", "", |signing| *signing == Signing::Unknown { algorithm: 16 }),
        case("expired", P256, &expired, |signing| matches!(signing, Signing::Expired { .. })),
        case("future", P256, &future, |signing| matches!(signing, Signing::NotYet { .. })),
        Case { edit: wrong, ..case("altered", P256, "", |s| matches!(s, Signing::Wrong { .. })) },
        Case { edit: bare, ..case("stripped", P256, "", |s| matches!(s, Signing::Missing { .. })) },
        Case { edit: chainless, ..case("chainless", P256, "", |s| matches!(s, Signing::Unproved { .. })) },
        Case { ds: Ds::Foreign, ..case("moved", P256, "", |s| *s == Signing::KeyMismatch) },
        Case { signed: None, ds: Ds::Foreign, ..case("left", P256, "", |s| *s == Signing::NoKey) },
        Case { signed: None, ds: Ds::None, ..case("plain", P256, "", |s| *s == Signing::NotNeeded) },
        Case { ds: Ds::None, ..case("island", P256, "", |s| *s == Signing::NotNeeded) },
    ]
}

fn zone(name: &str) -> Zone {
    let zone = Zone::new(&format!("{name}.lab."))
        .with("www A 203.0.113.7")
        .with("alias CNAME www")
        .with("far CNAME www.good.lab.")
        .with("*.wild A 203.0.113.9")
        .with("alias.wild CNAME any.wild")
        .with("below.empty A 203.0.113.10")
        .with("@ CAA 0 issue \"letsencrypt.org\"")
        .with("sub NS ns1.sub")
        .with("ns1.sub A 192.0.2.51");
    with_servers(zone)
}

fn with_servers(zone: Zone) -> Zone {
    let each = |zone: Zone, (i, at): (usize, &&str)| {
        zone.with(&format!("@ NS ns{i}")).with(&format!("ns{i} A {at}"))
    };
    SERVERS.iter().enumerate().fold(zone, each)
}

/// The zones as their servers have them, and `lab.` with their delegations.
fn made(base: &Path, cases: &[Case]) -> (Vec<Zone>, Zone) {
    let (mut zones, mut parent) = (Vec::new(), lab());
    for case in cases {
        let plain = zone(case.name);
        let delegation = SERVERS.iter().enumerate().flat_map(|(i, at)| {
            let host = format!("ns{i}.{}", case.name);
            [format!("{} NS {host}", case.name), format!("{host} A {at}")]
        });
        parent.records.extend(delegation);
        let mut ds = sign(&base.join("foreign"), &plain).ds;
        let mut made = plain.clone();
        if let Some((algorithm, options)) = &case.signed {
            let signed = sign_as(base, &plain, algorithm, options);
            let text = signed.zone.signed.unwrap();
            let edited: Vec<String> = text.lines().filter_map(case.edit).collect();
            made.signed = Some(edited.join("\n") + "\n");
            if case.ds == Ds::Own {
                ds = signed.ds;
            }
        }
        if case.ds != Ds::None {
            parent.records.push(ds);
        }
        zones.push(made);
    }
    (zones, parent)
}

/// An unbound with the CA's settings, as far as they are known, that trusts this DS record of `lab.`.
fn validating(base: &Path, anchor: &str) -> Resolver {
    let more = format!(
        "  module-config: \"validator iterator\"\n  use-caps-for-id: yes\n  edns-buffer-size: 1232\n  \
         val-sig-skew-min: 0\n  val-sig-skew-max: 0\n  trust-anchor: \"lab. DS {}\"",
        anchor
    );
    Resolver::unbound(base, "unbound", "198.51.100.111", &more)
}

/// Each way in which a zone can be signed, well and badly: what a survey says of every server is what unbound
/// makes of it.
fn surveys_and_unbound_agree(base: &Path) {
    let cases = cases();
    let (zones, parent) = made(base, &cases);
    // Unsigned, below one that is good and one that is not.
    let subs = ["good", "expired", "optout"];
    let sub = |above: &str| {
        Zone::new(&format!("sub.{above}.lab."))
            .with("@ NS ns1")
            .with("ns1 A 192.0.2.51")
            .with("www A 203.0.113.9")
    };
    let parent = sign(base, &parent);
    let anchor: Vec<&str> = parent.ds.split_whitespace().skip(4).collect();
    let _root = Authority::start(base, "root", Kind::Nsd, &[ROOT], &[root()]);
    let _tld = Authority::start(base, "tld", Kind::Knot, &[TLD], &[parent.zone]);
    let all: Vec<Zone> = zones.iter().cloned().chain(subs.map(sub)).collect();
    let _one = Authority::start(base, "one", Kind::Nsd, &SERVERS[..1], &all);
    let _two = Authority::start(base, "two", Kind::Knot, &SERVERS[1..2], &zones);
    let _three = Authority::start(base, "three", Kind::Bind, &SERVERS[2..], &zones);
    let unbound = validating(base, &anchor.join(" "));
    let refuses = |name: &str| {
        let mut names = vec![name.to_owned()];
        names.extend(name.split_once('.').map(|(_, above)| above.to_owned()));
        let rcode =
            |name: &str, qtype: &str| ask(unbound.at, name, qtype, Duration::from_secs(10)).unwrap().rcode;
        let fails = |name: &String, qtype: &str| rcode(name, qtype) == ResponseCode::ServFail;
        ["A", "AAAA", "CAA"].iter().any(|qtype| fails(&names[0], qtype)) || fails(&names[1], "CAA")
    };
    let mut figures = Figures::default();
    for case in &cases {
        for name in NAMES {
            let name = format!("{name}.{}.lab", case.name);
            let survey = figures.survey(&name);
            let own = &survey.zones[0];
            assert_eq!(own.servers.len(), 3, "{name}");
            // Unbound goes on to another server where one cannot be believed.
            let bad = survey.zones.iter().any(|zone| zone.servers.iter().all(|s| s.signing.is_bogus()));
            assert_eq!(bad, refuses(&name), "{name}: {:?}", survey.zones);
            let first = &own.servers[0].signing;
            // bind9 holds a zone without a chain for unsigned.
            let alike = own.servers.iter().all(|s| s.signing == *first) || case.name == "chainless";
            assert!(alike, "{name}: {:?}", own.servers);
            if name.starts_with("www.") {
                assert!((case.expected)(first), "{name}: {first:?}");
            }
        }
    }
    for above in subs {
        let name = format!("www.sub.{above}.lab");
        let survey = figures.survey(&name);
        let zones: Vec<&str> = survey.zones.iter().map(|zone| zone.zone.as_str()).collect();
        assert_eq!(zones, [format!("sub.{above}.lab"), format!("{above}.lab")]);
        let bad = survey.zones[1].servers.iter().any(|s| s.signing.is_bogus());
        assert_eq!((bad, above == "expired"), (refuses(&name), bad), "{name}: {:?}", survey.zones);
    }
    figures.tell();
}

#[derive(Default)]
struct Figures {
    surveys: u32,
    questions: u32,
    took: f64,
}

impl Figures {
    /// One survey, of which everything but the signing must be well.
    fn survey(&mut self, name: &str) -> Survey {
        let began = now();
        let (survey, questions) = survey(name);
        self.took += seconds(began, now());
        self.surveys += 1;
        self.questions += questions;
        let climb: Vec<String> = survey.caa.iter().map(|look| look.name.to_string()).collect();
        let all: Vec<String> =
            Name::parse(name).unwrap().from_root()[1..].iter().rev().map(Name::to_string).collect();
        assert_eq!(climb, all);
        let apex = &survey.caa[survey.caa.len() - 2];
        assert!(
            apex.replies.iter().all(|reply| matches!(&reply.said, CaaSaid::Records(set) if set.len() == 1))
        );
        if name.starts_with("far.") {
            assert_eq!(survey.caa[0].owner.as_str(), "www.good.lab");
        }
        for server in survey.zones.iter().flat_map(|zone| &zone.servers) {
            let habits = server.habits;
            let ways = [habits.plain, habits.mixed_case, habits.edns, habits.tcp];
            assert!(ways.iter().all(|way| *way == Taken::Well), "{name}: {server:?}");
        }
        survey
    }

    fn tell(&self) {
        let each = f64::from(self.surveys);
        println!(
            "# {} surveys of zones on nsd, knot and bind9, judged as unbound does: {:.1} ms and {:.0} questions each, walk included",
            self.surveys,
            self.took * 1000.0 / each,
            f64::from(self.questions) / each
        );
    }
}

/// A survey by the library, from the private root, by a network that remembers nothing.
fn survey(name: &str) -> (Survey, u32) {
    let start = Start::Roots(vec![format!("{ROOT}:53").parse().unwrap()]);
    let net = Internet::new(Settings { start, ..Settings::default() }, Rc::new(Clock::new())).unwrap();
    let errand = Errand { task: Task::Survey { name: Name::parse(name).unwrap() }, why: Why::First };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut found = runtime.block_on(net.run(vec![errand]).concat());
    assert_eq!(found.len(), 1);
    match found.remove(0) {
        propwatch::model::Finding { seen: Seen::Surveyed(survey), questions, .. } => (*survey, questions),
        other => panic!("{other:?}"),
    }
}
