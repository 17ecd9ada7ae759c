//! Connections to web servers, plain and with TLS. On visits no certificate is ever checked: the CA does not
//! check any either, since who asks it for one may not have one yet. Where a server has to prove who it is
//! (see `call`), the caller brings a connector that checks.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use hickory_net::tls::default_provider;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, Error, InvalidMessage, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::brief;
use crate::model::{BadRedirect, Broken, ConnectFailure, WebEnd};

/// What a request can be written to and an answer read from.
pub(in crate::net) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// A connection of either kind.
pub(in crate::net) type Connection = Box<dyn Stream>;

/// Speaks TLS 1.2 and 1.3 with anybody, with no protocol chosen beforehand (ALPN).
///
/// # Errors
/// When the cryptography that was built in does not offer what TLS needs.
pub(super) fn connector() -> Result<TlsConnector, Error> {
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Connects within a limit.
///
/// # Errors
/// [`ConnectFailure`].
pub(in crate::net) async fn connect(to: SocketAddr, limit: Duration) -> Result<TcpStream, ConnectFailure> {
    match timeout(limit, TcpStream::connect(to)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(failure(&error, to.ip())),
        Err(_) => Err(ConnectFailure::TimedOut),
    }
}

fn failure(error: &io::Error, to: IpAddr) -> ConnectFailure {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            ConnectFailure::Refused
        }
        ErrorKind::TimedOut => ConnectFailure::TimedOut,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable if has_route(to) => {
            ConnectFailure::Unreachable
        }
        // No route, no address of that family, no leave, or no descriptor: all of them matters of this
        // machine.
        _ => ConnectFailure::NoRoute,
    }
}

/// Whether this machine knows a way there. Connecting UDP sends nothing.
fn has_route(to: IpAddr) -> bool {
    let any = SocketAddr::new(if to.is_ipv4() { [0; 4].into() } else { [0; 16].into() }, 0);
    UdpSocket::bind(any).is_ok_and(|socket| socket.connect((to, 9)).is_ok())
}

/// Greets in TLS within a limit. The server's name goes along where it is a name.
///
/// # Errors
/// How a visit ends when there is no TLS to be had.
pub(in crate::net) async fn secure(
    tls: &TlsConnector,
    stream: TcpStream,
    host: ServerName<'static>,
    limit: Duration,
) -> Result<TlsStream<TcpStream>, WebEnd> {
    match timeout(limit, tls.connect(host, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(unsecured(&error)),
        Err(_) => Err(WebEnd::Broken(Broken::TimedOut)),
    }
}

fn unsecured(error: &io::Error) -> WebEnd {
    let said = |text: &str| WebEnd::Broken(Broken::Handshake(brief(text, super::URL_SHOWN)));
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
            WebEnd::Redirect(BadRedirect::OldTls)
        }
        // TLS 1.0 and 1.1 end up here, too: they are the only versions that can be left.
        Some(Error::PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13)) => {
            WebEnd::Redirect(BadRedirect::OldTls)
        }
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            said("the server does not speak TLS")
        }
        Some(other) => said(&other.to_string()),
        None if error.kind() == ErrorKind::TimedOut => WebEnd::Broken(Broken::TimedOut),
        None => WebEnd::Broken(Broken::Closed),
    }
}

/// Takes every certificate for good, as the CA's client does (`InsecureSkipVerify`).
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
