//! `resolvers`: who is asked, and how each one does.

use std::rc::Rc;

use futures::StreamExt as _;
use propwatch::clock::Clock;
use propwatch::model::{Endpoint, Role, Vantage};
use propwatch::net::{Internet, Manners};
use propwatch::view::escape::clean;
use propwatch::view::json::SCHEMA;

use super::args::ResolversArgs;
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
fn tested(vantage: &Vantage, manners: &Manners) -> String {
    serde_json::json!({
        "schema": SCHEMA,
        "resolver": vantage.name,
        "endpoint": manners.endpoint.as_ref().map(ToString::to_string),
        "failure": manners.failure.as_ref().map(ToString::to_string),
        "refuses": manners.refuses,
        "rtt_ms": manners.failure.is_none().then(|| f64::from(manners.rtt_micros) / 1000.0),
        "denies": manners.denies,
        "validates": manners.failure.is_none().then_some(manners.validates),
        "nsid": manners.nsid,
    })
    .to_string()
}

/// Asks each resolver a few questions that plant nothing and tells how it does.
pub(crate) fn test(args: &ResolversArgs, out: &mut Output) -> Result<Exit, UserError> {
    let all = request::list(&args.list)?;
    let settings = request::network(&args.list)?;
    let runtime = super::watching::runtime()?;
    runtime.block_on(async {
        let net = Internet::new(settings, Rc::new(Clock::new()))
            .map_err(|error| UserError::new(error.to_string()))?;
        let (net, width) = (&net, all.iter().map(|v| v.name.chars().count()).max().unwrap_or(0));
        let mut tests = futures::stream::iter(&all)
            .map(|vantage| async move { (vantage, first_that_works(net, vantage).await) })
            .buffered(SIDE_BY_SIDE);
        let mut good = 0;
        while let Some((vantage, manners)) = tests.next().await {
            good += usize::from(manners.is_good());
            if args.json {
                out.line(&tested(vantage, &manners));
            } else {
                out.line(&format!("{:<width$}  {}", clean(&vantage.name), row(&manners)));
            }
            if out.is_broken() {
                return Ok(Exit::BrokenPipe);
            }
        }
        super::output::complain(&format!("{good} of {} do as they should", all.len()));
        Ok(if good * 2 >= all.len() { Exit::Safe } else { Exit::NotYet })
    })
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

fn row(manners: &Manners) -> String {
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
    parts.push(match manners.denies {
        Some(true) => "says NXDOMAIN".to_owned(),
        Some(false) => "LIES about a name that does not exist".to_owned(),
        None => "no word on a name that does not exist".to_owned(),
    });
    parts.push(if manners.validates { "validates DNSSEC" } else { "does not validate" }.to_owned());
    if let Some(nsid) = &manners.nsid {
        parts.push(format!("site {}", clean(nsid)));
    }
    parts.join("  ")
}
