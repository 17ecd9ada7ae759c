//! `explain`: an error text in, what it means out.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Read};
use std::path::Path;

use jiff::tz::TimeZone;
use propwatch::clock::Clock;
use propwatch::engine;
use propwatch::explain::{self, MOST_BYTES, NoText, Reading};
use propwatch::model::{Attempt, Environment, Name, Testimony, Timestamp, ToCheck, TriesLeft, Value};
use propwatch::view::{Detail, Text, json};

use super::args::ExplainArgs;
use super::output::{Output, complain, note};
use super::show::{paint, terminal_width};
use super::{Exit, UserError, now, record, tries};

pub(crate) fn explain(args: &ExplainArgs, out: &mut Output) -> Result<Exit, UserError> {
    let expected = args
        .expect
        .iter()
        .map(|text| propwatch::config::typed_value("--expect", text))
        .collect::<Result<Vec<Value>, _>>()?;
    let text = text(args)?;
    let now = Clock::new().now();
    let reading = explain::explain(&text, &expected);
    drop(text);
    let records = if args.fetch_order { record::fetch(args, &reading, &expected)? } else { Vec::new() };
    let names = names(&reading, &records, &expected);
    let attempts = explain::attempts_seen(explain::attempts(&reading.diagnoses, now), &records, now);
    remember(args, &attempts, now);
    let tries = tries_left(args, &reading, &names, attempts, now);
    let view = Text {
        zone: TimeZone::system(),
        paint: paint(args.color, io::stdout().is_terminal()),
        width: terminal_width(),
        detail: Detail::Usual,
    };
    if !args.json {
        out.write(&view.diagnoses(&reading.diagnoses, reading.more, &expected, &tries, now));
        if !records.is_empty() {
            out.write(&view.testimonies(&records, &expected, now));
        }
    }
    if !args.json && !args.offline && !args.fetch_order && record::is_offered(&reading) {
        note(
            "Let's Encrypt itself keeps a record of this order: --fetch-order reads which address it saw for each name, \
             and which names it has not tried yet",
        );
    }
    let looked = now::look(args, names, &reading.diagnoses, out, |looked, out| match (looked, args.json) {
        (Some(looked), false) => out.write(&view.causes_now(&reading.diagnoses, looked)),
        (None, false) => {}
        (looked, true) => reading.diagnoses.iter().for_each(|one| {
            let record = records.iter().find(|record| one.order.as_ref() == Some(&record.url));
            out.line(&match looked {
                Some(looked) => json::diagnosis_looked(one, &expected, &tries, record, now, looked),
                None => json::diagnosis(one, &expected, &tries, record, now),
            });
        }),
    })?;
    if let Some(exit) = looked {
        return Ok(if out.is_broken() { Exit::BrokenPipe } else { exit });
    }
    Ok(match reading.is_recognised() {
        _ if out.is_broken() => Exit::BrokenPipe,
        true => Exit::Safe,
        false => Exit::NotYet,
    })
}

/// The names to look at: those of the text, then the others of the certificate that the CA's record tells of.
fn names(reading: &Reading, records: &[Testimony], expected: &[Value]) -> Vec<ToCheck> {
    let mut names = explain::to_check(&reading.diagnoses, expected);
    for name in explain::names_seen(records) {
        if names.iter().all(|one| one.name != name) {
            names.push(ToCheck { name, expected: expected.to_vec() });
        }
    }
    names
}

/// What the CA's limit of failures leaves of an hour's tries, name by name.
fn tries_left(
    args: &ExplainArgs,
    reading: &Reading,
    names: &[ToCheck],
    attempted: Vec<Attempt>,
    now: Timestamp,
) -> Vec<TriesLeft> {
    let kept = tries::store(args.journal.as_deref()).map(|store| store.read(now));
    let mut attempts = kept.unwrap_or_default();
    for told in attempted {
        let same = |one: &Attempt| one.name == told.name && one.fingerprint == told.fingerprint;
        if !attempts.iter().any(same) {
            attempts.push(told);
        }
    }
    let account = |name: &Name| {
        let mut theirs = reading.diagnoses.iter().filter(|one| one.names.contains(name));
        let real =
            theirs.find(|one| one.environment == Some(Environment::Production) && one.account.is_some())?;
        real.account.as_deref()
    };
    let left = |name: &Name| engine::tries_left(&attempts, name, account(name), now);
    names
        .iter()
        .filter_map(|one| {
            left(&one.name).map(|(left, next)| TriesLeft { name: one.name.clone(), left, next })
        })
        .collect()
}

/// Keeps the failed tries for the count of those that are left. That it cannot be done is no error.
fn remember(args: &ExplainArgs, attempts: &[Attempt], now: Timestamp) {
    let Some(store) = tries::store(args.journal.as_deref()).filter(|_| !attempts.is_empty()) else { return };
    if let Err(unkept) = store.add(attempts, now) {
        note(&format!(
            "failed tries cannot be remembered: {}",
            propwatch::view::escape::clean(&unkept.to_string())
        ));
    }
}

/// The text: an argument, a file, or standard input.
fn text(args: &ExplainArgs) -> Result<String, UserError> {
    let bytes = match (&args.text, args.file.as_deref()) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(path)) if path != Path::new("-") => {
            let unreadable =
                |error: io::Error| UserError::new(format!("cannot read {}: {error}", path.display()));
            limited(File::open(path).map_err(unreadable)?).map_err(unreadable)?
        }
        (None, _) => {
            let unreadable =
                |error: io::Error| UserError::new(format!("cannot read standard input: {error}"));
            if io::stdin().is_terminal() { pasted() } else { limited(io::stdin()) }.map_err(unreadable)?
        }
    };
    explain::decode(&bytes).map_err(|error| {
        let hint = match error {
            NoText::Empty => {
                "propwatch explain --text 'the whole error message', or paste it: propwatch explain"
            }
            NoText::Binary => "give the error message itself, copied as text",
        };
        UserError::new(error.to_string()).hint(hint)
    })
}

/// As much as is read of a log, and a note if there is more.
fn limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST_BYTES {
        bytes.truncate(MOST_BYTES);
        note(&format!("only the first {} MiB were read", MOST_BYTES >> 20));
    }
    Ok(bytes)
}

/// What is pasted at a terminal, up to Ctrl-D or an empty line behind the text.
fn pasted() -> io::Result<Vec<u8>> {
    complain("Paste the error message, then press Enter and Ctrl-D (or Enter on an empty line):");
    let mut bytes = Vec::new();
    let mut lines = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = lines.by_ref().take(MOST_BYTES as u64).read_until(b'\n', &mut line)?;
        let blank = line.iter().all(u8::is_ascii_whitespace);
        let begun = bytes.iter().any(|b: &u8| !b.is_ascii_whitespace());
        if read == 0 || (blank && begun) || bytes.len() > MOST_BYTES {
            return Ok(bytes);
        }
        bytes.extend(line);
    }
}
