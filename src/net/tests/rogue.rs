//! What servers do that are broken, or mean harm.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt as _;
use tokio::net::UdpSocket;

use super::server::{self, ADDR, good, pointing_at_itself, reply, with_a};
use super::*;
use crate::model::{Rcode, Transport};

fn garble(query: &[u8], how: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut forged = with_a(reply(query, 0), [6, 6, 6, 6], 86_400);
    how(&mut forged);
    forged
}

#[tokio::test]
async fn forgeries_are_waited_past() {
    let wrong_id = |query: &[u8]| garble(query, |f| f[0] ^= 0x55);
    let wrong_name = |query: &[u8]| garble(query, |f| f[13] = b'x');
    let wrong_type = |query: &[u8]| garble(query, |f| f[30] = 28);
    let no_answer = |query: &[u8]| garble(query, |f| f[2] &= 0x7f);
    let respond = move |_, query: &[u8]| {
        let huge = garble(query, |f| {
            f[1] ^= 1;
            f.resize(60_000, 0);
        });
        let forged = [wrong_id(query), wrong_name(query), wrong_type(query), no_answer(query), huge];
        forged.into_iter().chain([vec![], vec![0; 5], good(query)]).collect()
    };
    let found = look(server::udp(respond).await).await;
    assert_eq!((&answer(&found).addresses[..], found.questions), (&[ADDR][..], 1));
}

#[tokio::test]
async fn another_address_is_not_heard() {
    let (udp, _tcp) = server::sockets().await;
    let server = udp.local_addr().unwrap();
    tokio::spawn(async move {
        let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            other.send_to(&good(&buffer[..length]), from).await.unwrap();
        }
    });
    assert!(matches!(failure(&look(server).await), Failure::Silent { .. }));
}

#[tokio::test]
async fn a_lost_case_is_asked_again_over_tcp() {
    let lower = |_, query: &[u8]| {
        let mut forged = garble(query, |_| {});
        forged[12..].make_ascii_lowercase();
        vec![forged]
    };
    let server = server::both(lower, good).await;
    let found = look(server).await;
    assert_eq!((&answer(&found).addresses[..], found.questions), (&[ADDR][..], 2));
    assert_eq!(failure(&look(server::udp(lower).await).await), &Failure::Garbage);
}

#[tokio::test]
async fn noise_ends_on_tcp() {
    let flood = |_, _: &[u8]| (0..50).map(|i| vec![i; 40]).collect();
    let found = look(server::both(flood, good).await).await;
    assert_eq!((&answer(&found).addresses[..], found.questions), (&[ADDR][..], 2));
    let since = Stopwatch::start();
    assert_eq!(failure(&look(server::udp(flood).await).await), &Failure::Garbage);
    assert!(since.elapsed() < Duration::from_millis(50));
    let little = |n, _: &[u8]| if n == 0 { vec![vec![0; 40]] } else { vec![] };
    assert_eq!(failure(&look(server::udp(little).await).await), &Failure::Garbage);
}

#[tokio::test]
async fn compression_loops_are_no_answer() {
    let with = |rcode| move |_, query: &[u8]| vec![pointing_at_itself(query, rcode)];
    let server = server::both(with(0), |query| pointing_at_itself(query, 0)).await;
    assert_eq!(failure(&look(server).await), &Failure::Garbage, "NOERROR with nothing to read is no NODATA");
    let server = server::both(with(5), |query| pointing_at_itself(query, 5)).await;
    assert_eq!(answer(&look(server).await).rcode, Rcode::REFUSED);
    assert_eq!(answer(&look(server::udp(with(3)).await).await).rcode, Rcode::NXDOMAIN);
    let server = server::both(with(0), good).await;
    assert_eq!(answer(&look(server).await).addresses, [ADDR]);
}

#[tokio::test]
async fn thousands_of_records_are_bounded() {
    let many = |query: &[u8]| {
        (0..4000u16).fold(reply(query, 0), |reply, i| {
            let [high, low] = i.to_be_bytes();
            with_a(reply, [10, 0, high, low], u32::MAX)
        })
    };
    let found = look(server::both(|_, query| vec![server::truncated(query)], many).await).await;
    let answer = answer(&found);
    assert_eq!((answer.addresses.len(), answer.address_ttl), (crate::model::Answer::MAX_ADDRESSES, Some(0)));
}

#[tokio::test]
async fn escapes_in_names_stay_escaped() {
    let evil = |_, query: &[u8]| {
        let mut reply = reply(query, 0);
        reply[7] = 1;
        reply.extend_from_slice(&[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 8]);
        reply.extend_from_slice(b"\x06\x1b[2J\x07\x80\0");
        vec![reply]
    };
    let found = look(server::udp(evil).await).await;
    assert_eq!(answer(&found).chain[0].target.as_str(), "\\027[2j\\007\\128");
}

#[tokio::test]
async fn a_stalled_connection_has_a_limit() {
    let stall = |stream, _| async move {
        tokio::spawn(async move {
            let _stream = stream;
            std::future::pending::<()>().await;
        });
    };
    let server = server::tcp(stall).await;
    assert_eq!(failure(&look(server).await), &Failure::NoTcp);
    assert_eq!(failure(&look_at(tcp(server)).await), &Failure::Silent { tries: 1 });
}

#[tokio::test]
async fn lengths_that_lie_do_no_harm() {
    for claimed in [0u16, 3, 500, u16::MAX] {
        let lie = move |mut stream: tokio::net::TcpStream, query: Vec<u8>| async move {
            let mut out = claimed.to_be_bytes().to_vec();
            out.extend_from_slice(&good(&query));
            let _ = stream.write_all(&out).await;
        };
        let server = server::tcp(lie).await;
        let found = look_at(tcp(server)).await;
        assert_eq!(failure(&found), &Failure::Garbage, "length {claimed}");
    }
}

#[tokio::test]
async fn one_rogue_does_not_hold_up_others() {
    let flood = server::udp(|_, _| (0..200).map(|i| vec![i; 30]).collect()).await;
    let honest = server::udp(|_, query| vec![good(query)]).await;
    let errands = [flood, honest].map(|server| ask(Endpoint::udp(server), "www.example.com", 0));
    let found = run(&internet(SHORT), errands.into()).await;
    let of = |addr: SocketAddr| {
        found.iter().find(|f| matches!(&f.errand.task, Task::Ask { server, .. } if server.addr == addr))
    };
    assert_eq!(answer(of(honest).unwrap()).addresses, [ADDR]);
    assert_eq!(failure(of(flood).unwrap()), &Failure::Garbage);
}

fn tcp(server: SocketAddr) -> Endpoint {
    Endpoint { transport: Transport::Tcp, ..Endpoint::udp(server) }
}
