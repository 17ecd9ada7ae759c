//! When to ask again. Every number of the schedule stands here, with its reason.

use std::time::Duration;

use crate::model::Timestamp;

/// After the end of an entry, this much later: the question arrives half a round trip after that, which
/// on the open network covers what clocks differ by.
pub(super) const AFTER_END: Duration = Duration::from_millis(25);

/// After an answer that says that it is served stale: the refresh that it has set off takes a moment.
pub(super) const AFTER_STALE: Duration = Duration::from_millis(300);

/// How long a failing resolver counts against a record. Failures are cached up to two minutes; one that
/// lasts longer is the resolver's own.
pub(super) const FAILURE_COUNTS: Duration = Duration::from_secs(180);

/// How long the last word of a resolver that contradicted still counts after it has gone silent. What it held
/// does not turn over because it cannot be heard.
pub(super) const SILENCE_COUNTS: Duration = Duration::from_secs(180);

/// How long the zone's servers may all agree on something else before nobody can be thought to be about
/// to publish it: ten minutes cover the slowest panels.
pub(super) const UNCHANGED: Duration = Duration::from_secs(600);

/// How long servers of one serial may differ before the one that differs counts as stuck.
pub(super) const SAME_SERIAL: Duration = Duration::from_secs(300);

/// Time alone moves few verdicts, and none by seconds: where nothing else is new a record is judged again
/// no sooner than this.
pub(super) const JUDGED_AGAIN: Duration = Duration::from_secs(5);

/// Of many records one whose resolvers are being asked waits so long at most to be judged.
pub(super) const PUT_OFF: Duration = Duration::from_millis(100);

/// How long the answers to the last look before a verdict may take, retries included.
pub(super) const LAST_LOOK: Duration = Duration::from_secs(70);

/// A confirmation older than this is renewed before the last word.
pub(super) const OLD_CONFIRMATION: Duration = Duration::from_secs(600);

/// A look at CAA, DNSSEC and the web server that began this short a time before a record was seen to be right
/// is the same look, if it found the same addresses.
pub(super) const SAME_MOMENT: Duration = Duration::from_secs(2);

/// A look at CAA, DNSSEC and the web server that is older than this is taken anew before the last word.
pub(super) const OLD_SIGHT: Duration = Duration::from_secs(90);

/// A look at these puts about so many questions to each of a name's servers.
pub(super) const AT_A_LOOK: u32 = 4;

/// Names that something is in the way of are looked at again so far apart at least, where they are few among many: a
/// tenth of what politeness allows.
pub(super) const EACH_IN_THE_WAY: Duration = Duration::from_millis(800);

/// CAA, DNSSEC and the web server while one of them stands in the way: not more often than this.
pub(super) const BARRED: Duration = Duration::from_secs(5);

/// The same while nothing of it does: to see something come into the way while other records, or caches, are
/// still waited for.
pub(super) const SIGHT_RIGHT: Duration = Duration::from_secs(900);

/// How often a single look waits for those that have not answered once the verdict is decided.
pub(super) const GRACE_FOR_THE_SLOW: Duration = Duration::from_millis(600);

/// After a time in which nothing could be seen, the looks that are overdue follow each other like this.
pub(super) const OVERDUE: Duration = Duration::from_millis(20);

/// However many looks are overdue, the last of them comes within this.
pub(super) const ALL_OVERDUE: Duration = Duration::from_secs(60);

/// After a gap this long the zone's servers are asked first, and the resolvers only once they have had time
/// to say that they have fallen back.
pub(super) const LONG_GAP: Duration = Duration::from_secs(30);

/// That time.
pub(super) const SERVERS_FIRST: Duration = Duration::from_secs(3);

/// How long nothing must have been answered before it counts as the network's doing.
pub(super) const OFFLINE: Duration = Duration::from_secs(60);

/// How many failures in a row that takes.
pub(super) const OFFLINE_FAILURES: u32 = 8;

/// Where many names are asked about at the same server, the routine comes to no more than one question in so long
/// a time: half of what politeness allows. With the serials and walks below nothing that matters has to wait in line.
pub(super) const EACH_AT_A_SERVER: Duration = Duration::from_millis(40);

/// The same for the serials of many zones at the same server: a fifth of what politeness allows. They tell at once
/// which of thousands of names to ask about.
pub(super) const EACH_SERIAL: Duration = Duration::from_millis(100);

/// The same for walks to many zones. Each puts a question to every server of the registry, and two or three to every
/// server of the zone: of zones at the same servers this takes a fourth of what politeness allows, so that the
/// first look at thousands of names is not kept waiting by it.
pub(super) const EACH_WALK: Duration = Duration::from_millis(200);

/// Questions to all name servers that are under way at once.
pub(super) const AT_SERVERS: u32 = 4096;

/// While more questions to name servers than this are under way, what can wait does.
pub(super) const FEW_AT_SERVERS: u32 = 64;
/// The same for walks.
pub(super) const FEW_WALKS: usize = 64;

/// First looks at what else the CA looks at that are under way at once where names have not arrived. More of them
/// are for names that have.
pub(super) const EARLY_LOOKS: usize = 32;

/// What waits for leisure waits no longer than so many times its pace.
pub(super) const PACES_AT_LEISURE: u32 = 4;

/// So many times in a row the walk to a zone that is known is left out while the name servers are pressed.
pub(super) const WALKS_LEFT_OUT: u8 = 3;

/// Surveys that are under way at once in a watch: as many again as the network room carries out, so that it is never
/// idle. Visits to web servers are not counted: one host that does not answer would keep all others waiting.
pub(super) const SURVEYS: usize = 64;

/// How long a sign that something moves is good for.
pub(super) const HINT_LASTS: Duration = Duration::from_secs(60);

/// Questions to one resolver that are under way at once. Politeness lets fewer go a second; more would only wait
/// in the network room, where each takes some hundred octets.
pub(super) const UNDER_WAY: u32 = 256;

/// The zone's servers while they are not right: every second in the first minute, then less and less
/// often, and often again for a minute after a hint.
pub(super) fn authority_not_right(watching_for: Duration, since_hint: Option<Duration>) -> Duration {
    if since_hint.is_some_and(|ago| ago < HINT_LASTS) {
        return Duration::from_secs(1);
    }
    Duration::from_secs(match watching_for.as_secs() {
        0..60 => 1,
        60..300 => 2,
        300..900 => 5,
        900..3600 => 10,
        3600..14_400 => 20,
        _ => 30,
    })
}

/// The zone's servers once they are right: to see one fall back.
pub(super) const AUTHORITY_RIGHT: Duration = Duration::from_secs(30);

/// The zone's serial, which is only a hint and tells a lagging server from a stuck one.
pub(super) const SERIAL: Duration = Duration::from_secs(10);

/// A server that the zone has left.
pub(super) const FORMER: Duration = Duration::from_secs(120);

/// The delegation: a question to every server of the parent.
pub(super) fn delegation(watching_for: Duration, right: bool) -> Duration {
    Duration::from_secs(match (right, watching_for.as_secs()) {
        (true, _) => 300,
        (false, 0..120) => 15,
        (false, 120..600) => 30,
        (false, 600..3600) => 60,
        (false, _) => 180,
    })
}

/// A resolver that fails, refuses, is silent or suspect: `failures` is how often in a row.
pub(super) fn backoff(failures: u8) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 2,
        2 => 5,
        3 => 15,
        4 => 30,
        5..=8 => 60,
        9..=12 => 180,
        _ => 600,
    })
}

/// A cache that is filled with the old answer again and again (it clings to servers that the zone has
/// left), or several behind one address that agree and then do not, again and again: at each end at first, then not
/// more often than this.
pub(super) fn reprimed(times: u8) -> Duration {
    Duration::from_secs(match times {
        0..=9 => 0,
        10..=19 => 60,
        _ => 300,
    })
}

/// A resolver that announces the same time again and again, instead of counting it down, may turn over at any
/// moment: every few seconds at first, then after another sixtieth of the time that it has taken.
pub(super) fn counts_nothing_down(wrong_for: Duration) -> Duration {
    (wrong_for / 60).clamp(Duration::from_secs(5), Duration::from_secs(300))
}

/// Whoever waits for so few resolvers waits for what those say themselves.
pub(super) const LAST_FEW: usize = 3;

/// An end that is nearer than this is as soon waited for as checked.
pub(super) const WORTH_CHECKING: Duration = Duration::from_secs(8);

/// After so long a time that is counted down in whole seconds has moved for certain.
pub(super) const A_COUNT: Duration = Duration::from_millis(2100);

/// Samples this close belong to one run: one cache does not turn back within it.
pub(super) const ONE_RUN: Duration = Duration::from_secs(5);

/// A cache reads its clock so much too late at most: many read one that the kernel moves every few milliseconds, and
/// later where it is busy. BIND was seen to answer 6 ms into a second by the one before. To count from too early costs
/// one question, to count from too late a second.
const COARSE_CLOCK: Duration = Duration::from_millis(10);
/// An answer that took longer was looked for and not only read, and was given when it had been found.
const MERELY_READ: Duration = Duration::from_millis(300);

/// When an answer was given that came at `at`, after so many microseconds on the way there and back: by the clock of
/// the cache, which may lag behind a little. When a second has begun in between, its TTL counts from before.
pub(super) fn said_at(at: Timestamp, rtt_micros: u32) -> Timestamp {
    let way = Duration::from_micros(u64::from(rtt_micros)).min(MERELY_READ) / 2;
    at - way - COARSE_CLOCK
}

/// When an entry ends that was seen at `at` with `ttl` seconds left. Caches count in whole seconds of the
/// wall clock, so the end is on a second; `late` is a cache that keeps an entry one second longer, during
/// which it shows a TTL of 0 (unbound, knot-resolver).
pub(super) fn end_of(at: Timestamp, ttl: u32, late: bool) -> Timestamp {
    let extra = u32::from(ttl == 0 || late);
    at.floor_second().plus_secs(ttl.saturating_add(extra))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_fall_on_whole_seconds() {
        let at = Timestamp::from_micros(100_730_000);
        assert_eq!(end_of(at, 5, false), Timestamp::from_secs(105));
        assert_eq!(end_of(at, 5, true), Timestamp::from_secs(106));
        assert_eq!(end_of(at, 0, false), Timestamp::from_secs(101));
        assert_eq!(end_of(at, 0, true), Timestamp::from_secs(101));
    }

    #[test]
    fn the_pace_only_slows_down() {
        let mut last = Duration::ZERO;
        for secs in 0..20_000 {
            let now = authority_not_right(Duration::from_secs(secs), None);
            assert!(now >= last);
            last = now;
        }
        assert_eq!(last, Duration::from_secs(30));
        assert_eq!(
            authority_not_right(Duration::from_secs(20_000), Some(Duration::from_secs(3))),
            Duration::from_secs(1)
        );
    }
}
