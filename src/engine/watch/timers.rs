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
    /// A single look has waited long enough, for the slow or for what was put off.
    Look,
}

/// A timer in four octets: its kind above, its number below. There is one for each cell, so they are kept small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Packed(u32);

/// Numbers have this many bits; three are left for the kind.
const NUMBER_BITS: u32 = 29;

impl Packed {
    fn of(timer: Timer) -> Packed {
        let (kind, number) = match timer {
            Timer::Search(number) => (0, number),
            Timer::Node(number) => (1, number),
            Timer::Serial(number) => (2, number),
            Timer::Walk(number) => (3, number),
            Timer::Cell(number) => (4, number),
            Timer::Settle(number) => (5, number),
            Timer::Sight(number) => (6, number),
            Timer::Look => (7, 0),
        };
        debug_assert!(number < 1 << NUMBER_BITS, "a number that does not fit");
        Packed(kind << NUMBER_BITS | u32::try_from(number).unwrap_or(u32::MAX) & ((1 << NUMBER_BITS) - 1))
    }

    fn timer(self) -> Timer {
        let number = (self.0 & ((1 << NUMBER_BITS) - 1)) as usize;
        match self.0 >> NUMBER_BITS {
            0 => Timer::Search(number),
            1 => Timer::Node(number),
            2 => Timer::Serial(number),
            3 => Timer::Walk(number),
            4 => Timer::Cell(number),
            5 => Timer::Settle(number),
            6 => Timer::Sight(number),
            _ => Timer::Look,
        }
    }
}

/// A heap of timers, the earliest first; equal times in the order of [`Timer`], so that replay is exact.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, Packed, Why)>>,
}

const _: () = assert!(size_of::<Reverse<(Timestamp, Packed, Why)>>() <= 16);

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, timer: Timer, why: Why) {
        if at < Timestamp::MAX {
            self.heap.push(Reverse((at, Packed::of(timer), why)));
        }
    }

    pub(super) fn due(&mut self, now: Timestamp) -> Option<Timer> {
        let Reverse((at, timer, _)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        Some(timer.timer())
    }

    /// Takes out everything that is due, in order.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<(Timer, Why)> {
        let mut all = Vec::new();
        while let Some(Reverse((_, timer, why))) = self.heap.peek().copied().filter(|r| r.0.0 <= now) {
            self.heap.pop();
            all.push((timer.timer(), why));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_timers_keep_their_order() {
        let numbers = [0, 1, 77, (1 << NUMBER_BITS) - 1];
        let kinds: [fn(usize) -> Timer; 7] = [
            Timer::Search,
            Timer::Node,
            Timer::Serial,
            Timer::Walk,
            Timer::Cell,
            Timer::Settle,
            Timer::Sight,
        ];
        let mut all: Vec<Timer> =
            kinds.iter().flat_map(|kind| numbers.iter().map(move |&number| kind(number))).collect();
        all.push(Timer::Look);
        assert!(all.is_sorted(), "the list is meant to be in order");
        let packed: Vec<Packed> = all.iter().map(|&timer| Packed::of(timer)).collect();
        assert!(packed.is_sorted());
        assert_eq!(packed.into_iter().map(Packed::timer).collect::<Vec<_>>(), all);
    }
}
