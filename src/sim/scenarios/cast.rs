//! Resolvers that nobody runs, at addresses for documentation (RFC 5737).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::model::{Endpoint, Role, Vantage};
use crate::sim::{Cache, Dice, Family, Resolver};

/// Operators with the place of their servers; none where they are said to be everywhere.
const OPERATORS: [(&str, Option<&str>); 20] = [
    ("clearwell", None),
    ("openharbor", None),
    ("fjordnet", Some("NO Oslo")),
    ("baltika", Some("LV Riga")),
    ("quietdns", None),
    ("meridian", Some("GB London")),
    ("kiwilink", Some("NZ Auckland")),
    ("sakuranet", Some("JP Osaka")),
    ("andesdns", Some("CL Santiago")),
    ("saharaix", Some("MA Casablanca")),
    ("prairie", Some("CA Winnipeg")),
    ("polarnode", Some("FI Oulu")),
    ("deltaport", Some("NL Rotterdam")),
    ("lotusroot", Some("VN Hanoi")),
    ("cedarline", Some("LB Beirut")),
    ("monsoon", Some("IN Mumbai")),
    ("atlascope", None),
    ("tundra", Some("RU Yakutsk")),
    ("coralreef", Some("AU Cairns")),
    ("savannah", Some("KE Nairobi")),
];

/// So many resolvers, two for each operator, every other one of unbound's kind. At most 200.
pub(in crate::sim) fn cast(count: u8, dice: &mut Dice) -> (Vec<Vantage>, Vec<Resolver>) {
    let mut vantages = Vec::new();
    let mut resolvers = Vec::new();
    for number in 0..count.min(200) {
        let (operator, place) = OPERATORS[usize::from(number / 2) % OPERATORS.len()];
        let nth = number % 2 + 1 + 2 * (number / 40);
        let addr = SocketAddr::from((Ipv4Addr::new(198, 51, 100, number + 1), 53));
        let family = if dice.chance(50) { Family::Late } else { Family::Early };
        vantages.push(Vantage {
            name: Arc::from(format!("{operator}-{nth}")),
            operator: Arc::from(operator),
            place: place.map(Arc::from),
            role: Role::Voter,
            endpoints: vec![Endpoint::udp(addr)],
            flush: None,
            zone: None,
        });
        let latency = dice.millis(4, 140);
        resolvers.push(Resolver::new(addr, latency, vec![Cache::new(family)]));
    }
    (vantages, resolvers)
}
