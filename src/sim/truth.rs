//! What is so, whatever anybody has found out: for tests.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Answer, Expectation, Name, Question, Rcode, Record, Timestamp};

use super::resolver::{LIE_TTL, resolve};
use super::{Contents, Lapse, Resolver, Rrset, Stale, Temper, World};

/// How long the CA may keep an answer, with the margin that goes with it.
const CA_KEEPS: Duration = Duration::from_secs(65);

/// How things are at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// When.
    pub at: Timestamp,
    /// One entry a record, in the plan's order.
    pub records: Vec<RecordTruth>,
}

/// How things are for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordTruth {
    /// Since when every server that answers for the zones on its path is right without a break.
    pub right_since: Option<Timestamp>,
    /// Honest resolvers of which every cache would give something else, by their place in the plan.
    pub old: Vec<usize>,
    /// Honest resolvers of which some caches would, and others would not.
    pub partly: Vec<usize>,
    /// When the last wrong entry in an honest cache ends, as things stand.
    pub turned_by: Timestamp,
    /// When whoever asks a resolver that puts an address of its own in the place of a denial has seen at the latest that
    /// the denial has ended: what it announces says nothing of that.
    pub shown_by: Timestamp,
    /// How long the CA's resolvers may go on with what the authorities had before they were right: 65 s for
    /// addresses and for a delegation, nothing for a denial.
    pub ca_keeps: Duration,
}

impl Truth {
    /// Whether every answering authority is right for every record.
    pub fn authorities_right(&self) -> bool {
        self.records.iter().all(|r| r.right_since.is_some())
    }
}

impl Resolver {
    /// Whether it will turn over when the entries that it announces end.
    pub fn is_honest(&self) -> bool {
        let fair = !matches!(
            self.temper,
            Temper::Dead | Temper::Refusing | Temper::Failing | Temper::Filtering | Temper::Bogus
        );
        fair && self.caches.iter().all(|cache| !cache.clings && !cache.frozen)
    }
}

impl World {
    /// How things are at an instant that is not before the last errand.
    pub fn truth(&self, now: Timestamp) -> Truth {
        let records = self.records.iter().map(|record| self.truth_of(record, now)).collect();
        Truth { at: now, records }
    }

    /// Whether some resolver hides when its entries end, by announcing the same time again and again.
    pub fn has_ttl_liar(&self) -> bool {
        self.resolvers.iter().any(|resolver| matches!(resolver.temper, Temper::TtlLiar(_)))
    }

    /// Whether several caches stand behind the address of some resolver.
    pub fn has_several_caches(&self) -> bool {
        self.resolvers.iter().any(|resolver| resolver.caches.len() > 1)
    }

    /// Whether some resolver keeps the old answer, or the old servers, past their end.
    pub fn has_stubborn(&self) -> bool {
        let mut caches = self.resolvers.iter().flat_map(|resolver| &resolver.caches);
        caches.any(|cache| cache.clings || cache.frozen)
    }

    /// Whether some resolver gives answers past their end while it fetches new ones.
    pub fn serves_stale(&self) -> bool {
        self.resolvers.iter().flat_map(|resolver| &resolver.caches).any(|cache| cache.stale == Stale::First)
    }

    fn truth_of(&self, record: &Record, now: Timestamp) -> RecordTruth {
        let (mut old, mut partly) = (Vec::new(), Vec::new());
        for (index, resolver) in self.resolvers.iter().enumerate().filter(|(_, r)| r.is_honest()) {
            let wrong = resolver.caches.iter().filter(|cache| !self.is_right_in(cache, record, now)).count();
            match wrong {
                0 => {}
                all if all == resolver.caches.len() => old.push(index),
                _ => partly.push(index),
            }
        }
        RecordTruth {
            right_since: self.right_since(record, now),
            old,
            partly,
            turned_by: self.turned_by(record),
            shown_by: self.shown_by(record),
            ca_keeps: self.ca_keeps(record, now),
        }
    }

    fn ca_keeps(&self, record: &Record, now: Timestamp) -> Duration {
        let Some(right) = self.right_since(record, now) else { return Duration::ZERO };
        let question = Question { name: record.name.clone(), qtype: record.question_type() };
        let before: Vec<Timestamp> = self.net.instants().into_iter().filter(|at| *at < right).collect();
        let zone = self.net.delegation(&record.name);
        let moved = zone.is_some_and(|zone| before.iter().any(|at| zone.hosts(*at) != zone.hosts(right)));
        let served = |at: &Timestamp| {
            let servers = self.net.servers.iter().filter(|server| record.name.is_within(&server.zone));
            let mut given = servers.filter_map(|s| s.serving(*at)).map(|contents| contents.answer(&question));
            given.any(|answer| {
                let says_something = !answer.addresses.is_empty() || !answer.chain.is_empty();
                says_something && !is_right(record, &answer)
            })
        };
        if moved || before.iter().any(served) { CA_KEEPS } else { Duration::ZERO }
    }

    /// Whether a zone is ever delegated to other servers.
    pub fn is_moving(&self) -> bool {
        self.net.delegations.iter().any(|zone| zone.instants().count() > zone.parents.len() + 1)
    }

    /// Whether a visitor of this cache would be given what is expected.
    fn is_right_in(&self, cache: &super::Cache, record: &Record, now: Timestamp) -> bool {
        let question = Question { name: record.name.clone(), qtype: record.question_type() };
        let reply = resolve(&mut cache.clone(), now, &question, &self.net, &mut self.dice.clone());
        is_right(record, &reply.answer)
    }

    /// Since when the authorities are right, going back over everything that ever changed.
    pub(super) fn right_since(&self, record: &Record, now: Timestamp) -> Option<Timestamp> {
        let mut since = None;
        let past = self.net.instants().into_iter().filter(|at| *at <= now);
        for at in past {
            let right = self.authorities_right(record, &record.name, at, 0);
            since = if right { since.or(Some(at)) } else { None };
        }
        since
    }

    /// The times up to now in which a server that had been right was not: each from when the first falls back until
    /// all are right.
    pub fn lapses(&self, now: Timestamp) -> Vec<Lapse> {
        let mut lapses: Vec<Lapse> = Vec::new();
        let mut before = Timestamp::default();
        for at in self.net.instants().into_iter().filter(|at| *at <= now) {
            let open = lapses.last().is_some_and(|lapse| lapse.to.is_none());
            if !open && self.records.iter().any(|record| self.falls_back(record, before, at)) {
                lapses.push(Lapse { from: at, to: None });
            }
            let right =
                || self.records.iter().all(|record| self.authorities_right(record, &record.name, at, 0));
            if let Some(lapse) = lapses.last_mut().filter(|lapse| lapse.to.is_none() && right()) {
                lapse.to = Some(at);
            }
            before = at;
        }
        lapses
    }

    /// Whether a server of the record's zone that was right at one instant says something else at another.
    fn falls_back(&self, record: &Record, before: Timestamp, at: Timestamp) -> bool {
        let question = Question { name: record.name.clone(), qtype: record.question_type() };
        let right = |contents: &Arc<Contents>| is_right(record, &contents.answer(&question));
        let mut servers = self.net.servers.iter().filter(|server| record.name.is_within(&server.zone));
        servers.any(|server| {
            server.serving(before).is_some_and(right) && server.serving(at).is_some_and(|now| !right(now))
        })
    }

    /// Since when servers have fallen back that had been right, if they have.
    pub(super) fn fallen_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.lapses(now).last().filter(|lapse| lapse.to.is_none()).map(|lapse| lapse.from)
    }

    /// Whether every answering server of every zone on the path of a record says what is expected.
    fn authorities_right(&self, record: &Record, name: &Name, at: Timestamp, depth: usize) -> bool {
        let Some(delegation) = self.net.delegation(name) else { return false };
        let question = Question { name: name.clone(), qtype: record.question_type() };
        let published = delegation.parents.iter().map(|p| delegation.hosts_at(p, at));
        let mut hosts: Vec<Name> = published.flatten().cloned().collect();
        hosts.extend(delegation.hosts(at).iter().cloned());
        let answers: Vec<Answer> = self
            .net
            .servers_on(&delegation.zone, &hosts)
            .filter_map(|server| server.serving(at))
            .map(|contents| contents.answer(&question))
            .collect();
        let fits = |answer: &Answer| {
            let away = answer.chain.last().filter(|link| !link.target.is_within(&delegation.zone));
            let alias = match &record.expect {
                Expectation::Alias(target) if depth == 0 => {
                    answer.chain.first().is_some_and(|link| link.target == *target)
                }
                _ => true,
            };
            match away {
                Some(link) => {
                    alias && depth < 8 && self.authorities_right(record, &link.target, at, depth + 1)
                }
                None => alias && has_right_end(record, answer),
            }
        };
        !answers.is_empty() && answers.iter().all(fits)
    }

    /// When the last wrong entry for the record's own names ends in an honest cache.
    fn turned_by(&self, record: &Record) -> Timestamp {
        let names = self.names_of(record);
        let honest = self.resolvers.iter().filter(|r| r.is_honest());
        let ends =
            honest.flat_map(|r| &r.caches).flat_map(|c| names.iter().filter_map(|n| c.wrong_until.get(n)));
        ends.copied().max().unwrap_or_default()
    }

    /// The same for denials in whose place a resolver puts an address: it is asked again when what it announces for
    /// that has passed, or a sixtieth of the time that it has taken, five minutes at most.
    fn shown_by(&self, record: &Record) -> Timestamp {
        let names = self.names_of(record);
        let liars = self.resolvers.iter().filter(|r| matches!(r.temper, Temper::Liar(_)) && r.is_honest());
        let ends =
            liars.flat_map(|r| &r.caches).flat_map(|c| names.iter().filter_map(|n| c.denied_until.get(n)));
        let opened = self.spent().first_recursive.unwrap_or_default();
        let hidden = |end: &Timestamp| {
            (end.since(opened) / 60).clamp(Duration::from_secs(LIE_TTL.into()), Duration::from_secs(300))
        };
        ends.map(|end| *end + hidden(end)).max().unwrap_or_default()
    }

    /// The record's own name, and those that its aliases lead over in the end.
    fn names_of(&self, record: &Record) -> Vec<Name> {
        let mut names = vec![record.name.clone()];
        while let Some(Rrset::Alias(target)) =
            names.last().and_then(|name| self.net.at_last(name, record.question_type()))
        {
            if names.len() > Answer::MAX_CHAIN || names.contains(&target) {
                break;
            }
            names.push(target);
        }
        names
    }
}

/// Whether an answer is what is expected of a record (the design's section 4).
pub(super) fn is_right(record: &Record, answer: &Answer) -> bool {
    let alias = match &record.expect {
        Expectation::Alias(target) => answer.chain.first().is_some_and(|link| link.target == *target),
        _ => true,
    };
    alias && has_right_end(record, answer)
}

fn has_right_end(record: &Record, answer: &Answer) -> bool {
    let said = matches!(answer.rcode, Rcode::NOERROR | Rcode::NXDOMAIN) && !answer.looped;
    let exists = answer.rcode == Rcode::NOERROR && !answer.addresses.is_empty();
    said && match &record.expect {
        Expectation::Addresses(set) => exists && answer.addresses.iter().all(|ip| set.contains(ip)),
        Expectation::Alias(_) => exists,
        Expectation::NoAddress => answer.addresses.is_empty(),
    }
}
