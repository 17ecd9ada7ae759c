//! One question, put where it is answered with authority: for what is no zone to be watched, but has to be
//! known now.
//!
//! The whole name is asked at every level, as a resolver without query name minimisation does; the CA's is
//! one. Aliases are followed, each from its own zone.

use std::net::IpAddr;
use std::rc::Rc;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, RData, Record};

use super::cache::Cut;
use super::descend::{MAX_GLUELESS, places};
use super::hints;
use super::reply::{self, NsSet};
use super::trip::{Place, Trip, race};
use super::{Start, Walker};
use crate::model::{Name, ParentSaid, QuestionType, Rcode, Timestamp};
use crate::net::ask::Ask;

/// Aliases that are followed; unbound, which the CA uses, follows eleven.
const MAX_ALIASES: usize = 11;
/// Referrals and aliases on the way to one answer.
const MAX_STEPS: usize = 32;
/// Records of one answer that are kept.
const MAX_RECORDS: usize = 32;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The records of the type that was asked for; none where there is no such name or no such type;
    /// nothing at all where nobody could tell.
    pub(crate) records: Option<Vec<RData>>,
    /// Questions that it cost.
    pub(crate) questions: u32,
}

impl Found {
    /// The addresses among the records.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let each = self.records.iter().flatten();
        each.filter_map(|data| match data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(a) => Some(IpAddr::V6(a.0)),
            _ => None,
        })
        .collect()
    }
}

/// What one message says.
enum Said {
    Records(Vec<RData>),
    Alias(Name),
    Referral(NsSet),
    Lame(Rcode),
}

impl Walker {
    /// Asks at the name's authoritative servers. `anew` passes over what is remembered of any zone but the
    /// registries': delegations of theirs that are on the move are then seen as they are now.
    pub(crate) async fn find(
        &self,
        ask: &impl Ask,
        name: &Name,
        qtype: QuestionType,
        now: Timestamp,
        anew: bool,
    ) -> Found {
        let trip = Trip::new(self, ask, now);
        let records = match &self.start {
            Start::Roots(_) => trip.find(name, qtype, anew).await,
            Start::Authorities(addrs) => {
                let places: Vec<Place> = addrs.iter().map(|&at| (hints::named_by_address(at), at)).collect();
                trip.find_among(&places, name, qtype).await
            }
        };
        Found { records, questions: trip.questions() }
    }

    /// Whether there is a way down from the root, and not only to servers that the user has named.
    pub(crate) fn knows_the_root(&self) -> bool {
        matches!(self.start, Start::Roots(_))
    }
}

impl<A: Ask> Trip<'_, A> {
    async fn find(&self, name: &Name, qtype: QuestionType, anew: bool) -> Option<Vec<RData>> {
        let mut at = name.clone();
        let mut above = self.above(&at, anew);
        let mut aliases = 0;
        for _ in 0..MAX_STEPS {
            let cut = Rc::clone(above.last()?);
            match self.said_in(&cut, &at, qtype).await? {
                Said::Records(records) => return Some(records),
                Said::Referral(set) if set.owner.is_within(&cut.zone) && set.owner != cut.zone => {
                    let next = self.cut(set, &cut, &above);
                    if next.registry || !anew {
                        self.walker.cache.keep_cut(&next, self.now);
                    }
                    above.push(next);
                }
                Said::Alias(target) if aliases < MAX_ALIASES => {
                    aliases += 1;
                    above = self.above(&target, anew);
                    at = target;
                }
                Said::Referral(_) | Said::Alias(_) | Said::Lame(_) => return None,
            }
        }
        None
    }

    /// Where the way down to a name begins.
    fn above(&self, name: &Name, anew: bool) -> Vec<Rc<Cut>> {
        let mut cuts = self.remembered(name, true);
        cuts.retain(|cut| cut.registry || !anew);
        cuts
    }

    /// The same with servers that the user has named, which are all there is.
    async fn find_among(&self, places: &[Place], name: &Name, qtype: QuestionType) -> Option<Vec<RData>> {
        let mut at = name.clone();
        for _ in 0..=MAX_ALIASES {
            match self.first_said(places, &std::cell::Cell::new(None), &at, qtype).await? {
                Said::Records(records) => return Some(records),
                Said::Alias(target) => at = target,
                Said::Referral(_) | Said::Lame(_) => return None,
            }
        }
        None
    }

    /// What the first of the cut's servers that can tell says: those with glue first.
    async fn said_in(&self, cut: &Cut, name: &Name, qtype: QuestionType) -> Option<Said> {
        if let Some(said) = self.first_said(&places(cut), &cut.good, name, qtype).await {
            return Some(said);
        }
        for server in cut.servers.iter().filter(|server| server.addrs.is_empty()).take(MAX_GLUELESS) {
            let found = self.place(&server.host, &[]).await;
            if let Some(said) = self.first_said(&found, &cut.good, name, qtype).await {
                return Some(said);
            }
        }
        None
    }

    async fn first_said(
        &self,
        places: &[Place],
        good: &std::cell::Cell<Option<std::net::SocketAddr>>,
        name: &Name,
        qtype: QuestionType,
    ) -> Option<Said> {
        let judge = async |addr| match self.put(addr, name, qtype).await.map(|m| read(&m, name, qtype)) {
            Ok(Said::Lame(rcode)) => Err(ParentSaid::Lame { rcode }),
            Ok(said) => Ok(said),
            Err(failure) => Err(ParentSaid::Failed(failure)),
        };
        race(places, good, judge).await.ok()
    }
}

fn read(message: &Message, name: &Name, qtype: QuestionType) -> Said {
    let code = reply::rcode(message);
    if !matches!(message.metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain) {
        return Said::Lame(code);
    }
    if message.metadata.authoritative {
        let fits = |record: &&Record| {
            record.dns_class == DNSClass::IN
                && is_of(&record.data, qtype)
                && Name::from_wire(&record.name) == *name
        };
        let records: Vec<RData> =
            message.answers.iter().filter(fits).take(MAX_RECORDS).map(|record| record.data.clone()).collect();
        if records.is_empty() {
            if let Some(target) = reply::alias(message, name) {
                return Said::Alias(target);
            }
            if let Some(set) = reply::referral(message, name) {
                return Said::Referral(set);
            }
        }
        return Said::Records(records);
    }
    reply::referral(message, name).map_or(Said::Lame(code), Said::Referral)
}

fn is_of(data: &RData, qtype: QuestionType) -> bool {
    matches!(
        (data, qtype),
        (RData::A(_), QuestionType::A)
            | (RData::AAAA(_), QuestionType::Aaaa)
            | (RData::PTR(_), QuestionType::Ptr)
            | (RData::TXT(_), QuestionType::Txt)
    )
}
