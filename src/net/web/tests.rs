//! Visits to web servers on loopback that answer whatever a test wants, octet by octet.

mod answers;
mod hostile;
mod redirects;
pub(in crate::net) mod server;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;

use super::{Limits, WebSettings};
use crate::clock::{Clock, Stopwatch};
use crate::model::{BodySeen, Ca, ChallengeFile, Errand, Fetch, Name, Seen, Task, Visit, WebEnd, Why};
use crate::net::walk::Start;
use crate::net::{Internet, Network as _, Settings};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const TOKEN: &str = "propwatch-0123456789-0123456789-0123456789a";
const CONTENT: &str =
    "propwatch-0123456789-0123456789-0123456789a.thumbprint-0123456789-0123456789-0123456789";

fn lab(ca: Ca, http: SocketAddr) -> WebSettings {
    WebSettings { ca, http_port: http.port(), allow_reserved: true, ..WebSettings::default() }
}

/// A network whose visits have half a second, and whose names are found at `dns`.
fn internet(web: WebSettings, dns: SocketAddr) -> Internet {
    let start = Start::Authorities(vec![dns]);
    let settings = Settings { start, web, probe_limit: Duration::from_millis(300), ..Settings::default() };
    let mut net = Internet::new(settings, Rc::new(Clock::new())).unwrap();
    let short = Duration::from_millis(250);
    net.web.limits = Limits { dial: short, handshake: short, whole: short * 2, curious: short };
    net
}

/// One visit to an address, which must be over in time.
async fn visit(net: &Internet, address: IpAddr, content: Option<&str>) -> Visit {
    let file = ChallengeFile { token: TOKEN.into(), content: content.map(str::to_owned) };
    let name = Name::parse("www.example.test").unwrap();
    let fetch = Fetch { name, address, file: Arc::new(file) };
    let errand = Errand { task: Task::Fetch(Box::new(fetch)), why: Why::First };
    let since = Stopwatch::start();
    let mut found = net.run(vec![errand]).concat().await;
    assert!(since.elapsed() < Duration::from_millis(900), "{:?}", since.elapsed());
    assert_eq!(found.len(), 1);
    let Seen::Fetched(visit) = found.remove(0).seen else { panic!("no visit") };
    assert!(!visit.hops.is_empty());
    *visit
}

/// One visit to a server that gives each connection this answer and hangs up.
async fn told(ca: Ca, answer: impl Into<Vec<u8>>, content: Option<&str>) -> WebEnd {
    let answer = answer.into();
    let (at, _) = server::http(move |_, _| answer.clone()).await;
    visit(&internet(lab(ca, at), at), HERE, content).await.end
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn body_of(end: &WebEnd) -> Option<BodySeen> {
    match end {
        WebEnd::Answered { status: 200, body, .. } => Some(body.clone()),
        _ => None,
    }
}
