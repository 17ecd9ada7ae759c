//! map
pub mod clock;
pub mod config;
pub mod engine;
pub mod model;
pub mod net;
