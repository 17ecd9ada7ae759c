//! The line of the live view: how far, and when.

use super::*;

fn line(cast: &Cast, now: i64) -> String {
    text(120).progress(cast, secs(now)).line
}

#[test]
fn a_look_that_is_over_is_not_told_as_the_next_one() {
    let (events, _) = caches_turning_over(true);
    let cast = cast_of(&events);
    assert!(line(&cast, 61).ends_with("next look 12:58:01: google-1's old answer ends"));
    // The forecast has not moved since, so nobody told anew; the next end in the rows is the next look.
    assert!(
        line(&cast, 62).ends_with("next look 12:58:30: google-2's old answer ends"),
        "{}",
        line(&cast, 62)
    );
    assert!(!line(&cast, 400).contains("next look"), "{}", line(&cast, 400));
}

#[test]
fn while_name_servers_are_wrong_it_says_that_they_are_asked_again() {
    let (mut events, _) = missing_name();
    let cast = cast_of(&events);
    assert_eq!(line(&cast, 4), "0/2 name servers right · asked again until all are");
    assert_eq!(text(40).progress(&cast, secs(4)).line, "0/2 name servers right · asked again");
    events.retain(|event| !matches!(event, Event::Forecast { .. }));
    assert_eq!(line(&cast_of(&events), 2), "0/2 name servers right · asked again until all are");
}

#[test]
fn the_minute_of_the_ca_is_told() {
    let mut cast = cast_of(&opening(true));
    (0..40).for_each(|who| cast.take(&shift(2, who, Standing::Unasked, right())));
    let keeps = because(Effect::Waits, None, Cause::CaMayCache { until: secs(70) });
    cast.take(&Event::Verdict(Box::new(report(3, vec![entry(0, Verdict::NotYet, vec![keeps])]))));
    assert_eq!(
        line(&cast, 5),
        "40/40 resolvers right · not before 12:58:10 (in 1 min 5 s): the CA may keep what it had"
    );
    assert_eq!(text(50).progress(&cast, secs(5)).line, "40/40 resolvers right · not before 12:58:10");
}

#[test]
fn answers_that_are_still_to_be_confirmed_are_told_apart() {
    let mut cast = cast_of(&opening(true));
    let once = || Standing::Right { samples: 1, needed: 2 };
    (0..40).for_each(|who| cast.take(&shift(2, who, Standing::Unasked, once())));
    cast.take(&shift(3, 0, once(), right()));
    assert_eq!(line(&cast, 5), "1/40 resolvers right, 39 to confirm");
}

#[test]
fn a_server_that_left_is_told_by_its_address() {
    let mut cast = cast_of(&opening(true));
    let addr: SocketAddr = "192.0.2.10:53".parse().unwrap();
    let left = Event::Vantage {
        at: secs(9),
        id: VantageId(41),
        vantage: Box::new(vantage("ns1.example.net", Role::Authority)),
        addr,
        change: VantageChange::Left,
    };
    cast.take(&left);
    let told = text(100).event_lines(&left, &cast);
    assert_eq!(told, ["12:57:09  ns1.example.net (192.0.2.10) is no longer a name server of example.com"]);
}

#[test]
fn a_narrow_row_says_what_is_held_before_it_is_cut() {
    let names = ["gone.lab.test", "www.lab.test"].map(|name| a_record(name, "203.0.113.7"));
    let mut cast = cast_of(&opening_with(names.into(), true));
    cast.take(&shift(1, 41, Standing::Unasked, Standing::Wrong { held: Held::NoName, until: None }));
    cast.take(&shift(2, 2, Standing::Unasked, old(310)));
    let rows = |width| text(width).progress(&cast, secs(5)).waiting;
    assert_eq!(
        rows(40),
        ["13:02:10  city3-1  gone.lab.test A  198…", "ns1.example.net  gone.lab.test A  NXDOM…"]
    );
    assert_eq!(rows(80)[1], "          ns1.example.net   gone.lab.test A  NXDOMAIN (no such name)");
}
