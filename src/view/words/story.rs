//! Words for the story of a watch.

use std::time::Duration;

use crate::model::{Milestone, Timestamp};
use crate::view::{Story, Turnover};

use super::standings::held;
use super::{Words, count, span};

impl Words<'_> {
    /// What somebody had: `NXDOMAIN (no such name)`.
    pub(in crate::view) fn had(&self, turn: &Turnover) -> String {
        let record = self.cast.record(turn.record);
        match (&turn.held, record) {
            (Some(what), Some(record)) => held(what, record),
            _ => "something else".to_owned(),
        }
    }

    /// How a turn compares with its announcement: `0.03 s after its end`.
    pub(in crate::view) fn kept(&self, turn: &Turnover) -> String {
        match (turn.turned, turn.announced, turn.off_by()) {
            (Some(at), Some(_), Some(off)) => {
                format!("right at {}, {}", self.when.clock(at), against(off))
            }
            (Some(at), ..) => format!("right at {}", self.when.clock(at)),
            (None, Some(end), _) => format!("not right yet; its end was {}", self.when.clock(end)),
            (None, None, _) => "not right yet".to_owned(),
        }
    }

    /// A milestone in a few words.
    pub(in crate::view) fn milestone(milestone: Milestone, lost: bool) -> &'static str {
        match (milestone, lost) {
            (Milestone::Issuable, false) => "Let's Encrypt can see it",
            (Milestone::Issuable, true) => "Let's Encrypt may no longer see it",
            (Milestone::Safe, false) => "safe to issue",
            (Milestone::Safe, true) => "no longer safe to issue",
            (Milestone::Everyone, false) => "everyone sees it",
            (Milestone::Everyone, true) => "no longer seen by everyone",
        }
    }

    /// How good the announcements were, taken together.
    pub(in crate::view) fn accuracy(story: &Story) -> Option<String> {
        let all = story.distances();
        let (worst, middle) = (*all.last()?, all[all.len() / 2]);
        let turned = count(u32::try_from(all.len()).unwrap_or(u32::MAX), "cache", "caches");
        let early = all.iter().filter(|off| **off < -1_000_000).count();
        let sooner = match early {
            0 => String::new(),
            1 => "; one of them turned before its end (a refresh ahead of time, or somebody emptied it)"
                .to_owned(),
            n => format!("; {n} of them turned before their end (refreshed ahead of time, or emptied)"),
        };
        Some(format!(
            "{turned} said when they would turn over: half were seen right within {} of it, the furthest {}{sooner}",
            seconds(middle),
            against(worst),
        ))
    }

    /// What the first and the last forecast said, and what happened.
    pub(in crate::view) fn forecast_kept(&self, story: &Story) -> Option<String> {
        let (told, first) = story.forecasts().first()?;
        let (_, last) = story.forecasts().last()?;
        let first_told = format!(
            "at {} the last cache was expected at {}",
            self.when.clock(*told),
            self.when.clock(*first)
        );
        let later =
            if last == first { String::new() } else { format!(", in the end at {}", self.when.clock(*last)) };
        let happened = match story.last_turn() {
            Some(at) => format!("the last one that turned over did so at {}", self.when.clock(at)),
            None => "none has turned over yet".to_owned(),
        };
        Some(format!("{first_told}{later}; {happened}"))
    }

    /// How long something lasted.
    pub(in crate::view) fn lasted(from: Timestamp, to: Timestamp) -> String {
        span(to.since(from))
    }
}

/// `0.03 s after its end`, `2 min before its end`.
fn against(off: i64) -> String {
    let way = if off < 0 { "before" } else { "after" };
    format!("{} {way} its end", seconds(off))
}

fn seconds(off: i64) -> String {
    let length = Duration::from_micros(off.unsigned_abs());
    if length < Duration::from_secs(10) { format!("{:.2} s", length.as_secs_f64()) } else { span(length) }
}
