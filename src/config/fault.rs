//! What is wrong in a file of settings, shown where it stands.

use std::fmt;
use std::path::PathBuf;

use serde_yaml::{Error as YamlError, Location};

/// Why a list of resolvers cannot be used. A mistake of the user, before anything was asked.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// In the system's words.
        cause: std::io::Error,
    },
    /// The text says something that it must not.
    #[error("{0}")]
    Wrong(Box<Fault>),
}

/// One mistake in a text, with the line in which it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name, as the user gave it.
    pub source: String,
    /// Line and column, both counted from 1, where the mistake has a place.
    pub place: Option<(usize, usize)>,
    /// What is wrong and what would be right, without a full stop.
    pub what: String,
    /// The line in which the mistake was made; empty where there is none.
    line: String,
}

/// Columns of a line that are shown on either side of a mistake.
const EXCERPT_COLUMNS: usize = 60;

impl Fault {
    /// A mistake of the text as a whole.
    pub(super) fn whole(source: &str, what: impl Into<String>) -> Self {
        Fault { source: source.to_owned(), place: None, what: what.into(), line: String::new() }
    }

    /// A mistake at a place in the text that the parser gives.
    pub(super) fn at(source: &str, text: &str, location: Location, what: impl Into<String>) -> Self {
        Fault::on(source, text, spot_of(location), what)
    }

    /// A mistake on a line and in a column of the text, both counted from 1; 0 where there is no place.
    pub(super) fn on(source: &str, text: &str, place: (usize, usize), what: impl Into<String>) -> Self {
        if place.0 == 0 || place.1 == 0 {
            return Fault::whole(source, what);
        }
        let line = text.lines().nth(place.0 - 1).unwrap_or_default().to_owned();
        Fault { source: source.to_owned(), place: Some(place), what: what.into(), line }
    }

    /// What the parser complained about, in our words where they say more than its own.
    pub(super) fn from_yaml(source: &str, text: &str, error: &YamlError, list: &Listed) -> Self {
        let error = error.without_snippet();
        let what = wording(error, list);
        match error.location() {
            Some(location) => Fault::at(source, text, location, what),
            None => Fault::whole(source, what),
        }
    }
}

/// What a file of YAML is a list of, for the words about it.
pub(super) struct Listed {
    /// The key that holds the list.
    pub(super) key: &'static str,
    /// What stands in it, in the plural.
    pub(super) of: &'static str,
    /// What a value that may be one of several words is called.
    pub(super) variant: &'static str,
    /// What is said where a text is expected.
    pub(super) text: &'static str,
}

/// Line and column of a place, counted from 1.
pub(super) fn spot_of(location: Location) -> (usize, usize) {
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    (count(location.line()), count(location.column()))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = escaped(&self.source);
        let Some((line, column)) = self.place else {
            return write!(f, "{source}: {}", self.what);
        };
        writeln!(f, "{source}:{line}:{column}: {}", self.what)?;
        let from = column.saturating_sub(EXCERPT_COLUMNS);
        let shown: String = self.line.chars().skip(from).take(2 * EXCERPT_COLUMNS).map(visible).collect();
        let gutter = " ".repeat(line.to_string().len());
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {shown}")?;
        write!(f, "{gutter} | {}^", " ".repeat(column - 1 - from.min(column - 1)))
    }
}

/// One column for one character, so that the caret stands where it should.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// A text from a file as it may be shown on a terminal: on one line, without control characters, and short.
pub(super) fn escaped(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut shown: String = text.chars().take(LONGEST).flat_map(escape).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn escape(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

#[allow(clippy::wildcard_enum_match_arm)] // the parser has scores of complaints; most say enough
fn wording(error: &YamlError, list: &Listed) -> String {
    match error {
        YamlError::Eof { .. } => format!("the file is empty; it needs `{}:` and a list of them", list.key),
        YamlError::SerdeUnknownField { field, expected, .. } => {
            format!("unknown key `{}`; allowed: {}", escaped(field), expected.join(", "))
        }
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("unknown {} `{}`; allowed: {}", list.variant, escaped(variant), expected.join(", "))
        }
        YamlError::SerdeMissingField { field, .. } if *field == list.key => {
            format!("`{}:` is missing", list.key)
        }
        YamlError::SerdeMissingField { field, .. } => {
            format!("`{field}` is missing in the entry that ends here")
        }
        YamlError::Unexpected { expected: "sequence start", .. } => {
            "a list is expected here: [ … ], or lines that begin with `- `".to_owned()
        }
        YamlError::Unexpected { expected: "mapping start", .. } => {
            "lines of the form `key: value` are expected here".to_owned()
        }
        YamlError::Unexpected { expected: "string scalar", .. } | YamlError::NullIntoString { .. } => {
            list.text.to_owned()
        }
        YamlError::InvalidScalar { ty, .. } if ty.contains("bool") => {
            "true or false is expected here".to_owned()
        }
        YamlError::UnexpectedValueForUnitEnumVariant { .. } => "udp and tcp stand alone".to_owned(),
        YamlError::MultipleDocuments { .. } => "a second list begins here; a file holds one".to_owned(),
        YamlError::DuplicateMappingKey { key: Some(key), .. } => {
            format!("`{}` is given twice", escaped(key))
        }
        YamlError::AliasError { error, .. } => wording(error.without_snippet(), list),
        YamlError::Budget { .. }
        | YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasExpansionLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. } => {
            format!("the file unfolds to more than a list of {} can need", list.of)
        }
        other => {
            let text = other.to_string();
            // The parser begins or ends its sentence with the place, which stands in front already.
            let text = text.split(" at line ").next().unwrap_or(&text);
            if text.contains("mapping values are not allowed") {
                return "a second colon that YAML takes for a key; put the value in quotes".to_owned();
            }
            escaped(text)
        }
    }
}
