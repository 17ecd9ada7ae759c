//! The screen at the end of a look or a watch. The verdict stands last, above the prompt, where it is
//! seen however long the rest is.

use crate::model::{Effect, RecordReport, Report, Verdict};
use crate::view::words::{list, of_caches};
use crate::view::{Cast, Detail, Group, Paint, Tone, Words, wrap};

use super::lines::verdict_word;
use super::rows::rows;
use super::{Text, next_mark};

/// The column in which values begin.
const LABEL: usize = 15;
/// Names that are given for what is said of several records.
const NAMES: usize = 4;

impl Text {
    /// The whole screen, each line ended.
    pub fn report(&self, report: &Report, cast: &Cast) -> String {
        let words = self.words(cast, report.at);
        let mut lines: Vec<String> = Vec::new();
        if self.detail != Detail::Brief {
            if !cast.is_many() || self.detail == Detail::Full {
                let shared = if cast.is_many() { Vec::new() } else { words.shared(report) };
                for entry in &report.records {
                    let several = report.records.len() > 1;
                    self.record(&mut lines, (entry, &shared), cast, &words, several);
                }
                self.shared(&mut lines, &shared, report, cast);
            }
            if cast.is_many() {
                self.summary(&mut lines, report, cast, &words);
            }
            if report.verdict == Verdict::Safe || report.reached {
                let line = wrap(&words.one_place(report.at), self.columns(), "", "");
                lines.extend(line.iter().map(|line| self.paint.tone(Tone::Faint, line)));
                lines.push(String::new());
            }
        }
        lines.extend(self.headline(report, cast));
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }

    /// What is said of several records alike, once below them.
    fn shared(&self, lines: &mut Vec<String>, shared: &[Group], report: &Report, cast: &Cast) {
        for group in shared {
            let whom = if group.records.len() == report.records.len() {
                all_of(report.records.len())
            } else {
                let records: Vec<_> = group.records.iter().filter_map(|id| cast.record(*id)).collect();
                list(&records, NAMES)
            };
            self.reason(lines, group, &format!("{whom}: {}", group.said.text));
        }
        if !shared.is_empty() {
            lines.push(String::new());
        }
    }

    /// One record in full, but for what is `shared`.
    fn record(
        &self,
        lines: &mut Vec<String>,
        (entry, shared): (&RecordReport, &[Group]),
        cast: &Cast,
        words: &Words<'_>,
        several: bool,
    ) {
        let Some(record) = cast.record(entry.record) else { return };
        let verdict = if several { format!("{}: ", verdict_word(entry.verdict)) } else { String::new() };
        let title = format!("{verdict}{record}, expected {}", words.expected(record));
        lines.extend(wrap(&title, self.columns(), "", "  ").iter().map(|l| self.paint.tone(Tone::Strong, l)));
        self.value(lines, "Name servers", &servers(entry), tone_of_servers(entry));
        self.rows(lines, entry, cast, words, true);
        self.value(lines, "Resolvers", &resolvers(entry, cast), tone_of_resolvers(entry));
        self.rows(lines, entry, cast, words, false);
        let tone = if entry.issuable { Tone::Good } else { Tone::Waits };
        self.value(lines, "Let's Encrypt", &words.ca_truth(entry), tone);
        let tone = if entry.everyone { Tone::Good } else { Tone::Waits };
        self.value(lines, "Visitors", &words.visitors_truth(entry), tone);
        lines.push(String::new());
        let groups = words.groups(entry);
        // With one record the headline below says what decides, with its next step.
        let lead = if several { None } else { words.lead_of(entry) };
        for group in &groups {
            let told = lead.as_ref().is_some_and(|lead| {
                lead == group
                    || (of_caches(lead.code) && of_caches(group.code) && lead.effect == group.effect)
            });
            if told || shared.iter().any(|other| other.says(group)) {
                continue;
            }
            self.reason(lines, group, &group.said.text);
        }
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
    }

    fn value(&self, lines: &mut Vec<String>, label: &str, value: &str, tone: Tone) {
        let head = format!("  {label:<LABEL$}");
        let hang = " ".repeat(LABEL + 2);
        for (i, line) in wrap(value, self.columns(), &head, &hang).iter().enumerate() {
            let split = line.char_indices().nth(LABEL + 2).map(|(at, _)| at);
            match split {
                Some(at) if i == 0 || line.starts_with(&hang) => {
                    lines.push(format!("{}{}", &line[..at], self.paint.tone(tone, &line[at..])));
                }
                _ => lines.push(line.clone()),
            }
        }
    }

    fn rows(
        &self,
        lines: &mut Vec<String>,
        entry: &RecordReport,
        cast: &Cast,
        words: &Words<'_>,
        servers: bool,
    ) {
        let rows = rows(cast, words, entry.record, servers, self.detail);
        let longest = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        let column = longest.min(if self.columns() < 60 { 0 } else { 27 });
        for row in rows {
            let head = format!("    {:<column$}", row.what);
            if head.chars().count() > column + 4 || column == 0 {
                // No room beside it: what is held on one line, who holds it below.
                lines.extend(wrap(&format!("{}: {}", row.what, row.who), self.columns(), "    ", "      "));
            } else {
                let hang = " ".repeat(column + 6);
                lines.extend(wrap(&row.who, self.columns(), &format!("{head}  "), &hang));
            }
        }
    }

    pub(super) fn reason(&self, lines: &mut Vec<String>, group: &Group, text: &str) {
        let (word, tone) = match group.effect {
            Effect::Blocks => ("blocks", Tone::Bad),
            Effect::Hides => ("hides", Tone::Bad),
            Effect::Waits => ("waits", Tone::Waits),
            Effect::Warns => ("note", Tone::Faint),
        };
        let head = format!("{word:<8}");
        for (i, line) in wrap(text, self.columns(), &head, "        ").iter().enumerate() {
            if i == 0 && self.paint == Paint::Ansi {
                lines.push(line.replacen(word, &self.paint.tone(tone, word), 1));
            } else {
                lines.push(line.clone());
            }
        }
        let next = &group.said.next;
        if group.effect == Effect::Warns && next.starts_with("Nothing to do") {
            return;
        }
        let next = format!("{}{next}", next_mark(next));
        lines.extend(wrap(&next, self.columns(), "        ", "        "));
    }
}

/// Every record there is, of which there are at least two.
fn all_of(records: usize) -> String {
    if records == 2 { "both records".to_owned() } else { format!("all {records} records") }
}

fn servers(entry: &RecordReport) -> String {
    let counts = &entry.authority;
    let all = counts.right + counts.wrong + counts.silent;
    if all == 0 {
        return "none could be asked".to_owned();
    }
    let mut parts = vec![format!("{} of {all} right", counts.right)];
    if counts.wrong > 0 {
        parts.push(format!("{} not", counts.wrong));
    }
    if counts.silent > 0 {
        parts.push(format!("{} silent", counts.silent));
    }
    let zone = counts.zone.as_ref().map(|zone| format!(" ({zone})")).unwrap_or_default();
    format!("{}{zone}", parts.join(", "))
}

fn resolvers(entry: &RecordReport, cast: &Cast) -> String {
    let counts = &entry.resolvers;
    if counts.pending == counts.voters {
        return format!("none of {} asked yet", counts.voters);
    }
    let suspects = cast.voters(entry.record).of(crate::view::Kind::Suspect);
    let mut parts = vec![format!("{} of {} right", counts.confirmed, counts.voters)];
    let mut add = |n: u32, word: &str| {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    };
    add(counts.contradicting, "not yet");
    add(suspects.min(counts.silent), "past its own end");
    add(counts.silent.saturating_sub(suspects), "silent");
    add(counts.pending, "to come");
    parts.join(", ")
}

fn tone_of_servers(entry: &RecordReport) -> Tone {
    if entry.authority.right > 0 && entry.authority.wrong + entry.authority.silent == 0 {
        Tone::Good
    } else {
        Tone::Waits
    }
}

fn tone_of_resolvers(entry: &RecordReport) -> Tone {
    let counts = &entry.resolvers;
    if counts.confirmed > 0 && counts.contradicting + counts.pending == 0 { Tone::Good } else { Tone::Waits }
}
