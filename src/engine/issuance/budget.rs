//! How many tries are left: the CA's limit on failed validations.
//!
//! Boulder keeps one instant a bucket, the *theoretical arrival time* (generic cell rate algorithm,
//! `ratelimits/gcra.go`): five failures an hour for each name and account, one coming back every twelve
//! minutes.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::engine::plan::Policy;
use crate::model::{Attempt, Cause, Effect, Environment, Name, Reason, Timestamp};

use super::{Sight, because};

/// Failures that the CA takes at once, for each name and account.
pub const TRIES_AN_HOUR: u8 = 5;
/// How long it takes until one of them is forgotten, in seconds.
const EMISSION: u32 = 720;
/// All of them.
const WINDOW: u32 = EMISSION * TRIES_AN_HOUR as u32;

/// Failed tries of this name, each account's by themselves. Staging has a bucket of its own, and pebble none.
pub(super) fn tries(sight: &Sight<'_>) -> Vec<Reason> {
    let Policy { account, attempts, .. } = sight.policy;
    if sight.is_pebble() {
        return Vec::new();
    }
    let Some((left, next)) = tries_left(attempts, sight.name, account.as_deref(), sight.now) else {
        return Vec::new();
    };
    let effect = match left {
        0 => Effect::Waits,
        1 | 2 => Effect::Warns,
        _ => return Vec::new(),
    };
    vec![because(effect, Cause::Attempts { left, of: TRIES_AN_HOUR, next })]
}

/// How many of the CA's five failures an hour a name has left in production at `now`, and when one more is back.
/// None where no failure of it counts any more. Without an `account` the one with the fewest tries left counts.
pub fn tries_left(
    attempts: &[Attempt],
    name: &Name,
    account: Option<&str>,
    now: Timestamp,
) -> Option<(u8, Timestamp)> {
    let account = account.map(number);
    // A failure of an unknown account may be this one's; one of another account is none of this bucket's.
    let ours = |attempt: &&Attempt| match (account, attempt.account.as_deref().map(number)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    };
    let mine = attempts
        .iter()
        .filter(|attempt| attempt.name == *name && attempt.environment == Environment::Production)
        .filter(ours);
    // The CA's own word on when it takes the next order goes before any reckoning.
    let told = mine.clone().filter_map(|attempt| attempt.blocked_until).max();
    if let Some(next) = told.filter(|&until| until > now) {
        return Some((0, next));
    }
    // An order that the CA did not take is no failed validation.
    let mine = mine.filter(|attempt| attempt.blocked_until.is_none());
    let accounts: BTreeSet<Option<&str>> = match account {
        Some(account) => BTreeSet::from([Some(account)]),
        // Which account will ask is not known: the one with the fewest tries left may.
        None => mine.clone().map(|attempt| attempt.account.as_deref().map(number)).collect(),
    };
    let buckets = accounts.into_iter().map(|account| {
        let theirs =
            mine.clone().filter(|a| a.account.is_none() || a.account.as_deref().map(number) == account);
        Bucket::of(theirs.map(|attempt| attempt.at))
    });
    let fullest = buckets
        .map(|bucket| (bucket.left(now), bucket))
        .min_by_key(|(left, bucket)| (*left, std::cmp::Reverse(bucket.arrival)));
    let used = fullest.filter(|(left, _)| *left < TRIES_AN_HOUR);
    used.map(|(left, bucket)| (left, bucket.one_more(now)))
}

/// An account's number, of its URI or by itself (boulder: `/acme/acct/` and the number).
fn number(account: &str) -> &str {
    account.rsplit('/').next().unwrap_or(account)
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
        u8::try_from(whole.saturating_sub(owed) / one).unwrap_or(TRIES_AN_HOUR)
    }

    /// When one more than now is left.
    pub(super) fn one_more(self, now: Timestamp) -> Timestamp {
        let wanted = u32::from(self.left(now).saturating_add(1).min(TRIES_AN_HOUR));
        let full = self.arrival.unwrap_or(now);
        full - Duration::from_secs(u64::from(WINDOW - EMISSION * wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cas_own_word_goes_first_and_an_order_it_refused_is_no_failure() {
        let name = Name::parse("www.example.com").unwrap();
        let attempt = |at, blocked_until| Attempt {
            name: name.clone(),
            environment: Environment::Production,
            account: None,
            at: secs(at),
            blocked_until,
            fingerprint: String::new(),
        };
        let left = |attempts: &[Attempt], now| tries_left(attempts, &name, None, secs(now));
        let told = [attempt(1000, Some(secs(3000)))];
        assert_eq!(left(&told, 1000), Some((0, secs(3000))));
        assert_eq!(left(&told, 3000), None);
        assert_eq!(left(&[attempt(1000, None), attempt(1000, None)], 1000).unwrap().0, 3);
    }

    #[test]
    fn every_account_has_a_bucket_of_its_own() {
        let name = Name::parse("www.example.com").unwrap();
        let attempt = |account: Option<&str>, blocked: Option<i64>| Attempt {
            name: name.clone(),
            environment: Environment::Production,
            account: account.map(str::to_owned),
            at: secs(1000),
            blocked_until: blocked.map(secs),
            fingerprint: String::new(),
        };
        let all: Vec<Attempt> =
            [Some("1"), Some("1"), Some("1"), Some("2"), None].map(|a| attempt(a, None)).to_vec();
        let left = |account: Option<&str>| tries_left(&all, &name, account, secs(1000)).map(|(left, _)| left);
        let uri = |n: u8| format!("https://acme-v02.api.letsencrypt.org/acme/acct/{n}");
        assert_eq!((left(Some("1")), left(Some(&uri(1)))), (Some(1), Some(1)));
        assert_eq!((left(Some(&uri(2))), left(Some("3"))), (Some(3), Some(4)));
        assert_eq!(left(None), Some(1), "whichever asks");
        let told = [attempt(Some("1"), Some(3000))];
        assert_eq!(tries_left(&told, &name, Some(&uri(2)), secs(1000)), None, "said to another account");
        assert_eq!(tries_left(&told, &name, Some(&uri(1)), secs(1000)), Some((0, secs(3000))));
    }

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
