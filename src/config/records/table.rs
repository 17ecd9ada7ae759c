//! The table of a panel's Zone Editor, as it is copied out of a browser: cells parted by tabs.
//!
//! Cells can hold several lines (an MX row has its priority above its destination), and a browser can end a line
//! within a row. So rows are not lines: a row is wherever a cell of the type's column stands, and its name and
//! value are so many cells before and behind that.

use super::super::fault::escaped;
use super::tokens::is_type;
use super::{Entry, Listing, MAX_NAMES, Mistake, Spot, zone};
use crate::model::{Name, Value};

/// Lines in front of the heading that may be something else of the page, at most.
const PREAMBLE: usize = 200;
/// Lines over which a heading may be broken, at most.
const BROKEN: usize = 12;
/// Cells of a table, at most.
const MAX_CELLS: usize = MAX_NAMES * 12;
/// What a heading can have beside Name, Type and Record.
const OTHER_COLUMNS: [&str; 6] = ["", "ttl", "class", "actions", "action", "priority"];

/// Where the columns are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// Its line, counted from 1.
    pub(super) line: usize,
    name: usize,
    rtype: usize,
    record: usize,
    /// The byte behind it.
    end: usize,
}

/// The heading of a table, if the text has one.
pub(super) fn heading(text: &str) -> Option<Heading> {
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n').take(PREAMBLE + BROKEN) {
        lines.push((start, line));
        start += line.len();
    }
    let starts =
        lines.iter().enumerate().filter(|(_, (_, line))| line.split('\t').any(|cell| says(cell, "name")));
    for (first, (from, _)) in starts.take(PREAMBLE) {
        for last in first..lines.len().min(first + BROKEN) {
            let (at, line) = lines[last];
            let end = at + line.len();
            let Some(found) = text.get(*from..end).and_then(columns) else { continue };
            // The last columns can stand on lines of their own.
            let rest = lines[last + 1..].iter().take(BROKEN);
            let more: usize = rest.take_while(|(_, line)| is_heading(line)).map(|(_, line)| line.len()).sum();
            let (name, rtype, record) = found;
            return Some(Heading { line: first + 1, name, rtype, record, end: end + more });
        }
    }
    None
}

/// The cells of Name, Type and Record, in this order, among cells parted by tabs.
fn columns(text: &str) -> Option<(usize, usize, usize)> {
    let cells: Vec<&str> = text.split('\t').collect();
    let find = |wanted: &str| cells.iter().position(|cell| says(cell, wanted));
    let (name, rtype, record) = (find("name")?, find("type")?, find("record")?);
    (name < rtype && rtype < record).then_some((name, rtype, record))
}

/// Whether a cell is this word, whatever signs for sorting stand beside it.
fn says(cell: &str, wanted: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic());
    letters.flat_map(char::to_lowercase).eq(wanted.chars()) && cell.len() < 60
}

fn is_heading(line: &str) -> bool {
    let mut cells = line.split('\t');
    !line.trim().is_empty()
        && cells.all(|cell| {
            OTHER_COLUMNS
                .iter()
                .any(|known| says(cell, known) && !cell.contains(|c: char| c.is_ascii_digit()))
        })
}

/// One cell, with the lines in it that are not blank.
struct Cell<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Cell<'a> {
    fn lines(&self) -> impl DoubleEndedIterator<Item = (usize, &'a str)> {
        let mut at = self.start;
        let pieces: Vec<(usize, &str)> = self
            .text
            .split('\n')
            .map(|line| {
                let from = at + line.len() - line.trim_start().len();
                at += line.len() + 1;
                (from, line.trim())
            })
            .collect();
        pieces.into_iter().filter(|(_, line)| !line.is_empty())
    }
}

/// Finds line and column of a byte.
struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Places { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    fn spot(&self, byte: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        (line, 1 + self.text.get(start..byte).map_or(0, |before| before.chars().count()))
    }
}

/// Reads the A, AAAA and CNAME rows of a table; the others are counted.
pub(super) fn read(text: &str) -> Result<Listing, Mistake> {
    let Some(heading) = heading(text) else {
        return Err(Mistake::new((1, 1), "there is no heading Name, Type, Record"));
    };
    let places = Places::of(text);
    let mut at = heading.end;
    let mut cells: Vec<Cell<'_>> = Vec::new();
    for cell in text.get(heading.end..).unwrap_or_default().split('\t') {
        cells.push(Cell { start: at, text: cell });
        at += cell.len() + 1;
        if cells.len() > MAX_CELLS {
            return Err(Mistake::new(places.spot(at), "there are more cells than 100,000 rows can have"));
        }
    }
    let table = Table { cells: &cells, heading: &heading, places: &places };
    let mut listing = Listing::default();
    let mut done = None;
    for (place, cell) in cells.iter().enumerate() {
        let rtype = cell.text.trim();
        let Some(owner) = (place + heading.name).checked_sub(heading.rtype) else { continue };
        // A cell of the row before cannot begin a new row.
        if !is_type(rtype) || done.is_some_and(|done| owner < done) {
            continue;
        }
        table.nothing_lost(done.map_or(0, |done| done + 1), owner)?;
        table.row(&mut listing, done, owner, place, rtype)?;
        done = Some(place + heading.record - heading.rtype);
    }
    table.nothing_lost(done.map_or(0, |done| done + 1), cells.len())?;
    Ok(listing)
}

struct Table<'a> {
    cells: &'a [Cell<'a>],
    heading: &'a Heading,
    places: &'a Places<'a>,
}

impl Table<'_> {
    /// What stands between two rows are words like Edit and Delete. A word in capitals is a type that is not known.
    fn nothing_lost(&self, from: usize, to: usize) -> Result<(), Mistake> {
        let capital = |word: &str| {
            word.len() <= 16
                && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                && word.contains(|c: char| c.is_ascii_uppercase())
        };
        for cell in self.cells.get(from..to).unwrap_or_default() {
            let word = cell.text.trim();
            if capital(word) {
                let at = self.places.spot(cell.start + cell.text.len() - cell.text.trim_start().len());
                return Err(Mistake::new(at, format!("`{word}` is no type of record")));
            }
        }
        Ok(())
    }

    fn row(
        &self,
        listing: &mut Listing,
        done: Option<usize>,
        owner: usize,
        place: usize,
        rtype: &str,
    ) -> Result<(), Mistake> {
        let rtype = rtype.to_ascii_uppercase();
        if !matches!(rtype.as_str(), "A" | "AAAA" | "CNAME") {
            listing.passed_over.other(&rtype);
            return Ok(());
        }
        let (name, at) = self.name(done, owner)?;
        let record = place + self.heading.record - self.heading.rtype;
        let (value, value_at) = self.record(record, &rtype, place)?;
        if name.as_str().starts_with("*.") {
            listing.wildcard(name, at.0);
        } else {
            listing.entries.push(Entry { name, at, values: vec![(value, value_at)] });
        }
        Ok(())
    }

    /// The name of a row: the last line of its cell, in which the end of the row before can stand as well. A long
    /// name can be broken behind a dot or a dash.
    fn name(&self, done: Option<usize>, owner: usize) -> Result<(Name, Spot), Mistake> {
        let cell = &self.cells[owner];
        let mut lines: Vec<(usize, &str)> = cell.lines().collect();
        if done == Some(owner) && lines.len() > 1 {
            // The first line is the value of the row before.
            lines.remove(0);
        }
        let mut whole = String::new();
        let mut begins = cell.start;
        for (at, line) in lines.into_iter().rev() {
            let goes_on = line.ends_with(['.', '-']) && !line.contains(char::is_whitespace);
            if !whole.is_empty() && !goes_on {
                break;
            }
            whole.insert_str(0, line);
            begins = at;
        }
        let at = self.places.spot(begins);
        let name = parse(&whole, at)?;
        if !name.as_str().contains('.') {
            let what = format!(
                "`{}` is not a whole name: a Zone Editor shows them with their domain",
                escaped(&whole)
            );
            return Err(Mistake::new(at, what));
        }
        Ok((name, at))
    }

    /// The value of a row: the first line of its cell. What stands below it is the next row's name, or the rest
    /// of a value that was broken.
    fn record(&self, record: usize, rtype: &str, place: usize) -> Result<(Value, Spot), Mistake> {
        let lines: Vec<(usize, &str)> =
            self.cells.get(record).map(|cell| cell.lines().collect()).unwrap_or_default();
        let Some((start, first)) = lines.first().copied() else {
            let at = self.places.spot(self.cells[place].start);
            return Err(Mistake::new(at, format!("this {rtype} row has no value")));
        };
        let at = self.places.spot(start);
        // The last cell of the table, and one that the next row's name stands in, end with something else.
        let next = self.cells.get(record + self.heading.rtype - self.heading.name);
        let shared = next.is_some_and(|next| is_type(next.text.trim()));
        let own = if shared { &lines[..lines.len() - 1] } else { &lines[..] };
        let mut whole = first.to_owned();
        for (more, line) in own.iter().skip(1) {
            let before = whole.ends_with(['.', '-', ':']);
            if !before || line.contains(char::is_whitespace) {
                // Words of the page, like Edit and Delete, are no part of it.
                if line.contains(['.', ':']) {
                    let what = "the value of this row is broken over several lines";
                    return Err(Mistake::new(self.places.spot(*more), what).hint("put it on one line"));
                }
                break;
            }
            whole.push_str(line);
        }
        let value = match rtype {
            "CNAME" => Value::Alias(parse(&whole, at)?),
            _ => zone::address(rtype, &whole, at)?,
        };
        Ok((value, at))
    }
}

fn parse(text: &str, at: Spot) -> Result<Name, Mistake> {
    const LONGEST: usize = 1000;
    if text.chars().nth(LONGEST).is_some() {
        return Err(Mistake::new(at, format!("`{}` is too long for a name", escaped(text))));
    }
    Name::parse(text).map_err(|error| Mistake::new(at, error.to_string()))
}
