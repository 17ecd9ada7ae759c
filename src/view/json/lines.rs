//! The lines of `wait --json` before the verdict. The order of the fields is the order on the wire.

use std::net::SocketAddr;

use serde::Serialize;

use crate::model::{
    Gap, GapKind, Held, Milestone, Name, Port53, RecordId, RecordType, Role, Shift, Standing, Started,
    Timestamp, Vantage, VantageChange, VantageId, Walk, WalkEnd, Why,
};
use crate::view::escape::clean;
use crate::view::{Cast, Kind};

use super::SCHEMA;

#[derive(Serialize)]
pub(super) struct StartedLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    until: Milestone,
    deadline: Option<Timestamp>,
    records: Vec<WantedLine>,
    resolvers: Vec<ResolverLine>,
}

#[derive(Serialize)]
struct WantedLine {
    name: String,
    #[serde(rename = "type")]
    rtype: RecordType,
    expect: Vec<String>,
}

#[derive(Serialize)]
struct ResolverLine {
    name: String,
    operator: String,
    role: Role,
    address: Option<String>,
}

pub(super) fn started(started: &Started) -> StartedLine {
    let wanted = started.records.iter().filter(|record| !record.is_guard());
    StartedLine {
        schema: SCHEMA,
        event: "started",
        at: started.at,
        until: started.until,
        deadline: started.deadline,
        records: wanted
            .map(|record| WantedLine {
                name: record.name.to_string(),
                rtype: record.rtype,
                expect: record.expected(),
            })
            .collect(),
        resolvers: started
            .resolvers
            .iter()
            .map(|vantage| ResolverLine {
                name: clean(&vantage.name).into_owned(),
                operator: clean(&vantage.operator).into_owned(),
                role: vantage.role,
                address: vantage.endpoints.first().map(|e| clean(&e.to_string()).into_owned()),
            })
            .collect(),
    }
}

#[derive(Serialize)]
pub(super) struct DelegationLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    zone: String,
    parent: String,
    /// `found`, `no-such-zone` or `unreached`.
    end: &'static str,
    changed: bool,
    servers: Vec<ServerLine>,
}

#[derive(Serialize)]
struct ServerLine {
    host: String,
    addresses: Vec<SocketAddr>,
    at_parent: bool,
    at_child: bool,
}

pub(super) fn delegation(at: Timestamp, walk: &Walk, changed: bool) -> DelegationLine {
    let servers = walk.servers.iter().map(|server| ServerLine {
        host: server.host.to_string(),
        addresses: server.addresses.iter().map(|address| address.addr).collect(),
        at_parent: server.at_parent,
        at_child: server.at_child,
    });
    DelegationLine {
        schema: SCHEMA,
        event: "delegation",
        at,
        zone: walk.zone.to_string(),
        parent: walk.parent.to_string(),
        end: match walk.end {
            WalkEnd::Found => "found",
            WalkEnd::NoSuchZone => "no-such-zone",
            WalkEnd::Unreached(_) => "unreached",
        },
        changed,
        servers: servers.collect(),
    }
}

#[derive(Serialize)]
pub(super) struct VantageLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    who: String,
    role: Role,
    zone: Option<String>,
    address: SocketAddr,
    change: VantageChange,
}

pub(super) fn vantage(
    at: Timestamp,
    vantage: &Vantage,
    address: SocketAddr,
    change: VantageChange,
) -> VantageLine {
    VantageLine {
        schema: SCHEMA,
        event: "vantage",
        at,
        who: clean(&vantage.name).into_owned(),
        role: vantage.role,
        zone: vantage.zone.as_ref().map(ToString::to_string),
        address,
        change,
    }
}

#[derive(Serialize)]
pub(super) struct ShiftLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<RecordType>,
    who: Option<String>,
    role: Option<Role>,
    from: &'static str,
    to: &'static str,
    /// What it has instead of what is expected; empty where that does not apply.
    holds: Vec<String>,
    until: Option<Timestamp>,
}

pub(super) fn shift(shift: &Shift, cast: &Cast) -> ShiftLine {
    let record = cast.record(shift.record);
    let member = cast.member(shift.vantage);
    ShiftLine {
        schema: SCHEMA,
        event: "shift",
        at: shift.at,
        name: record.map(|record| record.name.to_string()),
        rtype: record.map(|record| record.rtype),
        who: member.map(|member| member.vantage.name.to_string()),
        role: member.map(|member| member.vantage.role),
        from: Kind::of(&shift.from).word(),
        to: Kind::of(&shift.to).word(),
        holds: holds(&shift.to),
        until: shift.to.until(),
    }
}

/// Addresses and names as they are; what is no value in upper case, which no value is.
fn holds(standing: &Standing) -> Vec<String> {
    match standing {
        Standing::Wrong { held, .. } | Standing::Mixed { held, .. } | Standing::Suspect { held } => {
            values(held)
        }
        Standing::Failing { rcode } | Standing::Refusing { rcode } => vec![rcode.to_string()],
        Standing::Unasked | Standing::Right { .. } | Standing::Bogus | Standing::Silent { .. } => Vec::new(),
    }
}

pub(super) fn values(held: &Held) -> Vec<String> {
    match held {
        Held::Addresses(addresses) => addresses.iter().map(ToString::to_string).collect(),
        Held::Alias(target) | Held::DeadEnd(target) => vec![target.to_string()],
        Held::Loop(_) => vec!["LOOP".to_owned()],
        Held::NoData => vec!["NODATA".to_owned()],
        Held::NoName => vec!["NXDOMAIN".to_owned()],
    }
}

#[derive(Serialize)]
pub(super) struct SerialLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    zone: String,
    who: Option<String>,
    from: u32,
    to: u32,
}

pub(super) fn serial(
    at: Timestamp,
    zone: &Name,
    vantage: VantageId,
    (from, to): (u32, u32),
    cast: &Cast,
) -> SerialLine {
    let who = cast.member(vantage).map(|member| member.vantage.name.to_string());
    SerialLine { schema: SCHEMA, event: "serial", at, zone: zone.to_string(), who, from, to }
}

#[derive(Serialize)]
pub(super) struct MilestoneLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<RecordType>,
    milestone: Milestone,
    lost: bool,
}

pub(super) fn milestone(
    at: Timestamp,
    record: RecordId,
    milestone: Milestone,
    lost: bool,
    cast: &Cast,
) -> MilestoneLine {
    let record = cast.record(record);
    MilestoneLine {
        schema: SCHEMA,
        event: "milestone",
        at,
        name: record.map(|record| record.name.to_string()),
        rtype: record.map(|record| record.rtype),
        milestone,
        lost,
    }
}

#[derive(Serialize)]
pub(super) struct Port53Line {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    seen: Port53,
}

pub(super) fn port53(at: Timestamp, seen: Port53) -> Port53Line {
    Port53Line { schema: SCHEMA, event: "port53", at, seen }
}

#[derive(Serialize)]
pub(super) struct ForecastLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    by: Option<Timestamp>,
    next: Option<Timestamp>,
    why: Option<Why>,
}

pub(super) fn forecast(at: Timestamp, by: Option<Timestamp>, next: Option<(Timestamp, Why)>) -> ForecastLine {
    ForecastLine {
        schema: SCHEMA,
        event: "forecast",
        at,
        by,
        next: next.map(|(at, _)| at),
        why: next.map(|(_, why)| why),
    }
}

#[derive(Serialize)]
pub(super) struct GapLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    /// `restarted`, `asleep`, `offline` or `clock-set`.
    kind: &'static str,
    from: Timestamp,
    /// None while it lasts.
    to: Option<Timestamp>,
    /// Seconds by which the clock was set forward; only for `clock-set`.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<f64>,
}

pub(super) fn gap(at: Timestamp, gap: &Gap) -> GapLine {
    let (kind, set_by) = match gap.kind {
        GapKind::Restarted => ("restarted", None),
        GapKind::Rebooted => ("rebooted", None),
        GapKind::Asleep => ("asleep", None),
        GapKind::Offline => ("offline", None),
        GapKind::ClockSet { by } => ("clock-set", Some((by / 1000) as f64 / 1000.0)),
    };
    GapLine { schema: SCHEMA, event: "gap", at, kind, from: gap.from, to: gap.to, set_by }
}
