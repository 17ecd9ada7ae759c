//! `demo`: a story on the simulated internet, behind the same views, paced so that 48 hours pass in about
//! a minute.

use std::time::Duration;

use propwatch::clock::Clock;
use propwatch::sim::{self, Player};

use super::args::DemoArgs;
use super::output::Output;
use super::show::Show;
use super::{Exit, UserError};

/// The longest pause between two events.
const LONGEST_PAUSE: Duration = Duration::from_millis(1500);

pub(crate) fn demo(args: &DemoArgs, out: &mut Output) -> Result<Exit, UserError> {
    if args.list {
        for scenario in sim::scenarios() {
            out.line(&format!("{:<18} {}", scenario.name, scenario.about));
        }
        return Ok(Exit::Safe);
    }
    let scenario = sim::find(&args.scenario).ok_or_else(|| {
        let names: Vec<&str> = sim::scenarios().iter().map(|scenario| scenario.name).collect();
        UserError::new(format!("there is no story called `{}`", args.scenario))
            .hint(format!("one of {}", propwatch::view::list(&names, 20)))
    })?;
    let mut show = Show::new(&args.show, true);
    show.begin(&format!("propwatch: a simulated internet; the story: {}", scenario.about));
    let start = Clock::new().now();
    let (plan, mut world) = scenario.build(start);
    let mut player = Player::new(plan, &mut world);
    let mut last = start;
    for (at, events) in player.by_ref() {
        if !args.fast && !events.is_empty() {
            pause(at.since(last));
            last = at;
        }
        for event in &events {
            show.event(at, Some(event), out);
        }
        if events.is_empty() {
            show.event(at, None, out);
        }
        if out.is_broken() {
            return Ok(Exit::BrokenPipe);
        }
    }
    let played = player.played();
    let Some(report) = &played.report else {
        return Err(UserError::new("the story has no end: this is a mistake in the simulator"));
    };
    show.end(report, out);
    Ok(Exit::of(report))
}

/// Seconds pass slowly enough to be read and hours do not bore: the pause grows with the logarithm.
fn pause(virtual_time: Duration) {
    let secs = virtual_time.as_secs_f64();
    let real = Duration::from_secs_f64((secs + 1.0).log2() * 0.12);
    std::thread::sleep(real.min(LONGEST_PAUSE));
}
