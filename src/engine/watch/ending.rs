//! Milestones, the report, the forecast and the end of a watch.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::engine::plan::{FEW, Mode};
use crate::engine::schedule;
use crate::engine::verdict::Blind;
use crate::model::{
    Cause, Effect, Event, Failure, Milestone, Reason, RecordReport, Report, Standing, Timestamp, Verdict, Why,
};

use super::Watch;
use super::sums::has_reached;

impl Watch {
    pub(super) fn milestones(&mut self, record: usize, report: &RecordReport) {
        let reached = [report.issuable, report.verdict == Verdict::Safe, report.everyone];
        let names = [Milestone::Issuable, Milestone::Safe, Milestone::Everyone];
        for (i, milestone) in names.into_iter().enumerate() {
            if reached[i] != self.records[record].reached[i] {
                self.records[record].reached[i] = reached[i];
                let (at, lost) = (self.now, !reached[i]);
                let record = self.record_id(record);
                self.out.events.push(Event::Milestone { at, record, milestone, lost });
            }
        }
    }

    /// Where everything stands now.
    pub fn report(&self, last: bool) -> Report {
        let asked = (0..self.records.len()).filter(|&record| self.records[record].row.is_some());
        let whole = last || !self.is_many();
        let records = asked.map(|record| {
            let mut report = if whole { self.report_of(record) } else { self.report_in_short(record) };
            if !self.records[record].decided {
                leave_open(Arc::make_mut(&mut report));
            }
            report
        });
        let records: Vec<Arc<RecordReport>> = records.collect();
        let verdict = records.iter().map(|record| record.verdict).max().unwrap_or(Verdict::Inconclusive);
        let until = self.plan.policy.until;
        let reached = !records.is_empty() && records.iter().all(|record| has_reached(record, until));
        Report { at: self.now, verdict, last, reached, questions: self.questions, records }
    }

    /// The end has come before the looks that must precede the last word: nobody may rest on the old ones.
    fn doubt_old_sights(&self, report: &mut Report) {
        if !report.reached || self.plan.mode == Mode::Look {
            return;
        }
        for subject in self.old_sights() {
            for &record in self.records_of_sight(subject) {
                let place = report.records.binary_search_by_key(&self.record_id(record), |told| told.record);
                let Some(told) = place.ok().map(|place| Arc::make_mut(&mut report.records[place])) else {
                    continue;
                };
                told.verdict = told.verdict.max(Verdict::NotYet);
                (told.issuable, told.everyone) = (false, false);
                let cause = Cause::ChecksAgain;
                told.reasons.insert(0, Reason { effect: Effect::Waits, who: None, cause });
                report.verdict = report.verdict.max(Verdict::NotYet);
                report.reached = false;
            }
        }
    }

    /// Whether there are too many records to tell of all whenever there is news of one.
    pub(super) fn is_many(&self) -> bool {
        self.sums.rows > self.plan.policy.told_whole
    }

    /// A watch tells each verdict that differs from the last one, once every record's first look is over; a single
    /// look tells one, at its end. Of many records the whole is told only when the verdict on all changes, and what
    /// there is to tell of one record by itself: that costs the same however many there are.
    pub(super) fn tell_verdict(&mut self) {
        let many = self.is_many();
        if self.plan.mode == Mode::Look {
            // One look tells its verdict at its end; of many, which can take long, how each turns out on the way.
            if many {
                self.tell_news(many);
            }
            return;
        }
        if !(many || self.sums.all_decided()) {
            return;
        }
        let overall = self.sums.overall();
        let (_, reached) = overall;
        if !reached {
            self.closing = None;
        } else if self.sums.all_decided() && self.looks_before_the_last_word() {
            // At thousands of names these looks take minutes, and nobody should take one record for the hindrance.
            if many {
                self.tell_news(many);
            }
            return;
        }
        let any = self.tell_news(many);
        let same = self.told == Some(overall) && (many || !any);
        if self.sums.all_decided() && !same {
            self.told = Some(overall);
            self.out.events.push(Event::Verdict(Box::new(self.report(false))));
        }
    }

    /// Tells of each record of many that is judged otherwise than before. Returns whether any is.
    fn tell_news(&mut self, many: bool) -> bool {
        let mut news = self.sums.take_news();
        news.retain(|&record| {
            let progress = &self.records[record];
            progress.decided && progress.told != Some(progress.tellable)
        });
        for &record in &news {
            let progress = &mut self.records[record];
            progress.told = Some(progress.tellable);
            if many {
                let report = self.report_in_short(record);
                self.out.events.push(Event::Record { at: self.now, report });
            }
        }
        !news.is_empty()
    }

    pub(super) fn finish(&mut self) {
        self.judge_put_off(Timestamp::MAX);
        self.over = true;
        let mut report = Box::new(self.report(true));
        self.doubt_old_sights(&mut report);
        if matches!(self.out.events.last(), Some(Event::Verdict(_))) {
            self.out.events.pop();
        }
        self.out.events.push(Event::Verdict(report.clone()));
        self.out.done = Some(report);
    }

    pub(super) fn end_if_done(&mut self) {
        let done = match self.plan.mode {
            Mode::Look => {
                if self.in_flight == 0 {
                    self.judge_put_off(Timestamp::MAX);
                }
                // What waits to be judged may keep it from being over.
                self.look_is_over() && {
                    self.judge_put_off(Timestamp::MAX);
                    self.look_is_over()
                }
            }
            Mode::Watch => self.told.is_some_and(|(verdict, reached)| {
                reached || (self.plan.policy.fail_fast && verdict == Verdict::Blocked)
            }),
        };
        if done {
            self.finish();
        }
    }

    /// A single look ends when everything is back, when nothing that is still to come can change the
    /// verdict for the worse, or when it has waited a moment for what can only confirm a bad one.
    fn look_is_over(&mut self) -> bool {
        if self.in_flight == 0 && !self.timers_are_due() {
            return !self.ask_the_silent_again();
        }
        if !self.sums.all_decided() || self.blind != Blind::No || self.leisure.looks_out > 0 {
            return false;
        }
        let waited = self.asked_all.is_some_and(|at| self.now.since(at) >= schedule::GRACE_FOR_THE_SLOW);
        self.sums.nothing_is_open(waited)
    }

    /// A resolver that has to find out first, and meets a dead server on its way, can take longer than a
    /// probe; a moment later it has the answer. Where too few have said anything, the silent are asked once
    /// more. Returns whether any was.
    fn ask_the_silent_again(&mut self) -> bool {
        if std::mem::replace(&mut self.asked_silent, true) || self.blind != Blind::No {
            return false;
        }
        let short = |report: &RecordReport| {
            report.reasons.iter().any(|reason| matches!(reason.cause, Cause::TooFewAnswered { .. }))
        };
        let records = 0..self.records.len();
        let short: Vec<usize> =
            records.filter(|&r| self.records[r].report.as_deref().is_some_and(short)).collect();
        let cells: Vec<usize> = short.into_iter().flat_map(|record| self.cells_of(record)).collect();
        for &cell in &cells {
            if matches!(self.cells[cell].standing(), Standing::Silent { failure: Failure::Silent { .. } }) {
                self.cells[cell].next = self.now;
                self.cells[cell].why = Why::Retry;
                self.ask_resolver(cell);
            }
        }
        self.in_flight > 0
    }

    fn timers_are_due(&self) -> bool {
        self.timers.next().is_some_and(|(at, _)| at <= self.now)
    }

    /// When the last honest cache turns over; not known while the zone's servers are not right for some
    /// record, since nobody knows when its caches will be filled.
    fn last_turn_of_all(&self) -> Option<Timestamp> {
        self.sums.last_turn().filter(|_| self.sums.all_right())
    }

    /// Tells when the last honest cache turns over, whenever that moves, and what is looked at next.
    pub(super) fn forecast(&mut self) {
        if self.plan.mode == Mode::Look || !std::mem::take(&mut self.news) {
            return;
        }
        let by = self.last_turn_of_all();
        let next = self.timers.next_telling();
        let key = Some((by, next.map(|(at, _)| at.floor_second())));
        let moved = match (&self.told_forecast, &key) {
            (Some(told), Some(new)) => told.0 != new.0,
            (told, new) => told != new,
        };
        if moved {
            self.told_forecast = key;
            self.out.events.push(Event::Forecast { at: self.now, by, next });
        }
    }
}

/// The end has come before enough was seen that a verdict could rest on.
fn leave_open(report: &mut RecordReport) {
    report.issuable = false;
    if report.reasons.iter().all(|reason| !matches!(reason.effect, Effect::Blocks | Effect::Hides)) {
        report.verdict = Verdict::Inconclusive;
        report.reasons.insert(0, Reason { effect: Effect::Hides, who: None, cause: Cause::NotLookedAt });
    }
}

pub(super) fn can_become_safe(report: &RecordReport, percent: u8) -> bool {
    let count = &report.resolvers;
    let blocked = report
        .reasons
        .iter()
        .any(|reason| reason.effect == Effect::Waits && !reason.cause.code().starts_with("resolver"));
    let best = u64::from(count.confirmed + count.pending);
    let answered = best + u64::from(count.contradicting);
    let enough = if count.voters < FEW {
        count.contradicting == 0
    } else {
        best * 100 >= u64::from(percent) * answered
    };
    !blocked && enough
}

/// What is told of a record when it changes: the verdict, and the kinds of its reasons. Which resolver it is that
/// turns over is told by its shift; samples that are under way, counts, and ends that move by a tick are no news.
pub(super) fn tellable(report: &RecordReport) -> u64 {
    let news = report.reasons.iter().filter(|reason| {
        !matches!(
            reason.cause,
            Cause::ResolverUnconfirmed { .. } | Cause::ResolversPending { .. } | Cause::ChecksPending
        )
    });
    let mut reasons = BTreeSet::new();
    let mut before = None;
    for reason in news {
        let code = reason.cause.code();
        let who = reason.who.as_deref().filter(|_| !code.starts_with("resolver"));
        // Mostly it is the same for one resolver after the other.
        if before.replace((reason.effect, who, code)) != Some((reason.effect, who, code)) {
            reasons.insert((reason.effect, who, code));
        }
    }
    // Its keys are fixed, so that a replay tells the same.
    let mut hasher = DefaultHasher::new();
    (report.verdict as u8, report.issuable, report.everyone).hash(&mut hasher);
    for (effect, who, code) in reasons {
        (effect as u8, who, code).hash(&mut hasher);
    }
    hasher.finish()
}
