//! The command line: arguments, the live terminal, exit codes. The only room that prints.

pub(crate) mod args;
pub(crate) mod demo;
mod exit;
mod journal;
mod live;
pub(crate) mod output;
pub(crate) mod print;
pub(crate) mod report;
mod request;
pub(crate) mod resolvers;
mod show;
mod teach;
mod value;
pub(crate) mod watching;

pub(crate) use exit::{Exit, UserError};

/// The refusal of a command that this version only reserves the name of.
pub(crate) fn later(command: &str, purpose: &str) -> UserError {
    UserError::new(format!("`propwatch {command}` is not in this version: it {purpose} in a later one"))
        .hint("propwatch check NAME --expect ADDRESS tells whether you may press Issue now")
}
