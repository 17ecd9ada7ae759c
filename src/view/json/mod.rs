//! The lines that scripts read: a contract, version `propwatch/1`.
//!
//! Every line is one object and begins with `schema`, `event` and `at` (UTC, milliseconds). `check`
//! prints the verdict alone; `wait` prints a line for every event, the verdict last;
//! `explain` prints a line for every failure of the text. Fields may be added
//! in later versions; none changes its meaning.

mod explain;
mod lines;
mod record;
mod story;
mod verdict;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use serde::Serialize;

use crate::model::{Diagnosis, Event, Report, Testimony, Timestamp, TriesLeft, Value};

use super::{Cast, Looked, Story};

/// The version of the contract.
pub const SCHEMA: &str = "propwatch/1";

/// The line for one event, without its end of line. The cast has taken the event already.
pub fn line(event: &Event, cast: &Cast) -> String {
    match event {
        Event::Started(started) => text(&lines::started(started)),
        Event::Delegation { at, walk, changed } => text(&lines::delegation(*at, walk, *changed)),
        Event::Vantage { at, vantage, addr, change, .. } => {
            text(&lines::vantage(*at, vantage, *addr, *change))
        }
        Event::Shift(shift) => text(&lines::shift(shift, cast)),
        Event::Serial { at, zone, vantage, from, to } => {
            text(&lines::serial(*at, zone, *vantage, (*from, *to), cast))
        }
        Event::Milestone { at, record, milestone, lost } => {
            text(&lines::milestone(*at, *record, *milestone, *lost, cast))
        }
        Event::Port53 { at, seen } => text(&lines::port53(*at, *seen)),
        Event::Forecast { at, by, next } => text(&lines::forecast(*at, *by, *next)),
        Event::Gap { at, gap } => text(&lines::gap(*at, gap)),
        Event::Record { at, report } => {
            verdict::record(*at, report, cast).as_ref().map(text).unwrap_or_default()
        }
        Event::Verdict(report) => verdict(report, cast),
    }
}

/// The verdict object, without an end of line.
pub fn verdict(report: &Report, cast: &Cast) -> String {
    text(&verdict::verdict(report, cast))
}

/// The story of a watch as one object, without an end of line.
pub fn story(story: &Story) -> String {
    text(&story::story(story))
}

/// The line for one failure of an error text, without its end of line. `record` is the CA's own record of its
/// order, if that was asked for.
pub fn diagnosis(
    diagnosis: &Diagnosis,
    expected: &[Value],
    tries: &[TriesLeft],
    record: Option<&Testimony>,
    now: Timestamp,
) -> String {
    text(&explain::diagnosis(diagnosis, expected, tries, record, now, None))
}

/// The same, with what a look at the names has found.
pub fn diagnosis_looked(
    diagnosis: &Diagnosis,
    expected: &[Value],
    tries: &[TriesLeft],
    record: Option<&Testimony>,
    now: Timestamp,
    looked: &Looked<'_>,
) -> String {
    text(&explain::diagnosis(diagnosis, expected, tries, record, now, Some(looked)))
}

/// Writes the line for one event.
///
/// # Errors
/// Those of `out`; a closed pipe among them.
pub fn write_line(out: &mut impl Write, event: &Event, cast: &Cast) -> io::Result<()> {
    writeln!(out, "{}", line(event, cast))
}

fn text<T: Serialize>(line: &T) -> String {
    // Strings, numbers and lists of them: there is nothing in them that JSON cannot hold.
    serde_json::to_string(line).unwrap_or_default()
}
