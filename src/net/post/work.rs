//! Carrying questions on one line.
//!
//! What mostly happens (a question goes out, its answer comes back) needs no future and no timer of its own: with
//! thousands of questions a second those cost more than anything else. Whatever is not plain goes on as an exchange.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{FutureExt as _, LocalBoxFuture};
use futures::stream::{FuturesUnordered, StreamExt as _};
use hickory_proto::op::ResponseCode;
use tokio::time::Sleep;

use super::carrier::Carrier;
use super::{MOST_UNREAD, Mailbox, Probe, Tools};
use crate::clock::Stopwatch;
use crate::model::{Errand, Failure, Finding, Manner, Question, Seen, Task, Timestamp};
use crate::net::exchange::{Body, Exchange, Heard, Limit, Tried, unheard};
use crate::net::line::{Carried, Leaving, Line, MAX_JUNK, Reply, Want};
use crate::net::polite::{Server, Turn};
use crate::net::round::unchecked;
use crate::net::wire::Query;

/// Carries everything that is handed to `carrier`, and ends when there is nothing left.
pub(super) async fn carry(tools: Rc<Tools>, carrier: Rc<Carrier>) -> Rc<Carrier> {
    let _held = tools.polite.socket().await;
    match Line::open(carrier.key.0) {
        Ok(line) => {
            carrier.open(tools.since.elapsed());
            let line = Rc::new(line);
            let mut work = Work::new(tools, carrier.clone(), line.clone());
            let mut reader = pin!(line.drive());
            poll_fn(|cx| work.poll(cx, reader.as_mut())).await;
        }
        Err(failure) => {
            while let Some(Probe { errand, mail }) = carrier.next() {
                let (at, seen) = (tools.clock.now(), Seen::Failed(failure.clone()));
                mail.put(Finding { at, errand, seen, questions: 0 });
            }
        }
    }
    carrier.spoil();
    carrier
}

/// One question under way. Kept small: of thousands that are each is looked at when it has long left every cache.
struct Flight {
    probe: Probe,
    turn: Turn,
    /// Its latest try.
    since: Stopwatch,
    id: u16,
    tries: u8,
    /// Whatever else there is to know from the second try on.
    more: Option<Box<More>>,
}

const _: () = assert!(size_of::<Flight>() <= 88);

struct More {
    limit: Limit,
    /// How long an answer to the latest try is waited for.
    wait: Duration,
    /// Those of the earlier tries.
    ids: Vec<u16>,
}

struct Work {
    tools: Rc<Tools>,
    carrier: Rc<Carrier>,
    line: Rc<Line>,
    server: Rc<Server>,
    /// The one that is next in line for a turn.
    turn: Option<LocalBoxFuture<'static, Turn>>,
    flights: Vec<Option<Flight>>,
    free: Vec<u32>,
    /// What takes more than an answer.
    slow: FuturesUnordered<LocalBoxFuture<'static, (Rc<Mailbox>, Finding)>>,
    /// The one alarm, and how long it was set for.
    alarm: Option<(Pin<Box<Sleep>>, Duration)>,
    heard: Vec<Carried>,
}

impl Work {
    fn new(tools: Rc<Tools>, carrier: Rc<Carrier>, line: Rc<Line>) -> Self {
        Work {
            server: tools.polite.server(carrier.key.0.ip()),
            tools,
            carrier,
            line,
            turn: None,
            flights: Vec::new(),
            free: Vec::new(),
            slow: FuturesUnordered::new(),
            alarm: None,
            heard: Vec::new(),
        }
    }

    fn under_way(&self) -> usize {
        self.flights.len() - self.free.len() + self.slow.len()
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut impl Future<Output = Infallible>>,
    ) -> Poll<()> {
        loop {
            self.begin_more(cx);
            // Sends what was begun. Reading comes when nothing else is to be done: then there is most to be read.
            let Poll::Pending = reader.as_mut().poll(cx);
            let mut is_moved = self.arrive();
            while let Poll::Ready(Some((mail, finding))) = self.slow.poll_next_unpin(cx) {
                mail.put(finding);
                is_moved = true;
            }
            if !is_moved && !self.is_alarmed(cx) {
                break;
            }
        }
        if self.under_way() == 0 && self.carrier.is_empty() {
            return Poll::Ready(());
        }
        self.carrier.idle.set(Some(cx.waker().clone()));
        Poll::Pending
    }

    /// Begins what may go.
    fn begin_more(&mut self, cx: &mut Context<'_>) {
        let since = Stopwatch::start();
        loop {
            if self.under_way() >= self.tools.width.get() || self.carrier.is_empty() {
                // Other lines stand behind this one in the queue for turns.
                self.turn = None;
                return;
            }
            if self.tools.unread.get() >= MOST_UNREAD {
                self.tools.held_back.borrow_mut().push(cx.waker().clone());
                return;
            }
            let Some(turn) = self.turn(cx) else { return };
            let Some(probe) = self.carrier.next() else { return };
            self.begin(probe, turn, since);
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Option<Turn> {
        if self.turn.is_none() {
            if let Some(turn) = self.tools.polite.turn_now(&self.server) {
                return Some(turn);
            }
            let (tools, server) = (self.tools.clone(), self.server.clone());
            self.turn = Some(async move { tools.polite.turn_of_line(server).await }.boxed_local());
        }
        match self.turn.as_mut()?.poll_unpin(cx) {
            Poll::Ready(turn) => {
                self.turn = None;
                Some(turn)
            }
            Poll::Pending => None,
        }
    }

    fn begin(&mut self, probe: Probe, turn: Turn, since: Stopwatch) {
        let which = self.free.pop().unwrap_or_else(|| {
            self.flights.push(None);
            // No line has more under way than politeness permits.
            (self.flights.len() - 1) as u32
        });
        let id = self.send(&probe.errand.task, which, since, Leaving::Together);
        self.flights[which as usize] = Some(Flight { probe, turn, since, id, tries: 1, more: None });
        self.set_alarm(self.tools.first_wait);
    }

    /// Sends one try of a question, and gives its ID.
    fn send(&mut self, task: &Task, which: u32, since: Stopwatch, way: Leaving) -> u16 {
        let Some((question, manner)) = asked(task) else { return 0 };
        let query = Query::written_to(self.line.spare(), question, manner);
        let id = self.line.carry(query, (which, question.qtype), since, way);
        if self.line.junk() >= MAX_JUNK {
            self.heard.push((which, Reply::Noise, Duration::ZERO));
        }
        id.unwrap_or_default()
    }

    /// Takes what has come. Tells whether anything has.
    fn arrive(&mut self) -> bool {
        if self.line.junk() > 0 {
            self.carrier.spoil();
        }
        let mut heard = std::mem::take(&mut self.heard);
        self.line.fetch(&mut heard);
        if heard.is_empty() {
            self.heard = heard;
            return false;
        }
        let at = self.tools.clock.now();
        for (which, reply, rtt) in heard.drain(..) {
            // Two tries of one question may have failed at once.
            let Some(flight) = self.flights[which as usize].take() else { continue };
            self.free.push(which);
            // What was not answered could be still, and the number is another question's from now on.
            if flight.tries > 1 || matches!(reply, Reply::Noise | Reply::Failed(_)) {
                self.line.forget(&[flight.id], which);
                flight.more.iter().for_each(|more| self.line.forget(&more.ids, which));
            }
            self.end(flight, reply, rtt, at);
        }
        true
    }

    fn end(&mut self, flight: Flight, reply: Reply, rtt: Duration, at: Timestamp) {
        let Flight { probe: Probe { errand, mail }, turn, since, tries, more, .. } = flight;
        let Some((question, manner)) = asked(&errand.task) else { return };
        let questions = u32::from(tries);
        let said = match reply {
            Reply::Plain(answer) => Ok(Body::Plain(answer)),
            Reply::Failed(failure) => Err(failure),
            Reply::Whole(message) if is_last_word(message.metadata.response_code, manner) => {
                Ok(Body::Whole(message))
            }
            reply => {
                let (mut limit, wait) = self.tools.time_of(since, more.as_deref());
                limit.overslept(since.elapsed().saturating_sub(wait));
                let rest =
                    rest(self.tools.clone(), self.line.clone(), turn, limit, (reply, rtt, tries), errand);
                self.slow.push(rest.map(|finding| (mail, finding)).boxed_local());
                return;
            }
        };
        let seen = match (Heard { said, rtt, questions }).answer(question) {
            Ok(answer) => Seen::Answered(answer),
            Err(failure) => Seen::Failed(failure),
        };
        mail.put(Finding { at, errand, seen, questions });
    }

    /// Looks after those whose time is up. Tells whether there may be some.
    fn is_alarmed(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((sleep, _)) = &mut self.alarm else { return false };
        if sleep.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.alarm = None;
        let mut next: Option<Duration> = None;
        for which in 0..self.flights.len() {
            let Some(flight) = &self.flights[which] else { continue };
            let (_, wait) = self.tools.time_of(flight.since, flight.more.as_deref());
            let left = wait.saturating_sub(flight.since.elapsed());
            if left.is_zero() {
                self.again(which as u32);
            } else {
                next = Some(next.map_or(left, |least| least.min(left)));
            }
        }
        if let Some(next) = next {
            self.set_alarm(next);
        }
        true
    }

    fn set_alarm(&mut self, wait: Duration) {
        if self.alarm.as_ref().is_none_or(|(_, set)| wait < *set) {
            self.alarm = Some((Box::pin(tokio::time::sleep(wait)), wait));
        }
    }

    /// Nothing came in time: asks again, or gives up.
    fn again(&mut self, which: u32) {
        let Some(mut flight) = self.flights[which as usize].take() else { return };
        let (mut limit, waited) = self.tools.time_of(flight.since, flight.more.as_deref());
        limit.overslept(flight.since.elapsed().saturating_sub(waited));
        let mut ids = flight.more.take().map(|more| more.ids).unwrap_or_default();
        ids.push(flight.id);
        match limit.wait(flight.tries).filter(|_| !flight.probe.mail.closed.get()) {
            Some(wait) => {
                flight.turn.again();
                flight.since = Stopwatch::start();
                flight.id = self.send(&flight.probe.errand.task, which, flight.since, Leaving::Alone);
                flight.tries += 1;
                self.set_alarm(wait);
                flight.more = Some(Box::new(More { limit, wait, ids }));
            }
            None => {
                let failure = unheard(&self.line, flight.tries);
                self.heard.push((which, Reply::Failed(failure), Duration::ZERO));
                flight.more = Some(Box::new(More { limit, wait: waited, ids }));
            }
        }
        self.flights[which as usize] = Some(flight);
    }
}

impl Tools {
    /// The time of a question, and how long an answer to its latest try is waited for.
    fn time_of(&self, since: Stopwatch, more: Option<&More>) -> (Limit, Duration) {
        match more {
            Some(more) => (more.limit, more.wait),
            None => (Limit::since(since, self.limit), self.first_wait),
        }
    }
}

fn asked(task: &Task) -> Option<(&Question, Manner)> {
    match task {
        Task::Ask { question, manner, .. } => Some((question, *manner)),
        _ => None,
    }
}

/// Whether a whole answer with this response code is what there is to find out.
fn is_last_word(rcode: ResponseCode, manner: Manner) -> bool {
    match rcode {
        // It may be EDNS that it cannot read.
        ResponseCode::FormErr => false,
        ResponseCode::ServFail => manner != Manner::Recursive,
        _ => true,
    }
}

/// Everything that may follow the first tries of a question.
async fn rest(
    tools: Rc<Tools>,
    line: Rc<Line>,
    turn: Turn,
    limit: Limit,
    tried: Tried,
    errand: Errand,
) -> Finding {
    let (seen, questions) = match &errand.task {
        Task::Ask { server, question, manner, .. } => {
            let want = Want::Addresses(question.qtype);
            let exchange = Exchange::new(server.addr, &tools.polite, limit, want);
            let query = Query::new(question, *manner);
            let heard = exchange.after(tried, &line, &query, &turn).await;
            let again = async || {
                turn.again();
                exchange.over_udp(&line, &query.unchecked(), &turn).await
            };
            unchecked(heard, question, *manner, again).await
        }
        _ => (Seen::Failed(Failure::NoRoute), 0),
    };
    Finding { at: tools.clock.now(), errand, seen, questions }
}
