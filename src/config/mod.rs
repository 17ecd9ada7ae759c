//! Whom to ask, and about what: lists of resolvers, built in or from a file, and files of records.
//!
//! [`embedded`] and [`load`] give whole lists, [`parse_endpoint`] and [`given`] turn what follows
//! `--resolver` into vantages that vote, [`system`] makes witnesses of this machine's own resolvers.
//! [`records`] reads names with what they should have, in any of the forms that such lists come in;
//! [`typed_name`] and [`typed_value`] read a single one as people type it.
//! Nothing is asked here.

mod endpoint;
mod fault;
mod list;
mod records;
#[cfg(test)]
mod tests;
mod typed;

use std::net::SocketAddr;
use std::sync::Arc;

pub use endpoint::{EndpointError, parse_endpoint};
pub use fault::{ConfigError, Fault};
pub use list::{MAX_BYTES, MAX_ENTRIES, embedded, load, parse};
pub use records::{
    Format, MAX_NAMES, MAX_RECORDS_BYTES, PassedOver, RecordsError, RecordsFile, Wanted, load_records,
    read_records, records, records_of,
};
pub use typed::{Mistyped, typed_name, typed_value};

use crate::model::{Endpoint, Role, Transport, Vantage};

/// Resolvers that the user named one by one, as voters. Each address is an operator of its own; an
/// endpoint that was given twice votes once.
pub fn given(endpoints: &[Endpoint]) -> Vec<Vantage> {
    let mut list: Vec<Vantage> = Vec::new();
    for endpoint in endpoints {
        let name: Arc<str> = endpoint.to_string().into();
        if list.iter().any(|vantage| vantage.name == name) {
            continue;
        }
        list.push(Vantage {
            name,
            operator: operator_of(endpoint),
            place: None,
            role: Role::Voter,
            endpoints: vec![endpoint.clone()],
            flush: None,
            zone: None,
        });
    }
    list
}

/// An address with an unusual port may be another program on the same machine.
fn operator_of(endpoint: &Endpoint) -> Arc<str> {
    let usual = matches!(
        (endpoint.transport, endpoint.addr.port()),
        (Transport::Udp | Transport::Tcp, 53) | (Transport::Tls, 853) | (Transport::Https, 443)
    );
    if usual { endpoint.addr.ip().to_string().into() } else { endpoint.addr.to_string().into() }
}

/// This machine's own resolvers, which are shown and do not vote: `this-machine`, `this-machine-2` …
pub fn system(addrs: &[SocketAddr]) -> Vec<Vantage> {
    let mut list: Vec<Vantage> = Vec::new();
    for addr in addrs {
        if list.iter().any(|vantage| vantage.endpoints.iter().any(|known| known.addr == *addr)) {
            continue;
        }
        let name = match list.len() {
            0 => "this-machine".into(),
            before => format!("this-machine-{}", before + 1).into(),
        };
        list.push(Vantage {
            name,
            operator: "this machine".into(),
            place: None,
            role: Role::Witness,
            endpoints: vec![Endpoint::udp(*addr)],
            flush: None,
            zone: None,
        });
    }
    list
}
