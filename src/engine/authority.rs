//! The zone's own servers: who they are, what each said, and what that means for a record.
//!
//! A [`Node`] is one question put to every server of the zone that holds its name. An alias that leaves
//! the zone points to another node, so a chain across zones is a path through nodes, and names that share
//! a target share its node.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::model::{
    Answer, Endpoint, Expectation, Failure, Held, Link, Manner, Name, Question, QuestionType, Rcode, Record,
    Seen, Soa, Task, Timestamp, VantageId, Walk, WalkEnd,
};

use super::reading;

/// One address of one name server of one zone.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) id: VantageId,
    pub(super) zone: Name,
    pub(super) host: Name,
    /// The host's name, for people.
    pub(super) label: Arc<str>,
    pub(super) addr: SocketAddr,
    /// Whether the zone is delegated to it now.
    pub(super) current: bool,
    pub(super) soa: Option<Soa>,
    /// Whether it was asked for it and has not answered.
    pub(super) serial_out: bool,
}

impl Server {
    /// The errand of asking this server, which serves every record that passes through the name.
    pub(super) fn asked(&self, question: &Arc<Question>) -> Task {
        Task::Ask {
            vantage: self.id,
            server: Arc::new(Endpoint::udp(self.addr)),
            question: Arc::clone(question),
            manner: Manner::Authoritative,
            sample: 0,
            record: None,
        }
    }
}

/// What a server said to a node's question, whatever anybody expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// An answer that says something: addresses, an alias, NODATA or NXDOMAIN.
    Answer(Arc<Answer>),
    /// An answer that shows that it does not serve the zone.
    Lame(Rcode),
    Dead(Failure),
}

/// A server's latest word on a node's question.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) server: usize,
    pub(super) said: Said,
    pub(super) at: Timestamp,
    /// When it was last asked.
    pub(super) asked_at: Timestamp,
    /// Whether it has ever answered.
    pub(super) heard: bool,
    /// Times in a row without an answer.
    pub(super) failures: u8,
    pub(super) in_flight: bool,
}

/// One question to all servers of a zone.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) question: Arc<Question>,
    pub(super) zone: Option<usize>,
    pub(super) words: Vec<Word>,
    pub(super) next: Timestamp,
    /// Whether something says that its answer may be another by now; for routine nothing does.
    pub(super) hurry: bool,
    /// How the search for its zone ended, when it found none.
    pub(super) lost: Option<WalkEnd>,
}

/// A zone, as its parent delegates it.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) name: Name,
    pub(super) walk: Arc<Walk>,
    /// Current servers, as indices.
    pub(super) servers: Vec<usize>,
    /// Servers that it has left.
    pub(super) former: Vec<usize>,
    /// When the delegation was last seen to move, with the TTL of the NS set that it left.
    pub(super) moved: Option<(Timestamp, u32)>,
    /// The latest sign that something is moving here.
    pub(super) hint: Option<Timestamp>,
    pub(super) next_walk: Timestamp,
    /// How often in a row that was left out.
    pub(super) walk_waits: u8,
    pub(super) next_serial: Timestamp,
    /// The nodes that are asked here, as indices, in order.
    pub(super) nodes: BTreeSet<usize>,
    /// The searches that have ended here, as indices; the first one stands for the zone when it is walked to
    /// again.
    pub(super) searches: BTreeSet<usize>,
    /// How often a record that hangs on one of these searches is not right.
    pub(super) wrong: usize,
}

/// What one server's word means for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AtServer {
    Pending,
    Right { ttl: u32 },
    Wrong { held: Held, ttl: u32 },
    Lame(Rcode),
    Dead(Failure),
}

/// What is wanted of the addresses at the end of a chain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Want<'a> {
    Among(&'a BTreeSet<IpAddr>),
    Any,
    None,
}

impl<'a> Want<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        match &record.expect {
            Expectation::Addresses(set) => Want::Among(set),
            Expectation::Alias(_) => Want::Any,
            Expectation::NoAddress => Want::None,
        }
    }
}

/// Sorts what a server sent into what it said. An answer that only refers elsewhere, or fails, comes from
/// a server that does not serve the zone (RFC 9499, section 7: lame delegation).
pub(super) fn said(zone: &Name, seen: &Seen) -> Said {
    let answer = match seen {
        Seen::Answered(answer) => answer,
        Seen::Failed(failure) => return Said::Dead(failure.clone()),
        _ => return Said::Dead(Failure::Garbage),
    };
    if !matches!(answer.rcode, Rcode::NOERROR | Rcode::NXDOMAIN) {
        return Said::Lame(answer.rcode);
    }
    let empty = answer.chain.is_empty() && answer.addresses.is_empty();
    let refers_elsewhere = answer.referral.as_ref().is_some_and(|to| !to.is_within(zone) || to == zone);
    if empty
        && !answer.authoritative
        && answer.rcode == Rcode::NOERROR
        && (refers_elsewhere || answer.soa.is_none())
    {
        return Said::Lame(answer.rcode);
    }
    let mut answer = answer.clone();
    // So that two answers that say the same are the same.
    answer.rtt_micros = 0;
    cut_where_the_zone_ends(zone, &mut answer);
    Said::Answer(Arc::new(*answer))
}

/// A server's word counts inside its zone only (RFC 2181, section 5.4.1): what it says of names
/// elsewhere is dropped, and they are asked for where they live.
fn cut_where_the_zone_ends(zone: &Name, answer: &mut Answer) {
    let outside = answer.chain.iter().position(|link| !link.target.is_within(zone));
    if let Some(last) = outside {
        answer.chain.truncate(last + 1);
        answer.addresses.clear();
        answer.address_ttl = None;
        answer.looped = false;
        answer.rcode = Rcode::NOERROR;
    }
}

/// Where the answer sends the asker on to, when its chain has left the zone.
pub(super) fn sent_on(zone: &Name, answer: &Answer) -> Option<Name> {
    answer.chain.last().filter(|link| !link.target.is_within(zone)).map(|link| link.target.clone())
}

/// The longest that any part of the answer may be kept, in seconds. For a negative answer that is the SOA's
/// TTL on the wire: many caches go by it alone, although RFC 2308, section 5 has them take the minimum.
fn life_of(answer: &Answer) -> u32 {
    let chain = answer.chain.iter().map(|link: &Link| link.ttl);
    let negative = answer.soa.as_ref().filter(|_| answer.addresses.is_empty()).map(|soa| soa.ttl);
    chain.chain(answer.address_ttl).chain(negative).max().unwrap_or(0)
}

/// The seconds left of an answer that an authority keeps in a cache of its own (PowerDNS does, in front of
/// its database): the same answer as before with less time to live. A server that answers from its zone
/// gives the whole TTL each time.
pub(super) fn counts_down(before: &Said, now: &Said) -> Option<u32> {
    let (Said::Answer(before), Said::Answer(now)) = (before, now) else { return None };
    let same = before.rcode == now.rcode
        && before.addresses == now.addresses
        && before.chain.len() == now.chain.len();
    let (was, is) = (life_of(before), life_of(now));
    (same && is < was).then_some(is)
}

/// Targets met on one chain.
type Met = BTreeMap<Name, Option<AtServer>>;

/// All that is known of the authoritative side.
#[derive(Debug, Default)]
pub(super) struct Authorities {
    pub(super) servers: Vec<Server>,
    pub(super) zones: Vec<Zone>,
    pub(super) nodes: Vec<Node>,
    /// Where each question's node is.
    pub(super) places: HashMap<Arc<Question>, usize>,
    /// How many questions are put to each address again and again.
    pub(super) load: HashMap<IpAddr, u32>,
    /// How many of them are for serials: one for each zone that is or was there.
    serials: HashMap<IpAddr, u32>,
    /// Where each zone is.
    pub(super) zone_of: HashMap<Name, usize>,
}

impl Authorities {
    pub(super) fn node_of(&self, question: &Question) -> Option<usize> {
        self.places.get(question).copied()
    }

    /// One question more is put to a server again and again.
    pub(super) fn burden(&mut self, server: usize) {
        *self.load.entry(self.servers[server].addr.ip()).or_default() += 1;
    }

    /// One serial more is asked of a server again and again.
    pub(super) fn burden_with_serial(&mut self, server: usize) {
        self.burden(server);
        *self.serials.entry(self.servers[server].addr.ip()).or_default() += 1;
    }

    /// How many questions are put to the busiest of a zone's servers.
    pub(super) fn busiest(&self, zone: usize) -> u32 {
        self.most(&self.load, zone)
    }

    /// Of how many zones the busiest of a zone's servers is asked for the serial.
    pub(super) fn most_serials(&self, zone: usize) -> u32 {
        self.most(&self.serials, zone)
    }

    fn most(&self, load: &HashMap<IpAddr, u32>, zone: usize) -> u32 {
        let servers = self.zones[zone].servers.iter();
        let loads = servers.filter_map(|&server| load.get(&self.servers[server].addr.ip()));
        loads.copied().max().unwrap_or(0)
    }

    /// The nodes that ask about a name, in order.
    pub(super) fn nodes_of(&self, name: &Name) -> Vec<usize> {
        let of = |qtype| self.node_of(&Question { name: name.clone(), qtype });
        let mut nodes: Vec<usize> =
            [QuestionType::A, QuestionType::Aaaa].into_iter().filter_map(of).collect();
        nodes.sort_unstable();
        nodes
    }

    /// What a word means for the record whose question is the node's.
    pub(super) fn weigh(&self, record: &Record, word: &Word) -> AtServer {
        if let (Said::Answer(answer), Expectation::Alias(wanted)) = (&word.said, &record.expect) {
            let own = answer.chain.first().map(|link| &link.target);
            if own.is_some_and(|target| target != wanted) || (own.is_none() && !answer.addresses.is_empty()) {
                let held = reading::held(record, answer).unwrap_or(Held::NoData);
                return AtServer::Wrong { held, ttl: life_of(answer) };
            }
        }
        self.weigh_chain(record, Want::of(record), word, &mut BTreeMap::new())
    }

    /// `met` holds the targets that the chain has come by: `None` while one is being weighed, so that a
    /// chain that comes back to it is a circle.
    fn weigh_chain(&self, record: &Record, want: Want<'_>, word: &Word, met: &mut Met) -> AtServer {
        let answer = match &word.said {
            Said::Nothing => return AtServer::Pending,
            Said::Lame(rcode) => return AtServer::Lame(*rcode),
            Said::Dead(failure) => return AtServer::Dead(failure.clone()),
            Said::Answer(answer) => answer,
        };
        let ttl = life_of(answer);
        let zone = &self.servers[word.server].zone;
        if answer.looped || met.len() >= Answer::MAX_CHAIN {
            return AtServer::Wrong { held: Held::Loop(record.name.clone()), ttl };
        }
        if let Some(target) = sent_on(zone, answer) {
            return match self.weigh_elsewhere(record, want, &target, met) {
                AtServer::Right { ttl: there } => AtServer::Right { ttl: ttl.max(there) },
                AtServer::Wrong { held: Held::NoName | Held::NoData, ttl } => {
                    AtServer::Wrong { held: Held::DeadEnd(target), ttl }
                }
                other => other,
            };
        }
        let addresses = &answer.addresses;
        let right = match want {
            Want::None => addresses.is_empty(),
            Want::Any => !addresses.is_empty(),
            Want::Among(set) => {
                !addresses.is_empty() && addresses.iter().all(|address| set.contains(address))
            }
        };
        if right {
            return AtServer::Right { ttl };
        }
        let held = match (addresses.is_empty(), answer.chain.last()) {
            (false, _) => Held::Addresses(reading::sorted(addresses).into()),
            (true, Some(link)) => Held::DeadEnd(link.target.clone()),
            (true, None) if answer.rcode == Rcode::NXDOMAIN => Held::NoName,
            (true, None) => Held::NoData,
        };
        AtServer::Wrong { held, ttl }
    }

    /// What all servers of another node mean together: the CA's resolver may ask any of them.
    fn weigh_elsewhere(&self, record: &Record, want: Want<'_>, name: &Name, met: &mut Met) -> AtServer {
        match met.get(name) {
            Some(None) => return AtServer::Wrong { held: Held::Loop(record.name.clone()), ttl: 0 },
            Some(Some(known)) => return known.clone(),
            None => {}
        }
        let question = Question { name: name.clone(), qtype: record.question_type() };
        let Some(node) = self.node_of(&question).map(|i| &self.nodes[i]) else {
            return AtServer::Pending;
        };
        met.insert(name.clone(), None);
        let mut sum = match (node.words.is_empty(), &node.lost) {
            (true, Some(WalkEnd::NoSuchZone)) => AtServer::Wrong { held: Held::NoName, ttl: 0 },
            (true, Some(WalkEnd::Unreached(failure))) => AtServer::Dead(failure.clone()),
            _ => AtServer::Pending,
        };
        for word in self.current(node) {
            let one = self.weigh_chain(record, want, word, met);
            sum = match (sum, one) {
                (_, AtServer::Pending) => {
                    sum = AtServer::Pending;
                    break;
                }
                (_, wrong @ AtServer::Wrong { .. }) => {
                    sum = wrong;
                    break;
                }
                (AtServer::Right { ttl: a }, AtServer::Right { ttl: b }) => AtServer::Right { ttl: a.max(b) },
                (AtServer::Right { ttl }, _) | (_, AtServer::Right { ttl }) => AtServer::Right { ttl },
                (_, other) => other,
            };
        }
        met.insert(name.clone(), Some(sum.clone()));
        sum
    }

    /// The words of the servers that the node's zone has now.
    pub(super) fn current<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Word> {
        node.words.iter().filter(|word| self.servers[word.server].current)
    }

    /// The targets of the chain that starts at `node`, as a server that is right tells it.
    pub(super) fn chain(&self, record: &Record, node: usize) -> Vec<Name> {
        let mut targets = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at.take().map(|i| &self.nodes[i]) {
            let good = self.current(node).find(|w| {
                matches!(self.weigh_chain(record, Want::Any, w, &mut BTreeMap::new()), AtServer::Right { .. })
            });
            let Some(Word { said: Said::Answer(answer), server, .. }) = good else { break };
            targets.extend(answer.chain.iter().map(|link| link.target.clone()));
            if targets.len() > Answer::MAX_CHAIN {
                break;
            }
            if let Some(name) = sent_on(&self.servers[*server].zone, answer) {
                at = self.node_of(&Question { name, qtype: record.question_type() });
            }
        }
        targets
    }
}
