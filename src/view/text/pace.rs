//! Lines of a run with many records, as many as a person can read: the first few of every while, then how many
//! stand where.

use std::time::Duration;

use crate::model::{Event, Timestamp};
use crate::view::{Cast, Counts, Tone};

use super::Text;
use super::summary::{at_this_pace, counted};

/// Lines of single records in every while.
const ROOM: u32 = 10;
/// The shortest while.
const SHORTEST: Duration = Duration::from_secs(10);
/// The longest one: the longer a watch lasts, the less often it is told how far it has come.
const LONGEST: Duration = Duration::from_secs(600);

/// Keeps the telling of events to what a person can read. With few records every line is told.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    began: Option<Timestamp>,
    /// When counts may be told again.
    next: Timestamp,
    used: u32,
    left_out: u64,
    told: Option<Counts>,
}

impl Pace {
    /// Nothing has been told yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines for an event, or (with none) for time that has passed. The cast has taken the event already.
    pub fn lines(&mut self, text: &Text, now: Timestamp, event: Option<&Event>, cast: &Cast) -> Vec<String> {
        let told = event.map(|event| text.event_lines(event, cast)).unwrap_or_default();
        if !cast.is_many() {
            return told;
        }
        let began = *self.began.get_or_insert(now);
        if self.next == Timestamp::default() {
            self.next = now + SHORTEST;
        }
        let mut lines = if told.is_empty() || event.is_some_and(is_of_all) || self.used < ROOM {
            self.used += u32::from(!told.is_empty() && !event.is_some_and(is_of_all));
            told
        } else {
            self.left_out += 1;
            Vec::new()
        };
        if self.next <= now {
            self.next = now + while_after(began, now);
            lines.extend(self.rest(text, now, cast));
        }
        lines
    }

    /// How many stand where, now and then: for a run of which nothing else is told on the way.
    pub fn counts(&mut self, text: &Text, now: Timestamp, cast: &Cast) -> Vec<String> {
        let began = *self.began.get_or_insert(now);
        if !cast.is_many() || now.since(began) < SHORTEST || now < self.next {
            return Vec::new();
        }
        self.next = now + while_after(began, now);
        self.rest(text, now, cast)
    }

    /// How many stand where, if that was not told yet, and how many lines were left out.
    pub fn rest(&mut self, text: &Text, now: Timestamp, cast: &Cast) -> Vec<String> {
        let left_out = std::mem::take(&mut self.left_out);
        self.used = 0;
        let counts = cast.counts();
        if !cast.is_many() || counts.judged == 0 || (left_out == 0 && self.told == Some(counts)) {
            return Vec::new();
        }
        self.told = Some(counts);
        let mut line = counted(counts, cast.until());
        if let Some([by, _]) = at_this_pace(cast, &text.words(cast, now), now) {
            line = format!("{line}; {by}");
        }
        if left_out > 0 {
            let lines = if left_out == 1 { "line" } else { "lines" };
            line = format!("{line} ({left_out} {lines} left out here; --json has everything)");
        }
        text.stamped(cast, now, Tone::Strong, &line)
    }
}

/// How long nothing more is told: the longer a run lasts, the less often.
fn while_after(began: Timestamp, now: Timestamp) -> Duration {
    (now.since(began) / 10).clamp(SHORTEST, LONGEST)
}

/// Events that are about the whole run, of which there are few.
fn is_of_all(event: &Event) -> bool {
    matches!(event, Event::Started(_) | Event::Gap { .. } | Event::Port53 { .. })
}

impl Text {
    /// The lines above a live view of many records: those about the whole run. The view itself has the rest.
    pub fn lines_above(&self, event: &Event, cast: &Cast) -> Vec<String> {
        if cast.is_many() && !is_of_all(event) { Vec::new() } else { self.event_lines(event, cast) }
    }
}
