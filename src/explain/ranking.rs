//! What the expected address changes: the same words with the hosting's own address and with another's are two
//! different troubles.

use std::net::IpAddr;

use crate::model::{Check, Class, Diagnosis, Phase, Trouble, Value, Waiting, Whose};

/// Orders what can be behind a failure, now that it is known what is expected.
pub(super) fn rank(diagnosis: &mut Diagnosis, expected: &[Value]) {
    let addresses: Vec<IpAddr> = expected.iter().filter_map(Value::address).collect();
    diagnosis.whose = match diagnosis.address {
        Some(address) if addresses.contains(&address) => Whose::Expected,
        Some(_) if !addresses.is_empty() => Whose::Other,
        Some(_) | None => Whose::Unknown,
    };
    let on_site = matches!(diagnosis.phase, Phase::Connect | Phase::Redirect | Phase::Answer | Phase::Tls);
    if on_site && !diagnosis.redirected {
        by_address(diagnosis);
    }
    if diagnosis.class == Some(Class::AutosslOtherhost) && diagnosis.whose == Whose::Expected {
        // The right server, and yet not the one that AutoSSL runs on.
        diagnosis.waiting = Waiting::No;
    }
    if diagnosis.redirected && diagnosis.phase == Phase::Connect {
        // There is no second try by IPv4 behind a redirect.
        promote(diagnosis, Trouble::DeadTarget);
    }
    if diagnosis.secondary {
        by_secondary(diagnosis);
    }
    if diagnosis.phase == Phase::Caa && diagnosis.class != Some(Class::CaaForbids) {
        promote(diagnosis, Trouble::OddQuestions);
    }
    diagnosis.checks = checks(diagnosis.phase, diagnosis.class);
}

fn by_address(diagnosis: &mut Diagnosis) {
    let v6 = diagnosis.address.is_some_and(|address| address.is_ipv6());
    match diagnosis.whose {
        Whose::Expected => {
            diagnosis
                .troubles
                .retain(|trouble| !matches!(trouble, Trouble::OtherServer | Trouble::StaleAaaa));
            if diagnosis.waiting == Waiting::Depends {
                diagnosis.waiting = Waiting::No;
            }
        }
        Whose::Other => {
            // What another server does is not this hosting's to repair. A file that is there, or a CDN's own
            // error, can still be what it says.
            let kept = [Trouble::CatchAll, Trouble::OtherClient, Trouble::CdnOrigin];
            diagnosis.troubles.retain(|trouble| kept.contains(trouble));
            promote(diagnosis, Trouble::OtherServer);
            if v6 {
                // An IPv6 address that was not expected is deleted, not waited for.
                promote(diagnosis, Trouble::StaleAaaa);
            }
        }
        Whose::Unknown => {
            if v6 && diagnosis.troubles.contains(&Trouble::OtherServer) {
                promote(diagnosis, Trouble::StaleAaaa);
            }
        }
    }
}

/// The first look had passed: whatever is wrong is not wrong everywhere.
fn by_secondary(diagnosis: &mut Diagnosis) {
    match diagnosis.phase {
        Phase::Dns | Phase::Caa => promote(diagnosis, Trouble::ServersBehind),
        Phase::Connect | Phase::Answer | Phase::Redirect | Phase::Tls => {
            promote(diagnosis, Trouble::Countries)
        }
        _ => {}
    }
}

fn promote(diagnosis: &mut Diagnosis, trouble: Trouble) {
    diagnosis.troubles.retain(|other| *other != trouble);
    diagnosis.troubles.insert(0, trouble);
}

/// All there is to look at, the most telling first: an error text can name the wrong cause.
fn checks(phase: Phase, class: Option<Class>) -> Vec<Check> {
    let dnssec = class.is_some_and(|class| class.code().starts_with("dnssec."));
    let mut order = match phase {
        Phase::Dns if dnssec => vec![Check::Dnssec, Check::Delegation, Check::NameServers],
        Phase::Dns => vec![Check::Delegation, Check::NameServers, Check::Dnssec],
        Phase::Caa => vec![Check::Caa, Check::NameServers],
        Phase::Connect | Phase::Redirect | Phase::Answer | Phase::Tls => {
            vec![Check::Addresses, Check::Web, Check::NameServers]
        }
        Phase::Policy => vec![Check::Policy],
        Phase::Limits => vec![Check::Tries],
        Phase::Order | Phase::Client | Phase::Ca => vec![Check::Web, Check::NameServers],
    };
    for check in Check::ALL {
        if !order.contains(check) {
            order.push(*check);
        }
    }
    order
}
