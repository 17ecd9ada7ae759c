//! Whether the CA follows a redirect, and where to.
//!
//! The order of the checks is boulder's (`va/http.go`, `processRedirect` and `extractRequestTarget`); for
//! pebble it is that of Go's client, which asks for little. One check cannot be made as boulder makes it:
//! it holds a host against the list of top-level domains, which changes weekly and is not in this
//! program. Here a host is public when it has two labels or more and the last one is of letters, or begins
//! with `xn--`; a top-level domain that does not exist is then found out by looking the host up.

use std::net::IpAddr;

use super::url::Url;
use super::{WebSettings, brief};
use crate::engine::reserved_block;
use crate::model::{BadRedirect, Ca, Name};

/// Redirects that boulder follows: `numRedirects > maxRedirect` refuses the twelfth.
const MOST_BOULDER: usize = 11;
/// Redirects that Go's client follows ("stopped after 10 redirects").
const MOST_GO: usize = 9;
/// Octets of a path (boulder, `maxPathSize`).
const LONGEST_PATH: usize = 2000;
/// The ports of HTTP and HTTPS.
const PORTS: [u16; 2] = [80, 443];

/// The host of a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// An address, which need not be looked up.
    Ip(IpAddr),
    /// A name.
    Name(Name),
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) url: Url,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// Judges the redirect that an answer with `status` to `been`'s last URL asks for. `been` has the URLs of
/// all requests so far.
///
/// # Errors
/// The first reason for which the CA does not go there.
pub(super) fn judge(
    web: &WebSettings,
    been: &[Url],
    status: u16,
    location: &[u8],
) -> Result<Next, BadRedirect> {
    let shown = || brief(&String::from_utf8_lossy(location), super::URL_SHOWN);
    let strict = web.ca == Ca::LetsEncrypt;
    let url = been.last().and_then(|from| from.follow(location));
    let url = url.ok_or_else(|| BadRedirect::Unreadable(shown()))?;
    let followed = been.len().saturating_sub(1);
    if followed >= if strict { MOST_BOULDER } else { MOST_GO } {
        return Err(BadRedirect::TooMany);
    }
    if strict && !matches!(status, 301 | 302 | 307 | 308) {
        return Err(BadRedirect::Status(status));
    }
    let (host, port) = target(web, &url)?;
    if strict && url.path_len() > LONGEST_PATH {
        return Err(BadRedirect::LongPath);
    }
    if strict && been.contains(&url) {
        return Err(BadRedirect::Loop);
    }
    Ok(Next { url, host, port })
}

fn target(web: &WebSettings, url: &Url) -> Result<(Host, u16), BadRedirect> {
    let strict = web.ca == Ca::LetsEncrypt;
    if !matches!(url.scheme.as_str(), "http" | "https") {
        return Err(BadRedirect::Scheme(brief(&url.scheme, super::URL_SHOWN)));
    }
    let own = [web.http_port, web.https_port];
    let port = match url.port() {
        Some(port) => {
            // Nothing above 65535 is a port; the text is all there is to tell then.
            let unreadable = || BadRedirect::Unreadable(brief(&url.to_string(), super::URL_SHOWN));
            let port: u16 = port.parse().map_err(|_| unreadable())?;
            if strict && !PORTS.contains(&port) && !own.contains(&port) {
                return Err(BadRedirect::Port(port));
            }
            port
        }
        None => (if strict { own } else { PORTS })[usize::from(url.scheme == "https")],
    };
    let host = url.host();
    let shown = || brief(host, super::URL_SHOWN);
    // `Redirect / https://example.com` without its last slash runs host and path together.
    if host.is_empty() || (strict && host.ends_with(".well-known")) {
        return Err(BadRedirect::Host(shown()));
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return match reserved_block(ip).filter(|_| !web.allow_reserved) {
            Some(_) => Err(BadRedirect::Reserved(ip)),
            None => Ok((Host::Ip(ip), port)),
        };
    }
    if host.contains([':', '%']) {
        return Err(BadRedirect::Host(shown()));
    }
    if strict && !is_public(host) {
        return Err(BadRedirect::NotPublic(shown()));
    }
    let name = Name::parse(host).map_err(|_| BadRedirect::Host(shown()))?;
    Ok((Host::Name(name), port))
}

/// Whether a host may stand below a top-level domain: see the text above.
fn is_public(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(above, last)| {
        let plausible = last.starts_with("xn--") || last.bytes().all(|b| b.is_ascii_alphabetic());
        !above.is_empty() && last.len() > 1 && plausible
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(
        web: &WebSettings,
        requests: usize,
        status: u16,
        location: &str,
    ) -> Result<String, BadRedirect> {
        let name = Name::parse("www.example.com").unwrap();
        let been: Vec<Url> = (1..=requests).map(|n| Url::first(&name, None, format!("/{n}"))).collect();
        judge(web, &been, status, location.as_bytes())
            .map(|next| format!("{:?} {} {}", next.host, next.port, next.url))
    }

    /// Facts, section 1.2; `[lab]` there means that boulder's own code was run.
    #[test]
    fn boulders_rules() {
        let web = WebSettings::default();
        let long = |n: usize| format!("/{}", "a".repeat(n - 1));
        let ok = |host: &str, port: u16, url: &str| Ok(format!("Name({host}) {port} {url}"));
        let host = "www.example.com";
        let reserved = |ip: &str| Err(BadRedirect::Reserved(ip.parse().unwrap()));
        let not_public = |host: &str| Err(BadRedirect::NotPublic(host.to_owned()));
        let bad_host = |host: &str| Err(BadRedirect::Host(host.to_owned()));
        for (requests, status, location, expected) in [
            (1, 301, "/x", ok(host, 80, "http://www.example.com/x")),
            (1, 302, "https://b.example/x", ok("b.example", 443, "https://b.example/x")),
            (1, 307, "//b.example", ok("b.example", 80, "http://b.example")),
            (1, 308, "http://b.example:443/", ok("b.example", 443, "http://b.example:443/")),
            (1, 301, "https://b.example:80/", ok("b.example", 80, "https://b.example:80/")),
            (1, 301, "http://you:me@b.example/", ok("b.example", 80, "http://you:me@b.example/")),
            (1, 301, "http://B.EXAMPLE/", ok("b.example", 80, "http://b.example/")),
            (1, 301, "http://_a.b.xn--p1ai/", ok("_a.b.xn--p1ai", 80, "http://_a.b.xn--p1ai/")),
            (1, 301, "http://8.8.8.8/", Ok("Ip(8.8.8.8) 80 http://8.8.8.8/".to_owned())),
            (1, 301, "https://[2a00::1]/", Ok("Ip(2a00::1) 443 https://[2a00::1]/".to_owned())),
            (11, 301, "/x", ok(host, 80, "http://www.example.com/x")),
            (12, 301, "/x", Err(BadRedirect::TooMany)),
            (12, 303, "/x", Err(BadRedirect::TooMany)),
            (1, 303, "gopher://x", Err(BadRedirect::Status(303))),
            (1, 301, "file:///etc/passwd", Err(BadRedirect::Scheme("file".to_owned()))),
            (1, 301, "ftp://b.example:21/", Err(BadRedirect::Scheme("ftp".to_owned()))),
            (1, 301, "https://b.example:8443/", Err(BadRedirect::Port(8443))),
            (1, 301, "http:///x", bad_host("")),
            (1, 301, "http:b.example", bad_host("")),
            (1, 301, "https://example.com.well-known/acme-challenge/x", bad_host("example.com.well-known")),
            (1, 301, "http://localhost/", not_public("localhost")),
            (1, 301, "http://b.example./", not_public("b.example.")),
            (1, 301, "http://1.2.3/", not_public("1.2.3")),
            (1, 301, "http://0x7f000001/", not_public("0x7f000001")),
            (1, 301, "http://127.0.0.1/", reserved("127.0.0.1")),
            (1, 301, "http://169.254.169.254/", reserved("169.254.169.254")),
            (1, 301, "http://[::ffff:10.0.0.1]/", reserved("::ffff:10.0.0.1")),
            (1, 301, "http://[fe80::1%25eth0]/", bad_host("fe80::1%25eth0")),
            (1, 301, "http://b\u{fc}cher.example/", bad_host("b%c3%bccher.example")),
            (1, 301, "http://a..example/", bad_host("a..example")),
            (1, 301, &long(2000), ok(host, 80, &format!("http://www.example.com{}", long(2000)))),
            (1, 301, &long(2001), Err(BadRedirect::LongPath)),
            (3, 301, "/2", Err(BadRedirect::Loop)),
            (3, 301, "/2?again", ok(host, 80, "http://www.example.com/2?again")),
            (3, 301, "http://www.example.com:80/2", ok(host, 80, "http://www.example.com:80/2")),
            (1, 301, "http://b.example/%", Err(BadRedirect::Unreadable("http://b.example/%".to_owned()))),
        ] {
            assert_eq!(judged(&web, requests, status, location), expected, "{requests} {status} {location}");
        }
    }

    /// Facts, section 5.1.
    #[test]
    fn pebbles_rules() {
        let web =
            WebSettings { ca: Ca::Pebble, http_port: 5002, allow_reserved: true, ..WebSettings::default() };
        for (requests, status, location, leads) in [
            (9, 301, "/x", true),
            (10, 301, "/x", false),
            (1, 303, "/x", true),
            (2, 302, "/1", true),
            (1, 301, "http://b.example:8080/", true),
            (1, 301, "http://localhost/", true),
            (1, 301, "http://127.0.0.1/", true),
            (1, 301, &format!("/{}", "a".repeat(3000)), true),
            (1, 301, "ftp://b.example/", false),
            (1, 301, "http:///x", false),
        ] {
            assert_eq!(judged(&web, requests, status, location).is_ok(), leads, "{requests} {location}");
        }
        let next = judged(&web, 1, 301, "http://b.example/");
        assert_eq!(next.unwrap(), "Name(b.example) 80 http://b.example/", "not its own port");
    }

    #[test]
    fn ports_that_were_set_are_as_good_as_80_and_443() {
        let web = WebSettings { http_port: 5002, https_port: 5001, ..WebSettings::default() };
        for (location, port) in [
            ("http://b.example/", 5002),
            ("https://b.example/", 5001),
            ("http://b.example:5001/", 5001),
            ("http://b.example:80/", 80),
        ] {
            assert!(judged(&web, 1, 301, location).unwrap().contains(&format!(" {port} ")), "{location}");
        }
    }
}
