//! Runs the stories, each in a process, a network, a process tree and a folder of its own.
//!
//! `cargo test --test stories` runs all, `… -- NAME` those whose name holds NAME, `… -- --list` names them,
//! `… -- --nocapture` shows what they print. A story whose programs are missing is *ignored*, by name and
//! with the reason; with `PROPWATCH_LAB=required` it fails instead. `PROPWATCH_LAB_JOBS` (2) run side by
//! side. `PROPWATCH_LAB_KEEP=1` keeps the folders.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use propwatch::clock::Stopwatch;

/// Names the story that a child is to play.
const INSIDE: &str = "PROPWATCH_LAB_INSIDE";
const FOLDER: &str = "PROPWATCH_LAB_FOLDER";
/// No story takes longer; a child that does is killed.
const LIMIT: Duration = Duration::from_secs(150);

/// A test that needs programs of this machine.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// What `cargo test` prints.
    pub(crate) name: &'static str,
    /// Programs without which it cannot be played.
    pub(crate) needs: &'static [&'static str],
    /// Plays it in the folder that it gets; a panic is a failure.
    pub(crate) play: fn(&Path),
}

enum End {
    Ok,
    Ignored(String),
    Failed,
}

/// The test program: the outer one, or one of the children that it starts.
pub(crate) fn main(stories: &[Story]) -> ExitCode {
    if let Ok(name) = std::env::var(INSIDE) {
        return play(stories, &name);
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |story: &&Story| {
        filters.is_empty()
            || filters.iter().any(|f| if has("--exact") { story.name == *f } else { story.name.contains(*f) })
    };
    let chosen: Vec<&Story> = stories.iter().filter(wanted).collect();
    if has("--list") {
        chosen.iter().for_each(|story| println!("{}: test", story.name));
        return ExitCode::SUCCESS;
    }
    // `cargo test -- --ignored` asks for tests that are marked so; none is.
    let chosen = if has("--ignored") { Vec::new() } else { chosen };
    run_all(&chosen, stories.len(), has("--nocapture"))
}

fn run_all(chosen: &[&Story], known: usize, talkative: bool) -> ExitCode {
    println!("\nrunning {} tests", chosen.len());
    let began = Stopwatch::start();
    let jobs = std::env::var("PROPWATCH_LAB_JOBS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_usize);
    let next = AtomicUsize::new(0);
    let ends = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, 8) {
            scope.spawn(|| {
                while let Some(story) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (end, said) = run_one(story);
                    tell(story, &end, &said, talkative);
                    ends.lock().unwrap().push((story.name, end, why(&said)));
                }
            });
        }
    });
    let ends = ends.into_inner().unwrap();
    let failed: Vec<_> = ends.iter().filter(|(_, end, _)| matches!(end, End::Failed)).collect();
    let ignored = ends.iter().filter(|(_, end, _)| matches!(end, End::Ignored(_))).count();
    if !failed.is_empty() {
        println!("\nfailures:");
        failed.iter().for_each(|(name, _, why)| println!("    {name}\n{why}"));
    }
    println!(
        "\ntest result: {}. {} passed; {} failed; {ignored} ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        if failed.is_empty() { "ok" } else { "FAILED" },
        ends.len() - failed.len() - ignored,
        failed.len(),
        known - chosen.len(),
        began.elapsed().as_secs_f64()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

fn tell(story: &Story, end: &End, said: &str, talkative: bool) {
    // One print, so that stories that end together do not mix.
    let mut text = match end {
        End::Ok => format!("test {} ... ok\n", story.name),
        End::Ignored(why) => format!("test {} ... ignored, {why}\n", story.name),
        End::Failed => format!("test {} ... FAILED\n", story.name),
    };
    let whole = talkative || matches!(end, End::Failed);
    for line in said.lines().filter(|line| whole || line.starts_with("# ")) {
        text += &format!("    {line}\n");
    }
    print!("{text}");
}

/// The end of what a story said, without propwatch's own lines and without a backtrace: here stands why it failed.
/// It is told again after all stories, where a log of many lines that was cut in the middle still has it.
fn why(said: &str) -> String {
    let said = said.split("stack backtrace:").next().unwrap_or(said);
    let own: Vec<&str> = said.lines().filter(|line| !line.starts_with("stdout ")).collect();
    let last = own.iter().skip(own.len().saturating_sub(24));
    last.map(|line| format!("        {}\n", line.chars().take(400).collect::<String>())).collect()
}

/// Why a story cannot be played here, if so.
fn missing(story: &Story) -> Option<String> {
    for program in ["unshare", "ip", "mount", "sh"].iter().chain(story.needs) {
        if find(program).is_none() {
            return Some(format!("{program} is not installed"));
        }
    }
    let may = Command::new("unshare").args(["-rnmpf", "true"]).stderr(Stdio::null()).status();
    match may {
        Ok(status) if status.success() => None,
        _ => Some("network namespaces are not allowed here (unshare -rnmpf)".to_owned()),
    }
}

/// Where a program is. Debian keeps servers in sbin, which is not on everybody's path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin:/usr/local/sbin";
    path.split(':').map(|folder| Path::new(folder).join(program)).find(|file| file.is_file())
}

fn run_one(story: &Story) -> (End, String) {
    if let Some(why) = missing(story) {
        return match std::env::var("PROPWATCH_LAB").as_deref() {
            Ok("required") => (End::Failed, format!("PROPWATCH_LAB=required, but {why}")),
            _ => (End::Ignored(why), String::new()),
        };
    }
    let folder = std::env::temp_dir().join(format!("propwatch-lab-{}-{}", std::process::id(), story.name));
    std::fs::create_dir_all(&folder).unwrap();
    let log = std::fs::File::create(folder.join("story.log")).unwrap();
    // The tree of processes dies with its first one, and that one when its standard input ends, as it
    // does when this program is killed.
    let mut child = Command::new("unshare")
        .args(["-rnmpf", "--kill-child"])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, story.name)
        .env(FOLDER, &folder)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let began = Stopwatch::start();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if began.elapsed() > LIMIT => {
                drop(child.kill());
                drop(child.wait());
                break None;
            }
            None => super::pause(Duration::from_millis(20)),
        }
    };
    let mut said = String::new();
    if let Ok(bytes) = std::fs::read(folder.join("story.log")) {
        said = String::from_utf8_lossy(&bytes).into_owned();
    }
    said += &format!("# took {:.1} s\n", began.elapsed().as_secs_f64());
    if std::env::var_os("PROPWATCH_LAB_KEEP").is_none() {
        drop(std::fs::remove_dir_all(&folder));
    }
    match status {
        Some(status) if status.success() => (End::Ok, said),
        Some(_) => (End::Failed, said),
        None => (End::Failed, said + "killed: it took too long\n"),
    }
}

/// The child: prepares its network and plays.
fn play(stories: &[Story], name: &str) -> ExitCode {
    std::thread::spawn(|| {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(102);
    });
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    let Some(story) = stories.iter().find(|story| story.name == name) else {
        return ExitCode::from(103);
    };
    super::daemon::shell("ip link set lo up");
    // The machine's own resolver is nobody: an address of this network where nothing listens.
    let own = folder.join("resolv.conf");
    std::fs::write(&own, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
    super::daemon::shell(&format!("mount --bind {} /etc/resolv.conf", own.display()));
    match std::panic::catch_unwind(|| (story.play)(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(101),
    }
}
