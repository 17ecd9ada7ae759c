//! Everything that is to happen later, in one heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::{Timestamp, Why};

/// What a timer wakes. An entry whose time has moved meanwhile is noticed by its owner and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Search(usize),
    Node(usize),
    Serial(usize),
    Walk(usize),
    Cell(usize),
    Settle(usize),
    /// A name, for what the CA looks at beyond addresses.
    Sight(usize),
    /// A single look has waited long enough for the slow.
    Look,
}

/// A heap of timers, the earliest first; equal times in the order of [`Timer`], so that replay is exact.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, Timer, Why)>>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, timer: Timer, why: Why) {
        if at < Timestamp::MAX {
            self.heap.push(Reverse((at, timer, why)));
        }
    }

    pub(super) fn due(&mut self, now: Timestamp) -> Option<Timer> {
        let Reverse((at, timer, _)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        Some(timer)
    }

    /// Takes out everything that is due, in order.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<(Timer, Why)> {
        let mut all = Vec::new();
        while let Some(Reverse((_, timer, why))) = self.heap.peek().copied().filter(|r| r.0.0 <= now) {
            self.heap.pop();
            all.push((timer, why));
        }
        all
    }

    /// How many are set.
    pub(super) fn count(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn next(&self) -> Option<(Timestamp, Why)> {
        self.heap.peek().map(|Reverse((at, _, why))| (*at, *why))
    }

    /// The earliest look that is worth telling a person: at a cache's end, not the routine.
    pub(super) fn next_telling(&self) -> Option<(Timestamp, Why)> {
        self.next()
    }
}
