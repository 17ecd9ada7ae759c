//! What a look at the names has found, held against the error text: which of the causes it is now.

use crate::model::{
    Cause, Check, Diagnosis, Effect, Held, Name, RecordReport, Report, Signing, Timestamp, Trouble, Verdict,
};
use crate::view::Cast;

use super::super::{When, Words};

/// The first of a diagnosis's checks are those that its text points to.
const NEAREST: usize = 3;

/// A look that is over.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// What it found.
    pub report: &'a Report,
    /// Who is who in it.
    pub cast: &'a Cast,
}

/// One check of the list, as far as a look went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// The worst that was found; none where nothing was, or where nobody could look.
    pub effect: Option<Effect>,
    /// Whether it was looked at.
    pub looked: bool,
    /// The codes of what was found.
    pub codes: Vec<&'static str>,
}

/// What stands in the way of a name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// The name.
    pub name: Name,
    /// The reason's code; none where nothing stands in the way.
    pub code: Option<&'static str>,
    /// Which of the diagnosis's causes that is, counted from 1, and its own code.
    pub trouble: Option<(usize, Trouble)>,
    /// The sentence.
    pub text: String,
}

impl Looked<'_> {
    /// The checks of a diagnosis, with what was found for its names.
    pub fn checks(&self, diagnosis: &Diagnosis) -> Vec<Checked> {
        let entries: Vec<_> =
            self.report.records.iter().filter(|entry| self.is_about(entry, diagnosis)).collect();
        let each = diagnosis.checks.iter().map(|&check| {
            let mut found: Vec<(Effect, &'static str)> = entries
                .iter()
                .flat_map(|entry| &entry.reasons)
                .filter(|reason| check_of(&reason.cause) == Some(check))
                .map(|reason| (reason.effect, reason.cause.code()))
                .collect();
            found.sort_unstable();
            found.dedup();
            let heard = entries.iter().any(|entry| entry.authority.right + entry.authority.wrong > 0);
            let looked = !found.is_empty()
                || (heard || check == Check::Policy || check == Check::Tries) && !entries.is_empty();
            Checked {
                check,
                effect: found.first().map(|(effect, _)| *effect),
                looked,
                codes: found.into_iter().map(|(_, code)| code).collect(),
            }
        });
        each.collect()
    }

    fn is_about(&self, entry: &RecordReport, diagnosis: &Diagnosis) -> bool {
        self.cast.record(entry.record).is_some_and(|record| diagnosis.names.contains(&record.name))
    }

    /// What stands in the way of each name of a diagnosis that was looked at.
    pub fn now(&self, diagnosis: &Diagnosis, when: &When) -> Vec<Now> {
        diagnosis.names.iter().filter_map(|name| self.of_name(name, diagnosis, when)).collect()
    }

    fn of_name(&self, name: &Name, diagnosis: &Diagnosis, when: &When) -> Option<Now> {
        let named =
            |entry: &&RecordReport| self.cast.record(entry.record).is_some_and(|record| record.name == *name);
        let entries = self.report.records.iter().map(|entry| &**entry);
        let entry = entries.filter(named).max_by_key(|entry| entry.verdict)?;
        let over = |text: String| Now { name: name.clone(), code: None, trouble: None, text };
        if entry.verdict == Verdict::Safe {
            return Some(over(format!("{name}: nothing of what the message can mean is found now.")));
        }
        let words = Words::new(self.cast, when.clone());
        let lead = words.lead_of(entry)?;
        if entry.issuable {
            return Some(over(format!(
                "{name}: what the message tells of is over for Let's Encrypt; still waited for: {}.",
                lead.said.text
            )));
        }
        let cause =
            entry.reasons.iter().map(|reason| &reason.cause).find(|cause| cause.code() == lead.code)?;
        let likely = troubles_of(cause);
        let place = diagnosis.troubles.iter().position(|trouble| likely.contains(trouble));
        let near = check_of(cause)
            .is_some_and(|check| diagnosis.checks.iter().take(NEAREST).any(|nearest| *nearest == check));
        let text = &lead.said.text;
        let text = match place {
            Some(_) if diagnosis.troubles.len() == 1 => {
                format!("{name}: the real cause now is the one told above: {text}.")
            }
            Some(place) => {
                format!("{name}: the real cause now is number {} of those above: {text}.", place + 1)
            }
            None if near => format!("{name}: the real cause now: {text}."),
            None => format!("{name}: the real cause now is another than the message names: {text}."),
        };
        let trouble = place.map(|place| (place + 1, diagnosis.troubles[place]));
        Some(Now { name: name.clone(), code: Some(lead.code), trouble, text })
    }

    /// When it was.
    pub fn at(&self) -> Timestamp {
        self.report.at
    }
}

/// The check that finds a cause.
fn check_of(cause: &Cause) -> Option<Check> {
    let code = cause.code();
    Some(match code {
        "name-refused" => Check::Policy,
        "zone-missing" | "parent-split" | "ns-mismatch" => Check::Delegation,
        "glue-mismatch" | "server-refuses" | "alias-loop" | "ca-may-cache" | "former-authority-answers" => {
            Check::NameServers
        }
        "unexpected-aaaa" | "reserved-address" | "ipv6-dead" | "other-server" | "expectation-unknown" => {
            Check::Addresses
        }
        "ds-split" | "resolver-bogus" => Check::Dnssec,
        "too-slow" => Check::Web,
        "attempts" => Check::Tries,
        "a-dropped" => Check::NameServers,
        _ if code.starts_with("authority-") || code.starts_with("aaaa-") => Check::NameServers,
        _ if code.starts_with("dnssec-") => Check::Dnssec,
        _ if code.starts_with("caa-") => Check::Caa,
        _ if code.starts_with("web-") => Check::Web,
        _ => return None,
    })
}

/// What a cause is called in an error text's list, where that is beyond doubt.
fn troubles_of(cause: &Cause) -> &'static [Trouble] {
    match cause {
        Cause::AuthorityWrong { held, .. } | Cause::AuthorityUnchanged { held, .. } => match held {
            Held::NoName => &[Trouble::RecordMissing],
            Held::NoData => &[Trouble::NoAddress],
            Held::DeadEnd(_) => &[Trouble::DeadAlias],
            Held::Addresses(_) | Held::Alias(_) | Held::Loop(_) => &[Trouble::OtherServer],
        },
        Cause::AuthorityBehind { .. } | Cause::AuthorityStuck { .. } => &[Trouble::ServersBehind],
        Cause::AuthorityDead { .. } => &[Trouble::ServersDead],
        Cause::AuthorityLame { .. } => &[Trouble::LameDelegation],
        Cause::ZoneMissing { .. } | Cause::ParentSplit { .. } => &[Trouble::Registry],
        Cause::GlueMismatch { .. } => &[Trouble::GlueBroken],
        Cause::UnexpectedAaaa { .. } => &[Trouble::StaleAaaa],
        Cause::ReservedAddress { .. } => &[Trouble::PrivateAddress],
        Cause::OtherServer { .. } => &[Trouble::OtherServer],
        Cause::ServerRefuses { .. }
        | Cause::AaaaDropped { .. }
        | Cause::ADropped { .. }
        | Cause::CaaFails { .. } => &[Trouble::OddQuestions],
        Cause::DnssecBogus { signing, .. } => match signing {
            Signing::NoKey => &[Trouble::DsLeft],
            Signing::KeyMismatch => &[Trouble::KeysChanged],
            Signing::Missing { .. } => &[Trouble::MixedSigning],
            Signing::Expired { .. } => &[Trouble::SignerStopped],
            Signing::NotYet { .. } => &[Trouble::SignerClock],
            Signing::Wrong { .. } => &[Trouble::SignaturesSpoilt],
            Signing::Unproved { .. } => &[Trouble::DenialBroken],
            Signing::NotNeeded | Signing::Proved { .. } | Signing::Unknown { .. } | Signing::Failed(_) => &[],
        },
        Cause::WebCatchAll { .. } => &[Trouble::CatchAll],
        Cause::Attempts { .. } => &[Trouble::TooManyFailures],
        _ => &[],
    }
}
