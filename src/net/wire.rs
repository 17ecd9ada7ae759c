//! The bytes of one question, and the first look at what comes back.
//!
//! The look comes before any decoding: most of what does not belong to us is known by its first bytes.

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};

use crate::model::{Manner, Question, QuestionType};

const HEADER: usize = 12;
/// An OPT record without options (RFC 6891): root name, type 41, UDP size 1232, nothing else set.
const OPT: [u8; 11] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];

const QR: u8 = 0x80;
const OPCODE: u8 = 0x78;
const AA: u8 = 0x04;
const TC: u8 = 0x02;
const RD: u8 = 0x01;
const CD: u8 = 0x10;
const AD: u8 = 0x20;
/// In the flags of an OPT record.
const DO: u8 = 0x80;
const RCODE: u8 = 0x0f;

/// A question as bytes, in lower case and with ID 0: what every try is made from.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    bytes: Vec<u8>,
    /// Whether the letters of a try over UDP have random case.
    mixed: bool,
}

impl Query {
    /// The plainest question: EDNS with a UDP size of 1232 and no options, DO, AD and CD clear. Caches
    /// that are keyed by the question's bytes then give what visitors get.
    pub(crate) fn new(question: &Question, manner: Manner) -> Self {
        Query::written_to(Vec::new(), question, manner)
    }

    /// The same, in a buffer that has served for another.
    pub(crate) fn written_to(mut bytes: Vec<u8>, question: &Question, manner: Manner) -> Self {
        let rd = match manner {
            Manner::Authoritative => 0,
            Manner::Recursive => RD,
        };
        bytes.clear();
        bytes.reserve(HEADER + question.name.as_str().len() + 2 + 4 + OPT.len());
        bytes.extend_from_slice(&[0, 0, rd, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
        if question.name.is_root() || question.name.as_str().contains('\\') {
            question.name.to_wire().iter().for_each(|label| push_label(&mut bytes, label));
        } else {
            push_text(&mut bytes, question.name.as_str());
        }
        let qtype: u16 = match question.qtype {
            QuestionType::A => 1,
            QuestionType::Ns => 2,
            QuestionType::Soa => 6,
            QuestionType::Ptr => 12,
            QuestionType::Txt => 16,
            QuestionType::Aaaa => 28,
            QuestionType::Ds => 43,
            QuestionType::Dnskey => 48,
            QuestionType::Caa => 257,
        };
        bytes.push(0);
        bytes.extend_from_slice(&u16::to_be_bytes(qtype));
        bytes.extend_from_slice(&[0, 1]);
        bytes.extend_from_slice(&OPT);
        Query { bytes, mixed: true }
    }

    /// The same question with CD=1: answer although validation fails (RFC 4035, section 3.2.2).
    pub(crate) fn unchecked(&self) -> Self {
        let mut query = self.clone();
        query.bytes[3] |= CD;
        query
    }

    /// A question to an authoritative server, in one of the ways in which a CA's resolver asks: with
    /// letters in mixed case or without, with EDNS and DO (RFC 3225) or without either.
    pub(crate) fn surveying(question: &Question, mixed: bool, edns: bool) -> Self {
        let mut query = Query::new(question, Manner::Authoritative);
        query.mixed = mixed;
        if !edns {
            return query.without_edns().unwrap_or(query);
        }
        let opt = query.bytes.len() - OPT.len();
        query.bytes[opt + 7] |= DO;
        query
    }

    /// The same question for servers that cannot read EDNS; none where it has none.
    pub(crate) fn without_edns(&self) -> Option<Self> {
        let mut query = self.clone();
        query.bytes.truncate(question_end(&query.bytes));
        query.bytes[11] = 0;
        (query.bytes.len() < self.bytes.len()).then_some(query)
    }

    /// A question about the server itself: AD asks whether it validates (RFC 6840, section 5.7), NSID
    /// which of its sites answers (RFC 5001). Never for a watched name: caches may be keyed by options.
    pub(crate) fn inspecting(question: &Question) -> Self {
        let mut query = Query::new(question, Manner::Recursive);
        query.bytes[3] |= AD;
        let len = query.bytes.len();
        query.bytes[len - 2..].copy_from_slice(&[0, 4]);
        query.bytes.extend_from_slice(&[0, 3, 0, 0]);
        query
    }

    /// One try, as it is: for streams, which nobody off the path can write into.
    pub(crate) fn plain(&self, id: u16) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[..2].copy_from_slice(&id.to_be_bytes());
        bytes
    }

    /// One try over UDP. The letters of its name have random case (draft-vixie-dnsext-dns0x20), unless they may not:
    /// another bit a letter for a forger to guess.
    pub(crate) fn into_datagram(self, id: u16) -> Vec<u8> {
        let mut bytes = self.bytes;
        bytes[..2].copy_from_slice(&id.to_be_bytes());
        if !self.mixed {
            return bytes;
        }
        let end = question_end(&bytes) - 4;
        let (mut bits, mut left) = (0u64, 0);
        // The length octets are below 64, so only letters are letters here.
        for octet in bytes[HEADER..end].iter_mut().filter(|octet| octet.is_ascii_lowercase()) {
            if left == 0 {
                (bits, left) = (rand::random(), 64);
            }
            *octet ^= ((bits & 1) as u8) << 5;
            bits >>= 1;
            left -= 1;
        }
        bytes
    }

    /// The question for a library that does its own encoding.
    pub(crate) fn to_message(&self) -> Option<Message> {
        Message::from_vec(&self.bytes).ok()
    }
}

/// Where the question of a message of our own ends.
fn question_end(ours: &[u8]) -> usize {
    let mut at = HEADER;
    while ours[at] != 0 {
        at += 1 + usize::from(ours[at]);
    }
    at + 5
}

fn push_label(bytes: &mut Vec<u8>, label: &[u8]) {
    // No label is longer than 63 octets, so nothing is lost here.
    bytes.push(label.len() as u8);
    bytes.extend_from_slice(label);
}

/// Appends a name without escapes as its labels: each dot, and one before the first label, becomes a length.
fn push_text(bytes: &mut Vec<u8>, name: &str) {
    let mut length = bytes.len();
    bytes.push(0);
    bytes.extend_from_slice(name.as_bytes());
    // No label is longer than 63 octets, so nothing is lost here.
    for at in length + 1..bytes.len() {
        if bytes[at] == b'.' {
            bytes[length] = (at - length - 1) as u8;
            length = at;
        }
    }
    bytes[length] = (bytes.len() - length - 1) as u8;
}

/// The ID of a message, if it is long enough to be one.
pub(crate) fn id(bytes: &[u8]) -> Option<u16> {
    (bytes.len() >= HEADER).then(|| u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// Whether the sender cut its answer short.
pub(crate) fn is_truncated(reply: &[u8]) -> bool {
    reply.get(2).is_some_and(|flags| flags & TC != 0)
}

/// How a reply fits the question that was sent under its ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It repeats the question octet for octet.
    Exact,
    /// It repeats the question with other letters' case: a careless server, or a forger who guessed.
    OtherCase,
    /// It is an error that repeats no question at all.
    NoQuestion,
    /// It is no answer to this.
    Not,
}

/// Compares a reply with what was sent; the ID is part of it.
pub(crate) fn fit(reply: &[u8], sent: &[u8]) -> Fit {
    if reply.len() < HEADER || reply[..2] != sent[..2] || reply[2] & (QR | OPCODE) != QR {
        return Fit::Not;
    }
    let asked = &sent[HEADER..question_end(sent)];
    let questions = u16::from_be_bytes([reply[4], reply[5]]);
    match (questions, reply.get(HEADER..HEADER + asked.len())) {
        (0, _) if reply[3] & RCODE != 0 => Fit::NoQuestion,
        (1, Some(echo)) if echo == asked => Fit::Exact,
        (1, Some(echo)) if echo.eq_ignore_ascii_case(asked) => Fit::OtherCase,
        _ => Fit::Not,
    }
}

/// Decodes a reply.
///
/// # Errors
/// A message that has nothing but its header, when anything after the header cannot be read: one bad
/// record hides all others, but not the response code.
pub(crate) fn decode(reply: &[u8]) -> Result<Message, Box<Message>> {
    Message::from_vec(reply).map_err(|_| Box::new(header_only(reply)))
}

fn header_only(reply: &[u8]) -> Message {
    let mut message = Message::new(id(reply).unwrap_or_default(), MessageType::Response, OpCode::Query);
    let [flags, code] = reply.get(2..4).map_or([0, 0], |two| [two[0], two[1]]);
    message.metadata.authoritative = flags & AA != 0;
    message.metadata.truncation = flags & TC != 0;
    message.metadata.response_code = ResponseCode::from(0, code & RCODE);
    message
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Name;

    fn question(name: &str) -> Question {
        Question { name: Name::parse(name).unwrap(), qtype: QuestionType::Aaaa }
    }

    #[test]
    fn the_question_is_the_plainest_one() {
        let query = Query::new(&question("www.example.com"), Manner::Recursive);
        let message = query.to_message().unwrap();
        assert!(message.metadata.recursion_desired);
        assert!(!message.metadata.checking_disabled && !message.metadata.authentic_data);
        assert_eq!(message.queries[0].to_string(), "www.example.com. IN AAAA");
        let edns = message.edns.unwrap();
        assert_eq!(
            (edns.max_payload(), edns.options().options.is_empty(), edns.flags().dnssec_ok),
            (1232, true, false)
        );
        let checked = query.unchecked().to_message().unwrap();
        assert!(checked.metadata.checking_disabled);
        let plain = Query::new(&question("."), Manner::Authoritative).to_message().unwrap();
        assert!(!plain.metadata.recursion_desired);
        assert!(plain.queries[0].name().is_root());
        let odd = hickory_proto::rr::Name::from_labels([&b"a.\x00\\b"[..], b"example"]).unwrap();
        let odd = Question { name: Name::from_wire(&odd), qtype: QuestionType::A };
        let sent = Query::new(&odd, Manner::Recursive).to_message().unwrap();
        assert_eq!(Name::from_wire(sent.queries[0].name()), odd.name);
    }

    #[test]
    fn every_try_has_letters_of_its_own() {
        let query = Query::new(&question(&format!("{}.example", "abcdefghij".repeat(6))), Manner::Recursive);
        let (one, two) = (query.clone().into_datagram(7), query.clone().into_datagram(7));
        assert_ne!(one, two);
        assert!(one.eq_ignore_ascii_case(&two));
        assert_eq!(Message::from_vec(&one).unwrap().queries, query.to_message().unwrap().queries);
    }

    #[test]
    fn a_reply_must_repeat_the_question() {
        let sent = Query::new(&question("www.example.com"), Manner::Recursive).into_datagram(0x1234);
        let mut reply = sent.clone();
        assert_eq!(fit(&reply, &sent), Fit::Not, "a question is no answer");
        reply[2] |= QR;
        assert_eq!(fit(&reply, &sent), Fit::Exact);
        let lower = reply.to_ascii_lowercase();
        assert_eq!(fit(&lower, &reply.to_ascii_uppercase()), Fit::OtherCase);
        let mut other = reply.clone();
        other[13] = b'v';
        assert_eq!(fit(&other, &sent), Fit::Not, "another name");
        let mut other = reply.clone();
        other[0] ^= 1;
        assert_eq!(fit(&other, &sent), Fit::Not, "another ID");
        let mut bare = reply[..HEADER].to_vec();
        bare[5] = 0;
        assert_eq!(fit(&bare, &sent), Fit::Not, "no question and no error");
        bare[3] = 5;
        assert_eq!(fit(&bare, &sent), Fit::NoQuestion);
    }

    #[test]
    fn a_bad_record_does_not_hide_the_response_code() {
        let mut reply = Query::new(&question("example.com"), Manner::Recursive).plain(9);
        reply[2] |= QR | AA;
        reply[3] |= 5;
        reply[7] = 1; // announces an answer; what follows is none
        let header = decode(&reply).unwrap_err();
        assert_eq!(u16::from(header.metadata.response_code), 5);
        assert!(header.metadata.authoritative && header.answers.is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_can_harm(reply in proptest::collection::vec(any::<u8>(), 0..600)) {
            let sent = Query::new(&question("a.example"), Manner::Recursive).into_datagram(1);
            let _ = (fit(&reply, &sent), id(&reply), is_truncated(&reply));
            let _ = decode(&reply);
        }
    }
}
