use super::*;

const FAR: Timestamp = Timestamp::from_secs(10_000);

fn around(millis: i64) -> Around {
    Around {
        at: Timestamp::from_micros(1_000_000_000 + millis * 1000),
        samples: 2,
        limit: FAR,
        cap: None,
        peek: None,
        late: false,
    }
}

fn secs(after_start: i64) -> Timestamp {
    Timestamp::from_secs(1000 + after_start)
}

fn old(ttl: u32) -> Reading {
    Reading::Wrong { held: Held::Addresses(vec!["198.51.100.7".parse().unwrap()]), ttl, stale: false }
}

fn gone(ttl: u32) -> Reading {
    Reading::Wrong { held: Held::NoName, ttl, stale: false }
}

#[test]
fn asks_again_just_after_the_end() {
    let mut cell = Cell::new(2);
    cell.fold(old(30), around(400));
    assert_eq!(cell.next, secs(30) + schedule::AFTER_END);
    assert_eq!(cell.standing().until(), Some(secs(30)));
}

#[test]
fn a_second_at_ttl_zero_costs_one_more_question_and_is_learnt() {
    let mut cell = Cell::new(2);
    cell.fold(old(5), around(400));
    let late = cell.fold(old(0), around(5025));
    assert!(late);
    assert_eq!(cell.next, secs(6) + schedule::AFTER_END);
    assert!(matches!(cell.standing(), Standing::Wrong { .. }), "one cache, not two: {:?}", cell.standing());
}

#[test]
fn two_samples_confirm() {
    let mut cell = Cell::new(2);
    cell.fold(Reading::Right, around(0));
    assert!(!cell.standing().is_confirmed());
    assert_eq!((cell.next, cell.why, cell.missing(false)), (around(0).at, Why::Confirm, 1));
    cell.fold(Reading::Right, around(10));
    assert!(cell.standing().is_confirmed());
    assert_eq!(cell.next, Timestamp::MAX);
}

#[test]
fn different_ends_are_different_caches() {
    let mut cell = Cell::new(2);
    cell.fold(old(30), around(0));
    cell.fold(old(50), around(100));
    assert!(
        matches!(cell.standing(), Standing::Mixed { wrong: 2, caches: 2, until, .. } if until == Some(secs(50)))
    );
    assert_eq!(cell.next, secs(50) + schedule::AFTER_END);
    for i in 0..5 {
        cell.fold(Reading::Right, around(50_030 + i));
        assert!(!cell.standing().is_confirmed(), "after {i}");
    }
    cell.fold(Reading::Right, around(50_050));
    assert!(cell.standing().is_confirmed());
}

#[test]
fn one_right_answer_does_not_end_a_cache_that_is_known_to_be_wrong() {
    let mut cell = Cell::new(2);
    cell.fold(old(300), around(0));
    for i in 0..3 {
        cell.fold(Reading::Right, around(100 + i));
        assert!(cell.standing().contradicts());
    }
    cell.fold(old(299), around(1000));
    assert!(matches!(cell.standing(), Standing::Mixed { wrong: 1, caches: 2, .. }), "{:?}", cell.standing());
}

#[test]
fn a_resolver_that_mixes_is_left_alone_until_the_last_end() {
    let mut cell = Cell::new(2);
    cell.fold(old(300), around(0));
    let mut asked = 0;
    for i in 0..800 {
        // Old and new in turn, as fast as answers come.
        cell.fold(if i % 2 == 0 { Reading::Right } else { old(300) }, around(100 + i));
        asked += u32::from(cell.next <= around(100 + i).at);
    }
    assert!(asked <= 2, "asked again at once {asked} times");
    assert_eq!(cell.next, secs(300) + schedule::AFTER_END);
}

#[test]
fn a_negative_end_is_the_earliest_announced() {
    let mut cell = Cell::new(2);
    cell.fold(gone(6), around(0));
    cell.fold(gone(12), around(1000));
    assert_eq!(cell.standing().until(), Some(secs(6)));
}

#[test]
fn stale_past_the_honest_limit_is_suspect_and_can_come_back() {
    let mut cell = Cell::new(2);
    let limit = secs(20);
    cell.fold(old(10), Around { limit, ..around(0) });
    cell.fold(old(15), Around { limit, ..around(12_000) });
    assert!(cell.standing().contradicts());
    cell.fold(old(10), Around { limit, ..around(27_100) });
    cell.fold(old(10), Around { limit, ..around(39_100) });
    assert!(matches!(cell.standing(), Standing::Suspect { .. }));
    cell.fold(Reading::Right, around(60_000));
    assert!(matches!(cell.standing(), Standing::Right { samples: 1, .. }));
}

#[test]
fn an_answer_served_stale_is_asked_again_at_once_but_not_for_ever() {
    let mut cell = Cell::new(2);
    for i in 0..3 {
        cell.fold(
            Reading::Wrong { held: Held::NoName, ttl: 30, stale: true },
            Around { limit: secs(0), ..around(i * 300) },
        );
        assert_eq!(cell.next, around(i * 300).at + schedule::AFTER_STALE);
    }
    cell.fold(Reading::Wrong { held: Held::NoName, ttl: 30, stale: true }, around(900));
    assert!(cell.next > around(2000).at);
}

#[test]
fn a_ttl_liar_does_not_move_the_end() {
    let mut cell = Cell::new(2);
    cell.fold(old(300), Around { cap: Some(30), ..around(0) });
    assert_eq!(cell.standing().until(), Some(secs(30)));
    cell.fold(old(300), Around { cap: Some(30), ..around(30_030) });
    assert!(matches!(cell.standing(), Standing::Wrong { .. }), "a liar is one cache: {:?}", cell.standing());
    assert_eq!(cell.standing().until(), Some(secs(60)));
}

#[test]
fn a_floor_that_counts_down_is_believed() {
    let mut cell = Cell::new(2);
    cell.fold(old(30), Around { cap: Some(20), ..around(0) });
    assert_eq!(cell.next, secs(20) + schedule::AFTER_END);
    cell.fold(old(10), Around { cap: Some(20), ..around(20_030) });
    assert!(matches!(cell.standing(), Standing::Wrong { until, .. } if until == Some(secs(30))));
}

#[test]
fn silence_takes_nothing_back() {
    let mut cell = Cell::new(2);
    cell.fold(old(30), around(0));
    for i in 0..5 {
        cell.fold(Reading::Silent(Failure::Silent { tries: 6 }), around(30_100 + 25_000 * i));
        assert!(cell.standing().contradicts(), "an old answer does not go away by not being heard");
        assert_eq!(cell.seen_at, around(0).at);
    }
    cell.fold(Reading::Silent(Failure::Silent { tries: 6 }), around(180_000));
    assert!(matches!(cell.standing(), Standing::Silent { .. }));
}

#[test]
fn a_far_end_is_looked_at_once_when_the_old_ttl_is_not_known() {
    let mut honest = Cell::new(2);
    honest.fold(old(3000), Around { peek: Some(60), ..around(0) });
    assert_eq!(honest.next, secs(60) + schedule::AFTER_END);
    assert_eq!(honest.standing().until(), Some(secs(3000)), "the forecast believes what was announced");
    honest.fold(old(2940), Around { peek: Some(60), ..around(60_030) });
    assert_eq!(honest.next, secs(3000) + schedule::AFTER_END);
    let mut liar = Cell::new(2);
    liar.fold(old(3000), Around { peek: Some(60), ..around(0) });
    liar.fold(old(3000), Around { peek: Some(60), ..around(60_030) });
    assert!(liar.next < secs(67), "what it announces means nothing: {:?}", liar.next);
}
