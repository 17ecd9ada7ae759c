//! `resolvers`: who is asked, and how each one does.

use std::rc::Rc;

use futures::StreamExt as _;
use propwatch::clock::Clock;
use propwatch::model::{Endpoint, Role, Vantage};
use propwatch::net::{Internet, Manners};
use propwatch::view::escape::clean;
use propwatch::view::json::SCHEMA;

use super::args::ResolversArgs;
use super::filters::{Filter, filters};
use super::output::Output;
use super::{Exit, UserError, request};

/// Resolvers tried at a time.
const SIDE_BY_SIDE: usize = 16;

/// A table of all resolvers.
pub(crate) fn list(args: &ResolversArgs, out: &mut Output) -> Result<Exit, UserError> {
    let all = request::list(&args.list)?;
    if args.json {
        all.iter().for_each(|vantage| out.line(&json(vantage)));
        return Ok(Exit::Safe);
    }
    let width = all.iter().map(|vantage| vantage.name.chars().count()).max().unwrap_or(0);
    for vantage in &all {
        let transports: Vec<String> = ways(vantage);
        let place = vantage.place.as_deref().unwrap_or("anycast");
        let role = if vantage.role == Role::Voter { "votes" } else { "shown only" };
        let address = vantage.endpoints.first().map(|e| e.addr.ip().to_string()).unwrap_or_default();
        out.line(&format!(
            "{:<width$}  {address:<15}  {role}  {}  {}  ({})",
            clean(&vantage.name),
            transports.join("+"),
            clean(&vantage.operator),
            clean(place),
        ));
    }
    let voters = all.iter().filter(|vantage| vantage.role == Role::Voter).count();
    super::output::complain(&format!("{voters} voters of {} resolvers", all.len()));
    Ok(Exit::Safe)
}

fn ways(vantage: &Vantage) -> Vec<String> {
    let mut ways: Vec<String> =
        vantage.endpoints.iter().map(|endpoint| format!("{:?}", endpoint.transport).to_lowercase()).collect();
    ways.dedup();
    ways.sort_unstable();
    ways.dedup();
    ways
}

/// One resolver of the list, as a script reads it.
fn json(vantage: &Vantage) -> String {
    serde_json::json!({
        "schema": SCHEMA,
        "resolver": vantage.name,
        "operator": vantage.operator,
        "place": vantage.place,
        "voter": vantage.role == Role::Voter,
        "endpoints": vantage.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "flush": vantage.flush,
    })
    .to_string()
}

/// How one resolver does, as a script reads it.
fn tested(vantage: &Vantage, manners: &Manners, filter: &Filter) -> String {
    let (filters, hides) = match filter {
        Filter::Hides(names) => (Some(true), names.clone()),
        Filter::Open => (Some(false), Vec::new()),
        Filter::Unknown => (None, Vec::new()),
    };
    serde_json::json!({
        "schema": SCHEMA,
        "resolver": vantage.name,
        "endpoint": manners.endpoint.as_ref().map(ToString::to_string),
        "failure": manners.failure.as_ref().map(ToString::to_string),
        "refuses": manners.refuses,
        "rtt_ms": manners.failure.is_none().then(|| f64::from(manners.rtt_micros) / 1000.0),
        "denies": manners.denies,
        "invents": manners.invents,
        "filters": filters,
        "hides": hides,
        "validates": manners.failure.is_none().then(|| manners.validates && manners.passes_bogus != Some(true)),
        "nsid": manners.nsid,
    })
    .to_string()
}

/// Asks each resolver a few questions that plant nothing and tells how it does. What one hides is known by
/// what others give, so all are asked before anything is told.
pub(crate) fn test(args: &ResolversArgs, out: &mut Output) -> Result<Exit, UserError> {
    let all = request::list(&args.list)?;
    let settings = request::network(&args.list)?;
    let runtime = super::watching::runtime()?;
    let count = all.len();
    super::output::complain(&format!(
        "asking {count} {} eight questions each",
        if count == 1 { "resolver" } else { "resolvers" }
    ));
    let tests: Vec<(&Vantage, Manners)> = runtime.block_on(async {
        let net = Internet::new(settings, Rc::new(Clock::new()))
            .map_err(|error| UserError::new(error.to_string()))?;
        let net = &net;
        let tests = futures::stream::iter(&all)
            .map(|vantage| async move { (vantage, first_that_works(net, vantage).await) })
            .buffered(SIDE_BY_SIDE);
        Ok::<_, UserError>(tests.collect().await)
    })?;
    let filters = filters(&tests.iter().map(|(_, manners)| manners).collect::<Vec<_>>());
    let width = all.iter().map(|v| v.name.chars().count()).max().unwrap_or(0);
    let mut good = 0;
    for ((vantage, manners), filter) in tests.iter().zip(&filters) {
        good += usize::from(manners.is_good() && !matches!(filter, Filter::Hides(_)));
        if args.json {
            out.line(&tested(vantage, manners, filter));
        } else {
            out.line(&format!("{:<width$}  {}", clean(&vantage.name), row(manners, filter)));
        }
        if out.is_broken() {
            return Ok(Exit::BrokenPipe);
        }
    }
    super::output::complain(&format!("{good} of {count} do as they should"));
    Ok(if good * 2 >= count { Exit::Safe } else { Exit::NotYet })
}

/// The preferred endpoint, or the next one where this machine has no way to it.
async fn first_that_works(net: &Internet, vantage: &Vantage) -> Manners {
    let mut last = Manners::default();
    for endpoint in &vantage.endpoints {
        last = net.inspect(endpoint).await;
        if !last.is_unreachable() {
            return last;
        }
    }
    last
}

fn row(manners: &Manners, filter: &Filter) -> String {
    let Some(endpoint) = manners.endpoint.as_ref().map(Endpoint::to_string) else {
        return "not asked".to_owned();
    };
    if manners.refuses {
        return format!("{endpoint:<18}  refuses to serve this address (REFUSED)");
    }
    if let Some(failure) = &manners.failure {
        return format!("{endpoint:<18}  {}", clean(&failure.to_string()));
    }
    let millis = f64::from(manners.rtt_micros) / 1000.0;
    let mut parts = vec![format!("{endpoint:<18}  {millis:>6.1} ms")];
    parts.push(match (manners.denies, &manners.invents[..]) {
        (Some(true), _) => "says NXDOMAIN".to_owned(),
        (Some(false), []) => "LIES about a name that does not exist".to_owned(),
        (Some(false), [first, ..]) => format!("LIES: gives {first} for a name that does not exist"),
        (None, _) => "no word on a name that does not exist".to_owned(),
    });
    match filter {
        Filter::Hides(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            parts.push(format!("FILTERS: hides {}", names.join(", ")));
        }
        Filter::Open => parts.push("hides nothing".to_owned()),
        Filter::Unknown => {}
    }
    parts.push(
        match (manners.validates, manners.passes_bogus) {
            (true, Some(true)) => "says that it validates DNSSEC, and does NOT",
            (true, _) => "validates DNSSEC",
            (false, _) => "does not validate",
        }
        .to_owned(),
    );
    if let Some(nsid) = &manners.nsid {
        parts.push(format!("site {}", clean(nsid)));
    }
    parts.join("  ")
}
