//! An error text's failures for people.

use crate::engine::TRIES_AN_HOUR;
use crate::model::{Diagnosis, Testimony, Timestamp, TriesLeft, Value, Waiting};
use crate::view::{
    Explaining, Looked, Now, Paint, Told, Tone, When, record_error, record_heading, record_unread,
    tries_left, witness, wrap,
};

use super::Text;

/// Failures that are told in full; of a long log the rest is counted.
const MOST_TOLD: usize = 20;

impl Text {
    /// The failures of a text, with what can be behind each. `more` were not even kept; `tries` are those that
    /// the CA's limit of failures leaves.
    pub fn diagnoses(
        &self,
        diagnoses: &[Diagnosis],
        more: usize,
        expected: &[Value],
        tries: &[TriesLeft],
        now: Timestamp,
    ) -> String {
        let when = When::local(self.zone.clone(), now);
        let mut lines: Vec<String> = Vec::new();
        for diagnosis in diagnoses.iter().take(MOST_TOLD) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(self.diagnosis(diagnosis, expected, tries, &when));
        }
        let hidden = diagnoses.len().saturating_sub(MOST_TOLD) + more;
        if hidden > 0 {
            lines.push(String::new());
            lines.extend(self.at(
                "",
                &format!(
                    "{hidden} more failures are in this text; --json tells {} of them.",
                    diagnoses.len()
                ),
            ));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// What the CA itself has written down about the orders.
    pub fn testimonies(&self, all: &[Testimony], expected: &[Value], now: Timestamp) -> String {
        let when = When::local(self.zone.clone(), now);
        let mut lines: Vec<String> = Vec::new();
        for testimony in all {
            lines.push(String::new());
            let heading = wrap(&record_heading(testimony), self.columns(), "", "  ");
            lines.extend(heading.iter().map(|line| self.paint.tone(Tone::Strong, line)));
            for one in &testimony.witnesses {
                let name = one.seen.name.as_ref().map_or_else(|| "a name".to_owned(), ToString::to_string);
                lines.extend(wrap(
                    &format!("{name}: {}", witness(one, expected, &when)),
                    self.columns(),
                    "  ",
                    "    ",
                ));
            }
            let rest = record_error(testimony).into_iter().chain(record_unread(testimony));
            lines.extend(rest.flat_map(|text| self.at("  ", &text)));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn diagnosis(
        &self,
        diagnosis: &Diagnosis,
        expected: &[Value],
        tries: &[TriesLeft],
        when: &When,
    ) -> Vec<String> {
        let theirs = || tries.iter().filter(|one| diagnosis.names.contains(&one.name));
        let told = Told::new(diagnosis, expected, when.clone());
        let told = match theirs().filter(|one| one.left == 0).map(|one| one.next).max() {
            Some(next) => told.held_back(&when.clock(next)),
            None => told,
        };
        let heading = Explaining::new(diagnosis, expected, when.clone()).heading();
        let tone = match diagnosis.waiting {
            Waiting::Yes | Waiting::Retry => Tone::Waits,
            Waiting::No | Waiting::Depends => Tone::Bad,
        };
        let mut lines: Vec<String> = wrap(&heading, self.columns(), "", "  ")
            .iter()
            .map(|line| self.paint.tone(Tone::Strong, line))
            .collect();
        let what = self.at("  ", &told.what);
        lines.extend(what.iter().map(|line| painted(self.paint, tone, line)));
        if let Some(whose) = &told.whose {
            lines.extend(self.at("  ", whose));
        }
        lines.extend(self.at("  ", &format!("Does waiting help? {}", told.waiting)));
        self.causes(&mut lines, &told);
        lines.push(String::new());
        if diagnosis.retry_after.is_some() || told.causes.is_empty() {
            lines.extend(self.at("  ", &format!("Next: {}", told.next)));
        }
        if let Some(missing) = &told.missing {
            lines.extend(self.at("  ", missing));
        }
        for one in theirs() {
            let said = tries_left(one.left, TRIES_AN_HOUR, &when.clock(one.next));
            lines.extend(self.at("  ", &format!("{}: {}. {}", one.name, said.text, said.next)));
        }
        self.command(&mut lines, told.command.as_deref());
        lines
    }

    /// What can be behind it, the likeliest first.
    fn causes(&self, lines: &mut Vec<String>, told: &Told) {
        let several = told.causes.len() > 1;
        for (i, (_, said)) in told.causes.iter().enumerate() {
            if i == 0 {
                lines.push(String::new());
                let head = if several {
                    "What can be behind it, the likeliest first:"
                } else {
                    "What is behind it:"
                };
                lines.extend(self.at("  ", head));
            }
            let mark = if several { format!("  {}. ", i + 1) } else { "  ".to_owned() };
            let rest = " ".repeat(mark.len());
            lines.extend(wrap(&format!("{}.", capital(&said.text)), self.columns(), &mark, &rest));
            lines.extend(wrap(&format!("-> {}", said.next), self.columns(), &rest, &format!("{rest}   ")));
        }
    }

    /// The command to run next.
    fn command(&self, lines: &mut Vec<String>, command: Option<&str>) {
        match command {
            Some(command) => {
                let file = if command.ends_with(" --self-test") {
                    "Put the test file there (propwatch self-test prints it), then wait until it is safe to press Issue:"
                } else {
                    "Then wait until it is safe to press Issue:"
                };
                lines.extend(self.at("  ", file));
                // A command is copied: it stays on one line.
                lines.push(format!("    {}", self.paint.tone(Tone::Strong, command)));
            }
            None => lines.extend(self.at(
                "  ",
                "There is no name in the text to look at: propwatch check NAME --expect ADDRESS, with the name that failed.",
            )),
        }
    }

    /// Which of the causes it is now, name by name, when the names have been looked at.
    pub fn causes_now(&self, diagnoses: &[Diagnosis], looked: &Looked<'_>) -> String {
        let when = When::local(self.zone.clone(), looked.at());
        let mut told: Vec<Now> = Vec::new();
        for now in diagnoses.iter().flat_map(|diagnosis| looked.now(diagnosis, &when)) {
            if told.len() < MOST_TOLD && told.iter().all(|known| known.name != now.name) {
                told.push(now);
            }
        }
        let lines: Vec<String> =
            told.iter().flat_map(|now| wrap(&now.text, self.columns(), "", "  ")).collect();
        if lines.is_empty() { String::new() } else { lines.join("\n") + "\n\n" }
    }

    fn at(&self, indent: &str, text: &str) -> Vec<String> {
        wrap(text, self.columns(), indent, indent)
    }
}

fn painted(paint: Paint, tone: Tone, line: &str) -> String {
    let inside = line.trim_start();
    let indent = &line[..line.len() - inside.len()];
    format!("{indent}{}", paint.tone(tone, inside))
}

/// A sentence begins with a capital, unless a name stands there.
fn capital(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.contains(['.', '`', '_']) || !first.is_ascii() {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
