//! Whose servers are at addresses that nobody expects. Thousands of names may still be at the same old host, so each
//! address is looked at once for all of them.

use std::net::IpAddr;

use crate::model::{Origin, Seen, Task, Why};

use super::Watch;
use super::subject::Subject;

/// Addresses of one name whose owner is asked for.
const MOST_ORIGINS: usize = 4;

/// What is known of one address.
#[derive(Debug)]
pub(super) enum Looked {
    /// The look is under way, for these names.
    For(Vec<usize>),
    /// What came of it.
    Found(Box<Origin>),
}

impl Watch {
    /// Finds out whose servers are at the addresses that a survey found and nobody expects.
    pub(super) fn ask_origins(&mut self, subject: usize) {
        let Subject { survey: Some(survey), expected, origins, .. } = &self.subjects[subject] else { return };
        if expected.is_empty() || !self.plan.policy.ask_origin {
            return;
        }
        let strange = survey.addresses.iter().filter(|&&address| {
            !expected.contains(&address)
                && self.may_visit(address)
                && origins.iter().all(|(known, _)| *known != address)
        });
        let strange: Vec<IpAddr> = strange.copied().take(MOST_ORIGINS).collect();
        for address in strange {
            match self.origins.get_mut(&address) {
                Some(Looked::For(subjects)) => subjects.push(subject),
                Some(Looked::Found(origin)) => {
                    let origin = Origin::clone(origin);
                    self.learn_origin(subject, address, origin);
                }
                None => {
                    self.origins.insert(address, Looked::For(vec![subject]));
                    self.send(Task::Origin { address }, Why::First);
                }
            }
        }
    }

    pub(super) fn originated(&mut self, address: IpAddr, seen: Seen) {
        let Some(Looked::For(subjects)) = self.origins.remove(&address) else { return };
        // Where nothing was found out, the next survey asks again.
        let Seen::Originated(origin) = seen else { return };
        self.origins.insert(address, Looked::Found(origin.clone()));
        for subject in subjects {
            self.learn_origin(subject, address, Origin::clone(&origin));
        }
    }

    fn learn_origin(&mut self, subject: usize, address: IpAddr, origin: Origin) {
        let Subject { survey, origins, seen, .. } = &mut self.subjects[subject];
        let theirs = survey.as_ref().is_some_and(|survey| survey.addresses.contains(&address));
        if theirs && origins.iter().all(|(known, _)| *known != address) {
            origins.push((address, origin));
            *seen += 1;
            self.mark_subject(subject);
        }
    }

    /// The looks that were under way are lost.
    pub(super) fn forget_origins_under_way(&mut self) {
        self.origins.retain(|_, looked| matches!(looked, Looked::Found(_)));
    }
}
