//! What outlives the process.

mod attempts;

pub use attempts::{Attempts, Unkept};
