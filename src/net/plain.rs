//! The commonest answer, read without decoding the whole message: addresses at the very name that was asked.
//!
//! Everything else (an alias, a denial, an error, an option, a record that is wanted and cannot be read) is
//! left to the codec. Records beside the answer are only stepped over: nobody asked for them, and so what is
//! wrong with one cannot take the answer away.

use std::net::IpAddr;

use super::answer::seconds;
use crate::model::{Answer, QuestionType, Rcode};

const HEADER: usize = 12;
/// Points at the question's name (RFC 1035, section 4.1.4).
const QNAME: [u8; 2] = [0xc0, 0x0c];
const IN: u16 = 1;

/// What is allowed to stand beside the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Authority,
    Additional,
}

/// Reads a reply whose header and question were compared with what was asked. `None` unless it is a plain
/// answer to a question for addresses.
pub(super) fn read(reply: &[u8], qtype: QuestionType) -> Option<Box<Answer>> {
    let (rtype, length) = match qtype {
        QuestionType::A => (1, 4),
        QuestionType::Aaaa => (28, 16),
        _ => return None,
    };
    let [_, _, flags, code, 0, 1, counts @ ..] = reply.first_chunk::<HEADER>()? else { return None };
    let count = |at: usize| u16::from_be_bytes([counts[at], counts[at + 1]]);
    if count(0) == 0 || code & 0x0f != 0 {
        return None;
    }
    let mut answer = Box::new(Answer::new(Rcode::NOERROR));
    answer.authoritative = flags & 0x04 != 0;
    answer.addresses.reserve_exact(usize::from(count(0)).min(Answer::MAX_ADDRESSES));
    let mut at = after_name(reply, HEADER)? + 4;
    for _ in 0..count(0) {
        if reply.get(at..at + 2)? != QNAME {
            return None;
        }
        let record = Fixed::at(reply, at + 2)?;
        if (record.rtype, record.class, record.data.len()) != (rtype, IN, length) {
            return None;
        }
        take(&mut answer, address(record.data)?, seconds(record.ttl));
        at = record.end;
    }
    for (section, many) in [(Section::Authority, count(2)), (Section::Additional, count(4))] {
        let mut options = 0;
        for _ in 0..many {
            let owner = at;
            let record = Fixed::at(reply, after_name(reply, at)?)?;
            match (section, record.rtype) {
                // NS beside an answer, and where those servers are.
                (Section::Authority, 2) | (Section::Additional, 1 | 28) => {}
                // OPT without options, and without the higher bits of a response code (RFC 6891, section 6.1).
                (Section::Additional, 41)
                    if options == 0
                        && reply[owner] == 0
                        && record.data.is_empty()
                        && record.ttl >> 16 == 0 =>
                {
                    options += 1;
                }
                _ => return None,
            }
            at = record.end;
        }
    }
    Some(answer)
}

fn take(answer: &mut Answer, address: IpAddr, ttl: u32) {
    answer.address_ttl = Some(answer.address_ttl.map_or(ttl, |least| least.min(ttl)));
    if answer.addresses.len() < Answer::MAX_ADDRESSES && !answer.addresses.contains(&address) {
        answer.addresses.push(address);
    }
}

fn address(data: &[u8]) -> Option<IpAddr> {
    match data.len() {
        4 => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
    }
}

/// What follows the owner's name in a record.
struct Fixed<'r> {
    rtype: u16,
    class: u16,
    ttl: u32,
    data: &'r [u8],
    end: usize,
}

impl<'r> Fixed<'r> {
    fn at(reply: &'r [u8], at: usize) -> Option<Self> {
        let fixed = reply.get(at..)?.first_chunk::<10>()?;
        let [t1, t2, c1, c2, l1, l2, l3, l4, d1, d2] = *fixed;
        let begin = at + 10;
        let end = begin + usize::from(u16::from_be_bytes([d1, d2]));
        Some(Fixed {
            rtype: u16::from_be_bytes([t1, t2]),
            class: u16::from_be_bytes([c1, c2]),
            ttl: u32::from_be_bytes([l1, l2, l3, l4]),
            data: reply.get(begin..end)?,
            end,
        })
    }
}

/// Where a name ends in the message: at its root label, or after the pointer that it ends with.
fn after_name(reply: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *reply.get(at)? {
            0 => return Some(at + 1),
            label @ 1..64 => at += 1 + usize::from(label),
            0xc0.. => return Some(at + 2),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
    use hickory_proto::rr::{Name as WireName, RData, Record, rdata};
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Name, Question};
    use crate::net::{answer, wire};

    fn name(text: &str) -> WireName {
        WireName::from_ascii(text).unwrap()
    }

    fn question(qtype: QuestionType) -> Question {
        Question { name: Name::parse("www.example.com").unwrap(), qtype }
    }

    /// One of the things that servers say, drawn by a number.
    fn record(kind: u8, ttl: u32) -> Record {
        let (www, other) = (name("www.example.com."), name("other.example.com."));
        let a = |last| RData::A(rdata::A::new(192, 0, 2, last));
        match kind % 8 {
            0..=2 => Record::from_rdata(www, ttl, a(kind)),
            3 => Record::from_rdata(www, ttl, RData::AAAA(rdata::AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7))),
            4 => Record::from_rdata(www, ttl, RData::CNAME(rdata::CNAME(other))),
            5 => Record::from_rdata(other, ttl, a(kind)),
            6 => {
                Record::from_rdata(name("example.com."), ttl, RData::NS(rdata::NS(name("ns1.example.com."))))
            }
            _ => {
                let soa =
                    rdata::SOA::new(name("ns1.example.com."), name("h.example.com."), 7, 60, 60, 600, 60);
                Record::from_rdata(name("example.com."), ttl, RData::SOA(soa))
            }
        }
    }

    fn reply(sections: [&[(u8, u32)]; 3], rcode: u8, edns: bool) -> Vec<u8> {
        let asked = wire::Query::new(&question(QuestionType::A), crate::model::Manner::Recursive);
        let mut message = Message::new(9, MessageType::Response, OpCode::Query);
        message.queries = asked.to_message().unwrap().queries;
        message.metadata.authoritative = rcode & 1 == 0;
        message.metadata.response_code = ResponseCode::from(0, rcode % 4);
        let records = |kinds: &[(u8, u32)]| kinds.iter().map(|(kind, ttl)| record(*kind, *ttl)).collect();
        message.answers = records(sections[0]);
        message.authorities = records(sections[1]);
        message.additionals = records(sections[2]);
        message.edns = edns.then(Edns::new);
        message.to_vec().unwrap()
    }

    fn whole(bytes: &[u8]) -> Option<Answer> {
        let message = wire::decode(bytes).ok()?;
        Some(answer::read(&message, &question(QuestionType::A), Duration::ZERO))
    }

    #[test]
    fn a_plain_answer_needs_no_codec() {
        for bytes in [
            reply([&[(0, 300)], &[], &[]], 0, false),
            reply([&[(0, 300), (1, 20), (0, 5)], &[(6, 60)], &[(5, 60)]], 0, true),
            reply([&[(0, u32::MAX)], &[(6, 60), (6, 60)], &[]], 0, true),
        ] {
            let plain = read(&bytes, QuestionType::A).unwrap();
            assert_eq!(Some(*plain), whole(&bytes));
        }
    }

    #[test]
    fn everything_else_is_left_to_the_codec() {
        for (bytes, what) in [
            (reply([&[], &[(7, 60)], &[]], 3, true), "a denial"),
            (reply([&[(4, 60), (5, 60)], &[], &[]], 0, true), "an alias"),
            (reply([&[(0, 60), (5, 60)], &[], &[]], 0, true), "another name's address"),
            (reply([&[(0, 60)], &[], &[]], 2, true), "a failure"),
            (reply([&[(0, 60)], &[(7, 60)], &[]], 0, true), "an answer with a SOA"),
        ] {
            assert!(read(&bytes, QuestionType::A).is_none(), "{what}");
        }
        let good = reply([&[(0, 60)], &[], &[]], 0, true);
        assert!(read(&good, QuestionType::Aaaa).is_none() && read(&good, QuestionType::Ns).is_none());
        let mut extended = good.clone();
        let ttl_of_opt = extended.len() - 6;
        extended[ttl_of_opt] = 1;
        assert!(read(&extended, QuestionType::A).is_none(), "BADVERS is no NOERROR");
    }

    proptest! {
        #[test]
        fn it_reads_what_the_codec_reads(
            answers in proptest::collection::vec((any::<u8>(), any::<u32>()), 0..4),
            authorities in proptest::collection::vec((any::<u8>(), 0u32..600), 0..3),
            additionals in proptest::collection::vec((any::<u8>(), 0u32..600), 0..3),
            rcode in 0u8..4,
            edns in any::<bool>(),
        ) {
            let bytes = reply([&answers, &authorities, &additionals], rcode, edns);
            if let Some(plain) = read(&bytes, QuestionType::A) {
                prop_assert_eq!(Some(*plain), whole(&bytes));
            }
        }

        #[test]
        fn broken_bytes_read_alike_or_not_at_all(
            flips in proptest::collection::vec((0usize..120, any::<u8>()), 0..5),
            length in 0usize..120,
        ) {
            let mut bytes = reply([&[(0, 300), (1, 20)], &[(6, 60)], &[(5, 60)]], 0, true);
            for (at, with) in flips {
                // The header's ID, flags and question are compared before anybody reads.
                if let Some(octet) = bytes.get_mut(at).filter(|_| at >= 33) {
                    *octet = with;
                }
            }
            bytes.truncate(length.max(60));
            if let (Some(plain), Some(whole)) = (read(&bytes, QuestionType::A), whole(&bytes)) {
                prop_assert_eq!(*plain, whole);
            }
        }
    }
}
