//! Runs propwatch as a user's script does: arguments in, lines of JSON and an exit status out.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use propwatch::model::Timestamp;
use serde_json::Value;

use super::world::ROOT;
use super::{now, pause, pause_until, seconds};

/// `--settle` of every story that waits.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);
/// How far from the beginning of a second propwatch is started.
const CLEAR: Duration = Duration::from_millis(100);
/// By which propwatch is told of one more certificate authority to trust, in PEM.
const TRUST: &str = "SSL_CERT_FILE";
/// Names another program to try in propwatch's place, a release build for example.
const BINARY: &str = "PROPWATCH_LAB_BINARY";

/// A command line.
pub(crate) struct Call {
    command: Command,
}

/// A propwatch that runs.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<(Timestamp, String)>,
    errors: Receiver<(Timestamp, String)>,
    /// When it was started.
    pub(crate) began: Timestamp,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit status.
    pub(crate) exit: i32,
    /// The object of the last line.
    pub(crate) last: Value,
    /// All lines of standard output with the time at which each was read.
    pub(crate) lines: Vec<(Timestamp, String)>,
    /// When it was started.
    pub(crate) began: Timestamp,
    /// When the verdict was read.
    pub(crate) ended: Timestamp,
}

impl Call {
    /// `propwatch VERB NAME --expect …` with the options that all stories share.
    pub(crate) fn new(verb: &str, name: &str, expect: &[&str], resolvers: &[String]) -> Call {
        let built = env!("CARGO_BIN_EXE_propwatch").to_owned();
        let mut command = Command::new(std::env::var(BINARY).unwrap_or(built));
        command.args([verb, name, "--root", ROOT]);
        expect.iter().for_each(|value| drop(command.args(["--expect", value]).get_args()));
        resolvers.iter().for_each(|address| drop(command.args(["--resolver", address]).get_args()));
        command.args(["--timeout", "90s", "--json", "--allow-reserved", "--no-web"]);
        command.args(["--journal", "off", "--query-timeout", "1s"]);
        if verb == "wait" {
            command.args(["--settle", "2s"]);
        }
        Call { command }
    }

    /// With one more option or two.
    pub(crate) fn with(mut self, args: &[&str]) -> Call {
        self.command.args(args);
        self
    }

    /// With so long a time for each probe that a busy machine makes for no second try: that would be one more
    /// question, where questions are counted.
    pub(crate) fn patient(self) -> Call {
        self.with(&["--query-timeout", "4s"])
    }

    /// With a certificate authority of our own.
    pub(crate) fn trusting(mut self, pem: &std::path::Path) -> Call {
        self.command.env(TRUST, pem);
        self
    }

    /// Starts it, clear of the beginning of a second: an answer that comes then may count its TTL from before or
    /// after, and which of the two costs one more question, where questions are counted.
    pub(crate) fn start(mut self) -> Running {
        let second = (now() + CLEAR).floor_second();
        if now() < second + CLEAR {
            pause_until(second + CLEAR);
        }
        println!("calling {:?}", self.command);
        let began = now();
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let lines = read(child.stdout.take().unwrap());
        let errors = read(child.stderr.take().unwrap());
        Running { child, lines, errors, began }
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(self) -> Outcome {
        self.start().end()
    }
}

fn read(stream: impl std::io::Read + Send + 'static) -> Receiver<(Timestamp, String)> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            drop(sender.send((now(), line)));
        }
    });
    receiver
}

impl Running {
    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end, two minutes at most.
    pub(crate) fn end(mut self) -> Outcome {
        let limit = now() + Duration::from_secs(120);
        let exit = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code().unwrap_or(-1),
                None if now() > limit => {
                    drop(self.child.kill());
                    break -2;
                }
                None => pause(Duration::from_millis(5)),
            }
        };
        let gone = now();
        let errors: Vec<_> = self.errors.iter().collect();
        let lines: Vec<_> = self.lines.iter().collect();
        errors.iter().for_each(|(at, line)| println!("stderr {at} {line}"));
        lines.iter().for_each(|(at, line)| println!("stdout {at} {line}"));
        println!("exit {exit} at {gone}, {:.3} s after the start", seconds(self.began, gone));
        let (ended, text) = lines.last().cloned().unwrap_or_else(|| panic!("propwatch printed nothing"));
        let last: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(last["schema"], "propwatch/1");
        assert_eq!(last["event"], "verdict", "the last line is the verdict");
        assert_eq!(last["exit"], exit, "what JSON says and what the shell sees");
        Outcome { exit, last, lines, began: self.began, ended }
    }
}

impl Outcome {
    /// Insists on a verdict and the exit status that belongs to it.
    pub(crate) fn must_be(&self, verdict: &str, exit: i32) {
        assert_eq!(self.last["verdict"], verdict, "verdict; reasons: {:?}", self.codes());
        assert_eq!(self.exit, exit, "exit status");
    }

    /// Questions in all, by propwatch's own count.
    pub(crate) fn queries(&self) -> u64 {
        self.last["queries"].as_u64().unwrap_or_else(|| panic!("no count of queries"))
    }

    /// A number of the first record, such as `/resolvers/confirmed`.
    pub(crate) fn number(&self, path: &str) -> u64 {
        let value = self.last["records"][0].pointer(path).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("no {path} in {}", self.last))
    }

    /// The codes of all reasons.
    pub(crate) fn codes(&self) -> Vec<String> {
        let records = self.last["records"].as_array().cloned().unwrap_or_default();
        let reasons = records.iter().flat_map(|r| r["reasons"].as_array().cloned().unwrap_or_default());
        reasons.filter_map(|reason| Some(reason["code"].as_str()?.to_owned())).collect()
    }

    /// Insists on a reason.
    pub(crate) fn must_say(&self, code: &str) {
        assert!(self.codes().iter().any(|c| c == code), "no reason {code} in {:?}", self.codes());
    }

    /// Seconds from the truth to the verdict, the settling apart.
    pub(crate) fn beyond(&self, truth: Timestamp) -> f64 {
        seconds(truth + SETTLE, self.ended)
    }
}
