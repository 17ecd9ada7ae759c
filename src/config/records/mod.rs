//! Many names with what they should have, from one text: YAML, a zone file, a pasted table, or a plain list.
//!
//! [`records`] recognises the form by the text itself. Nobody is asked here, and no file is opened but by
//! [`load_records`].

mod lines;
mod merge;
mod recognise;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod yaml;
mod zone;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::{Name, Value};

use super::fault::Fault;

/// Bytes of a records file, at most: room for [`MAX_NAMES`] in every form.
pub const MAX_RECORDS_BYTES: usize = 8 << 20;

/// Names in a records file, at most.
pub const MAX_NAMES: usize = 100_000;

/// The forms that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A list under `records:`.
    Yaml,
    /// Master file format (RFC 1035, section 5), as BIND and others keep zones.
    Zone,
    /// The table of a panel's Zone Editor, copied: cells parted by tabs, headed Name, Type, Record.
    Table,
    /// One NAME or NAME=VALUE a line.
    Lines,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Yaml => "YAML",
            Format::Zone => "a zone file",
            Format::Table => "a table copied from a Zone Editor",
            Format::Lines => "a list with one name a line",
        })
    }
}

/// One name, and what it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The name.
    pub name: Name,
    /// What is expected, each value once; empty where the text gives none.
    pub values: Vec<Value>,
    /// Whether the name also stands alone, without a value: then what is expected of all names is expected
    /// of it too.
    pub bare: bool,
    /// The line on which it stands first, counted from 1.
    pub line: usize,
}

/// What a text holds that is no record to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Records of other types, counted by type.
    pub types: BTreeMap<String, u32>,
    /// Wildcards, which cannot be looked up, each with its line.
    pub wildcards: Vec<(Name, usize)>,
}

impl PassedOver {
    /// Whether there was nothing of the kind.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty() && self.wildcards.is_empty()
    }

    fn other(&mut self, rtype: &str) {
        // Types come from a fixed list, but for TYPE12345; few files have many of those.
        const MOST: usize = 100;
        let rtype = rtype.to_ascii_uppercase();
        if self.types.len() < MOST || self.types.contains_key(&rtype) {
            *self.types.entry(rtype).or_default() += 1;
        }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsFile {
    /// The form in which it was.
    pub format: Format,
    /// Every name once, in the order in which they stand in the text; at least one.
    pub wanted: Vec<Wanted>,
    /// What is not looked at.
    pub passed_over: PassedOver,
}

/// Why a text gives no records. A mistake of the user, before anything was asked.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// In the system's words.
        cause: std::io::Error,
    },
    /// The text says something that it must not.
    #[error("{fault}")]
    Wrong {
        /// What, and where.
        fault: Box<Fault>,
        /// What to do about it.
        hints: Vec<String>,
    },
}

impl RecordsError {
    /// What to do about it; often nothing beyond what the error says.
    pub fn hints(&self) -> &[String] {
        match self {
            RecordsError::Unreadable { .. } => &[],
            RecordsError::Wrong { hints, .. } => hints,
        }
    }

    /// The line that is wrong, counted from 1, where it is a certain one.
    pub fn line(&self) -> Option<usize> {
        match self {
            RecordsError::Unreadable { .. } => None,
            RecordsError::Wrong { fault, .. } => fault.place.map(|(line, _)| line),
        }
    }
}

/// Line and column of a piece of the text, both counted from 1.
type Spot = (usize, usize);

/// What one of the readers found: a name with some of its values, where they stand.
#[derive(Debug)]
struct Entry {
    name: Name,
    at: Spot,
    values: Vec<(Value, Spot)>,
}

/// What one of the readers made of a text.
#[derive(Debug, Default)]
struct Listing {
    entries: Vec<Entry>,
    passed_over: PassedOver,
}

impl Listing {
    /// Takes a wildcard out of a file that somebody else's program wrote; such files are full of them.
    fn wildcard(&mut self, name: Name, line: usize) {
        self.passed_over.wildcards.push((name, line));
    }
}

/// A mistake at a place, and what to do about it.
#[derive(Debug)]
struct Mistake {
    at: Spot,
    what: String,
    hint: Option<String>,
}

impl Mistake {
    fn new(at: Spot, what: impl Into<String>) -> Self {
        Mistake { at, what: what.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Mistake { hint: Some(hint.into()), ..self }
    }
}

/// Reads the records in a text, whichever of the forms it has. `source` is what the text is called in errors.
///
/// # Errors
/// [`RecordsError::Wrong`], with the place of the first mistake; also where there is no record to look at.
pub fn records(text: &str, source: &str) -> Result<RecordsFile, RecordsError> {
    let wrong = |fault, hints| RecordsError::Wrong { fault: Box::new(fault), hints };
    if text.len() > MAX_RECORDS_BYTES {
        return Err(too_large(source));
    }
    // Editors on Windows put a mark in front of UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.find('\0') {
        let line = 1 + text[..at].matches('\n').count();
        return Err(wrong(Fault::whole(source, binary(line)), Vec::new()));
    }
    let (format, because) = match recognise::recognise(text) {
        Ok(known) => known,
        Err(mistake) => {
            let hints = mistake.hint.into_iter().chain([recognise::FORMS.to_owned()]).collect();
            return Err(wrong(Fault::on(source, text, mistake.at, mistake.what), hints));
        }
    };
    let told = format!("it was read as {format}, since {because}");
    let read = match format {
        Format::Yaml => yaml::read(text, source).map_err(|fault| wrong(fault, vec![told.clone()]))?,
        Format::Zone => zone::read(text).map_err(|mistake| placed(source, text, mistake, &told))?,
        Format::Table => table::read(text).map_err(|mistake| placed(source, text, mistake, &told))?,
        Format::Lines => lines::read(text).map_err(|mistake| placed(source, text, mistake, &told))?,
    };
    let Listing { entries, passed_over } = read;
    let wanted = merge::merge(entries).map_err(|mistake| placed(source, text, mistake, &told))?;
    if wanted.is_empty() {
        let what = format!("there is no A, AAAA or CNAME record in it{}", but(&passed_over));
        return Err(wrong(Fault::whole(source, what), vec![told]));
    }
    Ok(RecordsFile { format, wanted, passed_over })
}

/// Reads the records in the bytes of a file or of standard input.
///
/// # Errors
/// As [`records`]; also for what is no text in UTF-8.
pub fn records_of(bytes: &[u8], source: &str) -> Result<RecordsFile, RecordsError> {
    let whole = |what: String, hint: &str| RecordsError::Wrong {
        fault: Box::new(Fault::whole(source, what)),
        hints: vec![hint.to_owned()],
    };
    if bytes.len() > MAX_RECORDS_BYTES {
        return Err(too_large(source));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let what = "this is text in UTF-16, as \"Unicode text\" is saved on Windows".to_owned();
        return Err(whole(what, "save it as UTF-8"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => records(text, source),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let what =
                if bytes.contains(&0) { binary(line) } else { format!("line {line} is not text in UTF-8") };
            Err(whole(what, "save it as UTF-8"))
        }
    }
}

/// Reads a records file.
///
/// # Errors
/// [`RecordsError`] if the file cannot be read, is larger than [`MAX_RECORDS_BYTES`], or holds no records.
pub fn load_records(path: &Path) -> Result<RecordsFile, RecordsError> {
    let unreadable = |cause| RecordsError::Unreadable { path: path.to_owned(), cause };
    let bytes = File::open(path).and_then(read_records).map_err(unreadable)?;
    records_of(&bytes, &path.display().to_string())
}

/// Reads as much as a records file may have, and one byte more, by which it is known to be larger.
///
/// # Errors
/// Those of `from`.
pub fn read_records(from: impl Read) -> std::io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_RECORDS_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn placed(source: &str, text: &str, mistake: Mistake, told: &str) -> RecordsError {
    let Mistake { at, what, hint } = mistake;
    let hints = hint.into_iter().chain([told.to_owned()]).collect();
    RecordsError::Wrong { fault: Box::new(Fault::on(source, text, at, what)), hints }
}

fn too_large(source: &str) -> RecordsError {
    let what = format!("larger than {} MiB, which no list of records is", MAX_RECORDS_BYTES >> 20);
    let hints = vec!["give the names in several files, to several runs".to_owned()];
    RecordsError::Wrong { fault: Box::new(Fault::whole(source, what)), hints }
}

fn binary(line: usize) -> String {
    format!("this is no text: line {line} has a byte of value 0")
}

/// `: 3 MX and 1 TXT were passed over`, or nothing.
fn but(passed_over: &PassedOver) -> String {
    if passed_over.is_empty() { String::new() } else { format!(" ({passed_over} passed over)") }
}

impl fmt::Display for PassedOver {
    /// `3 MX, 1 TXT, 2 wildcards`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> =
            self.types.iter().map(|(rtype, number)| format!("{number} {rtype}")).collect();
        match self.wildcards.len() {
            0 => {}
            1 => parts.push("1 wildcard".to_owned()),
            many => parts.push(format!("{many} wildcards")),
        }
        f.write_str(&parts.join(", "))
    }
}
