//! Redirects, followed over real connections. The rules one by one stand in `redirect`.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::server::Requests;
use super::*;
use crate::model::{BadRedirect, Broken, ConnectFailure};

fn to(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// A server that redirects the first request, and has the file for every other.
async fn once(ca: Ca, status: u16, location: &str) -> (Visit, Requests) {
    let first = to(status, location);
    let respond = move |n, _: &str| if n == 0 { first.clone() } else { ok(CONTENT).into_bytes() };
    let (at, requests) = server::http(respond).await;
    let dns = server::dns_to(&[[127, 0, 0, 1]]).await;
    (visit(&internet(lab(ca, at), dns), HERE, Some(CONTENT)).await, requests)
}

#[tokio::test]
async fn what_the_ca_follows_is_followed() {
    for (ca, status, location, host) in [
        (Ca::LetsEncrypt, 301, "/elsewhere", "www.example.test"),
        (Ca::LetsEncrypt, 302, "http://other.test/x?y=z", "other.test"),
        (Ca::LetsEncrypt, 307, "//you:me@other.test", "other.test"),
        (Ca::LetsEncrypt, 308, "http://127.0.0.1/x", "127.0.0.1"),
    ] {
        let (seen, requests) = once(ca, status, location).await;
        assert_eq!(body_of(&seen.end), Some(BodySeen::Right), "{location}: {seen:?}");
        assert_eq!((seen.hops.len(), seen.hops[0].status, seen.hops[1].status), (2, Some(status), Some(200)));
        let asked = requests.lock().unwrap()[1].clone();
        assert!(asked.contains(&format!("\r\nHost: {host}\r\n")), "{asked}");
        assert!(asked.contains("\r\nReferer: http://www.example.test/.well-known/"), "{asked}");
        assert!(!asked.contains("Authorization"), "{asked}");
    }
}

#[tokio::test]
async fn what_the_ca_does_not_follow_is_told() {
    for (status, location, expected) in [
        (303, "/x", BadRedirect::Status(303)),
        (301, "file:///etc/passwd", BadRedirect::Scheme("file".into())),
        (301, "https://other.test:8443/", BadRedirect::Port(8443)),
        (301, "http://localhost/", BadRedirect::NotPublic("localhost".into())),
    ] {
        let (seen, requests) = once(Ca::LetsEncrypt, status, location).await;
        assert_eq!((seen.end, seen.hops.len()), (WebEnd::Redirect(expected), 1), "{location}");
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
    let (seen, _) = once(Ca::Pebble, 303, "http://127.0.0.1:1/").await;
    assert_eq!(seen.end, WebEnd::NotConnected(ConnectFailure::Refused), "pebble goes there");
    assert_eq!((seen.hops.len(), seen.hops[1].status), (2, None));
    let (seen, _) = once(Ca::LetsEncrypt, 301, "http://nobody.test/").await;
    assert_eq!(seen.end, WebEnd::Unresolved(Name::parse("nobody.test").unwrap()));
    assert_eq!(seen.hops.len(), 1);
}

#[tokio::test]
async fn a_redirect_without_a_place_is_an_answer() {
    for text in ["HTTP/1.1 302 Found\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation:\r\n\r\n"] {
        let end = told(Ca::LetsEncrypt, text, Some(CONTENT)).await;
        assert!(matches!(end, WebEnd::Answered { status: 302, .. }), "{end:?}");
    }
}

#[tokio::test]
async fn eleven_are_followed_and_the_twelfth_is_not() {
    for (ca, redirects, reached) in [
        (Ca::LetsEncrypt, 11, true),
        (Ca::LetsEncrypt, 12, false),
        (Ca::Pebble, 9, true),
        (Ca::Pebble, 10, false),
    ] {
        let (at, requests) = server::http(move |n, request| {
            let host = request.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap();
            if n < redirects { to(301, &format!("http://{host}/{n}")) } else { ok(CONTENT).into_bytes() }
        })
        .await;
        let dns = server::dns_to(&[[127, 0, 0, 1]]).await;
        let seen = visit(&internet(lab(ca, at), dns), HERE, Some(CONTENT)).await;
        let expected = if reached { Some(BodySeen::Right) } else { None };
        assert_eq!(body_of(&seen.end), expected, "{ca:?} {redirects}: {:?}", seen.end);
        assert!(reached || seen.end == WebEnd::Redirect(BadRedirect::TooMany));
        assert_eq!(requests.lock().unwrap().len(), redirects + usize::from(reached));
    }
}

#[tokio::test]
async fn a_circle_is_seen() {
    let (at, requests) = server::http(|n, _| to(301, if n % 2 == 0 { "/a" } else { "/b" })).await;
    let dns = server::dns_to(&[[127, 0, 0, 1]]).await;
    let seen = visit(&internet(lab(Ca::LetsEncrypt, at), dns), HERE, None).await;
    assert_eq!((seen.end, requests.lock().unwrap().len()), (WebEnd::Redirect(BadRedirect::Loop), 3));
    let itself = format!("http://www.example.test/.well-known/acme-challenge/{TOKEN}");
    let (seen, _) = once(Ca::LetsEncrypt, 301, &itself).await;
    assert_eq!(seen.end, WebEnd::Redirect(BadRedirect::Loop));
}

/// Plain HTTP here, and TLS at another port.
async fn with_tls(https: SocketAddr, location: &'static str) -> Visit {
    let (at, _) = server::http(move |_, _| to(301, location)).await;
    let dns = server::dns_to(&[[127, 0, 0, 1]]).await;
    let web = WebSettings { https_port: https.port(), ..lab(Ca::LetsEncrypt, at) };
    visit(&internet(web, dns), HERE, Some(CONTENT)).await
}

#[tokio::test]
async fn nobody_looks_at_the_certificate_behind_a_redirect() {
    let (at, requests) = server::https(|_, _| ok(CONTENT).into_bytes()).await;
    let seen = with_tls(at, "https://other.test/x").await;
    assert_eq!(body_of(&seen.end), Some(BodySeen::Right), "{seen:?}");
    assert!(requests.lock().unwrap()[0].starts_with("other.test GET /x HTTP/1.1\r\nHost: other.test\r\n"));
    let seen = with_tls(at, "https://127.0.0.1/x").await;
    assert_eq!(body_of(&seen.end), Some(BodySeen::Right), "{seen:?}");
    assert!(requests.lock().unwrap()[1].starts_with("nobody GET /x "));

    let (at, _) = server::https(|_, _| format!("HTTP/1.1 200 OK\r\n\r\n{CONTENT}").into_bytes()).await;
    let seen = with_tls(at, "https://other.test/x").await;
    assert_eq!(body_of(&seen.end), Some(BodySeen::Right), "a body that ends with the connection: {seen:?}");
}

#[tokio::test]
async fn handshakes_that_fail_say_how() {
    let stalled = server::raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
        Some(())
    });
    let seen = with_tls(stalled.await, "https://other.test/").await;
    assert_eq!(seen.end, WebEnd::Broken(Broken::TimedOut));
    assert_eq!((seen.hops.len(), seen.hops[1].url.as_str()), (2, "https://other.test/"));

    for (greeting, expected) in [
        (&b""[..], WebEnd::Broken(Broken::Closed)),
        (b"\x15\x03\x01\x00\x02\x02\x46", WebEnd::Redirect(BadRedirect::OldTls)),
        (
            b"HTTP/1.1 400 Bad\r\n\r\n",
            WebEnd::Broken(Broken::Handshake("the server does not speak TLS".into())),
        ),
    ] {
        let end = with_tls(greeter(greeting).await, "https://other.test/").await.end;
        assert_eq!(end, expected, "{greeting:?}");
    }
    let end = with_tls(greeter(b"\x15\x03\x03\x00\x02\x02\x28").await, "https://other.test/").await.end;
    assert!(matches!(&end, WebEnd::Broken(Broken::Handshake(said)) if said.contains("andshake")), "{end:?}");
}

/// A server that answers a greeting in TLS with these octets.
async fn greeter(greeting: &'static [u8]) -> SocketAddr {
    server::raw(move |mut stream| async move {
        stream.read_exact(&mut [0; 5]).await.ok()?;
        stream.write_all(greeting).await.ok()?;
        stream.shutdown().await.ok()
    })
    .await
}

/// IPv6 is where a redirect leads if there is any, and of several addresses it is the
/// one that was visited.
#[tokio::test]
async fn a_redirect_goes_where_the_ca_would_go() {
    let respond = |n, _: &str| if n == 0 { to(301, "http://other.test/x") } else { ok(CONTENT).into_bytes() };
    let (at, requests) = server::http(respond).await;
    let dns = server::dns(|_, qtype| {
        let v6 = std::net::Ipv6Addr::LOCALHOST.octets().to_vec();
        Some(vec![if qtype == 28 { v6 } else { vec![127, 0, 0, 1] }])
    });
    let seen = visit(&internet(lab(Ca::LetsEncrypt, at), dns.await), HERE, Some(CONTENT)).await;
    assert!(matches!(seen.end, WebEnd::NotConnected(_)), "{seen:?}");
    assert_eq!(seen.hops[1].address, IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]));
    assert_eq!(requests.lock().unwrap().len(), 1);

    let dns = server::dns_to(&[[127, 0, 0, 7], [127, 0, 0, 1], [127, 0, 0, 9]]).await;
    for _ in 0..5 {
        let (at, _) = server::http(respond).await;
        let seen = visit(&internet(lab(Ca::LetsEncrypt, at), dns), HERE, Some(CONTENT)).await;
        assert_eq!(seen.hops[1].address, HERE);
    }
}

#[tokio::test]
async fn reserved_addresses_are_kept_away_from() {
    let (at, requests) = server::http(|_, _| ok(CONTENT).into_bytes()).await;
    let web = WebSettings { allow_reserved: false, ..lab(Ca::LetsEncrypt, at) };
    let seen = visit(&internet(web, at), HERE, Some(CONTENT)).await;
    assert_eq!((seen.end, seen.hops.len()), (WebEnd::Redirect(BadRedirect::Reserved(HERE)), 1));
    assert_eq!(requests.lock().unwrap().len(), 0);
}
