//! Servers that do not take questions the way the CA's resolvers put them (unbound: random case, EDNS,
//! A and AAAA at once).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::engine::authority::AtServer;
use crate::model::{
    Ca, Cause, Effect, Failure, Habit, Habits, Name, Rcode, Reason, ServerSurvey, Taken, ZoneSurvey,
};

use super::Sight;

/// Mixed case, EDNS and TCP, server by server. One that does not answer the plainest question is dead, and
/// judged as such elsewhere. Pebble asks plainly.
pub(super) fn servers(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.is_pebble() {
        return Vec::new();
    }
    let zones = sight.survey.map(|survey| &survey.zones[..]).unwrap_or_default();
    let habits = zones.iter().flat_map(|zone| &zone.servers).flat_map(of_server);
    habits.chain(zones.iter().flat_map(|zone| of_families(&zone.servers))).collect()
}

/// The same for zones of which every server answers the plainest question, and none the CA's: no resolver that
/// asks as the CA does learns anything there, whatever the records are.
pub(super) fn deaf(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.is_pebble() {
        return Vec::new();
    }
    let zones = sight.survey.map(|survey| &survey.zones[..]).unwrap_or_default();
    let barring = |zone: &ZoneSurvey| -> Vec<Reason> {
        let each: Vec<Vec<Reason>> = zone
            .servers
            .iter()
            .map(|server| {
                let mut reasons = of_server(server);
                reasons.retain(|reason| reason.effect == Effect::Blocks);
                reasons.retain(|_| server.habits.plain == Taken::Well);
                reasons
            })
            .collect();
        if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() }
    };
    zones.iter().flat_map(barring).collect()
}

/// Servers that answer for one of A and AAAA and say nothing to the other, for which the CA waits. Of three or more,
/// one may.
fn of_families(servers: &[ServerSurvey]) -> Vec<Reason> {
    // One that answers for A in whatever way is asked in the others, too.
    let no_a = |habits: &Habits| {
        habits.plain == Taken::Dropped && habits.mixed_case == Taken::Unknown && habits.aaaa == Taken::Well
    };
    let drops = |server: &&ServerSurvey| server.habits.aaaa == Taken::Dropped || no_a(&server.habits);
    let hosts: BTreeSet<&Name> = servers.iter().map(|server| &server.host).collect();
    let silent: BTreeSet<&Name> = servers.iter().filter(drops).map(|server| &server.host).collect();
    let effect = if hosts.len() >= 3 && silent.len() <= 1 { Effect::Warns } else { Effect::Blocks };
    let reason = |server: &ServerSurvey| {
        let label: Arc<str> = Arc::from(server.host.as_str());
        let failure = Failure::Silent { tries: 3 };
        let (name, addr) = (Arc::clone(&label), server.addr);
        let cause = match no_a(&server.habits) {
            true => Cause::ADropped { server: name, addr, failure },
            false => Cause::AaaaDropped { server: name, addr, failure },
        };
        Reason { effect, who: Some(label), cause }
    };
    servers.iter().filter(drops).map(reason).collect()
}

fn of_server(server: &ServerSurvey) -> Vec<Reason> {
    let habits = &server.habits;
    if matches!(habits.plain, Taken::Dropped | Taken::Refused(_)) {
        return Vec::new();
    }
    let bad = |taken: Taken| matches!(taken, Taken::Dropped | Taken::Refused(_));
    let mut found = Vec::new();
    if bad(habits.mixed_case) {
        found.push((Effect::Blocks, Habit::MixedCase, habits.mixed_case));
    }
    // An old server may say that it cannot read EDNS; it is then asked without.
    if bad(habits.edns) && habits.edns != Taken::Refused(Rcode::FORMERR) {
        found.push((Effect::Blocks, Habit::Edns, habits.edns));
    }
    // TCP is only needed where an answer is too long for UDP; a failure there shows by itself.
    if bad(habits.tcp) {
        found.push((Effect::Warns, Habit::Tcp, habits.tcp));
    }
    let reason = |(effect, habit, taken)| {
        let label: Arc<str> = Arc::from(server.host.as_str());
        let cause = Cause::ServerRefuses { server: Arc::clone(&label), addr: server.addr, habit, taken };
        Reason { effect, who: Some(label), cause }
    };
    found.into_iter().map(reason).collect()
}

/// What a server that is right about the A record did with the question for AAAA.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct AaaaAsked<'a> {
    pub(in crate::engine) label: &'a Arc<str>,
    pub(in crate::engine) host: &'a Name,
    pub(in crate::engine) addr: SocketAddr,
    pub(in crate::engine) says: &'a AtServer,
    /// Whether its silence is believed.
    pub(in crate::engine) dead: bool,
}

/// The CA asks for A and AAAA at once. An error for one of them leaves the other family (boulder `va/dns.go`,
/// `getAddrs`), silence eats the time for both.
pub(in crate::engine) fn aaaa_answers(asked: &[AaaaAsked<'_>], ca: Ca) -> Vec<Reason> {
    let drops = |one: &&AaaaAsked<'_>| one.dead && !matches!(one.says, AtServer::Dead(Failure::NoRoute));
    let hosts: BTreeSet<&Name> = asked.iter().map(|one| one.host).collect();
    let silent: BTreeSet<&Name> = asked.iter().filter(drops).map(|one| one.host).collect();
    let enough = hosts.len() >= 3 && silent.len() <= 1;
    let mut reasons = Vec::new();
    for one in asked {
        let (server, addr) = (Arc::clone(one.label), one.addr);
        let (effect, cause) = match one.says {
            AtServer::Lame(rcode) if ca == Ca::LetsEncrypt => {
                (Effect::Warns, Cause::AaaaFails { server, addr, rcode: *rcode })
            }
            AtServer::Dead(failure) if drops(&one) => {
                let effect = if enough { Effect::Warns } else { Effect::Blocks };
                (effect, Cause::AaaaDropped { server, addr, failure: failure.clone() })
            }
            _ => continue,
        };
        reasons.push(Reason { effect, who: Some(Arc::clone(one.label)), cause });
    }
    reasons
}
