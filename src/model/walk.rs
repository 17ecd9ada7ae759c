//! What a walk from the root down to a zone found.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Failure, Name, Rcode};

/// What one server of the parent zone said about the delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParentSaid {
    /// The zone is delegated to these servers.
    Delegates {
        /// The NS set, sorted.
        ns: Vec<Name>,
        /// Its TTL in seconds.
        ttl: u32,
    },
    /// NXDOMAIN: there is no such name here.
    NoSuchName,
    /// The name is there and is not delegated.
    NotDelegated,
    /// The server answered with an error, or without authority and without a referral.
    Lame {
        /// Its response code.
        rcode: Rcode,
    },
    /// There was no answer.
    Failed(Failure),
}

/// One parent server's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentReply {
    /// The server's name.
    pub host: Name,
    /// The address that was asked.
    pub addr: SocketAddr,
    /// What it said.
    pub said: ParentSaid,
}

/// One address of a name server and who vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Address and port.
    pub addr: SocketAddr,
    /// The parent's glue has it (RFC 9499, section 7).
    pub glue: bool,
    /// The host's own zone has it.
    pub own: bool,
}

/// A name server of the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameServer {
    /// Its name.
    pub host: Name,
    /// Every address that is known for it; empty when its name leads nowhere.
    pub addresses: Vec<Address>,
    /// The parent delegates to it.
    pub at_parent: bool,
    /// The zone itself names it.
    pub at_child: bool,
}

/// How a walk ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkEnd {
    /// The zone and its servers are known.
    Found,
    /// At least one server of `parent` says that there is no such zone, and none delegates it. The
    /// name's registered domain does not exist, or is on hold.
    NoSuchZone,
    /// No server of `parent` could be asked, with the first failure that was met.
    Unreached(Failure),
}

/// The delegation of one zone, seen from both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// The name whose zone was sought.
    pub name: Name,
    /// The closest enclosing zone (RFC 9499, section 7), or the name that the parent does not know.
    pub zone: Name,
    /// The zone above it; the root's is the root.
    pub parent: Name,
    /// How it ended.
    pub end: WalkEnd,
    /// What every server of the parent said.
    pub parents: Vec<ParentReply>,
    /// The zone's servers: those delegated by any parent server, and those that the zone itself names.
    pub servers: Vec<NameServer>,
    /// Questions that the walk cost.
    pub questions: u32,
}
