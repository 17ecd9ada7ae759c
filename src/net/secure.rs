//! DNS over TLS (RFC 7858) and over HTTPS (RFC 8484), on connections that are kept.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hickory_net::h2::HttpsClientStream;
use hickory_net::runtime::{RuntimeProvider, Spawn, TokioRuntimeProvider};
use hickory_net::tls::{default_provider, tls_client_connect};
use hickory_net::xfer::{DnsExchange, DnsHandle, FirstAnswer};
use hickory_net::{DnsMultiplexer, NetError};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Message};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::shown;
use super::exchange::{Body, Heard, Limit};
use super::polite::{self, Polite};
use super::wire::Query;
use crate::clock::Stopwatch;
use crate::model::{Endpoint, Failure, Transport};

/// Why no secure connection will ever be possible.
#[derive(Debug, thiserror::Error)]
pub enum SecureError {
    /// One of [`super::Settings::extra_roots`] is no certificate.
    #[error("an extra root certificate cannot be used: {0}")]
    Root(rustls::Error),
    /// The cryptography that was built in does not offer what TLS needs.
    #[error("TLS cannot be used: {0}")]
    Tls(rustls::Error),
}

/// The certificates of a PEM file (RFC 7468) as DER; none when there is none, or one cannot be read.
pub fn certificates(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all: Vec<Vec<u8>> = all.ok()?.into_iter().map(|der| der.to_vec()).collect();
    (!all.is_empty()).then_some(all)
}

/// TLS 1.2 and 1.3 with servers whose certificate leads to a root of the Mozilla programme or of `extra_roots`.
fn trusting(extra_roots: &[Vec<u8>]) -> Result<ClientConfig, SecureError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in extra_roots {
        roots.add(CertificateDer::from(root.clone())).map_err(SecureError::Root)?;
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(SecureError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// How often it is looked whether a connection may be opened that had to wait for others.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(20);

type Exchange = DnsExchange<TokioRuntimeProvider>;

/// The connections of one process. Samples of one server use connections of their own, since behind one
/// connection there is mostly one cache.
pub(crate) struct Secure {
    /// It owns the tasks behind the connections, so there is one for all of them.
    provider: TokioRuntimeProvider,
    tls: Arc<ClientConfig>,
    limit: Duration,
    connections: RefCell<HashMap<(Endpoint, u8), Rc<Connection>>>,
}

struct Connection {
    in_flight: Semaphore,
    live: Mutex<Live>,
    _leave: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Live {
    exchange: Option<Exchange>,
    /// Counts the connections that there were, so that a dead one is buried once.
    number: u64,
}

/// A connection as one question finds it.
struct Found {
    exchange: Exchange,
    number: u64,
    is_new: bool,
}

impl Secure {
    /// Trusts the roots of the Mozilla programme and `extra_roots` (DER).
    pub(crate) fn new(extra_roots: &[Vec<u8>], limit: Duration) -> Result<Self, SecureError> {
        let tls = Arc::new(trusting(extra_roots)?);
        let provider = TokioRuntimeProvider::new();
        Ok(Secure { provider, tls, limit, connections: RefCell::default() })
    }

    /// How this machine greets in TLS a server that has to prove who it is.
    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// Asks on the kept connection of this endpoint and sample, or on a new one.
    pub(crate) async fn ask(&self, held: &Held, endpoint: &Endpoint, query: &Query, limit: Limit) -> Heard {
        let connection = &held.0;
        let Some(message) = query.to_message() else { return Heard::failed(Failure::Garbage, 0) };
        let mut questions = 0;
        let work = async {
            let _held = connection.in_flight.acquire().await;
            self.ask_on(connection, endpoint, &message, limit, &mut questions).await
        };
        let result = timeout(limit.left(), work).await;
        let questions = questions.max(1);
        match result {
            Ok(Ok((message, rtt))) => Heard { said: Ok(Body::Whole(Box::new(message))), rtt, questions },
            Ok(Err(failure)) => Heard::failed(failure, questions),
            Err(_) => Heard::failed(Failure::Silent { tries: 1 }, questions),
        }
    }

    /// A kept connection may have died unnoticed: it gets half of the time, then a new one the rest.
    async fn ask_on(
        &self,
        connection: &Connection,
        endpoint: &Endpoint,
        message: &Message,
        limit: Limit,
        questions: &mut u32,
    ) -> Result<(Message, Duration), Failure> {
        loop {
            let found = self.find(connection, endpoint).await.map_err(|error| failure(&error))?;
            let since = Stopwatch::start();
            let wait = if found.is_new { limit.left() } else { limit.left() / 2 };
            let request = DnsRequest::new(message.clone(), DnsRequestOptions::default());
            *questions += 1;
            let result = timeout(wait, found.exchange.send(request).first_answer()).await;
            match result {
                Ok(Ok(response)) => return fitting(response, message).map(|m| (m, since.elapsed())),
                Ok(Err(_)) | Err(_) if !found.is_new => connection.bury(found.number).await,
                Ok(Err(error)) => {
                    connection.bury(found.number).await;
                    return Err(failure(&error));
                }
                Err(_) => {
                    connection.bury(found.number).await;
                    return Err(Failure::Silent { tries: 1 });
                }
            }
        }
    }

    /// The kept connection, or a new one; those who come together wait for the same one.
    async fn find(&self, connection: &Connection, endpoint: &Endpoint) -> Result<Found, NetError> {
        let mut live = connection.live.lock().await;
        if let Some(exchange) = &live.exchange {
            return Ok(Found { exchange: exchange.clone(), number: live.number, is_new: false });
        }
        let exchange = self.connect(endpoint).await?;
        live.exchange = Some(exchange.clone());
        live.number += 1;
        Ok(Found { exchange, number: live.number, is_new: true })
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<Exchange, NetError> {
        let addr = endpoint.addr;
        let name: Arc<str> = endpoint.server_name.clone().unwrap_or_else(|| Arc::from(addr.ip().to_string()));
        if endpoint.transport == Transport::Https {
            let path = endpoint.path.clone().unwrap_or_else(|| Arc::from("/dns-query"));
            let mut https = HttpsClientStream::builder(self.tls.clone(), self.provider.clone());
            https.request_timeout(self.limit);
            return https.exchange(addr, name, path).await;
        }
        // hickory's own shorthand for this leaves the server's name out of the greeting, and servers
        // that choose their certificate by it then show a wrong one.
        let name = ServerName::try_from(name.to_string())
            .map_err(|_| NetError::Message("this name can be in no certificate"))?;
        let (stream, handle) = tls_client_connect(addr, name, self.tls.clone(), self.provider.clone());
        let multiplexer = DnsMultiplexer::new(stream.await?, handle).with_timeout(self.limit);
        let (exchange, background) = Exchange::from_stream(multiplexer);
        self.provider.create_handle().spawn_bg(background);
        Ok(exchange)
    }

    /// The place of a connection that is kept, or of a new one as soon as there may be one more: those that
    /// nobody uses give way.
    pub(crate) async fn hold(&self, endpoint: &Endpoint, sample: u8, polite: &Polite) -> Held {
        loop {
            if let Some(known) = self.connections.borrow().get(&(endpoint.clone(), sample)) {
                return Held(known.clone());
            }
            if let Some(leave) = polite.secure() {
                let in_flight = Semaphore::new(polite::IN_FLIGHT_SECURE);
                let new = Rc::new(Connection { in_flight, live: Mutex::default(), _leave: leave });
                self.connections.borrow_mut().insert((endpoint.clone(), sample), new.clone());
                return Held(new);
            }
            let before = self.connections.borrow().len();
            self.connections.borrow_mut().retain(|_, connection| Rc::strong_count(connection) > 1);
            if self.connections.borrow().len() == before {
                tokio::time::sleep(LOOK_FOR_ROOM).await;
            }
        }
    }
}

/// The place of a connection, kept for as long as this lives.
pub(crate) struct Held(Rc<Connection>);

impl Connection {
    /// Lets go of a connection that did not answer, unless another has taken its place already.
    async fn bury(&self, number: u64) {
        let mut live = self.live.lock().await;
        if live.number == number {
            live.exchange = None;
        }
    }
}

/// The library matches by ID alone, so the question is looked at here.
fn fitting(response: DnsResponse, asked: &Message) -> Result<Message, Failure> {
    let message = response.into_message();
    let is_bare_error = message.queries.is_empty() && u16::from(message.metadata.response_code) != 0;
    if message.queries == asked.queries || is_bare_error { Ok(message) } else { Err(Failure::Garbage) }
}

fn failure(error: &NetError) -> Failure {
    let said = || Failure::Secure { text: shown(&error.to_string()) };
    match error {
        NetError::Timeout => Failure::Silent { tries: 1 },
        NetError::Proto(_) => Failure::Garbage,
        NetError::Io(io) => match io.kind() {
            ErrorKind::TimedOut => Failure::Silent { tries: 1 },
            ErrorKind::ConnectionRefused => Failure::PortClosed,
            ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied
            | ErrorKind::Unsupported => Failure::NoRoute,
            _ => said(),
        },
        _ => said(),
    }
}
