//! The climb above the zone of the name, up to the top-level domain. What is found there is the same for
//! many names, and is shared between the surveys of a minute.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use futures::future::{FutureExt as _, LocalBoxFuture, join_all};
use tokio::sync::OnceCell;

use super::ask::Asker;
use super::trail::{Found, Guide, Place, Stop, look};
use super::{CLIMBED, finished};
use crate::model::{CaaLook, CaaSaid, Name, QuestionType, Timestamp, ZoneSurvey};
use crate::net::line::Line;

/// How long what was found is shared: no longer than the CA's resolvers keep it.
const LIFE: Duration = Duration::from_secs(60);
/// Names of which something is kept.
const MAX_KEPT: usize = 1024;
/// Addresses of a registry's zone that are asked, of as many servers: its operator keeps them alike.
const SAMPLE: usize = 4;

/// What was found from one name upwards.
#[derive(Debug, Default)]
pub(super) struct Above {
    pub(super) looks: Vec<CaaLook>,
    /// Zones that are no registry's.
    pub(super) zones: Vec<ZoneSurvey>,
}

impl Above {
    /// Whether it may be shared. What could not be asked is asked again, and records may be about to go: they are
    /// not seen for longer than they are there.
    fn is_settled(&self) -> bool {
        let mut replies = self.looks.iter().flat_map(|look| &look.replies);
        replies.all(|reply| matches!(reply.said, CaaSaid::Nothing | CaaSaid::NoSuchName))
    }
}

/// Above, by the lowest name.
#[derive(Debug, Default)]
pub(in crate::net) struct Shelf {
    kept: RefCell<HashMap<Name, Kept>>,
}

#[derive(Debug)]
struct Kept {
    since: Timestamp,
    above: Rc<OnceCell<Rc<Above>>>,
}

impl Shelf {
    /// What is kept for a name, or is to be: whoever comes second waits for the first.
    fn place(&self, name: &Name, now: Timestamp) -> Rc<OnceCell<Rc<Above>>> {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let fresh = |kept: &Kept| now.since(kept.since) < LIFE;
        if let Some(known) = kept.get(name).filter(|known| fresh(known)) {
            return Rc::clone(&known.above);
        }
        let above = Rc::new(OnceCell::new());
        kept.insert(name.clone(), Kept { since: now, above: Rc::clone(&above) });
        above
    }

    fn forget(&self, name: &Name) {
        self.kept.borrow_mut().remove(name);
    }
}

/// The climb from `name`, which stands in the zone `parent` or between it and a zone below, and which the
/// servers at `parents` serve.
pub(super) fn climb<'a>(
    asker: &'a Asker<'a>,
    name: Name,
    parent: Name,
    parents: Vec<Place>,
) -> LocalBoxFuture<'a, Rc<Above>> {
    async move {
        if name.is_root() || parents.is_empty() {
            return Rc::default();
        }
        let shelf = &asker.net.shelf;
        let place = shelf.place(&name, asker.net.clock.now());
        let above = place.get_or_init(|| survey(asker, &name, parent, parents)).await;
        if !above.is_settled() {
            shelf.forget(&name);
        }
        Rc::clone(above)
    }
    .boxed_local()
}

async fn survey(asker: &Asker<'_>, name: &Name, parent: Name, parents: Vec<Place>) -> Rc<Above> {
    let known = Found { zone: parent.clone(), parent: Name::root(), parents: Vec::new(), places: parents };
    let found = match parent.parent() {
        Some(above) if !above.is_root() => asker.find(&parent).await.ok().filter(|f| f.zone == parent),
        _ => None,
    };
    let registry = found.as_ref().is_none_or(|found| is_registry(found));
    let found = found.unwrap_or_else(|| Rc::new(known));
    let upwards = async {
        match parent.parent() {
            Some(next) => climb(asker, next, found.parent.clone(), found.parents.clone()).await,
            None => Rc::default(),
        }
    };
    let (own, upper) = futures::join!(one_zone(asker, name, &found, registry), upwards);
    let looks = own.looks.iter().chain(&upper.looks).cloned().collect();
    let zones = own.zones.iter().chain(&upper.zones).cloned().collect();
    Rc::new(Above { looks, zones })
}

/// The names of the climb that stand in one zone.
async fn one_zone(asker: &Asker<'_>, name: &Name, found: &Rc<Found>, registry: bool) -> Above {
    let guide = Guide { asker, patience: asker.patience(), grounds: RefCell::default(), thorough: !registry };
    let served = if registry { Rc::new(sample(found)) } else { Rc::clone(found) };
    let all = name.from_root().into_iter().rev();
    let names: Vec<Name> = all.filter(|at| at.is_within(&found.zone) && !at.is_root()).collect();
    let trails = names.into_iter().enumerate().map(|(i, at)| {
        // The first name is asked for its address, too, for the plain question to be held against.
        let types = if i == 0 && !registry { &[QuestionType::A, QuestionType::Caa][..] } else { CLIMBED };
        guide.trail(at, Rc::clone(&served), types, Vec::new())
    });
    let trails: Vec<Vec<Stop>> = join_all(trails).await;
    let looks = trails.iter().filter_map(|stops| look(stops)).collect();
    let stops: Vec<Stop> = trails.concat();
    Above { looks, zones: finished(asker, guide, &stops).await }
}

/// Whether domains are registered in a zone: a top-level domain's, and one right below whose servers are all
/// the top-level domain's own.
fn is_registry(found: &Found) -> bool {
    let above: BTreeSet<&Name> = found.parents.iter().map(|(host, _)| host).collect();
    match found.zone.from_root().len() - 1 {
        0 | 1 => true,
        2 => found.places.iter().all(|(host, _)| above.contains(host)),
        _ => false,
    }
}

/// One address of each server, IPv4 first where this machine has it, at most [`SAMPLE`].
fn sample(found: &Found) -> Found {
    let mut order = found.places.clone();
    order.sort_by_cached_key(|(host, addr)| (Line::open(*addr).is_err(), addr.is_ipv6(), host.clone()));
    let mut hosts = BTreeSet::new();
    let places = order.into_iter().filter(|(host, _)| hosts.insert(host.clone())).take(SAMPLE).collect();
    Found { places, ..found.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_for_a_minute() {
        let (shelf, name) = (Shelf::default(), Name::parse("com").unwrap());
        let start = Timestamp::from_secs(1_800_000_000);
        let first = shelf.place(&name, start);
        assert!(Rc::ptr_eq(&first, &shelf.place(&name, start.plus_secs(59))));
        assert!(!Rc::ptr_eq(&first, &shelf.place(&name, start.plus_secs(60))));
    }
}
