//! What the CA looks at beyond addresses: when it is looked at, and what waits for it.

use super::*;

fn looking(until: Milestone) -> Policy {
    let file = ChallengeFile { token: "nobody-has-this".to_owned(), content: None };
    Policy { until, web: crate::engine::WebPolicy::Absent(Arc::new(file)), ..Policy::default() }
}

#[test]
fn a_look_surveys_once_and_visits_every_address() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Look, looking(Milestone::Safe));
    let (_, report, _) = world.play(plan, 60, |_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!((world.surveys, world.visits.as_slice()), (1, &[NEW.parse().unwrap()][..]));
}

#[test]
fn a_look_is_not_over_before_the_web_server_has_answered() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    world.survey_takes = 9_000;
    let plan = world.plan(Mode::Look, looking(Milestone::Safe));
    let (_, report, millis) = world.play(plan, 60, |_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    assert!(millis > 9_000, "{millis}");
    assert_eq!(world.visits.len(), 1);
}

#[test]
fn what_was_seen_before_a_record_was_right_does_not_count() {
    let (none, good) = (answer(&[], 40), answer(&[NEW], 300));
    let mut world = Little::new(&[&none], &vec![good.clone(); 5]);
    world.survey_takes = 3_000;
    let plan = world.plan(Mode::Watch, looking(Milestone::Issuable));
    let (_, report, millis) = world.play(plan, 600, |world, secs| {
        if secs >= 30 {
            world.servers[0].1 = answer(&[NEW], 300);
        }
    });
    assert_eq!(report.unwrap().exit_code(), 0);
    // The second survey begins when the record is seen at 30 s, and takes its time.
    assert!((33_000..35_000).contains(&millis), "{millis}");
    assert_eq!((world.surveys, world.visits.len()), (2, 2), "and the hosting was visited from the first on");
}

#[test]
fn a_look_from_just_before_the_change_is_taken_anew() {
    let (old, good) = (answer(&[OLD], 2), answer(&[NEW], 300));
    let mut world = Little::new(&[&old], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Watch, looking(Milestone::Issuable));
    let (_, report, _) = world.play(plan, 600, |world, secs| {
        if secs >= 1 {
            world.servers[0].1 = answer(&[NEW], 300);
        }
    });
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!(world.surveys, 2);
    assert_eq!(
        world.visits.iter().filter(|address| **address == OLD.parse::<std::net::IpAddr>().unwrap()).count(),
        1
    );
}

#[test]
fn an_old_look_is_renewed_before_the_last_word() {
    let (old, good) = (answer(&[OLD], 400), answer(&[NEW], 300));
    let mut world = Little::new(&[&good], &vec![old; 5]);
    let plan = world.plan(Mode::Watch, looking(Milestone::Safe));
    let (_, report, _) = world.play(plan, 2_000, |world, secs| {
        if secs >= 395 {
            world.resolvers.fill(answer(&[NEW], 300));
        }
    });
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!(world.surveys, 2, "one at the beginning, one at the end, and none between");
}

#[test]
fn a_watch_killed_during_a_visit_looks_again() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    world.killed = true;
    let plan = world.plan(Mode::Watch, looking(Milestone::Issuable));
    let (_, report, millis) = world.play(plan, 600, |_, _| {});
    assert_eq!(report.expect("it does not wait for ever").exit_code(), 0);
    assert_eq!((world.surveys, world.visits.len(), world.killed), (2, 1, false));
    assert!(millis < 5_000, "{millis}");
}

#[test]
fn a_survey_that_fails_is_put_off() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    world.failing = &[1, 2, 3];
    let plan = world.plan(Mode::Watch, looking(Milestone::Issuable));
    let (_, report, millis) = world.play(plan, 600, |_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!(world.surveys, 4);
    assert!((15_000..17_000).contains(&millis), "{millis}");
}

#[test]
fn a_survey_that_fails_does_not_count_though_an_earlier_one_came_back() {
    let (none, good) = (answer(&[], 40), answer(&[NEW], 300));
    let mut world = Little::new(&[&none], &vec![good.clone(); 5]);
    world.failing = &[2];
    let plan = world.plan(Mode::Watch, looking(Milestone::Issuable));
    let (_, report, millis) = world.play(plan, 600, |world, secs| {
        if secs >= 30 {
            world.servers[0].1 = answer(&[NEW], 300);
        }
    });
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!(world.surveys, 3);
    assert!((35_000..37_000).contains(&millis), "{millis}");
}
