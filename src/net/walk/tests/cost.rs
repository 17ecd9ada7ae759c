//! What walks cost, and what they remember.

use super::shapes::{addresses, server};
use super::world::{Habit, NOW, ROOT, World, at, name, walker};
use crate::model::{QuestionType, WalkEnd};

#[test]
fn the_second_walk_asks_only_what_may_have_moved() {
    let world = World::new().with_example();
    let walker = walker();
    let first = world.walk(&walker, "mail.example.com", NOW);
    let again = world.walk(&walker, "mail.example.com", NOW.plus_secs(5));
    // Two of com for the delegation; one for a cut at mail; two for the zone's own NS; two hosts of two
    // types. IPv6 has no route and costs nothing.
    assert_eq!(again.questions, 2 + 1 + 2 + 4, "{:#?}", world.asked.borrow());
    assert!(first.questions > again.questions);
    assert!(world.asked.borrow().iter().all(|(ip, _)| *ip != at(ROOT).ip()), "the root is not asked again");
    assert_eq!(first.servers, again.servers);
    assert_eq!(first.parents, again.parents);
}

#[test]
fn what_is_remembered_ends() {
    let world = World::new().with_example();
    let root_is_asked = || world.asked.borrow().iter().any(|(ip, _)| *ip == at(ROOT).ip());
    let walker = walker();
    world.walk(&walker, "example.com", NOW);
    world.walk(&walker, "example.com", NOW.plus_secs(599));
    assert!(!root_is_asked());
    world.walk(&walker, "example.com", NOW.plus_secs(601));
    assert!(root_is_asked());
    world.ttl.set(7);
    let walker = super::world::walker();
    world.walk(&walker, "example.com", NOW);
    world.walk(&walker, "example.com", NOW.plus_secs(8));
    assert!(root_is_asked());
}

#[test]
fn a_moved_delegation_is_seen_at_once() {
    let world = World::new().with_example();
    let walker = walker();
    world.walk(&walker, "mail.example.com", NOW);
    // A walk for a name below leaves example.com behind as an upper cut.
    let sub = "sub.example.com NS ns1.example.com";
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", sub);
    world.serve(&["198.51.100.1"], "sub.example.com", sub);
    assert_eq!(world.walk(&walker, "x.sub.example.com", NOW).zone, name("sub.example.com"));

    world.undelegate(&["192.0.2.2", "192.0.2.3"], "com", "example.com");
    let set = "example.com NS ns.new.com\nns.new.com A 198.51.100.20\nnew.com NS ns.new.com";
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", set);
    world.serve(&["198.51.100.20"], "example.com", "example.com NS ns.new.com");
    world.serve(&["198.51.100.20"], "new.com", "new.com NS ns.new.com\nns.new.com A 198.51.100.20");
    for text in ["mail.example.com", "example.com"] {
        let walk = world.walk(&walker, text, NOW.plus_secs(1));
        assert_eq!(walk.servers.len(), 1, "{:#?}", walk.servers);
        assert_eq!(addresses(server(&walk, "ns.new.com")), ["198.51.100.20go"]);
    }
    // The new servers know nothing of sub, and now nobody is asked but them.
    assert_eq!(world.walk(&walker, "x.sub.example.com", NOW.plus_secs(2)).zone, name("example.com"));
}

#[test]
fn that_there_is_none_is_not_remembered() {
    let world = World::new().with_example();
    let walker = walker();
    assert_eq!(world.walk(&walker, "new.com", NOW).end, WalkEnd::NoSuchZone);
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", "new.com NS ns1.example.com");
    world.serve(&["198.51.100.1"], "new.com", "new.com NS ns1.example.com");
    assert_eq!(world.walk(&walker, "new.com", NOW).end, WalkEnd::Found);
}

#[test]
fn upper_servers_that_have_died_are_found_anew() {
    let world = World::new().with_example();
    let walker = walker();
    world.walk(&walker, "example.com", NOW);
    for ip in ["192.0.2.2", "192.0.2.3"] {
        world.habit(ip, Habit::Silent);
    }
    world.undelegate(&[ROOT], ".", "com");
    world.serve(&[ROOT], ".", "com NS c.gtld.com\nc.gtld.com A 192.0.2.4");
    let set = "example.com NS ns1.example.com\nns1.example.com A 198.51.100.1";
    world.serve(&["192.0.2.4"], "com", &format!("com NS c.gtld.com\nc.gtld.com A 192.0.2.4\n{set}"));
    let walk = world.walk(&walker, "example.com", NOW.plus_secs(1));
    assert_eq!(walk.end, WalkEnd::Found);
    assert_eq!(walk.parents.len(), 1);
    // The new ones are remembered in their place.
    world.walk(&walker, "example.com", NOW.plus_secs(2));
    assert!(world.asked.borrow().iter().all(|(ip, _)| *ip != at("192.0.2.2").ip() && *ip != at(ROOT).ip()));
}

#[test]
fn a_name_of_many_labels_is_not_asked_for_label_by_label() {
    let world = World::new().with_example();
    for ip in ["198.51.100.1", "198.51.100.2"] {
        let deep = format!("{}example.com", "x.".repeat(100));
        world.serve(&[ip], "example.com", &format!("{deep} A 203.0.113.1"));
        let walk = world.walk_once(&deep);
        assert_eq!(walk.zone, name("example.com"));
        assert!(walk.questions < 40, "{}", walk.questions);
    }
}

#[test]
fn each_server_is_asked_for_the_delegation_once() {
    let world = World::new().with_example();
    world.walk_once("mail.example.com");
    let mut ns: Vec<_> =
        world.asked.borrow().iter().filter(|(_, q)| q.qtype == QuestionType::Ns).cloned().collect();
    let all = ns.len();
    ns.sort();
    ns.dedup();
    assert_eq!(ns.len(), all);
}

#[test]
fn a_thousand_names_of_one_zone_cost_one_walk_and_a_question_each() {
    let world = World::new().with_example();
    let alone = world.walk_once("h0.example.com");
    let names: Vec<_> = (0..1000).map(|i| name(&format!("h{i}.example.com"))).collect();
    let walks = world.walk_all(&walker(), &names, NOW);
    let same = walks.iter().all(|walk| (&walk.servers, &walk.parents) == (&alone.servers, &alone.parents));
    assert!(same && walks.iter().all(|walk| walk.zone == name("example.com")));
    let asked = world.asked.borrow().len();
    // Whether there is a zone at the name itself must be asked for each.
    assert!(asked <= 1000 + alone.questions as usize, "{asked}, {} alone", alone.questions);
    let told: u32 = walks.iter().map(|walk| walk.questions).sum();
    assert_eq!(told as usize, asked, "every question is somebody's");
}

#[test]
fn a_thousand_zones_on_the_same_servers_look_those_up_once() {
    let world = World::new().with_example();
    let set = |zone: &str| format!("{zone} NS ns1.example.com\n{zone} NS ns2.example.com");
    let names: Vec<_> = (0..1000).map(|i| name(&format!("z{i}.com"))).collect();
    for zone in &names {
        world.serve(&["192.0.2.2", "192.0.2.3"], "com", &set(zone.as_str()));
        world.serve(&["198.51.100.1", "198.51.100.2"], zone.as_str(), &set(zone.as_str()));
    }
    let walks = world.walk_all(&walker(), &names, NOW);
    assert!(walks.iter().zip(&names).all(|(walk, name)| walk.zone == *name && walk.servers.len() == 2));
    assert_eq!(addresses(server(&walks[7], "ns1.example.com")), ["198.51.100.1go"]);
    // Each zone's delegation at both servers of com, and its own NS at both of its servers.
    let asked = world.asked.borrow().len();
    assert!((4000..4100).contains(&asked), "{asked}");
}
