//! What a person is told of more names than can be shown.

use crate::model::*;

use super::super::{Cast, Detail, Pace, Progress, Story, Text, Turn};
use super::samples::*;
use super::text;

fn many(n: u32, watch: bool) -> Cast {
    let records = (0..n).map(|n| a_record(&format!("n{n}.example.com"), "203.0.113.7"));
    cast_of(&opening_with(records.collect(), watch))
}

fn on_the_way(at: i64, records: Vec<RecordReport>) -> Event {
    Event::Verdict(Box::new(Report { last: false, ..report(at, records) }))
}

fn wrong() -> Cause {
    Cause::AuthorityWrong { zone: name("example.com"), held: Held::NoName }
}

/// Of 300 records 250 safe, 40 waiting for caches, 8 blocked, 2 not to be seen.
fn mixture() -> Report {
    let stale = || Cause::ResolverStale { held: old_held(), until: Some(secs(600)) };
    let entries = (0..300).map(|n| match n {
        7..=14 => entry(n, Verdict::Blocked, vec![because(Effect::Blocks, None, wrong())]),
        20 | 21 => entry(n, Verdict::Inconclusive, vec![because(Effect::Hides, None, Cause::NoNetwork)]),
        60..100 => entry(n, Verdict::NotYet, vec![because(Effect::Waits, Some("google-1"), stale())]),
        _ => entry(n, Verdict::Safe, Vec::new()),
    });
    report(3, entries.collect())
}

fn reached(at: i64, record: u32, lost: bool) -> Event {
    Event::Milestone { at: secs(at), record: RecordId(record), milestone: Milestone::Safe, lost }
}

#[test]
fn many_records_are_counted_and_each_cause_is_told_once() {
    let mut cast = many(300, true);
    for n in 200..220 {
        cast.take(&reached(i64::from(n - 200), n, false));
    }
    cast.take(&Event::Verdict(Box::new(mixture())));
    let screen = text(80).report(&mixture(), &cast);
    assert_eq!(screen, include_str!("../samples/many.txt"), "\n{screen}");
    for width in [40, 80] {
        let screen = text(width).report(&mixture(), &cast);
        assert!(screen.lines().count() < 70, "{screen}");
        for line in screen.lines() {
            assert!(line.chars().count() <= width || line.split_whitespace().count() <= 2, "{line}");
        }
    }
    let all = Text { detail: Detail::Full, ..text(80) }.report(&mixture(), &cast);
    assert!(all.lines().count() > 1500 && all.contains("safe: n299.example.com A, expected 203.0.113.7"));
    assert!(
        all.contains("Latest changes") && all.contains("BLOCKED: 50 of 300 records are not ready."),
        "{all}"
    );
}

#[test]
fn ten_records_are_told_one_by_one_and_eleven_are_not() {
    for (n, summed) in [(10, false), (11, true)] {
        let cast = many(n, false);
        let last = report(3, (0..n).map(|n| entry(n, Verdict::Safe, Vec::new())).collect());
        let screen = text(80).report(&last, &cast);
        assert_eq!(cast.is_many(), summed);
        assert_eq!(screen.contains("safe: n9.example.com A, expected"), !summed, "{screen}");
    }
}

#[test]
fn the_live_view_of_many_is_one_line_and_ten_rows() {
    let mut cast = many(300, true);
    assert_eq!(text(80).progress(&cast, secs(1)).line, "looking at the name servers");
    for n in 200..220 {
        cast.take(&reached(i64::from(n - 200), n, false));
    }
    cast.take(&Event::Verdict(Box::new(mixture())));
    let mut later = mixture();
    later.records[60] = entry(60, Verdict::Safe, Vec::new()).into();
    cast.take(&reached(30, 60, false));
    cast.take(&Event::Verdict(Box::new(later)));
    let Progress { line, waiting } = text(80).progress(&cast, secs(31));
    assert_eq!(line, "251 of 300 records safe, 39 not yet, 8 blocked, 2 inconclusive");
    assert_eq!(waiting.len(), Progress::MAX_ROWS);
    assert!(
        waiting[0].starts_with("    8 blocked  n7.example.com A: the name servers of example.com"),
        "{waiting:?}"
    );
    assert!(waiting[1].starts_with("    2 unclear  n20.example.com A: nothing answers"), "{waiting:?}");
    assert!(waiting[2].starts_with("   39 wait     n61.example.com A: google-1 still has"), "{waiting:?}");
    assert_eq!(waiting[3], "12:57:30  n60.example.com A: safe to issue");
    assert_eq!(waiting[4], "12:57:19  n219.example.com A: safe to issue");
    let narrow = text(40).progress(&cast, secs(31));
    assert_eq!(narrow.line, "251/300 records safe");
    assert!(narrow.waiting.iter().all(|row| row.chars().count() <= 40), "{narrow:?}");
}

#[test]
fn a_change_is_the_latest_of_its_record() {
    let mut cast = many(20, true);
    let safe = |_| entry(0, Verdict::Safe, Vec::new());
    let all = |first: Verdict| {
        let mut entries: Vec<RecordReport> =
            (0..20).map(|n| RecordReport { record: RecordId(n), ..safe(n) }).collect();
        entries[0].verdict = first;
        Event::Verdict(Box::new(report(3, entries)))
    };
    cast.take(&all(Verdict::NotYet));
    cast.take(&reached(4, 0, false));
    cast.take(&all(Verdict::Safe));
    cast.take(&reached(5, 0, true));
    cast.take(&all(Verdict::Blocked));
    let turns: Vec<Turn> = cast.latest().map(|change| change.turn).collect();
    assert_eq!(turns, [Turn::Verdict(Verdict::Blocked)]);
    assert_eq!(cast.counts().blocked, 1);
}

#[test]
fn ten_thousand_names_are_told_in_lines_that_can_be_read() {
    const ALL: u32 = 10_000;
    let mut cast = many(ALL, true);
    let mut pace = Pace::new();
    let plain = text(80);
    let mut lines: Vec<String> = Vec::new();
    let opening = report(0, (0..ALL).map(|n| entry(n, Verdict::NotYet, Vec::new())).collect());
    cast.take(&Event::Verdict(Box::new(opening)));
    for n in 0..ALL {
        let event = reached(i64::from(n / 100), n, false);
        cast.take(&event);
        lines.extend(pace.lines(&plain, secs(i64::from(n / 100)), Some(&event), &cast));
    }
    let safe = |n| entry(n, if n == 5 { Verdict::NotYet } else { Verdict::Safe }, Vec::new());
    cast.take(&Event::Verdict(Box::new(report(100, (0..ALL).map(safe).collect()))));
    // Nothing happens for an hour; then one more thing.
    for minute in 1..60 {
        lines.extend(pace.lines(&plain, secs(100 + 60 * minute), None, &cast));
    }
    let event = reached(3700, 5, true);
    cast.take(&event);
    lines.extend(pace.lines(&plain, secs(3700), Some(&event), &cast));
    lines.extend(pace.rest(&plain, secs(3701), &cast));
    assert!(lines.len() < 300, "{}", lines.len());
    let told = lines.iter().filter(|line| line.ends_with("A: safe to issue")).count();
    let left_out: u64 = lines
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .windows(3)
        .filter(|words| words[1] == "lines" && words[2] == "left")
        .filter_map(|words| words[0].trim_start_matches('(').parse::<u64>().ok())
        .sum();
    assert_eq!(told as u64 + left_out, u64::from(ALL), "each is told or counted: {lines:#?}");
    assert!(
        lines.iter().any(|line| line.contains("n5.example.com A: no longer safe to issue")),
        "{lines:#?}"
    );
    assert!(lines.iter().any(|line| line.contains("9999 of 10000 records safe, 1 not yet")), "{lines:#?}");
    // A few names are told as they always were.
    let mut cast = many(3, true);
    let mut pace = Pace::new();
    for n in 0..3000 {
        let event = reached(0, n % 3, n % 2 == 0);
        cast.take(&event);
        assert_eq!(pace.lines(&plain, secs(0), Some(&event), &cast).len(), 1);
    }
}

#[test]
fn servers_of_thousands_of_zones_are_counted_where_they_were_heard() {
    let mut cast = many(50, true);
    let server = |id: u32, role, change| Event::Vantage {
        at: secs(1),
        id: VantageId(id),
        vantage: Box::new(vantage(&format!("ns{id}.example.net"), role)),
        addr: "192.0.2.20:53".parse().unwrap(),
        change,
    };
    let says = |record: u32, id: u32, to: Standing| {
        let (from, vantage) = (Standing::Unasked, VantageId(id));
        Event::Shift(Box::new(Shift { at: secs(2), record: RecordId(record), vantage, from, to }))
    };
    let right = || Standing::Right { samples: 1, needed: 1 };
    let wrong = || Standing::Wrong { held: old_held(), until: None };
    cast.take(&server(70_000, Role::Authority, VantageChange::Joined));
    cast.take(&server(70_001, Role::Authority, VantageChange::Joined));
    cast.take(&says(3, 70_000, right()));
    cast.take(&says(3, 70_001, wrong()));
    cast.take(&says(4, 70_001, wrong()));
    let counts = |cast: &Cast, record| {
        let tally = cast.authorities(RecordId(record));
        (tally.of(super::super::Kind::Right), tally.of(super::super::Kind::Wrong))
    };
    assert_eq!((counts(&cast, 3), counts(&cast, 4)), ((1, 1), (0, 1)));
    assert_eq!(cast.awaited().count(), 2);
    assert_eq!(*cast.standing(RecordId(3), VantageId(70_001)), wrong());
    assert_eq!(*cast.standing(RecordId(5), VantageId(70_001)), Standing::Unasked);
    cast.take(&server(70_001, Role::FormerAuthority, VantageChange::Left));
    assert_eq!((counts(&cast, 3), counts(&cast, 4)), ((1, 0), (0, 0)));
    assert_eq!(cast.awaited().count(), 0);
}

#[test]
fn before_all_are_judged_it_says_how_many_were_and_until_when_it_goes_on() {
    const ALL: u32 = 10_000;
    let mut cast = many(ALL, true);
    let mut pace = Pace::new();
    assert_eq!(text(80).progress(&cast, secs(1)).line, "looking at the name servers");
    assert_eq!(pace.counts(&text(80), secs(0), &cast), [""; 0]);
    for n in 0..2500u32 {
        let judged = match n {
            7 => entry(n, Verdict::Blocked, vec![because(Effect::Blocks, None, wrong())]),
            _ => entry(n, Verdict::NotYet, vec![because(Effect::Waits, None, Cause::ChecksPending)]),
        };
        cast.take(&Event::Record { at: secs(i64::from(n) / 50), report: judged.into() });
    }
    let Progress { line, waiting } = text(120).progress(&cast, secs(50));
    assert_eq!(
        line,
        "looked at 2500 of 10000 records, 2499 not yet, 1 blocked · all looked at by about 13:00:20 (in 2 min 30 s) at this pace"
    );
    assert!(waiting[0].starts_with("    1 blocked  n7.example.com A: the name servers"), "{waiting:?}");
    assert!(waiting[1].starts_with(" 2499 wait     n0.example.com A: "), "{waiting:?}");
    assert_eq!(
        text(60).progress(&cast, secs(50)).line,
        "looked at 2500/10000 records · all looked at by 13:00:20"
    );
    let told = pace.counts(&text(120), secs(50), &cast).join("\n");
    assert!(
        told.contains("looked at 2500 of 10000 records, 2499 not yet, 1 blocked; all looked at by"),
        "{told}"
    );
    assert_eq!(pace.counts(&text(80), secs(51), &cast), [""; 0]);

    let mut all: Vec<RecordReport> = (0..ALL)
        .map(|n| entry(n, Verdict::NotYet, vec![because(Effect::Waits, None, Cause::ChecksPending)]))
        .collect();
    cast.take(&on_the_way(200, all.clone()));
    for n in 0..2000u32 {
        let reasons = vec![because(Effect::Waits, None, Cause::ResolversPending { pending: 40 })];
        let seen = RecordReport { issuable: true, ..entry(n, Verdict::NotYet, reasons) };
        all[n as usize] = seen.clone();
        cast.take(&Event::Record { at: secs(200 + i64::from(n) / 50), report: seen.into() });
    }
    let line = text(120).progress(&cast, secs(240)).line;
    assert_eq!(
        line,
        "0 of 10000 records safe, 2000 issuable, 10000 not yet · the CA's checks done by 13:03:40"
    );
    // What is left at the end is no single record.
    let mut cast_at_the_end = cast.clone();
    let safe = (0..ALL).map(|n| RecordReport { issuable: true, ..entry(n, Verdict::Safe, Vec::new()) });
    cast_at_the_end.take(&on_the_way(245, safe.collect()));
    let line = text(120).progress(&cast_at_the_end, secs(246)).line;
    assert_eq!(
        line,
        "10000 of 10000 records safe · what the CA checks is looked at once more before the last word"
    );
    // Without politeness' doing there is nothing to reckon with.
    all.iter_mut().for_each(|entry| entry.reasons = vec![because(Effect::Waits, None, wrong())]);
    cast.take(&on_the_way(250, all));
    let line = text(120).progress(&cast, secs(300)).line;
    assert_eq!(line, "0 of 10000 records safe, 2000 issuable, 10000 not yet");
}

#[test]
fn the_story_of_many_is_told_by_what_happened_together() {
    let mut story = Story::new();
    let records = (0..3000).map(|n| a_record(&format!("n{n}.example.com"), "203.0.113.7"));
    opening_with(records.collect(), true).iter().for_each(|event| story.take(event));
    for n in 0..3000 {
        story.take(&reached(i64::from(n / 10), n, false));
    }
    story.take(&reached(400, 5, true));
    story.end(secs(500), mixture(), false);
    let told = text(80).story(&story);
    assert!(
        told.contains("600 records: safe to issue: n0.example.com A, n1.example.com A and\n    598 more"),
        "{told}"
    );
    assert!(told.contains("n5.example.com A: no longer safe to issue"), "{told}");
    assert!(told.lines().count() < 40, "{told}");
}

#[test]
fn what_was_lost_again_is_never_told_before_it_was_reached() {
    let mut story = Story::new();
    let records = (0..300).map(|n| a_record(&format!("n{n}.example.com"), "203.0.113.7"));
    opening_with(records.collect(), true).iter().for_each(|event| story.take(event));
    (0..299).filter(|n| *n != 6).for_each(|n| story.take(&reached(0, n, false)));
    let turns = [(1000, 5, true), (1020, 6, false), (1090, 6, true), (6000, 299, false)];
    turns.iter().for_each(|(at, n, lost)| story.take(&reached(*at, *n, *lost)));
    story.end(secs(6001), mixture(), false);
    let told = text(80).story(&story);
    let safe = told.find("n6.example.com A: safe").unwrap_or_else(|| panic!("{told}"));
    assert!(told[safe..].contains("n6.example.com A: no longer safe"), "{told}");
}

#[test]
fn names_that_do_not_exist_are_not_hidden_among_those_that_are_not_changed_yet() {
    let mut cast = many(300, true);
    let other = || Cause::AuthorityWrong { zone: name("example.com"), held: old_held() };
    let entries = (0..300).map(|n| {
        let cause = if n < 4 { wrong() } else { other() };
        entry(n, Verdict::NotYet, vec![because(Effect::Waits, None, cause)])
    });
    cast.take(&Event::Verdict(Box::new(report(3, entries.collect()))));
    let Progress { waiting, .. } = text(120).progress(&cast, secs(4));
    assert!(
        waiting[0].starts_with("  296 wait     n4.example.com A: ") && waiting[0].contains("198.51.100"),
        "{waiting:?}"
    );
    assert!(waiting[1].starts_with("    4 wait     n0.example.com A: "), "{waiting:?}");
    assert!(waiting[1].contains("does not exist"), "{waiting:?}");
}
