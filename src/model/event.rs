//! What the engine tells the views. Terminal, JSON and journal readers all see this one stream.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Gap, Name, Record, RecordId, RecordReport, Report, Shift, Timestamp, Vantage, VantageId, Walk, Why,
};

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Milestone {
    /// The CA can see it.
    Issuable,
    /// Issuable, and the public resolvers agree.
    Safe,
    /// Every cache has turned over.
    Everyone,
}

/// What is known of the way out for plain DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Port53 {
    /// The address that runs no DNS server stayed silent.
    Clear,
    /// It answered: somebody on the way answers for others.
    Intercepted,
    /// The question could not be sent.
    Unsent,
    /// Nothing comes back on port 53, though encrypted questions are answered.
    Blocked,
}

/// The first event: what will be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// When.
    pub at: Timestamp,
    /// What is waited for.
    pub until: Milestone,
    /// When the watch gives up; none for a single look.
    pub deadline: Option<Timestamp>,
    /// All records, the guards among them; a [`RecordId`] is an index into this.
    pub records: Arc<[Record]>,
    /// The resolvers; a [`VantageId`] below their number is an index into this.
    pub resolvers: Vec<Vantage>,
}

/// How the cast of authoritative servers changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VantageChange {
    /// Known from now on.
    Joined,
    /// No longer delegated to; asked on as a former authority.
    Left,
}

/// One thing worth telling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The watch began.
    Started(Box<Started>),
    /// A zone's delegation was seen for the first time, or is another than before.
    Delegation {
        /// When.
        at: Timestamp,
        /// What it is now.
        walk: Box<Walk>,
        /// Whether it replaces another one.
        changed: bool,
    },
    /// An authoritative server joined or left.
    Vantage {
        /// When.
        at: Timestamp,
        /// Its number in later events.
        id: VantageId,
        /// Who it is, in the role it now has.
        vantage: Box<Vantage>,
        /// Its address.
        addr: SocketAddr,
        /// Which way.
        change: VantageChange,
    },
    /// A standing moved.
    Shift(Box<Shift>),
    /// A zone's serial moved at a server.
    Serial {
        /// When.
        at: Timestamp,
        /// The zone.
        zone: Name,
        /// The server.
        vantage: VantageId,
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
    },
    /// A milestone was reached by a record, or lost again.
    Milestone {
        /// When.
        at: Timestamp,
        /// Which record.
        record: RecordId,
        /// Which milestone.
        milestone: Milestone,
        /// Whether it was lost again.
        lost: bool,
    },
    /// Plain DNS is blocked or intercepted here.
    Port53 {
        /// When.
        at: Timestamp,
        /// What was seen.
        seen: Port53,
    },
    /// The forecast for everything that is waited for moved.
    Forecast {
        /// When it was made.
        at: Timestamp,
        /// When the last honest cache of all records turns over, where that can be told: the zone's
        /// servers must be right for every record.
        by: Option<Timestamp>,
        /// The next look, and why then.
        next: Option<(Timestamp, Why)>,
    },
    /// Nothing could be seen for a while, or the clock was set.
    Gap {
        /// When it was noticed.
        at: Timestamp,
        /// What it was.
        gap: Gap,
    },
    /// The verdict on one record of many is another than before, or has other reasons.
    Record {
        /// When.
        at: Timestamp,
        /// What it is now.
        report: Arc<RecordReport>,
    },
    /// The verdict is another than before, or has other reasons; of many records, the verdict on all.
    Verdict(Box<Report>),
}
