//! Situations as a table: what is seen, and what must come of it.

mod habits;
mod names;
mod properties;
mod situations;
mod webs;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::engine::authority::AtServer;
use crate::engine::convergence::Cell;
use crate::engine::plan::{Mode, Policy, WebPolicy};
use crate::engine::verdict::{Blind, Case, ResolverView, ServerView, judge};
use crate::model::*;

use super::Sight;

pub(super) const NEW: &str = "93.184.216.34";
pub(super) const SECOND: &str = "93.184.216.35";
pub(super) const OLD: &str = "64.98.145.30";
pub(super) const SIX: &str = "2606:2800:220:1::7";
pub(super) const STRAY: &str = "2606:2800:220:1::99";
pub(super) const NOW: Timestamp = Timestamp::from_secs(1_795_435_020);

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn file(content: Option<&str>) -> Arc<ChallengeFile> {
    Arc::new(ChallengeFile { token: "t".repeat(43), content: content.map(str::to_owned) })
}

/// Everything that is seen of one name; a healthy one until a test spoils it.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) name: Name,
    pub(super) policy: Policy,
    pub(super) survey: Option<Survey>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) expected: Vec<IpAddr>,
    pub(super) visits: Vec<(IpAddr, Visit)>,
    pub(super) origins: Vec<(IpAddr, Origin)>,
    pub(super) former: Vec<IpAddr>,
    pub(super) servers: Vec<AtServer>,
    pub(super) guard: Vec<AtServer>,
    /// So many servers, the last ones, are named by the zone alone; where that is to play a part.
    pub(super) strangers: Option<usize>,
    /// The first look was over before.
    pub(super) decided: bool,
    pub(super) ca_forgets_at: Option<Timestamp>,
}

fn addr(n: usize) -> SocketAddr {
    format!("192.0.2.{n}:53").parse().unwrap()
}

pub(super) fn right() -> AtServer {
    AtServer::Right { ttl: 300 }
}

pub(super) fn wrong() -> AtServer {
    AtServer::Wrong { held: Held::Addresses([ip(OLD)].into()), ttl: 300 }
}

pub(super) fn caa(flags: u8, tag: &str, value: &str) -> CaaRecord {
    CaaRecord { flags, tag: tag.to_owned(), value: value.to_owned() }
}

pub(super) fn issue(value: &str) -> CaaSaid {
    CaaSaid::Records(vec![caa(0, "issue", value)])
}

pub(super) fn ds(tag: u16) -> DsSaid {
    DsSaid::Set(vec![Ds { key_tag: tag, algorithm: 13, digest_type: 2, digest: "ab".to_owned() }])
}

pub(super) fn about(qtype: QuestionType) -> Question {
    Question { name: name("www.example.com"), qtype }
}

/// One request to one address and its end.
pub(super) fn visit(address: &str, end: WebEnd) -> Visit {
    let url = "http://www.example.com/.well-known/acme-challenge/ttt".to_owned();
    let status = if let WebEnd::Answered { status, .. } = &end { Some(*status) } else { None };
    let server = status.map(|_| "Apache".to_owned());
    Visit { hops: vec![Hop { url, address: ip(address), status, server }], end, took: 200 }
}

/// The same behind a redirect to `to`.
pub(super) fn redirected(address: &str, to: &str, end: WebEnd) -> Visit {
    let mut visit = visit(address, end);
    visit.hops[0].status = Some(301);
    let url = "https://www.example.com/.well-known/acme-challenge/ttt".to_owned();
    visit.hops.push(Hop { url, address: ip(to), status: None, server: None });
    visit
}

pub(super) fn answered(status: u16, body: BodySeen) -> WebEnd {
    WebEnd::Answered { status, body, begins: "<html>".to_owned() }
}

pub(super) fn served() -> WebEnd {
    answered(200, BodySeen::Right)
}

impl Scene {
    /// One address, which serves the test file; two servers that say so, unsigned, without CAA.
    pub(super) fn healthy() -> Scene {
        let subject = name("www.example.com");
        let mut scene = Scene {
            policy: Policy { web: WebPolicy::Placed(file(Some("content"))), ..Policy::default() },
            survey: Some(survey_of(&subject)),
            name: subject,
            addresses: Vec::new(),
            expected: Vec::new(),
            visits: Vec::new(),
            origins: Vec::new(),
            former: Vec::new(),
            servers: vec![right(), right()],
            guard: vec![right(), right()],
            strangers: None,
            decided: false,
            ca_forgets_at: None,
        };
        scene.serve(NEW, served());
        scene
    }

    /// The record is not right yet.
    pub(super) fn astray(&mut self) {
        self.servers = vec![wrong(), wrong()];
        self.addresses = vec![ip(OLD)];
        self.visits.clear();
    }

    /// Another expected address, with its visit.
    pub(super) fn serve(&mut self, address: &str, end: WebEnd) {
        self.addresses.push(ip(address));
        self.expected.push(ip(address));
        self.visits.push((ip(address), visit(address, end)));
    }

    /// An address that nobody expects, with its visit.
    pub(super) fn stray(&mut self, address: &str, end: WebEnd) {
        self.addresses.push(ip(address));
        self.visits.push((ip(address), visit(address, end)));
    }

    /// What the visit to the usual address ends in.
    pub(super) fn ends(&mut self, end: WebEnd) {
        self.visits[0] = (ip(NEW), visit(NEW, end));
    }

    pub(super) fn absent(&mut self) {
        self.policy.web = WebPolicy::Absent(file(None));
        self.ends(answered(404, BodySeen::NotCompared));
    }

    pub(super) fn pebble(&mut self) {
        self.policy.ca = Ca::Pebble;
    }

    pub(super) fn seen(&mut self) -> &mut Survey {
        self.survey.as_mut().unwrap()
    }

    /// What each of both servers says of CAA at one place of the climb, counted from the name.
    pub(super) fn caa(&mut self, level: usize, said: [CaaSaid; 2]) {
        for (reply, said) in self.seen().caa[level].replies.iter_mut().zip(said) {
            reply.said = said;
        }
    }

    pub(super) fn signed(&mut self, signing: [Signing; 2]) {
        let zone = &mut self.seen().zones[0];
        zone.ds.iter_mut().for_each(|reply| reply.said = ds(1));
        for (server, signing) in zone.servers.iter_mut().zip(signing) {
            server.signing = signing;
        }
    }

    pub(super) fn habit(&mut self) -> &mut Habits {
        &mut self.seen().zones[0].servers[1].habits
    }

    /// Failures of this name so many seconds ago.
    pub(super) fn failed(&mut self, environment: Environment, account: Option<&str>, ago: &[u64]) {
        let of = |secs: &u64| Attempt {
            name: name("www.example.com"),
            at: NOW - std::time::Duration::from_secs(*secs),
            environment,
            account: account.map(str::to_owned),
            blocked_until: None,
            fingerprint: String::new(),
        };
        self.policy.attempts.extend(ago.iter().map(of));
    }

    pub(super) fn sight(&self) -> Sight<'_> {
        Sight {
            name: &self.name,
            now: NOW,
            policy: &self.policy,
            survey: self.survey.as_ref(),
            addresses: &self.addresses,
            expected: &self.expected,
            visits: &self.visits,
            origins: &self.origins,
            former: self.former.clone(),
            right: self.servers.iter().all(|says| matches!(says, AtServer::Right { .. })),
        }
    }

    fn named(&self, hosts: &[(Arc<str>, Name)]) -> Vec<NameServer> {
        let Some(strangers) = self.strangers else { return Vec::new() };
        let delegated = hosts.len() - strangers;
        let named = |(n, (_, host)): (usize, &(Arc<str>, Name))| NameServer {
            host: host.clone(),
            addresses: vec![Address { addr: addr(n + 1), glue: n < delegated, own: true }],
            at_parent: n < delegated,
            at_child: true,
        };
        hosts.iter().enumerate().map(named).collect()
    }

    /// The verdict on it, where resolvers have nothing against it.
    pub(super) fn judged(&self) -> RecordReport {
        let operators = ["one", "two", "three"].map(voter);
        let confirmed = Cell::confirmed();
        let resolvers: Vec<ResolverView<'_>> = operators
            .iter()
            .zip(0..)
            .map(|(vantage, operator)| ResolverView::new(vantage, operator, &confirmed, NOW))
            .collect();
        let hosts: Vec<(Arc<str>, Name)> = (1..=self.servers.len().max(self.guard.len())).map(host).collect();
        let (servers, guard) = (views(&hosts, &self.servers), views(&hosts, &self.guard));
        let expect = Expectation::Addresses(BTreeSet::from_iter(self.expected.iter().copied()));
        let record = Record { name: self.name.clone(), rtype: RecordType::A, expect };
        let reserved = super::reserved(&record);
        let guarded = !self.expected.is_empty() && self.expected.iter().all(IpAddr::is_ipv4);
        let forgotten: Vec<IpAddr> =
            self.addresses.iter().copied().filter(|address| guarded && address.is_ipv6()).collect();
        let walk = Walk { servers: self.named(&hosts), ..walk() };
        let sight = self.sight();
        let gate_open = sight.right;
        let case = Case {
            id: RecordId(0),
            now: NOW,
            mode: Mode::Look,
            policy: &self.policy,
            blind: Blind::No,
            end: Some(&walk.end),
            walk: Some(&walk),
            delegation: &[],
            servers: &servers,
            guard: &guard,
            forgotten: Some(&forgotten),
            reserved: reserved.as_ref(),
            first_look: NOW,
            differ_since: None,
            ca_forgets_at: self.ca_forgets_at,
            sight: Some(sight),
            sight_says: None,
            sight_pending: false,
            sight_old: false,
            gate_open,
            decided: self.decided,
            resolvers: &resolvers,
            operators_needed: resolvers.len(),
            settle_until: None,
            everyone_by: None,
            brief: false,
        };
        judge(&case).report
    }
}

fn voter(operator: &str) -> Vantage {
    Vantage {
        name: Arc::from(operator),
        operator: Arc::from(operator),
        place: None,
        role: Role::Voter,
        endpoints: vec![Endpoint::udp("192.0.2.99:53".parse().unwrap())],
        flush: None,
        zone: None,
    }
}

fn host(n: usize) -> (Arc<str>, Name) {
    let host = format!("ns{n}.example.com");
    (Arc::from(&*host), name(&host))
}

fn views<'a>(hosts: &'a [(Arc<str>, Name)], says: &'a [AtServer]) -> Vec<ServerView<'a>> {
    let view = |((n, says), (label, host)): ((usize, &'a AtServer), &'a (Arc<str>, Name))| ServerView {
        label,
        host,
        addr: addr(n + 1),
        serial: Some(1),
        may_lag: Some(7200),
        current: true,
        failures: 0,
        at: NOW,
        says,
    };
    says.iter().enumerate().zip(hosts).map(view).collect()
}

fn walk() -> Walk {
    Walk {
        name: name("www.example.com"),
        zone: name("example.com"),
        parent: name("com"),
        end: WalkEnd::Found,
        parents: Vec::new(),
        servers: Vec::new(),
        questions: 3,
    }
}

/// Two servers of example.com, two of com; nothing signed, no CAA.
fn survey_of(subject: &Name) -> Survey {
    let host = |n: usize| name(&format!("ns{n}.example.com"));
    let well = Habits {
        plain: Taken::Well,
        mixed_case: Taken::Well,
        edns: Taken::Well,
        tcp: Taken::Well,
        aaaa: Taken::Well,
    };
    let server =
        |n: usize| ServerSurvey { host: host(n), addr: addr(n), signing: Signing::NotNeeded, habits: well };
    let parent = |n: usize| DsReply {
        host: name(&format!("{n}.gtld.example")),
        addr: addr(10 + n),
        said: DsSaid::Nothing,
    };
    let mut caa = Vec::new();
    for owner in subject.from_root().into_iter().skip(1).rev() {
        let top = owner.as_str() == "com";
        let reply = |n: usize| CaaReply {
            host: if top { name(&format!("{n}.gtld.example")) } else { host(n) },
            addr: addr(if top { 10 + n } else { n }),
            said: CaaSaid::Nothing,
            ttl: None,
        };
        caa.push(CaaLook { name: owner.clone(), owner, replies: vec![reply(1), reply(2)] });
    }
    let zones = vec![ZoneSurvey {
        zone: name("example.com"),
        ds: vec![parent(1), parent(2)],
        servers: vec![server(1), server(2)],
    }];
    Survey { name: subject.clone(), caa, zones, addresses: Vec::new(), slowest: 40 }
}

/// What a situation must come to: the verdict, and the code of what decides it. For a safe one, the warning
/// that has to be there, or nothing at all.
pub(super) type Row = (&'static str, fn(&mut Scene), Verdict, &'static str);

pub(super) fn hold(rows: &[Row]) {
    for (what, spoil, verdict, code) in rows {
        let mut scene = Scene::healthy();
        spoil(&mut scene);
        let report = scene.judged();
        let codes: Vec<&str> = report.reasons.iter().map(|reason| reason.cause.code()).collect();
        assert_eq!(report.verdict, *verdict, "{what}: {:?}", report.reasons);
        let decides = match verdict {
            Verdict::Blocked => Effect::Blocks,
            Verdict::Inconclusive => Effect::Hides,
            Verdict::NotYet => Effect::Waits,
            Verdict::Safe => Effect::Warns,
        };
        let mut deciding = report.reasons.iter().filter(|reason| reason.effect == decides);
        match (verdict, code) {
            (Verdict::Safe, &"") => assert!(codes.is_empty(), "{what}: {codes:?}"),
            (Verdict::Safe, code) => assert_eq!(codes, [*code], "{what}"),
            (_, code) => assert_eq!(deciding.next().map(|reason| reason.cause.code()), Some(*code), "{what}"),
        }
        assert_eq!(report.issuable, *verdict == Verdict::Safe, "{what}");
    }
}
