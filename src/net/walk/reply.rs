//! What one message says, as the walk needs to know it. Pure: nothing here asks or remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, Record};

use crate::model::{Name, QuestionType, Rcode};

/// More name servers than any zone has that works: thirteen are usual at most. The rest is dropped.
pub(super) const MAX_SERVERS: usize = 32;
/// More addresses than one name server has.
pub(super) const MAX_ADDRESSES: usize = 16;

/// An NS set with the addresses that came along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NsSet {
    /// The zone that it is for.
    pub(super) owner: Name,
    /// The hosts, sorted, at most [`MAX_SERVERS`].
    pub(super) hosts: BTreeSet<Name>,
    /// Seconds; the smallest in the set.
    pub(super) ttl: u32,
    /// Addresses of those hosts in the additional section, at most [`MAX_ADDRESSES`] each.
    pub(super) glue: BTreeMap<Name, BTreeSet<IpAddr>>,
}

/// The answer to a question for NS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// The name, or one above it, is delegated to these.
    Referral(NsSet),
    /// The server itself has authority for a zone of that name, and these are its servers.
    Own(NsSet),
    /// The name is there, and is no zone.
    NoData,
    /// There is no such name.
    NoSuchName,
    /// The name is an alias, which no zone can be.
    Alias,
    /// An error, or neither authority nor a referral.
    Lame(Rcode),
}

/// The answer to a question for A or AAAA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostReply {
    /// The addresses, at most [`MAX_ADDRESSES`], and their smallest TTL in seconds. Empty when the name
    /// has none, or does not exist.
    Addresses(BTreeSet<IpAddr>, u32),
    /// The name is an alias of this one.
    Alias(Name),
    /// Others are to be asked.
    Referral(NsSet),
    /// An error, or neither authority nor a referral.
    Lame(Rcode),
}

/// Reads the answer to `name` NS.
pub(super) fn read_ns(message: &Message, name: &Name) -> Reply {
    let code = rcode(message);
    if !matches!(code, Rcode::NOERROR | Rcode::NXDOMAIN) {
        return Reply::Lame(code);
    }
    // Authority is what parts a server of the zone from a resolver in its place.
    let authoritative = message.metadata.authoritative;
    if authoritative {
        if let Some(set) = ns_set(message, &message.answers, name) {
            return Reply::Own(set);
        }
        // An alias whose target does not exist comes with NXDOMAIN (RFC 6604, section 3).
        if alias(message, name).is_some() {
            return Reply::Alias;
        }
        if code == Rcode::NXDOMAIN {
            return Reply::NoSuchName;
        }
    }
    match referral(message, name) {
        Some(set) => Reply::Referral(set),
        None if authoritative => Reply::NoData,
        None => Reply::Lame(code),
    }
}

/// Reads the answer to `host` A or AAAA.
pub(super) fn read_host(message: &Message, host: &Name, qtype: QuestionType) -> HostReply {
    let code = rcode(message);
    if !matches!(code, Rcode::NOERROR | Rcode::NXDOMAIN) {
        return HostReply::Lame(code);
    }
    if message.metadata.authoritative {
        if let Some(target) = alias(message, host) {
            return HostReply::Alias(target);
        }
        let of_host = message.answers.iter().filter(|r| Name::from_wire(&r.name) == *host);
        let found: Vec<(IpAddr, u32)> =
            of_host.filter_map(|r| address(r, Some(qtype)).map(|ip| (ip, ttl(r)))).collect();
        if !found.is_empty() || code == Rcode::NXDOMAIN {
            let least = found.iter().map(|&(_, ttl)| ttl).min().unwrap_or(0);
            return HostReply::Addresses(
                found.into_iter().map(|(ip, _)| ip).take(MAX_ADDRESSES).collect(),
                least,
            );
        }
    }
    match referral(message, host) {
        Some(set) => HostReply::Referral(set),
        None if message.metadata.authoritative => HostReply::Addresses(BTreeSet::new(), soa_ttl(message)),
        None => HostReply::Lame(code),
    }
}

/// The apex that an answer to `name` SOA tells: the owner of the SOA in the answer or, where the name is
/// no apex, in the authority section (RFC 2308, section 2).
pub(super) fn read_apex(message: &Message, name: &Name) -> Option<Name> {
    let soas = message.answers.iter().chain(&message.authorities).filter(|r| matches!(r.data, RData::SOA(_)));
    soas.map(|r| Name::from_wire(&r.name)).find(|owner| name.is_within(owner))
}

/// NS records in the authority section for the name or one above it, and no SOA. The AA bit is not looked
/// at, since some servers set it on referrals.
pub(super) fn referral(message: &Message, name: &Name) -> Option<NsSet> {
    let negative = message.authorities.iter().any(|r| matches!(r.data, RData::SOA(_)));
    if negative || message.metadata.response_code != ResponseCode::NoError || !message.answers.is_empty() {
        return None;
    }
    let owners = message.authorities.iter().filter(|r| matches!(r.data, RData::NS(_)));
    let owner = owners.map(|r| Name::from_wire(&r.name)).find(|owner| name.is_within(owner))?;
    ns_set(message, &message.authorities, &owner)
}

fn ns_set(message: &Message, section: &[Record], owner: &Name) -> Option<NsSet> {
    let mut hosts = BTreeSet::new();
    let mut least = u32::MAX;
    for record in section {
        let RData::NS(target) = &record.data else { continue };
        if Name::from_wire(&record.name) != *owner {
            continue;
        }
        hosts.insert(Name::from_wire(&target.0));
        least = least.min(ttl(record));
    }
    // Sorted before it is cut short, so that the same huge set gives the same servers every time.
    let hosts: BTreeSet<Name> = hosts.into_iter().take(MAX_SERVERS).collect();
    if hosts.is_empty() {
        return None;
    }
    let mut glue: BTreeMap<Name, BTreeSet<IpAddr>> = BTreeMap::new();
    for record in &message.additionals {
        let Some(ip) = address(record, None) else { continue };
        let host = Name::from_wire(&record.name);
        if hosts.contains(&host) {
            let known = glue.entry(host).or_default();
            if known.len() < MAX_ADDRESSES {
                known.insert(ip);
            }
        }
    }
    Some(NsSet { owner: owner.clone(), hosts, ttl: least, glue })
}

pub(super) fn alias(message: &Message, name: &Name) -> Option<Name> {
    message.answers.iter().find_map(|r| match &r.data {
        RData::CNAME(target) if Name::from_wire(&r.name) == *name => Some(Name::from_wire(&target.0)),
        _ => None,
    })
}

/// The address in a record of this type, or of either. Addresses that no single host can have are none.
fn address(record: &Record, qtype: Option<QuestionType>) -> Option<IpAddr> {
    let ip = match (&record.data, qtype) {
        (RData::A(a), None | Some(QuestionType::A)) => IpAddr::V4(a.0),
        (RData::AAAA(a), None | Some(QuestionType::Aaaa)) => IpAddr::V6(a.0),
        _ => return None,
    };
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    (!ip.is_unspecified() && !ip.is_multicast() && !broadcast).then_some(ip)
}

/// Above 2^31-1 counts as 0 (RFC 2181, section 8).
fn ttl(record: &Record) -> u32 {
    if record.ttl > i32::MAX.unsigned_abs() { 0 } else { record.ttl }
}

/// How long "there is none" holds (RFC 2308, section 5).
fn soa_ttl(message: &Message) -> u32 {
    let negative = message.authorities.iter().find_map(|r| match &r.data {
        RData::SOA(soa) => Some(ttl(r).min(soa.minimum)),
        _ => None,
    });
    negative.unwrap_or(0)
}

pub(super) fn rcode(message: &Message) -> Rcode {
    Rcode(message.metadata.response_code.into())
}
