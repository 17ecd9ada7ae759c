//! Words about what the CA makes of a name, a server or an attempt.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::model::{Cause, Failure, Habit, Name, NameFault, Record, Taken, Timestamp};
use crate::view::escape::clean;

use super::zone::place;
use super::{Said, Words, failure, list, rcode, span};

impl Words<'_> {
    /// Causes beyond the record itself: what else the CA goes by.
    pub(super) fn issuing(&self, record: &Record, cause: &Cause) -> Said {
        match cause {
            Cause::NameRefused { name, fault } => name_refused(name, fault),
            Cause::DnssecBogus { zone, server, signing } => self.dnssec_bogus(zone, &clean(server), signing),
            Cause::DsSplit { zone } => self.ds_split(zone),
            Cause::DnssecUnseen { zone, failure } => self.dnssec_unseen(zone, failure.as_ref()),
            Cause::DnssecUnchecked { zone, algorithm } => self.dnssec_unchecked(zone, *algorithm),
            Cause::ServerRefuses { server, addr, habit, taken } => {
                self.server_refuses(record, &clean(server), *addr, *habit, *taken)
            }
            Cause::AaaaFails { server, addr, rcode } => Said::new(
                format!(
                    "the name server {} ({}) gives an error when it is asked for AAAA ({}); Let's Encrypt goes on \
                     with the A record",
                    clean(server),
                    place(*addr),
                    self::rcode(*rcode)
                ),
                self.ask_dns_host(record, "have it say that there is no AAAA record instead of an error"),
            ),
            Cause::AaaaDropped { server, addr, failure } => {
                self.family_dropped(record, &clean(server), *addr, failure, "AAAA")
            }
            Cause::ADropped { server, addr, failure } => {
                self.family_dropped(record, &clean(server), *addr, failure, "A")
            }
            Cause::CaaFails { name, server, said } => self.caa_fails(record, name, &clean(server), said),
            Cause::CaaForbids { name, owner, fault } => self.caa_forbids(name, owner, fault),
            Cause::CaaSplit { name, owner, server, fault } => {
                self.caa_split(name, owner, &clean(server), fault)
            }
            Cause::CaaAccount { owner, accounts } => self.caa_account(owner, accounts),
            Cause::CaaUnseen { name, failure } => self.caa_unseen(name, failure.as_ref()),
            Cause::TooSlow { took, limit } => too_slow(*took, *limit),
            Cause::ExpectationUnknown { addresses } => expectation_unknown(addresses),
            Cause::Attempts { left, of, next } => self.attempts(*left, *of, *next),
            of_the_web => self.web(record, of_the_web),
        }
    }

    fn family_dropped(
        &self,
        record: &Record,
        server: &str,
        addr: SocketAddr,
        why: &Failure,
        family: &str,
    ) -> Said {
        Said::new(
            format!(
                "the name server {server} ({}) does not answer when it is asked for {family} ({}), and Let's Encrypt \
                 runs out of time",
                place(addr),
                failure(why)
            ),
            self.ask_dns_host(record, &format!("have it answer questions for {family}")),
        )
    }

    fn server_refuses(
        &self,
        record: &Record,
        server: &str,
        addr: SocketAddr,
        habit: Habit,
        taken: Taken,
    ) -> Said {
        let how = match taken {
            Taken::Refused(code) => format!("answers with an error ({code})"),
            Taken::Dropped | Taken::Well | Taken::Unknown => "does not answer".to_owned(),
        };
        let (when, mend) = match habit {
            Habit::MixedCase => {
                ("to questions in mixed case, as Let's Encrypt asks them", "let such questions through")
            }
            Habit::Edns => {
                ("to questions with EDNS, as Let's Encrypt asks them", "let such questions through")
            }
            Habit::Tcp => ("over TCP, which long answers need", "open TCP on port 53"),
        };
        Said::new(
            format!("the name server {server} ({}) {how} {when}", place(addr)),
            self.ask_dns_host(record, &format!("{mend} at {server}")),
        )
    }

    /// The step where only the people who run the name servers can do something.
    pub(super) fn ask_dns_host(&self, record: &Record, what: &str) -> String {
        format!("Ask whoever runs the DNS of {} to {what}. {}", self.zone_for(record), self.after_change())
    }

    fn attempts(&self, left: u8, of: u8, next: Timestamp) -> Said {
        tries_left(left, of, &self.when.clock(next))
    }
}

/// How many tries are left, the next one back by the clock at `at`.
pub fn tries_left(left: u8, of: u8, at: &str) -> Said {
    if left == 0 {
        return Said::new(
            format!("{of} of {of} tries of this hour are used up, the next one is back at {at}"),
            format!(
                "Do not press Issue before {at}; until then only the panel's Dry run, which costs no try."
            ),
        );
    }
    Said::new(
        format!(
            "{left} of {of} tries {} left this hour, the next one is back at {at}",
            if left == 1 { "is" } else { "are" }
        ),
        "Tick Dry run in the panel's Let's Encrypt page first: a failure there costs no try.",
    )
}

fn expectation_unknown(addresses: &[IpAddr]) -> Said {
    let given = match addresses {
        [] => "no address at all".to_owned(),
        some => list(some, 3),
    };
    Said::new(
        format!("DNS gives {given}, and whether that is your hosting's was not told"),
        "Give your hosting's address with --expect; cPanel shows it as Shared IP Address on its first page.",
    )
}

fn name_refused(name: &Name, fault: &NameFault) -> Said {
    let why = match fault {
        NameFault::OneLabel => "it has only one part".to_owned(),
        NameFault::TooManyLabels { labels } => format!("it has {labels} parts, and 10 are the limit"),
        NameFault::TooLong => "it is too long".to_owned(),
        NameFault::Address => "it is an address".to_owned(),
        NameFault::Character(odd) => format!("it has the character {}", clean(&odd.to_string())),
        NameFault::Hyphen(label) => format!("its part {} begins or ends with a hyphen", clean(label)),
        NameFault::ReservedLabel(label) => format!("its part {} has a reserved form", clean(label)),
        NameFault::Punycode(label) => format!("its part {} cannot be decoded", clean(label)),
        NameFault::SpecialUse(top) => format!(".{} is not part of the public DNS", clean(top)),
        NameFault::Repeats(label) => {
            format!("it repeats {} again and again, as a program in a loop does", clean(label))
        }
    };
    Said::new(
        format!("Let's Encrypt gives no certificate for {name}: {why}"),
        match fault {
            NameFault::SpecialUse(_) => {
                format!("Untick {name} in the panel; for a private CA there is --allow-reserved.")
            }
            _ => format!("Untick {name} in the panel, and issue for the other names only."),
        },
    )
}

fn too_slow(took: u32, limit: u32) -> Said {
    let told = |millis: u32| span(Duration::from_millis(u64::from(millis)));
    Said::new(
        format!(
            "looking the name up and fetching the test take {} together, and Let's Encrypt waits {} at most",
            told(took),
            told(limit)
        ),
        "Ask the hosting's support why the web server or the name servers are slow; try again when they are not.",
    )
}
