//! Right answers: how many it takes, and what their ends say of the caches behind an address.

use std::time::Duration;

use crate::engine::schedule;
use crate::model::{Timestamp, Why};

use super::{Around, Cell, Ends, Kind, close};

/// Samples that are asked, for three of each cache that is known, at most.
const MOST_SAMPLES: u8 = 12;
/// An entry with less than this left may have been fetched anew ahead of its end, as may one with less than a
/// tenth of its life.
const AHEAD: Duration = Duration::from_secs(5);

/// How many answers it takes before a resolver counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Samples {
    /// Right answers, always.
    pub(in crate::engine) least: u8,
    /// Answers in all, while everything looks like one cache.
    pub(in crate::engine) planned: u8,
    /// Right answers, where several caches have shown themselves.
    pub(in crate::engine) several: u8,
}

impl Cell {
    pub(super) fn right(&mut self, ttl: u32, around: Around) {
        self.failures = 0;
        self.stale_in_a_row = 0;
        let was_right = self.kind == Kind::Right;
        let last_end = self.last_end();
        let still_wrong = if was_right { 0 } else { self.live(around.at) };
        // One run of samples may contradict an announced end; a resolver that has shown several caches, and
        // goes on mixing them, is left alone until the last end.
        let mixes = self.caches > 1 && self.samples == 0;
        if still_wrong > 0 && (mixes || last_end.since(around.at) <= Duration::from_secs(5)) {
            // Another cache, or a refresh ahead of time (BIND): the last end tells within seconds.
            self.caches = self.caches.max(still_wrong.saturating_add(1));
            self.ask_at(last_end + schedule::AFTER_END, Why::Expired);
            return;
        }
        self.samples = if was_right || still_wrong > 0 { self.samples.saturating_add(1) } else { 1 };
        if still_wrong > 0 {
            // Somebody may have emptied the cache; only many samples in a row can say so.
            self.caches = self.caches.max(still_wrong.saturating_add(1));
            self.needed = MOST_SAMPLES.max(around.samples.several);
            if self.samples < self.needed {
                self.ask_at(around.at, Why::Confirm);
                return;
            }
        }
        if !was_right {
            self.ends = Ends::NONE;
        }
        self.kind = Kind::Right;
        self.detail = None;
        self.note_right_end(ttl, around.at);
        if still_wrong == 0 {
            self.needed = self.samples_needed(around.samples);
        }
        if self.samples >= self.needed {
            self.next = Timestamp::MAX;
        } else if self.samples == 1 && !self.several && self.caches <= 1 {
            self.ask_at(around.at + around.apart, Why::Confirm);
        } else {
            self.ask_at(around.at, Why::Confirm);
        }
    }

    /// Files the end of a right answer. One cache counts down to one end; another end is another cache, unless
    /// the entry that announced the first may have been replaced meanwhile.
    fn note_right_end(&mut self, ttl: u32, at: Timestamp) {
        let end = schedule::end_of(at, ttl.max(1), false);
        let known = self.ends.known().any(|(_, known)| close(known, end));
        let ahead = AHEAD.max(Duration::from_secs(u64::from(ttl / 10)));
        if known {
            return;
        }
        self.several |= self.ends.after(at + ahead) > 0;
        if let Some(place) = self.ends.place(|known| known <= at + ahead) {
            self.ends.put(place, end);
        }
    }

    /// When the youngest of several caches was filled with the right answer, which the authorities let live for
    /// `ttl` seconds: it may have been wrong until then. None for one cache, whose turn was seen.
    pub(in crate::engine) fn youngest(&self, ttl: u32) -> Option<Timestamp> {
        let life = Duration::from_secs(u64::from(ttl));
        let last = self.ends.last()?;
        // Where a floor lies under the TTL it cannot be told, but for that it was before it was seen.
        (self.kind == Kind::Right && self.several).then(|| (last - life).min(self.seen_at))
    }

    /// How many samples must agree: few of one cache, the wrong answers that it gave before counted in; many
    /// where several are known.
    pub(super) fn samples_needed(&self, samples: Samples) -> u8 {
        let least = samples.least.max(1);
        if self.caches > 1 || self.several {
            return self.caches.saturating_mul(3).min(MOST_SAMPLES).max(samples.several).max(least);
        }
        samples.planned.saturating_sub(self.looks).max(least)
    }
}
