//! A folder of its own, with servers that a watch is about.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{NEW, Plays, Server, arguments, fleet, text};

pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    authorities: Vec<Server>,
    pub(crate) resolvers: Vec<Server>,
}

impl Place {
    pub(crate) fn new(name: &str, resolvers: Vec<Plays>) -> Self {
        let folder = std::env::temp_dir().join(format!("propwatch-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        Place { folder, authorities: fleet(vec![Plays::new(); 2]), resolvers: fleet(resolvers) }
    }

    /// What a command is given, `wait` or `check`, to look at nothing but these servers.
    pub(crate) fn arguments(&self, verb: &str) -> Vec<String> {
        let fixed = [verb, "www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web"];
        let mut all: Vec<String> = fixed.iter().map(|&word| word.to_owned()).collect();
        if verb == "wait" {
            all.extend(["--settle", "1s"].map(str::to_owned));
        }
        all.extend(["--query-timeout", "500ms", "--quorum", "100", "--no-progress"].map(str::to_owned));
        all.extend(arguments(&self.authorities, &self.resolvers));
        all
    }

    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_propwatch"));
        command.args(self.arguments("wait")).args(more);
        self.prepared(command)
    }

    pub(crate) fn prepared(&self, mut command: Command) -> Command {
        command
            .env("XDG_STATE_HOME", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A shell that runs `script`, in which `"$@"` is the program with its arguments.
    pub(crate) fn shell(&self, before: &[&str], script: &str, verb: &str, more: &[&str]) -> Command {
        let words: Vec<&str> = before.iter().copied().chain(["sh", "-c", script, "sh"]).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(env!("CARGO_BIN_EXE_propwatch"));
        command.args(self.arguments(verb)).args(more);
        self.prepared(command)
    }

    pub(crate) fn start(&self, more: &[&str]) -> Child {
        self.command(more).spawn().expect("starts")
    }

    /// Starts it, clear of the beginning of a second: the TTL of an answer that comes then may have been counted
    /// before or after, and what is announced is the earlier of the two.
    pub(crate) fn start_clear_of_a_second(&self, more: &[&str]) -> Child {
        let clear = Duration::from_millis(100);
        let into = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let into = Duration::from_nanos(u64::from(into));
        std::thread::sleep(clear.saturating_sub(into));
        self.start(more)
    }

    /// The journals of this place, the oldest name first.
    pub(crate) fn journals(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.folder.join("propwatch"));
        let mut all: Vec<PathBuf> = folder.into_iter().flatten().flatten().map(|e| e.path()).collect();
        all.sort();
        all
    }

    pub(crate) fn asked(&self) -> u32 {
        self.resolvers.iter().map(Server::questions).sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success(), "{name}");
}

pub(crate) fn kill(mut child: Child, name: &str) -> Output {
    signal(&child, name);
    if name == "-KILL" {
        let _ = child.wait();
    }
    child.wait_with_output().expect("ends")
}
