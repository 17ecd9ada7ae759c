//! The proof with real name servers: `propwatch` is run against programs of other people, in a network of
//! its own.
//!
//! Each story starts authorities (nsd, knot, bind9) below a private root and resolvers (unbound,
//! knot-resolver, pdns-recursor, bind9, dnsmasq, dnsdist), changes something, and compares the verdict and
//! its time with what the resolvers really held. `tests/lab/runner.rs` tells how to run a single one.

// Every function here is test code, which clippy only knows by `#[test]`; there is none of those.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod lab;

use std::process::ExitCode;

fn main() -> ExitCode {
    lab::runner::main(&lab::stories::all())
}
