//! The journal against simulated worlds: replays are exact, and kills lose nothing.

#![allow(clippy::expect_used, clippy::print_stdout)]

#[path = "journal/player.rs"]
mod player;

use std::time::Duration;

use player::{Player, Trouble, journal_of, replayed};
use propwatch::engine::Plan;
use propwatch::model::{Event, GapKind, Timestamp, Verdict};
use propwatch::sim::{Dice, World, random_world, scenarios};

const START: Timestamp = Timestamp::from_secs(1_772_460_000);

fn seeds(usual: u64) -> u64 {
    std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn exact(what: &str, plan: &Plan, world: &mut World, trouble: &mut Trouble) {
    let run = Player::new(plan.clone(), world).play(trouble);
    let again = replayed(&run.journal);
    for (told, replayed) in run.events.iter().zip(&again.events) {
        assert_eq!(told, replayed, "{what}");
    }
    assert_eq!(run.events.len(), again.events.len(), "{what}");
    assert_eq!(run.findings, again.findings, "{what}: findings");
}

#[test]
fn every_story_of_the_demo_replays_event_for_event() {
    for scenario in scenarios() {
        let (plan, mut world) = scenario.build(START);
        exact(scenario.name, &plan, &mut world, &mut Trouble::none());
    }
}

#[test]
fn every_world_replays_event_for_event_however_late_wake_ups_come() {
    for seed in 0..seeds(300) {
        let (plan, mut world) = random_world(seed);
        exact(&format!("seed {seed}"), &plan, &mut world, &mut Trouble::lazy(seed));
    }
}

#[test]
fn worlds_with_kills_and_sleeps_replay_event_for_event() {
    for seed in 0..seeds(150) {
        let (plan, mut world) = random_world(seed);
        let mut trouble = Trouble::lazy(seed);
        trouble.kills = 5;
        trouble.sleeps = 5;
        trouble.longest = Duration::from_secs(20_000);
        exact(&format!("seed {seed}"), &plan, &mut world, &mut trouble);
    }
}

/// Two hundred kills, each restarted within moments.
#[test]
fn two_hundred_kills_change_neither_the_verdict_nor_its_time() {
    let mut worst = Duration::ZERO;
    for name in ["zone-editor", "moved-host"] {
        let scenario = propwatch::sim::find(name).expect(name);
        let (plan, mut world) = scenario.build(START);
        let whole = Player::new(plan.clone(), &mut world).play(&mut Trouble::none());
        let (plan, mut world) = scenario.build(START);
        let mut trouble = Trouble::none();
        trouble.kills = 200;
        trouble.span = whole.ended_at.since(START);
        trouble.longest = Duration::from_millis(900);
        let killed = Player::new(plan, &mut world).play(&mut trouble);
        assert_eq!(killed.restarts, 200, "{name}");
        let (one, other) = (whole.report.expect(name), killed.report.expect(name));
        assert_eq!((one.verdict, one.reached), (other.verdict, other.reached), "{name}");
        let off = killed.ended_at.since(whole.ended_at).max(whole.ended_at.since(killed.ended_at));
        println!(
            "{name}: {:?} off after {:?}; {} questions, {} without kills",
            off,
            whole.ended_at.since(START),
            killed.questions,
            whole.questions
        );
        worst = worst.max(off);
        assert!(killed.lost_only_in_flight, "{name}: what was found is in the journal");
        assert_eq!(world.spent().early, 0, "{name}");
        let planted = world.planted();
        assert_eq!(planted.old + planted.negative, 0, "{name}");
    }
    assert!(worst <= Duration::from_secs(31), "{worst:?}: a look at the servers every half minute");
}

#[test]
fn a_restart_asks_only_what_is_due_and_not_all_at_once() {
    let scenario = propwatch::sim::find("moved-host").expect("story");
    let (plan, mut world) = scenario.build(START);
    let mut trouble = Trouble::none();
    trouble.kill_at = vec![START + Duration::from_secs(1800)];
    trouble.longest = Duration::from_millis(500);
    let run = Player::new(plan.clone(), &mut world).play(&mut trouble);
    let at = run.restarted_at[0];
    let asked = run.asked.iter().filter(|asked| (at..at + Duration::from_secs(1)).contains(asked)).count();
    assert!(asked <= 12, "{asked} errands in the first second, of {} vantages", plan.resolvers.len());
    let gap = run.events.iter().find_map(|event| match event {
        Event::Gap { gap, .. } => Some(*gap),
        _ => None,
    });
    assert_eq!(gap.map(|gap| gap.kind), Some(GapKind::Restarted));
}

#[test]
fn sleeps_and_outages_never_make_it_safe_too_early() {
    for seed in 0..seeds(150) {
        let (plan, mut world) = random_world(seed);
        let mut trouble = Trouble::lazy(seed);
        trouble.sleeps = 4;
        trouble.outages = 3;
        trouble.kills = 3;
        trouble.longest = Duration::from_secs(15_000);
        let run = Player::new(plan.clone(), &mut world).play(&mut trouble);
        assert_eq!(world.spent().early, 0, "seed {seed}: a question that plants");
        let forgiven = plan.resolvers.len() * usize::from(100 - plan.policy.quorum_percent) / 100;
        for event in &run.events {
            let Event::Verdict(report) = event else { continue };
            if report.verdict == Verdict::Safe {
                let truth = world.truth(report.at);
                let wrong = truth.records.iter().filter(|record| record.right_since.is_none()).count();
                assert_eq!(wrong, 0, "seed {seed}: safe at {} while an authority is wrong", report.at);
                let old = truth.records.iter().map(|record| record.old.len()).max().unwrap_or(0);
                assert!(old <= forgiven, "seed {seed}: safe at {} with {old} old", report.at);
            }
        }
    }
}

#[test]
fn an_outage_of_hours_is_told_and_followed_by_a_look() {
    let scenario = propwatch::sim::find("moved-host").expect("story");
    let (plan, mut world) = scenario.build(START);
    let mut trouble = Trouble::none();
    let (from, to) = (START + Duration::from_secs(600), START + Duration::from_secs(4 * 3600 + 900));
    trouble.offline = vec![(from, to)];
    let run = Player::new(plan, &mut world).play(&mut trouble);
    let told: Vec<_> = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Gap { at, gap } if gap.kind == GapKind::Offline => Some((*at, *gap)),
            _ => None,
        })
        .collect();
    let [(noticed, first), (back, second)] = told[..] else { panic!("{told:?}") };
    assert!(first.to.is_none() && noticed.since(from) < Duration::from_secs(600), "{noticed}");
    assert!(second.to == Some(back) && back.since(to) < Duration::from_secs(300), "{back}");
    // Whatever turned over meanwhile is seen soon, and not when some backoff ends.
    let ended = run.ended_at;
    assert!(ended.since(back) < Duration::from_secs(120), "back at {back}, ended {ended}");
    assert_eq!(run.report.expect("an end").verdict, Verdict::Safe);
}

#[test]
fn a_clock_that_is_set_moves_no_verdict() {
    let scenario = propwatch::sim::find("zone-editor").expect("story");
    let (plan, mut world) = scenario.build(START);
    let whole = Player::new(plan.clone(), &mut world).play(&mut Trouble::none());
    for by in [3_600_000_000, -3_600_000_000] {
        let (_, mut world) = scenario.build(START);
        let mut trouble = Trouble::none();
        trouble.clock_set = vec![(START + Duration::from_secs(900), by)];
        let run = Player::new(plan.clone(), &mut world).play(&mut trouble);
        let (one, other) = (whole.report.as_ref().expect("end"), run.report.expect("end"));
        assert_eq!(one.verdict, other.verdict);
        let off = run.ended_at.since(whole.ended_at).max(whole.ended_at.since(run.ended_at));
        assert!(off < Duration::from_secs(10), "{by}: {off:?}");
        exact("clock", &plan, &mut scenario.build(START).1, &mut {
            let mut trouble = Trouble::lazy(3);
            trouble.clock_set = vec![(START + Duration::from_secs(900), by)];
            trouble
        });
    }
}

#[test]
fn a_journal_stays_small() {
    let (plan, mut world) = random_world(5);
    let run = Player::new(plan, &mut world).play(&mut Trouble::none());
    let each = run.journal.len() as f64 / f64::from(u32::try_from(run.findings.len()).expect("few"));
    println!("{} findings, {} bytes, {each:.1} each", run.findings.len(), run.journal.len());
    let mut dice = Dice::new(1);
    // A tail torn at any place reads as what stands before it.
    for _ in 0..50 {
        let cut = usize::try_from(dice.between(0, run.journal.len() as u64)).expect("small");
        let torn = replayed(&run.journal[..cut]);
        assert!(torn.findings.len() <= run.findings.len());
        assert_eq!(torn.findings[..], run.findings[..torn.findings.len()], "cut at {cut}");
        assert_eq!(torn.events[..], run.events[..torn.events.len()], "cut at {cut}");
    }
    assert!(!journal_of(&run).is_empty());
}
