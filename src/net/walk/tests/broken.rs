//! What is wrong out there, and what a walk makes of it.

use super::super::{Start, Walker};
use super::shapes::{addresses, server};
use super::world::{Habit, NOW, ROOT, World, at, name};
use crate::model::{Failure, ParentSaid, Rcode, WalkEnd};

#[test]
fn parents_that_disagree() {
    let world = World::new().with_example();
    world.undelegate(&["192.0.2.3"], "com", "example.com");
    world.serve(&["192.0.2.3"], "com", "example.com NS ns.new.com\nns.new.com A 198.51.100.20");
    let walk = world.walk_once("example.com");
    let sets = walk.parents.iter().filter_map(|p| match &p.said {
        ParentSaid::Delegates { ns, .. } => Some(ns.len()),
        _ => None,
    });
    let sets: Vec<usize> = sets.collect();
    assert_eq!(sets, [2, 1]);
    assert_eq!(walk.servers.len(), 3);
    assert!(server(&walk, "ns.new.com").at_parent);
    assert!(!server(&walk, "ns.new.com").at_child);
}

#[test]
fn a_new_domain_that_only_one_parent_knows() {
    let world = World::new().with_example();
    world.serve(&["192.0.2.3"], "com", "new.com NS ns1.example.com");
    world.serve(&["198.51.100.1"], "new.com", "new.com NS ns1.example.com\nwww.new.com A 203.0.113.8");
    let walk = world.walk_once("www.new.com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str(), &walk.end), ("new.com", "com", &WalkEnd::Found));
    assert!(walk.parents.iter().any(|p| p.said == ParentSaid::NoSuchName));
    // com has glue for the host, if on behalf of another zone.
    assert_eq!(addresses(server(&walk, "ns1.example.com")), ["198.51.100.1go"]);
}

#[test]
fn parent_and_child_name_different_servers() {
    let world = World::new();
    let delegated = "odd.com NS ns1.odd.com\nodd.com NS ns2.odd.com
        ns1.odd.com A 198.51.100.1\nns2.odd.com A 198.51.100.2";
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", delegated);
    // The zone has moved ns2, has forgotten ns1, and names one more.
    let own = "odd.com NS ns2.odd.com\nodd.com NS ns3.odd.com\nns1.odd.com A 198.51.100.1
        ns2.odd.com A 198.51.100.22\nns3.odd.com A 198.51.100.3";
    world.serve(&["198.51.100.1", "198.51.100.22"], "odd.com", own);
    let walk = world.walk_once("odd.com");
    let seen: Vec<_> = walk.servers.iter().map(|s| (s.host.as_str(), s.at_parent, s.at_child)).collect();
    assert_eq!(
        seen,
        [("ns1.odd.com", true, false), ("ns2.odd.com", true, true), ("ns3.odd.com", false, true)]
    );
    assert_eq!(addresses(server(&walk, "ns1.odd.com")), ["198.51.100.1go"]);
    assert_eq!(addresses(server(&walk, "ns2.odd.com")), ["198.51.100.2g", "198.51.100.22o"]);
    assert_eq!(addresses(server(&walk, "ns3.odd.com")), ["198.51.100.3o"]);
}

#[test]
fn zones_that_need_each_other_first() {
    let world = World::new();
    world.serve(&["192.0.2.2"], "net", "a.net NS ns.b.net\nb.net NS ns.a.net");
    for text in ["a.net", "www.a.net", "b.net"] {
        let walk = world.walk_once(text);
        assert_eq!(walk.end, WalkEnd::Found, "it is delegated, and nobody can be reached");
        assert_eq!(walk.servers.len(), 1);
        assert!(walk.servers[0].addresses.is_empty());
        assert!(walk.questions < 30, "{}", walk.questions);
    }
}

#[test]
fn lame_servers() {
    let world = World::new().with_example();
    world.habit("192.0.2.2", Habit::Refuses);
    world.habit("198.51.100.1", Habit::NoAuthority);
    let walk = world.walk_once("mail.example.com");
    assert_eq!((walk.zone.as_str(), &walk.end), ("example.com", &WalkEnd::Found));
    assert_eq!(walk.parents.len(), 3);
    assert!(walk.parents.iter().any(|p| p.said == ParentSaid::Lame { rcode: Rcode::REFUSED }));
    assert_eq!(addresses(server(&walk, "ns1.example.com")), ["198.51.100.1go"], "told by the other one");

    for ip in ["198.51.100.1", "198.51.100.2"] {
        world.habit(ip, Habit::Refuses);
    }
    let walk = world.walk_once("mail.example.com");
    assert_eq!(
        (walk.zone.as_str(), &walk.end),
        ("example.com", &WalkEnd::Found),
        "and that all are lame shows"
    );
    assert_eq!(addresses(server(&walk, "ns1.example.com")), ["198.51.100.1g"]);
    assert!(walk.servers.iter().all(|s| !s.at_child));
}

#[test]
fn a_dead_root_is_passed_over() {
    let world = World::new().with_example();
    let walker = Walker::new(Start::Roots(vec![at("192.0.2.99"), at("2001:db8::99"), at(ROOT)]));
    let walk = world.walk(&walker, "example.com", NOW);
    assert_eq!(walk.end, WalkEnd::Found);
}

#[test]
fn nobody_of_a_level_answers() {
    let world = World::new().with_example();
    let walker = Walker::new(Start::Roots(vec![at("192.0.2.98"), at("192.0.2.99"), at("2001:db8::99")]));
    let walk = world.walk(&walker, "www.example.com", NOW);
    assert_eq!(walk.end, WalkEnd::Unreached(Failure::Silent { tries: 1 }));
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("com", "."));
    assert_eq!(walk.parents.len(), 3);

    let walker = Walker::new(Start::Roots(vec![at("2001:db8::99")]));
    assert_eq!(world.walk(&walker, "example.com", NOW).end, WalkEnd::Unreached(Failure::NoRoute));

    for ip in ["192.0.2.2", "192.0.2.3"] {
        world.habit(ip, Habit::Silent);
    }
    let walk = world.walk_once("www.example.com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("example.com", "com"));
    assert_eq!(walk.end, WalkEnd::Unreached(Failure::Silent { tries: 1 }));
}

#[test]
fn a_zone_whose_servers_are_all_dead_is_found_all_the_same() {
    let world = World::new().with_example();
    for ip in ["198.51.100.1", "198.51.100.2"] {
        world.habit(ip, Habit::Silent);
    }
    let walk = world.walk_once("mail.example.com");
    assert_eq!((walk.zone.as_str(), &walk.end), ("example.com", &WalkEnd::Found));
    assert_eq!(addresses(server(&walk, "ns2.example.com")), ["198.51.100.2g", "2001:db8::5g"]);
}

#[test]
fn nxdomain_for_a_name_that_only_has_names_below_it() {
    let world = World::new().with_example();
    for ip in ["198.51.100.1", "198.51.100.2"] {
        world.habit(ip, Habit::NoEmptyNames);
    }
    let set = "z.y.example.com NS ns.z.y.example.com\nns.z.y.example.com A 198.51.100.9";
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", set);
    world.serve(&["198.51.100.9"], "z.y.example.com", set);
    let walk = world.walk_once("www.z.y.example.com");
    assert_eq!((walk.zone.as_str(), walk.parent.as_str()), ("z.y.example.com", "example.com"));
}

#[test]
fn an_alias_is_no_zone() {
    let world = World::new().with_example();
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", "www.example.com CNAME elsewhere.net");
    let walk = world.walk_once("www.example.com");
    assert_eq!((walk.zone.as_str(), &walk.end), ("example.com", &WalkEnd::Found));
}

#[test]
fn glue_for_a_host_outside_the_parent_is_not_believed() {
    let world = World::new();
    let set = "shop.com NS ns.host.net\nns.host.net A 198.51.100.66";
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", set);
    let host = "host.net NS ns.host.net\nns.host.net A 198.51.100.7";
    world.serve(&["192.0.2.2"], "net", host);
    world.serve(&["198.51.100.7"], "host.net", host);
    let walk = world.walk_once("shop.com");
    assert_eq!(addresses(server(&walk, "ns.host.net")), ["198.51.100.7o"]);
    assert!(world.asked.borrow().iter().all(|(ip, _)| *ip != at("198.51.100.66").ip()));
}

#[test]
fn thousands_of_servers_are_cut_short() {
    let world = World::new();
    let mut set = String::new();
    for n in 0..3000 {
        set +=
            &format!("huge.com NS n{n:04}.huge.com\nn{n:04}.huge.com A 198.51.{}.{}\n", n / 250, n % 250 + 1);
    }
    for n in 0..200 {
        set += &format!("n0000.huge.com A 203.0.113.{n}\n");
    }
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", &set);
    world.serve(&["198.51.0.1"], "huge.com", &set);
    let walk = world.walk_once("huge.com");
    assert_eq!(walk.servers.len(), 32);
    assert!(walk.servers.iter().all(|s| s.addresses.len() <= 16));
    assert!(matches!(&walk.parents[0].said, ParentSaid::Delegates { ns, .. } if ns.len() == 32));
}

#[test]
fn a_maze_ends_when_the_purse_is_empty() {
    // Thirty zones, each served by hosts in all the others, none of which can be reached.
    let world = World::new();
    for n in 0..30 {
        for m in (0..30).filter(|m| *m != n) {
            world.serve(&["192.0.2.2"], "net", &format!("maze{n}.net NS ns{n}.maze{m}.net"));
        }
    }
    let walk = world.walk_once("www.maze0.net");
    assert_eq!((walk.zone.as_str(), &walk.end), ("maze0.net", &WalkEnd::Found));
    assert!(walk.servers.iter().all(|s| s.addresses.is_empty()));

    // The same with hosts that can be found and are silent.
    let world = World::new();
    for n in 0..30 {
        for m in 0..30 {
            let line = format!("dead{n}.net NS ns{m}.dead{n}.net\nns{m}.dead{n}.net A 198.51.{n}.{m}");
            world.serve(&["192.0.2.2"], "net", &line);
        }
        world.serve(&["192.0.2.2", "192.0.2.3"], "com", &format!("big.com NS ns.dead{n}.net"));
    }
    let walk = world.walk_once("big.com");
    assert_eq!(walk.end, WalkEnd::Found);
    assert_eq!(walk.zone, name("big.com"));
    assert!(walk.questions > 200, "{}", walk.questions);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever is delegated to whomever: the walk ends, within its purse, and its word holds together.
    #[test]
    fn any_delegations_end(
        lines in proptest::collection::vec((0..8_usize, 0..8_usize, 0..3_u8, 0..6_u8), 0..60),
        habits in proptest::collection::vec(0..5_u8, 6),
    ) {
        let world = World::new();
        let zones = ["a.net", "b.net", "c.a.net", "d.c.a.net", "e.com", "f.e.com", "com", "net"];
        let ip = |n: u8| format!("198.51.100.{n}");
        for (zone, host, with_address, place) in lines {
            let host = format!("ns{place}.{}", zones[host]);
            let apex = zones[zone];
            let mut set = format!("{apex} NS {host}\n");
            if with_address > 0 {
                set += &format!("{host} A {}\n", ip(place));
            }
            let above = name(apex).parent().unwrap();
            let above_at = if above.is_root() { ROOT.to_owned() } else { "192.0.2.2".to_owned() };
            world.serve(&[&above_at, &ip(place)], above.as_str(), &set);
            if with_address > 1 {
                world.serve(&[&ip(place)], apex, &set);
            }
        }
        for (n, habit) in habits.iter().enumerate() {
            let all = [Habit::Plain, Habit::Silent, Habit::Refuses, Habit::NoAuthority, Habit::NoEmptyNames];
            world.habit(&ip(u8::try_from(n).unwrap()), all[usize::from(*habit)]);
        }
        let walker = super::world::walker();
        for text in ["www.d.c.a.net", "b.net", "x.f.e.com", "e.com", "no.where.com", "b.net"] {
            let walk = world.walk(&walker, text, NOW);
            assert!(walk.name.is_within(&walk.zone) && walk.zone.is_within(&walk.parent));
            assert!(walk.servers.is_empty() != (walk.end == WalkEnd::Found));
        }
    }
}
