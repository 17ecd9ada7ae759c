//! The CA's own record of an order and its authorizations (RFC 8555, sections 7.1.3 and 7.1.4; what a CA adds
//! about its validations is boulder's `core/objects.go`). What was fetched comes in as bytes.

use std::net::IpAddr;

use serde::Deserialize;

use crate::model::{Environment, Name, Timestamp};

/// Bytes of one document at most.
const MOST_BYTES: usize = 1 << 20;
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
    pub error: Option<String>,
}

/// An authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationSeen {
    /// The name, if it is one.
    pub name: Option<Name>,
    /// `pending` (never tried), `valid`, `invalid`, `deactivated`, `expired` or `revoked`.
    pub status: String,
    /// When the CA last tried.
    pub validated: Option<Timestamp>,
    /// The CA's words on a failure, as they belong into [`super::explain`].
    pub error: Option<String>,
    /// What it did, one entry a redirect.
    pub visits: Vec<Visited>,
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

#[derive(Deserialize)]
struct WireOrder {
    status: String,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    #[serde(default)]
    authorizations: Vec<String>,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct WireAuthorization {
    status: String,
    identifier: Identifier,
    #[serde(default)]
    challenges: Vec<Challenge>,
}

#[derive(Deserialize)]
struct Identifier {
    value: String,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    status: u16,
}

#[derive(Deserialize)]
struct Challenge {
    error: Option<Problem>,
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

impl Problem {
    /// In the form of the CA's own problem document.
    fn text(&self) -> String {
        let quote = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
        format!(
            "{{\"type\":{},\"detail\":{},\"status\":{}}}",
            quote(&self.kind),
            quote(&self.detail),
            self.status
        )
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
    Ok(OrderSeen { status: wire.status, names, authorizations, error: wire.error.map(|error| error.text()) })
}

/// Reads an authorization.
///
/// # Errors
/// [`Unreadable`] for what is none.
pub fn authorization(bytes: &[u8]) -> Result<AuthorizationSeen, Unreadable> {
    let wire: WireAuthorization = read(bytes)?;
    // One challenge was tried; the others never were.
    let tried = wire.challenges.iter().find(|one| one.error.is_some() || one.validated.is_some());
    let instant = |text: &String| text.parse::<jiff::Timestamp>().ok();
    let validated = tried.and_then(|one| one.validated.as_ref()).and_then(instant);
    let visit = |record: &Record| Visited {
        url: record.url.clone(),
        resolved: record.resolved.iter().filter_map(|address| address.parse().ok()).collect(),
        used: record.used.parse().ok(),
    };
    Ok(AuthorizationSeen {
        name: Name::parse(&wire.identifier.value).ok(),
        status: wire.status,
        validated: validated.map(|at| Timestamp::from_micros(at.as_microsecond())),
        error: tried.and_then(|one| one.error.as_ref()).map(Problem::text),
        visits: tried.map(|one| one.records.iter().take(MOST_NAMES).map(visit).collect()).unwrap_or_default(),
    })
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Unreadable> {
    if bytes.len() > MOST_BYTES {
        return Err(Unreadable::TooLong);
    }
    serde_json::from_slice(bytes).map_err(|error| Unreadable::NotAnOrder(error.to_string()))
}
