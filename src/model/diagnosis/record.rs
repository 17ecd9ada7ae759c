//! The CA's own record of an order (RFC 8555, sections 7.1.3 and 7.1.4; what a CA adds about its validations is
//! boulder's `core/objects.go`). Everything in it that is a text came from elsewhere: views escape it.

use std::net::IpAddr;

use super::{Environment, coded};
use crate::model::{CallFailure, Name, Timestamp};

/// An order, and as many of its authorizations as could be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    /// Where it is.
    pub url: String,
    /// Which of the CA's services keeps it.
    pub environment: Environment,
    /// The order.
    pub order: Result<OrderSeen, CallFailure>,
    /// Its authorizations that could be read, in the order's order.
    pub authorizations: Vec<AuthorizationSeen>,
    /// How many could not be read, and why the first of them could not.
    pub unread: Option<(usize, CallFailure)>,
}

impl OrderRecord {
    /// A record of which nothing could be had.
    pub fn missing(url: &str, environment: Environment, why: CallFailure) -> Self {
        let (authorizations, unread) = (Vec::new(), None);
        OrderRecord { url: url.to_owned(), environment, order: Err(why), authorizations, unread }
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSeen {
    /// `pending`, `ready`, `processing`, `valid` or `invalid`.
    pub status: String,
    /// Every name of the certificate.
    pub names: Vec<Name>,
    /// Where its authorizations are: URLs at the order's own host only.
    pub authorizations: Vec<String>,
    /// Why it failed, if the order itself says so.
    pub error: Option<Problem>,
}

/// An authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationSeen {
    /// The name, if it is one; without the `*.` of a wildcard.
    pub name: Option<Name>,
    /// `pending` (never tried), `valid`, `invalid`, `deactivated`, `expired` or `revoked`.
    pub status: String,
    /// How long it is kept.
    pub expires: Option<Timestamp>,
    /// When the CA last tried.
    pub validated: Option<Timestamp>,
    /// The CA's words on a failure.
    pub error: Option<Problem>,
    /// What it did, one entry a redirect.
    pub visits: Vec<Visited>,
}

/// A problem document of the CA (RFC 9457; RFC 8555, section 6.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its type, without the prefix that all of them have.
    pub kind: String,
    /// The CA's words.
    pub detail: String,
    /// The HTTP status.
    pub status: u16,
}

/// One request of a validation, as the CA recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// What was asked for.
    pub url: String,
    /// The addresses that the name had for the CA.
    pub resolved: Vec<IpAddr>,
    /// The one that it used.
    pub used: Option<IpAddr>,
}

coded! {
    /// What an authorization proves.
    Evidence {
        /// The CA has not tried this name yet: it may fail next.
        Untested = "untested",
        /// It passed, and will be used again.
        Passed = "passed",
        /// The CA went to what is expected, and was not content: DNS was right.
        SawExpected = "saw-expected",
        /// For the CA the name had only other addresses than those expected.
        SawOther = "saw-other",
        /// It had both.
        SawBoth = "saw-both",
        /// The CA had addresses; which are the right ones is not known here.
        SawSome = "saw-some",
        /// It failed before it had an address.
        SawNone = "saw-none",
        /// It is over, and proves nothing any more.
        Over = "over",
    }
}

/// An authorization with what it proves, and what has become of the name since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// What the CA wrote down.
    pub seen: AuthorizationSeen,
    /// What it proves.
    pub evidence: Evidence,
    /// The addresses that the name's own servers give now; none where they were not asked, or do not say.
    pub now: Option<Vec<IpAddr>>,
}

/// A CA's record with what it proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Testimony {
    /// Where it is.
    pub url: String,
    /// Which of the CA's services keeps it.
    pub environment: Environment,
    /// The order.
    pub order: Result<OrderSeen, CallFailure>,
    /// Its authorizations that could be read, in the order's order.
    pub witnesses: Vec<Witness>,
    /// How many could not be read, and why the first of them could not.
    pub unread: Option<(usize, CallFailure)>,
}
