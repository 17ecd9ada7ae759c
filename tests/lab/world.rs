//! The usual set-up: a private root, the TLD `lab.`, the zone `shop.lab.` on three programs, six resolvers.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use propwatch::model::Timestamp;

use super::ask::{Reply, ask};
use super::authority::{Authority, Kind};
use super::recursive::Resolver;
use super::tap::Tap;
use super::zone::Zone;

/// The root server.
pub(crate) const ROOT: &str = "192.0.2.1";
/// The server of `lab.`.
pub(crate) const TLD: &str = "192.0.2.2";
/// A name of the TLD by which resolvers are tried.
pub(crate) const READY: &str = "ready.lab.";
/// What the stories are about.
pub(crate) const NAME: &str = "www.shop.lab";
/// The address that the user leaves.
pub(crate) const OLD: &str = "203.0.113.5";
/// The address that the user goes to.
pub(crate) const NEW: &str = "203.0.113.7";

/// Root, TLD and the servers of `shop.lab.`.
pub(crate) struct World {
    /// The servers of `lab.`.
    pub(crate) tld: Authority,
    /// The servers of `shop.lab.`: nsd, knot, bind9.
    pub(crate) servers: Vec<Authority>,
    /// `shop.lab.` as it was at the start.
    pub(crate) zone: Zone,
    _root: Authority,
}

/// `shop.lab.` with its own servers, and no names yet. Its servers' records live 300 s.
pub(crate) fn shop() -> Zone {
    Zone::new("shop.lab.")
        .with("@ 300 NS ns1")
        .with("@ 300 NS ns2")
        .with("@ 300 NS ns3")
        .with("ns1 300 A 192.0.2.11")
        .with("ns2 300 A 192.0.2.12")
        .with("ns3 300 A 192.0.2.13")
}

/// `lab.`, which delegates `shop.lab.` to the three.
pub(crate) fn lab() -> Zone {
    Zone::new("lab.")
        .with("@ NS a.nic")
        .with(&format!("a.nic A {TLD}"))
        .with(&format!("a.root A {ROOT}"))
        .with("ready A 192.0.2.99")
        .with("shop NS ns1.shop")
        .with("shop NS ns2.shop")
        .with("shop NS ns3.shop")
        .with("ns1.shop A 192.0.2.11")
        .with("ns2.shop A 192.0.2.12")
        .with("ns3.shop A 192.0.2.13")
}

/// Where Let's Encrypt's API for dry runs is in the lab's internet, for who looks for it there.
pub(crate) const CA: &str = "192.0.2.60";
/// Its name.
pub(crate) const CA_HOST: &str = "acme-staging-v02.api.letsencrypt.org";

/// The root zone.
pub(crate) fn root() -> Zone {
    Zone::new(".")
        .with(&format!("{CA_HOST}. A {CA}"))
        .with(". NS a.root.lab.")
        .with(&format!("a.root.lab. A {ROOT}"))
        .with("lab. NS a.nic.lab.")
        .with(&format!("a.nic.lab. A {TLD}"))
}

impl World {
    /// Starts it all with `zone` as `shop.lab.`.
    pub(crate) fn build(base: &Path, zone: Zone) -> World {
        World::with(base, zone, lab())
    }

    /// The same with another `lab.`.
    pub(crate) fn with(base: &Path, zone: Zone, lab: Zone) -> World {
        let root = Authority::start(base, "root", Kind::Nsd, &[ROOT], &[root()]);
        let tld = Authority::start(base, "tld", Kind::Knot, &[TLD], &[lab]);
        let one = |name, kind, at| Authority::start(base, name, kind, &[at], std::slice::from_ref(&zone));
        let servers = vec![
            one("ns1", Kind::Nsd, "192.0.2.11"),
            one("ns2", Kind::Knot, "192.0.2.12"),
            one("ns3", Kind::Bind, "192.0.2.13"),
        ];
        World { tld, servers, zone, _root: root }
    }

    /// Publishes a version of `shop.lab.` everywhere; from then on it is served by all three.
    pub(crate) fn publish(&self, zone: &Zone) -> Timestamp {
        self.servers.iter().map(|server| server.publish(zone)).max().unwrap()
    }
}

/// Six resolvers, each with a tap before it.
pub(crate) struct Six {
    /// unbound, kresd, pdns, bind; dnsmasq and dnsdist, which ask the unbound.
    pub(crate) resolvers: Vec<Resolver>,
    /// In the same order.
    pub(crate) taps: Vec<Tap>,
}

impl Six {
    /// Starts them with the settings that they come with.
    pub(crate) fn start(base: &Path) -> Six {
        let unbound = Resolver::unbound(base, "unbound", "198.51.100.111", "");
        let upstream = unbound.at;
        let resolvers = vec![
            unbound,
            Resolver::kresd(base, "kresd", "198.51.100.112", ""),
            Resolver::pdns(base, "pdns", "198.51.100.113"),
            Resolver::bind(base, "bind", "198.51.100.114", "", ""),
            Resolver::dnsmasq(base, "dnsmasq", "198.51.100.115", upstream),
            Resolver::dnsdist(base, "dnsdist", "198.51.100.116", upstream, None),
        ];
        let taps = taps(&resolvers);
        Six { resolvers, taps }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<&Resolver> {
        self.resolvers.iter().collect()
    }

    /// Lets each one learn `name` now, `apart` after the one before.
    pub(crate) fn prime(&self, name: &str, apart: Duration, good: impl Fn(&Reply) -> bool) {
        for (index, resolver) in self.resolvers.iter().enumerate() {
            if index > 0 {
                super::pause(apart);
            }
            prime(resolver, name, &good);
        }
    }
}

/// A tap before each: 198.51.100.11 before 198.51.100.111, and so on.
pub(crate) fn taps(resolvers: &[Resolver]) -> Vec<Tap> {
    resolvers
        .iter()
        .map(|resolver| {
            let behind = resolver.at.ip().to_string();
            let (net, host) = behind.rsplit_once('.').unwrap();
            let host: u16 = host.parse().unwrap();
            Tap::before(&resolver.name, &format!("{net}.{}", host - 100), resolver.at)
        })
        .collect()
}

/// Lets a resolver learn a name.
pub(crate) fn prime(resolver: &Resolver, name: &str, good: impl Fn(&Reply) -> bool) {
    let reply = ask(resolver.at, name, "A", Duration::from_secs(5));
    match reply {
        Ok(reply) if good(&reply) => (),
        other => panic!("{} was to learn {name}: {other:?}", resolver.name),
    }
}

/// What a tap's address is called on the command line.
pub(crate) fn addresses(taps: &[Tap]) -> Vec<String> {
    taps.iter().map(|tap| bare(tap.at)).collect()
}

/// An address without the usual port.
pub(crate) fn bare(at: SocketAddr) -> String {
    at.ip().to_string()
}
