//! For how long anybody has waited for a turn.

use std::cell::Cell;
use std::time::Duration;

use crate::clock::Stopwatch;

/// The time in which at least one waited.
#[derive(Debug)]
pub(super) struct Waits {
    since: Stopwatch,
    /// So many wait now, and since when any does.
    now: Cell<u32>,
    from: Cell<Duration>,
    /// What is over.
    ended: Cell<Duration>,
}

/// One who waits, until it is dropped.
pub(super) struct Waiting<'a>(&'a Waits);

impl Waits {
    /// Nobody has waited.
    pub(super) fn none() -> Self {
        Waits { since: Stopwatch::start(), now: Cell::new(0), from: Cell::default(), ended: Cell::default() }
    }

    /// One more waits.
    pub(super) fn begin(&self) -> Waiting<'_> {
        if self.now.get() == 0 {
            self.from.set(self.since.elapsed());
        }
        self.now.set(self.now.get() + 1);
        Waiting(self)
    }

    /// All of it; those who waited together count once.
    pub(super) fn all(&self) -> Duration {
        self.ended.get() + self.lasts()
    }

    fn lasts(&self) -> Duration {
        if self.now.get() == 0 {
            return Duration::ZERO;
        }
        self.since.elapsed().saturating_sub(self.from.get())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Waits { now, ended, .. } = self.0;
        if now.get() == 1 {
            ended.set(self.0.all());
        }
        now.set(now.get() - 1);
    }
}
