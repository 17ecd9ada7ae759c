//! One connected UDP socket to one server, with many questions in flight on it.
//!
//! The socket is connected, so the kernel drops what comes from other addresses and tells of a closed
//! port. Its port is random, and never used for long. Somebody must poll [`Line::drive`] while questions
//! are under way: it alone sends and reads, and hands each reply to whoever waits for it. So questions that are put at
//! one time leave together, for little more than what one costs.

mod desk;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future as _, pending, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hickory_proto::op::Message;
use tokio::task::yield_now;

use super::socket::Socket;
use super::wire::{Fit, Query};
use crate::clock::Stopwatch;
use crate::model::{Answer, Failure, QuestionType};
pub(super) use desk::{Carried, Leaving};
use desk::{Desk, Owner, Slot};

/// Datagrams that answer nothing before a socket is given up.
pub(crate) const MAX_JUNK: u32 = 8;
/// Datagrams read before others get a turn.
const BATCH: usize = 64;

/// What came back for one question.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer that fits, and says nothing but the addresses that were asked for.
    Plain(Box<Answer>),
    /// Any other answer that fits.
    Whole(Box<Message>),
    /// An answer that fits, cut short.
    Truncated,
    /// An answer that fits and cannot be read past its header, or an error without the question.
    Unclear(Box<Message>),
    /// An answer as it came, and how it fits.
    Octets(Vec<u8>, Fit),
    /// An answer that fits but for the case of its letters.
    OtherCase,
    /// Too much arrived that answers nothing.
    Noise,
    /// The network said that no answer will come.
    Failed(Failure),
}

/// What is wanted of an answer that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// The whole message.
    Whole,
    /// Addresses of this type are all that is wanted, so a plain answer need not be decoded whole.
    Addresses(QuestionType),
    /// Its octets as they came.
    Octets,
}

/// A socket, and who waits on it for what.
pub(crate) struct Line {
    socket: Socket,
    desk: RefCell<Desk>,
    /// Whoever drives it, while there is nothing to do.
    driver: Cell<Option<Waker>>,
    /// What waits to leave has waited for the socket.
    held_up: Cell<bool>,
}

impl Line {
    /// Opens a socket on a random port.
    ///
    /// # Errors
    /// [`Failure::NoRoute`] when this machine cannot send there.
    pub(crate) fn open(server: SocketAddr) -> Result<Self, Failure> {
        let socket = Socket::open(server).map_err(|error| failure(&error))?;
        Ok(Line { socket, desk: RefCell::default(), driver: Cell::default(), held_up: Cell::default() })
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.socket.port()
    }

    /// Sends what waits, and reads for everybody, for ever.
    pub(crate) async fn drive(&self) -> Infallible {
        while self.junk() < MAX_JUNK {
            let mut readable = pin!(self.socket.readable());
            let ready = poll_fn(|cx| {
                self.send_waiting(cx);
                self.follow(cx.waker());
                readable.as_mut().poll(cx)
            });
            if let Err(error) = ready.await {
                self.fail(&error);
                break;
            }
            if let Err(error) = self.socket.pending_error()
                && error.kind() != ErrorKind::WouldBlock
            {
                self.fail(&error);
            }
            if self.read() >= BATCH {
                yield_now().await;
            }
        }
        pending().await
    }

    /// Reads what has come, [`BATCH`] datagrams or some more, and tells how many.
    fn read(&self) -> usize {
        // One look at the clock for all.
        let (now, mut read) = (Stopwatch::start(), 0);
        while read < BATCH {
            match self.socket.receive(|datagram| self.desk.borrow_mut().sort(datagram, now)) {
                Ok(more) => read += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.fail(&error);
                    read += 1;
                }
            }
        }
        read
    }

    /// Does `work`, and sends and reads for it.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            never = self.drive() => match never {},
            done = work => done,
        }
    }

    /// Begins a question; the tries of one question share an ear.
    pub(crate) fn ear(&self, want: Want) -> Ear<'_> {
        let slot = Slot { want, reply: Cell::default(), waker: Cell::default() };
        Ear { line: self, slot: Rc::new(slot), ids: Vec::with_capacity(2) }
    }

    /// Datagrams that answered nothing.
    pub(crate) fn junk(&self) -> u32 {
        self.desk.borrow().junk
    }

    /// Whoever drives is to be woken when there is something to send.
    fn follow(&self, waker: &Waker) {
        let known = self.driver.take().filter(|known| known.will_wake(waker));
        self.driver.set(Some(known.unwrap_or_else(|| waker.clone())));
    }

    /// The network has said something about what has left.
    fn fail(&self, error: &io::Error) {
        self.desk.borrow_mut().end_sent(&failure(error));
    }

    /// Has one try of a question sent that is carried among others, by its number and for answers of one type, and
    /// gives the try's ID; none when there are too many. What comes is to be fetched with [`Line::fetch`].
    pub(super) fn carry(
        &self,
        query: Query,
        (which, qtype): (u32, QuestionType),
        since: Stopwatch,
        way: Leaving,
    ) -> Option<u16> {
        self.desk.borrow_mut().write_down(query, since, Owner::Carried(which, qtype), way)
    }

    /// A buffer for one more try.
    pub(super) fn spare(&self) -> Vec<u8> {
        self.desk.borrow_mut().spare()
    }

    /// Sends the tries that wait.
    fn send_waiting(&self, cx: &mut Context<'_>) {
        // Whoever sends is told first what the network has said about what left before.
        let mut of_before = None;
        loop {
            let sent = match self.desk.borrow().next_to_leave() {
                next if next.is_empty() => return self.held_up.set(false),
                next => self.socket.send_alike(&next),
            };
            match sent {
                Ok(many) => {
                    of_before.take().into_iter().for_each(|error| self.fail(&error));
                    let at = self.held_up.get().then(Stopwatch::start);
                    self.desk.borrow_mut().left(many, at);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    of_before.take().into_iter().for_each(|error| self.fail(&error));
                    self.held_up.set(true);
                    // Asked, so that it tells when the socket takes more.
                    if !self.socket.is_writable(cx) {
                        return;
                    }
                }
                Err(error) => match failure(&error) {
                    Failure::PortClosed => self.fail(&error),
                    _ if of_before.is_none() => of_before = Some(error),
                    // This machine cannot send.
                    failure => self.desk.borrow_mut().end_waiting(&failure),
                },
            }
        }
    }

    /// Adds what came for carried questions.
    pub(super) fn fetch(&self, into: &mut Vec<Carried>) {
        into.append(&mut self.desk.borrow_mut().carried);
    }

    /// Ends the tries of a carried question; what still comes for them is late, and no junk.
    pub(super) fn forget(&self, ids: &[u16], which: u32) {
        self.desk.borrow_mut().forget(ids, |owner| matches!(owner, Owner::Carried(it, _) if *it == which));
    }
}

/// One who asks on a line and listens for any of its tries to be answered.
pub(crate) struct Ear<'l> {
    line: &'l Line,
    slot: Rc<Slot>,
    ids: Vec<u16>,
}

impl Ear<'_> {
    /// Has the question sent under a new ID, with letters of its own, as soon as the line is driven.
    pub(crate) fn send(&mut self, query: &Query) {
        let (since, owner) = (Stopwatch::start(), Owner::Ear(self.slot.clone()));
        let way = if self.ids.is_empty() { Leaving::Together } else { Leaving::Alone };
        self.ids.extend(self.line.desk.borrow_mut().write_down(query.clone(), since, owner, way));
        if let Some(driver) = self.line.driver.take() {
            driver.wake();
        }
    }

    /// Waits for an answer to any of the tries, and tells how long after its try it came.
    pub(crate) async fn listen(&self) -> (Reply, Duration) {
        if self.line.junk() >= MAX_JUNK {
            return (Reply::Noise, Duration::ZERO);
        }
        poll_fn(|cx| match self.slot.reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => {
                self.slot.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

impl Drop for Ear<'_> {
    /// A slow server answers every try. What comes after the first is late, and no junk.
    fn drop(&mut self) {
        let is_ours = |owner: &Owner| matches!(owner, Owner::Ear(slot) if Rc::ptr_eq(slot, &self.slot));
        self.line.desk.borrow_mut().forget(&self.ids, is_ours);
    }
}

/// What an error of the operating system says about the way to a server. Only a refusal comes from the
/// server; everything else is about this machine.
pub(crate) fn failure(error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Failure::PortClosed,
        _ => Failure::NoRoute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_comes_from_the_server() {
        assert_eq!(failure(&ErrorKind::ConnectionRefused.into()), Failure::PortClosed);
        for kind in [
            ErrorKind::NetworkUnreachable,
            ErrorKind::HostUnreachable,
            ErrorKind::AddrNotAvailable,
            ErrorKind::PermissionDenied,
            ErrorKind::Unsupported,
        ] {
            assert_eq!(failure(&kind.into()), Failure::NoRoute);
        }
    }
}
