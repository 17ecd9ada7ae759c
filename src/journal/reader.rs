//! Reading a journal, and playing it again.

use std::io::{self, BufRead, BufReader, Read};

use crate::engine::{Input, Watch};
use crate::model::{Event, GapKind, Timestamp, Uptime};

use super::line::{Decoder, Fact, Head, Unreadable};

/// The longest line that is read. The first one holds the plan, with every record.
const LONGEST: u64 = 256 << 20;

/// A journal that is being read.
#[derive(Debug)]
pub struct Reader<R> {
    from: BufReader<R>,
    head: Head,
    decoder: Decoder,
    line: Vec<u8>,
    /// Bytes up to the end of the last line that makes sense.
    good: u64,
    lines: u64,
    damaged: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the first line. None where there is not even one whole line: a journal that was torn as it
    /// began, or an empty file.
    ///
    /// # Errors
    /// An [`io::Error`] of `from`, or an [`Unreadable`] inside one of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData).
    pub fn new(from: R) -> io::Result<Option<Self>> {
        let mut from = BufReader::with_capacity(1 << 16, from);
        let mut line = Vec::new();
        from.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            let ours = line.iter().all(|byte| *byte == 0)
                || b"{\"journal\":\"propwatch\"".starts_with(&line[..line.len().min(22)]);
            return if ours { Ok(None) } else { Err(invalid(Unreadable::Foreign)) };
        }
        let head = Head::read(&line[..line.len() - 1]).map_err(invalid)?;
        let decoder = Decoder::new(head.started());
        let good = line.len() as u64;
        Ok(Some(Reader { from, head, decoder, line, good, lines: 1, damaged: false }))
    }

    /// The first line.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next fact; none at the end, at a torn last line, or where the rest is damaged.
    ///
    /// # Errors
    /// Those of the file.
    pub fn fact(&mut self) -> io::Result<Option<Fact>> {
        while !self.damaged {
            self.line.clear();
            let read = self.from.by_ref().take(LONGEST).read_until(b'\n', &mut self.line)?;
            if self.line.pop() != Some(b'\n') {
                return Ok(None);
            }
            match self.decoder.line(&self.line) {
                Ok(fact) => {
                    self.good += read as u64;
                    self.lines += 1;
                    if fact.is_some() {
                        return Ok(fact);
                    }
                }
                Err(_) => self.damaged = true,
            }
        }
        Ok(None)
    }

    /// The line that cannot be read, counted from 1, if there is one before the last.
    pub fn damaged_at(&self) -> Option<u64> {
        self.damaged.then_some(self.lines + 1)
    }

    /// Bytes up to the end of the last line that was read.
    pub fn good(&self) -> u64 {
        self.good
    }
}

fn invalid(error: Unreadable) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// What the last fact means for a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The watch goes on: a stop ended the program then, not the watch.
    GoesOn,
    /// As it was told: if the user stopped it, it ends with that.
    AsTold,
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The instant of the last fact.
    pub last: Timestamp,
    /// Microseconds by which the wall clock was set forward meanwhile.
    pub set_forward: i64,
    /// When a run last began, and how long the machine had been up by then.
    pub ran: Option<(Timestamp, Uptime)>,
    /// How many findings there were.
    pub findings: u64,
    /// Whether the watch came to its end.
    pub over: bool,
    /// Whether the last fact is the user's stop.
    pub stopped: bool,
}

/// Plays a journal through a new watch and hands over every event.
///
/// # Errors
/// Those of the file.
pub fn replay<R: Read>(
    reader: &mut Reader<R>,
    watch: &mut Watch,
    ending: Ending,
    mut on: impl FnMut(Event),
) -> io::Result<Replayed> {
    let last = reader.head.started();
    let mut so_far = Replayed { last, set_forward: 0, ran: None, findings: 0, over: false, stopped: false };
    let mut step = |so_far: &mut Replayed, at, input| {
        let step = watch.step(at, input);
        step.events.into_iter().for_each(&mut on);
        so_far.over |= step.done.is_some();
    };
    step(&mut so_far, last, Input::Started);
    while !so_far.over {
        let Some(fact) = reader.fact()? else { break };
        let at = fact.at();
        so_far.last = at;
        so_far.stopped = false;
        let input = match fact {
            Fact::Found(finding) => {
                so_far.findings += 1;
                Input::Found(finding)
            }
            Fact::Gap(_, gap) => {
                if let GapKind::ClockSet { by } = gap.kind {
                    so_far.set_forward += by;
                }
                Input::Gap(gap)
            }
            Fact::Running(at, uptime) => {
                so_far.ran = Some((at, uptime));
                continue;
            }
            Fact::Deadline(_) => Input::Deadline,
            Fact::Stopped(_) => {
                so_far.stopped = true;
                continue;
            }
        };
        step(&mut so_far, at, input);
    }
    if so_far.stopped && ending == Ending::AsTold {
        let at = so_far.last;
        step(&mut so_far, at, Input::Stopped);
    }
    Ok(so_far)
}
