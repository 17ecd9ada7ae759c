//! Makes foreign text harmless: no control character, and nothing that reorders or hides what stands
//! beside it, reaches a terminal, a log or a browser.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of one foreign text that are shown; the rest is cut off with an ellipsis.
pub const MAX_CHARS: usize = 300;

/// Whether a character may move a cursor, reorder a line, or not be seen at all.
///
/// Control characters (C0, DEL, C1), bidirectional controls (UAX #9), line and paragraph separators,
/// zero-width and other format characters, variation selectors and tags.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every harmful character written out (`\x1b`, `\u{202e}`), and cut at [`MAX_CHARS`].
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_CHARS && !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(4 * MAX_CHARS));
    for (i, c) in text.chars().enumerate() {
        if i == MAX_CHARS {
            out.push('…');
            break;
        }
        if !is_harmful(c) {
            out.push(c);
        } else if c.is_ascii() {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_harmless_stays() {
        for text in ["ns1.example.com", "São Paulo", "東京", "a\\b"] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn what_moves_cursors_or_reorders_is_written_out() {
        assert_eq!(clean("a\x1b[2Jb\r\n\u{9b}c"), "a\\x1b[2Jb\\x0d\\x0a\\u{9b}c");
        assert_eq!(clean("safe\u{202e}kcolb"), "safe\\u{202e}kcolb");
        assert_eq!(clean("\u{feff}x\u{2028}"), "\\u{feff}x\\u{2028}");
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "é".repeat(5000);
        assert_eq!(clean(&long).chars().count(), MAX_CHARS + 1);
    }

    proptest! {
        #[test]
        fn nothing_harmful_survives(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(is_harmful));
        }
    }
}
