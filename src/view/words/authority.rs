//! Words about what the zone's own servers say.

use std::net::IpAddr;

use crate::model::{Expectation, Held, Name, Record, Timestamp};

use super::standings::{has, held as holding};
use super::{Said, Words, list};

impl Words<'_> {
    pub(super) fn authority_wrong(&self, record: &Record, zone: &Name, held: &Held) -> Said {
        Said::new(
            format!("the name servers of {zone} say {}", self.statement(record, held)),
            self.edit(zone, record, held),
        )
    }

    pub(super) fn authority_unchanged(
        &self,
        record: &Record,
        zone: &Name,
        held: &Held,
        since: Timestamp,
    ) -> Said {
        let servers: Vec<&Name> = self
            .cast
            .zone(zone)
            .map(|walk| walk.servers.iter().filter(|s| s.at_parent).map(|s| &s.host).collect())
            .unwrap_or_default();
        let next = if servers.is_empty() {
            self.edit(zone, record, held)
        } else {
            format!(
                "Make the change where the zone lives: its name servers are {}. A Zone Editor at another \
                 company has no effect. {}",
                list(&servers, 4),
                self.after_change()
            )
        };
        Said::new(
            format!(
                "since {} the name servers of {zone} have said {}",
                self.when.clock(since.floor_second()),
                self.statement(record, held)
            ),
            next,
        )
    }

    pub(super) fn authority_behind(
        &self,
        record: &Record,
        server: &str,
        held: &Held,
        serials: (Option<u32>, Option<u32>),
    ) -> Said {
        let copy = match serials {
            (Some(own), Some(newest)) if own != newest => {
                format!("; its copy of the zone is number {own}, the newest is {newest}")
            }
            _ => String::new(),
        };
        Said::new(
            format!("the name server {server} does not have it yet: {}{copy}", holding(held, record)),
            format!("Name servers copy from one another, as a rule within minutes. {}", self.just_wait()),
        )
    }

    pub(super) fn authority_stuck(&self, record: &Record, server: &str, held: &Held) -> Said {
        Said::new(
            format!("the name server {server} does not follow the others: it still {}", has(held, record)),
            format!(
                "Ask whoever runs the DNS of {} to make {server} load the zone again: it will not by itself.",
                self.zone_for(record)
            ),
        )
    }

    pub(super) fn former_answers(&self, record: &Record, server: &str, held: &Held) -> Said {
        Said::new(
            format!(
                "{server}, which the domain has left, still answers {}; some resolvers keep asking it",
                holding(held, record)
            ),
            format!(
                "Delete {} at the former DNS host, or make the same change there.",
                self.zone_for(record)
            ),
        )
    }

    pub(super) fn alias_loop(&self, record: &Record, at: &Name) -> Said {
        let to = match &record.expect {
            Expectation::Alias(target) => format!("{target}, and {target} to an address"),
            _ => self.expected(record),
        };
        Said::new(
            format!(
                "the CNAME records at {at} run in a circle or are too many, so {} leads nowhere",
                record.name
            ),
            format!(
                "Change the CNAME record of {at} so that {} leads to {to}. {}",
                record.name,
                self.after_change()
            ),
        )
    }

    pub(super) fn unexpected_aaaa(&self, record: &Record, addresses: &[IpAddr]) -> Said {
        let (name, all) = (&record.name, list(addresses, 4));
        Said::new(
            format!("{name} also has the IPv6 address {all}, and Let's Encrypt goes there first"),
            format!("{} {}", self.drop_aaaa(&self.zone_for(record), name, addresses), self.after_change()),
        )
    }

    pub(super) fn reserved(&self, address: IpAddr, block: &str) -> Said {
        Said::new(
            format!("{address} is not a public address ({block}), and Let's Encrypt does not connect to it"),
            "Use the server's public address; for a private CA there is --allow-reserved.",
        )
    }

    pub(super) fn ca_may_cache(&self, until: Timestamp) -> Said {
        Said::new(
            format!(
                "Let's Encrypt may keep the earlier answer for up to a minute, until {}",
                self.when.clock(until)
            ),
            self.wait_until_then(until),
        )
    }

    /// What the servers say, as a clause after "say".
    fn statement(&self, record: &Record, held: &Held) -> String {
        let name = &record.name;
        match (held, &record.expect) {
            (Held::NoName, _) => format!("that {name} does not exist"),
            (Held::NoData, Expectation::Alias(target)) => {
                format!("that {name} has no address, where a CNAME to {target} is expected")
            }
            (Held::NoData, _) => format!("that {name} has no {} record", record.rtype),
            (Held::Addresses(addresses), Expectation::Addresses(expected)) => {
                let extra: Vec<&IpAddr> = addresses.iter().filter(|a| !expected.contains(a)).collect();
                if extra.len() < addresses.len() {
                    format!("{name} is at {} beside {}", list(&extra, 4), self.expected(record))
                } else {
                    format!("{name} is at {}, not at {}", list(addresses, 4), self.expected(record))
                }
            }
            (other, _) => {
                format!(
                    "that {name} has {}, where {} is expected",
                    holding(other, record),
                    self.expected(record)
                )
            }
        }
    }
}
