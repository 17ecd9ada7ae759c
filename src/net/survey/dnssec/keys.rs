//! Keys and what they verify (RFC 4034, sections 2 and 5; RFC 3110, 5702, 6605, 8080).

use ring::digest;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

use super::super::message::octets_of;
use crate::model::{Ds, Name};

/// Flags of a key: it signs zones (RFC 4034, section 2.1.1), it is revoked (RFC 5011, section 3).
const ZONE: u16 = 0x0100;
const REVOKED: u16 = 0x0080;

/// A DNSKEY record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    octets: Vec<u8>,
    pub(super) algorithm: u8,
    pub(super) tag: u16,
}

impl Key {
    /// Reads the RDATA of a DNSKEY record; none for a key that signs no zone.
    pub(super) fn read(octets: &[u8]) -> Option<Key> {
        let [high, low, protocol, algorithm, ..] = *octets else { return None };
        let flags = u16::from_be_bytes([high, low]);
        let usable = protocol == 3 && flags & ZONE != 0 && flags & REVOKED == 0;
        usable.then(|| Key { octets: octets.to_vec(), algorithm, tag: tag(octets) })
    }

    /// Whether the parent's fingerprint is of this key.
    pub(super) fn fits(&self, ds: &Ds, zone: &Name) -> bool {
        if ds.key_tag != self.tag || ds.algorithm != self.algorithm {
            return false;
        }
        let Some(how) = digest_of(ds.digest_type) else { return false };
        let made = digest::digest(how, &[octets_of(zone), self.octets.clone()].concat());
        hex(made.as_ref()) == ds.digest
    }

    /// Whether the signature over the message is by this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = &self.octets[4..];
        match self.algorithm {
            5 | 7 => rsa(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, key, message, signature),
            8 => rsa(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key, message, signature),
            10 => rsa(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, key, message, signature),
            13 => curve(&signature::ECDSA_P256_SHA256_FIXED, &point(key), message, signature),
            14 => curve(&signature::ECDSA_P384_SHA384_FIXED, &point(key), message, signature),
            15 => curve(&signature::ED25519, key, message, signature),
            _ => false,
        }
    }
}

/// Whether signatures of this algorithm can be checked here: RSA with SHA-1, SHA-256 and SHA-512, ECDSA
/// P-256 and P-384, Ed25519. All that is in use, save for Ed448.
pub(super) fn is_known(algorithm: u8) -> bool {
    matches!(algorithm, 5 | 7 | 8 | 10 | 13 | 14 | 15)
}

/// Whether digests of this type can be checked here (1, 2 and 4).
pub(super) fn is_known_digest(digest_type: u8) -> bool {
    digest_of(digest_type).is_some()
}

fn digest_of(digest_type: u8) -> Option<&'static digest::Algorithm> {
    match digest_type {
        1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        2 => Some(&digest::SHA256),
        4 => Some(&digest::SHA384),
        _ => None,
    }
}

/// RFC 4034, appendix B.
pub(super) fn tag(octets: &[u8]) -> u16 {
    let pairs = octets.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let sum: u32 = pairs.sum();
    (sum.wrapping_add(sum >> 16) & 0xffff) as u16
}

/// Lower-case hexadecimal.
pub(in super::super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// RFC 3110, section 2: the exponent with its length before it, then the modulus.
fn rsa(how: &signature::RsaParameters, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let split = match *key {
        [0, high, low, ..] => key[3..].split_at_checked(usize::from(u16::from_be_bytes([high, low]))),
        [length, ..] => key[1..].split_at_checked(usize::from(length)),
        [] => None,
    };
    let Some((e, n)) = split else { return false };
    RsaPublicKeyComponents { n: unpadded(n), e: unpadded(e) }.verify(how, message, signature).is_ok()
}

/// Without zeros before the number, which the library does not take.
fn unpadded(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    &number[zeros..]
}

fn curve(
    how: &'static dyn signature::VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(how, key).verify(message, signature).is_ok()
}

/// RFC 6605, section 4 leaves out the octet that says "uncompressed".
fn point(key: &[u8]) -> Vec<u8> {
    [&[4], key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    /// The first key of RFC 8080, section 6.1.
    #[test]
    fn a_key_of_the_standard() {
        let public =
            "97 4d 96 a2 2d 22 4b c0 1a db 91 50 91 47 7d 44 cc d9 1c 9a 41 a1 14 30 01 01 17 d5 2c 59 24 0e";
        let rdata = [vec![1, 1, 3, 15], octets(&public.replace(' ', ""))].concat();
        let key = Key::read(&rdata).unwrap();
        assert_eq!((key.tag, key.algorithm), (3613, 15));
        let digest = "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b".to_owned();
        let ds = Ds { key_tag: 3613, algorithm: 15, digest_type: 2, digest };
        let zone = Name::parse("example.com").unwrap();
        assert!(key.fits(&ds, &zone));
        assert!(!key.fits(&ds, &Name::parse("example.org").unwrap()));
        assert!(!key.fits(&Ds { key_tag: 3614, ..ds.clone() }, &zone));
        assert!(!key.fits(&Ds { digest_type: 3, ..ds }, &zone));
        assert!(!key.verifies(b"", &[0; 64]));
    }

    #[test]
    fn what_is_no_zone_key_is_none() {
        let key = |flags: [u8; 2], protocol| Key::read(&[flags[0], flags[1], protocol, 13, 1]);
        assert!(key([1, 0], 3).is_some() && key([1, 1], 3).is_some());
        assert!(key([0, 1], 3).is_none(), "not for zones");
        assert!(key([1, 0x81], 3).is_none(), "revoked");
        assert!(key([1, 0], 2).is_none(), "another protocol");
        assert!(Key::read(&[1, 0, 3]).is_none());
    }

    #[test]
    fn torn_keys_verify_nothing() {
        for algorithm in 0..=255 {
            for key in [&[][..], &[0], &[0, 1], &[0, 0, 9], &[5, 1], &[1, 3, 0, 0], &[3, 1, 0, 1, 0xff]] {
                let key = Key::read(&[&[1, 0, 3, algorithm], key].concat()).unwrap();
                assert!(!key.verifies(b"message", b"signature"));
            }
        }
    }
}
