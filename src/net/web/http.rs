//! One HTTP/1.1 request on one connection (RFC 9112), and the answer as Go's client reads it: lenient
//! where it is lenient, and never more than a bound.

use std::io::{self, ErrorKind};

use httparse::{EMPTY_HEADER, ParserConfig, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::body::{Framing, Sink};
use super::brief;
use super::dial::Connection;
use super::url::Url;
use crate::model::Broken;

/// Who asks.
pub(in crate::net) const USER_AGENT: &str =
    concat!("propwatch/", env!("CARGO_PKG_VERSION"), " (certificate readiness check)");
/// Octets of a status line and headers. The CA's client would read ten million; nobody needs them.
const MOST_HEAD: usize = 256 << 10;
/// Headers in one answer.
const MOST_HEADERS: usize = 512;
/// Interim answers (1xx) before the real one.
const MOST_INTERIM: u8 = 5;
/// Characters of the `Server` header that are kept.
const SERVER_SHOWN: usize = 80;
/// Octets that are read at once.
const PIECE: usize = 8 << 10;

/// An answer whose body has not been read yet.
pub(in crate::net) struct Answer {
    wire: Wire,
    /// The status code.
    pub(in crate::net) status: u16,
    /// The `Server` header, harmless and short.
    pub(super) server: Option<String>,
    /// The `Location` header, if it is not empty.
    location: Option<Vec<u8>>,
    framing: Framing,
    gzip: bool,
}

/// A connection with what was read from it and not used yet.
pub(super) struct Wire {
    connection: Connection,
    unread: Vec<u8>,
}

impl Wire {
    /// Reads some more; false at the end.
    pub(super) async fn fill(&mut self) -> Result<bool, Broken> {
        let mut piece = [0; PIECE];
        match self.connection.read(&mut piece).await {
            Ok(0) => Ok(false),
            Ok(length) => {
                self.unread.extend_from_slice(&piece[..length]);
                Ok(true)
            }
            // Servers end TLS without saying so; what they have sent counts all the same.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(broken(&error)),
        }
    }

    pub(super) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Takes the first octets of what was read.
    pub(super) fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.unread.split_off(length.min(self.unread.len()));
        std::mem::replace(&mut self.unread, rest)
    }
}

/// Asks for a URL as the CA does; returns when the head of the answer is there.
///
/// # Errors
/// As [`exchange`].
pub(super) async fn ask(connection: Connection, url: &Url, referer: Option<&str>) -> Result<Answer, Broken> {
    exchange(connection, request(url, referer).as_bytes()).await
}

/// Sends a whole request; returns when the head of the answer is there.
///
/// # Errors
/// [`Broken`]; there is no limit of time here, whoever calls has one.
pub(in crate::net) async fn exchange(mut connection: Connection, request: &[u8]) -> Result<Answer, Broken> {
    // A server may answer and hang up before it has read everything: then the answer is what counts.
    let sent = match connection.write_all(request).await {
        Ok(()) => connection.flush().await,
        Err(error) => Err(error),
    };
    let mut wire = Wire { connection, unread: Vec::new() };
    let answer = head(&mut wire).await;
    match (answer, sent) {
        (Ok(head), _) => Ok(Answer {
            wire,
            status: head.status,
            server: head.server,
            location: head.location,
            framing: head.framing,
            gzip: head.gzip,
        }),
        (Err(Broken::Closed), Err(error)) => Err(broken(&error)),
        (Err(why), _) => Err(why),
    }
}

fn request(url: &Url, referer: Option<&str>) -> String {
    let (target, host) = (url.request_target(), url.host_header());
    let referer = referer.map(|from| format!("Referer: {from}\r\n")).unwrap_or_default();
    format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n{referer}\
         Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    )
}

/// What the head of an answer says.
struct Head {
    status: u16,
    server: Option<String>,
    location: Option<Vec<u8>>,
    framing: Framing,
    gzip: bool,
}

async fn head(wire: &mut Wire) -> Result<Head, Broken> {
    for _ in 0..=MOST_INTERIM {
        let end = head_end(wire).await?;
        let bytes = wire.take(end);
        let head = read(&bytes)?;
        // 101 leaves HTTP, and so is the last word in it (RFC 9110, section 15.2.2).
        if !(100..200).contains(&head.status) || head.status == 101 {
            return Ok(head);
        }
    }
    Err(Broken::NotHttp)
}

/// Reads until the empty line, and tells where what follows it begins.
async fn head_end(wire: &mut Wire) -> Result<usize, Broken> {
    let mut looked = 0;
    loop {
        let unread = wire.unread();
        if let Some(end) = empty_line(unread, looked) {
            return if end <= MOST_HEAD { Ok(end) } else { Err(Broken::HeadersTooLong) };
        }
        let begin = b"HTTP/";
        let compared = unread.len().min(begin.len());
        if unread[..compared] != begin[..compared] {
            return Err(if is_tls(unread) { Broken::Tls } else { Broken::NotHttp });
        }
        if unread.len() > MOST_HEAD {
            return Err(Broken::HeadersTooLong);
        }
        looked = unread.len().saturating_sub(2);
        if !wire.fill().await? {
            return Err(Broken::Closed);
        }
    }
}

/// Where the first empty line from here on ends. Lines end with LF or CR LF.
fn empty_line(bytes: &[u8], from: usize) -> Option<usize> {
    let ends = bytes.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n');
    ends.map(|(at, _)| at + 1).find_map(|at| match &bytes[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

/// An alert or a handshake record (RFC 8446, section 5.1).
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 3, ..])
}

fn read(bytes: &[u8]) -> Result<Head, Broken> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let mut lenient = ParserConfig::default();
    lenient.allow_obsolete_multiline_headers_in_responses(true);
    lenient.allow_spaces_after_header_name_in_responses(true);
    match lenient.parse_response(&mut response, bytes) {
        Ok(Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Broken::HeadersTooLong),
        Ok(Status::Partial) | Err(_) => return Err(Broken::NotHttp),
    }
    let status = response.code.ok_or(Broken::NotHttp)?;
    let all = |name: &str| {
        let name = name.to_owned();
        let headers = response.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(&name));
        headers.map(|h| h.value.trim_ascii()).collect::<Vec<&[u8]>>()
    };
    let first = |name: &str| all(name).first().copied();
    let framing =
        framing(status, response.version == Some(1), &all("transfer-encoding"), &all("content-length"))?;
    Ok(Head {
        status,
        server: first("server").map(|server| brief(&String::from_utf8_lossy(server), SERVER_SHOWN)),
        location: first("location").filter(|to| !to.is_empty()).map(<[u8]>::to_vec),
        framing,
        gzip: first("content-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"gzip")),
    })
}

/// How the body is told from what may follow it (RFC 9112, section 6.3, as Go's client has it).
fn framing(status: u16, is_1_1: bool, encodings: &[&[u8]], lengths: &[&[u8]]) -> Result<Framing, Broken> {
    let chunked = match encodings {
        _ if !is_1_1 => false,
        [] => false,
        [one] if one.eq_ignore_ascii_case(b"chunked") => true,
        _ => return Err(Broken::NotHttp),
    };
    if status < 200 || status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    if chunked {
        return Ok(Framing::chunked());
    }
    match lengths {
        [] => Ok(Framing::ToClose),
        [first, rest @ ..] => {
            let digits = std::str::from_utf8(first).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok()).ok_or(Broken::NotHttp)?;
            if rest.iter().any(|other| other != first) {
                Err(Broken::NotHttp)
            } else {
                Ok(Framing::Length(length))
            }
        }
    }
}

impl Answer {
    /// Where a redirect leads; none when the answer is none, or does not say. The CA's client takes an
    /// answer without a place to go as the last word.
    pub(in crate::net) fn redirect(&self) -> Option<&[u8]> {
        self.location.as_deref().filter(|_| matches!(self.status, 301 | 302 | 303 | 307 | 308))
    }

    /// Adds the body to `into`, its encoding undone, until it ends or `most` octets are there. What came
    /// before a failure is there, too.
    ///
    /// # Errors
    /// [`Broken`] when it ends too early, or cannot be read.
    pub(in crate::net) async fn body(&mut self, most: usize, into: &mut Vec<u8>) -> Result<(), Broken> {
        let mut sink = Sink::new(self.gzip, most);
        let result = loop {
            match self.framing.piece(&mut self.wire).await {
                Ok(Some(piece)) => match sink.push(&piece) {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(why) => break Err(why),
                },
                Ok(None) => break sink.finish(),
                Err(why) => break Err(why),
            }
        };
        into.extend(sink.into_octets());
        result
    }

    /// Reads what Go's client reads of a redirect's body before it goes on: at most 2 KiB, and nothing
    /// of one that is announced to be longer. A server that never sends it holds the CA up.
    pub(super) async fn skim(&mut self) {
        const MOST: usize = 2 << 10;
        self.gzip = false;
        if !matches!(self.framing, Framing::Length(length) if length > MOST as u64) {
            let _ = self.body(MOST, &mut Vec::new()).await;
        }
    }
}

/// What became of a connection.
fn broken(error: &io::Error) -> Broken {
    match error.kind() {
        ErrorKind::TimedOut => Broken::TimedOut,
        ErrorKind::InvalidData => Broken::Handshake(brief(&error.to_string(), super::URL_SHOWN)),
        _ => Broken::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_who_asks_and_keeps_nothing() {
        let url = Url::first(&crate::model::Name::parse("a.test").unwrap(), None, "/x".into());
        let text = request(&url, None);
        assert!(text.starts_with("GET /x HTTP/1.1\r\nHost: a.test\r\nUser-Agent: propwatch/"), "{text}");
        assert!(
            text.ends_with("Accept-Encoding: gzip\r\nConnection: close\r\n\r\n") && !text.contains("Cookie")
        );
        assert!(request(&url, Some("http://b.test/")).contains("\r\nReferer: http://b.test/\r\n"));
    }

    #[test]
    fn heads_end_at_their_empty_line() {
        for (text, end) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", Some(25)),
            ("HTTP/1.1 200 OK\nA: b\n\nbody", Some(22)),
            ("HTTP/1.1 200 OK\r\nA: b\r\n", None),
        ] {
            assert_eq!(empty_line(text.as_bytes(), 0), end, "{text:?}");
        }
    }

    #[test]
    fn framings_that_go_refuses_are_refused() {
        let ok = |status, is_1_1, encodings: &[&str], lengths: &[&str]| {
            let encodings: Vec<&[u8]> = encodings.iter().map(|text| text.as_bytes()).collect();
            let lengths: Vec<&[u8]> = lengths.iter().map(|text| text.as_bytes()).collect();
            framing(status, is_1_1, &encodings, &lengths)
        };
        assert_eq!(ok(200, true, &[], &["5"]), Ok(Framing::Length(5)));
        assert_eq!(ok(200, true, &[], &["5", "5"]), Ok(Framing::Length(5)));
        assert_eq!(ok(200, true, &[], &["5", "6"]), Err(Broken::NotHttp));
        assert_eq!(ok(200, true, &[], &["-5"]), Err(Broken::NotHttp));
        assert_eq!(ok(200, true, &[], &[""]), Err(Broken::NotHttp));
        assert_eq!(ok(200, true, &[], &["99999999999999999999"]), Err(Broken::NotHttp));
        assert_eq!(ok(200, true, &["Chunked"], &["5"]), Ok(Framing::chunked()));
        assert_eq!(ok(200, false, &["chunked"], &["5"]), Ok(Framing::Length(5)));
        assert_eq!(ok(200, true, &["gzip, chunked"], &[]), Err(Broken::NotHttp));
        assert_eq!(ok(204, true, &[], &["5"]), Ok(Framing::Length(0)));
        assert_eq!(ok(200, true, &[], &[]), Ok(Framing::ToClose));
    }
}
