use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use proptest::prelude::*;

use super::*;
use crate::net::wire;

fn wire_name(text: &str) -> WireName {
    Name::parse(text).unwrap().to_wire()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn record(owner: &str, ttl: u32, data: RData) -> Record {
    Record::from_rdata(wire_name(owner), ttl, data)
}

fn alias(owner: &str, target: &str) -> Record {
    record(owner, 300, RData::CNAME(CNAME(wire_name(target))))
}

fn addr(owner: &str, last: u8) -> Record {
    record(owner, 60, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
}

fn soa_of(zone: &str, ttl: u32) -> Record {
    let soa = SOA::new(wire_name("ns.example"), wire_name("admin.example"), 7, 100, 50, 1000, 30);
    record(zone, ttl, RData::SOA(soa))
}

fn message(answers: Vec<Record>, authorities: Vec<Record>) -> Message {
    let mut message = Message::new(1, MessageType::Response, OpCode::Query);
    message.add_answers(answers);
    message.add_authorities(authorities);
    message
}

fn read_a(message: &Message, owner: &str) -> Answer {
    let question = Question { name: name(owner), qtype: QuestionType::A };
    read(message, &question, Duration::from_millis(3))
}

#[test]
fn addresses_stand_at_the_end_of_the_chain() {
    let answers = vec![
        addr("stranger.example", 9),
        addr("end.example", 2),
        alias("mid.example", "end.example"),
        addr("end.example", 1),
        record("end.example", 5, RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))),
        alias("WWW.example", "Mid.Example"),
        addr("end.example", 1),
    ];
    let answer = read_a(&message(answers, vec![]), "www.example");
    let chain: Vec<_> = answer.chain.iter().map(|l| (l.owner.as_str(), l.target.as_str(), l.ttl)).collect();
    assert_eq!(chain, [("www.example", "mid.example", 300), ("mid.example", "end.example", 300)]);
    assert_eq!(answer.addresses, [IpAddr::from([192, 0, 2, 2]), IpAddr::from([192, 0, 2, 1])]);
    assert_eq!((answer.address_ttl, answer.looped, answer.rtt_micros), (Some(60), false, 3000));
}

#[test]
fn what_does_not_belong_to_the_chain_is_passed_over() {
    let mut chaos = addr("www.example", 1);
    chaos.dns_class = DNSClass::CH;
    let answers = vec![chaos, addr("other.example", 2), alias("else.example", "www.example")];
    let answer = read_a(&message(answers, vec![soa_of("elsewhere.test", 5)]), "www.example");
    assert_eq!((answer.addresses.len(), answer.chain.len(), answer.soa), (0, 0, None));
}

#[test]
fn circles_end() {
    let circle = vec![alias("a.example", "b.example"), alias("b.example", "a.example")];
    let answer = read_a(&message(circle, vec![]), "a.example");
    assert_eq!((answer.looped, answer.chain.len()), (true, 2));
    let answer = read_a(&message(vec![alias("a.example", "a.example")], vec![]), "a.example");
    assert_eq!((answer.looped, answer.chain.len()), (true, 1));
}

#[test]
fn a_chain_has_a_limit() {
    let long =
        |links: usize| (0..links).map(|i| alias(&format!("{i}.example"), &format!("{}.example", i + 1)));
    let answer = read_a(&message(long(Answer::MAX_CHAIN).collect(), vec![]), "0.example");
    assert_eq!((answer.looped, answer.chain.len()), (false, Answer::MAX_CHAIN));
    let answer = read_a(&message(long(Answer::MAX_CHAIN + 1).collect(), vec![]), "0.example");
    assert_eq!((answer.looped, answer.chain.len()), (true, Answer::MAX_CHAIN));
}

#[test]
fn thousands_of_addresses_are_bounded() {
    let many = (0..4000u32).map(|i| record("a.example", i, RData::A(A(Ipv4Addr::from(i)))));
    let answer = read_a(&message(many.rev().collect(), vec![]), "a.example");
    assert_eq!((answer.addresses.len(), answer.address_ttl), (Answer::MAX_ADDRESSES, Some(0)));
}

#[test]
fn a_ttl_with_its_highest_bit_set_is_zero() {
    let at = |ttl| {
        let a = record("a.example", ttl, RData::A(A(Ipv4Addr::LOCALHOST)));
        read_a(&message(vec![a], vec![]), "a.example").address_ttl
    };
    assert_eq!(at(0), Some(0));
    assert_eq!(at((1 << 31) - 1), Some((1 << 31) - 1));
    assert_eq!(at(1 << 31), Some(0));
    assert_eq!(at(u32::MAX), Some(0));
}

#[test]
fn a_negative_answer_carries_its_soa() {
    let mut gone = message(vec![], vec![soa_of("example", 17)]);
    gone.metadata.response_code = ResponseCode::NXDomain;
    let answer = read_a(&gone, "www.example");
    let soa = answer.soa.unwrap();
    assert_eq!(
        (answer.rcode, soa.zone, soa.ttl, soa.serial, soa.minimum),
        (Rcode::NXDOMAIN, name("example"), 17, 7, 30)
    );
    assert_eq!(answer.referral, None);
}

#[test]
fn a_referral_is_no_answer() {
    let ns = || record("sub.example", 9, RData::NS(NS(wire_name("ns.sub.example"))));
    let cut = Some(name("sub.example"));
    assert_eq!(read_a(&message(vec![], vec![ns()]), "www.sub.example").referral, cut);
    assert_eq!(read_a(&message(vec![], vec![ns()]), "www.example").referral, None, "elsewhere");
    let full = message(vec![addr("www.sub.example", 1)], vec![ns()]);
    assert_eq!(read_a(&full, "www.sub.example").referral, None, "with an answer");
    let mut own = message(vec![], vec![ns()]);
    own.metadata.authoritative = true;
    assert_eq!(read_a(&own, "www.sub.example").referral, None, "with authority");
}

#[test]
fn extended_errors_are_few_short_and_harmless() {
    let mut edns = Edns::new();
    for code in 0..20u8 {
        let mut bytes = vec![0, code];
        bytes.extend("\x1b[2J\u{202e}no \"key\"\0".bytes());
        bytes.extend(std::iter::repeat_n(b'x', 500));
        edns.options_mut().insert(EdnsOption::Unknown(15, bytes));
    }
    edns.options_mut().insert(EdnsOption::Unknown(15, vec![1]));
    let mut silent = message(vec![], vec![]);
    silent.set_edns(edns);
    let answer = read_a(&silent, "a.example");
    assert_eq!(answer.ede.len(), MAX_EDE);
    assert_eq!(answer.ede[3].code, 3);
    assert!(answer.is_served_stale());
    let text = &answer.ede[0].text;
    assert!(text.starts_with("\\u{1b}[2J\\u{202e}no \"key\"\\0xxx"), "{text}");
    assert!(text.chars().count() <= MAX_TEXT);
}

#[test]
fn the_codec_still_hands_extended_errors_over_as_unknown() {
    let mut sent = message(vec![], vec![]);
    let mut edns = Edns::new();
    edns.options_mut().insert(EdnsOption::Unknown(15, vec![0, 9, b'h', b'i']));
    sent.set_edns(edns);
    let back = wire::decode(&sent.to_vec().unwrap()).unwrap();
    assert_eq!(read_a(&back, "a.example").ede, [Ede { code: 9, text: "hi".into() }]);
}

proptest! {
    #[test]
    fn reading_never_fails(bytes in proptest::collection::vec(any::<u8>(), 12..400)) {
        if let Ok(message) = wire::decode(&bytes) {
            let answer = read_a(&message, "a.example");
            prop_assert!(answer.addresses.len() <= Answer::MAX_ADDRESSES);
            prop_assert!(answer.chain.len() <= Answer::MAX_CHAIN);
        }
    }

    /// Random octets seldom make a message; octets changed in a real one often do.
    #[test]
    fn a_damaged_message_is_read_or_refused(at in 2usize..150, octet in any::<u8>()) {
        let whole = message(
            vec![alias("a.example", "b.example"), addr("b.example", 1)],
            vec![soa_of("example", 4)],
        );
        let mut bytes = whole.to_vec().unwrap();
        let at = at % bytes.len();
        bytes[at] = octet;
        if let Ok(message) = wire::decode(&bytes) {
            let _ = read_a(&message, "a.example");
        }
    }
}
