//! What a CA looks at in DNS beyond addresses: CAA, DNSSEC, and how the servers take its questions.
//!
//! Facts only, seen at authoritative servers; `engine::issuance` says what they mean.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{Failure, Name, Question, Rcode, Timestamp};

/// One CAA record (RFC 8659, section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaaRecord {
    /// All eight flag bits; 128 is *issuer critical*.
    pub flags: u8,
    /// The property's tag, as it was sent.
    pub tag: String,
    /// The property's value byte for byte, in presentation form: what is not printable ASCII, and the
    /// backslash, as `\DDD` (RFC 1035, section 5.1).
    pub value: String,
}

/// What one server said when it was asked for CAA records, aliases within its zones followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaaSaid {
    /// There are some; sorted.
    Records(Vec<CaaRecord>),
    /// NODATA.
    Nothing,
    /// NXDOMAIN.
    NoSuchName,
    /// An error, or an answer without authority.
    Refused(Rcode),
    /// The aliases run in a circle.
    Loop,
    /// There was no answer.
    Failed(Failure),
}

/// One server's reply about CAA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaaReply {
    /// The server's name.
    pub host: Name,
    /// Its address.
    pub addr: SocketAddr,
    /// What it said.
    pub said: CaaSaid,
    /// The longest life of the records, in seconds; none where there are none, and where an alias leads to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
}

/// CAA at one name of the climb from the certificate's name to the top-level domain (RFC 8659, section 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaaLook {
    /// The name on the climb.
    pub name: Name,
    /// Where the records would stand: `name`, or the last target of its aliases.
    pub owner: Name,
    /// Every server of the zone of `owner`, and those of the zone of `name` that did not lead there.
    pub replies: Vec<CaaReply>,
}

/// One DS record of a delegation (RFC 4034, section 5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ds {
    /// The key's tag.
    pub key_tag: u16,
    /// The key's algorithm.
    pub algorithm: u8,
    /// How the digest was made.
    pub digest_type: u8,
    /// The digest in lower-case hexadecimal.
    pub digest: String,
}

/// What one server of the parent zone said about DS records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DsSaid {
    /// The delegation is signed; sorted.
    Set(Vec<Ds>),
    /// It is not.
    Nothing,
    /// An error.
    Refused(Rcode),
    /// There was no answer.
    Failed(Failure),
}

/// One parent server's reply about DS records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DsReply {
    /// The server's name.
    pub host: Name,
    /// Its address.
    pub addr: SocketAddr,
    /// What it said.
    pub said: DsSaid,
}

/// Whether what one server says can be proved from the DS records of the parent (RFC 4035, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signing {
    /// No parent server has a DS record, so nothing needs proof.
    NotNeeded,
    /// Keys, addresses, CAA and what is denied are all proved.
    Proved {
        /// When the first of the signatures used expires.
        until: Timestamp,
    },
    /// Only with algorithms that cannot be checked here (RFC 4035, section 5.2: then it counts as unsigned
    /// for who does not know them either).
    Unknown {
        /// The first such algorithm.
        algorithm: u8,
    },
    /// There is a DS record, and the server has no DNSKEY, or will not show it.
    NoKey,
    /// No DNSKEY fits a DS record of some parent server.
    KeyMismatch,
    /// An answer that has no signature.
    Missing {
        /// The question.
        of: Question,
    },
    /// A signature whose time is over. The CA allows for no skew.
    Expired {
        /// The question.
        of: Question,
        /// When it expired.
        at: Timestamp,
    },
    /// A signature whose time has not come.
    NotYet {
        /// The question.
        of: Question,
        /// When it will be valid.
        at: Timestamp,
    },
    /// A signature that does not fit what it signs.
    Wrong {
        /// The question.
        of: Question,
    },
    /// Something is denied without an NSEC or NSEC3 record that proves it.
    Unproved {
        /// The question.
        of: Question,
    },
    /// The server did not answer when it was asked.
    Failed(Failure),
}

impl Signing {
    /// Whether a validating resolver would refuse what this server says.
    pub fn is_bogus(&self) -> bool {
        !matches!(
            self,
            Signing::NotNeeded | Signing::Proved { .. } | Signing::Unknown { .. } | Signing::Failed(_)
        )
    }
}

/// How a server took one way of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// It answered as it should.
    Well,
    /// It said nothing (over TCP also: it did not let itself be connected to), again and again.
    Dropped,
    /// It answered with an error that it does not give to the plain question. For the plain question: with
    /// any error; the others are not tried then.
    Refused(Rcode),
    /// Not tried, or the plain question failed as well.
    Unknown,
}

/// How a server takes what the CA's resolvers do (boulder's unbound: `use-caps-for-id`, EDNS 1232, TCP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// A question without EDNS, in lower case, over UDP: what the other three are held against.
    pub plain: Taken,
    /// Mixed case in the question's name.
    pub mixed_case: Taken,
    /// An EDNS option (RFC 6891).
    pub edns: Taken,
    /// TCP (RFC 7766).
    pub tcp: Taken,
    /// A question for AAAA, asked as the CA does, held against one for A asked the same way; well, too, where only
    /// the one for AAAA was answered.
    pub aaaa: Taken,
}

/// One server's part of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSurvey {
    /// The server's name.
    pub host: Name,
    /// Its address.
    pub addr: SocketAddr,
    /// Whether it can be believed.
    pub signing: Signing,
    /// How it takes the CA's questions.
    pub habits: Habits,
}

/// One zone's part of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneSurvey {
    /// The zone.
    pub zone: Name,
    /// Every parent server's reply about DS records.
    pub ds: Vec<DsReply>,
    /// Every address of every name server, as the walk has them, at most 64.
    pub servers: Vec<ServerSurvey>,
}

/// What was found about one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// The name.
    pub name: Name,
    /// CAA from the name upwards to its top-level domain, in this order, as far as it can be reached: not
    /// above a zone whose servers were given by the user.
    pub caa: Vec<CaaLook>,
    /// The zone of the name first, then those above it up to the one below the registry's, then those of
    /// its aliases' targets. Empty when the zone of the name cannot be found.
    pub zones: Vec<ZoneSurvey>,
    /// Every A and AAAA that any current server gives for the name, aliases followed; sorted.
    pub addresses: Vec<IpAddr>,
    /// Milliseconds that the slowest answer took; what was not answered is left out.
    pub slowest: u32,
}
