//! Which record to change, and into what, in the words of a hosting panel's Zone Editor.

use std::net::IpAddr;

use crate::model::{Expectation, Held, Name, Record};

use super::{Words, list};

impl Words<'_> {
    /// What to do in the Zone Editor so that `record` becomes right where `held` is now.
    pub(super) fn edit(&self, zone: &Name, record: &Record, held: &Held) -> String {
        let editor = format!("In the Zone Editor of {zone}");
        let (name, rtype) = (&record.name, record.rtype);
        let records = |n: usize| if n == 1 { "record" } else { "records" };
        let step = match (&record.expect, held) {
            (Expectation::NoAddress, Held::Addresses(addresses)) => self.drop_aaaa(zone, name, addresses),
            (Expectation::NoAddress, _) => format!("{editor} delete the AAAA record of {name}."),
            (Expectation::Alias(target), Held::DeadEnd(at) | Held::Loop(at)) if at == target => {
                format!("Give {at} an address: {name} already leads there.")
            }
            (_, Held::DeadEnd(_) | Held::Loop(_) | Held::Alias(_)) => {
                format!(
                    "{editor} choose Manage and replace the CNAME record of {name} by: {}.",
                    fields(record)
                )
            }
            (_, Held::NoName | Held::NoData) => format!("{editor} add: {}.", named_fields(record)),
            (Expectation::Alias(_), Held::Addresses(addresses)) => format!(
                "{editor} choose Manage and replace the address {} of {name} by: {}.",
                records(addresses.len()),
                fields(record)
            ),
            (Expectation::Addresses(expected), Held::Addresses(addresses)) => {
                let extra: Vec<&IpAddr> = addresses.iter().filter(|a| !expected.contains(a)).collect();
                let (records, from) = (records(extra.len()), list(&extra, 8));
                if extra.len() < addresses.len() {
                    format!(
                        "{editor} delete the {rtype} {records} {from} of {name}.{}",
                        or_beyond(zone, name)
                    )
                } else {
                    let to = self.expected(record);
                    format!(
                        "{editor} choose Manage and change the {rtype} {records} of {name} from {from} to {to}.{}",
                        or_beyond(zone, name)
                    )
                }
            }
        };
        format!("{step} {}", self.after_change())
    }

    /// How to be rid of an IPv6 address that nobody expects.
    pub(super) fn drop_aaaa(&self, zone: &Name, name: &Name, addresses: &[IpAddr]) -> String {
        let records = if addresses.len() == 1 { "record" } else { "records" };
        format!(
            "In the Zone Editor of {zone} delete the AAAA {records} {} of {name}; if the address is this server's \
             own, expect it as well.{}",
            list(addresses, 4),
            or_beyond(zone, name)
        )
    }

    /// The expected value as a noun phrase.
    pub(in crate::view) fn expected(&self, record: &Record) -> String {
        match &record.expect {
            Expectation::Addresses(set) => {
                let all: Vec<String> = set.iter().map(ToString::to_string).collect();
                match &all[..] {
                    [front @ .., last] if !front.is_empty() => format!("{} or {last}", front.join(", ")),
                    _ => all.concat(),
                }
            }
            Expectation::Alias(target) => format!("a CNAME to {target}"),
            Expectation::NoAddress => "no AAAA record".to_owned(),
        }
    }
}

/// Addresses may stand at the end of a CNAME: `www` in a panel is one as a rule. A zone's own name cannot be one
/// (RFC 1034, section 3.6.2).
fn or_beyond(zone: &Name, name: &Name) -> &'static str {
    if zone == name { "" } else { " If it is a CNAME, do so at the name that it leads to." }
}

fn named_fields(record: &Record) -> String {
    format!("Name {}., {}", record.name, fields(record))
}

fn fields(record: &Record) -> String {
    let values = record.expected();
    match &values[..] {
        [one] => format!("Type {}, Record {one}", record.rtype),
        many => format!("Type {}, one Record each for {}", record.rtype, list(many, 8)),
    }
}
