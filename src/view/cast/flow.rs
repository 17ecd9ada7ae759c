//! Work that goes as fast as politeness to servers allows: how much is left, and when it is done at the pace so far.

use std::time::Duration;

use crate::model::Timestamp;

/// The pace is that of one to two times as long.
const WINDOW: Duration = Duration::from_secs(60);
/// After a shorter time nobody can speak of a pace.
const SHORTEST: Duration = Duration::from_secs(5);
/// Nor with less that was done, nor with a smaller part of all: a beginning is slower than what follows.
const LEAST: u32 = 10;
const SMALLEST_PART: u32 = 30;

/// What is left of it, then and now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    older: (Timestamp, u32),
    newer: (Timestamp, u32),
    left: u32,
}

impl Flow {
    /// So much is to be done.
    pub(super) fn new(at: Timestamp, left: u32) -> Self {
        Flow { older: (at, left), newer: (at, left), left }
    }

    /// So much is left. More than before begins anew.
    pub(super) fn note(&mut self, at: Timestamp, left: u32) {
        if left > self.left {
            *self = Flow::new(at, left);
        } else if at.since(self.newer.0) >= WINDOW {
            (self.older, self.newer) = (self.newer, (at, left));
        }
        self.left = left;
    }

    /// Nothing was done for a while: the pace of before says nothing of what follows.
    pub(super) fn pause(&mut self, at: Timestamp) {
        *self = Flow::new(at, self.left);
    }

    /// When nothing will be left, at the pace so far; none where there is none, or nothing to be done.
    pub(super) fn done_by(&self, now: Timestamp) -> Option<Timestamp> {
        let (since, most) = self.older;
        let (took, done) = (now.since(since), most - self.left);
        let told = self.left > 0 && done >= LEAST.max(most / SMALLEST_PART) && took >= SHORTEST;
        told.then(|| now + took.mul_f64(f64::from(self.left) / f64::from(done)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + second)
    }

    #[test]
    fn a_pause_is_no_pace() {
        let mut flow = Flow::new(at(0), 10_000);
        (1..=600).for_each(|second| flow.note(at(second), 10_000 - u32::try_from(second).unwrap() * 7));
        flow.pause(at(29_400));
        assert_eq!(flow.done_by(at(29_401)), None);
        flow.note(at(29_440), 5_800 - 280);
        // 280 in 40 s: 5,520 more in 788.57 s.
        let end = at(29_440 + 788) + Duration::from_nanos(571_428_571);
        assert_eq!(flow.done_by(at(29_440)), Some(end));
    }

    #[test]
    fn the_pace_so_far_gives_the_end() {
        let mut flow = Flow::new(at(0), 1000);
        assert_eq!(flow.done_by(at(100)), None, "nothing was done");
        flow.note(at(4), 900);
        assert_eq!(flow.done_by(at(4)), None, "too early to tell");
        flow.note(at(10), 800);
        assert_eq!(flow.done_by(at(10)), Some(at(50)));
        assert_eq!(flow.done_by(at(20)), Some(at(100)), "it has come to a halt");
        flow.note(at(50), 0);
        assert_eq!(flow.done_by(at(50)), None, "it is done");
        let mut flow = Flow::new(at(0), 9000);
        flow.note(at(10), 8701);
        assert_eq!(flow.done_by(at(10)), None, "it has only begun");
        flow.note(at(10), 8700);
        assert_eq!(flow.done_by(at(10)), Some(at(10 + 290)));
    }

    #[test]
    fn an_earlier_pace_and_earlier_work_are_forgotten() {
        let mut flow = Flow::new(at(0), 10_000);
        (1..=60).for_each(|second| flow.note(at(second), 10_000 - 100 * second as u32));
        (61..=180).for_each(|second| flow.note(at(second), 4_000 - 10 * (second as u32 - 60)));
        assert_eq!(flow.done_by(at(180)), Some(at(180 + 280)));
        flow.note(at(181), 5_000);
        assert_eq!(flow.done_by(at(181)), None);
        flow.note(at(191), 4_000);
        assert_eq!(flow.done_by(at(191)), Some(at(191 + 40)));
    }
}
