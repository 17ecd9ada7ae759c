//! Zone cuts and addresses of name servers that were met on the way down. The delegation of a zone that is
//! walked to is never taken from here (see [`super::descend`]): a walk exists to see it move.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use crate::model::{Name, Timestamp};

/// However long the TTL is, a cut is looked at again after this.
const MAX_AGE: Duration = Duration::from_secs(600);
/// Entries of each kind; ten thousand names have a few hundred zones above them.
const MAX_ENTRIES: usize = 4096;

/// A zone cut: a zone and who serves it, as the zone above says.
#[derive(Debug)]
pub(super) struct Cut {
    /// The zone.
    pub(super) zone: Name,
    /// Its servers, with the addresses that the zone above gave.
    pub(super) servers: Vec<Server>,
    /// Seconds.
    pub(super) ttl: u32,
    /// Domains are registered in it: see [`super::descend::is_registry`].
    pub(super) registry: bool,
    /// The address that answered last.
    pub(super) good: Cell<Option<SocketAddr>>,
}

/// One server of a cut.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Its name.
    pub(super) host: Name,
    /// The addresses that came with the name; none for one without glue.
    pub(super) addrs: Vec<SocketAddr>,
}

#[derive(Debug)]
struct Kept<T> {
    until: Timestamp,
    what: T,
}

/// What is remembered between walks.
#[derive(Debug, Default)]
pub(super) struct Cache {
    cuts: RefCell<HashMap<Name, Kept<Rc<Cut>>>>,
    hosts: RefCell<HashMap<Name, Kept<BTreeSet<IpAddr>>>>,
}

impl Cache {
    /// The cut of exactly this zone.
    pub(super) fn cut(&self, zone: &Name, now: Timestamp) -> Option<Rc<Cut>> {
        let cuts = self.cuts.borrow();
        cuts.get(zone).filter(|kept| now < kept.until).map(|kept| Rc::clone(&kept.what))
    }

    /// The addresses of a host.
    pub(super) fn host(&self, host: &Name, now: Timestamp) -> Option<BTreeSet<IpAddr>> {
        let hosts = self.hosts.borrow();
        hosts.get(host).filter(|kept| now < kept.until).map(|kept| kept.what.clone())
    }

    /// Remembers a cut in place of an older one. One that came from here keeps its end.
    pub(super) fn keep_cut(&self, cut: &Rc<Cut>, now: Timestamp) {
        if !self.cut(&cut.zone, now).is_some_and(|known| Rc::ptr_eq(&known, cut)) {
            keep(&mut self.cuts.borrow_mut(), cut.zone.clone(), Rc::clone(cut), cut.ttl, now);
        }
    }

    /// Puts a cut in the place of an older one of the same zone, if there is one.
    pub(super) fn renew_cut(&self, cut: &Rc<Cut>, now: Timestamp) {
        if self.cut(&cut.zone, now).is_some() {
            self.keep_cut(cut, now);
        }
    }

    /// Remembers the addresses of a host.
    pub(super) fn keep_host(&self, host: &Name, addrs: BTreeSet<IpAddr>, ttl: u32, now: Timestamp) {
        keep(&mut self.hosts.borrow_mut(), host.clone(), addrs, ttl, now);
    }
}

fn keep<T>(map: &mut HashMap<Name, Kept<T>>, key: Name, what: T, ttl: u32, now: Timestamp) {
    if map.len() >= MAX_ENTRIES {
        map.retain(|_, kept| now < kept.until);
    }
    // Full of what is still good: begin anew rather than keep books on what was used last.
    if map.len() >= MAX_ENTRIES {
        map.clear();
    }
    let age = Duration::from_secs(u64::from(ttl)).min(MAX_AGE);
    map.insert(key, Kept { until: now + age, what });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_with_the_ttl_and_after_ten_minutes() {
        let cache = Cache::default();
        let start = Timestamp::from_secs(1_700_000_000);
        let (brief, long) = (Name::parse("brief.example").unwrap(), Name::parse("long.example").unwrap());
        cache.keep_host(&brief, BTreeSet::new(), 5, start);
        cache.keep_host(&long, BTreeSet::new(), 172_800, start);
        assert!(cache.host(&brief, start.plus_secs(4)).is_some());
        assert!(cache.host(&brief, start.plus_secs(5)).is_none());
        assert!(cache.host(&long, start.plus_secs(599)).is_some());
        assert!(cache.host(&long, start.plus_secs(600)).is_none());
    }

    #[test]
    fn never_more_than_its_bound() {
        let cache = Cache::default();
        let now = Timestamp::from_secs(1_700_000_000);
        for n in 0..=2 * MAX_ENTRIES {
            cache.keep_host(&Name::parse(&format!("h{n}.example")).unwrap(), BTreeSet::new(), 60, now);
        }
        assert!(cache.hosts.borrow().len() <= MAX_ENTRIES);
        assert!(cache.host(&Name::parse(&format!("h{}.example", 2 * MAX_ENTRIES)).unwrap(), now).is_some());
    }
}
