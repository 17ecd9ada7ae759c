//! Everything that a person or a script sees, made from events and nothing else.
//!
//! [`Cast`] folds [`crate::model::Event`]s into who is who and where each stands. [`Words`] holds every
//! sentence. [`Text`] lays them out for people, with or without a terminal; [`json`] for scripts. Nothing
//! here reads a clock, asks the network or opens a file.

mod cast;
pub mod escape;
pub mod json;
mod layout;
mod story;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use cast::{Cast, Change, Counts, Kind, Member, Stuck, Tally, Turn, Work};
pub use layout::{Paint, Tone, wrap};
pub use story::{Ended, Phase, Story, Turnover};
pub use text::{Detail, Pace, Progress, Text};
pub use words::{
    Checked, Explaining, Group, Headline, Looked, Now, Said, Told, When, Words, call_failure, count, list,
    record_error, record_heading, record_unread, self_test, span, tries_left, witness,
};
