//! One question over one TCP connection (RFC 7766).

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use hickory_proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::line::{MAX_JUNK, failure};
use super::wire::{self, Fit, Query};
use crate::model::Failure;

/// Asks and waits, without a limit of its own: whoever calls has one. The letters' case is left alone:
/// nobody off the path writes into a connection, and this is where careless servers are asked again.
///
/// # Errors
/// [`Failure::PortClosed`], [`Failure::NoRoute`], or [`Failure::Garbage`] for everything that is said
/// and is no answer.
pub(super) async fn ask(server: SocketAddr, query: &Query) -> Result<Result<Message, Box<Message>>, Failure> {
    Ok(wire::decode(&octets(server, query).await?))
}

/// The same, with the answer as it came.
///
/// # Errors
/// As [`ask`].
pub(super) async fn octets(server: SocketAddr, query: &Query) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect(server).await.map_err(|error| lost(&error))?;
    let sent = query.plain(rand::random());
    let mut framed = Vec::with_capacity(2 + sent.len());
    // No question is longer than 255 octets of name and 27 others.
    framed.extend_from_slice(&(sent.len() as u16).to_be_bytes());
    framed.extend_from_slice(&sent);
    stream.write_all(&framed).await.map_err(|error| lost(&error))?;
    for _ in 0..MAX_JUNK {
        let reply = message(&mut stream).await.map_err(|error| lost(&error))?;
        if wire::fit(&reply, &sent) != Fit::Not {
            return Ok(reply);
        }
    }
    Err(Failure::Garbage)
}

/// Reads one message: two octets of length, then as many as they say, at most 64 KiB.
async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut reply = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut reply).await?;
    if reply.len() < usize::from(length) { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(reply) }
}

fn lost(error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => Failure::Garbage,
        ErrorKind::TimedOut => Failure::Silent { tries: 1 },
        _ => failure(error),
    }
}
