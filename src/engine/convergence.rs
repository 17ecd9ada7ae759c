//! What one resolver holds for one record, as a fold over its answers.
//!
//! An answer shows one of the caches behind an address, never all of them. Each different end that is
//! announced for a wrong answer is another cache, so a resolver has turned over when the last announced
//! end has passed and enough samples, from different ports, agree.

mod asked;
mod ends;
mod right;
mod told;

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Failure, Held, Rcode, Timestamp, Why};

use super::reading::Reading;
use super::schedule;
use asked::Asked;
use ends::Ends;
pub(super) use right::Samples;
pub(super) use told::Stance;

/// Two announcements this close are one cache whose clock ticks elsewhere in the second.
const SAME_END: Duration = Duration::from_millis(1100);
/// Samples under way at once when many are wanted: one that is wrong makes the rest needless.
const AT_A_TIME: u8 = 4;
/// No end.
const NONE: Timestamp = Timestamp::from_micros(0);

/// What was seen last, without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unasked,
    Right,
    Wrong,
    Suspect,
    Failing,
    Bogus,
    Refusing,
    Silent,
}

/// The details of what was seen last.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Held(Held),
    Rcode(Rcode),
    Failure(Failure),
}

/// Whether a resolver counts down the time that it announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    Untried,
    /// It was asked once more to see it.
    Asked,
    /// It does not: within the time that it had announced it announced the same again.
    Nothing,
}

impl Counting {
    /// The same after one more wrong answer. An answer that came within the time that was announced before comes from
    /// no entry that was filled anew.
    fn after(self, counts_nothing_down: bool, past_its_end: bool) -> Counting {
        match self {
            Counting::Nothing if counts_nothing_down => self,
            Counting::Nothing => Counting::Asked,
            _ if counts_nothing_down && !past_its_end => Counting::Nothing,
            known => known,
        }
    }
}

/// What the fold must know beside the answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// When the answer came.
    pub(super) at: Timestamp,
    /// When it was given, as well as that can be told: halfway before, and by a clock that may lag.
    pub(super) said_at: Timestamp,
    /// How many answers it takes.
    pub(super) samples: Samples,
    /// How long after the first right answer the others are asked for: by then two caches that this watch has
    /// just filled itself can be told apart by their ends.
    pub(super) apart: Duration,
    /// No cache that was filled before the authorities became right can be wrong after this.
    pub(super) limit: Timestamp,
    /// The longest that the authorities themselves let the wrong answer live, in seconds.
    pub(super) cap: Option<u32>,
    /// Where that is not known: the life of the right answer, in seconds. An end that lies further off is
    /// looked at once after this time, in case nothing is counted down there.
    pub(super) peek: Option<u32>,
    /// This resolver has shown that it keeps entries for one second at TTL 0.
    pub(super) late: bool,
}

/// One resolver's cache entry for one record. Kept small: there are records × resolvers of them.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    kind: Kind,
    /// Shared with the other cells of its record: most of them have the same.
    detail: Option<Arc<Detail>>,
    /// Announced ends: of wrong answers, or of right ones while it is right.
    ends: Ends,
    /// Since when it has been of this kind.
    pub(super) since: Timestamp,
    /// When it last gave an answer or was given up.
    pub(super) seen_at: Timestamp,
    /// When to ask again; [`Timestamp::MAX`] for never of its own accord.
    pub(super) next: Timestamp,
    pub(super) why: Why,
    pub(super) asked: Asked,
    /// Which of the vantage's endpoints is used.
    pub(super) endpoint: u8,
    /// Counts samples, so that each leaves from another port.
    pub(super) sample: u8,
    samples: u8,
    needed: u8,
    /// Wrong answers, all of what looks like one cache: each might have shown another.
    looks: u8,
    caches: u8,
    failures: u8,
    reprimed: u8,
    /// Runs of right answers that a wrong one ended.
    broken: u8,
    stale_in_a_row: u8,
    counting: Counting,
    /// Right answers of one moment announced different ends: several caches.
    several: bool,
    /// Its last end was reckoned as one of a cache that keeps entries a second longer.
    reckoned_late: bool,
    last_ttl: u32,
    /// Since when it has said nothing at all, as the next whole second; 0 while it is heard.
    quiet_since: u32,
}

const _: () = assert!(size_of::<Cell>() <= 72, "a standing must stay small");

impl Cell {
    pub(super) fn new(samples: u8) -> Self {
        Cell {
            kind: Kind::Unasked,
            detail: None,
            ends: Ends::NONE,
            since: NONE,
            seen_at: NONE,
            next: Timestamp::MAX,
            why: Why::First,
            asked: Asked::default(),
            endpoint: 0,
            sample: 0,
            samples: 0,
            needed: samples.max(1),
            looks: 0,
            caches: 0,
            failures: 0,
            reprimed: 0,
            broken: 0,
            stale_in_a_row: 0,
            counting: Counting::Untried,
            several: false,
            reckoned_late: false,
            last_ttl: 0,
            quiet_since: 0,
        }
    }

    /// One that has said all that is wanted of it.
    #[cfg(test)]
    pub(super) fn confirmed() -> Self {
        Cell { kind: Kind::Right, samples: 2, ..Cell::new(2) }
    }

    /// Takes one answer. Returns whether it has shown that it keeps entries for a second at TTL 0.
    pub(super) fn fold(&mut self, reading: Reading, around: Around) -> bool {
        let before = self.kind;
        let mut kept = false;
        if !matches!(reading, Reading::Silent(_)) {
            self.quiet_since = 0;
        }
        let late = match reading {
            Reading::Right { ttl } => {
                self.right(ttl, around);
                false
            }
            Reading::Wrong { held, ttl, stale } => self.wrong(held, ttl, stale, around),
            Reading::Failing(rcode) => self.no_word(Kind::Failing, Some(rcode), around.at),
            Reading::Bogus => self.no_word(Kind::Bogus, None, around.at),
            Reading::Refusing(rcode) => self.no_word(Kind::Refusing, Some(rcode), around.at),
            Reading::Silent(failure) => {
                kept = self.silent(failure, around.at);
                false
            }
        };
        if self.kind != before {
            self.since = around.at;
            self.counting = Counting::Untried;
        }
        // A kept standing is as old as what it rests on.
        if !kept {
            self.seen_at = around.at;
        }
        late
    }

    fn wrong(&mut self, held: Held, ttl: u32, stale: bool, around: Around) -> bool {
        let at = around.at;
        if self.kind == Kind::Right {
            self.ends = Ends::NONE;
            self.broken = self.broken.saturating_add(1);
            // It gave the right answer a moment ago, so this is another cache.
            let one_run = at.since(self.seen_at) <= schedule::ONE_RUN;
            self.caches = if one_run { self.caches.max(2) } else { self.caches };
        }
        let had_end = self.last_end();
        let past_its_end = had_end != NONE && at >= had_end;
        let served_stale = stale || (past_its_end && ttl == 30 && self.last_ttl != 30);
        let counts_nothing_down = self.kind == Kind::Wrong
            && ttl == self.last_ttl
            && ttl > 2
            && at.since(self.seen_at).as_secs() >= 2;
        let negative = matches!(held, Held::NoData | Held::NoName);
        self.detail = Some(Arc::new(Detail::Held(held)));
        self.samples = 0;
        self.failures = 0;
        if served_stale && self.stale_in_a_row < 3 {
            self.stale_in_a_row += 1;
            self.kind = Kind::Wrong;
            self.ask_at(at + schedule::AFTER_STALE, Why::Expired);
            return false;
        }
        if !served_stale {
            self.stale_in_a_row = 0;
        }
        let late = past_its_end && ttl == 0 && self.last_ttl > 0;
        let counts_down = self.kind == Kind::Wrong
            && close(
                schedule::end_of(self.seen_at, self.last_ttl, around.late),
                schedule::end_of(around.said_at, ttl, around.late),
            );
        self.last_ttl = ttl;
        let capped = around
            .cap
            .map_or(ttl, |cap| if had_end == NONE || counts_nothing_down { ttl.min(cap) } else { ttl });
        let end = schedule::end_of(around.said_at, capped, around.late);
        let known = self.counting;
        self.counting = known.after(counts_nothing_down, past_its_end);
        let made_up = self.counting == Counting::Nothing;
        // At TTL 0 the second is reckoned in.
        self.reckoned_late = around.late || capped == 0;
        if past_its_end && !made_up {
            // Filled with the old answer again, or the second at TTL 0.
            self.reprimed = self.reprimed.saturating_add(1);
        }
        if counts_down && past_its_end {
            // A floor under the TTL: longer than the authorities say, and honestly counted.
            self.ends = Ends::NONE;
        }
        if self.kind == Kind::Suspect
            || (past_its_end && !counts_down && at > around.limit && at.since(had_end) > SAME_END)
        {
            self.suspect(at);
            return late;
        }
        self.kind = Kind::Wrong;
        self.note_end(end, at, counts_nothing_down, negative);
        // Within the time that a denial announced, another says nothing of another cache.
        let shows = !counts_nothing_down && (!negative || had_end == NONE || past_its_end);
        self.looks = self.looks.saturating_add(u8::from(shows));
        self.needed = self.samples_needed(around.samples);
        self.await_end(around, had_end == NONE || counts_nothing_down, known);
        late
    }

    /// Asks again at the last announced end, or earlier where that may be made up (`peeks`); soon where it is
    /// made up, since it may be right at any moment, and without a thought to that end where this was `known`.
    fn await_end(&mut self, around: Around, peeks: bool, known: Counting) {
        let at = around.at;
        let peek = around.peek.filter(|_| peeks);
        let peek = peek.map_or(Timestamp::MAX, |ttl| schedule::end_of(at, ttl, around.late));
        let next = self.last_end().min(peek) + schedule::AFTER_END;
        if self.counting == Counting::Nothing {
            let pace = at + schedule::counts_nothing_down(at.since(self.since));
            self.ask_at(if known == Counting::Nothing { pace } else { next.min(pace) }, Why::Retry);
        } else {
            let again = self.reprimed.max(self.broken);
            self.ask_at(next.max(at + schedule::reprimed(again)), Why::Expired);
        }
    }

    /// Asks a resolver that others no longer wait beside whether it counts its time down, if its end is worth
    /// it and it was not asked before. Returns whether it is to be asked.
    pub(super) fn check(&mut self, now: Timestamp) -> bool {
        let worth = self.kind == Kind::Wrong
            && self.counting == Counting::Untried
            && self.asked.under_way() == 0
            && self.last_end().min(self.next) > now + schedule::WORTH_CHECKING;
        if worth {
            self.counting = Counting::Asked;
            self.ask_at(now.max(self.seen_at + schedule::A_COUNT), Why::Confirm);
        }
        worth
    }

    /// Its resolver has shown meanwhile that it keeps entries a second longer than was reckoned when this end was
    /// announced: so it is asked a second later. Returns whether it is.
    pub(super) fn put_off(&mut self) -> bool {
        let end = self.last_end();
        let at_its_end = self.kind == Kind::Wrong && end != NONE && self.next == end + schedule::AFTER_END;
        if !at_its_end || self.reckoned_late {
            return false;
        }
        self.reckoned_late = true;
        self.ends = self.ends.later();
        self.next = self.last_end() + schedule::AFTER_END;
        true
    }

    fn suspect(&mut self, at: Timestamp) {
        self.kind = Kind::Suspect;
        self.ends = Ends::NONE;
        self.reprimed = self.reprimed.saturating_add(1);
        self.ask_at(at + schedule::backoff(self.reprimed.saturating_add(3)), Why::Retry);
    }

    /// Files the announced end of a denial. The SOA of a zone's negative answers may be shared (unbound): it can come
    /// back younger than the entry that it stands beside, so the earliest announced end is the true one.
    fn note_negative_end(&mut self, end: Timestamp, at: Timestamp) {
        let live = self.ends.known().map(|(_, end)| end).filter(|&end| end > at).min();
        self.ends = Ends::only(live.map_or(end, |known| known.min(end)));
        self.caches = self.caches.max(1);
    }

    /// Files an announced end under the cache that it belongs to.
    fn note_end(&mut self, end: Timestamp, at: Timestamp, counts_nothing_down: bool, negative: bool) {
        if negative {
            return self.note_negative_end(end, at);
        }
        let same = self.ends.known().find(|(_, known)| close(*known, end));
        if let Some((place, same)) = same {
            self.ends.put(place, if same <= at { end } else { end.min(same) });
            self.caches = self.caches.max(1);
            return;
        }
        let had_any = self.last_end() != NONE;
        if counts_nothing_down || self.reprimed > 3 {
            self.ends = Ends::NONE;
        } else if had_any {
            self.caches = self.caches.saturating_add(1).min(9);
        }
        self.caches = self.caches.max(1);
        self.ends.replace_earliest(end);
    }

    fn no_word(&mut self, kind: Kind, rcode: Option<Rcode>, at: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.forget_right_ends();
        self.samples = 0;
        self.detail = rcode.map(|rcode| Arc::new(Detail::Rcode(rcode)));
        self.kind = kind;
        self.ask_at(at + schedule::backoff(self.failures), Why::Retry);
        false
    }

    /// Silence takes nothing back: what is known stays known until it has been silent three times, and what
    /// contradicts for some minutes longer. Returns whether it stays.
    fn silent(&mut self, failure: Failure, at: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.quiet_since == 0 {
            self.quiet_since = next_second(at);
        }
        let keeps = match self.kind {
            Kind::Right => true,
            Kind::Wrong | Kind::Bogus | Kind::Failing => {
                // Not since it was last heard: that may be long ago, and for want of a question.
                self.failures < 3
                    || at.since(Timestamp::from_secs(self.quiet_since.into())) < schedule::SILENCE_COUNTS
            }
            _ => false,
        };
        if !keeps {
            self.detail = Some(Arc::new(Detail::Failure(failure)));
            self.kind = Kind::Silent;
        }
        self.ask_at(at + schedule::backoff(self.failures), Why::Retry);
        keeps
    }

    fn ask_at(&mut self, at: Timestamp, why: Why) {
        self.next = at;
        self.why = why;
    }

    fn live(&self, at: Timestamp) -> u8 {
        u8::try_from(self.ends.after(at)).unwrap_or(u8::MAX)
    }

    fn last_end(&self) -> Timestamp {
        self.ends.last().unwrap_or(NONE)
    }

    /// How many questions to send now, so that the samples that are missing are under way.
    pub(super) fn missing(&self, at_once: bool) -> u8 {
        let wanted = match self.kind {
            Kind::Right => self.needed.saturating_sub(self.samples).min(self.at_a_time()),
            Kind::Wrong if self.samples > 0 => self.needed.saturating_sub(self.samples),
            Kind::Unasked if at_once => self.needed,
            _ => 1,
        };
        wanted.max(u8::from(self.why == Why::Settle)).saturating_sub(self.asked.under_way())
    }

    /// Where several caches are known, no more samples are under way than have agreed so far.
    fn at_a_time(&self) -> u8 {
        if self.caches > 1 || self.several { self.samples.clamp(1, AT_A_TIME) } else { AT_A_TIME }
    }

    /// Forgets what was confirmed: an authority fell back, so a cache may have been filled with the old
    /// answer again.
    pub(super) fn doubt(&mut self) {
        self.forget_right_ends();
        self.samples = 0;
        self.looks = 0;
        if self.kind == Kind::Right {
            self.kind = Kind::Unasked;
        }
    }

    fn forget_right_ends(&mut self) {
        if self.kind == Kind::Right {
            self.ends = Ends::NONE;
        }
    }

    /// The clock was set: when an announced end comes cannot be told any more, so nothing is concluded from
    /// it. How many caches there are is still known.
    pub(super) fn forget_ends(&mut self) {
        self.ends = Ends::NONE;
    }

    /// Keeps what it has together with the latest of its record that had the same: that hold something, and that do
    /// not.
    pub(super) fn share(&mut self, latest: &mut [Option<Arc<Detail>>; 2]) {
        let Some(detail) = &mut self.detail else { return };
        let latest = &mut latest[usize::from(!matches!(**detail, Detail::Held(_)))];
        match latest {
            Some(known) if Arc::ptr_eq(known, detail) => {}
            Some(known) if known == detail => *detail = Arc::clone(known),
            _ => *latest = Some(Arc::clone(detail)),
        }
    }
}

/// In seconds since 1970; rounded up, so that nothing has lasted longer than it has.
fn next_second(at: Timestamp) -> u32 {
    let second = at.as_micros().div_euclid(1_000_000) + i64::from(at.as_micros() % 1_000_000 != 0);
    u32::try_from(second).unwrap_or(u32::MAX)
}

fn close(a: Timestamp, b: Timestamp) -> bool {
    a.since(b) <= SAME_END && b.since(a) <= SAME_END
}

#[cfg(test)]
mod tests;
