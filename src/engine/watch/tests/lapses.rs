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

#[test]
fn time_alone_is_judged_beside_servers_that_are_silent_at_any_time() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&old, &old, &old, &old], &vec![good; 5]);
    world.silent = vec![2, 3];
    let plan = world.plan(Mode::Watch, Policy::default());
    let mut watch = Watch::new(plan);
    let begin = Timestamp::from_secs(1_000_000);
    // Findings by the millisecond at which they come back; the silent ones take turns.
    let mut queue: BTreeMap<u64, Vec<Errand>> = BTreeMap::new();
    let (mut step, mut millis) = (watch.step(begin, Input::Started), 0);
    let mut unchanged = None;
    while unchanged.is_none() && millis < 1_200_000 {
        for errand in step.errands.drain(..) {
            let takes = match &errand.task {
                Task::Ask { server, .. } if world.is_silent(&server.addr.to_string()) => {
                    1_400 + 900 * u64::from(server.addr.to_string() == world.servers[3].0)
                }
                _ => 20,
            };
            queue.entry(millis + takes).or_default().push(errand);
        }
        unchanged = step.events.iter().find_map(|event| match event {
            Event::Verdict(report) if codes(report).contains("authority-unchanged") => Some(millis / 1000),
            _ => None,
        });
        let wake =
            step.wake.map_or(u64::MAX, |wake| u64::try_from(wake.at.since(begin).as_millis()).unwrap());
        let first = queue.keys().next().copied().unwrap_or(u64::MAX);
        millis = wake.max(millis).min(first.max(millis));
        let now = begin + std::time::Duration::from_millis(millis);
        step = match queue.first_entry().filter(|entry| *entry.key() <= millis) {
            Some(mut entry) => {
                let errand = entry.get_mut().pop().unwrap();
                if entry.get().is_empty() {
                    entry.remove();
                }
                let seen = world.seen(&errand);
                watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 }))
            }
            None => watch.step(now, Input::Woke),
        };
    }
    let unchanged = unchanged.expect("nobody is about to publish it");
    assert!((600..630).contains(&unchanged), "{unchanged}");
}
