//! One plain question over UDP or TCP, as a bystander asks it: independent of propwatch's own network code.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The response code.
    pub(crate) rcode: ResponseCode,
    /// Every address in the answer section.
    pub(crate) addresses: BTreeSet<IpAddr>,
    /// The lowest TTL of the answer, or that of the SOA of a negative one.
    pub(crate) ttl: Option<u32>,
    /// The TTL of the answer's first record, which is the name's own.
    pub(crate) own_ttl: Option<u32>,
    /// Whether there are CAA records in the answer.
    #[allow(dead_code)]
    pub(crate) caa: bool,
    /// The serial of a SOA in the answer.
    pub(crate) serial: Option<u32>,
    /// Whether the server calls itself an authority.
    pub(crate) authoritative: bool,
    /// Whether it was cut short.
    pub(crate) truncated: bool,
}

impl From<&Message> for Reply {
    fn from(message: &Message) -> Reply {
        let soa = message.authorities.iter().find(|r| r.record_type() == RecordType::SOA).map(|r| r.ttl);
        Reply {
            rcode: message.metadata.response_code,
            addresses: message.answers.iter().filter_map(|r| r.data.ip_addr()).collect(),
            ttl: message.answers.iter().map(|r| r.ttl).min().or(soa),
            own_ttl: message.answers.first().map(|r| r.ttl),
            caa: message.answers.iter().any(|r| r.record_type() == RecordType::CAA),
            serial: message.answers.iter().find_map(|r| match &r.data {
                RData::SOA(soa) => Some(soa.serial),
                _ => None,
            }),
            authoritative: message.metadata.authoritative,
            truncated: message.metadata.truncation,
        }
    }
}

impl Reply {
    /// Whether the answer is exactly this one address.
    pub(crate) fn is(&self, address: &str) -> bool {
        self.rcode == ResponseCode::NoError
            && self.addresses.iter().map(ToString::to_string).eq([address.to_owned()])
    }

    /// In a few characters, for a log.
    pub(crate) fn brief(&self) -> String {
        let addresses: Vec<_> = self.addresses.iter().take(3).map(ToString::to_string).collect();
        let ttl = self.ttl.map_or_else(String::new, |ttl| format!(" ttl {ttl}"));
        format!("{:?} {}{ttl}", self.rcode, addresses.join(" "))
    }
}

/// The question's bytes: RD=1, EDNS with 1232 octets, nothing else.
pub(crate) fn question(name: &str, rtype: &str) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), rtype.parse().unwrap()));
    let mut edns = Edns::new();
    edns.set_max_payload(1232);
    message.set_edns(edns);
    message
}

/// Asks once over UDP.
pub(crate) fn ask(at: SocketAddr, name: &str, rtype: &str, wait: Duration) -> Result<Reply, String> {
    let any = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let query = question(name, rtype);
    let exchange = || -> std::io::Result<Vec<u8>> {
        let socket = UdpSocket::bind(any)?;
        socket.connect(at)?;
        socket.set_read_timeout(Some(wait))?;
        socket.send(&query.to_vec().map_err(std::io::Error::other)?)?;
        let mut buffer = vec![0; 65_535];
        let length = socket.recv(&mut buffer)?;
        buffer.truncate(length);
        Ok(buffer)
    };
    let bytes = exchange().map_err(|error| error.to_string())?;
    let message = Message::from_vec(&bytes).map_err(|error| error.to_string())?;
    if message.metadata.id != query.metadata.id {
        return Err("another ID".to_owned());
    }
    Ok(Reply::from(&message))
}

/// Asks once over TCP.
pub(crate) fn ask_tcp(at: SocketAddr, name: &str, rtype: &str) -> Result<Reply, String> {
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&at, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let query = question(name, rtype).to_vec().map_err(std::io::Error::other)?;
        let mut framed = u16::try_from(query.len()).unwrap().to_be_bytes().to_vec();
        framed.extend(query);
        stream.write_all(&framed)?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = exchange().map_err(|error| error.to_string())?;
    Ok(Reply::from(&Message::from_vec(&bytes).map_err(|error| error.to_string())?))
}
