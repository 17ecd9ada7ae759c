//! One set of CAA records, read exactly as boulder reads it (`va/caa.go`, `filterCAA`, `validateCAA`,
//! `parseCAARecord`; RFC 8659, RFC 8657), for a name that is no wildcard and HTTP-01.

use crate::model::{CaaFault, CaaRecord};

pub(in crate::engine) use super::climb::life;
pub(super) use super::climb::permits;

/// The CA's name in CAA records. Compared byte for byte.
const ISSUER: &str = "letsencrypt.org";
/// The way of validation that a panel uses.
const METHOD: &str = "http-01";
/// Accounts have one number and two spellings of their URI, of which the older one still counts.
const ACCOUNTS: [&str; 2] =
    ["https://acme-v02.api.letsencrypt.org/acme/acct/", "https://acme-v01.api.letsencrypt.org/acme/reg/"];

/// What a set of records says to the CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// It may issue.
    Allowed,
    /// It may issue for these accounts, and the user's is not known.
    OnlyFor(Vec<String>),
    /// It may not.
    Forbidden(CaaFault),
}

/// Reads one set; an empty one allows.
pub(super) fn read(records: &[CaaRecord], account: Option<&str>) -> Reading {
    let mut issue = Vec::new();
    for record in records {
        match record.tag.to_ascii_lowercase().as_str() {
            "issue" => issue.push(record.value.as_str()),
            "issuewild" | "iodef" => {}
            // Bit 1 is what many take for the critical bit, so boulder heeds it as well.
            _ if record.flags & (128 | 1) != 0 => {
                return Reading::Forbidden(CaaFault::Critical { tag: record.tag.clone() });
            }
            _ => {}
        }
    }
    if issue.is_empty() {
        return Reading::Allowed;
    }
    let mut only = Vec::new();
    let mut faults = Vec::new();
    for value in issue {
        match read_issue(value, account) {
            Reading::Allowed => return Reading::Allowed,
            Reading::OnlyFor(accounts) => only.extend(accounts),
            Reading::Forbidden(fault) => faults.push(fault),
        }
    }
    if only.is_empty() { Reading::Forbidden(worst(faults)) } else { Reading::OnlyFor(only) }
}

/// The fault that is closest to being right is the one to mend.
fn worst(faults: Vec<CaaFault>) -> CaaFault {
    let mut issuers = Vec::new();
    let mut first = None;
    for fault in faults {
        match fault {
            CaaFault::Others { issuers: more } => {
                issuers.extend(more.into_iter().filter(|issuer| !issuer.is_empty()));
            }
            CaaFault::Nobody => {}
            other => first = first.filter(|known| *known < other).or(Some(other)),
        }
    }
    issuers.sort();
    issuers.dedup();
    first.unwrap_or(if issuers.is_empty() { CaaFault::Nobody } else { CaaFault::Others { issuers } })
}

/// One `issue` record.
fn read_issue(value: &str, account: Option<&str>) -> Reading {
    let bytes = octets(value);
    let mut parts = bytes.split(|&octet| octet == b';');
    let issuer = trimmed(parts.next().unwrap_or_default());
    let parameters: Vec<&[u8]> = parts.collect();
    let forbidden = |fault| Reading::Forbidden(fault);
    if issuer != ISSUER.as_bytes() {
        return forbidden(if issuer.is_empty() && parameters.len() <= 1 {
            CaaFault::Nobody
        } else if is_near_miss(issuer) {
            CaaFault::NearMiss { value: value.to_owned() }
        } else {
            CaaFault::Others { issuers: vec![shown(issuer)] }
        });
    }
    let read = match read_parameters(&parameters) {
        Some(read) => read,
        None => return forbidden(CaaFault::Malformed { value: value.to_owned() }),
    };
    let values = |tag: &str| -> Vec<&[u8]> {
        read.iter().filter(|(name, _)| *name == tag.as_bytes()).map(|(_, value)| *value).collect()
    };
    for tag in ["accounturi", "validationmethods"] {
        if values(tag).len() > 1 {
            return forbidden(CaaFault::Twice { parameter: tag.to_owned() });
        }
    }
    if let Some(methods) = values("validationmethods").first().filter(|methods| !names_method(methods)) {
        return forbidden(CaaFault::Method { methods: shown(methods) });
    }
    match values("accounturi").first() {
        None => Reading::Allowed,
        Some(wanted) => read_account(&shown(wanted), account),
    }
}

fn read_account(wanted: &str, account: Option<&str>) -> Reading {
    let number = |uri: &str| {
        let number = ACCOUNTS.iter().find_map(|prefix| uri.strip_prefix(prefix)).map(str::to_owned);
        number.filter(|number| !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit()))
    };
    let allowed = match account {
        Some(account) => wanted == account || (number(wanted).is_some() && number(wanted) == number(account)),
        None if number(wanted).is_some() => return Reading::OnlyFor(vec![wanted.to_owned()]),
        None => false,
    };
    if allowed {
        Reading::Allowed
    } else {
        Reading::Forbidden(CaaFault::Account { account: wanted.to_owned() })
    }
}

/// The parameters, or none if one of them voids the record. A lone semicolon is none.
fn read_parameters<'a>(parameters: &[&'a [u8]]) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    if let [only] = parameters
        && trimmed(only).is_empty()
    {
        return Some(Vec::new());
    }
    let mut read = Vec::new();
    for parameter in parameters {
        let equals = parameter.iter().position(|&octet| octet == b'=')?;
        let (tag, value) = (trimmed(&parameter[..equals]), trimmed(&parameter[equals + 1..]));
        let sound = tag.iter().all(u8::is_ascii_alphanumeric) && value.iter().all(u8::is_ascii_graphic);
        if !sound {
            return None;
        }
        read.push((tag, value));
    }
    Some(read)
}

/// Whether HTTP-01 is among the ways, before anything that is no name of one.
fn names_method(methods: &[u8]) -> bool {
    for method in methods.split(|&octet| octet == b',') {
        let sound = !method.is_empty() && method.iter().all(|o| o.is_ascii_alphanumeric() || *o == b'-');
        if !sound {
            return false;
        }
        if method == METHOD.as_bytes() {
            return true;
        }
    }
    false
}

/// Upper case, quotes inside the value, another ending: meant for this CA, and not.
fn is_near_miss(issuer: &[u8]) -> bool {
    let text: String = String::from_utf8_lossy(issuer).to_ascii_lowercase();
    text.contains("letsencrypt") || text.contains("lets-encrypt") || text.contains("let's encrypt")
}

fn trimmed(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}

/// The value off its presentation form: `\DDD` is one octet (RFC 1035, section 5.1).
fn octets(value: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
        if let (b'\\', Some(octet)) = (first, code) {
            out.push(octet);
            rest = &tail[3..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

/// Back in presentation form, for people.
fn shown(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        match octet {
            b'\\' | 0..=0x1f | 0x7f.. => text.push_str(&format!("\\{octet:03}")),
            plain => text.push(char::from(plain)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(value: &str) -> CaaRecord {
        CaaRecord { flags: 0, tag: "issue".to_owned(), value: value.to_owned() }
    }

    fn fault(value: &str) -> Option<CaaFault> {
        match read(&[issue(value)], None) {
            Reading::Forbidden(fault) => Some(fault),
            Reading::Allowed => None,
            Reading::OnlyFor(accounts) => panic!("{value}: only {accounts:?}"),
        }
    }

    #[test]
    fn values_that_let_the_ca_issue() {
        for value in [
            "letsencrypt.org",
            "letsencrypt.org;",
            " letsencrypt.org ; ",
            "\tletsencrypt.org\t;\t",
            "letsencrypt.org; validationmethods=http-01",
            "letsencrypt.org;validationmethods=dns-01,http-01",
            "letsencrypt.org; validationmethods = http-01",
            "letsencrypt.org; foo=bar",
            "letsencrypt.org; =x",
            "letsencrypt.org; foo=a=b",
            "\\108etsencrypt.org",
        ] {
            assert_eq!(fault(value), None, "{value}");
        }
    }

    #[test]
    fn values_that_do_not() {
        let near = |value: &str| CaaFault::NearMiss { value: value.to_owned() };
        let malformed = |value: &str| CaaFault::Malformed { value: value.to_owned() };
        let others = |issuer: &str| CaaFault::Others { issuers: vec![issuer.to_owned()] };
        for (value, expected) in [
            (";", CaaFault::Nobody),
            ("", CaaFault::Nobody),
            ("LetsEncrypt.org", near("LetsEncrypt.org")),
            ("'letsencrypt.org'", near("'letsencrypt.org'")),
            ("\"letsencrypt.org\"", near("\"letsencrypt.org\"")),
            ("letsencrypt.com", near("letsencrypt.com")),
            ("letsencrypt.org.", near("letsencrypt.org.")),
            ("letsencrypt.org\\000", near("letsencrypt.org\\000")),
            ("letsencrypt.org http-01", near("letsencrypt.org http-01")),
            ("letsencrypt.org;foo", malformed("letsencrypt.org;foo")),
            ("letsencrypt.org;;", malformed("letsencrypt.org;;")),
            ("letsencrypt.org; a b=c", malformed("letsencrypt.org; a b=c")),
            ("letsencrypt.org; a=b c", malformed("letsencrypt.org; a=b c")),
            ("letsencrypt.org; a-b=c", malformed("letsencrypt.org; a-b=c")),
            ("letsencrypt.org; a=\\233", malformed("letsencrypt.org; a=\\233")),
            ("digicert.com", others("digicert.com")),
            ("digicert.com; a", others("digicert.com")),
        ] {
            assert_eq!(fault(value), Some(expected), "{value}");
        }
        let method = |methods: &str| Some(CaaFault::Method { methods: methods.to_owned() });
        let with = |methods: &str| fault(&format!("letsencrypt.org; validationmethods={methods}"));
        for methods in ["dns-01", "HTTP-01", "", "dns_01,http-01", ",http-01"] {
            assert_eq!(with(methods), method(methods), "{methods}");
        }
        for parameter in ["accounturi", "validationmethods"] {
            let twice = format!("letsencrypt.org; {parameter}=http-01; {parameter}=http-01");
            assert_eq!(fault(&twice), Some(CaaFault::Twice { parameter: parameter.to_owned() }));
        }
    }

    #[test]
    fn one_record_of_several_is_enough_but_for_a_critical_one() {
        let two = [issue("digicert.com"), issue("letsencrypt.org")];
        assert_eq!(read(&two, None), Reading::Allowed);
        let both = [issue("digicert.com"), issue("sectigo.com"), issue(";")];
        let issuers = vec!["digicert.com".to_owned(), "sectigo.com".to_owned()];
        assert_eq!(read(&both, None), Reading::Forbidden(CaaFault::Others { issuers }));
        let of = |flags, tag: &str, value: &str| CaaRecord { flags, tag: tag.into(), value: value.into() };
        for flags in [128, 1, 129, 255] {
            let set = [issue("letsencrypt.org"), of(flags, "tbs", "x")];
            let critical = CaaFault::Critical { tag: "tbs".to_owned() };
            assert_eq!(read(&set, None), Reading::Forbidden(critical), "{flags}");
        }
        for harmless in [of(0, "tbs", "x"), of(2, "tbs", "x"), of(128, "iodef", "x"), of(1, "IssueWild", ";")]
        {
            assert_eq!(read(std::slice::from_ref(&harmless), None), Reading::Allowed, "{harmless:?}");
        }
        let wild = [of(0, "issuewild", "letsencrypt.org"), of(0, "ISSUE", ";")];
        assert_eq!(read(&wild, None), Reading::Forbidden(CaaFault::Nobody));
    }

    #[test]
    fn accounts_are_compared_by_their_number() {
        let new = "https://acme-v02.api.letsencrypt.org/acme/acct/17";
        let old = "https://acme-v01.api.letsencrypt.org/acme/reg/17";
        let other = "https://acme-v02.api.letsencrypt.org/acme/acct/18";
        let set = |uri: &str| [issue(&format!("letsencrypt.org; accounturi={uri}"))];
        assert_eq!(read(&set(new), None), Reading::OnlyFor(vec![new.to_owned()]));
        for (wanted, has, allowed) in [
            (new, new, true),
            (old, new, true),
            (new, old, true),
            (other, new, false),
            ("https://ca.example/1", new, false),
        ] {
            let read = read(&set(wanted), Some(has));
            assert_eq!(read == Reading::Allowed, allowed, "{wanted} {has}");
        }
        let foreign = read(&set("https://ca.example/1"), None);
        assert!(matches!(foreign, Reading::Forbidden(CaaFault::Account { .. })), "{foreign:?}");
    }
}
