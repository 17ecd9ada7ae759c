//! Reads the numbers of the commonest line without a general parser.

/// What is left of a line of numbers: `[1,2,3]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    /// After the opening bracket; none if there is none.
    pub(super) fn list(line: &'a [u8]) -> Option<Self> {
        line.strip_prefix(b"[").map(Scan)
    }

    /// The next number, with the comma or the bracket behind it.
    pub(super) fn number<T: TryFrom<u64>>(&mut self) -> Option<T> {
        let mut value = 0u64;
        let mut digits = 0;
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            match byte {
                b'0'..=b'9' => {
                    value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                    digits += 1;
                }
                b',' if digits > 0 && !rest.is_empty() => break,
                b']' if digits > 0 && rest.is_empty() => break,
                _ => return None,
            }
        }
        T::try_from(value).ok()
    }

    /// Whether everything was read.
    pub(super) fn is_over(self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_nothing_else() {
        let mut scan = Scan::list(b"[7,0,18446744073709551615]").unwrap();
        assert_eq!(scan.number::<u8>(), Some(7));
        assert!(!scan.is_over());
        assert_eq!((scan.number::<u8>(), scan.number::<u64>()), (Some(0), Some(u64::MAX)));
        assert!(scan.is_over() && Scan::list(b"{}").is_none());
        for line in
            ["[", "[]", "[,1]", "[1", "[1,", "[ 1]", "[-1]", "[1]]", "[18446744073709551616]", "[256]"]
        {
            assert_eq!(Scan::list(line.as_bytes()).unwrap().number::<u8>(), None, "{line}");
        }
    }
}
