//! The questions that wait for their turn on one line.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::task::Waker;
use std::time::Duration;

use super::{Probe, YOUNG};

/// A line as the rounds see it.
pub(super) struct Carrier {
    /// The server and the sample.
    pub(super) key: (SocketAddr, u8),
    waiting: RefCell<VecDeque<Probe>>,
    /// Whoever carries the questions, while there is nothing to do.
    pub(super) idle: Cell<Option<Waker>>,
    /// When it got its port; none before that.
    opened: Cell<Option<Duration>>,
    /// It is over, or hears what answers nothing: who comes now is better off elsewhere.
    spoilt: Cell<bool>,
}

impl Carrier {
    pub(super) fn new(server: SocketAddr, sample: u8) -> Self {
        Carrier {
            key: (server, sample),
            waiting: RefCell::default(),
            idle: Cell::default(),
            opened: Cell::default(),
            spoilt: Cell::default(),
        }
    }

    pub(super) fn open(&self, now: Duration) {
        self.opened.set(Some(now));
    }

    pub(super) fn spoil(&self) {
        self.spoilt.set(true);
    }

    /// Whether the questions of one more round may travel on this line.
    pub(super) fn takes_more(&self, now: Duration) -> bool {
        !self.spoilt.get() && self.opened.get().is_none_or(|since| now.saturating_sub(since) < YOUNG)
    }

    pub(super) fn add(&self, probe: Probe) {
        self.waiting.borrow_mut().push_back(probe);
        if let Some(waker) = self.idle.take() {
            waker.wake();
        }
    }

    /// Whether nobody waits; those that nobody wants any more have left.
    pub(super) fn is_empty(&self) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        while waiting.front().is_some_and(|probe| probe.mail.closed.get()) {
            waiting.pop_front();
        }
        waiting.is_empty()
    }

    pub(super) fn next(&self) -> Option<Probe> {
        self.waiting.borrow_mut().pop_front()
    }
}
