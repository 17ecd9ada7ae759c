//! One walk's purse and ears: how many questions it may still ask, what it has heard already, and how a
//! question is put to several servers of which one answer is enough.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;
use hickory_proto::op::Message;

use super::Walker;
use super::cache::Cut;
use super::reply::{HostReply, Reply, read_host, read_ns};
use crate::model::{Failure, Manner, Name, ParentReply, ParentSaid, Question, QuestionType, Timestamp};
use crate::net::ask::Ask;

/// Questions that one walk may cost. A plain .com costs about 50, one below it about 60; what needs more
/// is broken or hostile.
pub(super) const MAX_QUESTIONS: u32 = 400;
/// Host names that one walk looks up. Bounds the work that costs no question.
const MAX_LOOKUPS: u32 = 128;
/// Servers of one level that may fail before the level is given up; those that this machine has no route
/// to do not count.
const MAX_TRIES: usize = 8;
/// A second server is asked beside the first one after this long without an answer. Most answers from the
/// other side of the world are there by then.
const HEDGE: Duration = Duration::from_millis(250);

/// An address and the name of the server that it belongs to.
pub(super) type Place = (Name, SocketAddr);

/// What one walk carries along.
pub(super) struct Trip<'a, A> {
    pub(super) walker: &'a Walker,
    ask: &'a A,
    pub(super) now: Timestamp,
    /// Questions asked so far.
    asked: Cell<u32>,
    /// What others who are under way have heard is good enough.
    shares: bool,
    lookups: Cell<u32>,
    /// What each address said about each name's NS, so that none is asked twice in one walk, and the dead
    /// are waited for once.
    heard: RefCell<HashMap<(SocketAddr, Name), Result<Reply, Failure>>>,
}

impl<'a, A: Ask> Trip<'a, A> {
    pub(super) fn new(walker: &'a Walker, ask: &'a A, now: Timestamp) -> Self {
        let heard = RefCell::default();
        Trip { walker, ask, now, asked: Cell::new(0), shares: false, lookups: Cell::new(0), heard }
    }

    /// The same, together with others that are under way.
    pub(super) fn together(self) -> Self {
        Trip { shares: true, ..self }
    }

    /// Questions that this walk has cost.
    pub(super) fn questions(&self) -> u32 {
        self.asked.get()
    }

    /// Whether another host name may be looked up; counts it.
    pub(super) fn may_look_up(&self) -> bool {
        self.lookups.set(self.lookups.get() + 1);
        self.lookups.get() <= MAX_LOOKUPS && self.asked.get() < MAX_QUESTIONS
    }

    /// Puts one question to one server; without a packet when the purse is empty.
    pub(super) async fn put(
        &self,
        server: SocketAddr,
        name: &Name,
        qtype: QuestionType,
    ) -> Result<Rc<Message>, Failure> {
        if self.asked.get() >= MAX_QUESTIONS {
            return Err(Failure::Silent { tries: 0 });
        }
        // Kept apart: what is shared would hold it several times over.
        let ask = Box::pin(async {
            // Counted before it is known what it costs: a question whose answer nobody waits for any more has
            // been asked all the same.
            self.asked.set(self.asked.get() + 1);
            let question = Question { name: name.clone(), qtype };
            let told = self.ask.ask(server, &question, Manner::Authoritative).await;
            self.asked.set(self.asked.get().saturating_sub(1).saturating_add(told.questions));
            told.message.map(Rc::new)
        });
        if !self.shares {
            return ask.await;
        }
        let word = self.walker.party.word((server, name.clone(), qtype), self.now);
        word.get_or_init(|| ask).await.clone()
    }

    /// What the server says about the NS of the name, asked once a walk.
    pub(super) async fn ns_at(&self, server: SocketAddr, name: &Name) -> Result<Reply, Failure> {
        let key = (server, name.clone());
        if let Some(known) = self.heard.borrow().get(&key) {
            return known.clone();
        }
        let heard = self.put(server, name, QuestionType::Ns).await.map(|message| read_ns(&message, name));
        self.heard.borrow_mut().insert(key, heard.clone());
        heard
    }

    /// What the first server that can tell says about the NS of the name; what all said where none can.
    pub(super) async fn first_ns(
        &self,
        cut: &Cut,
        places: &[Place],
        name: &Name,
    ) -> Result<Reply, Vec<ParentReply>> {
        let judge = async |addr| match self.ns_at(addr, name).await.map(|reply| reply.seen_from(&cut.zone)) {
            Ok(Reply::Lame(rcode)) => Err(ParentSaid::Lame { rcode }),
            Ok(reply) => Ok(reply),
            Err(failure) => Err(ParentSaid::Failed(failure)),
        };
        race(places, &cut.good, judge).await
    }

    /// What the first server that can tell says about the addresses of the host.
    pub(super) async fn first_host(
        &self,
        places: &[Place],
        good: &Cell<Option<SocketAddr>>,
        host: &Name,
        qtype: QuestionType,
    ) -> Result<HostReply, Vec<ParentReply>> {
        let judge = async |addr| match self.put(addr, host, qtype).await.map(|m| read_host(&m, host, qtype)) {
            Ok(HostReply::Lame(rcode)) => Err(ParentSaid::Lame { rcode }),
            Ok(reply) => Ok(reply),
            Err(failure) => Err(ParentSaid::Failed(failure)),
        };
        race(places, good, judge).await
    }
}

impl Reply {
    /// The same, said by a server of this zone: a referral that does not lead further down (upwards, in
    /// most cases) tells nothing but that the server does not serve the zone.
    pub(super) fn seen_from(self, zone: &Name) -> Reply {
        match self {
            Reply::Referral(set) if !set.owner.is_within(zone) || set.owner == *zone => {
                Reply::Lame(crate::model::Rcode::NOERROR)
            }
            other => other,
        }
    }
}

/// Asks one server after the other until one can tell: two at a time once the first lets itself be waited
/// for. IPv4 comes first, since more machines have it; `good` is asked before all others and is set to
/// the one that could tell.
pub(super) async fn race<T>(
    places: &[Place],
    good: &Cell<Option<SocketAddr>>,
    judge: impl AsyncFn(SocketAddr) -> Result<T, ParentSaid>,
) -> Result<T, Vec<ParentReply>> {
    let mut order: Vec<&Place> = places.iter().collect();
    order.sort_by_key(|&&(_, addr)| (good.get() != Some(addr), addr.is_ipv6()));
    let mut order = order.into_iter();
    let judge = &judge;
    let one = |place: &Place| {
        let place = place.clone();
        async move { (judge(place.1).await, place) }
    };
    let mut under_way = FuturesUnordered::new();
    let mut failed: Vec<ParentReply> = Vec::new();
    let mut tries = 0;
    loop {
        if under_way.is_empty() {
            match order.next() {
                Some(place) if tries < MAX_TRIES => under_way.push(one(place)),
                _ => return Err(failed),
            }
        }
        let told = if under_way.len() < 2 && order.len() > 0 && tries + 1 < MAX_TRIES {
            let late = pin!(tokio::time::sleep(HEDGE));
            match select(under_way.next(), late).await {
                Either::Left((told, _)) => told,
                Either::Right(_) => {
                    under_way.extend(order.next().map(&one));
                    continue;
                }
            }
        } else {
            under_way.next().await
        };
        match told {
            Some((Ok(answer), (_, addr))) => {
                good.set(Some(addr));
                return Ok(answer);
            }
            Some((Err(said), (host, addr))) => {
                tries += usize::from(said != ParentSaid::Failed(Failure::NoRoute));
                failed.push(ParentReply { host, addr, said });
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(judge: impl AsyncFn(SocketAddr) -> Result<u16, ParentSaid>) -> Result<u16, Vec<ParentReply>> {
        let place = |port| (Name::root(), SocketAddr::from(([192, 0, 2, 1], port)));
        let places: Vec<Place> = (1..=20).map(place).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(race(&places, &Cell::new(None), judge))
    }

    #[test]
    fn a_server_that_says_nothing_does_not_hold_up_the_next() {
        let told = run(async |addr| match addr.port() {
            1 => std::future::pending().await,
            port => Ok(port),
        });
        assert_eq!(told, Ok(2));
    }

    #[test]
    fn gives_up_after_so_many_failures() {
        let asked = Cell::new(0);
        let told = run(async |_| {
            asked.set(asked.get() + 1);
            Err(ParentSaid::Failed(Failure::PortClosed))
        });
        assert_eq!((told.unwrap_err().len(), asked.get()), (MAX_TRIES, MAX_TRIES));
        let told = run(async |addr| match addr.port() {
            20 => Ok(20),
            _ => Err(ParentSaid::Failed(Failure::NoRoute)),
        });
        assert_eq!(told, Ok(20), "having no route does not count");
    }
}
