//! Times in which a watch could see nothing, and times that are not what the clock said.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What kept a watch from seeing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// The program had ended, and was started again with the same journal. What it had asked is lost.
    Restarted,
    /// The machine itself was started anew, so only its clock says how long the watch was not running, and that
    /// may be wrong by then.
    Rebooted,
    /// The machine was suspended, or the program was stopped (SIGSTOP). What it had asked comes back late or
    /// as a failure.
    Asleep,
    /// Nothing was answered, though there was an answer before.
    Offline,
    /// The wall clock was set. The watch goes on counting by the clock as it was, since nothing else that it
    /// remembers has moved.
    ClockSet {
        /// Microseconds by which it was set forward; negative for back.
        by: i64,
    },
}

/// A time in which a watch could see nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What happened.
    pub kind: GapKind,
    /// The last instant at which all was well.
    pub from: Timestamp,
    /// When it was over; none while it lasts.
    pub to: Option<Timestamp>,
}

/// How long a machine had been up at some instant, suspended time included: two of one boot tell how much time
/// lies between them, whatever the wall clock says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uptime {
    /// Which boot.
    pub boot: String,
    /// Microseconds since then.
    pub up: u64,
}
