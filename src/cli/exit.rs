//! How the command ends.

use std::process::ExitCode;

use propwatch::config::Mistyped;
use propwatch::model::Report;
use propwatch::view::escape::clean;

/// The exit statuses, a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: safe, or the milestone of `--until` was reached. Also a command that only prints.
    Safe,
    /// 1: not yet. Also a watch at its deadline, and a `resolvers test` in which fewer than half answer.
    NotYet,
    /// 2: a mistake in the command line or a file; nothing was asked.
    Usage,
    /// 3: blocked: something must be changed first.
    Blocked,
    /// 4: too little could be seen from here.
    Inconclusive,
    /// 130: interrupted by the user, as shells have it (128 + SIGINT).
    Interrupted,
    /// 141: whoever read the results has gone (128 + SIGPIPE), so nobody was told a verdict.
    BrokenPipe,
    /// The status of the command of `--then`: 0 to 255; 127 if there is none of that name, 128 and its number of a
    /// signal.
    Passed(u8),
}

impl Exit {
    /// The status of a report.
    pub(crate) fn of(report: &Report) -> Self {
        match report.exit_code() {
            0 => Exit::Safe,
            1 => Exit::NotYet,
            3 => Exit::Blocked,
            _ => Exit::Inconclusive,
        }
    }

    /// The worse of two verdicts' statuses.
    pub(crate) fn worse(self, other: Exit) -> Exit {
        let rank = |exit: &Exit| match exit {
            Exit::Safe => 0,
            Exit::NotYet => 1,
            Exit::Inconclusive => 2,
            Exit::Blocked => 3,
            Exit::Usage | Exit::Interrupted | Exit::BrokenPipe | Exit::Passed(_) => 4,
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    fn code(self) -> u8 {
        match self {
            Exit::Safe => 0,
            Exit::NotYet => 1,
            Exit::Usage => 2,
            Exit::Blocked => 3,
            Exit::Inconclusive => 4,
            Exit::Interrupted => 130,
            Exit::BrokenPipe => 141,
            Exit::Passed(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// A mistake of the user, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserError {
    message: String,
    hints: Vec<String>,
}

impl UserError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        UserError { message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints it to standard error. Lines of a file's snippet are kept; what a file or an argument holds
    /// is escaped.
    pub(crate) fn print(&self) {
        let lines =
            |text: &str| text.lines().map(|line| clean(line).into_owned()).collect::<Vec<_>>().join("\n");
        super::output::complain(&format!("propwatch: error: {}", lines(&self.message)));
        for hint in &self.hints {
            super::output::complain(&format!("hint: {}", lines(hint)));
        }
    }
}

impl From<Mistyped> for UserError {
    fn from(Mistyped { what, hint }: Mistyped) -> Self {
        UserError { message: what, hints: hint.into_iter().collect() }
    }
}
