//! What a walk down to a zone would find at an instant.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::{Address, Failure, Name, NameServer, ParentReply, ParentSaid, Timestamp, Walk, WalkEnd};

use super::{Delegation, Internet};

/// A walk takes about this long: root, top-level domain, parent, addresses.
pub(super) const TAKES: Duration = Duration::from_millis(220);

/// Walks to the zone that holds `name`.
pub(super) fn walk(net: &Internet, now: Timestamp, name: &Name) -> Walk {
    let Some(delegation) = net.delegation(name) else { return nowhere(name) };
    let zone = &delegation.zone;
    let parents: Vec<ParentReply> = delegation.parents.iter().map(|p| said(delegation, p, now)).collect();
    let mut at_parent: BTreeSet<Name> = BTreeSet::new();
    for reply in &parents {
        if let ParentSaid::Delegates { ns, .. } = &reply.said {
            at_parent.extend(ns.iter().cloned());
        }
    }
    let end = if at_parent.is_empty() { WalkEnd::NoSuchZone } else { WalkEnd::Found };
    let servers = servers(net, now, zone, &at_parent);
    let asked = parents.len() + servers.iter().map(|s| s.addresses.len()).sum::<usize>();
    Walk {
        name: name.clone(),
        zone: zone.clone(),
        parent: delegation.parent.clone(),
        end,
        parents,
        servers,
        questions: u32::try_from(asked + 2).unwrap_or(u32::MAX),
    }
}

fn said(delegation: &Delegation, parent: &super::ParentServer, now: Timestamp) -> ParentReply {
    let mut ns = delegation.hosts_at(parent, now).to_vec();
    ns.sort_unstable();
    let said = if ns.is_empty() {
        ParentSaid::NoSuchName
    } else {
        ParentSaid::Delegates { ns, ttl: delegation.ttl }
    };
    ParentReply { host: parent.host.clone(), addr: parent.addr, said }
}

fn servers(net: &Internet, now: Timestamp, zone: &Name, at_parent: &BTreeSet<Name>) -> Vec<NameServer> {
    let delegated: Vec<Name> = at_parent.iter().cloned().collect();
    let mut at_child: BTreeSet<Name> = BTreeSet::new();
    for server in net.servers_on(zone, &delegated) {
        if let Some(contents) = server.serving(now) {
            at_child.extend(contents.ns.iter().cloned());
        }
    }
    let hosts = at_parent.union(&at_child);
    hosts
        .map(|host| {
            let here = net.servers.iter().filter(|s| s.zone == *zone && s.host == *host);
            let glue = host.is_within(zone);
            let mut addresses: Vec<Address> =
                here.map(|s| Address { addr: s.addr, glue, own: true }).collect();
            addresses.sort_unstable();
            let (at_parent, at_child) = (at_parent.contains(host), at_child.contains(host));
            NameServer { host: host.clone(), addresses, at_parent, at_child }
        })
        .collect()
}

/// A name under a top-level domain that knows nothing of it.
fn nowhere(name: &Name) -> Walk {
    let zone = name.from_root().into_iter().take(3).last().unwrap_or_else(Name::root);
    let parent = zone.parent().unwrap_or_else(Name::root);
    Walk {
        name: name.clone(),
        zone,
        parent,
        end: WalkEnd::NoSuchZone,
        parents: Vec::new(),
        servers: Vec::new(),
        questions: 3,
    }
}

/// A walk that somebody on the way answers: his answers are no referrals.
pub(super) fn intercepted(name: &Name) -> Walk {
    Walk { end: WalkEnd::Unreached(Failure::Garbage), questions: 13, ..nowhere(name) }
}
