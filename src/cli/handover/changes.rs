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
/// Octets of what waits; at ten thousand names each change has some megabytes of JSON.
const MOST_BYTES: usize = 16 << 20;
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

impl Queue {
    /// Leaves the oldest out while too much waits; the newest stays.
    fn keep_to_bounds(&mut self) {
        let mut bytes: usize = self.waiting.iter().map(|facts| facts.json.len()).sum();
        while self.waiting.len() > MOST_WAITING || (self.waiting.len() > 1 && bytes > MOST_BYTES) {
            bytes -= self.waiting.pop_front().map_or(0, |facts| facts.json.len());
            self.left_out += 1;
        }
    }
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
        queue.waiting.push_back(facts);
        queue.keep_to_bounds();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(json: &str) -> Facts {
        Facts { variables: vec![("PROPWATCH_EVENT", "change".to_owned())], json: Arc::new(json.to_owned()) }
    }

    fn queued(sizes: impl IntoIterator<Item = usize>) -> (Vec<usize>, usize) {
        let mut queue = Queue::default();
        for size in sizes {
            queue.waiting.push_back(facts(&"x".repeat(size)));
            queue.keep_to_bounds();
        }
        (queue.waiting.iter().map(|one| one.json.len()).collect(), queue.left_out)
    }

    #[test]
    fn what_waits_is_bounded_and_the_newest_stays() {
        assert_eq!(queued(1..=20), ((5..=20).collect(), 4));
        assert_eq!(queued([6 << 20, 7 << 20, 8 << 20, 1]), (vec![7 << 20, 8 << 20, 1], 1));
        assert_eq!(queued([1, 40 << 20]), (vec![40 << 20], 1));
    }

    #[tokio::test]
    async fn a_run_that_hangs_is_ended_with_all_that_it_has_started() {
        let file = std::env::temp_dir().join(format!("propwatch-hangs-{}", std::process::id()));
        let command = format!("sh -c 'trap \"\" TERM; sleep 3.5; echo late > {}' & wait", file.display());
        let ran = background(&command, &facts("{}"), Duration::from_millis(200)).await.unwrap();
        assert_eq!(ran.ended, None);
        // Dropped in mid-run, as at Ctrl-C: nothing is left that could write.
        let some = facts("{}");
        let dropped = background(&command, &some, Duration::from_secs(9));
        assert!(timeout(Duration::from_millis(300), dropped).await.is_err());
        let quick = background("printf 'a\\033b\\n'; cat; exit 4", &facts("{}"), LIMIT).await;
        let told = [
            News::Printed("a\\x1bb".into()),
            News::Printed("{}".into()),
            News::Failed("it ended with 4".into()),
        ];
        assert_eq!(said(quick), told);
        let left = background("sleep 30 & echo left", &facts("{}"), LIMIT).await.unwrap();
        assert_eq!((left.ended, left.output), (Some(Ended::Exit(0)), b"left\n".to_vec()));
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(std::fs::remove_file(&file).is_err(), "what was ended went on");
    }
}
