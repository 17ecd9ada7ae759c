//! The watch's dealings with what the CA looks at beyond addresses: surveys, and visits to web servers.
//!
//! One look at a name is a survey, and then a visit to every address that it found. A name is looked at
//! once at the beginning, so that what is wrong can be told early; again when its records have become right,
//! since only that look counts; and from time to time while something of it stands in the way.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::issuance::{self, Sight};
use crate::engine::plan::{Mode, WebPolicy};
use crate::engine::schedule;
use crate::model::{
    Ca, ChallengeFile, Effect, Fetch, Held, Milestone, Name, Reason, Seen, Survey, Task, Timestamp, Why,
};

use super::Watch;
use super::progress::{Progress, Sighted};
use super::subject::{Barred, Subject};
use super::surveys::Kept;
use super::timers::Timer;
use crate::engine::authority::AtServer;

/// Addresses that one look visits at most; a name with more is its owner's to sort out.
const MOST_VISITS: usize = 32;

/// Old looks that are taken anew at once, after all were.
const RENEWED: usize = 8;

impl Watch {
    pub(super) fn subject_named(&self, name: &Name) -> Option<usize> {
        self.subject_of_name.get(name).copied()
    }

    pub(super) fn subject_of(&self, record: usize) -> Option<usize> {
        self.records[record].subject
    }

    /// Whether any record of a name is not right at its name servers.
    pub(super) fn is_wrong(&self, subject: usize) -> bool {
        let mut records = self.subjects[subject].records.iter();
        records.any(|&record| self.records[record].right_since.is_none())
    }

    /// A record has become right at its authorities: what was seen while it was not does not count, but for
    /// a look that has only just begun.
    pub(super) fn record_is_right(&mut self, record: usize) {
        let Some(subject) = self.subject_of(record).filter(|_| self.plan.mode == Mode::Watch) else { return };
        let Subject { asked_at, wanted, .. } = &self.subjects[subject];
        let recent = |at: &Timestamp| at >= wanted && self.now.since(*at) <= schedule::SAME_MOMENT;
        let just_begun = asked_at.as_ref().is_some_and(recent) && self.sees_expected(subject);
        if !just_begun {
            self.want(subject, Why::Confirm);
        }
    }

    /// Whether a look under way has found only what is expected, or has found nothing yet.
    fn sees_expected(&self, subject: usize) -> bool {
        let Subject { survey, expected, .. } = &self.subjects[subject];
        let Some(survey) = survey else { return true };
        expected.is_empty() || survey.addresses.iter().all(|address| expected.contains(address))
    }

    /// Asks for a look that counts.
    fn want(&mut self, subject: usize, why: Why) {
        self.subjects[subject].wanted = self.now;
        self.look_at(subject, why);
    }

    /// Whether the last look at a record's name is too old to begin settling on. What has settled once is looked
    /// at again only before the last word ([`Self::looks_before_the_last_word`]), however long other records take.
    pub(super) fn sight_is_old(&self, record: usize) -> bool {
        let Progress { settle_from, reached, .. } = &self.records[record];
        let begins = settle_from.is_none() && !reached[Milestone::Safe as usize];
        let Some(subject) = self.subject_of(record).filter(|_| begins && self.plan.mode == Mode::Watch)
        else {
            return false;
        };
        let Subject { complete, took, .. } = &self.subjects[subject];
        // Where web servers are so slow that a look takes as long, none would ever be young enough.
        let old = (*took * 2).clamp(schedule::OLD_SIGHT, schedule::SIGHT_RIGHT);
        complete.is_some_and(|begun| self.now.since(begun) > old)
    }

    /// Nothing else is missing, and settling is about to begin: a look that is too old for it is taken anew.
    /// Returns whether it was.
    pub(super) fn renew_sight(&mut self, record: usize) -> bool {
        let old = self.sight_is_old(record);
        if let Some(subject) = self.subject_of(record).filter(|_| old) {
            self.renew(subject);
        }
        old
    }

    /// Takes a look that can be counted on, but for one that failed a moment ago.
    fn renew(&mut self, subject: usize) {
        let entry = &self.subjects[subject];
        if !entry.failed || entry.next <= self.now {
            self.look_at(subject, Why::Settle);
        }
    }

    /// Everything that is waited for is reached. Names that were last looked at long before that are looked at
    /// once more, side by side, before it is said. Returns whether any such look is still to come.
    pub(super) fn looks_before_the_last_word(&mut self) -> bool {
        let begins = self.closing.is_none();
        self.closing.get_or_insert(self.now);
        // All at first, and then those that came back and are old all the same.
        let most = if begins { usize::MAX } else { RENEWED };
        let old: Vec<usize> = self.old_sights().take(most).collect();
        old.iter().for_each(|&subject| self.renew(subject));
        !old.is_empty()
    }

    /// Names whose last look is too old to rest the last word on.
    pub(super) fn old_sights(&self) -> impl Iterator<Item = usize> + '_ {
        let oldest = self.closing.unwrap_or(self.now) - schedule::OLD_SIGHT;
        self.completed.range(..(oldest, 0)).map(|(_, subject)| *subject)
    }

    /// The records of a name, guards left out.
    pub(super) fn records_of_sight(&self, subject: usize) -> &[usize] {
        &self.subjects[subject].records
    }

    /// Looks at a name, as soon as there is room for one more look.
    pub(super) fn look_at(&mut self, subject: usize, why: Why) {
        let entry = &mut self.subjects[subject];
        if entry.is_under_way() || self.stands_in_line(subject, why) {
            return;
        }
        let entry = &mut self.subjects[subject];
        entry.in_line = None;
        entry.asked_at = Some(self.now);
        entry.next = Timestamp::MAX;
        entry.out = 1;
        entry.failed = false;
        self.leisure.put_off.remove(&subject);
        self.leisure.looks_out += 1;
        self.leisure.looks_begun += 1;
        self.leisure.surveys_out += 1;
        let name = entry.name.clone();
        self.send(Task::Survey { name }, why);
    }

    /// The timer of a name.
    pub(super) fn look_again_at(&mut self, subject: usize) {
        if self.subjects[subject].next <= self.now {
            self.look_at(subject, Why::Retry);
        }
    }

    pub(super) fn surveyed(&mut self, name: &Name, seen: Seen) {
        let Some(subject) = self.subject_named(name) else { return };
        self.leisure.surveys_out = self.leisure.surveys_out.saturating_sub(1);
        if let Seen::Surveyed(survey) = seen {
            self.subjects[subject].survey = Some(self.surveys.keep(*survey));
            self.subjects[subject].seen += 1;
            self.visit_all(subject);
            self.ask_origins(subject);
        } else {
            self.subjects[subject].failed = true;
        }
        self.came_back(subject);
    }

    /// Every address that DNS gives is visited, and those that it should give, for comparison.
    fn visit_all(&mut self, subject: usize) {
        let Some(file) = self.challenge_file() else { return };
        let Subject { survey: Some(survey), expected, .. } = &self.subjects[subject] else { return };
        let mut all: Vec<IpAddr> = survey.addresses.iter().chain(expected).copied().collect();
        all.sort_unstable();
        all.dedup();
        all.retain(|address| self.may_visit(*address));
        all.truncate(MOST_VISITS);
        let name = self.subjects[subject].name.clone();
        self.subjects[subject].visits.retain(|(address, _)| all.contains(address));
        for address in all {
            self.subjects[subject].out += 1;
            let fetch = Fetch { name: name.clone(), address, file: Arc::clone(&file) };
            self.send(Task::Fetch(Box::new(fetch)), Why::First);
        }
    }

    fn challenge_file(&self) -> Option<Arc<ChallengeFile>> {
        match &self.plan.policy.web {
            WebPolicy::Off => None,
            WebPolicy::Absent(file) | WebPolicy::Placed(file) => Some(Arc::clone(file)),
        }
    }

    /// A private address is nobody's web server but this network's own; the CA does not go there either.
    pub(super) fn may_visit(&self, address: IpAddr) -> bool {
        let policy = &self.plan.policy;
        policy.allow_reserved || policy.ca == Ca::Pebble || issuance::reserved_block(address).is_none()
    }

    pub(super) fn fetched(&mut self, name: &Name, address: IpAddr, seen: Seen) {
        let Some(subject) = self.subject_named(name) else { return };
        if let Seen::Fetched(visit) = seen {
            self.subjects[subject].seen += 1;
            let visits = &mut self.subjects[subject].visits;
            visits.retain(|(known, _)| *known != address);
            visits.push((address, *visit));
            visits.sort_by_key(|(address, _)| *address);
        } else {
            self.subjects[subject].failed = true;
        }
        self.came_back(subject);
    }

    fn came_back(&mut self, subject: usize) {
        let entry = &mut self.subjects[subject];
        if !entry.is_under_way() {
            return;
        }
        entry.out -= 1;
        if entry.is_under_way() {
            return;
        }
        self.leisure.looks_out = self.leisure.looks_out.saturating_sub(1);
        if entry.failed {
            self.note_barred(subject);
            self.put_off(subject);
            self.mark_subject(subject);
            return;
        }
        if let Some(before) = entry.complete {
            self.completed.remove(&(before, subject));
        }
        entry.complete = entry.asked_at;
        entry.took = entry.asked_at.map(|begun| self.now.since(begun)).unwrap_or_default();
        self.completed.extend(entry.complete.map(|begun| (begun, subject)));
        self.note_barred(subject);
        let entry = &self.subjects[subject];
        let right = |record: &usize| self.records[*record].right_since;
        let all_right = entry.records.iter().all(|record| right(record).is_some());
        let begun_wrong = entry.records.iter().filter_map(right).any(|since| entry.asked_at < Some(since));
        // What was seen just before a record became right may be what was there before.
        let of_before = all_right && begun_wrong && !self.sees_expected(subject);
        if self.plan.mode == Mode::Watch && of_before {
            self.subjects[subject].wanted = self.now;
        }
        if self.plan.mode == Mode::Watch && self.subjects[subject].is_pending() && all_right {
            self.look_at(subject, Why::Confirm);
        }
        self.mark_subject(subject);
    }

    fn zone_of_sight(&self, subject: usize) -> Option<usize> {
        let search = self.search_of.get(&self.subjects[subject].name);
        search.and_then(|&search| self.searches[search].zone)
    }

    /// A look that did not come back whole counts for nothing, and is taken again, as is one that has seen something in
    /// the way: not at once, and the later the more names there are of which that is so, but no later than looks
    /// at all names go on anyway.
    fn put_off(&mut self, subject: usize) {
        if self.plan.mode == Mode::Watch {
            let zone = self.zone_of_sight(subject);
            self.leisure.put_off.insert(subject);
            let all = u32::try_from(self.leisure.put_off.len()).unwrap_or(u32::MAX);
            let haste = self.haste(zone);
            let of_all = self.unhurried(zone, haste / schedule::AT_A_LOOK) * schedule::AT_A_LOOK;
            let pace = schedule::EACH_IN_THE_WAY.saturating_mul(all).min(of_all).max(haste);
            let at = self.now + pace.max(schedule::BARRED);
            self.subjects[subject].next = at;
            self.timers.set(at, Timer::Sight(subject), Why::Retry);
        }
    }

    /// A zone was edited: what was in the way of its names may be gone.
    pub(super) fn look_again_in(&mut self, zone: usize) {
        let here = |subject: &usize| self.zone_of_sight(*subject) == Some(zone);
        let all: Vec<usize> = self.leisure.put_off.iter().copied().filter(here).collect();
        for subject in all {
            self.subjects[subject].next = self.now;
            self.timers.set(self.now, Timer::Sight(subject), Why::Retry);
        }
    }

    /// Whatever was under way is lost: a look that had begun is taken again, and none of it counts.
    pub(super) fn forget_looks(&mut self) {
        let now = self.now;
        self.forget_origins_under_way();
        for subject in 0..self.subjects.len() {
            let entry = &mut self.subjects[subject];
            if entry.in_line.take().is_some() | (std::mem::take(&mut entry.out) > 0) {
                self.subjects[subject].next = now;
                self.timers.set(now, Timer::Sight(subject), Why::Retry);
            } else {
                self.ask_origins(subject);
            }
        }
    }

    /// What was seen until now is not believed: only a look that begins from here on counts.
    pub(super) fn discount_looks(&mut self) {
        let now = self.now;
        self.subjects.iter_mut().for_each(|subject| subject.wanted = now);
    }

    /// Remembers what the CA's resolvers may keep after it has gone: a CAA set, bogus data, and where a redirect
    /// led to.
    fn note_barred(&mut self, subject: usize) {
        let survey = self.subjects[subject].survey.as_ref().map(Kept::whole);
        let first = self.subjects[subject].records.first();
        let Some(sight) = first.and_then(|&record| self.sight(record, survey.as_ref())) else { return };
        let led_on = sight.visits.iter().any(|(_, visit)| !visit.is_direct());
        let reasons = issuance::reasons(&sight);
        let in_the_way = reasons.iter().filter(|reason| reason.effect != Effect::Warns);
        let kept = in_the_way.filter(|reason| {
            reason.cause.is_kept_by_resolvers() || (led_on && reason.cause.code().starts_with("web-"))
        });
        let ttl = kept.map(|reason| issuance::life(&sight, &reason.cause).unwrap_or(u32::MAX)).max();
        let entry = &mut self.subjects[subject];
        let (now, begun) = (self.now, entry.asked_at);
        match (&mut entry.barred, ttl) {
            // What was seen earlier may still be kept beside what is seen now.
            (Some(barred), Some(ttl))
                if issuance::ca_keeps(barred.last, barred.ttl) > now || barred.still =>
            {
                *barred = Barred { last: now, still: true, ttl: ttl.max(barred.ttl) };
            }
            (barred, Some(ttl)) => *barred = Some(Barred { last: now, still: true, ttl }),
            (Some(barred), None) if barred.still && !entry.failed => {
                barred.still = false;
                let looked = begun.map(|begun| begun - schedule::BARRED);
                barred.last = looked.map_or(barred.last, |looked| looked.max(barred.last));
            }
            _ => {}
        }
    }

    /// When the CA's resolvers can no longer have what stood in the way and has gone. It may have gone just before
    /// the look that no longer saw it, and have been fetched just before that.
    pub(super) fn barred_until(&self, record: usize) -> Option<Timestamp> {
        let barred = self.subjects[self.subject_of(record)?].barred?;
        (!barred.still).then(|| issuance::ca_keeps(barred.last, barred.ttl))
    }

    /// What stood in the way and has gone counts as just gone, if it may have been kept until `ran_until`.
    pub(super) fn bar_anew(&mut self, ran_until: Timestamp) {
        let now = self.now;
        let barred = self.subjects.iter_mut().filter_map(|subject| subject.barred.as_mut());
        for barred in barred {
            if issuance::ca_keeps(barred.last, barred.ttl) > ran_until {
                barred.last = now;
            }
        }
    }

    pub(super) fn mark_subject(&mut self, subject: usize) {
        self.subjects[subject].records.clone().into_iter().for_each(|record| self.mark(record));
    }

    /// After a judgement: while the CA's other rules stand in the way, the name is looked at again soon; while
    /// nothing does, now and then.
    pub(super) fn keep_looking(&mut self, record: usize) {
        let Some(subject) = self.subject_of(record).filter(|_| self.plan.mode == Mode::Watch) else { return };
        let right = self.records[record].right_since.is_some();
        let entry = &self.subjects[subject];
        if !right || entry.is_under_way() || entry.in_line.is_some() || entry.next < Timestamp::MAX {
            return;
        }
        if self.subjects[subject].survey.is_none() {
            return;
        }
        let survey = self.survey_of(record);
        let reasons = match (self.sight_says(record), self.sight(record, survey.as_ref())) {
            (Some(says), _) => says.to_vec(),
            (None, Some(sight)) => issuance::reasons(&sight),
            (None, None) => return,
        };
        if reasons.iter().any(|reason| reason.effect != Effect::Warns) {
            self.put_off(subject);
        } else if !self.subjects[subject].is_pending() {
            self.leisure.put_off.remove(&subject);
            let share = schedule::SIGHT_RIGHT / schedule::AT_A_LOOK;
            let rest = self.unhurried(self.zone_of_sight(subject), share) * schedule::AT_A_LOOK;
            let at = self.now + rest;
            self.subjects[subject].next = at;
            self.timers.set(at, Timer::Sight(subject), Why::Retry);
        }
    }

    /// Whether the look that counts for a record is still to come. While the record is not right none does.
    pub(super) fn sight_is_pending(&self, record: usize) -> bool {
        self.subject_of(record).is_some_and(|subject| self.subjects[subject].is_pending())
    }

    /// What the CA's other rules say of a record, if that was worked out and nothing was seen since.
    pub(super) fn sight_says(&self, record: usize) -> Option<&[Reason]> {
        let Progress { sighted, right_since, .. } = &self.records[record];
        let seen = self.subjects[self.subject_of(record)?].seen;
        if self.has_former(record) {
            return None;
        }
        let sighted = sighted.as_ref().filter(|sighted| sighted.of == (seen, right_since.is_some()))?;
        Some(&sighted.reasons)
    }

    /// Works out what the CA's other rules say of a record, unless time alone can change it.
    pub(super) fn work_out_sight(&mut self, record: usize) {
        if self.sight_says(record).is_some() {
            return;
        }
        let survey = self.survey_of(record);
        let Some(sight) = self.sight(record, survey.as_ref()) else { return };
        let Some(subject) = self.subject_of(record) else { return };
        let of = (self.subjects[subject].seen, sight.right);
        let lasts = !self.has_former(record) && !issuance::moves_with_time(&sight);
        let reasons = lasts.then(|| {
            let mut reasons = issuance::reasons(&sight);
            reasons.shrink_to_fit();
            reasons
        });
        self.records[record].sighted = reasons.map(|reasons| Box::new(Sighted { of, reasons }));
    }

    /// The last survey of a record's name, unless what follows from it is known already.
    pub(super) fn survey_of(&self, record: usize) -> Option<Survey> {
        if self.sight_says(record).is_some() {
            return None;
        }
        self.subjects[self.subject_of(record)?].survey.as_ref().map(Kept::whole)
    }

    /// What is known of a record's name, for the CA's rules; with [`Self::survey_of`] it.
    pub(super) fn sight<'a>(&'a self, record: usize, survey: Option<&'a Survey>) -> Option<Sight<'a>> {
        let subject = &self.subjects[self.subject_of(record)?];
        let kept = subject.survey.as_ref()?;
        Some(Sight {
            name: &subject.name,
            now: self.now,
            policy: &self.plan.policy,
            survey,
            addresses: &kept.addresses,
            expected: &subject.expected,
            visits: &subject.visits,
            origins: &subject.origins,
            former: self.given_by_former(record),
            right: self.records[record].right_since.is_some(),
        })
    }

    fn has_former(&self, record: usize) -> bool {
        self.records[record].at_servers.iter().any(|(server, _)| !self.auth.servers[*server].current)
    }

    /// Addresses that servers which the zone has left still give.
    fn given_by_former(&self, record: usize) -> Vec<IpAddr> {
        let former = self.records[record].at_servers.iter().filter(|(s, _)| !self.auth.servers[*s].current);
        former
            .filter_map(|(_, says)| match says {
                AtServer::Wrong { held: Held::Addresses(addresses), .. } => Some(addresses.iter().copied()),
                _ => None,
            })
            .flatten()
            .collect()
    }
}
