//! Words about CAA records: who may issue.

use crate::model::{CaaFault, CaaSaid, Failure, Name, Record};
use crate::view::escape::clean;

use super::{Said, Words, failure, list, rcode};

impl Words<'_> {
    pub(super) fn caa_forbids(&self, name: &Name, owner: &Name, fault: &CaaFault) -> Said {
        Said::new(
            format!("{} {}", records_at(name, owner), forbid(fault)),
            format!("{} {}", mend(owner, fault), self.after_change()),
        )
    }

    pub(super) fn caa_split(&self, name: &Name, owner: &Name, server: &str, fault: &CaaFault) -> Said {
        Said::new(
            format!(
                "at the name server {server}, not at all others, {} {}",
                records_at(name, owner),
                forbid(fault)
            ),
            format!("Name servers copy from one another, as a rule within minutes. {}", self.just_wait()),
        )
    }

    pub(super) fn caa_account(&self, owner: &Name, accounts: &[String]) -> Said {
        let accounts: Vec<_> = accounts.iter().map(|account| clean(account)).collect();
        Said::new(
            format!("the CAA records of {owner} let only the account {} issue", list(&accounts, 2)),
            "Check that this is the panel's account: its number stands in the order URL of every error text.",
        )
    }

    pub(super) fn caa_unseen(&self, name: &Name, why: Option<&Failure>) -> Said {
        let why = why.map(|why| format!(" ({})", failure(why))).unwrap_or_default();
        Said::new(
            format!("whether CAA records of {name} let Let's Encrypt issue could not be learnt{why}"),
            self.just_wait(),
        )
    }

    pub(super) fn caa_fails(&self, record: &Record, name: &Name, server: &str, said: &CaaSaid) -> Said {
        let how = match said {
            CaaSaid::Refused(code) => format!("answers {}", rcode(*code)),
            CaaSaid::Failed(why) => failure(why),
            CaaSaid::Loop => "its aliases run in a circle".to_owned(),
            CaaSaid::Records(_) | CaaSaid::Nothing | CaaSaid::NoSuchName => "no clear answer".to_owned(),
        };
        Said::new(
            format!(
                "the name server {server} cannot say whether {name} has CAA records ({how}), and then Let's Encrypt \
                 does not issue"
            ),
            self.ask_dns_host(record, "have it answer questions for CAA, if only that there are none"),
        )
    }
}

fn records_at(name: &Name, owner: &Name) -> String {
    if name == owner {
        format!("the CAA records of {owner}")
    } else {
        format!("the CAA records of {owner}, where the CNAME of {name} leads,")
    }
}

fn forbid(fault: &CaaFault) -> String {
    match fault {
        CaaFault::Critical { tag } => format!(
            "have a critical entry {} that Let's Encrypt does not know, so it does not issue",
            clean(tag)
        ),
        CaaFault::Method { methods } => {
            format!("let Let's Encrypt issue by other ways only ({}), not by http-01", clean(methods))
        }
        CaaFault::Account { account } => {
            format!("let Let's Encrypt issue for another account only ({})", clean(account))
        }
        CaaFault::Twice { parameter } => {
            format!("name Let's Encrypt with {} twice, which voids it", clean(parameter))
        }
        CaaFault::Malformed { value } => {
            format!(
                "name Let's Encrypt with something that cannot be read ({}), which voids it",
                clean(value)
            )
        }
        CaaFault::NearMiss { value } => {
            format!("say {}, which is not exactly letsencrypt.org", clean(value))
        }
        CaaFault::Others { issuers } => {
            let issuers: Vec<_> = issuers.iter().map(|issuer| clean(issuer)).collect();
            format!("let only {} issue, not Let's Encrypt", list(&issuers, 3))
        }
        CaaFault::Nobody => "let nobody issue".to_owned(),
    }
}

fn mend(owner: &Name, fault: &CaaFault) -> String {
    let record = format!("Name {owner}., Type CAA, Flag 0, Tag issue, Value letsencrypt.org");
    match fault {
        CaaFault::Critical { tag } => {
            format!("Where the DNS of {owner} is edited delete the CAA record with the tag {}.", clean(tag))
        }
        CaaFault::Others { .. } | CaaFault::Nobody => {
            format!("In the Zone Editor add: {record}; or delete the CAA records of {owner}.")
        }
        _ => format!("In the Zone Editor replace that CAA record by: {record}."),
    }
}
