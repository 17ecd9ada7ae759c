//! The words of the program as types. Every other room speaks these; this room knows none of them.
//!
//! A [`Record`] is what must come true. A [`Vantage`] is somebody who can be asked. An [`Errand`] is
//! one thing to be asked, a [`Finding`] what came back, a failure included. A [`Standing`] is what a
//! vantage now holds, a [`Shift`] that one has moved. A [`Report`] is the verdict with its reasons, and
//! an [`Event`] is anything a view may tell a person or a script.

mod answer;
mod call;
mod cause;
mod diagnosis;
mod errand;
mod event;
mod fault;
mod finding;
mod gap;
mod name;
mod record;
mod standing;
mod survey;
mod time;
mod vantage;
mod verdict;
mod walk;
mod web;

pub use answer::{Answer, Ede, Failure, Link, Rcode, Soa};
pub use call::CallFailure;
pub use cause::Cause;
pub use diagnosis::{
    Attempt, Authority, AuthorizationSeen, Check, Class, Diagnosis, Environment, Evidence, OrderRecord,
    OrderSeen, Phase, Problem, Testimony, ToCheck, TriesLeft, Trouble, Try, Visited, Waiting, Whose, Witness,
    Wrapper,
};
pub use errand::{Errand, Fetch, Manner, Question, QuestionType, Task, Why};
pub use event::{Event, Milestone, Port53, Started, VantageChange};
pub use fault::{CaaFault, Habit, NameFault, Stranger, WebPlace};
pub use finding::{Finding, Seen};
pub use gap::{Gap, GapKind, Uptime};
pub use name::{Name, NameError};
pub use record::{Expectation, Record, RecordId, RecordType, Value};
pub use standing::{Held, Shift, Standing};
pub use survey::{
    CaaLook, CaaRecord, CaaReply, CaaSaid, Ds, DsReply, DsSaid, Habits, ServerSurvey, Signing, Survey, Taken,
    ZoneSurvey,
};
pub use time::Timestamp;
pub use vantage::{Endpoint, Role, Transport, Vantage, VantageId};
pub use verdict::{AuthorityCount, Effect, Reason, RecordReport, Report, ResolverCount, Verdict};
pub use walk::{Address, NameServer, ParentReply, ParentSaid, Walk, WalkEnd};
pub use web::{
    BadRedirect, BodySeen, Broken, Ca, CertificateSeen, ChallengeFile, ConnectFailure, Hop, Origin, OriginAs,
    Visit, WebEnd,
};
