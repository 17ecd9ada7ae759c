//! What a question costs: `cargo bench --bench cost -- 127.0.0.1:5300 [QUESTIONS] [IN-FLIGHT]`.
//!
//! Asks a server for 100,000 A records through the exchange that `propwatch` itself uses, and prints the
//! CPU time of this process for each. Pin server and client to a core each (`taskset`), and compare with
//! `dnsperf -q 100` in the same run.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use propwatch::clock::{Clock, Stopwatch};
use propwatch::model::{Name, Question, QuestionType};
use propwatch::net::{Internet, Settings};

fn main() {
    // `cargo bench` adds its own flags.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let Some(server) = args.first() else {
        println!("cost: no server given (ADDRESS:PORT [QUESTIONS] [IN-FLIGHT])");
        return;
    };
    let server: SocketAddr = server.parse().expect("ADDRESS:PORT");
    let number = |at: usize, default: usize| args.get(at).map_or(default, |n| n.parse().expect("a number"));
    let (count, in_flight) = (number(1, 100_000), number(2, 100));
    let names: Vec<Name> = (0..100).map(|i| Name::parse(&format!("h{i}.example.com")).unwrap()).collect();
    let questions = (0..count).map(|i| Question { name: names[i % 100].clone(), qtype: QuestionType::A });

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let net = Internet::new(Settings::default(), Rc::new(Clock::new())).unwrap();
    let (before, watch) = (cpu(), Stopwatch::start());
    let measured = runtime.block_on(net.measure(server, questions, in_flight));
    let (cpu, wall) = (cpu() - before, watch.elapsed());
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    println!(
        "{count} questions, {in_flight} in flight: {:.2} us CPU each, {:.0} q/s ({measured:?})",
        each(cpu),
        count as f64 / wall.as_secs_f64(),
    );
}

/// User and system time of this process so far, from the scheduler (Linux), to the nanosecond.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default())
}
