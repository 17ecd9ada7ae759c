//! The whole way from a text to diagnoses.

mod mangling;
