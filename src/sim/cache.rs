//! A resolver's cache, aged as real ones age: in whole seconds of its own wall clock.
//!
//! Measured in unbound, Knot Resolver, BIND, PowerDNS Recursor, dnsmasq and dnsdist: an entry filled at
//! `t` with TTL `r` ends on the tick `floor(t) + r`, in unbound and Knot Resolver one tick later, after a
//! whole second of showing TTL 0.

use std::collections::BTreeMap;

use crate::model::{Name, Question, QuestionType, Soa, Timestamp};

use super::Rrset;

/// At which tick an entry ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// When its TTL would reach 0: BIND, PowerDNS Recursor, dnsmasq, dnsdist.
    Early,
    /// One second after that: unbound, Knot Resolver.
    Late,
}

/// Whether answers are given past their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// No.
    Never,
    /// The first answer after the end is the old one, and sets off the refresh (RFC 8767, section 5).
    First,
    /// Only when nobody upstream answers.
    OnFailure,
}

/// The TTL that a stale answer shows (RFC 8767, section 5.11).
pub(super) const STALE_TTL: u32 = 30;
/// How long past its end an entry may still be served, in seconds (RFC 8767, section 5: one to three days).
const STALE_FOR: i64 = 86_400;

/// One entry.
#[derive(Debug, Clone)]
struct Entry {
    rrset: Rrset,
    soa: Option<Soa>,
    /// The second of this cache's clock in which it was filled.
    filled: i64,
    ttl: u32,
}

/// An entry and, while its replacement is on its way, the one before it.
#[derive(Debug, Clone)]
struct Slot {
    entry: Entry,
    before: Option<Entry>,
    visible: Timestamp,
}

/// What a cache has for one owner and type.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// An entry within its time. `due` when it is to be refreshed ahead of its end.
    Live { rrset: Rrset, soa: Option<Soa>, ttl: u32, due: bool },
    /// An entry past its time. `coming` when a refresh is already under way.
    Past { rrset: Rrset, soa: Option<Soa>, coming: bool },
    /// Nothing.
    Nothing,
}

/// One cache with its settings.
#[derive(Debug, Clone)]
pub struct Cache {
    /// At which tick entries end.
    pub family: Family,
    /// How far its clock is ahead of the true time, in microseconds.
    pub ahead: i64,
    /// The longest that a positive answer is kept, in seconds.
    pub cap: u32,
    /// The shortest that any answer is kept, in seconds.
    pub floor: u32,
    /// The longest that a negative answer is kept, in seconds.
    pub negative_cap: u32,
    /// Whether answers are given past their end.
    pub stale: Stale,
    /// Whether a question in the last tenth of an entry's life (at most two seconds) renews it.
    pub prefetch: bool,
    /// Whether a delegation is renewed from the servers that it names, for as long as they answer.
    pub clings: bool,
    /// Whether the parent's TTL of the NS set counts and not the zone's own.
    pub parent_centric: bool,
    /// How long a failure is kept, in seconds.
    pub failure_secs: u32,
    /// Whether entries never end; their TTL starts again when it has run out.
    pub frozen: bool,
    /// Whether all negative answers of a zone show the newest one's SOA, as unbound's do.
    pub shares_soa: bool,
    /// When the last wrong entry for a name that was ever put in here ends.
    pub(super) wrong_until: BTreeMap<Name, Timestamp>,
    /// The same for denials of a name alone.
    pub(super) denied_until: BTreeMap<Name, Timestamp>,
    slots: BTreeMap<(Name, QuestionType), Slot>,
    cuts: BTreeMap<Name, (Vec<Name>, i64, u32)>,
    failures: BTreeMap<Question, i64>,
    soas: BTreeMap<Name, (Soa, i64)>,
}

impl Cache {
    /// An empty cache with the usual settings of its family.
    pub fn new(family: Family) -> Self {
        Cache {
            family,
            ahead: 0,
            cap: 86_400,
            floor: 0,
            negative_cap: 3600,
            stale: Stale::Never,
            prefetch: false,
            clings: false,
            parent_centric: false,
            failure_secs: if family == Family::Early { 1 } else { 5 },
            frozen: false,
            shares_soa: false,
            wrong_until: BTreeMap::new(),
            denied_until: BTreeMap::new(),
            slots: BTreeMap::new(),
            cuts: BTreeMap::new(),
            failures: BTreeMap::new(),
            soas: BTreeMap::new(),
        }
    }

    /// The second of this cache's clock that holds an instant.
    fn second(&self, at: Timestamp) -> i64 {
        (at.as_micros().saturating_add(self.ahead)).div_euclid(1_000_000)
    }

    /// Seconds that an entry still has, counted as this cache counts; below 0 when it is over.
    fn left(&self, filled: i64, ttl: u32, at: Timestamp) -> i64 {
        let age = (self.second(at) - filled).max(0);
        let left = i64::from(ttl) - age;
        if self.frozen {
            return i64::from(ttl) - age % (i64::from(ttl) + 1);
        }
        match self.family {
            Family::Late => left,
            // At 0 it is gone already.
            Family::Early if left < 1 => left - 1,
            Family::Early => left,
        }
    }

    /// The true instant at which an entry filled at `at` ends.
    fn end(&self, at: Timestamp, ttl: u32) -> Timestamp {
        if self.frozen {
            return Timestamp::MAX;
        }
        let late = i64::from(self.family == Family::Late);
        let micros = (self.second(at) + i64::from(ttl) + late).saturating_mul(1_000_000);
        Timestamp::from_micros(micros.saturating_sub(self.ahead))
    }

    /// What is here for an owner and a type at an instant.
    pub(super) fn look(&self, at: Timestamp, name: &Name, qtype: QuestionType) -> Look {
        let own = self.look_at(at, name, qtype);
        if matches!(own, Look::Live { .. }) {
            return own;
        }
        // An alias and a name that does not exist hold for every type.
        let sibling = if qtype == QuestionType::A { QuestionType::Aaaa } else { QuestionType::A };
        match self.look_at(at, name, sibling) {
            live @ Look::Live { rrset: Rrset::Alias(_) | Rrset::NoName, .. } => live,
            _ => own,
        }
    }

    fn look_at(&self, at: Timestamp, name: &Name, qtype: QuestionType) -> Look {
        let Some(slot) = self.slots.get(&(name.clone(), qtype)) else { return Look::Nothing };
        let coming = at < slot.visible;
        let entry = match &slot.before {
            Some(before) if coming => before,
            _ => &slot.entry,
        };
        let left = self.left(entry.filled, entry.ttl, at);
        if let Ok(ttl) = u32::try_from(left) {
            let soon = ttl <= (entry.ttl / 10).min(2) && entry.ttl >= 9;
            let due = self.prefetch && soon && !coming && !self.frozen;
            let soa = self.shown_soa(entry, ttl, at);
            return Look::Live { rrset: entry.rrset.clone(), soa, ttl, due };
        }
        // BIND keeps no NXDOMAIN past its end; unbound does.
        let kept = !entry.rrset.is_negative() || self.family == Family::Late;
        if self.stale != Stale::Never && left > -STALE_FOR && kept {
            let soa = entry.soa.clone().map(|soa| Soa { ttl: STALE_TTL, ..soa });
            return Look::Past { rrset: entry.rrset.clone(), soa, coming };
        }
        Look::Nothing
    }

    fn shown_soa(&self, entry: &Entry, ttl: u32, at: Timestamp) -> Option<Soa> {
        let soa = entry.soa.clone()?;
        match self.soas.get(&soa.zone) {
            Some((newest, filled)) if self.shares_soa => {
                let left = u32::try_from(self.left(*filled, newest.ttl, at)).unwrap_or(ttl);
                Some(Soa { ttl: left.max(ttl), ..newest.clone() })
            }
            _ => Some(Soa { ttl, ..soa }),
        }
    }

    /// The TTL with which something would be kept.
    fn clamped(&self, rrset: &Rrset, ttl: u32) -> u32 {
        let cap = if rrset.is_negative() { self.negative_cap } else { self.cap };
        ttl.min(cap).max(self.floor)
    }

    /// Keeps what was fetched at `at`, shown from `visible` on; until then what was here before stays.
    /// Returns the TTL with which it is kept and the instant at which it will end.
    pub(super) fn keep(
        &mut self,
        at: Timestamp,
        visible: Timestamp,
        question: (&Name, QuestionType),
        fetched: (Rrset, Option<Soa>, u32),
    ) -> (u32, Timestamp) {
        let (rrset, soa, ttl) = fetched;
        let ttl = self.clamped(&rrset, ttl);
        if ttl == 0 {
            return (0, at);
        }
        let filled = self.second(at);
        if let Some(soa) = &soa {
            self.soas.insert(soa.zone.clone(), (Soa { ttl, ..soa.clone() }, filled));
        }
        let entry = Entry { rrset, soa, filled, ttl };
        let key = (question.0.clone(), question.1);
        let before = self.slots.remove(&key).map(|slot| slot.entry);
        let before = before.filter(|_| visible > at);
        self.slots.insert(key, Slot { entry, before, visible });
        (ttl, self.end(at, ttl))
    }

    /// The hosts that a zone is still believed to be delegated to.
    pub(super) fn cut(&self, at: Timestamp, zone: &Name) -> Option<&[Name]> {
        let (hosts, filled, ttl) = self.cuts.get(zone)?;
        (self.left(*filled, *ttl, at) >= 0).then_some(hosts)
    }

    /// The hosts that a zone was last believed to be delegated to, however long ago.
    pub(super) fn last_cut(&self, zone: &Name) -> Option<&[Name]> {
        self.cuts.get(zone).map(|(hosts, ..)| hosts.as_slice())
    }

    /// Keeps a delegation. One that is within its time stays as it is: its TTL runs from when it was first
    /// learned, although every answer of the zone's servers repeats the set.
    pub(super) fn keep_cut(&mut self, at: Timestamp, zone: &Name, hosts: &[Name], ttl: u32) {
        if self.cut(at, zone).is_none_or(|known| known != hosts) {
            let ttl = ttl.min(self.cap).max(self.floor);
            self.cuts.insert(zone.clone(), (hosts.to_vec(), self.second(at), ttl));
        }
    }

    /// Whether a failure is still kept for a question.
    pub(super) fn is_failing(&self, at: Timestamp, question: &Question) -> bool {
        self.failures.get(question).is_some_and(|until| self.second(at) < *until)
    }

    /// Keeps a failure, for as long as this cache does.
    pub(super) fn keep_failure(&mut self, at: Timestamp, question: &Question) {
        let until = self.second(at) + i64::from(self.failure_secs);
        self.failures.insert(question.clone(), until);
    }
}

#[cfg(test)]
mod tests;
