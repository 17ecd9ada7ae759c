//! What a cell is being asked, in one octet: a cell must stay small.

/// How many questions to it are under way, 127 at most, and whether it stands in line for more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::engine) struct Asked(u8);

const IN_LINE: u8 = 1 << 7;

impl Asked {
    pub(in crate::engine) fn under_way(self) -> u8 {
        self.0 & !IN_LINE
    }

    /// Whether an answer is to come, of what was asked or will be as soon as there is room.
    pub(in crate::engine) fn is_owed(self) -> bool {
        self.0 > 0
    }

    pub(in crate::engine) fn one_more(&mut self) {
        self.0 = self.0 & IN_LINE | self.under_way().saturating_add(1).min(!IN_LINE);
    }

    /// One has come back. Tells whether one was under way.
    pub(in crate::engine) fn one_less(&mut self) -> bool {
        let any = self.under_way() > 0;
        self.0 -= u8::from(any);
        any
    }

    /// Tells whether it did not stand there yet.
    pub(in crate::engine) fn stand_in_line(&mut self) -> bool {
        let is_new = self.0 & IN_LINE == 0;
        self.0 |= IN_LINE;
        is_new
    }

    pub(in crate::engine) fn leave_line(&mut self) {
        self.0 &= !IN_LINE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_and_the_questions_are_apart() {
        let mut asked = Asked::default();
        assert!(!asked.is_owed() && !asked.one_less());
        assert!(asked.stand_in_line() && !asked.stand_in_line());
        assert!(asked.is_owed() && asked.under_way() == 0 && !asked.one_less());
        (0..200).for_each(|_| asked.one_more());
        assert_eq!(asked.under_way(), 127);
        asked.leave_line();
        assert_eq!(asked.under_way(), 127);
        (0..127).for_each(|_| assert!(asked.one_less()));
        assert!(!asked.is_owed() && asked.stand_in_line());
    }
}
