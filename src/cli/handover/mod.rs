//! What is done with a verdict: `--then`, `--on-change` and `--notify`. Only ever for what is seen live: what a
//! journal tells of was handed over when it happened.

mod changes;
mod command;
mod facts;

use propwatch::engine::Mode;
use propwatch::model::{Event, Name, Report};
use propwatch::net::{Delivered, Internet, Receiver, ReceiverError};
use propwatch::view::{Cast, call_failure, count};

use self::changes::{Changes, News};
use self::facts::{Facts, Standing};
use super::UserError;
use super::args::Looking;
use super::exit::Exit;
use super::output::note;
use super::show::Show;
use super::watching::terminated;

/// What is to be done, and what has been handed over so far.
pub(crate) struct Handover {
    then: Option<String>,
    on_change: Option<String>,
    receiver: Option<Receiver>,
    changes: Option<Changes>,
    last: Option<Standing>,
    json: bool,
    quiet: bool,
    /// Where the watch is written down, for the commands.
    pub(crate) journal: String,
}

impl Handover {
    /// Reads the options; what cannot be done is refused here, before anything is asked.
    pub(crate) fn read(args: &Looking, mode: Mode) -> Result<Self, UserError> {
        let command = |option: &str, text: &Option<String>| match text {
            Some(text) if text.trim().is_empty() => {
                Err(UserError::new(format!("{option}: there is no command"))
                    .hint(format!("{option} 'certbot renew', for instance")))
            }
            text => Ok(text.clone()),
        };
        let mut on_change = command("--on-change", &args.on_change)?;
        if on_change.is_some() && mode == Mode::Look {
            note("--on-change has no effect on check: one look sees no change; --then and --notify do");
            on_change = None;
        }
        let receiver = args.notify.as_deref().map(Receiver::parse).transpose().map_err(refused)?;
        Ok(Handover {
            then: command("--then", &args.then)?,
            on_change,
            receiver,
            changes: None,
            last: None,
            json: args.show.json,
            quiet: args.show.quiet,
            journal: String::new(),
        })
    }

    /// The watch begins, inside a runtime; `verdict` is the latest that was told before, of a watch that goes on.
    pub(crate) fn begin(&mut self, verdict: Option<&Report>) {
        self.last = verdict.map(Standing::of);
        self.changes = self.on_change.take().map(Changes::start);
    }

    /// Takes an event in, which the cast has taken already, and says what there is to say.
    pub(crate) fn event(&mut self, event: Option<&Event>, show: &mut Show) {
        if let Some(Event::Verdict(report)) = event {
            self.change(report, show.cast());
        }
        let news = self.changes.as_ref().map(Changes::news).unwrap_or_default();
        self.tell(news, |line| show.aside(line));
    }

    fn change(&mut self, report: &Report, cast: &Cast) {
        let standing = Standing::of(report);
        if self.last.as_ref() == Some(&standing) {
            return;
        }
        if let Some(changes) = &self.changes {
            changes.hand_over(Facts::new("change", report, cast, self.last.as_ref(), &self.journal));
        }
        self.last = Some(standing);
    }

    /// Says what the runs of `--on-change` give to say. Their failures are said with `--quiet`, too: nothing else
    /// tells of them.
    fn tell(&self, news: Vec<News>, mut say: impl FnMut(&str)) {
        for one in news {
            match one {
                News::Printed(_) if self.quiet => {}
                News::Printed(line) => say(&format!("on-change: {line}")),
                News::Failed(why) => say(&format!("propwatch: note: --on-change: {why}")),
            }
        }
    }

    /// The watch was ended by the user, or nobody reads its results any more: nothing is run.
    pub(crate) fn give_up(mut self) {
        if let Some(changes) = self.changes.take() {
            let news = changes.give_up();
            self.tell(news, super::output::complain);
        }
    }

    /// The watch has come to its end, and its result is told. Gives the status of `--then`, if it was run.
    pub(crate) async fn end(mut self, report: &Report, show: &Show, net: &Internet) -> Option<Exit> {
        self.change(report, show.cast());
        if let Some(changes) = self.changes.take() {
            let news = changes.finish().await;
            self.tell(news, super::output::complain);
        }
        if self.then.is_none() && self.receiver.is_none() {
            return None;
        }
        let facts = Facts::new("end", report, show.cast(), None, &self.journal);
        let names: Vec<Name> = report
            .records
            .iter()
            .filter_map(|entry| show.cast().record(entry.record))
            .map(|record| record.name.clone())
            .collect();
        let then = self.then.as_deref().filter(|_| Exit::of(report) == Exit::Safe);
        let (told, exit) = futures::join!(self.notify(net, &facts, &names), self.run(then, &facts));
        if let Some(line) = told {
            super::output::complain(&line);
        }
        exit
    }

    /// Tells the receiver, and gives what is to be said about it.
    async fn notify(&self, net: &Internet, facts: &Facts, names: &[Name]) -> Option<String> {
        let receiver = self.receiver.as_ref()?;
        let told = tokio::select! {
            told = net.tell(receiver, &facts.json, names) => Some(told),
            _ = tokio::signal::ctrl_c() => None,
            () = terminated() => None,
        };
        match told {
            Some(Delivered { failure: None, .. }) if self.quiet => None,
            Some(Delivered { failure: None, .. }) => Some(format!("propwatch: told {receiver}")),
            Some(Delivered { tries, failure: Some(why) }) => Some(format!(
                "propwatch: note: --notify: {receiver} was not told ({}): {}",
                count(tries, "try", "tries"),
                call_failure(&why)
            )),
            None => Some(format!("propwatch: note: --notify: {receiver} was not told: interrupted")),
        }
    }

    async fn run(&self, then: Option<&str>, facts: &Facts) -> Option<Exit> {
        Some(match command::foreground(then?, facts, self.json).await {
            Ok(ended) => Exit::Passed(ended.status()),
            Err(error) => {
                note(&format!("--then: the shell cannot be started: {error}"));
                Exit::Passed(command::NOT_FOUND)
            }
        })
    }
}

fn refused(error: ReceiverError) -> UserError {
    let told = UserError::new(format!("--notify: {error}"));
    match error {
        ReceiverError::Plain => told.hint(
            "a receiver in your own network that has no TLS: --then 'curl --data-binary @- http://…' reads the same JSON",
        ),
        _ => told,
    }
}
