//! A text without its white space, so that no wrapping of lines can hide what it says.
//!
//! Terminals break lines inside words and URLs, mail programs at spaces, and copying joins them again in
//! either way. So texts are compared with all white space taken out; what stood between two characters is
//! kept beside them, since only that tells where a name at the end of a sentence ends. On the way colours,
//! HTML entities, JSON escapes, curly quotes and the prefixes of container logs are undone. One pass, in time
//! proportional to the text.

use std::borrow::Cow;

/// What stood in front of a character, from nothing to an empty line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// The end of a line that seems to have been cut at the edge of a terminal.
    Cut,
    /// A space.
    Space,
    /// The end of a line.
    Line,
    /// An empty line.
    Blank,
}

/// The text: bytes of UTF-8 without white space.
#[derive(Debug, Default)]
pub(super) struct Dense {
    /// As written.
    pub(super) text: Vec<u8>,
    /// In lower case, as far as it is ASCII.
    pub(super) low: Vec<u8>,
    /// What stood in front of each byte.
    gaps: Vec<u8>,
}

/// Longer texts are logs, whose lines nobody has cut by hand.
const MOST_CUT: usize = 256 << 10;

impl Dense {
    pub(super) fn new(text: &str) -> Self {
        let text = without_colours(text);
        let cut = if text.len() <= MOST_CUT { edge(&text) } else { None };
        let mut writer = Writer { out: Dense::default(), gap: Gap::None, cut, column: 0, tagged: false };
        let capacity = text.len();
        writer.out.text.reserve_exact(capacity);
        writer.out.gaps.reserve_exact(capacity);
        writer.read(&text);
        let mut dense = writer.out;
        dense.low = dense.text.to_ascii_lowercase();
        dense
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// What stood in front of the byte at `at`; an empty line at the end.
    pub(super) fn gap(&self, at: usize) -> Gap {
        match self.gaps.get(at) {
            Some(0) => Gap::None,
            Some(1) => Gap::Cut,
            Some(2) => Gap::Space,
            Some(3) => Gap::Line,
            Some(_) | None => Gap::Blank,
        }
    }

    /// Whether the text goes on with `what` (in lower case, without white space) at `at`.
    pub(super) fn starts(&self, at: usize, what: &str) -> bool {
        self.low.get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    /// Whether `what` ends just before `at`.
    pub(super) fn ends(&self, at: usize, what: &str) -> bool {
        self.low.get(..at).is_some_and(|before| before.ends_with(what.as_bytes()))
    }

    /// Where `what` begins first in the `window` bytes from `from` on.
    pub(super) fn find(&self, from: usize, window: usize, what: &str) -> Option<usize> {
        let area = self.low.get(from..(from + window).min(self.len()))?;
        area.windows(what.len()).position(|piece| piece == what.as_bytes()).map(|at| from + at)
    }

    /// Where `what` begins last in the `window` bytes before `until`.
    pub(super) fn rfind(&self, until: usize, window: usize, what: &str) -> Option<usize> {
        let from = until.saturating_sub(window);
        let area = self.low.get(from..until)?;
        area.windows(what.len()).rposition(|piece| piece == what.as_bytes()).map(|at| from + at)
    }

    /// The bytes from `from` to `until` as a text.
    pub(super) fn slice(&self, from: usize, until: usize) -> Cow<'_, str> {
        let until = until.min(self.len());
        String::from_utf8_lossy(self.text.get(from..until).unwrap_or_default())
    }

    /// The same with single spaces where there was white space, at most `most` bytes of it.
    pub(super) fn spaced(&self, from: usize, until: usize, most: usize) -> String {
        let until = until.min(self.len()).min(from + most);
        let mut bytes = Vec::with_capacity(most.min(until.saturating_sub(from)) + 16);
        for at in from..until {
            if at > from && self.gap(at) >= Gap::Space {
                bytes.push(b' ');
            }
            bytes.push(self.text[at]);
        }
        String::from_utf8_lossy(&bytes).trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned()
    }

    /// The number of three digits at `at`.
    pub(super) fn three_digits(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 3)?;
        let value =
            digits.iter().try_fold(0_u16, |n, d| d.is_ascii_digit().then(|| n * 10 + u16::from(d - b'0')));
        value.filter(|value| (100..600).contains(value))
    }
}

/// Takes raw escape sequences out (ECMA-48), so that columns can be counted.
fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains(['\x1b', '\u{9b}']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\x1b', '\u{9b}']) {
        out.push_str(&rest[..at]);
        let csi = rest[at..].starts_with('\u{9b}');
        let after = &rest[at + if csi { 2 } else { 1 }..];
        rest = if csi { past_csi(after) } else { past_escape(after) };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What follows an escape sequence whose first character has been read.
fn past_escape(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix('[') {
        return past_csi(rest);
    }
    if let Some(rest) = text.strip_prefix(']') {
        // An operating system command ends with BEL or ESC \; one without an end is no command.
        const LONGEST: usize = 2048;
        let end = rest.bytes().take(LONGEST).position(|b| b == 0x07 || b == 0x1b);
        return match end {
            Some(at) if rest.as_bytes()[at] == 0x07 => &rest[at + 1..],
            Some(at) => rest[at..].strip_prefix("\x1b\\").unwrap_or(&rest[at..]),
            None => rest,
        };
    }
    text
}

/// What follows the parameters and the last character of a control sequence.
fn past_csi(text: &str) -> &str {
    let end = text.bytes().position(|b| !(0x20..=0x3f).contains(&b)).unwrap_or(text.len());
    let last = text.as_bytes().get(end).is_some_and(|b| (0x40..=0x7e).contains(b));
    &text[end + usize::from(last)..]
}

/// The column at which a terminal seems to have cut the lines: that of the longest line, if at least half of
/// the lines that another one follows reach it.
fn edge(text: &str) -> Option<usize> {
    const NARROWEST: usize = 20;
    let widths: Vec<usize> = text.lines().map(|line| line.trim_end_matches('\r').chars().count()).collect();
    let longest = *widths.iter().max()?;
    let followed: Vec<usize> =
        widths.windows(2).filter(|pair| pair[1] > 0 && pair[0] > 0).map(|pair| pair[0]).collect();
    let full = followed.iter().filter(|width| **width + 1 >= longest).count();
    (longest >= NARROWEST && full > 0 && full * 2 >= followed.len()).then_some(longest)
}

struct Writer {
    out: Dense,
    gap: Gap,
    cut: Option<usize>,
    /// Columns of the line so far.
    column: usize,
    /// Whether a tag has ended the line already, as `<br>` does.
    tagged: bool,
}

impl Writer {
    fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = prefix(text);
        while at < bytes.len() {
            let rest = &text[at..];
            match bytes[at] {
                b'\n' => at += 1 + self.line_end(&rest[1..]),
                b'\r' => at += 1,
                b'\\' => at += self.escape(rest),
                b'&' => at += self.entity(rest),
                b'<' => at += self.tag(rest),
                b if b.is_ascii_whitespace() || b == 0x0b => {
                    self.space();
                    at += 1;
                }
                b if b.is_ascii_control() => at += 1,
                b if b.is_ascii() => {
                    self.put(b);
                    at += 1;
                }
                _ => {
                    let c = rest.chars().next().unwrap_or(' ');
                    self.character(c);
                    at += c.len_utf8();
                }
            }
        }
    }

    fn put(&mut self, byte: u8) {
        self.out.text.push(byte);
        self.out.gaps.push(self.gap as u8);
        self.gap = Gap::None;
        self.tagged = false;
        self.column += 1;
    }

    fn space(&mut self) {
        // What follows the cut end of a line would not begin with a space.
        self.gap = if self.gap == Gap::Cut { Gap::Line } else { self.gap.max(Gap::Space) };
        self.column += 1;
    }

    /// Takes the end of a line, and gives how many bytes of the next belong to a prefix.
    fn line_end(&mut self, next: &str) -> usize {
        let full = self.cut.is_some_and(|cut| self.column + 1 >= cut && self.column > 0);
        self.gap = match self.gap {
            Gap::None if full => Gap::Cut,
            Gap::None | Gap::Space => Gap::Line,
            Gap::Line if self.tagged => Gap::Line,
            Gap::Cut | Gap::Line | Gap::Blank => Gap::Blank,
        };
        self.tagged = false;
        self.column = 0;
        let prefix = prefix(next);
        self.column += prefix;
        prefix
    }

    /// A character beyond ASCII, or one that was written as an escape.
    fn character(&mut self, c: char) {
        match c {
            '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => self.put(b'"'),
            '\'' | '\u{2018}'..='\u{201b}' | '\u{2032}' => self.put(b'\''),
            '\u{ff1a}' => self.put(b':'),
            // Frames that are drawn around a text.
            '\u{2500}'..='\u{257f}' => self.space(),
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {}
            '\n' => {
                self.gap = self.gap.max(Gap::Line);
            }
            c if c.is_whitespace() => self.space(),
            c if c.is_control() => {}
            c => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    self.put(byte);
                }
                self.column -= c.len_utf8() - 1;
            }
        }
    }

    /// Backslashes and what they escape (RFC 8259, section 7, any number of times over); gives the bytes read.
    fn escape(&mut self, text: &str) -> usize {
        let slashes = text.bytes().take_while(|b| *b == b'\\').count();
        let rest = &text[slashes..];
        let bytes = rest.as_bytes();
        let read = match bytes.first() {
            // What was escaped is an entity or a curly quote by now, or stands on the next line.
            Some(b'&' | 0x80.. | b'\n' | b'\r' | b' ') => 0,
            Some(b'n') => {
                self.gap = self.gap.max(Gap::Line);
                1
            }
            Some(b'r') => 1,
            Some(b't') => {
                self.space();
                1
            }
            Some(&quote @ (b'"' | b'\'' | b'/' | b'`')) => {
                self.put(quote);
                1
            }
            Some(b'u') => match rest.get(1..5).and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
                Some(0x1b) => 5 + (rest.len() - 5 - past_escape(&rest[5..]).len()),
                Some(code) => {
                    self.character(char::from_u32(code).unwrap_or('?'));
                    5
                }
                None => self.slash(),
            },
            _ => ["x1b[", "x1B[", "033[", "e["]
                .iter()
                .find(|mark| rest.starts_with(**mark))
                .map_or_else(|| self.slash(), |mark| rest.len() - past_csi(&rest[mark.len()..]).len()),
        };
        slashes + read
    }

    fn slash(&mut self) -> usize {
        self.put(b'\\');
        0
    }

    /// An HTML entity, escaped any number of times over; gives the bytes read.
    fn entity(&mut self, text: &str) -> usize {
        const LONGEST: usize = 12;
        let mut body = &text[1..];
        while let Some(rest) = body.strip_prefix("amp;") {
            body = rest;
        }
        let start = text.len() - body.len();
        let end = body.bytes().take(LONGEST).position(|b| b == b';');
        let Some(name) = end.and_then(|end| body.get(..end)) else {
            self.put(b'&');
            return start;
        };
        let code = |digits: &str| match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => digits.parse().ok(),
        };
        let c = match name {
            "quot" | "ldquo" | "rdquo" => Some('"'),
            "apos" | "lsquo" | "rsquo" => Some('\''),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "nbsp" => Some(' '),
            "colon" => Some(':'),
            "sol" => Some('/'),
            "period" => Some('.'),
            other => other.strip_prefix('#').and_then(code).and_then(char::from_u32),
        };
        let Some(c) = c else {
            self.put(b'&');
            return start;
        };
        self.character(c);
        start + name.len() + 1
    }

    /// A tag of HTML that only lays text out; gives the bytes read. Anything else in angle brackets stays.
    fn tag(&mut self, text: &str) -> usize {
        const LONGEST: usize = 60;
        const TAGS: [&str; 12] =
            ["br", "p", "b", "i", "em", "strong", "code", "span", "div", "li", "td", "pre"];
        let end = text.bytes().take(LONGEST).position(|b| b == b'>');
        if let Some(inside) = end.and_then(|end| text.get(1..end)) {
            let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
            if name == "wbr" {
                return inside.len() + 2;
            }
            if TAGS.iter().any(|tag| name.eq_ignore_ascii_case(tag)) {
                self.gap = self.gap.max(Gap::Line);
                self.tagged = true;
                return inside.len() + 2;
            }
        }
        self.put(b'<');
        1
    }
}

/// The length of what a container's log, a mail program or the system's log puts in front of a line.
fn prefix(line: &str) -> usize {
    const LONGEST: usize = 64;
    let bytes = &line.as_bytes()[..line.len().min(LONGEST)];
    let mut quoted = 0;
    while bytes.get(quoted) == Some(&b'>') {
        quoted += 1 + usize::from(bytes.get(quoted + 1) == Some(&b' '));
    }
    if quoted > 0 {
        return quoted;
    }
    // `certbot_1  | text`
    let word = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.-@/".contains(b)).count();
    let spaces = bytes[word..].iter().take_while(|b| **b == b' ').count();
    if word > 0 && bytes.get(word + spaces) == Some(&b'|') {
        let after = bytes.get(word + spaces + 1);
        return match after {
            Some(b' ') => word + spaces + 2,
            None | Some(b'\n' | b'\r') => word + spaces + 1,
            Some(_) => 0,
        };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(text: &str) -> String {
        String::from_utf8(Dense::new(text).text).unwrap()
    }

    #[test]
    fn every_disguise_comes_off() {
        for text in [
            "say \"no\" to x",
            "s\nay\n\n \"no\u{a0}\" to x",
            "\x1b[31msay\x1b[0m \x1b]8;;http://a\x07\"no\" to x",
            "say &quot;no&#34; to&nbsp;x",
            "say &amp;quot;no&#x22; to x",
            "say \\\"no\\\\\\\" to\\n\\tx",
            "say \\u0022no\\u0022 to x",
            "\\u001b[31msay\\x1b[0m \\033[1m\"no\" \\e[0mto x",
            "say \u{201c}no\u{201d} to x",
            "web_1  | say \"no\nweb_1  | \" to x",
            "> say \"no\n> \" to x",
            "\u{2502} say \"no\" to x \u{2502}",
            "say<br>\"no\" <b>to</b> x",
            "say \"n\u{200b}o\" to x",
        ] {
            assert_eq!(dense(text), "say\"no\"tox", "{text:?}");
        }
        assert_eq!(dense("a & b &c; <token> a\\b \\u12 \\"), "a&b&c;<token>a\\b\\u12\\");
    }

    #[test]
    fn the_gaps_are_kept() {
        let dense = Dense::new("a bc\nd\n\ne");
        let gaps: Vec<Gap> = (0..6).map(|at| dense.gap(at)).collect();
        assert_eq!(gaps, [Gap::None, Gap::Space, Gap::None, Gap::Line, Gap::Blank, Gap::Blank]);
        let cut = Dense::new("0123456789012345678901234\n01234");
        assert_eq!(cut.gap(25), Gap::Cut);
        assert_eq!(cut.spaced(20, 30, 99), "0123401234");
    }
}
