//! What servers do that mean no harm.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::server::{self, ADDR, good, reply};
use super::*;
use crate::model::{Port53, Rcode, Transport, WalkEnd};
use crate::net::ask::Ask as _;
use crate::net::line::{Line, Want};
use crate::net::wire::Query;

#[tokio::test]
async fn one_question_one_answer() {
    let server = server::udp(|_, query| vec![good(query)]).await;
    let clock = Clock::new();
    let found = look(server).await;
    let answer = answer(&found);
    assert_eq!((answer.rcode, &answer.addresses[..]), (Rcode::NOERROR, &[ADDR][..]));
    assert_eq!((answer.address_ttl, answer.unchecked, found.questions), (Some(300), None, 1));
    assert!(answer.rtt_micros > 0 && clock.now().since(found.at) < Duration::from_millis(100));
}

#[tokio::test]
async fn a_sample_has_one_port_and_another_sample_another() {
    let (udp, _tcp) = server::sockets().await;
    let server = udp.local_addr().unwrap();
    let ports = Arc::new(Mutex::new(Vec::new()));
    let seen = ports.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            seen.lock().unwrap().push(from.port());
            udp.send_to(&good(&buffer[..length]), from).await.unwrap();
        }
    });
    let names: Vec<_> = (0..40).map(|i| format!("n{i}.example")).collect();
    let errands = names.iter().flat_map(|name| [0, 1, 2].map(|s| ask(Endpoint::udp(server), name, s)));
    let net = internet(SHORT);
    let found = run(&net, errands.collect()).await;
    assert_eq!(found.len(), 120);
    assert!(found.iter().all(|f| answer(f).addresses.len() == 1 && f.questions == 1));
    let first: HashSet<u16> = ports.lock().unwrap().drain(..).collect();
    assert_eq!(first.len(), 3);
    assert!(first.iter().all(|port| *port >= 1024));
    run(&net, vec![ask(Endpoint::udp(server), "again.example", 0)]).await;
    assert!(!first.contains(&ports.lock().unwrap()[0]), "a new round has a new port");
}

#[tokio::test]
async fn who_cannot_read_edns_is_asked_without() {
    let server = server::udp(|_, query| {
        let edns = query[11] == 1;
        // `good` takes the last octets for an OPT record.
        vec![if edns { reply(query, 1) } else { good(&[query, &[0; 11]].concat()) }]
    })
    .await;
    let found = look(server).await;
    let answer = answer(&found);
    assert_eq!((answer.rcode, &answer.addresses[..], found.questions), (Rcode::NOERROR, &[ADDR][..], 2));
    let always = server::udp(|_, query| {
        let edns = query[11] == 1;
        vec![reply(&if edns { query.to_vec() } else { [query, &[0; 11]].concat() }, 1)]
    })
    .await;
    let found = look(always).await;
    assert_eq!((super::answer(&found).rcode, found.questions), (Rcode::FORMERR, 2));
}

#[tokio::test]
async fn a_closed_port_is_seen_at_once() {
    let server = server::closed().await;
    let since = Stopwatch::start();
    assert_eq!(failure(&look(server).await), &Failure::PortClosed);
    let tcp = Endpoint { transport: Transport::Tcp, ..Endpoint::udp(server) };
    assert_eq!(failure(&look_at(tcp).await), &Failure::PortClosed);
    assert!(since.elapsed() < Duration::from_millis(50), "{:?}", since.elapsed());
}

#[tokio::test]
async fn silence_has_a_limit() {
    let server = server::udp(|_, _| vec![]).await;
    let found = look(server).await;
    let Failure::Silent { tries } = *failure(&found) else { panic!("{found:?}") };
    assert!(tries >= 3 && u32::from(tries) == found.questions, "{found:?}");
}

/// The first questions are lost, and by the time that anybody can see that, the probe would be over; what comes then
/// has to be asked for over TCP.
#[tokio::test]
async fn what_this_machine_sleeps_over_is_nobodys_silence() {
    let stall = async || {
        tokio::time::sleep(Duration::from_millis(20)).await;
        std::thread::sleep(SHORT * 2);
    };
    let deaf = |nth, query: &[u8]| if nth < 3 { vec![] } else { vec![server::truncated(query)] };
    let net = internet(SHORT);
    let server = Endpoint::udp(server::both(deaf, good).await);
    let (found, ()) =
        futures::future::join(run(&net, vec![ask(server, "www.example.com", 0)]), stall()).await;
    assert_eq!(answer(&found[0]).addresses, [ADDR]);
    assert!(found[0].questions >= 5, "{found:?}");
    let server = server::both(deaf, good).await;
    let (line, turn) = (Line::open(server).unwrap(), net.polite.turn(server.ip()).await);
    let query = Query::new(&question("www.example.com"), Manner::Recursive);
    let exchange = net.exchange(server, Want::Whole);
    let asked = line.during(exchange.over_udp(&line, &query, &turn));
    let (heard, ()) = futures::future::join(asked, stall()).await;
    assert!(heard.questions >= 5, "{heard:?}");
    assert_eq!(heard.answer(&question("www.example.com")).unwrap().addresses, [ADDR]);
    // And the same while an answer over TCP is on its way.
    let slow = async |mut stream: tokio::net::TcpStream, query: Vec<u8>| {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let reply = good(&query);
        let framed = [&(reply.len() as u16).to_be_bytes(), &reply[..]].concat();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &framed).await.unwrap();
    };
    let server = Endpoint::udp(server::tcp(slow).await);
    let (found, ()) =
        futures::future::join(run(&net, vec![ask(server, "www.example.com", 0)]), stall()).await;
    assert_eq!(answer(&found[0]).addresses, [ADDR]);
}

/// 34 servers, two samples, every fifth packet lost in each direction, with the limit that users have.
#[tokio::test]
async fn loss_misreports_nobody() {
    let mut errands = Vec::new();
    for i in 0..34u32 {
        let mut random = i.wrapping_mul(2_654_435_761) | 1;
        let mut is_lost = move || {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            random.is_multiple_of(5)
        };
        let respond = move |_, query: &[u8]| match (is_lost(), is_lost()) {
            (false, false) => vec![good(query)],
            _ => vec![],
        };
        let server = Endpoint::udp(server::udp(respond).await);
        errands.extend([0, 1].map(|sample| ask(server.clone(), "www.example.com", sample)));
    }
    let since = Stopwatch::start();
    let found = run(&internet(Settings::default().probe_limit), errands).await;
    assert!(since.elapsed() < Duration::from_secs(2));
    assert_eq!(found.iter().filter(|f| answer(f).addresses == [ADDR]).count(), 68);
    let questions: u32 = found.iter().map(|f| f.questions).sum();
    assert!((69..200).contains(&questions), "{questions}");
}

/// A slow server answers every try; its second answers must not count as somebody's noise.
#[tokio::test]
async fn late_answers_are_no_junk() {
    let (udp, _tcp) = server::sockets().await;
    let server = udp.local_addr().unwrap();
    let udp = Arc::new(udp);
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let (udp, reply) = (udp.clone(), good(&buffer[..length]));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(130)).await;
                udp.send_to(&reply, from).await.unwrap();
            });
        }
    });
    let names = (0..200).map(|i| ask(Endpoint::udp(server), &format!("n{i}.example"), 0));
    let found = run(&internet(SHORT), names.collect()).await;
    assert!(found.iter().all(|f| answer(f).addresses.len() == 1 && f.questions == 2), "{found:?}");
}

#[tokio::test]
async fn truncation_leads_to_tcp() {
    let server = server::both(|_, query| vec![server::truncated(query)], good).await;
    let found = look(server).await;
    assert_eq!((&answer(&found).addresses[..], found.questions), (&[ADDR][..], 2));
    let server = server::udp(|_, query| vec![server::truncated(query)]).await;
    assert_eq!(failure(&look(server).await), &Failure::NoTcp);
}

#[tokio::test]
async fn tcp_alone() {
    let server = server::both(|_, _| vec![], good).await;
    let found = look_at(Endpoint { transport: Transport::Tcp, ..Endpoint::udp(server) }).await;
    assert_eq!((&answer(&found).addresses[..], found.questions), (&[ADDR][..], 1));
}

#[tokio::test]
async fn servfail_is_asked_again_without_checking() {
    let unless_unchecked =
        |rcode| move |_, q: &[u8]| vec![reply(q, if q[3] & 0x10 == 0 { 2 } else { rcode })];
    for (rcode, expected) in [(0, true), (3, true), (2, false), (5, false)] {
        let found = look(server::udp(unless_unchecked(rcode)).await).await;
        let answer = answer(&found);
        assert_eq!((answer.rcode, answer.unchecked, found.questions), (Rcode::SERVFAIL, Some(expected), 2));
    }
    let server = server::udp(|n, query| if n == 0 { vec![reply(query, 2)] } else { vec![] }).await;
    assert_eq!(answer(&look(server).await).unchecked, None);
}

#[tokio::test]
async fn an_error_without_the_question_is_asked_again_over_tcp() {
    let bare = |query: &[u8]| {
        let mut bare = reply(query, 5)[..12].to_vec();
        bare[5] = 0;
        bare
    };
    let server = server::both(move |_, query| vec![bare(query)], good).await;
    assert_eq!(answer(&look(server).await).addresses, [ADDR]);
    let server = server::udp(move |_, query| vec![bare(query)]).await;
    assert_eq!(answer(&look(server).await).rcode, Rcode::REFUSED);
}

#[tokio::test]
async fn a_walk_asks_without_recursion() {
    let server = server::udp(|_, query| vec![reply(query, query[2] & 1)]).await;
    let net = internet(SHORT);
    let told = net.ask(server, &question("example"), Manner::Authoritative).await;
    assert_eq!((told.questions, u16::from(told.message.unwrap().metadata.response_code)), (1, 0));
    let told = net.ask(server::closed().await, &question("example"), Manner::Authoritative).await;
    assert_eq!(told.message.unwrap_err(), Failure::PortClosed);
}

#[tokio::test]
async fn an_address_without_a_server_must_stay_silent() {
    let port53 = async |silent_target| {
        let settings = Settings { silent_target, ..Settings::default() };
        let net = Internet::new(settings, Rc::new(Clock::new())).unwrap();
        let errand = Errand { task: Task::Intercept, why: Why::First };
        let found = run(&net, vec![errand]).await;
        let Seen::Intercepted(seen) = found[0].seen else { panic!("{found:?}") };
        seen
    };
    assert_eq!(port53(server::udp(|_, query| vec![reply(query, 5)]).await).await, Port53::Intercepted);
    assert_eq!(port53(server::udp(|_, _| vec![vec![1]]).await).await, Port53::Intercepted);
    assert_eq!(port53(server::closed().await).await, Port53::Clear);
    let since = Stopwatch::start();
    assert_eq!(port53(server::udp(|_, _| vec![]).await).await, Port53::Clear);
    assert!(since.elapsed() < Duration::from_millis(1200));
}

#[tokio::test]
async fn every_errand_has_its_finding() {
    let good = server::udp(|_, query| vec![good(query)]).await;
    let dead = server::udp(|_, _| vec![]).await;
    let closed = server::closed().await;
    let mut errands: Vec<_> =
        [good, dead, closed, good].map(|server| ask(Endpoint::udp(server), "www.example.com", 1)).into();
    errands.push(Errand { task: Task::Walk { name: Name::parse("a.example").unwrap() }, why: Why::First });
    let net = internet(SHORT);
    let mut rows = net.run(errands.clone());
    let mut found = Vec::new();
    while let Some(handful) = rows.next().await {
        found.extend(handful);
    }
    assert!(matches!(&found[4].seen, Seen::Failed(Failure::Silent { .. })), "the dead one comes last");
    assert!(found.windows(2).all(|two| two[0].at <= two[1].at));
    let walked = found.iter().find_map(|f| if let Seen::Walked(walk) = &f.seen { Some(walk) } else { None });
    assert!(matches!(walked.unwrap().end, WalkEnd::Unreached(_)));
    for errand in &errands {
        let wanted = errands.iter().filter(|e| e == &errand).count();
        assert_eq!(found.iter().filter(|f| f.errand == *errand).count(), wanted);
    }
}
