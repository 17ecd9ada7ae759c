//! Causes that lie with the CA, its limits, the list of names, the client or the panel.

use crate::model::Trouble;

use super::super::Said;
use super::Explaining;

impl Explaining<'_> {
    pub(super) fn elsewhere(&self, trouble: Trouble) -> Said {
        self.with_limits(trouble)
            .or_else(|| self.in_names(trouble))
            .unwrap_or_else(|| self.with_clients(trouble))
    }

    fn with_limits(&self, trouble: Trouble) -> Option<Said> {
        let name = self.name();
        Some(match trouble {
            Trouble::TooManyFailures => Said::new(
                format!("five tries for {name} failed within an hour; one comes back every 12 minutes"),
                "Find the cause first, with the panel's Dry run: its tries are counted apart.",
            ),
            Trouble::Paused => Said::new(
                format!(
                    "more than a thousand tries for {name} failed in a row, so the account is paused for it"
                ),
                "Repair the cause first, then open the link in the text (as the account's owner: perhaps the hosting).",
            ),
            Trouble::SetIssued => Said::new(
                "this certificate was issued five times within a week: it exists, and installing it is what fails",
                "In cPanel's SSL/TLS look for the certificates that are there, and install one. A different set of names \
                 is counted apart.",
            ),
            Trouble::DomainIssued => Said::new(
                format!("50 certificates a week for the domain of {name} are used up, by all who share it"),
                "Use a domain of your own instead of one that the hosting lends to many.",
            ),
            Trouble::ManyOrders => Said::new(
                "the account made 300 orders within three hours: many sites share it",
                "Tell the hosting; wait meanwhile.",
            ),
            Trouble::ManyAccounts => Said::new(
                "too many accounts were made from this server's address within three hours",
                "Tell the hosting: the panel makes one for each user; wait meanwhile.",
            ),
            Trouble::ManyPending => Said::new(
                "the client leaves authorizations open",
                "Update the client. Open ones end by themselves within seven days.",
            ),
            Trouble::CaBusy => Said::new(
                "the CA has too much to do at the moment",
                "Try again in some minutes, not at the full hour.",
            ),
            Trouble::Passing => Said::new(
                "something failed that may be over already",
                "Try once more in some minutes; if it fails again, take the next cause.",
            ),
            Trouble::CaSide => Said::new(
                format!("{} had trouble of its own", self.ca()),
                "Look at https://letsencrypt.status.io/ and try again in some minutes.",
            ),
            Trouble::CaSlow => Said::new(
                "the CA takes longer than the client waits: it is busy, or waits for servers that do not answer",
                "Wait two minutes, look with propwatch check, then press Issue once more.",
            ),
            Trouble::CtLogs => Said::new(
                "the public logs that every certificate has to be in did not answer the CA",
                "Try again later: the proof has passed already and holds.",
            ),
            _ => return None,
        })
    }

    fn in_names(&self, trouble: Trouble) -> Option<Said> {
        let name = self.name();
        Some(match trouble {
            Trouble::Forbidden => Said::new(
                format!("{name} is on the CA's list of names that it never issues for"),
                "Only the CA can lift that (https://community.letsencrypt.org/); another CA may issue it.",
            ),
            Trouble::NotPublic => Said::new(
                format!("{name} ends in something that is no public top-level domain"),
                "Take it out of the list, or correct its ending.",
            ),
            Trouble::SuffixItself => Said::new(
                format!("{name} is a public ending, under which others register names"),
                "Put a name below it into the list.",
            ),
            Trouble::BadCharacter => Said::new(
                format!("{name} has a character that a web site's name cannot have: an underscore, a space"),
                "Untick it: names such as _dmarc and _domainkey need no certificate.",
            ),
            Trouble::Misspelt => {
                Said::new(format!("{name} is not formed as a name is"), "Correct the list of names.")
            }
            Trouble::AddressAsName => Said::new(
                format!("there is an address in the list of names ({name})"),
                "Take it out: certificates for addresses need a profile of their own.",
            ),
            Trouble::WildcardHttp => Said::new(
                "a wildcard cannot be proved by a file on a web server",
                "Take the wildcard out of the list, or choose the panel's DNS method.",
            ),
            Trouble::Redundant => Said::new(
                format!("the wildcard in the list covers {name} already"),
                "Take one of the two out.",
            ),
            Trouble::TooManyNames => Said::new(
                "there are more names than one certificate takes (100)",
                "Part them among several certificates.",
            ),
            Trouble::OnDemand => Said::new(
                "a client asks for certificates for whatever name it is called by",
                "Give that client a list of the names that it may order.",
            ),
            Trouble::OddIdentifier => Said::new(
                "the client asks for something that is neither a name nor an address",
                "Correct the client's list of names, or update it.",
            ),
            _ => return None,
        })
    }
}
