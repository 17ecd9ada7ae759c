//! What is to be asked, of whom, and why.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ChallengeFile, Endpoint, Name, RecordId, VantageId};

/// The question types that the program asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum QuestionType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Name servers.
    Ns,
    /// Start of authority.
    Soa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// The parent's fingerprint of a key (RFC 4034, section 5).
    Ds,
    /// A zone's keys (RFC 4034, section 2).
    Dnskey,
    /// The name of an address.
    Ptr,
    /// Text.
    Txt,
}

/// A question of class IN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Question {
    /// The name asked about.
    pub name: Name,
    /// The type asked for.
    pub qtype: QuestionType,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let qtype = match self.qtype {
            QuestionType::A => "A",
            QuestionType::Aaaa => "AAAA",
            QuestionType::Ns => "NS",
            QuestionType::Soa => "SOA",
            QuestionType::Caa => "CAA",
            QuestionType::Ds => "DS",
            QuestionType::Dnskey => "DNSKEY",
            QuestionType::Ptr => "PTR",
            QuestionType::Txt => "TXT",
        };
        write!(f, "{} {qtype}", self.name)
    }
}

/// Whether the server is to look the answer up or to say what it knows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// RD=0, to an authoritative server. Never sent to somebody's resolver.
    Authoritative,
    /// RD=1, EDNS 1232, no options: the plainest question, which shares its cache entry with visitors'.
    /// A SERVFAIL is followed, within the same errand, by the same question with CD=1
    /// ([`super::Answer::unchecked`]), which tells *bogus* from *dead*.
    Recursive,
}

/// One thing for the network to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Walk down from the root to the zone that holds `name`; ask every parent server for the delegation
    /// and find every address of every name server.
    Walk {
        /// The name whose zone is sought.
        name: Name,
    },
    /// Ask one server one question, and try again within the errand's time if the packet seems lost.
    Ask {
        /// Who, for the engine.
        vantage: VantageId,
        /// Where, for the network.
        server: Arc<Endpoint>,
        /// What.
        question: Arc<Question>,
        /// How.
        manner: Manner,
        /// Errands with the same server and different sample numbers must leave from different ports.
        sample: u8,
        /// The record that the answer is for; none for an authority, whose answers serve every record
        /// that passes through the name.
        record: Option<RecordId>,
    },
    /// Ask an address that runs no DNS server (192.0.2.53, RFC 5737). An answer means that somebody
    /// between here and there answers in other servers' names.
    Intercept,
    /// Find out, at authoritative servers only, what a CA looks at beyond addresses.
    Survey {
        /// The name that a certificate is wanted for.
        name: Name,
    },
    /// Fetch the challenge file of `name` from one address by the CA's rules (boulder `va/http.go`).
    Fetch(Box<Fetch>),
    /// Find out whose server is at an address.
    Origin {
        /// The address.
        address: IpAddr,
    },
}

/// What to fetch of a web server, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// The name that a certificate is wanted for.
    pub name: Name,
    /// Where to go first.
    pub address: IpAddr,
    /// What to fetch.
    pub file: Arc<ChallengeFile>,
}

/// Why something is asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The first look.
    First,
    /// The zone's own servers are not right yet.
    AuthorityNotRight,
    /// The parent may have a new delegation.
    Delegation,
    /// The answer that was held has run out.
    Expired,
    /// A second sample is to confirm the first.
    Confirm,
    /// A failure may have passed.
    Retry,
    /// What was right is looked at once more before it is called safe.
    Settle,
    /// The regular look at something that is right.
    Routine,
}

/// One errand: a task with its reason. Each gives exactly one [`super::Finding`]. Kept small: with thousands of names
/// thousands are under way, and each is handed on from room to room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// What to do.
    pub task: Task,
    /// Why now.
    pub why: Why,
}

const _: () = assert!(size_of::<Errand>() <= 40);
