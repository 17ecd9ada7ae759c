//! CAA from the name up to its top-level domain, at every server.
//!
//! Boulder (`va/caa.go`, `selectCAA`) walks upwards: an error on the way refuses, the first set that is not
//! empty decides. Each of its perspectives asks another server, so every choice of servers has to come out
//! well.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::model::{
    CaaFault, CaaLook, CaaRecord, CaaReply, CaaSaid, Cause, Effect, Failure, Name, Rcode, Reason, Survey,
    Taken,
};

use super::caa::{Reading, read};
use super::{Sight, because};

/// Whether CAA lets the CA issue. Pebble does not ask.
pub(super) fn permits(sight: &Sight<'_>) -> Vec<Reason> {
    let Some(survey) = sight.survey.filter(|_| !sight.is_pebble()) else { return Vec::new() };
    let mut climb = Climb { account: sight.policy.account.as_deref(), ..Climb::default() };
    let mut at = Some(sight.name.clone());
    let mut looks = survey.caa.iter();
    while let Some(name) = at.take() {
        let Some(look) = looks.next().filter(|look| look.name == name) else {
            // A part of the climb that nobody looked at may hide anything.
            let cause = Cause::CaaUnseen { name, failure: None };
            climb.reasons.push(because(beyond(survey), cause));
            break;
        };
        if climb.level(look, survey) {
            at = name.parent().filter(|parent| !parent.is_root());
            climb.open = at.is_none();
        }
    }
    climb.end()
}

/// How long the CA's resolvers may keep the records that a cause is about, in seconds, where that is known. What
/// does not verify they keep for a minute, whatever its own TTL (unbound: `val-bogus-ttl`).
pub(in crate::engine) fn life(sight: &Sight<'_>, cause: &Cause) -> Option<u32> {
    let (Cause::CaaForbids { name, .. } | Cause::CaaSplit { name, .. }) = cause else { return None };
    let look = sight.survey?.caa.iter().find(|look| look.name == *name)?;
    let given =
        look.replies.iter().filter(|reply| matches!(&reply.said, CaaSaid::Records(r) if !r.is_empty()));
    // Of several servers any may have been asked.
    given.map(|reply| reply.ttl).collect::<Option<Vec<u32>>>()?.into_iter().max()
}

/// What it means that a part of the climb was not looked at. Where the user has named the zone's servers there
/// was no walk, and no parent whose servers could be asked: that is as much as can be seen then.
fn beyond(survey: &Survey) -> Effect {
    let walked = survey.zones.iter().any(|zone| !zone.ds.is_empty());
    if walked || survey.caa.is_empty() { Effect::Hides } else { Effect::Warns }
}

/// What has been met on the way up.
#[derive(Debug, Default)]
struct Climb<'a> {
    account: Option<&'a str>,
    reasons: Vec<Reason>,
    /// Whether some choice of servers shows no records at all.
    open: bool,
    /// Whether some choice of servers shows records that allow.
    allowed: bool,
    only_for: Vec<(Name, Vec<String>)>,
    forbidden: Vec<(&'a CaaLook, &'a CaaReply, CaaFault)>,
}

impl<'a> Climb<'a> {
    /// One name on the way. Returns whether some server sends the CA further up.
    fn level(&mut self, look: &'a CaaLook, survey: &Survey) -> bool {
        let mut further = false;
        let mut heard = 0;
        for reply in &look.replies {
            match &reply.said {
                CaaSaid::Records(records) if !records.is_empty() => {
                    heard += 1;
                    self.found(look, reply, records);
                }
                said if is_empty(look, said) => {
                    heard += 1;
                    further = true;
                }
                _ => {}
            }
        }
        self.failures(look, survey, heard);
        further
    }

    fn found(&mut self, look: &'a CaaLook, reply: &'a CaaReply, records: &[CaaRecord]) {
        match read(records, self.account) {
            Reading::Allowed => self.allowed = true,
            Reading::OnlyFor(accounts) => {
                let found = (look.owner.clone(), accounts);
                if !self.only_for.contains(&found) {
                    self.only_for.push(found);
                }
            }
            Reading::Forbidden(fault) => self.forbidden.push((look, reply, fault)),
        }
    }

    /// Servers that could not say. One that answers the plainest question and not this one stops the CA;
    /// one that is dead is passed over, as long as others answer.
    fn failures(&mut self, look: &CaaLook, survey: &Survey, heard: u32) {
        let top = is_top(&look.name);
        let (mut failure, mut silent, mut blocked) = (None, 0, false);
        for reply in &look.replies {
            let blocks = match &reply.said {
                CaaSaid::Records(_) | CaaSaid::Nothing => continue,
                said if is_empty(look, said) => continue,
                CaaSaid::Loop => true,
                CaaSaid::Failed(Failure::NoRoute) => {
                    failure = failure.or(Some(Failure::NoRoute));
                    continue;
                }
                CaaSaid::Failed(why) => {
                    failure = Some(why.clone());
                    silent += u32::from(health(survey, reply.addr) == Health::Unknown);
                    health(survey, reply.addr) == Health::Well
                }
                CaaSaid::NoSuchName | CaaSaid::Refused(_) if heard > 0 => {
                    !top && health(survey, reply.addr) != Health::Dead
                }
                CaaSaid::NoSuchName | CaaSaid::Refused(_) => true,
            };
            if blocks {
                blocked = true;
                self.reasons.push(fails(look, reply));
            }
        }
        // Of servers that nothing else is known of, one of three may be silent.
        let thin = !top && silent > 0 && (heard < 2 || silent > 1);
        if !blocked && (heard == 0 || thin) {
            let cause = Cause::CaaUnseen { name: look.name.clone(), failure };
            self.reasons.push(because(Effect::Hides, cause));
        }
    }

    fn end(self) -> Vec<Reason> {
        let mut reasons = self.reasons;
        let allowed = self.open || self.allowed || !self.only_for.is_empty();
        for (look, reply, fault) in self.forbidden {
            let (name, owner) = (look.name.clone(), look.owner.clone());
            let label: Arc<str> = Arc::from(reply.host.as_str());
            let reason = if allowed {
                let fault = Box::new(fault);
                let cause = Cause::CaaSplit { name, owner, server: Arc::clone(&label), fault };
                Reason { effect: Effect::Waits, who: Some(label), cause }
            } else {
                because(Effect::Blocks, Cause::CaaForbids { name, owner, fault })
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let accounts = self.only_for.into_iter();
        reasons.extend(
            accounts.map(|(owner, accounts)| because(Effect::Warns, Cause::CaaAccount { owner, accounts })),
        );
        reasons
    }
}

/// Whether the CA climbs on after this. A top-level domain that does not exist is an error to it
/// (boulder `bdns`, `LookupCAA`).
fn is_empty(look: &CaaLook, said: &CaaSaid) -> bool {
    match said {
        CaaSaid::Records(records) => records.is_empty(),
        CaaSaid::Nothing => true,
        CaaSaid::NoSuchName => !is_top(&look.name),
        CaaSaid::Refused(_) | CaaSaid::Loop | CaaSaid::Failed(_) => false,
    }
}

fn is_top(name: &Name) -> bool {
    name.parent().is_some_and(|parent| parent.is_root())
}

fn fails(look: &CaaLook, reply: &CaaReply) -> Reason {
    let label: Arc<str> = Arc::from(reply.host.as_str());
    let said = match &reply.said {
        CaaSaid::NoSuchName => CaaSaid::Refused(Rcode::NXDOMAIN),
        said => said.clone(),
    };
    let cause = Cause::CaaFails { name: look.owner.clone(), server: Arc::clone(&label), said };
    Reason { effect: Effect::Blocks, who: Some(label), cause }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    /// It answers the plainest question.
    Well,
    /// It does not.
    Dead,
    /// It is no server of the name's own zones.
    Unknown,
}

fn health(survey: &Survey, addr: SocketAddr) -> Health {
    let servers = survey.zones.iter().flat_map(|zone| &zone.servers);
    let plain = servers.filter(|server| server.addr == addr).map(|server| server.habits.plain);
    match plain.into_iter().next() {
        Some(Taken::Well) => Health::Well,
        Some(Taken::Dropped | Taken::Refused(_)) => Health::Dead,
        Some(Taken::Unknown) | None => Health::Unknown,
    }
}
