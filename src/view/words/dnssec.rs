//! Words about signatures: what a resolver that checks them says.

use crate::model::{Failure, Name, QuestionType, Signing};

use super::{Said, Words, failure};

impl Words<'_> {
    pub(super) fn dnssec_bogus(&self, zone: &Name, server: &str, signing: &Signing) -> Said {
        let clock = |at| self.when.clock(at);
        let text = match signing {
            Signing::NoKey => format!(
                "DNSSEC: {server} serves {zone} without a key, though the registrar has a DS record for it"
            ),
            Signing::KeyMismatch => {
                format!("DNSSEC: no key of {zone} at {server} fits the DS record at the registrar")
            }
            Signing::Missing { of } => format!("DNSSEC: {server} gives {of} without a signature"),
            Signing::Expired { of, at } => {
                format!("DNSSEC: the signature of {of} at {server} has expired ({})", clock(*at))
            }
            Signing::NotYet { of, at } => {
                format!("DNSSEC: the signature of {of} at {server} is only valid from {}", clock(*at))
            }
            Signing::Wrong { of } => format!("DNSSEC: the signature of {of} at {server} is wrong"),
            Signing::Unproved { of } => {
                format!("DNSSEC: {server} says that there is no {of}, and does not prove it")
            }
            Signing::NotNeeded | Signing::Proved { .. } | Signing::Unknown { .. } | Signing::Failed(_) => {
                format!("DNSSEC: what {server} says of {zone} could not be proved")
            }
        };
        let after = self.after_change();
        let next = match signing {
            Signing::NotYet { at, .. } => self.wait_until_then(*at),
            Signing::NoKey | Signing::KeyMismatch => format!(
                "At the registrar remove the DS record of {zone}, or have {zone} signed with the key that it names. \
                 {after}"
            ),
            Signing::Unproved { of } if of.qtype == QuestionType::Caa => format!(
                "Ask whoever runs the DNS of {zone} to repair its signing; a CAA record 0 issue letsencrypt.org at \
                 {} avoids the empty answer. {after}",
                of.name
            ),
            _ => format!(
                "Ask whoever runs the DNS of {zone} to sign it anew on every server, or remove its DS record at the \
                 registrar. {after}"
            ),
        };
        Said::new(text, next)
    }

    pub(super) fn ds_split(&self, zone: &Name) -> Said {
        Said::new(
            format!(
                "DNSSEC: the registry's servers do not agree yet on the DS record of {zone}: a change is being \
                 published"
            ),
            format!("Registries take minutes, some of them hours. {}", self.just_wait()),
        )
    }

    pub(super) fn dnssec_unseen(&self, zone: &Name, why: Option<&Failure>) -> Said {
        let why = why.map(|why| format!(" ({})", failure(why))).unwrap_or_default();
        Said::new(
            format!("DNSSEC: the signatures of {zone} could not all be looked at{why}"),
            format!("{} If it stays so, ask whoever runs the DNS of {zone}.", self.just_wait()),
        )
    }

    pub(super) fn dnssec_unchecked(&self, zone: &Name, algorithm: u8) -> Said {
        Said::new(
            format!(
                "DNSSEC: {zone} is signed with algorithm {algorithm}, which Let's Encrypt checks and propwatch \
                 cannot"
            ),
            "Tick Dry run in the panel's Let's Encrypt page: it tells whether the signatures are good.",
        )
    }
}
