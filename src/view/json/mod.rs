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
    collected(|out| write_event(out, event, cast))
}

/// Writes the line for one event, its end of line included, piece by piece: a verdict on ten thousand names has
/// megabytes. The cast has taken the event already.
///
/// # Errors
/// Those of `out`; a closed pipe among them.
pub fn write_line(out: &mut dyn Write, event: &Event, cast: &Cast) -> io::Result<()> {
    write_event(out, event, cast)?;
    out.write_all(b"\n")
}

fn write_event(out: &mut dyn Write, event: &Event, cast: &Cast) -> io::Result<()> {
    match event {
        Event::Started(started) => write(out, &lines::started(started)),
        Event::Delegation { at, walk, changed } => write(out, &lines::delegation(*at, walk, *changed)),
        Event::Vantage { at, vantage, addr, change, .. } => {
            write(out, &lines::vantage(*at, vantage, *addr, *change))
        }
        Event::Shift(shift) => write(out, &lines::shift(shift, cast)),
        Event::Serial { at, zone, vantage, from, to } => {
            write(out, &lines::serial(*at, zone, *vantage, (*from, *to), cast))
        }
        Event::Milestone { at, record, milestone, lost } => {
            write(out, &lines::milestone(*at, *record, *milestone, *lost, cast))
        }
        Event::Port53 { at, seen } => write(out, &lines::port53(*at, *seen)),
        Event::Forecast { at, by, next } => write(out, &lines::forecast(*at, *by, *next)),
        Event::Gap { at, gap } => write(out, &lines::gap(*at, gap)),
        Event::Record { at, report } => match verdict::record(*at, report, cast) {
            Some(line) => write(out, &line),
            None => Ok(()),
        },
        Event::Verdict(report) => write(out, &verdict::verdict(report, cast)),
    }
}

/// The verdict object, without an end of line.
pub fn verdict(report: &Report, cast: &Cast) -> String {
    collected(|out| write(out, &verdict::verdict(report, cast)))
}

/// Writes the verdict object as a line, as [`write_line`] does.
///
/// # Errors
/// Those of `out`.
pub fn write_verdict(out: &mut dyn Write, report: &Report, cast: &Cast) -> io::Result<()> {
    write(out, &verdict::verdict(report, cast))?;
    out.write_all(b"\n")
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

fn text<T: Serialize>(line: &T) -> String {
    collected(|out| write(out, line))
}

fn collected(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    // Strings, numbers and lists of them: there is nothing in them that JSON cannot hold, and memory takes all.
    match write(&mut bytes) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

fn write<T: Serialize>(out: &mut dyn Write, line: &T) -> io::Result<()> {
    serde_json::to_writer(out, line).map_err(io::Error::from)
}
