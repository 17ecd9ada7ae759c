//! A hash for tables that stay small whatever anybody does: it spreads the keys, and defends against nothing.

use std::hash::{BuildHasherDefault, Hasher};

/// Makes hashers that spread.
pub(super) type Spread = BuildHasherDefault<Spreading>;

#[derive(Default)]
pub(super) struct Spreading(u64);

impl Spreading {
    fn take(&mut self, word: u64) {
        // Odd, and near 2^64 divided by the golden ratio: neighbours end far apart, in high bits and low.
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Spreading {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for part in octets.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.take(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.take(number.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.take(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.take(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.take(number as u64);
    }
}
