//! The reason that must be told, situation by situation: a row that is not safe, or safe with a warning, has to say
//! why. The codes are those of `propwatch`'s JSON; they are the same whichever CA is asked.

use super::row::{Row, Says, Truth};

/// Codes, and the situations in which one of them must be among the reasons.
const TOLD: &[(&[&str], &str)] = &[
    (&["authority-wrong"], "nxdomain nodata old old-too alias-nowhere ns-left two-wrong pol-suffix"),
    (&["authority-behind"], "ns-behind ns-behind-nx ns-behind-third"),
    (&["authority-behind", "authority-stuck"], "ns-stuck"),
    (&["authority-silent"], "ns-dead ns-shut"),
    (&["authority-lame"], "ns-lame ns-lame-half ns-servfail"),
    (&["authority-dead"], "ns-dead-half ns-dead-two"),
    (&["glue-mismatch"], "ns-glue ns-own"),
    (&["zone-missing"], "no-zone"),
    (&["alias-loop"], "alias-circle"),
    (&["name-refused"], "pol-underscore pol-deep pol-hyphens pol-tld"),
    (&["reserved-address"], "res-private res-test res-shared res-six res-beside"),
    (&["unexpected-aaaa"], "six-stray six-stray-closed res-six-beside"),
    (&["server-refuses"], "odd-case odd-edns"),
    (&["aaaa-dropped"], "odd-aaaa-drop"),
    (&["a-dropped"], "odd-a-drop"),
    (
        &["dnssec-bogus"],
        "sec-expired sec-early sec-other sec-unsigned sec-changed sec-bare sec-undenied sec-half sec-alias",
    ),
    (
        &["caa-forbids"],
        "caa-other caa-nobody caa-empty caa-wild-ours caa-capitals caa-quotes caa-dot caa-www caa-tag-other \
         caa-critical caa-critical-1 caa-critical-and caa-junk caa-junk-value caa-dns caa-methods-twice caa-accounts \
         caa-up caa-top caa-alias",
    ),
    (&["caa-account"], "caa-account"),
    (&["caa-split"], "caa-split caa-split-new"),
    (&["caa-fails"], "caa-drop caa-servfail caa-notimp caa-refused caa-cut"),
    (&["caa-unseen"], "caa-top-lost"),
    (
        &["web-closed"],
        "closed hole two-closed six-closed six-closed-redirect six-both-closed six-only-closed six-better \
         no-file-closed r-tls-closed r-closed r-six",
    ),
    (&["web-broken"], "hang close too-slow endless-head no-http six-hang r-plain-443 r-tls-80"),
    (
        &["web-status"],
        "two-left six-404 six-stray-known docroot forbidden password unavailable partial not-found-but no-file-403 r-404 r300 \
         r-none r-tls-404",
    ),
    (&["web-body"], "endless parked empty blanks body-128 leading bom longer shorter"),
    (&["web-catch-all"], "no-file-parked"),
    (
        &["web-redirect"],
        "r303 r-loop r-home hops-10 hops-12 r-long r-port r-scheme r-file r-well-known r-no-host res-redirect",
    ),
    (&["web-unresolved"], "r-local r-nowhere"),
    (&["web-not-proven"], "no-web no-file"),
    (&["too-slow"], "slow-eleven six-hole-slow"),
];

/// One of these codes must be among the reasons of a row; none for a row that is right, or refused as a mistake.
pub(crate) fn codes(row: &Row) -> &'static [&'static str] {
    let named = |(_, rows): &&(&[&str], &str)| rows.split_whitespace().any(|id| id == row.id);
    let told = TOLD.iter().find(named).map_or(&[][..], |(codes, _)| codes);
    let needed = row.truth != Truth::Passes && row.says != Says::Usage;
    assert!(!told.is_empty() || !needed, "{}: which reason must be told is not said", row.id);
    if needed { told } else { &[] }
}
