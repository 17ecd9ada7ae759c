//! Servers that are broken, or mean harm: each has its end within its time, and little is kept of it.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use super::*;
use crate::model::{BadRedirect, Broken, ConnectFailure};
use crate::net::polite::VISITS_PER_ADDRESS;

async fn visited(at: SocketAddr) -> WebEnd {
    let dns = server::dns_to(&[[127, 0, 0, 1]]).await;
    visit(&internet(lab(Ca::LetsEncrypt, at), dns), HERE, Some(CONTENT)).await.end
}

/// A server that says `begin` to every request and then `more` for ever, with this pause between.
async fn endless(begin: &'static [u8], more: &'static [u8], pause: Duration) -> SocketAddr {
    server::raw(move |mut stream| async move {
        server::request(&mut stream).await;
        stream.write_all(begin).await.ok()?;
        loop {
            if more.is_empty() || !pause.is_zero() {
                tokio::time::sleep(pause.max(Duration::from_millis(1))).await;
            }
            stream.write_all(more).await.ok()?;
        }
    })
    .await
}

#[tokio::test]
async fn what_never_ends_is_left() {
    let (now, drip) = (Duration::ZERO, Duration::from_millis(5));
    let head = b"HTTP/1.1 200 OK\r\n";
    for (name, begin, more, pause, expected) in [
        ("silence", &b""[..], &b""[..], drip, Broken::TimedOut),
        (
            "headers",
            head,
            &b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"[..],
            now,
            Broken::HeadersTooLong,
        ),
        ("a header", b"HTTP/1.1 200 OK\r\nX: ", &[b'y'; 4096], now, Broken::HeadersTooLong),
        ("a drip of headers", head, b"y", drip, Broken::TimedOut),
        ("interim answers", b"", b"HTTP/1.1 100 Continue\r\n\r\n", now, Broken::NotHttp),
        ("a drip of a body", b"HTTP/1.1 200 OK\r\n\r\n", b"y", drip, Broken::TimedOut),
        (
            "a chunk's size",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
            &[b'y'; 4096],
            now,
            Broken::NotHttp,
        ),
        (
            "trailers",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            b"X: y\r\n",
            now,
            Broken::HeadersTooLong,
        ),
        ("a body of a redirect", b"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", b"", drip, Broken::TimedOut),
    ] {
        let end = visited(endless(begin, more, pause).await).await;
        assert_eq!(end, WebEnd::Broken(expected), "{name}");
    }
}

#[tokio::test]
async fn terabytes_are_not_taken() {
    let more = &[b'y'; 65_536];
    for (begin, status) in [
        (&b"HTTP/1.1 200 OK\r\n\r\n"[..], 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000\r\n", 200),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", 404),
    ] {
        let end = visited(endless(begin, more, Duration::ZERO).await).await;
        let expected = if status == 200 { BodySeen::TooLong } else { BodySeen::NotCompared };
        assert_eq!(end, WebEnd::Answered { status, body: expected, begins: "y".repeat(60) });
    }
    // A slow body that nobody needs holds nobody up for long.
    let end =
        visited(endless(b"HTTP/1.1 404 Not Found\r\n\r\n", b"y", Duration::from_millis(20)).await).await;
    assert!(matches!(end, WebEnd::Answered { status: 404, .. }), "{end:?}");
    // Redirects with huge bodies are not read on.
    let moved = b"HTTP/1.1 301 Moved\r\nLocation: ftp://x/\r\nContent-Length: 1099511627776\r\n\r\n";
    let end = visited(endless(moved, more, Duration::ZERO).await).await;
    assert_eq!(end, WebEnd::Redirect(BadRedirect::Scheme("ftp".into())));
}

#[tokio::test]
async fn what_is_no_http_is_told() {
    for (octets, expected) in [
        (&b""[..], Broken::Closed),
        (b"HTTP/1.1 200 OK\r\nX: ", Broken::Closed),
        (b"<html>an answer of 1991</html>", Broken::NotHttp),
        (b"ICY 200 OK\r\n\r\n", Broken::NotHttp),
        (b"\0\0\x12\x04\0\0\0\0\0", Broken::NotHttp),
        (b"HTTP/2 200\r\n\r\n", Broken::NotHttp),
        (b"HTTP/1.1 OK\r\n\r\n", Broken::NotHttp),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Broken::NotHttp),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Broken::NotHttp),
        (b"\xff\xfe\xfd\xfc\xfb\xfa", Broken::NotHttp),
        (b"\x15\x03\x01\0\x02\x02\x0a", Broken::Tls),
    ] {
        let end = told(Ca::LetsEncrypt, octets, Some(CONTENT)).await;
        assert_eq!(end, WebEnd::Broken(expected), "{octets:?}");
    }
}

#[tokio::test]
async fn connections_that_do_not_come_about() {
    let refused = server::closed().await;
    assert_eq!(visited(refused).await, WebEnd::NotConnected(ConnectFailure::Refused));

    let reset = server::raw(|stream| async move {
        let _ = stream.set_zero_linger();
        drop(stream);
        Some(())
    });
    assert_eq!(visited(reset.await).await, WebEnd::Broken(Broken::Closed));

    // An address of one link, with no link named, is a way that this machine cannot go.
    let net = internet(lab(Ca::LetsEncrypt, refused), refused);
    let end = visit(&net, "fe80::1".parse().unwrap(), None).await.end;
    assert_eq!(end, WebEnd::NotConnected(ConnectFailure::NoRoute));
}

/// A listener whose queue is full drops what comes, as a firewall does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_packet_that_is_dropped_times_out() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let at = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let connect = TcpStream::connect(at);
        waiting.push(tokio::time::timeout(Duration::from_millis(50), connect).await);
    }
    assert_eq!(visited(at).await, WebEnd::NotConnected(ConnectFailure::TimedOut));

    // Those who wait for their turn there learn it from those who had it.
    let net = internet(lab(Ca::LetsEncrypt, at), at);
    let since = Stopwatch::start();
    let seen = futures::future::join_all((0..40).map(|_| visit(&net, HERE, Some(CONTENT)))).await;
    assert!(seen.iter().all(|v| v.end == WebEnd::NotConnected(ConnectFailure::TimedOut) && v.took >= 250));
    assert!(seen.iter().all(|v| v.hops.len() == 1 && v.hops[0].address == HERE));
    assert!(since.elapsed() < Duration::from_millis(450), "{:?}", since.elapsed());
    // Who comes later sees for himself.
    drop((full, waiting));
    let end = visit(&net, HERE, Some(CONTENT)).await.end;
    assert_eq!(end, WebEnd::NotConnected(ConnectFailure::Refused));
}

#[tokio::test]
async fn visits_to_one_address_take_turns() {
    let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let counted = counts.clone();
    let at = server::raw(move |mut stream| {
        let counts = counted.clone();
        async move {
            let (busy, peak) = &*counts;
            peak.fetch_max(busy.fetch_add(1, SeqCst) + 1, SeqCst);
            server::request(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            busy.fetch_sub(1, SeqCst);
            stream.write_all(ok(CONTENT).as_bytes()).await.ok()
        }
    });
    let net = internet(lab(Ca::LetsEncrypt, at.await), HERE_DNS);
    let visits = (0..40).map(|_| visit(&net, HERE, Some(CONTENT)));
    let seen = futures::future::join_all(visits).await;
    assert!(seen.iter().all(|visit| body_of(&visit.end) == Some(BodySeen::Right)));
    assert_eq!(counts.1.load(SeqCst), VISITS_PER_ADDRESS);
}

/// Nobody asks it anything.
const HERE_DNS: SocketAddr = SocketAddr::new(HERE, 1);
