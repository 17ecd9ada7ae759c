//! Everything that the rows of a table need, started once: name servers from the root down, the resolver of
//! the CA, a public resolver, the web server.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::odd::{self, Way};
use super::row::{CLOSED, CLOSED6, Own, Row, WEB};
use super::sign::{Seal, Signed, seal};
use super::web::Web;
use crate::lab::authority::{Authority, Kind};
use crate::lab::daemon::{address, shell};
use crate::lab::recursive::Resolver;
use crate::lab::world::{ROOT, TLD};
use crate::lab::zone::Zone;

/// The resolver that the CA asks.
pub(crate) const CA_RESOLVER: &str = "198.51.100.120";
/// The same for programs that read `/etc/resolv.conf`.
const CA_RESOLVER_HERE: &str = "127.0.0.1";
/// The resolver that propwatch asks as a witness.
pub(crate) const WITNESS: &str = "198.51.100.111";
/// The servers of the shared zones.
const SHARED: [&str; 2] = ["192.0.2.5", "192.0.2.6"];
/// The shared zones; the second one is signed where anything is.
const PARENTS: [&str; 4] = ["example.com.", "example.net.", "example.org.", "example.info."];
/// The test file's name: 43 characters of base64url.
pub(crate) const TOKEN: &str = "propwatch-lab-0123456789-abcdefghijklmnopqr";

/// Its content: as long as a real one.
pub(crate) fn content() -> String {
    format!("{TOKEN}.{}", "T".repeat(43))
}

/// All that runs.
pub(crate) struct Stage {
    base: PathBuf,
    /// The web server.
    pub(crate) web: Web,
    /// The servers of the rows' own zones, by address.
    pub(crate) owners: BTreeMap<&'static str, Authority>,
    _above: Vec<Authority>,
    _resolvers: Vec<Resolver>,
}

impl Stage {
    /// Sets it up for `rows`, with signatures from the root down if `signed`.
    pub(crate) fn build(base: &Path, rows: &[Row], signed: bool) -> Stage {
        let mut parents: BTreeMap<&str, Zone> =
            PARENTS.iter().map(|&origin| (origin, with_servers(Zone::new(origin)))).collect();
        let mut owned: BTreeMap<&'static str, Vec<Zone>> = BTreeMap::new();
        for row in rows {
            let parent = parents.get_mut(row.below).unwrap();
            parent.records.extend(row.records.iter().map(|line| absolute(row, line)));
            if let Some(own) = &row.own {
                parent.records.extend(delegate(base, row, own, &mut owned));
            }
        }
        let mut all: Vec<Authority> = Vec::new();
        let (root, tlds, anchor) = above(base, &mut parents, signed);
        all.push(Authority::start(base, "root", Kind::Nsd, &[ROOT], &[root]));
        all.push(Authority::start(base, "tld", Kind::Nsd, &[TLD], &tlds));
        let shared: Vec<Zone> = parents.into_values().collect();
        all.push(Authority::start(base, "shared1", Kind::Nsd, &[SHARED[0]], &shared));
        all.push(Authority::start(base, "shared2", Kind::Knot, &[SHARED[1]], &shared));
        let owners = owners(base, &owned);
        crate::lab::odd::dead(odd::DEAD);
        crate::lab::odd::closed(odd::SHUT);
        crate::lab::odd::refusing(odd::REFUSING);
        odd::start(Way::DropsCaa, odd::TLD_DROPS_CAA, TLD);
        Way::ALL.iter().for_each(|&way| odd::start(way, way.at(), odd::GOOD[0]));
        holes();
        let _resolvers = vec![
            Resolver::unbound(base, "witness", WITNESS, ""),
            Resolver::unbound(base, "ca-resolver", CA_RESOLVER, &as_the_ca(anchor.as_deref())),
        ];
        let web = Web::start(base, WEB);
        let stage = Stage { base: base.to_owned(), web, owners, _above: all, _resolvers };
        rows.iter().for_each(|row| stage.furnish(row));
        stage
    }

    /// The folder of a row's files.
    pub(crate) fn root(&self, row: &Row) -> PathBuf {
        self.base.join("www").join(row.name())
    }

    /// Puts a row's files and sites on the web server.
    fn furnish(&self, row: &Row) {
        let root = self.root(row);
        let folder = root.join(".well-known/acme-challenge");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(TOKEN), content()).unwrap();
        for (ip, port, host, doing) in &row.sites {
            let mut doing = doing.clone();
            if let super::web::Doing::Redirect(_, to) = &mut doing {
                *to = row.put(to).replace("{at}", "@");
            }
            self.web.site(ip, *port, &row.put(host), doing, &root);
        }
    }
}

/// A line with absolute names in place of `@`.
fn absolute(row: &Row, line: &str) -> String {
    line.replace('@', &format!("{}.", row.name()))
}

/// The shared zones' servers.
fn with_servers(zone: Zone) -> Zone {
    let [one, two] = SHARED;
    zone.with("@ NS ns1").with("@ NS ns2").with(&format!("ns1 A {one}")).with(&format!("ns2 A {two}"))
}

/// Makes a row's own zone for its servers, and gives the lines of its parent.
fn delegate(base: &Path, row: &Row, own: &Own, owned: &mut BTreeMap<&'static str, Vec<Zone>>) -> Vec<String> {
    let origin = format!("{}.", row.name());
    let mut lines = Vec::new();
    for (index, (at, _)) in own.servers.iter().enumerate() {
        lines.extend(server(&origin, index, at));
    }
    let mut told = None;
    let mut versions = Vec::new();
    for (index, records) in own.versions.iter().enumerate() {
        let serial = if own.same_serial { 100 } else { 100 - u32::try_from(index).unwrap() };
        let how = if own.seal == Seal::Half && index > 0 { Seal::None } else { own.seal };
        let Signed { zone, ds } = seal(base, &version(row, own, records, serial), how);
        told = told.or(ds);
        versions.push(zone);
    }
    for (at, version) in &own.servers {
        let (Some(behind), Some(zone)) = (behind(at), versions.get(*version)) else { continue };
        let zones = owned.entry(behind).or_default();
        if !zones.iter().any(|known| known.origin == origin) {
            zones.push(zone.clone());
        }
    }
    lines.extend(told);
    lines
}

/// One version of a row's own zone.
pub(crate) fn version(row: &Row, own: &Own, records: &[String], serial: u32) -> Zone {
    let mut zone = Zone::new(&format!("{}.", row.name()));
    zone.serial = serial;
    for (index, (at, _)) in own.servers.iter().enumerate() {
        let at = own.own_address.filter(|_| index == 0).unwrap_or(at);
        zone.records.extend(server(&zone.origin, index, at));
    }
    zone.records.extend(records.iter().map(|line| absolute(row, line)));
    zone
}

/// The records by which a zone, or its parent, names one of its servers.
fn server(origin: &str, index: usize, at: &str) -> [String; 2] {
    let host = format!("ns{}.{origin}", index + 1);
    let kind = if at.contains(':') { "AAAA" } else { "A" };
    [format!("{origin} NS {host}"), format!("{host} {kind} {at}")]
}

/// The server program that speaks at an address, if one does.
fn behind(at: &str) -> Option<&'static str> {
    let known = [odd::GOOD[0], odd::GOOD[1], odd::GOOD[2], odd::FORMER];
    known.into_iter().find(|known| *known == at).or_else(|| {
        let odd = Way::ALL.iter().any(|way| way.at() == at) || at == odd::GOOD6;
        odd.then_some(odd::GOOD[0])
    })
}

fn owners(base: &Path, owned: &BTreeMap<&'static str, Vec<Zone>>) -> BTreeMap<&'static str, Authority> {
    let [one, two, three] = odd::GOOD;
    let kinds: [(&'static str, Kind, &[&str]); 4] = [
        (one, Kind::Nsd, &[one, odd::GOOD6]),
        (two, Kind::Knot, &[two]),
        (three, Kind::Nsd, &[three]),
        (odd::FORMER, Kind::Nsd, &[odd::FORMER]),
    ];
    kinds
        .into_iter()
        .map(|(at, kind, addresses)| {
            let zones = owned.get(at).cloned().unwrap_or_default();
            (at, Authority::start(base, &format!("owner-{at}"), kind, addresses, &zones))
        })
        .collect()
}

/// The root and the TLDs, and the DS that a validator starts from. The signed parents become signed here.
fn above(base: &Path, parents: &mut BTreeMap<&str, Zone>, signed: bool) -> (Zone, Vec<Zone>, Option<String>) {
    let how = if signed { Seal::Well } else { Seal::None };
    let [one, two] = SHARED;
    let mut root = Zone::new(".")
        .with(". NS a.root.lab.")
        .with(&format!("a.root.lab. A {ROOT}"))
        .with("lab. NS a.nic.lab.")
        .with(&format!("a.nic.lab. A {TLD}"));
    let mut tlds = vec![
        Zone::new("lab.")
            .with("@ NS a.nic")
            .with(&format!("a.nic A {TLD}"))
            .with(&format!("a.root A {ROOT}"))
            .with("ready A 192.0.2.99"),
    ];
    for (origin, parent) in parents.iter_mut() {
        let tld = origin.trim_start_matches("example.");
        let server = if tld == "info." { odd::TLD_DROPS_CAA } else { TLD };
        let mut zone = Zone::new(tld)
            .with("@ NS a.nic")
            .with(&format!("a.nic A {server}"))
            .with("example NS ns1.example")
            .with("example NS ns2.example")
            .with(&format!("ns1.example A {one}"))
            .with(&format!("ns2.example A {two}"));
        if tld == "org." {
            zone = zone.with("@ CAA 0 issue \"ca.example\"");
        }
        if tld == "net." && signed {
            let sealed = seal(base, parent, how);
            *parent = sealed.zone;
            zone.records.extend(sealed.ds);
        }
        let sealed = seal(base, &zone, if tld == "net." { how } else { Seal::None });
        root = root.with(&format!("{tld} NS a.nic.{tld}")).with(&format!("a.nic.{tld} A {server}"));
        root.records.extend(sealed.ds);
        tlds.push(sealed.zone);
    }
    let sealed = seal(base, &root, how);
    (sealed.zone, tlds, sealed.ds)
}

/// Addresses where nothing listens, and others from which nothing ever comes back.
fn holes() {
    address(CLOSED);
    address(CLOSED6);
    shell("ip link add hole type veth peer name bottom");
    shell("ip link set hole arp off up && ip link set bottom arp off up");
    shell("ip route add 198.18.7.0/24 dev hole && ip -6 route add 2001:db8:dead::/64 dev hole");
}

/// Lines for unbound by which it does as the CA's resolvers are known to.
fn as_the_ca(anchor: Option<&str>) -> String {
    let here: IpAddr = CA_RESOLVER_HERE.parse().unwrap();
    let mut lines = format!(
        "  interface: {here}\n  do-ip6: yes\n  use-caps-for-id: yes\n  edns-buffer-size: 1232\n  cache-max-ttl: 60\n  \
         cache-max-negative-ttl: 0\n  harden-glue: yes\n  harden-dnssec-stripped: yes\n  harden-below-nxdomain: no\n  \
         qname-minimisation: no\n  val-sig-skew-min: 0\n  val-sig-skew-max: 0\n  prefetch: no\n  infra-host-ttl: 1\n"
    );
    if let Some(ds) = anchor {
        lines += &format!("  module-config: \"validator iterator\"\n  trust-anchor: \"{ds}\"\n");
    }
    lines
}
