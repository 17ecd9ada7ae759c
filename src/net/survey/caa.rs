//! What one reply says about CAA, and where its aliases lead. Pure: nothing here asks.

use std::net::IpAddr;

use super::message::{Message, Record, kind, number};
use crate::model::{Answer, CaaRecord, CaaSaid, Failure, Name, QuestionType};

/// Where the aliases in one reply end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Led {
    /// At this name, of which the reply speaks.
    Here(Name),
    /// At this name, of which others must be asked.
    Onward(Name),
    /// Nowhere: they run in a circle, or are too many.
    Loop,
}

/// The aliases in one reply of a server of `zone`, followed from `name` for as long as they stay in the zone:
/// what a server says about other zones is hearsay. Also their owners, in order.
pub(super) fn follow(message: &Message, name: &Name, zone: &Name, wanted: u16) -> (Vec<Name>, Led) {
    let mut owners: Vec<Name> = Vec::new();
    let mut at = name.clone();
    loop {
        let target = message.answers_of(&at, kind::CNAME).find_map(Record::target);
        let Some(target) = target else { break };
        owners.push(at);
        if owners.contains(&target) || owners.len() > Answer::MAX_CHAIN {
            return (owners, Led::Loop);
        }
        if !target.is_within(zone) {
            return (owners, Led::Onward(target));
        }
        at = target;
    }
    let led = if owners.is_empty() || speaks_of(message, name, &at, zone, wanted) {
        Led::Here(at)
    } else {
        Led::Onward(at)
    };
    (owners, led)
}

/// Whether a reply that leads to `end` by way of aliases also speaks of it for this zone. A server may hold
/// a zone below this one as well, and not every server goes on past an alias.
fn speaks_of(message: &Message, name: &Name, end: &Name, zone: &Name, wanted: u16) -> bool {
    if message.answers_of(end, wanted).next().is_some() {
        let signed = |owner: &Name, covered| {
            let mut signatures = message.answers_of(owner, kind::RRSIG);
            signatures.any(|sig| super::dnssec::signs(&sig.octets, covered, zone))
        };
        return !signed(name, kind::CNAME) || signed(end, wanted);
    }
    let mut soas = message.authorities.iter().filter(|record| record.kind == kind::SOA);
    soas.any(|soa| soa.owner == *zone)
}

/// What a reply says about CAA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// This, about the name where its aliases end; with the longest life of the records, in seconds, where they
    /// stand at the name itself. How long an alias on the way lives is not told.
    Said { said: CaaSaid, owner: Name, ttl: Option<u32> },
    /// Ask about this name instead.
    Onward(Name),
}

/// Whether a reply without AA is believed all the same, as unbound believes it (`iter_resptype.c`): it has an answer,
/// or the SOA of the zone for there being none, and does not come from a resolver.
fn speaks_for(message: &Message, name: &Name, zone: &Name) -> bool {
    let soa = |r: &Record| r.kind == kind::SOA && name.is_within(&r.owner) && r.owner.is_within(zone);
    !message.recursive && (!message.answers.is_empty() || message.authorities.iter().any(soa))
}

/// Reads the reply of a server of `zone` about the CAA records of `name`.
pub(super) fn told(reply: &Result<Message, Failure>, name: &Name, zone: &Name) -> Told {
    let said = |said| Told::Said { said, owner: name.clone(), ttl: None };
    let message = match reply {
        Ok(message) => message,
        Err(failure) => return said(CaaSaid::Failed(failure.clone())),
    };
    if !message.is_answer() || !(message.authoritative || speaks_for(message, name, zone)) {
        return said(CaaSaid::Refused(message.rcode));
    }
    let owner = match follow(message, name, zone, kind::CAA).1 {
        Led::Here(owner) => owner,
        Led::Onward(target) => return Told::Onward(target),
        Led::Loop => return said(CaaSaid::Loop),
    };
    let read: Option<Vec<CaaRecord>> =
        message.answers_of(&owner, kind::CAA).map(|found| record(&found.octets)).collect();
    let said = match read {
        None => CaaSaid::Failed(Failure::Garbage),
        Some(mut records) if !records.is_empty() => {
            records.sort();
            CaaSaid::Records(records)
        }
        Some(_) if message.rcode == crate::model::Rcode::NXDOMAIN => CaaSaid::NoSuchName,
        Some(_) => CaaSaid::Nothing,
    };
    let life = message.answers_of(&owner, kind::CAA).map(|record| record.ttl).max();
    let ttl = life.filter(|_| owner == *name);
    Told::Said { said, owner, ttl }
}

/// The addresses that a reply of a server of `zone` gives for `name`, as far as its aliases stay in the zone.
pub(super) fn addresses(message: &Message, name: &Name, zone: &Name, qtype: QuestionType) -> Vec<IpAddr> {
    let wanted = number(qtype);
    let Led::Here(owner) = follow(message, name, zone, wanted).1 else { return Vec::new() };
    if !message.is_answer() {
        return Vec::new();
    }
    let found = message.answers_of(&owner, wanted).filter_map(|record| match (wanted, &record.octets[..]) {
        (kind::A, octets) => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        (kind::AAAA, octets) => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    });
    found.collect()
}

/// One record (RFC 8659, section 4.1): flags, the tag with its length, and the value to the end. None where
/// the tag does not end before the record does. Nothing else is refused: the CA compares octets.
fn record(octets: &[u8]) -> Option<CaaRecord> {
    let [flags, length, rest @ ..] = octets else { return None };
    let (tag, value) = rest.split_at_checked(usize::from(*length))?;
    Some(CaaRecord { flags: *flags, tag: presented(tag), value: presented(value) })
}

/// Octets in presentation form: `\DDD` for what is not printable ASCII and for the backslash.
fn presented(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        match octet {
            b'\\' | 0..=0x1f | 0x7f.. => text.push_str(&format!("\\{octet:03}")),
            plain => text.push(char::from(plain)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As unbound sorts answers: without AA one is believed that says something, save a resolver's.
    #[test]
    fn without_aa_an_answer_is_one_if_it_says_something() {
        let zone = Name::parse("example.test").unwrap();
        let record =
            |kind, octets: &[u8]| Record { owner: zone.clone(), kind, ttl: 60, octets: octets.to_vec() };
        let message = |recursive, answers, authorities| {
            let rcode = crate::model::Rcode::NOERROR;
            Ok(Message { rcode, authoritative: false, recursive, answers, authorities })
        };
        let said = |reply| match told(&reply, &zone, &zone) {
            Told::Said { said, ttl, .. } => (said, ttl),
            Told::Onward(_) => panic!("nobody else was named"),
        };
        let caa = || record(kind::CAA, b"\0\x05issueca.example");
        let refused = (CaaSaid::Refused(crate::model::Rcode::NOERROR), None);
        assert!(matches!(said(message(false, vec![caa()], vec![])), (CaaSaid::Records(_), Some(60))));
        assert_eq!(said(message(false, vec![], vec![record(kind::SOA, b"")])), (CaaSaid::Nothing, None));
        assert_eq!(said(message(false, vec![], vec![record(kind::NS, b"")])), refused, "a referral");
        assert_eq!(said(message(false, vec![], vec![])), refused);
        assert_eq!(said(message(true, vec![caa()], vec![])), refused, "a resolver's");
    }

    #[test]
    fn octets_stay_what_they_are() {
        let read = |octets: &[u8]| record(octets).map(|r| (r.flags, r.tag, r.value));
        let some = |flags, tag: &str, value: &str| Some((flags, tag.to_owned(), value.to_owned()));
        assert_eq!(read(b"\x80\x05issueLetsEncrypt.org"), some(128, "issue", "LetsEncrypt.org"));
        assert_eq!(read(b"\x01\x05IsSuE; a=b "), some(1, "IsSuE", "; a=b "));
        assert_eq!(read(b"\x00\x05issue\x1b[2J\\\xff\""), some(0, "issue", "\\027[2J\\092\\255\""));
        assert_eq!(read(b"\x00\x07a-b_c.dx"), some(0, "a-b_c.d", "x"), "no tag is too odd");
        assert_eq!(read(b"\x00\x00x"), some(0, "", "x"));
        assert_eq!(read(b"\x00\x01i"), some(0, "i", ""));
        for short in [&b""[..], b"\x00", b"\x00\x05issu"] {
            assert_eq!(read(short), None);
        }
    }
}
