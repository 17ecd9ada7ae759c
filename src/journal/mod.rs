//! What outlives the process: an append-only file of the facts of one watch; and the failed tries that
//! [`Attempts`] remembers.
//!
//! The facts are what was found, and the few other things that can move a verdict: a gap, the deadline, the
//! user's stop. Wake-ups are none of them. Played again through a new [`crate::engine::Watch`] they give event
//! for event what was told, so resuming a watch and telling its story are one and the same thing.
//!
//! A journal is lines of JSON. The first holds the format's version and the plan, all others one fact each;
//! [`line`] says how. A line without its end was torn by a crash and is dropped on reading. One process
//! writes at a time, which holds the file's lock; whoever cannot have a journal goes on without one.

mod attempts;
mod line;
mod opening;
mod place;
mod reader;
mod scan;
mod writer;

#[cfg(test)]
mod tests;

pub use attempts::{Attempts, Unkept};
pub use line::{Decoder, Encoder, FORMAT, Fact, Head, Unreadable};
pub use opening::{Note, Opened, Resumed, Trouble, open};
pub use place::{default_path, substance};
pub use reader::{Ending, Reader, Replayed, replay};
pub use writer::{Writer, WriterNews};
