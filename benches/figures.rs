//! The figures of README's table: whole runs of the command against hand-written servers on loopback.
//!
//! `cargo bench --bench figures` prints the table; `cargo bench --bench figures -- quick` leaves out the
//! watch that takes a minute. Memory needs GNU time as `/usr/bin/time`.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/fleet/mod.rs"]
mod fleet;

use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fleet::{NEW, Plays, Server, arguments, fleet, text};

/// Runs a figure is taken over; the median is printed.
const RUNS: usize = 7;

struct Run {
    wall: Duration,
    output: Output,
    ended: Duration,
}

fn run(verb: &str, authorities: &[Server], resolvers: &[Server], more: &[&str]) -> Run {
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args([verb, "www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web", "--json"])
        .args(["--journal", "off"])
        .args(more)
        .args(arguments(authorities, resolvers))
        .output()
        .unwrap();
    let ended = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Run { wall: start.elapsed(), output, ended }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

fn asked(servers: &[Server]) -> u32 {
    servers.iter().map(Server::questions).sum()
}

/// One look, several times over; prints its median and what it cost.
fn look(what: &str, resolvers: &[Plays], exit: i32) {
    let mut walls = Vec::new();
    let mut questions = 0;
    for _ in 0..RUNS {
        let authorities = fleet(vec![Plays::new(); 2]);
        let servers = fleet(resolvers.to_vec());
        let run = run("check", &authorities, &servers, &[]);
        assert_eq!(
            run.output.status.code(),
            Some(exit),
            "{what}: {}",
            String::from_utf8_lossy(&run.output.stdout)
        );
        walls.push(run.wall);
        questions = asked(&servers);
    }
    println!("| {what} | {:.3} s | {questions} datagrams to resolvers |", median(walls).as_secs_f64());
}

/// The largest resident set of one look, as GNU time tells it.
fn memory() {
    let authorities = fleet(vec![Plays::new(); 2]);
    let servers = fleet(vec![Plays::new(); 34]);
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%M", env!("CARGO_BIN_EXE_propwatch")])
        .args(["check", "www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web", "--quiet"])
        .args(arguments(&authorities, &servers))
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let kib: f64 = text.lines().last().unwrap_or_default().parse().unwrap_or(f64::NAN);
            println!("| the same: memory | {:.1} MB | largest resident set |", kib / 1024.0);
        }
        Err(_) => println!("| the same: memory | – | no /usr/bin/time here |"),
    }
}

/// 34 caches, 15 of which turn over one after another: how long after the last one, beyond settling.
fn turnover() {
    let authorities = fleet(vec![Plays::new(); 2]);
    let last = fleet::now_secs() + 65;
    let mut plays = vec![Plays::cached(); 19];
    plays.extend((0..15).map(|i| Plays::turning_in(65 - 3 * i)));
    let servers = fleet(plays);
    let settle = Duration::from_secs(2);
    let run = run("wait", &authorities, &servers, &["--settle", "2s", "--timeout", "3m", "--quorum", "100"]);
    assert_eq!(run.output.status.code(), Some(0));
    let late = run.ended.as_secs_f64() - last as f64 - settle.as_secs_f64();
    println!(
        "| 34 caches, 15 turn over in 20 to 65 s: safe after the last, beyond settling | {late:+.3} s | {} datagrams to resolvers |",
        asked(&servers)
    );
}

fn first_line() {
    let mut all = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_propwatch")).arg("--version").output().unwrap();
        assert!(output.status.success());
        all.push(start.elapsed());
    }
    println!("| start-up (`--version`) | {:.1} ms | |", median(all).as_secs_f64() * 1000.0);
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "quick");
    println!("| what | figure | cost |\n|---|---|---|");
    let new = |n| vec![Plays::new(); n];
    look("34 healthy resolvers, whole process", &new(34), 0);
    memory();
    look("5 of 34 dead", &[new(29), vec![Plays::Dead; 5]].concat(), 0);
    look("20 % loss at all 34", &vec![Plays::Lossy(2, Box::new(Plays::new())); 34], 0);
    first_line();
    if !quick {
        turnover();
    }
}
