//! What a record waits for by the clock: until the CA has forgotten, until the last cache has turned over, until
//! everything has stayed right for long enough.

use std::collections::BTreeMap;

use crate::engine::convergence::Stance;
use crate::engine::issuance;
use crate::engine::plan::Mode;
use crate::engine::schedule;
use crate::model::{Cause, Effect, Held, Milestone, RecordReport, Timestamp, Why};

use super::Watch;
use super::progress::{Progress, Wrong};
use super::timers::Timer;

impl Watch {
    /// When the CA can no longer have what was there before: an answer, or a delegation that has moved.
    pub(super) fn ca_forgets_at(&self, record: usize) -> Option<Timestamp> {
        let Progress { wrongs, right_since, guard, .. } = &self.records[record];
        let wrong = wrongs.iter().filter_map(|wrong| wrong.forgotten(*right_since));
        // A stray AAAA that has gone may be kept as well as a wrong address.
        let stray = guard.and_then(|guard| self.stray_forgotten_at(record, guard));
        let answer = wrong.max().max(stray);
        let moved = self
            .moved(record)
            .and_then(|(at, ttl)| issuance::ca_forgets(at, ttl, &Held::Addresses([].into())));
        answer.max(moved).max(self.barred_until(record))
    }

    /// The same for unexpected AAAA. While they do no harm it does none that the CA has them.
    fn stray_forgotten_at(&self, record: usize, guard: usize) -> Option<Timestamp> {
        let Progress { wrongs, right_since, .. } = &self.records[guard];
        if wrongs.is_empty() {
            return None;
        }
        let sight = self.sight(record, None);
        let harmless = |wrong: &Wrong| match (&wrong.held, &sight) {
            (Held::Addresses(strays), Some(sight)) if wrong.is_given() => {
                issuance::stray_effect(sight, strays) == Effect::Warns
            }
            _ => false,
        };
        let harmful = wrongs.iter().filter(|wrong| !harmless(wrong));
        harmful.filter_map(|wrong| wrong.forgotten(*right_since)).max()
    }

    /// The latest expiry that is possible: announced ends, and what an unseen cache may still hold.
    pub(super) fn everyone_by(&self, record: usize) -> Option<Timestamp> {
        let progress = &self.records[record];
        let right_since = progress.right_since?;
        let unseen = right_since.plus_secs(progress.longest_life());
        let unseen = match self.moved(record) {
            Some((at, ns_ttl)) => unseen.max(at.plus_secs(ns_ttl.saturating_add(progress.longest_life()))),
            // Somebody has the old answer, and none of the zone's servers was seen with it: the domain may have
            // moved to them before this watch began.
            None if progress.old_life().is_none() && progress.was_contradicted() => {
                unseen.plus_secs(self.delegation_life(record))
            }
            None => unseen,
        };
        Some(self.last_turn(record).map_or(unseen, |by| by.max(unseen)))
    }

    /// When the last cache that is known to be wrong, and counts its time honestly, turns over.
    pub(super) fn last_turn(&self, record: usize) -> Option<Timestamp> {
        let limit = self.honest_limit(record);
        self.cells_of(record).filter_map(|cell| self.cells[cell].honest_end()).map(|end| end.min(limit)).max()
    }

    /// Starts or stops the time for settling; at its end the authorities are asked once more.
    pub(super) fn settle(&mut self, record: usize, clear: bool) {
        if self.plan.mode == Mode::Look {
            return;
        }
        if !clear {
            self.records[record].settle_from = None;
            return;
        }
        if self.records[record].settle_from.is_some() {
            self.settle_from_the_youngest(record);
            return;
        }
        self.settle_since(record, self.now);
        for cell in self.old_confirmations(record) {
            self.cells[cell].why = Why::Settle;
            self.cells[cell].next = self.now;
            self.timers.set(self.now, Timer::Cell(cell), Why::Settle);
        }
    }

    /// The confirmations of a record that are renewed while it settles: whatever was seen before nothing could be
    /// seen for a while, and the oldest of each operator, if it is old. His other resolvers are mostly the same
    /// machines.
    fn old_confirmations(&self, record: usize) -> Vec<usize> {
        let cells = self.cells_of(record);
        let mut oldest: BTreeMap<u32, (Timestamp, usize)> = BTreeMap::new();
        let mut all = Vec::new();
        for cell in cells.clone().filter(|&cell| self.cells[cell].stance() == Stance::Confirmed) {
            let seen_at = self.cells[cell].seen_at;
            if seen_at < self.unseen_until {
                all.push(cell);
            } else if self.now.since(seen_at) > schedule::OLD_CONFIRMATION {
                let oldest = oldest.entry(self.operators[cell - cells.start]).or_insert((seen_at, cell));
                *oldest = (*oldest).min((seen_at, cell));
            }
        }
        all.extend(oldest.into_values().map(|(_, cell)| cell));
        all
    }

    fn settle_since(&mut self, record: usize, from: Timestamp) {
        let at = from + self.plan.policy.settle;
        self.records[record].settle_from = Some(from);
        self.records[record].settle_at = at;
        self.timers.set(at.max(self.now), Timer::Settle(record), Why::Settle);
    }

    /// Several caches have shown themselves while it settles, and one of them may have been wrong until it was
    /// filled a moment ago: it settles since then.
    pub(super) fn settle_from_the_youngest(&mut self, record: usize) {
        let progress = &self.records[record];
        let (from, ttl) = (progress.settle_from, progress.new_ttl);
        let is_safe = progress.reached[Milestone::Safe as usize];
        // Of many voters some may be wrong anyway.
        if self.samples.planned <= self.samples.least {
            return;
        }
        let filled = self.cells_of(record).filter_map(|cell| self.cells[cell].youngest(ttl)).max();
        if let Some(filled) = filled.filter(|&filled| !is_safe && from.is_some_and(|from| filled > from)) {
            self.settle_since(record, filled.min(self.now));
        }
    }

    /// The CA's caches run out at a known instant, and so does its patience after failed attempts: a look just
    /// after it may change the verdict.
    pub(super) fn await_ca(&mut self, record: usize, report: &RecordReport) {
        let waits = report.reasons.iter().filter(|reason| {
            reason.effect == Effect::Waits
                && reason.who.is_none()
                && !matches!(reason.cause, Cause::Settling { .. })
        });
        let ends = waits.filter_map(|reason| reason.cause.until()).filter(|&at| at > self.now);
        if let Some(at) = ends.max().filter(|_| self.records[record].right_since.is_some())
            && self.records[record].settle_at != at
            && self.plan.mode == Mode::Watch
        {
            self.records[record].settle_at = at;
            self.timers.set(at, Timer::Settle(record), Why::Settle);
        }
    }

    /// The look at the authorities that ends settling, or the CA's caches: findings, not clocks, judge.
    pub(super) fn look_once_more(&mut self, record: usize) {
        if self.records[record].settle_at > self.now {
            return;
        }
        self.records[record].settle_at = Timestamp::MAX;
        self.records[record].looking_until = self.now + schedule::LAST_LOOK;
        let guard = self.records[record].guard;
        for record in [Some(record), guard].into_iter().flatten() {
            if let Some(node) = self.records[record].node {
                self.send_node(node, Why::Settle);
            }
        }
    }
}
