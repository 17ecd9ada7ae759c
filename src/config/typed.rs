//! Reads names and values as people type them, and knows what they mistake for one.

use std::net::{IpAddr, Ipv6Addr};

use crate::model::{Name, NameError, Value};

/// Why a text is no name or no value, and what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Mistyped {
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Mistyped {
    fn new(what: impl Into<String>) -> Self {
        Mistyped { what: what.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Mistyped { hint: Some(hint.into()), ..self }
    }
}

/// What a value can be.
const KINDS: &str = "an IPv4 address (A), an IPv6 address (AAAA) or a host name (CNAME)";

/// What a name looks like.
const A_NAME: &str = "a name is written like mail.example.com";

fn hyphen(text: &str) -> Mistyped {
    Mistyped::new(format!(
        "`{}` has a part that begins with a hyphen, which no host has",
        text.escape_debug()
    ))
}

/// Reads a name to look at as people type it.
///
/// # Errors
/// [`Mistyped`], for what is often given in its place as well: an address, a URL, a mail address, a list.
pub fn typed_name(text: &str) -> Result<Name, Mistyped> {
    if address_like(text) {
        return Err(Mistyped::new(format!("`{text}` is an address, and a name is looked at"))
            .hint(format!("propwatch check NAME --expect {text}, with the name that is to have it")));
    }
    let host = host_in(text);
    if text == "." {
        return Err(Mistyped::new("`.` is the root of all names, and no host").hint(A_NAME));
    }
    if text.split('.').any(|label| label.starts_with('-')) {
        return Err(hyphen(text).hint(A_NAME));
    }
    Name::parse(text).map_err(|error| {
        let told = Mistyped::new(error.to_string());
        let NameError::Character { character, .. } = &error else { return told.hint(A_NAME) };
        match (character, Name::parse(host)) {
            ('/' | ':', Ok(host)) if text.contains("://") => told.hint(format!("a name, not a URL: {host}")),
            ('/' | ':', Ok(host)) => told.hint(format!("the name alone: {host}")),
            ('@', _) => match text.rsplit_once('@').map(|(_, behind)| Name::parse(behind)) {
                Some(Ok(domain)) => told.hint(format!("a name, not a mail address: {domain}")),
                _ => told.hint("a name, not a mail address: what stands behind the @"),
            },
            (',', _) => told.hint("give several names one after another, with spaces between them"),
            _ => told.hint(A_NAME),
        }
    })
}

/// Reads an expected value as people type it. `whose` is the option or argument that it came with, as it is
/// told.
///
/// # Errors
/// [`Mistyped`], for what is often given in its place as well: a URL, a network, an address with a port.
pub fn typed_value(whose: &str, text: &str) -> Result<Value, Mistyped> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(of(address));
    }
    let wrong = |why: &str| Mistyped::new(format!("{whose}: `{text}` is not a value: {why}"));
    if text.is_empty() {
        return Err(wrong("it is empty").hint(KINDS));
    }
    if text.contains(',') {
        return Err(wrong("it is a list").hint("repeat it for a set: --expect ADDRESS --expect ADDRESS"));
    }
    if text.contains("://") {
        return Err(alone(wrong("it is a URL"), host_in(text)));
    }
    if text.contains('@') {
        return Err(wrong("it is a mail address").hint(KINDS));
    }
    if let Some((address, _)) = text.split_once('/') {
        let why = if address.parse::<IpAddr>().is_ok() { "it is a network" } else { "it has a path" };
        return Err(alone(wrong(why), address));
    }
    if let Some((scoped, _)) = text.split_once('%').filter(|(a, _)| a.parse::<Ipv6Addr>().is_ok()) {
        return Err(wrong("an address with a zone holds on one machine only").hint(format!("{scoped}?")));
    }
    let host = host_in(text);
    if host != text && (host.parse::<IpAddr>().is_ok() || host.contains('.')) {
        let why = if text.starts_with('[') && text.ends_with(']') {
            "brackets belong into URLs"
        } else {
            "DNS records have no port"
        };
        return Err(alone(wrong(why), host));
    }
    if address_like(text) {
        return Err(wrong("an IPv4 address has four numbers from 0 to 255").hint(KINDS));
    }
    if text.contains(':') {
        return Err(wrong("it is not an IPv6 address").hint(KINDS));
    }
    if text == "." {
        return Err(wrong("it is the root of all names").hint(KINDS));
    }
    Name::parse(text).map(Value::Alias).map_err(|error| wrong(&error.to_string()).hint(KINDS))
}

fn of(address: IpAddr) -> Value {
    match address {
        IpAddr::V4(v4) => Value::V4(v4),
        IpAddr::V6(v6) => Value::V6(v6),
    }
}

/// Suggests what is left when what does not belong there is taken away.
fn alone(error: Mistyped, rest: &str) -> Mistyped {
    if rest.parse::<IpAddr>().is_ok() {
        error.hint(format!("the address alone: {rest}"))
    } else if Name::parse(rest).is_ok() {
        error.hint(format!("the host name alone: {rest}"))
    } else {
        error.hint(KINDS)
    }
}

/// Whether it can only have been meant as an address: no top-level domain is a number.
fn address_like(text: &str) -> bool {
    let labels = text.strip_suffix('.').unwrap_or(text).rsplit('.').next().unwrap_or_default();
    let numeric = !labels.is_empty() && labels.chars().all(|c| c.is_ascii_digit());
    numeric || text.parse::<IpAddr>().is_ok()
}

/// The host of a URL, of `host:port` or `[address]:port`; the text itself if it is nothing of the kind.
fn host_in(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    if let Some((inside, _)) = place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return inside;
    }
    match place.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_its_type() {
        assert!(matches!(typed_value("-e", "203.0.113.7"), Ok(Value::V4(_))));
        assert!(matches!(typed_value("-e", "2001:db8::1"), Ok(Value::V6(_))));
        assert!(matches!(typed_value("-e", "host.example.net."), Ok(Value::Alias(_))));
        assert!(matches!(typed_value("-e", "_dmarc.example.net"), Ok(Value::Alias(_))));
    }

    #[test]
    fn what_is_no_value_is_refused_with_a_hint_that_fits() {
        for (text, part) in [
            ("203.0.113.300", "four numbers"),
            ("1.2.3", "four numbers"),
            ("7", "four numbers"),
            ("203.0.113.7.", "four numbers"),
            ("203.0.113.7/24", "the address alone: 203.0.113.7"),
            ("203.0.113.7:80", "the address alone: 203.0.113.7"),
            ("[2001:db8::1]", "the address alone: 2001:db8::1"),
            ("[2001:db8::1]:80", "the address alone: 2001:db8::1"),
            ("https://203.0.113.7:8443/x", "the address alone: 203.0.113.7"),
            ("http://a.example/x", "the host name alone: a.example"),
            ("a.example/x", "the host name alone: a.example"),
            ("a.example:443", "the host name alone: a.example"),
            ("you@example.com", "mail address"),
            ("192.0.2.1,192.0.2.2", "repeat it"),
            ("fe80::1%eth0", "one machine"),
            ("2001:db8::zz", "IPv6"),
            ("a b", "character"),
            ("", "empty"),
        ] {
            let error = typed_value("-e", text).unwrap_err();
            assert!(format!("{error:?}").contains(part), "{text}: {error:?}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_a_hint_that_fits() {
        for (text, part) in [
            ("203.0.113.7", "--expect 203.0.113.7"),
            ("2001:db8::7", "is an address"),
            ("https://example.com/x", "not a URL: example.com"),
            ("https://you@example.com:8443/x", "not a URL: example.com"),
            ("example.com/x", "the name alone: example.com"),
            ("example.com:443", "the name alone: example.com"),
            ("you@example.com", "not a mail address: example.com"),
            ("a.example,b.example", "one after another"),
            ("a..b", "empty label"),
        ] {
            let error = typed_name(text).unwrap_err();
            assert!(format!("{error:?}").contains(part), "{text}: {error:?}");
        }
        assert_eq!(typed_name("Bücher.example.").unwrap().as_str(), "xn--bcher-kva.example");
    }
}
