//! What is known of each class of error text: one entry a class.
//!
//! The texts are those of the CA's source (boulder `bdns/problem.go`, `va/*.go`, `ra/ra.go`, `wfe2/*.go`,
//! `policy/pa.go`, `ratelimits/limiter.go`), of the cPanel plugin, of cPanel's AutoSSL, cert-manager and
//! Pebble. A text that begins with `~` says little: it counts only where nothing else was found. Classes without
//! texts are told apart by [`super::shapes`].

mod answer;
mod client;
mod connect;
mod dns;
mod dnssec;
mod limits;
mod panel;
mod policy;
mod redirect;

use crate::model::{Class, Phase, Trouble, Waiting};

/// One class.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) class: Class,
    /// The type of problem that the CA gives with it; empty where the text is not the CA's.
    pub(super) kind: &'static str,
    /// The HTTP status of the problem document; 0 where there is none.
    pub(super) status: u16,
    pub(super) waiting: Waiting,
    pub(super) phase: Phase,
    /// Whether it costs one of the tries that a name and an account have (boulder `countFailedValidations`).
    pub(super) counts: bool,
    pub(super) texts: &'static [&'static str],
    pub(super) troubles: &'static [Trouble],
}

/// `Class, "type" status, Waiting, Phase, [texts], [troubles]`; `free` for what costs no try.
macro_rules! entries {
    ($($class:ident, $kind:literal $status:literal, $waiting:ident, $phase:ident $(, $free:ident)?;
       [$($text:literal),* $(,)?] => [$($trouble:ident),* $(,)?];)*) => {
        pub(super) const ENTRIES: &[super::Entry] = &[$(super::Entry {
            class: crate::model::Class::$class,
            kind: $kind,
            status: $status,
            waiting: crate::model::Waiting::$waiting,
            phase: crate::model::Phase::$phase,
            counts: !super::is_free(&[$(stringify!($free))?]),
            texts: &[$($text),*],
            troubles: &[$(crate::model::Trouble::$trouble),*],
        },)*];
    };
}
use entries;

const fn is_free(words: &[&str]) -> bool {
    !words.is_empty()
}

const FAMILIES: [&[Entry]; 9] = [
    dns::ENTRIES,
    dnssec::ENTRIES,
    redirect::ENTRIES,
    answer::ENTRIES,
    connect::ENTRIES,
    limits::ENTRIES,
    policy::ENTRIES,
    client::ENTRIES,
    panel::ENTRIES,
];

/// Every entry.
pub(super) fn all() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.into_iter().flatten()
}

/// The entry of a class. Every class has one (a test counts them).
pub(super) fn entry(class: Class) -> Option<&'static Entry> {
    all().find(|entry| entry.class == class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_one_entry() {
        assert_eq!(Class::ALL.len(), 108);
        for class in Class::ALL {
            let found: Vec<&Entry> = all().filter(|entry| entry.class == *class).collect();
            assert_eq!(found.len(), 1, "{}", class.code());
            assert!(!found[0].troubles.is_empty(), "{}", class.code());
            assert!(found[0].texts.iter().all(|text| text.len() >= 6), "{}", class.code());
        }
    }

    #[test]
    fn every_trouble_is_behind_something() {
        let beside = [Trouble::StaleAaaa, Trouble::CaSlow];
        for trouble in Trouble::ALL {
            let used = all().any(|entry| entry.troubles.contains(trouble)) || beside.contains(trouble);
            assert!(used, "{}", trouble.code());
        }
    }
}
