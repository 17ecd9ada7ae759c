//! What was reached is only taken back for a cause.

use propwatch::model::{Event, Milestone, Timestamp};
use propwatch::sim::{play, scenarios};

const START: Timestamp = Timestamp::from_secs(1_772_460_000);

#[test]
fn a_record_that_is_safe_stays_so_while_others_are_waited_for() {
    for scenario in scenarios() {
        let (plan, mut world) = scenario.build(START);
        let (mut told, mut lost) = (Vec::new(), Vec::new());
        let played = play(plan, &mut world, |at, event| match event {
            Event::Milestone { record, milestone, lost: false, .. } => told.push((*record, *milestone)),
            Event::Milestone { lost: true, .. } => lost.push(at),
            _ => {}
        });
        assert!(lost.is_empty(), "{}: taken back {} times, first at {}", scenario.name, lost.len(), lost[0]);
        told.retain(|(_, milestone)| *milestone == Milestone::Safe);
        let safe = told.len();
        told.dedup();
        assert_eq!(told.len(), safe, "{}: told twice", scenario.name);
        let report = played.report.unwrap_or_else(|| panic!("{}: no last word", scenario.name));
        assert!(report.last, "{}", scenario.name);
    }
}
