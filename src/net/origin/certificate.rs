//! The names in a certificate and the end of its time, read without judging anything: a few steps through
//! its DER (X.690; RFC 5280, section 4.1). A certificate that is odd anywhere on the way gives nothing.

use crate::model::{CertificateSeen, Name, Timestamp};

/// Names that are kept.
const MOST_NAMES: usize = 10;

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const BOOLEAN: u8 = 0x01;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`: the version.
const VERSION: u8 = 0xa0;
/// `[3]`: the extensions.
const EXTENSIONS: u8 = 0xa3;
/// `[2]` in a GeneralName: a DNS name.
const DNS_NAME: u8 = 0x82;
/// 2.5.29.17, subjectAltName.
const SUBJECT_ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];

/// Reads a certificate; none when it is none.
pub(super) fn read(der: &[u8]) -> Option<CertificateSeen> {
    let mut certificate = Der(Der(der).expect_tag(SEQUENCE)?);
    let mut tbs = Der(certificate.expect_tag(SEQUENCE)?);
    tbs.optional(VERSION);
    tbs.next()?; // serial number
    tbs.next()?; // signature algorithm
    tbs.next()?; // issuer
    let mut validity = Der(tbs.expect_tag(SEQUENCE)?);
    validity.next()?;
    let until = time(validity.next()?)?;
    tbs.next()?; // subject
    tbs.next()?; // key
    let mut names = Vec::new();
    for (tag, value) in tbs {
        if tag == EXTENSIONS {
            names = Der(Der(value).expect_tag(SEQUENCE)?).find_map(alternative_names).unwrap_or_default();
        }
    }
    Some(CertificateSeen { names, until })
}

/// The DNS names of one extension, if it is the one that has them.
fn alternative_names((_, extension): (u8, &[u8])) -> Option<Vec<String>> {
    let mut fields = Der(extension);
    if fields.expect_tag(OBJECT_ID)? != SUBJECT_ALT_NAME {
        return None;
    }
    fields.optional(BOOLEAN);
    let general = Der(Der(fields.expect_tag(OCTET_STRING)?).expect_tag(SEQUENCE)?);
    let names = general.filter(|(tag, _)| *tag == DNS_NAME).filter_map(|(_, octets)| {
        let name = Name::parse(std::str::from_utf8(octets).ok()?).ok()?;
        Some(name.to_string())
    });
    Some(names.take(MOST_NAMES).collect())
}

/// `YYMMDDHHMMSSZ`, where 50 is 1950, or `YYYYMMDDHHMMSSZ` (RFC 5280, section 4.1.2.5).
fn time((tag, octets): (u8, &[u8])) -> Option<Timestamp> {
    let digits = std::str::from_utf8(octets).ok()?.strip_suffix('Z')?;
    let full = match tag {
        UTC_TIME if digits.len() == 12 => format!("{}{digits}", if digits < "50" { "20" } else { "19" }),
        GENERALIZED_TIME if digits.len() == 14 => digits.to_owned(),
        _ => return None,
    };
    if !full.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| full.get(from..to)?.parse::<i8>().ok();
    let year = full.get(..4)?.parse::<i16>().ok()?;
    let at = jiff::civil::DateTime::new(
        year,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?,
        0,
    );
    let at = at.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_secs(at.timestamp().as_second()))
}

/// The values in a piece of DER, one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value, if it has this tag.
    fn expect_tag(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// Passes over the next value if it has this tag.
    fn optional(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], mut rest) = self.0.split_first_chunk::<2>()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let octets = usize::from(first & 0x7f);
            // No certificate is longer than three octets of length can say.
            if octets == 0 || octets > 3 {
                return None;
            }
            let (value, after) = rest.split_at_checked(octets)?;
            length = value.iter().fold(0, |all, &octet| all << 8 | usize::from(octet));
            rest = after;
        }
        let (value, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((tag, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &[u8] = include_bytes!("../tests/tls/server.der");

    #[test]
    fn names_and_end_are_read() {
        let seen = read(SERVER).unwrap();
        assert_eq!(seen.names, ["dns.test"]);
        assert_eq!(seen.until.to_string(), "2120-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_root_has_no_names() {
        let seen = read(include_bytes!("../tests/tls/root.der")).unwrap();
        assert_eq!(seen.names, Vec::<String>::new());
    }

    #[test]
    fn a_piece_of_one_gives_nothing_and_breaks_nothing() {
        for end in 0..SERVER.len() {
            assert_eq!(read(&SERVER[..end]), None, "{end}");
        }
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_read(at in 0..SERVER.len(), octet: u8, tail: Vec<u8>) {
            let mut der = SERVER.to_vec();
            der[at] = octet;
            der.extend(tail);
            if let Some(seen) = read(&der) {
                assert!(seen.names.len() <= MOST_NAMES);
            }
        }
    }
}
