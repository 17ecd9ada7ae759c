//! Many questions to one server, to learn what a question costs.

use std::net::SocketAddr;
use std::sync::Arc;

use futures::StreamExt as _;

use super::Internet;
use super::polite::IN_FLIGHT_PER_SERVER;
use crate::model::{Endpoint, Errand, Manner, Question, Seen, Task, VantageId, Why};

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
    pub async fn measure(
        &self,
        server: SocketAddr,
        questions: impl Iterator<Item = Question>,
        in_flight: usize,
    ) -> Measured {
        let width = in_flight.clamp(1, IN_FLIGHT_PER_SERVER);
        let mut round = self.post.round();
        let mut questions = questions.map(|question| errand(server, question));
        let mut sum = Measured::default();
        loop {
            questions.by_ref().take(width - round.awaited()).for_each(|errand| round.add(errand));
            let Some(handful) = round.next().await else { return sum };
            for finding in handful {
                let is_answer = matches!(finding.seen, Seen::Answered(_));
                sum.answered += u64::from(is_answer);
                sum.failed += u64::from(!is_answer);
                sum.sent += u64::from(finding.questions);
            }
        }
    }
}

fn errand(server: SocketAddr, question: Question) -> Errand {
    let task = Task::Ask {
        vantage: VantageId(0),
        server: Arc::new(Endpoint::udp(server)),
        question: Arc::new(question),
        manner: Manner::Recursive,
        sample: 0,
        record: None,
    };
    Errand { task, why: Why::Routine }
}
