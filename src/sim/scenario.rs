//! The demo's scenarios by name.

use crate::engine::Plan;
use crate::model::Timestamp;

use super::World;
use super::scenarios::{lagging, moved, odd, zone_editor};

/// A story that the demo can tell.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// What to call it on the command line.
    pub name: &'static str,
    /// One line on what happens in it.
    pub about: &'static str,
    build: fn(Timestamp) -> (Plan, World),
}

impl Scenario {
    /// The watch and its world, beginning at `start`.
    pub fn build(&self, start: Timestamp) -> (Plan, World) {
        (self.build)(start)
    }
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "zone-editor",
        about: "three records just typed into a Zone Editor; mail was asked for too early",
        build: zone_editor::build,
    },
    Scenario {
        name: "moved-host",
        about: "the address changed under a TTL of four hours; some resolvers are dead, one lies",
        build: moved::host,
    },
    Scenario {
        name: "moved-domain",
        about: "the domain moved to another provider: two days until the last resolver has noticed",
        build: moved::domain,
    },
    Scenario {
        name: "secondary-behind",
        about: "one of three name servers follows only when its refresh timer fires",
        build: lagging::behind,
    },
    Scenario {
        name: "mixed-caches",
        about: "several caches behind one address, each with another age",
        build: odd::mixed_caches,
    },
    Scenario {
        name: "forgotten-aaaa",
        about: "the address is right everywhere, and an old AAAA draws the CA away (blocked)",
        build: odd::forgotten_aaaa,
    },
    Scenario {
        name: "stuck-secondary",
        about: "one name server never follows: waiting does not help (blocked)",
        build: lagging::stuck,
    },
    Scenario {
        name: "intercepted",
        about: "somebody on the way answers all plain DNS in other servers' names",
        build: odd::intercepted,
    },
    Scenario { name: "everything-right", about: "nothing is left to wait for", build: odd::everything_right },
];

/// All scenarios, the default one first.
pub fn scenarios() -> &'static [Scenario] {
    SCENARIOS
}

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
