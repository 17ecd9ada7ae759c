//! Error texts of a certificate authority: from what a panel or client printed to a [`Diagnosis`].
//!
//! Pure: a text in, values out. The text is made dense ([`dense`](self)), so that no wrapping of lines hides
//! anything; marks are searched for in one pass; heads, that is the forms in which programs print, are joined
//! with the CA's words that follow; what the expected address changes is decided last.
//!
//! Time and memory are proportional to the text, whatever it holds: each mark looks at a bounded piece around
//! it, and what is kept of a text is bounded too.

mod captures;
mod catalogue;
mod decode;
mod dense;
mod evidence;
mod failures;
mod frames;
mod needles;
mod order;
mod places;
mod ranking;
mod reading;
mod shapes;

#[cfg(test)]
mod tests;

pub use decode::{MOST_BYTES, NoText, decode};
pub use evidence::{attempts_seen, names_seen, testimony};
pub use failures::MOST_FAILURES;
pub use order::{MOST_ORDER_BYTES, Unreadable, authorization, environment, order};

use crate::model::{Attempt, Class, Diagnosis, Environment, Timestamp, ToCheck, Value};

/// What a text says.
#[derive(Debug)]
pub struct Reading {
    /// Its failures, each once, in the order of the text; at least one, which may be without a class.
    pub diagnoses: Vec<Diagnosis>,
    /// Different failures beyond [`MOST_FAILURES`].
    pub more: usize,
}

impl Reading {
    /// Whether every failure of the text is known.
    pub fn is_recognised(&self) -> bool {
        self.diagnoses.iter().all(|diagnosis| diagnosis.class.is_some())
    }
}

/// Explains a text. `expected` is what its names should have; empty if that is not known.
pub fn explain(text: &str, expected: &[Value]) -> Reading {
    let dense = dense::Dense::new(text);
    let found = failures::failures(&dense);
    let mut diagnoses = found.diagnoses;
    for diagnosis in &mut diagnoses {
        ranking::rank(diagnosis, expected);
    }
    Reading { diagnoses, more: found.more }
}

/// The names to look at live, each once and in the order of the text, with what each should have.
///
/// The whole list is meant for every one of them: the words of a CA can name the wrong cause.
pub fn to_check(diagnoses: &[Diagnosis], expected: &[Value]) -> Vec<ToCheck> {
    let mut all: Vec<ToCheck> = Vec::new();
    for name in diagnoses.iter().flat_map(|diagnosis| &diagnosis.names) {
        let wild = name.as_str().starts_with("*.");
        if !wild && all.iter().all(|one| one.name != *name) {
            all.push(ToCheck { name: name.clone(), expected: expected.to_vec() });
        }
    }
    all
}

/// The failed tries that the text tells of, for the limit of failures (boulder `countFailedValidations`): one
/// for each name and occurrence. Where the text carries no time it was `now`.
pub fn attempts(diagnoses: &[Diagnosis], now: Timestamp) -> Vec<Attempt> {
    let mut all = Vec::new();
    for diagnosis in diagnoses {
        let limited = matches!(diagnosis.class, Some(Class::RateFailures | Class::RatePaused));
        if !reading::counts(diagnosis) && !limited {
            continue;
        }
        for name in &diagnosis.names {
            all.extend(diagnosis.tries.iter().map(|one| Attempt {
                name: name.clone(),
                environment: diagnosis.environment.unwrap_or(Environment::Production),
                account: diagnosis.account.clone(),
                at: one.at.unwrap_or(now).min(now),
                blocked_until: if limited { diagnosis.retry_after } else { None },
                fingerprint: one.fingerprint.clone(),
            }));
        }
    }
    all
}
