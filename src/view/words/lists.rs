//! Numbers and lists in words.

use std::fmt::Display;

/// `1 resolver`, `2 resolvers`.
pub fn count(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`; of more than `most`, `a, b and 3 more`. A list that would only hide one
/// is told in full.
pub fn list<T: Display>(items: &[T], most: usize) -> String {
    let shown = if items.len() <= most.max(1) + 1 { items.len() } else { most.max(1) };
    let mut parts: Vec<String> = items[..shown].iter().map(ToString::to_string).collect();
    if shown < items.len() {
        parts.push(format!("{} more", items.len() - shown));
    }
    let last = parts.pop().unwrap_or_default();
    if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_one_says_them() {
        let five = ["a", "b", "c", "d", "e"];
        assert_eq!(list(&five[..0], 3), "");
        assert_eq!(list(&five[..1], 3), "a");
        assert_eq!(list(&five[..2], 3), "a and b");
        assert_eq!(list(&five[..4], 3), "a, b, c and d");
        assert_eq!(list(&five, 3), "a, b, c and 2 more");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(count(1, "resolver", "resolvers"), "1 resolver");
        assert_eq!(count(0, "resolver", "resolvers"), "0 resolvers");
    }
}
