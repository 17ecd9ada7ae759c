//! Record sets and their signatures (RFC 4034, sections 3 and 6; RFC 4035, section 5.3).

use super::super::message::{Record, kind, name_at, octets_of};
use super::keys::{self, Key};
use crate::model::{Name, Timestamp};

/// Signatures of one set that are looked at, and keys of one tag that are tried on each: more are there only
/// to cost time.
const MAX_SIGNATURES: usize = 8;
const MAX_KEYS: usize = 4;

/// An RRSIG record.
struct Signature<'a> {
    covered: u16,
    algorithm: u8,
    labels: u8,
    expires: u32,
    begins: u32,
    tag: u16,
    signer: Name,
    /// RDATA without the signature itself.
    head: &'a [u8],
    value: &'a [u8],
}

impl<'a> Signature<'a> {
    fn read(octets: &'a [u8]) -> Option<Self> {
        let (signer, end) = name_at(octets, 18)?;
        let number = |at: usize| octets[at..at + 4].iter().fold(0_u32, |n, octet| n << 8 | u32::from(*octet));
        Some(Signature {
            covered: u16::from_be_bytes([octets[0], octets[1]]),
            algorithm: octets[2],
            labels: octets[3],
            expires: number(8),
            begins: number(12),
            tag: u16::from_be_bytes([octets[16], octets[17]]),
            signer,
            head: &octets[..end],
            value: &octets[end..],
        })
    }
}

/// Whether this RRSIG is by `zone` for a set of the type `covered`.
pub(in super::super) fn signs(octets: &[u8], covered: u16, zone: &Name) -> bool {
    Signature::read(octets).is_some_and(|sig| sig.covered == covered && sig.signer == *zone)
}

/// What is wrong with a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no signature by the zone.
    Missing,
    /// Expired then.
    Expired(Timestamp),
    /// Not valid before then.
    NotYet(Timestamp),
    /// It does not fit, or no key does.
    Wrong,
    /// None can be checked; the algorithm of the first.
    Unknown(u8),
    /// What is denied is not proved.
    Unproved,
}

/// A set that has been proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sound {
    /// When the signature expires.
    pub(super) until: Timestamp,
    /// Labels of the owner as it was signed: fewer than it has when it was made from a wildcard.
    pub(super) labels: usize,
}

/// The zone, its keys and the time, by which sets are proved.
pub(super) struct Prover<'a> {
    pub(super) zone: &'a Name,
    pub(super) keys: Vec<Key>,
    pub(super) now: Timestamp,
}

impl Prover<'_> {
    /// Proves the set of `owner` and type in a section: one signature that is good is enough.
    pub(super) fn prove(&self, section: &[Record], owner: &Name, kind: u16) -> Result<Sound, Fault> {
        let of_owner = || section.iter().filter(|record| record.owner == *owner);
        let mut set: Vec<&[u8]> = of_owner().filter(|r| r.kind == kind).map(|r| &r.octets[..]).collect();
        set.sort_unstable();
        set.dedup();
        let signatures = of_owner().filter(|r| r.kind == kind::RRSIG);
        let signatures = signatures.filter_map(|record| Signature::read(&record.octets));
        let ours = signatures.filter(|sig| sig.covered == kind && sig.signer == *self.zone);
        let mut fault = Fault::Missing;
        for signature in ours.take(MAX_SIGNATURES) {
            match self.check(&signature, owner, &set) {
                Ok(sound) => return Ok(sound),
                Err(found) => fault = worse(fault, found),
            }
        }
        Err(fault)
    }

    fn check(&self, signature: &Signature<'_>, owner: &Name, set: &[&[u8]]) -> Result<Sound, Fault> {
        if !keys::is_known(signature.algorithm) {
            return Err(Fault::Unknown(signature.algorithm));
        }
        let labels = usize::from(signature.labels);
        if labels > count(owner) {
            return Err(Fault::Wrong);
        }
        let (begins, until) = (self.instant(signature.begins), self.instant(signature.expires));
        if self.now > until {
            return Err(Fault::Expired(until));
        }
        if self.now < begins {
            return Err(Fault::NotYet(begins));
        }
        let message = to_be_signed(signature, owner, set);
        let fitting = |key: &&Key| key.tag == signature.tag && key.algorithm == signature.algorithm;
        let mut keys = self.keys.iter().filter(fitting).take(MAX_KEYS);
        match keys.any(|key| key.verifies(&message, signature.value)) {
            true => Ok(Sound { until, labels }),
            false => Err(Fault::Wrong),
        }
    }

    /// Times of signatures are 32 bits, and mean the instant nearest to now (RFC 4034, section 3.1.5).
    fn instant(&self, seconds: u32) -> Timestamp {
        let now = self.now.as_micros().div_euclid(1_000_000);
        let ahead = seconds.wrapping_sub(now as u32) as i32;
        Timestamp::from_secs(now + i64::from(ahead))
    }
}

/// Of two faults, the one that tells more: of expired signatures the one that expired last.
fn worse(one: Fault, other: Fault) -> Fault {
    let rank = |fault: &Fault| match fault {
        Fault::Missing => (0, 0),
        Fault::Unknown(_) => (1, 0),
        Fault::Wrong => (2, 0),
        Fault::NotYet(at) => (3, -at.as_micros()),
        Fault::Expired(at) => (4, at.as_micros()),
        Fault::Unproved => (5, 0),
    };
    if rank(&other) > rank(&one) { other } else { one }
}

/// Labels of a name without the root and without a leading asterisk (RFC 4034, section 3.1.3).
pub(super) fn count(name: &Name) -> usize {
    let wire = name.to_wire();
    wire.iter().count() - usize::from(wire.iter().next() == Some(b"*"))
}

/// The rightmost labels of a name.
pub(super) fn rightmost(name: &Name, labels: usize) -> Name {
    name.from_root().into_iter().nth(labels).unwrap_or_else(|| name.clone())
}

/// RFC 4034, section 3.1.8.1.
fn to_be_signed(signature: &Signature<'_>, owner: &Name, set: &[&[u8]]) -> Vec<u8> {
    let labels = usize::from(signature.labels);
    let owner = if labels < count(owner) {
        [b"\x01*", &octets_of(&rightmost(owner, labels))[..]].concat()
    } else {
        octets_of(owner)
    };
    let mut message = signature.head.to_vec();
    for octets in set {
        message.extend_from_slice(&owner);
        message.extend_from_slice(&signature.covered.to_be_bytes());
        message.extend_from_slice(&[0, 1]);
        message.extend_from_slice(&signature.head[4..8]);
        // RDATA came with a length of 16 bits, and only names that were compressed have grown since.
        message.extend_from_slice(&(octets.len() as u16).to_be_bytes());
        message.extend_from_slice(octets);
    }
    message
}
