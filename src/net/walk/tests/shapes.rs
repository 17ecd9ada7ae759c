//! Delegations as they should be, in all their shapes.

use super::super::{Start, Walker};
use super::world::{Habit, NOW, ROOT, World, at, name, walker};
use crate::model::{NameServer, ParentSaid, Walk, WalkEnd};

pub(super) fn server<'w>(walk: &'w Walk, host: &str) -> &'w NameServer {
    walk.servers.iter().find(|s| s.host == name(host)).unwrap_or_else(|| panic!("{host} in {walk:#?}"))
}

/// `ip` with `g` where the glue has it and `o` where the host's own zone has it.
pub(super) fn addresses(server: &NameServer) -> Vec<String> {
    let mark = |yes, mark| if yes { mark } else { "" };
    let each = server.addresses.iter();
    each.map(|a| format!("{}{}{}", a.addr.ip(), mark(a.glue, "g"), mark(a.own, "o"))).collect()
}

fn delegates(walk: &Walk) -> usize {
    walk.parents.iter().filter(|p| matches!(p.said, ParentSaid::Delegates { .. })).count()
}

#[test]
fn plain_at_the_apex_and_below() {
    let world = World::new().with_example();
    for text in ["example.com", "mail.example.com", "no.such.example.com", "a.b.c.example.com"] {
        let walk = world.walk_once(text);
        assert_eq!(walk.end, WalkEnd::Found, "{text}");
        assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("example.com", "com"), "{text}");
        assert_eq!(walk.name, name(text));
        assert_eq!(delegates(&walk), 2, "both servers of com: {:?}", walk.parents);
        let (one, two) = (server(&walk, "ns1.example.com"), server(&walk, "ns2.example.com"));
        assert_eq!(addresses(one), ["198.51.100.1go"]);
        assert_eq!(addresses(two), ["198.51.100.2go", "2001:db8::5go"]);
        assert!(one.at_parent && one.at_child && two.at_parent && two.at_child);
        assert_eq!(walk.servers.len(), 2);
    }
}

#[test]
fn the_parents_reply_holds_the_sorted_set_its_ttl_and_who_said_it() {
    let walk = World::new().with_example().walk_once("example.com");
    let first = &walk.parents[0];
    assert_eq!((first.host.as_str(), first.addr), ("a.gtld.net", at("192.0.2.2")));
    let ns = vec![name("ns1.example.com"), name("ns2.example.com")];
    assert_eq!(first.said, ParentSaid::Delegates { ns, ttl: 3600 });
}

#[test]
fn without_ipv6_the_servers_keep_their_addresses() {
    let world = World::new().with_example();
    world.v6.set(false);
    let walk = world.walk_once("example.com");
    assert_eq!(addresses(server(&walk, "ns2.example.com")).len(), 2);
    assert!(world.asked.borrow().iter().all(|(ip, _)| ip.is_ipv4()));
}

#[test]
fn top_level_zones_and_the_root() {
    let world = World::new();
    let walk = world.walk_once("com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str(), &walk.end), ("com", ".", &WalkEnd::Found));
    assert_eq!(addresses(server(&walk, "b.gtld.net")), ["192.0.2.3go"]);
    let walk = world.walk_once(".");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str(), &walk.end), (".", ".", &WalkEnd::Found));
    assert_eq!(addresses(server(&walk, "root.test")), ["192.0.2.1go"]);
    assert_eq!(delegates(&walk), 1);
}

#[test]
fn a_zone_below_a_zone() {
    let world = World::new().with_example();
    let set = "sub.example.com NS ns.sub.example.com\nns.sub.example.com A 198.51.100.9";
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", set);
    world.serve(&["198.51.100.9"], "sub.example.com", set);
    let walk = world.walk_once("www.sub.example.com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("sub.example.com", "example.com"));
    assert_eq!(delegates(&walk), 2);
    assert_eq!(walk.servers.len(), 1);
}

#[test]
fn a_cut_that_one_server_hides() {
    let world = World::new().with_example();
    // The servers of example.com serve deep.c.example.com, too, and never refer to it.
    let inside = "deep.c.example.com NS ns1.example.com\nwww.deep.c.example.com A 203.0.113.9";
    world.serve(&["198.51.100.1", "198.51.100.2"], "deep.c.example.com", inside);
    let walk = world.walk_once("www.deep.c.example.com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("deep.c.example.com", "example.com"));
    assert_eq!(walk.servers.len(), 1);
    assert_eq!(addresses(server(&walk, "ns1.example.com")), ["198.51.100.1o"]);
}

#[test]
fn a_hidden_cut_whose_servers_come_without_addresses() {
    let world = World::new().with_example();
    for ip in ["198.51.100.1", "198.51.100.2", ROOT] {
        world.habit(ip, Habit::Terse);
    }
    let inside = "in.example.com NS ns.in.example.com\nns.in.example.com A 198.51.100.2";
    world.serve(&["198.51.100.1", "198.51.100.2"], "in.example.com", inside);
    let walk = world.walk_once("www.in.example.com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("in.example.com", "example.com"));
    assert_eq!(addresses(server(&walk, "ns.in.example.com")), ["198.51.100.2o"]);
    assert!(walk.servers[0].at_child);
    let walk = world.walk_once(".");
    assert_eq!(addresses(server(&walk, "root.test")), ["192.0.2.1o"]);
}

#[test]
fn servers_in_another_top_level_zone() {
    let world = World::new();
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", "shop.com NS ns1.host.net\nshop.com NS ns2.host.net");
    let set = "host.net NS ns1.host.net\nns1.host.net A 198.51.100.7";
    world.serve(&["192.0.2.2"], "net", set);
    let more = "ns2.host.net CNAME alias.host.net\nalias.host.net A 198.51.100.8";
    world.serve(&["198.51.100.7"], "host.net", &format!("{set}\n{more}"));
    for ip in ["198.51.100.7", "198.51.100.8"] {
        world.serve(&[ip], "shop.com", "shop.com NS ns1.host.net\nshop.com NS ns2.host.net");
    }
    let walk = world.walk_once("shop.com");
    assert_eq!(walk.end, WalkEnd::Found);
    assert_eq!(addresses(server(&walk, "ns1.host.net")), ["198.51.100.7o"]);
    assert_eq!(addresses(server(&walk, "ns2.host.net")), ["198.51.100.8o"], "through the alias");
}

#[test]
fn a_name_that_nobody_has_registered() {
    let world = World::new().with_example();
    for text in ["nobody.com", "www.nobody.com", "a.b.nobody.com"] {
        let walk = world.walk_once(text);
        assert_eq!(walk.end, WalkEnd::NoSuchZone, "{text}");
        assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("nobody.com", "com"));
        assert_eq!(walk.parents.len(), 3, "{:?}", walk.parents);
        assert!(walk.parents.iter().any(|p| p.said == ParentSaid::NoSuchName));
        assert!(walk.servers.is_empty());
    }
    let walk = world.walk_once("www.example.nosuchtld");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("nosuchtld", "."));
    assert_eq!(walk.end, WalkEnd::NoSuchZone);
}

#[test]
fn a_registrys_own_second_level() {
    let world = World::new();
    world.serve(&[ROOT], ".", "uk NS ns.nic.uk\nns.nic.uk A 192.0.2.40");
    world.serve(&["192.0.2.40"], "uk", "uk NS ns.nic.uk\nns.nic.uk A 192.0.2.40");
    // Before co.uk is a zone it is a name with names below it.
    let set = "shop.co.uk NS ns.shop.co.uk\nns.shop.co.uk A 198.51.100.30";
    world.serve(&["192.0.2.40"], "uk", set);
    world.serve(&["198.51.100.30"], "shop.co.uk", set);
    let walk = world.walk_once("www.shop.co.uk");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("shop.co.uk", "uk"));
    let walk = world.walk_once("www.free.co.uk");
    assert_eq!((walk.zone.as_str(), &walk.end), ("free.co.uk", &WalkEnd::NoSuchZone));

    // Then it is one, hidden behind the same servers.
    world.serve(&["192.0.2.40"], "co.uk", &format!("co.uk NS ns.nic.uk\n{set}"));
    let walk = world.walk_once("www.shop.co.uk");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("shop.co.uk", "co.uk"));
    let walk = world.walk_once("www.free.co.uk");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("free.co.uk", "co.uk"));
    assert_eq!(walk.end, WalkEnd::NoSuchZone);
    // The same below somebody's own zone is a name that does not exist, in a zone that does.
    let walk = world.walk_once("free.shop.co.uk");
    assert_eq!((walk.zone.as_str(), &walk.end), ("shop.co.uk", &WalkEnd::Found));
}

#[test]
fn a_registry_that_holds_addresses_itself() {
    let world = World::new();
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", "entry.com A 203.0.113.5\nns1.held.com A 203.0.113.6");
    let walk = world.walk_once("entry.com");
    assert_eq!((walk.zone.as_str(), &walk.end), ("com", &WalkEnd::Found));
    // A domain on hold may leave the addresses of its servers behind.
    let walk = world.walk_once("held.com");
    assert_eq!((walk.zone.as_str(), &walk.end), ("held.com", &WalkEnd::NoSuchZone));
    assert!(walk.parents.iter().any(|p| p.said == ParentSaid::NotDelegated));
}

#[test]
fn servers_named_by_the_user() {
    let world = World::new().with_example();
    let walker = Walker::new(Start::Authorities(vec![at("198.51.100.77"), at("198.51.100.1")]));
    let walk = world.walk(&walker, "mail.example.com", NOW);
    assert_eq!(
        (walk.zone.as_str(), walk.parent.as_str(), &walk.end),
        ("example.com", "com", &WalkEnd::Found)
    );
    assert!(walk.parents.is_empty());
    assert_eq!(server(&walk, "198.51.100.1").addresses[0].addr, at("198.51.100.1"));
    assert!(walk.servers.iter().all(|s| s.at_parent && s.addresses.len() == 1));
    assert_eq!((walk.servers.len(), walk.questions), (2, 2));

    let walker = Walker::new(Start::Authorities(vec![at("198.51.100.77")]));
    let walk = world.walk(&walker, "mail.example.com", NOW);
    assert_eq!(walk.zone, name("mail.example.com"));
}

#[test]
fn several_walks_side_by_side() {
    let world = World::new().with_example();
    let walker = walker();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let names: Vec<_> = (0..50).map(|n| name(&format!("h{n}.example.com"))).collect();
    let walks = names.iter().map(|name| walker.walk(&world, name, NOW));
    let walks = runtime.block_on(futures::future::join_all(walks));
    assert!(walks.iter().all(|w| w.end == WalkEnd::Found && w.zone == name("example.com")));
}
