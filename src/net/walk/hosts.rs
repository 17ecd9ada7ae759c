//! The servers of a zone: whom the zone itself names, and every address that each of them has.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use futures::{FutureExt, StreamExt, stream};

use super::cache::Cut;
use super::parents::SIDE_BY_SIDE;
use super::reply::{HostReply, MAX_ADDRESSES, MAX_SERVERS, NsSet, Reply};
use super::trip::{Place, Trip};
use crate::model::{Address, Name, NameServer, QuestionType};
use crate::net::ask::Ask;

/// Host names that may have to be looked up to look one up.
const MAX_DEPTH: usize = 6;
/// Aliases that are followed from the name of a name server, which may be none (RFC 2181, section 10.3).
const MAX_ALIASES: usize = 2;
/// Referrals on the way to one host.
const MAX_REFERRALS: usize = 16;
/// Addresses that are asked for the zone's own NS set.
const MAX_ASKED: usize = 64;

type Addresses = BTreeSet<IpAddr>;

impl<A: Ask> Trip<'_, A> {
    /// Every server that the zone above delegates to or that the zone itself names, with every address
    /// that the glue or the host's own zone has. `both` are servers of the zone above that serve this one.
    pub(super) async fn servers(&self, delegated: &NsSet, both: &[Place]) -> Vec<NameServer> {
        let zone = &delegated.owner;
        let mut own: BTreeMap<Name, Addresses> = BTreeMap::new();
        // Hosts elsewhere do not depend on the zone's servers, and may be the only way to them.
        let elsewhere = |host: &&Name| !host.is_within(zone);
        own.extend(self.look_up_all(delegated.hosts.iter().filter(elsewhere).cloned()).await);

        let mut reach = reach(delegated, &own, self.walker.port);
        for place in both {
            if reach.len() < MAX_ASKED && reach.iter().all(|(_, addr)| *addr != place.1) {
                reach.push(place.clone());
            }
        }
        let (named, alive) = self.named_by_zone(zone, reach).await;
        let more = named.iter().filter(|host| !delegated.hosts.contains(*host));
        // The delegated ones have precedence where there are more than one can believe.
        let room = MAX_SERVERS.saturating_sub(delegated.hosts.len());
        let hosts: BTreeSet<Name> = delegated.hosts.iter().chain(more.take(room)).cloned().collect();

        let unknown = hosts.iter().filter(elsewhere).filter(|host| !own.contains_key(*host));
        let looked_up = self.look_up_all(unknown.cloned().collect::<Vec<_>>()).await;
        own.extend(looked_up);
        let good = Cell::new(None);
        let inside = hosts.iter().filter(|host| host.is_within(zone)).map(|host| async {
            let found = self.inside(host, &alive, &good).await;
            (host.clone(), found)
        });
        let inside: Vec<(Name, Addresses)> = stream::iter(inside).buffered(SIDE_BY_SIDE).collect().await;
        own.extend(inside);

        let nothing = Addresses::new();
        let server = |host: &Name| NameServer {
            addresses: addresses(
                delegated.glue.get(host).unwrap_or(&nothing),
                own.get(host).unwrap_or(&nothing),
                self.walker.port,
            ),
            at_parent: delegated.hosts.contains(host),
            at_child: named.contains(host),
            host: host.clone(),
        };
        hosts.iter().map(server).collect()
    }

    /// The NS set that the zone's servers give for it, all of them together, and those that gave one. The
    /// others are not asked for anything more.
    async fn named_by_zone(&self, zone: &Name, reach: Vec<Place>) -> (BTreeSet<Name>, Vec<Place>) {
        let each = reach.iter().map(|(_, addr)| self.ns_at(*addr, zone));
        let heard: Vec<_> = stream::iter(each).buffered(SIDE_BY_SIDE).collect().await;
        let mut named = BTreeSet::new();
        let mut alive = Vec::new();
        for (place, reply) in reach.into_iter().zip(heard) {
            if let Ok(Reply::Own(set)) = reply {
                named.extend(set.hosts);
                alive.push(place);
            }
        }
        (named, alive)
    }

    /// The addresses of a host inside the zone, from the zone's servers; where it stands below another
    /// cut, from there.
    async fn inside(&self, host: &Name, alive: &[Place], good: &Cell<Option<SocketAddr>>) -> Addresses {
        let ask = |qtype| self.first_host(alive, good, host, qtype);
        let mut all = Addresses::new();
        for reply in futures::future::join_all([QuestionType::A, QuestionType::Aaaa].map(ask)).await {
            match reply {
                Ok(HostReply::Addresses(found, _)) => all.extend(found),
                Ok(HostReply::Alias(target)) => {
                    all.extend(self.look_up(&target, std::slice::from_ref(host)).await);
                }
                Ok(HostReply::Referral(_)) => all.extend(self.look_up(host, &[]).await),
                Ok(HostReply::Lame(_)) | Err(_) => {}
            }
        }
        all
    }

    /// Looks several hosts up. Of those in one domain the first goes ahead, since the way down to that
    /// domain need be found only once.
    async fn look_up_all(&self, hosts: impl IntoIterator<Item = Name>) -> Vec<(Name, Addresses)> {
        let mut domains: BTreeMap<Option<Name>, Vec<Name>> = BTreeMap::new();
        for host in hosts {
            domains.entry(host.parent()).or_default().push(host);
        }
        let one = |host: Name| async move { (host.clone(), self.look_up(&host, &[]).await) };
        let domain = |hosts: Vec<Name>| async move {
            let mut hosts = hosts.into_iter();
            let mut found = Vec::new();
            if let Some(host) = hosts.next() {
                found.push(one(host).await);
            }
            found.extend(stream::iter(hosts.map(one)).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await);
            found
        };
        let all: Vec<_> =
            stream::iter(domains.into_values().map(domain)).buffered(SIDE_BY_SIDE).collect().await;
        all.into_iter().flatten().collect()
    }

    /// The addresses of a host by its own zone, from what is remembered or by going down to it. `trail`
    /// holds the hosts that wait for this one: meeting one of them again means that nobody can be reached
    /// without having been reached already.
    pub(super) fn look_up<'s>(&'s self, host: &'s Name, trail: &'s [Name]) -> LocalBoxFuture<'s, Addresses> {
        async move {
            if let Some(known) = self.walker.cache.host(host, self.now) {
                return known;
            }
            if trail.contains(host) || trail.len() >= MAX_DEPTH || !self.may_look_up() {
                return Addresses::new();
            }
            let trail: Vec<Name> = trail.iter().chain([host]).cloned().collect();
            match self.go_to_host(host, &trail).await {
                Some((found, ttl)) if !found.is_empty() => {
                    self.walker.cache.keep_host(host, found.clone(), ttl, self.now);
                    found
                }
                Some((found, _)) => found,
                None => Addresses::new(),
            }
        }
        .boxed_local()
    }

    /// Asks for the host's addresses from the lowest cut that is known and follows the referrals. A
    /// second family that fails is left out, and the result then not remembered for long.
    async fn go_to_host(&self, host: &Name, trail: &[Name]) -> Option<(Addresses, u32)> {
        let mut at = host.clone();
        let mut above = self.remembered(&at, true);
        let mut aliases = 0;
        for _ in 0..MAX_REFERRALS {
            let cut = Rc::clone(above.last()?);
            match self.host_from(&cut, &at, QuestionType::A, trail).await? {
                HostReply::Referral(set) if set.owner.is_within(&cut.zone) && set.owner != cut.zone => {
                    let next = self.cut(set, &cut, &above);
                    self.walker.cache.keep_cut(&next, self.now);
                    above.push(next);
                }
                HostReply::Alias(target) if aliases < MAX_ALIASES => {
                    aliases += 1;
                    above = self.remembered(&target, true);
                    at = target;
                }
                HostReply::Addresses(v4, ttl) => return Some(self.with_v6(&cut, &at, v4, ttl, trail).await),
                HostReply::Referral(_) | HostReply::Alias(_) | HostReply::Lame(_) => return None,
            }
        }
        None
    }

    async fn with_v6(
        &self,
        cut: &Cut,
        host: &Name,
        mut found: Addresses,
        ttl: u32,
        trail: &[Name],
    ) -> (Addresses, u32) {
        match self.host_from(cut, host, QuestionType::Aaaa, trail).await {
            Some(HostReply::Addresses(v6, v6_ttl)) => {
                found.extend(v6);
                (found, ttl.min(v6_ttl))
            }
            _ => (found, 0),
        }
    }
}

/// Every address at which the zone may be served, by what is known before its own servers are asked.
fn reach(delegated: &NsSet, own: &BTreeMap<Name, Addresses>, port: u16) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for host in &delegated.hosts {
        let known = [delegated.glue.get(host), own.get(host)];
        let all: Addresses = known.into_iter().flatten().flatten().copied().collect();
        places
            .extend(all.into_iter().take(MAX_ADDRESSES).map(|ip| (host.clone(), SocketAddr::new(ip, port))));
    }
    places.truncate(MAX_ASKED);
    places
}

fn addresses(glue: &Addresses, own: &Addresses, port: u16) -> Vec<Address> {
    let all: Addresses = glue.union(own).copied().collect();
    let address = |ip: IpAddr| Address {
        addr: SocketAddr::new(ip, port),
        glue: glue.contains(&ip),
        own: own.contains(&ip),
    };
    all.into_iter().take(MAX_ADDRESSES).map(address).collect()
}
