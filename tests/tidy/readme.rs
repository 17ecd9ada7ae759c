//! README's commands, held against the program's own help.

/// A line of README, counted from 1, and what is wrong there.
type Breach = (usize, String);

/// The commands in README's code blocks, each as its words with the line on which it begins.
pub(crate) fn commands(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut fenced = false;
    let mut lines = text.lines().enumerate();
    while let Some((i, line)) = lines.next() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let indented = line.starts_with("    ");
        let trimmed = line.trim_start();
        let command = trimmed.strip_prefix("$ ").unwrap_or(trimmed);
        if !(fenced || indented) || !command.starts_with("propwatch ") {
            continue;
        }
        let mut whole = command.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, more)) = lines.next() else { break };
            whole.push_str(more);
        }
        found.push((i + 1, words(&whole)));
    }
    found
}

/// The words of a command as a shell parts them, up to a comment, a pipe or the next command.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => quote = Some(c),
            (None, '|' | ';' | '&' | '>' | '<') => break,
            (None, '#') if word.is_empty() => break,
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, c) => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Commands and options that `help`, the program's own word on a command, does not know.
pub(crate) fn unknown_options(text: &str, help: &mut dyn FnMut(&str) -> Option<String>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (line, words) in commands(text) {
        // Words in capitals or with dots stand for something, as in a synopsis.
        let plain = |word: &&String| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let command = words.get(1).filter(plain).filter(|word| !word.starts_with('-'));
        let Some(known) = help(command.map_or("", String::as_str)) else {
            let name = command.map_or("propwatch", String::as_str);
            breaches.push((line, format!("there is no command `{name}`: correct README or the program")));
            continue;
        };
        for word in words.iter().skip(1).filter(|word| word.starts_with("--") && word.len() > 2) {
            let option = word.split(['=', '[']).next().unwrap_or(word);
            if !names(&known, option) {
                breaches
                    .push((line, format!("there is no option `{option}`: correct README or the program")));
            }
        }
    }
    breaches
}

/// Whether a help text names exactly this option.
fn names(help: &str, option: &str) -> bool {
    help.match_indices(option).any(|(at, _)| {
        let part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !help[at + option.len()..].starts_with(part) && !help[..at].ends_with(part)
    })
}
