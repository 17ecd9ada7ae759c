//! What a CA looks at in DNS beyond addresses, asked at authoritative servers only.
//!
//! The story of a survey: the walk finds the name's zone. A `trail` asks each of its servers about the
//! name and follows aliases to the servers of other zones; the names above it in the zone have trails of
//! their own, those `above` the zone are shared between surveys. As soon as a zone is known, `zones` asks
//! its parent for DS and its servers the plain question; when the trails have ended, what depends on that.
//! `ask` is how one question is put, and what surveys side by side share. Pure are `message` (records as octets), `caa` (what a reply says) and
//! `dnssec` (whether it is proved).

mod above;
mod ask;
mod caa;
mod dnssec;
mod message;
mod patience;
#[cfg(test)]
mod tests;
mod trail;
mod zones;

use std::cell::RefCell;
use std::rc::Rc;

use futures::future::join_all;

use self::above::climb;
use self::ask::Asker;
use self::trail::{Found, Guide, Stop, addresses, look};
use super::Internet;
use crate::model::{Name, Question, QuestionType, Seen, Survey, Timestamp, ZoneSurvey};

pub(super) use self::above::Shelf;
pub(super) use self::ask::{Shared, shared};

/// What is asked about the name of the certificate.
const NAMED: &[QuestionType] = &[QuestionType::A, QuestionType::Aaaa, QuestionType::Caa];
/// What is asked about the names above it.
const CLIMBED: &[QuestionType] = &[QuestionType::Caa];

/// Surveys a name; returns what was found and what it cost.
pub(super) async fn survey(net: &Internet, name: &Name) -> (Seen, u32) {
    let _joined = net.shared.join();
    let asker = Asker::sharing(net, name);
    let survey = match asker.find(name).await {
        Ok(found) => from_zone(&asker, name, &found).await,
        Err(_) => empty(name),
    };
    (Seen::Surveyed(Box::new(survey)), asker.asked.get())
}

/// For the fuzz targets: a reply that is read in every way in which a survey reads one.
pub(super) fn foreign(octets: &[u8], name: &Name) {
    let reply = message::read(octets);
    let zone = name.parent().unwrap_or_else(Name::root);
    let _ = caa::told(&reply, name, &zone);
    let Ok(message) = &reply else { return };
    for qtype in NAMED.iter().chain(&[QuestionType::Ns, QuestionType::Soa]) {
        let _ = caa::addresses(message, name, &zone, *qtype);
        let question = Question { name: name.clone(), qtype: *qtype };
        let ds: Vec<_> = message.answers.iter().filter_map(|record| zones::ds(&record.octets)).collect();
        let at = Timestamp::from_secs(1_800_000_000);
        let _ = dnssec::signing(&zone, &[ds], &reply, &[(&question, &reply)], at);
    }
}

/// What is known of a name before anything is.
fn empty(name: &Name) -> Survey {
    Survey { name: name.clone(), caa: Vec::new(), zones: Vec::new(), addresses: Vec::new(), slowest: 0 }
}

/// The survey from the zone of the name on.
async fn from_zone(asker: &Asker<'_>, name: &Name, found: &Rc<Found>) -> Survey {
    let mut survey = empty(name);
    let guide = Guide { asker, patience: asker.patience(), grounds: RefCell::default(), thorough: true };
    let names = name.from_root().into_iter().rev();
    let names = names.filter(|at| at.is_within(&found.zone) && !at.is_root());
    let trails = join_all(names.enumerate().map(|(i, at)| {
        let types = if i == 0 { NAMED } else { CLIMBED };
        guide.trail(at, Rc::clone(found), types, Vec::new())
    }));
    let next = found.zone.parent().unwrap_or_else(Name::root);
    let above = climb(asker, next, found.parent.clone(), found.parents.clone());
    let (trails, above) = futures::join!(trails, above);
    let looks = trails.iter().filter_map(|stops| look(stops));
    survey.caa = looks.chain(above.looks.iter().cloned()).collect();
    survey.addresses = trails.first().map(|stops| addresses(stops)).unwrap_or_default();
    let mut zones = finished(asker, guide, &trails.concat()).await;
    if let Some(at) = zones.iter().position(|zone| zone.zone == found.zone) {
        survey.zones.push(zones.remove(at));
    }
    survey.zones.extend(above.zones.iter().cloned());
    survey.zones.extend(zones);
    survey.slowest = u32::try_from(asker.slowest.get().as_millis()).unwrap_or(u32::MAX);
    survey
}

/// Finishes the zones that the trails have met.
async fn finished(asker: &Asker<'_>, guide: Guide<'_>, stops: &[Stop]) -> Vec<ZoneSurvey> {
    let known = guide.grounds.into_inner();
    let each = known.iter().filter_map(|(found, grounds)| {
        let grounds = grounds.clone()?;
        Some(zones::finish(asker, found, grounds, stops))
    });
    join_all(each).await
}
