//! The command line: arguments, the live terminal, exit codes. The only room that prints.

pub(crate) mod args;
pub(crate) mod demo;
mod exit;
pub(crate) mod explain;
mod filters;
mod handover;
mod journal;
mod live;
mod names;
mod now;
pub(crate) mod output;
pub(crate) mod print;
mod record;
pub(crate) mod report;
mod request;
pub(crate) mod resolvers;
mod show;
mod teach;
#[cfg(test)]
mod tests;
mod tries;
pub(crate) mod watching;
pub(crate) mod web;

pub(crate) use exit::{Exit, UserError};
