//! map
pub mod clock;
pub mod engine;
pub mod model;
pub mod net;
pub mod sim;
