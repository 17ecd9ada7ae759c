//! The views for people: lines as things happen, the screen at the end, how far it has got.

mod explain;
mod lines;
mod pace;
mod progress;
mod rows;
mod screen;
mod story;
mod summary;

pub use pace::Pace;
pub use progress::Progress;

use jiff::tz::TimeZone;

use crate::model::{Report, Timestamp, Verdict};

use super::{Cast, Headline, Paint, Tone, When, Words, wrap};

/// How much is told at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// The verdict and the next step only.
    Brief,
    /// A screenful.
    #[default]
    Usual,
    /// Every vantage and every record by name.
    Full,
}

/// How text is laid out.
#[derive(Debug, Clone)]
pub struct Text {
    /// The time zone in which times are told.
    pub zone: TimeZone,
    /// Colour or none.
    pub paint: Paint,
    /// Columns. Less than [`Text::MIN_WIDTH`] counts as that.
    pub width: usize,
    /// How much is told at the end.
    pub detail: Detail,
}

impl Text {
    /// The narrowest terminal that is laid out for, in columns.
    pub const MIN_WIDTH: usize = 40;

    /// Plain text, 80 columns wide.
    pub fn plain(zone: TimeZone) -> Self {
        Text { zone, paint: Paint::Plain, width: 80, detail: Detail::Usual }
    }

    fn columns(&self) -> usize {
        self.width.max(Self::MIN_WIDTH)
    }

    fn words<'a>(&self, cast: &'a Cast, now: Timestamp) -> Words<'a> {
        Words::new(cast, When::local(self.zone.clone(), now).set_forward(cast.clock_set()))
    }

    /// The verdict and its next step, as wrapped and painted lines.
    pub fn headline(&self, report: &Report, cast: &Cast) -> Vec<String> {
        let Headline { verdict, line, why } = self.words(cast, report.at).headline(report);
        let tone = tone_of(verdict);
        let lead = if verdict == Verdict::Safe { "" } else { next_mark(&why) };
        let mut lines: Vec<String> =
            wrap(&line, self.columns(), "", "  ").iter().map(|line| self.paint.tone(tone, line)).collect();
        lines.extend(wrap(&format!("{lead}{why}"), self.columns(), "  ", "  "));
        lines
    }
}

/// What stands before a next step; one that is none needs no mark.
fn next_mark(next: &str) -> &'static str {
    if next.starts_with("Nothing to do") { "" } else { "Next: " }
}

fn tone_of(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Safe => Tone::Good,
        Verdict::NotYet => Tone::Waits,
        Verdict::Inconclusive | Verdict::Blocked => Tone::Bad,
    }
}
