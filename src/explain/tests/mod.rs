//! The whole way from a text to diagnoses.

mod bounds;
mod mangling;
mod orders;
mod texts;
