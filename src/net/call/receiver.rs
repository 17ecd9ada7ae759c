//! Whom a verdict is told: one POST of its JSON, tried again for a bounded time.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::{HOST_SHOWN, LookUp, Request, call, good, is_localhost};
use crate::clock::Stopwatch;
use crate::model::{CallFailure, Name};
use crate::net::Internet;
use crate::net::answer::shown_within;
use crate::net::web::http::USER_AGENT;
use crate::net::web::url::Url;

/// One try, from the first question to the head of the answer.
const ONE_TRY: Duration = Duration::from_secs(15);
/// All tries and the pauses between them.
const ALL_TRIES: Duration = Duration::from_secs(60);
/// The first pause; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Characters of a URL.
const LONGEST: usize = 4000;

/// An `https` URL to which verdicts are sent; an `http` one only on this machine. Such URLs carry secrets, in the
/// path as well as before the `@`: only scheme and host are ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver {
    url: Url,
    /// The value of `Authorization`, where the URL names a user (RFC 7617).
    credentials: Option<String>,
}

/// Why a text is no address of a receiver. None of it repeats the text, which may hold secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiverError {
    /// It is no absolute URL, or has characters that none can have.
    #[error("not a URL such as https://hooks.example.com/path")]
    Unreadable,
    /// Neither `https` nor `http`.
    #[error("only https:// can be sent to")]
    Scheme,
    /// `http` to another machine, where everybody on the way could read and change it.
    #[error("http:// only reaches this machine (localhost, 127.0.0.1, [::1]); elsewhere it must be https://")]
    Plain,
    /// The port is none.
    #[error("the port is not between 1 and 65535")]
    Port,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Tries that were made.
    pub tries: u32,
    /// The failure of the last one; none when it was taken.
    pub failure: Option<CallFailure>,
}

impl Receiver {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`ReceiverError`].
    pub fn parse(text: &str) -> Result<Self, ReceiverError> {
        let printable = text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic());
        let url =
            Some(text).filter(|_| printable).and_then(Url::absolute).ok_or(ReceiverError::Unreadable)?;
        if url.port().is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
            != url.port().is_some()
        {
            return Err(ReceiverError::Port);
        }
        let host = url.host();
        let is_address = host.parse::<IpAddr>();
        if is_address.is_err() && Name::parse(host).is_err() {
            return Err(ReceiverError::Unreadable);
        }
        let own = is_localhost(host) || is_address.is_ok_and(|ip| ip.to_canonical().is_loopback());
        match url.scheme.as_str() {
            "https" => {}
            "http" if own => {}
            "http" => return Err(ReceiverError::Plain),
            _ => return Err(ReceiverError::Scheme),
        }
        let credentials = url.user().map(|user| format!("Basic {}", base64(&unescaped(user))));
        Ok(Receiver { url, credentials })
    }

    fn request(&self, json: &str) -> Vec<u8> {
        let credentials = self.credentials.as_ref().map(|value| format!("Authorization: {value}\r\n"));
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n{}Content-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.url.request_target(),
            self.url.host_header(),
            credentials.unwrap_or_default(),
            json.len(),
        );
        [head.as_bytes(), json.as_bytes()].concat()
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = shown_within(self.url.host(), HOST_SHOWN);
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "{}://{host}{port}", self.url.scheme)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver({self}/…)")
    }
}

impl Internet {
    /// Sends a verdict's JSON to a receiver: one POST, and while there is no answer, or one that says that the
    /// server is in trouble, another after 1 s, 2 s, 4 s and so on, for a minute in all. Any 2xx is taken for good. `watched` are
    /// the names of the watch: a receiver below one of them is looked up at its own servers.
    pub async fn tell(&self, receiver: &Receiver, json: &str, watched: &[Name]) -> Delivered {
        let bytes = receiver.request(json);
        let is_watched = Name::parse(receiver.url.host()).is_ok_and(|host| watched.contains(&host));
        let look_up = if is_watched { LookUp::AtItsServers } else { LookUp::AsUsual };
        let (since, mut pause) = (Stopwatch::start(), FIRST_PAUSE);
        let mut tries = 0;
        loop {
            let limit = ONE_TRY.min(ALL_TRIES.saturating_sub(since.elapsed()));
            let request = Request { url: &receiver.url, bytes: &bytes, look_up, limit, most: 0 };
            let result = call(self, &request).await.and_then(good);
            tries += 1;
            let failure = match result {
                Ok(_) => return Delivered { tries, failure: None },
                Err(failure) => failure,
            };
            if !failure.may_pass() || since.elapsed() + pause >= ALL_TRIES {
                return Delivered { tries, failure: Some(failure) };
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

/// With the percent-escapes undone (RFC 3986, section 2.1), which are known to be well formed.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |all, &b| all << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            out.push(if place <= group.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leaves_this_machine() {
        for (text, expected) in [
            ("https://hooks.example.com/T0/B0/secret", Ok("https://hooks.example.com")),
            ("HTTPS://you:pass@Hooks.Example.com:8443/x?token=1", Ok("https://hooks.example.com:8443")),
            ("http://127.0.0.1:8080/x", Ok("http://127.0.0.1:8080")),
            ("http://localhost/x", Ok("http://localhost")),
            ("http://[::1]:80/", Ok("http://[::1]:80")),
            ("http://[::ffff:127.0.0.1]/", Ok("http://[::ffff:127.0.0.1]")),
            ("http://hooks.example.com/", Err(ReceiverError::Plain)),
            ("http://192.168.1.1/", Err(ReceiverError::Plain)),
            ("http://localhost.example.com/", Err(ReceiverError::Plain)),
            ("http://127.0.0.1@hooks.example.com/", Err(ReceiverError::Plain)),
            ("ftp://hooks.example.com/", Err(ReceiverError::Scheme)),
            ("file:///etc/passwd", Err(ReceiverError::Unreadable)),
            ("hooks.example.com/x", Err(ReceiverError::Unreadable)),
            ("", Err(ReceiverError::Unreadable)),
            ("https://", Err(ReceiverError::Unreadable)),
            ("https://a..b/", Err(ReceiverError::Unreadable)),
            ("https://hooks.example.com/a b", Err(ReceiverError::Unreadable)),
            ("https://hooks.example.com/?a b", Err(ReceiverError::Unreadable)),
            ("https://hooks.example.com/\r\nX: y", Err(ReceiverError::Unreadable)),
            ("https://hooks.example.com:0/", Err(ReceiverError::Port)),
            ("https://hooks.example.com:70000/", Err(ReceiverError::Port)),
        ] {
            let read = Receiver::parse(text).map(|receiver| receiver.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn nothing_secret_is_ever_shown() {
        let receiver =
            Receiver::parse("https://user:hunter2@hooks.example.com/T0/s3cret?token=t0ken").unwrap();
        let shown = format!("{receiver} {receiver:?}");
        for secret in ["user", "hunter2", "s3cret", "t0ken"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(!format!("{:?}", ReceiverError::Plain).contains("hooks"));
    }

    #[test]
    fn a_request_is_one_post_of_json() {
        let receiver = Receiver::parse("https://me:p%40ss@hooks.example.com:8443/a/b?c=d").unwrap();
        let text = String::from_utf8(receiver.request("{\"a\":\"é\"}")).unwrap();
        assert!(
            text.starts_with(
                "POST /a/b?c=d HTTP/1.1\r\nHost: hooks.example.com:8443\r\nUser-Agent: propwatch/"
            ),
            "{text}"
        );
        for line in
            ["Content-Type: application/json", "Content-Length: 10", "Authorization: Basic bWU6cEBzcw=="]
        {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
        }
        assert!(text.ends_with("\r\n\r\n{\"a\":\"é\"}"));
    }

    #[test]
    fn base64_is_what_rfc_4648_says() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
