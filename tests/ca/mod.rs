//! A certificate authority beside propwatch: what propwatch calls safe must be issued, and what is not issued
//! must never have been called safe.

mod caa;
mod dns;
mod http;
mod letsencrypt;
mod look;
mod odd;
mod orders;
mod pebble;
mod row;
mod sign;
mod stage;
mod timelines;
mod told;
mod turnings;
mod web;

use crate::lab::runner::Story;

/// All of them.
pub(crate) const STORIES: &[Story] = &[
    Story { name: "letsencrypt_timelines", needs: TABLE, play: turnings::play },
    Story { name: "letsencrypt_table", needs: TABLE, play: letsencrypt::play },
    Story { name: "pebble_situations", needs: WITH_PEBBLE, play: pebble::play },
    Story { name: "pebble_timelines", needs: WITH_PEBBLE, play: timelines::play },
];

/// What the tables need.
const WITH_PEBBLE: &[&str] = &["nsd", "knotd", "knotc", "unbound", "openssl", "pebble", "lego", "env"];
/// What a table without pebble needs.
const TABLE: &[&str] =
    &["nsd", "knotd", "knotc", "unbound", "openssl", "ldns-keygen", "ldns-signzone", "curl", "dig"];
