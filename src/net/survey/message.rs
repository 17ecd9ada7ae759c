//! A message, record by record in octets.
//!
//! The codec that serves elsewhere takes a message whole or not at all, and would hide all CAA records
//! behind one with an odd tag. What the CA compares and what is signed are octets.

use hickory_proto::rr::Name as WireName;
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder};

use crate::model::{Failure, Name, QuestionType, Rcode};

/// Numbers of record types (RFC 1035, 3596, 4034, 5155, 6672, 8659).
pub(super) mod kind {
    pub(crate) const A: u16 = 1;
    pub(crate) const NS: u16 = 2;
    pub(crate) const CNAME: u16 = 5;
    pub(crate) const SOA: u16 = 6;
    pub(crate) const AAAA: u16 = 28;
    pub(crate) const DNAME: u16 = 39;
    pub(crate) const OPT: u16 = 41;
    pub(crate) const DS: u16 = 43;
    pub(crate) const RRSIG: u16 = 46;
    pub(crate) const NSEC: u16 = 47;
    pub(crate) const DNSKEY: u16 = 48;
    pub(crate) const NSEC3: u16 = 50;
    pub(crate) const CAA: u16 = 257;
}

/// The number of a type that is asked for.
pub(super) fn number(qtype: QuestionType) -> u16 {
    match qtype {
        QuestionType::A => kind::A,
        QuestionType::Ns => kind::NS,
        QuestionType::Soa => kind::SOA,
        QuestionType::Ptr => 12,
        QuestionType::Txt => 16,
        QuestionType::Aaaa => kind::AAAA,
        QuestionType::Ds => kind::DS,
        QuestionType::Dnskey => kind::DNSKEY,
        QuestionType::Caa => kind::CAA,
    }
}

/// A record of class IN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) owner: Name,
    pub(super) kind: u16,
    /// In seconds.
    pub(super) ttl: u32,
    /// RDATA in canonical form (RFC 4034, section 6.2, and RFC 6840, section 5.1): no compression, and names
    /// in lower case save in NSEC.
    pub(super) octets: Vec<u8>,
}

impl Record {
    /// The name that begins the RDATA, of a type where one does.
    pub(super) fn target(&self) -> Option<Name> {
        name_at(&self.octets, 0).map(|(name, _)| name)
    }
}

/// What is read of a message. Records of other classes are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// With the bits of the OPT record.
    pub(super) rcode: Rcode,
    /// AA.
    pub(super) authoritative: bool,
    /// RA: it would ask others.
    pub(super) recursive: bool,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
}

impl Message {
    /// The records of one owner and type among the answers.
    pub(super) fn answers_of<'m>(&'m self, owner: &Name, kind: u16) -> impl Iterator<Item = &'m Record> {
        self.answers.iter().filter(move |record| record.kind == kind && record.owner == *owner)
    }

    /// Whether it is no error: NXDOMAIN is an answer.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.rcode, Rcode::NOERROR | Rcode::NXDOMAIN)
    }
}

/// Reads a message; of an error that cannot be read, its code.
///
/// # Errors
/// [`Failure::Garbage`] when it cannot be read and says that there is no error.
pub(super) fn read(bytes: &[u8]) -> Result<Message, Failure> {
    let header = bytes.first_chunk::<12>().ok_or(Failure::Garbage)?;
    let authoritative = header[2] & 0x04 != 0;
    let recursive = header[3] & 0x80 != 0;
    let rcode = Rcode(u16::from(header[3] & 0x0f));
    match sections(bytes, header) {
        Some((answers, authorities, high)) => {
            Ok(Message { rcode: Rcode(rcode.0 | high << 4), authoritative, recursive, answers, authorities })
        }
        None if rcode == Rcode::NOERROR => Err(Failure::Garbage),
        None => {
            let (answers, authorities) = (Vec::new(), Vec::new());
            Ok(Message { rcode, authoritative, recursive, answers, authorities })
        }
    }
}

/// Answers, authorities, and the high bits of the response code.
fn sections(bytes: &[u8], header: &[u8; 12]) -> Option<(Vec<Record>, Vec<Record>, u16)> {
    let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let mut decoder = BinDecoder::new(bytes).clone(12);
    for _ in 0..count(4) {
        WireName::read(&mut decoder).ok()?;
        decoder.read_u32().ok()?;
    }
    let mut high = 0;
    let mut section = |count| records(bytes, &mut decoder, count, &mut high);
    let (answers, authorities, _) = (section(count(6))?, section(count(8))?, section(count(10))?);
    Some((answers, authorities, high))
}

fn records(whole: &[u8], decoder: &mut BinDecoder<'_>, count: u16, high: &mut u16) -> Option<Vec<Record>> {
    let mut found = Vec::new();
    for _ in 0..count {
        let owner = WireName::read(decoder).ok()?;
        let kind = decoder.read_u16().ok()?.unverified();
        let class = decoder.read_u16().ok()?.unverified();
        let ttl = decoder.read_u32().ok()?.unverified();
        let length = usize::from(decoder.read_u16().ok()?.unverified());
        let start = decoder.index();
        decoder.read_slice(length).ok()?;
        if kind == kind::OPT {
            *high = u16::from(ttl.to_be_bytes()[0]);
        } else if class == 1 {
            let octets = canonical(whole, kind, start, start + length)?;
            found.push(Record { owner: Name::from_wire(&owner), kind, ttl, octets });
        }
    }
    Some(found)
}

/// The RDATA between `start` and `end` of a message; none where it is not what its type says.
fn canonical(whole: &[u8], kind: u16, start: usize, end: usize) -> Option<Vec<u8>> {
    let plain = whole.get(start..end)?;
    match kind {
        kind::A => (plain.len() == 4).then(|| plain.to_vec()),
        kind::AAAA => (plain.len() == 16).then(|| plain.to_vec()),
        kind::CNAME | kind::DNAME | kind::NS => {
            let (name, after) = name_at(whole, start)?;
            (after == end).then(|| octets_of(&name))
        }
        kind::SOA => {
            let (first, after) = name_at(whole, start)?;
            let (second, after) = name_at(whole, after)?;
            let rest = whole.get(after..end).filter(|rest| rest.len() == 20)?;
            Some([octets_of(&first), octets_of(&second), rest.to_vec()].concat())
        }
        kind::RRSIG => {
            let (signer, after) = name_at(whole, start + 18)?;
            let (head, rest) = (plain.get(..18)?, whole.get(after..end)?);
            Some([head, &octets_of(&signer), rest].concat())
        }
        _ => Some(plain.to_vec()),
    }
}

/// The name at a place, and where it ends.
pub(super) fn name_at(whole: &[u8], start: usize) -> Option<(Name, usize)> {
    let start = u16::try_from(start).ok().filter(|start| usize::from(*start) < whole.len())?;
    let mut decoder = BinDecoder::new(whole).clone(start);
    let name = WireName::read(&mut decoder).ok()?;
    Some((Name::from_wire(&name), decoder.index()))
}

/// A name as it is signed: uncompressed, in lower case.
pub(super) fn octets_of(name: &Name) -> Vec<u8> {
    let mut octets = Vec::with_capacity(name.as_str().len() + 2);
    for label in name.to_wire().iter() {
        // No label is longer than 63 octets.
        octets.push(label.len() as u8);
        octets.extend(label.iter().map(u8::to_ascii_lowercase));
    }
    octets.push(0);
    octets
}
