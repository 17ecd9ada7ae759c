//! The story of a watch as text.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{Milestone, Name, RecordId, Role, Timestamp, VantageId};
use crate::view::words::{count, list};
use crate::view::{Ended, Story, Tone, Turnover, wrap};

use super::{Text, Words};

/// Turns, and other things that happened, that are told one by one.
const MOST_ROWS: usize = 200;
/// What happened to more than that is told together where it is alike and not further apart than this, or than a part
/// of [`MOST_SPELLS`] of the whole story where that is longer.
const SPELL: Duration = Duration::from_secs(60);
/// Into so many times a long story is parted.
const MOST_SPELLS: u32 = 60;
/// Names that are given for what happened to many.
const NAMES: usize = 2;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// A zone has this serial at a server.
    Edited(Name, VantageId, u32),
    /// A zone has other servers.
    Moved(Name),
    /// A milestone was reached, or lost.
    Reached(RecordId, Milestone, bool),
    /// What happens seldom.
    Once(String),
}

impl What {
    /// What has been reached or lost, and by whom.
    fn turns(&self) -> Option<(RecordId, Milestone)> {
        match self {
            What::Reached(record, milestone, _) => Some((*record, *milestone)),
            _ => None,
        }
    }

    /// Whether the two are told together.
    fn is_like(&self, other: &What) -> bool {
        match (self, other) {
            (What::Edited(..), What::Edited(..)) | (What::Moved(_), What::Moved(_)) => true,
            (What::Reached(_, a, lost), What::Reached(_, b, also)) => (a, lost) == (b, also),
            _ => false,
        }
    }
}

/// Things of one kind that happened close together.
struct Spell {
    from: Timestamp,
    to: Timestamp,
    all: Vec<What>,
}

fn happenings(story: &Story) -> Vec<(Timestamp, What)> {
    let edits =
        story.edits().iter().map(|(at, zone, by, serial)| (*at, What::Edited(zone.clone(), *by, *serial)));
    let moves = story.moves().iter().map(|(at, zone)| (*at, What::Moved(zone.clone())));
    let milestones =
        story.milestones().iter().map(|(at, record, what, lost)| (*at, What::Reached(*record, *what, *lost)));
    edits.chain(moves).chain(milestones).collect()
}

/// What happened, in order of time, by kind and by spells.
fn spells(all: Vec<(Timestamp, What)>) -> Vec<Spell> {
    let first = all.first().map_or_else(Timestamp::default, |(at, _)| *at);
    let last = all.last().map_or(first, |(at, _)| *at);
    let length = SPELL.max(last.since(first) / MOST_SPELLS);
    let mut spells: Vec<Spell> = Vec::new();
    // What was lost is not told before it was reached: nothing joins a spell before the last one of the same record.
    let mut last: BTreeMap<(RecordId, Milestone), usize> = BTreeMap::new();
    for (at, what) in all {
        let turns = what.turns();
        let after = turns.and_then(|turns| last.get(&turns).copied()).unwrap_or(0);
        let young = (after..spells.len()).rev().take_while(|&place| at.since(spells[place].from) < length);
        let like =
            young.into_iter().find(|&place| spells[place].all.first().is_some_and(|one| one.is_like(&what)));
        let place = like.unwrap_or(spells.len());
        match like {
            Some(place) => {
                spells[place].to = at;
                spells[place].all.push(what);
            }
            None => spells.push(Spell { from: at, to: at, all: vec![what] }),
        }
        if let Some(turns) = turns {
            last.insert(turns, place);
        }
    }
    spells
}

/// Things of one kind, told together.
fn together(all: &[What], story: &Story) -> String {
    let names: Vec<String> = all
        .iter()
        .filter_map(|what| match what {
            What::Edited(zone, ..) | What::Moved(zone) => Some(zone.to_string()),
            What::Reached(record, ..) => story.cast().record(*record).map(ToString::to_string),
            What::Once(text) => Some(text.clone()),
        })
        .collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    let number = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
    let shown: Vec<&String> = distinct.into_iter().collect();
    let shown = list(&shown, NAMES);
    match all.first() {
        Some(What::Edited(..)) => {
            format!("{} seen with a new version: {shown}", count(number, "zone", "zones"))
        }
        Some(What::Moved(_)) => {
            format!("{} moved to other name servers: {shown}", count(number, "zone", "zones"))
        }
        Some(What::Reached(_, milestone, lost)) => {
            let what = Words::milestone(*milestone, *lost);
            format!("{}: {what}: {shown}", count(number, "record", "records"))
        }
        _ => shown,
    }
}

impl Text {
    /// The whole story, each line ended.
    pub fn story(&self, story: &Story) -> String {
        let mut lines = Vec::new();
        let end = story.ended().map_or_else(Timestamp::default, |ended| ended.at);
        let words = self.words(story.cast(), end);
        self.opening(&mut lines, story, &words);
        self.phases(&mut lines, story, end);
        self.happened(&mut lines, story, &words);
        self.turns(&mut lines, story, &words);
        self.forecasts(&mut lines, story, &words);
        if let Some(ended) = story.ended() {
            self.ending(&mut lines, ended, story, &words);
        }
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }

    fn heading(&self, lines: &mut Vec<String>, text: &str) {
        lines.push(String::new());
        lines.push(self.paint.tone(Tone::Strong, text));
    }

    fn item(&self, lines: &mut Vec<String>, text: &str) {
        lines.extend(wrap(text, self.columns(), "  ", "    "));
    }

    fn opening(&self, lines: &mut Vec<String>, story: &Story, words: &Words<'_>) {
        let cast = story.cast();
        let wanted: Vec<String> =
            cast.wanted().map(|(_, r)| format!("{r} for {}", list(&r.expected(), 3))).collect();
        let title = format!("The watch of {}", list(&wanted, 3));
        lines.extend(wrap(&title, self.columns(), "", "  ").iter().map(|l| self.paint.tone(Tone::Strong, l)));
        let (Some(from), Some(ended)) = (cast.started_at(), story.ended()) else { return };
        let questions = u32::try_from(ended.report.questions).unwrap_or(u32::MAX);
        let text = format!(
            "from {} to {} ({}), {}",
            words.when().clock(from.floor_second()),
            words.when().clock(ended.at),
            Words::lasted(from, ended.at),
            count(questions, "question", "questions"),
        );
        self.item(lines, &text);
    }

    fn phases(&self, lines: &mut Vec<String>, story: &Story, end: Timestamp) {
        if story.phases().is_empty() {
            return;
        }
        self.heading(lines, "What was waited for, and why");
        let ends = story.phases().iter().skip(1).map(|phase| phase.from).chain([end]);
        for (phase, until) in story.phases().iter().zip(ends) {
            let words = self.words(story.cast(), phase.report.at);
            let line = words.headline(&phase.report).line;
            let from = words.when().stamp(phase.from, story.cast().started_at().unwrap_or(phase.from));
            self.item(lines, &format!("{from}  {line} ({})", Words::lasted(phase.from, until)));
        }
    }

    fn happened(&self, lines: &mut Vec<String>, story: &Story, words: &Words<'_>) {
        let mut all = happenings(story);
        all.extend(story.gaps().iter().map(|gap| (gap.to.unwrap_or(gap.from), What::Once(words.gap(gap)))));
        all.sort_by_key(|(at, _)| *at);
        if all.is_empty() {
            return;
        }
        self.heading(lines, "What happened");
        let cast = story.cast();
        let start = cast.started_at().unwrap_or_default();
        let alone = |what: &What| match what {
            What::Edited(zone, at, serial) => {
                let who = cast.member(*at).map(|m| m.vantage.name.to_string()).unwrap_or_default();
                format!("{who} has a new version of {zone} (number {serial})")
            }
            What::Moved(zone) => format!("{zone} moved to other name servers"),
            What::Reached(record, milestone, lost) => {
                let record = cast.record(*record).map(ToString::to_string).unwrap_or_default();
                format!("{record}: {}", Words::milestone(*milestone, *lost))
            }
            What::Once(text) => text.clone(),
        };
        if all.len() <= MOST_ROWS {
            for (at, what) in all {
                self.item(lines, &format!("{}  {}", words.when().stamp(at, start), alone(&what)));
            }
            return;
        }
        for spell in spells(all) {
            let mut text = match &spell.all[..] {
                [one] => alone(one),
                all => together(all, story),
            };
            if spell.to.since(spell.from) > SPELL {
                text += &format!(" (until {})", words.when().clock(spell.to));
            }
            self.item(lines, &format!("{}  {text}", words.when().stamp(spell.from, start)));
        }
    }

    fn turns(&self, lines: &mut Vec<String>, story: &Story, words: &Words<'_>) {
        let role = |turn: &Turnover| story.cast().member(turn.vantage).map(|m| m.vantage.role);
        let is_server = |turn: &&Turnover| role(turn) == Some(Role::Authority);
        let (servers, caches): (Vec<&Turnover>, Vec<&Turnover>) =
            story.turnovers().iter().partition(is_server);
        for (title, mut turns) in [("Name servers", servers), ("Resolvers", caches)] {
            if turns.is_empty() {
                continue;
            }
            turns.sort_by_key(|turn| (turn.turned.is_none(), turn.turned, turn.record, turn.vantage));
            self.heading(lines, &format!("{title}: who turned over when"));
            for turn in turns.iter().take(MOST_ROWS) {
                let who = story.cast().member(turn.vantage).map(|m| m.vantage.name.to_string());
                let record = story.cast().record(turn.record).map(ToString::to_string);
                let text = format!(
                    "{}  {}: {} at {}, {}",
                    who.unwrap_or_default(),
                    record.unwrap_or_default(),
                    words.had(turn),
                    words.when().clock(turn.since),
                    words.kept(turn),
                );
                self.item(lines, &text);
            }
            if turns.len() > MOST_ROWS {
                self.item(lines, &format!("and {} more", turns.len() - MOST_ROWS));
            }
        }
        if story.right_at_once() > 0 {
            self.item(lines, &format!("{} right at the first look", story.right_at_once()));
        }
    }

    fn forecasts(&self, lines: &mut Vec<String>, story: &Story, words: &Words<'_>) {
        let told: Vec<String> =
            [Words::accuracy(story), words.forecast_kept(story)].into_iter().flatten().collect();
        if !told.is_empty() {
            self.heading(lines, "How good the forecasts were");
            told.iter().for_each(|line| self.item(lines, line));
        }
    }

    fn ending(&self, lines: &mut Vec<String>, ended: &Ended, story: &Story, words: &Words<'_>) {
        let title = if ended.over { "How it ended" } else { "Where it stands (the watch is not over)" };
        self.heading(lines, &format!("{title}, at {}", words.when().clock(ended.at)));
        lines.extend(self.headline(&ended.report, story.cast()).iter().map(|line| format!("  {line}")));
    }
}
