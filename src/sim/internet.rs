//! Who serves what, and who delegates to whom, at any instant.

use std::net::SocketAddr;
use std::time::Duration;

use crate::model::{Name, QuestionType, Soa, Timestamp};

use super::{Rrset, Server};

/// A server of the parent zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentServer {
    /// Its name.
    pub host: Name,
    /// Where it is.
    pub addr: SocketAddr,
    /// How much later than the registry it publishes.
    pub lag: Duration,
}

/// What the parent says of one zone, with all that will ever change.
#[derive(Debug, Clone)]
pub struct Delegation {
    /// The delegated zone.
    pub zone: Name,
    /// The zone above it.
    pub parent: Name,
    /// The parent's servers.
    pub parents: Vec<ParentServer>,
    /// The TTL of the NS set at the parent, in seconds.
    pub ttl: u32,
    hosts: Vec<(Timestamp, Vec<Name>)>,
}

impl Delegation {
    /// A zone that has always been delegated to these hosts; to none when it does not exist.
    pub fn new(zone: &Name, parents: Vec<ParentServer>, ttl: u32, hosts: &[Name]) -> Self {
        let parent = zone.parent().unwrap_or_else(Name::root);
        let hosts = vec![(Timestamp::default(), hosts.to_vec())];
        Delegation { zone: zone.clone(), parent, parents, ttl, hosts }
    }

    /// And to those from this instant on.
    pub fn moves(&mut self, at: Timestamp, hosts: &[Name]) {
        self.hosts.push((at, hosts.to_vec()));
        self.hosts.sort_by_key(|(at, _)| *at);
    }

    /// The hosts that the registry has at an instant.
    pub fn hosts(&self, now: Timestamp) -> &[Name] {
        let next = self.hosts.partition_point(|(at, _)| *at <= now);
        &self.hosts[next.saturating_sub(1).min(self.hosts.len() - 1)].1
    }

    /// The hosts that one of the parent's servers has at an instant.
    pub fn hosts_at(&self, parent: &ParentServer, now: Timestamp) -> &[Name] {
        self.hosts(now - parent.lag)
    }

    /// Every instant at which something changes at any parent server.
    pub fn instants(&self) -> impl Iterator<Item = Timestamp> + '_ {
        let lags = self.parents.iter().map(|p| p.lag).chain([Duration::ZERO]);
        lags.flat_map(|lag| self.hosts.iter().map(move |(at, _)| *at + lag))
    }
}

/// All zones and all their servers.
#[derive(Debug, Clone, Default)]
pub struct Internet {
    /// Servers, one entry for each address and zone.
    pub servers: Vec<Server>,
    /// Delegations, one for each zone.
    pub delegations: Vec<Delegation>,
}

impl Internet {
    /// The delegation of the deepest zone that holds this name.
    pub fn delegation(&self, name: &Name) -> Option<&Delegation> {
        let holds = |d: &&Delegation| name.is_within(&d.zone);
        self.delegations.iter().filter(holds).max_by_key(|d| d.zone.from_root().len())
    }

    /// The servers of a zone on these hosts.
    pub fn servers_on<'a>(&'a self, zone: &'a Name, hosts: &'a [Name]) -> impl Iterator<Item = &'a Server> {
        self.servers.iter().filter(move |s| s.zone == *zone && hosts.contains(&s.host))
    }

    /// The server at an address that holds the deepest zone of a name.
    pub fn server_at(&self, addr: SocketAddr, name: &Name) -> Option<&Server> {
        let fits = |s: &&Server| s.addr == addr && name.is_within(&s.zone);
        self.servers.iter().filter(fits).max_by_key(|s| s.zone.from_root().len())
    }

    /// The SOA with which the parent of a zone denies it.
    pub fn parent_soa(parent: &Name) -> Soa {
        Soa { zone: parent.clone(), ttl: 900, serial: 1, refresh: 1800, retry: 900, minimum: 900 }
    }

    /// What stands at a name once nothing changes any more, by the first server that serves it then.
    pub fn at_last(&self, name: &Name, qtype: QuestionType) -> Option<Rrset> {
        let end = Timestamp::MAX;
        let Some(delegation) = self.delegation(name) else { return Some(Rrset::NoName) };
        let hosts = delegation.hosts(end);
        let contents = self.servers_on(&delegation.zone, hosts).find_map(|s| s.serving(end))?;
        Some(contents.look(name, qtype).0)
    }

    /// Every instant at which anything changes, in order.
    pub fn instants(&self) -> Vec<Timestamp> {
        let servers = self.servers.iter().flat_map(Server::instants);
        let mut all: Vec<Timestamp> =
            servers.chain(self.delegations.iter().flat_map(Delegation::instants)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
