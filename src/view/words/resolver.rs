//! Words about caches: public resolvers and this machine's own.

use crate::model::{Failure, Held, Rcode, Record, Timestamp};

use super::standings::{has, have};
use super::{Said, Words, failure};

impl Words<'_> {
    pub(super) fn not_asked(&self) -> Said {
        Said::new(
            "no public resolver has been asked yet, on purpose: a question now would plant the old answer in its cache",
            if self.goes_on() {
                "Nothing to do: they are asked as soon as the name servers are right."
            } else if self.has_ended() {
                "Nothing to do: the same command asks them once the name servers are right."
            } else {
                "Nothing to do: they are asked once the name servers are right (--look-anyway asks them now)."
            },
        )
    }

    pub(super) fn stale(&self, record: &Record, who: &str, held: &Held, until: Option<Timestamp>) -> Said {
        Said::new(
            format!("{who} still {}{}", has(held, record), self.comma_until(until)),
            self.flush_or_wait(record, who, until),
        )
    }

    pub(super) fn mixed(
        &self,
        record: &Record,
        who: &str,
        held: &Held,
        (wrong, caches): (u8, u8),
        until: Option<Timestamp>,
    ) -> Said {
        let has = if wrong == 1 { has(held, record) } else { have(held, record) };
        Said::new(
            format!("{wrong} of {caches} caches behind {who} still {has}{}", self.comma_until(until)),
            self.flush_or_wait(record, who, until),
        )
    }

    pub(super) fn witness(&self, record: &Record, who: &str, held: &Held, until: Option<Timestamp>) -> Said {
        Said::new(
            format!("{who}, which is not counted, still {}{}", has(held, record), self.comma_until(until)),
            "Nothing to do for the certificate; to see the new record from here, empty this machine's DNS cache.",
        )
    }

    pub(super) fn suspect(&self, record: &Record, who: &str, held: &Held) -> Said {
        let next = match self.flush_page(who) {
            Some(page) => format!("Empty its cache for {} at {page}", record.name),
            None => "Nothing to do: the verdict does not wait for it.".to_owned(),
        };
        Said::new(
            format!("{who} {} past the end that it announced itself; it is not counted", has(held, record)),
            next,
        )
    }

    pub(super) fn failing(&self, who: &str, code: Rcode) -> Said {
        Said::new(
            format!("{who} cannot find out ({code})"),
            format!("Resolvers keep a failure for two minutes at most. {}", self.just_wait()),
        )
    }

    pub(super) fn bogus(&self, record: &Record, who: &str) -> Said {
        let zone = self.zone_for(record);
        Said::new(
            format!("{who} says that the DNSSEC signatures of {zone} are not valid"),
            format!(
                "At the registrar remove the DS record of {zone}, or have the zone signed with the key that it names."
            ),
        )
    }

    pub(super) fn unconfirmed(&self, who: &str, samples: u8, needed: u8) -> Said {
        Said::new(
            format!("{who} has given {samples} of the {needed} right answers that are needed"),
            self.just_wait(),
        )
    }

    pub(super) fn silent(&self, who: &str, why: Option<&Failure>) -> Said {
        match why {
            Some(why) => Said::new(
                format!("{who} does not answer ({})", failure(why)),
                "Nothing to do: silence counts neither way.",
            ),
            None => {
                Said::new(format!("{who} refuses to answer"), "Nothing to do: a refusal counts neither way.")
            }
        }
    }

    /// `, until 15:42:10`, or nothing where the end is not known.
    pub(super) fn comma_until(&self, until: Option<Timestamp>) -> String {
        until.map(|at| format!(", until {}", self.when.clock(at))).unwrap_or_default()
    }

    pub(super) fn flush_page(&self, who: &str) -> Option<&str> {
        self.cast.named(who).and_then(|member| member.vantage.flush.as_deref())
    }

    fn flush_or_wait(&self, record: &Record, who: &str, until: Option<Timestamp>) -> String {
        match self.flush_page(who) {
            // No full stop behind the address of a page: it would be copied with it.
            Some(page) => {
                let wait = until.map(|at| format!("Wait until {}, or empty", self.when.clock(at)));
                let wait = wait.unwrap_or_else(|| "Empty".to_owned());
                format!("{wait} its cache for {} now at {page}", record.name)
            }
            None => self.wait_until(until),
        }
    }

    /// The step while an instant is waited for at which nobody has to be asked.
    pub(super) fn wait_until_then(&self, until: Timestamp) -> String {
        if self.has_ended() {
            self.again_after(Some(until))
        } else if self.cast.is_watch() {
            format!("Nothing to do: this watch goes on until {}.", self.when.clock(until))
        } else {
            format!("Look again after {}.", self.when.clock(until))
        }
    }
}
