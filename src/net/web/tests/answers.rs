//! What an answer is worth (facts on `va/http.go`: 200 only, fewer than 128 bytes, blanks at the end).

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::model::Broken;

fn packed(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_is_judged_as_boulder_judges_it() {
    let padded = |length: usize, blank: &str| format!("{CONTENT}{}", blank.repeat(length - CONTENT.len()));
    for (body, expected) in [
        (CONTENT.to_owned(), BodySeen::Right),
        (format!("{CONTENT}\r\n"), BodySeen::Right),
        (format!("{CONTENT} \t\u{b}\u{c}\u{85}\u{a0}\u{2003}\u{3000}\n"), BodySeen::Right),
        (padded(127, " "), BodySeen::Right),
        (padded(128, " "), BodySeen::TooLong),
        ("x".repeat(100_000), BodySeen::TooLong),
        (format!(" {CONTENT}"), BodySeen::Different),
        (format!("\u{feff}{CONTENT}"), BodySeen::Different),
        (format!("{CONTENT}\n."), BodySeen::Different),
        (format!("{CONTENT}\u{200b}"), BodySeen::Different),
        (format!("{CONTENT}\0"), BodySeen::Different),
        (CONTENT[..86].to_owned(), BodySeen::Different),
        (CONTENT.to_uppercase(), BodySeen::Different),
        (String::new(), BodySeen::Different),
    ] {
        let end = told(Ca::LetsEncrypt, ok(&body), Some(CONTENT)).await;
        assert_eq!(body_of(&end), Some(expected), "{body:?}");
    }
    let latin1 = [format!("HTTP/1.1 200\r\n\r\n{CONTENT}").as_bytes(), &[0xa0]].concat();
    let end = told(Ca::LetsEncrypt, latin1, Some(CONTENT)).await;
    assert_eq!(body_of(&end), Some(BodySeen::Different), "a blank of another encoding is none");
}

#[tokio::test]
async fn pebble_reads_everything_and_trims_less() {
    for (body, expected) in [
        (format!("{CONTENT}\t\r\n"), BodySeen::Right),
        (format!("{CONTENT}{}", "\n".repeat(900)), BodySeen::Right),
        (format!("{CONTENT} "), BodySeen::Different),
        ("x".repeat(2 << 20), BodySeen::TooLong),
    ] {
        let end = told(Ca::Pebble, ok(&body), Some(CONTENT)).await;
        assert_eq!(body_of(&end), Some(expected), "{}", body.len());
    }
}

#[tokio::test]
async fn a_body_may_come_in_any_framing() {
    let length = CONTENT.len();
    let (first, second) = CONTENT.split_at(40);
    let chunks = format!("28;a=b\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\nTrailer: x\r\n\r\n", second.len());
    for (text, expected) in [
        (format!("HTTP/1.1 200 OK\r\n\r\n{CONTENT}"), Some(BodySeen::Right)),
        (format!("HTTP/1.0 200 OK\n\n{CONTENT}"), Some(BodySeen::Right)),
        (format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{CONTENT}junk"), Some(BodySeen::Right)),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"), Some(BodySeen::Right)),
        (format!("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n{}", ok(CONTENT)), Some(BodySeen::Right)),
        (format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{CONTENT}", length + 1), None),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n{first}\r\n"), None),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CONTENT}"), None),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n{CONTENT}"), None),
        (format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 87\r\n\r\n{CONTENT}"), None),
    ] {
        let end = told(Ca::LetsEncrypt, text.clone(), Some(CONTENT)).await;
        assert_eq!(body_of(&end), expected, "{text:?} gave {end:?}");
    }
    let cut_off = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nabc";
    let end = told(Ca::LetsEncrypt, cut_off, Some(CONTENT)).await;
    assert_eq!(end, WebEnd::Broken(Broken::Closed));
}

#[tokio::test]
async fn gzip_is_undone_and_other_codings_are_not() {
    let coded = |coding: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let long = format!("{CONTENT}{}", " ".repeat(100));
    for (coding, body, expected) in [
        ("gzip", packed(CONTENT), BodySeen::Right),
        ("GZIP", packed(&format!("{CONTENT}\n")), BodySeen::Right),
        ("gzip", packed(&long), BodySeen::TooLong),
        ("gzip", packed(&"x".repeat(50 << 20)), BodySeen::TooLong),
        ("br", CONTENT.into(), BodySeen::Right),
        ("identity", packed(CONTENT), BodySeen::Different),
    ] {
        let end = told(Ca::LetsEncrypt, coded(coding, &body), Some(CONTENT)).await;
        assert_eq!(body_of(&end), Some(expected), "{coding}");
    }
    let end = told(Ca::LetsEncrypt, coded("gzip", CONTENT.as_bytes()), Some(CONTENT)).await;
    assert_eq!(end, WebEnd::Broken(Broken::Encoding));
}

#[tokio::test]
async fn only_200_is_an_answer_with_a_body() {
    for status in [101, 201, 202, 204, 206, 300, 304, 305, 400, 401, 403, 404, 410, 421, 451, 500, 503, 522] {
        let text = format!("HTTP/1.1 {status} Whatever\r\nLocation: /x\r\nContent-Length: 3\r\n\r\nabc");
        let end = told(Ca::LetsEncrypt, text, Some(CONTENT)).await;
        let WebEnd::Answered { status: seen, body, begins } = end else { panic!("{status}: {end:?}") };
        assert_eq!((seen, body), (status, BodySeen::NotCompared));
        assert_eq!(begins, if matches!(status, 101 | 204 | 304) { "" } else { "abc" }, "{status}");
    }
}

#[tokio::test]
async fn what_a_server_says_of_itself_is_harmless_and_short() {
    let head = format!("HTTP/1.1 404 Not Found\r\nServer: Apache\u{202e}{}\r\n\r\n", "x".repeat(500));
    let text = format!("{head}<h1>\x1b[2J\u{202e}{}", "y".repeat(500));
    let (at, requests) = server::http(move |_, _| text.clone().into_bytes()).await;
    let seen = visit(&internet(lab(Ca::LetsEncrypt, at), at), HERE, None).await;
    let server = seen.hops[0].server.clone().unwrap();
    assert!(server.starts_with("Apache\\u{202e}xxx") && server.chars().count() == 80, "{server}");
    let WebEnd::Answered { status: 404, body: BodySeen::NotCompared, begins } = seen.end else { panic!() };
    assert!(begins.starts_with("<h1>\\u{1b}[2J\\u{202e}yyy") && begins.chars().count() == 60, "{begins}");
    let url = format!("http://www.example.test/.well-known/acme-challenge/{TOKEN}");
    assert_eq!((&seen.hops[0].url, seen.hops[0].address, seen.hops[0].status), (&url, HERE, Some(404)));

    let asked = requests.lock().unwrap()[0].clone();
    let lines: Vec<&str> = asked.lines().collect();
    assert_eq!(lines[0], format!("GET /.well-known/acme-challenge/{TOKEN} HTTP/1.1"));
    assert_eq!(lines[1], "Host: www.example.test", "no port in it");
    assert!(lines[2].starts_with("User-Agent: propwatch/"));
    assert_eq!(lines[3..], ["Accept: */*", "Accept-Encoding: gzip", "Connection: close", ""]);
}

#[tokio::test]
async fn pebble_names_its_port() {
    let (at, requests) = server::http(|_, _| ok(CONTENT).into_bytes()).await;
    let seen = visit(&internet(lab(Ca::Pebble, at), at), HERE, Some(CONTENT)).await;
    assert_eq!(body_of(&seen.end), Some(BodySeen::Right));
    let host = format!("\r\nHost: www.example.test:{}\r\n", at.port());
    assert!(requests.lock().unwrap()[0].contains(&host));
}
