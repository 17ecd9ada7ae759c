//! Every sentence that a person reads. One function a cause, each with exactly one next step.

mod authority;
mod caa;
mod calls;
mod causes;
mod dnssec;
mod editing;
mod explain;
mod gaps;
mod groups;
mod headline;
mod issuing;
mod lists;
mod redirects;
mod resolver;
mod self_test;
mod standings;
mod story;
mod times;
mod web;
mod zone;

pub use calls::call_failure;
pub use explain::{
    Checked, Explaining, Looked, Now, Told, record_error, record_heading, record_unread, witness,
};
pub use groups::Group;
pub use headline::Headline;
pub(in crate::view) use headline::of_caches;
pub use issuing::tries_left;
pub use lists::{count, list};
pub use self_test::self_test;
pub use times::{When, span};

use crate::model::{Failure, Rcode};

use super::Cast;
use super::escape::clean;

/// What is the matter, and the one thing to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is the matter: a clause without a full stop.
    pub text: String,
    /// The next step: whole sentences.
    pub next: String,
}

impl Said {
    fn new(text: impl Into<String>, next: impl Into<String>) -> Said {
        Said { text: text.into(), next: next.into() }
    }
}

/// Finds the words for what the engine means.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    cast: &'a Cast,
    when: When,
}

impl<'a> Words<'a> {
    /// Words about this cast, with times told like that.
    pub fn new(cast: &'a Cast, when: When) -> Self {
        Words { cast, when }
    }

    /// How times are told.
    pub fn when(&self) -> &When {
        &self.when
    }

    /// Whether somebody goes on watching: a look never does, and a watch that has ended asks nobody any more.
    fn goes_on(&self) -> bool {
        self.cast.is_watch() && !self.has_ended()
    }

    /// Whether this is a watch that has come to its end, by itself or by the user.
    fn has_ended(&self) -> bool {
        self.cast.is_watch() && self.cast.report().is_some_and(|report| report.last)
    }

    /// The sentence after something that the user has to change.
    fn after_change(&self) -> &'static str {
        if self.goes_on() {
            "Then wait here: nothing else is needed."
        } else {
            "Then run the same command again."
        }
    }

    /// The step where nothing is to be done until something ends.
    fn wait_until(&self, until: Option<crate::model::Timestamp>) -> String {
        if self.has_ended() {
            return self.again_after(until);
        }
        match (self.cast.is_watch(), until) {
            (true, Some(at)) => format!("Nothing to do: it is asked again at {}.", self.when.clock(at)),
            (true, None) => "Nothing to do: it is asked again from time to time.".to_owned(),
            (false, Some(at)) => {
                format!("Look again after {}, or let `propwatch wait` do so.", self.when.clock(at))
            }
            (false, None) => "Let `propwatch wait` tell you when it is right.".to_owned(),
        }
    }

    /// The step after a watch has ended for what it would have waited for.
    fn again_after(&self, until: Option<crate::model::Timestamp>) -> String {
        match until {
            Some(at) => format!("Run the same command again after {}.", self.when.clock(at)),
            None => "Run the same command again.".to_owned(),
        }
    }

    /// The step where time mends it, nobody can say how soon.
    fn just_wait(&self) -> &'static str {
        if self.has_ended() {
            "Run the same command again."
        } else if self.cast.is_watch() {
            "Nothing to do: this watch goes on and will tell."
        } else {
            "Look again in a few minutes, or let `propwatch wait` do so."
        }
    }
}

/// Why there was no answer, as a phrase that stands alone.
pub(super) fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Silent { tries: 0 | 1 } => "no answer".to_owned(),
        Failure::Silent { tries } => format!("no answer to {tries} tries"),
        Failure::PortClosed => "nothing listens there".to_owned(),
        Failure::NoRoute => "no way there from this machine".to_owned(),
        Failure::Garbage => "its answers cannot be read".to_owned(),
        Failure::NoTcp => "its answer is too long for UDP, and it does not answer over TCP".to_owned(),
        Failure::Secure { text } => format!("no secure connection: {}", clean(text)),
    }
}

/// What an error code means, as a phrase with the code in it.
pub(super) fn rcode(rcode: Rcode) -> String {
    let meaning = match rcode {
        Rcode::FORMERR => "it cannot read the question",
        Rcode::SERVFAIL => "it could not find out",
        Rcode::NXDOMAIN => "no such name",
        Rcode::NOTIMP => "it does not do that",
        Rcode::REFUSED => "it will not say",
        Rcode::NOERROR => "no error, and no answer",
        _ => return rcode.to_string(),
    };
    format!("{rcode}: {meaning}")
}
