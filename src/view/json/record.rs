//! The CA's own record of an order, for scripts: the key `order_record` of a failure's line.

use serde::Serialize;

use crate::model::{Evidence, Problem, Testimony, Timestamp, Value, Witness};
use crate::view::escape::clean;
use crate::view::{When, call_failure, witness};

#[derive(Serialize)]
pub(super) struct RecordLine {
    url: String,
    /// Why nothing could be read; none when it could.
    failure: Option<String>,
    status: Option<String>,
    names: Vec<String>,
    error: Option<ProblemLine>,
    authorizations: Vec<WitnessLine>,
    /// Authorizations that could not be read.
    unread: usize,
}

#[derive(Serialize)]
struct WitnessLine {
    name: Option<String>,
    status: String,
    evidence: Evidence,
    expires: Option<Timestamp>,
    validated: Option<Timestamp>,
    error: Option<ProblemLine>,
    visits: Vec<VisitLine>,
    /// What the name's own servers give now; none where they were not asked.
    now: Option<Vec<String>>,
    text: String,
}

#[derive(Serialize)]
struct ProblemLine {
    #[serde(rename = "type")]
    kind: String,
    detail: String,
    status: u16,
}

#[derive(Serialize)]
struct VisitLine {
    url: String,
    resolved: Vec<String>,
    used: Option<String>,
}

pub(super) fn record(testimony: &Testimony, expected: &[Value], now: Timestamp) -> RecordLine {
    let when = When::utc(now);
    let order = testimony.order.as_ref();
    RecordLine {
        url: shown(&testimony.url),
        failure: order.err().map(call_failure),
        status: order.ok().map(|order| shown(&order.status)),
        names: order.map(|order| order.names.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        error: order.ok().and_then(|order| order.error.as_ref()).map(problem),
        authorizations: testimony.witnesses.iter().map(|one| line(one, expected, &when)).collect(),
        unread: testimony.unread.as_ref().map_or(0, |(count, _)| *count),
    }
}

fn line(one: &Witness, expected: &[Value], when: &When) -> WitnessLine {
    let seen = &one.seen;
    let visits = seen.visits.iter().map(|visit| VisitLine {
        url: shown(&visit.url),
        resolved: visit.resolved.iter().map(ToString::to_string).collect(),
        used: visit.used.map(|ip| ip.to_string()),
    });
    WitnessLine {
        name: seen.name.as_ref().map(ToString::to_string),
        status: shown(&seen.status),
        evidence: one.evidence,
        expires: seen.expires,
        validated: seen.validated,
        error: seen.error.as_ref().map(problem),
        visits: visits.collect(),
        now: one.now.as_ref().map(|now| now.iter().map(ToString::to_string).collect()),
        text: witness(one, expected, when),
    }
}

fn problem(problem: &Problem) -> ProblemLine {
    ProblemLine { kind: shown(&problem.kind), detail: shown(&problem.detail), status: problem.status }
}

fn shown(text: &str) -> String {
    clean(text).into_owned()
}
