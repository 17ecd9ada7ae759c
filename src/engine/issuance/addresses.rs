//! Addresses that no public CA connects to.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::plan::Policy;
use crate::model::{Ca, Cause, Effect, Expectation, Reason, Record};

use super::{Sight, because};

/// Whether the CA drops reserved addresses. Pebble does not (`va/va.go`).
pub(in crate::engine) fn minds_reserved(policy: &Policy) -> bool {
    policy.ca == Ca::LetsEncrypt && !policy.allow_reserved
}

/// Boulder drops reserved addresses from what it resolves (`va/dns.go`, `getAddrs`): harmless beside others,
/// and the end where nothing is left.
pub(super) fn usable(sight: &Sight<'_>) -> Vec<Reason> {
    if !minds_reserved(sight.policy) {
        return Vec::new();
    }
    let effect = if sight.candidates().is_empty() { Effect::Blocks } else { Effect::Warns };
    let found = sight.addresses.iter().filter(|address| sight.is_expected(**address));
    let found = found.filter_map(|&address| reserved_block(address).map(|block| (address, Arc::from(block))));
    found.map(|(address, block)| because(effect, Cause::ReservedAddress { address, block })).take(1).collect()
}

/// The first expected address that no public CA connects to, with the name of its block.
///
/// The blocks are those of the IANA special-purpose address registries, which boulder drops
/// (`iana/ip.go`, `IsReservedAddr`). Multicast is not among them there; it is refused here too, since
/// nothing can answer from it.
pub(in crate::engine) fn reserved(record: &Record) -> Option<(IpAddr, Arc<str>)> {
    let Expectation::Addresses(addresses) = &record.expect else { return None };
    addresses.iter().find_map(|&address| reserved_block(address).map(|block| (address, Arc::from(block))))
}

/// `(prefix, length, name)` of the IPv4 registry.
const V4: &[([u8; 4], u8, &str)] = &[
    ([0, 0, 0, 0], 8, "this network (RFC 791)"),
    ([10, 0, 0, 0], 8, "private use (RFC 1918)"),
    ([100, 64, 0, 0], 10, "carrier-grade NAT (RFC 6598)"),
    ([127, 0, 0, 0], 8, "loopback (RFC 1122)"),
    ([169, 254, 0, 0], 16, "link local (RFC 3927)"),
    ([172, 16, 0, 0], 12, "private use (RFC 1918)"),
    ([192, 0, 0, 0], 24, "IETF protocol assignments (RFC 6890)"),
    ([192, 0, 2, 0], 24, "documentation (RFC 5737)"),
    ([192, 31, 196, 0], 24, "AS112 (RFC 7535)"),
    ([192, 52, 193, 0], 24, "AMT (RFC 7450)"),
    ([192, 88, 99, 0], 24, "6to4 relays (RFC 7526)"),
    ([192, 168, 0, 0], 16, "private use (RFC 1918)"),
    ([192, 175, 48, 0], 24, "AS112 (RFC 7534)"),
    ([198, 18, 0, 0], 15, "benchmarking (RFC 2544)"),
    ([198, 51, 100, 0], 24, "documentation (RFC 5737)"),
    ([203, 0, 113, 0], 24, "documentation (RFC 5737)"),
    ([224, 0, 0, 0], 4, "multicast (RFC 5771)"),
    ([240, 0, 0, 0], 4, "reserved (RFC 1112)"),
];

/// `(prefix as the first four groups, length, name)` of the IPv6 registry; no block is longer than /64
/// but three, which are listed by hand below.
const V6: &[([u16; 4], u8, &str)] = &[
    ([0x100, 0, 0, 0], 64, "discard only (RFC 6666)"),
    ([0x2001, 0, 0, 0], 23, "IETF protocol assignments (RFC 2928)"),
    ([0x2001, 0xdb8, 0, 0], 32, "documentation (RFC 3849)"),
    ([0x2002, 0, 0, 0], 16, "6to4 (RFC 3056)"),
    ([0x3fff, 0, 0, 0], 20, "documentation (RFC 9637)"),
    ([0x5f00, 0, 0, 0], 16, "segment routing (RFC 9602)"),
    ([0xfc00, 0, 0, 0], 7, "unique local (RFC 4193)"),
    ([0xfe80, 0, 0, 0], 10, "link local (RFC 4291)"),
    ([0xff00, 0, 0, 0], 8, "multicast (RFC 4291)"),
    ([0x64, 0xff9b, 1, 0], 48, "local NAT64 (RFC 8215)"),
    ([0x64, 0xff9b, 0, 0], 64, "NAT64 (RFC 6052)"),
];

/// The block of the IANA special-purpose registries, or of multicast, that an address stands in: no public
/// CA connects to one.
pub fn reserved_block(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => {
            let bits = u32::from(v4);
            let within = |(prefix, len, _): &&([u8; 4], u8, &str)| {
                (bits ^ u32::from_be_bytes(*prefix)) >> (32 - u32::from(*len)) == 0
            };
            V4.iter().find(within).map(|block| block.2)
        }
        IpAddr::V6(v6) => {
            if v6.is_unspecified() || v6.is_loopback() {
                return Some("loopback or unspecified (RFC 4291)");
            }
            if v6.to_ipv4_mapped().is_some() {
                return Some("IPv4-mapped (RFC 4291)");
            }
            let top = u64::try_from(u128::from(v6) >> 64).unwrap_or(0);
            let within = |(prefix, len, _): &&([u16; 4], u8, &str)| {
                let prefix = prefix.iter().fold(0u64, |all, &group| all << 16 | u64::from(group));
                (top ^ prefix) >> (64 - u32::from(*len)) == 0
            };
            V6.iter().find(within).map(|block| block.2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_reserved_address_is_known() {
        for text in [
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:8.8.8.8",
            "2001:db8::1",
            "2002::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "64:ff9b::1",
            "3fff::1",
        ] {
            assert!(reserved_block(text.parse().unwrap()).is_some(), "{text}");
        }
        for text in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "203.0.114.1",
            "2606:4700::1",
            "2a00::1",
            "2001:4860:4860::8888",
        ] {
            assert_eq!(reserved_block(text.parse().unwrap()), None, "{text}");
        }
    }
}
