//! The only place that reads the time.
//!
//! Deadlines and expiries are instants of the wall clock, since caches count in it. The wall clock can be
//! set back; what this clock says never goes back: it stands still until the wall has caught up. A
//! suspended machine's clock has moved on when it wakes, which is what a deadline needs.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// A clock that never goes backwards.
#[derive(Debug)]
pub struct Clock {
    latest: Cell<Timestamp>,
}

impl Clock {
    /// Starts at the wall clock's time.
    pub fn new() -> Self {
        Clock { latest: Cell::new(wall()) }
    }

    /// The wall clock's time, or the latest that was told if that is later.
    pub fn now(&self) -> Timestamp {
        let now = wall().max(self.latest.get());
        self.latest.set(now);
        now
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// Measures how long something takes; suspended time may not count.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods)]
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[allow(clippy::disallowed_methods)]
fn wall() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_goes_back() {
        let clock = Clock::new();
        let ahead = clock.now() + Duration::from_secs(3600);
        clock.latest.set(ahead);
        assert_eq!(clock.now(), ahead);
    }
}
