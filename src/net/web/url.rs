//! The URL in a `Location` header, read as the CA's client reads it (Go's `net/url`, `Parse` and
//! `ResolveReference`) and not as a browser would: a browser mends what makes the CA give up.

use std::fmt::{self, Write as _};

use crate::model::Name;

/// An absolute URL, in ASCII: whatever else was in it is percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::net) struct Url {
    /// In lower case.
    pub(in crate::net) scheme: String,
    /// What stands before the `@`. Read and never sent.
    user: Option<String>,
    /// Host and port as they were written, in lower case; empty where there is none.
    place: String,
    /// Percent-encoded; empty, or begins with a slash where there is a host.
    pub(super) path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl Url {
    /// The URL that a visit begins with.
    pub(super) fn first(name: &Name, port: Option<u16>, path: String) -> Self {
        let place = port.map_or_else(|| name.to_string(), |port| format!("{name}:{port}"));
        Url { scheme: "http".to_owned(), user: None, place, path, query: None, fragment: None }
    }

    /// Where a `Location` leads from here; none where it cannot be read (RFC 3986, section 5.2, with Go's
    /// strictness).
    pub(super) fn follow(&self, location: &[u8]) -> Option<Url> {
        if location.iter().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        let text = ascii(location);
        let (rest, fragment) = cut(&text, '#');
        if !fragment.is_none_or(well_escaped) {
            return None;
        }
        let fragment = fragment.filter(|f| !f.is_empty()).map(str::to_owned);
        let (scheme, rest) = scheme(rest)?;
        let (rest, query) = cut(rest, '?');
        let query = query.map(str::to_owned);
        if scheme.is_some() && !rest.starts_with('/') {
            // `http:name` has neither host nor path.
            let scheme = scheme.unwrap_or_default();
            return Some(Url {
                scheme,
                user: None,
                place: String::new(),
                path: String::new(),
                query,
                fragment,
            });
        }
        if scheme.is_none() && rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return None;
        }
        let has_place = rest.starts_with("//") && (scheme.is_some() || !rest.starts_with("///"));
        let (authority, path) = if has_place {
            let rest = &rest[2..];
            rest.split_at(rest.find('/').unwrap_or(rest.len()))
        } else {
            ("", rest)
        };
        let (user, place) = authority_of(authority)?;
        if !well_escaped(path) {
            return None;
        }
        let path = escaped(path);
        if scheme.is_some() || !place.is_empty() || user.is_some() {
            let scheme = scheme.unwrap_or_else(|| self.scheme.clone());
            return Some(Url { scheme, user, place, path: joined("", &path), query, fragment });
        }
        let stays = path.is_empty() && query.is_none();
        Some(Url {
            scheme: self.scheme.clone(),
            user: self.user.clone(),
            place: self.place.clone(),
            path: joined(&self.path, &path),
            query: if stays { self.query.clone() } else { query },
            fragment: if stays && fragment.is_none() { self.fragment.clone() } else { fragment },
        })
    }

    /// Reads an absolute URL with a host; none where it is nothing of the kind.
    pub(in crate::net) fn absolute(text: &str) -> Option<Self> {
        let (scheme, place, path) = (String::new(), String::new(), String::new());
        let nowhere = Url { scheme, user: None, place, path, query: None, fragment: None };
        nowhere.follow(text.as_bytes()).filter(|url| !url.scheme.is_empty() && !url.host().is_empty())
    }

    /// What stands before the `@`, with its escapes.
    pub(in crate::net) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host without port and brackets.
    pub(in crate::net) fn host(&self) -> &str {
        let host = self.host_and_port().0;
        host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host)
    }

    /// The port as it was written, if one was.
    pub(in crate::net) fn port(&self) -> Option<&str> {
        self.host_and_port().1.filter(|port| !port.is_empty())
    }

    fn host_and_port(&self) -> (&str, Option<&str>) {
        match self.place.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, Some(port)),
            _ => (&self.place, None),
        }
    }

    /// What stands in the `Host` header: a port only where the URL names one.
    pub(in crate::net) fn host_header(&self) -> &str {
        self.place.strip_suffix(':').unwrap_or(&self.place)
    }

    /// What stands in the request line.
    pub(in crate::net) fn request_target(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        self.query.as_ref().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// Octets of the path, its escapes undone.
    pub(super) fn path_len(&self) -> usize {
        self.path.len() - 2 * self.path.matches('%').count()
    }

    /// What the next request says about where it comes from, as Go's client does: nothing on the way from
    /// https to http, and never a user.
    pub(super) fn referer(&self, next: &Url) -> Option<String> {
        let hidden = self.scheme == "https" && next.scheme == "http";
        (!hidden).then(|| Url { user: None, ..self.clone() }.to_string())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if !self.place.is_empty() || self.user.is_some() {
            f.write_str("//")?;
        }
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}{}", self.place, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        self.fragment.as_ref().map_or(Ok(()), |fragment| write!(f, "#{fragment}"))
    }
}

/// With octets outside ASCII percent-encoded.
fn ascii(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The scheme in lower case, if there is one, and the rest; none where a colon has nothing before it.
fn scheme(text: &str) -> Option<(Option<String>, &str)> {
    for (i, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if i > 0 => {}
            ':' if i == 0 => return None,
            ':' => return Some((Some(text[..i].to_ascii_lowercase()), &text[i + 1..])),
            _ => break,
        }
    }
    Some((None, text))
}

/// User and place of `user@host:port`; none where one of them has what it cannot have.
fn authority_of(authority: &str) -> Option<(Option<String>, String)> {
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.is_none_or(|user| user.chars().all(fits) && well_escaped(user)) {
        return None;
    }
    let port = match place.strip_prefix('[') {
        Some(inner) => inner.rsplit_once(']')?.1,
        None => place.rfind(':').map_or("", |at| &place[at..]),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if (!port.is_empty() && !port.starts_with(':')) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    if !place.chars().all(fits) || !well_escaped(place) {
        return None;
    }
    Some((user.map(str::to_owned), place.to_ascii_lowercase()))
}

/// Whether every `%` is followed by two hexadecimal digits.
fn well_escaped(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit))
}

/// The path with what may not stand in one percent-encoded.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:@[]%/".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "%{:02X}", u32::from(c));
        }
    }
    out
}

/// The path of a reference seen from a base path, without dots (RFC 3986, sections 5.2.3 and 5.2.4).
fn joined(base: &str, reference: &str) -> String {
    let full = if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        format!("{}{reference}", &base[..base.rfind('/').map_or(0, |at| at + 1)])
    };
    if full.is_empty() {
        return full;
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut last = "";
    for part in full.strip_prefix('/').unwrap_or(&full).split('/') {
        match part {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
        last = part;
    }
    let tail = if matches!(last, "." | "..") && !kept.is_empty() { "/" } else { "" };
    format!("/{}{tail}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(base: &str, location: &str) -> Option<String> {
        let none = Url::first(&Name::parse("a.test").unwrap(), None, "/x".into());
        let base = none.follow(base.as_bytes()).unwrap();
        base.follow(location.as_bytes()).map(|url| url.to_string())
    }

    #[test]
    fn references_lead_where_go_takes_them() {
        for (location, leads) in [
            ("https://b.test/p?q=1#f", "https://b.test/p?q=1#f"),
            ("HTTPS://B.Test", "https://b.test"),
            ("//b.test/x", "http://b.test/x"),
            ("/x", "http://a.test:80/x"),
            ("x", "http://a.test:80/d/x"),
            ("../x", "http://a.test:80/x"),
            ("../../../x/./y/..", "http://a.test:80/x/"),
            ("?q", "http://a.test:80/d/f?q"),
            ("#f", "http://a.test:80/d/f?k=v#f"),
            ("", "http://a.test:80/d/f?k=v"),
            ("http://u:p@b.test:443/", "http://u:p@b.test:443/"),
            ("http:b.test", "http:"),
            ("http:///x", "http:/x"),
            ("file:///etc/passwd", "file:/etc/passwd"),
            ("javascript:alert(1)", "javascript:"),
            ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
            ("http://b.test/a b/é", "http://b.test/a%20b/%C3%A9"),
            ("http://b.test\\@c.test/", ""),
            ("http://b.test:8x/", ""),
            ("http://b test/", ""),
            ("http://b.test/%zz", ""),
            ("http://b.test/#%z", ""),
            ("http://[::1/", ""),
            (":x", ""),
            ("a:b:c@/d", "a:"),
            ("1:2", ""),
            ("/\x01", ""),
            ("http://b.test/\r\nX: y", ""),
        ] {
            let found = from("http://a.test:80/d/f?k=v", location);
            assert_eq!(found.as_deref().unwrap_or(""), leads, "{location:?}");
        }
    }

    #[test]
    fn a_place_has_a_host_and_may_have_a_port() {
        for (location, host, port, header) in [
            ("http://b.test/", "b.test", None, "b.test"),
            ("http://b.test:/", "b.test", None, "b.test"),
            ("http://b.test:80", "b.test", Some("80"), "b.test:80"),
            ("http://[2001:db8::1]:80/", "2001:db8::1", Some("80"), "[2001:db8::1]:80"),
            ("http://[2001:db8::1]", "2001:db8::1", None, "[2001:db8::1]"),
            ("http:///x", "", None, ""),
        ] {
            let base = Url::first(&Name::parse("a.test").unwrap(), None, "/x".into());
            let url = base.follow(location.as_bytes()).unwrap();
            assert_eq!((url.host(), url.port(), url.host_header()), (host, port, header), "{location}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_read_can_break_a_request_line(bytes: Vec<u8>) {
            let base = Url::first(&Name::parse("a.test").unwrap(), None, "/x".into());
            if let Some(url) = base.follow(&bytes) {
                let text = format!("{url}{}{}", url.host_header(), url.request_target());
                assert!(text.bytes().all(|b| b.is_ascii() && !b.is_ascii_control()));
                assert!(url.path_len() <= url.path.len());
                assert!(url.follow(url.to_string().as_bytes()).is_some(), "{url}");
            }
        }
    }
}
