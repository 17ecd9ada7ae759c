//! The lines of a journal.
//!
//! ```text
//! {"journal":"propwatch","format":1,"version":"0.1.0","at":1772460000000000,"place":"…","plan":{…}}
//! {"task":17,"is":{"ask":{…}}}        from here on, task 17 is this
//! {"seen":803,"is":{"answered":{…}}}  and this is what was seen that has number 803
//! [30012345,17,2,1,1,803,21877]       a finding
//! {"at":1772460031000000,"is":{"gap":{…}}}
//! {"at":1772460031000000,"is":{"running":{"boot":"…","up":86400000000}}}
//! ```
//!
//! Most of what a watch finds it has found before: the same server says the same again. So tasks and what
//! was seen are written once and numbered, and a finding is seven numbers: microseconds since the fact before,
//! task, sample, why, questions, what was seen, and the time that it took (microseconds of an answer, milliseconds
//! of a survey or a visit). A number can be
//! given anew, so that neither side has to remember more than [`TASKS`] and [`SEEN`] of them.

use std::hash::{BuildHasher as _, RandomState};

use serde::{Deserialize, Serialize};

use crate::engine::Plan;
use crate::model::{Errand, Finding, Gap, Seen, Task, Timestamp, Uptime, Why};

use super::scan::Scan;

/// The format that is written, and the highest that is read.
pub const FORMAT: u32 = 1;
/// Tasks that are numbered at once.
const TASKS: usize = 1 << 14;
/// Things seen that are numbered at once.
const SEEN: usize = 1 << 13;

/// Reasons by their number; new ones are added at the end.
const WHYS: [Why; 8] = [
    Why::First,
    Why::AuthorityNotRight,
    Why::Delegation,
    Why::Expired,
    Why::Confirm,
    Why::Retry,
    Why::Settle,
    Why::Routine,
];

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Always `propwatch`.
    pub journal: String,
    /// The format of the lines.
    pub format: u32,
    /// The version of the program that began it.
    pub version: String,
    /// When the watch began, in microseconds since the epoch.
    pub at: i64,
    /// Where its questions begin (roots, or servers that were given); part of what makes it this watch.
    pub place: String,
    /// What is watched.
    pub plan: Plan,
}

/// Enough of a first line to tell whose it is.
#[derive(Debug, Deserialize)]
struct Stamp {
    journal: String,
    format: u32,
    #[serde(default)]
    version: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An errand came back.
    Found(Finding),
    /// Nothing could be seen for a while, or the clock was set.
    Gap(Timestamp, Gap),
    /// A run of the program began, on a machine that had been up for so long. It moves nothing, and tells the next
    /// run how much time has passed.
    Running(Timestamp, Uptime),
    /// Time was up.
    Deadline(Timestamp),
    /// The user had enough.
    Stopped(Timestamp),
}

impl Fact {
    /// When.
    pub fn at(&self) -> Timestamp {
        match self {
            Fact::Found(finding) => finding.at,
            Fact::Gap(at, _) | Fact::Running(at, _) | Fact::Deadline(at) | Fact::Stopped(at) => *at,
        }
    }
}

/// A fact that is no finding, on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rare {
    Gap(GapLine),
    Running(Uptime),
    Deadline,
    Stopped,
}

/// A [`Gap`] to the microsecond.
#[derive(Debug, Serialize, Deserialize)]
struct GapLine {
    kind: crate::model::GapKind,
    from: i64,
    to: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RareLine {
    at: i64,
    is: Rare,
}

#[derive(Serialize, Deserialize)]
struct Numbered<T> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<usize>,
    is: T,
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not a journal at all.
    #[error("it is no journal of propwatch")]
    Foreign,
    /// Written by a newer version.
    #[error("it was written by propwatch {version} in a newer format ({format}; this one reads {FORMAT})")]
    Newer {
        /// Its format.
        format: u32,
        /// Who wrote it.
        version: String,
    },
    /// A line that makes no sense.
    #[error("a line of it cannot be read")]
    Damaged,
}

impl Head {
    /// The first line of a new journal.
    pub fn new(at: Timestamp, place: String, plan: Plan) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Head { journal: "propwatch".to_owned(), format: FORMAT, version, at: at.as_micros(), place, plan }
    }

    /// Reads a first line.
    ///
    /// # Errors
    /// [`Unreadable`], each of its kinds.
    pub fn read(line: &[u8]) -> Result<Self, Unreadable> {
        let stamp: Stamp = serde_json::from_slice(line).map_err(|_| Unreadable::Foreign)?;
        if stamp.journal != "propwatch" {
            return Err(Unreadable::Foreign);
        }
        if stamp.format > FORMAT {
            return Err(Unreadable::Newer { format: stamp.format, version: stamp.version });
        }
        serde_json::from_slice(line).map_err(|_| Unreadable::Damaged)
    }

    /// When the watch began.
    pub fn started(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }
}

/// Turns facts into lines.
#[derive(Debug)]
pub struct Encoder {
    last: Timestamp,
    keys: [RandomState; 2],
    tasks: Vec<Option<Digest>>,
    seen: Vec<Option<Digest>>,
}

/// What tells one text from another: 128 bits, by keys of this process, so that nobody can choose two that are alike.
/// The texts themselves would take tens of megabytes where thousands of names were surveyed.
type Digest = [u64; 2];

impl Encoder {
    /// For a journal whose last fact, or first line, is of that instant.
    pub fn new(last: Timestamp) -> Self {
        let keys = [RandomState::new(), RandomState::new()];
        Encoder { last, keys, tasks: vec![None; TASKS], seen: vec![None; SEEN] }
    }

    /// Appends a fact to `out`, with whatever lines it needs before it. Facts come in order of time; one that
    /// is older than the last counts as of that instant.
    pub fn fact(&mut self, fact: &Fact, out: &mut Vec<u8>) {
        let rare = match fact {
            Fact::Found(finding) => return self.finding(finding, out),
            Fact::Gap(_, gap) => Rare::Gap(GapLine {
                kind: gap.kind,
                from: gap.from.as_micros(),
                to: gap.to.map(Timestamp::as_micros),
            }),
            Fact::Running(_, uptime) => Rare::Running(uptime.clone()),
            Fact::Deadline(_) => Rare::Deadline,
            Fact::Stopped(_) => Rare::Stopped,
        };
        self.last = self.last.max(fact.at());
        json(&RareLine { at: self.last.as_micros(), is: rare }, out);
    }

    /// The same for a finding.
    pub fn finding(&mut self, finding: &Finding, out: &mut Vec<u8>) {
        let (task, sample) = without_sample(&finding.errand.task);
        let (seen, rtt) = without_time(&finding.seen);
        let Encoder { keys, tasks, seen: all, .. } = self;
        let task = number(tasks, keys, &task, out, |n, is| Numbered { task: Some(n), seen: None, is });
        let seen = number(all, keys, &seen, out, |n, is| Numbered { task: None, seen: Some(n), is });
        let why = WHYS.iter().position(|why| *why == finding.errand.why).unwrap_or(0);
        let since = finding.at.since(self.last).as_micros();
        self.last = self.last.max(finding.at);
        let line = format!("[{since},{task},{sample},{why},{},{seen},{rtt}]\n", finding.questions);
        out.extend_from_slice(line.as_bytes());
    }
}

/// The number of a thing, with the line that gives it if it is new.
fn number<'a, T: Serialize>(
    known: &mut [Option<Digest>],
    keys: &[RandomState; 2],
    thing: &'a T,
    out: &mut Vec<u8>,
    line: impl FnOnce(usize, &'a T) -> Numbered<&'a T>,
) -> usize {
    let text = serde_json::to_string(thing).unwrap_or_default();
    let place = usize::try_from(fnv(text.as_bytes()) % known.len() as u64).unwrap_or(0);
    let digest = keys.each_ref().map(|keys| keys.hash_one(&text));
    if known[place].replace(digest) != Some(digest) {
        json(&line(place, thing), out);
    }
    place
}

/// FNV-1a, 64 bits: the same on every machine and in every version, which the standard library's is not.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Head {
    /// Appends the line to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        json(self, out);
    }
}

fn json<T: Serialize>(line: &T, out: &mut Vec<u8>) {
    // Only maps with odd keys and broken writers fail, and there are neither.
    if serde_json::to_writer(&mut *out, line).is_ok() {
        out.push(b'\n');
    }
}

fn without_sample(task: &Task) -> (Task, u8) {
    let mut task = task.clone();
    match &mut task {
        Task::Ask { sample, .. } => {
            let number = std::mem::take(sample);
            (task, number)
        }
        _ => (task, 0),
    }
}

fn without_time(seen: &Seen) -> (Seen, u32) {
    let mut seen = seen.clone();
    match &mut seen {
        Seen::Answered(answer) => {
            let took = std::mem::take(&mut answer.rtt_micros);
            (seen, took)
        }
        Seen::Surveyed(survey) => {
            let slowest = std::mem::take(&mut survey.slowest);
            (seen, slowest)
        }
        Seen::Fetched(visit) => {
            let took = std::mem::take(&mut visit.took);
            (seen, took)
        }
        _ => (seen, 0),
    }
}

/// Turns lines into facts.
#[derive(Debug)]
pub struct Decoder {
    last: Timestamp,
    tasks: Vec<Option<Task>>,
    seen: Vec<Option<Seen>>,
}

impl Decoder {
    /// For the lines behind a first line of that instant.
    pub fn new(started: Timestamp) -> Self {
        Decoder { last: started, tasks: vec![None; TASKS], seen: vec![None; SEEN] }
    }

    /// The instant of the latest fact.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    /// Reads one line, without its end. None for a line that only gives a number.
    ///
    /// # Errors
    /// [`Unreadable::Damaged`].
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Fact>, Unreadable> {
        if let Some(scan) = Scan::list(line) {
            return self.finding(scan).map(|finding| Some(Fact::Found(finding))).ok_or(Unreadable::Damaged);
        }
        if line.starts_with(b"{\"task\"") {
            let given: Numbered<Task> = parse(line)?;
            let place = given.task.and_then(|n| self.tasks.get_mut(n)).ok_or(Unreadable::Damaged)?;
            *place = Some(given.is);
            return Ok(None);
        }
        if line.starts_with(b"{\"seen\"") {
            let given: Numbered<Seen> = parse(line)?;
            let place = given.seen.and_then(|n| self.seen.get_mut(n)).ok_or(Unreadable::Damaged)?;
            *place = Some(given.is);
            return Ok(None);
        }
        let RareLine { at, is } = parse(line)?;
        let at = Timestamp::from_micros(at);
        if at < self.last {
            return Err(Unreadable::Damaged);
        }
        self.last = at;
        Ok(Some(match is {
            Rare::Gap(GapLine { kind, from, to }) => {
                let to = to.map(Timestamp::from_micros);
                Fact::Gap(at, Gap { kind, from: Timestamp::from_micros(from), to })
            }
            Rare::Running(uptime) => Fact::Running(at, uptime),
            Rare::Deadline => Fact::Deadline(at),
            Rare::Stopped => Fact::Stopped(at),
        }))
    }

    fn finding(&mut self, mut scan: Scan<'_>) -> Option<Finding> {
        let since: u64 = scan.number()?;
        let mut task = self.tasks.get(scan.number::<usize>()?)?.clone()?;
        let number: u8 = scan.number()?;
        let why = *WHYS.get(scan.number::<usize>()?)?;
        let questions = scan.number()?;
        let mut seen = self.seen.get(scan.number::<usize>()?)?.clone()?;
        let took: u32 = scan.number()?;
        if let Task::Ask { sample, .. } = &mut task {
            *sample = number;
        }
        match &mut seen {
            Seen::Answered(answer) => answer.rtt_micros = took,
            Seen::Surveyed(survey) => survey.slowest = took,
            Seen::Fetched(visit) => visit.took = took,
            _ => {}
        }
        if !scan.is_over() {
            return None;
        }
        self.last = self.last + std::time::Duration::from_micros(since);
        Some(Finding { errand: Errand { task, why }, at: self.last, seen, questions })
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(line).map_err(|_| Unreadable::Damaged)
}
