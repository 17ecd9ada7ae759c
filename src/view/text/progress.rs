//! How far, and when: one line, and the rows of what is still awaited.

use std::time::Duration;

use crate::model::{Cause, Effect, Milestone, RecordId, Timestamp, Why};
use crate::view::{Cast, Counts, Kind};

use super::summary::{at_this_pace, counted};
use super::{Text, Words};

/// What a live view shows below the events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How far, and when; said shorter where the width does not do.
    pub line: String,
    /// At most [`Progress::MAX_ROWS`] of what is still awaited, the soonest end first, each cut
    /// at the width.
    pub waiting: Vec<String>,
}

impl Progress {
    /// Rows of a live view.
    pub const MAX_ROWS: usize = 10;
}

/// From this width on rows have columns; narrower, there is room for what they say only.
const COLUMNS: usize = 60;

/// A look belongs to an answer's end when it comes this soon after it.
const LOOK_AFTER_END: Duration = Duration::from_secs(3);

impl Text {
    /// How far things are at the instant `now`. Costs the same however many records there are.
    pub fn progress(&self, cast: &Cast, now: Timestamp) -> Progress {
        let words = self.words(cast, now);
        let far = how_far(cast).unwrap_or_default();
        let long = how_long(cast, &words, now);
        let next = next_look(cast, &words, now).or_else(|| goes_on(cast));
        let line = fitting(&far, long.as_ref(), next.as_ref(), self.columns());
        let waiting = if cast.is_many() {
            let rows = self.rows_of_many(cast, &words, Progress::MAX_ROWS);
            rows.into_iter().map(|row| cut(row, self.columns())).collect()
        } else {
            waiting(cast, &words, self.columns())
        };
        Progress { line, waiting }
    }
}

/// A part of the line, and how it is said where there is less room.
#[derive(Default)]
struct Part {
    long: String,
    short: String,
}

/// The fullest line that fits; the width may only be exceeded by what is said first. Where there is no room for
/// how far it is in full and when it will be over, both are said shortly. `far` is how far, the fullest first.
fn fitting(far: &[String], long: Option<&Part>, next: Option<&Part>, width: usize) -> String {
    let join = |far: &str, parts: [Option<&String>; 2]| {
        let parts =
            [(!far.is_empty()).then_some(far)].into_iter().chain(parts.map(|p| p.map(String::as_str)));
        parts.flatten().collect::<Vec<_>>().join(" · ")
    };
    let (long_full, long_short) = (long.map(|p| &p.long), long.map(|p| &p.short));
    let (next_full, next_short) = (next.map(|p| &p.long), next.map(|p| &p.short));
    let forms = [
        [long_full, next_full],
        [long_full, next_short],
        [long_short, next_short],
        [long_full, None],
        [long_short, None],
    ];
    let all = far.iter().flat_map(|far| forms.map(|form| join(far, form))).chain(far.iter().cloned());
    let mut fits = all.filter(|line| line.chars().count() <= width);
    fits.next().or_else(|| far.last().cloned()).unwrap_or_default()
}

/// How far it is, the fullest first.
fn how_far(cast: &Cast) -> Option<Vec<String>> {
    let mut wanted = cast.wanted();
    let (first, _) = wanted.next()?;
    if wanted.next().is_some() {
        let counts = cast.counts();
        if counts.judged == 0 || (cast.report().is_none() && !cast.is_many()) {
            return Some(vec!["looking at the name servers".to_owned()]);
        }
        let short = match counts.judged == counts.records {
            true => format!("{}/{} records safe", counts.safe, counts.records),
            false => format!("looked at {}/{} records", counts.judged, counts.records),
        };
        if !cast.is_many() {
            return Some(vec![short]);
        }
        let fewer = Counts { issuable: 0, ..counts };
        return Some(vec![counted(counts, cast.until()), counted(fewer, Milestone::Safe), short]);
    }
    far_of_one(cast, first).map(|far| vec![far])
}

fn far_of_one(cast: &Cast, first: RecordId) -> Option<String> {
    let voters = cast.voters(first);
    if let Some(counted) = resolvers_so_far(cast, first)
        && voters.of(Kind::Unasked) < counted
    {
        let once = match voters.of(Kind::Unconfirmed) {
            0 => String::new(),
            once => format!(", {once} to confirm"),
        };
        return Some(format!("{}/{counted} resolvers right{once}", voters.of(Kind::Right)));
    }
    let servers = cast.authorities(first);
    let all: u32 = ALL.iter().map(|kind| servers.of(*kind)).sum();
    if all == 0 {
        return Some("looking for the name servers".to_owned());
    }
    Some(format!("{}/{all} name servers right", servers.of(Kind::Right) + servers.of(Kind::Unconfirmed)))
}

const ALL: [Kind; 10] = [
    Kind::Unasked,
    Kind::Unconfirmed,
    Kind::Right,
    Kind::Wrong,
    Kind::Mixed,
    Kind::Suspect,
    Kind::Failing,
    Kind::Bogus,
    Kind::Refusing,
    Kind::Silent,
];

fn resolvers_so_far(cast: &Cast, record: RecordId) -> Option<u32> {
    let voters = cast.voters(record);
    let all: u32 = ALL.iter().map(|kind| voters.of(*kind)).sum();
    (all > 0).then_some(all)
}

fn how_long(cast: &Cast, words: &Words<'_>, now: Timestamp) -> Option<Part> {
    let told = |at: Timestamp| format!("{} ({})", words.when().clock(at), words.when().away(at));
    if let Some(until) = cast.settled_by() {
        let short = format!("safe at {}", words.when().clock(until));
        return Some(Part { long: format!("safe at {} if it stays so", told(until)), short });
    }
    if let Some([long, short]) = at_this_pace(cast, words, now) {
        return Some(Part { long, short });
    }
    let by = cast.awaited().next().and_then(|_| cast.forecast?.by);
    if let Some(until) = ca_keeps(cast).filter(|until| by.is_none_or(|by| by < *until)) {
        let short = format!("not before {}", words.when().clock(until));
        return Some(Part {
            long: format!("not before {}: the CA may keep what it had", told(until)),
            short,
        });
    }
    let by = by?;
    let short = format!("all by {}", words.when().clock(by));
    Some(Part { long: format!("last cache turns over {}", told(by)), short })
}

/// Until when the CA may keep an earlier answer for any of a few records.
fn ca_keeps(cast: &Cast) -> Option<Timestamp> {
    let report = cast.report().filter(|_| !cast.is_many())?;
    let reasons = report.records.iter().flat_map(|entry| &entry.reasons);
    let ends = reasons.filter_map(|reason| match reason.cause {
        Cause::CaMayCache { until } if reason.effect == Effect::Waits => Some(until),
        _ => None,
    });
    ends.max()
}

/// What is said while it is not known who is looked at next: that somebody is.
fn goes_on(cast: &Cast) -> Option<Part> {
    let report = cast.report().filter(|report| !report.last && !cast.is_many())?;
    let behind = report.records.iter().any(|entry| entry.authority.wrong > 0);
    let long =
        if report.records.len() == 1 { "asked again until all are" } else { "name servers asked again" };
    behind.then(|| Part { long: long.to_owned(), short: "asked again".to_owned() })
}

fn next_look(cast: &Cast, words: &Words<'_>, now: Timestamp) -> Option<Part> {
    let told = cast.forecast.and_then(|forecast| forecast.next)?;
    // A look that is over says nothing of the next; that one comes when the next answer ends.
    let ends = || cast.awaited().find_map(|(end, _, _)| end.filter(|end| *end >= now));
    let (at, why) = if told.0 >= now { told } else { (ends()?, Why::Expired) };
    let why = match why {
        Why::First => "the first look".to_owned(),
        Why::AuthorityNotRight => "the name servers again".to_owned(),
        Why::Delegation => "the registry again".to_owned(),
        Why::Expired => {
            let whose = cast
                .awaited()
                .find(|(end, _, _)| end.is_some_and(|end| end <= at && at <= end + LOOK_AFTER_END))
                .and_then(|(_, _, id)| cast.member(id));
            match whose {
                Some(member) => format!("{}'s old answer ends", member.vantage.name),
                None => "an old answer ends".to_owned(),
            }
        }
        Why::Confirm => "a second answer to confirm the first".to_owned(),
        Why::Retry => "a failure may have passed".to_owned(),
        Why::Settle => "a last look before it is called safe".to_owned(),
        Why::Routine => "the regular look".to_owned(),
    };
    let clock = words.when().clock(at);
    Some(Part { long: format!("next look {clock}: {why}"), short: format!("next look {clock}") })
}

fn waiting(cast: &Cast, words: &Words<'_>, width: usize) -> Vec<String> {
    let many = cast.wanted().nth(1).is_some();
    let rows = cast.awaited().take(Progress::MAX_ROWS).filter_map(|(end, record, id)| {
        let member = cast.member(id)?;
        let about = cast.record(record)?;
        let kind = words.standing_kind(&cast.standing(record, id), about);
        let end = end.map(|at| words.when().clock(at)).unwrap_or_default();
        let name = &member.vantage.name;
        let about = if many { format!("  {about}") } else { String::new() };
        let row = if width < COLUMNS {
            let end = if end.is_empty() { end } else { format!("{end}  ") };
            format!("{end}{name}{about}  {kind}")
        } else {
            format!("{end:>8}  {name:<16}{about}  {kind}")
        };
        Some(cut(row, width))
    });
    rows.collect()
}

/// A live row must stay one row: what does not fit is on the screen at the end.
fn cut(row: String, width: usize) -> String {
    if row.chars().count() <= width {
        return row;
    }
    row.chars().take(width - 1).chain(['…']).collect()
}
