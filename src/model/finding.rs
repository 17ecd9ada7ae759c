//! What came back from an errand.

use serde::{Deserialize, Serialize};

use super::{Answer, Errand, Failure, Origin, Port53, Survey, Timestamp, Visit, Walk};

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// A server answered.
    Answered(Box<Answer>),
    /// A server did not.
    Failed(Failure),
    /// A walk ended.
    Walked(Box<Walk>),
    /// The silent address stayed silent, or did not.
    Intercepted(Port53),
    /// What a CA looks at beyond addresses.
    Surveyed(Box<Survey>),
    /// A web server was visited.
    Fetched(Box<Visit>),
    /// Whose server it is.
    Originated(Box<Origin>),
}

/// The result of one errand. Findings are what is journalled: replayed through the engine they give
/// every event again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was asked.
    pub errand: Errand,
    /// When the answer came, or was given up.
    pub at: Timestamp,
    /// What was seen.
    pub seen: Seen,
    /// Datagrams, and questions on streams, that it cost.
    pub questions: u32,
}
