//! `check` and `wait`: a watch on the real network, behind the views.

use std::rc::Rc;

use propwatch::drive::{Ended, drive};
use propwatch::engine::Mode;
use propwatch::net::Internet;
use propwatch::view::Looked;

use super::args::Looking;
use super::handover::Handover;
use super::journal::Kept;
use super::output::Output;
use super::request::{self, Job};
use super::show::Show;
use super::{Exit, UserError};

pub(crate) fn check(args: &Looking, out: &mut Output) -> Result<Exit, UserError> {
    run(request::job(args, Mode::Look)?, args, out)
}

pub(crate) fn wait(args: &Looking, out: &mut Output) -> Result<Exit, UserError> {
    run(request::job(args, Mode::Watch)?, args, out)
}

pub(crate) fn run(job: Job, args: &Looking, out: &mut Output) -> Result<Exit, UserError> {
    run_and(job, args, out, |_, _| {})
}

/// The same; `before` is told what was found before it is shown.
pub(crate) fn run_and(
    job: Job,
    args: &Looking,
    out: &mut Output,
    before: impl FnOnce(&Looked<'_>, &mut Output),
) -> Result<Exit, UserError> {
    let is_watch = job.plan.mode == Mode::Watch;
    let mut handover = Handover::read(args, job.plan.mode)?;
    let runtime = runtime()?;
    let stops = Stops::listen(&runtime);
    let mut show = Show::new(&args.show, is_watch);
    show.begin(&first_line(&job));
    let mut kept = Kept::open(&job, args, &mut show, out);
    handover.journal = kept.place();
    let exit = runtime.block_on(async {
        let clock = Rc::clone(&kept.clock);
        let net = Internet::new(job.settings, Rc::clone(&clock))
            .map_err(|error| UserError::new(error.to_string()))?;
        let broken = std::cell::Cell::new(false);
        let (run, news) = kept.run();
        handover.begin(show.verdict());
        let (report, ended) = drive(run, &clock, &net, stops.heard(&broken), |now, event| {
            show.event(now, event, out);
            handover.event(event, &mut show);
            news.tell();
            broken.set(out.is_broken());
        })
        .await;
        before(&Looked { report: &report, cast: show.cast() }, out);
        show.end(&report, out);
        kept.close(ended == Ended::Stopped);
        if out.is_broken() || ended == Ended::Stopped {
            handover.give_up();
            return Ok(if out.is_broken() { Exit::BrokenPipe } else { Exit::Interrupted });
        }
        let passed = handover.end(&report, &show, &net).await;
        Ok(passed.unwrap_or_else(|| Exit::of(&report)))
    });
    // Whoever is still looking a name up is not waited for.
    runtime.shutdown_background();
    exit
}

fn first_line(job: &Job) -> String {
    let names: Vec<String> =
        job.plan.records.iter().filter(|record| !record.is_guard()).map(ToString::to_string).collect();
    format!("propwatch: asking the name servers of {}", propwatch::view::list(&names, 3))
}

/// One thread: the work is waiting, and the engine is pure.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, UserError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| UserError::new(format!("cannot begin: {error}")))
}

#[cfg(unix)]
pub(crate) async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
pub(crate) async fn terminated() {
    std::future::pending::<()>().await;
}

/// The wish of the user, or of the system, for an end. From `listen` on it is heard, whenever it is asked for; what
/// comes before that ends the process without a word.
#[cfg(unix)]
pub(crate) struct Stops([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Stops {
    pub(crate) fn listen(runtime: &tokio::runtime::Runtime) -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let _inside = runtime.enter();
        Stops([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    async fn wished(self) {
        let one = |signal: Option<tokio::signal::unix::Signal>| async {
            match signal {
                Some(mut signal) => {
                    signal.recv().await;
                }
                None => std::future::pending().await,
            }
        };
        let [interrupt, terminate] = self.0;
        tokio::select! {
            () = one(interrupt) => {}
            () = one(terminate) => {}
        }
    }
}

/// The wish of the user for an end.
#[cfg(not(unix))]
pub(crate) struct Stops;

#[cfg(not(unix))]
impl Stops {
    pub(crate) fn listen(_: &tokio::runtime::Runtime) -> Self {
        Stops
    }

    async fn wished(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Stops {
    /// Resolves when somebody wants an end, or when nobody reads the results any more.
    pub(crate) async fn heard(self, broken: &std::cell::Cell<bool>) {
        let gone = async {
            while !broken.get() {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            () = self.wished() => {}
            () = gone => {}
        }
    }
}
