//! Servers that fall silent or back, and what is made of it.

use super::*;

/// In which second each of these was told first.
fn told(world: &Little, what: impl Fn(&Event) -> bool) -> Option<u64> {
    let begin = Timestamp::from_secs(1_000_000);
    let at = |event: &Event| match event {
        Event::Milestone { at, .. } => Some(*at),
        Event::Shift(shift) => Some(shift.at),
        _ => None,
    };
    world.told.iter().find(|event| what(event)).and_then(at).map(|at| at.since(begin).as_secs())
}

fn reached(wanted: Milestone) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Milestone { milestone, lost: false, .. } if *milestone == wanted)
}

#[test]
fn silence_at_the_last_look_is_no_agreement() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Watch, Policy::default());
    let (_, report, _) = world.play(plan, 60, |world, secs| {
        if secs >= 8 {
            world.silent = vec![0, 1];
        }
    });
    assert_eq!((report, told(&world, reached(Milestone::Safe))), (None, None), "nobody answers since 8 s");
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Watch, Policy::default());
    world.play(plan, 60, |world, secs| {
        world.silent = if secs == 10 { vec![1] } else { Vec::new() };
    });
    assert_eq!(told(&world, reached(Milestone::Safe)), Some(12), "asked again two seconds later");
}

#[test]
fn servers_that_have_fallen_back_are_looked_at_often_at_once() {
    let (old, good) = (answer(&[OLD], 3000), answer(&[NEW], 3000));
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Watch, Policy { until: Milestone::Everyone, ..Policy::default() });
    // They are right when they are asked at 102 s and at 162 s, and not in between.
    world.play(plan, 200, |world, secs| {
        let said = if (105..136).contains(&secs) { &old } else { &good };
        world.servers.iter_mut().for_each(|(_, now)| now.clone_from(said));
    });
    let back = |event: &Event| {
        matches!(event, Event::Shift(shift) if matches!(shift.from, Standing::Wrong { .. })
            && matches!(shift.to, Standing::Right { .. }))
    };
    let seconds = told(&world, back);
    assert!(seconds.is_some_and(|seconds| seconds <= 137), "{seconds:?}");
}

#[test]
fn each_silence_counts_of_a_server_that_all_others_wait_for() {
    let (none, good) = (answer(&[], 40), answer(&[NEW], 300));
    let mut world = Little::new(&[&none, &none, &none], &vec![good.clone(); 5]);
    let plan = world.plan(Mode::Watch, Policy::default());
    world.play(plan, 120, |world, secs| {
        if secs >= 20 {
            world.silent = vec![2];
        }
        if secs >= 40 {
            world.servers.iter_mut().for_each(|(_, said)| *said = answer(&[NEW], 300));
        }
    });
    let seconds = told(&world, reached(Milestone::Issuable));
    assert!(seconds.is_some_and(|seconds| seconds <= 42), "{seconds:?}");
}
