//! A world under construction.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Mode, Plan, Policy};
use crate::model::{Expectation, Name, Question, QuestionType, Record, RecordType, Timestamp, Vantage};
use crate::sim::{
    Conduct, Contents, Delegation, Dice, Internet, ParentServer, Resolver, Server, Visit, World,
};

use super::cast::cast;

/// Reads a name that is written in here. One that is none becomes the root.
pub(in crate::sim) fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|_| Name::root())
}

/// 192.0.2.x: where the web servers are.
pub(in crate::sim) fn web(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

/// 203.0.113.x port 53: where the name servers are.
pub(in crate::sim) fn server_at(last: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(203, 0, 113, last), 53))
}

/// So many minutes.
pub(in crate::sim) fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// A world under construction.
#[derive(Debug)]
pub(in crate::sim) struct Stage {
    pub(in crate::sim) start: Timestamp,
    pub(in crate::sim) dice: Dice,
    pub(in crate::sim) net: Internet,
    pub(in crate::sim) vantages: Vec<Vantage>,
    pub(in crate::sim) resolvers: Vec<Resolver>,
    pub(in crate::sim) policy: Policy,
    records: Vec<Record>,
    visits: Vec<Visit>,
    seed: u64,
}

impl Stage {
    /// An empty world with so many resolvers.
    pub(in crate::sim) fn new(start: Timestamp, seed: u64, resolvers: u8) -> Self {
        let mut dice = Dice::new(seed);
        let (vantages, resolvers) = cast(resolvers, &mut dice);
        // All addresses here are for documentation, which no public CA would connect to.
        let policy = Policy { allow_reserved: true, ..Policy::default() };
        let (records, visits, net) = (Vec::new(), Vec::new(), Internet::default());
        Stage { start, dice, net, vantages, resolvers, policy, records, visits, seed }
    }

    /// Two servers of the top-level domain delegate this zone, by an NS set with this TTL.
    pub(in crate::sim) fn delegate(&mut self, zone: &Name, hosts: &[Name], ttl: u32) {
        let top = zone.parent().unwrap_or_else(Name::root);
        let parent = |letter: &str, last| ParentServer {
            host: name(&format!("{letter}.{top}-servers.example")),
            addr: server_at(last),
            lag: Duration::ZERO,
        };
        self.net.delegations.push(Delegation::new(
            zone,
            vec![parent("a", 201), parent("b", 202)],
            ttl,
            hosts,
        ));
    }

    /// A server that has always had these contents; its address is 203.0.113.`last`.
    pub(in crate::sim) fn serve(&mut self, host: &Name, last: u8, contents: &Arc<Contents>) {
        let latency = self.dice.millis(6, 90);
        let conduct = Conduct::Serves(contents.clone());
        self.net.servers.push(Server::new(&contents.soa.zone, host, server_at(last), latency, conduct));
    }

    /// The servers on these hosts come to have these contents, each so much later than `at`.
    pub(in crate::sim) fn edit(&mut self, at: Timestamp, on: &[(&Name, Duration)], contents: Contents) {
        let contents = Arc::new(contents);
        for (host, lag) in on {
            let of_zone = |s: &&mut Server| s.host == **host && s.zone == contents.soa.zone;
            for server in self.net.servers.iter_mut().filter(of_zone) {
                server.from(at + *lag, Conduct::Serves(contents.clone()));
            }
        }
    }

    /// Somebody asks all caches of a resolver a question, `ago` before the start.
    pub(in crate::sim) fn asked(&mut self, resolver: usize, ago: Duration, of: &Name, qtype: QuestionType) {
        let caches = self.resolvers.get(resolver).map_or(0, |r| r.caches.len());
        for cache in 0..caches {
            self.asked_one((resolver, cache), self.start - ago, of, qtype, None);
        }
    }

    /// Somebody asks one cache of a resolver a question, and again if he does so regularly.
    pub(in crate::sim) fn asked_one(
        &mut self,
        (resolver, cache): (usize, usize),
        at: Timestamp,
        of: &Name,
        qtype: QuestionType,
        every: Option<Duration>,
    ) {
        let question = Question { name: of.clone(), qtype };
        self.visits.push(Visit { at, resolver, cache, question, every });
    }

    /// An A record is expected, with the guard that goes with it.
    pub(in crate::sim) fn expect(&mut self, of: &Name, addresses: &[IpAddr]) {
        let set = addresses.iter().copied().collect();
        self.record(of, RecordType::A, Expectation::Addresses(set));
        self.record(of, RecordType::Aaaa, Expectation::NoAddress);
    }

    /// An alias is expected.
    pub(in crate::sim) fn expect_alias(&mut self, of: &Name, target: &Name) {
        self.record(of, RecordType::Cname, Expectation::Alias(target.clone()));
    }

    fn record(&mut self, of: &Name, rtype: RecordType, expect: Expectation) {
        self.records.push(Record { name: of.clone(), rtype, expect });
    }

    /// The finished world and the watch that belongs to it.
    pub(in crate::sim) fn finish(self) -> (Plan, World) {
        let Stage { start, net, vantages, resolvers, policy, records, visits, seed, .. } = self;
        let mut world = World::new(start, seed, &records, net, resolvers);
        for visit in visits {
            world.visit(visit);
        }
        (Plan { records: records.into(), resolvers: vantages, mode: Mode::Watch, policy }, world)
    }
}
