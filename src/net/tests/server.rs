//! Servers that say whatever a test wants, octet by octet.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// The first address of every honest reply here.
pub(super) const ADDR: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// A reply without records: the question's header and question, with this response code.
pub(super) fn reply(query: &[u8], rcode: u8) -> Vec<u8> {
    let mut reply = query[..query.len() - 11].to_vec();
    reply[2] |= 0x80;
    reply[3] = 0x80 | rcode;
    reply[6..12].fill(0);
    reply
}

/// Adds an A record of the question's name.
pub(super) fn with_a(mut reply: Vec<u8>, addr: [u8; 4], ttl: u32) -> Vec<u8> {
    let count = u16::from_be_bytes([reply[6], reply[7]]) + 1;
    reply[6..8].copy_from_slice(&count.to_be_bytes());
    reply.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1]);
    reply.extend_from_slice(&ttl.to_be_bytes());
    reply.extend_from_slice(&[0, 4]);
    reply.extend_from_slice(&addr);
    reply
}

/// A reply as a good server gives it.
pub(super) fn good(query: &[u8]) -> Vec<u8> {
    with_a(reply(query, 0), [192, 0, 2, 7], 300)
}

pub(super) fn truncated(query: &[u8]) -> Vec<u8> {
    let mut reply = reply(query, 0);
    reply[2] |= 0x02;
    reply
}

/// An answer whose name points at itself.
pub(super) fn pointing_at_itself(query: &[u8], rcode: u8) -> Vec<u8> {
    let mut reply = reply(query, rcode);
    reply[7] = 1;
    let here = reply.len() as u16;
    reply.extend_from_slice(&(0xc000 | here).to_be_bytes());
    reply.extend_from_slice(&[0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]);
    reply
}

/// A port on which nobody listens, neither for UDP nor for TCP.
pub(super) async fn closed() -> SocketAddr {
    sockets().await.0.local_addr().unwrap()
}

/// UDP and TCP on one port.
pub(super) async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

/// Answers the n-th datagram with any number of datagrams; TCP is closed.
pub(super) async fn udp(respond: impl FnMut(usize, &[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let (udp, _) = sockets().await;
    serve_udp(udp, respond)
}

/// Answers UDP with `respond` and TCP, unframed, with `respond_tcp`.
pub(super) async fn both(
    respond: impl FnMut(usize, &[u8]) -> Vec<Vec<u8>> + Send + 'static,
    respond_tcp: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> SocketAddr {
    let (udp, tcp) = sockets().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            if let Some(query) = framed(&mut stream).await {
                let reply = respond_tcp(&query);
                let mut out = (reply.len() as u16).to_be_bytes().to_vec();
                out.extend_from_slice(&reply);
                let _ = stream.write_all(&out).await;
            }
        }
    });
    serve_udp(udp, respond)
}

/// Hands every TCP connection, with the first question on it, to `speak`; UDP says "truncated".
pub(super) async fn tcp<F: Future<Output = ()> + Send>(
    speak: impl Fn(TcpStream, Vec<u8>) -> F + Send + Sync + 'static,
) -> SocketAddr {
    let (udp, tcp) = sockets().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            if let Some(query) = framed(&mut stream).await {
                speak(stream, query).await;
            }
        }
    });
    serve_udp(udp, |_, query| vec![truncated(query)])
}

fn serve_udp(
    socket: UdpSocket,
    mut respond: impl FnMut(usize, &[u8]) -> Vec<Vec<u8>> + Send + 'static,
) -> SocketAddr {
    let addr = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        for n in 0.. {
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
            for datagram in respond(n, &buffer[..length]) {
                let _ = socket.send_to(&datagram, from).await;
            }
        }
    });
    addr
}

/// One message with its length before it.
pub(super) async fn framed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut query = vec![0; usize::from(stream.read_u16().await.ok()?)];
    stream.read_exact(&mut query).await.ok()?;
    Some(query)
}
