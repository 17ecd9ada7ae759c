//! Resolvers: caches behind an address, and how each treats those who ask.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::model::{Answer, Ede, Link, Name, Question, QuestionType, Rcode, Soa, Timestamp};

use super::cache::{Look, STALE_TTL};
use super::{Cache, Conduct, Dice, Internet, Rrset, Stale};

/// What a resolver does besides resolving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// Nothing.
    Honest,
    /// It does not answer.
    Dead,
    /// It refuses to serve us.
    Refusing,
    /// It fails for every question.
    Failing,
    /// It answers NXDOMAIN by policy and says so (EDE 17, RFC 8914, section 4.18).
    Filtering,
    /// Its validation fails for this zone.
    Bogus,
    /// It puts this address in the place of NXDOMAIN.
    Liar(IpAddr),
    /// It shows this TTL whatever its cache says.
    TtlLiar(u32),
    /// So many packets of a hundred are lost.
    Lossy(u8),
}

/// How one of several caches behind an address is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// In turn.
    RoundRobin,
    /// By the port, which for us is chance.
    ByChance,
}

/// One resolver.
#[derive(Debug, Clone)]
pub struct Resolver {
    /// Every address (of whatever transport) that leads to it.
    pub addrs: Vec<SocketAddr>,
    /// A round trip.
    pub latency: Duration,
    /// What it does besides resolving.
    pub temper: Temper,
    /// How one of its caches is chosen.
    pub pick: Pick,
    /// Its caches, at least one.
    pub caches: Vec<Cache>,
    pub(super) turn: usize,
}

/// Something that a question made a cache keep.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) name: Name,
    pub(super) qtype: QuestionType,
    pub(super) rrset: Rrset,
    pub(super) end: Timestamp,
    /// It came from servers that the zone has left.
    pub(super) former: bool,
}

/// What a cache says, how long finding out took, and what it has kept for it.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) took: Duration,
    pub(super) kept: Vec<Kept>,
}

/// What an authority said to a resolver.
struct Fetched {
    rrset: Rrset,
    soa: Option<Soa>,
    ttl: u32,
    former: bool,
}

/// What a resolver announces for the address that it puts in the place of NXDOMAIN.
pub(super) const LIE_TTL: u32 = 60;
/// What a server that is down costs a resolver before it tries the next.
const DEAD_COSTS: Duration = Duration::from_millis(400);

impl Resolver {
    /// An honest resolver with these caches behind one address.
    pub fn new(addr: SocketAddr, latency: Duration, caches: Vec<Cache>) -> Self {
        let pick = Pick::ByChance;
        Resolver { addrs: vec![addr], latency, temper: Temper::Honest, pick, caches, turn: 0 }
    }

    /// The same with another temper.
    pub fn tempered(mut self, temper: Temper) -> Self {
        self.temper = temper;
        self
    }

    /// Which cache answers the next question.
    pub(super) fn choose(&mut self, dice: &mut Dice) -> usize {
        let count = self.caches.len().max(1);
        match self.pick {
            Pick::RoundRobin => {
                self.turn = (self.turn + 1) % count;
                self.turn
            }
            Pick::ByChance => usize::try_from(dice.below(count as u64)).unwrap_or(0),
        }
    }

    /// Puts this resolver's temper on what its cache says.
    pub(super) fn colour(&self, mut answer: Answer, qtype: QuestionType) -> Answer {
        match self.temper {
            Temper::Liar(ip)
                if answer.rcode == Rcode::NXDOMAIN && ip.is_ipv4() == (qtype == QuestionType::A) =>
            {
                answer.rcode = Rcode::NOERROR;
                answer.addresses = vec![ip];
                answer.address_ttl = Some(LIE_TTL);
                answer.soa = None;
            }
            Temper::TtlLiar(ttl) => {
                answer.address_ttl = answer.address_ttl.map(|_| ttl);
                answer.chain.iter_mut().for_each(|link| link.ttl = ttl);
                if let Some(soa) = &mut answer.soa {
                    soa.ttl = ttl;
                }
            }
            _ => {}
        }
        answer
    }
}

/// Answers a question from a cache, and from the authorities of the moment where the cache has nothing.
pub(super) fn resolve(
    cache: &mut Cache,
    at: Timestamp,
    question: &Question,
    net: &Internet,
    dice: &mut Dice,
) -> Reply {
    let mut reply = Reply { answer: Answer::new(Rcode::NOERROR), took: Duration::ZERO, kept: Vec::new() };
    if cache.is_failing(at, question) {
        return failed(reply);
    }
    let mut name = question.name.clone();
    let mut renew: Vec<Name> = Vec::new();
    loop {
        let (rrset, soa, ttl) = match cache.look(at, &name, question.qtype) {
            Look::Live { rrset, soa, ttl, due } => {
                renew.extend(due.then(|| name.clone()));
                (rrset, soa, ttl)
            }
            Look::Past { rrset, soa, coming } if cache.stale == Stale::First => {
                renew.extend((!coming).then(|| name.clone()));
                say_stale(&mut reply.answer);
                (rrset, soa, STALE_TTL)
            }
            past => match fetch(cache, at, &name, question.qtype, net, dice, &mut reply) {
                Some(fetched) => fetched,
                None => match past {
                    Look::Past { rrset, soa, .. } => {
                        say_stale(&mut reply.answer);
                        (rrset, soa, 1)
                    }
                    _ => {
                        cache.keep_failure(at + reply.took, question);
                        return failed(reply);
                    }
                },
            },
        };
        match add(&mut reply.answer, &name, rrset, soa, ttl) {
            Some(next) => name = next,
            None => break,
        }
    }
    renew_ahead(cache, at, question.qtype, &renew, net, dice, &mut reply);
    reply
}

fn failed(mut reply: Reply) -> Reply {
    reply.answer = Answer::new(Rcode::SERVFAIL);
    reply.answer.unchecked = Some(false);
    reply
}

fn say_stale(answer: &mut Answer) {
    if answer.ede.is_empty() {
        answer.ede.push(Ede { code: 3, text: "stale data prioritized over lookup".to_owned() });
    }
}

/// Adds what stands at one name to an answer. Returns where an alias leads on.
fn add(answer: &mut Answer, name: &Name, rrset: Rrset, soa: Option<Soa>, ttl: u32) -> Option<Name> {
    match rrset {
        Rrset::Alias(target) => {
            let circle = answer.chain.iter().any(|link| link.owner == target) || target == *name;
            answer.chain.push(Link { owner: name.clone(), target: target.clone(), ttl });
            if circle || answer.chain.len() >= Answer::MAX_CHAIN {
                answer.looped = true;
                answer.rcode = Rcode::SERVFAIL;
                answer.unchecked = Some(false);
                return None;
            }
            return Some(target);
        }
        Rrset::Addresses(addresses) => {
            answer.addresses = addresses;
            answer.address_ttl = Some(ttl);
        }
        Rrset::NoData => answer.soa = soa,
        Rrset::NoName => {
            answer.rcode = Rcode::NXDOMAIN;
            answer.soa = soa;
        }
    }
    None
}

/// Fetches what the cache lacks and keeps it; the time that it takes goes onto the reply.
fn fetch(
    cache: &mut Cache,
    at: Timestamp,
    name: &Name,
    qtype: QuestionType,
    net: &Internet,
    dice: &mut Dice,
    reply: &mut Reply,
) -> Option<(Rrset, Option<Soa>, u32)> {
    let mut took = reply.took;
    let fetched = ask_authorities(cache, at, name, qtype, net, dice, &mut took);
    reply.took = took;
    let Fetched { rrset, soa, ttl, former } = fetched?;
    let filled = at + took;
    let (ttl, end) = cache.keep(filled, filled, (name, qtype), (rrset.clone(), soa.clone(), ttl));
    reply.kept.push(Kept { name: name.clone(), qtype, rrset: rrset.clone(), end, former });
    Some((rrset, soa.map(|soa| Soa { ttl, ..soa }), ttl))
}

/// Renews entries behind the asker's back: the answer that he gets is the old one.
fn renew_ahead(
    cache: &mut Cache,
    at: Timestamp,
    qtype: QuestionType,
    names: &[Name],
    net: &Internet,
    dice: &mut Dice,
    reply: &mut Reply,
) {
    for name in names {
        let mut took = Duration::ZERO;
        let Some(got) = ask_authorities(cache, at, name, qtype, net, dice, &mut took) else { continue };
        let visible = at + took;
        let (_, end) = cache.keep(at, visible, (name, qtype), (got.rrset.clone(), got.soa, got.ttl));
        reply.kept.push(Kept { name: name.clone(), qtype, rrset: got.rrset, end, former: got.former });
    }
}

/// Asks the servers that the cache believes in, then those that the parent names.
fn ask_authorities(
    cache: &mut Cache,
    at: Timestamp,
    name: &Name,
    qtype: QuestionType,
    net: &Internet,
    dice: &mut Dice,
    took: &mut Duration,
) -> Option<Fetched> {
    let denied = |zone: &Name| {
        let soa = Some(Internet::parent_soa(zone));
        Some(Fetched { rrset: Rrset::NoName, soa, ttl: 900, former: false })
    };
    let Some(delegation) = net.delegation(name) else { return denied(&Name::root()) };
    let zone = &delegation.zone;
    let believed = match cache.cut(at, zone) {
        None if cache.clings => cache.last_cut(zone),
        cut => cut,
    }
    .map(<[Name]>::to_vec);
    let parent = dice.pick(&delegation.parents);
    let published = parent.map_or(delegation.hosts(at), |p| delegation.hosts_at(p, at)).to_vec();
    if believed.is_none() {
        *took += Duration::from_millis(20);
        if published.is_empty() {
            return denied(&delegation.parent);
        }
    }
    for hosts in believed.into_iter().chain([published]) {
        let mut servers: Vec<_> = net.servers_on(zone, &hosts).collect();
        dice.shuffle(&mut servers);
        for server in servers {
            let Conduct::Serves(contents) = server.at(at + *took) else {
                *took += if *server.at(at) == Conduct::Dead { DEAD_COSTS } else { server.latency };
                continue;
            };
            *took += server.latency;
            let ns_ttl = if cache.parent_centric { delegation.ttl } else { contents.ns_ttl };
            cache.keep_cut(at + *took, zone, &hosts, ns_ttl);
            let (rrset, ttl) = contents.look(name, qtype);
            let soa = rrset.is_negative().then(|| contents.soa.clone());
            let former = hosts != delegation.hosts(at);
            return Some(Fetched { rrset, soa, ttl, former });
        }
    }
    None
}
