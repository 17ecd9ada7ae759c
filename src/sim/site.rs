//! What a CA would find beyond addresses: no CAA, no DNSSEC, and web servers that do as they are told.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::model::{
    BodySeen, CaaLook, CaaReply, CaaSaid, ChallengeFile, ConnectFailure, DsReply, DsSaid, Failure, Habits,
    Hop, Name, NameServer, Question, QuestionType, ServerSurvey, Signing, Survey, Taken, Timestamp, Visit,
    Walk, WebEnd, ZoneSurvey,
};

use super::{Conduct, Internet, walk};

/// A survey asks everybody a few questions, side by side.
pub(super) const TAKES: Duration = Duration::from_millis(120);
/// Questions to each server of the zone, and to each of its parent's.
const QUESTIONS: (u32, u32) = (7, 2);

/// How the web server at an address behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Site {
    /// It serves what was put there, and says 404 to everything else.
    #[default]
    Serves,
    /// It answers everything with this status.
    Says(u16),
    /// Nobody listens on port 80.
    Closed,
}

impl Site {
    /// A visit for a file.
    pub(super) fn visit(self, name: &Name, address: IpAddr, file: &ChallengeFile, took: Duration) -> Visit {
        let answered = |status, body| WebEnd::Answered { status, body, begins: String::new() };
        let end = match (self, &file.content) {
            (Site::Closed, _) => WebEnd::NotConnected(ConnectFailure::Refused),
            (Site::Says(status), _) => answered(status, BodySeen::NotCompared),
            (Site::Serves, None) => answered(404, BodySeen::NotCompared),
            (Site::Serves, Some(_)) => answered(200, BodySeen::Right),
        };
        let status = if let WebEnd::Answered { status, .. } = end { Some(status) } else { None };
        let server = status.map(|_| "Apache".to_owned());
        let hop = Hop { url: format!("http://{name}{}", file.path()), address, status, server };
        Visit { hops: vec![hop], end, took: u32::try_from(took.as_millis()).unwrap_or(u32::MAX) }
    }
}

/// Surveys a name at an instant; with the questions that it cost.
pub(super) fn survey(net: &Internet, now: Timestamp, name: &Name) -> (Survey, u32) {
    let walk = walk::walk(net, now, name);
    let servers: Vec<(Name, SocketAddr)> = addresses_of(&walk.servers).collect();
    let tld = walk.parent.clone();
    let mut caa: Vec<CaaLook> = climb(name, &walk.zone)
        .map(|owner| {
            let replies = servers.iter().map(|(host, addr)| CaaReply {
                host: host.clone(),
                addr: *addr,
                said: said(net, now, *addr, &walk.zone),
                ttl: None,
            });
            CaaLook { name: owner.clone(), owner, replies: replies.collect() }
        })
        .collect();
    let above = walk.parents.iter().map(|p| CaaReply {
        host: p.host.clone(),
        addr: p.addr,
        said: CaaSaid::Nothing,
        ttl: None,
    });
    caa.push(CaaLook { name: tld.clone(), owner: tld, replies: above.collect() });
    let survey = Survey {
        name: name.clone(),
        caa,
        zones: vec![zone_survey(net, now, &walk)],
        addresses: given(net, now, name, &walk),
        slowest: 40,
    };
    let count = |of: usize, each: u32| u32::try_from(of).unwrap_or(u32::MAX).saturating_mul(each);
    let questions = count(servers.len(), QUESTIONS.0) + count(walk.parents.len(), QUESTIONS.1);
    (survey, questions)
}

/// A name and the names above it, down to a zone's apex.
fn climb(name: &Name, zone: &Name) -> impl Iterator<Item = Name> {
    let zone = zone.clone();
    std::iter::successors(Some(name.clone()), Name::parent).take_while(move |at| at.is_within(&zone))
}

fn addresses_of(servers: &[NameServer]) -> impl Iterator<Item = (Name, SocketAddr)> + '_ {
    servers.iter().flat_map(|host| host.addresses.iter().map(|a| (host.host.clone(), a.addr)))
}

fn said(net: &Internet, now: Timestamp, addr: SocketAddr, zone: &Name) -> CaaSaid {
    match net.server_at(addr, zone).map(|server| server.at(now)) {
        Some(Conduct::Serves(_)) => CaaSaid::Nothing,
        Some(Conduct::Fails(rcode)) => CaaSaid::Refused(*rcode),
        Some(Conduct::Lame) => CaaSaid::Refused(crate::model::Rcode::NOERROR),
        Some(Conduct::Dead) | None => CaaSaid::Failed(Failure::Silent { tries: 3 }),
    }
}

fn zone_survey(net: &Internet, now: Timestamp, walk: &Walk) -> ZoneSurvey {
    let ds =
        walk.parents.iter().map(|p| DsReply { host: p.host.clone(), addr: p.addr, said: DsSaid::Nothing });
    let servers = addresses_of(&walk.servers).map(|(host, addr)| {
        let (plain, taken) = match said(net, now, addr, &walk.zone) {
            CaaSaid::Refused(rcode) => (Taken::Refused(rcode), Taken::Unknown),
            CaaSaid::Failed(_) => (Taken::Dropped, Taken::Unknown),
            _ => (Taken::Well, Taken::Well),
        };
        let habits = Habits { plain, mixed_case: taken, edns: taken, tcp: taken, aaaa: taken };
        ServerSurvey { host, addr, signing: Signing::NotNeeded, habits }
    });
    ZoneSurvey { zone: walk.zone.clone(), ds: ds.collect(), servers: servers.collect() }
}

/// Every address that any current server gives for a name, its aliases followed through all zones.
fn given(net: &Internet, now: Timestamp, name: &Name, walk: &Walk) -> Vec<IpAddr> {
    let mut all: BTreeSet<IpAddr> = BTreeSet::new();
    let mut seen: BTreeSet<Name> = BTreeSet::new();
    let mut open: Vec<(Name, Walk)> = vec![(name.clone(), walk.clone())];
    while let Some((name, walk)) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for (_, addr) in addresses_of(&walk.servers) {
            let Some(Conduct::Serves(contents)) = net.server_at(addr, &name).map(|s| s.at(now)) else {
                continue;
            };
            for qtype in [QuestionType::A, QuestionType::Aaaa] {
                let answer = contents.answer(&Question { name: name.clone(), qtype });
                let leaves = answer.addresses.is_empty() && answer.rcode == crate::model::Rcode::NOERROR;
                if let Some(link) = answer.chain.last().filter(|_| leaves && answer.soa.is_none()) {
                    open.push((link.target.clone(), walk::walk(net, now, &link.target)));
                }
                all.extend(answer.addresses);
            }
        }
    }
    all.into_iter().collect()
}
