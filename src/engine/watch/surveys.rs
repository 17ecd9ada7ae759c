//! Surveys as a watch keeps them: names of one zone see the same of it, and of everything above it, and one copy of
//! that is enough for all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use crate::model::{CaaLook, Name, Survey, ZoneSurvey};

/// What a survey has in common with those of other names.
#[derive(Debug, PartialEq)]
struct OfZone {
    /// CAA at all names of the climb but the first.
    above: Vec<CaaLook>,
    zones: Vec<ZoneSurvey>,
}

/// One survey.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) addresses: Vec<IpAddr>,
    name: Name,
    own: Option<Box<CaaLook>>,
    of_zone: Arc<OfZone>,
    slowest: u32,
}

impl Kept {
    /// The survey as it came.
    pub(super) fn whole(&self) -> Survey {
        Survey {
            name: self.name.clone(),
            caa: self.own.as_deref().into_iter().chain(&self.of_zone.above).cloned().collect(),
            zones: self.of_zone.zones.clone(),
            addresses: self.addresses.clone(),
            slowest: self.slowest,
        }
    }
}

/// What the latest survey of each zone had in common with others.
#[derive(Debug, Default)]
pub(super) struct Surveys {
    latest: HashMap<Name, Weak<OfZone>>,
}

impl Surveys {
    pub(super) fn keep(&mut self, survey: Survey) -> Kept {
        let Survey { name, caa, zones, mut addresses, slowest } = survey;
        let zone = zones.first().map_or_else(|| name.clone(), |zone| zone.zone.clone());
        let mut climb = caa.into_iter();
        let own = climb.next().map(|mut own| {
            own.replies.shrink_to_fit();
            Box::new(own)
        });
        let of_zone = OfZone { above: climb.collect(), zones };
        let known = self.latest.get(&zone).and_then(Weak::upgrade).filter(|known| **known == of_zone);
        let of_zone = known.unwrap_or_else(|| {
            let of_zone = Arc::new(of_zone);
            self.latest.insert(zone, Arc::downgrade(&of_zone));
            of_zone
        });
        addresses.shrink_to_fit();
        Kept { addresses, name, own, of_zone, slowest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(name: &str, zone: &str) -> Survey {
        let name = Name::parse(name).unwrap();
        let look = |name: &Name| CaaLook { name: name.clone(), owner: name.clone(), replies: Vec::new() };
        let caa = name.from_root().into_iter().rev().map(|at| look(&at)).collect();
        let zone = ZoneSurvey { zone: Name::parse(zone).unwrap(), ds: Vec::new(), servers: Vec::new() };
        Survey { name, caa, zones: vec![zone], addresses: vec![[192, 0, 2, 1].into()], slowest: 7 }
    }

    #[test]
    fn what_is_shared_comes_back_whole() {
        let mut surveys = Surveys::default();
        let all = [("a.example.com", "example.com"), ("b.example.com", "example.com"), ("a.test", "a.test")];
        let all = all.map(|(name, zone)| survey(name, zone));
        let kept = all.clone().map(|survey| surveys.keep(survey));
        assert_eq!(kept.each_ref().map(Kept::whole), all);
        assert!(Arc::ptr_eq(&kept[0].of_zone, &kept[1].of_zone));
        assert!(!Arc::ptr_eq(&kept[0].of_zone, &kept[2].of_zone));
    }
}
