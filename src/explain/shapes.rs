//! Error texts that are told apart by what stands in them: a code, an address, a reason.

use std::net::IpAddr;

use crate::model::{Class, Timestamp};

use super::captures::{self, Url, address_before, name_after, name_until, quoted, quoted_before};
use super::dense::{Dense, Gap};

/// Bytes of a web page that the CA quotes at most (boulder `maxResponseSize`), with some for escapes.
const LONGEST_BODY: usize = 200;

/// A class that was found in a text.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) class: Class,
    pub(super) at: usize,
    pub(super) end: usize,
    /// Whether it counts only where nothing else is found.
    pub(super) weak: bool,
    /// The names that its words hold.
    pub(super) names: Vec<String>,
    /// What was looked up.
    pub(super) record: Option<String>,
    /// The status that the web server gave.
    pub(super) answer: Option<u16>,
    pub(super) address: Option<IpAddr>,
    pub(super) url: Option<Url>,
    pub(super) retry_after: Option<Timestamp>,
}

impl Hit {
    pub(super) fn new(class: Class, at: usize, end: usize) -> Hit {
        Hit {
            class,
            at,
            end,
            weak: false,
            names: Vec::new(),
            record: None,
            answer: None,
            address: None,
            url: None,
            retry_after: None,
        }
    }

    /// Up to where the text quotes what somebody else's server said: nothing in there is the CA's word.
    pub(super) fn foreign_until(&self, dense: &Dense) -> usize {
        if !matches!(
            self.class,
            Class::HttpBody
                | Class::HttpMismatch
                | Class::Dns01Incorrect
                | Class::AutosslContent
                | Class::TlsAlert
        ) {
            return self.end;
        }
        let order = dense.find(self.end, LONGEST_BODY, "(orderurl:");
        order.unwrap_or(self.end + LONGEST_BODY).min(dense.len())
    }
}

/// A mark whose meaning depends on what follows it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// `DNS problem:`
    DnsProblem,
    /// `Invalid response from`
    InvalidResponse,
    /// `… is invalid!`
    IsInvalid,
    /// `… is expired`
    IsExpired,
    /// `Account "…" not found`
    NotFound,
    /// `challenge type "…" no longer allowed`
    NoLongerAllowed,
}

pub(super) const SHAPES: [(&str, Shape); 6] = [
    ("DNS problem:", Shape::DnsProblem),
    ("Invalid response from", Shape::InvalidResponse),
    ("is invalid!", Shape::IsInvalid),
    ("is expired", Shape::IsExpired),
    ("\" not found", Shape::NotFound),
    ("\" no longer allowed", Shape::NoLongerAllowed),
];

/// Reads a shape whose mark stands from `at` to `end`. `known` are names that the text gave before.
pub(super) fn shape(dense: &Dense, shape: Shape, at: usize, end: usize, known: &[String]) -> Option<Hit> {
    match shape {
        Shape::DnsProblem => dns_problem(dense, at, end, known),
        Shape::InvalidResponse => invalid_response(dense, at, end),
        Shape::IsInvalid => {
            // `Auth NAME is invalid!`, `Challenge for auth NAME is invalid!`
            let from = at.saturating_sub(265);
            let fits = |start: &usize| name_until(dense, start + 4, &["isinvalid!"]).is_some();
            let start = (from..at).filter(|start| dense.starts(*start, "auth")).find(fits)?;
            let name = name_until(dense, start + 4, &["isinvalid!"])?;
            Some(Hit { names: vec![name], ..Hit::new(Class::AuthzInvalidClient, start, end) })
        }
        Shape::IsExpired => {
            let digits = dense.text[..at].iter().rev().take(24).take_while(|b| b.is_ascii_digit()).count();
            let order = digits > 0 && dense.ends(at - digits, "order");
            order.then(|| Hit::new(Class::AuthzExpired, at - digits - 5, end))
        }
        Shape::NotFound => {
            let start = dense
                .rfind(at, 120, "account\"")
                .filter(|start| !dense.slice(start + 8, at).contains('"'))?;
            Some(Hit::new(Class::ClientAccount, start, end))
        }
        Shape::NoLongerAllowed => {
            let start = dense.rfind(at, 60, "challengetype\"")?;
            Some(Hit::new(Class::ClientChallenge, start, end))
        }
    }
}

fn dns_problem(dense: &Dense, at: usize, end: usize, known: &[String]) -> Option<Hit> {
    const LONGEST_REASON: usize = 40;
    let fixed = [
        ("nxdomain", Class::DnsNxdomain),
        ("servfail", Class::DnsServfail),
        ("querytimedout", Class::DnsTimeout),
        ("networkingerror", Class::DnsNet),
        ("serverfailureatresolver", Class::DnsResolver),
        ("responsewastruncated", Class::DnsTruncated),
    ];
    let known_reason = fixed.iter().find(|(text, _)| dense.starts(end, text)).map(|(_, class)| *class);
    let Some(looking) = dense.find(end, LONGEST_REASON, "lookingup") else {
        return known_reason.map(|class| Hit::new(class, at, end));
    };
    let subject = looking + "lookingup".len();
    let (record, from) = record(dense, subject)?;
    let explained = looking == end;
    let class = match known_reason {
        Some(class) => class,
        None if explained => reason(dense, from),
        None => {
            let code = &dense.text[end..looking];
            let plain = (4..=16).contains(&code.len()) && code.iter().all(u8::is_ascii_alphanumeric);
            plain.then_some(Class::DnsRcode)?
        }
    };
    let name = match explained {
        true => name_until(dense, from, &[":"]).or_else(|| name_after(dense, from, known)),
        false => name_after(dense, from, known),
    };
    let end = from + name.as_ref().map_or(0, String::len);
    Some(Hit { names: name.into_iter().collect(), record, ..Hit::new(class, at, end) })
}

/// The type of record in `A for NAME`, and where the name begins.
fn record(dense: &Dense, at: usize) -> Option<(Option<String>, usize)> {
    const LONGEST_TYPE: usize = 16;
    let upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let length = dense.text.get(at..)?.iter().take(LONGEST_TYPE).take_while(|b| upper(b)).count();
    if length > 0 && dense.starts(at + length, "for") {
        return Some((Some(dense.slice(at, at + length).into_owned()), at + length + 3));
    }
    // Somebody has changed the case.
    let after = dense.find(at, LONGEST_TYPE, "for")?;
    Some((Some(dense.slice(at, after).to_uppercase()), after + 3))
}

/// The class of `DNS problem: looking up A for NAME: REASON` (RFC 8914's extended errors).
fn reason(dense: &Dense, name: usize) -> Class {
    const LONGEST_NAME: usize = 256;
    let Some(colon) = dense.find(name, LONGEST_NAME, ":") else { return Class::DnsEde };
    let reasons = [
        ("dnssec:dnskeymissing", Class::DnssecDnskeyMissing),
        ("dnssec:bogus", Class::DnssecBogus),
        ("dnssec:signatureexpired", Class::DnssecSigExpired),
        ("dnssec:signaturenotyetvalid", Class::DnssecSigFuture),
        ("dnssec:rrsigsmissing", Class::DnssecRrsigMissing),
        ("dnssec:nsecmissing", Class::DnssecNsecMissing),
        ("dnssec:", Class::DnssecOther),
        ("noreachableauthority", Class::DnsUnreachable),
        ("networkerrorbetweenresolverandauthority", Class::DnsUnreachable),
    ];
    let found = reasons.iter().find(|(text, _)| dense.starts(colon + 1, text));
    found.map_or(Class::DnsEde, |(_, class)| *class)
}

/// `ADDRESS: Invalid response from URL: CODE`, before 2022 `Invalid response from URL [ADDRESS]: CODE`; in
/// place of the code the beginning of a page in quotes.
fn invalid_response(dense: &Dense, at: usize, end: usize) -> Option<Hit> {
    const LONGEST_MASK: usize = 60;
    let url = captures::url(dense, end);
    let mut next = url.as_ref().map_or(end, |url| url.end);
    let mut address = at.checked_sub(1).and_then(|colon| address_before(dense, colon));
    if dense.text.get(next) == Some(&b'[')
        && let Some(close) = dense.find(next, LONGEST_MASK, "]")
    {
        address = address.or_else(|| dense.slice(next + 1, close).parse().ok());
        next = close + 1;
    }
    if dense.text.get(next) != Some(&b':') {
        return None;
    }
    let hit = |class, answer| Hit { answer, address, url: url.clone(), ..Hit::new(class, at, next + 4) };
    if matches!(dense.text.get(next + 1), Some(b'"' | b'\'' | b'<')) {
        return Some(hit(Class::HttpBody, None));
    }
    let code = dense.three_digits(next + 1)?;
    let class = match code {
        404 | 410 => Class::Http404,
        401 | 403 | 406 | 451 => Class::Http40xAuth,
        520..=527 | 530 => Class::HttpCdn52x,
        500.. => Class::Http5xx,
        300..400 => Class::Http3xx,
        400..500 => Class::Http4xx,
        _ => Class::Http2xx,
    };
    Some(hit(class, Some(code)))
}

/// Whether the words of a class stand where they belong, and what they hold beside themselves.
pub(super) fn plain(dense: &Dense, class: Class, at: usize, end: usize, known: &[String]) -> Option<Hit> {
    let mut hit = Hit::new(class, at, end);
    let after = |from: usize| name_after(dense, from, known);
    let quotes = |from: usize| quoted(dense, from, 260).map(|(name, _)| name.to_lowercase());
    let mut names: Vec<String> = Vec::new();
    match class {
        // "The server could not connect to the client" is the type's own sentence.
        Class::NetConnectOld if dense.starts(end, "theclient") => return None,
        Class::DnsNodata | Class::NetConnectOld => {
            names.extend(after(end));
            hit.record = (class == Class::DnsNodata)
                .then(|| if dense.find(at, 20, "aaaa").is_some() { "AAAA" } else { "A" }.to_owned());
        }
        Class::Dns01Missing => names.extend(after(end).map(without_label)),
        Class::Dns01Incorrect => {
            let from = dense.find(end, 400, "foundat").map(|found| found + 7);
            names.extend(from.and_then(after).map(without_label));
        }
        Class::CaaForbids => {
            hit.at = dense.rfind(at, 280, "caarecordfor")?;
            names.extend(name_until(dense, hit.at + 12, &["preventsissuance"]));
            hit.record = Some("CAA".to_owned());
        }
        Class::CaaMulti => {
            let from = dense.rfind(at, 320, "recheckingcaafor")?;
            names.extend(quotes(from + 16));
            hit.at = from;
        }
        Class::RatePaused | Class::RateFailures | Class::RatePerdomain | Class::RateDuplicate => {
            names = limited(dense, &mut hit, known)?;
        }
        Class::PanelMkdir => hit.at = dense.rfind(at, 400, "unabletocreate")?,
        Class::PolicyRedundant => names.extend(quoted_before(dense, at, 260)),
        Class::AutosslNoip
        | Class::AutosslPrivate
        | Class::AutosslOtherhost
        | Class::AutosslHttp
        | Class::AutosslFetch
        | Class::AutosslContent
        | Class::PebbleStatus
        | Class::PebbleRefused => names.extend(beside_the_ca(dense, &mut hit)),
        Class::AlpnCert => {
            let from = dense.find(end, 20, "requested").map(|from| from + 9);
            names.extend(from.and_then(|from| name_until(dense, from, &["from"])));
        }
        _ => {
            // `Cannot issue for "NAME": …`
            let colon = at.checked_sub(1).filter(|colon| dense.text[*colon] == b':');
            let name = colon.and_then(|colon| quoted_before(dense, colon, 260));
            names.extend(name.filter(|_| class.code().starts_with("policy.")));
        }
    }
    names.retain(|name| !name.is_empty());
    names.truncate(100);
    hit.names = names;
    if class.code().starts_with("rate.") {
        hit.retry_after = retry_after(dense, hit.at, end);
    }
    if hit.address.is_none() && dense.text.get(hit.at.wrapping_sub(1)) == Some(&b':') {
        hit.address = address_before(dense, hit.at - 1);
    }
    Some(hit)
}

/// The names that a limit is about. Nothing for words that other programs use too.
fn limited(dense: &Dense, hit: &mut Hit, known: &[String]) -> Option<Vec<String>> {
    let (at, end, class) = (hit.at, hit.end, hit.class);
    let quotes = |from: usize| quoted(dense, from, 260).map(|(name, _)| name.to_lowercase());
    let mut names: Vec<String> = Vec::new();
    match class {
        Class::RatePaused => {
            let until = dense.find(end, 2000, "andpossiblyothers").unwrap_or(end);
            names.extend(dense.slice(end, until).split([',', '"']).map(str::to_lowercase));
        }
        Class::RateFailures => {
            names.extend(dense.find(end, 12, "for\"").and_then(|from| quotes(from + 3)));
        }
        Class::RatePerdomain | Class::RateDuplicate => {
            hit.at = dense.rfind(at, 60, "toomanycertificates")?;
            let from = match class {
                Class::RateDuplicate => dense.find(end, 60, ":").map(|colon| colon + 1),
                _ => Some(end + usize::from(dense.starts(end, ":"))),
            };
            names.extend(from.and_then(|from| quotes(from).or_else(|| name_after(dense, from, known))));
            names.retain(|name| name.contains('.'));
        }
        _ => {}
    }
    Some(names)
}

/// What the words of AutoSSL and of Pebble hold beside themselves; gives the name, if it is among it.
fn beside_the_ca(dense: &Dense, hit: &mut Hit) -> Option<String> {
    let (at, end) = (hit.at, hit.end);
    match hit.class {
        Class::AutosslNoip | Class::AutosslPrivate => return quoted_before(dense, at, 260),
        Class::AutosslOtherhost => {
            hit.address = quoted_before(dense, at, 60).and_then(|text| text.parse().ok());
            let from = dense.rfind(at, 400, "resolvedtoanipaddress");
            return from.and_then(|from| quoted_before(dense, from, 260));
        }
        Class::AutosslHttp => {
            hit.answer = dense.find(end, 6, ":").and_then(|colon| dense.three_digits(colon + 1));
            let from = dense.rfind(at, 1200, "temporaryfileat\"");
            hit.url = from.and_then(|from| captures::url(dense, from + 16));
        }
        Class::AutosslFetch | Class::AutosslContent => {
            let from = dense.find(end, 90, "http");
            hit.url = from.and_then(|from| captures::url(dense, from));
        }
        Class::PebbleStatus => {
            hit.url = dense.find(end, 4, "http").and_then(|from| captures::url(dense, from));
            let from = dense.find(end, 600, "returned").map(|from| from + 8);
            hit.answer = from.and_then(|from| dense.three_digits(from));
        }
        Class::PebbleRefused => hit.address = dialled(dense, at),
        _ => {}
    }
    None
}

fn without_label(name: String) -> String {
    name.strip_prefix("_acme-challenge.").map(str::to_owned).unwrap_or(name)
}

/// The address of `dial tcp ADDRESS:80: connect: connection refused`.
fn dialled(dense: &Dense, at: usize) -> Option<IpAddr> {
    let from = dense.rfind(at, 80, "dialtcp")? + 7;
    let place = dense.slice(from, at.saturating_sub(1));
    let address = |text: &str| text.trim_matches(['[', ']', ':']).parse().ok();
    address(&place).or_else(|| place.rsplit_once(':').and_then(|(host, _)| address(host)))
}

/// `retry after 2024-10-22 09:58:19 UTC`, in the same sentence.
fn retry_after(dense: &Dense, at: usize, end: usize) -> Option<Timestamp> {
    const SENTENCE: usize = 500;
    let words = dense.find(end, SENTENCE, "retryafter")?;
    let blank = (at + 1..words).any(|i| dense.gap(i) == Gap::Blank);
    if blank || words + 10 >= dense.len() {
        return None;
    }
    captures::time_at(dense, words + 10)?.1
}
