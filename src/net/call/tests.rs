//! Calls to servers on loopback, which can prove to be the CA, or a receiver, to whom the tests' own root is
//! trusted.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hickory_net::tls::default_provider;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::Receiver;
use crate::clock::{Clock, Stopwatch};
use crate::model::{Broken, CallFailure, ConnectFailure, Environment, Name, OrderRecord};
use crate::net::walk::Start;
use crate::net::web::tests::server::{Requests, closed, dns};
use crate::net::{Internet, Settings, WebSettings};

const CA: &str = "acme-v02.api.letsencrypt.org";
const ORDER: &str = "https://acme-v02.api.letsencrypt.org/acme/order/12345678/1";

/// A server that shows the tests' certificate, and answers the n-th request (head and body) with these octets.
async fn server(respond: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static) -> (SocketAddr, Requests) {
    let chain = vec![CertificateDer::from(include_bytes!("../tests/tls/called.der").to_vec())];
    let key = PrivatePkcs8KeyDer::from(include_bytes!("../tests/tls/called-key.der").to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (requests, respond) = (Requests::default(), Arc::new(respond));
    let noted = requests.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, noted, respond) = (acceptor.clone(), noted.clone(), respond.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"\r\n\r\n") {
                    bytes.push(stream.read_u8().await.ok()?);
                }
                let head = String::from_utf8(bytes).ok()?;
                let length =
                    head.split("Content-Length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).await.ok()?;
                let whole = head + &String::from_utf8(body).ok()?;
                let n = {
                    let mut noted = noted.lock().unwrap();
                    noted.push(whole.clone());
                    noted.len() - 1
                };
                stream.write_all(&respond(n, &whole)).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    (at, requests)
}

/// A network in which every name is this machine, and every HTTPS server is at that port.
async fn net_to(at: SocketAddr, trusting: bool) -> Internet {
    let names = dns(|_, qtype| Some(if qtype == 1 { vec![vec![127, 0, 0, 1]] } else { Vec::new() })).await;
    let root = include_bytes!("../tests/tls/called-root.der").to_vec();
    let settings = Settings {
        start: Start::Authorities(vec![names]),
        web: WebSettings { https_port: at.port(), ..WebSettings::default() },
        extra_roots: if trusting { vec![root] } else { Vec::new() },
        probe_limit: Duration::from_millis(300),
        ..Settings::default()
    };
    Internet::new(settings, Rc::new(Clock::new())).unwrap()
}

async fn record(
    respond: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> (OrderRecord, Vec<String>) {
    let (at, requests) = server(respond).await;
    let record = net_to(at, true).await.order_record(ORDER).await.unwrap();
    let requests = requests.lock().unwrap().clone();
    (record, requests)
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn order_with(authorizations: &[String]) -> String {
    let quoted: Vec<String> = authorizations.iter().map(|url| format!("\"{url}\"")).collect();
    format!(
        r#"{{"status":"invalid","identifiers":[{{"type":"dns","value":"a.example"}}],"authorizations":[{}]}}"#,
        quoted.join(",")
    )
}

fn pending(name: &str) -> String {
    format!(r#"{{"identifier":{{"type":"dns","value":"{name}"}},"status":"pending","challenges":[]}}"#)
}

#[tokio::test]
async fn an_order_is_read_with_its_authorizations_and_nobody_else_is_asked() {
    let here = |n: u8| format!("https://{CA}/acme/authz/12345678/{n}");
    let all = [
        here(1),
        format!("https://{CA}.evil.example/acme/authz/12345678/2"),
        "https://acme-staging-v02.api.letsencrypt.org/acme/authz/12345678/3".to_owned(),
        format!("http://{CA}/acme/authz/12345678/4"),
        format!("https://you@{CA}/acme/authz/12345678/5"),
        format!("https://{CA}:8443/acme/authz/12345678/6"),
        here(7),
    ];
    let order = order_with(&all);
    let (record, requests) = record(move |_, asked| {
        answer(200, &if asked.contains("/order/") { order.clone() } else { pending("a.example") })
    })
    .await;
    assert_eq!(record.environment, Environment::Production);
    assert_eq!((record.authorizations.len(), record.unread), (2, None));
    let lines: Vec<&str> = requests.iter().filter_map(|one| one.lines().next()).collect();
    assert_eq!(lines[0], "GET /acme/order/12345678/1 HTTP/1.1");
    assert!(lines.len() == 3 && lines.contains(&"GET /acme/authz/12345678/7 HTTP/1.1"), "{lines:?}");
    assert!(
        requests.iter().all(|one| one.contains(&format!("\r\nHost: {CA}\r\n")) && one.contains("propwatch/"))
    );
}

#[tokio::test]
async fn what_is_no_order_is_a_reason_and_no_more() {
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/secret\r\nContent-Length: 0\r\n\r\n";
    let problem = r#"{"type":"urn:ietf:params:acme:error:malformed","detail":"No order\u001b[2J for ID 1","status":404}"#;
    let status =
        |status, detail: Option<&str>| CallFailure::Status { status, detail: detail.map(str::to_owned) };
    let to = "evil.example".to_owned();
    let cases: [(Vec<u8>, CallFailure); 8] = [
        (redirect.to_vec(), CallFailure::Redirected { status: 302, to }),
        (answer(404, problem), status(404, Some("No order\\u{1b}[2J for ID 1"))),
        (answer(405, "<html>"), status(405, None)),
        (answer(500, ""), status(500, None)),
        (b"SSH-2.0-x\r\n\r\n".to_vec(), CallFailure::Broken(Broken::NotHttp)),
        (Vec::new(), CallFailure::Broken(Broken::Closed)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_vec(), CallFailure::Broken(Broken::Closed)),
        (answer(200, &" ".repeat(2 << 20)), CallFailure::TooLong),
    ];
    for (reply, expected) in cases {
        let (record, requests) = record(move |_, _| reply.clone()).await;
        assert_eq!((record.order, requests.len()), (Err(expected), 1));
    }
    for wrong in [
        "",
        "[]",
        "{\"status\":7}",
        "{\"status\":\"x\",\"identifiers\":[7]}",
        "{\"status\":\"x\",\"authorizations\":{}}",
    ] {
        let (record, _) = record(move |_, _| answer(200, wrong)).await;
        assert!(matches!(record.order, Err(CallFailure::Unreadable(_))), "{wrong}: {record:?}");
    }
}

#[tokio::test]
async fn authorizations_are_bounded_and_the_broken_ones_counted() {
    let all: Vec<String> = (0..150).map(|n| format!("https://{CA}/acme/authz/12345678/{n}")).collect();
    let order = order_with(&all);
    let (record, requests) = record(move |_, asked| {
        let odd = asked.contains("/authz/12345678/3 ");
        let body = if asked.contains("/order/") { order.clone() } else { pending("a.example") };
        answer(if odd { 503 } else { 200 }, &body)
    })
    .await;
    assert_eq!((requests.len(), record.authorizations.len()), (101, 99));
    assert_eq!(record.unread, Some((1, CallFailure::Status { status: 503, detail: None })));
}

#[tokio::test]
async fn who_cannot_prove_to_be_the_ca_is_not_believed() {
    let (at, requests) = server(|_, _| answer(200, "{}")).await;
    let record = net_to(at, false).await.order_record(ORDER).await.unwrap();
    assert!(matches!(record.order, Err(CallFailure::Broken(Broken::Handshake(_)))), "{record:?}");
    assert!(requests.lock().unwrap().is_empty());
    let other = Receiver::parse("https://other.test/").unwrap();
    let told = net_to(at, true).await.tell(&other, "{}", &[]).await;
    assert!(matches!(told.failure, Some(CallFailure::Broken(Broken::Handshake(_)))), "{told:?}");
    assert_eq!(told.tries, 1);
    for elsewhere in
        ["https://evil.example/acme/order/1/2", "http://acme-v02.api.letsencrypt.org/acme/order/1/2"]
    {
        assert_eq!(net_to(at, true).await.order_record(elsewhere).await, None);
    }
    let closed = net_to(closed().await, true).await.order_record(ORDER).await.unwrap();
    assert_eq!(closed.order, Err(CallFailure::NotConnected(ConnectFailure::Refused)));
}

#[tokio::test]
async fn a_document_that_never_ends_has_its_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let net = net_to(listener.local_addr().unwrap(), true).await;
    let since = Stopwatch::start();
    let result = net.document(ORDER, Duration::from_millis(300)).await;
    assert_eq!(result, Err(CallFailure::Broken(Broken::TimedOut)));
    assert!(since.elapsed() < Duration::from_millis(900), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_verdict_is_told_once_and_again_while_the_server_is_in_trouble() {
    let (at, requests) = server(|n, _| answer(if n == 0 { 503 } else { 204 }, "")).await;
    let receiver = Receiver::parse("https://me:secret@hooks.test/path?x=y").unwrap();
    let watched = [Name::parse("hooks.test").unwrap()];
    let told = net_to(at, true).await.tell(&receiver, r#"{"verdict":"safe"}"#, &watched).await;
    assert_eq!((told.tries, told.failure), (2, None));
    let requests = requests.lock().unwrap();
    for one in requests.iter() {
        assert!(one.starts_with("POST /path?x=y HTTP/1.1\r\nHost: hooks.test\r\n"), "{one}");
        assert!(one.ends_with("\r\n\r\n{\"verdict\":\"safe\"}"), "{one}");
    }
}

#[tokio::test]
async fn what_will_not_change_is_tried_once() {
    let redirect =
        b"HTTP/1.1 301 X\r\nLocation: https://b.example/s3cret\r\nContent-Length: 0\r\n\r\n".to_vec();
    let to = "b.example".to_owned();
    for (reply, expected) in [
        (redirect, CallFailure::Redirected { status: 301, to }),
        (answer(404, "{\"detail\":\"s3cret\"}"), CallFailure::Status { status: 404, detail: None }),
        (answer(401, ""), CallFailure::Status { status: 401, detail: None }),
    ] {
        let (at, requests) = server(move |_, _| reply.clone()).await;
        let receiver = Receiver::parse(&format!("https://localhost:{}/x", at.port())).unwrap();
        let told = net_to(at, true).await.tell(&receiver, "{}", &[]).await;
        assert_eq!((told.tries, told.failure), (1, Some(expected)));
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
}
