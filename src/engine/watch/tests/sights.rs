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

/// Two names; the second has its address only from the 1,000th second on.
fn one_waits_for_another(change: impl Fn(&mut Little, i64)) -> (Little, Option<Report>, i64) {
    let good = answer(&[NEW], 300);
    let late = Name::parse("late.example.com").unwrap();
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    world.unlike = Some((late.clone(), answer(&[], 60)));
    let early = Name::parse("www.example.com").unwrap();
    let value = || vec![Value::V4(NEW.parse().unwrap())];
    let names = vec![(early, value()), (late, value())];
    let Plan { resolvers, policy, .. } = world.plan(Mode::Watch, looking(Milestone::Safe));
    let plan = Plan::new(Request { names, mode: Mode::Watch, policy }, resolvers).unwrap();
    let (_, report, millis) = world.play(plan, 3_000, |world, secs| {
        if secs >= 1_000 {
            world.unlike = None;
        }
        change(world, secs);
    });
    (world, report, millis)
}

fn lost(world: &Little) -> usize {
    world.told.iter().filter(|event| matches!(event, Event::Milestone { lost: true, .. })).count()
}

#[test]
fn a_name_that_is_ready_is_left_alone_until_the_others_are() {
    let (world, report, millis) = one_waits_for_another(|_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!(lost(&world), 0, "what was reached is not taken back for a look that is only old");
    assert_eq!(world.surveys, 5, "of each name one at the beginning and one for the last word, one between");
    assert!((1_000_000..1_045_000).contains(&millis), "{millis}");
}

#[test]
fn a_name_that_was_ready_and_is_barred_since_is_seen_before_the_last_word() {
    let (world, report, _) = one_waits_for_another(|world, secs| {
        if secs >= 500 {
            world.web = 403;
        }
    });
    assert!(report.is_none(), "{report:?}");
    let safe = |event: &Event| matches!(event, Event::Verdict(report) if report.verdict == Verdict::Safe);
    assert!(!world.told.iter().any(safe));
    assert!(lost(&world) > 0);
}

#[test]
fn settling_may_take_longer_than_a_look_stays_fresh() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    let policy = Policy { settle: std::time::Duration::from_secs(300), ..looking(Milestone::Safe) };
    let (_, report, millis) = world.play(world.plan(Mode::Watch, policy), 2_000, |_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    assert_eq!(world.surveys, 2, "one at the beginning, one for the last word");
    assert!((300_000..302_000).contains(&millis), "{millis}");
}

#[test]
fn an_end_before_the_last_looks_rests_on_none_of_the_old_ones() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    world.failing = &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
    let policy = Policy { settle: std::time::Duration::from_secs(300), ..looking(Milestone::Safe) };
    let (mut watch, report, _) = world.play(world.plan(Mode::Watch, policy), 310, |_, _| {});
    assert!(report.is_none());
    let done = watch.step(Timestamp::from_secs(1_000_311), Input::Deadline).done.unwrap();
    assert_eq!((done.verdict, done.exit_code()), (Verdict::NotYet, 1));
    assert!(codes(&done).contains("checks-again"), "{:?}", codes(&done));
}

#[test]
fn a_look_that_takes_longer_than_looks_stay_fresh_is_settled_on_too() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good], &vec![good.clone(); 5]);
    world.survey_takes = 100_000;
    let policy = Policy { settle: std::time::Duration::from_secs(30), ..looking(Milestone::Safe) };
    let (_, report, millis) = world.play(world.plan(Mode::Watch, policy), 600, |_, _| {});
    assert_eq!(report.unwrap().exit_code(), 0);
    // A look, settling, and a young look for the last word.
    assert_eq!(world.surveys, 2);
    assert!((230_000..232_000).contains(&millis), "{millis}");
}
