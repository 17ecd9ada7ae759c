//! One probe: a question, the quick tries again that make up for lost packets, and TCP where UDP does
//! not do. All within one limit.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use tokio::time::timeout;

use super::answer;
use super::line::{Line, Reply, Want};
use super::polite::{Polite, Turn};
use super::tcp;
use super::wire::Query;
use crate::clock::Stopwatch;
use crate::model::{Answer, Failure, Question};

/// Waits between the tries, in thousandths of the limit. Ten tries: where every fifth packet is lost
/// each way, one probe in 27,000 gets no answer.
const WAITS: [u32; 9] = [140, 140, 110, 110, 85, 85, 85, 85, 60];
/// A shorter wait would ask again before an answer from far away can be here.
const LEAST_WAIT: Duration = Duration::from_millis(100);

/// A wait that is longer by so much says that this machine was asleep or busy.
const STALL: Duration = Duration::from_millis(100);
/// How often that is made up for in one piece of work.
const MOST_STALLS: usize = 4;

/// The time that one probe has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    since: Stopwatch,
    total: Duration,
    /// What was slept over.
    extra: Duration,
}

impl Limit {
    /// Begins now.
    pub(crate) fn start(total: Duration) -> Self {
        Limit::since(Stopwatch::start(), total)
    }

    /// Begins with something that was timed itself.
    pub(crate) fn since(since: Stopwatch, total: Duration) -> Self {
        Limit { since, total, extra: Duration::ZERO }
    }

    /// A wait for an answer has taken so much longer than it should have. What this machine slept over, or was too
    /// busy for, is not the server's silence: the limit ends later by as much.
    pub(crate) fn overslept(&mut self, by: Duration) {
        self.extra += by;
    }

    /// Does `work`, if that takes no longer than what is left. After a stall it goes on for as long as that was: nobody
    /// knows how much of the time before was slept over too.
    pub(crate) async fn within<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        for _ in 0..MOST_STALLS {
            let (left, since) = (self.left(), Stopwatch::start());
            if let Ok(done) = timeout(left, &mut work).await {
                return Some(done);
            }
            let by = since.elapsed().saturating_sub(left);
            if by < STALL {
                break;
            }
            self.overslept(by + by.min(left));
        }
        None
    }

    /// What is left of it.
    pub(crate) fn left(&self) -> Duration {
        (self.total + self.extra).saturating_sub(self.since.elapsed())
    }

    /// How long to wait for an answer to the first try, when nothing has been waited for yet.
    pub(crate) fn first_wait(&self) -> Duration {
        (self.total * WAITS[0] / 1000).max(LEAST_WAIT).min(self.total)
    }

    /// How long to wait for an answer to one more try after so many; none when the probe's time is up.
    pub(crate) fn wait(&self, tries: u8) -> Option<Duration> {
        let left = self.left();
        let wait = match WAITS.get(usize::from(tries)) {
            Some(share) => (self.total * *share / 1000).max(LEAST_WAIT).min(left),
            None if usize::from(tries) == WAITS.len() => left,
            None => return None,
        };
        Some(wait).filter(|wait| !wait.is_zero())
    }
}

/// What the tries of one question came to: the reply, how long after its try that came, and after how many.
pub(crate) type Tried = (Reply, Duration, u8);

/// What is kept of a reply. Boxed, since it is handed on from future to future.
#[derive(Debug)]
pub(crate) enum Body {
    /// A plain answer; only where an exchange wants nothing else.
    Plain(Box<Answer>),
    /// The whole message.
    Whole(Box<Message>),
}

/// What came of one question.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) said: Result<Body, Failure>,
    /// Between the try that was answered and its answer.
    pub(crate) rtt: Duration,
    /// Datagrams, and questions on streams, that it cost.
    pub(crate) questions: u32,
}

impl Heard {
    pub(crate) fn failed(failure: Failure, questions: u32) -> Self {
        Heard { said: Err(failure), rtt: Duration::ZERO, questions }
    }

    fn whole(message: Result<Box<Message>, Failure>, rtt: Duration, questions: u32) -> Self {
        Heard { said: message.map(Body::Whole), rtt, questions }
    }

    /// The message, of an exchange that wants the whole.
    pub(crate) fn message(self) -> Result<Message, Failure> {
        match self.said? {
            Body::Whole(message) => Ok(*message),
            Body::Plain(_) => Err(Failure::Garbage),
        }
    }

    /// What was said about `question`, which is the one that was asked.
    pub(crate) fn answer(self, question: &Question) -> Result<Box<Answer>, Failure> {
        match self.said? {
            Body::Whole(message) => Ok(Box::new(answer::read(&message, question, self.rtt))),
            Body::Plain(mut answer) => {
                answer.rtt_micros = u32::try_from(self.rtt.as_micros()).unwrap_or(u32::MAX);
                Ok(answer)
            }
        }
    }
}

/// One server and what a probe of it needs; a question more does not need more.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) server: SocketAddr,
    pub(crate) polite: &'a Polite,
    pub(crate) want: Want,
    limit: Cell<Limit>,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(server: SocketAddr, polite: &'a Polite, limit: Limit, want: Want) -> Self {
        Exchange { server, polite, want, limit: Cell::new(limit) }
    }

    /// Does `work` over TCP within what is left of the limit.
    pub(crate) async fn on_stream<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        // Waiting for one's turn is nobody's silence.
        let since = Stopwatch::start();
        let _held = self.polite.stream().await;
        let mut limit = self.limit.get();
        limit.overslept(since.elapsed());
        let done = limit.within(work).await;
        self.limit.set(limit);
        done
    }

    /// Asks over UDP on `line`, without EDNS if the server cannot read that (RFC 6891, section 7), and over TCP
    /// when the answer is truncated, cannot be read, or could be somebody else's.
    pub(crate) async fn over_udp(&self, line: &Line, query: &Query, turn: &Turn) -> Heard {
        let first = self.tries(line, query, turn).await;
        self.after(first, line, query, turn).await
    }

    /// The same, after the first tries have come to something.
    pub(crate) async fn after(&self, first: Tried, line: &Line, query: &Query, turn: &Turn) -> Heard {
        let (mut reply, mut rtt, tries) = first;
        let mut questions = u32::from(tries);
        let plainer = query.without_edns().filter(|_| cannot_read(&reply));
        if let Some(query) = &plainer {
            turn.again();
            // Few come this way, and a future that is kept apart makes all others smaller.
            let (second, took, more) = Box::pin(self.tries(line, query, turn)).await;
            questions += u32::from(more);
            // Silence after an error tells less than the error.
            if !matches!(second, Reply::Failed(_)) {
                (reply, rtt) = (second, took);
            }
        }
        let query = plainer.as_ref().unwrap_or(query);
        // What is to be said should TCP say nothing either.
        let otherwise = match reply {
            Reply::Plain(answer) => return Heard { said: Ok(Body::Plain(answer)), rtt, questions },
            Reply::Whole(message) => return Heard::whole(Ok(message), rtt, questions),
            Reply::Failed(failure) => return Heard::failed(failure, questions),
            Reply::Truncated => Err(Failure::NoTcp),
            Reply::Unclear(header) => worth(header),
            Reply::OtherCase | Reply::Noise | Reply::Octets(..) => Err(Failure::Garbage),
        };
        turn.again();
        // Kept apart for the same reason.
        let mut heard = Box::pin(self.over_tcp(query)).await;
        heard.questions += questions;
        if heard.said.is_err() {
            heard = Heard::whole(otherwise, rtt, heard.questions);
        }
        heard
    }

    /// Asks over TCP alone.
    pub(crate) async fn over_tcp(&self, query: &Query) -> Heard {
        let work = async {
            let since = Stopwatch::start();
            (tcp::ask(self.server, query).await, since.elapsed())
        };
        match self.on_stream(work).await {
            Some((Ok(Ok(message)), rtt)) => Heard::whole(Ok(Box::new(message)), rtt, 1),
            Some((Ok(Err(header)), rtt)) => Heard::whole(worth(header), rtt, 1),
            Some((Err(failure), _)) => Heard::failed(failure, 1),
            None => Heard::failed(Failure::Silent { tries: 1 }, 1),
        }
    }

    /// The tries over UDP; tells after how many of them what came.
    pub(crate) async fn tries(&self, line: &Line, query: &Query, turn: &Turn) -> Tried {
        let mut ear = line.ear(self.want);
        let mut tries = 0;
        while let Some(wait) = self.limit.get().wait(tries) {
            if tries > 0 {
                turn.again();
            }
            tries += 1;
            ear.send(query);
            let since = Stopwatch::start();
            let heard = timeout(wait, ear.listen()).await;
            let mut limit = self.limit.get();
            limit.overslept(since.elapsed().saturating_sub(wait));
            self.limit.set(limit);
            if let Ok((reply, rtt)) = heard {
                return (reply, rtt, tries);
            }
        }
        (Reply::Failed(unheard(line, tries)), Duration::ZERO, tries)
    }
}

/// What it means that nothing came after so many tries.
pub(crate) fn unheard(line: &Line, tries: u8) -> Failure {
    if line.junk() > 0 { Failure::Garbage } else { Failure::Silent { tries } }
}

/// Whether the server says that it cannot read the question; one that knows no EDNS may answer so.
fn cannot_read(reply: &Reply) -> bool {
    match reply {
        Reply::Whole(message) | Reply::Unclear(message) => {
            message.metadata.response_code == ResponseCode::FormErr
        }
        _ => false,
    }
}

/// What a bare header is worth. Without its records NOERROR could mean anything, and so means nothing.
fn worth(header: Box<Message>) -> Result<Box<Message>, Failure> {
    match header.metadata.response_code {
        ResponseCode::NoError => Err(Failure::Garbage),
        _ => Ok(header),
    }
}
