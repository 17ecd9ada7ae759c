//! What is the matter with a name, a CAA record, a server or a web path, one word each.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Name, OriginAs};

/// Why the CA's policy refuses a name (boulder `policy/pa.go`, `validDomain`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameFault {
    /// No dot in it.
    OneLabel,
    /// More than ten labels.
    TooManyLabels {
        /// How many.
        labels: u32,
    },
    /// Longer than 253 octets.
    TooLong,
    /// An IPv4 address.
    Address,
    /// Neither letter, digit nor hyphen; an underscore as a rule.
    Character(char),
    /// A label that begins or ends with a hyphen.
    Hyphen(String),
    /// A label with `--` in its third and fourth place that is no IDN (RFC 5890, section 2.3.1).
    ReservedLabel(String),
    /// An A-label that cannot be decoded (RFC 3492).
    Punycode(String),
    /// Below a top-level domain that is not in the public DNS (RFC 6761 and the like).
    SpecialUse(String),
    /// The same label again and again, as clients in a loop make them.
    Repeats(String),
}

/// Why a set of CAA records does not let Let's Encrypt issue (boulder `va/caa.go`, `validateCAA`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaaFault {
    /// A critical record of a kind that the CA does not know.
    Critical {
        /// Its tag.
        tag: String,
    },
    /// The CA is named, and other ways of validation than HTTP-01 (RFC 8657, section 4).
    Method {
        /// The ways that are named.
        methods: String,
    },
    /// The CA is named, and other accounts than the user's, or than any of the CA's (RFC 8657, section 3).
    Account {
        /// The account that is named.
        account: String,
    },
    /// The CA is named, and a parameter of which there may be one comes twice.
    Twice {
        /// The parameter's tag.
        parameter: String,
    },
    /// The CA is named in a record whose parameters cannot be read, which voids it.
    Malformed {
        /// The whole value.
        value: String,
    },
    /// Something that was meant to be the CA's name, and is not, byte for byte.
    NearMiss {
        /// The whole value.
        value: String,
    },
    /// Other issuers only.
    Others {
        /// Who.
        issuers: Vec<String>,
    },
    /// Nobody at all.
    Nobody,
}

/// A way of asking that a server may not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// Mixed case in the question's name.
    MixedCase,
    /// An EDNS option (RFC 6891).
    Edns,
    /// TCP (RFC 7766).
    Tcp,
}

/// Where a visit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebPlace {
    /// The addresses of the name at which the visits began that ended like this.
    pub addresses: Vec<IpAddr>,
    /// The last thing that was asked for, with control characters escaped.
    pub url: String,
    /// Whether a redirect led there.
    pub redirected: bool,
    /// The `Server` header of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// What is known of a server that a name should not lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// The network that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<OriginAs>,
    /// What its address points back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Name>,
    /// A name in the certificate that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// What it calls itself (`Server` header).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Whether it answered a visit; none when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<bool>,
    /// Whether it has the test file; none when that cannot be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<bool>,
    /// Whether the servers that the zone has left give this address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}
