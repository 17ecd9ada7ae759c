//! One question to one server, before anybody has made anything of the answer. The walk asks through
//! this, and so can be tested against servers that live in memory.

use std::net::SocketAddr;

use hickory_proto::op::Message;

use crate::model::{Failure, Manner, Question};

/// What came of one question, after the quick retries that make up one probe.
#[derive(Debug)]
pub(crate) struct Told {
    /// The whole message, its ID and question already checked.
    pub(crate) message: Result<Message, Failure>,
    /// Datagrams and stream questions that it cost.
    pub(crate) questions: u32,
}

/// Somebody who can carry one question.
pub(crate) trait Ask {
    /// Asks over UDP, and over TCP where that is needed, within the network's time limit for one probe.
    fn ask(&self, server: SocketAddr, question: &Question, manner: Manner) -> impl Future<Output = Told>;
}
