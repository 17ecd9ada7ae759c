//! One connected UDP socket to one server, with many questions in flight on it.
//!
//! The socket is connected, so the kernel drops what comes from other addresses and tells of a closed
//! port. Its port is random, and never used for long. Somebody must poll [`Line::drive`] while questions
//! are under way: it alone reads, and hands each reply to whoever waits for it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hickory_proto::op::Message;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::plain;
use super::wire::{self, Fit, Query};
use crate::clock::Stopwatch;
use crate::model::{Answer, Failure, QuestionType};

/// Datagrams that answer nothing before a socket is given up.
pub(crate) const MAX_JUNK: u32 = 8;
/// Unanswered tries whose late answers are still known as such.
const MAX_LATE: usize = 512;
/// More than a question ever permits; a longer datagram is cut, and then fails to decode.
const BUFFER: usize = 4096;
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
    socket: UdpSocket,
    desk: RefCell<Desk>,
}

/// IDs are random already, and nobody else chooses them: spreading them is all the hashing that they need.
type ById = BuildHasherDefault<Spread>;

#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.write_u16(u16::from(*octet)));
    }

    fn write_u16(&mut self, id: u16) {
        // Odd, and near 2^64 divided by the golden ratio: neighbours end far apart, in high bits and low.
        self.0 = (self.0.rotate_left(16) ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[derive(Default)]
struct Desk {
    tries: HashMap<u16, Try, ById>,
    late: VecDeque<u16>,
    /// What came for those who carry many questions, until they fetch it.
    carried: Vec<Carried>,
    junk: u32,
}

struct Try {
    sent: Vec<u8>,
    since: Stopwatch,
    owner: Owner,
}

/// Who waits for an answer.
enum Owner {
    /// Nobody any more.
    Nobody,
    Ear(Rc<Slot>),
    /// Whoever carries many questions, by its own number for this one. Plain answers of this type are all that
    /// it wants.
    Carried(u32, QuestionType),
}

/// What came for one of many questions: its number, the reply, and how long after its try that came.
pub(super) type Carried = (u32, Reply, Duration);

struct Slot {
    want: Want,
    reply: Cell<Option<(Reply, Duration)>>,
    waker: Cell<Option<Waker>>,
}

impl Slot {
    fn put(&self, reply: Reply, rtt: Duration) {
        self.reply.set(Some((reply, rtt)));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Line {
    /// Opens a socket on a random port.
    ///
    /// # Errors
    /// [`Failure::NoRoute`] when this machine cannot send there.
    pub(crate) fn open(server: SocketAddr) -> Result<Self, Failure> {
        let open = || {
            let socket = bind(server)?;
            socket.connect(server)?;
            socket.set_nonblocking(true)?;
            UdpSocket::from_std(socket)
        };
        let socket = open().map_err(|error| failure(&error))?;
        Ok(Line { socket, desk: RefCell::default() })
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.socket.local_addr().map_or(0, |addr| addr.port())
    }

    /// Reads for everybody, for ever.
    pub(crate) async fn drive(&self) -> Infallible {
        let mut buffer = vec![0; BUFFER];
        while self.junk() < MAX_JUNK {
            // An ICMP error makes a socket ready for "error" and not for "read".
            if let Err(error) = self.socket.ready(Interest::READABLE | Interest::ERROR).await {
                self.fail(&error);
                break;
            }
            if let Err(error) = self.pending_error()
                && error.kind() != ErrorKind::WouldBlock
            {
                self.fail(&error);
            }
            for _ in 0..BATCH {
                match self.socket.try_recv(&mut buffer) {
                    Ok(length) => self.sort(&buffer[..length]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => self.fail(&error),
                }
            }
        }
        pending().await
    }

    /// Does `work` while reading for it.
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

    /// The error that came by ICMP, once. "Would block" tells the runtime that there is none now.
    fn pending_error(&self) -> io::Result<()> {
        self.socket.try_io(Interest::ERROR, || match self.socket.take_error()? {
            Some(error) => Err(error),
            None => Err(ErrorKind::WouldBlock.into()),
        })
    }

    /// Sends a try that is written down; one that is no more needs no sending.
    fn send(&self, id: u16) -> io::Result<()> {
        let desk = self.desk.borrow();
        let Some(one) = desk.tries.get(&id) else { return Ok(()) };
        self.socket.try_send(&one.sent).map(|_| ())
    }

    fn fail(&self, error: &io::Error) {
        self.desk.borrow_mut().end_all(|| Reply::Failed(failure(error)));
    }

    /// Finds out whom a datagram is for.
    fn sort(&self, datagram: &[u8]) {
        let desk = &mut *self.desk.borrow_mut();
        let known = wire::id(datagram).and_then(|id| Some((id, desk.tries.get(&id)?)));
        let fit = known.map_or(Fit::Not, |(_, one)| wire::fit(datagram, &one.sent));
        let (Some((id, _)), true) = (known, fit != Fit::Not) else {
            desk.junk += 1;
            if desk.junk >= MAX_JUNK {
                desk.end_all(|| Reply::Noise);
            }
            return;
        };
        // A network that brings an answer twice makes no junk of it.
        let Some((owner, since)) = desk.answered(id) else { return };
        let want = match &owner {
            Owner::Nobody => return,
            Owner::Ear(slot) => slot.want,
            Owner::Carried(_, qtype) => Want::Addresses(*qtype),
        };
        owner.give(reply(datagram, fit, want), since.elapsed(), &mut desk.carried);
    }

    /// Sends one try of a question that is carried among others, by its number and for answers of one type, and
    /// gives the try's ID; none when there are too many. What comes is to be fetched with [`Line::fetch`].
    pub(super) fn carry(
        &self,
        query: Query,
        (which, qtype): (u32, QuestionType),
        since: Stopwatch,
    ) -> (Option<u16>, Sent) {
        let Some(id) = self.desk.borrow().free_id() else { return (None, Sent::Gone) };
        let owner = Owner::Carried(which, qtype);
        let one = Try { sent: query.into_datagram(id), since, owner };
        self.desk.borrow_mut().tries.insert(id, one);
        (Some(id), self.send_again(id))
    }

    /// Sends a try that the socket did not take before. An error has ended all tries, this one too.
    pub(super) fn send_again(&self, id: u16) -> Sent {
        match self.send(id) {
            Ok(()) => Sent::Gone,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Sent::Later,
            Err(error) => {
                self.fail(&error);
                Sent::Gone
            }
        }
    }

    /// Whether the socket takes more.
    pub(super) fn is_writable(&self, cx: &mut Context<'_>) -> bool {
        self.socket.poll_send_ready(cx).is_ready()
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

/// What became of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It left, or never will.
    Gone,
    /// The socket takes no more now.
    Later,
}

impl Owner {
    fn give(self, reply: Reply, rtt: Duration, carried: &mut Vec<Carried>) {
        match self {
            Owner::Nobody => {}
            Owner::Ear(slot) => slot.put(reply, rtt),
            Owner::Carried(which, _) => carried.push((which, reply, rtt)),
        }
    }
}

/// One who asks on a line and listens for any of its tries to be answered.
pub(crate) struct Ear<'l> {
    line: &'l Line,
    slot: Rc<Slot>,
    ids: Vec<u16>,
}

impl Ear<'_> {
    /// Sends the question under a new ID, with letters of its own.
    pub(crate) async fn send(&mut self, query: &Query) {
        let Some(id) = self.line.desk.borrow().free_id() else { return };
        // Whoever waits is written down before the datagram leaves: the answer may come between.
        let one =
            Try { sent: query.datagram(id), since: Stopwatch::start(), owner: Owner::Ear(self.slot.clone()) };
        self.line.desk.borrow_mut().tries.insert(id, one);
        self.ids.push(id);
        while let Err(error) = self.line.send(id) {
            let result = match error.kind() {
                ErrorKind::WouldBlock => self.line.socket.writable().await,
                _ => Err(error),
            };
            if let Err(error) = result {
                return match failure(&error) {
                    // The server said so, of all that was sent.
                    Failure::PortClosed => self.line.fail(&error),
                    // It says nothing of what others have sent.
                    failure => self.slot.put(Reply::Failed(failure), Duration::ZERO),
                };
            }
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

/// What a datagram that fits is, for whoever waits for it.
fn reply(datagram: &[u8], fit: Fit, want: Want) -> Reply {
    match (fit, want) {
        (_, Want::Octets) => return Reply::Octets(datagram.to_vec(), fit),
        (Fit::OtherCase, _) => return Reply::OtherCase,
        (Fit::Exact, _) if wire::is_truncated(datagram) => return Reply::Truncated,
        (Fit::Exact, Want::Addresses(qtype)) => {
            if let Some(answer) = plain::read(datagram, qtype) {
                return Reply::Plain(answer);
            }
        }
        (Fit::Exact | Fit::NoQuestion | Fit::Not, _) => {}
    }
    match (fit, wire::decode(datagram)) {
        (Fit::Exact, Ok(message)) => Reply::Whole(Box::new(message)),
        (_, Ok(message)) => Reply::Unclear(Box::new(message)),
        (_, Err(header)) => Reply::Unclear(header),
    }
}

impl Desk {
    /// An ID that no try has; none only when somebody made far too many.
    fn free_id(&self) -> Option<u16> {
        (0..64).map(|_| rand::random()).find(|id| !self.tries.contains_key(id))
    }

    fn end_all(&mut self, reply: impl Fn() -> Reply) {
        for (_, one) in self.tries.drain() {
            one.owner.give(reply(), one.since.elapsed(), &mut self.carried);
        }
    }

    /// Who waits for the answer to a try, and since when it is out. What comes for it from now on is late.
    fn answered(&mut self, id: u16) -> Option<(Owner, Stopwatch)> {
        let one = self.tries.get_mut(&id)?;
        let owner = std::mem::replace(&mut one.owner, Owner::Nobody);
        let since = one.since;
        if !matches!(owner, Owner::Nobody) {
            self.late.push_back(id);
            self.keep_few_late();
        }
        Some((owner, since))
    }

    /// Turns those tries whose owner has heard enough into late ones.
    fn forget(&mut self, ids: &[u16], is_ours: impl Fn(&Owner) -> bool) {
        for id in ids {
            // An ID that was answered may be somebody else's by now.
            if let Some(one) = self.tries.get_mut(id).filter(|one| is_ours(&one.owner)) {
                one.owner = Owner::Nobody;
                self.late.push_back(*id);
            }
        }
        self.keep_few_late();
    }

    fn keep_few_late(&mut self) {
        while self.late.len() > MAX_LATE {
            // The ID may have been answered since, and be in use again.
            if let Some(id) = self.late.pop_front()
                && self.tries.get(&id).is_some_and(|one| matches!(one.owner, Owner::Nobody))
            {
                self.tries.remove(&id);
            }
        }
    }
}

fn bind(server: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    for _ in 0..16 {
        match std::net::UdpSocket::bind((any, rand::random_range(1024..=u16::MAX))) {
            Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {}
            done => return done,
        }
    }
    std::net::UdpSocket::bind((any, 0))
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

    /// Found by measuring: with a hundred questions in flight, one in 3,000 was lost.
    #[tokio::test]
    async fn an_answered_id_may_be_used_again_at_once() {
        let line = Line::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 9))).unwrap();
        let (mut answered, later) = (line.ear(Want::Whole), line.ear(Want::Whole));
        answered.ids.push(7);
        let owner = Owner::Ear(later.slot.clone());
        let one = Try { sent: vec![], since: Stopwatch::start(), owner };
        line.desk.borrow_mut().tries.insert(7, one);
        drop(answered);
        assert!(matches!(line.desk.borrow().tries[&7].owner, Owner::Ear(_)));
        assert!(line.desk.borrow().late.is_empty());
    }

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
