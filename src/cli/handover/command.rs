//! Runs a command of the user's by `sh -c`, as make, cron and git do with theirs.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use self::signals::end_process;
use super::facts::Facts;
use crate::cli::watching::terminated;

/// A command that cannot be found, as shells have it; also one whose shell cannot be started.
pub(crate) const NOT_FOUND: u8 = 127;
/// Between asking a command to end and ending it.
const GRACE: Duration = Duration::from_secs(2);
/// Between two looks at whether anything is left of a group.
const LOOK: Duration = Duration::from_millis(50);
/// How long the output of a command is read after its end.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// Octets of a command's output that are kept; the rest is read and let go.
const MOST_OUTPUT: usize = 16 << 10;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With this status.
    Exit(u8),
    /// By this signal.
    Signal(i32),
}

impl Ended {
    fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Ended::Signal(signal);
        }
        // Only eight bits of a status ever arrive.
        Ended::Exit(status.code().map_or(1, |code| u8::try_from(code & 0xff).unwrap_or(1)))
    }

    /// The status by which propwatch passes it on: of a signal 128 and its number, as shells have it.
    pub(crate) fn status(self) -> u8 {
        match self {
            Ended::Exit(code) => code,
            Ended::Signal(number) => u8::try_from(number).map_or(255, |number| number.saturating_add(128)),
        }
    }
}

fn shell(command: &str, facts: &Facts) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped());
    shell.envs(facts.variables.iter().map(|(name, value)| (name, value)));
    shell
}

/// Hands the JSON over, beside everything else: a command may write before it reads, or never read.
fn feed(child: &mut Child, facts: &Facts) {
    let (Some(mut input), json) = (child.stdin.take(), Arc::clone(&facts.json)) else { return };
    tokio::spawn(async move {
        let _ = input.write_all(json.as_bytes()).await;
    });
}

/// Runs a command in the foreground: on this terminal, without a limit of time. SIGTERM is passed on to it; Ctrl-C
/// reaches it by itself. `to_stderr`: where its results must not mix with ours.
///
/// # Errors
/// When it cannot be started; the status of that is [`NOT_FOUND`].
pub(crate) async fn foreground(command: &str, facts: &Facts, to_stderr: bool) -> io::Result<Ended> {
    let mut shell = shell(command, facts);
    if to_stderr {
        shell.stdout(io::stderr());
    }
    let mut child = shell.spawn()?;
    feed(&mut child, facts);
    loop {
        tokio::select! {
            status = child.wait() => return status.map(Ended::of),
            () = terminated() => end_process(child.id()),
            // It only must not end us before the command has had its say.
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

/// What became of a command in the background.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its end; none when it had to be ended because its time was over.
    pub(crate) ended: Option<Ended>,
    /// What it printed, on either stream, up to a bound.
    pub(crate) output: Vec<u8>,
}

/// Runs a command in the background, in a group of processes of its own and within a limit. When that is over, the
/// whole group is asked to end, and ended two seconds later. Dropping this ends the group at once.
///
/// # Errors
/// When it cannot be started.
pub(crate) async fn background(command: &str, facts: &Facts, limit: Duration) -> io::Result<Ran> {
    let mut shell = shell(command, facts);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    shell.process_group(0);
    let mut child = shell.spawn()?;
    let mut group = Group(child.id());
    feed(&mut child, facts);
    let output = Arc::new(Mutex::new(Vec::new()));
    let readers = [
        tokio::spawn(keep(child.stdout.take(), Arc::clone(&output))),
        tokio::spawn(keep(child.stderr.take(), Arc::clone(&output))),
    ];
    let ended = match timeout(limit, child.wait()).await {
        Ok(status) => Some(Ended::of(status?)),
        Err(_) => {
            group.ask_to_end();
            let gone = async {
                let _ = child.wait().await;
                while group.lives() {
                    tokio::time::sleep(LOOK).await;
                }
            };
            if timeout(GRACE, gone).await.is_err() {
                group.end();
                child.wait().await?;
            }
            None
        }
    };
    group.0 = None;
    for reader in readers {
        // What it has left running may hold its output open.
        let _ = timeout(LAST_WORDS, reader).await;
    }
    let output = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Ran { ended, output })
}

/// Reads to the end, and keeps the beginning.
async fn keep(stream: Option<impl AsyncRead + Unpin>, into: Arc<Mutex<Vec<u8>>>) {
    let Some(mut stream) = stream else { return };
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_OUTPUT.saturating_sub(kept.len());
        kept.extend_from_slice(&piece[..length.min(room)]);
    }
}

/// A command with all that it has started; none once it has ended.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(unix)]
mod signals {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

    fn pid(id: Option<u32>) -> Option<Pid> {
        Pid::from_raw(i32::try_from(id?).ok()?)
    }

    /// Asks a process to end. One that has ended already is as good.
    pub(super) fn end_process(id: Option<u32>) {
        if let Some(pid) = pid(id) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    impl super::Group {
        pub(super) fn ask_to_end(&self) {
            self.send(Signal::TERM);
        }

        pub(super) fn end(&self) {
            self.send(Signal::KILL);
        }

        pub(super) fn lives(&self) -> bool {
            pid(self.0).is_some_and(|pid| test_kill_process_group(pid).is_ok())
        }

        fn send(&self, signal: Signal) {
            if let Some(pid) = pid(self.0) {
                let _ = kill_process_group(pid, signal);
            }
        }
    }
}

#[cfg(not(unix))]
mod signals {
    pub(super) fn end_process(_: Option<u32>) {}

    impl super::Group {
        pub(super) fn ask_to_end(&self) {}
        pub(super) fn end(&self) {}
        pub(super) fn lives(&self) -> bool {
            false
        }
    }
}
