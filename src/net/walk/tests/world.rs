//! An internet in memory: servers by address, each with its own copy of the zones that it serves.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use hickory_proto::rr::{RData, Record};

use super::super::{Start, Walker};
use crate::model::{Failure, Manner, Name, Question, QuestionType, Timestamp, Walk};
use crate::net::ask::{Ask, Told};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(super) const ROOT: &str = "192.0.2.1";

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn at(ip: &str) -> SocketAddr {
    SocketAddr::new(ip.parse().unwrap(), 53)
}

/// A zone: its apex and lines of `owner TYPE value`.
#[derive(Clone)]
struct Zone {
    apex: Name,
    lines: Vec<(Name, QuestionType, String)>,
    aliases: HashMap<Name, Name>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    Plain,
    Silent,
    Refuses,
    /// Answers without the AA bit, as a resolver in the server's place would.
    NoAuthority,
    /// Says NXDOMAIN of names that only have names below them.
    NoEmptyNames,
    /// Adds no addresses to its own NS set.
    Terse,
}

#[derive(Clone)]
struct Host {
    habit: Habit,
    zones: Vec<Zone>,
}

#[derive(Default)]
pub(super) struct World {
    hosts: RefCell<HashMap<IpAddr, Host>>,
    pub(super) asked: RefCell<Vec<(IpAddr, Question)>>,
    pub(super) v6: Cell<bool>,
    pub(super) ttl: Cell<u32>,
    /// Nobody's answer is there at once.
    slow: Cell<bool>,
}

impl World {
    /// A root at [`ROOT`] with com (192.0.2.2, .3) and net (192.0.2.2) below it.
    pub(super) fn new() -> Self {
        let world = World::default();
        world.ttl.set(3600);
        let gtld = "com NS a.gtld.net\ncom NS b.gtld.net\nnet NS a.gtld.net
            a.gtld.net A 192.0.2.2\na.gtld.net AAAA 2001:db8::2\nb.gtld.net A 192.0.2.3";
        world.serve(&[ROOT], ".", &format!(". NS root.test\nroot.test A {ROOT}\n{gtld}"));
        world.serve(&["192.0.2.2", "192.0.2.3"], "com", "com NS a.gtld.net\ncom NS b.gtld.net");
        let net = "net NS a.gtld.net\na.gtld.net A 192.0.2.2\na.gtld.net AAAA 2001:db8::2
            b.gtld.net A 192.0.2.3";
        world.serve(&["192.0.2.2"], "net", net);
        world
    }

    /// The records go into each server's copy of the zone, whatever else is there.
    pub(super) fn serve(&self, servers: &[&str], apex: &str, records: &str) {
        for ip in servers {
            let mut hosts = self.hosts.borrow_mut();
            let host =
                hosts.entry(ip.parse().unwrap()).or_insert(Host { habit: Habit::Plain, zones: vec![] });
            let index = host.zones.iter().position(|z| z.apex == name(apex)).unwrap_or_else(|| {
                host.zones.push(Zone { apex: name(apex), lines: vec![], aliases: HashMap::new() });
                host.zones.len() - 1
            });
            let zone = &mut host.zones[index];
            for line in records.lines().map(str::trim).filter(|l| !l.is_empty()) {
                let mut words = line.split_whitespace();
                let (owner, kind, value) =
                    (name(words.next().unwrap()), words.next().unwrap(), words.next().unwrap());
                let qtype = match kind {
                    "A" => QuestionType::A,
                    "AAAA" => QuestionType::Aaaa,
                    "NS" => QuestionType::Ns,
                    "CNAME" => {
                        zone.aliases.insert(owner, name(value));
                        continue;
                    }
                    other => panic!("{other}"),
                };
                zone.lines.push((owner, qtype, value.to_owned()));
            }
        }
    }

    /// Takes every NS of the owner out of the zone.
    pub(super) fn undelegate(&self, servers: &[&str], apex: &str, owner: &str) {
        for ip in servers {
            let mut hosts = self.hosts.borrow_mut();
            let host = hosts.get_mut(&ip.parse::<IpAddr>().unwrap()).unwrap();
            let zone = host.zones.iter_mut().find(|z| z.apex == name(apex)).unwrap();
            zone.lines.retain(|(at, qtype, _)| !(*at == name(owner) && *qtype == QuestionType::Ns));
        }
    }

    pub(super) fn habit(&self, ip: &str, habit: Habit) {
        let mut hosts = self.hosts.borrow_mut();
        hosts.entry(ip.parse().unwrap()).or_insert(Host { habit, zones: vec![] }).habit = habit;
    }

    /// example.com at two servers inside itself.
    pub(super) fn with_example(self) -> Self {
        let set = "example.com NS ns1.example.com\nexample.com NS ns2.example.com
            ns1.example.com A 198.51.100.1\nns2.example.com A 198.51.100.2\nns2.example.com AAAA 2001:db8::5";
        self.serve(&["192.0.2.2", "192.0.2.3"], "com", set);
        let rest =
            "example.com A 203.0.113.1\nmail.example.com A 203.0.113.2\na.b.c.example.com A 203.0.113.3";
        self.serve(&["198.51.100.1", "198.51.100.2"], "example.com", &format!("{set}\n{rest}"));
        self
    }

    /// One walk by this walker; it must cost exactly what it says, and no more than it may.
    pub(super) fn walk(&self, walker: &Walker, text: &str, now: Timestamp) -> Walk {
        self.asked.borrow_mut().clear();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let walk = runtime.block_on(walker.walk(self, &name(text), now));
        assert!(walk.questions <= 400, "{}", walk.questions);
        assert_eq!(walk.questions as usize, self.asked.borrow().len());
        walk
    }

    /// So many walks side by side by one walker, none answered at once; what each found.
    pub(super) fn walk_all(&self, walker: &Walker, names: &[Name], now: Timestamp) -> Vec<Walk> {
        self.asked.borrow_mut().clear();
        self.slow.set(true);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let all = futures::future::join_all(names.iter().map(|name| walker.walk(self, name, now)));
        let walks = runtime.block_on(all);
        self.slow.set(false);
        walks
    }

    /// One walk from the root by a walker that remembers nothing.
    pub(super) fn walk_once(&self, text: &str) -> Walk {
        self.walk(&walker(), text, NOW)
    }

    fn told(&self, ip: IpAddr, question: &Question) -> Result<Message, Failure> {
        let hosts = self.hosts.borrow();
        let Some(host) = hosts.get(&ip) else { return Err(Failure::Silent { tries: 1 }) };
        let mut message = Message::response(7, OpCode::Query);
        message.metadata.authoritative = true;
        match host.habit {
            Habit::Silent => return Err(Failure::Silent { tries: 1 }),
            Habit::Refuses => refuse(&mut message),
            _ => {
                let mut zones: Vec<&Zone> =
                    host.zones.iter().filter(|z| question.name.is_within(&z.apex)).collect();
                zones.sort_by_key(|z| z.apex.from_root().len());
                match zones.last() {
                    Some(zone) => zone.answer(&mut message, question, host.habit, self.ttl.get()),
                    None => refuse(&mut message),
                }
            }
        }
        if host.habit == Habit::NoAuthority {
            message.metadata.authoritative = false;
        }
        Ok(message)
    }
}

impl Ask for World {
    async fn ask(&self, server: SocketAddr, question: &Question, manner: Manner) -> Told {
        assert_eq!(manner, Manner::Authoritative);
        assert_eq!(server.port(), 53);
        if server.is_ipv6() && !self.v6.get() {
            return Told { message: Err(Failure::NoRoute), questions: 0 };
        }
        self.asked.borrow_mut().push((server.ip(), question.clone()));
        if self.slow.get() {
            tokio::task::yield_now().await;
        }
        Told { message: self.told(server.ip(), question), questions: 1 }
    }
}

pub(super) fn walker() -> Walker {
    Walker::new(Start::Roots(vec![at(ROOT)]))
}

fn refuse(message: &mut Message) {
    message.metadata.response_code = ResponseCode::Refused;
    message.metadata.authoritative = false;
}

impl Zone {
    fn records(&self, owner: &Name, qtype: QuestionType, ttl: u32) -> Vec<Record> {
        let here = self.lines.iter().filter(|(o, t, _)| o == owner && *t == qtype);
        here.map(|(_, _, value)| {
            let data = match qtype {
                QuestionType::A => RData::A(A(value.parse().unwrap())),
                QuestionType::Aaaa => RData::AAAA(AAAA(value.parse().unwrap())),
                _ => RData::NS(NS(name(value).to_wire())),
            };
            Record::from_rdata(owner.to_wire(), ttl, data)
        })
        .collect()
    }

    fn add_glue(&self, message: &mut Message, owner: &Name, ttl: u32) {
        for (_, _, host) in self.lines.iter().filter(|(o, t, _)| o == owner && *t == QuestionType::Ns) {
            for qtype in [QuestionType::A, QuestionType::Aaaa] {
                message.add_additionals(self.records(&name(host), qtype, ttl));
            }
        }
    }

    fn soa(&self) -> Record {
        let apex = self.apex.to_wire();
        let data = RData::SOA(SOA::new(apex.clone(), apex.clone(), 1, 30, 30, 30, 30));
        Record::from_rdata(apex, 30, data)
    }

    fn answer(&self, message: &mut Message, question: &Question, habit: Habit, ttl: u32) {
        let asked = &question.name;
        let cut = asked.from_root().into_iter().find(|at| {
            *at != self.apex && at.is_within(&self.apex) && !self.records(at, QuestionType::Ns, 0).is_empty()
        });
        if let Some(cut) = cut {
            message.metadata.authoritative = false;
            message.add_authorities(self.records(&cut, QuestionType::Ns, ttl));
            return self.add_glue(message, &cut, ttl);
        }
        if let Some(target) = self.aliases.get(asked) {
            let data = RData::CNAME(CNAME(target.to_wire()));
            message.add_answer(Record::from_rdata(asked.to_wire(), ttl, data));
            return;
        }
        if question.qtype == QuestionType::Soa && *asked == self.apex {
            message.add_answer(self.soa());
            return;
        }
        let found = self.records(asked, question.qtype, ttl);
        if !found.is_empty() {
            message.add_answers(found);
            if question.qtype == QuestionType::Ns && habit != Habit::Terse {
                self.add_glue(message, asked, ttl);
            }
            return;
        }
        let owners = || self.lines.iter().map(|(owner, ..)| owner).chain(self.aliases.keys());
        let exists = *asked == self.apex
            || owners().any(|o| if habit == Habit::NoEmptyNames { o == asked } else { o.is_within(asked) });
        if !exists {
            message.metadata.response_code = ResponseCode::NXDomain;
        }
        message.add_authority(self.soa());
    }
}
