//! The web path, as boulder walks it for HTTP-01 (`va/http.go`): every address may be the one that is
//! picked, so every one has to serve.

use std::net::IpAddr;

use crate::engine::plan::WebPolicy;
use crate::model::{BodySeen, Cause, ConnectFailure, Effect, Reason, Visit, WebEnd, WebPlace};

use super::{Sight, because};

/// What one visit shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Path {
    /// The test file, exactly.
    Proven,
    /// A clean no for a file that cannot exist.
    Healthy,
    /// No connection to the very first address.
    Unreached(ConnectFailure),
    /// This machine has no way there.
    Untried,
    /// Something with which no validation passes.
    Wrong(Cause),
}

impl Path {
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Path::Proven | Path::Healthy)
    }
}

/// What a visit to `address` means; none where web servers are not looked at.
pub(super) fn path_of(policy: &WebPolicy, address: IpAddr, visit: &Visit) -> Option<Path> {
    let placed = match policy {
        WebPolicy::Off => return None,
        WebPolicy::Absent(_) => false,
        WebPolicy::Placed(_) => true,
    };
    let last = visit.hops.last();
    let at = Box::new(WebPlace {
        addresses: vec![address],
        url: last.map(|hop| hop.url.clone()).unwrap_or_default(),
        redirected: !visit.is_direct(),
        server: last.and_then(|hop| hop.server.clone()),
    });
    Some(match &visit.end {
        WebEnd::NotConnected(ConnectFailure::NoRoute) => Path::Untried,
        WebEnd::NotConnected(failure) if visit.is_direct() => Path::Unreached(*failure),
        WebEnd::NotConnected(failure) => Path::Wrong(Cause::WebClosed { at, failure: *failure }),
        WebEnd::Broken(broken) => Path::Wrong(Cause::WebBroken { at, broken: broken.clone() }),
        WebEnd::Redirect(why) => Path::Wrong(Cause::WebRedirect { at, why: why.clone() }),
        WebEnd::Unresolved(host) => Path::Wrong(Cause::WebUnresolved { at, host: host.clone() }),
        WebEnd::Answered { status, body, begins } => answered(placed, *status, body, begins, at),
    })
}

fn answered(placed: bool, status: u16, body: &BodySeen, begins: &str, at: Box<WebPlace>) -> Path {
    let begins = begins.to_owned();
    match (placed, status, body) {
        (true, 200, BodySeen::Right) => Path::Proven,
        (true, 200, body) => Path::Wrong(Cause::WebBody { at, too_long: *body == BodySeen::TooLong, begins }),
        (false, 404 | 410, _) => Path::Healthy,
        (false, 200, _) => Path::Wrong(Cause::WebCatchAll { at, begins }),
        (_, status, _) => Path::Wrong(Cause::WebStatus { at, status }),
    }
}

/// What an error text told of the web server is over only when it is seen to be: a clean 404 for a file that cannot
/// exist is what there was before, too.
pub(super) fn doubted(sight: &Sight<'_>) -> Vec<Reason> {
    let is_open = sight.right && sight.policy.doubted.contains(sight.name) && !is_web_proven(sight);
    if is_open { vec![because(Effect::Hides, Cause::WebDoubted)] } else { Vec::new() }
}

/// The visits to the addresses that are expected. While DNS does not give them they are visited for
/// comparison.
pub(super) fn visits(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.policy.web == WebPolicy::Off {
        return Vec::new();
    }
    let candidates = sight.candidates();
    let wanted: Vec<IpAddr> = if sight.right {
        candidates.iter().copied().filter(|address| sight.is_expected(*address)).collect()
    } else {
        sight.expected.to_vec()
    };
    let mut pending = Vec::new();
    let mut untried = Vec::new();
    let mut reasons = Vec::new();
    for address in wanted {
        let Some(visit) = sight.visit(address) else {
            pending.push(address);
            continue;
        };
        match path_of(&sight.policy.web, address, visit) {
            None | Some(Path::Proven) => {}
            Some(Path::Healthy) => reasons.extend(elsewhere(sight, address, visit)),
            Some(Path::Untried) => untried.push(address),
            Some(Path::Wrong(cause)) => merge(&mut reasons, because(Effect::Blocks, cause)),
            Some(Path::Unreached(failure)) => {
                merge(&mut reasons, unreached(sight, address, failure, &candidates));
            }
        }
    }
    if !untried.is_empty() {
        reasons.push(because(Effect::Warns, Cause::WebUntried { addresses: untried }));
    }
    if !pending.is_empty() && sight.right {
        reasons.push(because(Effect::Waits, Cause::WebPending { addresses: pending }));
    }
    reasons
}

/// A closed door. From IPv6 boulder falls back to IPv4, once, if the connection itself failed.
fn unreached(sight: &Sight<'_>, address: IpAddr, failure: ConnectFailure, candidates: &[IpAddr]) -> Reason {
    let falls_back = !sight.is_pebble() && sight.right && candidates.iter().any(IpAddr::is_ipv4);
    if address.is_ipv6() && falls_back {
        return because(Effect::Warns, Cause::Ipv6Dead { addresses: vec![address], failure });
    }
    let url = sight.visit(address).and_then(|visit| visit.hops.last()).map(|hop| hop.url.clone());
    let (addresses, url) = (vec![address], url.unwrap_or_default());
    let at = Box::new(WebPlace { addresses, url, redirected: false, server: None });
    because(Effect::Blocks, Cause::WebClosed { at, failure })
}

/// A no that comes from somebody else's server says little about this one.
fn elsewhere(sight: &Sight<'_>, address: IpAddr, visit: &Visit) -> Option<Reason> {
    let last = visit.hops.last().filter(|_| !visit.is_direct())?;
    if sight.addresses.contains(&last.address) || sight.expected.contains(&last.address) {
        return None;
    }
    let at = Box::new(WebPlace {
        addresses: vec![address],
        url: last.url.clone(),
        redirected: true,
        server: last.server.clone(),
    });
    Some(because(Effect::Warns, Cause::WebElsewhere { at, address: last.address }))
}

/// The same fault at several addresses is one reason.
fn merge(reasons: &mut Vec<Reason>, mut new: Reason) {
    let added = addresses_of(&mut new.cause).map(std::mem::take).unwrap_or_default();
    for known in reasons.iter_mut() {
        let before = addresses_of(&mut known.cause).map(std::mem::take).unwrap_or_default();
        let same = *known == new;
        if let Some(addresses) = addresses_of(&mut known.cause) {
            *addresses = before;
            if same {
                addresses.extend(added);
                return;
            }
        }
    }
    if let Some(addresses) = addresses_of(&mut new.cause) {
        *addresses = added;
    }
    reasons.push(new);
}

fn addresses_of(cause: &mut Cause) -> Option<&mut Vec<IpAddr>> {
    match cause {
        Cause::WebClosed { at, .. }
        | Cause::WebBroken { at, .. }
        | Cause::WebRedirect { at, .. }
        | Cause::WebUnresolved { at, .. }
        | Cause::WebStatus { at, .. }
        | Cause::WebCatchAll { at, .. }
        | Cause::WebBody { at, .. } => Some(&mut at.addresses),
        Cause::Ipv6Dead { addresses, .. } => Some(addresses),
        _ => None,
    }
}

/// Whether the test file came back exactly from every address that the CA may pick. An IPv6 address that
/// cannot be connected to proves nothing and harms nothing, where IPv4 is there to fall back to.
pub(in crate::engine) fn is_web_proven(sight: &Sight<'_>) -> bool {
    let mut proven = false;
    for address in sight.candidates() {
        let path = sight.visit(address).and_then(|visit| path_of(&sight.policy.web, address, visit));
        match path {
            Some(Path::Proven) => proven = true,
            Some(Path::Unreached(_)) if address.is_ipv6() && !sight.is_pebble() => {}
            _ => return false,
        }
    }
    proven
}
