//! The stories. Each prints its figures on lines that start with `# `.

mod authorities;
mod caches;
mod itself;
mod moves;
mod resolvers;
mod surveys;
mod transports;

use super::runner::Story;

/// All of them, the long ones first so that the last to end is a short one.
pub(crate) fn all() -> Vec<Story> {
    let mut stories = Vec::new();
    stories.extend(caches::STORIES);
    stories.extend(moves::STORIES);
    stories.extend(resolvers::STORIES);
    stories.extend(authorities::STORIES);
    stories.extend(transports::STORIES);
    stories.extend(surveys::STORIES);
    stories.extend(itself::STORIES);
    stories
}

/// The servers of the usual set-up.
const WORLD: &[&str] = &["nsd", "knotd", "knotc", "named", "unbound"];
/// With all six resolvers.
const SIX: &[&str] =
    &["nsd", "knotd", "knotc", "named", "unbound", "kresd", "pdns_recursor", "dnsmasq", "dnsdist"];
