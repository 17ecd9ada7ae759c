//! Walks that are under way side by side, and what they need not ask twice.
//!
//! Names of one zone, and zones on the same servers, lead to the same questions: whoever comes second waits for the
//! first one's answer. What was heard is kept for as long as walks are under way without a break, and never for more
//! than half a minute, since a walk exists to see a delegation move; a walk by itself shares nothing with an earlier
//! one.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hickory_proto::op::Message;
use tokio::sync::OnceCell;

use crate::model::{Failure, Name, QuestionType, Timestamp};

/// How long an answer is shared.
const LIFE: Duration = Duration::from_secs(30);
/// Answers that are kept at once.
const MAX_KEPT: usize = 2048;

type Asked = (SocketAddr, Name, QuestionType);
/// What one server said to one question, or will have said.
pub(super) type Word = Rc<OnceCell<Result<Rc<Message>, Failure>>>;

/// The walks that are under way.
#[derive(Debug, Default)]
pub(super) struct Party {
    walks: Cell<usize>,
    heard: RefCell<HashMap<Asked, (Timestamp, Word)>>,
}

impl Party {
    /// One walk more, for as long as what is returned lives.
    pub(super) fn join(&self) -> Joined<'_> {
        self.walks.set(self.walks.get() + 1);
        Joined { party: self }
    }

    /// Where the answer to a question is, or will be.
    pub(super) fn word(&self, server: SocketAddr, name: &Name, qtype: QuestionType, now: Timestamp) -> Word {
        let mut heard = self.heard.borrow_mut();
        let asked = (server, name.clone(), qtype);
        if let Some((since, word)) = heard.get(&asked)
            && now.since(*since) < LIFE
        {
            return Rc::clone(word);
        }
        if heard.len() >= MAX_KEPT {
            // Whoever still waits for one of these keeps it.
            heard.clear();
        }
        let word = Word::default();
        heard.insert(asked, (now, Rc::clone(&word)));
        word
    }
}

/// One of the walks.
pub(super) struct Joined<'p> {
    party: &'p Party,
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        self.party.walks.set(self.party.walks.get().saturating_sub(1));
        if self.party.walks.get() == 0 {
            self.party.heard.borrow_mut().clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_while_somebody_walks_and_not_for_long() {
        let (party, now) = (Party::default(), Timestamp::from_secs(1_800_000_000));
        let at = SocketAddr::from(([192, 0, 2, 1], 53));
        let word = |now| party.word(at, &Name::root(), QuestionType::Ns, now);
        let one = party.join();
        let first = word(now);
        let other = party.join();
        drop(one);
        assert!(Rc::ptr_eq(&first, &word(now.plus_secs(29))));
        assert!(!Rc::ptr_eq(&first, &word(now.plus_secs(30))), "too old");
        let second = word(now.plus_secs(30));
        drop(other);
        assert!(!Rc::ptr_eq(&second, &word(now.plus_secs(31))), "nobody was under way");
    }
}
