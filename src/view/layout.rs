//! Lines: wrapping them, and a little colour.

/// Whether colour is used. Everything can be read without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paint {
    /// No escape sequences at all.
    #[default]
    Plain,
    /// SGR sequences (ECMA-48).
    Ansi,
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be: green.
    Good,
    /// Time will mend it: yellow.
    Waits,
    /// Something must be done: red.
    Bad,
    /// Of less weight: dim.
    Faint,
    /// The subject of what follows: bold.
    Strong,
}

impl Paint {
    /// The text in that tone. Lengths are to be measured before, not after.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Waits => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        match self {
            Paint::Ansi if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

/// Breaks a text at its spaces into lines of at most `width` characters, `first` before the first line
/// and `rest` before all others. A word is never cut: one that is too long stands on a line of its own,
/// so that an address can always be copied. Several spaces within a line stay. Gives at least one line; none ends in a space.
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = first.chars().count();
    let (mut fresh, mut gap) = (true, 0);
    for word in text.split(' ') {
        gap += 1;
        if word.is_empty() {
            continue;
        }
        let long = word.chars().count();
        let space = if fresh { 0 } else { gap };
        gap = 0;
        // A mark in front of the first line that leaves no room gets a line of its own.
        let crowded = fresh && lines.is_empty() && used > rest.chars().count();
        if used + space + long > width && (!fresh || crowded) {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            used = rest.chars().count() + long;
        } else {
            line.extend(std::iter::repeat_n(' ', space));
            used += space + long;
        }
        line.push_str(word);
        fresh = false;
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_at_spaces_and_hang() {
        let lines = wrap("one two three four", 11, "- ", "  ");
        assert_eq!(lines, ["- one two", "  three", "  four"]);
        assert_eq!(wrap("", 10, "x ", "  "), ["x"]);
        assert_eq!(wrap("a  b   c", 5, "", ""), ["a  b", "c"]);
    }

    #[test]
    fn a_long_word_stays_whole() {
        let lines = wrap("at 2001:db8:1111:2222:3333:4444:5555:6666 now", 20, "  ", "  ");
        assert_eq!(lines, ["  at", "  2001:db8:1111:2222:3333:4444:5555:6666", "  now"]);
        assert_eq!(wrap("abcdefgh", 10, "mark ", " "), ["mark", " abcdefgh"]);
    }

    #[test]
    fn colour_is_optional() {
        assert_eq!(Paint::Plain.tone(Tone::Bad, "x"), "x");
        assert_eq!(Paint::Ansi.tone(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_sticks_out(
            words in prop::collection::vec("[a-zé.:0-9]{1,30}", 0..40),
            width in 10usize..100,
            indent in 0usize..8,
        ) {
            let pad = " ".repeat(indent);
            let lines = wrap(&words.join(" "), width, &pad, &pad);
            let back: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
            prop_assert_eq!(&back, &words.iter().map(String::as_str).collect::<Vec<_>>());
            for line in &lines {
                prop_assert_eq!(line.trim_end(), line.as_str());
                let alone = line.split_whitespace().count() <= 1;
                prop_assert!(alone || line.chars().count() <= width, "{:?}", line);
            }
        }
    }
}
