//! Who serves a zone: servers that join and leave, and their serials.

use std::sync::Arc;

use crate::engine::authority::Server;
use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::engine::verdict::Blind;
use crate::model::{
    Endpoint, Event, Name, ParentSaid, Question, QuestionType, Role, Seen, Vantage, VantageChange, VantageId,
    Walk, Why,
};

use super::Watch;
use super::timers::Timer;

impl Watch {
    /// Lets servers join and leave. Returns whether a zone that was known has moved.
    pub(super) fn update_servers(&mut self, zone: usize, walk: &Walk, known: bool) -> bool {
        let mut wanted: Vec<(Name, std::net::SocketAddr)> = Vec::new();
        for host in &walk.servers {
            wanted.extend(host.addresses.iter().map(|address| (host.host.clone(), address.addr)));
        }
        let mut changed = false;
        for server in self.auth.zones[zone].servers.clone() {
            let still = wanted.iter().any(|(host, addr)| {
                self.auth.servers[server].host == *host && self.auth.servers[server].addr == *addr
            });
            if !still && !wanted.is_empty() {
                self.leave(zone, server);
                changed = true;
            }
        }
        for (host, addr) in wanted {
            changed |= self.join(zone, &host, addr);
        }
        changed &= known;
        if changed {
            let ns_ttl = ns_ttl(&self.auth.zones[zone].walk).max(ns_ttl(walk));
            self.auth.zones[zone].moved = Some((self.now, ns_ttl));
            self.auth.zones[zone].hint = Some(self.now);
        }
        changed
    }

    fn join(&mut self, zone: usize, host: &Name, addr: std::net::SocketAddr) -> bool {
        let name = self.auth.zones[zone].name.clone();
        let theirs = &self.auth.zones[zone];
        let mut theirs = theirs.servers.iter().chain(&theirs.former).copied();
        let known = theirs.find(|&server| {
            let server = &self.auth.servers[server];
            server.host == *host && server.addr == addr
        });
        if known.is_some_and(|server| self.auth.servers[server].current) {
            return false;
        }
        let server = known.unwrap_or_else(|| {
            let number = self.plan.resolvers.len() + self.auth.servers.len();
            self.auth.servers.push(Server {
                id: VantageId(u32::try_from(number).unwrap_or(u32::MAX)),
                zone: name.clone(),
                host: host.clone(),
                label: Self::label(host),
                addr,
                current: true,
                soa: None,
                serial_out: false,
            });
            self.auth.servers.len() - 1
        });
        self.auth.burden_with_serial(server);
        self.auth.servers[server].current = true;
        self.auth.zones[zone].former.retain(|&s| s != server);
        self.auth.zones[zone].servers.push(server);
        self.tell_server(server, VantageChange::Joined);
        true
    }

    fn leave(&mut self, zone: usize, server: usize) {
        self.auth.servers[server].current = false;
        let zone = &mut self.auth.zones[zone];
        zone.servers.retain(|&s| s != server);
        zone.former.push(server);
        self.tell_server(server, VantageChange::Left);
    }

    fn tell_server(&mut self, server: usize, change: VantageChange) {
        let server = &self.auth.servers[server];
        let vantage = Vantage {
            name: server.label.clone(),
            operator: server.label.clone(),
            place: None,
            role: if server.current { Role::Authority } else { Role::FormerAuthority },
            endpoints: vec![Endpoint::udp(server.addr)],
            flush: None,
            zone: Some(server.zone.clone()),
        };
        let (at, id, addr) = (self.now, server.id, server.addr);
        self.out.events.push(Event::Vantage { at, id, vantage: Box::new(vantage), addr, change });
    }

    /// Asks the zone's servers for their serial: a hint that something moves, and the way to tell a
    /// lagging server from a stuck one.
    pub(super) fn ask_serials(&mut self, zone: usize) {
        if self.auth.zones[zone].next_serial > self.now || self.blind == Blind::Intercepted {
            return;
        }
        let name = self.auth.zones[zone].name.clone();
        let question = Arc::new(Question { name, qtype: QuestionType::Soa });
        for server in self.auth.zones[zone].servers.clone() {
            let server = &mut self.auth.servers[server];
            // One that is silent takes longer for each than they are apart.
            if !std::mem::replace(&mut server.serial_out, true) {
                let task = server.asked(&question);
                self.send(task, Why::AuthorityNotRight);
            }
        }
        let rest = if self.zone_is_right(zone) {
            self.unhurried(Some(zone), schedule::AUTHORITY_RIGHT * 4).max(self.pace(Some(zone)))
        } else {
            // However many names there are: where it moves, all of the zone that are waited for are asked at once.
            let all = schedule::EACH_SERIAL * self.auth.most_serials(zone);
            schedule::SERIAL.max(self.haste(Some(zone))).max(all)
        };
        self.auth.zones[zone].next_serial = self.now + rest;
        if self.plan.mode == Mode::Watch {
            let at = self.auth.zones[zone].next_serial;
            self.timers.set(at, Timer::Serial(zone), Why::AuthorityNotRight);
        }
    }

    pub(super) fn note_serial(&mut self, server: usize, zone: &Name, seen: &Seen) {
        let Seen::Answered(answer) = seen else { return };
        let Some(soa) = answer.soa.as_ref().filter(|soa| soa.zone == *zone) else { return };
        let before = self.auth.servers[server].soa.replace(soa.clone());
        let Some(before) = before.filter(|before| before.serial != soa.serial) else { return };
        let (at, vantage) = (self.now, self.auth.servers[server].id);
        let (from, to) = (before.serial, soa.serial);
        self.out.events.push(Event::Serial { at, zone: zone.clone(), vantage, from, to });
        let Some(&zone) = self.auth.zone_of.get(zone) else { return };
        self.auth.zones[zone].hint = Some(self.now);
        for node in self.auth.zones[zone].nodes.clone() {
            if !self.node_is_right(node) {
                self.set_node(node, self.now, Why::AuthorityNotRight);
                self.auth.nodes[node].hurry = true;
            }
        }
        self.look_again_in(zone);
    }
}

/// The longest TTL that a parent gives the delegation, in seconds.
pub(super) fn ns_ttl(walk: &Walk) -> u32 {
    let ttls = walk.parents.iter().filter_map(|reply| match reply.said {
        ParentSaid::Delegates { ttl, .. } => Some(ttl),
        _ => None,
    });
    ttls.max().unwrap_or(0)
}
