//! What stands in a text beside its words: names, addresses, URLs, times.

use std::net::IpAddr;

use crate::model::{Name, Timestamp};

use super::dense::{Dense, Gap};

/// Bytes of a name at most (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 255;
/// Bytes of a URL that are looked at.
const LONGEST_URL: usize = 600;

/// A URL that the CA fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) text: String,
    pub(super) host: String,
    pub(super) secure: bool,
    pub(super) path: String,
    /// Where the text goes on behind it.
    pub(super) end: usize,
}

impl Url {
    /// Whether it cannot be the place that the CA asks first (RFC 8555, section 8.3).
    pub(super) fn is_elsewhere(&self) -> bool {
        self.secure || !self.path.starts_with("/.well-known/acme-challenge/")
    }
}

/// Whether a name may hold it; placeholders that people write and names beyond ASCII among it.
fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'*') || byte >= 0x80
}

/// Whether it looks like a whole name: two labels or more, the last one such as a top-level domain has.
fn is_whole(name: &str) -> bool {
    let Some((front, last)) = name.trim_end_matches('.').rsplit_once('.') else { return false };
    let letters = last.chars().all(char::is_alphabetic) && (2..=14).contains(&last.chars().count());
    !front.is_empty() && !front.ends_with('.') && (letters || last.starts_with("xn--"))
}

/// The name that begins at `at`. Where a line ends inside it, `known` names and what a name looks like tell
/// whether it goes on.
pub(super) fn name_after(dense: &Dense, at: usize, known: &[String]) -> Option<String> {
    for name in known {
        if !name.is_empty() && dense.starts(at, name) {
            let next = at + name.len();
            let goes_on = dense.gap(next) == Gap::None && dense.text.get(next).copied().is_some_and(in_name);
            if !goes_on || tail(dense, next) {
                return Some(name.clone());
            }
        }
    }
    let mut end = at;
    while end < dense.len() && end - at <= LONGEST_NAME && in_name(dense.text[end]) {
        if end > at && (tail(dense, end) || is_over(dense, at, end)) {
            break;
        }
        end += 1;
    }
    let name = dense.slice(at, end);
    let name = name.trim_matches(['.', '-']);
    (!name.is_empty()).then(|| name.to_lowercase())
}

/// Whether a sentence goes on where a name may have ended: " - check that …", " - the domain's …".
fn tail(dense: &Dense, at: usize) -> bool {
    dense.starts(at, "-checkthat") || dense.starts(at, "-thedomain")
}

/// Whether the name that began at `at` ends before `end`, as far as what stood there tells.
fn is_over(dense: &Dense, at: usize, end: usize) -> bool {
    let dot = dense.text[end] == b'.' && dense.gap(end + 1) == Gap::None;
    let left = || dense.slice(at, end).into_owned();
    match dense.gap(end) {
        Gap::None => false,
        Gap::Space => !dot,
        Gap::Line => !dot && is_whole(&left()),
        Gap::Cut => {
            let rest = dense.text[end..].iter().take(LONGEST_NAME).take_while(|b| in_name(**b)).count();
            is_whole(&left()) && !is_whole(&dense.slice(at, end + rest))
        }
        Gap::Blank => true,
    }
}

/// The name between `at` and the first of `ends`, whatever white space was in it.
pub(super) fn name_until(dense: &Dense, at: usize, ends: &[&str]) -> Option<String> {
    let mut end = at;
    while end < dense.len() && end - at <= LONGEST_NAME && in_name(dense.text[end]) {
        if ends.iter().any(|mark| dense.starts(end, mark)) {
            break;
        }
        end += 1;
    }
    let closed = ends.iter().any(|mark| dense.starts(end, mark));
    (closed && end > at).then(|| dense.slice(at, end).trim_matches('.').to_lowercase())
}

/// Where the name that ends at `end` begins: at the last white space, unless what follows that is no name.
pub(super) fn name_before(dense: &Dense, end: usize) -> usize {
    let mut at = end;
    while at > 0 && end - at < LONGEST_NAME && in_name(dense.text[at - 1]) {
        at -= 1;
        if dense.gap(at) >= Gap::Space && is_whole(&dense.slice(at, end)) {
            break;
        }
    }
    at
}

/// What stands in quotes at `at`, at most `most` bytes of it.
pub(super) fn quoted(dense: &Dense, at: usize, most: usize) -> Option<(String, usize)> {
    let quote = dense.text.get(at).copied().filter(|b| matches!(b, b'"' | b'\''))?;
    let inside = dense.text[at + 1..].iter().take(most).position(|b| *b == quote)?;
    Some((dense.slice(at + 1, at + 1 + inside).into_owned(), at + inside + 2))
}

/// What stands in quotes just before `end`.
pub(super) fn quoted_before(dense: &Dense, end: usize, most: usize) -> Option<String> {
    let last = end.checked_sub(1)?;
    let quote = dense.text.get(last).copied().filter(|b| matches!(b, b'"' | b'\''))?;
    let from = last.saturating_sub(most);
    let open = dense.text[from..last].iter().rposition(|b| *b == quote)?;
    Some(dense.slice(from + open + 1, last).into_owned())
}

/// The address that ends just before the colon at `colon`.
pub(super) fn address_before(dense: &Dense, colon: usize) -> Option<IpAddr> {
    const LONGEST: usize = 45;
    if dense.text.get(colon) != Some(&b':') {
        return None;
    }
    let mut at = colon;
    let mut starts = Vec::new();
    while at > 0
        && colon - at < LONGEST
        && matches!(dense.text[at - 1], b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b':' | b'.')
    {
        at -= 1;
        if dense.gap(at) != Gap::None {
            starts.push((dense.gap(at), at));
        }
    }
    // A space is a surer beginning than the end of a line, and any of them than a character that is none of
    // an address.
    starts.sort_by_key(|(gap, at)| (*gap != Gap::Space, std::cmp::Reverse(*at)));
    let whole = dense.slice(at, colon);
    let four: String = whole.rsplit(':').next().unwrap_or_default().to_owned();
    if let Ok(v4) = four.parse::<std::net::Ipv4Addr>() {
        return Some(IpAddr::V4(v4));
    }
    let trimmed = at + usize::from(whole.starts_with(':') && !whole.starts_with("::"));
    let candidates = starts.iter().map(|(_, start)| *start).chain([at, trimmed]);
    candidates.filter_map(|start| dense.slice(start, colon).parse().ok()).next()
}

/// The URL that begins at `at`. It ends at white space only as a last resort: a line may end anywhere in it.
pub(super) fn url(dense: &Dense, at: usize) -> Option<Url> {
    let secure = dense.starts(at, "https://");
    if !secure && !dense.starts(at, "http://") {
        return None;
    }
    let from = at + if secure { 8 } else { 7 };
    let limit = dense.len().min(at + LONGEST_URL);
    let mut end = from;
    if dense.text.get(end) == Some(&b'[') {
        end += dense.text[end..limit.max(end)].iter().position(|b| *b == b']').map_or(0, |n| n + 1);
    }
    let stops = |b: u8| matches!(b, b'[' | b']' | b'"' | b'\'' | b'<' | b'>' | b'(' | b')' | b',' | b'\\');
    while end < limit && !stops(dense.text[end]) && !matches!(dense.text[end], b'/' | b':' | b'?' | b'#') {
        end += 1;
    }
    let host = dense.slice(from, end).trim_matches(['[', ']', '.']).to_lowercase();
    let digits =
        dense.text.get(end + 1..limit).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    if dense.text.get(end) == Some(&b':') && digits > 0 && dense.text.get(end + 1 + digits) == Some(&b'/') {
        end += 1 + digits;
    }
    let path = end;
    // A token in angle brackets stands for one that somebody took out.
    while end < limit
        && dense.text[end] != b':'
        && (!stops(dense.text[end]) || matches!(dense.text[end], b'<' | b'>' | b','))
    {
        end += 1;
    }
    let text = dense.slice(at, end).into_owned();
    Some(Url { text, host, secure, path: dense.slice(path, end).into_owned(), end })
}

/// The last time that stands in the `window` bytes before `until`, as it is written and, if it has a zone, as
/// an instant.
pub(super) fn stamp(dense: &Dense, from: usize, until: usize) -> Option<(String, Option<Timestamp>)> {
    let mut at = until;
    while at > from {
        at -= 1;
        if dense.gap(at) == Gap::Blank && at + 1 < until {
            return None;
        }
        if let Some((end, instant)) = time_at(dense, at) {
            return Some((dense.slice(at, end).into_owned(), instant));
        }
    }
    None
}

/// The time that begins at `at`, and where it ends.
pub(super) fn time_at(dense: &Dense, at: usize) -> Option<(usize, Option<Timestamp>)> {
    if dense.text[at] == b'"' && dense.starts(at, "\"ts\":") {
        return unix(dense, at + 5);
    }
    if !dense.text[at].is_ascii_digit()
        || (at > 0 && dense.text[at - 1].is_ascii_digit() && dense.gap(at) == Gap::None)
    {
        return None;
    }
    let text = dense.text.get(at..(at + 40).min(dense.len()))?;
    let shape = b"dddd-dd-dd";
    let fits = |text: &[u8], shape: &[u8]| {
        text.len() >= shape.len()
            && text.iter().zip(shape).all(|(t, s)| match s {
                b'd' => t.is_ascii_digit(),
                b'-' => matches!(t, b'-' | b'/'),
                other => t == other,
            })
    };
    if !fits(text, shape) {
        return None;
    }
    let clock = 10 + usize::from(matches!(text.get(10), Some(b'T' | b't')));
    if !fits(text.get(clock..)?, b"dd:dd:dd") {
        return None;
    }
    let mut end = clock + 8;
    if matches!(text.get(end), Some(b'.' | b',')) && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1 + text[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    }
    let day = String::from_utf8_lossy(&text[..10]).replace('/', "-");
    let time = String::from_utf8_lossy(&text[clock..clock + 8]).into_owned();
    let rest = &text[end..];
    let zone = if rest.first().is_some_and(|b| b.eq_ignore_ascii_case(&b'z'))
        || rest.starts_with(b"UTC")
        || rest.starts_with(b"utc")
    {
        Some("Z".to_owned())
    } else if fits(rest, b"+dd:dd") || (rest.first() == Some(&b'-') && fits(rest, b"-dd:dd")) {
        Some(String::from_utf8_lossy(&rest[..6]).into_owned())
    } else {
        None
    };
    let instant = zone.and_then(|zone| format!("{day}T{time}{zone}").parse::<jiff::Timestamp>().ok());
    Some((at + end, instant.map(|instant| Timestamp::from_micros(instant.as_microsecond()))))
}

/// Seconds since 1970, as Caddy writes them.
fn unix(dense: &Dense, at: usize) -> Option<(usize, Option<Timestamp>)> {
    let digits = dense.text[at..].iter().take(12).take_while(|b| b.is_ascii_digit()).count();
    let seconds: i64 = dense.slice(at, at + digits).parse().ok()?;
    let plausible = (1_000_000_000..10_000_000_000).contains(&seconds);
    let fraction =
        dense.text[at + digits..].iter().take(10).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    plausible.then(|| (at + digits + fraction, Some(Timestamp::from_secs(seconds))))
}

/// A name as the model has it. Placeholders and other things that are no name are none.
pub(super) fn as_name(text: &str) -> Option<Name> {
    let name = Name::parse(text).ok()?;
    let numeric =
        name.as_str().rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    (name.as_str().contains('.') && !name.is_root() && !numeric && !name.as_str().contains('\\'))
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        let dense = Dense::new(text);
        name_after(&dense, 3, &[]).unwrap_or_default()
    }

    #[test]
    fn names_end_where_they_end() {
        assert_eq!(name("for a.example.com - check that a DNS"), "a.example.com");
        assert_eq!(name("for a.example.com- check that a DNS"), "a.example.com");
        assert_eq!(name("for a.example.com; DNS"), "a.example.com");
        assert_eq!(name("for a.example.com. Then"), "a.example.com");
        assert_eq!(name("for mail.shop.intern.exam\nple.com (x)"), "mail.shop.intern.example.com");
        assert_eq!(name("for a.example\n.com (x)"), "a.example.com");
        assert_eq!(name("for a.example.com\nprompt"), "a.example.com");
        assert_eq!(name("for a.example.com\n- check that"), "a.example.com");
    }

    #[test]
    fn addresses_stand_before_a_colon() {
        let before = |text: &str| {
            let dense = Dense::new(text);
            let colon = dense.find(0, 500, ":fetch").unwrap();
            address_before(&dense, colon).map(|a| a.to_string())
        };
        assert_eq!(before("unauthorized :: 1.1.1.1: Fetch"), Some("1.1.1.1".to_owned()));
        assert_eq!(before("unauthorized ::\n1.1.1.1: Fetch"), Some("1.1.1.1".to_owned()));
        assert_eq!(before("validation: 2a06:98c1:3121::1: Fetch"), Some("2a06:98c1:3121::1".to_owned()));
        assert_eq!(before("validation: 2a06:98c1:\n3121::1: Fetch"), Some("2a06:98c1:3121::1".to_owned()));
        assert_eq!(before("unauthorized :: 2a06:98c1:3121::1: Fetch"), Some("2a06:98c1:3121::1".to_owned()));
        assert_eq!(before("error: <PUBLIC_IP>: Fetch"), None);
        assert_eq!(before("138.*.0: Fetch"), None);
    }

    #[test]
    fn times_are_read_with_their_zone() {
        let at = |text: &str| stamp(&Dense::new(text), 0, Dense::new(text).len());
        let instant = |text: &str| at(text).and_then(|(_, at)| at).map(|at| at.to_string());
        assert_eq!(
            instant("retry after 2024-10-22 09:58:19 UTC:"),
            Some("2024-10-22T09:58:19.000Z".to_owned())
        );
        assert_eq!(instant("after 2024-06-04T14:00:00Z: see"), Some("2024-06-04T14:00:00.000Z".to_owned()));
        assert_eq!(instant("2024-06-04T14:00:00.123+02:00 x"), Some("2024-06-04T12:00:00.000Z".to_owned()));
        assert_eq!(instant("{\"ts\":1612956232.3977654,\"x\""), Some("2021-02-10T11:23:52.000Z".to_owned()));
        assert_eq!(at("2024/06/04 14:00:00 [INFO]"), Some(("2024/06/0414:00:00".to_owned(), None)));
        assert_eq!(at("no 12345 time"), None);
    }
}
