//! What every parser of foreign bytes must stand, whatever the bytes. Shared by the tests and the fuzz targets.

use std::time::Duration;

use propwatch::engine::{Input, Watch};
use propwatch::explain;
use propwatch::journal::{Attempts, Ending, Fact, Reader, replay};
use propwatch::model::{Name, Timestamp, Value};
use propwatch::net::foreign;
use propwatch::view::Text;

/// One target.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the names that `cargo fuzz` knows them by.
pub(crate) const ALL: &[(&str, Target)] = &[
    ("dns_answer", dns_answer),
    ("http_answer", http_answer),
    ("redirect", redirect),
    ("error_text", error_text),
    ("order", order),
    ("resolvers_yaml", resolvers_yaml),
    ("records", records),
    ("journal", journal),
    ("tries", tries),
];

/// What is kept of a stranger's words must be harmless on a terminal.
fn harmless(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn name() -> Name {
    Name::parse("www.example.com").expect("a name")
}

pub(crate) fn dns_answer(bytes: &[u8]) {
    let answers = foreign::dns(bytes, &name());
    for pair in answers.windows(2) {
        // Read the short way and the long way, one after the other, for one question.
        if pair[0].addresses == pair[1].addresses && !pair[0].addresses.is_empty() {
            assert_eq!(pair[0].address_ttl, pair[1].address_ttl);
        }
    }
    for answer in answers {
        assert!(answer.chain.len() <= propwatch::model::Answer::MAX_CHAIN + 1, "{}", answer.chain.len());
        answer.ede.iter().for_each(|ede| harmless(&ede.text));
    }
}

pub(crate) fn http_answer(bytes: &[u8]) {
    const MOST: usize = 4096;
    if let Ok((_, server, body)) = foreign::http(bytes, MOST) {
        assert!(body.len() <= MOST, "{}", body.len());
        harmless(server.as_deref().unwrap_or_default());
    }
}

pub(crate) fn redirect(bytes: &[u8]) {
    if let Ok(to) = foreign::redirect(bytes, &name()) {
        harmless(&to);
        assert!(to.starts_with("http://") || to.starts_with("https://"), "{to:?}");
    }
}

pub(crate) fn error_text(bytes: &[u8]) {
    let Ok(text) = explain::decode(bytes) else { return };
    let expected = [Value::V4("203.0.113.7".parse().expect("an address"))];
    let reading = explain::explain(&text, &expected);
    assert!(reading.diagnoses.len() <= explain::MOST_FAILURES);
    let view = Text::plain(jiff::tz::TimeZone::UTC);
    let now = Timestamp::from_secs(1_800_000_000);
    let told = view.diagnoses(&reading.diagnoses, reading.more, &expected, &[], now);
    told.lines().for_each(harmless);
}

pub(crate) fn order(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (url, body) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = explain::environment(url);
    let _ = explain::order(url, body.as_bytes());
    let _ = explain::authorization(bytes);
}

pub(crate) fn resolvers_yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match propwatch::config::parse(text, "resolvers.yaml") {
        Ok(list) => assert!(!list.is_empty() && list.len() <= propwatch::config::MAX_ENTRIES),
        Err(error) => {
            // As the command prints it.
            error.to_string().lines().for_each(|line| harmless(&propwatch::view::escape::clean(line)));
        }
    }
}

pub(crate) fn records(bytes: &[u8]) {
    match propwatch::config::records_of(bytes, "records") {
        Ok(file) => drop(format!("{file:?}")),
        Err(error) => {
            // As the command prints it.
            error.to_string().lines().for_each(|line| harmless(&propwatch::view::escape::clean(line)));
        }
    }
}

pub(crate) fn journal(bytes: &[u8]) {
    let Ok(Some(mut reader)) = Reader::new(bytes) else { return };
    let most = reader.head().plan.records.len() * reader.head().plan.resolvers.len();
    if most > 20_000 {
        return;
    }
    let mut watch = Watch::new(reader.head().plan.clone());
    let mut told = 0_usize;
    let replayed = replay(&mut reader, &mut watch, Ending::AsTold, |_| told += 1).expect("memory");
    assert!(reader.good() <= bytes.len() as u64);
    assert!(replayed.last >= Timestamp::from_micros(0) || replayed.findings == 0 || told > 0);
    // And it goes on from there.
    watch.step(replayed.last + Duration::from_secs(1), Input::Woke);
    let mut again = Reader::new(bytes).expect("a journal").expect("a head");
    let mut findings = 0;
    while let Some(fact) = again.fact().expect("memory") {
        findings += u64::from(matches!(fact, Fact::Found(_)));
    }
    assert!(replayed.findings <= findings);
}

pub(crate) fn tries(bytes: &[u8]) {
    let now = Timestamp::from_secs(1_800_000_000);
    for attempt in Attempts::remembered(&String::from_utf8_lossy(bytes), now) {
        harmless(attempt.name.as_str());
    }
}
