//! The pure engine: findings in, events and errands out. No clock, no IO, no async runtime in here.

mod authority;
mod convergence;
mod issuance;
mod plan;
mod reading;
mod schedule;
mod verdict;
mod watch;

pub use issuance::{TRIES_AN_HOUR, reserved_block, tries_left};
pub use plan::{FEW, Mode, Plan, PlanError, Policy, Request, WebPolicy};
pub use watch::{Input, Load, Step, Wake, Watch};
