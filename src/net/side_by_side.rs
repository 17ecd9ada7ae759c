//! What errands that are under way side by side need not ask twice: whoever comes second waits for the first one's
//! answer.
//!
//! An errand by itself shares nothing with an earlier one, since it is made to see something change: what was heard
//! is kept for as long as such errands are under way without a break, and never for longer than its time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::model::Timestamp;

/// Answers that are kept at once.
const MAX_KEPT: usize = 2048;

/// An answer that is there, or will be.
pub(super) type Word<A> = Rc<OnceCell<A>>;

/// Errands of one kind that are under way, and what they have heard.
#[derive(Debug)]
pub(super) struct SideBySide<Q, A> {
    under_way: Cell<usize>,
    /// How long an answer is shared.
    life: Duration,
    heard: RefCell<HashMap<Q, (Timestamp, Word<A>)>>,
}

impl<Q: Eq + Hash, A> SideBySide<Q, A> {
    /// Nobody is under way; answers will be shared for `life`.
    pub(super) fn new(life: Duration) -> Self {
        SideBySide { under_way: Cell::new(0), life, heard: RefCell::default() }
    }

    /// One errand more, for as long as what is returned lives.
    pub(super) fn join(&self) -> Joined<'_, Q, A> {
        self.under_way.set(self.under_way.get() + 1);
        Joined { all: self }
    }

    /// Where the answer to a question is, or will be.
    pub(super) fn word(&self, asked: Q, now: Timestamp) -> Word<A> {
        let mut heard = self.heard.borrow_mut();
        if let Some((since, word)) = heard.get(&asked)
            && now.since(*since) < self.life
        {
            return Rc::clone(word);
        }
        if heard.len() >= MAX_KEPT {
            // Whoever still waits for one of these keeps it.
            heard.clear();
        }
        let word = Rc::new(OnceCell::new());
        heard.insert(asked, (now, Rc::clone(&word)));
        word
    }

    /// Whoever asks from now on asks anew, if this is still what is shared.
    pub(super) fn forget(&self, asked: &Q, word: &Word<A>) {
        let mut heard = self.heard.borrow_mut();
        if heard.get(asked).is_some_and(|(_, known)| Rc::ptr_eq(known, word)) {
            heard.remove(asked);
        }
    }
}

/// One of the errands.
pub(super) struct Joined<'a, Q, A> {
    all: &'a SideBySide<Q, A>,
}

impl<Q, A> Drop for Joined<'_, Q, A> {
    fn drop(&mut self) {
        self.all.under_way.set(self.all.under_way.get().saturating_sub(1));
        if self.all.under_way.get() == 0 {
            self.all.heard.borrow_mut().clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_while_somebody_is_under_way_and_not_for_long() {
        let all: SideBySide<&str, u8> = SideBySide::new(Duration::from_secs(30));
        let now = Timestamp::from_secs(1_800_000_000);
        let word = |now| all.word("a question", now);
        let one = all.join();
        let first = word(now);
        let other = all.join();
        drop(one);
        assert!(Rc::ptr_eq(&first, &word(now.plus_secs(29))));
        assert!(!Rc::ptr_eq(&first, &word(now.plus_secs(30))), "too old");
        let second = word(now.plus_secs(30));
        drop(other);
        assert!(!Rc::ptr_eq(&second, &word(now.plus_secs(31))), "nobody was under way");
    }
}
