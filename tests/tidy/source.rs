//! A source file with what is not code taken out of the way.

/// One file, as it stands and as code alone.
pub(crate) struct Source {
    /// Relative to the root of the tree, with forward slashes.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
    /// The same with the insides of comments, strings and characters blanked; same lines, same columns.
    pub(crate) bare: Vec<char>,
    /// For each line, whether it belongs to a test.
    pub(crate) in_test: Vec<bool>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let bare = if path.ends_with(".rs") { bare(text) } else { text.chars().collect() };
        let in_test = test_lines(path, &bare);
        Source { path: path.to_owned(), text: text.to_owned(), bare, in_test }
    }

    /// The line, counted from 1, of a position in `bare`.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        1 + self.bare[..at.min(self.bare.len())].iter().filter(|c| **c == '\n').count()
    }

    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.in_test.get(line - 1).copied().unwrap_or(false)
    }

    /// The words (identifiers, keywords, numbers) of the code, each with its position.
    pub(crate) fn words(&self) -> Vec<(usize, String)> {
        let mut words: Vec<(usize, String)> = Vec::new();
        let mut inside = false;
        for (at, c) in self.bare.iter().enumerate() {
            let part = c.is_alphanumeric() || *c == '_';
            match (part, inside, words.last_mut()) {
                (true, true, Some((_, word))) => word.push(*c),
                (true, ..) => words.push((at, c.to_string())),
                (false, ..) => {}
            }
            inside = part;
        }
        words
    }

    /// The first character after `at` that is not a space, and its position.
    pub(crate) fn next(&self, at: usize) -> Option<(usize, char)> {
        (at..self.bare.len()).map(|i| (i, self.bare[i])).find(|(_, c)| !c.is_whitespace())
    }

    /// Where the brace that opens at `open` is closed.
    pub(crate) fn closing(&self, open: usize) -> usize {
        closing(&self.bare, open)
    }
}

fn closing(bare: &[char], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in bare.iter().enumerate().skip(open) {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    bare.len()
}

/// Files of tests are tests throughout; elsewhere it is what `#[cfg(test)]` stands before.
fn test_lines(path: &str, bare: &[char]) -> Vec<bool> {
    let lines = 1 + bare.iter().filter(|c| **c == '\n').count();
    let whole = path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/");
    let mut marks = vec![whole; lines];
    let attribute: Vec<char> = "#[cfg(test)]".chars().collect();
    for at in 0..bare.len().saturating_sub(attribute.len()) {
        if bare[at..].starts_with(&attribute) {
            let stop = (at..bare.len()).find(|i| matches!(bare[*i], '{' | ';')).unwrap_or(bare.len());
            let end = if bare.get(stop) == Some(&'{') { closing(bare, stop) } else { stop };
            let line = |at: usize| bare[..at.min(bare.len())].iter().filter(|c| **c == '\n').count();
            marks[line(at)..=line(end)].fill(true);
        }
    }
    marks
}

/// Blanks comments and literals.
fn bare(text: &str) -> Vec<char> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = chars.clone();
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        for c in &mut out[at..end] {
            if *c != '\n' {
                *c = ' ';
            }
        }
        at = end.max(at + 1);
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn literal_end(chars: &[char], at: usize) -> usize {
    let ahead = |n: usize| chars.get(at + n).copied().unwrap_or('\0');
    let before = if at == 0 { ' ' } else { chars[at - 1] };
    match (chars[at], ahead(1)) {
        ('/', '/') => (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len()),
        ('/', '*') => block_end(chars, at),
        ('r', '"' | '#') if !before.is_alphanumeric() || before == 'b' => raw_end(chars, at),
        ('"', _) => quote_end(chars, at, '"'),
        // A lifetime is no character: it has no quote two places on.
        ('\'', '\\') => quote_end(chars, at, '\''),
        ('\'', _) if ahead(2) == '\'' => at + 3,
        _ => at,
    }
}

fn block_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut i = at;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth == 1 => return i + 2,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
    }
    chars.len()
}

fn raw_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at; // r#word
    }
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let from = at + 2 + hashes;
    (from..chars.len()).find(|i| chars[*i..].starts_with(&end)).map_or(chars.len(), |i| i + end.len())
}

fn quote_end(chars: &[char], at: usize, quote: char) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            c if c == quote => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

#[test]
fn what_is_not_code_is_blanked() {
    let code = |text: &str| Source::new("src/a.rs", text).bare.iter().collect::<String>();
    assert_eq!(code("a // b\nc"), "a     \nc");
    assert_eq!(code("a /* b /* c */ } */ d"), "a                   d");
    assert_eq!(code(r#"a("{\"}") b"#), "a(      ) b");
    assert_eq!(code("r#\"{\"}\"# b"), "         b");
    assert_eq!(code("'{' '\\'' <'a, 'b>"), "         <'a, 'b>");
    assert_eq!(code("r#type"), "r#type");
}

#[test]
fn a_test_module_is_known_to_its_last_line() {
    let source = Source::new("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n");
    assert_eq!(source.in_test, [false, true, true, true, true, false, false]);
    assert!(Source::new("src/a/tests.rs", "fn a() {}\n").is_test(1));
}
