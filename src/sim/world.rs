//! The simulated internet as one value: it takes errands and gives findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::model::{
    Answer, Ede, Errand, Failure, Fetch, Finding, Manner, Name, Origin, Port53, Question, QuestionType,
    Rcode, Record, Seen, Soa, Task, Timestamp,
};

use super::resolver::{Kept, resolve};
use super::truth::is_right;
use super::{Conduct, Dice, Internet, Resolver, Rrset, Site, Temper, site, walk};

/// How long a probe waits in all.
const PROBE: Duration = Duration::from_secs(2);
/// How long a probe waits before it tries again.
const TRY: Duration = Duration::from_millis(600);
/// What takes longer than this was not answered at once: no round trip does.
const STALLED: Duration = Duration::from_millis(200);
/// Packets that one probe sends at most.
const TRIES: u8 = 3;

/// Somebody else's question to a resolver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// When.
    pub at: Timestamp,
    /// To which resolver, by its place in the plan.
    pub resolver: usize,
    /// To which of its caches.
    pub cache: usize,
    /// What is asked.
    pub question: Question,
    /// How often it is asked again, if it is.
    pub every: Option<Duration>,
}

/// Wrong answers that our own questions put into caches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Planted {
    /// Old answers, from servers that the zone is delegated to.
    pub old: u32,
    /// NXDOMAIN and NODATA where there is an answer in the end.
    pub negative: u32,
    /// Answers of servers that the zone has left, asked by a resolver that does not know it yet. No rule of
    /// asking can avoid these.
    pub former: u32,
    /// Old answers and denials of servers that had been right and had fallen back.
    pub lapsed: u32,
}

impl Planted {
    /// What has come since then is of servers that had fallen back.
    fn take_for_lapsed(&mut self, then: Planted) {
        self.lapsed += self.old - then.old + self.negative - then.negative;
        (self.old, self.negative) = (then.old, then.negative);
    }
}

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// Questions to resolvers.
    pub recursive: u64,
    /// Questions to the zones' own servers, walks included.
    pub authoritative: u64,
    /// Questions to resolvers for a record that an answering authority did not have yet.
    pub early: u64,
    /// Those that were asked after servers had fallen back that had all been right: when, and when they had.
    pub lapsed: Vec<(Timestamp, Timestamp)>,
    /// The earliest question to a resolver.
    pub first_recursive: Option<Timestamp>,
    /// When probes came back that a living resolver did not answer at once: packets were lost, or it waited for a
    /// dead server itself.
    pub stalled: Vec<Timestamp>,
    /// When a server was first heard to be right that had been heard with another answer last, and been silent since.
    pub returned: Option<Timestamp>,
    /// When servers were first found silent that had answered just before.
    pub unheard: Vec<Timestamp>,
}

/// A whole simulated internet, from some time before the watch until for ever after.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) net: Internet,
    pub(super) resolvers: Vec<Resolver>,
    pub(super) records: Vec<Record>,
    pub(super) dice: Dice,
    by_addr: BTreeMap<SocketAddr, usize>,
    visits: BinaryHeap<Reverse<Visit>>,
    sites: BTreeMap<IpAddr, Site>,
    /// Answers in everybody's name on port 53.
    interceptor: Option<Box<Resolver>>,
    start: Timestamp,
    planted: Planted,
    spent: Spent,
    /// Servers that gave a watched name other addresses when they were last heard, and whether they were silent since.
    unlike: BTreeMap<(SocketAddr, Name), bool>,
    /// Servers that answered when they were last asked.
    heard: BTreeSet<SocketAddr>,
}

impl World {
    /// A world in which these records are watched from `start` on. The resolvers stand in the plan's order.
    pub fn new(start: Timestamp, seed: u64, records: &[Record], net: Internet, of: Vec<Resolver>) -> Self {
        let mut by_addr = BTreeMap::new();
        for (index, resolver) in of.iter().enumerate() {
            by_addr.extend(resolver.addrs.iter().map(|addr| (*addr, index)));
        }
        World {
            net,
            resolvers: of,
            records: records.to_vec(),
            dice: Dice::new(seed),
            by_addr,
            visits: BinaryHeap::new(),
            sites: BTreeMap::new(),
            interceptor: None,
            start,
            planted: Planted::default(),
            spent: Spent::default(),
            unlike: BTreeMap::new(),
            heard: BTreeSet::new(),
        }
    }

    /// When the watch begins.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Adds somebody else's question. Those before the start prime the caches.
    pub fn visit(&mut self, visit: Visit) {
        self.visits.push(Reverse(visit));
    }

    /// Lets the web server at an address behave like this; all others serve.
    pub fn site(&mut self, address: IpAddr, site: Site) {
        self.sites.insert(address, site);
    }

    /// Puts somebody on the way who answers all plain DNS himself.
    pub fn intercept(&mut self, by: Resolver) {
        self.interceptor = Some(Box::new(by));
    }

    /// Wrong answers that our own questions have put into caches so far.
    pub fn planted(&self) -> Planted {
        self.planted
    }

    /// What was asked so far.
    pub fn spent(&self) -> &Spent {
        &self.spent
    }

    /// Carries out one errand begun at `now`. Errands must come in order of time.
    pub fn answer(&mut self, now: Timestamp, errand: &Errand) -> Finding {
        self.until(now);
        let planted = self.planted;
        let (seen, took, questions) = match &errand.task {
            Task::Walk { name } => self.walk(now, name),
            Task::Intercept => self.silent_address(),
            Task::Survey { name } => {
                let (survey, questions) = site::survey(&self.net, now, name);
                (Seen::Surveyed(Box::new(survey)), site::TAKES + self.dice.millis(0, 60), questions)
            }
            Task::Fetch(fetch) => {
                let Fetch { name, address, file } = &**fetch;
                let took = self.dice.millis(20, 80);
                let site = self.sites.get(address).copied().unwrap_or_default();
                (Seen::Fetched(Box::new(site.visit(name, *address, file, took))), took, 0)
            }
            Task::Origin { .. } => {
                let nothing = Origin { pointers: Vec::new(), network: None, certificate: None };
                (Seen::Originated(Box::new(nothing)), TRY, 0)
            }
            Task::Ask { server, question, manner, .. } => {
                let World { net, dice, planted, resolvers, by_addr, interceptor, .. } = self;
                let hijacker = interceptor.as_deref_mut().filter(|_| server.transport.is_plain());
                let known = by_addr.get(&server.addr).and_then(|index| resolvers.get_mut(*index));
                match (hijacker, manner) {
                    (Some(by), _) => ask_resolver(by, now, question, net, dice, planted),
                    (None, Manner::Authoritative) => ask_authority(net, server.addr, now, question, dice),
                    (None, Manner::Recursive) => match known {
                        Some(resolver) => ask_resolver(resolver, now, question, net, dice, planted),
                        None => silence(),
                    },
                }
            }
        };
        if let Task::Ask { manner: Manner::Recursive, record, .. } = &errand.task {
            self.spent.recursive += u64::from(questions);
            if took >= STALLED && self.is_alive(errand) {
                self.spent.stalled.push(now + took);
            }
            let record = record.and_then(|id| self.records.get(id.0 as usize));
            let early = record.is_some_and(|record| self.right_since(record, now).is_none());
            // Servers may fall back while a resolver is on its way to them.
            let at = [now, now + took].into_iter().filter(|_| early || self.planted != planted);
            let fell = at.filter_map(|at| self.fallen_since(at)).next();
            match fell {
                Some(fell) => {
                    self.spent.lapsed.push((now, fell));
                    self.planted.take_for_lapsed(planted);
                }
                None => self.spent.early += u64::from(early),
            }
            self.spent.first_recursive.get_or_insert(now);
        } else {
            self.spent.authoritative += u64::from(questions);
            self.note_server(errand, &seen, now + took);
        }
        let mut seen = seen;
        if let Seen::Answered(answer) = &mut seen {
            answer.rtt_micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        }
        Finding { errand: errand.clone(), at: now + took, seen, questions }
    }

    fn is_alive(&self, errand: &Errand) -> bool {
        let Task::Ask { server, .. } = &errand.task else { return false };
        let resolver = self.by_addr.get(&server.addr).and_then(|index| self.resolvers.get(*index));
        resolver.is_some_and(|resolver| resolver.temper != Temper::Dead)
    }

    /// Notes whether a server that was silent says something else of a watched name than before.
    fn note_server(&mut self, errand: &Errand, seen: &Seen, at: Timestamp) {
        let Task::Ask { server, question, .. } = &errand.task else { return };
        if matches!(seen, Seen::Answered(_)) {
            self.heard.insert(server.addr);
        } else if self.heard.remove(&server.addr) {
            self.spent.unheard.push(at);
        }
        let asks = |record: &&Record| {
            record.name == question.name && record.question_type() == question.qtype && !record.is_guard()
        };
        let Some(record) = self.records.iter().find(asks) else { return };
        let key = (server.addr, question.name.clone());
        match seen {
            Seen::Answered(answer) if is_right(record, answer) => {
                if self.unlike.remove(&key) == Some(true) {
                    self.spent.returned = Some(at);
                }
            }
            Seen::Answered(answer) if answer.addresses.is_empty() && answer.chain.is_empty() => {
                self.unlike.remove(&key);
            }
            Seen::Answered(_) => {
                self.unlike.insert(key, false);
            }
            _ => {
                self.unlike.entry(key).and_modify(|silent| *silent = true);
            }
        }
    }

    /// Lets everybody else's questions happen up to an instant.
    fn until(&mut self, now: Timestamp) {
        while self.visits.peek().is_some_and(|Reverse(next)| next.at <= now) {
            let Some(Reverse(visit)) = self.visits.pop() else { return };
            let resolver = self.resolvers.get_mut(visit.resolver);
            if let Some(cache) = resolver.and_then(|r| r.caches.get_mut(visit.cache)) {
                let reply = resolve(cache, visit.at, &visit.question, &self.net, &mut self.dice);
                note_wrong(&self.net, cache, &reply.kept, None);
            }
            if let Some(every) = visit.every {
                let at = visit.at + every.max(Duration::from_secs(1));
                self.visits.push(Reverse(Visit { at, ..visit }));
            }
        }
    }

    fn walk(&mut self, now: Timestamp, name: &Name) -> (Seen, Duration, u32) {
        let walk = match self.interceptor {
            Some(_) => walk::intercepted(name),
            None => walk::walk(&self.net, now, name),
        };
        let questions = walk.questions;
        (Seen::Walked(Box::new(walk)), walk::TAKES + self.dice.millis(0, 60), questions)
    }

    fn silent_address(&mut self) -> (Seen, Duration, u32) {
        match self.interceptor {
            Some(_) => (Seen::Intercepted(Port53::Intercepted), self.dice.millis(8, 20), 1),
            None => (Seen::Intercepted(Port53::Clear), TRY, 1),
        }
    }
}

/// One probe's worth of nothing.
fn silence() -> (Seen, Duration, u32) {
    (Seen::Failed(Failure::Silent { tries: TRIES }), PROBE, u32::from(TRIES))
}

fn ask_authority(
    net: &Internet,
    at: SocketAddr,
    now: Timestamp,
    question: &Question,
    dice: &mut Dice,
) -> (Seen, Duration, u32) {
    let Some(server) = net.server_at(at, &question.name) else { return silence() };
    let took = server.latency + dice.millis(0, 4);
    let answer = match server.at(now + took / 2) {
        Conduct::Serves(contents) if question.qtype == QuestionType::Soa => {
            let mut answer = Answer::new(Rcode::NOERROR);
            answer.authoritative = true;
            answer.soa = Some(contents.soa.clone());
            answer
        }
        Conduct::Serves(contents) => contents.answer(question),
        Conduct::Fails(rcode) => Answer::new(*rcode),
        Conduct::Lame => {
            let mut answer = Answer::new(Rcode::NOERROR);
            answer.referral = Some(Name::root());
            answer
        }
        Conduct::Dead => return silence(),
    };
    (Seen::Answered(Box::new(answer)), took, 1)
}

fn ask_resolver(
    of: &mut Resolver,
    now: Timestamp,
    question: &Question,
    net: &Internet,
    dice: &mut Dice,
    planted: &mut Planted,
) -> (Seen, Duration, u32) {
    let lost = match of.temper {
        Temper::Dead => u32::from(TRIES),
        Temper::Lossy(percent) => (0..TRIES).map_while(|_| dice.chance(percent.into()).then_some(1)).sum(),
        _ => 0,
    };
    if lost == u32::from(TRIES) {
        return silence();
    }
    let mut took = of.latency + dice.millis(0, 3) + TRY * lost;
    let answer = match fixed(of.temper, question) {
        Some(answer) => answer,
        None => {
            let chosen = of.choose(dice);
            let Some(cache) = of.caches.get_mut(chosen) else { return silence() };
            let reply = resolve(cache, now + took / 2, question, net, dice);
            note_wrong(net, cache, &reply.kept, Some(planted));
            took += reply.took;
            of.colour(reply.answer, question.qtype)
        }
    };
    if took > PROBE {
        return silence();
    }
    // A SERVFAIL is followed by the same question with CD=1.
    let again = answer.rcode == Rcode::SERVFAIL;
    if again {
        took += of.latency;
    }
    (Seen::Answered(Box::new(answer)), took, lost + 1 + u32::from(again))
}

/// The answer of a resolver that does not look at its cache.
fn fixed(temper: Temper, question: &Question) -> Option<Answer> {
    let servfail = |unchecked| {
        let mut answer = Answer::new(Rcode::SERVFAIL);
        answer.unchecked = Some(unchecked);
        answer
    };
    match temper {
        Temper::Refusing => Some(Answer::new(Rcode::REFUSED)),
        Temper::Failing => Some(servfail(false)),
        Temper::Bogus => {
            let mut answer = servfail(true);
            answer.ede.push(Ede { code: 6, text: "DNSSEC bogus".to_owned() });
            Some(answer)
        }
        Temper::Filtering => {
            let mut answer = Answer::new(Rcode::NXDOMAIN);
            answer.ede.push(Ede { code: 17, text: "filtered".to_owned() });
            let zone = question.name.clone();
            answer.soa = Some(Soa { zone, ttl: 3600, serial: 1, refresh: 3600, retry: 600, minimum: 3600 });
            Some(answer)
        }
        _ => None,
    }
}

/// Notes what is wrong among the things that a cache has just kept, and whether it was our question.
fn note_wrong(net: &Internet, cache: &mut super::Cache, kept: &[Kept], ours: Option<&mut Planted>) {
    let mut count = Planted::default();
    for one in kept {
        if net.at_last(&one.name, one.qtype).is_none_or(|last| last == one.rrset) {
            continue;
        }
        let denied = (one.rrset == Rrset::NoName).then_some(&mut cache.denied_until);
        for ends in [Some(&mut cache.wrong_until), denied].into_iter().flatten() {
            let until = ends.entry(one.name.clone()).or_default();
            *until = one.end.max(*until);
        }
        match (one.former, one.rrset.is_negative()) {
            (true, _) => count.former += 1,
            (_, true) => count.negative += 1,
            _ => count.old += 1,
        }
    }
    if let Some(planted) = ours {
        planted.old += count.old;
        planted.negative += count.negative;
        planted.former += count.former;
    }
}
