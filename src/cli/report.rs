//! `report`: the story of a watch, from its journal.

use std::fs::File;
use std::io;

use jiff::tz::TimeZone;
use propwatch::engine::Watch;
use propwatch::journal::{Ending, Reader, replay};
use propwatch::view::{Story, Text, json};

use super::args::ReportArgs;
use super::output::{Output, note};
use super::show::terminal_width;
use super::{Exit, UserError};

pub(crate) fn report(args: &ReportArgs, out: &mut Output) -> Result<Exit, UserError> {
    let path = args.journal.display();
    let wrong = |error: io::Error| UserError::new(format!("{path}: {error}"));
    let file = File::open(&args.journal).map_err(|error| {
        wrong(error).hint("`propwatch wait` keeps its journals below ~/.local/state/propwatch")
    })?;
    let reader = Reader::new(file).map_err(wrong)?;
    let Some(mut reader) = reader else {
        return Err(UserError::new(format!("{path}: the journal is empty: nothing has happened yet")));
    };
    let mut watch = Watch::new(reader.head().plan.clone());
    let mut story = Story::new();
    let replayed =
        replay(&mut reader, &mut watch, Ending::AsTold, |event| story.take(&event)).map_err(wrong)?;
    story.end(replayed.last, watch.report(replayed.over), replayed.over);
    if let Some(line) = reader.damaged_at() {
        note(&format!("{path} is damaged at line {line}: this is the story up to there"));
    }
    let text = if args.json {
        format!("{}\n", json::story(&story))
    } else {
        let width = if args.output.is_some() { 80 } else { terminal_width() };
        Text { width, ..Text::plain(TimeZone::system()) }.story(&story)
    };
    match &args.output {
        Some(to) => {
            if to.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("html") || kind == "htm") {
                let kind = if args.json { "JSON" } else { "plain text" };
                note(&format!("{} becomes {kind}: there is no HTML report", to.display()));
            }
            let shown = to.display();
            std::fs::write(to, text).map_err(|error| UserError::new(format!("{shown}: {error}")))?;
        }
        None => out.write(&text),
    }
    Ok(if out.is_broken() { Exit::BrokenPipe } else { Exit::Safe })
}
