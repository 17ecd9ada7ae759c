//! Single questions, put where they are answered with authority.

use std::net::IpAddr;

use super::super::{Start, Walker};
use super::world::{Habit, NOW, World, at, name, walker};
use crate::model::QuestionType;

fn find(world: &World, walker: &Walker, text: &str, anew: bool) -> Option<Vec<IpAddr>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let found = runtime.block_on(walker.find(world, &name(text), QuestionType::A, NOW, anew));
    found.records.is_some().then(|| found.addresses())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn every_level_is_asked_for_the_whole_name_and_once() {
    let world = World::new().with_example();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let question = name("mail.example.com");
    let found = runtime.block_on(walker().find(&world, &question, QuestionType::A, NOW, true));
    assert_eq!(found.addresses(), [ip("203.0.113.2")]);
    assert_eq!(found.questions, 3, "the root, com, example.com");
    assert!(world.asked.borrow().iter().all(|(_, asked)| asked.name == question));
}

#[test]
fn nothing_is_an_answer_and_silence_is_none() {
    let world = World::new().with_example();
    let walker = walker();
    assert_eq!(find(&world, &walker, "nobody.example.com", true), Some(vec![]));
    assert_eq!(find(&world, &walker, "nobody.test", true), Some(vec![]));
    world.habit("198.51.100.1", Habit::Silent);
    assert_eq!(find(&world, &walker, "mail.example.com", true), Some(vec![ip("203.0.113.2")]));
    world.habit("198.51.100.2", Habit::NoAuthority);
    assert_eq!(find(&world, &walker, "mail.example.com", true), None, "what a cache says is not asked for");
}

#[test]
fn aliases_are_followed_from_their_own_zones() {
    let world = World::new().with_example();
    let other = "other.net NS ns.other.net\nns.other.net A 198.51.100.20";
    world.serve(&["192.0.2.2"], "net", other);
    // The zone of the alias pretends to know its target.
    let false_word = "www.example.com CNAME host.other.net\nhost.other.net A 192.0.2.66";
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", false_word);
    world.serve(&["198.51.100.20"], "other.net", &format!("{other}\nhost.other.net A 203.0.113.9"));
    assert_eq!(find(&world, &walker(), "www.example.com", true), Some(vec![ip("203.0.113.9")]));
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", "a.example.com CNAME b.example.com");
    world.serve(&["198.51.100.1", "198.51.100.2"], "example.com", "b.example.com CNAME a.example.com");
    assert_eq!(find(&world, &walker(), "a.example.com", true), None, "a circle");
}

#[test]
fn a_delegation_that_moved_is_seen_when_asked_anew() {
    let world = World::new().with_example();
    let walker = walker();
    assert_eq!(find(&world, &walker, "mail.example.com", false), Some(vec![ip("203.0.113.2")]));
    world.undelegate(&["192.0.2.2", "192.0.2.3"], "com", "example.com");
    let moved = "example.com NS ns.moved.net\nmoved.net NS ns.moved.net\nns.moved.net A 198.51.100.30";
    world.serve(&["192.0.2.2", "192.0.2.3"], "com", "example.com NS ns.moved.net");
    world.serve(&["192.0.2.2"], "net", "moved.net NS ns.moved.net\nns.moved.net A 198.51.100.30");
    world.serve(&["198.51.100.30"], "moved.net", "ns.moved.net A 198.51.100.30");
    world.serve(&["198.51.100.30"], "example.com", &format!("{moved}\nmail.example.com A 203.0.113.77"));
    assert_eq!(find(&world, &walker, "mail.example.com", true), Some(vec![ip("203.0.113.77")]));
    assert_eq!(find(&world, &walker, "mail.example.com", false), Some(vec![ip("203.0.113.2")]), "remembered");
}

#[test]
fn servers_that_the_user_names_are_all_there_is() {
    let world = World::new().with_example();
    world.serve(&["198.51.100.1"], "example.com", "www.example.com CNAME mail.example.com");
    let given = Walker::new(Start::Authorities(vec![at("198.51.100.1")]));
    assert!(!given.knows_the_root() && walker().knows_the_root());
    assert_eq!(find(&world, &given, "www.example.com", true), Some(vec![ip("203.0.113.2")]));
    assert_eq!(find(&world, &given, "www.elsewhere.net", true), None);
    assert!(world.asked.borrow().iter().all(|(asked, _)| *asked == ip("198.51.100.1")));
}
