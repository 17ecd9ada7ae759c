//! What several records share is said once.

use super::*;

fn three(watch: bool) -> Cast {
    let names = ["example.com", "mail.example.com", "www.example.com"];
    cast_of(&opening_with(names.map(|name| a_record(name, "203.0.113.7")).into(), watch))
}

fn note(cause: Cause) -> Reason {
    because(Effect::Warns, None, cause)
}

fn safe(record: u32, reasons: Vec<Reason>) -> RecordReport {
    entry(record, Verdict::Safe, reasons)
}

/// The notes of a screen, each with its next step, on one line.
fn notes(screen: &str) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for line in screen.lines() {
        match (line.starts_with("note"), notes.last_mut()) {
            (true, _) => notes.push(line.split_whitespace().collect::<Vec<_>>().join(" ")),
            (false, Some(note)) if line.starts_with("        ") => {
                note.push(' ');
                note.push_str(line.trim());
            }
            _ => {}
        }
    }
    notes
}

#[test]
fn a_note_for_all_records_is_said_once() {
    let records = (0..3).map(|n| safe(n, vec![note(Cause::WebNotProven)])).collect();
    let screen = text(80).report(&report(3, records), &three(true));
    assert_eq!(
        notes(&screen),
        [
            "note all 3 records: that the web server serves Let's Encrypt's file is not proven Next: Tick Dry run in \
          the panel's Let's Encrypt page first: a failure there costs nothing."
        ],
        "{screen}"
    );
    let behind = |text: &str| screen.find(text).unwrap();
    assert!(behind("www.example.com A, expected") < behind("all 3 records: that the web"), "{screen}");
}

#[test]
fn a_note_for_some_records_names_them_and_one_for_one_stays_with_it() {
    let (one, two) = (vec![note(Cause::WebNotProven)], vec![note(Cause::ResolversNotAsked)]);
    let both: Vec<Reason> = one.iter().chain(&two).cloned().collect();
    let records = vec![safe(0, one.clone()), safe(1, both), safe(2, Vec::new())];
    let screen = text(120).report(&report(3, records), &three(true));
    let notes = notes(&screen);
    assert!(notes[1].starts_with("note example.com A and mail.example.com A: that the web"), "{screen}");
    assert!(notes[0].starts_with("note no public resolver has been asked yet"), "{screen}");
    assert_eq!(notes.len(), 2);
    let pair = vec![safe(0, one.clone()), safe(1, one)];
    let names = ["example.com", "mail.example.com"].map(|name| a_record(name, "203.0.113.7"));
    let screen = text(80).report(&report(3, pair), &cast_of(&opening_with(names.into(), true)));
    assert!(screen.contains("note    both records: that the web"), "{screen}");
}

#[test]
fn what_differs_is_said_for_each() {
    let stale = |until| {
        let cause = Cause::ResolverStale { held: old_held(), until: Some(secs(until)) };
        vec![because(Effect::Warns, Some("city3-1"), cause)]
    };
    let records = vec![safe(0, stale(60)), safe(1, stale(90)), safe(2, Vec::new())];
    let screen = text(80).report(&report(3, records), &three(true));
    assert_eq!(notes(&screen).len(), 2, "{screen}");
    assert!(!screen.contains("records: "), "{screen}");
}

#[test]
fn nobody_is_said_to_be_spared_where_nothing_old_is_left() {
    let mut waiting = entry(0, Verdict::NotYet, Vec::new());
    waiting.resolvers = ResolverCount { voters: 40, pending: 40, ..ResolverCount::default() };
    let cast = cast_of(&opening(true));
    let words = Words::new(&cast, When::local(TimeZone::fixed(jiff::tz::offset(1)), secs(3)));
    assert_eq!(words.visitors_truth(&waiting), "not looked at yet");
    waiting.authority.wrong = 1;
    let spared = "not looked at yet, so that no cache picks up the old answer";
    assert_eq!(words.visitors_truth(&waiting), spared);
}

#[test]
fn servers_that_answer_for_other_zones_are_not_said_to_be_down() {
    let cast = three(true);
    let words = Words::new(&cast, When::utc(secs(1)));
    let record = cast.record(RecordId(0)).unwrap();
    let silent = |effect, failure| {
        let zone = name("example.com");
        words.reason(record, &because(effect, None, Cause::AuthoritySilent { zone, failure })).text
    };
    let lame = silent(Effect::Blocks, Failure::Garbage);
    assert!(lame.contains("none of the name servers of example.com answers for it"), "{lame}");
    let down = silent(Effect::Hides, Failure::Silent { tries: 3 });
    assert!(down.contains("could be asked (no answer"), "{down}");
}
