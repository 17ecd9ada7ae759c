//! Who is who, and where each stands: a fold over events that every view reads.

mod board;
mod flow;
mod latest;
mod tally;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::model::{
    Event, GapKind, Milestone, Name, Port53, Record, RecordId, RecordReport, Report, Role, Shift, Standing,
    Started, Timestamp, Vantage, VantageChange, VantageId, Verdict, Walk, Why,
};

pub use latest::{Change, Turn};
pub use tally::{Counts, Stuck, Work};

use board::Board;
use latest::Latest;
use tally::Tallied;

use super::escape::clean;
use super::{When, Words};

/// With more records than this, a person is told counts and causes, and not each record.
const MANY: u32 = 10;

/// The kinds of standing, for counting and for a word in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Not asked yet.
    Unasked,
    /// Right, with samples still to come.
    Unconfirmed,
    /// Right.
    Right,
    /// Something else.
    Wrong,
    /// Several caches, some of them wrong.
    Mixed,
    /// Past its own end, not counted.
    Suspect,
    /// It cannot find out.
    Failing,
    /// DNSSEC validation fails there.
    Bogus,
    /// It refuses.
    Refusing,
    /// No answer.
    Silent,
}

impl Kind {
    const COUNT: usize = 10;

    /// The kind of a standing.
    pub fn of(standing: &Standing) -> Kind {
        match standing {
            Standing::Unasked => Kind::Unasked,
            Standing::Right { .. } if standing.is_confirmed() => Kind::Right,
            Standing::Right { .. } => Kind::Unconfirmed,
            Standing::Wrong { .. } => Kind::Wrong,
            Standing::Mixed { .. } => Kind::Mixed,
            Standing::Suspect { .. } => Kind::Suspect,
            Standing::Failing { .. } => Kind::Failing,
            Standing::Bogus => Kind::Bogus,
            Standing::Refusing { .. } => Kind::Refusing,
            Standing::Silent { .. } => Kind::Silent,
        }
    }

    /// The stable word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Unasked => "unasked",
            Kind::Unconfirmed => "unconfirmed",
            Kind::Right => "right",
            Kind::Wrong => "wrong",
            Kind::Mixed => "mixed",
            Kind::Suspect => "suspect",
            Kind::Failing => "failing",
            Kind::Bogus => "bogus",
            Kind::Refusing => "refusing",
            Kind::Silent => "silent",
        }
    }
}

/// Vantages of one record counted by the kind of their standing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally([u32; Kind::COUNT]);

impl Tally {
    /// How many are of this kind.
    pub fn of(&self, kind: Kind) -> u32 {
        self.0[kind as usize]
    }

    fn move_one(&mut self, from: Option<Kind>, to: Kind) {
        if let Some(from) = from {
            self.0[from as usize] = self.0[from as usize].saturating_sub(1);
        }
        self.0[to as usize] += 1;
    }
}

/// One member of the cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is. Its texts are safe to print.
    pub vantage: Vantage,
    /// The address of an authoritative server.
    pub addr: Option<SocketAddr>,
    /// Whether the zone has left it.
    pub left: bool,
}

/// The forecast as last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Forecast {
    pub(super) by: Option<Timestamp>,
    pub(super) next: Option<(Timestamp, Why)>,
}

/// Everything that views need to know beyond the event at hand. Feed it every event, in order, with
/// [`Cast::take`]; views are given an event after it was taken.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    started: Option<(Timestamp, Milestone, Option<Timestamp>)>,
    records: Arc<[Record]>,
    /// How many of them the user asked for.
    asked: u32,
    members: BTreeMap<VantageId, Member>,
    /// The first member of each name.
    names: BTreeMap<Arc<str>, VantageId>,
    zones: BTreeMap<Name, Walk>,
    moved: BTreeSet<Name>,
    standings: Board,
    voters: Vec<Tally>,
    authorities: Vec<Tally>,
    awaited: BTreeSet<(Timestamp, RecordId, VantageId)>,
    port53: Option<Port53>,
    clock_set: i64,
    pub(super) forecast: Option<Forecast>,
    pub(super) forecast_before: Option<Forecast>,
    report: Option<Box<Report>>,
    /// The records that were asked for, by their place in a report.
    places: Vec<RecordId>,
    /// What was judged, by place, before there was a verdict on all.
    early: BTreeMap<usize, Arc<RecordReport>>,
    /// Of the verdict before the latest one.
    pub(super) sign_before: Option<Sign>,
    tallied: Tallied,
    latest: Latest,
}

/// By what one verdict on everything differs from another, in one line: itself, whether the milestone is reached, and
/// its main cause.
pub(super) type Sign = (Verdict, bool, Option<&'static str>);

impl Cast {
    /// An empty stage.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one event in.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.start(started),
            Event::Delegation { walk, changed, .. } => {
                if *changed {
                    self.moved.insert(walk.zone.clone());
                }
                self.zones.insert(walk.zone.clone(), (**walk).clone());
            }
            Event::Vantage { id, vantage, addr, change, .. } => {
                let left = *change == VantageChange::Left;
                self.enter(*id, Member { vantage: cleaned(vantage), addr: Some(*addr), left });
                self.recount(*id);
            }
            Event::Shift(shift) => self.shift(shift),
            Event::Port53 { seen, .. } => self.port53 = Some(*seen),
            Event::Forecast { by, next, .. } => {
                self.forecast_before = self.forecast.replace(Forecast { by: *by, next: *next });
            }
            Event::Record { at, report } => self.renew(*at, report),
            Event::Verdict(report) => {
                for (place, entry) in report.records.iter().enumerate() {
                    self.judged(report.at, place, entry);
                }
                self.early.clear();
                self.sign_before = self.report.take().map(|before| self.sign(&before));
                self.report = Some(report.clone());
            }
            Event::Milestone { at, record, milestone, lost } => {
                // What comes by itself after what is waited for is no news.
                if *milestone <= Milestone::Safe.max(self.until()) {
                    let turn = Turn::Milestone(*milestone, *lost);
                    self.latest.note(Change { at: *at, record: *record, turn });
                }
            }
            Event::Gap { at, gap } => {
                self.tallied.pause(*at);
                if let GapKind::ClockSet { by } = gap.kind {
                    self.clock_set += by;
                }
            }
            Event::Serial { .. } => {}
        }
    }

    /// Puts one record's report in the place of an earlier one.
    fn renew(&mut self, at: Timestamp, of: &Arc<RecordReport>) {
        let known = self.report.as_mut().map(|report| &mut report.records);
        let place = match &known {
            Some(known) => known.binary_search_by_key(&of.record, |entry| entry.record),
            None => self.places.binary_search(&of.record),
        };
        let Ok(place) = place else { return };
        match known {
            Some(known) => known[place] = Arc::clone(of),
            None => drop(self.early.insert(place, Arc::clone(of))),
        }
        self.judged(at, place, of);
    }

    /// Counts what was judged of one record.
    fn judged(&mut self, at: Timestamp, place: usize, entry: &RecordReport) {
        let before = self.tallied.take(at, place, entry);
        self.latest.judged(at, before, entry);
    }

    pub(super) fn sign(&self, report: &Report) -> Sign {
        let lead = Words::new(self, When::utc(report.at)).lead(report);
        (report.verdict, report.reached, lead.map(|group| group.code))
    }

    fn start(&mut self, started: &Started) {
        *self = Cast {
            started: Some((started.at, started.until, started.deadline)),
            records: Arc::clone(&started.records),
            ..Cast::default()
        };
        for (id, vantage) in (0u32..).zip(&started.resolvers) {
            self.enter(VantageId(id), Member { vantage: cleaned(vantage), addr: None, left: false });
        }
        self.places = self.wanted().map(|(id, _)| id).collect();
        self.asked = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.tallied = Tallied::new(started.at, self.asked);
        let voters = self.members.values().filter(|m| m.vantage.role == Role::Voter).count();
        let mut none_asked = Tally::default();
        none_asked.0[Kind::Unasked as usize] = u32::try_from(voters).unwrap_or(u32::MAX);
        self.voters = vec![none_asked; self.records.len()];
        self.authorities = vec![Tally::default(); self.records.len()];
        self.standings = Board::new(&self.records, started.resolvers.len());
    }

    fn enter(&mut self, id: VantageId, member: Member) {
        self.names.entry(member.vantage.name.clone()).or_insert(id);
        self.members.insert(id, member);
    }

    fn shift(&mut self, shift: &Shift) {
        let (record, vantage) = (shift.record, shift.vantage);
        let Some(before) = self.standings.put(record, vantage, &shift.to) else { return };
        let role = self.members.get(&vantage).map(|m| m.vantage.role);
        self.awaited.remove(&(end_of(&before), record, vantage));
        let counts = matches!(role, Some(Role::Voter | Role::Authority));
        if counts && shift.to.contradicts() {
            self.awaited.insert((end_of(&shift.to), record, vantage));
        }
        let (from, to) = (Kind::of(&before), Kind::of(&shift.to));
        match role {
            Some(Role::Voter) => self.voters[record.0 as usize].move_one(Some(from), to),
            Some(Role::Authority) => {
                // An authority is not counted before it was first asked.
                let from = (from != Kind::Unasked).then_some(from);
                self.authorities[record.0 as usize].move_one(from, to);
            }
            Some(Role::Witness | Role::FormerAuthority) | None => {}
        }
    }

    /// Counts the servers of some records again, after one of them has joined or left: of those records for
    /// which it was heard.
    fn recount(&mut self, changed: VantageId) {
        let serves = |id| self.members.get(&id).is_some_and(|m| m.vantage.role == Role::Authority && !m.left);
        let gone = !serves(changed);
        for record in self.standings.heard(changed) {
            if gone {
                let end = end_of(&self.standings.standing(*record, changed));
                self.awaited.remove(&(end, *record, changed));
            }
            let Some(tally) = self.authorities.get_mut(record.0 as usize) else { continue };
            *tally = Tally::default();
            for (id, standing) in self.standings.servers(*record) {
                if serves(id) && *standing != Standing::Unasked {
                    tally.move_one(None, Kind::of(&standing));
                }
            }
        }
    }

    /// When the watch began.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started.map(|(at, _, _)| at)
    }

    /// What is waited for.
    pub fn until(&self) -> Milestone {
        self.started.map_or(Milestone::Safe, |(_, until, _)| until)
    }

    /// Whether this is a watch, which asks again by itself, and not a single look.
    pub fn is_watch(&self) -> bool {
        self.started.is_some_and(|(_, _, deadline)| deadline.is_some())
    }

    /// All records, the guards among them.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The records that the user asked for, with their numbers.
    pub fn wanted(&self) -> impl Iterator<Item = (RecordId, &Record)> {
        (0u32..).map(RecordId).zip(&*self.records).filter(|(_, record)| !record.is_guard())
    }

    /// One record.
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records.get(id.0 as usize)
    }

    /// One member of the cast.
    pub fn member(&self, id: VantageId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// The first member of that name.
    pub fn named(&self, name: &str) -> Option<&Member> {
        self.member(*self.names.get(&*clean(name))?)
    }

    /// What a vantage holds for a record.
    pub fn standing(&self, record: RecordId, vantage: VantageId) -> Cow<'_, Standing> {
        self.standings.standing(record, vantage)
    }

    /// Who was or will be asked for a record, with what they hold: all resolvers, or the servers that were heard.
    pub fn holders(
        &self,
        record: RecordId,
        servers: bool,
    ) -> impl Iterator<Item = (&Member, Cow<'_, Standing>)> {
        let servers_of = servers.then(|| self.standings.servers(record)).into_iter().flatten();
        let resolvers = (!servers).then(|| self.standings.resolvers(record)).into_iter().flatten();
        servers_of.chain(resolvers).filter_map(|(id, standing)| Some((self.members.get(&id)?, standing)))
    }

    /// Whether there are so many records that a person is told counts and causes, and not each record.
    pub fn is_many(&self) -> bool {
        self.asked > MANY
    }

    /// The records by their verdict, as last told.
    pub fn counts(&self) -> Counts {
        self.tallied.counts
    }

    /// What keeps records from being safe, as of the latest report: the most severe first, then the most frequent.
    pub fn stuck(&self) -> Vec<Stuck> {
        self.tallied.stuck()
    }

    /// What most records wait for, where it goes as fast as politeness to servers allows, and when all that is done
    /// at the pace so far.
    pub fn done_by(&self, now: Timestamp) -> Option<(Work, Timestamp)> {
        self.tallied.done_by(now)
    }

    /// What was last judged of a record, by its place among those that were asked for.
    pub fn entry(&self, place: usize) -> Option<&RecordReport> {
        match &self.report {
            Some(report) => report.records.get(place).map(|entry| &**entry),
            None => self.early.get(&place).map(|entry| &**entry),
        }
    }

    /// When the last record will have settled; none while any that is not safe waits for something else.
    pub fn settled_by(&self) -> Option<Timestamp> {
        self.tallied.settled_by()
    }

    /// The latest changes, the newest first, at most ten.
    pub fn latest(&self) -> impl Iterator<Item = &Change> {
        self.latest.iter()
    }

    /// The voters' standings for a record, counted.
    pub fn voters(&self, record: RecordId) -> Tally {
        self.voters.get(record.0 as usize).copied().unwrap_or_default()
    }

    /// The standings of a record's authorities that were asked, counted.
    pub fn authorities(&self, record: RecordId) -> Tally {
        self.authorities.get(record.0 as usize).copied().unwrap_or_default()
    }

    /// Voters and authorities that contradict, with the end of what they hold; the soonest end first,
    /// those whose end is not known last.
    pub fn awaited(&self) -> impl Iterator<Item = (Option<Timestamp>, RecordId, VantageId)> {
        self.awaited.iter().map(|(end, record, id)| ((*end != Timestamp::MAX).then_some(*end), *record, *id))
    }

    /// The zone's delegation as last seen.
    pub fn zone(&self, zone: &Name) -> Option<&Walk> {
        self.zones.get(zone)
    }

    /// The closest known zone that holds a name.
    pub fn zone_of(&self, name: &Name) -> Option<&Name> {
        let mut at = Some(name.clone());
        while let Some(name) = at {
            if let Some((zone, _)) = self.zones.get_key_value(&name) {
                return Some(zone);
            }
            at = name.parent();
        }
        None
    }

    /// Whether a zone was seen to move to other servers.
    pub fn has_moved(&self, zone: &Name) -> bool {
        self.moved.contains(zone)
    }

    /// What is known of plain DNS here.
    pub fn port53(&self) -> Option<Port53> {
        self.port53
    }

    /// Microseconds by which the wall clock was set forward since the watch began. Instants in events are
    /// those of the clock as it was then.
    pub fn clock_set(&self) -> i64 {
        self.clock_set
    }

    /// The latest verdict.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }
}

fn end_of(standing: &Standing) -> Timestamp {
    standing.until().unwrap_or(Timestamp::MAX)
}

fn cleaned(vantage: &Vantage) -> Vantage {
    let safe = |text: &Arc<str>| Arc::<str>::from(&*clean(text));
    Vantage {
        name: safe(&vantage.name),
        operator: safe(&vantage.operator),
        place: vantage.place.as_ref().map(safe),
        flush: vantage.flush.as_ref().map(safe),
        ..vantage.clone()
    }
}
