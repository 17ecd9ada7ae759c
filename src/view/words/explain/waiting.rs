//! Whether waiting helps.

use crate::model::{Class, Phase, Trouble, Waiting, Whose};

use super::Explaining;

impl Explaining<'_> {
    /// Whether waiting helps, and for what.
    pub(super) fn waiting(&self) -> String {
        if let Some(at) = self.diagnosis.retry_after {
            return if at > self.when.now() {
                format!(
                    "Yes, until {} ({}); each try before that fails without being looked at.",
                    self.when.clock(at),
                    self.when.away(at)
                )
            } else {
                format!("No longer: the CA's time, {}, has passed.", self.when.clock(at))
            };
        }
        match self.diagnosis.waiting {
            Waiting::No => self.no(),
            Waiting::Yes => self.yes(),
            Waiting::Retry => {
                "A little: nothing has to be changed for it. Try once more in some minutes, not at once: \
                               each failure uses up one of five tries an hour."
                    .to_owned()
            }
            Waiting::Depends => self.depends(),
        }
    }

    fn no(&self) -> String {
        let server = self.diagnosis.whose == Whose::Expected && self.diagnosis.phase != Phase::Dns;
        let why = if server {
            "the right server was asked; it has to answer otherwise"
        } else {
            "something has to be changed first"
        };
        format!("No: {why}.")
    }

    fn yes(&self) -> String {
        match self.diagnosis.phase {
            Phase::Limits => {
                "Yes, until the limit lets the next one through; the text does not say when. DNS has \
                              nothing to do with it."
                    .to_owned()
            }
            _ => "Yes, if the record has been changed already: until every name server of the zone has it."
                .to_owned(),
        }
    }

    fn depends(&self) -> String {
        let first = self.diagnosis.troubles.first();
        let text = match (self.diagnosis.class, first) {
            (None, _) => "That cannot be said from the text alone.",
            (Some(Class::DnsNxdomain | Class::DnsNodata | Class::AutosslNoip | Class::PebbleResolve), _) => {
                "Only if the record has been added already and is still on its way to the name servers. If it is missing, \
                 no waiting brings it."
            }
            (_, Some(Trouble::StaleAaaa)) => "No, unless the AAAA record has been deleted already.",
            (_, Some(Trouble::OtherServer)) => {
                "Only if the record has been changed already and is still on its way; else it leads to the other server \
                 for ever."
            }
            (Some(Class::CaaForbids), _) => {
                "Only if the CAA records have been changed already: the CA sees that within 60 s."
            }
            _ if self.diagnosis.phase == Phase::Dns => {
                "Only if the name servers were down for a moment: try once more. If \
                                                        it fails again, they have to be repaired."
            }
            _ => "Only if the address is an old one that DNS is already moving away from.",
        };
        text.to_owned()
    }
}
