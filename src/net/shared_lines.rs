//! Lines for the single questions of walks and surveys.
//!
//! Names of one zone are walked to and surveyed side by side, all at the same few servers. While a line is young, and
//! has heard nothing but answers, further questions to its server travel on it: a socket for each would cost more
//! than the question. Whoever asks later finds another port.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::line::Line;
use super::polite::Polite;
use crate::clock::Stopwatch;
use crate::model::Failure;

/// How long after it was opened a line takes further questions.
const YOUNG: Duration = Duration::from_millis(250);
/// So many servers are remembered before those without a line are forgotten.
const REMEMBERED: usize = 256;

/// The lines that are open.
pub(super) struct SharedLines {
    polite: Rc<Polite>,
    lines: RefCell<HashMap<SocketAddr, Weak<SharedLine>>>,
}

/// One line, for as long as somebody asks on it.
pub(super) struct SharedLine {
    pub(super) line: Line,
    opened: Stopwatch,
    seats: RefCell<Seats>,
    _held: Option<OwnedSemaphorePermit>,
}

impl SharedLines {
    /// Opens nothing yet.
    pub(super) fn new(polite: Rc<Polite>) -> Self {
        SharedLines { polite, lines: RefCell::default() }
    }

    /// A line to a server: one that is open, or a new one as soon as politeness permits another socket.
    ///
    /// # Errors
    /// [`Failure::NoRoute`] when this machine cannot send there.
    pub(super) async fn to(&self, server: SocketAddr) -> Result<Rc<SharedLine>, Failure> {
        if let Some(line) = self.open(server) {
            return Ok(line);
        }
        let held = self.polite.lone_socket().await;
        // Another may have opened one meanwhile.
        if let Some(line) = self.open(server) {
            return Ok(line);
        }
        let line = Rc::new(SharedLine::open(server, held)?);
        let mut lines = self.lines.borrow_mut();
        if lines.len() >= REMEMBERED {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        lines.insert(server, Rc::downgrade(&line));
        Ok(line)
    }

    /// A line that nobody else asks on.
    ///
    /// # Errors
    /// [`Failure::NoRoute`] when this machine cannot send there.
    pub(super) async fn alone(&self, server: SocketAddr) -> Result<SharedLine, Failure> {
        SharedLine::open(server, self.polite.lone_socket().await)
    }

    fn open(&self, server: SocketAddr) -> Option<Rc<SharedLine>> {
        let line = self.lines.borrow().get(&server)?.upgrade()?;
        (line.opened.elapsed() < YOUNG && line.line.junk() == 0).then_some(line)
    }
}

impl SharedLine {
    fn open(server: SocketAddr, held: Option<OwnedSemaphorePermit>) -> Result<Self, Failure> {
        let line = Line::open(server)?;
        Ok(SharedLine { line, opened: Stopwatch::start(), seats: RefCell::default(), _held: held })
    }

    /// Does `work`, and meanwhile sends and reads for everybody on this line, unless another does.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let seat = Seat::take(&self.seats);
        let (mut reader, mut work) = (pin!(self.line.drive()), pin!(work));
        poll_fn(|cx| {
            if seat.reads() {
                let Poll::Pending = reader.as_mut().poll(cx);
            }
            let done = work.as_mut().poll(cx);
            if done.is_pending() {
                seat.wait(cx.waker());
            }
            done
        })
        .await
    }
}

/// Those who ask on a line: one of them reads, and the others can be woken to do it in his place.
#[derive(Default)]
struct Seats {
    taken: u64,
    reader: Option<u64>,
    waiting: BTreeMap<u64, Waker>,
}

struct Seat<'l> {
    seats: &'l RefCell<Seats>,
    number: u64,
}

impl<'l> Seat<'l> {
    fn take(seats: &'l RefCell<Seats>) -> Self {
        let number = seats.borrow().taken;
        seats.borrow_mut().taken += 1;
        Seat { seats, number }
    }

    /// Whether it is this one who reads; where nobody does, it is from now on.
    fn reads(&self) -> bool {
        let seats = &mut *self.seats.borrow_mut();
        if seats.reader.is_none() {
            seats.waiting.remove(&self.number);
        }
        *seats.reader.get_or_insert(self.number) == self.number
    }

    fn wait(&self, waker: &Waker) {
        let seats = &mut *self.seats.borrow_mut();
        if seats.reader == Some(self.number) {
            return;
        }
        match seats.waiting.get_mut(&self.number) {
            Some(known) => known.clone_from(waker),
            None => {
                seats.waiting.insert(self.number, waker.clone());
            }
        }
    }
}

impl Drop for Seat<'_> {
    /// Another reads from now on, if there is one.
    fn drop(&mut self) {
        let seats = &mut *self.seats.borrow_mut();
        seats.waiting.remove(&self.number);
        seats.reader.take_if(|reader| *reader == self.number);
        // Whoever was woken for it before may be leaving without having been asked.
        if let (None, Some(waker)) = (seats.reader, seats.waiting.values().next()) {
            waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures::future::{Either, join_all, select};
    use tokio::net::UdpSocket;

    use super::*;
    use crate::model::{Manner, Name, Question, QuestionType};
    use crate::net::exchange::{Exchange, Limit};
    use crate::net::line::{Reply, Want};
    use crate::net::wire::Query;

    fn query(i: usize) -> Query {
        let name = Name::parse(&format!("h{i}.example.com")).unwrap();
        Query::new(&Question { name, qtype: QuestionType::A }, Manner::Authoritative)
    }

    /// Sends every question back as an answer, and so many times, once as many have come as are to be held back.
    async fn mirror(socket: &UdpSocket, (held_back, times): (usize, usize)) -> std::convert::Infallible {
        let (mut buffer, mut kept) = ([0; 512], Vec::new());
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            buffer[2] |= 0x80;
            kept.push((buffer[..length].to_vec(), from));
            if kept.len() > held_back {
                for (reply, to) in kept.drain(..) {
                    for _ in 0..times {
                        socket.send_to(&reply, to).await.unwrap();
                    }
                }
            }
        }
    }

    /// From which port, and whether the first try was answered.
    async fn ask(lines: &SharedLines, server: SocketAddr, i: usize) -> (u16, bool) {
        let turn = lines.polite.turn(server.ip()).await;
        let line = lines.to(server).await.unwrap();
        let limit = Limit::start(Duration::from_secs(5));
        let exchange = Exchange::new(server, &lines.polite, limit, Want::Octets);
        let (reply, _, tries) = line.during(exchange.tries(&line.line, &query(i), &turn)).await;
        (line.line.port(), matches!(reply, Reply::Octets(..)) && tries == 1)
    }

    async fn with_mirror<T>(
        conduct: (usize, usize),
        work: impl AsyncFnOnce(SharedLines, SocketAddr) -> T,
    ) -> T {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let lines = SharedLines::new(Rc::new(Polite::new()));
        let server = socket.local_addr().unwrap();
        let (mirror, work) = (pin!(mirror(&socket, conduct)), pin!(work(lines, server)));
        match select(mirror, work).await {
            Either::Left((never, _)) => match never {},
            Either::Right((done, _)) => done,
        }
    }

    #[tokio::test]
    async fn questions_side_by_side_share_a_port_and_later_ones_have_another() {
        with_mirror((49, 1), async |lines, server| {
            let all = join_all((0..50).map(|i| ask(&lines, server, i))).await;
            assert!(all.iter().all(|(port, answered)| *answered && *port == all[0].0), "{all:?}");
            assert_eq!(lines.lines.borrow()[&server].strong_count(), 0, "it is closed");
        })
        .await;
    }

    /// Else eight questions whose answers come twice would end those of all others on the line.
    #[tokio::test]
    async fn answers_that_come_twice_are_no_junk() {
        with_mirror((49, 2), async |lines, server| {
            let all = join_all((0..50).map(|i| ask(&lines, server, i))).await;
            assert!(all.iter().all(|(_, answered)| *answered), "{all:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn another_reads_when_the_reader_leaves() {
        // One answer is held back until the other question has come: the reader's never comes.
        with_mirror((1, 1), async |lines, server| {
            let mut reader = Box::pin(ask(&lines, server, 0));
            let mut second = Box::pin(ask(&lines, server, 1));
            // Both have put their questions, and the first of them is to send and to read.
            assert!(
                futures::poll!(reader.as_mut()).is_pending() && futures::poll!(second.as_mut()).is_pending()
            );
            drop(reader);
            let (second, third) = futures::join!(second, ask(&lines, server, 2));
            assert!(second.1 && third.1 && second.0 == third.0);
        })
        .await;
    }
}
