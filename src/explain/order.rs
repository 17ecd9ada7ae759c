//! The CA's own record of an order and its authorizations (RFC 8555, sections 7.1.3 and 7.1.4; what a CA adds
//! about its validations is boulder's `core/objects.go`). What was fetched comes in as bytes.

use serde::Deserialize;

use crate::model::{AuthorizationSeen, Environment, Name, OrderSeen, Problem, Timestamp, Visited};

/// Bytes of one document at most.
pub const MOST_ORDER_BYTES: usize = 1 << 20;
/// Authorizations of one order at most: a certificate has 100 names.
const MOST_NAMES: usize = 100;

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is longer than any that a CA sends.
    #[error("the document is too long")]
    TooLong,
    /// It is not JSON, or lacks what an order or an authorization has.
    #[error("the document cannot be read: {0}")]
    NotAnOrder(String),
}

#[derive(Deserialize)]
struct WireOrder {
    status: String,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    #[serde(default)]
    authorizations: Vec<String>,
    error: Option<WireProblem>,
}

#[derive(Deserialize)]
struct WireAuthorization {
    status: String,
    expires: Option<String>,
    identifier: Identifier,
    #[serde(default)]
    challenges: Vec<Challenge>,
}

#[derive(Deserialize)]
struct Identifier {
    value: String,
}

#[derive(Deserialize)]
struct WireProblem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    status: u16,
}

#[derive(Deserialize)]
struct Challenge {
    error: Option<WireProblem>,
    validated: Option<String>,
    #[serde(rename = "validationRecord", default)]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    url: String,
    #[serde(rename = "addressesResolved", default)]
    resolved: Vec<String>,
    #[serde(rename = "addressUsed", default)]
    used: String,
}

/// Every type of a problem that a CA has begins with this (RFC 8555, section 6.7).
const PREFIX: &str = "urn:ietf:params:acme:error:";

impl WireProblem {
    fn seen(self) -> Problem {
        let kind = self.kind.strip_prefix(PREFIX).map_or(self.kind.clone(), str::to_owned);
        Problem { kind, detail: self.detail, status: self.status }
    }
}

/// Whether a URL is one of the CA's two hosts, and which: nothing is fetched from anywhere else.
pub fn environment(url: &str) -> Option<Environment> {
    let rest = url.strip_prefix("https://")?;
    match rest.split_once('/')?.0 {
        "acme-v02.api.letsencrypt.org" => Some(Environment::Production),
        "acme-staging-v02.api.letsencrypt.org" => Some(Environment::Staging),
        _ => None,
    }
}

/// Reads the order that was fetched from `url`.
///
/// # Errors
/// [`Unreadable`] for what is no order.
pub fn order(url: &str, bytes: &[u8]) -> Result<OrderSeen, Unreadable> {
    let wire: WireOrder = read(bytes)?;
    let here = environment(url);
    let mut names: Vec<Name> = wire.identifiers.iter().filter_map(|id| Name::parse(&id.value).ok()).collect();
    names.truncate(MOST_NAMES);
    let mut authorizations = wire.authorizations;
    authorizations.retain(|url| {
        here.is_some() && environment(url) == here && url.bytes().all(|b| b.is_ascii_graphic())
    });
    authorizations.truncate(MOST_NAMES);
    Ok(OrderSeen { status: wire.status, names, authorizations, error: wire.error.map(WireProblem::seen) })
}

/// Reads an authorization.
///
/// # Errors
/// [`Unreadable`] for what is none.
pub fn authorization(bytes: &[u8]) -> Result<AuthorizationSeen, Unreadable> {
    let wire: WireAuthorization = read(bytes)?;
    // One challenge was tried; the others never were.
    let tried = wire.challenges.into_iter().find(|one| one.error.is_some() || one.validated.is_some());
    let instant = |text: &String| {
        let at = text.parse::<jiff::Timestamp>().ok()?;
        Some(Timestamp::from_micros(at.as_microsecond()))
    };
    let visit = |record: &Record| Visited {
        url: record.url.clone(),
        resolved: record.resolved.iter().filter_map(|address| address.parse().ok()).collect(),
        used: record.used.parse().ok(),
    };
    Ok(AuthorizationSeen {
        name: Name::parse(&wire.identifier.value).ok(),
        expires: wire.expires.as_ref().and_then(instant),
        status: wire.status,
        validated: tried.as_ref().and_then(|one| one.validated.as_ref()).and_then(instant),
        visits: tried
            .as_ref()
            .map(|one| one.records.iter().take(MOST_NAMES).map(visit).collect())
            .unwrap_or_default(),
        error: tried.and_then(|one| one.error).map(WireProblem::seen),
    })
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Unreadable> {
    if bytes.len() > MOST_ORDER_BYTES {
        return Err(Unreadable::TooLong);
    }
    serde_json::from_slice(bytes).map_err(|error| Unreadable::NotAnOrder(error.to_string()))
}
