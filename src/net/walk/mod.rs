//! The delegation walk: from the root servers down to the zone that holds a name, asking without
//! recursion, so that parent and child are seen apart and nobody's cache is between.
//!
//! The story of a walk: `descend` finds the cuts above the name, by what the first server of each level
//! says that can tell. Then every server of the last zone but one is asked for the last delegation
//! (`parents`), since a registry that is publishing a change answers in two ways. Then the zone's servers
//! say whom they hold for its servers, and every address of every server is looked up (`hosts`): those
//! in the glue and those that the host's own zone has. `reply` reads what a message says, `trip` counts
//! the questions, `cache` remembers the upper levels between walks. Walks side by side share what they hear: names of
//! one zone, and zones on the same servers, lead to the same questions. `find` is what is no walk: one question, put
//! where it is answered with authority.

mod cache;
mod descend;
mod find;
mod hints;
mod hosts;
mod parents;
mod reply;
#[cfg(test)]
mod tests;
mod trip;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hickory_proto::op::Message;

use self::cache::{Cache, Cut, Server};
use self::descend::{Bottom, Descent};
use self::parents::Delegation;
use self::trip::Trip;
use super::ask::Ask;
use super::side_by_side::SideBySide;
use crate::model::{Address, Failure, Name, NameServer, ParentReply, ParentSaid};
use crate::model::{QuestionType, Timestamp, Walk, WalkEnd};

/// For the fuzz targets: a message that is read in every way in which a walk reads one.
pub(super) fn foreign(message: &hickory_proto::op::Message, name: &Name) {
    let _ = (reply::read_ns(message, name), reply::read_apex(message, name), reply::referral(message, name));
    let _ = (reply::alias(message, name), reply::rcode(message));
    for qtype in [QuestionType::A, QuestionType::Aaaa] {
        let _ = reply::read_host(message, name, qtype);
    }
}

/// Where a walk begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At these root servers.
    Roots(Vec<SocketAddr>),
    /// Nowhere: these are the name's authoritative servers, and there is no delegation to be looked at.
    Authorities(Vec<SocketAddr>),
}

/// How long walks share an answer: a walk exists to see a delegation move.
const SHARED_FOR: Duration = Duration::from_secs(30);

/// What a server said to a question.
type Party = SideBySide<(SocketAddr, Name, QuestionType), Result<Rc<Message>, Failure>>;

/// Walks from the root to zones, and remembers the upper levels between walks: at most ten minutes, or
/// the TTL if that is shorter.
#[derive(Debug)]
pub struct Walker {
    start: Start,
    root: Rc<Cut>,
    cache: Cache,
    /// What walks that are under way share.
    party: Party,
    /// The port of every address that is learned. A delegation cannot name one.
    port: u16,
}

impl Walker {
    /// Begins at `start`. Nothing is asked yet.
    pub fn new(start: Start) -> Self {
        let roots: &[SocketAddr] = match &start {
            Start::Roots(addrs) => addrs,
            Start::Authorities(_) => &[],
        };
        let mut hosts: BTreeMap<Name, Vec<SocketAddr>> = BTreeMap::new();
        for &addr in roots {
            let addrs = hosts.entry(hints::host_of(addr)).or_default();
            if !addrs.contains(&addr) {
                addrs.push(addr);
            }
        }
        let servers = hosts.into_iter().map(|(host, addrs)| Server { host, addrs }).collect();
        let root = Cut { zone: Name::root(), servers, ttl: u32::MAX, registry: true, good: Cell::new(None) };
        Walker {
            start,
            root: Rc::new(root),
            cache: Cache::default(),
            party: SideBySide::new(SHARED_FOR),
            port: hints::DNS_PORT,
        }
    }

    /// The addresses of the root servers that are built in, IPv4 and IPv6.
    pub fn root_hints() -> Vec<SocketAddr> {
        hints::addresses()
    }

    /// Finds the closest zone that holds the name, what every server of the zone above says about it, and
    /// every address of every server of it. Costs at most 400 questions (more only by the retries of those
    /// under way). `now` decides what is still remembered.
    pub(crate) async fn walk(&self, ask: &impl Ask, name: &Name, now: Timestamp) -> Walk {
        let _joined = self.party.join();
        let trip = Trip::new(self, ask, now).together();
        let mut walk = match &self.start {
            Start::Roots(_) => trip.down(name).await,
            Start::Authorities(addrs) => trip.given(name, addrs).await,
        };
        walk.questions = trip.questions();
        walk
    }

    fn remember(&self, cuts: &[Rc<Cut>], now: Timestamp) {
        // The first is the root, which is always there.
        for cut in cuts.iter().skip(1) {
            self.cache.keep_cut(cut, now);
        }
    }
}

impl<A: Ask> Trip<'_, A> {
    async fn down(&self, name: &Name) -> Walk {
        let mut descent = self.descend_afresh(name).await;
        loop {
            let Descent { mut cuts, end } = descent;
            let last = cuts.last().map_or_else(|| Rc::clone(&self.walker.root), Rc::clone);
            match end {
                Bottom::Closest => {
                    cuts.pop();
                    self.walker.remember(&cuts, self.now);
                    // Walks to zones below this one may have left an older view of it behind.
                    self.walker.cache.renew_cut(&last, self.now);
                    let parent = cuts.last().unwrap_or(&last);
                    return self.found(name, parent, &last).await;
                }
                Bottom::Unknown(missing) => {
                    // One server does not know it. Others may: a new domain reaches them one by one.
                    self.walker.remember(&cuts, self.now);
                    let Delegation { replies, union, .. } = self.delegation(&last, &missing, None).await;
                    let Some(set) = union else {
                        return ended(name, missing, &last.zone, WalkEnd::NoSuchZone, replies);
                    };
                    let next = self.cut(set, &last, &cuts);
                    cuts.push(next);
                    descent = self.descend(cuts, name, &[]).await;
                }
                Bottom::Unreached(asked, replies) => {
                    cuts.pop();
                    self.walker.remember(&cuts, self.now);
                    let end = WalkEnd::Unreached(first_failure(&replies));
                    return ended(name, asked, &last.zone, end, replies);
                }
            }
        }
    }

    async fn found(&self, name: &Name, parent: &Cut, zone: &Cut) -> Walk {
        // The root has no cut above it that could have been met: its servers' own word is all there is.
        let met = (!zone.zone.is_root()).then_some(zone);
        let Delegation { replies, union, both } = self.delegation(parent, &zone.zone, met).await;
        let servers = match &union {
            Some(set) => self.servers(set, &both).await,
            None => Vec::new(),
        };
        let end = match union {
            Some(_) => WalkEnd::Found,
            None => WalkEnd::Unreached(first_failure(&replies)),
        };
        let mut walk = ended(name, zone.zone.clone(), &parent.zone, end, replies);
        walk.servers = servers;
        walk
    }

    /// The walk that is none: the user has named the servers, and vouches for them in place of parent and
    /// child. Only the zone's name is asked for.
    async fn given(&self, name: &Name, addrs: &[SocketAddr]) -> Walk {
        let mut zone = None;
        for &addr in addrs {
            if let Ok(message) = self.put(addr, name, QuestionType::Soa).await {
                zone = reply::read_apex(&message, name);
            }
            if zone.is_some() {
                break;
            }
        }
        let zone = zone.unwrap_or_else(|| name.clone());
        let parent = zone.parent().unwrap_or_else(Name::root);
        let mut walk = ended(name, zone, &parent, WalkEnd::Found, Vec::new());
        let servers: BTreeMap<Name, SocketAddr> =
            addrs.iter().map(|&addr| (hints::named_by_address(addr), addr)).collect();
        let server = |(host, addr)| NameServer {
            host,
            addresses: vec![Address { addr, glue: true, own: true }],
            at_parent: true,
            at_child: true,
        };
        walk.servers = servers.into_iter().map(server).collect();
        walk
    }
}

fn ended(name: &Name, zone: Name, parent: &Name, end: WalkEnd, parents: Vec<ParentReply>) -> Walk {
    let (name, parent) = (name.clone(), parent.clone());
    Walk { name, zone, parent, end, parents, servers: Vec::new(), questions: 0 }
}

/// The first failure that says something about a server; where this machine has no way to any of them,
/// that. Servers that answer, and none of them with authority, are as good as garbage.
fn first_failure(replies: &[ParentReply]) -> Failure {
    let failures = || {
        replies.iter().filter_map(|reply| match &reply.said {
            ParentSaid::Failed(failure) => Some(failure),
            _ => None,
        })
    };
    let telling = failures().find(|failure| **failure != Failure::NoRoute);
    let lame = replies.iter().any(|reply| matches!(reply.said, ParentSaid::Lame { .. }));
    match telling.or_else(|| failures().next().filter(|_| !lame)) {
        Some(failure) => failure.clone(),
        None if lame => Failure::Garbage,
        None => Failure::Silent { tries: 0 },
    }
}
