//! One watch: every input goes in through [`Watch::step`], everything that follows comes out of it.

use crate::model::{Errand, Event, Finding, Report, Timestamp, Why};

use super::Plan;

/// What can happen to a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// It begins.
    Started,
    /// The wake-up that the last step asked for. Never changes a verdict.
    Woke,
    /// An errand came back.
    Found(Finding),
    /// Time is up.
    Deadline,
    /// The user has had enough.
    Stopped,
}

/// The next time to call [`Watch::step`] with [`Input::Woke`], if nothing else happens before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// What for.
    pub why: Why,
}

/// Everything that follows from one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// To be carried out now; each must come back as one [`Input::Found`].
    pub errands: Vec<Errand>,
    /// To be told, in this order.
    pub events: Vec<Event>,
    /// When to come back.
    pub wake: Option<Wake>,
    /// The last word, when the watch is over.
    pub done: Option<Box<Report>>,
}

/// The engine's memory of one watch.
#[derive(Debug)]
pub struct Watch {
    plan: Plan,
}

impl Watch {
    /// A watch that has not begun.
    pub fn new(plan: Plan) -> Self {
        Watch { plan }
    }

    /// Takes one input at the instant `now` and returns everything that follows.
    pub fn step(&mut self, _now: Timestamp, _input: Input) -> Step {
        let _ = &self.plan;
        Step::default()
    }
}
