//! The ends that one resolver has announced, in four octets each.

use crate::model::Timestamp;

/// Ends of caches that are remembered at once.
const MOST: usize = 4;

/// A few announced ends, without any order. All lie on whole seconds of the wall clock, as caches count
/// (see [`crate::engine::schedule::end_of`]); one after February 2106 is taken for February 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends([u32; MOST]);

impl Ends {
    /// None is known.
    pub(super) const NONE: Ends = Ends([0; MOST]);

    /// One and no other.
    pub(super) fn only(end: Timestamp) -> Ends {
        let mut ends = Self::NONE;
        ends.put(0, end);
        ends
    }

    /// Those that are known, each with its place.
    pub(super) fn known(&self) -> impl Iterator<Item = (usize, Timestamp)> {
        let known = self.0.iter().enumerate().filter(|(_, second)| **second != 0);
        known.map(|(place, second)| (place, Timestamp::from_secs(i64::from(*second))))
    }

    pub(super) fn last(&self) -> Option<Timestamp> {
        self.known().map(|(_, end)| end).max()
    }

    /// How many lie after an instant.
    pub(super) fn after(&self, at: Timestamp) -> usize {
        self.known().filter(|(_, end)| *end > at).count()
    }

    /// Puts an end in a place that [`Self::known`] has told, or that is empty.
    pub(super) fn put(&mut self, place: usize, end: Timestamp) {
        if let Some(slot) = self.0.get_mut(place) {
            *slot = u32::try_from(end.as_micros().div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX);
        }
    }

    /// The first place that is empty, or whose end fits.
    pub(super) fn place(&self, fits: impl Fn(Timestamp) -> bool) -> Option<usize> {
        self.0.iter().position(|&second| second == 0 || fits(Timestamp::from_secs(i64::from(second))))
    }

    /// All of them a second later.
    pub(super) fn later(mut self) -> Ends {
        self.0
            .iter_mut()
            .filter(|second| **second != 0)
            .for_each(|second| *second = second.saturating_add(1));
        self
    }

    /// Puts an end in the place of the earliest, or in an empty one; ends that have passed are the earliest.
    pub(super) fn replace_earliest(&mut self, end: Timestamp) {
        let earliest = (0..MOST).min_by_key(|&place| self.0[place]).unwrap_or(0);
        self.put(earliest, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_gives_way() {
        let at = Timestamp::from_secs;
        let mut ends = Ends::NONE;
        assert_eq!((ends.last(), ends.after(at(0))), (None, 0));
        (1..=4).for_each(|n| ends.replace_earliest(at(10 * n)));
        assert_eq!((ends.last(), ends.after(at(10)), ends.after(at(9))), (Some(at(40)), 3, 4));
        ends.replace_earliest(at(50));
        assert_eq!((ends.last(), ends.after(at(9)), ends.after(at(20))), (Some(at(50)), 4, 3));
    }

    #[test]
    fn an_end_beyond_the_reckoning_is_the_last_that_can_be_told() {
        let end = Ends::only(Timestamp::MAX).last();
        assert_eq!(end, Some(Timestamp::from_secs(i64::from(u32::MAX))));
    }
}
