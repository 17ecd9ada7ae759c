//! Vantages that are not right, grouped by what they hold.

use std::borrow::Cow;

use crate::model::{RecordId, Role, Standing, Timestamp};
use crate::view::words::list;
use crate::view::{Cast, Detail, Kind, Member, Words};

/// Names that are told in one group.
const MAX_NAMES: usize = 6;
/// Groups that are told.
const MAX_GROUPS: usize = 6;

/// One group: what they hold, and who until when.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) who: String,
}

struct Entry<'a> {
    what: String,
    end: Option<Timestamp>,
    standing: Cow<'a, Standing>,
    member: &'a Member,
    record: RecordId,
}

/// The rows for one side of a record: its name servers, or everybody else.
pub(super) fn rows(
    cast: &Cast,
    words: &Words<'_>,
    record: RecordId,
    servers: bool,
    detail: Detail,
) -> Vec<Row> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for id in with_guard(cast, record) {
        entries.extend(entries_of(cast, words, id, servers, detail));
    }
    entries.sort_by(|a, b| {
        let end = |entry: &Entry<'_>| entry.end.unwrap_or(Timestamp::MAX);
        (rank(&a.standing), &a.what, end(a)).cmp(&(rank(&b.standing), &b.what, end(b)))
    });
    if detail == Detail::Full {
        return entries.iter().map(|entry| single(cast, words, entry)).collect();
    }
    let mut rows: Vec<Row> = Vec::new();
    let groups: Vec<&[Entry<'_>]> = entries.chunk_by(|a, b| a.what == b.what).collect();
    let shown = if groups.len() <= MAX_GROUPS + 1 { groups.len() } else { MAX_GROUPS };
    for group in &groups[..shown] {
        rows.push(Row { what: group[0].what.clone(), who: who(words, group) });
    }
    if shown < groups.len() {
        let rest: usize = groups[shown..].iter().map(|group| group.len()).sum();
        rows.push(Row { what: format!("{rest} more"), who: "something else again".to_owned() });
    }
    rows
}

/// The record, and the guard that protects it.
fn with_guard(cast: &Cast, record: RecordId) -> impl Iterator<Item = RecordId> {
    let next = RecordId(record.0.saturating_add(1));
    let guards = cast
        .record(record)
        .zip(cast.record(next))
        .is_some_and(|(own, next)| next.is_guard() && next.name == own.name);
    [record].into_iter().chain(guards.then_some(next))
}

fn entries_of<'a>(
    cast: &'a Cast,
    words: &Words<'_>,
    id: RecordId,
    servers: bool,
    detail: Detail,
) -> Vec<Entry<'a>> {
    let Some(record) = cast.record(id) else { return Vec::new() };
    let mut entries = Vec::new();
    for (member, standing) in cast.holders(id, servers) {
        let role = member.vantage.role;
        let tells = match Kind::of(&standing) {
            Kind::Unasked => false,
            Kind::Right => detail == Detail::Full && !record.is_guard(),
            Kind::Unconfirmed => !servers && !record.is_guard(),
            // Servers that are silent are so for the guard too; once is enough.
            Kind::Silent | Kind::Refusing | Kind::Failing | Kind::Bogus => !record.is_guard(),
            Kind::Wrong | Kind::Mixed | Kind::Suspect => true,
        };
        if !tells || (member.left && role == Role::Authority) {
            continue;
        }
        let mut what = words.standing_kind(&standing, record);
        if record.is_guard() {
            what = format!("AAAA {what}");
        }
        entries.push(Entry { what, end: standing.until(), standing, member, record: id });
    }
    entries
}

fn rank(standing: &Standing) -> u8 {
    match Kind::of(standing) {
        Kind::Wrong => 0,
        Kind::Mixed => 1,
        Kind::Bogus => 2,
        Kind::Failing => 3,
        Kind::Suspect => 4,
        Kind::Refusing => 5,
        Kind::Silent => 6,
        Kind::Unconfirmed => 7,
        Kind::Right => 8,
        Kind::Unasked => 9,
    }
}

fn single(cast: &Cast, words: &Words<'_>, entry: &Entry<'_>) -> Row {
    let vantage = &entry.member.vantage;
    let record = cast.record(entry.record);
    let what = record.map(|r| words.standing(&entry.standing, r, vantage.role)).unwrap_or_default();
    let place = vantage.place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
    let guard = if record.is_some_and(crate::model::Record::is_guard) { "AAAA " } else { "" };
    Row { what: name_of(entry.member), who: format!("{guard}{what}{place}") }
}

fn who(words: &Words<'_>, group: &[Entry<'_>]) -> String {
    let names: Vec<String> = group.iter().map(|entry| name_of(entry.member)).collect();
    let ends: Vec<Timestamp> = group.iter().filter_map(|entry| entry.end).collect();
    let names = list(&names, MAX_NAMES);
    let clock = |at: &Timestamp| words.when().clock(*at);
    match (ends.iter().min(), ends.iter().max()) {
        (Some(first), Some(last)) if clock(first) != clock(last) => {
            format!("{names}; from {} to {}", clock(first), clock(last))
        }
        (Some(end), _) => format!("{names}; until {}", clock(end)),
        _ => names,
    }
}

fn name_of(member: &Member) -> String {
    let name = &member.vantage.name;
    match member.vantage.role {
        Role::Authority => match member.addr {
            Some(addr) => format!("{name} [{}]", addr.ip()),
            None => name.to_string(),
        },
        Role::FormerAuthority => format!("{name} (former)"),
        Role::Witness => format!("{name} (not counted)"),
        Role::Voter => name.to_string(),
    }
}
