//! Zones and the servers that hold them, as they were at any instant.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Answer, Link, Name, Question, QuestionType, Rcode, Soa, Timestamp};

/// What stands at one name for one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rrset {
    /// Addresses of the family asked for.
    Addresses(Vec<IpAddr>),
    /// An alias, whatever was asked for.
    Alias(Name),
    /// The name exists and has nothing of the kind.
    NoData,
    /// The name does not exist.
    NoName,
}

impl Rrset {
    /// Whether it says that there is nothing.
    pub fn is_negative(&self) -> bool {
        matches!(self, Rrset::NoData | Rrset::NoName)
    }
}

/// What a zone has at one owner name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    alias: Option<Name>,
    addresses: Vec<IpAddr>,
    ttl: u32,
}

/// One version of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Its SOA. The TTL is what goes over the wire with a negative answer.
    pub soa: Soa,
    /// The hosts that the zone itself names as its servers.
    pub ns: Vec<Name>,
    /// The TTL of that set in seconds.
    pub ns_ttl: u32,
    owners: BTreeMap<Name, Owner>,
}

impl Contents {
    /// An empty zone with this serial. Refresh, retry and minimum are a hosting panel's usual ones.
    pub fn new(zone: &Name, serial: u32, ns: &[Name], ns_ttl: u32) -> Self {
        let soa = Soa { zone: zone.clone(), ttl: 3600, serial, refresh: 3600, retry: 1800, minimum: 3600 };
        Contents { soa, ns: ns.to_vec(), ns_ttl, owners: BTreeMap::new() }
    }

    /// With negative answers that live for so many seconds.
    pub fn negative(mut self, seconds: u32) -> Self {
        self.soa.minimum = seconds;
        self.soa.ttl = seconds;
        self
    }

    /// With another serial.
    pub fn serial(mut self, serial: u32) -> Self {
        self.soa.serial = serial;
        self
    }

    /// With these addresses at a name, both families in one list.
    pub fn addresses(mut self, name: &Name, addresses: &[IpAddr], ttl: u32) -> Self {
        let owner = Owner { alias: None, addresses: addresses.to_vec(), ttl };
        self.owners.insert(name.clone(), owner);
        self
    }

    /// With an alias at a name.
    pub fn alias(mut self, name: &Name, target: &Name, ttl: u32) -> Self {
        let owner = Owner { alias: Some(target.clone()), addresses: Vec::new(), ttl };
        self.owners.insert(name.clone(), owner);
        self
    }

    /// Without a name.
    pub fn without(mut self, name: &Name) -> Self {
        self.owners.remove(name);
        self
    }

    /// What stands at one name, aliases not followed, and the TTL that goes with it.
    pub fn look(&self, name: &Name, qtype: QuestionType) -> (Rrset, u32) {
        let nothing = self.soa.ttl;
        let Some(owner) = self.owners.get(name) else {
            let exists = *name == self.soa.zone || self.owners.keys().any(|other| other.is_within(name));
            return (if exists { Rrset::NoData } else { Rrset::NoName }, nothing);
        };
        if let Some(target) = &owner.alias {
            return (Rrset::Alias(target.clone()), owner.ttl);
        }
        let wanted = |ip: &&IpAddr| match qtype {
            QuestionType::A => ip.is_ipv4(),
            QuestionType::Aaaa => ip.is_ipv6(),
            _ => false,
        };
        let addresses: Vec<IpAddr> = owner.addresses.iter().filter(wanted).copied().collect();
        if addresses.is_empty() { (Rrset::NoData, nothing) } else { (Rrset::Addresses(addresses), owner.ttl) }
    }

    /// The answer of a server that holds this version, aliases followed as far as the zone goes.
    pub fn answer(&self, question: &Question) -> Answer {
        let mut answer = Answer::new(Rcode::NOERROR);
        answer.authoritative = true;
        let mut name = question.name.clone();
        while name.is_within(&self.soa.zone) {
            match self.look(&name, question.qtype) {
                (Rrset::Alias(target), ttl) => {
                    let circle = answer.chain.iter().any(|link| link.owner == target) || target == name;
                    answer.chain.push(Link { owner: name, target: target.clone(), ttl });
                    if circle || answer.chain.len() >= Answer::MAX_CHAIN {
                        answer.looped = true;
                        break;
                    }
                    name = target;
                }
                (Rrset::Addresses(addresses), ttl) => {
                    answer.addresses = addresses;
                    answer.address_ttl = Some(ttl);
                    break;
                }
                (nothing, _) => {
                    if nothing == Rrset::NoName {
                        answer.rcode = Rcode::NXDOMAIN;
                    }
                    answer.soa = Some(self.soa.clone());
                    break;
                }
            }
        }
        answer
    }
}

/// How a server behaves from some instant on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conduct {
    /// It serves this version.
    Serves(Arc<Contents>),
    /// It answers without knowing the zone: an empty referral to the root.
    Lame,
    /// It answers with an error (REFUSED, SERVFAIL).
    Fails(Rcode),
    /// It does not answer.
    Dead,
}

/// One address of one name server, for one zone, with all that will ever happen to it.
#[derive(Debug, Clone)]
pub struct Server {
    /// The server's name.
    pub host: Name,
    /// Where it is.
    pub addr: SocketAddr,
    /// The zone.
    pub zone: Name,
    /// A round trip.
    pub latency: Duration,
    conduct: Vec<(Timestamp, Conduct)>,
}

impl Server {
    /// A server that has always behaved like this.
    pub fn new(zone: &Name, host: &Name, addr: SocketAddr, latency: Duration, conduct: Conduct) -> Self {
        let conduct = vec![(Timestamp::default(), conduct)];
        Server { host: host.clone(), addr, zone: zone.clone(), latency, conduct }
    }

    /// And behaves like that from this instant on. Later instants are told later.
    pub fn from(&mut self, at: Timestamp, conduct: Conduct) {
        self.conduct.push((at, conduct));
        self.conduct.sort_by_key(|(at, _)| *at);
    }

    /// Nothing that was told for the time between these instants happens; what holds at the first goes on.
    pub fn silence_between(&mut self, from: Timestamp, to: Timestamp) {
        self.conduct.retain(|(at, _)| *at <= from || *at >= to);
    }

    /// How it behaves at an instant.
    pub fn at(&self, now: Timestamp) -> &Conduct {
        let next = self.conduct.partition_point(|(at, _)| *at <= now);
        &self.conduct[next.saturating_sub(1).min(self.conduct.len() - 1)].1
    }

    /// The version that it serves, if it serves any.
    pub fn serving(&self, now: Timestamp) -> Option<&Arc<Contents>> {
        if let Conduct::Serves(contents) = self.at(now) { Some(contents) } else { None }
    }

    /// Every instant at which something changes here.
    pub fn instants(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.conduct.iter().map(|(at, _)| *at)
    }
}
