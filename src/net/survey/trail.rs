//! One name of the climb, asked at every server of its zone, and its aliases, followed to the servers of
//! other zones.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use futures::future::{FutureExt as _, LocalBoxFuture};
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::ask::{Asker, Heard};
use super::caa::{self, Led, Told, follow};
use super::message::number;
use super::patience::Patience;
use super::zones::Grounds;
use crate::model::{
    Answer, CaaLook, CaaReply, CaaSaid, Failure, Name, Question, QuestionType, Walk, WalkEnd,
};

/// Addresses of one zone that are asked.
const MAX_PLACES: usize = 64;

/// An address and the name of the server that it belongs to.
pub(super) type Place = (Name, SocketAddr);

/// A zone and whom to ask about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) zone: Name,
    pub(super) parent: Name,
    /// Every address of every server of the parent.
    pub(super) parents: Vec<Place>,
    /// Every address of every server of the zone.
    pub(super) places: Vec<Place>,
}

impl Found {
    /// What a walk has found.
    ///
    /// # Errors
    /// How the walk ended when it has found no zone.
    pub(super) fn by(walk: Walk) -> Result<Rc<Found>, WalkEnd> {
        if walk.end != WalkEnd::Found {
            return Err(walk.end);
        }
        let servers = walk.servers.into_iter();
        let each = servers.flat_map(|server| {
            let host = server.host;
            server.addresses.into_iter().map(move |address| (host.clone(), address.addr))
        });
        let places = distinct(each);
        let parents = distinct(walk.parents.into_iter().map(|reply| (reply.host, reply.addr)));
        Ok(Rc::new(Found { zone: walk.zone, parent: walk.parent, parents, places }))
    }
}

fn distinct(places: impl Iterator<Item = Place>) -> Vec<Place> {
    let mut seen = BTreeSet::new();
    places.filter(|(_, addr)| seen.insert(*addr)).take(MAX_PLACES).collect()
}

/// What one server said to one question.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) place: Place,
    pub(super) question: Question,
    pub(super) heard: Heard,
}

/// One name on a trail, with everything that the servers of its zone said about it.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub(super) name: Name,
    pub(super) found: Rc<Found>,
    pub(super) replies: Vec<Reply>,
    /// Aliases that could not be followed, and what that means for who is led there.
    dead_ends: Vec<(Name, CaaSaid)>,
}

/// What trails need: who asks, and where the grounds of zones are kept.
pub(super) struct Guide<'a> {
    pub(super) asker: &'a Asker<'a>,
    pub(super) patience: Patience<'a>,
    /// What was learnt of each zone that is to be surveyed, in the order in which they were met.
    pub(super) grounds: RefCell<Vec<(Rc<Found>, Option<Grounds>)>>,
    /// Whether zones are surveyed at all, and not only asked for CAA.
    pub(super) thorough: bool,
}

enum Event {
    Replied(Reply),
    Followed(Name, Result<Vec<Stop>, CaaSaid>),
    Learnt(Rc<Found>, Grounds),
}

impl Guide<'_> {
    /// Asks every server about `name`, and follows. `path` holds the names that led here. The stops come
    /// in the order in which they were reached.
    pub(super) fn trail<'s>(
        &'s self,
        name: Name,
        found: Rc<Found>,
        types: &'s [QuestionType],
        path: Vec<Name>,
    ) -> LocalBoxFuture<'s, Vec<Stop>> {
        async move {
            let path: Vec<Name> = path.into_iter().chain([name.clone()]).collect();
            let mut events: FuturesUnordered<LocalBoxFuture<'s, Event>> = FuturesUnordered::new();
            for place in &found.places {
                for qtype in types {
                    let question = Question { name: name.clone(), qtype: *qtype };
                    events.push(self.reply(place.clone(), question).boxed_local());
                }
            }
            if self.thorough && self.claim(&found) {
                events.push(self.learn(Rc::clone(&found), name.clone()).boxed_local());
            }
            let mut stop = Stop { name, found, replies: Vec::new(), dead_ends: Vec::new() };
            let mut below = Vec::new();
            let mut followed = BTreeSet::new();
            while let Some(event) = events.next().await {
                match event {
                    Event::Learnt(found, grounds) => self.keep(&found, grounds),
                    Event::Followed(_, Ok(stops)) => below.extend(stops),
                    Event::Followed(target, Err(said)) => stop.dead_ends.push((target, said)),
                    Event::Replied(reply) => {
                        if let Some(target) = onward(&stop, &reply)
                            && followed.insert(target.clone())
                        {
                            events.push(self.step(target, types, path.clone()).boxed_local());
                        }
                        stop.replies.push(reply);
                    }
                }
            }
            // By place in the order of the walk, so that the same world gives the same survey.
            stop.replies.sort_by_key(|reply| (reply.place.clone(), reply.question.qtype));
            [vec![stop], below].concat()
        }
        .boxed_local()
    }

    async fn reply(&self, place: Place, question: Question) -> Event {
        let heard = self.asker.usual(place.1, &question).await;
        Event::Replied(Reply { place, question, heard })
    }

    async fn learn(&self, found: Rc<Found>, name: Name) -> Event {
        let grounds = Grounds::learn(self.asker, &found, &name).await;
        Event::Learnt(found, grounds)
    }

    /// Goes on to the target of an alias.
    async fn step(&self, target: Name, types: &[QuestionType], path: Vec<Name>) -> Event {
        let stops = if path.contains(&target) || path.len() > Answer::MAX_CHAIN {
            Err(CaaSaid::Loop)
        } else if !self.patience.allows_a_step() {
            Err(CaaSaid::Failed(Failure::Silent { tries: 0 }))
        } else {
            match self.asker.find(&target).await {
                Ok(found) => Ok(self.trail(target.clone(), found, types, path).await),
                Err(WalkEnd::Unreached(failure)) => Err(CaaSaid::Failed(failure)),
                Err(_) => Err(CaaSaid::NoSuchName),
            }
        };
        Event::Followed(target, stops)
    }

    /// Whether nobody has surveyed this zone yet.
    fn claim(&self, found: &Rc<Found>) -> bool {
        let mut grounds = self.grounds.borrow_mut();
        let is_new = grounds.iter().all(|(known, _)| known.zone != found.zone);
        if is_new {
            grounds.push((Rc::clone(found), None));
        }
        is_new
    }

    fn keep(&self, found: &Rc<Found>, learnt: Grounds) {
        let mut grounds = self.grounds.borrow_mut();
        if let Some((_, place)) = grounds.iter_mut().find(|(known, _)| known.zone == found.zone) {
            *place = Some(learnt);
        }
    }
}

impl Asker<'_> {
    /// Walks to the zone of a name.
    ///
    /// # Errors
    /// How the walk ended when it has found no zone.
    pub(super) async fn find(&self, name: &Name) -> Result<Rc<Found>, WalkEnd> {
        // Mostly it is others' turns that a walk takes long for; it has bounds of its own.
        let waiting = self.waits.begin();
        let walk = self.net.walker.walk(self.net, name, self.net.clock.now()).await;
        drop(waiting);
        self.count(walk.questions);
        Found::by(walk)
    }
}

/// The name that a reply leads on to.
fn onward(stop: &Stop, reply: &Reply) -> Option<Name> {
    let message = reply.heard.reply.as_ref().ok().filter(|message| message.is_answer())?;
    match follow(message, &stop.name, &stop.found.zone, number(reply.question.qtype)).1 {
        Led::Onward(target) => Some(target),
        Led::Here(_) | Led::Loop => None,
    }
}

/// Every address that the stops of one trail give, sorted.
pub(super) fn addresses(stops: &[Stop]) -> Vec<IpAddr> {
    let mut all = BTreeSet::new();
    for stop in stops {
        for reply in &stop.replies {
            if let Ok(message) = &reply.heard.reply {
                all.extend(caa::addresses(message, &stop.name, &stop.found.zone, reply.question.qtype));
            }
        }
    }
    all.into_iter().collect()
}

/// What the stops of one trail say about CAA.
pub(super) fn look(stops: &[Stop]) -> Option<CaaLook> {
    let name = stops.first()?.name.clone();
    let mut owner = name.clone();
    let mut replies = Vec::new();
    for stop in stops {
        let about = stop.replies.iter().filter(|reply| reply.question.qtype == QuestionType::Caa);
        for reply in about {
            let (said, ttl) = match caa::told(&reply.heard.reply, &stop.name, &stop.found.zone) {
                Told::Said { said, owner: at, ttl } => {
                    owner = at;
                    (said, ttl.filter(|_| owner == name))
                }
                // Whoever led to where others have answered has no more to say.
                Told::Onward(target) => match stop.dead_ends.iter().find(|(name, _)| *name == target) {
                    Some((_, said)) => {
                        owner = target;
                        (said.clone(), None)
                    }
                    None => continue,
                },
            };
            let (host, addr) = reply.place.clone();
            replies.push(CaaReply { host, addr, said, ttl });
        }
    }
    Some(CaaLook { name, owner, replies })
}
