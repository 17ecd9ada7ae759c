//! One NAME or NAME=VALUE a line.

use super::super::fault::escaped;
use super::super::typed::{Mistyped, typed_name, typed_value};
use super::{Entry, Listing, Mistake, Spot};

/// Characters of a name or a value, at most; DNS allows 255 octets.
const LONGEST: usize = 1000;

/// Reads a plain list. `#` begins a comment, at the beginning of a line or behind a blank.
pub(super) fn read(text: &str) -> Result<Listing, Mistake> {
    let mut listing = Listing::default();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(word) = meat(line) else { continue };
        let blanks = line.chars().take_while(|c| c.is_whitespace()).count();
        let at = (number, 1 + blanks);
        listing.entries.push(entry(word, at)?);
    }
    Ok(listing)
}

/// A line without its comment and the blanks around it; nothing if nothing is left.
pub(super) fn meat(line: &str) -> Option<&str> {
    let mut before = ' ';
    let comment = line.char_indices().find(|(_, c)| {
        let begins = *c == '#' && before.is_whitespace();
        before = *c;
        begins
    });
    let line = comment.map_or(line, |(at, _)| &line[..at]).trim();
    (!line.is_empty()).then_some(line)
}

fn entry(word: &str, at: Spot) -> Result<Entry, Mistake> {
    if word.contains(char::is_whitespace) {
        let what = format!("`{}` is more than a name: one NAME or NAME=VALUE a line", escaped(word));
        let told = Mistake::new(at, what);
        let halves: Vec<&str> = word.split_whitespace().collect();
        return Err(match halves[..] {
            [name, value] if typed_name(name).is_ok() && typed_value("", value).is_ok() => {
                told.hint(format!("{name}={value}"))
            }
            _ => told,
        });
    }
    let Some((owner, wanted)) = word.split_once('=') else {
        return Ok(Entry { name: name(word, at)?, at, values: Vec::new() });
    };
    let behind = (at.0, at.1 + owner.chars().count() + 1);
    let value = value(wanted, behind)?;
    Ok(Entry { name: name(owner, at)?, at, values: vec![(value, behind)] })
}

/// Reads a name that somebody wrote by hand.
pub(super) fn name(text: &str, at: Spot) -> Result<crate::model::Name, Mistake> {
    short(text, at)?;
    if text.contains([',', ';']) {
        let what = format!("`{}` is more than one name", escaped(text));
        return Err(Mistake::new(at, what).hint("write NAME or NAME=VALUE, each on a line of its own"));
    }
    let name = typed_name(text).map_err(|error| mistyped(error, at))?;
    if name.as_str().starts_with("*.") {
        let below = name.as_str().trim_start_matches("*.");
        return Err(Mistake::new(at, format!("{name} is a wildcard: it cannot be looked up itself"))
            .hint(format!("give a name that it covers: www.{below}")));
    }
    Ok(name)
}

/// Reads a value that somebody wrote by hand.
pub(super) fn value(text: &str, at: Spot) -> Result<crate::model::Value, Mistake> {
    short(text, at)?;
    typed_value("the value", text).map_err(|error| mistyped(error, at))
}

fn short(text: &str, at: Spot) -> Result<(), Mistake> {
    if text.chars().nth(LONGEST).is_some() {
        return Err(Mistake::new(at, format!("`{}` is too long for a name or a value", escaped(text))));
    }
    Ok(())
}

fn mistyped(Mistyped { what, hint }: Mistyped, at: Spot) -> Mistake {
    Mistake { at, what, hint }
}
