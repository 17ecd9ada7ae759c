//! The one loop: carries errands out and findings back, keeps the time, and tells what happens.
//!
//! It decides nothing. Each input makes one step of the engine, and the deadline and the user's stop are
//! inputs like any other, so that what a watch concludes depends on its inputs alone.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::SelectAll;

use crate::clock::Clock;
use crate::engine::{Input, Step, Watch};
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

/// Runs a watch to its end. `deadline` is the instant at which it gives up; `stop` resolves when the user
/// has had enough; `on` is told every event, and once a second (with none) that time has passed.
pub async fn drive(
    watch: &mut Watch,
    clock: &Clock,
    net: &impl Network,
    deadline: Option<Timestamp>,
    stop: impl Future<Output = ()>,
    mut on: impl FnMut(Timestamp, Option<&Event>),
) -> (Report, Ended) {
    let mut running = SelectAll::new();
    let mut stop = std::pin::pin!(stop);
    let mut step = watch.step(clock.now(), Input::Started);
    loop {
        let Step { errands, events, wake, done } = step;
        for event in &events {
            on(clock.now(), Some(event));
        }
        if let Some(report) = done {
            return (*report, Ended::Done);
        }
        if !errands.is_empty() {
            running.push(Box::pin(net.run(errands)));
        }
        let wake = wake.map(|wake| wake.at);
        let next = if running.is_empty() && wake.is_none() && deadline.is_none() {
            // Nothing can happen any more, so time is up. An engine without mistakes never comes here.
            Next::Deadline
        } else {
            tokio::select! {
                biased;
                () = &mut stop => Next::Stopped,
                finding = next_finding(&mut running) => Next::Found(finding),
                next = until(|| clock.now(), wake, deadline, &mut on) => next,
            }
        };
        let input = match next {
            Next::Stopped => {
                let step = watch.step(clock.now(), Input::Stopped);
                step.events.iter().for_each(|event| on(clock.now(), Some(event)));
                let report = step.done.map_or_else(|| watch.report(true), |report| *report);
                return (report, Ended::Stopped);
            }
            Next::Found(finding) => Input::Found(finding),
            Next::Woke => Input::Woke,
            Next::Deadline => Input::Deadline,
        };
        // A finding carries its own time, so that a replay of it is exact.
        let now = match &input {
            Input::Found(finding) => finding.at,
            _ => clock.now(),
        };
        step = watch.step(now, input);
    }
}

#[derive(Debug)]
enum Next {
    Found(Finding),
    Woke,
    Deadline,
    Stopped,
}

async fn next_finding<S>(running: &mut SelectAll<S>) -> Finding
where
    S: futures::Stream<Item = Finding> + Unpin,
{
    match running.next().await {
        Some(finding) => finding,
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
