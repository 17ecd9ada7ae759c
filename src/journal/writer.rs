//! Writing a journal: one write a batch of facts, one sync a round, and a full disk that ends nothing.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::rc::Rc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::engine::Input;
use crate::model::{Finding, Timestamp, Uptime};

use super::line::{Encoder, Fact, Head};

/// What is synced at most this often; a crash of the machine can cost so much, one of the program nothing.
const ROUND: Duration = Duration::from_secs(1);
/// What waits for a disk that is full, in bytes. Beyond that the journal ends where it is.
const WAITS: usize = 8 << 20;
/// How long after a failure to write it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// What a user should know about the writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterNews {
    /// It cannot be written just now; what was found is kept in memory, and the watch goes on.
    Failing(String),
    /// It is written again, and nothing is missing.
    Mended,
    /// Too much could not be written: the journal ends here, and a restart goes on from here.
    GivenUp,
}

/// Writes one journal. It holds the file's lock for as long as it lives.
#[derive(Debug)]
pub struct Writer {
    file: File,
    encoder: Option<Encoder>,
    /// The first line, until the watch begins.
    head: Option<Head>,
    /// How long the machine has been up, until this run's first input is noted.
    uptime: Option<Uptime>,
    /// Lines that are not written yet.
    waiting: Vec<u8>,
    /// Bytes that are safely in the file.
    written: u64,
    synced_at: Timestamp,
    failed_at: Option<Timestamp>,
    given_up: bool,
    sync: Option<Syncer>,
    news: Rc<RefCell<Vec<WriterNews>>>,
}

impl Writer {
    /// A journal that begins with the first input, at the start of an empty file.
    pub(super) fn begin(file: File, head: Head) -> Self {
        Self::new(file, 0, Some(head), None)
    }

    /// A journal that goes on behind its first `good` bytes; whatever follows them is cut off.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn go_on(file: File, good: u64, last: Timestamp) -> io::Result<Self> {
        file.set_len(good)?;
        Ok(Self::new(file, good, None, Some(Encoder::new(last))))
    }

    fn new(file: File, written: u64, head: Option<Head>, encoder: Option<Encoder>) -> Self {
        let sync = file.try_clone().ok().map(Syncer::new);
        Writer {
            file,
            encoder,
            head,
            uptime: None,
            waiting: Vec::new(),
            written,
            synced_at: Timestamp::default(),
            failed_at: None,
            given_up: false,
            sync,
            news: Rc::default(),
        }
    }

    /// Where the writer leaves word for the user.
    pub fn news(&self) -> Rc<RefCell<Vec<WriterNews>>> {
        Rc::clone(&self.news)
    }

    /// Lets the next run know how much time has passed since this one began.
    pub fn runs(&mut self, uptime: Option<Uptime>) {
        self.uptime = uptime;
    }

    /// Takes an input down. It is written with the next [`Writer::write`].
    pub fn note(&mut self, now: Timestamp, input: &Input) {
        if self.given_up {
            return;
        }
        let fact = match input {
            Input::Woke => return,
            Input::Started => {
                let Some(mut head) = self.head.take() else { return };
                head.at = now.as_micros();
                head.write(&mut self.waiting);
                self.encoder = Some(Encoder::new(now));
                return self.note_running(now);
            }
            Input::Found(finding) => return self.found(finding),
            Input::Gap(gap) => Fact::Gap(now, *gap),
            Input::Deadline => Fact::Deadline(now),
            Input::Stopped => Fact::Stopped(now),
        };
        if let Some(encoder) = &mut self.encoder {
            encoder.fact(&fact, &mut self.waiting);
        }
        self.note_running(now);
    }

    /// The same for a finding.
    pub fn found(&mut self, finding: &Finding) {
        if self.given_up {
            return;
        }
        if let Some(encoder) = &mut self.encoder {
            encoder.finding(finding, &mut self.waiting);
        }
        self.note_running(finding.at);
    }

    fn note_running(&mut self, now: Timestamp) {
        if let (Some(encoder), Some(uptime)) = (&mut self.encoder, self.uptime.take()) {
            encoder.fact(&Fact::Running(now, uptime), &mut self.waiting);
        }
    }

    /// Writes what was noted, before anybody is told what follows from it. It is synced beside, once a
    /// round.
    pub fn write(&mut self, now: Timestamp) {
        if self.given_up || self.waiting.is_empty() {
            return;
        }
        if self.failed_at.is_some_and(|at| now.since(at) < AGAIN) && self.waiting.len() < WAITS {
            return;
        }
        let at = SeekFrom::Start(self.written);
        match self.file.seek(at).and_then(|_| self.file.write_all(&self.waiting)) {
            Ok(()) => {
                self.written += self.waiting.len() as u64;
                self.waiting.clear();
                if self.failed_at.take().is_some() {
                    self.tell(WriterNews::Mended);
                }
            }
            Err(error) => self.failed(now, &error),
        }
        if now.since(self.synced_at) >= ROUND {
            self.synced_at = now;
            let failure = self.sync.as_ref().and_then(Syncer::round);
            if let Some(error) = failure {
                self.failed(now, &error);
            }
        }
    }

    fn failed(&mut self, now: Timestamp, error: &io::Error) {
        // Half a line must not stand before the next attempt. Cutting off needs no room on the disk.
        let cut = self.file.set_len(self.written);
        if self.failed_at.replace(now).is_none() {
            self.tell(WriterNews::Failing(error.to_string()));
        }
        if self.waiting.len() >= WAITS || cut.is_err() {
            self.given_up = true;
            self.waiting = Vec::new();
            self.tell(WriterNews::GivenUp);
        }
    }

    fn tell(&self, news: WriterNews) {
        self.news.borrow_mut().push(news);
    }

    /// Writes and syncs all there is, at the end of a run.
    pub fn close(mut self) {
        if !self.given_up && !self.waiting.is_empty() {
            let at = SeekFrom::Start(self.written);
            if self.file.seek(at).and_then(|_| self.file.write_all(&self.waiting)).is_err() {
                let _ = self.file.set_len(self.written);
            }
        }
        drop(self.sync.take());
        // Whoever could not sync before cannot now; the file is whole as far as the system knows.
        let _ = self.file.sync_data();
    }
}

/// Syncs in a thread of its own: a slow disk must not keep the watch from asking in time.
#[derive(Debug)]
struct Syncer {
    ask: Option<SyncSender<()>>,
    failure: Arc<Mutex<Option<io::Error>>>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    fn new(file: File) -> Self {
        let (ask, asked) = sync_channel::<()>(1);
        let failure = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failure);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            while asked.recv().is_ok() {
                if let Err(error) = file.sync_data() {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            }
        });
        // Without a thread there is no syncing on the way, only at the end.
        let ask = thread.is_ok().then_some(ask);
        Syncer { ask, failure, thread: thread.ok() }
    }

    /// Asks for a sync; gives what became of an earlier one if it failed.
    fn round(&self) -> Option<io::Error> {
        if let Some(ask) = &self.ask {
            // One that is still under way covers what was written before it.
            let _: Result<(), TrySendError<()>> = ask.try_send(());
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
