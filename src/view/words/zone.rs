//! Words about the delegation: the parent zone, the registrar, the list of name servers.

use std::net::{IpAddr, SocketAddr};

use crate::model::{Failure, Name, Rcode, Record};

use super::{Said, Words, failure, list, rcode};

impl Words<'_> {
    pub(super) fn zone_missing(&self, zone: &Name, parent: &Name) -> Said {
        Said::new(
            format!(
                "{} have no domain {zone}: it is not registered, has expired, or is on hold",
                parent_servers(parent)
            ),
            format!(
                "Check the spelling of {zone}; if it is right, renew or release the domain at its registrar."
            ),
        )
    }

    pub(super) fn parent_split(&self, zone: &Name, parent: &Name) -> Said {
        Said::new(
            format!(
                "{} do not agree yet on the name servers of {zone}: the registry is still publishing the change",
                parent_servers(parent)
            ),
            format!("Registries take minutes, some of them hours. {}", self.just_wait()),
        )
    }

    pub(super) fn authority_silent(&self, zone: &Name, why: &Failure) -> Said {
        let next = match why {
            Failure::NoRoute => {
                "Check this machine's network: there is no way from here to those servers.".to_owned()
            }
            _ => {
                format!("Ask whoever runs the DNS of {zone} whether its servers are up.")
            }
        };
        Said::new(format!("none of the name servers of {zone} could be asked ({})", failure(why)), next)
    }

    pub(super) fn authority_dead(
        &self,
        record: &Record,
        server: &str,
        addr: SocketAddr,
        why: &Failure,
    ) -> Said {
        let zone = self.zone_for(record);
        Said::new(
            format!("the name server {} does not answer: {}", at(server, addr), failure(why)),
            format!(
                "Have {server} repaired, or take it off the list of name servers of {zone} at the registrar."
            ),
        )
    }

    pub(super) fn authority_lame(
        &self,
        record: &Record,
        server: &str,
        addr: SocketAddr,
        code: Rcode,
    ) -> Said {
        let zone = self.zone_for(record);
        Said::new(
            format!("the name server {} does not serve {zone} ({})", at(server, addr), rcode(code)),
            format!(
                "Add {zone} to {server}, or take {server} off the list of name servers of {zone} at the registrar."
            ),
        )
    }

    pub(super) fn authority_no_address(&self, record: &Record, server: &Name) -> Said {
        let zone = self.zone_for(record);
        Said::new(
            format!("the name server {server} of {zone} has no address"),
            format!(
                "Give {server} an address, or take it off the list of name servers of {zone} at the registrar."
            ),
        )
    }

    pub(super) fn ns_mismatch(&self, zone: &Name, parent_only: &[Name], child_only: &[Name]) -> Said {
        let mut sides = Vec::new();
        if !parent_only.is_empty() {
            sides.push(format!("only the registrar has {}", list(parent_only, 3)));
        }
        if !child_only.is_empty() {
            sides.push(format!("only the zone has {}", list(child_only, 3)));
        }
        Said::new(
            format!("the two lists of name servers of {zone} differ: {}", sides.join("; ")),
            format!(
                "Make both lists of {zone} the same: the one at the registrar and the zone's own NS records."
            ),
        )
    }

    pub(super) fn glue_mismatch(&self, host: &Name, glue: &[IpAddr], own: &[IpAddr]) -> Said {
        Said::new(
            format!("the registrar has {} for the name server {host}, which is at {}", some(glue), some(own)),
            format!("Correct the address of the host {host} at the registrar."),
        )
    }

    /// The zone that holds a record, as far as known.
    pub(super) fn zone_for(&self, record: &Record) -> Name {
        self.cast.zone_of(&record.name).unwrap_or(&record.name).clone()
    }
}

fn parent_servers(parent: &Name) -> String {
    if parent.is_root() { "the root servers".to_owned() } else { format!("the servers of {parent}") }
}

fn some(addresses: &[IpAddr]) -> String {
    if addresses.is_empty() { "no address".to_owned() } else { list(addresses, 4) }
}

/// A name server with its address; one that was given by its address has no other name.
fn at(server: &str, addr: SocketAddr) -> String {
    let place = place(addr);
    if server == place { place } else { format!("{server} ({place})") }
}

/// An address, with its port where it is not the usual one.
pub(super) fn place(addr: SocketAddr) -> String {
    if addr.port() == 53 { addr.ip().to_string() } else { addr.to_string() }
}
