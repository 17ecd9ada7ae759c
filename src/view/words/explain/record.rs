//! What the CA's own record of an order says, in words.

use std::net::IpAddr;

use crate::model::{Evidence, Testimony, Timestamp, Value, Witness};
use crate::view::escape::clean;

use super::super::calls::call_failure;
use super::super::{When, count, list};
use super::value;

/// Addresses that are named.
const MOST_ADDRESSES: usize = 4;
/// Characters of the CA's words.
const QUOTED: usize = 200;

/// The sentence above the names of an order.
pub fn record_heading(testimony: &Testimony) -> String {
    let url = clean(&testimony.url);
    match &testimony.order {
        Err(why) => format!(
            "The CA's own record of the order could not be read: {} ({url}). What follows does without it.",
            call_failure(why)
        ),
        Ok(order) => {
            let names = u32::try_from(order.names.len()).unwrap_or(u32::MAX);
            let status = clean(&order.status);
            format!(
                "The CA's own record of the order says {status}, for {} ({url}):",
                count(names, "name", "names")
            )
        }
    }
}

/// What the CA says of the order as a whole, beside its names.
pub fn record_error(testimony: &Testimony) -> Option<String> {
    let error = testimony.order.as_ref().ok()?.error.as_ref()?;
    Some(format!("Of the order itself the CA says: {}", quoted(&error.detail)))
}

/// What could not be read of an order.
pub fn record_unread(testimony: &Testimony) -> Option<String> {
    let (number, why) = testimony.unread.as_ref()?;
    let number = u32::try_from(*number).unwrap_or(u32::MAX);
    Some(format!("{} could not be read: {}.", count(number, "more name", "more names"), call_failure(why)))
}

/// What an authorization says about its name, for somebody who expects that: sentences without the name.
pub fn witness(witness: &Witness, expected: &[Value], when: &When) -> String {
    let seen = &witness.seen;
    let failed =
        seen.validated.map_or_else(|| "failed".to_owned(), |at| format!("failed at {}", when.clock(at)));
    let resolved = seen.visits.first().map(|visit| addresses(&visit.resolved)).unwrap_or_default();
    let wanted = list(&expected.iter().map(value).collect::<Vec<_>>(), MOST_ADDRESSES);
    let said = match witness.evidence {
        Evidence::Untested => {
            return "not tried yet: the CA stopped before it came to this name, which may be the next to fail."
                .to_owned();
        }
        Evidence::Passed => return passed(seen.expires, when),
        Evidence::Over => return format!("{}: that proves nothing any more.", clean(&seen.status)),
        Evidence::SawExpected => {
            return format!(
                "{failed}, and the CA had {resolved}, which you expect: DNS was right, look at the web server. {}",
                words(witness)
            )
            .trim_end()
            .to_owned();
        }
        Evidence::SawOther => format!("{failed}, and the CA had {resolved}, not {wanted}, which you expect."),
        Evidence::SawBoth => format!(
            "{failed}, and the CA had {resolved}, where you expect {wanted} alone: it may go to any of them."
        ),
        Evidence::SawSome => format!("{failed}, and the CA had {resolved}."),
        Evidence::SawNone => format!("{failed} before the CA had an address. {}", words(witness)),
    };
    format!("{} {}", said.trim_end(), since(witness, expected)).trim_end().to_owned()
}

fn passed(expires: Option<Timestamp>, when: &When) -> String {
    match expires {
        Some(at) if at > when.now() => {
            format!(
                "passed: the CA keeps that until {}, and does not try this name again before.",
                when.clock(at)
            )
        }
        Some(at) => format!("passed; the CA kept that until {}.", when.clock(at)),
        None => "passed: the CA keeps that for a while, and does not try this name again before.".to_owned(),
    }
}

/// What has become of the name since then.
fn since(witness: &Witness, expected: &[Value]) -> String {
    let Some(now) = &witness.now else { return String::new() };
    let then = witness.seen.visits.first().map(|visit| &visit.resolved[..]).unwrap_or_default();
    let same = now.len() == then.len() && now.iter().all(|ip| then.contains(ip));
    let right = |ip: &IpAddr| expected.iter().any(|one| value(one) == ip.to_string());
    match &now[..] {
        [] => "Its name servers give no address now.".to_owned(),
        some if !expected.is_empty() && some.iter().all(right) => {
            format!("Its name servers give {} now: that has been put right since.", addresses(some))
        }
        some if same => {
            format!("Its name servers still give {}: that has to be changed first.", addresses(some))
        }
        some => format!("Its name servers give {} now.", addresses(some)),
    }
}

/// The CA's own words on a failure.
fn words(witness: &Witness) -> String {
    match &witness.seen.error {
        Some(error) if !error.detail.is_empty() => format!("It said: {}", quoted(&error.detail)),
        _ => String::new(),
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(QUOTED).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{dots}\"", clean(&short))
}

fn addresses(all: &[IpAddr]) -> String {
    list(all, MOST_ADDRESSES)
}
