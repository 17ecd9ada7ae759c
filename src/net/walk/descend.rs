//! Down from the root, one label at a time, to the closest zone that holds a name.
//!
//! Each level is asked for the NS of the next longer suffix only (RFC 9156): that is what shows a cut
//! which the same servers serve on both sides, where a question for the whole name would be answered
//! straight from the lower zone.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use super::cache::{Cut, Server};
use super::reply::{HostReply, NsSet, Reply};
use super::trip::{Place, Trip};
use crate::model::{Name, ParentReply, QuestionType};
use crate::net::ask::Ask;

/// Labels that are asked for one by one (RFC 9156, section 2.3, MAX_MINIMISE_COUNT); then the whole name.
const MAX_STEPS: usize = 10;
/// Servers without glue that are looked up to get past a level; the first that leads on is enough.
pub(super) const MAX_GLUELESS: usize = 4;

/// How far down one came.
#[derive(Debug)]
pub(super) struct Descent {
    /// From the root to the last cut that was met. Never empty.
    pub(super) cuts: Vec<Rc<Cut>>,
    /// Why it ended there.
    pub(super) end: Bottom,
}

/// Why a descent ended.
#[derive(Debug)]
pub(super) enum Bottom {
    /// The last cut is the closest zone; or nobody there answers, and there is nothing below to be told.
    Closest,
    /// Domains are registered in the last cut, and this one is not.
    Unknown(Name),
    /// Nobody in the last cut, in which domains are registered, could say anything about this name.
    Unreached(Name, Vec<ParentReply>),
}

enum Below {
    Cut(Rc<Cut>),
    /// No cut, and the suffix that is missing or is no zone; `proven` where it does not exist at all.
    Nothing {
        missing: Option<Name>,
        proven: bool,
    },
    Unreached(Name, Vec<ParentReply>),
}

/// Whether domains are registered in this zone, so that a name missing from it is a domain which nobody
/// has. That is known of the root and of top-level zones. Below, it is a matter of each registry's
/// habits: `co.uk` may be a zone or not, and looks like anybody's `example.uk`. What gives a registry's
/// own zone away is that the registry serves it from the servers of its top-level zone, which it does
/// for no customer. A registry that is missed by this costs little: its zone is then reported as
/// the closest one, and its servers say NXDOMAIN themselves.
pub(super) fn is_registry(zone: &Name, servers: &[Server], above: &[Rc<Cut>]) -> bool {
    match zone.from_root().len() - 1 {
        0 | 1 => true,
        2 => above.iter().find(|cut| cut.zone.from_root().len() == 2).is_some_and(|top| {
            servers.iter().all(|server| top.servers.iter().any(|other| other.host == server.host))
        }),
        _ => false,
    }
}

impl<A: Ask> Trip<'_, A> {
    /// The descent for the name that the walk is about: what is remembered may bring one quickly down to
    /// the zone above the closest one, and no further. Where it turns out to have been the closest, or
    /// to lead nowhere, it is asked for anew.
    pub(super) async fn descend_afresh(&self, name: &Name) -> Descent {
        let mut ceiling = name.clone();
        loop {
            let start = self.remembered(&ceiling, false);
            let remembered = start.len();
            let descent = self.descend(start, name, &[]).await;
            let settled = matches!(descent.end, Bottom::Unknown(_)) || descent.cuts.len() > remembered;
            match descent.cuts.last() {
                Some(last) if !settled && remembered > 1 => ceiling = last.zone.clone(),
                _ => return descent,
            }
        }
    }

    /// The cuts above a name that need not be asked for, the root among them and first. `itself` says
    /// whether a cut of exactly this name counts.
    pub(super) fn remembered(&self, name: &Name, itself: bool) -> Vec<Rc<Cut>> {
        let mut cuts = vec![Rc::clone(&self.walker.root)];
        let ancestors = name.from_root().into_iter().skip(1).filter(|at| itself || at != name);
        cuts.extend(ancestors.filter_map(|at| self.walker.cache.cut(&at, self.now)));
        cuts
    }

    /// Goes on down from the last of these cuts as far as there are cuts above the name or at it.
    pub(super) async fn descend(&self, mut cuts: Vec<Rc<Cut>>, name: &Name, trail: &[Name]) -> Descent {
        // Ends, because every new cut is closer to the name than the one before.
        while let Some(last) = cuts.last().cloned() {
            let end = match self.below(&last, &cuts, name, trail).await {
                Below::Cut(cut) => {
                    cuts.push(cut);
                    continue;
                }
                Below::Unreached(asked, replies) if last.registry => Bottom::Unreached(asked, replies),
                Below::Nothing { missing: Some(missing), proven } if last.registry => {
                    // Some registries put addresses of a domain into their own zone (.de does): there
                    // the name is no zone and exists all the same.
                    if !proven && self.has_address(&last, name, trail).await {
                        Bottom::Closest
                    } else {
                        Bottom::Unknown(missing)
                    }
                }
                Below::Nothing { .. } | Below::Unreached(..) => Bottom::Closest,
            };
            return Descent { cuts, end };
        }
        Descent { cuts, end: Bottom::Closest }
    }

    /// The next cut below this one on the way to the name.
    async fn below(&self, cut: &Cut, above: &[Rc<Cut>], name: &Name, trail: &[Name]) -> Below {
        let mut missing = None;
        for suffix in steps(&cut.zone, name) {
            match self.ns(cut, &suffix, trail).await {
                Err(replies) => return Below::Unreached(suffix, replies),
                Ok(Reply::Referral(set) | Reply::Own(set)) => return Below::Cut(self.cut(set, cut, above)),
                Ok(Reply::NoSuchName) => {
                    // RFC 8020 says that nothing is below. Some servers say it of names that only have
                    // names below them, so they are asked once more for the whole. The root does not.
                    let whole = suffix != *name && !cut.zone.is_root();
                    let again = if whole { self.ns(cut, name, trail).await.ok() } else { None };
                    return match again {
                        Some(Reply::Referral(set) | Reply::Own(set)) => Below::Cut(self.cut(set, cut, above)),
                        Some(Reply::NoData | Reply::Alias) => Below::Nothing { missing: None, proven: false },
                        _ => Below::Nothing { missing: Some(suffix), proven: true },
                    };
                }
                Ok(_) => missing = missing.or(Some(suffix)),
            }
        }
        Below::Nothing { missing, proven: false }
    }

    /// What the first of the cut's servers that can tell says about the NS of the name: those with glue
    /// are asked first, then those that have to be looked up.
    async fn ns(&self, cut: &Cut, name: &Name, trail: &[Name]) -> Result<Reply, Vec<ParentReply>> {
        let mut failed = match self.first_ns(cut, &places(cut), name).await {
            Ok(reply) => return Ok(reply),
            Err(failed) => failed,
        };
        for server in cut.servers.iter().filter(|s| s.addrs.is_empty()).take(MAX_GLUELESS) {
            let found = self.place(&server.host, trail).await;
            match self.first_ns(cut, &found, name).await {
                Ok(reply) => return Ok(reply),
                Err(more) => failed.extend(more),
            }
        }
        Err(failed)
    }

    /// The same for addresses of a host.
    pub(super) async fn host_from(
        &self,
        cut: &Cut,
        host: &Name,
        qtype: QuestionType,
        trail: &[Name],
    ) -> Option<HostReply> {
        if let Ok(reply) = self.first_host(&places(cut), &cut.good, host, qtype).await {
            return Some(reply);
        }
        for server in cut.servers.iter().filter(|s| s.addrs.is_empty()).take(MAX_GLUELESS) {
            let found = self.place(&server.host, trail).await;
            if let Ok(reply) = self.first_host(&found, &cut.good, host, qtype).await {
                return Some(reply);
            }
        }
        None
    }

    pub(super) async fn place(&self, host: &Name, trail: &[Name]) -> Vec<Place> {
        let found = self.look_up(host, trail).await;
        found.iter().map(|&ip| (host.clone(), SocketAddr::new(ip, self.walker.port))).collect()
    }

    async fn has_address(&self, cut: &Cut, name: &Name, trail: &[Name]) -> bool {
        for qtype in [QuestionType::A, QuestionType::Aaaa] {
            match self.host_from(cut, name, qtype, trail).await {
                Some(HostReply::Addresses(found, _)) if found.is_empty() => {}
                Some(HostReply::Addresses(..) | HostReply::Alias(_)) => return true,
                Some(HostReply::Referral(_) | HostReply::Lame(_)) | None => {}
            }
        }
        false
    }

    /// A cut from what a server of the zone above said.
    pub(super) fn cut(&self, set: NsSet, from: &Cut, above: &[Rc<Cut>]) -> Rc<Cut> {
        let NsSet { owner: zone, hosts, ttl, mut glue } = set;
        let server = |host: Name| {
            // Addresses of hosts outside the zone that was asked are hearsay; resolvers drop them, too.
            let heard = glue.remove(&host).filter(|_| host.is_within(&from.zone)).unwrap_or_default();
            let addrs = heard.into_iter().map(|ip| SocketAddr::new(ip, self.walker.port)).collect();
            Server { host, addrs }
        };
        let servers: Vec<Server> = hosts.into_iter().map(server).collect();
        let registry = is_registry(&zone, &servers, above);
        Rc::new(Cut { zone, servers, ttl, registry, good: Cell::new(None) })
    }
}

/// Every address of a cut that is known without asking.
pub(super) fn places(cut: &Cut) -> Vec<Place> {
    let each = |server: &Server| -> Vec<Place> {
        server.addrs.iter().map(|&addr| (server.host.clone(), addr)).collect()
    };
    cut.servers.iter().flat_map(each).collect()
}

/// The suffixes of the name below the zone, the shortest first.
fn steps(zone: &Name, name: &Name) -> Vec<Name> {
    let depth = zone.from_root().len();
    let mut all: Vec<Name> = name.from_root().split_off(depth.min(name.from_root().len()));
    if all.len() > MAX_STEPS {
        all.truncate(MAX_STEPS - 1);
        all.push(name.clone());
    }
    all
}
