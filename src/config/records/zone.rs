//! Zone files: master file format (RFC 1035, section 5; `$TTL` by RFC 2308, section 4).

use super::super::fault::escaped;
use super::tokens::{Lexer, Line, Token, is_class, is_ttl, is_type};
use super::{Entry, Listing, Mistake, Spot};
use crate::model::{Name, Value};

/// Characters of a name, at most; DNS allows 255 octets.
const LONGEST: usize = 1000;

/// Where names of the file belong.
#[derive(Debug, Clone, Copy)]
struct Owner<'a> {
    text: &'a str,
    at: Spot,
    /// Which origin held when it was written.
    origin: usize,
}

/// Reads the A, AAAA and CNAME records of a zone file; the others are counted.
pub(super) fn read(text: &str) -> Result<Listing, Mistake> {
    let mut lexer = Lexer::new(text);
    let mut reader = Reader { origins: vec![None], owner: None, listing: Listing::default() };
    while let Some(line) = lexer.line()? {
        reader.line(&line)?;
    }
    Ok(reader.listing)
}

struct Reader<'a> {
    /// Every origin so far; the last one holds.
    origins: Vec<Option<Name>>,
    owner: Option<Owner<'a>>,
    listing: Listing,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &Line<'a>) -> Result<(), Mistake> {
        let Some(first) = line.tokens.first() else { return Ok(()) };
        if !line.indented && first.text.starts_with('$') {
            return self.directive(*first, &line.tokens[1..]);
        }
        let rest = if line.indented {
            &line.tokens[..]
        } else {
            self.owner = Some(Owner { text: first.text, at: first.at, origin: self.origins.len() - 1 });
            &line.tokens[1..]
        };
        let Some(owner) = self.owner else {
            let what = "the line begins with a blank, which stands for the name before, and there is none";
            return Err(Mistake::new(first.at, what));
        };
        self.record(owner, first.at, rest)
    }

    fn directive(&mut self, word: Token<'a>, rest: &[Token<'a>]) -> Result<(), Mistake> {
        let named = word.text.to_ascii_uppercase();
        match (named.as_str(), rest) {
            ("$ORIGIN", [name]) => {
                let origin = self.whole(name.text, name.at, self.origins.len() - 1)?;
                self.origins.push(Some(origin));
                Ok(())
            }
            ("$TTL", [ttl]) if is_ttl(ttl.text) => Ok(()),
            ("$ORIGIN", _) => {
                Err(Mistake::new(word.at, "$ORIGIN has one name behind it: $ORIGIN example.com."))
            }
            ("$TTL", _) => Err(Mistake::new(word.at, "$TTL has one time behind it: $TTL 3600, or $TTL 1h")),
            ("$INCLUDE" | "$GENERATE", _) => {
                let what = format!("{named} is not read here: its records would be missed");
                let hint = "a file without it is what `named-compilezone -o FILE.flat ZONE FILE` writes (part of BIND)";
                Err(Mistake::new(word.at, what).hint(hint))
            }
            _ => {
                let what = format!("unknown directive `{}`; allowed: $ORIGIN, $TTL", escaped(word.text));
                Err(Mistake::new(word.at, what))
            }
        }
    }

    /// TTL and class, in either order and each at most once, then the type and what belongs to it.
    fn record(&mut self, owner: Owner<'a>, at: Spot, tokens: &[Token<'a>]) -> Result<(), Mistake> {
        const FORM: &str = "a record is: NAME [TTL] [CLASS] TYPE VALUE";
        let (mut ttl, mut class) = (None, None);
        let mut rest = tokens;
        while let [word, more @ ..] = rest {
            if ttl.is_none() && is_ttl(word.text) {
                ttl = Some(word.text);
            } else if class.is_none() && is_class(word.text) {
                class = Some(word.text);
            } else {
                break;
            }
            rest = more;
        }
        let [word, values @ ..] = rest else {
            return Err(Mistake::new(at, "there is no type in this record").hint(FORM));
        };
        let rtype = word.text.to_ascii_uppercase();
        if !is_type(&rtype) {
            let what = format!("`{}` is no type of record", escaped(word.text));
            return Err(Mistake::new(word.at, what).hint(FORM));
        }
        let internet = class.is_none_or(|class| class.eq_ignore_ascii_case("IN"));
        if !internet || !matches!(rtype.as_str(), "A" | "AAAA" | "CNAME") {
            self.listing.passed_over.other(&rtype);
            return Ok(());
        }
        let [value] = values else {
            let what = format!("{rtype} has one value, and {} stand here", values.len());
            return Err(Mistake::new(values.get(1).map_or(word.at, |second| second.at), what));
        };
        let name = self.whole(owner.text, owner.at, owner.origin)?;
        let expected = self.value(&rtype, *value)?;
        if name.is_root() {
            return Err(Mistake::new(owner.at, "this is the root of all names, which has no such record"));
        }
        if name.as_str() == "*" || name.as_str().starts_with("*.") {
            self.listing.wildcard(name, at.0);
        } else {
            self.listing.entries.push(Entry { name, at, values: vec![(expected, value.at)] });
        }
        Ok(())
    }

    fn value(&self, rtype: &str, token: Token<'a>) -> Result<Value, Mistake> {
        match rtype {
            "CNAME" => self.whole(token.text, token.at, self.origins.len() - 1).map(Value::Alias),
            _ => address(rtype, token.text, token.at),
        }
    }

    /// A name with the origin that it is relative to.
    fn whole(&self, text: &str, at: Spot, origin: usize) -> Result<Name, Mistake> {
        const FIRST_LINE: &str =
            "put a line like `$ORIGIN example.com.`, with the zone's name, in front of all others";
        if text.chars().nth(LONGEST).is_some() {
            return Err(Mistake::new(at, format!("`{}` is too long for a name", escaped(text))));
        }
        if text.contains('\\') {
            let what = format!("`{}` has a backslash, which no name to be looked up has", escaped(text));
            return Err(Mistake::new(at, what));
        }
        let parse = |whole: &str| Name::parse(whole).map_err(|error| Mistake::new(at, error.to_string()));
        if text.ends_with('.') {
            return parse(text);
        }
        match (self.origins.get(origin).and_then(Option::as_ref), text) {
            (Some(origin), "@") => Ok(origin.clone()),
            (Some(origin), _) if origin.is_root() => parse(text),
            (Some(origin), _) => parse(&format!("{text}.{origin}")),
            (None, "@") => {
                let what = "`@` stands for the zone's name, and this file does not say which that is";
                Err(Mistake::new(at, what).hint(FIRST_LINE))
            }
            (None, _) => {
                let what = format!(
                    "`{}` has no dot at its end, so the zone's name belongs behind it, and this file does not say \
                     which that is",
                    escaped(text)
                );
                Err(Mistake::new(at, what).hint(FIRST_LINE))
            }
        }
    }
}

/// The address of an A or AAAA record.
pub(super) fn address(rtype: &str, text: &str, at: Spot) -> Result<Value, Mistake> {
    let found: Option<std::net::IpAddr> = text.parse().ok();
    match (rtype, found) {
        ("A", Some(std::net::IpAddr::V4(v4))) => Ok(Value::V4(v4)),
        ("AAAA", Some(std::net::IpAddr::V6(v6))) => Ok(Value::V6(v6)),
        ("A", _) => {
            Err(Mistake::new(at, format!("an A record has an IPv4 address, and `{}` is none", escaped(text))))
        }
        _ => Err(Mistake::new(
            at,
            format!("an AAAA record has an IPv6 address, and `{}` is none", escaped(text)),
        )),
    }
}
