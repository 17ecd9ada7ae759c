//! The only room with sockets.

#[allow(dead_code)] // the wire and the walk come next
mod ask;
#[allow(dead_code)] // the network comes next
pub mod walk;

use futures::Stream;

use crate::model::{Errand, Finding};

/// The door to the world: exactly one finding for each errand, within its time limit.
pub trait Network {
    /// Carries the errands out side by side. Dropping the stream abandons what is still under way.
    fn run(&self, errands: Vec<Errand>) -> impl Stream<Item = Finding>;
}
