//! What an answer means for a record: right, wrong and until when, or no word on it at all.

use std::net::IpAddr;

use crate::model::{Answer, Expectation, Failure, Held, Name, Rcode, Record, Seen};

/// A resolver's answer, read against what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// As expected. `ttl` is the longest in the answer, in seconds: it tells one cache from another.
    Right { ttl: u32 },
    /// Something else. `ttl` is that of the record that must change, in seconds: of a chain whose alias
    /// is to change, the alias's own, however short the address behind it lives.
    Wrong { held: Held, ttl: u32, stale: bool },
    /// It could not find out.
    Failing(Rcode),
    /// It refuses the data, since its signatures do not verify.
    Bogus,
    /// It will not serve us, or blocks the name by policy.
    Refusing(Rcode),
    /// No answer.
    Silent(Failure),
}

/// Reads what a resolver gave. `truth` is the chain of alias targets at the authorities.
pub(super) fn read(record: &Record, truth: &[Name], seen: &Seen) -> Reading {
    match seen {
        Seen::Answered(answer) => read_answer(record, truth, answer),
        Seen::Failed(failure) => Reading::Silent(failure.clone()),
        _ => Reading::Silent(Failure::Garbage),
    }
}

fn read_answer(record: &Record, truth: &[Name], answer: &Answer) -> Reading {
    match answer.rcode {
        Rcode::NOERROR | Rcode::NXDOMAIN => {}
        Rcode::SERVFAIL if answer.unchecked == Some(true) => return Reading::Bogus,
        Rcode::REFUSED | Rcode::NOTIMP => return Reading::Refusing(answer.rcode),
        other => return Reading::Failing(other),
    }
    if is_filtered(answer) || is_referral(answer) {
        return Reading::Refusing(answer.rcode);
    }
    match held(record, answer) {
        None => Reading::Right { ttl: longest_ttl(answer) },
        Some(held) => Reading::Wrong {
            held,
            ttl: ttl_of_what_must_change(truth, answer),
            stale: answer.is_served_stale(),
        },
    }
}

/// Blocked, Censored, Filtered, Prohibited (RFC 8914, sections 4.16 to 4.19): a policy, not a cache.
fn is_filtered(answer: &Answer) -> bool {
    answer.ede.iter().any(|ede| matches!(ede.code, 15..=18))
}

/// An answer that only says whom else to ask comes from a server that does not resolve for us.
fn is_referral(answer: &Answer) -> bool {
    answer.rcode == Rcode::NOERROR
        && answer.referral.is_some()
        && answer.chain.is_empty()
        && answer.addresses.is_empty()
}

/// What the answer has instead of what is expected; `None` when it is as expected.
pub(super) fn held(record: &Record, answer: &Answer) -> Option<Held> {
    if answer.looped {
        return Some(Held::Loop(record.name.clone()));
    }
    let alias = answer.chain.first().map(|link| &link.target);
    let addresses: &[IpAddr] = if answer.rcode == Rcode::NXDOMAIN { &[] } else { &answer.addresses };
    let dead_end = || match answer.chain.last() {
        Some(link) => Held::DeadEnd(link.target.clone()),
        None if answer.rcode == Rcode::NXDOMAIN => Held::NoName,
        None => Held::NoData,
    };
    match &record.expect {
        Expectation::NoAddress => (!addresses.is_empty()).then(|| Held::Addresses(sorted(addresses).into())),
        Expectation::Addresses(_) if addresses.is_empty() => Some(dead_end()),
        Expectation::Addresses(wanted) => {
            let all = addresses.iter().all(|address| wanted.contains(address));
            (!all).then(|| Held::Addresses(sorted(addresses).into()))
        }
        Expectation::Alias(wanted) => match alias {
            Some(target) if target != wanted => Some(Held::Alias(target.clone())),
            Some(_) if addresses.is_empty() => Some(dead_end()),
            Some(_) => None,
            None if addresses.is_empty() => Some(dead_end()),
            None => Some(Held::Addresses(sorted(addresses).into())),
        },
    }
}

pub(super) fn sorted(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut all = addresses.to_vec();
    all.sort_unstable();
    all.dedup();
    all
}

/// The TTL of the record of the answer that stays longest: two answers of one cache agree on its end.
fn longest_ttl(answer: &Answer) -> u32 {
    let links = answer.chain.iter().map(|link| link.ttl);
    links.chain(answer.address_ttl).max().unwrap_or(0)
}

/// The TTL of the first record of the answer that the authorities do not have. A negative answer ends by
/// the TTL of its SOA as it is on the wire (RFC 2308, section 5).
fn ttl_of_what_must_change(truth: &[Name], answer: &Answer) -> u32 {
    for (i, link) in answer.chain.iter().enumerate() {
        if truth.get(i) != Some(&link.target) {
            return link.ttl;
        }
    }
    let negative = || answer.soa.as_ref().map(|soa| soa.ttl);
    answer.address_ttl.or_else(negative).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{Ede, Link, RecordType, Soa};

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn record(expect: Expectation) -> Record {
        let rtype = if matches!(expect, Expectation::Alias(_)) { RecordType::Cname } else { RecordType::A };
        Record { name: name("www.example.com"), rtype, expect }
    }

    fn wants(addresses: &[&str]) -> Record {
        let set: BTreeSet<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
        record(Expectation::Addresses(set))
    }

    fn gives(addresses: &[&str], ttl: u32) -> Answer {
        let mut answer = Answer::new(Rcode::NOERROR);
        answer.addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        answer.address_ttl = (!addresses.is_empty()).then_some(ttl);
        answer
    }

    fn via(mut answer: Answer, targets: &[(&str, u32)]) -> Answer {
        let mut owner = name("www.example.com");
        for (target, ttl) in targets {
            answer.chain.push(Link { owner, target: name(target), ttl: *ttl });
            owner = name(target);
        }
        answer
    }

    #[test]
    fn old_beside_new_is_not_new() {
        let record = wants(&["192.0.2.7"]);
        assert_eq!(read_answer(&record, &[], &gives(&["192.0.2.7"], 60)), Reading::Right { ttl: 60 });
        let both = read_answer(&record, &[], &gives(&["192.0.2.9", "192.0.2.7"], 60));
        assert!(matches!(both, Reading::Wrong { held: Held::Addresses(ref a), ttl: 60, .. } if a.len() == 2));
    }

    #[test]
    fn an_empty_answer_is_never_right() {
        let record = wants(&["192.0.2.7"]);
        let mut empty = gives(&[], 0);
        empty.soa =
            Some(Soa { zone: name("example.com"), ttl: 77, serial: 1, refresh: 1, retry: 1, minimum: 300 });
        assert_eq!(
            read_answer(&record, &[], &empty),
            Reading::Wrong { held: Held::NoData, ttl: 77, stale: false }
        );
        empty.rcode = Rcode::NXDOMAIN;
        empty.addresses = vec!["192.0.2.7".parse().unwrap()];
        assert!(matches!(read_answer(&record, &[], &empty), Reading::Wrong { held: Held::NoName, .. }));
    }

    #[test]
    fn the_alias_that_must_change_sets_the_end() {
        let record = wants(&["192.0.2.7"]);
        let old = via(gives(&["192.0.2.9"], 8), &[("old.example.net", 40)]);
        let truth = [name("new.example.net")];
        assert!(matches!(read_answer(&record, &truth, &old), Reading::Wrong { ttl: 40, .. }));
        let same_alias = via(gives(&["192.0.2.9"], 8), &[("new.example.net", 40)]);
        assert!(matches!(read_answer(&record, &truth, &same_alias), Reading::Wrong { ttl: 8, .. }));
        let none_yet = gives(&["192.0.2.9"], 8);
        assert!(matches!(read_answer(&record, &truth, &none_yet), Reading::Wrong { ttl: 8, .. }));
    }

    #[test]
    fn an_alias_must_be_the_one_and_lead_somewhere() {
        let record = record(Expectation::Alias(name("host.example.net")));
        let good = via(gives(&["192.0.2.7"], 60), &[("host.example.net", 90)]);
        assert_eq!(read_answer(&record, &[], &good), Reading::Right { ttl: 90 });
        let nowhere = via(gives(&[], 60), &[("host.example.net", 60)]);
        assert!(matches!(read_answer(&record, &[], &nowhere), Reading::Wrong { held: Held::DeadEnd(_), .. }));
        let other = via(gives(&["192.0.2.7"], 60), &[("x.example.net", 60)]);
        assert!(matches!(read_answer(&record, &[], &other), Reading::Wrong { held: Held::Alias(_), .. }));
        assert!(matches!(
            read_answer(&record, &[], &gives(&["192.0.2.7"], 60)),
            Reading::Wrong { held: Held::Addresses(_), .. }
        ));
    }

    #[test]
    fn failures_are_told_apart() {
        let record = wants(&["192.0.2.7"]);
        let mut servfail = Answer::new(Rcode::SERVFAIL);
        assert_eq!(read_answer(&record, &[], &servfail), Reading::Failing(Rcode::SERVFAIL));
        servfail.unchecked = Some(true);
        assert_eq!(read_answer(&record, &[], &servfail), Reading::Bogus);
        let refused = Answer::new(Rcode::REFUSED);
        assert_eq!(read_answer(&record, &[], &refused), Reading::Refusing(Rcode::REFUSED));
        let mut blocked = gives(&["0.0.0.0"], 60);
        blocked.ede.push(Ede { code: 15, text: String::new() });
        assert_eq!(read_answer(&record, &[], &blocked), Reading::Refusing(Rcode::NOERROR));
    }
}
