//! Where a watch's journal is, and what a user hears of it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use propwatch::clock::Clock;
use propwatch::drive::Run;
use propwatch::engine::{Input, Mode, Watch};
use propwatch::journal::{self, Note, Opened, Replayed, Resumed, Trouble, Writer, WriterNews};
use propwatch::model::{Gap, GapKind, Timestamp};

use super::args::Looking;
use super::output::{Output, note};
use super::request::Job;
use super::show::Show;

/// A watch with its journal, if it has one.
pub(crate) struct Kept {
    pub(crate) watch: Watch,
    pub(crate) clock: Rc<Clock>,
    pub(crate) deadline: Option<Timestamp>,
    first: Input,
    writer: Option<Writer>,
    path: Option<PathBuf>,
    news: Option<Rc<RefCell<Vec<WriterNews>>>>,
    quiet: bool,
}

impl Kept {
    /// Opens the journal that the arguments ask for, and picks the watch up from it if it holds one. A
    /// journal that cannot be had is told of, and ends nothing.
    pub(crate) fn open(job: &Job, args: &Looking, show: &mut Show, out: &mut Output) -> Self {
        let path = if job.plan.mode == Mode::Watch { path(job, args) } else { None };
        let mut kept = Kept {
            watch: Watch::new(job.plan.clone()),
            clock: Rc::new(Clock::new()),
            deadline: None,
            first: Input::Started,
            writer: None,
            path: None,
            news: None,
            quiet: args.show.quiet,
        };
        if let Some(path) = path {
            kept.begin(path, job, args.fresh, show, out);
        }
        if kept.first == Input::Started {
            kept.deadline = job.limit.map(|limit| kept.clock.now() + limit);
        }
        kept
    }

    fn begin(&mut self, path: PathBuf, job: &Job, fresh: bool, show: &mut Show, out: &mut Output) {
        let mut clock = None;
        let opened = journal::open(
            &path,
            &job.plan,
            &job.place(),
            fresh,
            |replayed| {
                let Replayed { last, set_forward, ran, .. } = replayed;
                clock.insert(Clock::resumed(*last, *set_forward, ran.as_ref())).now()
            },
            |event| show.recall(event),
        );
        let (opened, notes) = match opened {
            Ok(opened) => opened,
            Err(trouble) => return self.say(&without(&trouble)),
        };
        for told in notes {
            match told {
                Note::SetAside(old) if fresh => {
                    self.say(&format!("the earlier journal is now {}", old.display()));
                }
                Note::SetAside(_) => {}
                Note::Damaged(line, whole) => self.say(&format!(
                    "the journal is damaged at line {line}: going on with what stands before it; the whole is \
                     kept as {}",
                    whole.display()
                )),
            }
        }
        let mut writer = match opened {
            Opened::New(writer) => *writer,
            Opened::Resumed(resumed) => {
                let Resumed { watch, plan, writer, started, replayed } = *resumed;
                show.recalled(out);
                self.watch = watch;
                self.clock = Rc::new(clock.unwrap_or_default());
                let to = Some(self.clock.now());
                let same = Clock::is_same_boot(replayed.ran.as_ref());
                let kind = if same { GapKind::Restarted } else { GapKind::Rebooted };
                self.first = Input::Gap(Gap { kind, from: replayed.last, to });
                self.deadline = Some(started + plan.policy.timeout);
                writer
            }
        };
        writer.runs(self.clock.uptime());
        self.news = Some(writer.news());
        self.writer = Some(writer);
        self.path = Some(path);
    }

    /// Where it is written down; empty where it is not.
    pub(crate) fn place(&self) -> String {
        self.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
    }

    /// What the loop needs; and where to hear of trouble with the journal while it runs.
    pub(crate) fn run(&mut self) -> (Run<'_>, News) {
        let first = std::mem::replace(&mut self.first, Input::Woke);
        let news = News { from: self.news.clone(), quiet: self.quiet };
        let Kept { watch, writer, deadline, .. } = self;
        (Run { watch, first, journal: writer.as_mut(), deadline: *deadline }, news)
    }

    /// Closes the journal. `stopped`: the user ended the watch before its time.
    pub(crate) fn close(self, stopped: bool) {
        let Kept { writer, path, quiet, .. } = self;
        let Some(writer) = writer else { return };
        writer.close();
        if let Some(path) = path.filter(|_| stopped && !quiet) {
            note(&format!("the same command goes on from here (journal: {})", path.display()));
        }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            note(text);
        }
    }
}

/// Tells of trouble with the journal.
pub(crate) struct News {
    from: Option<Rc<RefCell<Vec<WriterNews>>>>,
    quiet: bool,
}

impl News {
    pub(crate) fn tell(&self) {
        let Some(from) = &self.from else { return };
        for news in from.borrow_mut().drain(..).filter(|_| !self.quiet) {
            note(&match news {
                WriterNews::Failing(error) => format!(
                    "the journal cannot be written ({error}): the watch goes on, and it is tried again"
                ),
                WriterNews::Mended => "the journal is written again; nothing is missing".to_owned(),
                WriterNews::GivenUp => {
                    "the journal ends here: too much could not be written. The watch goes on; \
                     after a restart it would go on from here"
                        .to_owned()
                }
            });
        }
    }
}

fn without(trouble: &Trouble) -> String {
    let hint = match trouble {
        Trouble::Unwritable { .. } => "another place: --journal FILE; none: --journal off",
        Trouble::Busy { .. } => "that watch goes on undisturbed; this one does not survive a restart",
        Trouble::Unreadable { .. } | Trouble::Other { .. } => {
            "it was left as it is; another place: --journal FILE; --fresh sets it aside"
        }
    };
    format!("no journal, so this watch begins anew and would not survive a restart: {trouble} ({hint})")
}

/// `--journal`, or a file of this watch's own below the user's state directory (XDG base directories).
fn path(job: &Job, args: &Looking) -> Option<PathBuf> {
    match args.journal.as_deref() {
        Some("off") => return None,
        Some(path) => return Some(PathBuf::from(path)),
        None => {}
    }
    let absolute = |key: &str| std::env::var_os(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let Some(state) = state else {
        if !args.show.quiet {
            note("no journal: neither XDG_STATE_HOME nor HOME says where (--journal FILE does)");
        }
        return None;
    };
    Some(journal::default_path(&state.join("propwatch"), &job.plan, &job.place()))
}
