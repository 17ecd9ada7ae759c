//! From arguments to what the library takes: everything is checked here, before anything is asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use propwatch::config;
use propwatch::engine::{Mode, Plan, PlanError, Policy, Request};
use propwatch::model::{Endpoint, Milestone, Name, NameError, Value, Vantage};
use propwatch::net::walk::{Start, Walker};
use propwatch::net::{Settings, system_resolvers};

use super::UserError;
use super::args::{ListArgs, Shared, Until};
use super::output::note;

/// Everything that a watch needs.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) plan: Plan,
    pub(crate) settings: Settings,
}

/// What the options ask for: one look, or a watch.
pub(crate) fn job(shared: &Shared, mode: Mode) -> Result<Job, UserError> {
    without_effect(shared)?;
    let policy = policy(shared)?;
    if policy.timeout.is_zero() {
        return Err(
            UserError::new("--timeout 0 leaves no time to watch").hint("propwatch check takes one look")
        );
    }
    let names = names(shared)?;
    let mut resolvers = list(&shared.list)?;
    if shared.list.resolver.is_empty() && shared.root.is_empty() && shared.authority.is_empty() {
        resolvers.extend(config::system(&system_resolvers()));
    }
    let settings = settings(shared)?;
    let plan = Plan::new(Request { names, mode, policy }, resolvers).map_err(|error| explain(&error))?;
    Ok(Job { plan, settings })
}

fn policy(shared: &Shared) -> Result<Policy, UserError> {
    Ok(Policy {
        until: match shared.until {
            Until::Issuable => Milestone::Issuable,
            Until::Safe => Milestone::Safe,
            Until::Everyone => Milestone::Everyone,
        },
        quorum_percent: shared.quorum,
        settle: duration("--settle", &shared.settle)?,
        timeout: duration("--timeout", &shared.timeout)?,
        look_anyway: shared.look_anyway,
        fail_fast: shared.fail_fast,
        allow_reserved: shared.allow_reserved,
        ..Policy::default()
    })
}

/// Options of the contract that this version cannot honour: harmless ones are noted, those whose absence
/// would falsify the verdict are refused.
fn without_effect(shared: &Shared) -> Result<(), UserError> {
    if shared.records.is_some() {
        return Err(UserError::new(
            "--records is not in this version: the names in the file would not be looked at",
        )
        .hint("give them on the command line: NAME=VALUE NAME=VALUE …"));
    }
    if shared.self_test.is_some() {
        return Err(UserError::new("--self-test is not in this version: the web server is not looked at")
            .hint("without it the verdict is about DNS, and says that the web is not proven"));
    }
    if shared.then.is_some() {
        return Err(UserError::new("--then is not in this version: the command would never be run")
            .hint("propwatch wait … && COMMAND does the same"));
    }
    if shared.journal.as_deref().is_some_and(|journal| journal != "off") {
        note("--journal has no effect yet: a watch that is ended begins anew");
    }
    if shared.http_port.is_some() {
        note("--http-port has no effect yet: the web server is not looked at");
    }
    if shared.ca.is_some() {
        note("--ca has no effect yet: the rules are Let's Encrypt's");
    }
    Ok(())
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

fn settings(shared: &Shared) -> Result<Settings, UserError> {
    let addresses = |option: &str, all: &[String]| -> Result<Vec<SocketAddr>, UserError> {
        all.iter().map(|text| address(option, text)).collect()
    };
    let roots = addresses("--root", &shared.root)?;
    let authorities = addresses("--authority", &shared.authority)?;
    let start = if !authorities.is_empty() {
        Start::Authorities(authorities)
    } else if !roots.is_empty() {
        Start::Roots(roots)
    } else {
        Start::Roots(Walker::root_hints())
    };
    Ok(Settings { start, ..network(&shared.list)? })
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

/// `500ms`, `2s`, `90m`, `48h`, `1h 30m`; not negative.
fn duration(option: &str, text: &str) -> Result<Duration, UserError> {
    let wrong = || {
        UserError::new(format!("{option} {text}: not a duration"))
            .hint("write a number and a unit: 500ms, 2s, 15m, 48h")
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let length = Duration::try_from(parsed).map_err(|_| wrong())?;
    if length > Duration::from_secs(366 * 86_400) {
        return Err(UserError::new(format!("{option} {text}: longer than a year")));
    }
    Ok(length)
}

fn names(shared: &Shared) -> Result<Vec<(Name, Vec<Value>)>, UserError> {
    let expected: Vec<Value> =
        shared.expect.iter().map(|text| value("--expect", text)).collect::<Result<_, _>>()?;
    if shared.names.is_empty() {
        return Err(UserError::new("no name to look at")
            .hint("propwatch check mail.example.com --expect 203.0.113.7"));
    }
    let mut all = Vec::new();
    for text in &shared.names {
        match text.split_once('=') {
            Some((name, wanted)) => all.push((self::name(name)?, vec![value(text, wanted)?])),
            None if expected.is_empty() => return Err(no_value(&self::name(text)?)),
            None => all.push((self::name(text)?, expected.clone())),
        }
    }
    if shared.names.iter().all(|text| text.contains('=')) && !expected.is_empty() {
        return Err(UserError::new("--expect is for names without =VALUE, and there is none")
            .hint("leave --expect out, or a name's =VALUE"));
    }
    Ok(all)
}

fn no_value(name: &Name) -> UserError {
    UserError::new(format!("{name} has no expected value, so nothing can be called right"))
        .hint(format!("propwatch check {name} --expect ADDRESS, with the address of your hosting"))
        .hint("the panel shows it as \"Shared IP Address\" or \"Server IP\"; a host name means a CNAME")
}

fn name(text: &str) -> Result<Name, UserError> {
    let error = |error: NameError| UserError::new(format!("{error}"));
    Name::parse(text).map_err(|cause| {
        let bare =
            text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', ':', '@']).next().unwrap_or("");
        match (&cause, Name::parse(bare)) {
            (NameError::Character { character: '/' | ':', .. }, Ok(name)) if text.contains("://") => {
                error(cause).hint(format!("a name, not a URL: {name}"))
            }
            (NameError::Character { character: '@', .. }, _) => {
                error(cause).hint("a name, not a mail address: what stands behind the @")
            }
            _ => error(cause),
        }
    })
}

fn value(whose: &str, text: &str) -> Result<Value, UserError> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(match address {
            IpAddr::V4(v4) => Value::V4(v4),
            IpAddr::V6(v6) => Value::V6(v6),
        });
    }
    let wrong = |why: &str| UserError::new(format!("{whose}: `{text}` is not a value: {why}"));
    let hint = "an IPv4 address (A), an IPv6 address (AAAA) or a host name (CNAME)";
    if text.contains("://") {
        return Err(wrong("it is a URL").hint(hint));
    }
    if let Some((address, _)) = text.split_once('/').filter(|(a, _)| a.parse::<IpAddr>().is_ok()) {
        return Err(wrong("it is a network").hint(format!("one address: {address}")));
    }
    let numeric = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if numeric {
        return Err(wrong("an IPv4 address has four numbers from 0 to 255").hint(hint));
    }
    if text.contains(':') {
        return Err(wrong("it is not an IPv6 address").hint(hint));
    }
    Name::parse(text).map(Value::Alias).map_err(|error| wrong(&error.to_string()).hint(hint))
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
        for (text, millis) in
            [("500ms", 500), ("2s", 2000), ("48h", 172_800_000), ("1h 30m", 5_400_000), ("0", 0)]
        {
            assert_eq!(duration("--x", text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "5", "-2s", "2 parsecs", "9999999h", "1e9s"] {
            assert!(duration("--x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_says_its_type() {
        assert!(matches!(value("-e", "203.0.113.7"), Ok(Value::V4(_))));
        assert!(matches!(value("-e", "2001:db8::1"), Ok(Value::V6(_))));
        assert!(matches!(value("-e", "host.example.net."), Ok(Value::Alias(_))));
        for text in ["203.0.113.300", "203.0.113.7/24", "http://a.b", "1.2.3", "a:b", "a b", ""] {
            assert!(value("-e", text).is_err(), "{text}");
        }
    }
}
