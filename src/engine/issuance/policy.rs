//! Names that the CA's policy refuses, whatever DNS says.

use crate::model::{Cause, Effect, Name, NameFault, Reason};

use super::{Sight, because};

/// Labels at most (boulder `policy/pa.go`, `maxLabels`).
const MOST_LABELS: usize = 10;
/// The same label as often as this in a row is a client that runs in circles.
const REPEATS: usize = 3;

/// Top-level domains that are not in the public DNS: RFC 6761, 6762, 7686 and 9476, what ICANN keeps for
/// private use, and what home networks made up. Others that do not exist show by the walk.
const SPECIAL_USE: [&str; 16] = [
    "alt",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
    "workgroup",
];

/// The name itself.
pub(super) fn names(sight: &Sight<'_>) -> Vec<Reason> {
    if sight.is_pebble() {
        return Vec::new();
    }
    let fault = refusal(sight.name, sight.policy.allow_reserved);
    let cause = fault.map(|fault| Cause::NameRefused { name: sight.name.clone(), fault });
    cause.map(|cause| because(Effect::Blocks, cause)).into_iter().collect()
}

/// In the order of boulder's `validDomain`; which top-level domains there are is not known here.
fn refusal(name: &Name, allow_special: bool) -> Option<NameFault> {
    let text = name.as_str();
    let odd = |c: &char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'));
    if let Some(character) = text.chars().find(odd) {
        return Some(NameFault::Character(character));
    }
    if text.len() > 253 {
        return Some(NameFault::TooLong);
    }
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Some(NameFault::Address);
    }
    let labels: Vec<&str> = text.split('.').collect();
    if labels.len() > MOST_LABELS {
        return Some(NameFault::TooManyLabels { labels: u32::try_from(labels.len()).unwrap_or(u32::MAX) });
    }
    if name.is_root() || labels.len() < 2 {
        return Some(NameFault::OneLabel);
    }
    if let Some(fault) = labels.iter().find_map(|label| refused_label(label)) {
        return Some(fault);
    }
    if let Some(run) = labels.windows(REPEATS).find(|run| run.iter().all(|label| *label == run[0])) {
        return Some(NameFault::Repeats(run[0].to_owned()));
    }
    let top = labels.last().filter(|top| SPECIAL_USE.contains(top) && !allow_special);
    top.map(|top| NameFault::SpecialUse((*top).to_owned()))
}

fn refused_label(label: &str) -> Option<NameFault> {
    if label.starts_with('-') || label.ends_with('-') {
        return Some(NameFault::Hyphen(label.to_owned()));
    }
    if label.get(2..4) != Some("--") {
        return None;
    }
    match label.strip_prefix("xn--") {
        None => Some(NameFault::ReservedLabel(label.to_owned())),
        Some(code) => (!decodes(code)).then(|| NameFault::Punycode(label.to_owned())),
    }
}

/// Whether an A-label's code stands for something (RFC 3492, sections 5 and 6).
fn decodes(code: &str) -> bool {
    let (basic, deltas) = code.rsplit_once('-').unwrap_or(("", code));
    if deltas.is_empty() {
        return false;
    }
    let mut length = u32::try_from(basic.len()).unwrap_or(u32::MAX);
    let (mut point, mut place, mut bias, mut first) = (128u32, 0u32, 72u32, true);
    let mut digits = deltas.bytes();
    while digits.len() > 0 {
        let (mut delta, mut weight, mut k) = (0u32, 1u32, 36u32);
        loop {
            let Some(digit) = digits.next().and_then(digit) else { return false };
            let Some(sum) = digit.checked_mul(weight).and_then(|more| delta.checked_add(more)) else {
                return false;
            };
            delta = sum;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            let Some(next) = weight.checked_mul(36 - threshold) else { return false };
            weight = next;
            k += 36;
        }
        let Some(sum) = place.checked_add(delta) else { return false };
        length += 1;
        bias = adapted(delta, length, first);
        first = false;
        let Some(next) = point.checked_add(sum / length) else { return false };
        point = next;
        if char::from_u32(point).is_none() {
            return false;
        }
        place = sum % length + 1;
    }
    true
}

/// RFC 3492, section 6.1.
fn adapted(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

fn digit(octet: u8) -> Option<u32> {
    match octet {
        b'a'..=b'z' => Some(u32::from(octet - b'a')),
        b'0'..=b'9' => Some(u32::from(octet - b'0') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<NameFault> {
        let typed = Name::parse(text).unwrap_or_else(|_| Name::from_wire(&wire(text)));
        refusal(&typed, false)
    }

    #[test]
    fn every_refusal_has_its_name() {
        let label = |text: &str| text.to_owned();
        for (text, fault) in [
            ("com", NameFault::OneLabel),
            ("localhost", NameFault::OneLabel),
            ("a.b.c.d.e.f.g.h.i.example.com", NameFault::TooManyLabels { labels: 11 }),
            ("203.0.113.7", NameFault::Address),
            ("_dmarc.example.com", NameFault::Character('_')),
            ("-a.example.com", NameFault::Hyphen(label("-a"))),
            ("a-.example.com", NameFault::Hyphen(label("a-"))),
            ("ab--c.example.com", NameFault::ReservedLabel(label("ab--c"))),
            ("xn--0.example.com", NameFault::Punycode(label("xn--0"))),
            ("xn--bcher-.example.com", NameFault::Hyphen(label("xn--bcher-"))),
            ("xn--99999999999.example.com", NameFault::Punycode(label("xn--99999999999"))),
            ("nas.local", NameFault::SpecialUse(label("local"))),
            ("www.example", NameFault::SpecialUse(label("example"))),
            ("www.www.www.example.com", NameFault::Repeats(label("www"))),
        ] {
            assert_eq!(of(text), Some(fault), "{text}");
        }
        let escaped = refusal(&Name::from_wire(&wire("a b.example.com")), false);
        assert_eq!(escaped, Some(NameFault::Character('\\')));
    }

    fn wire(text: &str) -> hickory_proto::rr::Name {
        hickory_proto::rr::Name::from_labels(text.split('.').map(str::as_bytes)).unwrap()
    }

    #[test]
    fn ordinary_names_pass() {
        for text in [
            "example.com",
            "a.b.c.d.e.f.g.h.example.com",
            "www.www.example.com",
            "3com.com",
            "a-b--c.example.com",
            "bücher.example.com",
            "例え.example.com",
            "xn--i-7iq.ws",
            "mail.example.com",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(refusal(&Name::parse("www.lab.test").unwrap(), true), None, "allowed in a lab");
    }
}
