//! What the watch remembers of each record and each name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::sums::Counted;
use crate::engine::authority::AtServer;
use crate::engine::convergence::Detail;
use crate::engine::issuance;
use crate::engine::plan::Plan;
use crate::engine::schedule;
use crate::engine::verdict;
use crate::model::{Held, Name, Reason, RecordReport, Timestamp, Walk, WalkEnd};

/// The search for the zone that holds a name.
#[derive(Debug)]
pub(super) struct NameSearch {
    pub(super) name: Name,
    pub(super) zone: Option<usize>,
    pub(super) in_flight: bool,
    pub(super) next: Timestamp,
    /// Walks in a row that reached nobody.
    pub(super) lost: u8,
    /// How the last walk ended, and what it met; none before the first.
    pub(super) last: Option<Arc<Walk>>,
    /// What parent and child said of each other there.
    pub(super) delegation: Vec<Reason>,
    /// Records that hang on this name, as indices.
    pub(super) records: Vec<usize>,
    /// How many of them are not right.
    pub(super) wrong: usize,
}

impl NameSearch {
    /// Keeps a walk as the latest.
    pub(super) fn keep(&mut self, walk: Arc<Walk>) {
        self.delegation = verdict::delegation_reasons(&walk);
        self.delegation.shrink_to_fit();
        self.last = Some(walk);
    }

    pub(super) fn end(&self) -> Option<&WalkEnd> {
        self.last.as_ref().map(|walk| &walk.end)
    }
}

/// No operator's number.
const NOBODY: u32 = u32::MAX;

/// Wrong answers that are remembered of one record: of those that have gone only the ones kept longest matter.
const MOST_WRONGS: usize = 64;

/// A wrong answer of one server, which the CA's resolvers keep for a while.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    server: usize,
    pub(super) held: Held,
    /// Its life, in seconds.
    ttl: u32,
    /// When it was last known to be given.
    seen: Timestamp,
    /// When the server was first seen to say something else.
    gone: Option<Timestamp>,
}

impl Wrong {
    /// When the CA can no longer have it; `right_since` is when all servers were first seen to be right.
    pub(super) fn forgotten(&self, right_since: Option<Timestamp>) -> Option<Timestamp> {
        // Between two looks nobody knows when it went, and the CA may have asked just before.
        let gone = self.gone.or(right_since).map(|gone| gone - schedule::BARRED);
        let latest = gone.map_or(self.seen, |gone| gone.max(self.seen));
        issuance::ca_forgets(latest, self.ttl, &self.held)
    }

    /// Whether the server still says so, as far as is known.
    pub(super) fn is_given(&self) -> bool {
        self.gone.is_none()
    }
}

/// What the CA's other rules say of a record.
#[derive(Debug)]
pub(super) struct Sighted {
    /// The number of the look at its name, and whether it was right then: with another it says nothing.
    pub(super) of: (u32, bool),
    pub(super) reasons: Vec<Reason>,
}

/// One record's way to its verdict.
#[derive(Debug)]
pub(super) struct Progress {
    /// Its row of cells; a guard has none.
    pub(super) row: Option<usize>,
    /// Its name's place among the subjects; a guard has none.
    pub(super) subject: Option<usize>,
    /// The record that this guard protects.
    pub(super) guards: Option<usize>,
    /// The guard of this record.
    pub(super) guard: Option<usize>,
    /// The node of its own name.
    pub(super) node: Option<usize>,
    pub(super) search: usize,
    /// Every search that it hangs on: its own, and those of names that its aliases lead over.
    pub(super) hangs_on: Vec<usize>,
    pub(super) reserved: Option<Box<(IpAddr, Arc<str>)>>,
    /// The chain of alias targets at the authorities.
    pub(super) truth: Vec<Name>,
    /// What each server said last, by server.
    pub(super) at_servers: Vec<(usize, AtServer)>,
    pub(super) gate_open: bool,
    pub(super) first_look: Timestamp,
    pub(super) right_since: Option<Timestamp>,
    /// Since when no server that answers says anything else, those that have gone silent left out.
    pub(super) agreed_since: Option<Timestamp>,
    pub(super) differ_since: Option<Timestamp>,
    /// Wrong answers of authorities that the CA may still keep.
    pub(super) wrongs: Vec<Wrong>,
    /// The longest life of a wrong answer that an authority gave, in seconds.
    old_ttl: Option<u32>,
    /// It was right when it was first seen: nobody knows what was there before, or on which servers.
    found_right: bool,
    /// The life of the right answer, in seconds.
    pub(super) new_ttl: u32,
    /// The longest remaining times that resolvers of two different operators have announced, by the operator's
    /// number.
    pub(super) shown: [(u32, u32); 2],
    pub(super) settle_from: Option<Timestamp>,
    /// When the settle timer is set for.
    pub(super) settle_at: Timestamp,
    pub(super) report: Option<Arc<RecordReport>>,
    pub(super) judged_at: Timestamp,
    /// When its last honest cache turns over, as of then.
    pub(super) turn: Option<Timestamp>,
    /// Until then every finding of an authority is judged: the last look before a verdict is under way.
    pub(super) looking_until: Timestamp,
    pub(super) decided: bool,
    pub(super) dirty: bool,
    /// The voters that are being asked about it, or will be as soon as there is room.
    pub(super) asking: u32,
    /// It is judged a moment later.
    pub(super) put_off: bool,
    /// Its servers have said something new since it was judged.
    pub(super) unweighed: bool,
    /// A resolver has said something since then that may speak against it.
    pub(super) crossed: bool,
    /// What the CA's other rules say, and of which look at its name.
    pub(super) sighted: Option<Box<Sighted>>,
    /// What one of its resolvers held last that is not expected, and how one failed.
    pub(super) details: [Option<Arc<Detail>>; 2],
    pub(super) reached: [bool; 3],
    /// What it counts as among all.
    pub(super) counted: Option<Counted>,
    /// What there is to tell of it, and what was told last.
    pub(super) tellable: u64,
    pub(super) told: Option<u64>,
}

impl Progress {
    pub(super) fn for_plan(plan: &Plan) -> Vec<Progress> {
        let mut rows = 0;
        let mut all: Vec<Progress> = Vec::with_capacity(plan.records.len());
        let mut latest: HashMap<&Name, usize> = HashMap::new();
        for (i, record) in plan.records.iter().enumerate() {
            let row = (!record.is_guard()).then(|| {
                rows += 1;
                rows - 1
            });
            let guards = if record.is_guard() { latest.get(&record.name).copied() } else { None };
            if !record.is_guard() {
                latest.insert(&record.name, i);
            }
            if let Some(protected) = guards {
                all[protected].guard = Some(i);
            }
            all.push(Progress {
                row,
                subject: None,
                guards,
                guard: None,
                node: None,
                search: 0,
                hangs_on: Vec::new(),
                reserved: issuance::reserved(record).map(Box::new),
                truth: Vec::new(),
                at_servers: Vec::new(),
                gate_open: false,
                first_look: Timestamp::default(),
                right_since: None,
                agreed_since: None,
                differ_since: None,
                wrongs: Vec::new(),
                old_ttl: None,
                found_right: false,
                new_ttl: 0,
                shown: [(0, NOBODY); 2],
                settle_from: None,
                settle_at: Timestamp::MAX,
                report: None,
                judged_at: Timestamp::default(),
                turn: None,
                looking_until: Timestamp::default(),
                decided: false,
                dirty: false,
                asking: 0,
                put_off: false,
                unweighed: false,
                crossed: false,
                sighted: None,
                details: [None, None],
                reached: [false; 3],
                counted: None,
                tellable: 0,
                told: None,
            });
        }
        all
    }

    /// What the CA may still have had at `ran_until` counts as just given, as of a clock that nobody can vouch for.
    pub(super) fn keep_wrongs_anew(&mut self, ran_until: Timestamp, now: Timestamp) {
        let right_since = self.right_since;
        for wrong in &mut self.wrongs {
            if wrong.forgotten(right_since).is_some_and(|at| at > ran_until) {
                wrong.seen = now;
            }
        }
    }

    /// Notes what the current servers say now, for as long as the CA may keep what is wrong of it. NXDOMAIN
    /// and NODATA it does not keep.
    pub(super) fn note_wrongs(
        &mut self,
        now: Timestamp,
        says: &[(usize, AtServer)],
        current: &dyn Fn(usize) -> bool,
    ) {
        for wrong in &mut self.wrongs {
            let word = says.iter().find(|(server, _)| *server == wrong.server && current(*server));
            let silent = matches!(word, Some((_, AtServer::Pending | AtServer::Dead(_))));
            let same = matches!(word, Some((_, AtServer::Wrong { held, .. })) if *held == wrong.held);
            if !silent && !same {
                wrong.gone.get_or_insert(now);
            }
        }
        self.wrongs.retain(|wrong| wrong.is_given() || wrong.forgotten(None).is_some_and(|at| at > now));
        for (server, word) in says {
            let AtServer::Wrong { held, ttl } = word else { continue };
            if !current(*server) {
                continue;
            }
            self.old_ttl = Some(self.old_ttl.unwrap_or(0).max(*ttl));
            if matches!(held, Held::NoName | Held::NoData) {
                continue;
            }
            match self.wrongs.iter_mut().find(|known| known.server == *server && known.held == *held) {
                Some(known) => {
                    (known.seen, known.gone) = (now, None);
                    known.ttl = known.ttl.max(*ttl);
                }
                None => self.remember(Wrong {
                    server: *server,
                    held: held.clone(),
                    ttl: *ttl,
                    seen: now,
                    gone: None,
                }),
            }
        }
    }

    fn remember(&mut self, wrong: Wrong) {
        if self.wrongs.len() >= MOST_WRONGS
            && let Some(first) = (0..self.wrongs.len()).min_by_key(|&i| {
                let known = &self.wrongs[i];
                (known.is_given(), known.forgotten(None))
            })
        {
            self.wrongs.swap_remove(first);
        }
        self.wrongs.push(wrong);
    }

    /// All its servers are right.
    pub(super) fn note_right(&mut self) {
        self.found_right |= self.old_ttl.is_none();
    }

    /// The longest life of what was there before, in seconds, where its authorities were seen to give it: what they
    /// fall back to later says nothing of a change that was made before this watch began.
    pub(super) fn old_life(&self) -> Option<u32> {
        self.old_ttl.filter(|_| !self.found_right)
    }

    /// Notes what a resolver announced for the wrong answer.
    pub(super) fn note_shown(&mut self, ttl: u32, operator: u32) {
        if let Some(own) = self.shown.iter_mut().find(|(_, who)| *who == operator) {
            own.0 = own.0.max(ttl);
        } else if let Some(least) = self
            .shown
            .iter_mut()
            .min_by_key(|(most, _)| *most)
            .filter(|(most, who)| *most < ttl || *who == NOBODY)
        {
            *least = (ttl, operator);
        }
        self.shown.sort_unstable_by_key(|(ttl, _)| std::cmp::Reverse(*ttl));
    }

    /// Whether any resolver gave a wrong answer.
    pub(super) fn was_contradicted(&self) -> bool {
        self.shown.iter().any(|(_, who)| *who != NOBODY)
    }

    /// The longest that an honest cache can hold what was there before, counted from the moment at which
    /// the authorities became right, in seconds. What an authority itself let the wrong answer live is
    /// certain; else the second longest announcement, so that one liar moves nothing.
    pub(super) fn longest_life(&self) -> u32 {
        self.old_life().unwrap_or_else(|| {
            let [(first, _), (second, who)] = self.shown;
            let told = if who == NOBODY { first } else { second };
            told.max(self.new_ttl).max(self.old_ttl.unwrap_or(0))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::plan::{Mode, Policy, Request};
    use crate::model::{Endpoint, Failure, Role, Value, Vantage};

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1000 + secs)
    }

    fn old(ttl: u32) -> AtServer {
        AtServer::Wrong { held: Held::Addresses(["192.0.2.10".parse().unwrap()].into()), ttl }
    }

    fn progress() -> Progress {
        let wanted = vec![Value::V4("192.0.2.80".parse().unwrap())];
        let names = vec![(Name::parse("example.com").unwrap(), wanted)];
        let voter = Vantage {
            name: Arc::from("r"),
            operator: Arc::from("o"),
            place: None,
            role: Role::Voter,
            endpoints: vec![Endpoint::udp("198.18.0.1:53".parse().unwrap())],
            flush: None,
            zone: None,
        };
        let policy = Policy { allow_reserved: true, ..Policy::default() };
        let plan = Plan::new(Request { names, mode: Mode::Watch, policy }, vec![voter]).unwrap();
        Progress::for_plan(&plan).remove(0)
    }

    #[test]
    fn what_servers_fall_back_to_says_nothing_of_a_change_before_the_watch() {
        let mut found_right = progress();
        found_right.note_right();
        found_right.note_shown(600, 1);
        found_right.note_wrongs(at(50), &[(0, old(30))], &|_| true);
        found_right.note_right();
        assert_eq!((found_right.old_life(), found_right.longest_life()), (None, 600));
        found_right.note_wrongs(at(90), &[(0, old(900))], &|_| true);
        assert_eq!(found_right.longest_life(), 900);
        let mut witnessed = progress();
        witnessed.note_wrongs(at(0), &[(0, old(30))], &|_| true);
        witnessed.note_right();
        witnessed.note_shown(600, 1);
        assert_eq!((witnessed.old_life(), witnessed.longest_life()), (Some(30), 30));
    }

    /// It may have come back with what it had before, and been mended between two looks: the CA may have asked it then.
    #[test]
    fn a_server_that_was_silent_may_have_given_the_old_answer_until_it_is_heard_again() {
        let mut progress = progress();
        let mut note = |now: Timestamp, word: AtServer| {
            progress.note_wrongs(now, &[(0, word)], &|_| true);
            progress.wrongs[0].forgotten(Some(at(100)))
        };
        note(at(0), old(300));
        let silent = note(at(90), AtServer::Dead(Failure::Silent { tries: 3 }));
        assert_eq!(silent, Some(at(160)), "nobody hears anything of it any more");
        let back = note(at(150), AtServer::Right { ttl: 300 });
        assert_eq!(back, Some(at(150) + Duration::from_secs(60)));
    }
}
