//! Runs propwatch for a row, and many rows side by side.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::row::Row;
use super::stage::{TOKEN, WITNESS, content};
use crate::lab::world::ROOT;
use crate::lab::{now, pause, seconds};
use propwatch::model::Timestamp;

/// Names another program to try in propwatch's place, a release build for example.
const BINARY: &str = "PROPWATCH_LAB_BINARY";

/// What propwatch said.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// The exit status.
    pub(crate) exit: i32,
    /// `code:effect` of every reason.
    pub(crate) reasons: Vec<String>,
    /// The last line of standard error.
    pub(crate) error: String,
    /// When it ended.
    pub(crate) ended: Timestamp,
    /// How long it took, in seconds.
    pub(crate) took: f64,
}

impl Said {
    /// Whether it said safe.
    pub(crate) fn safe(&self) -> bool {
        self.exit == 0
    }

    /// The verdict as a word.
    pub(crate) fn verdict(&self) -> &'static str {
        match self.exit {
            0 => "safe",
            1 => "not-yet",
            2 => "usage",
            3 => "blocked",
            4 => "inconclusive",
            _ => "none",
        }
    }

    /// Whether there is a warning that is about this row, and not about every first look.
    pub(crate) fn warns(&self) -> bool {
        self.reasons.iter().any(|reason| {
            reason.ends_with(":warns") && !reason.starts_with("not-everyone") && !reason.starts_with("ns-")
        })
    }
}

/// `propwatch VERB NAME …` with everything that a row wants.
pub(crate) fn command(verb: &str, row: &Row, ca: &str) -> Command {
    let built = env!("CARGO_BIN_EXE_propwatch").to_owned();
    let mut command = Command::new(std::env::var(BINARY).unwrap_or(built));
    command.args([verb, &row.asked(), "--root", ROOT, "--resolver", WITNESS, "--ca", ca]);
    row.expect.iter().for_each(|value| drop(command.args(["--expect", value]).get_args()));
    command.args(["--timeout", "110s", "--json", "--journal", "off"]);
    if row.reserved {
        command.arg("--allow-reserved");
    }
    if row.test_file {
        command.arg(format!("--self-test={TOKEN}:{}", content()));
    }
    command.args(&row.options);
    command
}

/// Runs it to its end.
pub(crate) fn run(mut command: Command) -> Said {
    let began = now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let out = command.spawn().unwrap().wait_with_output().unwrap();
    let ended = now();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let last: Value =
        text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    let records = last["records"].as_array().cloned().unwrap_or_default();
    let reasons = records.iter().flat_map(|record| record["reasons"].as_array().cloned().unwrap_or_default());
    let told = |reason: Value| Some(format!("{}:{}", reason["code"].as_str()?, reason["effect"].as_str()?));
    let mut reasons: Vec<String> = reasons.filter_map(told).collect();
    reasons.dedup();
    let error = String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or_default().to_owned();
    let exit = out.status.code().unwrap_or(-1);
    if exit == 0 {
        assert_eq!(last["exit"], 0, "what JSON says and what the shell sees: {text}");
    }
    Said { exit, reasons, error, ended, took: seconds(began, ended) }
}

/// Does `each` for all of `items`, so many at a time, and gives the results in their order.
pub(crate) fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    at_once: usize,
    each: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = each(item);
                    done.lock().unwrap().push((index, result));
                }
            });
            // Programs that all begin at once would wait for the processor, and measure nothing but that.
            pause(Duration::from_millis(20));
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
