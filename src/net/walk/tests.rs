//! Walks through an internet in memory.

mod broken;
mod cost;
mod found;
mod shapes;
mod world;
