//! From arguments to what the library takes: everything is checked here, before anything is asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use propwatch::config;
use propwatch::engine::{FEW, Mode, Plan, PlanError, Policy, Request};
use propwatch::model::{Endpoint, Milestone, Role, Vantage};
use propwatch::net::walk::{Start, Walker};
use propwatch::net::{Settings, WebSettings, system_resolvers};
use propwatch::view::count;

use super::UserError;
use super::args::{ListArgs, Looking, Until};
use super::output::note;
use super::{names, tries, web};

/// Everything that a watch needs.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) plan: Plan,
    pub(crate) settings: Settings,
    /// How long it may take. A look has a limit only if one was asked for.
    pub(crate) limit: Option<Duration>,
}

impl Job {
    /// Where its questions and visits go, on one line: part of what makes it this watch and no other.
    pub(crate) fn place(&self) -> String {
        let (kind, addresses): (_, &[SocketAddr]) = match &self.settings.start {
            Start::Roots(roots) if *roots == Walker::root_hints() => ("", &[]),
            Start::Roots(roots) => ("roots", roots),
            Start::Authorities(authorities) => ("authorities", authorities),
        };
        let mut words = vec![kind.to_owned()];
        words.extend(addresses.iter().map(ToString::to_string));
        let port = self.settings.web.http_port;
        if port != WebSettings::default().http_port {
            words.push(format!("http-port {port}"));
        }
        words.join(" ").trim().to_owned()
    }
}

/// One look, or a watch.
pub(crate) fn job(args: &Looking, mode: Mode) -> Result<Job, UserError> {
    without_effect(args, mode);
    let limit = limit(args, mode)?;
    let policy = policy(args, limit)?;
    let names = names::names(args, mode)?;
    let mut resolvers = list(&args.list)?;
    if args.list.resolver.is_empty() && args.root.is_empty() && args.authority.is_empty() {
        resolvers.extend(config::system(&system_resolvers()));
    }
    quorum_of_few(args.quorum, &resolvers);
    let mut settings = settings(args)?;
    settings.operators = operators(&resolvers);
    let plan = Plan::new(Request { names, mode, policy }, resolvers).map_err(|error| explain(&error))?;
    Ok(Job { plan, settings, limit })
}

/// The operator of each address.
fn operators(resolvers: &[Vantage]) -> Vec<(IpAddr, Arc<str>)> {
    let each = |of: &Vantage| -> Vec<(IpAddr, Arc<str>)> {
        of.endpoints.iter().map(|endpoint| (endpoint.addr.ip(), Arc::clone(&of.operator))).collect()
    };
    resolvers.iter().flat_map(each).collect()
}

fn policy(args: &Looking, limit: Option<Duration>) -> Result<Policy, UserError> {
    let standard = Policy::default();
    let until = match args.until {
        Until::Issuable => Milestone::Issuable,
        Until::Safe => Milestone::Safe,
        Until::Everyone => Milestone::Everyone,
    };
    Ok(Policy {
        until,
        quorum_percent: args.quorum,
        settle: match &args.settle {
            Some(text) => duration("--settle", text)?,
            None => standard.settle,
        },
        timeout: limit.unwrap_or(standard.timeout),
        look_anyway: args.look_anyway,
        fail_fast: args.fail_fast,
        allow_reserved: args.allow_reserved,
        samples: standard.samples,
        ca: web::ca(args),
        web: web::policy(args)?,
        ask_origin: !args.no_origin,
        attempts: tries::remembered(args.journal.as_deref()),
        ..standard
    })
}

fn limit(args: &Looking, mode: Mode) -> Result<Option<Duration>, UserError> {
    let Some(text) = &args.timeout else {
        return Ok((mode == Mode::Watch).then_some(Policy::default().timeout));
    };
    let limit = duration("--timeout", text)?;
    if limit.is_zero() {
        let error = UserError::new(format!("--timeout {text} leaves no time to look"));
        return Err(error.hint("propwatch check takes one look, in a few seconds"));
    }
    Ok(Some(limit))
}

/// Options that belong to the other of the two commands: they do no harm, and are noted.
fn without_effect(args: &Looking, mode: Mode) {
    if mode == Mode::Look && args.journal.as_deref().is_some_and(|journal| journal != "off") {
        note("--journal has no effect on check: one look leaves nothing to go on with");
    }
    if mode == Mode::Look && args.fresh {
        note("--fresh has no effect on check: it always begins anew");
    }
    if mode == Mode::Look && args.settle.is_some() {
        note("--settle has no effect on check: it takes its samples at once");
    }
    if mode == Mode::Look && args.fail_fast {
        note("--fail-fast has no effect on check: it never waits");
    }
    if mode == Mode::Watch && args.fresh && args.journal.as_deref() == Some("off") {
        note("--fresh has no effect with --journal off: nothing is kept to begin anew from");
    }
    if args.no_web && args.http_port.is_some() {
        note("--http-port has no effect with --no-web: the web server is not looked at");
    }
}

/// Says so where a quorum was asked for that does not count.
fn quorum_of_few(percent: u8, resolvers: &[Vantage]) {
    let voters = resolvers.iter().filter(|vantage| vantage.role == Role::Voter).count();
    let voters = u32::try_from(voters).unwrap_or(u32::MAX);
    if percent < Policy::default().quorum_percent && voters < FEW {
        note(&format!(
            "--quorum has no effect with {}: of fewer than {FEW} all must confirm",
            count(voters, "resolver", "resolvers")
        ));
    }
}

/// The resolvers of `--resolver`, of `--resolvers`, or the built-in ones.
pub(crate) fn list(list: &ListArgs) -> Result<Vec<Vantage>, UserError> {
    if let Some(path) = &list.resolvers {
        return config::load(path).map_err(|error| UserError::new(error.to_string()));
    }
    if list.resolver.is_empty() {
        return Ok(config::embedded());
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for text in &list.resolver {
        let endpoint = config::parse_endpoint(text)
            .map_err(|error| UserError::new(format!("--resolver {text}: {error}")))?;
        endpoints.push(endpoint);
    }
    Ok(config::given(&endpoints))
}

/// How the network is used, as far as the list's options say.
pub(crate) fn network(list: &ListArgs) -> Result<Settings, UserError> {
    let probe_limit = duration("--query-timeout", &list.query_timeout)?;
    if !(Duration::from_millis(100)..=Duration::from_secs(60)).contains(&probe_limit) {
        return Err(UserError::new(format!("--query-timeout {}: outside 100ms to 60s", list.query_timeout)));
    }
    Ok(Settings { probe_limit, extra_roots: extra_roots()?, ..Settings::default() })
}

/// Certificates of a private CA for TLS and HTTPS, from the file that `SSL_CERT_FILE` names (PEM).
fn extra_roots() -> Result<Vec<Vec<u8>>, UserError> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(Vec::new());
    };
    let shown = std::path::Path::new(&path).display().to_string();
    let bytes =
        std::fs::read(&path).map_err(|error| UserError::new(format!("SSL_CERT_FILE: {shown}: {error}")))?;
    propwatch::net::certificates(&bytes).ok_or_else(|| {
        UserError::new(format!("SSL_CERT_FILE: {shown} holds no certificate that can be read (PEM)"))
    })
}

pub(crate) fn settings(args: &Looking) -> Result<Settings, UserError> {
    let addresses = |option: &str, all: &[String]| -> Result<Vec<SocketAddr>, UserError> {
        all.iter().map(|text| address(option, text)).collect()
    };
    let roots = addresses("--root", &args.root)?;
    let authorities = addresses("--authority", &args.authority)?;
    let start = if !authorities.is_empty() {
        Start::Authorities(authorities)
    } else if !roots.is_empty() {
        Start::Roots(roots)
    } else {
        Start::Roots(Walker::root_hints())
    };
    Ok(Settings { start, web: web::settings(args)?, ..network(&args.list)? })
}

fn address(option: &str, text: &str) -> Result<SocketAddr, UserError> {
    let with_port = text.parse::<SocketAddr>().ok();
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    with_port.or(bare.map(|ip| SocketAddr::new(ip, 53))).ok_or_else(|| {
        UserError::new(format!("{option} {text}: not an address")).hint(
            "write an IP address, with a port if it is not 53: 192.0.2.1, 127.0.0.1:5353, [2001:db8::1]:53",
        )
    })
}

/// `500ms`, `2s`, `90m`, `48h`, `2d`, `1h 30m`; not negative.
fn duration(option: &str, text: &str) -> Result<Duration, UserError> {
    let wrong = || {
        UserError::new(format!("{option} {text}: not a duration"))
            .hint("write a number and a unit: 500ms, 2s, 15m, 48h, 2d")
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let days = text.strip_suffix('d').and_then(|days| days.trim_end().parse::<u32>().ok());
    let length = match days {
        Some(days) => Duration::from_secs(u64::from(days) * 86_400),
        None => {
            let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
            Duration::try_from(parsed).map_err(|_| wrong())?
        }
    };
    if length > Duration::from_secs(366 * 86_400) {
        return Err(UserError::new(format!("{option} {text}: longer than a year")));
    }
    Ok(length)
}

fn explain(error: &PlanError) -> UserError {
    let told = UserError::new(error.to_string());
    match error {
        PlanError::Wildcard(name) => {
            let below = name.as_str().trim_start_matches("*.");
            told.hint(format!("look at a name that it covers: www.{below}"))
        }
        PlanError::NoVoters => told.hint("at least one entry must count: leave out `voter: false`"),
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [
            ("500ms", 500),
            ("2s", 2000),
            ("48h", 172_800_000),
            ("1h 30m", 5_400_000),
            ("2d", 172_800_000),
            ("0", 0),
        ] {
            assert_eq!(duration("--x", text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "5", "-2s", "2 parsecs", "9999999h", "1e9s"] {
            assert!(duration("--x", text).is_err(), "{text}");
        }
    }
}
