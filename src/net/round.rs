//! One round: the errands of one call, side by side.

use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures::stream::{self, LocalBoxStream, SelectAll, Stream, StreamExt as _};
use futures::{FutureExt as _, future::LocalBoxFuture};
use tokio::time::timeout;

use super::exchange::{Exchange, Heard, Limit};
use super::line::{Line, Reply};
use super::polite::{IN_FLIGHT, IN_FLIGHT_PER_SERVER, Turn};
use super::secure::Held;
use super::wire::Query;
use super::{Internet, origin, survey, walk_from_here, web};
use crate::model::{
    Endpoint, Errand, Failure, Finding, Manner, Name, Port53, Question, QuestionType, Rcode, Seen, Task,
    Transport,
};

/// Questions that a group may have under way however many groups there are.
const LEAST_WIDTH: usize = 16;
/// How long the address that runs no server is listened to.
const SILENCE: Duration = Duration::from_secs(1);

/// Carries errands out. Questions to one server in one sample share a socket; another sample has
/// another port.
pub(super) fn run(net: &Internet, errands: Vec<Errand>) -> impl Stream<Item = Finding> {
    let mut groups: BTreeMap<(Endpoint, u8), Vec<Errand>> = BTreeMap::new();
    let mut streams: SelectAll<LocalBoxStream<'_, Finding>> = SelectAll::new();
    for errand in errands {
        match &errand.task {
            Task::Ask { server, sample, .. } => {
                groups.entry((server.clone(), *sample)).or_default().push(errand);
            }
            _ => streams.push(stream::once(alone(net, errand)).boxed_local()),
        }
    }
    // More at once than may be under way altogether would only stand in each other's way.
    let width = (IN_FLIGHT / groups.len().max(1)).clamp(LEAST_WIDTH, IN_FLIGHT_PER_SERVER);
    for ((server, sample), errands) in groups {
        streams.push(group(net, server, sample, errands, width).flatten_stream().boxed_local());
    }
    streams
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
        Task::Fetch { name, address, file } => Box::pin(web::fetch(net, name, *address, file)).await,
        Task::Origin { address } => {
            let _held = net.polite.survey().await;
            Box::pin(origin::look(net, *address)).await
        }
        _ => (Seen::Failed(Failure::NoRoute), 0),
    };
    Finding { at: net.clock.now(), errand, seen, questions }
}

/// All questions to one server in one sample.
async fn group(
    net: &Internet,
    server: Endpoint,
    sample: u8,
    errands: Vec<Errand>,
    width: usize,
) -> impl Stream<Item = Finding> {
    let is_udp = server.transport == Transport::Udp;
    let held = if is_udp { net.polite.socket().await } else { None };
    let line = is_udp.then(|| Rc::new(Line::open(server.addr)));
    let mut reader = reader(line.clone());
    let route = Rc::new(Route { net, server, sample, line });
    let mut probes = stream::iter(errands)
        .map(move |errand| probe(route.clone(), errand))
        .buffer_unordered(width)
        .boxed_local();
    stream::poll_fn(move |cx| {
        let _ = &held;
        // Reading comes when nothing else is to be done: then there is most to be read at once.
        if let Poll::Ready(finding) = probes.poll_next_unpin(cx) {
            return Poll::Ready(finding);
        }
        let _: Poll<()> = reader.poll_unpin(cx);
        probes.poll_next_unpin(cx)
    })
}

/// Reads for the group, for as long as the group lives.
fn reader(line: Option<Rc<Result<Line, Failure>>>) -> LocalBoxFuture<'static, ()> {
    async move {
        if let Some(Ok(line)) = line.as_deref() {
            line.drive().await;
        }
        pending().await
    }
    .boxed_local()
}

/// How the questions of a group travel.
struct Route<'a> {
    net: &'a Internet,
    server: Endpoint,
    sample: u8,
    /// For UDP.
    line: Option<Rc<Result<Line, Failure>>>,
}

impl Route<'_> {
    async fn carry(
        &self,
        query: &Query,
        limit: Limit,
        (turn, held): (&Turn, Option<&Held>),
        only: QuestionType,
    ) -> Heard {
        let exchange =
            Exchange { server: self.server.addr, polite: &self.net.polite, limit, only: Some(only) };
        match (held, self.line.as_deref()) {
            (Some(held), _) => self.net.secure.ask(held, &self.server, query, limit).await,
            (None, Some(Ok(line))) => exchange.over_udp(line, query, turn).await,
            (None, Some(Err(failure))) => Heard::failed(failure.clone(), 0),
            (None, None) => exchange.over_tcp(query).await,
        }
    }

    /// One probe. Its limit starts when politeness lets it go.
    async fn look(&self, question: &Question, manner: Manner) -> (Seen, u32) {
        let held = match self.server.transport {
            Transport::Tls | Transport::Https => {
                // Kept apart, since most questions go over UDP.
                Some(Box::pin(self.net.secure.hold(&self.server, self.sample, &self.net.polite)).await)
            }
            Transport::Udp | Transport::Tcp => None,
        };
        let turn = self.net.polite.turn(self.server.addr.ip()).await;
        let leave = (&turn, held.as_ref());
        let limit = Limit::start(self.net.settings.probe_limit);
        let query = Query::new(question, manner);
        let heard = self.carry(&query, limit, leave, question.qtype).await;
        let mut questions = heard.questions;
        let mut answer = match heard.answer(question) {
            Ok(answer) => answer,
            Err(failure) => return (Seen::Failed(failure), questions),
        };
        if answer.rcode == Rcode::SERVFAIL && manner == Manner::Recursive {
            turn.again();
            let unchecked = self.carry(&query.unchecked(), limit, leave, question.qtype).await;
            questions += unchecked.questions;
            let unchecked = unchecked.answer(question).ok();
            answer.unchecked =
                unchecked.map(|answer| matches!(answer.rcode, Rcode::NOERROR | Rcode::NXDOMAIN));
        }
        (Seen::Answered(answer), questions)
    }
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
        let mut ear = line.ear(None);
        for _ in 0..2 {
            sent += 1;
            ear.send(&query).await;
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
