//! `demo`: a story on the simulated internet, behind the same views, paced so that 48 hours pass in less
//! than a minute.

use std::time::Duration;

use propwatch::clock::{Clock, Stopwatch};
use propwatch::engine::Plan;
use propwatch::model::{Event, Report, Timestamp, Verdict};
use propwatch::sim::{self, Player, Scenario, Trials, World};

use super::args::DemoArgs;
use super::output::Output;
use super::show::Show;
use super::watching::{Stops, runtime};
use super::{Exit, UserError};

/// How long a story may take.
const LENGTH: Duration = Duration::from_secs(45);
/// The longest pause between two events.
const LONGEST_PAUSE: Duration = Duration::from_secs(6);
/// Between two looks of the live view at the virtual clock.
const FRAME: Duration = Duration::from_millis(125);

/// What happens at one instant.
type Scene = (Timestamp, Vec<Event>);

pub(crate) fn demo(args: &DemoArgs, out: &mut Output) -> Result<Exit, UserError> {
    if args.list {
        for scenario in sim::scenarios() {
            out.line(&format!("{:<18} {}", scenario.name, scenario.about));
        }
        return Ok(Exit::Safe);
    }
    let now = Clock::new().now();
    let (about, (plan, world, trials)) = match args.seed {
        Some(seed) => (format!("random world {seed}"), sim::random_watch(seed)),
        None => {
            let scenario = scenario(&args.scenario)?;
            let (plan, world) = scenario.build(now);
            (scenario.about.to_owned(), (plan, world, Trials::none()))
        }
    };
    let start = world.start();
    let runtime = runtime()?;
    let stops = Stops::listen(&runtime);
    let mut show = Show::new(&args.show, true);
    show.begin(&format!("propwatch: a simulated internet; the story: {about}"));
    let (scenes, report) = play(plan, world, &trials)?;
    let pauses = pauses(start, &scenes, if args.fast || args.show.quiet { Duration::ZERO } else { LENGTH });
    let told = runtime.block_on(async {
        let broken = std::cell::Cell::new(false);
        tokio::select! {
            biased;
            () = stops.heard(&broken) => false,
            () = tell(start, &scenes, &pauses, &mut show, out) => true,
        }
    });
    if told {
        show.recall(Event::Verdict(Box::new(report.clone())));
    }
    // Where things stand when the audience leaves is what the last verdict said.
    if let Some(report) = show.verdict().cloned() {
        show.end(&report, out);
    }
    Ok(match told {
        _ if out.is_broken() => Exit::BrokenPipe,
        false => Exit::Interrupted,
        true => Exit::of(&report),
    })
}

fn scenario(name: &str) -> Result<&'static Scenario, UserError> {
    sim::find(name).ok_or_else(|| {
        let names: Vec<&str> = sim::scenarios().iter().map(|scenario| scenario.name).collect();
        UserError::new(format!("there is no story called `{name}`"))
            .hint(format!("one of {}", propwatch::view::list(&names, 20)))
    })
}

/// Plays the whole story at once, and gives what happens before its last verdict, and that verdict. The longest takes
/// a fraction of a second.
fn play(plan: Plan, mut world: World, trials: &Trials) -> Result<(Vec<Scene>, Report), UserError> {
    let mut player = Player::tried(plan, &mut world, trials);
    let mut scenes: Vec<Scene> = player.by_ref().filter(|(_, events)| !events.is_empty()).collect();
    for (_, events) in &mut scenes {
        events.retain(|event| !matches!(event, Event::Verdict(report) if report.last));
    }
    match &player.played().report {
        Some(report) => {
            let mut report = (**report).clone();
            // The story is over because nothing more happens in it; a watch would go on until the repair.
            report.last &= report.verdict != Verdict::Blocked;
            Ok((scenes, report))
        }
        None => Err(UserError::new("the story has no end: this is a mistake in the simulator")),
    }
}

/// The pause before each scene: hours do not bore and seconds can be read, since a pause grows with the
/// logarithm of the time that passes; none is longer than that time, and all are `length` at most.
fn pauses(start: Timestamp, scenes: &[Scene], length: Duration) -> Vec<Duration> {
    let before = std::iter::once(start).chain(scenes.iter().map(|(at, _)| *at));
    let gaps: Vec<Duration> = scenes.iter().zip(before).map(|((at, _), before)| at.since(before)).collect();
    let weight = |gap: &Duration| gap.as_secs_f64().ln_1p();
    let all: f64 = gaps.iter().map(weight).sum();
    let pause = |gap: &Duration| {
        let share = if all > 0.0 { weight(gap) / all } else { 0.0 };
        length.mul_f64(share).min(*gap).min(LONGEST_PAUSE)
    };
    gaps.iter().map(pause).collect()
}

async fn tell(start: Timestamp, scenes: &[Scene], pauses: &[Duration], show: &mut Show, out: &mut Output) {
    let mut before = start;
    for ((at, events), pause) in scenes.iter().zip(pauses) {
        let watch = Stopwatch::start();
        while let Some(left) = pause.checked_sub(watch.elapsed()).filter(|left| !left.is_zero()) {
            tokio::time::sleep(left.min(FRAME)).await;
            // The virtual clock runs on through the pause.
            let part = watch.elapsed().as_secs_f64() / pause.as_secs_f64();
            show.event(before + at.since(before).mul_f64(part.min(1.0)), None, out);
        }
        for event in events {
            show.event(*at, Some(event), out);
        }
        if out.is_broken() {
            return;
        }
        before = *at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn every_story_fits_its_time_and_outpaces_no_clock() {
        for scenario in sim::scenarios() {
            let (plan, world) = scenario.build(START);
            let (scenes, report) = play(plan, world, &Trials::none()).unwrap();
            let pauses = pauses(START, &scenes, LENGTH);
            let all: Duration = pauses.iter().sum();
            assert!(all <= LENGTH + Duration::from_millis(1), "{}: {all:?}", scenario.name);
            let lasts = report.at.since(START);
            if lasts > Duration::from_secs(600) {
                assert!(all >= Duration::from_secs(5), "{}: {all:?} for {lasts:?}", scenario.name);
            }
            assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE));
        }
    }

    #[test]
    fn without_time_there_are_no_pauses() {
        let (plan, world) = sim::scenarios()[0].build(START);
        let (scenes, _) = play(plan, world, &Trials::none()).unwrap();
        assert!(pauses(START, &scenes, Duration::ZERO).iter().all(Duration::is_zero));
        assert!(pauses(START, &[], LENGTH).is_empty());
    }
}
