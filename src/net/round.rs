//! One round: the errands of one call, side by side.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, LocalBoxStream, SelectAll, Stream, StreamExt as _};
use tokio::time::timeout;

use super::exchange::{Exchange, Heard, Limit};
use super::line::{Line, Reply, Want};
use super::polite::{IN_FLIGHT, IN_FLIGHT_PER_SERVER};
use super::secure::Held;
use super::wire::Query;
use super::{HANDFUL, Internet, origin, survey, walk_from_here, web};
use crate::model::{
    Endpoint, Errand, Failure, Finding, Manner, Name, Port53, Question, QuestionType, Rcode, Seen, Task,
    Transport,
};

/// Questions that a group may have under way however many groups there are.
const LEAST_WIDTH: usize = 16;
/// How long the address that runs no server is listened to.
const SILENCE: Duration = Duration::from_secs(1);

/// Carries errands out. Questions to one server in one sample share a port or a connection; another sample has
/// another.
pub(super) fn run(net: &Internet, errands: Vec<Errand>) -> impl Stream<Item = Vec<Finding>> {
    let mut plain = net.post.round();
    let mut groups: BTreeMap<(Arc<Endpoint>, u8), Vec<Errand>> = BTreeMap::new();
    let mut others: SelectAll<LocalBoxStream<'_, Finding>> = SelectAll::new();
    for errand in errands {
        match &errand.task {
            Task::Ask { server, .. } if server.transport == Transport::Udp => plain.add(errand),
            Task::Ask { server, sample, .. } => {
                groups.entry((server.clone(), *sample)).or_default().push(errand);
            }
            _ => others.push(stream::once(alone(net, errand)).boxed_local()),
        }
    }
    // More at once than may be under way altogether would only stand in each other's way.
    let width = (IN_FLIGHT / groups.len().max(1)).clamp(LEAST_WIDTH, IN_FLIGHT_PER_SERVER);
    for ((server, sample), errands) in groups {
        others.push(group(net, server, sample, errands, width).boxed_local());
    }
    stream::select(plain, others.ready_chunks(HANDFUL))
}

/// An errand that is not one question.
async fn alone(net: &Internet, errand: Errand) -> Finding {
    let (seen, questions) = match &errand.task {
        // Made only when it is let in: a thousand may wait here, and each would take some kilobytes.
        Task::Walk { name } => {
            let _held = net.polite.walk().await;
            Box::pin(walk_from_here(net, name)).await
        }
        Task::Survey { name } => {
            let _held = net.polite.survey().await;
            Box::pin(survey::survey(net, name)).await
        }
        Task::Intercept => Box::pin(intercept(net)).await,
        Task::Fetch(fetch) => web::fetch(net, fetch).await,
        Task::Origin { address } => {
            let _held = net.polite.survey().await;
            Box::pin(origin::look(net, *address)).await
        }
        _ => (Seen::Failed(Failure::NoRoute), 0),
    };
    Finding { at: net.clock.now(), errand, seen, questions }
}

/// All questions to one server in one sample, over connections.
fn group(
    net: &Internet,
    server: Arc<Endpoint>,
    sample: u8,
    errands: Vec<Errand>,
    width: usize,
) -> impl Stream<Item = Finding> {
    let route = Rc::new(Route { net, server, sample });
    stream::iter(errands).map(move |errand| probe(route.clone(), errand)).buffer_unordered(width)
}

/// How the questions of a group travel.
struct Route<'a> {
    net: &'a Internet,
    server: Arc<Endpoint>,
    sample: u8,
}

impl Route<'_> {
    async fn carry(&self, query: &Query, limit: Limit, held: Option<&Held>) -> Heard {
        match held {
            Some(held) => self.net.secure.ask(held, &self.server, query, limit).await,
            None => {
                let polite = &self.net.polite;
                Exchange::new(self.server.addr, polite, limit, Want::Whole).over_tcp(query).await
            }
        }
    }

    /// One probe. Its limit starts when politeness lets it go.
    async fn look(&self, question: &Question, manner: Manner) -> (Seen, u32) {
        let held = match self.server.transport {
            Transport::Tls | Transport::Https => {
                Some(self.net.secure.hold(&self.server, self.sample, &self.net.polite).await)
            }
            Transport::Udp | Transport::Tcp => None,
        };
        let turn = self.net.polite.turn(self.server.addr.ip()).await;
        let limit = Limit::start(self.net.settings.probe_limit);
        let query = Query::new(question, manner);
        let heard = self.carry(&query, limit, held.as_ref()).await;
        let again = async || {
            turn.again();
            self.carry(&query.unchecked(), limit, held.as_ref()).await
        };
        unchecked(heard, question, manner, again).await
    }
}

/// What was seen, after the same question without checking where a resolver says SERVFAIL: `again` asks it.
pub(super) async fn unchecked(
    heard: Heard,
    question: &Question,
    manner: Manner,
    again: impl AsyncFnOnce() -> Heard,
) -> (Seen, u32) {
    let mut questions = heard.questions;
    let mut answer = match heard.answer(question) {
        Ok(answer) => answer,
        Err(failure) => return (Seen::Failed(failure), questions),
    };
    if answer.rcode == Rcode::SERVFAIL && manner == Manner::Recursive {
        let unchecked = again().await;
        questions += unchecked.questions;
        let unchecked = unchecked.answer(question).ok();
        answer.unchecked = unchecked.map(|answer| matches!(answer.rcode, Rcode::NOERROR | Rcode::NXDOMAIN));
    }
    (Seen::Answered(answer), questions)
}

async fn probe(route: Rc<Route<'_>>, errand: Errand) -> Finding {
    let (seen, questions) = match &errand.task {
        Task::Ask { question, manner, .. } => route.look(question, *manner).await,
        _ => (Seen::Failed(Failure::NoRoute), 0),
    };
    Finding { at: route.net.clock.now(), errand, seen, questions }
}

/// Asks the silent address for the root's servers, as any resolver might be asked, and listens.
async fn intercept(net: &Internet) -> (Seen, u32) {
    let _held = net.polite.socket().await;
    let Ok(line) = Line::open(net.settings.silent_target) else {
        return (Seen::Intercepted(Port53::Unsent), 0);
    };
    let query = Query::new(&Question { name: Name::root(), qtype: QuestionType::Ns }, Manner::Recursive);
    let mut sent = 0;
    let listen = async {
        let mut ear = line.ear(Want::Whole);
        for _ in 0..2 {
            sent += 1;
            ear.send(&query);
            if let Ok((reply, _)) = timeout(SILENCE / 2, ear.listen()).await {
                return Some(reply);
            }
        }
        None
    };
    let seen = match line.during(listen).await {
        Some(Reply::Failed(Failure::NoRoute)) => Port53::Unsent,
        // "Nobody listens" comes from the network, and claims no answer.
        Some(Reply::Failed(_)) => Port53::Clear,
        Some(_) => Port53::Intercepted,
        None if line.junk() > 0 => Port53::Intercepted,
        None => Port53::Clear,
    };
    (Seen::Intercepted(seen), sent)
}
