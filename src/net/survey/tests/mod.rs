//! Surveys of servers on loopback.

mod caa;
mod habits;
mod signing;
mod world;

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use self::world::{Server, Zone, name};
use super::ask::Asker;
use super::from_zone;
use super::trail::{Found, Place};
use crate::clock::{Clock, Stopwatch};
use crate::model::{CaaLook, CaaSaid, Name, Survey, ZoneSurvey};
use crate::net::walk::Start;
use crate::net::{Internet, Settings};

const LIMIT: Duration = Duration::from_millis(400);

/// `test` above `example.test`, with what stands in it.
struct Lab {
    parents: Vec<SocketAddr>,
    servers: Vec<SocketAddr>,
    /// The servers of everything else.
    elsewhere: Vec<SocketAddr>,
}

fn places(addrs: &[SocketAddr]) -> Vec<Place> {
    let host = |i: usize| name(&format!("ns{i}.example.net"));
    addrs.iter().enumerate().map(|(i, addr)| (host(i), *addr)).collect()
}

impl Lab {
    /// An unsigned zone.
    async fn with(servers: &[&Server]) -> Lab {
        Lab::below(&Zone::new("test"), servers).await
    }

    async fn below(parent: &Zone, servers: &[&Server]) -> Lab {
        let parents = vec![Server::good(parent).await.at];
        let servers = servers.iter().map(|server| server.at).collect();
        Lab { parents, servers, elsewhere: Vec::new() }
    }

    fn and(mut self, elsewhere: &Server) -> Lab {
        self.elsewhere.push(elsewhere.at);
        self
    }

    fn internet(&self) -> Internet {
        let start = Start::Authorities(self.elsewhere.clone());
        let settings = Settings { probe_limit: LIMIT, start, ..Settings::default() };
        Internet::new(settings, Rc::new(Clock::new())).unwrap()
    }

    async fn survey(&self, text: &str) -> Survey {
        self.survey_by(&self.internet(), text).await.0
    }

    /// The survey of a name of `example.test`, and its questions.
    async fn survey_by(&self, net: &Internet, text: &str) -> (Survey, u32) {
        let asker = Asker::new(net);
        let found = Found {
            zone: name("example.test"),
            parent: name("test"),
            parents: places(&self.parents),
            places: places(&self.servers),
        };
        let survey = from_zone(&asker, &name(text), &Rc::new(found)).await;
        // What goes into the journal comes out of it again.
        let json = serde_json::to_string(&survey).unwrap();
        assert_eq!(serde_json::from_str::<Survey>(&json).unwrap(), survey);
        (survey, asker.asked.get())
    }
}

fn look<'s>(survey: &'s Survey, text: &str) -> &'s CaaLook {
    survey.caa.iter().find(|look| look.name == name(text)).unwrap()
}

/// What each server said, in the order of the servers.
fn said<'s>(survey: &'s Survey, text: &str) -> Vec<&'s CaaSaid> {
    look(survey, text).replies.iter().map(|reply| &reply.said).collect()
}

fn zone<'s>(survey: &'s Survey, text: &str) -> &'s ZoneSurvey {
    survey.zones.iter().find(|zone| zone.zone == name(text)).unwrap()
}

fn names(survey: &Survey) -> Vec<Name> {
    survey.caa.iter().map(|look| look.name.clone()).collect()
}

#[tokio::test]
async fn a_healthy_zone_costs_little() {
    let zone = Zone::new("example.test").a("www.example.test", 1);
    let servers = [Server::good(&zone).await, Server::good(&zone).await];
    let lab = Lab::with(&[&servers[0], &servers[1]]).await;
    let since = Stopwatch::start();
    let (survey, questions) = lab.survey_by(&lab.internet(), "www.example.test").await;
    assert!(since.elapsed() < LIMIT / 2, "{:?}", since.elapsed());
    let each: Vec<usize> = servers.iter().map(|server| server.asked().len()).collect();
    assert!(each.iter().all(|n| *n <= 8), "{each:?}");
    // DS and CAA of the parent.
    assert_eq!(questions as usize, each.iter().sum::<usize>() + 2);
    assert_eq!(names(&survey), ["www.example.test", "example.test", "test"].map(name));
}

#[tokio::test]
async fn the_dead_cost_one_limit() {
    let zone = Zone::new("example.test").a("www.example.test", 1);
    let (dead, good) = (Server::dead(&zone).await, Server::good(&zone).await);
    let since = Stopwatch::start();
    let survey = Lab::with(&[&dead, &good]).await.survey("www.example.test").await;
    assert!(since.elapsed() < LIMIT * 3 / 2, "{:?}", since.elapsed());
    assert!(dead.asked().iter().all(|asked| !asked.tcp), "a dead server is not tried over TCP");
    assert!(survey.slowest < 100, "silence is not slow");
}

#[tokio::test]
async fn what_is_above_is_asked_once_for_many_names() {
    let zone = Zone::new("example.test").a("www.example.test", 1).a("mail.example.test", 1);
    let server = Server::good(&zone).await;
    let parent = Server::good(&Zone::new("test").caa("test", 0, "issue", b"ca.test")).await;
    let mut lab = Lab::with(&[&server]).await;
    lab.parents = vec![parent.at];
    let net = lab.internet();
    let (one, two) =
        futures::join!(lab.survey_by(&net, "www.example.test"), lab.survey_by(&net, "mail.example.test"));
    assert_eq!(look(&one.0, "test"), look(&two.0, "test"));
    assert!(matches!(said(&one.0, "test")[..], [CaaSaid::Records(_)]));
    let about_caa = parent.asked().iter().filter(|asked| asked.kind == 257).count();
    assert_eq!(about_caa, 1, "{:?}", parent.asked());
}

#[tokio::test]
async fn nothing_is_found_of_what_is_nowhere() {
    let lab = Lab { parents: vec![], servers: vec![], elsewhere: vec![] };
    let mut net = lab.internet();
    net.walker = crate::net::walk::Walker::new(Start::Roots(vec![]));
    let (seen, _) = super::survey(&net, &name("www.example.test")).await;
    let crate::model::Seen::Surveyed(survey) = seen else { panic!("{seen:?}") };
    assert!(survey.caa.is_empty() && survey.zones.is_empty());
}
