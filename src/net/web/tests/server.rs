//! Web and name servers on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_net::tls::default_provider;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_rustls::TlsAcceptor;

/// The requests that came, in order.
pub(in crate::net) type Requests = Arc<Mutex<Vec<String>>>;

/// Reads one request.
pub(super) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Answers the n-th request with these octets and hangs up.
pub(super) async fn http(
    respond: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> (SocketAddr, Requests) {
    http_at("127.0.0.1:0", respond).await
}

pub(super) async fn http_at(
    at: &str,
    respond: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> (SocketAddr, Requests) {
    let requests = Requests::default();
    let noted = requests.clone();
    let listener = TcpListener::bind(at).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let asked = request(&mut stream).await;
            let n = {
                let mut noted = noted.lock().unwrap();
                noted.push(asked.clone());
                noted.len() - 1
            };
            let _ = stream.write_all(&respond(n, &asked)).await;
            let _ = stream.shutdown().await;
        }
    });
    (at, requests)
}

/// Hands every connection to `speak`.
pub(super) async fn raw<F: Future<Output = Option<()>> + Send + 'static>(
    speak: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak(stream));
        }
    });
    at
}

/// The same as [`http`] behind TLS, with a certificate that nobody trusts; what it notes begins with the
/// name in the greeting.
pub(in crate::net) async fn https(
    respond: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> (SocketAddr, Requests) {
    let chain = vec![CertificateDer::from(include_bytes!("../../tests/tls/server.der").to_vec())];
    let key = PrivatePkcs8KeyDer::from(include_bytes!("../../tests/tls/server-key.der").to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let requests = Requests::default();
    let noted = requests.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let asked = request(&mut stream).await;
            let greeted = stream.get_ref().1.server_name().unwrap_or("nobody").to_owned();
            let n = {
                let mut noted = noted.lock().unwrap();
                noted.push(format!("{greeted} {asked}"));
                noted.len() - 1
            };
            let _ = stream.write_all(&respond(n, &asked)).await;
            // The connection ends without TLS being told, as many servers do it.
        }
    });
    (at, requests)
}

/// A name server that has authority for everything: `records` gives the RDATA for a name in lower case and
/// a type's number; NXDOMAIN where it gives none.
pub(in crate::net) async fn dns(
    records: impl Fn(&str, u16) -> Option<Vec<Vec<u8>>> + Send + 'static,
) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            // The last eleven octets are our own OPT record.
            let mut reply = buffer[..length - 11].to_vec();
            let (mut name, mut at) = (String::new(), 12);
            while reply[at] != 0 {
                let label = &reply[at + 1..=at + usize::from(reply[at])];
                name += &(String::from_utf8_lossy(label).to_lowercase() + ".");
                at += 1 + label.len();
            }
            let qtype = u16::from_be_bytes([reply[at + 1], reply[at + 2]]);
            let found = records(name.trim_end_matches('.'), qtype);
            reply[2] |= 0x84;
            reply[3] = if found.is_some() { 0 } else { 3 };
            let found = found.unwrap_or_default();
            reply[6..12].copy_from_slice(&[0, found.len() as u8, 0, 0, 0, 0]);
            for data in found {
                reply.extend_from_slice(&[0xc0, 12]);
                reply.extend_from_slice(&qtype.to_be_bytes());
                reply.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
                reply.extend_from_slice(&(data.len() as u16).to_be_bytes());
                reply.extend_from_slice(&data);
            }
            let _ = socket.send_to(&reply, from).await;
        }
    });
    at
}

/// All names are at these IPv4 addresses, but those that begin with `no`.
pub(super) async fn dns_to(addresses: &'static [[u8; 4]]) -> SocketAddr {
    dns(move |name, qtype| {
        if name.starts_with("no") {
            return None;
        }
        Some(if qtype == 1 { addresses.iter().map(|a| a.to_vec()).collect() } else { Vec::new() })
    })
    .await
}

/// A port on which nobody listens.
pub(in crate::net) async fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}
