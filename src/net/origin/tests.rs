//! Origins, asked of servers on loopback that have authority for everything.

use std::rc::Rc;

use futures::StreamExt as _;

use super::*;
use crate::clock::{Clock, Stopwatch};
use crate::model::{Errand, Task, Why};
use crate::net::walk::Start;
use crate::net::web::tests::server;
use crate::net::{Network as _, Settings, WebSettings};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

async fn origin(address: IpAddr, dns: SocketAddr, web: WebSettings) -> (Origin, u32) {
    let settings = Settings {
        start: Start::Roots(vec![dns]),
        probe_limit: Duration::from_millis(300),
        web,
        ..Settings::default()
    };
    let net = Internet::new(settings, Rc::new(Clock::new())).unwrap();
    let errand = Errand { task: Task::Origin { address }, why: Why::First };
    let mut found = net.run(vec![errand]).concat().await;
    let finding = found.remove(0);
    let Seen::Originated(origin) = finding.seen else { panic!("no origin") };
    (*origin, finding.questions)
}

fn txt(text: &str) -> Vec<u8> {
    [&[text.len() as u8], text.as_bytes()].concat()
}

async fn answering() -> SocketAddr {
    server::dns(|name, qtype| match (name, qtype) {
        ("1.0.0.127.in-addr.arpa", 12) => Some(vec![b"\x03www\x07example\x04test\0".to_vec()]),
        ("1.0.0.127.origin.asn.cymru.com", 16) => {
            Some(vec![txt("64500 64501 | 127.0.0.0/8 | ZZ | nobody | 2001-01-01")])
        }
        ("as64500.asn.cymru.com", 16) => {
            Some(vec![txt("64500 | ZZ | nobody | 2001-01-01 | EXAMPLE \x1b[2J, ZZ")])
        }
        _ => None,
    })
    .await
}

fn lab(https_port: u16) -> WebSettings {
    WebSettings { https_port, allow_reserved: true, ..WebSettings::default() }
}

#[tokio::test]
async fn pointer_network_and_certificate() {
    let (https, greeted) = server::https(|_, _| Vec::new()).await;
    let dns = answering().await;
    let (seen, questions) = origin(HERE, dns, lab(https.port())).await;
    assert_eq!(seen.pointers, [Name::parse("www.example.test").unwrap()]);
    let network = OriginAs { number: 64500, holder: "EXAMPLE \\u{1b}[2J, ZZ".to_owned() };
    assert_eq!(seen.network, Some(network));
    assert_eq!(seen.certificate.unwrap().names, ["dns.test"]);
    assert_eq!(questions, 3);
    assert!(greeted.lock().unwrap().iter().all(|line| line.starts_with("nobody")));

    let quiet = WebSettings { ask_origin: false, ..lab(https.port()) };
    let (seen, questions) = origin(HERE, dns, quiet).await;
    assert_eq!((seen.network, questions), (None, 1));
}

#[tokio::test]
async fn whatever_fails_is_missing_and_nothing_else() {
    let closed = server::closed().await;
    let dns = answering().await;
    let (seen, _) = origin(HERE, dns, lab(closed.port())).await;
    assert!(seen.network.is_some() && seen.certificate.is_none());
    let since = Stopwatch::start();
    let (seen, _) = origin(HERE, closed, lab(closed.port())).await;
    assert_eq!(seen, Origin::default());
    assert!(since.elapsed() < LIMIT + Duration::from_millis(500));
}

#[tokio::test]
async fn a_reserved_address_is_nobodys() {
    let (https, greeted) = server::https(|_, _| Vec::new()).await;
    let web = WebSettings { allow_reserved: false, ..lab(https.port()) };
    let (seen, questions) = origin(HERE, answering().await, web).await;
    assert_eq!((seen, questions), (Origin::default(), 0));
    assert!(greeted.lock().unwrap().is_empty());
}

#[test]
fn addresses_are_turned_round() {
    assert_eq!(reversed([192, 0, 2, 7].into(), "in-addr.arpa"), "7.2.0.192.in-addr.arpa");
    let v6 = reversed("2001:db8::7".parse().unwrap(), "ip6.arpa");
    assert!(v6.starts_with("7.0.0.0.0.") && v6.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa"), "{v6}");
    assert_eq!(v6.len(), 64 + "ip6.arpa".len());
}

#[test]
fn the_public_zones_lines_are_read() {
    assert_eq!(as_number("13335 64500 | 1.1.1.0/24 | AU | apnic | 2011-08-11"), Some(13335));
    assert_eq!(as_number("NA | nothing"), None);
    assert_eq!(holder("13335 | US | arin | 2010-07-14 | EXAMPLENET, US").as_deref(), Some("EXAMPLENET, US"));
    assert_eq!(holder("no field"), None);
}
