//! Who is asked.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Name;

/// A vantage's number for the length of one watch. Resolvers come first, in the order of the plan;
/// authoritative servers get theirs as they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VantageId(pub u32);

/// How a question travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// DNS over UDP, with TCP when the answer is truncated (RFC 1035, RFC 7766).
    Udp,
    /// DNS over TCP only.
    Tcp,
    /// DNS over TLS (RFC 7858).
    Tls,
    /// DNS over HTTPS (RFC 8484).
    Https,
}

impl Transport {
    /// Whether a box on the way could answer in the server's place.
    pub fn is_plain(self) -> bool {
        matches!(self, Transport::Udp | Transport::Tcp)
    }
}

/// Where and how one server is reached. Encrypted ones carry the name to check, and are reached by
/// address, so that no resolver is needed to reach a resolver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// How.
    pub transport: Transport,
    /// Where.
    pub addr: SocketAddr,
    /// The name in the server's certificate, for TLS and HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<Arc<str>>,
    /// The path of the HTTPS URL, `/dns-query` for most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Arc<str>>,
}

impl Endpoint {
    /// A plain endpoint: UDP, with TCP as its fallback.
    pub fn udp(addr: SocketAddr) -> Self {
        Endpoint { transport: Transport::Udp, addr, server_name: None, path: None }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default_port = match self.transport {
            Transport::Udp | Transport::Tcp => 53,
            Transport::Tls => 853,
            Transport::Https => 443,
        };
        let place =
            if self.addr.port() == default_port { self.addr.ip().to_string() } else { self.addr.to_string() };
        let name = self.server_name.as_deref().unwrap_or_default();
        match self.transport {
            Transport::Udp => f.write_str(&place),
            Transport::Tcp => write!(f, "tcp://{place}"),
            Transport::Tls => write!(f, "tls://{place}#{name}"),
            Transport::Https => {
                write!(f, "https://{name}{}#{place}", self.path.as_deref().unwrap_or("/dns-query"))
            }
        }
    }
}

/// What a vantage's word is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An authoritative server of the zone as it is delegated now.
    Authority,
    /// A server that the zone was delegated to before; shown, and never asked to agree.
    FormerAuthority,
    /// A public resolver whose answer counts.
    Voter,
    /// A resolver that is shown and does not count; this machine's own is one.
    Witness,
}

/// One server that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vantage {
    /// Short and unique: `google-1`, or the name of the server for an authority.
    pub name: Arc<str>,
    /// Who runs it; voters of one operator count as one opinion where diversity is asked for.
    pub operator: Arc<str>,
    /// Country and city, for one that stands in one place; none for anycast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Arc<str>>,
    /// What its word is worth.
    pub role: Role,
    /// How it can be reached, the preferred way first. Never empty.
    pub endpoints: Vec<Endpoint>,
    /// A page on which anybody may empty this resolver's cache for a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flush: Option<Arc<str>>,
    /// The zone, for an authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
}
