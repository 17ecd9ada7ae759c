//! Whether what one server says can be proved from the DS records above (RFC 4035, section 5). Pure: no
//! asking, and the time is handed in.
//!
//! Where validators differ, the strict way of unbound is taken, which is what the CA runs.

mod keys;
mod nsec;
mod nsec3;
mod rrset;

use self::keys::Key;
use self::nsec::Nsec;
use self::nsec3::{Hashed, Nsec3};
use self::rrset::{Fault, Prover, Sound, count};
use super::caa::{Led, follow};
use super::message::{Message, Record, kind, number};
use crate::model::{Ds, Failure, Name, Question, QuestionType, Rcode, Signing, Timestamp};

pub(super) use self::keys::hex;
pub(super) use self::rrset::signs;

/// Records of each kind in one reply that are looked at; more are there only to cost time.
const MAX_PROOFS: usize = 16;
const MAX_KEYS: usize = 32;

/// What a server said to a question.
pub(super) type Heard<'a> = (&'a Question, &'a Result<Message, Failure>);

/// Finds out about one server of `zone` by the DS sets that the parent's servers have, its DNSKEY records and what it
/// answered. The first problem in the order of the questions wins; silence comes after every problem.
pub(super) fn signing(
    zone: &Name,
    sets: &[Vec<Ds>],
    dnskey: &Result<Message, Failure>,
    heard: &[Heard<'_>],
    now: Timestamp,
) -> Signing {
    let signed: Vec<&Vec<Ds>> = sets.iter().filter(|set| !set.is_empty()).collect();
    let known: Vec<Vec<&Ds>> =
        signed.iter().map(|set| strongest(set)).filter(|set| !set.is_empty()).collect();
    if let (Some(first), true) = (signed.first().and_then(|set| set.first()), known.is_empty()) {
        return Signing::Unknown { algorithm: first.algorithm };
    }
    if known.is_empty() {
        return Signing::NotNeeded;
    }
    let dnskey = match dnskey {
        Ok(message) => message,
        Err(failure) => return Signing::Failed(failure.clone()),
    };
    let (prover, mut until) = match entry(zone, &known, dnskey, now) {
        Ok(entry) => entry,
        Err(problem) => return problem,
    };
    let mut silent = None;
    let mut unknown = None;
    for (question, reply) in heard {
        match reply {
            Ok(message) if message.is_answer() => match prover.answer(question, message) {
                Ok(expires) => until = until.min(expires),
                Err(Fault::Unknown(algorithm)) => {
                    unknown.get_or_insert(Signing::Unknown { algorithm });
                }
                Err(fault) => return problem(fault, (*question).clone()),
            },
            // An error is seen as such by whoever reads the answers.
            Ok(_) => {}
            Err(failure) => {
                silent.get_or_insert(Signing::Failed(failure.clone()));
            }
        }
    }
    silent.or(unknown).unwrap_or(Signing::Proved { until })
}

fn problem(fault: Fault, of: Question) -> Signing {
    match fault {
        Fault::Missing => Signing::Missing { of },
        Fault::Expired(at) => Signing::Expired { of, at },
        Fault::NotYet(at) => Signing::NotYet { of, at },
        Fault::Wrong => Signing::Wrong { of },
        Fault::Unknown(algorithm) => Signing::Unknown { algorithm },
        Fault::Unproved => Signing::Unproved { of },
    }
}

/// The records of a DS set that count: of those that can be checked, the ones with the strongest digest
/// (RFC 4509, section 3; unbound's `val_favorite_ds_algo`).
fn strongest(set: &[Ds]) -> Vec<&Ds> {
    let usable =
        || set.iter().filter(|ds| keys::is_known(ds.algorithm) && keys::is_known_digest(ds.digest_type));
    let best = usable().map(|ds| ds.digest_type).max();
    usable().filter(|ds| Some(ds.digest_type) == best).collect()
}

/// The way in: for every DS set a key that fits it and has signed the keys. Then all keys are trusted.
fn entry<'a>(
    zone: &'a Name,
    sets: &[Vec<&Ds>],
    dnskey: &Message,
    now: Timestamp,
) -> Result<(Prover<'a>, Timestamp), Signing> {
    let records = dnskey.answers_of(zone, kind::DNSKEY).take(MAX_KEYS);
    let keys: Vec<Key> = records.filter_map(|record| Key::read(&record.octets)).collect();
    if dnskey.rcode != Rcode::NOERROR || keys.is_empty() {
        return Err(Signing::NoKey);
    }
    let mut until = Timestamp::MAX;
    for set in sets {
        let fitting = keys.iter().filter(|key| set.iter().any(|ds| key.fits(ds, zone)));
        let prover = Prover { zone, keys: fitting.cloned().collect(), now };
        if prover.keys.is_empty() {
            return Err(Signing::KeyMismatch);
        }
        let of = Question { name: zone.clone(), qtype: QuestionType::Dnskey };
        match prover.prove(&dnskey.answers, zone, kind::DNSKEY) {
            Ok(sound) => until = until.min(sound.until),
            Err(fault) => return Err(problem(fault, of)),
        }
    }
    Ok((Prover { zone, keys, now }, until))
}

impl Prover<'_> {
    /// Proves what a reply says about a question, as far as it is for this zone to say: its aliases, and
    /// then the records or their absence. Returns when the first signature expires.
    fn answer(&self, question: &Question, message: &Message) -> Result<Timestamp, Fault> {
        let wanted = number(question.qtype);
        let (aliases, led) = follow(message, &question.name, self.zone, wanted);
        let mut until = Timestamp::MAX;
        for alias in &aliases {
            until = until.min(self.alias(message, alias)?);
        }
        let Led::Here(end) = led else { return Ok(until) };
        let is_there = message.answers_of(&end, wanted).next().is_some();
        let last = match is_there {
            true => self.positive(message, &end, wanted)?,
            false => self.denied(message, &end, wanted)?,
        };
        Ok(until.min(last))
    }

    /// An alias is signed, or made from a DNAME above it that is (RFC 6672, section 5.3.1).
    fn alias(&self, message: &Message, owner: &Name) -> Result<Timestamp, Fault> {
        let made_by = |record: &&Record| {
            record.kind == kind::DNAME && record.owner != *owner && owner.is_within(&record.owner)
        };
        match self.positive(message, owner, kind::CNAME) {
            Err(Fault::Missing) => match message.answers.iter().find(made_by) {
                Some(dname) if is_made_from(dname, message, owner) => {
                    self.positive(message, &dname.owner, kind::DNAME)
                }
                Some(_) => Err(Fault::Wrong),
                None => Err(Fault::Missing),
            },
            other => other,
        }
    }

    /// A set in the answer. One from a wildcard also needs proof that the name itself is not there.
    fn positive(&self, message: &Message, owner: &Name, wanted: u16) -> Result<Timestamp, Fault> {
        let Sound { until, labels } = self.prove(&message.answers, owner, wanted)?;
        if labels >= count(owner) {
            return Ok(until);
        }
        let proofs = self.proofs(message)?;
        let proved = nsec::no_exact(&proofs.plain, owner, labels)
            || proofs.hashed(self.zone, |hashed| hashed.no_exact(owner, labels));
        if proved { Ok(until.min(proofs.until)) } else { Err(proofs.fault()) }
    }

    /// What is not there: NODATA, or NXDOMAIN. Some servers say NXDOMAIN where the proof says NODATA, which
    /// validators let pass.
    fn denied(&self, message: &Message, name: &Name, wanted: u16) -> Result<Timestamp, Fault> {
        let proofs = self.proofs(message)?;
        let mut until = proofs.until;
        if message.authorities.iter().any(|r| r.kind == kind::SOA && r.owner == *self.zone) {
            until = until.min(self.prove(&message.authorities, self.zone, kind::SOA)?.until);
        }
        let is_error = message.rcode == Rcode::NXDOMAIN;
        let proved = nsec::no_type(&proofs.plain, name, wanted)
            || is_error && nsec::no_name(&proofs.plain, name)
            || proofs
                .hashed(self.zone, |hashed| hashed.no_type(name, wanted) || is_error && hashed.no_name(name));
        if proved { Ok(until) } else { Err(proofs.fault()) }
    }

    /// The NSEC and NSEC3 records of a reply that are themselves proved.
    fn proofs(&self, message: &Message) -> Result<Proofs, Fault> {
        let mut proofs = Proofs { plain: Vec::new(), hashed: Vec::new(), until: Timestamp::MAX, fault: None };
        let denials = message.authorities.iter().filter(|r| matches!(r.kind, kind::NSEC | kind::NSEC3));
        for record in denials.filter(|r| r.owner.is_within(self.zone)).take(MAX_PROOFS) {
            match self.prove(&message.authorities, &record.owner, record.kind) {
                // Made from a wildcard, it would say something about another name.
                Ok(sound) if sound.labels < count(&record.owner) => {}
                Ok(sound) => {
                    proofs.until = proofs.until.min(sound.until);
                    match record.kind {
                        kind::NSEC => proofs.plain.extend(Nsec::read(record)),
                        _ => proofs.hashed.extend(Nsec3::read(record, self.zone)),
                    }
                }
                Err(fault) => {
                    proofs.fault.get_or_insert(fault);
                }
            }
        }
        Ok(proofs)
    }
}

/// Whether the alias of `owner` is what the DNAME makes of it.
fn is_made_from(dname: &Record, message: &Message, owner: &Name) -> bool {
    let Some(target) = dname.target() else { return false };
    let (whole, suffix) = (owner.to_wire(), dname.owner.to_wire());
    let labels = whole.iter().take(whole.iter().count() - suffix.iter().count());
    let Ok(made) = hickory_proto::rr::Name::from_labels(labels.chain(target.to_wire().iter())) else {
        return false;
    };
    let made = Name::from_wire(&made);
    message.answers_of(owner, kind::CNAME).all(|alias| alias.target().as_ref() == Some(&made))
}

/// The denials of one reply.
struct Proofs {
    plain: Vec<Nsec>,
    hashed: Vec<Nsec3>,
    until: Timestamp,
    /// Of the first one that is not proved itself.
    fault: Option<Fault>,
}

impl Proofs {
    fn hashed(&self, zone: &Name, holds: impl Fn(&Hashed<'_>) -> bool) -> bool {
        let hashed = Hashed::new(&self.hashed, zone);
        !self.hashed.is_empty() && (hashed.is_too_costly() || holds(&hashed))
    }

    /// Why they do not prove it.
    fn fault(&self) -> Fault {
        self.fault.unwrap_or(Fault::Unproved)
    }
}
