//! The failed tries that this user has had explained: lines of JSON in the user's state directory.
//!
//! They are worth something for two days at most, since the CA's limit of failures fills again within an hour.
//! Nothing depends on them: a file that cannot be read counts as empty, one that cannot be written is a note.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Attempt, Timestamp};

/// The version of a line.
const SCHEMA: &str = "propwatch-attempt/1";
/// How long a try is remembered.
const KEPT: Duration = Duration::from_secs(2 * 24 * 3600);
/// Bytes that are read at most, from the end.
const MOST_BYTES: u64 = 4 << 20;
/// So many lines may be too old before the file is written anew.
const MOST_OLD: usize = 100;

/// Why tries cannot be remembered.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct Unkept {
    /// Which file.
    pub path: PathBuf,
    /// In the system's words.
    pub cause: io::Error,
}

/// The file of tries.
#[derive(Debug, Clone)]
pub struct Attempts {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Line {
    schema: String,
    #[serde(flatten)]
    attempt: Attempt,
}

impl Attempts {
    /// The tries in that file; it need not be there yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Attempts { path: path.into() }
    }

    /// Where the file belongs, by the variables `XDG_STATE_HOME` and `HOME` (XDG Base Directory Specification 0.8:
    /// a path that is not absolute counts as none).
    pub fn place(state_home: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
        let absolute = |path: &&Path| path.is_absolute();
        let state = state_home.filter(absolute).map(Path::to_path_buf);
        let state = state.or_else(|| home.filter(absolute).map(|home| home.join(".local").join("state")))?;
        Some(state.join("propwatch").join("attempts.jsonl"))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tries of the last two days before `now`, in the order in which they were written. What is in the
    /// file beside them is passed over.
    pub fn read(&self, now: Timestamp) -> Vec<Attempt> {
        Self::remembered(&self.text().unwrap_or_default(), now)
    }

    /// The same, of the text of such a file.
    pub fn remembered(text: &str, now: Timestamp) -> Vec<Attempt> {
        text.lines().filter_map(attempt).filter(|attempt| is_kept(attempt, now)).collect()
    }

    /// Adds tries that are not there yet, with a single write, and gives how many there were. The same failure
    /// explained twice is one try.
    ///
    /// # Errors
    /// [`Unkept`] if the file cannot be written; what was in it stays.
    pub fn add(&self, attempts: &[Attempt], now: Timestamp) -> Result<usize, Unkept> {
        let failed = |cause| Unkept { path: self.path.clone(), cause };
        if attempts.is_empty() {
            return Ok(0);
        }
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = self.locked();
        let text = self.text().map_err(failed)?;
        let mut known: Vec<Attempt> = text.lines().filter_map(attempt).collect();
        let mut fresh = String::new();
        let mut added = 0;
        for attempt in attempts.iter().filter(|attempt| is_kept(attempt, now)) {
            let same =
                |other: &Attempt| other.name == attempt.name && other.fingerprint == attempt.fingerprint;
            if !known.iter().any(same) {
                fresh.push_str(&line(attempt));
                known.push(attempt.clone());
                added += 1;
            }
        }
        let old = |line: &&str| attempt(line).is_some_and(|attempt| !is_kept(&attempt, now));
        let written = if text.lines().filter(old).count() > MOST_OLD {
            let kept = text.lines().filter(|line| !old(line)).map(|line| format!("{line}\n"));
            self.replace(&(kept.collect::<String>() + &fresh))
        } else if fresh.is_empty() {
            Ok(())
        } else {
            // A line that was torn off must not swallow the first new one.
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            self.append(&format!("{gap}{fresh}"))
        };
        drop(lock);
        written.map(|()| added).map_err(failed)
    }

    /// The end of the file; nothing if there is none.
    fn text(&self) -> io::Result<String> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn append(&self, text: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        private(&mut options).open(&self.path)?.write_all(text.as_bytes())
    }

    /// Puts a new file into the place of the old one, at once.
    fn replace(&self, text: &str) -> io::Result<()> {
        let beside = self.path.with_extension("jsonl.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let written =
            private(&mut options).open(&beside).and_then(|mut file| file.write_all(text.as_bytes()));
        match written.and_then(|()| fs::rename(&beside, &self.path)) {
            Ok(()) => Ok(()),
            Err(error) => {
                // What is left of it is of no use to anybody.
                let _ = fs::remove_file(&beside);
                Err(error)
            }
        }
    }

    /// Keeps other processes out while the file is read and written; where that cannot be had it is done
    /// without.
    fn locked(&self) -> Option<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = private(&mut options).open(self.path.with_extension("lock")).ok()?;
        file.lock().ok()?;
        Some(file)
    }
}

/// For nobody else's eyes: the names are the user's business.
#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

fn is_kept(attempt: &Attempt, now: Timestamp) -> bool {
    now.since(attempt.at) < KEPT || attempt.blocked_until.is_some_and(|until| until > now)
}

fn attempt(line: &str) -> Option<Attempt> {
    let line: Line = serde_json::from_str(line).ok()?;
    (line.schema == SCHEMA).then_some(line.attempt)
}

fn line(attempt: &Attempt) -> String {
    let line = Line { schema: SCHEMA.to_owned(), attempt: attempt.clone() };
    serde_json::to_string(&line).map(|line| line + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Environment, Name};

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn attempt(n: u32, at: Timestamp) -> Attempt {
        Attempt {
            name: Name::parse("mail.example.com").unwrap(),
            environment: Environment::Production,
            account: Some("12345678".to_owned()),
            at,
            blocked_until: None,
            fingerprint: format!("{n:032x}"),
        }
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("propwatch-attempts-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Folder(path)
        }

        fn attempts(&self) -> Attempts {
            Attempts::at(self.0.join("a").join("attempts.jsonl"))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_same_failure_is_one_try() {
        let folder = Folder::new("same");
        let store = folder.attempts();
        assert_eq!(store.read(NOW), []);
        assert_eq!(store.add(&[attempt(1, NOW), attempt(1, NOW)], NOW).unwrap(), 1);
        assert_eq!(store.add(&[attempt(1, NOW + Duration::from_secs(60)), attempt(2, NOW)], NOW).unwrap(), 1);
        assert_eq!(store.read(NOW), [attempt(1, NOW), attempt(2, NOW)]);
        let late = NOW + Duration::from_secs(3 * 24 * 3600);
        assert_eq!(store.read(late), []);
        let limit = Attempt { blocked_until: Some(late + Duration::from_secs(1)), ..attempt(3, NOW) };
        assert_eq!(store.add(std::slice::from_ref(&limit), NOW).unwrap(), 1);
        assert_eq!(store.read(late), [limit]);
    }

    #[test]
    fn torn_and_foreign_lines_are_passed_over_and_stay() {
        let folder = Folder::new("torn");
        let store = folder.attempts();
        store.add(&[attempt(1, NOW)], NOW).unwrap();
        let mut text = fs::read_to_string(store.path()).unwrap();
        text.push_str("{\"schema\":\"somebody-else/9\"}\nnot json\n{\"schema\":\"propwatch-att");
        fs::write(store.path(), &text).unwrap();
        assert_eq!(store.add(&[attempt(2, NOW)], NOW).unwrap(), 1);
        assert_eq!(store.read(NOW), [attempt(1, NOW), attempt(2, NOW)]);
        let after = fs::read_to_string(store.path()).unwrap();
        assert!(after.starts_with(&text), "{after}");
    }

    #[test]
    fn what_is_too_old_goes_when_there_is_much_of_it() {
        let folder = Folder::new("old");
        let store = folder.attempts();
        let many: Vec<Attempt> = (0..=120).map(|n| attempt(n, NOW)).collect();
        store.add(&many, NOW).unwrap();
        let mut text = fs::read_to_string(store.path()).unwrap();
        text.push_str("a foreign line\n");
        fs::write(store.path(), text).unwrap();
        let late = NOW + Duration::from_secs(3 * 24 * 3600);
        store.add(&[attempt(999, late)], late).unwrap();
        let text = fs::read_to_string(store.path()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with("a foreign line\n"), "{text}");
        assert_eq!(store.read(late), [attempt(999, late)]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_with_its_path() {
        let folder = Folder::new("closed");
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(folder.0.join("a"), "a file where a folder should be").unwrap();
        let error = folder.attempts().add(&[attempt(1, NOW)], NOW).unwrap_err();
        assert!(error.to_string().contains("attempts.jsonl"), "{error}");
        assert_eq!(folder.attempts().read(NOW), []);
    }

    #[test]
    fn the_place_is_the_users_own() {
        let place = |state: Option<&str>, home: Option<&str>| {
            Attempts::place(state.map(Path::new), home.map(Path::new)).map(|p| p.display().to_string())
        };
        assert_eq!(place(Some("/s"), Some("/h")).as_deref(), Some("/s/propwatch/attempts.jsonl"));
        assert_eq!(place(Some("s"), Some("/h")).as_deref(), Some("/h/.local/state/propwatch/attempts.jsonl"));
        assert_eq!(place(None, None), None);
    }
}
