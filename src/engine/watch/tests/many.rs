//! Watches of many records: what is told of them, and what is under way.

use std::collections::BTreeSet;

use super::super::sums::{Counted, Outlook};
use super::*;
use crate::engine::convergence::Stance;

const MANY: usize = 150;

pub(super) fn many(world: &Little, count: usize) -> Plan {
    let mut plan = world.plan(Mode::Watch, Policy::default());
    let [record, guard] = [0, 1].map(|at| plan.records[at].clone());
    let both = |i| {
        let name = Name::parse(&format!("h{i}.example.com")).unwrap();
        [Record { name: name.clone(), ..record.clone() }, Record { name, ..guard.clone() }]
    };
    plan.records = (0..count).flat_map(both).collect();
    plan
}

fn verdicts(told: &[Event]) -> Vec<&Report> {
    told.iter()
        .filter_map(|event| match event {
            Event::Verdict(report) => Some(&**report),
            _ => None,
        })
        .collect()
}

fn of_records(told: &[Event]) -> Vec<&RecordReport> {
    told.iter()
        .filter_map(|event| match event {
            Event::Record { report, .. } => Some(&**report),
            _ => None,
        })
        .collect()
}

#[test]
fn of_many_records_each_tells_its_own_news_and_the_last_word_tells_all() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    world.unlike = Some((Name::parse("h7.example.com").unwrap(), old));
    let plan = many(&world, MANY);
    let (_, report, _) = world.play(plan, 3600, |world, secs| {
        if secs >= 120 {
            world.unlike = None;
        }
    });
    let report = report.unwrap();
    assert_eq!((report.verdict, report.records.len()), (Verdict::Safe, MANY));
    let (whole, single) = (verdicts(&world.told), of_records(&world.told));
    // Not yet; blocked never; the last word: nothing in between, though 150 records turned safe.
    assert!(whole.len() <= 3, "{}", whole.len());
    assert_eq!(whole.last().unwrap().records.len(), MANY);
    for place in 0..MANY {
        let id = RecordId(u32::try_from(2 * place).unwrap());
        let last = single.iter().rev().find(|report| report.record == id);
        assert_eq!(last.map(|report| report.verdict), Some(Verdict::Safe), "{id:?}");
    }
    let seventh = single.iter().filter(|report| report.record == RecordId(14));
    assert!(seventh.clone().count() >= 2 && seventh.clone().any(|report| report.verdict == Verdict::NotYet));
}

#[test]
fn few_records_are_told_whole_each_time() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let plan = many(&world, 3);
    world.play(plan, 600, |_, _| {});
    assert!(of_records(&world.told).is_empty());
    assert!(verdicts(&world.told).iter().all(|report| report.records.len() == 3));
}

#[test]
fn on_the_way_one_resolver_speaks_for_all_like_it_and_in_the_end_each_for_itself() {
    let (old, good) = (answer(&[OLD], 3000), answer(&[NEW], 300));
    let mut world = Little::new(&[&good, &good], &[vec![old; 4], vec![good.clone()]].concat());
    let plan = many(&world, MANY);
    let (watch, report, _) = world.play(plan, 60, |_, _| {});
    assert!(report.is_none());
    let stale = |report: &RecordReport| {
        report.reasons.iter().filter(|reason| matches!(reason.cause, Cause::ResolverStale { .. })).count()
    };
    assert!(of_records(&world.told).into_iter().all(|report| stale(report) <= 1));
    let (short, whole) = (watch.report(false), watch.report(true));
    for (short, whole) in short.records.iter().zip(&whole.records) {
        assert_eq!((short.resolvers.contradicting, stale(short)), (4, 1), "{short:#?}");
        assert_eq!((stale(whole), whole.verdict), (4, Verdict::NotYet), "{whole:#?}");
    }
}

#[test]
fn no_more_is_under_way_than_a_resolver_is_asked_at_once() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 2]);
    let plan = many(&world, 600);
    let mut watch = Watch::new(plan);
    let now = Timestamp::from_secs(1_000_000);
    let mut queue: std::collections::VecDeque<Errand> = watch.step(now, Input::Started).errands.into();
    let resolver = |errand: &Errand| match errand.task {
        Task::Ask { record: Some(_), vantage, .. } => Some(vantage),
        _ => None,
    };
    let (mut most, mut asked, mut awaited) = (0, 0, 0);
    // The resolvers answer last of all.
    while let Some(at) = queue.iter().position(|e| resolver(e).is_none()).or((!queue.is_empty()).then_some(0))
    {
        let errand = queue.remove(at).unwrap();
        asked += usize::from(resolver(&errand).is_some());
        let seen = world.seen(&errand);
        queue.extend(watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 })).errands);
        let first = queue.iter().filter(|errand| resolver(errand) == Some(VantageId(0))).count();
        most = most.max(first);
        awaited = awaited.max(watch.records.iter().filter(|record| record.asking == 2).count());
    }
    assert_eq!(most, 256, "as many as are asked at once, and no more");
    assert_eq!(asked, 600 * 2, "each once; further samples come in their time");
    assert_eq!(awaited, 600, "whoever stands in line is waited for too");
    assert!(watch.records.iter().all(|record| record.asking == 0));
}

/// A watch of many whose name servers are right and whose surveys are back, with the questions to its resolvers.
fn with_resolvers_to_answer(world: &mut Little, now: Timestamp) -> (Watch, Vec<Errand>) {
    let plan = many(world, MANY);
    first_looks(world, plan, now)
}

fn first_looks(world: &mut Little, plan: Plan, now: Timestamp) -> (Watch, Vec<Errand>) {
    let mut watch = Watch::new(plan);
    let mut queue = watch.step(now, Input::Started).errands;
    let mut kept = Vec::new();
    while let Some(errand) = queue.pop() {
        if matches!(errand.task, Task::Ask { record: Some(_), .. }) {
            kept.push(errand);
            continue;
        }
        let seen = world.seen(&errand);
        queue.extend(watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 })).errands);
    }
    (watch, kept)
}

fn of_record(errands: &[Errand], wanted: u32) -> Vec<Errand> {
    let ours = |errand: &&Errand| matches!(errand.task, Task::Ask { record: Some(id), .. } if id.0 == wanted);
    errands.iter().filter(ours).cloned().collect()
}

#[test]
fn a_record_of_many_is_judged_once_its_resolvers_have_answered_or_a_moment_later() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&good, &good], &vec![old; 5]);
    let now = Timestamp::from_secs(1_000_000);
    let (mut watch, errands) = with_resolvers_to_answer(&mut world, now);
    let mut told = |at: Timestamp, errand: &Errand| {
        let seen = world.seen(errand);
        let step = watch.step(at, Input::Found(Finding { errand: errand.clone(), at, seen, questions: 1 }));
        of_records(&step.events).iter().map(|report| report.record.0).collect::<Vec<_>>()
    };
    let (first, second) = (of_record(&errands, 0), of_record(&errands, 2));
    assert_eq!((first.len(), second.len()), (5, 5));
    for errand in &first[..4] {
        assert_eq!(told(now, errand), [0; 0], "one is still to answer");
    }
    assert_eq!(told(now, &first[4]), [0], "all have answered");
    assert_eq!(told(now, &second[0]), [0; 0]);
    let moment = now + schedule::PUT_OFF;
    assert_eq!(told(moment, &of_record(&errands, 4)[0]), [2], "it has waited long enough");
}

#[test]
fn a_record_that_is_safe_is_judged_by_every_answer() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let now = Timestamp::from_secs(1_000_000);
    let (mut watch, errands) = with_resolvers_to_answer(&mut world, now);
    let errand = of_record(&errands, 0).swap_remove(0);
    let seen = world.seen(&errand);
    watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 }));
    assert!(watch.records[0].put_off && watch.records[0].asking == 4, "{}", watch.records[0].asking);
    for (verdict, reached, waits) in
        [(Verdict::NotYet, false, true), (Verdict::NotYet, true, false), (Verdict::Safe, false, false)]
    {
        watch.records[0].counted = Some(Counted { verdict, reached, outlook: Outlook::Open });
        watch.mark_caches(0);
        assert_eq!(watch.take_dirty() == [0], !waits, "{verdict:?}, {reached}");
    }
}

#[test]
fn a_look_that_has_found_a_record_safe_hears_out_those_who_only_say_the_same() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let now = Timestamp::from_secs(1_000_000);
    let mut plan = many(&world, MANY);
    plan.mode = Mode::Look;
    let (mut watch, errands) = first_looks(&mut world, plan, now);
    let Task::Ask { record: Some(asked_last), .. } = errands[0].task else { panic!("{:?}", errands[0]) };
    let (record, errands) = (asked_last.0 as usize, of_record(&errands, asked_last.0));
    assert_eq!(errands.len(), 20, "four of each of five");
    let counts = Counted { verdict: Verdict::Safe, reached: true, outlook: Outlook::Safe };
    let before = watch.records[record].counted.replace(counts);
    watch.sums.recount(before, counts);
    let mut judged = |errand: &Errand, seen| {
        watch.step(now, Input::Found(Finding { errand: errand.clone(), at: now, seen, questions: 1 }));
        !watch.records[record].put_off
    };
    let say = |answer: &Answer| Seen::Answered(Box::new(answer.clone()));
    for errand in &errands[..4] {
        assert!(!judged(errand, say(&good)));
    }
    assert!(judged(&errands[4], say(&old)), "that speaks against it");
}

#[test]
fn a_look_waits_for_nobody_who_has_nothing_left_to_say() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let now = Timestamp::from_secs(1_000_000);
    let mut plan = many(&world, MANY);
    plan.mode = Mode::Look;
    // Four samples each: the resolvers have room for 64 records at a time.
    let (mut watch, mut errands) = first_looks(&mut world, plan, now);
    while let Some(errand) = errands.pop() {
        let Task::Ask { record: Some(record), .. } = errand.task else { panic!("{errand:?}") };
        let seen = world.seen(&errand);
        errands
            .extend(watch.step(now, Input::Found(Finding { errand, at: now, seen, questions: 1 })).errands);
        let idle = |cell: &&u32| watch.cells[**cell as usize].missing(true) == 0;
        assert_eq!(watch.in_line.iter().flatten().filter(idle).count(), 0, "stands in line for nothing");
        let record = record.0 as usize;
        let owed = watch.cells_of(record).filter(|&cell| watch.cells[cell].asked.is_owed()).count();
        assert_eq!(watch.records[record].asking as usize, owed);
    }
    assert!(watch.cells.iter().all(|cell| !cell.asked.is_owed() && cell.stance() == Stance::Confirmed));
}

#[test]
fn an_old_host_of_many_names_is_looked_at_once() {
    let old = answer(&[OLD], 300);
    let mut world = Little::new(&[&old, &old], &vec![old.clone(); 2]);
    let mut plan = many(&world, MANY);
    plan.policy.ask_origin = true;
    let (watch, ..) = world.play(plan, 60, |_, _| {});
    assert_eq!(world.origins, 1);
    assert!(watch.subjects.iter().all(|subject| subject.origins.len() == 1));
}

#[test]
fn what_is_not_waited_for_puts_no_judgement_off() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let now = Timestamp::from_secs(1_000_000);
    let mut plan = many(&world, MANY);
    // A witness, and one of four voters whose silence the quorum bears.
    let mut resolvers = plan.resolvers.to_vec();
    resolvers[4].role = Role::Witness;
    (plan.resolvers, plan.policy.quorum_percent) = (resolvers, 75);
    let (mut watch, errands) = first_looks(&mut world, plan, now);
    let mut waits = Vec::new();
    let voter = |errand: &&Errand| !matches!(errand.task, Task::Ask { vantage: VantageId(4), .. });
    for errand in of_record(&errands, 0).iter().filter(voter).take(3) {
        let seen = world.seen(errand);
        watch.step(now, Input::Found(Finding { errand: errand.clone(), at: now, seen, questions: 1 }));
        waits.push(watch.records[0].put_off);
    }
    assert_eq!(waits, [true, true, false]);
}

#[test]
fn whoever_was_not_looked_at_before_the_end_is_not_said_to_be_silent() {
    let good = answer(&[NEW], 300);
    let world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let mut watch = Watch::new(many(&world, 20));
    watch.step(Timestamp::from_secs(1_800_000_000), Input::Started);
    let report = watch.step(Timestamp::from_secs(1_800_000_001), Input::Stopped).done.unwrap();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    for entry in &report.records {
        assert_eq!(entry.reasons[0].cause, Cause::NotLookedAt);
    }
}

#[test]
fn a_look_at_many_tells_of_each_on_the_way_and_the_verdict_at_its_end() {
    let good = answer(&[NEW], 300);
    let mut world = Little::new(&[&good, &good], &vec![good.clone(); 5]);
    let mut plan = many(&world, MANY);
    plan.mode = Mode::Look;
    let (_, report, _) = world.play(plan, 60, |_, _| {});
    assert_eq!(report.unwrap().verdict, Verdict::Safe);
    assert_eq!(verdicts(&world.told).len(), 1);
    let told: BTreeSet<RecordId> = of_records(&world.told).iter().map(|report| report.record).collect();
    assert_eq!(told.len(), MANY);
}

#[test]
fn a_name_whose_first_look_comes_late_has_not_been_left_unchanged_for_as_long() {
    let old = answer(&[OLD], 300);
    let mut world = Little::new(&[&old, &old], &vec![old.clone(); 5]);
    let mut watch = Watch::new(many(&world, 20));
    let begin = Timestamp::from_secs(1_000_000);
    let late = begin + schedule::UNCHANGED * 2;
    let mut queue = watch.step(begin, Input::Started).errands;
    // The servers have so many to answer for that the first answers come after twenty minutes.
    let mut at = begin;
    while let Some(errand) = queue.pop() {
        if matches!(errand.task, Task::Ask { .. }) {
            at = late;
        }
        let seen = world.seen(&errand);
        queue.extend(watch.step(at, Input::Found(Finding { errand, at, seen, questions: 1 })).errands);
    }
    let report = watch.report(false);
    assert_eq!(report.verdict, Verdict::NotYet);
    for entry in &report.records {
        assert!(matches!(entry.reasons[0].cause, Cause::AuthorityWrong { .. }), "{:?}", entry.reasons);
    }
}

#[test]
fn what_was_not_asked_again_is_neither_stuck_nor_unchanged() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    for (servers, heard) in [([&good, &old], schedule::SAME_SERIAL), ([&old, &old], schedule::UNCHANGED)] {
        let mut world = Little::new(&servers, &vec![old.clone(); 5]);
        let mut watch = Watch::new(many(&world, 1));
        let begin = Timestamp::from_secs(1_000_000);
        let mut queue = watch.step(begin, Input::Started).errands;
        let mut at = begin;
        let blocked = |watch: &Watch| watch.report(false).verdict == Verdict::Blocked;
        while let Some(errand) = queue.pop() {
            let seen = world.seen(&errand);
            queue.extend(watch.step(at, Input::Found(Finding { errand, at, seen, questions: 1 })).errands);
        }
        // The next questions wait in line for long; then they are answered as before.
        at = begin + heard * 2;
        let mut later = watch.step(at, Input::Woke).errands;
        assert!(!blocked(&watch), "nobody was asked again");
        while let Some(errand) = later.pop() {
            let seen = world.seen(&errand);
            later.extend(watch.step(at, Input::Found(Finding { errand, at, seen, questions: 1 })).errands);
        }
        assert!(blocked(&watch), "{:#?}", watch.report(false).records[0].reasons);
    }
}

#[test]
fn a_look_at_many_waits_no_longer_for_the_slow_than_one_at_a_few() {
    let (old, good) = (answer(&[OLD], 300), answer(&[NEW], 300));
    // So few that all may be asked at once.
    let ends = [3, 120].map(|count| {
        // Two are slow, more than a quorum bears. What those say who are late decides, once waiting has begun to be long.
        let resolvers = [vec![good.clone(); 2], vec![old.clone(); 2], vec![good.clone(); 16]].concat();
        let mut world = Little::new(&[&good, &good], &resolvers);
        world.slow = 2;
        let mut plan = many(&world, count);
        plan.mode = Mode::Look;
        let (_, report, millis) = world.play(plan, 60, |_, _| {});
        assert_eq!(report.unwrap().verdict, Verdict::NotYet);
        u64::try_from(millis).unwrap()
    });
    assert!(ends[0] < LATE + 100 && ends[1] < LATE + 200, "{ends:?}");
}
