//! What a command is told: variables of its environment, and the verdict's JSON on its standard input.
//!
//! Nothing of it ever stands in a command line. Texts in which a server has its word come from the views, which
//! write control characters out; lists are bounded, since the system refuses a variable of more than 128 KiB.

use std::sync::Arc;

use propwatch::model::{Milestone, Name, RecordReport, Report, Verdict};
use propwatch::view::escape::clean;
use propwatch::view::{Cast, When, Words, json};

/// Bytes of one list of names; whatever does not fit is in the JSON.
const MOST_BYTES: usize = 32 << 10;

/// What is known at one verdict, ready to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Names and values of variables, all of them set, each time.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The verdict event, one line with its end.
    pub(crate) json: Arc<String>,
}

/// Where the verdict of each record stands; another value is a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    whole: Verdict,
    reached: bool,
    each: Vec<Verdict>,
}

impl Standing {
    pub(crate) fn of(report: &Report) -> Self {
        let each = report.records.iter().map(|record| record.verdict).collect();
        Standing { whole: report.verdict, reached: report.reached, each }
    }
}

impl Facts {
    /// `event` is `change` or `end`.
    pub(crate) fn new(
        event: &'static str,
        report: &Report,
        cast: &Cast,
        previous: Option<&Standing>,
        journal: &str,
    ) -> Self {
        let when = When::utc(report.at);
        let words = Words::new(cast, when.clone());
        let headline = words.headline(report);
        let until = match cast.until() {
            Milestone::Issuable => "issuable",
            Milestone::Safe => "safe",
            Milestone::Everyone => "everyone",
        };
        let all = names(report, cast, |_| true);
        let ready = |record: &RecordReport| match cast.until() {
            Milestone::Issuable => record.issuable,
            Milestone::Safe => record.verdict == Verdict::Safe,
            Milestone::Everyone => record.everyone,
        };
        let variables = vec![
            ("PROPWATCH_EVENT", event.to_owned()),
            ("PROPWATCH_VERDICT", report.verdict.to_string()),
            ("PROPWATCH_PREVIOUS", previous.map(|one| one.whole.to_string()).unwrap_or_default()),
            ("PROPWATCH_EXIT", report.exit_code().to_string()),
            ("PROPWATCH_UNTIL", until.to_owned()),
            ("PROPWATCH_REACHED", if report.reached { "1" } else { "0" }.to_owned()),
            ("PROPWATCH_AT", report.at.to_string()),
            ("PROPWATCH_COUNT", all.len().to_string()),
            ("PROPWATCH_NAMES", listed(&all)),
            ("PROPWATCH_READY", listed(&names(report, cast, ready))),
            ("PROPWATCH_WAITING", listed(&names(report, cast, |record| !ready(record)))),
            ("PROPWATCH_SUMMARY", clean(&headline.line).into_owned()),
            ("PROPWATCH_NEXT", clean(&headline.why).into_owned()),
            ("PROPWATCH_JOURNAL", journal.to_owned()),
        ];
        let mut json = json::verdict(report, cast);
        json.push('\n');
        json.shrink_to_fit();
        Facts { variables, json: Arc::new(json) }
    }
}

/// The names of the records, each once and in their order.
fn names(report: &Report, cast: &Cast, wanted: impl Fn(&RecordReport) -> bool) -> Vec<Name> {
    let mut seen = std::collections::BTreeSet::new();
    let records = report.records.iter().filter(|record| wanted(record));
    let names = records.filter_map(|entry| cast.record(entry.record)).map(|record| record.name.clone());
    names.filter(|name| seen.insert(name.clone())).collect()
}

/// With spaces between them, cut at a whole name.
fn listed(names: &[Name]) -> String {
    let mut out = String::new();
    for name in names {
        let name = name.to_string();
        if out.len() + name.len() >= MOST_BYTES {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_at_a_whole_name() {
        let names: Vec<Name> =
            (0..10_000).map(|n| Name::parse(&format!("host-{n}.example.com")).unwrap()).collect();
        let text = listed(&names);
        assert!(text.len() <= MOST_BYTES && text.len() > MOST_BYTES - 64);
        assert!(text.starts_with("host-0.example.com host-1.example.com ") && text.ends_with(".example.com"));
        assert_eq!(listed(&names[..1]), "host-0.example.com");
        assert_eq!(listed(&[]), "");
    }
}
