//! Denial by NSEC3 records, which name hashes (RFC 5155, section 8; RFC 9276 for the bound).

use ring::digest;

use super::super::message::{Record, kind, octets_of};
use super::nsec::{is_cut, lists, wildcard};
use super::rrset::rightmost;
use crate::model::Name;

/// More rounds of hashing make validators treat the zone as unsigned (unbound, since RFC 9276).
const MAX_ITERATIONS: u16 = 150;

/// An NSEC3 record that has been proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nsec3 {
    owner: Vec<u8>,
    next: Vec<u8>,
    iterations: u16,
    salt: Vec<u8>,
    opt_out: bool,
    bitmap: Vec<u8>,
}

impl Nsec3 {
    /// None for a hash other than SHA-1 and for flags that nobody knows (RFC 5155, section 8.2).
    pub(super) fn read(record: &Record, zone: &Name) -> Option<Nsec3> {
        let [1, flags @ (0 | 1), high, low, rest @ ..] = &record.octets[..] else { return None };
        let (salt, rest) = counted(rest)?;
        let (next, bitmap) = counted(rest)?;
        let wire = record.owner.to_wire();
        let owner = base32(wire.iter().next()?)?;
        (record.owner.parent()? == *zone).then(|| Nsec3 {
            owner,
            next: next.to_vec(),
            iterations: u16::from_be_bytes([*high, *low]),
            salt: salt.to_vec(),
            opt_out: *flags == 1,
            bitmap: bitmap.to_vec(),
        })
    }

    fn covers(&self, hash: &[u8]) -> bool {
        let (after, before) = (hash > &self.owner[..], hash < &self.next[..]);
        if self.owner < self.next { after && before } else { after || before }
    }

    /// The name exists, and has neither this type nor an alias.
    fn lacks(&self, wanted: u16) -> bool {
        !lists(&self.bitmap, wanted) && !lists(&self.bitmap, kind::CNAME) && !is_cut(&self.bitmap)
    }
}

/// Proofs of one zone.
pub(super) struct Hashed<'a> {
    proofs: &'a [Nsec3],
    zone: &'a Name,
}

impl<'a> Hashed<'a> {
    pub(super) fn new(proofs: &'a [Nsec3], zone: &'a Name) -> Self {
        Hashed { proofs, zone }
    }

    /// Whether nobody would compute these hashes: then what they deny counts as unsigned.
    pub(super) fn is_too_costly(&self) -> bool {
        self.proofs.iter().any(|proof| proof.iterations > MAX_ITERATIONS)
    }

    /// There is no such name, and no wildcard for it.
    pub(super) fn no_name(&self, name: &Name) -> bool {
        self.closest(name).is_some_and(|(closest, _)| self.covering(&wildcard(&closest)).is_some())
    }

    /// The name has no such type, itself or by its wildcard; or it stands where unsigned delegations are
    /// left out, and nothing is proved nor needs to be.
    pub(super) fn no_type(&self, name: &Name, wanted: u16) -> bool {
        if let Some(proof) = self.matching(name) {
            return proof.lacks(wanted);
        }
        self.closest(name).is_some_and(|(closest, opt_out)| {
            opt_out || self.matching(&wildcard(&closest)).is_some_and(|proof| proof.lacks(wanted))
        })
    }

    /// The name itself is not there, so that the wildcard with this many labels may stand for it.
    pub(super) fn no_exact(&self, name: &Name, labels: usize) -> bool {
        self.covering(&rightmost(name, labels + 1)).is_some()
    }

    /// The closest encloser that is proved to be there while the name below it, towards `name`, is proved
    /// not to be; and whether that is only so because delegations may be left out (RFC 5155, section 8.3).
    fn closest(&self, name: &Name) -> Option<(Name, bool)> {
        let mut below = name.clone();
        while below != *self.zone {
            let at = below.parent()?;
            if let Some(proof) = self.matching(&at) {
                let foreign = is_cut(&proof.bitmap) || lists(&proof.bitmap, kind::DNAME);
                let covering = self.covering(&below).filter(|_| !foreign)?;
                return Some((at, covering.opt_out));
            }
            below = at;
        }
        None
    }

    fn matching(&self, name: &Name) -> Option<&Nsec3> {
        self.proofs.iter().find(|proof| proof.owner == self.hash(proof, name))
    }

    fn covering(&self, name: &Name) -> Option<&Nsec3> {
        self.proofs.iter().find(|proof| proof.covers(&self.hash(proof, name)))
    }

    /// RFC 5155, section 5.
    fn hash(&self, proof: &Nsec3, name: &Name) -> Vec<u8> {
        let once = |octets: &[u8]| {
            let salted = [octets, &proof.salt].concat();
            digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &salted).as_ref().to_vec()
        };
        (0..proof.iterations.min(MAX_ITERATIONS)).fold(once(&octets_of(name)), |hash, _| once(&hash))
    }
}

/// Octets with their number before them.
fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// RFC 4648, section 7, without padding.
fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let (mut octets, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in text {
        let value = match digit.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'v' => digit - b'a' + 10,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            octets.push((bits >> held & 0xff) as u8);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hashes of RFC 5155, appendix A.
    #[test]
    fn hashes_as_the_standard_does() {
        let proof = Nsec3 {
            owner: vec![],
            next: vec![],
            iterations: 12,
            salt: vec![0xaa, 0xbb, 0xcc, 0xdd],
            opt_out: false,
            bitmap: vec![],
        };
        let zone = Name::parse("example").unwrap();
        let hashed = Hashed::new(&[], &zone);
        for (name, hash) in [
            ("example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            ("a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
            ("ns1.example", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
            ("*.w.example", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
        ] {
            assert_eq!(
                hashed.hash(&proof, &Name::parse(name).unwrap()),
                base32(hash.as_bytes()).unwrap(),
                "{name}"
            );
        }
        assert_eq!(base32(b"w"), None);
    }

    /// The zone of RFC 5155, appendix A, in which `c.example` is an unsigned delegation.
    fn chain(opt_out: bool, zone: &Name) -> Vec<Nsec3> {
        let names: [(&str, &[u16]); 11] = [
            ("example", &[2, 6, 15]),
            ("a.example", &[2, 43]),
            ("ai.example", &[1, 13, 28]),
            ("ns1.example", &[1]),
            ("ns2.example", &[1]),
            ("w.example", &[]),
            ("*.w.example", &[15]),
            ("x.w.example", &[15]),
            ("y.w.example", &[]),
            ("x.y.w.example", &[15]),
            ("xx.example", &[1, 13, 28]),
        ];
        let made = names.iter().map(|(owner, kinds)| {
            let mut bits = [0_u8; 7];
            kinds.iter().for_each(|kind| bits[usize::from(kind / 8)] |= 0x80 >> (kind % 8));
            let bitmap = [&[0, 7], &bits[..]].concat();
            let salt = vec![0xaa, 0xbb, 0xcc, 0xdd];
            let mut proof = Nsec3 { owner: vec![], next: vec![], iterations: 12, salt, opt_out, bitmap };
            proof.owner = Hashed::new(&[], zone).hash(&proof, &Name::parse(owner).unwrap());
            proof
        });
        let mut made: Vec<Nsec3> = made.collect();
        made.sort_by(|one, other| one.owner.cmp(&other.owner));
        let nexts: Vec<Vec<u8>> =
            made.iter().cycle().skip(1).take(11).map(|proof| proof.owner.clone()).collect();
        made.iter_mut().zip(nexts).for_each(|(proof, next)| proof.next = next);
        made
    }

    /// The answers of RFC 5155, appendix B, and what they must not prove.
    #[test]
    fn denials_of_the_standard() {
        let name = |text: &str| Name::parse(text).unwrap();
        let zone = name("example");
        let (open, closed) = (chain(true, &zone), chain(false, &zone));
        for proofs in [&open, &closed] {
            let all = Hashed::new(proofs, &zone);
            assert!(all.no_name(&name("a.c.x.w.example")));
            assert!(all.no_type(&name("ns1.example"), 15));
            assert!(all.no_type(&name("y.w.example"), 1), "only there for names below it");
            assert!(all.no_exact(&name("a.z.w.example"), 2));
            assert!(all.no_type(&name("a.z.w.example"), 28), "by the wildcard");
            for there in ["ns1.example", "a.z.w.example", "example"] {
                assert!(!all.no_name(&name(there)), "{there}");
            }
            assert!(!all.no_type(&name("ns1.example"), 1));
            assert!(!all.no_type(&name("a.example"), 1), "the upper side of a cut");
            assert!(!all.no_name(&name("mc.a.example")), "below a cut");
            assert!(!all.no_exact(&name("x.w.example"), 2));
            assert!(!all.is_too_costly());
        }
        assert!(Hashed::new(&open, &zone).no_type(&name("c.example"), 1));
        assert!(!Hashed::new(&closed, &zone).no_type(&name("c.example"), 1));
        let few = &closed[..2];
        assert!(!Hashed::new(few, &zone).no_name(&name("a.c.x.w.example")));
    }
}
