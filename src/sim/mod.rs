//! A simulated internet in virtual time: scenarios for the demo, worlds for the tests.
//!
//! A [`World`] holds authoritative servers whose zones change at known instants, a parent that delegates
//! to them, and resolvers whose caches age as real ones do. It answers an [`crate::model::Errand`] with a
//! [`crate::model::Finding`] that carries the virtual instant at which the answer arrives. [`play`] puts
//! it against the engine; nothing in here reads a clock, opens a socket or waits.
//!
//! Since a world knows everything, it can say what the engine must find out ([`World::truth`]) and what
//! harm our own questions did ([`World::planted`]).

mod cache;
mod dice;
mod internet;
mod lapses;
mod play;
mod random;
mod resolver;
mod scenario;
mod scenarios;
mod site;
mod trials;
mod truth;
mod walk;
mod world;
mod zone;

pub use cache::{Cache, Family, Stale};
pub use dice::Dice;
pub use internet::{Delegation, Internet, ParentServer};
pub use lapses::{LAPSES_FROM, Lapse};
pub use play::{Played, Player, endure, play};
pub use random::{random_watch, random_world};
pub use resolver::{Pick, Resolver, Temper};
pub use scenario::{Scenario, find, scenarios};
pub use site::Site;
pub use trials::{Blow, Trials};
pub use truth::{RecordTruth, Truth};
pub use world::{Planted, Spent, Visit, World};
pub use zone::{Conduct, Contents, Rrset, Server};
