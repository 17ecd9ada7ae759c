//! Domain names in one canonical form.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use hickory_proto::rr::Name as WireName;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A fully qualified domain name (RFC 9499, section 2): lower case, no trailing dot, IDN as A-labels.
///
/// Two names are equal exactly when the DNS holds them equal. Bytes that are not printable ASCII stay
/// escaped as `\ddd` (RFC 1035, section 5.1), so printing one can never move a terminal's cursor.
/// The root is `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a text is no domain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was there.
    #[error("the name is empty")]
    Empty,
    /// Two dots in a row, or one at the start.
    #[error("`{0}` has an empty label (two dots in a row, or one at the start)")]
    EmptyLabel(String),
    /// A label over 63 octets or a name over 255 (RFC 1035, section 2.3.4).
    #[error("`{0}` is too long: a label may have 63 octets, a whole name 255")]
    TooLong(String),
    /// A character that no host name or service name has.
    #[error("`{name}` has the character {character:?}, which no name to be looked up has")]
    Character {
        /// The text as given.
        name: String,
        /// The first character that is out of place.
        character: char,
    },
    /// The IDNA rules refuse it.
    #[error("`{0}` is not a valid internationalised name")]
    Idna(String),
}

impl Name {
    /// The root of the tree.
    pub fn root() -> Self {
        Name(Arc::from("."))
    }

    /// Reads a name as a person types it: any case, with or without the trailing dot, IDN in Unicode or
    /// as A-labels, underscores and a leading `*` label allowed.
    ///
    /// # Errors
    /// [`NameError`] for everything that can be no name; spaces, slashes, colons and the like among it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let shown = || text.escape_debug().to_string();
        let trimmed = text.strip_suffix('.').unwrap_or(text);
        if text == "." {
            return Ok(Self::root());
        }
        if trimmed.is_empty() {
            return Err(NameError::Empty);
        }
        if trimmed.split('.').any(str::is_empty) {
            return Err(NameError::EmptyLabel(shown()));
        }
        let odd =
            |c: &char| c.is_ascii() && !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*'));
        if let Some(character) = trimmed.chars().find(odd) {
            return Err(NameError::Character { name: shown(), character });
        }
        if trimmed.is_ascii() && (trimmed.len() > 253 || trimmed.split('.').any(|label| label.len() > 63)) {
            return Err(NameError::TooLong(shown()));
        }
        let wire = if trimmed.is_ascii() {
            WireName::from_ascii(trimmed).map_err(|_| NameError::TooLong(shown()))?
        } else {
            WireName::from_utf8(trimmed).map_err(|_| NameError::Idna(shown()))?
        };
        Ok(Self::from_wire(&wire))
    }

    /// From a name that came off the wire; nothing is refused, odd octets are escaped.
    pub fn from_wire(wire: &WireName) -> Self {
        if wire.is_root() {
            return Self::root();
        }
        let mut text = String::with_capacity(wire.len());
        for (i, label) in wire.iter().enumerate() {
            if i > 0 {
                text.push('.');
            }
            for &octet in label {
                match octet.to_ascii_lowercase() {
                    b'.' | b'\\' | 0..=0x20 | 0x7f.. => {
                        let _ = write!(text, "\\{octet:03}");
                    }
                    plain => text.push(char::from(plain)),
                }
            }
        }
        Name(Arc::from(text))
    }

    /// The name as the codec wants it, fully qualified.
    pub fn to_wire(&self) -> WireName {
        if self.is_root() {
            return WireName::root();
        }
        let labels = self.0.split('.').map(unescape);
        let mut wire = WireName::from_labels(labels).unwrap_or_else(|_| WireName::root());
        wire.set_fqdn(true);
        wire
    }

    /// Presentation form without the trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        &*self.0 == "."
    }

    /// The name without its leftmost label; `None` for the root.
    pub fn parent(&self) -> Option<Name> {
        if self.is_root() {
            return None;
        }
        // A dot inside a label is escaped as `\046`, so every dot here parts two labels.
        Some(self.0.split_once('.').map_or_else(Self::root, |(_, above)| Name(Arc::from(above))))
    }

    /// Whether this name is `ancestor` or stands below it.
    pub fn is_within(&self, ancestor: &Name) -> bool {
        let mut at = Some(self.clone());
        while let Some(name) = at {
            if name == *ancestor {
                return true;
            }
            at = name.parent();
        }
        false
    }

    /// This name and its ancestors, from the root downwards.
    pub fn from_root(&self) -> Vec<Name> {
        let mut all = vec![self.clone()];
        while let Some(parent) = all.last().and_then(Name::parent) {
            all.push(parent);
        }
        all.reverse();
        all
    }
}

/// Turns `\ddd` back into its octet.
fn unescape(label: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(label.len());
    let mut rest = label.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..3).and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| d.parse().ok());
        match (first, code) {
            (b'\\', Some(octet)) => {
                out.push(octet);
                rest = &tail[3..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Name::parse(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text == "." {
            return Ok(Name::root());
        }
        let wire = WireName::from_labels(text.split('.').map(unescape));
        wire.map(|wire| Name::from_wire(&wire))
            .map_err(|_| serde::de::Error::custom(format!("`{}` is no domain name", text.escape_debug())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_many_spellings() {
        for text in ["Mail.Example.COM", "mail.example.com.", "mail.example.com"] {
            assert_eq!(Name::parse(text).unwrap().as_str(), "mail.example.com");
        }
        assert_eq!(Name::parse("bücher.example").unwrap().as_str(), "xn--bcher-kva.example");
        assert_eq!(Name::parse("_dmarc.Example.com").unwrap().as_str(), "_dmarc.example.com");
        assert_eq!(Name::parse("*.example.com").unwrap().as_str(), "*.example.com");
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        assert_eq!(Name::parse(""), Err(NameError::Empty));
        assert!(matches!(Name::parse("a..b"), Err(NameError::EmptyLabel(_))));
        assert!(matches!(Name::parse(".a"), Err(NameError::EmptyLabel(_))));
        assert!(matches!(Name::parse("http://a.b"), Err(NameError::Character { character: ':', .. })));
        assert!(matches!(Name::parse("a b.c"), Err(NameError::Character { character: ' ', .. })));
        assert!(matches!(Name::parse("a\x1b[2J.c"), Err(NameError::Character { .. })));
        assert!(matches!(Name::parse(&"a".repeat(64)), Err(NameError::TooLong(_))));
        assert!(matches!(Name::parse(&"abcdefg.".repeat(40)), Err(NameError::TooLong(_))));
    }

    #[test]
    fn climbing_ends_at_the_root() {
        let name = Name::parse("a.b.c").unwrap();
        let all: Vec<String> = name.from_root().iter().map(ToString::to_string).collect();
        assert_eq!(all, [".", "c", "b.c", "a.b.c"]);
        assert!(name.is_within(&Name::parse("b.c").unwrap()));
        assert!(name.is_within(&Name::root()));
        assert!(!Name::parse("xb.c").unwrap().is_within(&Name::parse("b.c").unwrap()));
    }

    #[test]
    fn octets_off_the_wire_stay_escaped() {
        let wire = WireName::from_labels(vec![&b"a\x1b[2J"[..], &b"x.y"[..], &b"com"[..]]).unwrap();
        let name = Name::from_wire(&wire);
        assert!(name.as_str().bytes().all(|b| (0x21..0x7f).contains(&b)), "{name}");
        assert_eq!(name.to_wire().to_lowercase(), {
            let mut same = wire.to_lowercase();
            same.set_fqdn(true);
            same
        });
        assert_eq!(name.parent().unwrap().parent().unwrap().as_str(), "com");
    }
}
