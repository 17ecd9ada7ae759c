//! From bytes to a text: whatever a terminal, an editor or Windows makes of one.

/// Bytes that are read at most; a log is longer only by being a log.
pub const MOST_BYTES: usize = 32 << 20;

/// Why there is nothing to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoText {
    /// Nothing, or white space alone.
    #[error("the text is empty")]
    Empty,
    /// Not written for people.
    #[error("this is not a text, but binary data")]
    Binary,
}

/// Reads a text: UTF-8, whatever does not fit replaced, or UTF-16 with a byte order mark, as PowerShell
/// writes it.
///
/// # Errors
/// [`NoText`] for white space alone, and for bytes of which too many are control characters.
pub fn decode(bytes: &[u8]) -> Result<String, NoText> {
    let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        all => String::from_utf8_lossy(all).into_owned(),
    };
    if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
        return Err(NoText::Empty);
    }
    if is_binary(&text) { Err(NoText::Binary) } else { Ok(text) }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Whether more than one character in ten of the beginning is one that no text has. An escape sequence for a
/// colour has one such character in five or more, so escape itself does not count.
fn is_binary(text: &str) -> bool {
    const LOOKED_AT: usize = 8192;
    let odd = |c: &char| {
        *c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace() && *c != '\x1b')
    };
    let (mut all, mut wrong) = (0_usize, 0_usize);
    for c in text.chars().take(LOOKED_AT) {
        all += 1;
        wrong += usize::from(odd(&c));
    }
    wrong * 10 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_origin_are_read() {
        assert_eq!(decode(b"abc").unwrap(), "abc");
        assert_eq!(decode(b"\xef\xbb\xbfabc").unwrap(), "abc");
        assert_eq!(decode(b"\xff\xfea\0b\0").unwrap(), "ab");
        assert_eq!(decode(b"\xfe\xff\0a\0b").unwrap(), "ab");
        assert_eq!(decode("caf\u{e9} and a hundred more letters".as_bytes()).unwrap().len(), 32);
        assert!(decode(b"one odd byte \xff in a text that is long enough").is_ok());
    }

    #[test]
    fn what_is_no_text_is_told_apart() {
        assert_eq!(decode(b""), Err(NoText::Empty));
        assert_eq!(decode(b" \r\n\t\xef\xbb\xbf"), Err(NoText::Empty));
        assert_eq!(decode(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0"), Err(NoText::Binary));
    }
}
