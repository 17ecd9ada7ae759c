//! The story of a watch as text.

use crate::model::{Role, Timestamp};
use crate::view::words::{count, list};
use crate::view::{Ended, Story, Tone, Turnover, wrap};

use super::{Text, Words};

/// Turns that are told one by one.
const MOST_ROWS: usize = 200;

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
        let cast = story.cast();
        let mut all: Vec<(Timestamp, String)> = Vec::new();
        for (at, zone, vantage, serial) in story.edits() {
            let who = cast.member(*vantage).map(|m| m.vantage.name.to_string()).unwrap_or_default();
            all.push((*at, format!("{who} has a new version of {zone} (number {serial})")));
        }
        for (at, zone) in story.moves() {
            all.push((*at, format!("{zone} moved to other name servers")));
        }
        for (at, record, milestone, lost) in story.milestones() {
            if let Some(record) = cast.record(*record) {
                all.push((*at, format!("{record}: {}", Words::milestone(*milestone, *lost))));
            }
        }
        all.extend(story.gaps().iter().map(|gap| (gap.to.unwrap_or(gap.from), words.gap(gap))));
        all.sort_by_key(|(at, _)| *at);
        if all.is_empty() {
            return;
        }
        self.heading(lines, "What happened");
        let start = cast.started_at().unwrap_or_default();
        for (at, what) in all {
            self.item(lines, &format!("{}  {what}", words.when().stamp(at, start)));
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
