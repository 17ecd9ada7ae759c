//! Whose server is this? Addresses that the name leads to and that nobody expects.

use std::net::IpAddr;

use crate::engine::plan::WebPolicy;
use crate::model::{Cause, Effect, Reason, Stranger, WebEnd};

use super::addresses::{minds_reserved, reserved_block};
use super::web::{Path, path_of};
use super::{Sight, because};

/// Told of as long as the name leads there; the verdict is that of the rules about the record itself, but
/// for one that those cannot see.
pub(super) fn servers(sight: &Sight<'_>) -> Vec<Reason> {
    let strange = sight.addresses.iter().copied().filter(|address| !sight.is_expected(*address));
    strange.filter_map(|address| of_address(sight, address)).collect()
}

fn of_address(sight: &Sight<'_>, address: IpAddr) -> Option<Reason> {
    let server = stranger(sight, address);
    let effect = match stray_effect(sight, &[address]) {
        _ if !sight.right => Effect::Warns,
        // Where addresses of this family are expected, they are a record of their own, which says whether to
        // wait for it.
        Effect::Blocks if sight.expected.iter().any(|e| e.is_ipv4() == address.is_ipv4()) => Effect::Waits,
        // A forgotten IPv6 address is told of by the guard of the record.
        Effect::Blocks if address.is_ipv6() => Effect::Warns,
        effect => effect,
    };
    let known = server != Stranger::default();
    let tells = known || effect != Effect::Warns;
    tells.then(|| because(effect, Cause::OtherServer { address, server: Box::new(server) }))
}

/// What is known of the server at an address.
fn stranger(sight: &Sight<'_>, address: IpAddr) -> Stranger {
    let origin = sight.origins.iter().find(|(at, _)| *at == address).map(|(_, origin)| origin);
    let visit = sight.visit(address);
    let certificate = origin.and_then(|origin| origin.certificate.as_ref());
    let path = visit.and_then(|visit| path_of(&sight.policy.web, address, visit));
    let placed = matches!(sight.policy.web, WebPolicy::Placed(_));
    let file = match (&path, visit.map(|visit| &visit.end)) {
        (Some(Path::Proven), _) => Some(true),
        (Some(_), Some(WebEnd::Answered { .. })) if placed => Some(false),
        _ => None,
    };
    let answers = visit.and_then(|visit| match visit.end {
        WebEnd::NotConnected(crate::model::ConnectFailure::NoRoute) if visit.is_direct() => None,
        WebEnd::NotConnected(_) if visit.is_direct() => Some(false),
        _ => Some(true),
    });
    Stranger {
        network: origin.and_then(|origin| origin.network.clone()),
        pointer: origin.and_then(|origin| origin.pointers.first().cloned()),
        certificate: certificate.and_then(|seen| seen.names.first().cloned()),
        // What it calls itself stands in its own answer, not in that of a place it redirects to.
        product: visit.and_then(|visit| visit.hops.first()).and_then(|hop| hop.server.clone()),
        answers,
        file,
        former: sight.former.contains(&address),
    }
}

/// What unexpected addresses of a name do, as far as they have been visited.
///
/// One that serves the test file is the user's own. One in a reserved block is dropped by the CA. An IPv6
/// address that cannot be connected to costs the CA ten seconds, and nothing else where IPv4 answers as it
/// should and redirects nowhere that needs IPv6. An IPv4 address is never reached where every IPv6 one
/// answers. Anything else draws the CA away.
pub(in crate::engine) fn stray_effect(sight: &Sight<'_>, strays: &[IpAddr]) -> Effect {
    let harmless = strays.iter().all(|&stray| is_harmless(sight, stray));
    if harmless { Effect::Warns } else { Effect::Blocks }
}

fn is_harmless(sight: &Sight<'_>, stray: IpAddr) -> bool {
    if minds_reserved(sight.policy) && reserved_block(stray).is_some() {
        return true;
    }
    let path = |address: IpAddr| path_of(&sight.policy.web, address, sight.visit(address)?);
    let others_are_good = |of_family: fn(&IpAddr) -> bool| {
        let mut others = sight.candidates().into_iter().filter(of_family).peekable();
        others.peek().is_some() && others.all(|address| path(address).is_some_and(|path| path.is_good()))
    };
    match path(stray) {
        Some(Path::Proven) => true,
        Some(Path::Unreached(_)) if stray.is_ipv6() && !sight.is_pebble() => others_are_good(IpAddr::is_ipv4),
        _ if stray.is_ipv4() => {
            let pebble_stays_away = sight.is_pebble() && sight.addresses.iter().any(IpAddr::is_ipv6);
            pebble_stays_away || others_are_good(IpAddr::is_ipv6)
        }
        _ => false,
    }
}
