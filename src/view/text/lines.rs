//! Events as lines with their time, for the scrollback and for logs. Only what a person cares about: a
//! first look at forty resolvers is one line, not forty.

use std::time::Duration;

use crate::model::{
    Event, Milestone, Name, Port53, Record, RecordId, RecordReport, Report, Role, Shift, Standing, Started,
    Timestamp, VantageChange, Verdict, Walk, WalkEnd,
};
use crate::view::words::{count, list, span};
use crate::view::{Cast, Kind, Tone};

use super::{Text, Words, tone_of};

/// A forecast that moves by less than this is no news.
const NEWS: Duration = Duration::from_secs(30);

impl Text {
    /// The lines to print for an event; often none. The cast has taken the event already.
    pub fn event_lines(&self, event: &Event, cast: &Cast) -> Vec<String> {
        let told = match event {
            Event::Started(event) => Some((event.at, started(event))),
            Event::Delegation { at, walk, changed } => {
                delegation(walk, *changed).map(|(tone, line)| (*at, (tone, line)))
            }
            Event::Vantage { at, vantage, addr, change, .. } => {
                let zone = vantage.zone.as_ref();
                vantage_line(&crate::view::escape::clean(&vantage.name), *addr, zone, *change, cast)
                    .map(|line| (*at, (Tone::Waits, line)))
            }
            Event::Shift(shift) => {
                shift_line(shift, cast, &self.words(cast, shift.at)).map(|told| (shift.at, told))
            }
            Event::Serial { at, zone, vantage, from, to } => {
                let who = cast.member(*vantage).map(|m| m.vantage.name.to_string()).unwrap_or_default();
                let line = format!("{who}: the zone {zone} was edited (number {from} -> {to})");
                Some((*at, (Tone::Faint, line)))
            }
            // Of many records only what was waited for is told, and what was lost.
            Event::Milestone { milestone, lost: false, .. }
                if cast.is_many() && *milestone != Milestone::Safe && *milestone != cast.until() =>
            {
                None
            }
            Event::Milestone { at, record, milestone, lost } => {
                milestone_line(cast, *record, *milestone, *lost).map(|told| (*at, told))
            }
            Event::Port53 { at, seen } => port53(*seen).map(|line| (*at, (Tone::Bad, line.to_owned()))),
            Event::Forecast { at, by, .. } => {
                forecast(*by, cast, &self.words(cast, *at)).map(|line| (*at, (Tone::Faint, line)))
            }
            Event::Gap { at, gap } => Some((*at, (Tone::Waits, self.words(cast, *at).gap(gap)))),
            // Of many records, only one that waiting does not help is worth a line of its own.
            Event::Record { at, report } => {
                blocked(report, cast, &self.words(cast, *at)).map(|line| (*at, (Tone::Bad, line)))
            }
            Event::Verdict(report) => self.verdict_line(report, cast).map(|told| (report.at, told)),
        };
        told.map(|(at, (tone, line))| self.stamped(cast, at, tone, &line)).unwrap_or_default()
    }

    pub(super) fn stamped(&self, cast: &Cast, at: Timestamp, tone: Tone, line: &str) -> Vec<String> {
        let start = cast.started_at().unwrap_or(at);
        let stamp = self.words(cast, at).when().stamp(at, start);
        let hang = " ".repeat(stamp.len() + 2);
        let lines = super::wrap(line, self.columns(), &hang, &hang);
        let painted = lines.iter().enumerate().map(|(i, line)| {
            let body = self.paint.tone(tone, line.trim_start());
            if i == 0 {
                format!("{}  {body}", self.paint.tone(Tone::Faint, &stamp))
            } else {
                format!("{hang}{body}")
            }
        });
        painted.collect()
    }

    /// Told when the verdict or its main cause is another than before; the last one is the screen's.
    fn verdict_line(&self, report: &Report, cast: &Cast) -> Option<(Tone, String)> {
        if report.last {
            return None;
        }
        let news = cast.sign_before.is_none_or(|before| before != cast.sign(report));
        news.then(|| (tone_of(report.verdict), self.words(cast, report.at).headline(report).line))
    }
}

fn started(event: &Started) -> (Tone, String) {
    let wanted: Vec<&Record> = event.records.iter().filter(|record| !record.is_guard()).collect();
    let what = match wanted[..] {
        [one] => format!("{one} for {}", list(&one.expected(), 4)),
        ref many => format!("{} records ({})", many.len(), list(many, 2)),
    };
    let voters = event.resolvers.iter().filter(|vantage| vantage.role == Role::Voter).count();
    let voters = count(u32::try_from(voters).unwrap_or(u32::MAX), "resolver", "resolvers");
    let order = format!("first its name servers, then {voters}");
    let line = match event.deadline {
        Some(end) => format!(
            "watching {what} until {}, for {} at most: {order}",
            milestone_word(event.until),
            span(end.since(event.at))
        ),
        None => format!("looking at {what}: {order}"),
    };
    (Tone::Strong, line)
}

fn milestone_word(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Issuable => "Let's Encrypt can see it",
        Milestone::Safe => "it is safe to issue",
        Milestone::Everyone => "everyone sees it",
    }
}

fn delegation(walk: &Walk, changed: bool) -> Option<(Tone, String)> {
    let zone = &walk.zone;
    match &walk.end {
        WalkEnd::Found => {
            let hosts: Vec<&Name> = walk.servers.iter().filter(|s| s.at_parent).map(|s| &s.host).collect();
            let hosts = if hosts.is_empty() { "servers that were given".to_owned() } else { list(&hosts, 4) };
            Some(if changed {
                (Tone::Waits, format!("{zone} has moved: its name servers are now {hosts}"))
            } else {
                (Tone::Faint, format!("{zone} is served by {hosts}"))
            })
        }
        // The verdict names these with their next step.
        WalkEnd::NoSuchZone | WalkEnd::Unreached(_) => None,
    }
}

fn vantage_line(
    name: &str,
    addr: std::net::SocketAddr,
    zone: Option<&Name>,
    change: VantageChange,
    cast: &Cast,
) -> Option<String> {
    let zone = zone?;
    match change {
        VantageChange::Left => Some(format!("{name} ({}) is no longer a name server of {zone}", addr.ip())),
        // The first servers are told of by the delegation.
        VantageChange::Joined if !cast.has_moved(zone) => None,
        VantageChange::Joined => Some(format!("{name} ({}) is asked from now on", addr.ip())),
    }
}

fn shift_line(shift: &Shift, cast: &Cast, words: &Words<'_>) -> Option<(Tone, String)> {
    let member = cast.member(shift.vantage)?;
    let record = cast.record(shift.record)?;
    let role = member.vantage.role;
    let is_server = matches!(role, Role::Authority | Role::FormerAuthority);
    if !is_server && cast.is_many() {
        return None;
    }
    let tone = newsworthy(shift, is_server)?;
    let from = words.standing_kind(&shift.from, record);
    let to = match Kind::of(&shift.to) {
        Kind::Right | Kind::Unconfirmed => "right".to_owned(),
        _ => words.standing(&shift.to, record, role),
    };
    let from = if matches!(shift.from, Standing::Right { .. }) { "right".to_owned() } else { from };
    let back = if tone == Tone::Bad { "went back: " } else { "" };
    Some((tone, format!("{}  {record}: {back}{from} -> {to}", member.vantage.name)))
}

/// Whether a shift is worth a line, and in which tone.
fn newsworthy(shift: &Shift, is_server: bool) -> Option<Tone> {
    use Kind::{Bogus, Failing, Mixed, Refusing, Right, Silent, Suspect, Unasked, Unconfirmed, Wrong};
    match (Kind::of(&shift.from), Kind::of(&shift.to)) {
        (Unasked, _) => None,
        (Right | Unconfirmed, Right | Unconfirmed) => None,
        (Wrong | Mixed | Suspect | Failing | Bogus, Right | Unconfirmed) => Some(Tone::Good),
        (Silent | Refusing, Right | Unconfirmed) => is_server.then_some(Tone::Good),
        (Right | Unconfirmed, Wrong | Mixed | Failing | Bogus) => Some(Tone::Bad),
        (_, Suspect) => Some(Tone::Faint),
        (Wrong, Wrong) | (Mixed, Mixed) => moved(&shift.from, &shift.to).then_some(Tone::Waits),
        (_, Wrong | Mixed | Bogus) => Some(Tone::Waits),
        (_, Failing | Refusing | Silent) => is_server.then_some(Tone::Waits),
        (_, Unasked) => None,
    }
}

/// Whether what is held is another thing, not only its end.
fn moved(from: &Standing, to: &Standing) -> bool {
    match (from, to) {
        (Standing::Wrong { held: a, .. }, Standing::Wrong { held: b, .. }) => a != b,
        (Standing::Mixed { held: a, wrong: from, .. }, Standing::Mixed { held: b, wrong: to, .. }) => {
            a != b || from != to
        }
        _ => true,
    }
}

pub(super) fn milestone_line(
    cast: &Cast,
    id: RecordId,
    milestone: Milestone,
    lost: bool,
) -> Option<(Tone, String)> {
    let record = cast.record(id)?;
    let line = match (milestone, lost) {
        (Milestone::Issuable, false) => format!("{record}: Let's Encrypt can see it now"),
        (Milestone::Issuable, true) => format!("{record}: Let's Encrypt may no longer see it"),
        (Milestone::Safe, false) => format!("{record}: safe to issue"),
        (Milestone::Safe, true) => format!("{record}: no longer safe to issue"),
        (Milestone::Everyone, false) => format!("{record}: everyone sees it"),
        (Milestone::Everyone, true) => format!("{record}: no longer seen by everyone"),
    };
    Some((if lost { Tone::Bad } else { Tone::Good }, line))
}

fn blocked(report: &RecordReport, cast: &Cast, words: &Words<'_>) -> Option<String> {
    let record = cast.record(report.record).filter(|_| report.verdict == Verdict::Blocked)?;
    Some(format!("{record}: blocked: {}", words.lead_of(report)?.said.text))
}

fn port53(seen: Port53) -> Option<&'static str> {
    match seen {
        Port53::Clear => None,
        Port53::Intercepted => Some(
            "something on this network answers in other servers' names: plain DNS answers are suspect here",
        ),
        Port53::Blocked => Some(
            "nothing comes back on port 53 here, though encrypted questions are answered: asking over TLS and HTTPS",
        ),
        Port53::Unsent => Some("this machine cannot send plain DNS questions (port 53)"),
    }
}

fn forecast(by: Option<Timestamp>, cast: &Cast, words: &Words<'_>) -> Option<String> {
    let by = by?;
    cast.awaited().next()?;
    let before = cast.forecast_before.and_then(|forecast| forecast.by);
    let moved = before.is_none_or(|before| by.since(before).max(before.since(by)) >= NEWS);
    moved.then(|| format!("last cache turns over at {} ({})", words.when().clock(by), words.when().away(by)))
}

/// The word for a verdict in a narrow column.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe => "safe",
        Verdict::NotYet => "not yet",
        Verdict::Blocked => "blocked",
        Verdict::Inconclusive => "unclear",
    }
}
