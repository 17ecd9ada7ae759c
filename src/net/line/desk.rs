//! Who waits on a line for what: each try that is out or about to leave, and whom its answer is for.

use std::cell::Cell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::io::IoSlice;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use super::{MAX_JUNK, Reply, Want};
use crate::clock::Stopwatch;
use crate::model::{Failure, QuestionType};
use crate::net::plain;
use crate::net::socket::MOST_AT_ONCE;
use crate::net::spread::Spread;
use crate::net::wire::{self, Fit, Query};

/// Tries that are over, and whose further answers are still known as such.
const MAX_LATE: usize = 512;
/// Buffers that are kept for further tries.
const MAX_SPARE: usize = 64;

/// All tries of a line.
#[derive(Default)]
pub(super) struct Desk {
    /// Those that somebody waits for.
    tries: HashMap<u16, Try, Spread>,
    /// Those of them that have not left yet.
    waiting: VecDeque<u16>,
    /// The latest that were answered, or given up.
    late: VecDeque<u16>,
    /// What came for those who carry many questions, until they fetch it.
    pub(super) carried: Vec<Carried>,
    /// Datagrams that answered nothing.
    pub(super) junk: u32,
    /// Buffers of tries that are over.
    spare: Vec<Vec<u8>>,
}

struct Try {
    sent: Vec<u8>,
    since: Stopwatch,
    owner: Owner,
    way: Leaving,
}

/// How a try leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::net) enum Leaving {
    /// Together with others of its length.
    Together,
    /// By itself. A device that lost all that was sent together would lose it again.
    Alone,
}

/// Who waits for an answer.
pub(super) enum Owner {
    /// One who listens.
    Ear(Rc<Slot>),
    /// Whoever carries many questions, by its own number for this one. Plain answers of this type are all that
    /// it wants.
    Carried(u32, QuestionType),
}

/// What came for one of many questions: its number, the reply, and how long after its try that came.
pub(in crate::net) type Carried = (u32, Reply, Duration);

/// Where one who listens finds what came for him.
pub(super) struct Slot {
    pub(super) want: Want,
    pub(super) reply: Cell<Option<(Reply, Duration)>>,
    pub(super) waker: Cell<Option<Waker>>,
}

impl Slot {
    fn put(&self, reply: Reply, rtt: Duration) {
        self.reply.set(Some((reply, rtt)));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Owner {
    fn give(self, reply: Reply, rtt: Duration, carried: &mut Vec<Carried>) {
        match self {
            Owner::Ear(slot) => slot.put(reply, rtt),
            Owner::Carried(which, _) => carried.push((which, reply, rtt)),
        }
    }
}

impl Desk {
    /// Writes down one try that is to leave, and gives it an ID that no other has; none only when somebody made far
    /// too many.
    pub(super) fn write_down(
        &mut self,
        query: Query,
        since: Stopwatch,
        owner: Owner,
        way: Leaving,
    ) -> Option<u16> {
        for _ in 0..64 {
            let id = rand::random();
            if let Entry::Vacant(place) = self.tries.entry(id) {
                place.insert(Try { sent: query.into_datagram(id), since, owner, way });
                self.waiting.push_back(id);
                return Some(id);
            }
        }
        None
    }

    /// A buffer for one more try.
    pub(super) fn spare(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// The datagrams that are next to leave, as many as may leave together.
    pub(super) fn next_to_leave(&self) -> Vec<IoSlice<'_>> {
        let mut next: Vec<IoSlice<'_>> = Vec::with_capacity(self.waiting.len().min(MOST_AT_ONCE));
        for one in self.waiting.iter().take(MOST_AT_ONCE).map_while(|id| self.tries.get(id)) {
            let differs = |first: &IoSlice<'_>| first.len() != one.sent.len() || one.way == Leaving::Alone;
            if next.first().is_some_and(differs) {
                break;
            }
            next.push(IoSlice::new(&one.sent));
            if one.way == Leaving::Alone {
                break;
            }
        }
        next
    }

    /// So many of them have left, at this time if that was long after they were written down.
    pub(super) fn left(&mut self, many: usize, at: Option<Stopwatch>) {
        for id in self.waiting.drain(..many) {
            if let Some(at) = at
                && let Some(one) = self.tries.get_mut(&id)
            {
                one.since = at;
            }
        }
    }

    /// Finds out whom a datagram is for, which came about `now`.
    pub(super) fn sort(&mut self, datagram: &[u8], now: Stopwatch) {
        let Some(id) = wire::id(datagram) else { return self.note_junk() };
        let (one, fit) = match self.tries.entry(id) {
            Entry::Occupied(one) => match wire::fit(datagram, &one.get().sent) {
                Fit::Not => return self.note_unless_late(id),
                fit => (one.remove(), fit),
            },
            Entry::Vacant(_) => return self.note_unless_late(id),
        };
        self.end(id);
        let want = match &one.owner {
            Owner::Ear(slot) => slot.want,
            Owner::Carried(_, qtype) => Want::Addresses(*qtype),
        };
        one.owner.give(reply(datagram, fit, want), now.since(one.since), &mut self.carried);
        if self.spare.len() < MAX_SPARE {
            self.spare.push(one.sent);
        }
    }

    /// Ends those tries that have left.
    pub(super) fn end_sent(&mut self, failure: &Failure) {
        let sent: Vec<u16> = self.tries.keys().filter(|id| !self.waiting.contains(id)).copied().collect();
        for id in sent {
            if let Some(one) = self.tries.remove(&id) {
                self.end(id);
                one.owner.give(Reply::Failed(failure.clone()), one.since.elapsed(), &mut self.carried);
            }
        }
    }

    /// Ends those tries that have not left.
    pub(super) fn end_waiting(&mut self, failure: &Failure) {
        for id in std::mem::take(&mut self.waiting) {
            if let Some(one) = self.tries.remove(&id) {
                one.owner.give(Reply::Failed(failure.clone()), Duration::ZERO, &mut self.carried);
            }
        }
    }

    /// Ends those tries whose owner has heard enough.
    pub(super) fn forget(&mut self, ids: &[u16], is_ours: impl Fn(&Owner) -> bool) {
        for id in ids {
            // An ID that was answered may be somebody else's by now.
            if let Entry::Occupied(one) = self.tries.entry(*id)
                && is_ours(&one.get().owner)
            {
                one.remove();
                self.end(*id);
            }
        }
    }

    /// A try is over; what comes for it from now on is late.
    fn end(&mut self, id: u16) {
        self.waiting.retain(|waiting| *waiting != id);
        self.late.push_back(id);
        if self.late.len() > MAX_LATE {
            self.late.pop_front();
        }
    }

    /// A network may bring an answer twice, and a slow server answers every try: that is no junk. Of tries that are
    /// over nothing but the ID is kept.
    fn note_unless_late(&mut self, id: u16) {
        if !self.late.contains(&id) {
            self.note_junk();
        }
    }

    fn note_junk(&mut self) {
        self.junk += 1;
        if self.junk < MAX_JUNK {
            return;
        }
        self.waiting.clear();
        for (_, one) in self.tries.drain() {
            one.owner.give(Reply::Noise, one.since.elapsed(), &mut self.carried);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Manner, Name, Question};

    fn query(name: &str) -> Query {
        let question = Question { name: Name::parse(name).unwrap(), qtype: QuestionType::A };
        Query::new(&question, Manner::Recursive)
    }

    fn write_down(desk: &mut Desk, name: &str, way: Leaving) -> u16 {
        let owner = Owner::Carried(u32::try_from(desk.tries.len()).unwrap(), QuestionType::A);
        desk.write_down(query(name), Stopwatch::start(), owner, way).unwrap()
    }

    /// What a server would say that has nothing there.
    fn answer(desk: &Desk, id: u16) -> Vec<u8> {
        let mut answer = desk.tries[&id].sent.clone();
        answer[2] |= 0x80;
        answer
    }

    #[test]
    fn those_of_one_length_leave_together_and_tries_again_alone() {
        let mut desk = Desk::default();
        for (name, way) in [
            ("a1.example", Leaving::Together),
            ("a2.example", Leaving::Together),
            ("longer.example", Leaving::Together),
            ("longest.example", Leaving::Alone),
            ("largest.example", Leaving::Together),
        ] {
            write_down(&mut desk, name, way);
        }
        let mut groups = Vec::new();
        while let many @ 1.. = desk.next_to_leave().len() {
            groups.push(many);
            desk.left(many, None);
        }
        assert_eq!(groups, [2, 1, 1, 1]);
        (0..100).for_each(|i| {
            write_down(&mut desk, &format!("a{i:02}.example"), Leaving::Together);
        });
        assert_eq!(desk.next_to_leave().len(), MOST_AT_ONCE);
    }

    #[test]
    fn what_is_over_does_not_leave() {
        let mut desk = Desk::default();
        let ids = ["a.example", "b.example"].map(|name| write_down(&mut desk, name, Leaving::Together));
        desk.forget(&ids[..1], |_| true);
        let left: Vec<_> = desk.next_to_leave().iter().map(|next| next.to_vec()).collect();
        assert_eq!(left, [desk.tries[&ids[1]].sent.clone()]);
        desk.end_waiting(&Failure::NoRoute);
        assert!(desk.next_to_leave().is_empty() && desk.tries.is_empty());
        assert!(matches!(desk.carried[..], [(1, Reply::Failed(Failure::NoRoute), _)]));
    }

    #[test]
    fn the_word_of_the_network_is_about_what_has_left() {
        let mut desk = Desk::default();
        let ids = ["a.example", "b.example"].map(|name| write_down(&mut desk, name, Leaving::Together));
        let (late, since) = (answer(&desk, ids[0]), Stopwatch::start());
        desk.left(1, Some(since));
        desk.end_sent(&Failure::PortClosed);
        assert!(matches!(desk.carried[..], [(0, Reply::Failed(Failure::PortClosed), _)]));
        assert_eq!(desk.next_to_leave().len(), 1, "the other has not");
        (0..20).for_each(|_| desk.sort(&late, since));
        assert_eq!(desk.junk, 0);
    }

    #[test]
    fn an_answer_that_comes_again_is_no_junk() {
        let mut desk = Desk::default();
        let id = write_down(&mut desk, "a.example", Leaving::Together);
        let answer = answer(&desk, id);
        desk.left(1, None);
        (0..20).for_each(|_| desk.sort(&answer, Stopwatch::start()));
        assert_eq!((desk.carried.len(), desk.junk), (1, 0));
        // Its ID is another's by now, and it is no answer to that one.
        let other = desk.write_down(
            query("b.example"),
            Stopwatch::start(),
            Owner::Carried(9, QuestionType::A),
            Leaving::Together,
        );
        let mut one = desk.tries.remove(&other.unwrap()).unwrap();
        one.sent[..2].copy_from_slice(&id.to_be_bytes());
        desk.tries.insert(id, one);
        desk.sort(&answer, Stopwatch::start());
        assert_eq!((desk.tries.len(), desk.junk), (1, 0));
    }

    #[test]
    fn what_answers_nothing_is_junk_and_ends_all() {
        let mut desk = Desk::default();
        let id = write_down(&mut desk, "a.example", Leaving::Together);
        let mut foreign = answer(&desk, id);
        foreign[13] = b'x';
        (0..MAX_JUNK).for_each(|_| desk.sort(&foreign, Stopwatch::start()));
        assert!(matches!(desk.carried[..], [(0, Reply::Noise, _)]), "{}", desk.junk);
    }

    /// Found by measuring: with a hundred questions in flight, one in 3,000 was lost.
    #[test]
    fn an_answered_id_may_be_used_again_at_once() {
        let mut desk = Desk::default();
        let id = write_down(&mut desk, "a.example", Leaving::Together);
        desk.forget(&[id], |owner| matches!(owner, Owner::Carried(7, _)));
        assert!(desk.tries.contains_key(&id) && desk.late.is_empty());
    }
}
