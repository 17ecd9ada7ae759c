//! Parts a text into its failures: which head belongs to which words, and what is said twice.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::model::{Authority, Class, Diagnosis, Environment, Name, Phase, Try, Waiting, Whose, Wrapper};

use super::captures::{self, Url, address_before, as_name};
use super::catalogue;
use super::dense::{Dense, Gap};
use super::frames::{self, Frame, Head};
use super::needles::Needles;
use super::places::{self, Place};
use super::shapes::{self, Hit, SHAPES, Shape};

/// Different failures that are told of one text.
pub const MOST_FAILURES: usize = 500;
/// Tries that are kept of one failure.
const MOST_TRIES: usize = 200;
/// Tries of all failures that are told apart.
const MOST_TOLD_APART: usize = 50_000;
/// How far behind its head the CA's words can begin.
const LONGEST_HEAD: usize = 3000;
/// How far apart two sentences of one failure can be.
const LONGEST_PAUSE: usize = 600;

/// What a mark in a text means.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Frame(Head),
    Shape(Shape),
    Class { class: Class, weak: bool },
    Secondary,
    Caa,
    Fetching,
    Host(Authority),
}

static MARKS: LazyLock<Needles<Mark>> = LazyLock::new(marks);

fn marks() -> Needles<Mark> {
    let mut needles = Needles::new();
    for (text, head) in frames::heads() {
        needles.add(&text, Mark::Frame(head));
    }
    for (text, shape) in SHAPES {
        needles.add(text, Mark::Shape(shape));
    }
    for entry in catalogue::all() {
        for text in entry.texts {
            let weak = text.starts_with('~');
            needles.add(text.trim_start_matches('~'), Mark::Class { class: entry.class, weak });
        }
    }
    needles.add("During secondary validation:", Mark::Secondary);
    needles.add("While processing CAA for", Mark::Caa);
    needles.add("rechecking caa", Mark::Caa);
    needles.add("Fetching http", Mark::Fetching);
    for (host, authority) in places::HOSTS {
        needles.add(host, Mark::Host(authority));
    }
    needles
}

/// What stands between a head and the words of its class.
#[derive(Debug, Clone, Default)]
struct Between {
    secondary: bool,
    caa: bool,
    fetched: Option<Url>,
    address: Option<std::net::IpAddr>,
    /// A class that the URL alone gives away.
    by_url: Option<Class>,
    at: usize,
}

/// A failure that is being read.
#[derive(Debug, Default)]
struct Open {
    start: usize,
    frame: Option<Frame>,
    hit: Option<Hit>,
    weak: Option<Hit>,
    between: Between,
    /// Up to where the text is somebody else's.
    foreign: usize,
    end: usize,
}

impl Open {
    fn detail(&self) -> usize {
        self.frame.as_ref().map_or(self.start, |frame| frame.detail)
    }

    fn known(&self) -> Vec<String> {
        let url = self.between.fetched.as_ref().map(|url| url.host.clone());
        let frame = self.frame.as_ref().and_then(|frame| frame.name.clone());
        frame.into_iter().chain(url).collect()
    }
}

/// Reads all failures of a text.
pub(super) fn failures(dense: &Dense) -> Found {
    let mut reader = Reader {
        dense,
        open: None,
        between: Between::default(),
        places: Vec::new(),
        found: Found::default(),
    };
    MARKS.each(&dense.low, |at, end, mark| reader.take(at, end, mark));
    reader.close();
    reader.found.settle();
    reader.found
}

/// The failures of a text, each once.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) diagnoses: Vec<Diagnosis>,
    /// Different failures beyond those.
    pub(super) more: usize,
    seen: HashMap<String, usize>,
    tries: HashSet<String>,
    /// A text that says little, in case that there is nothing else.
    last_resort: Option<Box<Diagnosis>>,
    authority: Option<Authority>,
    environments: HashSet<Environment>,
}

impl Found {
    fn add(&mut self, diagnosis: Diagnosis) {
        let key = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
            diagnosis.class,
            diagnosis.names,
            diagnosis.kind,
            diagnosis.address,
            diagnosis.environment,
            diagnosis.account,
            diagnosis.retry_after,
            diagnosis.secondary
        );
        let first = |one: &Try| one.fingerprint.clone();
        let room = self.tries.len() < MOST_TOLD_APART;
        let fresh = room && diagnosis.tries.first().is_some_and(|one| self.tries.insert(first(one)));
        if let Some(diagnosis_before) = self.seen.get(&key).and_then(|at| self.diagnoses.get_mut(*at)) {
            if fresh && diagnosis_before.tries.len() < MOST_TRIES {
                diagnosis_before.tries.extend(diagnosis.tries);
            }
        } else if self.diagnoses.len() < MOST_FAILURES {
            self.seen.insert(key, self.diagnoses.len());
            self.diagnoses.push(diagnosis);
        } else {
            self.more += 1;
        }
    }

    /// What only the whole text tells.
    fn settle(&mut self) {
        if self.diagnoses.is_empty() {
            self.diagnoses.extend(self.last_resort.take().map(|diagnosis| *diagnosis));
        }
        let only = (self.environments.len() == 1).then(|| self.environments.iter().next().copied()).flatten();
        for diagnosis in &mut self.diagnoses {
            diagnosis.authority = self.authority;
            diagnosis.environment = diagnosis.environment.or(only);
        }
        if self.diagnoses.is_empty() {
            let nothing = Diagnosis { authority: self.authority, environment: only, ..blank() };
            self.diagnoses.push(nothing);
        }
    }
}

struct Reader<'a> {
    dense: &'a Dense,
    open: Option<Open>,
    between: Between,
    places: Vec<Place>,
    found: Found,
}

impl Reader<'_> {
    fn take(&mut self, at: usize, end: usize, mark: Mark) {
        if let (Some(open), false) = (&self.open, matches!(mark, Mark::Host(_)))
            && at < open.foreign
        {
            return;
        }
        match mark {
            Mark::Frame(head) => {
                if let Some(frame) = frames::frame(self.dense, head, at, end) {
                    self.frame(frame);
                }
            }
            Mark::Shape(shape) => {
                let known = self.open.as_ref().map(Open::known).unwrap_or_default();
                if let Some(hit) = shapes::shape(self.dense, shape, at, end, &known) {
                    self.hit(hit);
                }
            }
            Mark::Class { class, weak } => {
                let known = self.open.as_ref().map(Open::known).unwrap_or_default();
                if let Some(hit) = shapes::plain(self.dense, class, at, end, &known) {
                    self.hit(Hit { weak, ..hit });
                }
            }
            Mark::Secondary => {
                self.fresh_between(at);
                self.between.secondary = true;
            }
            Mark::Caa => {
                self.fresh_between(at);
                self.between.caa = true;
            }
            Mark::Fetching => self.fetching(at, end),
            Mark::Host(authority) => {
                self.found.authority.get_or_insert(authority);
                if let Some(place) = places::place(self.dense, at, end, authority) {
                    self.found.environments.insert(place.environment);
                    self.places.push(place);
                    const MOST_PLACES: usize = 8;
                    if self.places.len() > MOST_PLACES {
                        self.places.remove(0);
                    }
                }
            }
        }
    }

    /// Forgets what stood too far above to belong to what comes now.
    fn fresh_between(&mut self, at: usize) {
        if at.saturating_sub(self.between.at) > LONGEST_HEAD {
            self.between = Between::default();
        }
        self.between.at = at;
    }

    fn fetching(&mut self, at: usize, end: usize) {
        self.fresh_between(at);
        let Some(url) = captures::url(self.dense, end - 4) else { return };
        self.between.address = at.checked_sub(1).and_then(|colon| address_before(self.dense, colon));
        // `https:///path`, and `http://example.com.well-known/…`: the host and the path have run together.
        let by_url = if url.host.is_empty() {
            Some(Class::RedirectNohost)
        } else {
            url.host.ends_with(".well-known").then_some(Class::RedirectSlash)
        };
        self.between.fetched = Some(url);
        if let Some(class) = by_url {
            self.between.by_url = Some(class);
            self.hit(Hit::new(class, at, end));
        }
    }

    fn frame(&mut self, frame: Frame) {
        if let Some(open) = &mut self.open {
            if open.hit.is_none() && open.frame.is_some() && frame.start <= open.detail() + 4 {
                merge(open, frame);
                return;
            }
            // A problem document whose type stands behind its detail.
            let beside = open.frame.is_none() && frame.start.saturating_sub(open.end) < LONGEST_PAUSE;
            if beside && matches!(frame.wrapper, None | Some(Wrapper::Json)) && frame.name.is_none() {
                open.end = open.end.max(frame.detail);
                open.frame = Some(frame);
                return;
            }
        }
        self.close();
        let start = frame.start;
        self.between = Between { at: start, ..Between::default() };
        self.open = Some(Open { start, end: frame.detail, frame: Some(frame), ..Open::default() });
    }

    fn hit(&mut self, hit: Hit) {
        let Some(open) = &mut self.open else {
            self.begin(hit);
            return;
        };
        let far = hit.at.saturating_sub(open.end) > LONGEST_PAUSE;
        if open.hit.is_none() {
            if hit.at.saturating_sub(open.detail()) > LONGEST_HEAD {
                self.begin(hit);
            } else if hit.weak || hit.at < open.detail() {
                open.weak.get_or_insert(hit);
            } else {
                self.adopt(hit);
            }
            return;
        }
        let Some(first) = &mut open.hit else { return };
        let joined = hit.at > 0 && self.dense.text[hit.at - 1] == b';';
        if joined && !far {
            // Boulder joins what A and AAAA gave; the first in the catalogue says the most.
            if hit.class < first.class {
                let names = std::mem::take(&mut first.names);
                *first = Hit { at: first.at, ..hit };
                first.names.extend(names);
                first.names.dedup();
            }
            open.end = open.end.max(first.end);
            return;
        }
        let known = |name: &String| {
            first.names.contains(name) || open.frame.as_ref().is_some_and(|f| f.name.as_ref() == Some(name))
        };
        let about_it = hit.names.iter().all(known);
        let beside = |limit| hit.at.saturating_sub(open.end) < limit;
        let one_line = || (open.end..=hit.at).all(|at| self.dense.gap(at) < Gap::Line);
        const SENTENCE: usize = 300;
        // Sentences that quote another program's words at their end.
        let quotes =
            matches!(first.class, Class::AutosslFetch | Class::SelfcheckStatus | Class::PebbleResolve);
        let same = hit.class == first.class
            || open.frame.is_some()
            || (beside(SENTENCE) && (quotes || open.between.by_url.is_some() || one_line()));
        if hit.weak || (!far && about_it && same && self.dense.gap(hit.at) != Gap::Blank) {
            return;
        }
        self.begin(hit);
    }

    /// Begins a failure that has no head.
    fn begin(&mut self, hit: Hit) {
        self.close();
        if hit.weak {
            let open = Open { start: hit.at, end: hit.end, weak: Some(hit), ..Open::default() };
            let diagnosis = self.diagnosis(&open);
            self.found.last_resort.get_or_insert_with(|| Box::new(diagnosis));
            return;
        }
        let near = hit.at.saturating_sub(self.between.at) < LONGEST_PAUSE;
        let start = if near && self.between.at > 0 { self.between.at.min(hit.at) } else { hit.at };
        self.open = Some(Open { start, end: hit.end, ..Open::default() });
        self.adopt(hit);
    }

    /// Gives the open failure its class.
    fn adopt(&mut self, hit: Hit) {
        let near = hit.at.saturating_sub(self.between.at) < LONGEST_HEAD;
        let between = std::mem::take(&mut self.between);
        let Some(open) = &mut self.open else { return };
        if near {
            open.between = between;
        }
        open.end = hit.end;
        open.foreign = hit.foreign_until(self.dense);
        open.hit = Some(hit);
    }

    fn close(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        if open.hit.is_none() {
            open.between = std::mem::take(&mut self.between);
            open.hit = open.weak.take();
            if open.hit.is_none() && bare_timeout(self.dense, open.detail()) {
                open.hit = Some(Hit::new(Class::NetTimeoutAfter, open.detail(), open.detail() + 7));
            }
        }
        let diagnosis = self.diagnosis(&open);
        self.found.add(diagnosis);
    }

    fn diagnosis(&self, open: &Open) -> Diagnosis {
        super::reading::diagnosis(
            self.dense,
            &Parts {
                start: open.start,
                end: open.end,
                frame: open.frame.as_ref(),
                hit: open.hit.as_ref().or(open.weak.as_ref()),
                secondary: open.between.secondary,
                caa: open.between.caa,
                fetched: open.between.fetched.as_ref(),
                address: open.between.address,
                places: &self.places,
            },
        )
    }
}

/// All that was read of one failure.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) frame: Option<&'a Frame>,
    pub(super) hit: Option<&'a Hit>,
    pub(super) secondary: bool,
    pub(super) caa: bool,
    pub(super) fetched: Option<&'a Url>,
    pub(super) address: Option<std::net::IpAddr>,
    pub(super) places: &'a [Place],
}

/// Two heads around the same words: the outer one names the form, the inner one adds what it knows.
fn merge(open: &mut Open, inner: Frame) {
    let Some(outer) = &mut open.frame else { return };
    outer.wrapper = outer.wrapper.or(inner.wrapper);
    outer.name = outer.name.take().or(inner.name);
    outer.kind = outer.kind.take().or(inner.kind);
    outer.status = outer.status.or(inner.status);
    outer.detail = outer.detail.max(inner.detail);
    open.end = outer.detail;
}

/// `Timeout`, all that boulder said before 2017.
fn bare_timeout(dense: &Dense, detail: usize) -> bool {
    dense.starts(detail, "timeout")
        && (dense.gap(detail + 7) >= Gap::Line
            || dense.starts(detail + 7, "(orderurl")
            || dense.starts(detail + 7, "\""))
}

/// A diagnosis of nothing.
pub(super) fn blank() -> Diagnosis {
    let none: Vec<Name> = Vec::new();
    Diagnosis {
        class: None,
        wrapper: None,
        names: none,
        odd_name: None,
        about: None,
        record: None,
        authority: None,
        environment: None,
        account: None,
        order: None,
        kind: None,
        status: None,
        answer: None,
        address: None,
        url: None,
        whose: Whose::Unknown,
        secondary: false,
        redirected: false,
        phase: Phase::Order,
        waiting: Waiting::Depends,
        retry_after: None,
        troubles: Vec::new(),
        checks: Vec::new(),
        quote: String::new(),
        tries: Vec::new(),
    }
}

/// What a URL of the CA says: used for names as well.
pub(super) fn names_of(texts: &[String]) -> (Vec<Name>, Option<String>) {
    let mut names: Vec<Name> = Vec::new();
    let mut odd = None;
    for text in texts {
        match as_name(text) {
            Some(name) if !names.contains(&name) => names.push(name),
            Some(_) => {}
            None => odd = odd.or_else(|| Some(text.clone())),
        }
    }
    (names, odd)
}
