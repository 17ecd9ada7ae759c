//! The line for a failure that an error text tells of. The order of the fields is the order on the wire.

use serde::Serialize;

use crate::model::{
    Authority, Check, Class, Diagnosis, Effect, Environment, Phase, Testimony, Timestamp, TriesLeft, Trouble,
    Value, Waiting, Whose, Wrapper,
};
use crate::view::escape::clean;
use crate::view::{Checked, Looked, Now, Told, When};

use super::SCHEMA;
use super::record::{self, RecordLine};

#[derive(Serialize)]
pub(super) struct DiagnosisLine {
    schema: &'static str,
    event: &'static str,
    at: Timestamp,
    /// `unknown` where the text is not recognised.
    class: &'static str,
    recognised: bool,
    wrapper: Option<Wrapper>,
    names: Vec<String>,
    about: Option<String>,
    authority: Option<Authority>,
    environment: Option<Environment>,
    account: Option<String>,
    order: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<u16>,
    answer: Option<u16>,
    address: Option<String>,
    whose: Whose,
    url: Option<String>,
    secondary: bool,
    redirected: bool,
    phase: Phase,
    waiting_helps: Waiting,
    retry_after: Option<Timestamp>,
    times: usize,
    /// Of the CA's five an hour; the fewest of the names'.
    tries_left: Option<u8>,
    next_try: Option<Timestamp>,
    text: String,
    causes: Vec<CauseLine>,
    next: String,
    command: Option<String>,
    /// What stands in the way of each name now; none where nobody has looked.
    now: Option<Vec<NowLine>>,
    checks: Vec<CheckLine>,
    quote: String,
    /// What the CA has written down; none where it was not asked.
    order_record: Option<RecordLine>,
}

#[derive(Serialize)]
struct CauseLine {
    code: Trouble,
    text: String,
    next: String,
}

#[derive(Serialize)]
struct CheckLine {
    code: Check,
    text: &'static str,
    /// `fine`, the worst effect that was found, or nothing where nobody has looked.
    found: Option<Found>,
    /// Codes of the reasons in the verdict.
    reasons: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Found {
    Something(Effect),
    Nothing(&'static str),
}

#[derive(Serialize)]
struct NowLine {
    name: String,
    /// Of the reason in the verdict.
    code: Option<&'static str>,
    /// Which of the causes it is.
    cause: Option<Trouble>,
    text: String,
}

/// A check, with what a look has found.
fn check_line((code, text): (Check, &'static str), seen: Option<&Checked>) -> CheckLine {
    let found = seen.filter(|seen| seen.looked);
    CheckLine {
        code,
        text,
        found: found.map(|seen| seen.effect.map_or(Found::Nothing("fine"), Found::Something)),
        reasons: seen.map(|seen| seen.codes.clone()).unwrap_or_default(),
    }
}

pub(super) fn diagnosis(
    diagnosis: &Diagnosis,
    expected: &[Value],
    tries: &[TriesLeft],
    record: Option<&Testimony>,
    now: Timestamp,
    looked: Option<&Looked<'_>>,
) -> DiagnosisLine {
    let tries = tries.iter().filter(|one| diagnosis.names.contains(&one.name)).min_by_key(|one| one.left);
    let when = When::utc(now);
    let told = Told::new(diagnosis, expected, when.clone());
    let told = match tries.filter(|one| one.left == 0) {
        Some(one) => told.held_back(&when.clock(one.next)),
        None => told,
    };
    let seen = looked.map(|looked| looked.checks(diagnosis)).unwrap_or_default();
    let now_line = |now: Now| NowLine {
        name: now.name.to_string(),
        code: now.code,
        cause: now.trouble.map(|(_, trouble)| trouble),
        text: now.text,
    };
    let shown = |text: &String| clean(text).into_owned();
    DiagnosisLine {
        schema: SCHEMA,
        event: "diagnosis",
        at: now,
        class: diagnosis.class.map_or("unknown", Class::code),
        recognised: diagnosis.class.is_some(),
        wrapper: diagnosis.wrapper,
        names: diagnosis.names.iter().map(ToString::to_string).collect(),
        about: diagnosis.about.as_ref().map(ToString::to_string),
        authority: diagnosis.authority,
        environment: diagnosis.environment,
        account: diagnosis.account.as_ref().map(shown),
        order: diagnosis.order.as_ref().map(shown),
        kind: diagnosis.kind.as_ref().map(shown),
        status: diagnosis.status,
        answer: diagnosis.answer,
        address: diagnosis.address.map(|address| address.to_string()),
        whose: diagnosis.whose,
        url: diagnosis.url.as_ref().map(shown),
        secondary: diagnosis.secondary,
        redirected: diagnosis.redirected,
        phase: diagnosis.phase,
        waiting_helps: diagnosis.waiting,
        retry_after: diagnosis.retry_after,
        times: diagnosis.tries.len(),
        tries_left: tries.map(|one| one.left),
        next_try: tries.map(|one| one.next),
        text: told.what,
        causes: told
            .causes
            .into_iter()
            .map(|(code, said)| CauseLine { code, text: said.text, next: said.next })
            .collect(),
        next: told.next,
        command: told.command,
        now: looked.map(|looked| looked.now(diagnosis, &when).into_iter().map(now_line).collect()),
        checks: told
            .checks
            .into_iter()
            .map(|check| check_line(check, seen.iter().find(|seen| seen.check == check.0)))
            .collect(),
        quote: shown(&diagnosis.quote),
        order_record: record.map(|one| record::record(one, expected, now)),
    }
}
