//! How long a survey goes on beginning something new.

use std::cell::Cell;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::net::exchange::Limit;

/// Waiting for turns that is made up for, at most.
const MOST_WAITED: Duration = Duration::from_secs(60);
/// Aliases that one survey follows, at most: a zone whose servers make them up would have it follow for ever.
const MOST_STEPS: u32 = 64;

/// What bounds a survey: a time, to which is added what its questions waited for their turns, as they do behind those of
/// thousands of other names; and a number of steps.
pub(super) struct Patience<'a> {
    limit: Limit,
    waits: &'a Waits,
    /// What had been waited before.
    waited: Duration,
    steps: Cell<u32>,
}

impl<'a> Patience<'a> {
    pub(super) fn new(limit: Limit, waits: &'a Waits) -> Self {
        Patience { limit, waits, waited: waits.all(), steps: Cell::new(0) }
    }

    /// Whether one step more may be taken.
    pub(super) fn allows_a_step(&self) -> bool {
        let mut limit = self.limit;
        limit.overslept(self.waits.all().saturating_sub(self.waited).min(MOST_WAITED));
        self.steps.set(self.steps.get() + 1);
        self.steps.get() <= MOST_STEPS && !limit.left().is_zero()
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_uses_up_no_time() {
        let waits = Waits::none();
        let waiting = waits.begin();
        let patience = Patience::new(Limit::start(Duration::from_millis(20)), &waits);
        let together = waits.begin();
        std::thread::sleep(Duration::from_millis(40));
        assert!(patience.allows_a_step());
        drop((waiting, together));
        let all = waits.all();
        assert!(all >= Duration::from_millis(40));
        std::thread::sleep(Duration::from_millis(21));
        assert!(!patience.allows_a_step());
        assert_eq!(waits.all(), all, "nobody waits, and those who waited together count once");
    }

    #[test]
    fn steps_are_counted() {
        let waits = Waits::none();
        let patience = Patience::new(Limit::start(Duration::from_secs(3600)), &waits);
        assert_eq!((0..100).filter(|_| patience.allows_a_step()).count(), MOST_STEPS as usize);
    }
}
