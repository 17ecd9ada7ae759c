//! The rules that look at one file. Each tells the line and what to do about it.

use crate::source::Source;

/// A line that goes against a rule, counted from 1, and what to do about it.
pub(crate) type Breach = (usize, String);

pub(crate) type Rule = fn(&Source) -> Vec<Breach>;

/// Each rule, and whether it looks at code alone.
pub(crate) const ALL: [(Rule, bool); 9] = [
    (long_file, true),
    (long_function, true),
    (import, true),
    (vague_name, true),
    (panics, true),
    (prints, true),
    (left_to_do, false),
    (someones_machine, false),
    (loose_ends, false),
];

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;

/// What each room may import. A room that is not here is a breach: give it a line.
const TABLE: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("clock", &["model"]),
    ("engine", &["model"]),
    ("config", &["model", "engine"]),
    ("journal", &["model", "engine"]),
    ("view", &["model", "engine"]),
    ("explain", &["model", "engine"]),
    ("sim", &["model", "engine"]),
    ("net", &["model", "engine", "config", "journal", "view", "explain", "sim", "clock"]),
    ("drive", &["model", "engine", "config", "journal", "view", "explain", "sim", "clock", "net"]),
    ("cli", &ABOVE),
    ("main", &ABOVE),
    ("lib", &[]),
];

/// For the binary: all there is.
const ABOVE: [&str; 11] =
    ["model", "clock", "engine", "config", "journal", "view", "explain", "sim", "net", "drive", "cli"];

const VAGUE: [&str; 8] = ["util", "common", "helper", "manager", "handler", "state", "data", "info"];

pub(crate) fn long_file(source: &Source) -> Vec<Breach> {
    let lines = source.text.lines().count();
    if !source.path.ends_with(".rs") || lines <= FILE_LINES {
        return Vec::new();
    }
    vec![(FILE_LINES + 1, format!("{lines} lines, {FILE_LINES} are the limit: part the file by purpose"))]
}

pub(crate) fn long_function(source: &Source) -> Vec<Breach> {
    let words = source.words();
    let mut breaches = Vec::new();
    for pair in words.windows(2) {
        let [(at, word), (name_at, name)] = pair else { continue };
        let between = source.bare[at + word.len()..*name_at].iter();
        if word != "fn" || !between.clone().all(|c| c.is_whitespace()) {
            continue;
        }
        let Some(open) = body(source, *name_at) else { continue };
        let first = source.line_of(*at);
        let lines = 1 + source.line_of(source.closing(open)) - first;
        if lines > FUNCTION_LINES {
            let what = format!("`{name}` has {lines} lines, {FUNCTION_LINES} are the limit: part it");
            breaches.push((first, what));
        }
    }
    breaches
}

/// Where the body of a function opens, if it has one.
fn body(source: &Source, from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for at in from..source.bare.len() {
        match source.bare[at] {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The room that a file belongs to: the first folder below `src`, or the file itself.
fn room(path: &str) -> Option<&str> {
    let below = path.strip_prefix("src/")?;
    Some(below.split('/').next().unwrap_or(below).trim_end_matches(".rs"))
}

pub(crate) fn import(source: &Source) -> Vec<Breach> {
    let Some(room) = room(&source.path) else { return Vec::new() };
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == room) else {
        let what =
            format!("the room `{room}` is not in the table of tests/tidy/rules.rs: say what it may import");
        return vec![(1, what)];
    };
    let mut breaches = Vec::new();
    for (at, target) in imported(source) {
        let known = TABLE.iter().any(|(name, _)| *name == target);
        if known && target != room && !allowed.contains(&target.as_str()) {
            let what = format!(
                "`{room}` must not import `{target}`: imports run model, engine, (config, journal, view, explain, \
                 sim), (net, drive), cli; move what is shared towards the model, or hand it in"
            );
            breaches.push((source.line_of(at), what));
        }
    }
    breaches
}

/// The rooms that a file names by way of the crate's root.
fn imported(source: &Source) -> Vec<(usize, String)> {
    let words = source.words();
    let mut found = Vec::new();
    for (i, (at, word)) in words.iter().enumerate() {
        let outward = match word.as_str() {
            "crate" | "propwatch" => true,
            "super" => climbs_out(source, &words[..=i]),
            _ => false,
        };
        let Some(after) = outward.then(|| past_colons(source, at + word.len())).flatten() else { continue };
        if source.bare[after] == '{' {
            let end = source.closing(after);
            found.extend(group(source, after, end));
        } else if let Some((at, name)) = words.get(i + 1).filter(|(at, _)| *at == after) {
            found.push((*at, name.clone()));
        }
    }
    found
}

/// The first words of `{a::x, b::{y, z}}`.
fn group(source: &Source, open: usize, end: usize) -> Vec<(usize, String)> {
    let mut depth = 0_usize;
    let mut first = false;
    let words = source.words();
    let mut found = Vec::new();
    for at in open..end {
        match source.bare[at] {
            '{' => {
                depth += 1;
                first = depth == 1;
            }
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => first = true,
            c if first && !c.is_whitespace() => {
                first = false;
                found.extend(words.iter().find(|(start, _)| *start == at).cloned());
            }
            _ => {}
        }
    }
    found
}

/// Where the text goes on after `::`.
fn past_colons(source: &Source, at: usize) -> Option<usize> {
    let (first, c) = source.next(at)?;
    if c != ':' || source.bare.get(first + 1) != Some(&':') {
        return None;
    }
    source.next(first + 2).map(|(at, _)| at)
}

/// Whether as many `super` stand in a row as lead from this file to the crate's root.
fn climbs_out(source: &Source, words: &[(usize, String)]) -> bool {
    let mut supers = 0;
    let mut next: Option<usize> = None;
    for (at, word) in words.iter().rev() {
        let joined = next.is_none_or(|next| past_colons(source, at + word.len()) == Some(next));
        if word != "super" || !joined {
            break;
        }
        supers += 1;
        next = Some(*at);
    }
    let below = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = below.split('/').count();
    let line = words.last().map_or(1, |(at, _)| source.line_of(*at));
    // A test module inside the file is one storey further down.
    let inner = usize::from(source.is_test(line) && !below.ends_with("/tests"));
    supers == depth + inner
}

pub(crate) fn vague_name(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let stem = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    if let Some(vague) = vague(stem) {
        breaches.push((1, format!("`{vague}` says nothing as a file's name: name what is in it")));
    }
    for pair in source.words().windows(2) {
        let [(_, kind), (at, name)] = pair else { continue };
        let named = matches!(kind.as_str(), "mod" | "struct" | "enum" | "trait" | "type" | "union");
        if let (true, Some(vague)) = (named, vague(name)) {
            let what = format!("`{vague}` in `{name}` says nothing: name what it is");
            breaches.push((source.line_of(*at), what));
        }
    }
    breaches
}

/// The first word of a name, in either spelling, that says nothing.
fn vague(name: &str) -> Option<&'static str> {
    let mut parts: Vec<String> = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c.is_uppercase() {
            parts.push(String::new());
        }
        if let (Some(part), true) = (parts.last_mut(), c != '_') {
            part.extend(c.to_lowercase());
        }
    }
    VAGUE.into_iter().find(|vague| parts.iter().any(|p| p == vague || *p == format!("{vague}s")))
}

pub(crate) fn panics(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("src/") {
        return Vec::new();
    }
    let advice = "can end the program: return an error, or make it impossible by a type";
    let mut breaches = calls(source, &[".unwrap()"], advice);
    // A method of our own may be called `expect`; the one that panics takes a message. Its literal is blank
    // in the code, so the text is looked at, whose characters stand at the same positions.
    let text: Vec<char> = source.text.chars().collect();
    let wanted: Vec<char> = ".expect(".chars().collect();
    for at in 0..source.bare.len() {
        if source.bare[at..].starts_with(&wanted) {
            let line = source.line_of(at);
            let argument = text[at + wanted.len()..].iter().find(|c| !c.is_whitespace());
            if argument == Some(&'"') && !source.is_test(line) {
                breaches.push((line, format!("`.expect(\"…\")` {advice}")));
            }
        }
    }
    breaches
}

pub(crate) fn prints(source: &Source) -> Vec<Breach> {
    let place = room(&source.path);
    if place.is_none() || matches!(place, Some("cli" | "main")) {
        return Vec::new();
    }
    let advice = "prints: only cli/ does; write to what is handed in, or return an event";
    calls(source, &["println!", "eprintln!", "print!", "eprint!", "dbg!"], advice)
}

/// The places outside tests where a piece of code stands that begins at a word's beginning.
fn calls(source: &Source, pieces: &[&str], advice: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for piece in pieces {
        let wanted: Vec<char> = piece.chars().collect();
        for at in 0..source.bare.len() {
            let inside = at > 0 && (source.bare[at - 1].is_alphanumeric() || source.bare[at - 1] == '_');
            let word = wanted.first().is_some_and(|c| c.is_alphanumeric());
            if source.bare[at..].starts_with(&wanted) && !(word && inside) {
                let line = source.line_of(at);
                if !source.is_test(line) {
                    breaches.push((line, format!("`{piece}` {advice}")));
                }
            }
        }
    }
    breaches
}

pub(crate) fn left_to_do(source: &Source) -> Vec<Breach> {
    // Put together here so that this file does not speak of itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    by_line(source, |line| {
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        let mark = words.find(|word| marks.contains(word))?;
        Some(format!("`{mark}`: do it, or write down in an issue that it is not done"))
    })
}

/// Paths that only one machine has.
pub(crate) fn someones_machine(source: &Source) -> Vec<Breach> {
    let roots = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/tm", "p/")];
    by_line(source, |line| {
        roots.iter().find_map(|root| {
            let alone = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}'))
            };
            let found = line.match_indices(root).any(|(at, _)| alone(at));
            found.then(|| format!("`{root}` is a path of one machine: use a relative one, or temp_dir()"))
        })
    })
}

/// Blanks at the end of a line, and a last line without its end.
pub(crate) fn loose_ends(source: &Source) -> Vec<Breach> {
    let mut breaches = by_line(source, |line| {
        line.ends_with(char::is_whitespace).then(|| "blanks at the end of the line: remove them".to_owned())
    });
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        breaches.push((source.text.lines().count(), "the last line has no end: add one".to_owned()));
    }
    breaches
}

fn by_line(source: &Source, rule: impl Fn(&str) -> Option<String>) -> Vec<Breach> {
    source.text.lines().enumerate().filter_map(|(i, line)| Some((i + 1, rule(line)?))).collect()
}
