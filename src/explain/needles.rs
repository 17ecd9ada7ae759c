//! Finds many short texts in a long one, in one pass.

/// Slots of the table: a power of two that leaves most of them empty.
const SLOTS: usize = 4096;
/// Bytes that are looked up; no needle is shorter.
const KEY: usize = 4;

/// Texts to look for, each with a meaning.
#[derive(Debug)]
pub(super) struct Needles<T> {
    /// For each slot the number of its bucket, 0 for none.
    slots: Vec<u16>,
    buckets: Vec<Vec<(Vec<u8>, T)>>,
}

impl<T: Copy> Needles<T> {
    pub(super) fn new() -> Self {
        Needles { slots: vec![0; SLOTS], buckets: vec![Vec::new()] }
    }

    /// Adds a text as a person reads it: white space and case do not count. One that is too short is not
    /// added.
    pub(super) fn add(&mut self, text: &str, meaning: T) {
        let needle: Vec<u8> =
            text.bytes().filter(|b| !b.is_ascii_whitespace()).map(|b| b.to_ascii_lowercase()).collect();
        let Some(slot) = slot(&needle) else { return };
        if self.slots[slot] == 0 {
            self.slots[slot] = u16::try_from(self.buckets.len()).unwrap_or(u16::MAX);
            self.buckets.push(Vec::new());
        }
        let bucket = &mut self.buckets[usize::from(self.slots[slot])];
        bucket.push((needle, meaning));
        // The longest first: it says the most.
        bucket.sort_by_key(|(needle, _)| std::cmp::Reverse(needle.len()));
    }

    /// Tells each place at which a needle stands, and its end: one needle a place, the longest.
    pub(super) fn each(&self, low: &[u8], mut found: impl FnMut(usize, usize, T)) {
        for at in 0..low.len().saturating_sub(KEY - 1) {
            let Some(slot) = slot(&low[at..]) else { break };
            let bucket = self.slots[slot];
            if bucket == 0 {
                continue;
            }
            let hit =
                self.buckets[usize::from(bucket)].iter().find(|(needle, _)| low[at..].starts_with(needle));
            if let Some((needle, meaning)) = hit {
                found(at, at + needle.len(), *meaning);
            }
        }
    }
}

/// The slot of what begins here.
fn slot(text: &[u8]) -> Option<usize> {
    let key = text.first_chunk::<KEY>()?;
    let mixed = u32::from_le_bytes(*key).wrapping_mul(0x9e37_79b1);
    Some((mixed >> 20) as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_at_each_place() {
        let mut needles = Needles::new();
        for (i, text) in ["Too many", "too many redirects", "many", "abc"].iter().enumerate() {
            needles.add(text, i);
        }
        let mut found = Vec::new();
        needles.each(b"x;toomanyredirects;toomany!", |at, end, i| found.push((at, end, i)));
        assert_eq!(found, [(2, 18, 1), (5, 9, 2), (19, 26, 0), (22, 26, 2)]);
    }
}
