//! The verdict in one line, and the two truths told apart.

use std::time::Duration;

use crate::model::{Cause, Effect, Milestone, RecordReport, Report, Timestamp, Verdict};

use super::{Group, Words, count};

/// For so long the CA's resolvers may keep what was there before (60 s), with the margin that is added to it.
const CA_MINUTE: Duration = Duration::from_secs(65);

/// The verdict for a person who reads only this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// The verdict that it stands for; sets the colour.
    pub verdict: Verdict,
    /// `SAFE: press Issue now.`
    pub line: String,
    /// The one next step, or why it is so.
    pub why: String,
}

impl Words<'_> {
    /// The verdict on everything.
    pub fn headline(&self, report: &Report) -> Headline {
        let until = self.cast.until();
        let headline = |line: String, why: String| Headline { verdict: report.verdict, line, why };
        if report.verdict == Verdict::Safe {
            return headline(self.safe_line(report), self.safe_why(report));
        }
        if report.reached && until == Milestone::Issuable {
            let line = "ISSUABLE: press Issue now; Let's Encrypt can see it.".to_owned();
            return Headline { verdict: Verdict::Safe, line, why: self.visitors_line(report) };
        }
        let word = match report.verdict {
            Verdict::Safe => "SAFE",
            Verdict::NotYet => "NOT YET",
            Verdict::Blocked => "BLOCKED",
            Verdict::Inconclusive => "INCONCLUSIVE",
        };
        let Some(group) = self.lead(report) else {
            return headline(
                format!("{word}: {}.", bare_reason(report.verdict)),
                self.just_wait().to_owned(),
            );
        };
        let text = &group.said.text;
        if let [one] = &report.records[..] {
            return match self.caches_line(one, &group) {
                Some((text, why)) => headline(format!("{word}: {text}."), why),
                None => headline(format!("{word}: {text}."), group.said.next),
            };
        }
        let behind = report.records.iter().filter(|entry| entry.verdict != Verdict::Safe).count();
        let behind = u32::try_from(behind).unwrap_or(u32::MAX);
        let total = count(u32::try_from(report.records.len()).unwrap_or(u32::MAX), "record", "records");
        let verb = if behind == 1 { "is" } else { "are" };
        let about = group.records.first().and_then(|id| self.cast.record(*id));
        let about = about.map(|record| format!("{record}: ")).unwrap_or_default();
        headline(format!("{word}: {behind} of {total} {verb} not ready. {about}{text}."), group.said.next)
    }

    /// The group of reasons that decides the verdict on everything.
    pub(in crate::view) fn lead(&self, report: &Report) -> Option<Group> {
        self.lead_of(report.records.iter().find(|entry| entry.verdict == report.verdict)?)
    }

    /// The group of reasons that decides the verdict on one record.
    pub(in crate::view) fn lead_of(&self, entry: &RecordReport) -> Option<Group> {
        let decides = match entry.verdict {
            Verdict::Safe => return None,
            Verdict::Blocked => Effect::Blocks,
            Verdict::Inconclusive => Effect::Hides,
            Verdict::NotYet => Effect::Waits,
        };
        let groups = self.groups(entry);
        groups.iter().find(|group| group.effect == decides).or(groups.first()).cloned()
    }

    /// Where only caches are behind, however they are: all of them at once, and who need not wait.
    fn caches_line(&self, entry: &RecordReport, lead: &Group) -> Option<(String, String)> {
        let behind = entry.resolvers.contradicting;
        if !of_caches(lead.code) || behind < 2 || entry.verdict != Verdict::NotYet {
            return None;
        }
        let end = entry.everyone_by.map(|at| format!(", the last until {}", self.when.clock(at)));
        let text = format!(
            "{behind} of {} do not have it yet{}",
            count(entry.resolvers.voters, "resolver", "resolvers"),
            end.unwrap_or_default()
        );
        let mut why = lead.said.next.clone();
        if entry.issuable {
            why.push_str(" Let's Encrypt does not ask them: `--until issuable` does not wait for them.");
        }
        Some((text, why))
    }

    /// What the CA sees of a record.
    pub fn ca_truth(&self, report: &RecordReport) -> String {
        if report.issuable {
            return "can see it now".to_owned();
        }
        let blocked = report.reasons.iter().any(|reason| reason.effect == Effect::Blocks);
        let hidden = report.reasons.iter().any(|reason| reason.effect == Effect::Hides);
        let waits = report.reasons.iter().filter(|reason| reason.effect == Effect::Waits);
        let waits = waits.filter_map(|reason| match reason.cause {
            Cause::CaMayCache { until } | Cause::Attempts { next: until, .. } => Some(until),
            _ => None,
        });
        let waits = waits.max();
        let count = &report.authority;
        let servers = count.right + count.wrong + count.silent;
        match (blocked, waits) {
            (false, Some(until)) => format!("not before {}", self.when.clock(until)),
            _ if servers == 0 => "cannot be told: no name server could be asked".to_owned(),
            _ if count.right < servers => "not yet: the name servers are not all right".to_owned(),
            _ if hidden && !blocked => "cannot be told: see below".to_owned(),
            _ => "not yet: see below".to_owned(),
        }
    }

    /// What visitors see of a record.
    pub fn visitors_truth(&self, report: &RecordReport) -> String {
        let voters = &report.resolvers;
        if voters.pending == voters.voters {
            let servers = &report.authority;
            let all_right = servers.right > 0 && servers.wrong + servers.silent == 0;
            let why = if all_right { "" } else { ", so that no cache picks up the old answer" };
            return format!("not looked at yet{why}");
        }
        let voters_see = count(voters.voters, "resolver sees", "resolvers see");
        let seen = format!("{} of {voters_see} it", voters.confirmed);
        if report.everyone {
            return format!("{seen}, and every old answer has ended");
        }
        match report.everyone_by {
            Some(at) => format!("{seen}, all by {}", self.when.clock(at)),
            None => format!("{seen}; when all will cannot be told"),
        }
    }

    /// What cannot be known from one place, as of `at`. Of what was there before this was begun nobody here knows.
    pub fn one_place(&self, at: Timestamp) -> String {
        let place = "Seen from this one place: name servers and firewalls that treat other places differently, and \
                     what the CA knows of the account, cannot be seen from here";
        let new = self.cast.started_at().is_none_or(|begun| at.since(begun) < CA_MINUTE);
        let before =
            if new { "; nor what a change in the last minute has left in the CA's cache" } else { "" };
        format!("{place}{before}.")
    }

    fn safe_line(&self, report: &Report) -> String {
        // One whose end is not known leaves the end of all unknown.
        let behind = report.records.iter().filter(|entry| !entry.everyone);
        let ends: Option<Vec<_>> = behind.map(|entry| entry.everyone_by).collect();
        let all_by = ends.and_then(|ends| ends.into_iter().max());
        match (self.cast.until(), report.reached) {
            (Milestone::Everyone, true) => "SAFE: press Issue now. Everyone sees it.".to_owned(),
            (Milestone::Everyone, false) => match all_by {
                Some(at) => {
                    format!("SAFE: press Issue now. Everyone sees it by {}.", self.when.clock(at))
                }
                None => "SAFE: press Issue now. When everyone sees it cannot be told.".to_owned(),
            },
            _ => "SAFE: press Issue now.".to_owned(),
        }
    }

    fn safe_why(&self, report: &Report) -> String {
        match &report.records[..] {
            [one] => {
                let servers = one.authority.right + one.authority.wrong + one.authority.silent;
                let expected = self.cast.record(one.record).map(|r| self.expected(r)).unwrap_or_default();
                format!(
                    "{} of {} and {} of {} have {expected}.",
                    one.authority.right,
                    count(servers, "name server", "name servers"),
                    one.resolvers.confirmed,
                    count(one.resolvers.voters, "resolver", "resolvers"),
                )
            }
            all => {
                format!("All {} records are right at their name servers and in public resolvers.", all.len())
            }
        }
    }

    fn visitors_line(&self, report: &Report) -> String {
        match &report.records[..] {
            [one] => format!("Visitors: {}.", self.visitors_truth(one)),
            all => {
                let safe = all.iter().filter(|entry| entry.verdict == Verdict::Safe).count();
                format!("Visitors: {safe} of {} records are settled in public resolvers.", all.len())
            }
        }
    }
}

/// Causes that the headline tells together: somebody's cache is behind.
pub(in crate::view) fn of_caches(code: &str) -> bool {
    matches!(code, "resolver-stale" | "resolver-mixed")
}

fn bare_reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe => "everything is right",
        Verdict::NotYet => "it is still on its way",
        Verdict::Blocked => "something must be changed first",
        Verdict::Inconclusive => "too little can be seen from here",
    }
}
