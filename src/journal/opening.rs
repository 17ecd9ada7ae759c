//! Beginning a journal, or going on with one.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::engine::{Plan, Watch};
use crate::model::{Event, Timestamp};

use super::line::{Head, Unreadable};
use super::place::substance;
use super::reader::{Ending, Reader, Replayed, replay};
use super::writer::Writer;

/// Why a watch goes on without a journal. None of it touches a verdict.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It can be neither written nor made: a directory that is read-only, for one.
    #[error("{path}: {error}")]
    Unwritable {
        /// Which file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// Another process has it.
    #[error("{path}: another propwatch is writing it")]
    Busy {
        /// Which file.
        path: String,
    },
    /// It cannot be read.
    #[error("{path}: {why}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        why: Unreadable,
    },
    /// It belongs to another watch.
    #[error("{path}: it is the journal of another watch ({what})")]
    Other {
        /// Which file.
        path: String,
        /// What that one watches.
        what: String,
    },
}

/// Something that was done on the way, worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// An earlier journal was set aside under this name.
    SetAside(PathBuf),
    /// The journal could be read up to this line only; the whole was kept under this name.
    Damaged(u64, PathBuf),
}

/// A watch that was picked up from its journal.
#[derive(Debug)]
pub struct Resumed {
    /// What it knows.
    pub watch: Watch,
    /// The plan that it was begun with, which holds.
    pub plan: Plan,
    /// Where it goes on writing.
    pub writer: Writer,
    /// When it first began.
    pub started: Timestamp,
    /// What the replay came to.
    pub replayed: Replayed,
}

/// How a journal begins.
#[derive(Debug)]
pub enum Opened {
    /// There was none, or it was finished.
    New(Box<Writer>),
    /// It goes on.
    Resumed(Box<Resumed>),
}

/// Opens the journal of a watch. One that is finished (its milestone reached, its deadline passed) is set aside
/// and begun anew, as is any with `fresh`: a verdict of the past is not told again. `on` is handed every
/// event of the past. `now` tells the instant that it is by the watch's own clock, which decides whether the deadline
/// has passed.
///
/// # Errors
/// [`Trouble`]: the watch then has to do without.
pub fn open(
    path: &Path,
    plan: &Plan,
    place: &str,
    fresh: bool,
    now: impl FnOnce(&Replayed) -> Timestamp,
    on: impl FnMut(Event),
) -> Result<(Opened, Vec<Note>), Trouble> {
    let shown = path.display().to_string();
    let unwritable = |error| Trouble::Unwritable { path: shown.clone(), error };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(unwritable)?;
    }
    let file = claim(path)?;
    let mut notes = Vec::new();
    if fresh {
        return anew(path, file, plan, place, &mut notes).map(|opened| (opened, notes));
    }
    let reader = Reader::new(file.try_clone().map_err(unwritable)?);
    let Some(mut reader) = reader.map_err(|error| unreadable(&shown, error))? else {
        // Nothing was ever found, or the very first line was torn.
        file.set_len(0).map_err(unwritable)?;
        let head = Head::new(Timestamp::default(), place.to_owned(), plan.clone());
        return Ok((Opened::New(Box::new(Writer::begin(file, head))), notes));
    };
    let head = reader.head().clone();
    if substance(&head.plan, &head.place) != substance(plan, place) {
        let names: Vec<String> =
            head.plan.records.iter().filter(|r| !r.is_guard()).take(3).map(ToString::to_string).collect();
        return Err(Trouble::Other { path: shown, what: names.join(", ") });
    }
    let mut watch = Watch::new(head.plan.clone());
    let replayed = replay(&mut reader, &mut watch, Ending::GoesOn, on).map_err(unwritable)?;
    let started = head.started();
    if replayed.over || started + plan.policy.timeout <= now(&replayed) {
        return anew(path, file, plan, place, &mut notes).map(|opened| (opened, notes));
    }
    if let Some(line) = reader.damaged_at() {
        let whole = beside(path, "damaged");
        fs::copy(path, &whole).map_err(unwritable)?;
        notes.push(Note::Damaged(line, whole));
    }
    let writer = Writer::go_on(file, reader.good(), replayed.last).map_err(unwritable)?;
    let resumed = Resumed { watch, plan: head.plan, writer, started, replayed };
    Ok((Opened::Resumed(Box::new(resumed)), notes))
}

/// Opens the file and takes its lock.
fn claim(path: &Path) -> Result<File, Trouble> {
    let shown = || path.display().to_string();
    let unwritable = |error| Trouble::Unwritable { path: shown(), error };
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let file = file.map_err(unwritable)?;
    if !file.metadata().map_err(unwritable)?.is_file() {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
        return Err(unwritable(error));
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Trouble::Busy { path: shown() }),
        // A file system without locks: better a journal than none.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

/// Sets the old journal aside and begins a new one in its place.
fn anew(path: &Path, old: File, plan: &Plan, place: &str, notes: &mut Vec<Note>) -> Result<Opened, Trouble> {
    let unwritable = |error| Trouble::Unwritable { path: path.display().to_string(), error };
    let head = Head::new(Timestamp::default(), place.to_owned(), plan.clone());
    if old.metadata().map_err(unwritable)?.len() == 0 {
        return Ok(Opened::New(Box::new(Writer::begin(old, head))));
    }
    let aside = beside(path, "old");
    fs::rename(path, &aside).map_err(unwritable)?;
    notes.push(Note::SetAside(aside));
    let file = claim(path)?;
    drop(old);
    Ok(Opened::New(Box::new(Writer::begin(file, head))))
}

fn unreadable(path: &str, error: io::Error) -> Trouble {
    let path = path.to_owned();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Unreadable>()) {
        Some(why) => Trouble::Unreadable { path, why: why.clone() },
        None => Trouble::Unwritable { path, error },
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Journals say whose names somebody watches: the folder is for its owner alone (XDG base directories).
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
