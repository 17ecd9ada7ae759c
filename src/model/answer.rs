//! What one server said, as facts, and the ways in which none can be had.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Name;

/// A response code (RFC 1035, section 4.1.1; RFC 6895), the extended bits included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rcode(pub u16);

impl Rcode {
    /// No error; the answer may still be empty (NODATA).
    pub const NOERROR: Rcode = Rcode(0);
    /// The server could not read the question.
    pub const FORMERR: Rcode = Rcode(1);
    /// The server could not find out.
    pub const SERVFAIL: Rcode = Rcode(2);
    /// The name does not exist.
    pub const NXDOMAIN: Rcode = Rcode(3);
    /// The server does not do that.
    pub const NOTIMP: Rcode = Rcode(4);
    /// The server will not say.
    pub const REFUSED: Rcode = Rcode(5);
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("NOERROR"),
            1 => f.write_str("FORMERR"),
            2 => f.write_str("SERVFAIL"),
            3 => f.write_str("NXDOMAIN"),
            4 => f.write_str("NOTIMP"),
            5 => f.write_str("REFUSED"),
            other => write!(f, "RCODE{other}"),
        }
    }
}

/// One alias of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The alias.
    pub owner: Name,
    /// What it stands for.
    pub target: Name,
    /// Seconds, as on the wire; above 2^31-1 counts as 0 (RFC 2181, section 8).
    pub ttl: u32,
}

/// The SOA record of a negative answer, or of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Soa {
    /// Its owner: the apex of the zone.
    pub zone: Name,
    /// Seconds, as on the wire.
    pub ttl: u32,
    /// The version of the zone; compared by RFC 1982.
    pub serial: u32,
    /// Seconds between a secondary's looks.
    pub refresh: u32,
    /// Seconds before a secondary tries again.
    pub retry: u32,
    /// Seconds for negative answers (RFC 2308, section 4).
    pub minimum: u32,
}

/// An extended DNS error (RFC 8914).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ede {
    /// The registered code.
    pub code: u16,
    /// The server's own words, with control characters escaped.
    pub text: String,
}

/// One server's answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The response code.
    pub rcode: Rcode,
    /// Whether the server claims authority for it (AA).
    pub authoritative: bool,
    /// The aliases from the question's name onwards, in order. At most [`Answer::MAX_CHAIN`]; a chain
    /// that comes back to itself is cut where it does, with `looped` set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Link>,
    /// Whether the chain ran in a circle, or past its limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looped: bool,
    /// The addresses of the family asked for, at the chain's end. At most [`Answer::MAX_ADDRESSES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// The smallest TTL among those addresses, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_ttl: Option<u32>,
    /// The SOA in the answer or authority section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soa: Option<Soa>,
    /// The zone that the server refers to instead of answering (NS in the authority section, no AA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Name>,
    /// Extended errors, at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ede: Vec<Ede>,
    /// After a SERVFAIL to [`super::Manner::Recursive`]: whether the same question with CD=1 was
    /// answered without error, which means that validation failed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<bool>,
    /// Microseconds between the question and this answer.
    pub rtt_micros: u32,
}

impl Answer {
    /// As many aliases as unbound follows (its `MAX_RESTART_COUNT`); a CA's resolver gives up there.
    pub const MAX_CHAIN: usize = 11;
    /// More addresses than any name to be certified has; the rest of a huge answer is dropped, and an
    /// unexpected one among the first is enough to be wrong.
    pub const MAX_ADDRESSES: usize = 64;

    /// An empty answer with this code, to be filled in.
    pub fn new(rcode: Rcode) -> Self {
        Answer {
            rcode,
            authoritative: false,
            chain: Vec::new(),
            looped: false,
            addresses: Vec::new(),
            address_ttl: None,
            soa: None,
            referral: None,
            ede: Vec::new(),
            unchecked: None,
            rtt_micros: 0,
        }
    }

    /// Whether the server says that it serves something past its time (EDE 3 and 19, RFC 8914).
    pub fn is_served_stale(&self) -> bool {
        self.ede.iter().any(|e| matches!(e.code, 3 | 19))
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Nothing came back within the errand's time.
    Silent {
        /// Datagrams sent.
        tries: u8,
    },
    /// The machine is there and says that nobody listens (ICMP port unreachable, TCP reset).
    PortClosed,
    /// This machine has no way there: no route, no address of that family, no permission. Says nothing
    /// about the server.
    NoRoute,
    /// What came back could not be read as DNS, or answered another question, or had another ID.
    Garbage,
    /// The truncated answer could not be had over TCP either.
    NoTcp,
    /// The TLS or HTTPS connection failed.
    Secure {
        /// In the library's words, control characters escaped.
        text: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Silent { .. } => f.write_str("no answer"),
            Failure::PortClosed => f.write_str("port closed"),
            Failure::NoRoute => f.write_str("no route from here"),
            Failure::Garbage => f.write_str("answers that cannot be read"),
            Failure::NoTcp => f.write_str("truncated, and no answer over TCP"),
            Failure::Secure { text } => write!(f, "no secure connection: {text}"),
        }
    }
}
