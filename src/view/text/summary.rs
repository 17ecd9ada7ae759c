//! Many records: how many stand where, what changed last, and what keeps the others, each cause once.

use crate::model::{Milestone, Report, Timestamp, Verdict};
use crate::view::words::{count, list};
use crate::view::{Cast, Change, Counts, Group, Stuck, Tone, Turn, Words, Work, wrap};

use super::lines::milestone_line;
use super::{Text, tone_of};

/// Causes that are told with their next step.
const CAUSES: usize = 6;
/// Names that are given for a cause.
const NAMES: usize = 3;
/// Rows of a live view for causes; the rest is for changes.
const LIVE_CAUSES: usize = 6;

/// `250 of 300 records safe, 40 not yet, 8 blocked, 2 inconclusive`; without what there is none of. Until all were
/// looked at, how many were.
pub(super) fn counted(counts: Counts, until: Milestone) -> String {
    let records = count(counts.records, "record", "records");
    let mut parts = match counts.judged == counts.records {
        true => vec![format!("{} of {records} safe", counts.safe)],
        false => vec![format!("looked at {} of {records}", counts.judged)],
    };
    let mut add = |n: u32, word: &str| {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    };
    if counts.judged < counts.records {
        add(counts.safe, "safe");
    }
    if until == Milestone::Issuable || counts.issuable > counts.safe {
        add(counts.issuable, "issuable");
    }
    add(counts.not_yet(), "not yet");
    add(counts.blocked, "blocked");
    add(counts.inconclusive, "inconclusive");
    parts.join(", ")
}

/// What goes on for long where there are many records, and until about when; said shorter, too.
pub(super) fn at_this_pace(cast: &Cast, words: &Words<'_>, now: Timestamp) -> Option<[String; 2]> {
    if !cast.is_many() || cast.report().is_some_and(|report| report.last) {
        return None;
    }
    let counts = cast.counts();
    let ready = if cast.until() == Milestone::Issuable { counts.issuable } else { counts.safe };
    if cast.is_watch() && ready == counts.records && cast.until() != Milestone::Everyone {
        return Some([
            "what the CA checks is looked at once more before the last word".to_owned(),
            "a last look at what the CA checks".to_owned(),
        ]);
    }
    let (work, by) = cast.done_by(now)?;
    let what = match work {
        Work::Judging => "all looked at",
        Work::Checks => "the CA's checks done",
        Work::Answers => "all resolvers heard",
    };
    let clock = words.when().clock(by);
    let away = words.when().away(by);
    Some([format!("{what} by about {clock} ({away}) at this pace"), format!("{what} by {clock}")])
}

impl Text {
    /// The screen of many records, but for the verdict on all of them.
    pub(super) fn summary(&self, lines: &mut Vec<String>, report: &Report, cast: &Cast, words: &Words<'_>) {
        let counts = counted(cast.counts(), cast.until());
        lines
            .extend(wrap(&counts, self.columns(), "", "  ").iter().map(|l| self.paint.tone(Tone::Strong, l)));
        lines.push(String::new());
        let changes: Vec<String> =
            cast.latest().flat_map(|change| self.change(change, cast, words)).collect();
        if !changes.is_empty() && cast.is_watch() {
            lines.push("Latest changes".to_owned());
            lines.extend(changes);
            lines.push(String::new());
        }
        let stuck = cast.stuck();
        for group in stuck.iter().take(CAUSES) {
            let Some((text, said)) = self.cause(group, report, cast, words) else { continue };
            self.reason(lines, &said, &text);
        }
        if let Some(rest) = stuck.get(CAUSES..).filter(|rest| !rest.is_empty()) {
            let records: u32 = rest.iter().map(|group| group.records).sum();
            let causes = count(u32::try_from(rest.len()).unwrap_or(u32::MAX), "other cause", "other causes");
            let line = format!(
                "{}, with {causes}: --full tells each",
                count(records, "record more", "records more")
            );
            lines.extend(wrap(&line, self.columns(), "        ", "        "));
        }
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
    }

    /// A cause with the first records that it keeps, in the words for the first of them.
    fn cause(
        &self,
        stuck: &Stuck,
        report: &Report,
        cast: &Cast,
        words: &Words<'_>,
    ) -> Option<(String, Group)> {
        let entries = stuck.first.iter().filter_map(|place| report.records.get(*place));
        let records: Vec<_> = entries.clone().filter_map(|entry| cast.record(entry.record)).collect();
        let example = records.first()?;
        let said = words.lead_of(entries.clone().next()?)?;
        if stuck.records == 1 {
            return Some((format!("{example}: {}", said.said.text), said));
        }
        let named = &records[..records.len().min(NAMES)];
        let more = (stuck.records as usize).saturating_sub(named.len());
        let names = match more {
            0 => list(named, NAMES),
            more => {
                let names: Vec<String> = named.iter().map(ToString::to_string).collect();
                format!("{} and {more} more", names.join(", "))
            }
        };
        let number = count(stuck.records, "record", "records");
        Some((format!("{number}: {names}. {example}: {}", said.said.text), said))
    }

    /// A change as lines with its time.
    fn change(&self, change: &Change, cast: &Cast, words: &Words<'_>) -> Vec<String> {
        let Some((tone, what)) = told(change, cast) else { return Vec::new() };
        let start = cast.started_at().unwrap_or(change.at);
        let stamp = format!("  {}", words.when().stamp(change.at, start));
        let hang = " ".repeat(stamp.len() + 2);
        let lines = wrap(&what, self.columns(), &hang, &hang).into_iter().enumerate();
        lines
            .map(|(i, line)| {
                let body = self.paint.tone(tone, line.trim_start());
                if i == 0 { format!("{stamp}  {body}") } else { format!("{hang}{body}") }
            })
            .collect()
    }

    /// The rows of a live view: what keeps records, then what changed last.
    pub(super) fn rows_of_many(&self, cast: &Cast, words: &Words<'_>, most: usize) -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        for stuck in cast.stuck().iter().take(LIVE_CAUSES) {
            let Some(entry) = stuck.first.first().and_then(|place| cast.entry(*place)) else { continue };
            let (Some(said), Some(record)) = (words.lead_of(entry), cast.record(entry.record)) else {
                continue;
            };
            let word = match entry.verdict {
                Verdict::Blocked => "blocked",
                Verdict::Inconclusive => "unclear",
                Verdict::NotYet => "wait",
                Verdict::Safe => "safe",
            };
            rows.push(format!("{:>5} {word:<8} {record}: {}", stuck.records, said.said.text));
        }
        for change in cast.latest() {
            let start = cast.started_at().unwrap_or(change.at);
            if let Some((_, what)) = told(change, cast) {
                rows.push(format!("{}  {what}", words.when().stamp(change.at, start)));
            }
        }
        rows.truncate(most);
        rows
    }
}

fn told(change: &Change, cast: &Cast) -> Option<(Tone, String)> {
    match change.turn {
        Turn::Milestone(milestone, lost) => milestone_line(cast, change.record, milestone, lost),
        Turn::Verdict(verdict) => {
            let word = match verdict {
                Verdict::Safe => "safe",
                Verdict::NotYet => "on its way again",
                Verdict::Blocked => "blocked",
                Verdict::Inconclusive => "inconclusive",
            };
            Some((tone_of(verdict), format!("{}: {word}", cast.record(change.record)?)))
        }
    }
}
