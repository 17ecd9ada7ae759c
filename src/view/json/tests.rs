use std::sync::Arc;

use serde_json::Value;

use crate::model::*;
use crate::view::tests::samples::*;

use super::*;

/// The fields in their order on the wire; the parser itself sorts them.
fn keys(line: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut keys = Vec::new();
    for (i, part) in line.split('"').enumerate() {
        if i % 2 == 0 {
            let opens = part.matches(['{', '[']).count();
            let closes = part.matches(['}', ']']).count();
            if depth == 1 && part.starts_with(':') {
                keys.push(line.split('"').nth(i - 1).unwrap_or_default());
            }
            depth = depth + opens - closes;
        }
    }
    keys
}

fn every_event() -> Vec<Event> {
    let (mut events, _) = caches_turning_over(true);
    let at = secs(70);
    events.extend([
        Event::Serial { at, zone: name("example.com"), vantage: VantageId(41), from: 1, to: 2 },
        Event::Milestone { at, record: RecordId(0), milestone: Milestone::Issuable, lost: false },
        Event::Port53 { at, seen: Port53::Intercepted },
        Event::Forecast { at, by: None, next: None },
    ]);
    events
}

#[test]
fn every_line_is_an_object_with_its_head() {
    let events = every_event();
    let cast = cast_of(&events);
    let mut seen = std::collections::BTreeSet::new();
    for event in &events {
        let mut out = Vec::new();
        write_line(&mut out, event, &cast).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["schema"], SCHEMA);
        assert!(value["at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(keys(&line)[..3], ["schema", "event", "at"]);
        seen.insert(value["event"].as_str().unwrap().to_owned());
    }
    let all =
        ["started", "delegation", "vantage", "shift", "serial", "milestone", "port53", "forecast", "verdict"];
    assert_eq!(seen, all.iter().map(|event| (*event).to_owned()).collect());
}

#[test]
fn the_lines_of_a_wait_read_exactly_so() {
    let mut events = every_event();
    events.push(shift(61, 0, old(60), right()));
    events.push(shift(62, 0, right(), old(310)));
    let cast = cast_of(&events);
    let lines: Vec<String> = events.iter().map(|event| line(event, &cast)).collect();
    let has = |line: &str| assert!(lines.iter().any(|l| l == line), "{line}\n{}", lines.join("\n"));
    has(
        r#"{"schema":"propwatch/1","event":"shift","at":"2026-11-23T11:58:01.000Z","name":"mail.example.com","type":"A","who":"google-1","role":"voter","from":"wrong","to":"right","holds":[],"until":null}"#,
    );
    has(
        r#"{"schema":"propwatch/1","event":"shift","at":"2026-11-23T11:58:02.000Z","name":"mail.example.com","type":"A","who":"google-1","role":"voter","from":"right","to":"wrong","holds":["198.51.100.7"],"until":"2026-11-23T12:02:10.000Z"}"#,
    );
    has(
        r#"{"schema":"propwatch/1","event":"serial","at":"2026-11-23T11:58:10.000Z","zone":"example.com","who":"ns1.example.net","from":1,"to":2}"#,
    );
    has(
        r#"{"schema":"propwatch/1","event":"milestone","at":"2026-11-23T11:58:10.000Z","name":"mail.example.com","type":"A","milestone":"issuable","lost":false}"#,
    );
    has(r#"{"schema":"propwatch/1","event":"port53","at":"2026-11-23T11:58:10.000Z","seen":"intercepted"}"#);
    has(
        r#"{"schema":"propwatch/1","event":"forecast","at":"2026-11-23T11:57:03.000Z","by":"2026-11-23T12:02:10.000Z","next":"2026-11-23T11:58:01.000Z","why":"expired"}"#,
    );
    has(
        r#"{"schema":"propwatch/1","event":"vantage","at":"2026-11-23T11:57:00.000Z","who":"ns1.example.net","role":"authority","zone":"example.com","address":"192.0.2.10:53","change":"joined"}"#,
    );
}

#[test]
fn the_verdict_keeps_its_contract() {
    let stale = Cause::ResolverStale { held: old_held(), until: Some(secs(60)) };
    let reason = Reason { effect: Effect::Waits, who: Some(Arc::from("google-1")), cause: stale };
    let mut record =
        entry(0, Verdict::NotYet, vec![reason, because(Effect::Warns, None, Cause::WebNotProven)]);
    record.issuable = true;
    record.everyone_by = Some(secs(60));
    record.resolvers.confirmed = 39;
    record.resolvers.contradicting = 1;
    let line = verdict(&report(3, vec![record]), &cast_of(&opening(false)));
    assert_eq!(
        line,
        concat!(
            r#"{"schema":"propwatch/1","event":"verdict","at":"2026-11-23T11:57:03.000Z","verdict":"not-yet","exit":1,"#,
            r#""queries":113,"records":[{"name":"mail.example.com","type":"A","expect":["203.0.113.7"],"#,
            r#""verdict":"not-yet","issuable":true,"everyone_by":"2026-11-23T11:58:00.000Z","#,
            r#""authority":{"zone":"example.com","right":2,"wrong":0,"silent":0},"#,
            r#""resolvers":{"voters":40,"confirmed":39,"contradicting":1,"silent":0,"pending":0},"#,
            r#""reasons":[{"code":"resolver-stale","effect":"waits","who":"google-1","#,
            r#""text":"google-1 still has 198.51.100.7, until 2026-11-23T11:58:00Z","until":"2026-11-23T11:58:00.000Z","#,
            r#""next":"Wait until 2026-11-23T11:58:00Z, or empty its cache for mail.example.com now at https://dns.google/cache"},"#,
            r#"{"code":"web-not-proven","effect":"warns","who":null,"text":"that the web server serves Let's Encrypt's file is not proven","#,
            r#""until":null,"next":"Tick Dry run in the panel's Let's Encrypt page first: a failure there costs nothing."}]}]}"#
        )
    );
}

#[test]
fn one_record_of_many_has_a_line_like_its_entry_in_the_verdict() {
    let (events, report) = caches_turning_over(true);
    let cast = cast_of(&events);
    let entry = Arc::clone(&report.records[0]);
    let told = line(&Event::Record { at: report.at, report: entry }, &cast);
    let whole: Value = serde_json::from_str(&verdict(&report, &cast)).unwrap();
    let Value::Object(mut told) = serde_json::from_str(&told).unwrap() else { panic!("an object") };
    let head = ["schema", "event", "at"].map(|key| told.remove(key).unwrap());
    assert_eq!(head, ["propwatch/1".into(), "record".into(), whole["at"].clone()]);
    assert_eq!(Value::Object(told), whole["records"][0]);
}
