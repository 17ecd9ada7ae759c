//! What the user wants to come true.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{Name, QuestionType};

/// A record's place in the plan's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub u32);

/// The record types that can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// An alias (RFC 1034, section 3.6.2).
    Cname,
}

/// One expected value as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Asks for an A record.
    V4(Ipv4Addr),
    /// Asks for an AAAA record.
    V6(Ipv6Addr),
    /// Asks for a CNAME record.
    Alias(Name),
}

impl Value {
    /// The address, unless it is an alias.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Value::V4(v4) => Some(IpAddr::V4(*v4)),
            Value::V6(v6) => Some(IpAddr::V6(*v6)),
            Value::Alias(_) => None,
        }
    }
}

/// What makes an answer right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// After following aliases the address set is not empty and every address is one of these.
    Addresses(BTreeSet<IpAddr>),
    /// The name's own CNAME is this one, and it leads to at least one address.
    Alias(Name),
    /// There is no address of this family. A guard: the CA goes to an AAAA first, so a forgotten one
    /// fails a validation although every A record is right.
    NoAddress,
}

/// A name, a type and the expected value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The owner name.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
    /// What is to be there.
    pub expect: Expectation,
}

impl Record {
    /// The question that shows this record as visitors see it. An alias is asked for by its address,
    /// since that is what visitors ask and so what caches hold.
    pub fn question_type(&self) -> QuestionType {
        match self.rtype {
            RecordType::A | RecordType::Cname => QuestionType::A,
            RecordType::Aaaa => QuestionType::Aaaa,
        }
    }

    /// Whether this record was added to protect another one and was not asked for by the user.
    pub fn is_guard(&self) -> bool {
        self.expect == Expectation::NoAddress
    }

    /// The expected values as text, in order.
    pub fn expected(&self) -> Vec<String> {
        match &self.expect {
            Expectation::Addresses(set) => set.iter().map(ToString::to_string).collect(),
            Expectation::Alias(target) => vec![target.to_string()],
            Expectation::NoAddress => Vec::new(),
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Cname => "CNAME",
        })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}
