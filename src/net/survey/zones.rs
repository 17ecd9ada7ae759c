//! One zone's part of a survey: what the parent says about its keys, and for each of its servers how it
//! takes questions and whether it can be believed.

use futures::future::join_all;

use super::ask::{Asker, Heard, Way};
use super::dnssec::{self, hex};
use super::message::{Message, kind};
use super::trail::{Found, Place, Stop};
use crate::model::{
    Ds, DsReply, DsSaid, Failure, Habits, Name, Question, QuestionType, ServerSurvey, Signing, Taken,
    ZoneSurvey,
};

/// What is asked about a zone as soon as it is known.
#[derive(Debug, Clone)]
pub(super) struct Grounds {
    /// The name that the plain questions are about.
    name: Name,
    ds: Vec<DsReply>,
    /// What each place said to the plain question.
    plain: Vec<(Place, Heard)>,
}

impl Grounds {
    /// Asks every parent server for DS, and every server plainly.
    pub(super) async fn learn(asker: &Asker<'_>, found: &Found, name: &Name) -> Grounds {
        let of = Question { name: found.zone.clone(), qtype: QuestionType::Ds };
        let ds = join_all(found.parents.iter().map(|(host, addr)| async {
            let heard = asker.usual(*addr, &of).await;
            DsReply { host: host.clone(), addr: *addr, said: ds_said(&heard.reply, &found.zone) }
        }));
        let question = Question { name: name.clone(), qtype: QuestionType::A };
        let plain = join_all(found.places.iter().map(|place| async {
            (place.clone(), asker.takes(place.1, &found.zone, &question, Way::PLAIN).await)
        }));
        let (ds, plain) = futures::join!(ds, plain);
        Grounds { name: name.clone(), ds, plain }
    }
}

/// What a parent server's reply says about DS records.
fn ds_said(reply: &Result<Message, Failure>, zone: &Name) -> DsSaid {
    let message = match reply {
        Ok(message) => message,
        Err(failure) => return DsSaid::Failed(failure.clone()),
    };
    if !message.is_answer() {
        return DsSaid::Refused(message.rcode);
    }
    let mut set: Vec<Ds> = message.answers_of(zone, kind::DS).filter_map(|r| ds(&r.octets)).collect();
    set.sort();
    set.dedup();
    // A server that knows no DS refers to the zone's servers instead.
    let refers = message.authorities.iter().any(|r| r.kind == kind::NS && r.owner == *zone);
    match set.is_empty() {
        false => DsSaid::Set(set),
        true if message.authoritative || refers => DsSaid::Nothing,
        true => DsSaid::Refused(message.rcode),
    }
}

/// Reads the RDATA of a DS record.
pub(super) fn ds(octets: &[u8]) -> Option<Ds> {
    let [high, low, algorithm, digest_type, digest @ ..] = octets else { return None };
    let key_tag = u16::from_be_bytes([*high, *low]);
    Some(Ds { key_tag, algorithm: *algorithm, digest_type: *digest_type, digest: hex(digest) })
}

/// Finishes the survey of a zone: the questions that depend on what was learnt, and what follows.
pub(super) async fn finish(asker: &Asker<'_>, found: &Found, grounds: Grounds, stops: &[Stop]) -> ZoneSurvey {
    let Grounds { name, ds, plain } = grounds;
    let here: Vec<&Stop> = stops.iter().filter(|stop| stop.found.zone == found.zone).collect();
    let servers = join_all(plain.iter().map(|(place, plain)| {
        let one = Server { asker, found, name: &name, place, plain, here: &here };
        let ds = &ds;
        async move { one.survey(ds).await }
    }));
    let servers = servers.await;
    ZoneSurvey { zone: found.zone.clone(), ds, servers }
}

/// One server, and what is known of it.
struct Server<'a> {
    asker: &'a Asker<'a>,
    found: &'a Found,
    name: &'a Name,
    place: &'a Place,
    plain: &'a Heard,
    here: &'a [&'a Stop],
}

impl Server<'_> {
    async fn survey(&self, ds: &[DsReply]) -> ServerSurvey {
        let (habits, signing) = futures::join!(self.habits(), self.signing(ds));
        ServerSurvey { host: self.place.0.clone(), addr: self.place.1, signing, habits }
    }

    /// What it said to the questions of the trails.
    fn heard(&self) -> impl Iterator<Item = (&Question, &Heard)> {
        let replies = self.here.iter().flat_map(|stop| &stop.replies);
        let ours = replies.filter(|reply| reply.place.1 == self.place.1);
        ours.map(|reply| (&reply.question, &reply.heard))
    }

    /// What it said about the name, asked as the CA asks.
    fn usual(&self, qtype: QuestionType) -> Option<&Heard> {
        let mut heard = self.heard();
        heard.find(|(q, _)| q.qtype == qtype && q.name == *self.name).map(|(_, heard)| heard)
    }

    async fn habits(&self) -> Habits {
        let usual = self.usual(QuestionType::A);
        let answered = |heard: &&Heard| matches!(&heard.reply, Ok(message) if message.is_answer());
        let well = usual.is_some_and(|heard| answered(&heard) && !heard.gave_way);
        let aaaa = match (usual.filter(answered), self.usual(QuestionType::Aaaa)) {
            (Some(_), Some(aaaa)) => taken(aaaa),
            // It answers for one family only; the plain question, which is for A, shows which.
            (None, Some(aaaa)) if answered(&aaaa) => Taken::Well,
            _ => Taken::Unknown,
        };
        let plain = taken(self.plain);
        // A server that says nothing at all is not asked four times for it.
        let alive = plain == Taken::Well || well;
        if !alive {
            let not = Taken::Unknown;
            return Habits { plain, mixed_case: not, edns: not, tcp: not, aaaa };
        }
        // Few are asked, and a future that is kept apart makes all others smaller.
        let try_unless = async |done: bool, way: Way| {
            if done { Taken::Well } else { taken(&Box::pin(self.just(way)).await) }
        };
        let (mixed_case, edns, tcp) = futures::join!(
            try_unless(well, Way { mixed: true, ..Way::PLAIN }),
            try_unless(well, Way { edns: true, ..Way::PLAIN }),
            try_unless(false, Way { stream: true, ..Way::PLAIN }),
        );
        Habits { plain, mixed_case, edns, tcp, aaaa }
    }

    async fn just(&self, way: Way) -> Heard {
        let question = Question { name: self.name.clone(), qtype: QuestionType::A };
        self.asker.takes(self.place.1, &self.found.zone, &question, way).await
    }

    async fn signing(&self, ds: &[DsReply]) -> Signing {
        let sets: Vec<Vec<Ds>> = ds.iter().filter_map(set_of).collect();
        if sets.is_empty() {
            // Where no parent server could say, nothing is known about the need for proof.
            let failure = ds.iter().find_map(|reply| match &reply.said {
                DsSaid::Failed(failure) => Some(failure.clone()),
                _ => None,
            });
            let said = ds.iter().any(|reply| reply.said == DsSaid::Nothing);
            return match failure {
                Some(failure) if !said => Signing::Failed(failure),
                _ => Signing::NotNeeded,
            };
        }
        let heard: Vec<_> = self.heard().collect();
        if let Some((_, Heard { reply: Err(failure), .. })) = heard.first()
            && heard.iter().all(|(_, heard)| heard.reply.is_err())
        {
            return Signing::Failed(failure.clone());
        }
        let question = Question { name: self.found.zone.clone(), qtype: QuestionType::Dnskey };
        let dnskey = Box::pin(self.asker.usual(self.place.1, &question)).await.reply;
        let heard: Vec<_> = heard.iter().map(|(question, heard)| (*question, &heard.reply)).collect();
        dnssec::signing(&self.found.zone, &sets, &dnskey, &heard, self.asker.net.clock.now())
    }
}

/// Each set once.
fn set_of(reply: &DsReply) -> Option<Vec<Ds>> {
    match &reply.said {
        DsSaid::Set(set) => Some(set.clone()),
        _ => None,
    }
}

/// How a question was taken. Answers that nobody can use are as good as none.
fn taken(heard: &Heard) -> Taken {
    match &heard.reply {
        Ok(message) if message.is_answer() => Taken::Well,
        Ok(message) => Taken::Refused(message.rcode),
        Err(Failure::NoRoute) => Taken::Unknown,
        Err(_) => Taken::Dropped,
    }
}
