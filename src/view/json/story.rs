//! `report --json`: the story of a watch as one object.

use serde::Serialize;

use crate::model::{Milestone, RecordId, RecordType, Role, Timestamp, Verdict};
use crate::view::{Cast, Phase, Story, Turnover, When, Words};

use super::SCHEMA;
use super::lines::{GapLine, gap, values};
use super::verdict::{VerdictLine, verdict};

#[derive(Serialize)]
pub(super) struct StoryLine<'a> {
    schema: &'static str,
    event: &'static str,
    /// The end of what is known.
    at: Option<Timestamp>,
    started: Option<Timestamp>,
    /// Whether the watch is over, and not only the journal.
    over: bool,
    phases: Vec<PhaseLine>,
    milestones: Vec<ReachedLine>,
    turnovers: Vec<TurnoverLine>,
    right_at_once: u32,
    gaps: Vec<GapLine>,
    forecasts: Vec<ForecastLine>,
    verdict: Option<VerdictLine<'a>>,
}

#[derive(Serialize)]
struct PhaseLine {
    from: Timestamp,
    verdict: Verdict,
    code: Option<&'static str>,
    text: String,
}

#[derive(Serialize)]
struct ReachedLine {
    at: Timestamp,
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<RecordType>,
    milestone: Milestone,
    lost: bool,
}

#[derive(Serialize)]
struct TurnoverLine {
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<RecordType>,
    who: Option<String>,
    role: Option<Role>,
    held: Vec<String>,
    since: Timestamp,
    announced: Option<Timestamp>,
    turned: Option<Timestamp>,
    /// Seconds from the announced end to the turn.
    off_by: Option<f64>,
}

#[derive(Serialize)]
struct ForecastLine {
    at: Timestamp,
    by: Timestamp,
}

pub(super) fn story(story: &Story) -> StoryLine<'_> {
    let cast = story.cast();
    let ended = story.ended();
    let milestones = story.milestones().iter().map(|(at, record, milestone, lost)| ReachedLine {
        at: *at,
        name: name(cast, *record),
        rtype: cast.record(*record).map(|record| record.rtype),
        milestone: *milestone,
        lost: *lost,
    });
    StoryLine {
        schema: SCHEMA,
        event: "story",
        at: ended.map(|ended| ended.at),
        started: cast.started_at(),
        over: ended.is_some_and(|ended| ended.over),
        phases: story.phases().iter().map(|phase| phase_line(phase, cast)).collect(),
        milestones: milestones.collect(),
        turnovers: story.turnovers().iter().map(|turn| turnover(turn, cast)).collect(),
        right_at_once: story.right_at_once(),
        gaps: story.gaps().iter().map(|one| gap(one.to.unwrap_or(one.from), one)).collect(),
        forecasts: story.forecasts().iter().map(|(at, by)| ForecastLine { at: *at, by: *by }).collect(),
        verdict: ended.map(|ended| verdict(&ended.report, cast)),
    }
}

fn phase_line(phase: &Phase, cast: &Cast) -> PhaseLine {
    let words = Words::new(cast, When::utc(phase.from));
    let text = words.headline(&phase.report).line;
    PhaseLine { from: phase.from, verdict: phase.report.verdict, code: phase.code, text }
}

fn turnover(turn: &Turnover, cast: &Cast) -> TurnoverLine {
    let member = cast.member(turn.vantage);
    TurnoverLine {
        name: name(cast, turn.record),
        rtype: cast.record(turn.record).map(|record| record.rtype),
        who: member.map(|member| member.vantage.name.to_string()),
        role: member.map(|member| member.vantage.role),
        held: turn.held.as_ref().map(values).unwrap_or_default(),
        since: turn.since,
        announced: turn.announced,
        turned: turn.turned,
        off_by: turn.off_by().map(|off| off as f64 / 1e6),
    }
}

fn name(cast: &Cast, record: RecordId) -> Option<String> {
    cast.record(record).map(|record| record.name.to_string())
}
