//! The verdict object. The order of the fields is the order on the wire.

use serde::{Serialize, Serializer};

use crate::model::{Effect, Reason, Record, RecordReport, RecordType, Report, Timestamp, Verdict};
use crate::view::escape::clean;
use crate::view::{Cast, When, Words};

use super::SCHEMA;

#[derive(Serialize)]
pub(super) struct VerdictLine<'a> {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    verdict: Verdict,
    exit: u8,
    queries: u64,
    records: Records<'a>,
}

/// The records, each put into words when it is written: of ten thousand there are megabytes.
struct Records<'a> {
    report: &'a Report,
    cast: &'a Cast,
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words = Words::new(self.cast, When::utc(self.report.at));
        let lines = self.report.records.iter().filter_map(|entry| {
            let record = self.cast.record(entry.record)?;
            Some(record_line(entry, record, &words))
        });
        serializer.collect_seq(lines)
    }
}

#[derive(Serialize)]
struct RecordLine {
    name: String,
    #[serde(rename = "type")]
    rtype: RecordType,
    expect: Vec<String>,
    verdict: Verdict,
    issuable: bool,
    everyone_by: Option<Timestamp>,
    authority: AuthorityLine,
    resolvers: ResolverLine,
    reasons: Vec<ReasonLine>,
}

#[derive(Serialize)]
struct AuthorityLine {
    zone: Option<String>,
    right: u32,
    wrong: u32,
    silent: u32,
}

#[derive(Serialize)]
struct ResolverLine {
    voters: u32,
    confirmed: u32,
    contradicting: u32,
    silent: u32,
    pending: u32,
}

#[derive(Serialize)]
struct ReasonLine {
    code: &'static str,
    effect: Effect,
    who: Option<String>,
    text: String,
    until: Option<Timestamp>,
    next: String,
}

pub(super) fn verdict<'a>(report: &'a Report, cast: &'a Cast) -> VerdictLine<'a> {
    VerdictLine {
        schema: SCHEMA,
        event: "verdict",
        at: report.at,
        verdict: report.verdict,
        exit: report.exit_code(),
        queries: report.questions,
        records: Records { report, cast },
    }
}

/// The verdict on one record of many.
#[derive(Serialize)]
pub(super) struct RecordEvent {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    #[serde(flatten)]
    record: RecordLine,
}

/// None for a record that nobody asked for.
pub(super) fn record(at: Timestamp, entry: &RecordReport, cast: &Cast) -> Option<RecordEvent> {
    let record = record_line(entry, cast.record(entry.record)?, &Words::new(cast, When::utc(at)));
    Some(RecordEvent { schema: SCHEMA, event: "record", at, record })
}

fn record_line(entry: &RecordReport, record: &Record, words: &Words<'_>) -> RecordLine {
    RecordLine {
        name: record.name.to_string(),
        rtype: record.rtype,
        expect: record.expected(),
        verdict: entry.verdict,
        issuable: entry.issuable,
        everyone_by: entry.everyone_by,
        authority: AuthorityLine {
            zone: entry.authority.zone.as_ref().map(ToString::to_string),
            right: entry.authority.right,
            wrong: entry.authority.wrong,
            silent: entry.authority.silent,
        },
        resolvers: ResolverLine {
            voters: entry.resolvers.voters,
            confirmed: entry.resolvers.confirmed,
            contradicting: entry.resolvers.contradicting,
            silent: entry.resolvers.silent,
            pending: entry.resolvers.pending,
        },
        reasons: entry.reasons.iter().map(|reason| reason_line(reason, record, words)).collect(),
    }
}

fn reason_line(reason: &Reason, record: &Record, words: &Words<'_>) -> ReasonLine {
    let said = words.reason(record, reason);
    ReasonLine {
        code: reason.cause.code(),
        effect: reason.effect,
        who: reason.who.as_deref().map(|who| clean(who).into_owned()),
        text: said.text,
        until: reason.cause.until(),
        next: said.next,
    }
}
