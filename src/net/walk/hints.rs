//! Where the root servers are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hickory_proto::rr::Name as WireName;

use crate::model::Name;

/// The port that DNS is spoken on (RFC 1035, section 4.2).
pub(super) const DNS_PORT: u16 = 53;

/// The letter, the IPv4 and the IPv6 address of every root server, from the root hints file that IANA
/// publishes (RFC 8109, section 2; version of the root zone 2024041801).
#[rustfmt::skip]
const ROOTS: [(&str, Ipv4Addr, Ipv6Addr); 13] = [
    ("a", Ipv4Addr::new(198, 41, 0, 4), Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30)),
    ("b", Ipv4Addr::new(170, 247, 170, 2), Ipv6Addr::new(0x2801, 0x1b8, 0x10, 0, 0, 0, 0, 0xb)),
    ("c", Ipv4Addr::new(192, 33, 4, 12), Ipv6Addr::new(0x2001, 0x500, 2, 0, 0, 0, 0, 0xc)),
    ("d", Ipv4Addr::new(199, 7, 91, 13), Ipv6Addr::new(0x2001, 0x500, 0x2d, 0, 0, 0, 0, 0xd)),
    ("e", Ipv4Addr::new(192, 203, 230, 10), Ipv6Addr::new(0x2001, 0x500, 0xa8, 0, 0, 0, 0, 0xe)),
    ("f", Ipv4Addr::new(192, 5, 5, 241), Ipv6Addr::new(0x2001, 0x500, 0x2f, 0, 0, 0, 0, 0xf)),
    ("g", Ipv4Addr::new(192, 112, 36, 4), Ipv6Addr::new(0x2001, 0x500, 0x12, 0, 0, 0, 0, 0xd0d)),
    ("h", Ipv4Addr::new(198, 97, 190, 53), Ipv6Addr::new(0x2001, 0x500, 1, 0, 0, 0, 0, 0x53)),
    ("i", Ipv4Addr::new(192, 36, 148, 17), Ipv6Addr::new(0x2001, 0x7fe, 0, 0, 0, 0, 0, 0x53)),
    ("j", Ipv4Addr::new(192, 58, 128, 30), Ipv6Addr::new(0x2001, 0x503, 0xc27, 0, 0, 0, 2, 0x30)),
    ("k", Ipv4Addr::new(193, 0, 14, 129), Ipv6Addr::new(0x2001, 0x7fd, 0, 0, 0, 0, 0, 1)),
    ("l", Ipv4Addr::new(199, 7, 83, 42), Ipv6Addr::new(0x2001, 0x500, 0x9f, 0, 0, 0, 0, 0x42)),
    ("m", Ipv4Addr::new(202, 12, 27, 33), Ipv6Addr::new(0x2001, 0xdc3, 0, 0, 0, 0, 0, 0x35)),
];

/// The addresses of the thirteen root servers, IPv4 and IPv6.
pub(super) fn addresses() -> Vec<SocketAddr> {
    let both = |&(_, v4, v6): &(_, Ipv4Addr, Ipv6Addr)| [IpAddr::V4(v4), IpAddr::V6(v6)];
    ROOTS.iter().flat_map(both).map(|ip| SocketAddr::new(ip, DNS_PORT)).collect()
}

/// The name of the root server at this address; for one that is not known, the address as a name.
pub(super) fn host_of(addr: SocketAddr) -> Name {
    let known = ROOTS.iter().find(|(_, v4, v6)| addr.ip() == *v4 || addr.ip() == *v6);
    known
        .and_then(|(letter, ..)| Name::parse(&format!("{letter}.root-servers.net")).ok())
        .unwrap_or_else(|| named_by_address(addr))
}

/// A server that has no name but its address; the port belongs to it where it is not the usual one, so
/// that two servers behind one address stay apart.
pub(super) fn named_by_address(addr: SocketAddr) -> Name {
    let text = if addr.port() == DNS_PORT { addr.ip().to_string() } else { addr.to_string() };
    let wire = WireName::from_labels(text.split('.').map(str::as_bytes)).unwrap_or_else(|_| WireName::root());
    Name::from_wire(&wire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_roots_of_both_families() {
        let all = addresses();
        assert_eq!(all.iter().filter(|a| a.is_ipv4()).count(), 13);
        assert_eq!(all.iter().filter(|a| a.is_ipv6()).count(), 13);
        assert_eq!(host_of("202.12.27.33:53".parse().unwrap()).as_str(), "m.root-servers.net");
        assert_eq!(host_of("[2001:500:9f::42]:53".parse().unwrap()).as_str(), "l.root-servers.net");
    }

    #[test]
    fn addresses_as_names() {
        for (addr, name) in [
            ("127.0.0.1:53", "127.0.0.1"),
            ("127.0.0.1:5301", "127.0.0.1:5301"),
            ("[::1]:53", "::1"),
            ("[::ffff:192.0.2.1]:5", "[::ffff:192.0.2.1]:5"),
        ] {
            assert_eq!(named_by_address(addr.parse().unwrap()).as_str(), name);
        }
    }
}
