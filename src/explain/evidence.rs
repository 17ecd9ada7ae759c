//! What the CA's own record of an order proves: which address it saw, which names it has not tried yet, and
//! which tries it has counted.

use std::net::IpAddr;
use std::time::Duration;

use crate::model::{
    Attempt, AuthorizationSeen, Evidence, Name, OrderRecord, Testimony, Timestamp, Value, Witness,
};

/// A failure that a text and the CA's record date within this of each other is one and the same.
const SAME: Duration = Duration::from_secs(600);

/// What a record proves to somebody who expects that.
pub fn testimony(record: OrderRecord, expected: &[Value]) -> Testimony {
    let witness = |seen: AuthorizationSeen| {
        let evidence = evidence(&seen, expected);
        Witness { seen, evidence, now: None }
    };
    let OrderRecord { url, environment, order, authorizations, unread } = record;
    Testimony {
        url,
        environment,
        order,
        witnesses: authorizations.into_iter().map(witness).collect(),
        unread,
    }
}

fn evidence(seen: &AuthorizationSeen, expected: &[Value]) -> Evidence {
    match seen.status.as_str() {
        "pending" => return Evidence::Untested,
        "valid" => return Evidence::Passed,
        "invalid" => {}
        _ => return Evidence::Over,
    }
    let wanted: Vec<IpAddr> = expected.iter().filter_map(Value::address).collect();
    // The first request went to the name itself, later ones to where redirects led.
    let Some(resolved) = seen.visits.first().map(|visit| &visit.resolved).filter(|all| !all.is_empty())
    else {
        return Evidence::SawNone;
    };
    let right = resolved.iter().filter(|ip| wanted.contains(ip)).count();
    match right {
        _ if wanted.is_empty() => Evidence::SawSome,
        0 => Evidence::SawOther,
        all if all == resolved.len() => Evidence::SawExpected,
        _ => Evidence::SawBoth,
    }
}

/// The names of the certificates, those first that failed, then those not tried yet, then all others; each once.
pub fn names_seen(testimonies: &[Testimony]) -> Vec<Name> {
    let rank = |witness: &Witness| match witness.evidence {
        Evidence::Untested => 1,
        Evidence::Passed | Evidence::Over => 2,
        _ => 0,
    };
    let mut witnesses: Vec<&Witness> = testimonies.iter().flat_map(|one| &one.witnesses).collect();
    witnesses.sort_by_key(|witness| rank(witness));
    let witnessed = witnesses.into_iter().filter_map(|witness| witness.seen.name.clone());
    let ordered = testimonies.iter().filter_map(|one| one.order.as_ref().ok()).flat_map(|o| o.names.clone());
    let mut all: Vec<Name> = Vec::new();
    for name in witnessed.chain(ordered) {
        if !name.as_str().starts_with("*.") && !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The tries that a text tells of, dated and completed by the CA's record: where the text carries no time, it
/// was when the CA says that it tried; and a failure that the text leaves out is counted too.
pub fn attempts_seen(told: Vec<Attempt>, testimonies: &[Testimony], now: Timestamp) -> Vec<Attempt> {
    let mut all = told;
    for testimony in testimonies {
        for witness in &testimony.witnesses {
            let (Some(name), Some(validated)) = (&witness.seen.name, witness.seen.validated) else {
                continue;
            };
            if witness.seen.status == "invalid" {
                count(&mut all, name, validated.min(now), testimony, now);
            }
        }
    }
    all
}

fn count(all: &mut Vec<Attempt>, name: &Name, at: Timestamp, testimony: &Testimony, now: Timestamp) {
    let mine = |one: &&mut Attempt| one.name == *name && one.environment == testimony.environment;
    let undated = |one: &&mut Attempt| one.at == now;
    let near = |one: &&mut Attempt| one.at.since(at).max(at.since(one.at)) < SAME;
    if let Some(told) = all.iter_mut().filter(mine).find(|one| undated(one) || near(one)) {
        told.at = at;
        return;
    }
    all.push(Attempt {
        name: name.clone(),
        environment: testimony.environment,
        account: account(&testimony.url),
        at,
        blocked_until: None,
        fingerprint: format!("{}#{name}", testimony.url),
    });
}

/// The account in `https://HOST/acme/order/ACCOUNT/ORDER`.
fn account(url: &str) -> Option<String> {
    let mut parts = url.splitn(7, '/').skip(3);
    let is_order = parts.next() == Some("acme") && parts.next() == Some("order");
    let account = parts.next().filter(|part| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty());
    account.filter(|_| is_order).map(str::to_owned)
}
