//! Walks through an internet in memory.

mod broken;
mod cost;
mod shapes;
mod world;
