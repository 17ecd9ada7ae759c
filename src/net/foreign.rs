//! A door for the fuzz targets: reads what strangers send as the rest of this room reads it, without a network.
//! No part of the library's interface.

use std::time::Duration;

use super::{answer, origin, plain, survey, walk, web, wire};
use crate::model::{Answer, BadRedirect, Broken, Manner, Name, Question, QuestionType};

/// What is asked for, in the names of the tests' own zone.
const TYPES: [QuestionType; 4] = [QuestionType::A, QuestionType::Aaaa, QuestionType::Ns, QuestionType::Soa];

/// Reads a DNS message in every way in which this program does, as an answer to each of some questions.
pub fn dns(octets: &[u8], name: &Name) -> Vec<Answer> {
    let mut all = Vec::new();
    let message = wire::decode(octets);
    for qtype in TYPES {
        let question = Question { name: name.clone(), qtype };
        let sent = Query::plain_for(&question, octets);
        let fit = wire::fit(octets, &sent);
        let _ = wire::is_truncated(octets);
        if let Ok(message) = &message {
            let whole = answer::read(message, &question, Duration::from_millis(7));
            // The short way must see what the long way sees.
            if fit == wire::Fit::Exact
                && let Some(short) = plain::read(octets, qtype)
            {
                all.push(Answer { rtt_micros: whole.rtt_micros, ..*short });
            }
            all.push(whole);
        }
    }
    if let Ok(message) = &message {
        walk::foreign(message, name);
    }
    survey::foreign(octets, name);
    let _ = origin::foreign(octets);
    all
}

struct Query;

impl Query {
    /// The question with the identifier and the letters' case of the reply, so that it fits where it can.
    fn plain_for(question: &Question, reply: &[u8]) -> Vec<u8> {
        let mut sent =
            wire::Query::new(question, Manner::Authoritative).plain(wire::id(reply).unwrap_or_default());
        let asked = sent.len().min(reply.len());
        if asked > 12 && reply[12..asked].eq_ignore_ascii_case(&sent[12..asked]) {
            sent[12..asked].copy_from_slice(&reply[12..asked]);
        }
        sent
    }
}

/// Reads a web server's answer: its status and at most `most` octets of its body.
///
/// # Errors
/// [`Broken`].
pub fn http(octets: &[u8], most: usize) -> Result<(u16, Option<String>, Vec<u8>), Broken> {
    web::foreign_answer(octets, most)
}

/// Judges a redirect from `http://NAME/.well-known/acme-challenge/x`; gives the URL that it leads to.
///
/// # Errors
/// [`BadRedirect`].
pub fn redirect(location: &[u8], name: &Name) -> Result<String, BadRedirect> {
    web::foreign_redirect(location, name)
}
