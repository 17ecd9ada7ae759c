//! TLS and HTTPS against servers of our own, with a certificate of our own.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use hickory_net::tls::default_provider;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::server::{self, ADDR, framed, good, reply};
use super::*;
use crate::model::{Rcode, Transport};

type Secured = TlsStream<TcpStream>;

/// What a server saw.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    names: Mutex<Vec<String>>,
}

fn acceptor(alpn: &[&[u8]]) -> TlsAcceptor {
    let chain = vec![CertificateDer::from(include_bytes!("tls/server.der").to_vec())];
    let key = PrivatePkcs8KeyDer::from(include_bytes!("tls/server-key.der").to_vec());
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Hands every connection to `speak` once it is secure.
async fn tls<F: Future<Output = Option<()>> + Send + 'static>(
    alpn: &'static [&'static [u8]],
    speak: impl Fn(Secured) -> F + Send + Sync + 'static,
) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let (acceptor, noted) = (acceptor(alpn), seen.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            noted.connections.fetch_add(1, SeqCst);
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            noted.names.lock().unwrap().extend(stream.get_ref().1.server_name().map(str::to_owned));
            tokio::spawn(speak(stream));
        }
    });
    (addr, seen)
}

/// DNS over TLS: answers `questions` on each connection and closes it.
async fn dot(questions: usize, respond: fn(&[u8]) -> Vec<u8>) -> (SocketAddr, Arc<Seen>) {
    tls(&[], move |mut stream| async move {
        for _ in 0..questions {
            let reply = respond(&framed(&mut stream).await?);
            let mut out = (reply.len() as u16).to_be_bytes().to_vec();
            out.extend_from_slice(&reply);
            stream.write_all(&out).await.ok()?;
        }
        stream.shutdown().await.ok()
    })
    .await
}

/// One HTTP/2 frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut frame = (body.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream);
    frame.extend_from_slice(body);
    frame
}

/// DNS over HTTPS, as little of HTTP/2 as it takes: every body that ends is answered with `status`, an
/// index of the static table (RFC 7541, appendix A).
async fn doh(status: u8) -> (SocketAddr, Arc<Seen>) {
    tls(&[b"h2"], move |mut stream| async move {
        stream.read_exact(&mut [0; 24]).await.ok()?;
        stream.write_all(&frame(4, 0, [0; 4], &[])).await.ok()?;
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.ok()?;
            let mut body = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            stream.read_exact(&mut body).await.ok()?;
            let id = [head[5], head[6], head[7], head[8]];
            match (head[3], head[4] & 1) {
                (4, 0) => stream.write_all(&frame(4, 1, [0; 4], &[])).await.ok()?,
                (0, 1) => {
                    let answer = good(&body);
                    let mut headers = vec![0x80 | status, 0x0f, 16, 23];
                    headers.extend_from_slice(b"application/dns-message");
                    headers.extend_from_slice(&[0x0f, 13, 2]);
                    headers.extend_from_slice(format!("{:02}", answer.len()).as_bytes());
                    let mut out = frame(1, 4, id, &headers);
                    out.extend(frame(0, 1, id, &answer));
                    stream.write_all(&out).await.ok()?;
                }
                _ => {}
            }
        }
    })
    .await
}

fn trusting(probe_limit: Duration) -> Internet {
    let extra_roots = vec![include_bytes!("tls/root.der").to_vec()];
    let settings = Settings { probe_limit, extra_roots, ..Settings::default() };
    Internet::new(settings, Rc::new(Clock::new())).unwrap()
}

fn at(transport: Transport, addr: SocketAddr, name: &str) -> Endpoint {
    let path = (transport == Transport::Https).then(|| "/dns-query".into());
    Endpoint { transport, addr, server_name: Some(name.into()), path }
}

const LIMIT: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn many_questions_share_a_connection_and_samples_do_not() {
    for transport in [Transport::Tls, Transport::Https] {
        let (addr, seen) =
            if transport == Transport::Tls { dot(usize::MAX, good).await } else { doh(8).await };
        let server = at(transport, addr, "dns.test");
        let net = trusting(LIMIT);
        for round in 0..2 {
            let names = (0..200).map(|i| ask(server.clone(), &format!("n{i}.example"), (i % 2) as u8));
            let found = run(&net, names.collect()).await;
            assert!(found.iter().all(|f| answer(f).addresses == [ADDR] && f.questions == 1), "{found:?}");
            assert_eq!((found.len(), seen.connections.load(SeqCst)), (200, 2), "round {round}");
        }
        assert_eq!(*seen.names.lock().unwrap(), ["dns.test", "dns.test"], "SNI");
    }
}

#[tokio::test]
async fn a_connection_that_died_is_made_again() {
    let (addr, seen) = dot(1, good).await;
    let net = trusting(LIMIT);
    for n in 1..=4 {
        let found = run(&net, vec![ask(at(Transport::Tls, addr, "dns.test"), "a.example", 0)]).await;
        assert_eq!(answer(&found[0]).addresses, [ADDR]);
        assert_eq!(seen.connections.load(SeqCst), n);
    }
}

/// A box on the way forgot the connection: nothing is said, and nothing arrives.
#[tokio::test]
async fn a_connection_that_fell_silent_is_made_again() {
    let speak = |mut stream: Secured| async move {
        let query = framed(&mut stream).await?;
        let reply = good(&query);
        stream.write_u16(reply.len() as u16).await.ok()?;
        stream.write_all(&reply).await.ok()?;
        stream.flush().await.ok()?;
        while framed(&mut stream).await.is_some() {}
        None
    };
    let (addr, seen) = tls(&[], speak).await;
    let net = trusting(LIMIT);
    for (n, questions) in [(1, 1), (2, 2)] {
        let found = run(&net, vec![ask(at(Transport::Tls, addr, "dns.test"), "a.example", 0)]).await;
        assert_eq!((&answer(&found[0]).addresses[..], found[0].questions), (&[ADDR][..], questions));
        assert_eq!(seen.connections.load(SeqCst), n);
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_refused() {
    let (addr, _) = dot(usize::MAX, good).await;
    let stranger = internet(LIMIT);
    for (net, name) in [(&stranger, "dns.test"), (&trusting(LIMIT), "other.test")] {
        for transport in [Transport::Tls, Transport::Https] {
            let found = run(net, vec![ask(at(transport, addr, name), "a.example", 0)]).await;
            let Failure::Secure { text } = failure(&found[0]) else { panic!("{found:?}") };
            assert!(text.contains("certificate"), "{text}");
        }
    }
}

#[tokio::test]
async fn failures_keep_their_names() {
    let net = trusting(SHORT);
    let closed = server::closed().await;
    let silent = server::tcp(|_, _| std::future::pending()).await;
    let (error, _) = doh(13).await; // 404
    for transport in [Transport::Tls, Transport::Https] {
        let servers = [closed, silent].map(|addr| ask(at(transport, addr, "dns.test"), "a.example", 0));
        let since = Stopwatch::start();
        let found = run(&net, servers.into()).await;
        assert!(since.elapsed() < SHORT + Duration::from_millis(150));
        let mut failures: Vec<_> = found.iter().map(failure).collect();
        failures.sort();
        assert_eq!(failures, [&Failure::Silent { tries: 1 }, &Failure::PortClosed]);
    }
    let found = run(&net, vec![ask(at(Transport::Https, error, "dns.test"), "a.example", 0)]).await;
    assert!(matches!(failure(&found[0]), Failure::Secure { .. }), "{found:?}");
}

#[tokio::test]
async fn another_question_is_no_answer() {
    let other = |query: &[u8]| {
        let mut reply = good(query);
        reply[13] = b'x';
        reply
    };
    let (addr, _) = dot(usize::MAX, other).await;
    let found = run(&trusting(LIMIT), vec![ask(at(Transport::Tls, addr, "dns.test"), "a.example", 0)]).await;
    assert_eq!(failure(&found[0]), &Failure::Garbage);
}

#[tokio::test]
async fn servfail_over_tls_is_asked_again_without_checking() {
    let respond = |query: &[u8]| reply(query, if query[3] & 0x10 == 0 { 2 } else { 0 });
    let (addr, _) = dot(usize::MAX, respond).await;
    let found = run(&trusting(LIMIT), vec![ask(at(Transport::Tls, addr, "dns.test"), "a.example", 0)]).await;
    assert_eq!((answer(&found[0]).rcode, answer(&found[0]).unchecked), (Rcode::SERVFAIL, Some(true)));
}

#[test]
fn a_root_that_is_none_is_refused() {
    let settings = Settings { extra_roots: vec![vec![1, 2, 3]], ..Settings::default() };
    assert!(Internet::new(settings, Rc::new(Clock::new())).is_err());
}
