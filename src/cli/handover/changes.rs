//! `--on-change`: a command that is run at each change of the verdict, beside the watch. One at a time and in order;
//! what waits is bounded, and so is the time of each.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use propwatch::view::escape::clean;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::command::{Ended, Ran, background};
use super::facts::Facts;

/// The time of one run.
const LIMIT: Duration = Duration::from_secs(60);
/// Changes that wait for their turn; of more the oldest are left out.
const MOST_WAITING: usize = 16;
/// How long the runs that are left may take once the watch has ended.
const AFTER_THE_END: Duration = Duration::from_secs(60);
/// Lines of one run that are shown.
const MOST_LINES: usize = 20;

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// A line that the command printed.
    Printed(String),
    /// What went wrong.
    Failed(String),
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Facts>,
    left_out: usize,
    closed: bool,
    news: Vec<News>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs of one watch.
pub(crate) struct Changes {
    shared: Arc<Shared>,
    worker: JoinHandle<()>,
}

impl Changes {
    /// Begins to wait for changes; inside a runtime.
    pub(crate) fn start(command: String) -> Self {
        let shared = Arc::new(Shared::default());
        let worker = tokio::spawn(work(Arc::clone(&shared), command));
        Changes { shared, worker }
    }

    /// Hands over a change. Never waits.
    pub(crate) fn hand_over(&self, facts: Facts) {
        let mut queue = self.shared.queue();
        if queue.waiting.len() >= MOST_WAITING {
            queue.waiting.pop_front();
            queue.left_out += 1;
        }
        queue.waiting.push_back(facts);
        drop(queue);
        self.shared.wake.notify_one();
    }

    /// What there is to say since the last call.
    pub(crate) fn news(&self) -> Vec<News> {
        std::mem::take(&mut self.shared.queue().news)
    }

    /// The watch has ended: what is left is run, for a bounded time.
    pub(crate) async fn finish(mut self) -> Vec<News> {
        self.shared.queue().closed = true;
        self.shared.wake.notify_one();
        let mut late = None;
        if timeout(AFTER_THE_END, &mut self.worker).await.is_err() {
            late = Some(News::Failed(format!(
                "it was not done {} s after the end, and was stopped",
                AFTER_THE_END.as_secs()
            )));
        }
        self.stop(late)
    }

    /// The user has ended the watch: nothing more is run, and what runs is ended.
    pub(crate) fn give_up(self) -> Vec<News> {
        self.stop(None)
    }

    fn stop(self, last: Option<News>) -> Vec<News> {
        // Dropping its future ends the command with all that it has started.
        self.worker.abort();
        let mut queue = self.shared.queue();
        let mut news = std::mem::take(&mut queue.news);
        if !queue.waiting.is_empty() && last.is_some() {
            news.push(News::Failed(format!("{} more changes were not handed over", queue.waiting.len())));
        }
        news.extend(last);
        news
    }
}

async fn work(shared: Arc<Shared>, command: String) {
    loop {
        let (next, closed) = {
            let mut queue = shared.queue();
            let left_out = std::mem::take(&mut queue.left_out);
            if left_out > 0 {
                queue.news.push(News::Failed(format!("{left_out} changes were left out: it takes too long")));
            }
            (queue.waiting.pop_front(), queue.closed)
        };
        match next {
            Some(facts) => {
                let news = said(background(&command, &facts, LIMIT).await);
                shared.queue().news.extend(news);
            }
            None if closed => return,
            None => shared.wake.notified().await,
        }
    }
}

/// What one run gives to say.
fn said(ran: std::io::Result<Ran>) -> Vec<News> {
    let ran = match ran {
        Ok(ran) => ran,
        Err(error) => return vec![News::Failed(format!("it cannot be started: {error}"))],
    };
    let text = String::from_utf8_lossy(&ran.output).into_owned();
    let lines = text.lines().take(MOST_LINES).map(|line| News::Printed(clean(line).into_owned()));
    let mut news: Vec<News> = lines.collect();
    match ran.ended {
        Some(Ended::Exit(0)) => {}
        Some(Ended::Exit(code)) => news.push(News::Failed(format!("it ended with {code}"))),
        Some(Ended::Signal(number)) => news.push(News::Failed(format!("it was ended by signal {number}"))),
        None => {
            news.push(News::Failed(format!("it took longer than {} s, and was stopped", LIMIT.as_secs())))
        }
    }
    news
}
