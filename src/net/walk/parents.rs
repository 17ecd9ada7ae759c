//! What every server of the zone above says about a delegation.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures::{StreamExt, stream};

use super::cache::Cut;
use super::reply::{MAX_SERVERS, NsSet, Reply};
use super::trip::{Place, Trip};
use crate::model::{Name, ParentReply, ParentSaid};
use crate::net::ask::Ask;

/// Parent addresses that are asked: the thirteen servers of `com` have twenty-six.
const MAX_PARENTS: usize = 64;
/// Questions under way at one time.
pub(super) const SIDE_BY_SIDE: usize = 32;

/// A delegation as all servers of the zone above see it together.
#[derive(Debug)]
pub(super) struct Delegation {
    /// Each server's reply.
    pub(super) replies: Vec<ParentReply>,
    /// Everything that any of them delegates to; none where nobody does.
    pub(super) union: Option<NsSet>,
    /// Parent servers that serve the zone, too: where they came without glue, the only way to it.
    pub(super) both: Vec<Place>,
}

impl<A: Ask> Trip<'_, A> {
    /// Asks every address of every server of `parent` for the NS of `zone`. `known` is what the way down
    /// has met already.
    pub(super) async fn delegation(&self, parent: &Cut, zone: &Name, known: Option<&Cut>) -> Delegation {
        let places = self.all_places(parent).await;
        let each = places.into_iter().map(|(host, addr)| async move {
            let reply = self.ns_at(addr, zone).await.map(|reply| reply.seen_from_above(parent, zone));
            (host, addr, reply)
        });
        let heard: Vec<_> = stream::iter(each).buffered(SIDE_BY_SIDE).collect().await;
        let mut union = known.map(set_of);
        let mut replies = Vec::with_capacity(heard.len());
        let mut both = Vec::new();
        for (host, addr, reply) in heard {
            if matches!(reply, Ok(Reply::Own(_))) {
                both.push((host.clone(), addr));
            }
            let said = match reply {
                Ok(Reply::Referral(set) | Reply::Own(set)) => {
                    let (ns, ttl) = (set.hosts.iter().cloned().collect(), set.ttl);
                    add(&mut union, set, parent);
                    ParentSaid::Delegates { ns, ttl }
                }
                Ok(Reply::NoSuchName) => ParentSaid::NoSuchName,
                Ok(Reply::NoData | Reply::Alias) => ParentSaid::NotDelegated,
                Ok(Reply::Lame(rcode)) => ParentSaid::Lame { rcode },
                Err(failure) => ParentSaid::Failed(failure),
            };
            replies.push(ParentReply { host, addr, said });
        }
        Delegation { replies, union, both }
    }

    /// Every address of every server of a cut; those without glue are looked up.
    async fn all_places(&self, cut: &Cut) -> Vec<Place> {
        let each = cut.servers.iter().map(|server| async {
            if !server.addrs.is_empty() {
                return server.addrs.iter().map(|&addr| (server.host.clone(), addr)).collect();
            }
            let found = self.look_up(&server.host, &[]).await;
            let place = |ip| (server.host.clone(), SocketAddr::new(ip, self.walker.port));
            found.into_iter().map(place).collect::<Vec<Place>>()
        });
        // One after the other: what the first look-up learns about the way spares the others most of it.
        let found: Vec<Vec<Place>> = stream::iter(each).buffered(1).collect().await;
        let mut places: Vec<Place> = found.into_iter().flatten().collect();
        places.truncate(MAX_PARENTS);
        places
    }
}

impl Reply {
    /// The same as a statement about the delegation of `zone`. A referral to a zone between the two says
    /// that this server does not delegate `zone` itself; where the root speaks about itself there is
    /// nothing above that could refer.
    fn seen_from_above(self, parent: &Cut, zone: &Name) -> Reply {
        match self.seen_from(&parent.zone) {
            Reply::Referral(set) if set.owner != *zone => Reply::NoData,
            other => other,
        }
    }
}

/// Adds to the union; hosts beyond the bound are dropped.
fn add(union: &mut Option<NsSet>, set: NsSet, from: &Cut) {
    let NsSet { owner, hosts, ttl, glue } = set;
    let all = union.get_or_insert_with(|| NsSet {
        owner,
        hosts: BTreeSet::new(),
        ttl,
        glue: std::collections::BTreeMap::new(),
    });
    all.ttl = all.ttl.min(ttl);
    for host in hosts {
        if all.hosts.len() < MAX_SERVERS {
            all.hosts.insert(host);
        }
    }
    for (host, addrs) in glue.into_iter().filter(|(host, _)| host.is_within(&from.zone)) {
        if all.hosts.contains(&host) {
            all.glue.entry(host).or_default().extend(addrs);
        }
    }
}

fn set_of(cut: &Cut) -> NsSet {
    let glue = cut.servers.iter().filter(|s| !s.addrs.is_empty());
    NsSet {
        owner: cut.zone.clone(),
        hosts: cut.servers.iter().map(|s| s.host.clone()).collect(),
        ttl: cut.ttl,
        glue: glue.map(|s| (s.host.clone(), s.addrs.iter().map(SocketAddr::ip).collect())).collect(),
    }
}
