//! Which of the forms a text has.

use super::lines::meat;
use super::tokens::{is_class, is_type};
use super::{Format, Mistake, table};

/// What can be read, for whoever gave something else.
pub(super) const FORMS: &str = "what is read: YAML (`records:` and a list of `- name: …` with `expect: …`), a zone \
    file, the table copied from a Zone Editor (headed Name, Type, Record), or one NAME or NAME=VALUE a line";

/// The form of a text, and by what it was known.
pub(super) fn recognise(text: &str) -> Result<(Format, String), Mistake> {
    if let Some(heading) = table::heading(text) {
        return Ok((Format::Table, format!("line {} has the heading Name, Type, Record", heading.line)));
    }
    for (number, line) in (1..).zip(text.lines()) {
        // In YAML and in lists `#` begins a comment; zone files have none of these.
        if meat(line).is_none() {
            continue;
        }
        let (format, because) = by_line(line, number)?;
        return Ok((format, format!("line {number} {because}")));
    }
    Err(Mistake::new((0, 0), "there is nothing in it"))
}

fn by_line(line: &str, number: usize) -> Result<(Format, &'static str), Mistake> {
    let trimmed = line.trim();
    match trimmed.chars().next() {
        Some(';') => return Ok((Format::Zone, "is a comment behind a semicolon")),
        Some('$') => return Ok((Format::Zone, "begins with a $")),
        Some('@') => return Ok((Format::Zone, "begins with an @")),
        Some('{' | '[' | '%') => return Ok((Format::Yaml, "begins as YAML does")),
        _ => {}
    }
    if trimmed == "---" || trimmed == "-" || trimmed.starts_with("- ") || trimmed.starts_with("--- ") {
        return Ok((Format::Yaml, "begins as YAML does"));
    }
    let code = trimmed.split(';').next().unwrap_or_default();
    let words: Vec<&str> = code.split_whitespace().take(8).collect();
    // The first word is a name, unless the line begins with a blank.
    let behind = if line.starts_with([' ', '\t']) { &words[..] } else { words.get(1..).unwrap_or_default() };
    if behind.iter().any(|word| is_type(word) || is_class(word)) {
        return Ok((Format::Zone, "has the form of a record: NAME TTL CLASS TYPE VALUE"));
    }
    let has = |wanted: &str| words.iter().any(|word| word.eq_ignore_ascii_case(wanted));
    if has("name") && has("type") && has("record") {
        let what = "this is the heading of a Zone Editor's table, and the tabs between its cells are gone";
        return Err(Mistake::new((number, 1), what)
            .hint("copy the table in the browser, and paste it into a file with an editor"));
    }
    if is_key(trimmed) {
        return Ok((Format::Yaml, "is a key of YAML"));
    }
    Ok((Format::Lines, "has the form of a name"))
}

/// `key:` or `key: value`; a colon within a word is none of YAML's.
fn is_key(line: &str) -> bool {
    let Some((key, rest)) = line.split_once(':') else { return false };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '"' | '\'' | ' ');
    !key.is_empty() && key.chars().all(plain) && (rest.is_empty() || rest.starts_with([' ', '\t']))
}
