//! The resolvers' side of a verdict: quorum, operators, and a reason for each that is not right.

use std::collections::BTreeSet;

use crate::model::{Cause, Effect, Reason, ResolverCount, Role, Standing};

use super::{Blind, Case, ResolverView, of, push};
use crate::engine::convergence::{Cell, Stance};
use crate::engine::plan::FEW;

/// The voters, counted.
#[derive(Debug, Default)]
struct Voters {
    count: ResolverCount,
    /// Those of which more samples are wanted.
    sampled: u32,
    /// The operators of those that are right.
    operators: Few,
    bogus: BTreeSet<u32>,
}

fn count(case: &Case<'_>) -> Voters {
    let mut voters = Voters::default();
    let count = &mut voters.count;
    for resolver in voting(case) {
        count.voters += 1;
        match resolver.stance {
            Stance::Confirmed => {
                count.confirmed += 1;
                voters.operators.insert(resolver.operator);
            }
            Stance::Unasked => count.pending += 1,
            Stance::Unconfirmed => {
                count.pending += 1;
                voters.sampled += 1;
            }
            Stance::Contradicts => count.contradicting += 1,
            Stance::Out => count.silent += 1,
        }
        if resolver.cell.is_bogus() {
            voters.bogus.insert(resolver.operator);
        }
    }
    voters
}

fn voting<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a ResolverView<'a>> {
    case.resolvers.iter().filter(|resolver| resolver.vantage.role == Role::Voter)
}

/// The voters, and the witnesses beside them. Returns as well whether nothing but further samples is missing.
pub(super) fn resolver_reasons(case: &Case<'_>, reasons: &mut Vec<Reason>) -> (ResolverCount, bool) {
    let Voters { count, sampled, mut operators, bogus } = count(case);
    if !case.gate_open {
        if case.blind == Blind::No {
            push(reasons, Effect::Waits, Cause::ResolversNotAsked);
        }
        return (count, false);
    }
    let agreed = is_quorum(&count, case.policy.quorum_percent);
    let bogus_blocks = bogus.len() >= 2 || (bogus.len() == 1 && count.voters < FEW);
    let soon = ResolverCount {
        confirmed: count.confirmed + sampled,
        pending: count.pending - sampled,
        ..count.clone()
    };
    let nearly = !agreed && is_quorum(&soon, case.policy.quorum_percent);
    if nearly {
        let sampled = voting(case).filter(|resolver| resolver.stance == Stance::Unconfirmed);
        sampled.for_each(|resolver| operators.insert(resolver.operator));
    }
    let effect = if agreed || nearly { Effect::Warns } else { Effect::Waits };
    for resolver in worth_naming(case) {
        let unconfirmed = nearly && resolver.stance == Stance::Unconfirmed;
        let effect = if unconfirmed { Effect::Waits } else { effect };
        resolver_reason(resolver, effect, bogus_blocks, reasons);
    }
    if agreed || nearly {
        let needed = case.operators_needed;
        if operators.len() < needed {
            let cause = Cause::TooFewOperators { operators: many(operators.len()), needed: many(needed) };
            push(reasons, Effect::Hides, cause);
        }
    }
    if agreed {
        return (count, false);
    }
    if count.pending > 0 {
        push(reasons, Effect::Waits, Cause::ResolversPending { pending: count.pending });
    } else if (count.confirmed + count.contradicting) * 2 < count.voters {
        let answered = count.confirmed + count.contradicting;
        push(reasons, Effect::Hides, Cause::TooFewAnswered { answered, voters: count.voters });
    }
    (count, nearly)
}

/// The resolvers that may give a reason; in brief, the first voter of each sort.
fn worth_naming<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a ResolverView<'a>> {
    let mut named = [[false; Cell::SORTS]; 2];
    case.resolvers.iter().filter(move |resolver| {
        if matches!(resolver.stance, Stance::Confirmed | Stance::Unasked) {
            return false;
        }
        let named = &mut named[usize::from(resolver.given_up)][resolver.cell.sort()];
        !(case.brief && resolver.vantage.role == Role::Voter && std::mem::replace(named, true))
    })
}

/// So many operators must confirm, if so many run voters.
pub(in crate::engine) const OPERATORS: usize = 3;

/// Distinct operators, as many as are ever asked for: this is done for every answer of every resolver.
#[derive(Debug, Default)]
struct Few {
    known: [Option<u32>; OPERATORS],
}

impl Few {
    fn insert(&mut self, operator: u32) {
        for place in &mut self.known {
            match place {
                Some(known) if *known == operator => return,
                Some(_) => {}
                None => {
                    *place = Some(operator);
                    return;
                }
            }
        }
    }

    fn len(&self) -> usize {
        self.known.iter().flatten().count()
    }
}

fn many(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// At least half of the voters answered, and enough of those confirm, whatever those may say that are
/// still to answer.
fn is_quorum(count: &ResolverCount, percent: u8) -> bool {
    let answered = count.confirmed + count.contradicting + count.pending;
    let share = if count.voters < FEW {
        count.confirmed == answered
    } else {
        u64::from(count.confirmed) * 100 >= u64::from(percent) * u64::from(answered)
    };
    share && count.confirmed > 0 && (count.confirmed + count.contradicting) * 2 >= count.voters
}

fn resolver_reason(
    resolver: &ResolverView<'_>,
    effect: Effect,
    bogus_blocks: bool,
    reasons: &mut Vec<Reason>,
) {
    let who = &resolver.vantage.name;
    let standing = resolver.cell.standing();
    if resolver.vantage.role != Role::Voter {
        if let Standing::Wrong { held, until } | Standing::Mixed { held, until, .. } = standing {
            of(reasons, Effect::Warns, who, Cause::WitnessStale { held, until });
        }
        return;
    }
    match standing {
        Standing::Wrong { held, until } => {
            of(reasons, effect, who, Cause::ResolverStale { held, until });
        }
        Standing::Mixed { held, wrong, caches, until } => {
            of(reasons, effect, who, Cause::ResolverMixed { held, wrong, caches, until });
        }
        Standing::Suspect { held } => {
            of(reasons, Effect::Warns, who, Cause::ResolverSuspect { held });
        }
        Standing::Failing { rcode } => {
            let effect = if resolver.given_up { Effect::Warns } else { effect };
            of(reasons, effect, who, Cause::ResolverFailing { rcode });
        }
        Standing::Bogus => {
            let effect = if bogus_blocks { Effect::Blocks } else { effect };
            of(reasons, effect, who, Cause::ResolverBogus);
        }
        Standing::Right { samples, needed } if samples < needed => {
            let cause = Cause::ResolverUnconfirmed { samples, needed };
            of(reasons, effect, who, cause);
        }
        Standing::Silent { failure } => {
            of(reasons, Effect::Warns, who, Cause::ResolverSilent { failure: Some(failure) });
        }
        Standing::Refusing { .. } => {
            of(reasons, Effect::Warns, who, Cause::ResolverSilent { failure: None });
        }
        Standing::Right { .. } | Standing::Unasked => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_not_agreement() {
        let count = |confirmed, contradicting, silent, pending| ResolverCount {
            voters: confirmed + contradicting + silent + pending,
            confirmed,
            contradicting,
            silent,
            pending,
        };
        assert!(is_quorum(&count(34, 0, 0, 0), 95));
        assert!(!is_quorum(&count(1, 0, 33, 0), 95));
        assert!(!is_quorum(&count(0, 0, 34, 0), 95));
        assert!(is_quorum(&count(29, 0, 5, 0), 95));
        assert!(!is_quorum(&count(29, 0, 0, 5), 95), "five may still contradict");
        assert!(is_quorum(&count(43, 0, 0, 2), 95), "two more cannot break it");
        assert!(!is_quorum(&count(32, 2, 0, 0), 95));
        assert!(is_quorum(&count(33, 1, 0, 0), 95));
        assert!(!is_quorum(&count(5, 1, 0, 0), 95), "of few, all must agree");
        assert!(is_quorum(&count(1, 0, 0, 0), 95));
    }
}
