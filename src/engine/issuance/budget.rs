//! How many tries are left: the CA's limit on failed validations.
//!
//! Boulder keeps one instant a bucket, the *theoretical arrival time* (generic cell rate algorithm,
//! `ratelimits/gcra.go`): five failures an hour for each name and account, one coming back every twelve
//! minutes.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::{Cause, Effect, Environment, Reason, Timestamp};

use super::{Sight, because};

/// Failures that the CA takes at once.
const BURST: u8 = 5;
/// How long it takes until one of them is forgotten, in seconds.
const EMISSION: u32 = 720;
/// All of them.
const WINDOW: u32 = EMISSION * BURST as u32;

/// Failed tries of this name, each account's by themselves. Staging has a bucket of its own, and pebble none.
pub(super) fn tries(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.is_pebble() {
        return Vec::new();
    }
    let mine = sight
        .policy
        .attempts
        .iter()
        .filter(|attempt| attempt.name == *sight.name && attempt.environment == Environment::Production);
    // The CA's own word on when it takes the next order goes before any reckoning.
    let told = mine.clone().filter_map(|attempt| attempt.blocked_until).max();
    if let Some(next) = told.filter(|&until| until > sight.now) {
        return vec![because(Effect::Waits, Cause::Attempts { left: 0, of: BURST, next })];
    }
    // An order that the CA did not take is no failed validation.
    let mine = mine.filter(|attempt| attempt.blocked_until.is_none());
    let accounts: BTreeSet<Option<&str>> = match sight.policy.account.as_deref() {
        Some(account) => BTreeSet::from([Some(account)]),
        // Which account will ask is not known: the one with the fewest tries left may.
        None => mine.clone().map(|attempt| attempt.account.as_deref()).collect(),
    };
    let buckets = accounts.into_iter().map(|account| {
        // A failure of an unknown account may be this one's.
        let theirs = mine.clone().filter(|a| a.account.is_none() || a.account.as_deref() == account);
        Bucket::of(theirs.map(|attempt| attempt.at))
    });
    let fullest = buckets
        .map(|bucket| (bucket.left(sight.now), bucket))
        .min_by_key(|(left, bucket)| (*left, std::cmp::Reverse(bucket.arrival)));
    let Some((left, bucket)) = fullest else { return Vec::new() };
    let effect = match left {
        0 => Effect::Waits,
        1 | 2 => Effect::Warns,
        _ => return Vec::new(),
    };
    let next = bucket.one_more(sight.now);
    vec![because(effect, Cause::Attempts { left, of: BURST, next })]
}

/// One bucket of the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket {
    /// The theoretical arrival time; none before the first failure.
    arrival: Option<Timestamp>,
}

impl Bucket {
    /// After these failures, in any order.
    pub(super) fn of(failures: impl Iterator<Item = Timestamp>) -> Self {
        let mut times: Vec<Timestamp> = failures.collect();
        times.sort_unstable();
        let mut arrival: Option<Timestamp> = None;
        for at in times {
            let next = arrival.map_or(at, |arrival| arrival.max(at)).plus_secs(EMISSION);
            // What the bucket has no room for does not move it.
            if next <= at.plus_secs(WINDOW) {
                arrival = Some(next);
            }
        }
        Bucket { arrival }
    }

    /// Failures that it still takes at `now`.
    pub(super) fn left(self, now: Timestamp) -> u8 {
        let owed = self.arrival.map_or(Duration::ZERO, |arrival| arrival.since(now)).as_micros();
        let (whole, one) = (u128::from(WINDOW) * 1_000_000, u128::from(EMISSION) * 1_000_000);
        u8::try_from(whole.saturating_sub(owed) / one).unwrap_or(BURST)
    }

    /// When one more than now is left.
    pub(super) fn one_more(self, now: Timestamp) -> Timestamp {
        let wanted = u32::from(self.left(now).saturating_add(1).min(BURST));
        let full = self.arrival.unwrap_or(now);
        full - Duration::from_secs(u64::from(WINDOW - EMISSION * wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(at: i64) -> Timestamp {
        Timestamp::from_secs(at)
    }

    #[test]
    fn five_at_once_give_one_back_after_twelve_minutes() {
        let bucket = Bucket::of([1000; 5].into_iter().map(secs));
        assert_eq!((bucket.left(secs(1000)), bucket.one_more(secs(1000))), (0, secs(1720)));
        assert_eq!(bucket.left(Timestamp::from_micros(1_719_999_999)), 0);
        assert_eq!((bucket.left(secs(1720)), bucket.one_more(secs(1720))), (1, secs(2440)));
        assert_eq!(bucket.left(secs(4599)), 4);
        assert_eq!(bucket.left(secs(4600)), 5);
        assert_eq!(Bucket::of(std::iter::empty()).left(secs(0)), 5);
        let sixth = Bucket::of([1000; 6].into_iter().map(secs));
        assert_eq!(sixth, bucket, "a try that was refused costs nothing");
    }
}
