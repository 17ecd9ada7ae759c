//! The UDP questions of all rounds, and the lines on which they travel.
//!
//! A line is opened for a server and a sample, with a random port. Rounds that begin while it is young and at work
//! have their questions carried on it too: with thousands of names rounds are many and small, and a socket for each
//! would cost more than its questions. A round that begins later finds another port.
//!
//! No task drives the lines; whichever round was polled last does it for all.

mod carrier;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::Stream;
use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::HANDFUL;
use super::exchange::Limit;
use super::polite::{IN_FLIGHT, IN_FLIGHT_PER_SERVER, Polite};
use super::spread::Spread;
use crate::clock::{Clock, Stopwatch};
use crate::model::{Errand, Finding, Task};
use carrier::Carrier;

/// How long after it was opened a line takes the questions of further rounds.
const YOUNG: Duration = Duration::from_millis(250);
/// Questions that a line may have under way however many lines there are.
const LEAST_WIDTH: usize = 16;

/// While so many findings lie there unread, no question more is sent: who answers at once could answer faster than
/// anybody reads, and thousands of names would lie there.
const MOST_UNREAD: usize = 4096;
/// How few it must be again before questions go on.
const FEW_UNREAD: usize = MOST_UNREAD / 2;

/// All lines.
pub(super) struct Post {
    tools: Rc<Tools>,
    lines: RefCell<HashMap<(SocketAddr, u8), Rc<Carrier>, Spread>>,
    work: RefCell<FuturesUnordered<LocalBoxFuture<'static, Rc<Carrier>>>>,
    /// The rounds that wait for something.
    rounds: RefCell<Vec<Rc<Mailbox>>>,
    leader: Arc<Leader>,
    waker: Waker,
}

/// What every line needs.
struct Tools {
    polite: Rc<Polite>,
    clock: Rc<Clock>,
    /// The time for one probe.
    limit: Duration,
    /// How long an answer to the first try is waited for.
    first_wait: Duration,
    /// Questions that one line may have under way now.
    width: Cell<usize>,
    /// Findings that nobody has taken yet.
    unread: Rc<Cell<usize>>,
    /// The lines that send nothing until there are fewer.
    held_back: RefCell<Vec<Waker>>,
    since: Stopwatch,
}

/// A question on its way, and whose it is.
struct Probe {
    errand: Errand,
    mail: Rc<Mailbox>,
}

/// Where a round finds what was found for it.
#[derive(Default)]
struct Mailbox {
    found: RefCell<VecDeque<Vec<Finding>>>,
    waker: Cell<Option<Waker>>,
    /// Nobody wants it any more.
    closed: Cell<bool>,
    /// Findings that lie in all of them.
    unread: Rc<Cell<usize>>,
}

impl Mailbox {
    fn put(&self, finding: Finding) {
        if self.closed.get() {
            return;
        }
        self.unread.set(self.unread.get() + 1);
        let mut found = self.found.borrow_mut();
        match found.back_mut().filter(|handful| handful.len() < HANDFUL) {
            Some(handful) => handful.push(finding),
            None => {
                let mut handful = Vec::with_capacity(HANDFUL);
                handful.push(finding);
                found.push_back(handful);
            }
        }
        drop(found);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The round that is woken when there is something to do on any line.
#[derive(Default)]
struct Leader(Mutex<Option<Waker>>);

impl Leader {
    fn follow(&self, waker: &Waker) {
        let mut leader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !leader.as_ref().is_some_and(|before| before.will_wake(waker)) {
            *leader = Some(waker.clone());
        }
    }
}

impl Wake for Leader {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(waker) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }
}

impl Post {
    /// Opens nothing yet. `limit` is the time for one probe, counted from when politeness lets it go.
    pub(super) fn new(polite: Rc<Polite>, clock: Rc<Clock>, limit: Duration) -> Self {
        let leader = Arc::new(Leader::default());
        let width = Cell::new(IN_FLIGHT_PER_SERVER);
        Post {
            tools: Rc::new(Tools {
                polite,
                clock,
                limit,
                first_wait: Limit::start(limit).first_wait(),
                width,
                unread: Rc::default(),
                held_back: RefCell::default(),
                since: Stopwatch::start(),
            }),
            lines: RefCell::default(),
            work: RefCell::default(),
            rounds: RefCell::default(),
            waker: Waker::from(leader.clone()),
            leader,
        }
    }

    /// A round without questions.
    pub(super) fn round(&self) -> Round<'_> {
        let mail = Mailbox { unread: self.tools.unread.clone(), ..Mailbox::default() };
        Round { post: self, mail: Rc::new(mail), awaited: 0, now: self.tools.since.elapsed() }
    }

    fn line(&self, server: SocketAddr, sample: u8, now: Duration) -> Rc<Carrier> {
        let mut lines = self.lines.borrow_mut();
        if let Some(line) = lines.get(&(server, sample)).filter(|line| line.takes_more(now)) {
            return line.clone();
        }
        let carrier = Rc::new(Carrier::new(server, sample));
        self.work.borrow_mut().push(Box::pin(work::carry(self.tools.clone(), carrier.clone())));
        lines.insert((server, sample), carrier.clone());
        self.set_width(lines.len());
        carrier
    }

    /// More at once than may be under way altogether would only stand in each other's way.
    fn set_width(&self, lines: usize) {
        self.tools.width.set((IN_FLIGHT / lines.max(1)).clamp(LEAST_WIDTH, IN_FLIGHT_PER_SERVER));
    }

    /// Drives all lines that have something to do.
    fn poll(&self, waker: &Waker) {
        self.leader.follow(waker);
        let mut work = self.work.borrow_mut();
        while let Poll::Ready(Some(done)) = work.poll_next_unpin(&mut Context::from_waker(&self.waker)) {
            let mut lines = self.lines.borrow_mut();
            // Its place may be another's by now.
            if lines.get(&done.key).is_some_and(|line| Rc::ptr_eq(line, &done)) {
                lines.remove(&done.key);
                self.set_width(lines.len());
            }
        }
    }

    /// So many findings were taken. What was held back for them may go on.
    fn took(&self, findings: usize) {
        let before = self.tools.unread.get();
        let left = before.saturating_sub(findings);
        self.tools.unread.set(left);
        if before > FEW_UNREAD && left <= FEW_UNREAD {
            self.tools.held_back.take().into_iter().for_each(Waker::wake);
        }
    }

    /// A round ends, and leaves the lines to another, if there is one.
    fn leave(&self, mail: &Rc<Mailbox>) {
        let mut rounds = self.rounds.borrow_mut();
        let Some(at) = rounds.iter().position(|other| Rc::ptr_eq(other, mail)) else { return };
        rounds.swap_remove(at);
        match rounds.last() {
            // One without a waker is about to be polled.
            Some(next) => next.waker.take().into_iter().for_each(Waker::wake),
            None => {
                self.work.borrow_mut().clear();
                self.lines.borrow_mut().clear();
            }
        }
    }
}

/// Questions that were handed over together; gives a finding for each, by the handful. What is under way when it is
/// dropped is abandoned.
pub(super) struct Round<'p> {
    post: &'p Post,
    mail: Rc<Mailbox>,
    awaited: usize,
    /// As of when it began or last waited, since the post was opened.
    now: Duration,
}

impl Round<'_> {
    /// Hands over one question to be asked over UDP.
    pub(super) fn add(&mut self, errand: Errand) {
        let Task::Ask { server, sample, .. } = &errand.task else { return };
        let line = self.post.line(server.addr, *sample, self.now);
        if self.awaited == 0 {
            self.post.rounds.borrow_mut().push(self.mail.clone());
        }
        self.awaited += 1;
        line.add(Probe { errand, mail: self.mail.clone() });
    }

    /// Findings that are still to come.
    pub(super) fn awaited(&self) -> usize {
        self.awaited
    }

    fn next_found(&mut self) -> Option<Vec<Finding>> {
        let handful = self.mail.found.borrow_mut().pop_front()?;
        self.post.took(handful.len());
        self.awaited -= handful.len();
        if self.awaited == 0 {
            // What this was handed over with may go on for long, and the room for thousands with it.
            self.mail.found.take();
            self.post.leave(&self.mail);
        }
        Some(handful)
    }
}

impl Stream for Round<'_> {
    type Item = Vec<Finding>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Vec<Finding>>> {
        if self.awaited == 0 {
            return Poll::Ready(None);
        }
        if let Some(handful) = self.next_found() {
            return Poll::Ready(Some(handful));
        }
        self.post.poll(cx.waker());
        self.now = self.post.tools.since.elapsed();
        match self.next_found() {
            Some(handful) => Poll::Ready(Some(handful)),
            None => {
                self.mail.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        self.mail.closed.set(true);
        self.post.took(self.mail.found.take().iter().map(Vec::len).sum());
        self.post.leave(&self.mail);
    }
}
