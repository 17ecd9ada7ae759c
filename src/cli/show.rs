//! What is shown of a watch, and how: settled once from the options, the terminal and the environment.

use std::io::IsTerminal as _;
use std::time::Duration;

use jiff::tz::TimeZone;
use propwatch::model::{Event, Report, Timestamp};
use propwatch::view::{Cast, Detail, Pace, Paint, Text, json};

use super::args::{Color, ShowArgs};
use super::live::Live;
use super::output::{Output, complain};

/// The shortest time between two frames of the live view.
const FRAME: Duration = Duration::from_millis(100);

/// How events are told while they happen.
enum Telling {
    /// Not at all.
    Nothing,
    /// A live view at the bottom of the terminal, events above it.
    Live(Live),
    /// Plain lines to standard error, no more than can be read.
    Lines(Pace),
    /// How many stand where, now and then: one look at many names can take long.
    Counts(Pace),
    /// JSON lines to standard output.
    Json,
}

/// The views of one run.
pub(crate) struct Show {
    cast: Cast,
    /// For what is told on the way, on standard error.
    on_the_way: Text,
    /// For the result, on standard output.
    result: Text,
    telling: Telling,
    /// The first event of a watch that is picked up.
    begun: Option<Event>,
    /// When the live view was last brought up to date.
    shown: Timestamp,
    json: bool,
    quiet: bool,
}

impl Show {
    /// `stream`: whether events are told as they happen (a watch), or the result only (a look).
    pub(crate) fn new(args: &ShowArgs, stream: bool) -> Self {
        let width = terminal_width();
        let live = std::io::stderr().is_terminal()
            && !args.no_progress
            && std::env::var_os("CI").is_none()
            && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let detail = if args.full { Detail::Full } else { Detail::Usual };
        let zone = TimeZone::system();
        let text = |paint| Text { zone: zone.clone(), paint, width, detail };
        let on_the_way = text(paint(args.color, std::io::stderr().is_terminal()));
        let result = text(paint(args.color, std::io::stdout().is_terminal()));
        let telling = match (args.quiet, args.json, live) {
            (true, ..) => Telling::Nothing,
            (_, true, _) if stream => Telling::Json,
            (_, true, _) => Telling::Nothing,
            (.., true) => Telling::Live(Live::new()),
            (.., false) if stream => Telling::Lines(Pace::new()),
            (.., false) => Telling::Counts(Pace::new()),
        };
        Show {
            cast: Cast::new(),
            on_the_way,
            result,
            telling,
            begun: None,
            shown: Timestamp::default(),
            json: args.json,
            quiet: args.quiet,
        }
    }

    /// The first line, before anything is known.
    pub(crate) fn begin(&mut self, what: &str) {
        match &mut self.telling {
            Telling::Live(live) => live.line(what),
            Telling::Lines(_) => complain(what),
            Telling::Nothing | Telling::Counts(_) | Telling::Json => {}
        }
    }

    /// Tells an event, or (with none) that time has passed.
    pub(crate) fn event(&mut self, now: Timestamp, event: Option<&Event>, out: &mut Output) {
        if let Some(event) = event {
            self.cast.take(event);
        }
        match &mut self.telling {
            Telling::Nothing => {}
            Telling::Json => {
                let Some(event) = event else { return };
                // The last verdict is told by `end`, which every run comes to.
                if !matches!(event, Event::Verdict(report) if report.last) {
                    out.write_with(|out| json::write_line(out, event, &self.cast));
                }
            }
            Telling::Lines(pace) => {
                for line in pace.lines(&self.on_the_way, now, event, &self.cast) {
                    complain(&line);
                }
            }
            Telling::Counts(pace) => {
                for line in pace.counts(&self.on_the_way, now, &self.cast) {
                    complain(&line);
                }
            }
            Telling::Live(live) => {
                if let Some(event) = event {
                    for line in self.on_the_way.lines_above(event, &self.cast) {
                        live.print(&line);
                    }
                } else {
                    self.on_the_way.width = terminal_width();
                }
                // Events come by the thousand; a frame is looked at for longer than they take. Time that passes
                // is told of at least once a second, so the latest is shown soon enough.
                if event.is_none() || now.since(self.shown) >= FRAME || now < self.shown {
                    self.shown = now;
                    live.show(&self.on_the_way.progress(&self.cast, now));
                }
            }
        }
    }

    /// Takes in an event of the past, which was told when it happened.
    pub(crate) fn recall(&mut self, event: Event) {
        self.cast.take(&event);
        if matches!(event, Event::Started(_)) {
            self.begun = Some(event);
        }
    }

    /// The past is complete. A script is told once more what is watched.
    pub(crate) fn recalled(&mut self, out: &mut Output) {
        if let Some(begun) = self.begun.take().filter(|_| matches!(self.telling, Telling::Json)) {
            out.write_with(|out| json::write_line(out, &begun, &self.cast));
        }
    }

    /// Who is who, and where each stands.
    pub(crate) fn cast(&self) -> &Cast {
        &self.cast
    }

    /// A line beside the events, to standard error.
    pub(crate) fn aside(&mut self, line: &str) {
        match &mut self.telling {
            Telling::Live(live) => live.print(line),
            Telling::Nothing | Telling::Lines(_) | Telling::Counts(_) | Telling::Json => complain(line),
        }
    }

    /// The latest verdict that was told.
    pub(crate) fn verdict(&self) -> Option<&Report> {
        self.cast.report()
    }

    /// The result.
    pub(crate) fn end(&mut self, report: &Report, out: &mut Output) {
        match &mut self.telling {
            Telling::Live(live) => live.clear(),
            Telling::Lines(pace) => {
                for line in pace.rest(&self.on_the_way, report.at, &self.cast) {
                    complain(&line);
                }
            }
            Telling::Nothing | Telling::Counts(_) | Telling::Json => {}
        }
        if self.quiet {
            return;
        }
        if self.json {
            out.write_with(|out| json::write_verdict(out, report, &self.cast));
        } else {
            let screen = self.result.report(report, &self.cast);
            out.write(&screen);
            if !screen.ends_with('\n') {
                out.write("\n");
            }
        }
    }
}

/// Columns of the terminal; 80 where there is none.
pub(crate) fn terminal_width() -> usize {
    let term = indicatif::ProgressDrawTarget::stderr();
    match std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<usize>().ok()) {
        Some(columns) => columns.clamp(Text::MIN_WIDTH, 200),
        None if std::io::stdout().is_terminal() || !term.is_hidden() => {
            usize::from(super::live::columns()).clamp(Text::MIN_WIDTH, 200)
        }
        None => 80,
    }
}

/// Colour for one of the two streams.
pub(crate) fn paint(color: Color, terminal: bool) -> Paint {
    let wanted = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            // https://no-color.org: set to anything but nothing.
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
            terminal && !no_color && !dumb
        }
    };
    if wanted { Paint::Ansi } else { Paint::Plain }
}
