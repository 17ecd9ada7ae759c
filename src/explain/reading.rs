//! From what stands in a text to what it means.

use crate::model::{Class, Diagnosis, Name, Phase, Try};

use super::captures::{self, as_name};
use super::catalogue::{self, Entry};
use super::dense::{Dense, Gap};
use super::failures::{Parts, blank, names_of};
use super::places::Place;

/// Bytes of the text that are quoted.
const LONGEST_QUOTE: usize = 400;
/// How far above its words the time of a line in a log can stand.
const LONGEST_LINE_HEAD: usize = 160;

/// Makes a diagnosis of one failure; whose the address is comes later.
pub(super) fn diagnosis(dense: &Dense, parts: &Parts<'_>) -> Diagnosis {
    let class = parts.hit.map(|hit| hit.class);
    let entry = class.and_then(catalogue::entry);
    let url = parts.hit.and_then(|hit| hit.url.as_ref()).or(parts.fetched);
    let address = parts.hit.and_then(|hit| hit.address).or(parts.address);
    let (names, about, odd_name) = names(parts, url.map(|url| url.host.as_str()));
    let place = place(dense, parts);
    let kind = parts.frame.and_then(|frame| frame.kind.clone());
    let from_entry = |entry: &Entry| Some(entry.kind.to_owned()).filter(|kind| !kind.is_empty());
    let redirected = url.is_some_and(|url| {
        let elsewhere = names.first().is_some_and(|name| as_name(&url.host).as_ref() != Some(name));
        let ours = class.is_none_or(|class| !class.code().starts_with("autossl."));
        ours && (url.is_elsewhere() || elsewhere)
    });
    let phase = match (entry.map(|entry| entry.phase), parts.caa) {
        (Some(Phase::Dns), true) => Phase::Caa,
        (Some(phase), _) => phase,
        (None, _) => phase_of(kind.as_deref().unwrap_or_default()),
    };
    let mut diagnosis = Diagnosis {
        class,
        wrapper: parts.frame.and_then(|frame| frame.wrapper),
        names,
        odd_name,
        about,
        record: parts.hit.and_then(|hit| hit.record.clone()),
        environment: place.map(|place| place.environment),
        account: place.and_then(|place| place.account.clone()),
        order: place.and_then(|place| place.order.clone()),
        status: parts
            .frame
            .and_then(|frame| frame.status)
            .or(entry.map(|entry| entry.status).filter(|s| *s > 0)),
        kind: kind.or(entry.and_then(from_entry)),
        answer: parts.hit.and_then(|hit| hit.answer),
        address,
        url: url.map(|url| url.text.clone()),
        secondary: parts.secondary,
        redirected,
        phase,
        retry_after: parts.hit.and_then(|hit| hit.retry_after),
        troubles: entry.map(|entry| entry.troubles.to_vec()).unwrap_or_default(),
        quote: quote(dense, parts),
        ..blank()
    };
    if let Some(entry) = entry {
        diagnosis.waiting = entry.waiting;
    }
    let stamp = captures::stamp(
        dense,
        parts.start.saturating_sub(LONGEST_LINE_HEAD),
        parts.detail().max(parts.start + 1),
    );
    let written = stamp.as_ref().map_or("", |(written, _)| written.as_str());
    let at = stamp.as_ref().and_then(|(_, at)| *at);
    diagnosis.tries = vec![Try { at, fingerprint: fingerprint(&diagnosis, written) }];
    diagnosis
}

impl Parts<'_> {
    fn detail(&self) -> usize {
        self.frame.map_or(self.start, |frame| frame.detail)
    }
}

/// The certificate's names, the one that the words are about if it is another, and what stands where a name
/// belongs and is none.
fn names(parts: &Parts<'_>, host: Option<&str>) -> (Vec<Name>, Option<Name>, Option<String>) {
    let framed: Vec<String> = parts.frame.and_then(|frame| frame.name.clone()).into_iter().collect();
    let said = parts.hit.map(|hit| hit.names.clone()).unwrap_or_default();
    let (mut names, mut odd) = names_of(&framed);
    let (mut about, odd_said) = names_of(&said);
    odd = odd.or(odd_said);
    // A head that was cut short inside the name: the words have it whole.
    if let (Some(short), Some(long)) = (names.first(), about.first())
        && long.as_str().len() > short.as_str().len()
        && long.as_str().starts_with(short.as_str())
    {
        names = vec![long.clone()];
    }
    let from_url = || host.and_then(as_name).into_iter().collect::<Vec<Name>>();
    if names.is_empty() {
        let caa = parts.hit.is_some_and(|hit| hit.record.as_deref() == Some("CAA"));
        names = if about.is_empty() || (caa && !from_url().is_empty()) {
            from_url()
        } else {
            std::mem::take(&mut about)
        };
    }
    let other = about.into_iter().find(|name| !names.contains(name));
    if !names.is_empty() {
        odd = None;
    }
    (names, other, odd)
}

/// The CA's URL that belongs to this failure: one of an order before any other.
fn place<'a>(dense: &Dense, parts: &'a Parts<'_>) -> Option<&'a Place> {
    const BEHIND: usize = 2500;
    let mine = |place: &&Place| place.at >= parts.start && place.at < parts.end.max(parts.detail()) + BEHIND;
    let far = |place: &&Place| (parts.end..place.at).any(|at| dense.gap(at) == Gap::Blank);
    let mine: Vec<&Place> = parts.places.iter().filter(mine).filter(|place| !far(place)).collect();
    let with_order = mine.iter().find(|place| place.order.is_some());
    with_order.or_else(|| mine.iter().find(|place| place.account.is_some())).or(mine.first()).copied()
}

/// Where a problem of a type belongs whose words are not known.
fn phase_of(kind: &str) -> Phase {
    match kind {
        "dns" | "unknownHost" => Phase::Dns,
        "connection" => Phase::Connect,
        "unauthorized" | "incorrectResponse" => Phase::Answer,
        "caa" => Phase::Caa,
        "tls" => Phase::Tls,
        "rateLimited" => Phase::Limits,
        "rejectedIdentifier" | "unsupportedIdentifier" => Phase::Policy,
        "serverInternal" => Phase::Ca,
        _ => Phase::Order,
    }
}

/// The words, from the head to the end of the sentence.
fn quote(dense: &Dense, parts: &Parts<'_>) -> String {
    let mut end = parts.end.min(dense.len());
    while end < dense.len() && end - parts.start < LONGEST_QUOTE && dense.gap(end) < Gap::Line {
        end += 1;
    }
    dense.spaced(parts.start, end, LONGEST_QUOTE)
}

/// Whether a failure of that class costs a try. Unknown words of a validation do as well.
pub(super) fn counts(diagnosis: &Diagnosis) -> bool {
    match diagnosis.class {
        Some(class) => catalogue::entry(class).is_some_and(|entry| entry.counts),
        None => {
            matches!(diagnosis.phase, Phase::Dns | Phase::Connect | Phase::Answer | Phase::Caa | Phase::Tls)
        }
    }
}

/// A number that is the same for the same failure, on every machine (FNV-1a, twice with different bases, so
/// that two failures do not meet by chance).
fn fingerprint(diagnosis: &Diagnosis, written: &str) -> String {
    let mut text = format!(
        "{}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{written}",
        diagnosis.class.map_or("unknown", Class::code),
        diagnosis.names,
        diagnosis.kind,
        diagnosis.address,
        diagnosis.url,
        diagnosis.order,
        diagnosis.retry_after,
    );
    if diagnosis.class.is_none() {
        text.push_str(&diagnosis.quote);
    }
    let hash =
        |base: u64| text.bytes().fold(base, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4))
}
