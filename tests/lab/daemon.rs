//! Server programs in the foreground: started, watched until they answer, stopped on drop.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::ask::{Reply, ask};
use super::{now, pause};

/// A server that runs.
pub(crate) struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `program` with its output in a log below `folder`.
    pub(crate) fn start(folder: &Path, name: &str, program: &str, args: &[&str]) -> Daemon {
        let log = folder.join(format!("{name}.log"));
        let out = std::fs::File::create(&log).unwrap();
        let child = Command::new(super::runner::find(program).unwrap())
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        Daemon { name: name.to_owned(), child, log }
    }

    /// Waits until a question about `name` gets a reply that `good` likes.
    pub(crate) fn ready(&mut self, at: SocketAddr, name: &str, rtype: &str, good: impl Fn(&Reply) -> bool) {
        let end = now() + Duration::from_secs(15);
        let mut last = None;
        while now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended, {status}:\n{}", self.name, self.said());
            }
            match ask(at, name, rtype, Duration::from_millis(500)) {
                Ok(reply) if good(&reply) => return,
                other => last = Some(other),
            }
            pause(Duration::from_millis(30));
        }
        panic!("{} at {at} did not get ready, {last:?}:\n{}", self.name, self.said());
    }

    /// Sends a signal, by the name that `kill` knows.
    pub(crate) fn signal(&self, signal: &str) {
        shell(&format!("kill -{signal} {}", self.child.id()));
    }

    fn said(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let skip = text.lines().count().saturating_sub(25);
        text.lines().skip(skip).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("TERM");
        }
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            pause(Duration::from_millis(10));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs a line of shell that must succeed, and gives what it printed.
pub(crate) fn shell(line: &str) -> String {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let out = Command::new("sh").args(["-c", line]).env("PATH", path).stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Puts an address on the loopback interface.
pub(crate) fn address(text: &str) -> IpAddr {
    let ip: IpAddr = text.parse().unwrap();
    let bits = if ip.is_ipv4() { "32" } else { "128 nodad" };
    shell(&format!("ip addr add {ip}/{bits} dev lo 2>/dev/null || true"));
    ip
}

/// A folder of its own for one server.
pub(crate) fn folder(base: &Path, name: &str) -> PathBuf {
    let folder = base.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
