//! Which records are judged now. Of many, one whose resolvers are being asked waits a moment for further answers,
//! since most of these change nothing that is told.

use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::model::{Timestamp, Verdict, Why};

use super::Watch;
use super::timers::Timer;

impl Watch {
    /// Takes out the records that are to be judged now, in order, each once.
    pub(super) fn take_dirty(&mut self) -> Vec<usize> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.iter().for_each(|&record| self.records[record].dirty = false);
        if self.is_many() {
            dirty.retain(|&record| !self.puts_off(record));
            while let Some(&(_, record)) = self.put_off.front().filter(|(until, _)| *until <= self.now) {
                self.put_off.pop_front();
                dirty.extend(std::mem::take(&mut self.records[record].put_off).then_some(record));
            }
            self.end_what_waits();
        }
        dirty.sort_unstable();
        dirty
    }

    /// Whether the judgement of a record waits a moment. It does while so many of its voters are still to answer, those
    /// who are asked once more and those who stand in line among them, that the rest make no quorum; and only as long as
    /// it counts as not safe: whatever goes against one that is safe is judged before anything else is told. A single look
    /// waits for all voters, also where it has found the record safe and nobody speaks against that.
    fn puts_off(&mut self, record: usize) -> bool {
        let progress = &mut self.records[record];
        let counts =
            progress.counted.is_some_and(|counted| counted.reached || counted.verdict == Verdict::Safe);
        let waits = match self.plan.mode {
            Mode::Look => progress.asking > 0 && !(counts && progress.crossed),
            Mode::Watch => progress.asking > self.spared && !counts,
        };
        let waits = waits && !progress.unweighed;
        let waited = std::mem::replace(&mut progress.put_off, waits);
        if waits && !waited {
            self.put_off.push_back((self.now + schedule::PUT_OFF, record));
        }
        waits
    }

    /// A single look may be over as soon as what waits is judged, though nobody else answers for long.
    fn end_what_waits(&mut self) {
        let first = self.put_off.front().map(|(until, _)| *until);
        if let Some(until) = first.filter(|&until| self.plan.mode == Mode::Look && until != self.put_off_ends)
        {
            self.put_off_ends = until;
            self.timers.set(until, Timer::Look, Why::First);
        }
    }

    /// Judges what was put off until `until` or before.
    pub(super) fn judge_put_off(&mut self, until: Timestamp) {
        while let Some(&(_, record)) = self.put_off.front().filter(|(at, _)| *at <= until) {
            self.put_off.pop_front();
            if std::mem::take(&mut self.records[record].put_off) {
                self.records[record].judged_at = self.now;
                self.judge_record(record);
            }
        }
        self.end_what_waits();
    }
}
