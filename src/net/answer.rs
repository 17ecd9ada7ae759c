//! What a message says, as the facts that the engine knows.

use std::net::IpAddr;
use std::time::Duration;

use hickory_proto::op::{Edns, Message};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::rr::{DNSClass, Name as WireName, RData, Record};

use crate::model::{Answer, Ede, Link, Name, Question, QuestionType, Rcode, Soa};

/// More extended errors than any server sends.
const MAX_EDE: usize = 8;
/// Characters of a server's own words that are kept.
const MAX_TEXT: usize = 200;

/// Reads what `message` says about `question`. Records that nobody asked for are passed over.
pub(crate) fn read(message: &Message, question: &Question, rtt: Duration) -> Answer {
    let mut answer = Answer::new(Rcode(u16::from(message.metadata.response_code)));
    answer.authoritative = message.metadata.authoritative;
    answer.rtt_micros = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX);
    // The exchange has compared the message's question with ours; its name is ready for comparing.
    let name = message.queries.first().map_or_else(|| question.name.to_wire(), |asked| asked.name().clone());
    let end = follow(&message.answers, name, &mut answer);
    gather(&message.answers, &end, question.qtype, &mut answer);
    let soas = message.answers.iter().chain(&message.authorities);
    answer.soa = soas.filter(|r| is_in(r) && r.name.zone_of(&end)).find_map(soa);
    answer.referral = referral(message, &end, &answer);
    answer.ede = message.edns.as_ref().map(extended_errors).unwrap_or_default();
    answer
}

/// Follows the aliases from `name` onwards, and returns the name at the chain's end.
fn follow(records: &[Record], name: WireName, answer: &mut Answer) -> WireName {
    let mut seen = vec![name];
    loop {
        let at = &seen[seen.len() - 1];
        let alias = records.iter().filter(|r| is_in(r) && r.name == *at).find_map(|r| match &r.data {
            RData::CNAME(target) => Some((r, &target.0)),
            _ => None,
        });
        let Some((record, target)) = alias else { break };
        if answer.chain.len() == Answer::MAX_CHAIN {
            answer.looped = true;
            break;
        }
        let (owner, ttl) = (Name::from_wire(at), seconds(record.ttl));
        answer.chain.push(Link { owner, target: Name::from_wire(target), ttl });
        if seen.contains(target) {
            answer.looped = true;
            break;
        }
        seen.push(target.clone());
    }
    seen.pop().unwrap_or_else(WireName::root)
}

fn gather(records: &[Record], end: &WireName, qtype: QuestionType, answer: &mut Answer) {
    for record in records.iter().filter(|r| is_in(r) && r.name == *end) {
        let addr = match (&record.data, qtype) {
            (RData::A(a), QuestionType::A) => IpAddr::V4(a.0),
            (RData::AAAA(a), QuestionType::Aaaa) => IpAddr::V6(a.0),
            _ => continue,
        };
        let ttl = seconds(record.ttl);
        answer.address_ttl = Some(answer.address_ttl.map_or(ttl, |least| least.min(ttl)));
        if answer.addresses.len() < Answer::MAX_ADDRESSES && !answer.addresses.contains(&addr) {
            answer.addresses.push(addr);
        }
    }
}

fn soa(record: &Record) -> Option<Soa> {
    let RData::SOA(soa) = &record.data else { return None };
    Some(Soa {
        zone: Name::from_wire(&record.name),
        ttl: seconds(record.ttl),
        serial: soa.serial,
        refresh: u32::try_from(soa.refresh).unwrap_or_default(),
        retry: u32::try_from(soa.retry).unwrap_or_default(),
        minimum: soa.minimum,
    })
}

/// A resolver may add the zone's servers to its answer; only instead of one are they a referral.
fn referral(message: &Message, end: &WireName, answer: &Answer) -> Option<Name> {
    let is_answer = answer.authoritative
        || answer.rcode != Rcode::NOERROR
        || answer.soa.is_some()
        || message.answers.iter().any(|r| is_in(r) && r.name == *end);
    if is_answer {
        return None;
    }
    let cut = |r: &&Record| is_in(r) && matches!(r.data, RData::NS(_)) && r.name.zone_of(end);
    message.authorities.iter().find(cut).map(|r| Name::from_wire(&r.name))
}

/// The only place that knows how the codec hands over extended errors (RFC 8914, option code 15).
fn extended_errors(edns: &Edns) -> Vec<Ede> {
    let options = edns.options().get_all(EdnsCode::Unknown(15));
    let errors = options.into_iter().filter_map(|option| match option {
        EdnsOption::Unknown(_, bytes) => {
            let (code, text) = bytes.split_first_chunk::<2>()?;
            Some(Ede { code: u16::from_be_bytes(*code), text: shown(&String::from_utf8_lossy(text)) })
        }
        _ => None,
    });
    errors.take(MAX_EDE).collect()
}

/// A stranger's text as it may stand on a terminal: nothing in it moves a cursor or turns the direction
/// of writing, and it is short.
pub(crate) fn shown(text: &str) -> String {
    shown_within(text.trim_matches(['\0', ' ', '\n']), MAX_TEXT)
}

/// The same with another bound in characters, and with the blanks at its ends.
pub(crate) fn shown_within(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut room = most;
    for c in text.chars() {
        let piece = match c {
            '\'' | '"' => c.to_string(),
            _ => c.escape_debug().to_string(),
        };
        match room.checked_sub(piece.chars().count()) {
            Some(rest) => room = rest,
            None => break,
        }
        out.push_str(&piece);
    }
    out
}

fn is_in(record: &Record) -> bool {
    record.dns_class == DNSClass::IN
}

/// RFC 2181, section 8: a TTL with its highest bit set is a TTL of zero.
pub(super) fn seconds(ttl: u32) -> u32 {
    if ttl > i32::MAX.unsigned_abs() { 0 } else { ttl }
}

#[cfg(test)]
mod tests;
