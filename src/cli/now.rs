//! What is true now of the names in an error text: the whole list of checks, for every one of them. The words
//! of a CA can name the wrong cause, and a panel stops at the first name that fails.

use std::rc::Rc;

use futures::stream::{self, StreamExt as _};
use propwatch::clock::Clock;
use propwatch::engine::Mode;
use propwatch::model::{Diagnosis, Environment, Errand, Name, Phase, Seen, Task, ToCheck, Whose, Why};
use propwatch::net::{Internet, Network as _};
use propwatch::view::Looked;
use propwatch::view::escape::clean;

use super::args::{ExplainArgs, ListArgs, Looking, ShowArgs, Until};
use super::output::{Output, complain};
use super::request::{self, job};
use super::watching::{run_and, runtime};
use super::{Exit, UserError};

/// Names of one text that are looked at; a certificate of a panel has fewer.
const MOST_NAMES: usize = 30;

/// Looks at the names, and gives the verdict's exit status; none where there is nothing to look at.
pub(crate) fn look(
    args: &ExplainArgs,
    mut names: Vec<ToCheck>,
    diagnoses: &[Diagnosis],
    out: &mut Output,
    mut before: impl FnMut(Option<&Looked<'_>>, &mut Output),
) -> Result<Option<Exit>, UserError> {
    if args.offline || names.is_empty() || out.is_broken() {
        before(None, out);
        return Ok(None);
    }
    if names.len() > MOST_NAMES {
        complain(&format!("propwatch: note: only the first {MOST_NAMES} names are looked at"));
        names.truncate(MOST_NAMES);
    }
    let assumed = args.expect.is_empty();
    // Where nobody has said which server is the right one, that comes first.
    let doubted = if assumed { Vec::new() } else { doubted(args, diagnoses) };
    let doubts = !doubted.is_empty();
    let wanted: Vec<String> = names.iter().map(|one| one.name.to_string()).collect();
    let mut looking = looking(args, wanted.clone());
    let mut missing = Vec::new();
    if assumed {
        let given = given(&looking, &names)?;
        looking.names.clear();
        for (name, addresses) in given {
            looking.names.extend(addresses.iter().map(|address| format!("{name}={address}")));
            if addresses.is_empty() {
                missing.push(name);
            }
        }
    }
    heading(args, &missing, out);
    if looking.names.is_empty() {
        before(None, out);
        ending(args, Exit::Blocked, &command(args, &wanted, doubts), out);
        return Ok(Some(Exit::Blocked));
    }
    let mut job = job(&looking, Mode::Look)?;
    job.plan.policy.assumed = assumed;
    job.plan.policy.account = account(diagnoses);
    job.plan.policy.doubted = doubted;
    let exit = run_and(job, &looking, out, |looked, out| before(Some(looked), out))?;
    let exit = if missing.is_empty() { exit } else { exit.worse(Exit::Blocked) };
    ending(args, exit, &command(args, &wanted, doubts), out);
    Ok(Some(exit))
}

/// The last lines: what to run next.
fn ending(args: &ExplainArgs, exit: Exit, command: &str, out: &mut Output) {
    if args.json {
        return;
    }
    out.line("");
    out.line(match exit {
        Exit::Safe => "Should anything change before you press it, this waits until it is safe again:",
        _ => "Then wait until it is safe to press Issue:",
    });
    out.line(&format!("  {command}"));
}

/// The account that the text tells of, as CAA records name it; none where it tells of several, or of staging's only.
fn account(diagnoses: &[Diagnosis]) -> Option<String> {
    let real = diagnoses.iter().filter(|one| one.environment == Some(Environment::Production));
    let mut numbers: Vec<&String> = real.filter_map(|one| one.account.as_ref()).collect();
    numbers.dedup();
    match numbers[..] {
        [one] => Some(format!("https://acme-v02.api.letsencrypt.org/acme/acct/{one}")),
        _ => None,
    }
}

/// Names at whose web server the CA has failed, at an address that is not known to be another's, in a way that a look
/// without the test file does not show.
fn doubted(args: &ExplainArgs, diagnoses: &[Diagnosis]) -> Vec<Name> {
    let unseen = |one: &&Diagnosis| match one.phase {
        Phase::Answer => true,
        Phase::Connect | Phase::Redirect | Phase::Tls => args.no_web,
        _ => false,
    };
    let open = diagnoses.iter().filter(|one| one.whose != Whose::Other).filter(unseen);
    open.flat_map(|one| one.names.iter().cloned()).collect()
}

/// The command that waits for these names; `doubts` whether a web server has to be proven.
fn command(args: &ExplainArgs, names: &[String], doubts: bool) -> String {
    let names: Vec<_> = names.iter().map(|name| clean(name)).collect();
    let expected = match &args.expect[..] {
        [] => " --expect ADDRESS".to_owned(),
        some => some.iter().map(|value| format!(" --expect {}", clean(value))).collect(),
    };
    let file = match &args.self_test {
        Some(Some(file)) => format!(" --self-test={}", clean(file)),
        Some(None) => " --self-test".to_owned(),
        None if doubts => " --self-test".to_owned(),
        None => String::new(),
    };
    format!("propwatch wait {}{expected}{file}", names.join(" "))
}

/// What is said before the verdict.
fn heading(args: &ExplainArgs, missing: &[Name], out: &mut Output) {
    let lacks = |name: &Name| {
        let name = name.to_string();
        format!(
            "{}: its name servers give no address. Add the record where they are run, and tell which address it \
             should have: --expect ADDRESS",
            clean(&name)
        )
    };
    if args.json {
        missing.iter().for_each(|name| complain(&format!("propwatch: note: {}", lacks(name))));
        return;
    }
    out.line("");
    out.line("Looked at now, the whole list, since a message can name the wrong cause:");
    missing.iter().for_each(|name| out.line(&lacks(name)));
    out.line("");
}

/// The addresses that DNS gives each name now.
pub(crate) fn given(
    looking: &Looking,
    names: &[ToCheck],
) -> Result<Vec<(Name, Vec<std::net::IpAddr>)>, UserError> {
    let settings = request::settings(looking)?;
    runtime()?.block_on(async {
        let net = Internet::new(settings, Rc::new(Clock::new()))
            .map_err(|error| UserError::new(error.to_string()))?;
        let errand =
            |one: &ToCheck| Errand { task: Task::Survey { name: one.name.clone() }, why: Why::First };
        let mut findings = std::pin::pin!(net.run(names.iter().map(errand).collect()).flat_map(stream::iter));
        let mut all: Vec<(Name, Vec<std::net::IpAddr>)> =
            names.iter().map(|one| (one.name.clone(), Vec::new())).collect();
        while let Some(finding) = findings.next().await {
            let Seen::Surveyed(survey) = finding.seen else { continue };
            if let Some(entry) = all.iter_mut().find(|(name, _)| *name == survey.name) {
                entry.1 = survey.addresses;
            }
        }
        Ok(all)
    })
}

/// The same look that `check` takes.
pub(crate) fn looking(args: &ExplainArgs, names: Vec<String>) -> Looking {
    Looking {
        names,
        expect: args.expect.clone(),
        records: Vec::new(),
        list: ListArgs {
            resolvers: args.list.resolvers.clone(),
            resolver: args.list.resolver.clone(),
            query_timeout: args.list.query_timeout.clone(),
        },
        root: args.root.clone(),
        authority: args.authority.clone(),
        quorum: 95,
        settle: None,
        until: Until::Safe,
        timeout: None,
        fail_fast: false,
        look_anyway: false,
        allow_reserved: args.allow_reserved,
        no_web: args.no_web,
        no_origin: args.no_origin,
        journal: args.journal.clone().filter(|journal| journal == "off"),
        fresh: false,
        then: None,
        on_change: None,
        notify: None,
        http_port: args.http_port,
        self_test: args.self_test.clone(),
        ca: args.ca,
        show: ShowArgs { json: args.json, quiet: false, full: false, color: args.color, no_progress: true },
    }
}
