//! Whatever a text holds: no panic, bounded time, bounded results.

use proptest::prelude::*;

use crate::explain::{MOST_FAILURES, attempts, decode, explain, to_check};
use crate::model::{Timestamp, Value};

fn run(bytes: &[u8]) -> usize {
    let Ok(text) = decode(bytes) else { return 0 };
    let reading = explain(&text, &[Value::V4([192, 0, 2, 7].into())]);
    let _ = (
        attempts(&reading.diagnoses, Timestamp::from_secs(1_800_000_000)),
        to_check(&reading.diagnoses, &[]),
    );
    assert!(!reading.diagnoses.is_empty() && reading.diagnoses.len() <= MOST_FAILURES);
    reading.diagnoses.len()
}

/// Pieces of which hostile texts are made.
const PIECES: [&str; 34] = [
    "DNS problem: ",
    "NXDOMAIN looking up A for ",
    "looking up CAA for ",
    "a.example.com",
    ": DNSSEC: Bogus",
    "192.0.2.7: ",
    "Invalid response from ",
    "http://a.example.com/.well-known/acme-challenge/x",
    " [192.0.2.7]",
    ": 404",
    ": \"<html>",
    "Updating challenge for ",
    "acme: error code 403 \"",
    "urn:ietf:params:acme:error:",
    "unauthorized",
    "\": ",
    "[a.example.com] acme: error: 403 :: ",
    "Domain: ",
    " Type: ",
    " Detail: ",
    "Verify error:",
    "\n",
    "\n\n",
    " ",
    "\u{1b}[31m",
    "&amp;quot;",
    "\\\"",
    "\\u003c",
    "Fetching http",
    "retry after 2026-11-24 10:12:19 UTC",
    "too many failed authorizations (5) for \"",
    "https://acme-v02.api.letsencrypt.org/acme/order/1/",
    "\u{201c}é\u{202e}",
    "During secondary validation: ",
];

proptest! {
    #[test]
    fn no_bytes_end_the_program(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        run(&bytes);
    }

    #[test]
    fn no_pieces_end_the_program(picks in prop::collection::vec(0..PIECES.len(), 0..60), cut in 0usize..600) {
        let text: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        run(text.as_bytes());
        let end = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        run(&text.as_bytes()[..end]);
    }
}

/// A megabyte of each piece, and of pairs: whatever looks around a mark must not look around the whole text.
#[test]
fn time_is_proportional_to_the_text() {
    const LENGTH: usize = 1 << 20;
    let mut texts: Vec<String> = PIECES.iter().map(|piece| piece.repeat(LENGTH / piece.len())).collect();
    texts.push("\"type\":\"urn:ietf:params:acme:error:".repeat(LENGTH / 36));
    texts.push("Auth".repeat(LENGTH / 8) + &"is invalid!".repeat(LENGTH / 22));
    texts.push("DNS problem: NXDOMAIN looking up A for a\nb\nc\nd\ne\nf".repeat(LENGTH / 50));
    texts.push("\u{1b}]".repeat(LENGTH / 2));
    texts.push("&amp;".repeat(LENGTH / 5));
    texts.push("\\".repeat(LENGTH));
    texts.push(format!("Updating challenge for {}", "a.".repeat(LENGTH / 2)));
    for text in texts {
        #[allow(clippy::disallowed_methods)]
        let start = std::time::Instant::now();
        run(text.as_bytes());
        let took = start.elapsed();
        let shown: String = text.chars().take(40).collect();
        assert!(took.as_secs() < 10, "{took:?} for a megabyte of {shown:?}");
    }
}

#[test]
fn a_log_of_many_failures_is_cut_short() {
    let line = |n: usize| {
        format!(
            "[n{n}.example.com] acme: error: 400 :: urn:ietf:params:acme:error:dns :: DNS problem: NXDOMAIN looking up A for n{n}.example.com, url: \n"
        )
    };
    let log: String = (0..MOST_FAILURES + 100).map(line).collect();
    let reading = explain(&log, &[]);
    assert_eq!((reading.diagnoses.len(), reading.more), (MOST_FAILURES, 100));
    let same: String = (0..1000).map(|_| line(1)).collect();
    assert_eq!(explain(&same, &[]).diagnoses.len(), 1);
}
