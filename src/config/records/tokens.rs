//! The words of a zone file (RFC 1035, section 5.1), and the words for types and classes.

use super::{Mistake, Spot};

/// Types of records by their names (the registry at IANA), but for A, AAAA and CNAME.
const OTHER_TYPES: [&str; 52] = [
    "AFSDB",
    "ALIAS",
    "ANAME",
    "APL",
    "CAA",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CSYNC",
    "DHCID",
    "DLV",
    "DNAME",
    "DNSKEY",
    "DS",
    "EUI48",
    "EUI64",
    "GPOS",
    "HINFO",
    "HIP",
    "HTTPS",
    "IPSECKEY",
    "ISDN",
    "KEY",
    "KX",
    "L32",
    "LOC",
    "LUA",
    "MB",
    "MG",
    "MINFO",
    "MR",
    "MX",
    "NAPTR",
    "NID",
    "NS",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "OPENPGPKEY",
    "PTR",
    "RP",
    "RRSIG",
    "RT",
    "SMIMEA",
    "SOA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
];

/// Whether a word is the name of a type, TYPE12345 (RFC 3597) among them.
pub(super) fn is_type(word: &str) -> bool {
    let known = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let numbered = || {
        word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("TYPE"))
            && word.get(4..).is_some_and(|rest| rest.parse::<u16>().is_ok())
    };
    known(&["A", "AAAA", "CNAME"]) || known(&OTHER_TYPES) || numbered()
}

/// Whether a word is the name of a class (RFC 1035, section 3.2.4).
pub(super) fn is_class(word: &str) -> bool {
    ["IN", "CS", "CH", "HS"].iter().any(|class| class.eq_ignore_ascii_case(word))
}

/// Whether a word is a TTL: seconds, or numbers with units as BIND writes them (`1h30m`).
pub(super) fn is_ttl(word: &str) -> bool {
    let mut digits = false;
    for c in word.chars() {
        match c {
            '0'..='9' => digits = true,
            's' | 'm' | 'h' | 'd' | 'w' | 'S' | 'M' | 'H' | 'D' | 'W' if digits => digits = false,
            _ => return false,
        }
    }
    word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 20
}

/// A word, as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Without its quotes, with its escapes.
    pub(super) text: &'a str,
    pub(super) at: Spot,
}

/// One entry: the words of a line, or of several lines that parentheses hold together.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Whether it begins with a blank, which stands for the name of the entry before.
    pub(super) indented: bool,
    /// At least one.
    pub(super) tokens: Vec<Token<'a>>,
}

/// Cuts a zone file into entries.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// How far it has been read, in bytes.
    byte: usize,
    at: Spot,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lexer { text, byte: 0, at: (1, 1) }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.byte..).and_then(|rest| rest.chars().next())
    }

    fn step(&mut self, c: char) {
        self.byte += c.len_utf8();
        self.at = if c == '\n' { (self.at.0 + 1, 1) } else { (self.at.0, self.at.1 + 1) };
    }

    /// The next entry; none at the end of the text.
    pub(super) fn line(&mut self) -> Result<Option<Line<'a>>, Mistake> {
        let mut line = Line { indented: matches!(self.peek(), Some(' ' | '\t')), tokens: Vec::new() };
        let mut open: Vec<Spot> = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '\n' if open.is_empty() => {
                    self.step(c);
                    if !line.tokens.is_empty() {
                        return Ok(Some(line));
                    }
                    line.indented = matches!(self.peek(), Some(' ' | '\t'));
                }
                ';' => self.pass(|c| c != '\n'),
                '(' => {
                    open.push(self.at);
                    self.step(c);
                }
                ')' => {
                    if open.pop().is_none() {
                        return Err(Mistake::new(
                            self.at,
                            "a parenthesis is closed here that was never opened",
                        ));
                    }
                    self.step(c);
                }
                '"' => line.tokens.push(self.quoted()?),
                c if c.is_whitespace() => self.step(c),
                _ => line.tokens.push(self.word()?),
            }
        }
        match open.first() {
            Some(at) => Err(Mistake::new(*at, "a parenthesis is opened here and never closed")),
            None => Ok((!line.tokens.is_empty()).then_some(line)),
        }
    }

    fn pass(&mut self, while_it: impl Fn(char) -> bool) {
        while let Some(c) = self.peek().filter(|c| while_it(*c)) {
            self.step(c);
        }
    }

    fn quoted(&mut self) -> Result<Token<'a>, Mistake> {
        let at = self.at;
        self.step('"');
        let from = self.byte;
        while let Some(c) = self.peek().filter(|c| *c != '\n') {
            if c == '"' {
                let text = self.text.get(from..self.byte).unwrap_or_default();
                self.step(c);
                return Ok(Token { text, at });
            }
            self.step(c);
            if c == '\\' {
                self.escaped();
            }
        }
        Err(Mistake::new(at, "a quote is opened here and not closed on this line"))
    }

    fn word(&mut self) -> Result<Token<'a>, Mistake> {
        let (at, from) = (self.at, self.byte);
        while let Some(c) = self.peek() {
            if c.is_whitespace() || matches!(c, ';' | '(' | ')' | '"') {
                break;
            }
            self.step(c);
            if c == '\\' {
                self.escaped();
            }
        }
        Ok(Token { text: self.text.get(from..self.byte).unwrap_or_default(), at })
    }

    /// What stands behind a backslash belongs to the word, whatever it is; but no escape goes over a line.
    fn escaped(&mut self) {
        if let Some(c) = self.peek().filter(|c| *c != '\n') {
            self.step(c);
        }
    }
}
