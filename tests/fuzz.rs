//! The fuzz targets as a bounded test: each corpus, and a few thousand mutations of it, the same ones each time.
//!
//! `MUTATIONS=100000 SEED=7 cargo test --test fuzz` tries others. `fuzz/README.md` says how to fuzz for real.

#![allow(clippy::expect_used, clippy::print_stdout)]

#[path = "fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use propwatch::sim::Dice;

/// Mutations of each corpus.
const MUTATIONS: u64 = 2500;
/// The longest input that is made.
const LONGEST: usize = 64 << 10;

fn number(key: &str, usual: u64) -> u64 {
    std::env::var(key).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join("corpus").join(name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
}

/// Bytes that mean something to one parser or another.
const TOKENS: [&[u8]; 24] = [
    b"\r\n",
    b"\n\n",
    b"\0",
    b"\xff\xff",
    b"\xc0\x0c",
    b"{",
    b"}",
    b"[",
    b"\"",
    b":",
    b"- ",
    b"0",
    b"-1",
    b"18446744073709551616",
    b"99999999999999999999",
    b"\x1b[31m",
    b"//",
    b"%00",
    b"&#27;",
    b"chunked",
    b"acme",
    b"NXDOMAIN",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x92\xa9",
];

fn mutated(of: &[(PathBuf, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    let any = |dice: &mut Dice| dice.pick(of).map(|(_, bytes)| bytes.clone()).unwrap_or_default();
    let mut bytes = any(dice);
    for _ in 0..dice.between(1, 6) {
        let at = usize::try_from(dice.below(bytes.len() as u64 + 1)).expect("small");
        let length = usize::try_from(dice.below(9)).expect("small");
        let end = (at + length).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).expect("a byte"),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece.repeat(1 + length * length * length));
            }
            5 => drop(bytes.splice(at..end, dice.pick(&TOKENS).copied().unwrap_or_default().iter().copied())),
            _ => {
                let other = any(dice);
                let from = usize::try_from(dice.below(other.len() as u64 + 1)).expect("small");
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn stands(name: &str, target: targets::Target) {
    let corpus = corpus(name);
    assert!((1..100).contains(&corpus.len()), "{name}: {} files", corpus.len());
    for (path, bytes) in &corpus {
        assert!(catch_unwind(|| target(bytes)).is_ok(), "{}", path.display());
    }
    let seed = number("SEED", 1);
    for round in 0..number("MUTATIONS", MUTATIONS) {
        let mut dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let bytes = mutated(&corpus, &mut dice);
        let stood = catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_ok();
        assert!(stood, "{name}, mutation {round} of seed {seed}: {}", bytes.escape_ascii());
    }
}

macro_rules! each {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            let (name, target) = targets::ALL.iter().find(|(name, _)| *name == stringify!($name)).expect("known");
            stands(name, *target);
        })*

        #[test]
        fn every_target_is_tested_and_fuzzed() {
            let tested = [$(stringify!($name)),*];
            for (name, _) in targets::ALL {
                assert!(tested.contains(name), "{name} has no test");
                let fuzzed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/fuzz_targets/{name}.rs"));
                assert!(fuzzed.is_file(), "{name} has no fuzz target");
            }
        }
    };
}

each! { dns_answer http_answer redirect error_text order resolvers_yaml records journal tries }
