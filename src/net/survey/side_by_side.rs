//! What surveys that are made side by side need not ask twice: what a zone's parents say of its keys, the keys, CAA
//! above a name, and how a server takes questions. Names of one zone have all of that in common.
//!
//! A survey by itself shares nothing with an earlier one: it is made to see something change.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::ask::{Heard, Way};
use crate::model::{Name, Question, Timestamp};

/// How long an answer is shared.
const LIFE: Duration = Duration::from_secs(10);
/// Answers that are kept at once.
const MAX_KEPT: usize = 2048;

/// A question that several names have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    /// The very question, as the CA's resolver asks it.
    Usual(SocketAddr, Question),
    /// Whether a server of this zone takes this way of asking; any of the zone's names will do.
    Way(SocketAddr, Name, Way),
}

type Word = Rc<OnceCell<Heard>>;

/// Surveys that are under way, and what they have heard.
#[derive(Debug, Default)]
pub(in crate::net) struct Shared {
    surveys: Cell<usize>,
    heard: RefCell<HashMap<Asked, (Timestamp, Word)>>,
}

impl Shared {
    /// One survey more, for as long as what is returned lives.
    pub(super) fn join(&self) -> Joined<'_> {
        self.surveys.set(self.surveys.get() + 1);
        Joined { shared: self }
    }

    /// Where an answer is, or will be; whoever comes second waits for the first.
    pub(super) fn word(&self, asked: Asked, now: Timestamp) -> Word {
        let mut heard = self.heard.borrow_mut();
        if let Some((since, word)) = heard.get(&asked)
            && now.since(*since) < LIFE
        {
            return Rc::clone(word);
        }
        if heard.len() >= MAX_KEPT {
            heard.clear();
        }
        let word = Word::default();
        heard.insert(asked, (now, Rc::clone(&word)));
        word
    }
}

/// One of the surveys.
pub(super) struct Joined<'c> {
    shared: &'c Shared,
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        self.shared.surveys.set(self.shared.surveys.get().saturating_sub(1));
        if self.shared.surveys.get() == 0 {
            self.shared.heard.borrow_mut().clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_side_by_side_and_not_for_long() {
        let (shared, now) = (Shared::default(), Timestamp::from_secs(1_800_000_000));
        let at = SocketAddr::from(([192, 0, 2, 1], 53));
        let word = |now| shared.word(Asked::Way(at, Name::root(), Way::PLAIN), now);
        let one = shared.join();
        let first = word(now);
        let other = shared.join();
        drop(one);
        assert!(Rc::ptr_eq(&first, &word(now.plus_secs(9))));
        assert!(!Rc::ptr_eq(&first, &word(now.plus_secs(10))));
        let second = word(now.plus_secs(10));
        drop(other);
        assert!(!Rc::ptr_eq(&second, &word(now.plus_secs(11))));
    }
}
