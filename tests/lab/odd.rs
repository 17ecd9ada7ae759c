//! Servers that no package offers: dead, closed, refusing, lying.

use std::net::{SocketAddr, UdpSocket};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};

use super::daemon::address;

/// Takes every datagram and never answers.
pub(crate) fn dead(at: &str) -> SocketAddr {
    serve(at, |_| None)
}

/// An address where nothing listens: the kernel says so at once.
pub(crate) fn closed(at: &str) -> SocketAddr {
    SocketAddr::new(address(at), 53)
}

/// Answers REFUSED to everybody.
pub(crate) fn refusing(at: &str) -> SocketAddr {
    serve(at, |mut message| {
        message.metadata.response_code = ResponseCode::Refused;
        Some(message)
    })
}

/// Makes an address out of a name that does not exist, as some providers do for their advertisements.
pub(crate) fn rewrite_nxdomain(message: &mut Message) {
    let asked = message.queries.first().map(|query| (query.name().clone(), query.query_type()));
    if let (ResponseCode::NXDomain, Some((name, RecordType::A))) = (message.metadata.response_code, asked) {
        message.metadata.response_code = ResponseCode::NoError;
        message.authorities.clear();
        message.answers = vec![Record::from_rdata(name, 60, RData::A(A::new(203, 0, 113, 66)))];
    }
}

/// Says 300 s for everything.
pub(crate) fn rewrite_ttl(message: &mut Message) {
    message.answers.iter_mut().chain(message.authorities.iter_mut()).for_each(|record| record.ttl = 300);
}

fn serve(at: &str, answer: fn(Message) -> Option<Message>) -> SocketAddr {
    let at = SocketAddr::new(address(at), 53);
    let socket = UdpSocket::bind(at).unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_535];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            let Ok(message) = Message::from_vec(&buffer[..length]) else { continue };
            if let Some(Ok(bytes)) = answer(message.into_response()).map(|m| m.to_vec()) {
                drop(socket.send_to(&bytes, client));
            }
        }
    });
    at
}
