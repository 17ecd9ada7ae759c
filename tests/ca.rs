//! The proof with a certificate authority: `propwatch` is held against what pebble issues to lego, and against
//! a table of what Let's Encrypt is known to do, with real name servers and a web server of its own.
//!
//! `tests/lab/runner.rs` tells how to run a single part of it.

// Every function here is test code, which clippy only knows by `#[test]`; there is none of those.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

#[path = "ca/mod.rs"]
mod ca;
// The stories of the lab, and what only they need, are played elsewhere.
#[allow(dead_code)]
mod lab;

use std::process::ExitCode;

fn main() -> ExitCode {
    lab::runner::main(ca::STORIES)
}
