//! What a cell means for others: for a verdict, for whoever waits, for the views.

use crate::engine::schedule;
use crate::model::{Failure, Held, Rcode, Standing, Timestamp};

use super::{Cell, Detail, Kind, NONE};

/// What a resolver's standing means for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Stance {
    /// Nobody has asked yet.
    Unasked,
    /// Right, and more samples are wanted.
    Unconfirmed,
    /// Right.
    Confirmed,
    /// It says something else than what is expected, or cannot find out.
    Contradicts,
    /// It says nothing that counts.
    Out,
}

impl Cell {
    /// Whether it gave no answer when it was last asked.
    pub(in crate::engine) fn is_in_trouble(&self) -> bool {
        self.failures > 0
    }

    /// Whether it has an answer that is not as expected, or not confirmed yet.
    pub(in crate::engine) fn is_unconfirmed(&self) -> bool {
        self.kind != Kind::Unasked && !(self.kind == Kind::Right && self.samples >= self.needed)
    }

    /// The last announced end, of a resolver whose end can be believed.
    pub(in crate::engine) fn honest_end(&self) -> Option<Timestamp> {
        (self.kind == Kind::Wrong && self.last_end() != NONE).then(|| self.last_end())
    }

    /// Whether it has been failing for longer than a cached failure lasts.
    pub(in crate::engine) fn is_failing_for_long(&self, at: Timestamp) -> bool {
        matches!(self.kind, Kind::Failing) && at.since(self.since) > schedule::FAILURE_COUNTS
    }

    /// Whether a verdict may still have to wait for it: it says something else than what is expected, or has
    /// not said enough yet.
    pub(in crate::engine) fn is_awaited(&self) -> bool {
        match self.kind {
            Kind::Unasked | Kind::Wrong | Kind::Bogus | Kind::Failing => true,
            Kind::Right => self.samples < self.needed,
            Kind::Suspect | Kind::Refusing | Kind::Silent => false,
        }
    }

    /// What it now holds, as far as a verdict goes: the same as [`Self::standing`] says, for less.
    pub(in crate::engine) fn stance(&self) -> Stance {
        match self.kind {
            Kind::Unasked => Stance::Unasked,
            Kind::Right if self.samples >= self.needed => Stance::Confirmed,
            Kind::Right => Stance::Unconfirmed,
            Kind::Wrong | Kind::Failing | Kind::Bogus => Stance::Contradicts,
            Kind::Suspect | Kind::Refusing | Kind::Silent => Stance::Out,
        }
    }

    pub(in crate::engine) fn is_bogus(&self) -> bool {
        self.kind == Kind::Bogus
    }

    /// Of which sort its standing is, below [`Self::SORTS`]: reasons against cells of one sort have the same code.
    pub(in crate::engine) fn sort(&self) -> usize {
        match self.kind {
            Kind::Unasked => 0,
            Kind::Right => 1,
            Kind::Wrong if self.is_mixed() => 2,
            Kind::Wrong => 3,
            Kind::Suspect => 4,
            Kind::Failing => 5,
            Kind::Bogus => 6,
            Kind::Refusing | Kind::Silent => 7,
        }
    }

    /// How many sorts there are.
    pub(in crate::engine) const SORTS: usize = 8;

    fn is_mixed(&self) -> bool {
        self.caches > 1 && self.reprimed <= 3
    }

    /// What it now holds, for everybody else.
    pub(in crate::engine) fn standing(&self) -> Standing {
        let held = || match self.detail.as_deref() {
            Some(Detail::Held(held)) => held.clone(),
            _ => Held::NoData,
        };
        let rcode = || match self.detail.as_deref() {
            Some(Detail::Rcode(rcode)) => *rcode,
            _ => Rcode::SERVFAIL,
        };
        match self.kind {
            Kind::Unasked => Standing::Unasked,
            Kind::Right => Standing::Right { samples: self.samples, needed: self.needed },
            Kind::Wrong => {
                let until = Some(self.last_end()).filter(|&end| end != NONE);
                let wrong = self.live(self.seen_at).max(1);
                if self.is_mixed() {
                    Standing::Mixed {
                        held: held(),
                        wrong: wrong.min(self.caches),
                        caches: self.caches,
                        until,
                    }
                } else {
                    Standing::Wrong { held: held(), until }
                }
            }
            Kind::Suspect => Standing::Suspect { held: held() },
            Kind::Failing => Standing::Failing { rcode: rcode() },
            Kind::Bogus => Standing::Bogus,
            Kind::Refusing => Standing::Refusing { rcode: rcode() },
            Kind::Silent => Standing::Silent {
                failure: match self.detail.as_deref() {
                    Some(Detail::Failure(failure)) => failure.clone(),
                    _ => Failure::Silent { tries: 0 },
                },
            },
        }
    }
}
