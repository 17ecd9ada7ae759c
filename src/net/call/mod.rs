//! Calls: single requests of our own to servers that have to prove who they are. A verdict is told to a
//! [`Receiver`], and the CA is asked for its record of an order.
//!
//! The pieces are those of the visits to web servers (dialling, TLS, HTTP/1.1 with its bounds); what differs is
//! that certificates are checked, that no redirect is ever followed, and that the name of the server is
//! looked up as any program of this machine would. Only where the questions of this run go somewhere else
//! (a lab's root servers), and for a name that is being watched, its own servers are asked instead: a question to
//! this machine's resolver would plant the old answer there.

mod receiver;
mod record;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use self::receiver::{Delivered, Receiver, ReceiverError};
use super::Internet;
use super::answer::shown_within;
use super::walk::{Start, Walker};
use super::web::dial::{self, Connection};
use super::web::http;
use super::web::url::Url;
use crate::model::{Broken, CallFailure, Name, QuestionType, WebEnd};

/// How long looking up the server may take, by either way.
const LOOK_UP: Duration = Duration::from_secs(10);
/// How long connecting to one address, and greeting in TLS, may take.
const DIAL: Duration = Duration::from_secs(5);
/// Addresses of one server that are tried.
const MOST_ADDRESSES: usize = 4;
/// Characters of a host's name that are shown.
const HOST_SHOWN: usize = 100;

/// An answer.
struct Reply {
    status: u16,
    body: Vec<u8>,
    /// Where it wants to be followed to.
    location: Option<Vec<u8>>,
}

/// How the address of a server is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookUp {
    /// As any program does it; where that fails, from its own servers.
    AsUsual,
    /// At its own servers only.
    AtItsServers,
}

/// One request, with the bounds of its answer.
struct Request<'a> {
    url: &'a Url,
    bytes: &'a [u8],
    look_up: LookUp,
    /// Everything, from the first question on.
    limit: Duration,
    /// Octets of the body.
    most: usize,
}

/// Makes one request over a connection of its own.
async fn call(net: &Internet, request: &Request<'_>) -> Result<Reply, CallFailure> {
    match timeout(request.limit, talk(net, request)).await {
        Ok(result) => result,
        Err(_) => Err(CallFailure::Broken(Broken::TimedOut)),
    }
}

async fn talk(net: &Internet, request: &Request<'_>) -> Result<Reply, CallFailure> {
    let connection = connect(net, request.url, request.look_up).await?;
    let mut answer = http::exchange(connection, request.bytes).await.map_err(CallFailure::Broken)?;
    let mut body = Vec::new();
    let location = answer.redirect().map(<[u8]>::to_vec);
    if request.most > 0 && location.is_none() {
        // One more than is taken, so that a longer one is noticed.
        answer.body(request.most + 1, &mut body).await.map_err(CallFailure::Broken)?;
        if body.len() > request.most {
            return Err(CallFailure::TooLong);
        }
    }
    Ok(Reply { status: answer.status, body, location })
}

/// Connects to the first address that can be connected to, and has the server prove who it is.
async fn connect(net: &Internet, url: &Url, look_up: LookUp) -> Result<Connection, CallFailure> {
    let mut failure = CallFailure::NoAddress;
    for to in addresses(net, url, look_up).await.into_iter().take(MOST_ADDRESSES) {
        match dial::connect(to, DIAL).await {
            Ok(stream) if url.scheme == "https" => {
                let host = ServerName::try_from(url.host().to_owned())
                    .map_err(|error| CallFailure::Unreadable(error.to_string()))?;
                let tls = TlsConnector::from(net.secure.tls());
                let secured = dial::secure(&tls, stream, host, DIAL).await;
                return Ok(Box::new(secured.map_err(unsecured)?));
            }
            Ok(stream) => return Ok(Box::new(stream)),
            Err(why) => failure = CallFailure::NotConnected(why),
        }
    }
    Err(failure)
}

fn unsecured(end: WebEnd) -> CallFailure {
    match end {
        WebEnd::Broken(broken) => CallFailure::Broken(broken),
        WebEnd::NotConnected(why) => CallFailure::NotConnected(why),
        _ => CallFailure::Broken(Broken::Handshake("it knows no TLS that is still safe".to_owned())),
    }
}

async fn addresses(net: &Internet, url: &Url, look_up: LookUp) -> Vec<SocketAddr> {
    let usual = if url.scheme == "https" { net.settings.web.https_port } else { net.settings.web.http_port };
    // A port that is written is one: that was looked at when the URL was read.
    let port = url.port().and_then(|port| port.parse().ok()).unwrap_or(usual);
    let host = url.host();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return vec![SocketAddr::new(ip, port)];
    }
    if is_localhost(host) {
        // Never asked of anybody (RFC 6761, section 6.3).
        return vec![
            SocketAddr::from(([127, 0, 0, 1], port)),
            SocketAddr::new([0u16, 0, 0, 0, 0, 0, 0, 1].into(), port),
        ];
    }
    let as_usual = look_up == LookUp::AsUsual && net.settings.start == Start::Roots(Walker::root_hints());
    if as_usual && let Ok(Ok(found)) = timeout(LOOK_UP, tokio::net::lookup_host((host, port))).await {
        let found: Vec<SocketAddr> = found.collect();
        if !found.is_empty() {
            return found;
        }
    }
    let Ok(name) = Name::parse(host) else { return Vec::new() };
    let now = net.clock.now();
    let find = |qtype| net.walker.find(net, &name, qtype, now, false);
    let both = async { futures::join!(find(QuestionType::A), find(QuestionType::Aaaa)) };
    let Ok((v4, v6)) = timeout(LOOK_UP, both).await else { return Vec::new() };
    v4.addresses().into_iter().chain(v6.addresses()).map(|ip| SocketAddr::new(ip, port)).collect()
}

fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

/// The answer, if it is a good one.
fn good(reply: Reply) -> Result<Vec<u8>, CallFailure> {
    let status = reply.status;
    match (status, &reply.location) {
        (200..=299, _) => Ok(reply.body),
        (300..=399, Some(location)) => {
            let text = String::from_utf8_lossy(location);
            let to = Url::absolute(&text)
                .map_or_else(|| "itself".to_owned(), |url| shown_within(url.host(), HOST_SHOWN));
            Err(CallFailure::Redirected { status, to })
        }
        _ => Err(CallFailure::Status { status, detail: None }),
    }
}
