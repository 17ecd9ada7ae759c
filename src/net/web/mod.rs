//! The web path: a challenge file fetched from one address, by the rules of the CA.
//!
//! A `visit` goes from request to request, each of them over a connection of its own (`dial`), as one
//! HTTP/1.1 exchange (`http`) whose `body` is bounded. Where an answer redirects, `url` reads where to and
//! `redirect` says whether the CA goes there; its host is looked up at its own authoritative servers, never
//! at a resolver, which may hold an old answer. What comes out is a [`Visit`]: facts, no opinion. Which
//! address the CA takes first, and whether it falls back to another one, is not decided here.
//!
//! The rules are those of RFC 8555, section 8.3, as boulder (`va/http.go`) and pebble (`va/va.go`) carry
//! them out; the client of both is Go's `net/http`.

mod body;
pub(super) mod dial;
pub(super) mod http;
mod redirect;
#[cfg(test)]
pub(super) mod tests;
pub(super) mod url;
mod visit;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::FutureExt as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

use self::url::Url;
use self::visit::Journey;
use super::Internet;
use super::answer::shown_within;
use super::secure::SecureError;
use crate::clock::Stopwatch;
use crate::model::{
    BadRedirect, Broken, Ca, ChallengeFile, ConnectFailure, Fetch, Name, Seen, Visit, WebEnd,
};

/// Addresses that are kept in mind.
const MOST_UNANSWERED: usize = 4096;
/// Characters of a URL, or of a part of one, that are kept.
const URL_SHOWN: usize = 300;

/// What can be set about visits to web servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSettings {
    /// The port of HTTP, 80 but for labs: visits begin there, and redirects may name it.
    pub http_port: u16,
    /// The port of HTTPS, 443 but for labs: redirects may lead there, and an origin's certificate is read
    /// there.
    pub https_port: u16,
    /// Whose rules hold.
    pub ca: Ca,
    /// Whether to go to private and reserved addresses, which no public CA connects to.
    pub allow_reserved: bool,
    /// Whether to ask the public origin zones (`origin.asn.cymru.com`) for the network of an address.
    pub ask_origin: bool,
}

impl Default for WebSettings {
    fn default() -> Self {
        WebSettings {
            http_port: 80,
            https_port: 443,
            ca: Ca::default(),
            allow_reserved: false,
            ask_origin: true,
        }
    }
}

/// How long the parts of a visit may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// One connection.
    pub(super) dial: Duration,
    /// One TLS handshake.
    pub(super) handshake: Duration,
    /// Everything, from the first packet on.
    pub(super) whole: Duration,
    /// The body of an answer that is not 200, which only a person wants to see.
    pub(super) curious: Duration,
}

impl Limits {
    /// Boulder: `singleDialTimeout`, Go's handshake limit, and the deadline of its test configuration. Pebble
    /// gives a whole validation 15 s.
    fn of(ca: Ca) -> Self {
        let whole = match ca {
            Ca::LetsEncrypt => 20,
            Ca::Pebble => 15,
        };
        let ten = Duration::from_secs(10);
        Limits {
            dial: ten,
            handshake: ten,
            whole: Duration::from_secs(whole),
            curious: Duration::from_secs(2),
        }
    }
}

/// What visits share.
pub(super) struct Web {
    tls: TlsConnector,
    pub(super) limits: Limits,
    /// The addresses whose last connection was not answered in time, and when that was known.
    unanswered: RefCell<HashMap<IpAddr, Duration>>,
    since: Stopwatch,
}

impl Web {
    pub(super) fn new(settings: &WebSettings) -> Result<Self, SecureError> {
        let tls = dial::connector().map_err(SecureError::Tls)?;
        let (limits, since) = (Limits::of(settings.ca), Stopwatch::start());
        Ok(Web { tls, limits, unanswered: RefCell::default(), since })
    }

    /// Keeps in mind how connecting to an address for a visit's first request went.
    fn note(&self, address: IpAddr, visit: &Visit) {
        let mut unanswered = self.unanswered.borrow_mut();
        if visit.is_direct() && visit.end == WebEnd::NotConnected(ConnectFailure::TimedOut) {
            if unanswered.len() >= MOST_UNANSWERED {
                unanswered.clear();
            }
            unanswered.insert(address, self.since.elapsed());
        } else {
            unanswered.remove(&address);
        }
    }

    /// Whether connecting to an address has failed for lack of an answer since then.
    fn is_unanswered(&self, address: IpAddr, then: Duration) -> bool {
        self.unanswered.borrow().get(&address).is_some_and(|known| *known >= then)
    }

    /// The first certificate that a server shows to somebody who names no host.
    pub(super) async fn certificate(
        &self,
        at: SocketAddr,
        limit: Duration,
    ) -> Option<CertificateDer<'static>> {
        let stream = dial::connect(at, limit).await.ok()?;
        let nobody = ServerName::IpAddress(at.ip().into());
        let secured = dial::secure(&self.tls, stream, nobody, limit).await.ok()?;
        let shown = secured.get_ref().1.peer_certificates()?;
        shown.first().cloned().map(CertificateDer::into_owned)
    }
}

/// Fetches the file of a name from one address; returns what was seen and how many questions it cost to
/// look up the hosts of redirects. Visits to one address take turns; those that wait while a connection to
/// it is not answered are told of that, since connecting does not depend on the name.
pub(super) async fn fetch(net: &Internet, fetch: &Fetch) -> (Seen, u32) {
    let Fetch { name, address, file } = fetch;
    let asked = net.web.since.elapsed();
    let _visiting = net.polite.visit(*address).await;
    // Made only when it is let in: thousands may wait here, and each would take some kilobytes.
    let (visit, questions) = Box::pin(visit_now(net, name, *address, file, asked)).await;
    (Seen::Fetched(Box::new(visit)), questions)
}

/// A visit whose turn has come; it was wanted at `asked`.
async fn visit_now(
    net: &Internet,
    name: &Name,
    address: IpAddr,
    file: &ChallengeFile,
    asked: Duration,
) -> (Visit, u32) {
    let journey = Journey::new(net, net.web.limits, file);
    if net.web.is_unanswered(address, asked) {
        // Thousands of names behind one firewall, each with its ten seconds, would take hours.
        return (journey.given_up(name, address), 0);
    }
    let since = Stopwatch::start();
    let end = journey.go(name, address).await;
    let took = millis(since.elapsed());
    let questions = journey.questions.get();
    let visit = Visit { hops: journey.hops.into_inner(), end, took };
    net.web.note(address, &visit);
    (visit, questions)
}

/// For the fuzz targets: an answer that comes all at once.
pub(super) fn foreign_answer(octets: &[u8], most: usize) -> Result<(u16, Option<String>, Vec<u8>), Broken> {
    let connection = tokio::io::join(std::io::Cursor::new(octets.to_vec()), tokio::io::sink());
    let url = Url::first(&Name::root(), None, "/".to_owned());
    let work = async {
        let mut answer = http::ask(Box::new(connection), &url, None).await?;
        let mut body = Vec::new();
        answer.body(most, &mut body).await?;
        Ok((answer.status, answer.server, body))
    };
    // Nothing in there ever waits.
    Box::pin(work).now_or_never().unwrap_or(Err(Broken::TimedOut))
}

/// For the fuzz targets: a redirect from the file of a name.
pub(super) fn foreign_redirect(location: &[u8], name: &Name) -> Result<String, BadRedirect> {
    let been = [Url::first(name, None, "/.well-known/acme-challenge/x".to_owned())];
    let next = redirect::judge(&WebSettings::default(), &been, 302, location)?;
    // Where it leads is where the next one is judged from, and what is asked for there.
    let _ = (next.url.request_target(), next.url.host_header(), been[0].referer(&next.url));
    let again = [been[0].clone(), next.url.clone()];
    let _ = redirect::judge(&WebSettings::default(), &again, 301, location);
    Ok(next.url.to_string())
}

fn millis(took: Duration) -> u32 {
    u32::try_from(took.as_millis()).unwrap_or(u32::MAX)
}

/// A stranger's text, harmless and cut at so many characters.
fn brief(text: &str, most: usize) -> String {
    shown_within(text, most)
}
