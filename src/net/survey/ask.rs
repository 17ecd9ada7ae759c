//! One question of a survey, in one of several ways, and the way in which the CA's resolver asks.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use super::message::{self, Message};
use super::patience::{Patience, Waits};
use crate::clock::Stopwatch;
use crate::model::{Failure, Name, Question, QuestionType, Rcode};
use crate::net::Internet;
use crate::net::exchange::{Exchange, Limit};
use crate::net::line::{Reply, Want};
use crate::net::side_by_side::SideBySide;
use crate::net::tcp;
use crate::net::wire::{self, Fit, Query};

/// How long surveys share an answer, as walks do: politeness lets the names of one zone be surveyed one after the
/// other.
const SHARED_FOR: Duration = Duration::from_secs(30);

/// A question that several names have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::net) enum Asked {
    /// The very question, as the CA's resolver asks it.
    Usual(SocketAddr, Question),
    /// Whether a server of this zone takes this way of asking; any of the zone's names will do.
    Way(SocketAddr, Name, Way),
}

/// What surveys side by side need not ask twice: what a zone's parents say of its keys, the keys, CAA above a name,
/// and how a server takes questions. Names of one zone have all of that in common.
pub(in crate::net) type Shared = SideBySide<Asked, Heard>;

/// For all surveys of one process.
pub(in crate::net) fn shared() -> Shared {
    SideBySide::new(SHARED_FOR)
}

/// How a question is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::net) struct Way {
    /// Letters in mixed case (over UDP).
    pub(super) mixed: bool,
    /// EDNS 1232 with DO.
    pub(super) edns: bool,
    /// Over TCP from the start.
    pub(super) stream: bool,
}

impl Way {
    /// What every server must understand.
    pub(super) const PLAIN: Way = Way { mixed: false, edns: false, stream: false };
    /// What the CA's resolver begins with (`use-caps-for-id`, `edns-buffer-size: 1232`, validating).
    pub(super) const USUAL: Way = Way { mixed: true, edns: true, stream: false };
}

/// What came of a question.
#[derive(Debug, Clone)]
pub(in crate::net) struct Heard {
    pub(super) reply: Result<Message, Failure>,
    /// Whether it came only when the question was put more plainly.
    pub(super) gave_way: bool,
}

/// What one survey asks through: it counts the questions, and times the answers.
pub(super) struct Asker<'a> {
    pub(super) net: &'a Internet,
    /// Datagrams and stream questions so far.
    pub(super) asked: Cell<u32>,
    /// Of the answers about addresses and CAA.
    pub(super) slowest: Cell<Duration>,
    /// While it waits for its turns.
    pub(super) waits: Waits,
    /// The name that is surveyed, where what it has in common with others is shared.
    about: Option<Name>,
}

/// The octets of an answer, and how they fit the question.
type Octets = Result<(Vec<u8>, Fit), Failure>;

impl<'a> Asker<'a> {
    pub(super) fn new(net: &'a Internet) -> Self {
        Asker { net, asked: Cell::new(0), slowest: Cell::default(), waits: Waits::none(), about: None }
    }

    /// One that shares what `name` has in common with other names.
    pub(super) fn sharing(net: &'a Internet, name: &Name) -> Self {
        Asker { about: Some(name.clone()), ..Asker::new(net) }
    }

    /// Adds to what the survey has cost.
    pub(super) fn count(&self, questions: u32) {
        self.asked.set(self.asked.get().saturating_add(questions));
    }

    /// Asks as the CA's resolver does, and gives way where it does: without EDNS after FORMERR and NOTIMP
    /// (RFC 6891, section 7), in lower case when the letters' case was lost.
    pub(super) async fn usual(&self, server: SocketAddr, question: &Question) -> Heard {
        let of_the_zone = match question.qtype {
            QuestionType::Ds | QuestionType::Dnskey => true,
            QuestionType::Caa => self.about.as_ref().is_some_and(|name| *name != question.name),
            _ => false,
        };
        // Kept apart: what is shared would hold it several times over.
        let ask = Box::pin(self.usual_alone(server, question));
        if !of_the_zone || self.about.is_none() {
            return ask.await;
        }
        self.shared(Asked::Usual(server, question.clone()), ask).await
    }

    /// Whether a server of a zone takes one way of asking. Names of the zone that are surveyed side by side share
    /// the answer.
    pub(super) async fn takes(
        &self,
        server: SocketAddr,
        zone: &Name,
        question: &Question,
        way: Way,
    ) -> Heard {
        let ask = Box::pin(self.just(server, question, way));
        if self.about.is_none() {
            return ask.await;
        }
        self.shared(Asked::Way(server, zone.clone(), way), ask).await
    }

    /// What others have heard, or are about to. What could not be asked is asked again by whoever comes later.
    async fn shared(&self, asked: Asked, ask: impl Future<Output = Heard>) -> Heard {
        let word = self.net.shared.word(asked.clone(), self.net.clock.now());
        let heard = word.get_or_init(|| ask).await;
        if heard.reply.is_err() {
            self.net.shared.forget(&asked, &word);
        }
        heard.clone()
    }

    async fn usual_alone(&self, server: SocketAddr, question: &Question) -> Heard {
        let (octets, rtt) = self.octets(server, question, Way::USUAL).await;
        let other_case = matches!(octets, Ok((_, Fit::OtherCase)));
        let reply = octets.and_then(|(octets, _)| message::read(&octets));
        let no_edns = matches!(&reply, Ok(m) if matches!(m.rcode, Rcode::FORMERR | Rcode::NOTIMP));
        let again = match (other_case, no_edns) {
            (false, false) => {
                self.time(question, &reply, rtt);
                return Heard { reply, gave_way: false };
            }
            (true, _) => Way { mixed: false, ..Way::USUAL },
            (_, true) => Way { edns: false, ..Way::USUAL },
        };
        // Few come this way, and a future that is kept apart makes all others smaller.
        let (octets, more) = Box::pin(self.octets(server, question, again)).await;
        let second = octets.and_then(|(octets, _)| message::read(&octets));
        // Silence after an error tells less than the error.
        let reply = if second.is_err() && !other_case { reply } else { second };
        self.time(question, &reply, rtt + more);
        Heard { reply, gave_way: true }
    }

    /// Asks in this way and in no other, save that what is cut short is asked for over TCP. Letters that
    /// come back in another case are no fault here.
    pub(super) async fn just(&self, server: SocketAddr, question: &Question, way: Way) -> Heard {
        let (octets, rtt) = self.octets(server, question, way).await;
        let reply = octets.and_then(|(octets, _)| message::read(&octets));
        self.time(question, &reply, rtt);
        Heard { reply, gave_way: false }
    }

    fn time(&self, question: &Question, reply: &Result<Message, Failure>, rtt: Duration) {
        let counts = matches!(question.qtype, QuestionType::A | QuestionType::Aaaa | QuestionType::Caa);
        if counts && reply.is_ok() {
            self.slowest.set(self.slowest.get().max(rtt));
        }
    }

    /// One probe within its limit, with the time between the try that was answered and its answer.
    async fn octets(&self, server: SocketAddr, question: &Question, way: Way) -> (Octets, Duration) {
        let query = Query::surveying(question, way.mixed, way.edns);
        if way.stream {
            let exchange = self.net.exchange(server, Want::Octets);
            let (heard, rtt) = Box::pin(self.over_tcp(&exchange, &query)).await;
            return (heard.map(|octets| (octets, Fit::Exact)), rtt);
        }
        let waiting = self.waits.begin();
        let turn = self.net.polite.turn(server.ip()).await;
        let line = match self.net.shared_lines.to(server).await {
            Ok(line) => line,
            Err(failure) => return (Err(failure), Duration::ZERO),
        };
        drop(waiting);
        let mut exchange = self.net.exchange(server, Want::Octets);
        let (mut reply, mut rtt, tries) = line.during(exchange.tries(&line.line, &query, &turn)).await;
        drop(line);
        self.count(u32::from(tries));
        if matches!(reply, Reply::Noise | Reply::Failed(Failure::Garbage)) {
            // What answered nothing may have been meant for others on the line.
            turn.again();
            let line = match self.net.shared_lines.alone(server).await {
                Ok(line) => line,
                Err(failure) => return (Err(failure), Duration::ZERO),
            };
            exchange = self.net.exchange(server, Want::Octets);
            let again;
            (reply, rtt, again) = Box::pin(line.during(exchange.tries(&line.line, &query, &turn))).await;
            self.count(u32::from(again));
        }
        let octets = match reply {
            Reply::Octets(octets, fit) => (octets, fit),
            Reply::Failed(failure) => return (Err(failure), rtt),
            _ => return (Err(Failure::Garbage), rtt),
        };
        if !wire::is_truncated(&octets.0) || octets.1 != Fit::Exact {
            return (Ok(octets), rtt);
        }
        turn.again();
        let (heard, more) = Box::pin(self.over_tcp(&exchange, &query)).await;
        let heard = heard.map(|octets| (octets, Fit::Exact)).map_err(|_| Failure::NoTcp);
        (heard, rtt + more)
    }

    async fn over_tcp(&self, exchange: &Exchange<'_>, query: &Query) -> (Result<Vec<u8>, Failure>, Duration) {
        self.count(1);
        let work = async {
            let since = Stopwatch::start();
            (tcp::octets(exchange.server, query).await, since.elapsed())
        };
        let heard = exchange.on_stream(work).await;
        heard.unwrap_or((Err(Failure::Silent { tries: 1 }), Duration::ZERO))
    }

    /// When a survey begins nothing new any more: after four probes' time.
    pub(super) fn patience(&self) -> Patience<'_> {
        Patience::new(Limit::start(self.net.settings.probe_limit * 4), &self.waits)
    }
}
