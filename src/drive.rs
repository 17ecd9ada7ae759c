//! The one loop: carries errands out and findings back, keeps the time, and tells what happens.
//!
//! It decides nothing. Each input makes one step of the engine, and gaps, the deadline and the user's stop are
//! inputs like any other, so that what a watch concludes depends on its inputs alone; they are what is
//! journalled.

use std::time::Duration;

use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::stream::SelectAll;

use crate::clock::Clock;
use crate::engine::{Input, Step, Watch};
use crate::journal::Writer;
use crate::model::{Event, Finding, Report, Timestamp};
use crate::net::{HANDFUL, Network};

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
    let mut inputs = vec![book.take(clock.now(), first)];
    let mut found: Vec<Vec<Finding>> = Vec::new();
    let mut step = Step::default();
    loop {
        book.write(clock.now());
        for (now, input) in inputs.drain(..) {
            if let Some(end) = act(watch, now, input, &mut step, &mut on) {
                return end;
            }
        }
        for finding in found.drain(..).flatten() {
            if let Some(end) = act(watch, finding.at, Input::Found(finding), &mut step, &mut on) {
                return end;
            }
        }
        if !step.errands.is_empty() {
            running.push(Box::pin(net.run(std::mem::take(&mut step.errands))));
        }
        let at = step.wake.map(|wake| wake.at);
        let next = if running.is_empty() && at.is_none() && deadline.is_none() {
            // Nothing can happen any more, so time is up. An engine without mistakes never comes here.
            Next::Deadline
        } else {
            tokio::select! {
                biased;
                () = &mut stop => Next::Stopped,
                handful = next_handful(&mut running) => Next::Found(handful),
                next = until(|| clock.now(), at, deadline, &mut on) => next,
            }
        };
        // Whatever comes next came after it.
        while let Some(mut gap) = clock.gap() {
            let now = clock.now();
            // What was done was done before.
            gap.from = gap.from.max(book.latest).min(now);
            deadline = deadline.map(|end| if end <= now { now + LAST_LOOK } else { end });
            inputs.push(book.take(now, Input::Gap(gap)));
        }
        match next {
            Next::Found(handful) => {
                let more = std::iter::from_fn(|| running.next().now_or_never().flatten());
                found.extend(std::iter::once(handful).chain(more.take(BATCH / HANDFUL - 1)));
                found.iter_mut().flatten().for_each(|finding| book.found(finding));
            }
            Next::Woke => inputs.push(book.take(clock.now(), Input::Woke)),
            Next::Stopped => inputs.push(book.take(clock.now(), Input::Stopped)),
            Next::Deadline if deadline.is_none_or(|end| end <= clock.now()) => {
                inputs.push(book.take(clock.now(), Input::Deadline));
            }
            Next::Deadline => {}
        }
    }
}

/// Makes one step and tells what happened; gives the last word when that was the last step.
fn act(
    watch: &mut Watch,
    now: Timestamp,
    input: Input,
    step: &mut Step,
    on: &mut impl FnMut(Timestamp, Option<&Event>),
) -> Option<(Report, Ended)> {
    let stopped = input == Input::Stopped;
    watch.step_into(now, input, step);
    step.events.drain(..).for_each(|event| on(now, Some(&event)));
    let done = step.done.take().map(|report| *report);
    if stopped {
        return Some((done.unwrap_or_else(|| watch.report(true)), Ended::Stopped));
    }
    done.map(|report| (report, Ended::Done))
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
    fn found(&mut self, finding: &mut Finding) {
        self.latest = self.latest.max(finding.at);
        finding.at = self.latest;
        if let Some(journal) = &mut self.journal {
            journal.found(finding);
        }
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

async fn next_handful<S>(running: &mut SelectAll<S>) -> Vec<Finding>
where
    S: futures::Stream<Item = Vec<Finding>> + Unpin,
{
    match running.next().await {
        Some(handful) => handful,
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
