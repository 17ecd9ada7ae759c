//! Words about times in which nothing could be seen.

use std::time::Duration;

use crate::model::{Gap, GapKind};

use super::{Words, span};

/// A restart within this tells no length: nothing can have been missed.
const AT_ONCE: Duration = Duration::from_secs(2);

impl Words<'_> {
    /// What happened and from when to when: `asleep from 02:10:00 to 07:45:12 (5 h 35 min)`.
    pub fn gap(&self, gap: &Gap) -> String {
        let from = self.when.clock(gap.from);
        let Some(to) = gap.to else {
            return format!("nothing has been answered since {from}: the network seems to be gone");
        };
        let length = to.since(gap.from);
        let between = format!("from {from} to {} ({})", self.when.clock(to), span(length));
        let again = "asking what may have changed";
        match gap.kind {
            GapKind::Restarted if length < AT_ONCE => "going on where this watch was ended".to_owned(),
            GapKind::Restarted => format!("going on: this watch was not running {between}; {again}"),
            GapKind::Rebooted => {
                format!(
                    "going on: the machine was started anew, and this watch was not running {between}; {again}"
                )
            }
            GapKind::Asleep => format!("asleep {between}; {again}"),
            GapKind::Offline => format!("nothing was answered {between}; {again}"),
            GapKind::ClockSet { by } => {
                let way = if by < 0 { "back" } else { "forward" };
                let by = span(Duration::from_micros(by.unsigned_abs()));
                format!("the clock was set {way} by {by}; {again}")
            }
        }
    }
}
