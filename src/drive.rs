//! The one loop: carries errands out and findings back, keeps the time, and tells what happens.
//!
//! It decides nothing. Each input makes one step of the engine, and gaps, the deadline and the user's stop are
//! inputs like any other, so that what a watch concludes depends on its inputs alone; they are what is
//! journalled.

use std::collections::VecDeque;
use std::time::Duration;

use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::stream::SelectAll;

use crate::clock::Clock;
use crate::engine::{Input, Step, Watch};
use crate::journal::Writer;
use crate::model::{Event, Finding, Report, Timestamp};
use crate::net::Network;

/// The longest sleep: a machine that was suspended, or whose clock was set, is noticed within this; and a
/// view that counts seconds wants one look a second.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What the outside may want of a running watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The watch came to its own end.
    Done,
    /// The user stopped it.
    Stopped,
}

/// How long a watch may still look when its deadline passed while it could see nothing.
const LAST_LOOK: Duration = Duration::from_secs(60);
/// Findings that are taken together at most: written down in one go before the first of them is acted on, and
/// what follows from all of them carried out in one round.
const BATCH: usize = 1024;
/// Findings of one round that are handed over together at most. Each time costs some work for the loop, and room
/// for so many.
const CHUNK: usize = 64;

/// A watch that is to be run.
#[derive(Debug)]
pub struct Run<'a> {
    /// What it knows.
    pub watch: &'a mut Watch,
    /// Its first input: [`Input::Started`], or the gap after which it goes on.
    pub first: Input,
    /// Where its inputs are written down.
    pub journal: Option<&'a mut Writer>,
    /// The instant at which it gives up.
    pub deadline: Option<Timestamp>,
}

/// Runs a watch to its end. `stop` resolves when the user has had enough; `on` is told every event, and once
/// a second (with none) that time has passed. Every input is written down before anybody is told what
/// follows from it.
pub async fn drive(
    run: Run<'_>,
    clock: &Clock,
    net: &impl Network,
    stop: impl Future<Output = ()>,
    mut on: impl FnMut(Timestamp, Option<&Event>),
) -> (Report, Ended) {
    let Run { watch, first, journal, mut deadline } = run;
    let mut book = Book { journal, latest: Timestamp::default() };
    let mut running = SelectAll::new();
    let mut stop = std::pin::pin!(stop);
    let mut wake = None;
    let mut inputs = VecDeque::from([book.take(clock.now(), first)]);
    loop {
        book.write(clock.now());
        let mut round = Vec::new();
        while let Some((now, input)) = inputs.pop_front() {
            let stopped = input == Input::Stopped;
            let Step { errands, events, wake: next, done } = watch.step(now, input);
            wake = next;
            events.iter().for_each(|event| on(now, Some(event)));
            if stopped {
                return (done.map_or_else(|| watch.report(true), |report| *report), Ended::Stopped);
            }
            if let Some(report) = done {
                return (*report, Ended::Done);
            }
            round.extend(errands);
        }
        if !round.is_empty() {
            running.push(Box::pin(net.run(round).ready_chunks(CHUNK)));
        }
        let at = wake.map(|wake| wake.at);
        let next = if running.is_empty() && at.is_none() && deadline.is_none() {
            // Nothing can happen any more, so time is up. An engine without mistakes never comes here.
            Next::Deadline
        } else {
            tokio::select! {
                biased;
                () = &mut stop => Next::Stopped,
                chunk = next_chunk(&mut running) => Next::Found(chunk),
                next = until(|| clock.now(), at, deadline, &mut on) => next,
            }
        };
        // Whatever comes next came after it.
        while let Some(mut gap) = clock.gap() {
            let now = clock.now();
            // What was done was done before.
            gap.from = gap.from.max(book.latest).min(now);
            deadline = deadline.map(|end| if end <= now { now + LAST_LOOK } else { end });
            inputs.push_back(book.take(now, Input::Gap(gap)));
        }
        match next {
            Next::Found(chunk) => {
                let more = std::iter::from_fn(|| running.next().now_or_never().flatten());
                for chunk in std::iter::once(chunk).chain(more.take(BATCH / CHUNK - 1)) {
                    inputs.extend(chunk.into_iter().map(|finding| book.found(finding)));
                }
            }
            Next::Woke => inputs.push_back(book.take(clock.now(), Input::Woke)),
            Next::Stopped => inputs.push_back(book.take(clock.now(), Input::Stopped)),
            Next::Deadline if deadline.is_none_or(|end| end <= clock.now()) => {
                inputs.push_back(book.take(clock.now(), Input::Deadline));
            }
            Next::Deadline => {}
        }
    }
}

/// Writes inputs down, each with its instant; none is older than the one before.
struct Book<'a> {
    journal: Option<&'a mut Writer>,
    latest: Timestamp,
}

impl Book<'_> {
    fn take(&mut self, now: Timestamp, input: Input) -> (Timestamp, Input) {
        self.latest = self.latest.max(now);
        if let Some(journal) = &mut self.journal {
            journal.note(self.latest, &input);
        }
        (self.latest, input)
    }

    /// A finding carries its own time, so that a replay of it is exact.
    fn found(&mut self, mut finding: Finding) -> (Timestamp, Input) {
        finding.at = finding.at.max(self.latest);
        self.take(finding.at, Input::Found(finding))
    }

    fn write(&mut self, now: Timestamp) {
        if let Some(journal) = &mut self.journal {
            journal.write(now);
        }
    }
}

#[derive(Debug)]
enum Next {
    Found(Vec<Finding>),
    Woke,
    Deadline,
    Stopped,
}

async fn next_chunk<S>(running: &mut SelectAll<S>) -> Vec<Finding>
where
    S: futures::Stream<Item = Vec<Finding>> + Unpin,
{
    match running.next().await {
        Some(chunk) => chunk,
        None => std::future::pending().await,
    }
}

/// Sleeps until the wake-up or the deadline, by the wall clock: in short sleeps, since a long one would
/// not notice that the machine was suspended.
async fn until(
    now: impl Fn() -> Timestamp,
    wake: Option<Timestamp>,
    deadline: Option<Timestamp>,
    on: &mut impl FnMut(Timestamp, Option<&Event>),
) -> Next {
    loop {
        let at = now();
        on(at, None);
        if deadline.is_some_and(|end| end <= at) {
            return Next::Deadline;
        }
        if wake.is_some_and(|wake| wake <= at) {
            return Next::Woke;
        }
        let first = wake.into_iter().chain(deadline).min();
        let left = first.map_or(LONGEST_SLEEP, |next| next.since(at));
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

#[cfg(test)]
mod tests;
