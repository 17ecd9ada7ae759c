//! What it costs to explain a log of 10 MB: time, and the most memory that the process held.
//!
//! `cargo bench --bench explain`

#![allow(missing_docs, clippy::print_stdout)]

use propwatch::clock::Stopwatch;
use propwatch::explain::{decode, explain};

const LENGTH: usize = 10 << 20;

fn main() {
    let quiet =
        "2026/11/24 10:00:00 [INFO] acme: Registering account, nothing happens here: GET / HTTP/1.1 200 -\n";
    let failing = "[n{}.example.com] acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: 192.0.2.7: Invalid response \
                   from http://n{}.example.com/.well-known/acme-challenge/TOKEN: 404, url: \n";
    let log = |every: usize| {
        let mut text = String::with_capacity(LENGTH + 400);
        let mut line = 0;
        while text.len() < LENGTH {
            line += 1;
            if line % every == 0 {
                text.push_str(&failing.replace("{}", &(line % 300).to_string()));
            } else {
                text.push_str(quiet);
            }
        }
        text
    };
    for (what, text) in [("a log, a failure in 100 lines", log(100)), ("nothing but failures", log(1))] {
        let bytes = text.into_bytes();
        let watch = Stopwatch::start();
        let Ok(text) = decode(&bytes) else { continue };
        drop(bytes);
        let reading = explain(&text, &[]);
        println!("{what}: {} failures, {:?}", reading.diagnoses.len(), watch.elapsed());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("most memory: {line}");
    }
}
