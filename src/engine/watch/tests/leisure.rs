//! What goes first, and what waits, where the name servers of many names have enough to answer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::many::many;
use super::*;

#[test]
fn names_that_have_not_arrived_are_looked_at_when_their_servers_have_leisure() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&old, &old], &vec![good.clone(); 2]);
    let arrived = Name::parse("h599.example.com").unwrap();
    world.unlike = Some((arrived.clone(), good.clone()));
    let mut watch = Watch::new(many(&world, 600));
    let now = Timestamp::from_secs(1_000_000);
    let mut queue: VecDeque<Errand> = watch.step(now, Input::Started).errands.into();
    let at_servers = |errand: &Errand| matches!(errand.task, Task::Ask { record: None, .. });
    let (mut surveyed, mut early) = (BTreeSet::new(), 0);
    while let Some(errand) = queue.pop_front() {
        if let Task::Survey { name } = &errand.task {
            surveyed.insert(name.clone());
        }
        let seen = world.seen(&errand);
        for more in watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 })).errands {
            let waiting = queue.iter().filter(|errand| at_servers(errand)).count();
            if matches!(&more.task, Task::Survey { name } if *name != arrived) && waiting > 64 {
                early += 1;
            }
            queue.push_back(more);
        }
        let under_way = queue.iter().filter(|errand| matches!(errand.task, Task::Survey { .. })).count();
        assert!(under_way <= schedule::EARLY_LOOKS + 1, "{under_way} at once");
    }
    // A few begin while the first names are found, before there is anything in line.
    assert!(early <= schedule::EARLY_LOOKS, "{early} looks while others waited");
    assert_eq!(surveyed.len(), 600, "and each in the end");
}

#[test]
fn nobody_is_asked_again_before_everybody_was_asked() {
    const ALL: usize = 600;
    let old = answer(&[OLD], 300);
    let mut world = Little::new(&[&old, &old], &vec![old.clone(); 2]);
    let mut watch = Watch::new(many(&world, ALL));
    let mut now = Timestamp::from_secs(1_000_000);
    let mut queue: VecDeque<Errand> = watch.step(now, Input::Started).errands.into();
    let mut asked = BTreeMap::<Name, u32>::new();
    let mut again = 0;
    while asked.len() < ALL || again == 0 {
        let errand = queue.pop_front().expect("a watch goes on");
        if let Task::Ask { record: None, question, .. } = &errand.task
            && question.qtype == QuestionType::A
        {
            let times = asked.entry(question.name.clone()).or_default();
            *times += 1;
            // Each is asked of two servers.
            again += u32::from(*times > 2);
        }
        assert!(again == 0 || asked.len() == ALL, "after {} names", asked.len());
        // Twenty answers a second.
        now = now + Duration::from_millis(50);
        let seen = world.seen(&errand);
        queue.extend(watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 })).errands);
    }
}

#[test]
fn what_can_wait_does_not_wait_for_ever() {
    const ALL: usize = 400;
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&old, &old], &vec![good.clone(); 2]);
    let mut watch = Watch::new(many(&world, ALL));
    let mut now = Timestamp::from_secs(1_000_000);
    let mut queue = watch.step(now, Input::Started).errands;
    let mut walks = 0;
    // A hundred walks go to servers that cannot be reached, and do not come back; no serial tells what is edited.
    let mut right = None;
    while right.is_none() && now < Timestamp::from_secs(1_000_600) {
        now = now + Duration::from_millis(100);
        if now == Timestamp::from_secs(1_000_060) {
            world.servers.iter_mut().for_each(|(_, said)| *said = good.clone());
        }
        let mut more = watch.step(now, Input::Woke).errands;
        for errand in std::mem::take(&mut queue) {
            if matches!(errand.task, Task::Walk { .. }) && walks < 100 {
                walks += 1;
                continue;
            }
            let seen = world.seen(&errand);
            let finding = Finding { errand, at: now, seen, questions: 1 };
            more.extend(watch.step(now, Input::Found(finding)).errands);
        }
        queue = more;
        let reached = (walks..ALL).all(|i| watch.records[2 * i].right_since.is_some());
        right = reached.then_some(now);
    }
    // Two questions a name, of which one may go in 40 ms: 24 seconds and a bit are one pace.
    let right = right.expect("all that can be reached").since(Timestamp::from_secs(1_000_060));
    assert!(right < Duration::from_secs(26 * 6), "{right:?}");
}

#[test]
fn names_that_take_long_to_be_looked_at_come_to_a_verdict() {
    const ALL: usize = 1_200;
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 2]);
    let mut watch = Watch::new(many(&world, ALL));
    let begin = Timestamp::from_secs(1_000_000);
    let mut now = begin;
    let mut step = watch.step(now, Input::Started);
    let mut surveys = VecDeque::new();
    let mut report = None;
    while report.is_none() && now.since(begin) < Duration::from_secs(3_600) {
        let mut queue = step.errands;
        now = now + Duration::from_millis(200);
        world.secs = u32::try_from(now.since(begin).as_secs()).unwrap();
        // Five names a second can be looked at: more than four minutes for all of them.
        queue.extend(surveys.pop_front());
        let begun = queue.len();
        let mut found = 0;
        while let Some(errand) = queue.pop() {
            if matches!(errand.task, Task::Survey { .. }) && (found > 0 || begun == 0) {
                surveys.push_back(errand);
                continue;
            }
            found += 1;
            let seen = world.seen(&errand);
            let finding = Finding { errand, at: now, seen, questions: 1 };
            let next = watch.step(now, Input::Found(finding));
            report = report.or(next.done);
            queue.extend(next.errands);
        }
        step = watch.step(now, Input::Woke);
        report = report.or(step.done.take());
        assert!(surveys.len() <= schedule::SURVEYS, "{} wait", surveys.len());
    }
    let took = now.since(begin);
    assert_eq!(report.expect("an end").verdict, Verdict::Safe);
    // Once each, and once more before the last word.
    assert!(took < Duration::from_secs(2 * 240 + 60), "{took:?}");
}

#[test]
fn a_slow_web_host_keeps_no_other_name_waiting() {
    const SLOW: usize = 300;
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 2]);
    let mut watch = Watch::new(many(&world, SLOW + 1));
    let now = Timestamp::from_secs(1_000_000);
    let mut queue = watch.step(now, Input::Started).errands;
    let last = queue.pop().unwrap();
    let mut surveyed = 0;
    let mut play = |mut queue: Vec<Errand>| {
        while let Some(errand) = queue.pop() {
            // Nobody comes back from a web server.
            if !matches!(errand.task, Task::Fetch(_)) {
                surveyed += usize::from(matches!(errand.task, Task::Survey { .. }));
                let seen = world.seen(&errand);
                let finding = Finding { errand, at: now, seen, questions: 1 };
                queue.extend(watch.step(now, Input::Found(finding)).errands);
            }
        }
        surveyed
    };
    assert_eq!(play(queue), SLOW);
    assert_eq!(play(vec![last]), SLOW + 1);
}

#[test]
fn an_edited_zone_of_thousands_of_names_is_noticed_by_its_serial() {
    const ALL: usize = 2000;
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&old], std::slice::from_ref(&good));
    let plan = many(&world, ALL);
    let edited = 120;
    let (watch, ..) = world.play(plan, edited + 30, |world, secs| {
        if secs >= edited {
            world.servers.iter_mut().for_each(|(_, said)| *said = good.clone());
            world.serial = 2;
        }
    });
    // A round over all of them alone would take 160 seconds.
    assert!(watch.sums.all_right());
}

#[test]
fn a_server_that_still_owes_a_serial_is_asked_for_no_other() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&old, &old], std::slice::from_ref(&good));
    let mut watch = Watch::new(world.plan(Mode::Watch, Policy::default()));
    let begin = Timestamp::from_secs(1_000_000);
    let mut step = watch.step(begin, Input::Started);
    let (mut owed, mut asked) = (Vec::new(), 0);
    for secs in 1..=1_200 {
        let now = begin + Duration::from_secs(secs);
        let mut queue = step.errands;
        if secs == 600 {
            queue.append(&mut owed);
        }
        while let Some(errand) = queue.pop() {
            // The second server answers everything but this, and this once.
            let serial = matches!(&errand.task, Task::Ask { server, question, .. }
                if question.qtype == QuestionType::Soa && server.addr.to_string() == world.servers[1].0);
            asked += u32::from(serial);
            if serial && asked < 2 {
                owed.push(errand);
                continue;
            }
            let seen = world.seen(&errand);
            let finding = Finding { errand, at: now, seen, questions: 1 };
            queue.extend(watch.step(now, Input::Found(finding)).errands);
        }
        assert!(secs >= 600 || asked == 1, "{asked} in {secs} s");
        step = watch.step(now, Input::Woke);
    }
    assert!(asked > 5, "{asked}: and again when it has answered");
}

#[test]
fn one_look_that_fails_among_many_names_is_soon_taken_again() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 2]);
    world.failing = &[200];
    let plan = many(&world, 400);
    // A round over all of them takes 32 seconds.
    world.play(plan, 12, |_, _| {});
    assert_eq!(world.surveys, 401);
}

#[test]
fn the_more_names_something_is_in_the_way_of_the_later_they_are_looked_at_again() {
    const FIRST: &[u32] = &{
        let mut all = [0; 100];
        let mut i = 0;
        while i < 100 {
            all[i] = i as u32 + 1;
            i += 1;
        }
        all
    };
    let good = answer(&[NEW], 300);
    let with = |secs, edited| {
        let mut world = Little::new(&[&good, &good], &vec![good.clone(); 2]);
        world.failing = FIRST;
        world.play(many(&world, 400), secs, |world, now| world.serial = 1 + u32::from(now >= edited));
        world.surveys - 400
    };
    let again = |secs| with(secs, i64::MAX);
    // One in 800 ms, and none in the first five seconds.
    assert_eq!(again(4), 0);
    assert!((10..=16).contains(&again(12)), "{}", again(12));
    assert!((45..=52).contains(&again(41)), "{}", again(41));
    // Unless their zone was edited.
    assert_eq!(with(25, 6), 100);
}
