//! Denial by NSEC records (RFC 4035, section 5.4; RFC 9824 for proofs made on the spot).

use std::cmp::Ordering;

use hickory_proto::rr::Name as WireName;

use super::super::message::{Record, kind, name_at};
use crate::model::Name;

/// Whether a type is in a bitmap (RFC 4034, section 4.1.2).
pub(super) fn lists(mut bitmap: &[u8], wanted: u16) -> bool {
    let [block, bit] = wanted.to_be_bytes();
    while let [window, length, rest @ ..] = bitmap {
        let Some((octets, after)) = rest.split_at_checked(usize::from(*length)) else { return false };
        if *window == block {
            let octet = octets.get(usize::from(bit / 8)).copied().unwrap_or(0);
            return octet & 0x80 >> (bit % 8) != 0;
        }
        bitmap = after;
    }
    false
}

/// Whether a bitmap is that of the upper side of a zone cut, where nothing can be denied but DS.
pub(super) fn is_cut(bitmap: &[u8]) -> bool {
    lists(bitmap, kind::NS) && !lists(bitmap, kind::SOA)
}

/// An NSEC record that has been proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nsec {
    owner: Name,
    next: Name,
    bitmap: Vec<u8>,
}

impl Nsec {
    pub(super) fn read(record: &Record) -> Option<Nsec> {
        let (next, end) = name_at(&record.octets, 0)?;
        Some(Nsec { owner: record.owner.clone(), next, bitmap: record.octets[end..].to_vec() })
    }

    /// Whether the name would stand between this one's owner and the next name, and does not. What stands
    /// below a cut or a DNAME is not for this zone to deny.
    fn covers(&self, name: &Name) -> bool {
        let after_owner = order(&self.owner, name) == Ordering::Less;
        let before_next = order(name, &self.next) == Ordering::Less;
        // The last one leads back to the zone's apex.
        let last = order(&self.owner, &self.next) != Ordering::Less;
        let foreign = name.is_within(&self.owner)
            && *name != self.owner
            && (is_cut(&self.bitmap) || lists(&self.bitmap, kind::DNAME));
        after_owner && (before_next || last) && !foreign
    }

    /// The name exists, and has neither this type nor an alias.
    fn lacks(&self, name: &Name, wanted: u16) -> bool {
        self.owner == *name
            && !lists(&self.bitmap, wanted)
            && !lists(&self.bitmap, kind::CNAME)
            && !is_cut(&self.bitmap)
    }

    /// The closest encloser (RFC 4592, section 3.3.1) of a name that this one covers.
    fn closest(&self, name: &Name) -> Name {
        let (one, other) = (shared(name, &self.owner), shared(name, &self.next));
        if one.is_within(&other) { one } else { other }
    }
}

/// RFC 4034, section 6.1.
fn order(one: &Name, other: &Name) -> Ordering {
    one.to_wire().cmp(&other.to_wire())
}

/// The lowest name that is above both.
fn shared(name: &Name, other: &Name) -> Name {
    name.from_root().into_iter().rev().find(|at| other.is_within(at)).unwrap_or_else(Name::root)
}

/// The wildcard right below a name; the name itself where that would be too long to be there.
pub(super) fn wildcard(below: &Name) -> Name {
    let star = WireName::from_labels([&b"*"[..]]).and_then(|star| star.append_domain(&below.to_wire()));
    star.map_or_else(|_| below.clone(), |star| Name::from_wire(&star))
}

/// There is no such name, and no wildcard for it.
pub(super) fn no_name(proofs: &[Nsec], name: &Name) -> bool {
    let covering = |name: &Name| proofs.iter().find(|nsec| nsec.covers(name));
    covering(name).is_some_and(|nsec| covering(&wildcard(&nsec.closest(name))).is_some())
}

/// The name has no such type: it says so itself, it is only there for names below it, or it is there by a
/// wildcard that has none.
pub(super) fn no_type(proofs: &[Nsec], name: &Name, wanted: u16) -> bool {
    proofs.iter().any(|nsec| {
        let only_names_below = nsec.covers(name) && nsec.next.is_within(name);
        let by_wildcard = || {
            let star = wildcard(&nsec.closest(name));
            nsec.covers(name) && proofs.iter().any(|other| other.lacks(&star, wanted))
        };
        nsec.lacks(name, wanted) || only_names_below || by_wildcard()
    })
}

/// The name itself is not there, so that the wildcard with this many labels may stand for it.
pub(super) fn no_exact(proofs: &[Nsec], name: &Name, labels: usize) -> bool {
    let at = super::rrset::rightmost(name, labels);
    proofs.iter().any(|nsec| nsec.covers(name) && nsec.closest(name) == at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn bitmap(kinds: &[u16]) -> Vec<u8> {
        let mut bits = [0_u8; 7];
        kinds.iter().for_each(|kind| bits[usize::from(kind / 8)] |= 0x80 >> (kind % 8));
        [&[0, 7], &bits[..]].concat()
    }

    /// The zone of RFC 4035, appendix A.
    fn zone() -> Vec<Nsec> {
        let names: [(&str, &[u16]); 10] = [
            ("example", &[2, 6, 15]),
            ("a.example", &[2, 43]),
            ("ai.example", &[1, 13, 28]),
            ("b.example", &[2]),
            ("ns1.example", &[1]),
            ("ns2.example", &[1]),
            ("*.w.example", &[15]),
            ("x.w.example", &[15]),
            ("x.y.w.example", &[15]),
            ("xx.example", &[1, 13, 28]),
        ];
        let each = names.iter().enumerate().map(|(i, (owner, kinds))| Nsec {
            owner: name(owner),
            next: name(names[(i + 1) % names.len()].0),
            bitmap: bitmap(kinds),
        });
        each.collect()
    }

    /// The answers of RFC 4035, appendix B, and what they must not prove.
    #[test]
    fn denials_of_the_standard() {
        let zone = zone();
        assert!(no_name(&zone, &name("ml.example")));
        assert!(no_name(&zone, &name("zz.example")), "after the last one");
        assert!(no_type(&zone, &name("ns1.example"), 15));
        assert!(no_type(&zone, &name("y.w.example"), 1), "only there for names below it");
        assert!(no_exact(&zone, &name("a.z.w.example"), 2));
        assert!(no_type(&zone, &name("a.z.w.example"), 28), "by the wildcard");
        for there in ["ns1.example", "a.z.w.example", "example"] {
            assert!(!no_name(&zone, &name(there)), "{there}");
        }
        assert!(!no_type(&zone, &name("ns1.example"), 1));
        assert!(!no_type(&zone, &name("a.z.w.example"), 15));
        assert!(!no_type(&zone, &name("ml.example"), 1));
        assert!(!no_exact(&zone, &name("a.z.w.example"), 1), "another wildcard");
        assert!(!no_exact(&zone, &name("x.w.example"), 2));
        assert!(!no_type(&zone, &name("b.example"), 1), "the upper side of a cut");
        assert!(!no_name(&zone, &name("mc.b.example")), "below a cut");
        let half = &zone[4..5];
        assert!(!no_name(half, &name("ns1a.example")), "the wildcard is not denied");
    }

    #[test]
    fn bitmaps_are_read_to_their_end() {
        let caa = [0, 1, 0x40, 1, 1, 0x40];
        assert!(lists(&caa, 1) && lists(&caa, 257));
        assert!(!lists(&caa, 2) && !lists(&caa, 256) && !lists(&caa, 513));
        assert!(!lists(&[1, 9, 0x40], 257), "cut short");
    }
}
