use std::cell::RefCell;
use std::sync::Arc;

use futures::{Stream, stream};

use super::*;
use crate::engine::{Mode, Plan, Policy, Request};
use crate::model::{
    Endpoint, Errand, Failure, Milestone, Name, Port53, Role, Seen, Task, Value, Vantage, Verdict, Walk,
    WalkEnd,
};

/// A network on which nothing answers.
#[derive(Default)]
struct Dead {
    asked: RefCell<u32>,
}

impl Network for Dead {
    fn run(&self, errands: Vec<Errand>) -> impl Stream<Item = Vec<Finding>> {
        *self.asked.borrow_mut() += u32::try_from(errands.len()).unwrap();
        stream::iter(errands.into_iter().map(|errand| {
            let seen = match &errand.task {
                Task::Walk { name } => Seen::Walked(Box::new(Walk {
                    name: name.clone(),
                    zone: name.clone(),
                    parent: Name::root(),
                    end: WalkEnd::Unreached(Failure::Silent { tries: 3 }),
                    parents: Vec::new(),
                    servers: Vec::new(),
                    questions: 3,
                })),
                Task::Ask { .. } => Seen::Failed(Failure::Silent { tries: 3 }),
                Task::Intercept => Seen::Intercepted(Port53::Clear),
                Task::Survey { .. } | Task::Fetch(_) | Task::Origin { .. } => Seen::Failed(Failure::NoRoute),
            };
            vec![Finding { errand, at: Clock::new().now(), seen, questions: 1 }]
        }))
    }
}

fn plan(mode: Mode) -> Plan {
    let names =
        vec![(Name::parse("www.example.com").unwrap(), vec![Value::V4("203.0.113.7".parse().unwrap())])];
    let voter = Vantage {
        name: Arc::from("r"),
        operator: Arc::from("o"),
        place: None,
        role: Role::Voter,
        endpoints: vec![Endpoint::udp("127.0.0.1:9".parse().unwrap())],
        flush: None,
        zone: None,
    };
    let policy = Policy { until: Milestone::Safe, allow_reserved: true, ..Policy::default() };
    Plan::new(Request { names, mode, policy }, vec![voter]).unwrap()
}

fn run(watch: &mut Watch, deadline: Option<Timestamp>) -> Run<'_> {
    Run { watch, first: Input::Started, journal: None, deadline }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_look_at_a_dead_network_ends_and_is_inconclusive() {
    let (net, clock) = (Dead::default(), Clock::new());
    let mut watch = Watch::new(plan(Mode::Look));
    let (report, ended) =
        block_on(drive(run(&mut watch, None), &clock, &net, std::future::pending(), |_, _| {}));
    assert_eq!((report.verdict, ended), (Verdict::Inconclusive, Ended::Done));
    assert!(!report.records[0].reasons.is_empty());
}

#[test]
fn a_deadline_and_a_stop_end_a_watch() {
    let (net, clock) = (Dead::default(), Clock::new());
    let mut watch = Watch::new(plan(Mode::Watch));
    let soon = clock.now() + Duration::from_millis(50);
    let mut told = 0;
    let (report, ended) =
        block_on(drive(run(&mut watch, Some(soon)), &clock, &net, std::future::pending(), |_, event| {
            told += u32::from(event.is_some());
        }));
    assert_eq!((report.exit_code(), ended), (4, Ended::Done));
    assert!(told >= 2);
    let mut watch = Watch::new(plan(Mode::Watch));
    let (report, ended) =
        block_on(drive(run(&mut watch, None), &clock, &net, std::future::ready(()), |_, _| {}));
    assert!(report.last);
    assert_eq!(ended, Ended::Stopped);
}

/// A network that never comes back.
struct Hanging;

impl Network for Hanging {
    fn run(&self, _errands: Vec<Errand>) -> impl Stream<Item = Vec<Finding>> {
        stream::pending()
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_what_is_under_way() {
    let clock = Clock::new();
    let mut watch = Watch::new(plan(Mode::Watch));
    let stop = tokio::time::sleep(Duration::from_millis(300));
    let (report, ended) = drive(run(&mut watch, None), &clock, &Hanging, stop, |_, _| {}).await;
    assert!(report.last);
    assert_eq!(ended, Ended::Stopped);
}

#[tokio::test(start_paused = true)]
#[allow(clippy::disallowed_methods)] // virtual time is told by tokio's clock
async fn a_suspended_machine_finds_out_a_second_after_waking() {
    let epoch = Timestamp::from_secs(1_800_000_000);
    let start = tokio::time::Instant::now();
    // The wall clock gains a day while tokio's stands still.
    let now = || {
        let awake = start.elapsed();
        let slept = if awake > Duration::from_secs(600) { 86_400 } else { 0 };
        epoch + awake + Duration::from_secs(slept)
    };
    let mut ticks = 0;
    let end = epoch + Duration::from_secs(40_000);
    let next = until(now, None, Some(end), &mut |_, _| ticks += 1).await;
    assert!(matches!(next, Next::Deadline));
    assert!(start.elapsed() <= Duration::from_secs(602), "{:?}", start.elapsed());
    assert!(ticks >= 600, "the view hears that time passes: {ticks}");
}

#[tokio::test(start_paused = true)]
#[allow(clippy::disallowed_methods)]
async fn the_deadline_goes_before_a_wake_up() {
    let epoch = Timestamp::from_secs(1_800_000_000);
    let start = tokio::time::Instant::now();
    let now = || epoch + start.elapsed();
    let soon = epoch + Duration::from_secs(90);
    assert!(matches!(until(now, Some(soon), None, &mut |_, _| {}).await, Next::Woke));
    assert!(matches!(until(now, Some(soon), Some(soon), &mut |_, _| {}).await, Next::Deadline));
}
