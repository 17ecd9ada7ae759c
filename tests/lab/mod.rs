//! A small internet on loopback: programs, zones, odd servers, and the stories that are played on it.

pub(crate) mod ask;
pub(crate) mod authority;
pub(crate) mod daemon;
pub(crate) mod odd;
pub(crate) mod recursive;
pub(crate) mod run;
pub(crate) mod runner;
pub(crate) mod secure;
pub(crate) mod stories;
pub(crate) mod tap;
pub(crate) mod truth;
pub(crate) mod world;
pub(crate) mod zone;

use std::time::Duration;

use propwatch::clock::Clock;
use propwatch::model::Timestamp;

/// The wall clock, which is also the clock of every server in the lab.
pub(crate) fn now() -> Timestamp {
    Clock::new().now()
}

/// Real programs run in real time, so the lab has to wait for it.
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Waits until an instant.
pub(crate) fn pause_until(at: Timestamp) {
    pause(at.since(now()));
}

/// Seconds from `from` to `to`, negative when `to` comes first.
pub(crate) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_micros() - from.as_micros()) as f64 / 1e6
}
