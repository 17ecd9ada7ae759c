use super::*;
use crate::model::Standing;

const FAR: Timestamp = Timestamp::from_secs(10_000);

fn around(millis: i64) -> Around {
    Around {
        at: Timestamp::from_micros(1_000_000_000 + millis * 1000),
        said_at: Timestamp::from_micros(1_000_000_000 + millis * 1000),
        samples: Samples { least: 2, planned: 2, several: 6 },
        apart: Duration::ZERO,
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
    Reading::Wrong { held: Held::Addresses(["198.51.100.7".parse().unwrap()].into()), ttl, stale: false }
}

fn right(ttl: u32) -> Reading {
    Reading::Right { ttl }
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
    cell.fold(right(300), around(0));
    assert!(!cell.standing().is_confirmed());
    assert_eq!((cell.next, cell.why, cell.missing(false)), (around(0).at, Why::Confirm, 1));
    cell.fold(right(300), around(10));
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
        cell.fold(right(300), around(50_030 + i));
        assert!(!cell.standing().is_confirmed(), "after {i}");
    }
    cell.fold(right(300), around(50_050));
    assert!(cell.standing().is_confirmed());
}

#[test]
fn one_right_answer_does_not_end_a_cache_that_is_known_to_be_wrong() {
    let mut cell = Cell::new(2);
    cell.fold(old(300), around(0));
    for i in 0..3 {
        cell.fold(right(300), around(100 + i));
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
        cell.fold(if i % 2 == 0 { right(300) } else { old(300) }, around(100 + i));
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
    cell.fold(right(300), around(60_000));
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
    cell.fold(Reading::Silent(Failure::Silent { tries: 6 }), around(211_000));
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

#[test]
fn whoever_was_seen_to_count_nothing_down_is_asked_by_the_time_that_it_takes() {
    let mut liar = Cell::new(2);
    liar.fold(old(60), around(0));
    liar.fold(old(60), around(7_200_000));
    assert_eq!(liar.next, secs(7260) + schedule::AFTER_END, "it may have been filled anew");
    liar.fold(old(60), around(7_210_000));
    assert_eq!(liar.next, secs(7270) + schedule::AFTER_END, "it may be another cache that was");
    // Past its end, and long known for what it is.
    liar.fold(old(60), around(7_271_000));
    assert_eq!(liar.next.since(around(7_271_000).at), Duration::from_micros(7_271_000_000 / 60));
    assert_eq!(liar.reprimed, 1, "not filled anew");
    liar.fold(old(55), around(7_390_000));
    assert_eq!(liar.next, secs(7445) + schedule::AFTER_END, "what is counted down is believed");
}

#[test]
fn whoever_agrees_again_and_again_and_then_does_not_is_asked_less_often() {
    let mut cell = Cell::new(2);
    let mut millis = 0;
    for time in 0..25 {
        cell.fold(right(300), around(millis));
        cell.fold(old(20), around(millis + 100));
        let wait = cell.next.since(around(millis + 100).at).as_secs();
        let least = schedule::reprimed(time + 1).as_secs();
        assert_eq!(wait, least.max(19), "after {time}");
        millis += 1000 * i64::try_from(wait + 1).unwrap();
    }
    assert!(cell.standing().contradicts(), "{:?}", cell.standing());
}

fn few(millis: i64) -> Around {
    let samples = Samples { least: 2, planned: 4, several: 16 };
    Around { samples, apart: Duration::from_millis(2100), ..around(millis) }
}

#[test]
fn further_samples_come_when_two_fresh_caches_can_be_told_apart() {
    let mut cell = Cell::new(4);
    cell.fold(right(300), few(400));
    assert_eq!((cell.next, cell.why), (few(2500).at, Why::Confirm));
    assert_eq!(cell.missing(false), 3);
    for i in 0..3 {
        assert!(!cell.standing().is_confirmed());
        cell.fold(right(298), few(2510 + i));
    }
    assert!(cell.standing().is_confirmed(), "one cache that counts down: {:?}", cell.standing());
    assert_eq!(cell.youngest(300), None);
}

#[test]
fn another_end_of_the_right_answer_is_another_cache() {
    let mut cell = Cell::new(4);
    cell.fold(right(300), few(400));
    cell.fold(right(300), few(2510));
    assert_eq!((cell.next, cell.missing(false)), (few(2510).at, 2), "no more than have agreed");
    assert_eq!(cell.youngest(300), Some(secs(2)), "it may have been wrong until it was filled");
    assert_eq!(cell.youngest(200), Some(few(2510).at), "a floor under the TTL tells nothing");
    for i in 0..14 {
        assert!(!cell.standing().is_confirmed(), "after {i}");
        cell.fold(right(298), few(2600 + i));
    }
    assert!(cell.standing().is_confirmed());
}

#[test]
fn an_entry_that_was_replaced_is_no_other_cache() {
    let mut short = Cell::new(4);
    short.fold(right(4), few(400));
    short.fold(right(4), few(2510));
    assert_eq!(short.missing(false), 2, "it may have been fetched ahead of its end");
    let mut ticks = Cell::new(4);
    ticks.fold(right(300), few(990));
    ticks.fold(right(298), few(3020));
    assert_eq!(ticks.missing(false), 2, "its second begins elsewhere in ours");
}

#[test]
fn wrong_answers_of_one_cache_count_among_the_samples() {
    let mut cell = Cell::new(4);
    cell.fold(old(5), few(400));
    cell.fold(old(0), few(5025));
    cell.fold(right(60), few(6025));
    assert_eq!(cell.standing(), Standing::Right { samples: 1, needed: 2 });
    let mut other = Cell::new(4);
    other.fold(old(5), few(400));
    other.fold(right(60), few(5025));
    assert_eq!(other.standing(), Standing::Right { samples: 1, needed: 3 });
}

#[test]
fn a_wrong_answer_after_a_right_one_is_another_cache() {
    let mut cell = Cell::new(4);
    cell.fold(right(60), few(400));
    cell.fold(old(20), few(2510));
    assert!(matches!(cell.standing(), Standing::Mixed { wrong: 1, caches: 2, .. }), "{:?}", cell.standing());
    cell.fold(right(37), few(22_540));
    assert_eq!(cell.standing(), Standing::Right { samples: 1, needed: 16 });
    assert_eq!(cell.next, few(22_540).at, "they are told apart already");
}

#[test]
fn an_answer_from_before_the_tick_counts_from_before() {
    let mut cell = Cell::new(2);
    let at = Timestamp::from_micros(1_000_020_000);
    // It came 20 ms after a second had begun, and was given before.
    let said_at = schedule::said_at(at, 30_000);
    cell.fold(old(20), Around { at, said_at, ..around(10) });
    assert_eq!(cell.honest_end(), Some(Timestamp::from_secs(1_019)));
    assert_eq!(schedule::said_at(at, 2_000).floor_second(), Timestamp::from_secs(1_000), "this one after");
    let early = schedule::said_at(Timestamp::from_micros(1_000_007_000), 1_000);
    assert_eq!(early.floor_second(), Timestamp::from_secs(999), "a clock that lags by seven milliseconds");
    assert_eq!(at.since(schedule::said_at(at, 4_000_000)), Duration::from_millis(160), "found, not read");
}

#[test]
fn an_end_is_put_off_once_where_entries_live_a_second_longer() {
    let mut cell = Cell::new(2);
    cell.fold(old(20), around(300));
    let (end, next) = (cell.honest_end().unwrap(), cell.next);
    assert!(cell.put_off());
    let second = Duration::from_secs(1);
    assert_eq!((cell.honest_end(), cell.next), (Some(end + second), next + second));
    assert!(!cell.put_off(), "once");
    let mut known = Cell::new(2);
    known.fold(old(20), Around { late: true, ..around(300) });
    assert!(!known.put_off(), "it was reckoned so");
    let mut learnt = Cell::new(2);
    learnt.fold(old(5), around(400));
    assert!(learnt.fold(old(0), around(5025)));
    assert!(!learnt.put_off(), "this is the second");
}

#[test]
fn where_caches_differ_samples_under_way_grow_with_those_that_agree() {
    let under_way = |mut cell: Cell, from: i64| {
        let ask = |i: i64| {
            cell.fold(
                right(300),
                Around { samples: Samples { least: 2, planned: 12, several: 12 }, ..around(from + i) },
            );
            cell.missing(false)
        };
        (0..7).map(ask).collect::<Vec<u8>>()
    };
    assert_eq!(under_way(Cell::new(12), 0), [4; 7]);
    let mut mixed = Cell::new(12);
    mixed.fold(old(10), around(0));
    mixed.fold(old(20), around(1));
    assert_eq!(under_way(mixed, 30_000), [1, 2, 3, 4, 4, 4, 4]);
}
