//! Many questions to one server over one socket, to learn what a question costs.

use std::net::SocketAddr;

use futures::stream::{self, StreamExt as _};

use super::Internet;
use super::exchange::Exchange;
use super::line::Line;
use super::polite::IN_FLIGHT_PER_SERVER;
use super::wire::Query;
use crate::model::{Failure, Manner, Question};

/// How many questions went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// Answers, whatever their response code.
    pub answered: u64,
    /// Questions without an answer.
    pub failed: u64,
    /// Datagrams and stream questions sent.
    pub sent: u64,
}

impl Internet {
    /// Asks all `questions`, at most `in_flight` (and never more than the polite bound) at a time, the
    /// way that a round asks them.
    ///
    /// # Errors
    /// [`Failure::NoRoute`] when no socket can be opened to `server`.
    pub async fn measure(
        &self,
        server: SocketAddr,
        questions: impl Iterator<Item = Question>,
        in_flight: usize,
    ) -> Result<Measured, Failure> {
        let line = &Line::open(server)?;
        let probes = stream::iter(questions)
            .map(|question| async move {
                let turn = self.polite.turn(server.ip()).await;
                let query = Query::new(&question, Manner::Recursive);
                let exchange = Exchange { only: Some(question.qtype), ..self.exchange(server) };
                let heard = exchange.over_udp(line, &query, &turn).await;
                let sent = heard.questions;
                (heard.answer(&question).is_ok(), sent)
            })
            .buffer_unordered(in_flight.clamp(1, IN_FLIGHT_PER_SERVER));
        let count = |sum: Measured, (is_answer, sent): (bool, u32)| async move {
            Measured {
                answered: sum.answered + u64::from(is_answer),
                failed: sum.failed + u64::from(!is_answer),
                sent: sum.sent + u64::from(sent),
            }
        };
        Ok(line.during(probes.fold(Measured::default(), count)).await)
    }
}
