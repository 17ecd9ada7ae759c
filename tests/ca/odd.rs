//! Name servers that have their own ideas: a proxy on 192.0.2.200 and up before a real one, over UDP and TCP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;

use crate::lab::daemon::address;

/// Three good servers: nsd, knot, nsd.
pub(crate) const GOOD: [&str; 3] = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
/// The first of them over IPv6.
pub(crate) const GOOD6: &str = "2001:db8:53::11";
/// The old provider's server; REFUSED for what it does not have.
pub(crate) const FORMER: &str = "192.0.2.21";
/// Takes every datagram, and never answers.
pub(crate) const DEAD: &str = "192.0.2.31";
/// Nothing listens.
pub(crate) const SHUT: &str = "192.0.2.32";
/// REFUSED for everything.
pub(crate) const REFUSING: &str = "192.0.2.33";
/// The second server of the TLDs, which drops CAA questions.
pub(crate) const TLD_DROPS_CAA: &str = "192.0.2.3";

/// What becomes of a question.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// The server behind answers.
    On,
    /// Nothing.
    Lost,
    /// This response code, and nothing else.
    Says(ResponseCode),
    /// Cut short, so that the client comes by TCP.
    Cut,
    /// The question in lower case is handed on, and comes back so.
    Lowered,
}

/// The odd ways, each at an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    DropsCase,
    Lowers,
    DropsEdns,
    FormerrOnEdns,
    DropsCaa,
    ServfailsCaa,
    NotimpsCaa,
    RefusesCaa,
    DeniesCaa,
    DropsAaaa,
    ServfailsAaaa,
    DeniesAaaa,
    ServfailsA,
    OnlyTcp,
    NoSoa,
    NoAuthority,
    NoTcp,
    DropsA,
    CutsCaa,
}

impl Way {
    /// All of them.
    pub(crate) const ALL: [Way; 19] = [
        Way::DropsCase,
        Way::Lowers,
        Way::DropsEdns,
        Way::FormerrOnEdns,
        Way::DropsCaa,
        Way::ServfailsCaa,
        Way::NotimpsCaa,
        Way::RefusesCaa,
        Way::DeniesCaa,
        Way::DropsAaaa,
        Way::ServfailsAaaa,
        Way::DeniesAaaa,
        Way::ServfailsA,
        Way::OnlyTcp,
        Way::NoSoa,
        Way::NoAuthority,
        Way::NoTcp,
        Way::DropsA,
        Way::CutsCaa,
    ];

    /// Its address.
    pub(crate) const fn at(self) -> &'static str {
        const AT: [&str; 19] = [
            "192.0.2.200",
            "192.0.2.201",
            "192.0.2.202",
            "192.0.2.203",
            "192.0.2.204",
            "192.0.2.205",
            "192.0.2.206",
            "192.0.2.207",
            "192.0.2.208",
            "192.0.2.209",
            "192.0.2.210",
            "192.0.2.211",
            "192.0.2.212",
            "192.0.2.213",
            "192.0.2.214",
            "192.0.2.215",
            "192.0.2.216",
            "192.0.2.217",
            "192.0.2.218",
        ];
        AT[self as usize]
    }

    fn fate(self, asked: &Message, udp: bool) -> Fate {
        let Some(query) = asked.queries.first() else { return Fate::Lost };
        let is = |rtype| query.query_type() == rtype;
        let mixed = query.name().to_ascii().chars().any(|c| c.is_ascii_uppercase());
        let when = |holds: bool, fate| if holds { fate } else { Fate::On };
        match self {
            Way::DropsCase => when(mixed, Fate::Lost),
            Way::Lowers => Fate::Lowered,
            Way::DropsEdns => when(asked.edns.is_some(), Fate::Lost),
            Way::FormerrOnEdns => when(asked.edns.is_some(), Fate::Says(ResponseCode::FormErr)),
            Way::DropsCaa => when(is(RecordType::CAA), Fate::Lost),
            Way::ServfailsCaa => when(is(RecordType::CAA), Fate::Says(ResponseCode::ServFail)),
            Way::NotimpsCaa => when(is(RecordType::CAA), Fate::Says(ResponseCode::NotImp)),
            Way::RefusesCaa => when(is(RecordType::CAA), Fate::Says(ResponseCode::Refused)),
            Way::DeniesCaa => when(is(RecordType::CAA), Fate::Says(ResponseCode::NXDomain)),
            Way::DropsAaaa => when(is(RecordType::AAAA), Fate::Lost),
            Way::ServfailsAaaa => when(is(RecordType::AAAA), Fate::Says(ResponseCode::ServFail)),
            Way::DeniesAaaa => when(is(RecordType::AAAA), Fate::Says(ResponseCode::NXDomain)),
            Way::ServfailsA => when(is(RecordType::A), Fate::Says(ResponseCode::ServFail)),
            Way::OnlyTcp => when(udp, Fate::Cut),
            Way::NoTcp => when(!udp, Fate::Lost),
            Way::DropsA => when(is(RecordType::A), Fate::Lost),
            Way::CutsCaa => when(is(RecordType::CAA), if udp { Fate::Cut } else { Fate::Lost }),
            Way::NoSoa | Way::NoAuthority => Fate::On,
        }
    }

    fn afterwards(self, message: &mut Message) {
        match self {
            Way::NoSoa if message.answers.is_empty() => message.authorities.clear(),
            Way::NoAuthority => message.metadata.authoritative = false,
            _ => (),
        }
    }
}

/// Puts `way` before `behind`, at `at`.
pub(crate) fn start(way: Way, at: &str, behind: &str) {
    let at = SocketAddr::new(address(at), 53);
    let behind = SocketAddr::new(behind.parse().unwrap(), 53);
    let socket = UdpSocket::bind(at).unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_535];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            let (question, socket) = (buffer[..length].to_vec(), socket.try_clone().unwrap());
            std::thread::spawn(move || {
                if let Some(reply) = reply(way, &question, true, behind) {
                    drop(socket.send_to(&reply, client));
                }
            });
        }
    });
    let listener = TcpListener::bind(at).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(by_tcp(way, stream, behind)));
        }
    });
}

fn by_tcp(way: Way, mut stream: TcpStream, behind: SocketAddr) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut question)?;
        if let Some(reply) = reply(way, &question, false, behind) {
            let length = u16::try_from(reply.len()).map_err(std::io::Error::other)?;
            stream.write_all(&length.to_be_bytes())?;
            stream.write_all(&reply)?;
        }
    }
}

fn reply(way: Way, question: &[u8], udp: bool, behind: SocketAddr) -> Option<Vec<u8>> {
    let asked = Message::from_vec(question).ok()?;
    match way.fate(&asked, udp) {
        Fate::Lost => None,
        Fate::On => forward(way, question, behind),
        Fate::Lowered => forward(way, &lowered(question), behind),
        Fate::Says(rcode) => {
            let mut said = asked.into_response();
            said.edns = None;
            said.metadata.authoritative = rcode == ResponseCode::NXDomain;
            said.metadata.response_code = rcode;
            said.to_vec().ok()
        }
        Fate::Cut => {
            let mut said = asked.into_response();
            said.metadata.truncation = true;
            said.to_vec().ok()
        }
    }
}

/// The bytes of a question with its name in lower case; what stands after the name has no letters that
/// matter.
fn lowered(question: &[u8]) -> Vec<u8> {
    let mut bytes = question.to_vec();
    let mut at = 12;
    while bytes.get(at).is_some_and(|length| *length != 0) {
        let end = (at + 1 + usize::from(bytes[at])).min(bytes.len());
        bytes[at + 1..end].make_ascii_lowercase();
        at = end;
    }
    bytes
}

fn forward(way: Way, question: &[u8], behind: SocketAddr) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(behind).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    socket.send(question).ok()?;
    let mut buffer = vec![0; 65_535];
    let length = socket.recv(&mut buffer).ok()?;
    if !matches!(way, Way::NoSoa | Way::NoAuthority) {
        return Some(buffer[..length].to_vec());
    }
    let mut message = Message::from_vec(&buffer[..length]).ok()?;
    way.afterwards(&mut message);
    message.to_vec().ok()
}
