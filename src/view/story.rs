//! The story of a whole watch: a fold over its events, told at the end.

use std::collections::BTreeMap;

use crate::model::{
    Event, Gap, Held, Milestone, Name, RecordId, Report, Role, Shift, Standing, Timestamp, VantageId,
};

use super::{Cast, When, Words};

/// A time in which one thing was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// When it began; it lasted until the next one, or the end.
    pub from: Timestamp,
    /// The verdict that stood.
    pub report: Box<Report>,
    /// The cause that decided it, by its stable name.
    pub code: Option<&'static str>,
}

/// Somebody who had something else, and then what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turnover {
    /// For which record.
    pub record: RecordId,
    /// Who.
    pub vantage: VantageId,
    /// What it had.
    pub held: Option<Held>,
    /// When it was first seen with it.
    pub since: Timestamp,
    /// The end that it announced last; none where none can be told, as at a name server.
    pub announced: Option<Timestamp>,
    /// When it was first seen right; none if it never was.
    pub turned: Option<Timestamp>,
}

impl Turnover {
    /// Microseconds from the announced end to the turn; negative when it came sooner.
    pub fn off_by(&self) -> Option<i64> {
        Some(self.turned?.as_micros() - self.announced?.as_micros())
    }
}

/// How it ended, or where the journal ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Where everything stood.
    pub report: Box<Report>,
    /// Whether that was the end of the watch, and not only of the journal.
    pub over: bool,
}

/// The story so far. Feed it every event with [`Story::take`], then [`Story::end`].
#[derive(Debug, Clone, Default)]
pub struct Story {
    cast: Cast,
    phases: Vec<Phase>,
    turnovers: Vec<Turnover>,
    waiting: BTreeMap<(RecordId, VantageId), usize>,
    at_once: u32,
    gaps: Vec<Gap>,
    milestones: Vec<(Timestamp, RecordId, Milestone, bool)>,
    edits: Vec<(Timestamp, Name, VantageId, u32)>,
    moves: Vec<(Timestamp, Name)>,
    forecasts: Vec<(Timestamp, Timestamp)>,
    ended: Option<Ended>,
}

impl Story {
    /// Nothing has happened.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one event in.
    pub fn take(&mut self, event: &Event) {
        self.cast.take(event);
        match event {
            Event::Shift(shift) => self.shift(shift),
            Event::Gap { gap, .. } if gap.to.is_some() => self.gaps.push(*gap),
            Event::Milestone { at, record, milestone, lost } => {
                self.milestones.push((*at, *record, *milestone, *lost));
            }
            Event::Serial { at, zone, vantage, to, .. } => {
                self.edits.push((*at, zone.clone(), *vantage, *to));
            }
            Event::Delegation { at, walk, changed: true } => self.moves.push((*at, walk.zone.clone())),
            Event::Forecast { at, by: Some(by), .. } if by > at => self.forecasts.push((*at, *by)),
            Event::Verdict(report) => self.verdict(report),
            _ => {}
        }
    }

    /// The end: of the watch (`over`), or only of what is known of it.
    pub fn end(&mut self, at: Timestamp, report: Report, over: bool) {
        self.ended = Some(Ended { at, report: Box::new(report), over });
    }

    fn shift(&mut self, shift: &Shift) {
        let role = self.cast.member(shift.vantage).map(|member| member.vantage.role);
        if role == Some(Role::FormerAuthority) {
            return;
        }
        let key = (shift.record, shift.vantage);
        match &shift.to {
            Standing::Wrong { held, .. } | Standing::Mixed { held, .. } | Standing::Suspect { held } => {
                let (turnovers, at) = (&mut self.turnovers, shift.at);
                let place = *self.waiting.entry(key).or_insert_with(|| {
                    let (record, vantage) = key;
                    let held = Some(held.clone());
                    turnovers.push(Turnover {
                        record,
                        vantage,
                        held,
                        since: at,
                        announced: None,
                        turned: None,
                    });
                    turnovers.len() - 1
                });
                let entry = &mut turnovers[place];
                entry.announced = shift.to.until().or(entry.announced);
            }
            Standing::Right { .. } => match self.waiting.remove(&key) {
                Some(place) => self.turnovers[place].turned = Some(shift.at),
                None if shift.from == Standing::Unasked => self.at_once += 1,
                None => {}
            },
            _ => {}
        }
    }

    fn verdict(&mut self, report: &Report) {
        if report.last && !self.phases.is_empty() {
            return;
        }
        let code = Words::new(&self.cast, When::utc(report.at)).lead(report).map(|group| group.code);
        let same = self.phases.last().is_some_and(|phase| {
            (phase.code, phase.report.verdict, phase.report.reached) == (code, report.verdict, report.reached)
        });
        if !same {
            self.phases.push(Phase { from: report.at, report: Box::new(report.clone()), code });
        }
    }

    /// Who is who.
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// What was waited for, in order.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// Everybody who had something else at first, in the order in which that was seen.
    pub fn turnovers(&self) -> &[Turnover] {
        &self.turnovers
    }

    /// How many were right at the first look, counted by record.
    pub fn right_at_once(&self) -> u32 {
        self.at_once
    }

    /// Times in which nothing could be seen.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Milestones reached, and lost again (`true`).
    pub fn milestones(&self) -> &[(Timestamp, RecordId, Milestone, bool)] {
        &self.milestones
    }

    /// Zones seen to be edited: when, at whom, the new serial.
    pub fn edits(&self) -> &[(Timestamp, Name, VantageId, u32)] {
        &self.edits
    }

    /// Zones seen to move to other servers.
    pub fn moves(&self) -> &[(Timestamp, Name)] {
        &self.moves
    }

    /// Forecasts of the last cache to turn over: when told, and for when.
    pub fn forecasts(&self) -> &[(Timestamp, Timestamp)] {
        &self.forecasts
    }

    /// When the last resolver that had announced an end turned over.
    pub fn last_turn(&self) -> Option<Timestamp> {
        self.turnovers.iter().filter(|t| t.announced.is_some()).filter_map(|t| t.turned).max()
    }

    /// How it ended.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// The distances of all turns from their announced ends, in microseconds, smallest first.
    pub fn distances(&self) -> Vec<i64> {
        let mut all: Vec<i64> = self.turnovers.iter().filter_map(Turnover::off_by).collect();
        all.sort_unstable_by_key(|off| off.unsigned_abs());
        all
    }
}
