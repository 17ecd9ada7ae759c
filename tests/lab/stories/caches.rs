pub(super) const STORIES: &[crate::lab::runner::Story] = &[];
