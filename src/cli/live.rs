//! The live view: a summary line and at most ten rows at the bottom of the terminal, events above it.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use propwatch::view::Progress;

/// Frames a second at most.
const FRAMES: u8 = 8;

/// A summary line with rows below it.
pub(crate) struct Live {
    all: MultiProgress,
    summary: ProgressBar,
    rows: Vec<ProgressBar>,
    shown: Progress,
}

impl Live {
    pub(crate) fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(FRAMES));
        let summary = all.add(line());
        Live { all, summary, rows: Vec::new(), shown: Progress::default() }
    }

    /// Shows one line and nothing else.
    pub(crate) fn line(&mut self, text: &str) {
        self.summary.set_message(text.to_owned());
        self.summary.tick();
    }

    /// Brings the rows up to date; only what differs is drawn.
    pub(crate) fn show(&mut self, progress: &Progress) {
        if *progress == self.shown {
            return;
        }
        if progress.line != self.shown.line && !progress.line.is_empty() {
            self.summary.set_message(progress.line.clone());
        }
        while self.rows.len() > progress.waiting.len() {
            if let Some(row) = self.rows.pop() {
                row.finish_and_clear();
                self.all.remove(&row);
            }
        }
        while self.rows.len() < progress.waiting.len() {
            self.rows.push(self.all.add(line()));
        }
        for (row, text) in self.rows.iter().zip(&progress.waiting) {
            if row.message() != *text {
                row.set_message(text.clone());
            }
        }
        self.shown = progress.clone();
    }

    /// Prints a line above.
    pub(crate) fn print(&mut self, text: &str) {
        // A terminal that has gone takes the view with it; the watch goes on.
        let _ = self.all.println(text);
    }

    /// Takes everything away.
    pub(crate) fn clear(&mut self) {
        for row in self.rows.drain(..) {
            row.finish_and_clear();
        }
        self.summary.finish_and_clear();
        let _ = self.all.clear();
    }
}

fn line() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(1).with_style(style)
}

/// Columns of the terminal.
pub(crate) fn columns() -> u16 {
    console::Term::stderr().size_checked().map_or(80, |(_, columns)| columns)
}
