//! Every sample in every form that can carry it, and what terminals and editors do to it.

use crate::explain::{catalogue, explain};
use crate::model::{Class, Wrapper};

/// The samples: class, type, status, text.
pub(super) fn samples() -> Vec<(Class, &'static str, u16, &'static str)> {
    let lines = include_str!("samples.txt").lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &'static str| {
        let (code, text) = line.split_once('|').unwrap();
        let class = Class::from_code(code).unwrap_or_else(|| panic!("{code}"));
        let entry = catalogue::entry(class).unwrap();
        (class, entry.kind, entry.status, text)
    };
    lines.map(sample).collect()
}

/// A text in the form of a wrapper. `None` where that program never shows such a text.
pub(super) fn wrapped(wrapper: Wrapper, kind: &str, status: u16, text: &str) -> Option<String> {
    if kind.is_empty() {
        return None;
    }
    let order = matches!(kind, "rateLimited" | "rejectedIdentifier" | "orderNotReady" | "badCSR");
    let name = "mail.example.com";
    let urn = format!("urn:ietf:params:acme:error:{kind}");
    let json = |text: &str| {
        let quoted = serde_json::Value::String(text.to_owned()).to_string();
        quoted[1..quoted.len() - 1].replace('<', "\\u003c").replace('>', "\\u003e")
    };
    Some(match wrapper {
        Wrapper::FleetSsl => format!(
            "Updating challenge for {name}: acme: error code {status} \"{urn}\": {text} (order URL: https://acme-v02.api.letsencrypt.org/acme/order/12345678/87654321)"
        ),
        Wrapper::Eggsampler => format!("acme: error code {status} \"{urn}\": {text}"),
        Wrapper::LegoApi => format!(
            "2026/11/24 10:00:00 Could not obtain certificates:\n\tacme: error: {status} :: POST :: https://acme-v02.api.letsencrypt.org/acme/new-order :: {urn} :: {text}, url: "
        ),
        Wrapper::Lego => {
            format!(
                "error: one or more domains had a problem:\n[{name}] acme: error: {status} :: {urn} :: {text}, url: \n"
            )
        }
        Wrapper::LegoOld => format!("[{name}] acme: Error {status} - {urn} - {text}"),
        Wrapper::Certbot => format!(
            "Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:\n  Domain: {name}\n  Type:   {kind}\n  Detail: {text}\n\nHint: The Certificate Authority failed to download the temporary challenge files created by Certbot.\n"
        ),
        Wrapper::CertbotOld => format!(
            "Failed authorization procedure. {name} (http-01): {urn} :: The client lacks sufficient authorization :: {text}"
        ),
        Wrapper::AcmeSh if !order => format!("[Tue Nov 24 10:00:00 UTC 2026] {name}:Verify error:{text}"),
        Wrapper::AcmeSh => return None,
        Wrapper::AcmeShNewOrder => format!(
            "[Tue Nov 24 10:00:00 UTC 2026] Create new order error. Le_OrderFinalize not found. {{\n  \"type\": \"{urn}\",\n  \"detail\": \"{}\",\n  \"status\": {status}\n}}",
            json(text)
        ),
        Wrapper::CertManager => format!(
            "E1124 10:00:00.000000 1 sync.go:190] \"error waiting for authorization\" err=\"acme: authorization error for {name}: {status} {urn}: {}\" logger=\"cert-manager.controller.acceptChallenge\" resource_name=\"demo\"",
            json(text)
        ),
        Wrapper::CertManagerOrder => {
            format!("State: errored, Reason: Failed to create Order: {status} {urn}: {text}")
        }
        Wrapper::Caddy => format!(
            "{{\"level\":\"error\",\"ts\":1764000000.3977654,\"logger\":\"tls.issuance.acme.acme_client\",\"msg\":\"validating authorization\",\"identifier\":\"{name}\",\"error\":\"authorization failed: HTTP {status} {urn} - {}\",\"order\":\"https://acme-v02.api.letsencrypt.org/acme/order/12345678/87654321\",\"attempt\":2,\"max_attempts\":3}}",
            json(text)
        ),
        Wrapper::Lettuce => {
            format!(
                "Failed to validate ownership of domainName '{name}'. Reason: {urn}: {text}, Code = BadRequest"
            )
        }
        Wrapper::Json => {
            format!(
                "[{name}] {{ \"type\": \"{urn}\", \"detail\": \"{}\", \"status\": {status} }}",
                json(text)
            )
        }
        Wrapper::Plesk => format!("Type: {urn}\nStatus: {status}\nDetail: {text}"),
        Wrapper::BoulderLog => format!("{status} :: {kind} :: {text}"),
    })
}

/// Small numbers that look random and are the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// As a terminal of that width shows it; copying loses the spaces at the ends of lines.
fn cut(text: &str, width: usize, end: &str) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        let chars: Vec<char> = line.chars().collect();
        let pieces: Vec<String> = chars.chunks(width).map(|piece| piece.iter().collect::<String>()).collect();
        out.push_str(&pieces.iter().map(|piece| piece.trim_end()).collect::<Vec<_>>().join(end));
        out.push('\n');
    }
    out
}

/// As a mail program wraps it.
fn folded(text: &str, width: usize) -> String {
    let lines: Vec<String> = text.split('\n').flat_map(|line| folded_line(line, width)).collect();
    lines.join("\n")
}

fn folded_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.last_mut().unwrap();
        if !last.is_empty() && last.len() + word.len() >= width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn coloured(text: &str, dice: &mut Dice) -> String {
    let mut out = String::from("\x1b[0m");
    for (i, c) in text.chars().enumerate() {
        if i % 17 == dice.below(17) {
            out.push_str(["\x1b[31m", "\x1b[0m", "\x1b[1;38;5;9m", "\x1b[K"][dice.below(4)]);
        }
        out.push(c);
    }
    out
}

fn prefixed(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("certbot_1  | {line}")).collect();
    lines.join("\n")
}

/// The manglings, each with a name.
fn mangled(text: &str, dice: &mut Dice) -> Vec<(String, String)> {
    let mut all = vec![
        ("as it is".to_owned(), text.to_owned()),
        ("html".to_owned(), html(text)),
        ("html twice".to_owned(), html(&html(text))),
        ("json".to_owned(), serde_json::Value::String(text.to_owned()).to_string()),
        ("colours".to_owned(), coloured(text, dice)),
        ("curly".to_owned(), text.replace('"', "\u{201d}").replace('\'', "\u{2019}")),
        ("container".to_owned(), prefixed(text)),
        ("one line".to_owned(), text.replace('\n', " ")),
        ("crlf".to_owned(), text.replace('\n', "\r\n")),
        ("quoted mail".to_owned(), format!("> {}", folded(text, 72).replace('\n', "\n> "))),
        ("container, cut".to_owned(), prefixed(&cut(text, 60 + dice.below(30), "\n"))),
        ("html, folded".to_owned(), html(&folded(text, 70)).replace('\n', "<br>\n")),
        ("colours, cut".to_owned(), coloured(&cut(text, 80, "\n"), dice)),
    ];
    for width in (40..=120).step_by(5) {
        all.push((format!("cut at {width}"), cut(text, width, "\n")));
        all.push((format!("cut at {width}, indented"), cut(text, width, "\n    ")));
        all.push((format!("cut at {width}, joined without"), cut(text, width, "")));
        all.push((format!("cut at {width}, joined with a space"), cut(text, width, " ")));
        all.push((format!("folded at {width}"), folded(text, width)));
    }
    all
}

#[test]
fn every_sample_is_recognised_as_it_is() {
    for (class, kind, status, text) in samples() {
        let reading = explain(text, &[]);
        assert_eq!(reading.diagnoses.len(), 1, "{text}\n{:#?}", reading.diagnoses);
        let found = &reading.diagnoses[0];
        assert_eq!(found.class.map(Class::code), Some(class.code()), "{text}");
        let expected = (Some(kind), Some(status));
        let given = (found.kind.as_deref().or(Some("")), found.status.or(Some(0)));
        assert_eq!(given, expected, "{text}");
    }
}

#[test]
fn every_class_has_a_sample() {
    for class in Class::ALL {
        assert!(samples().iter().any(|(sample, ..)| sample == class), "{}", class.code());
    }
}

#[test]
fn texts_are_classed_right_in_every_form_and_however_mangled() {
    let mut dice = Dice(7);
    let (mut all, mut right, mut names) = (0_u32, 0_u32, 0_u32);
    let mut wrong: Vec<String> = Vec::new();
    let mut named = 0_u32;
    for (class, kind, status, sample) in samples() {
        let forms = Wrapper::ALL.iter().filter_map(|w| Some((Some(*w), wrapped(*w, kind, status, sample)?)));
        for (wrapper, text) in forms.chain([(None, sample.to_owned())]) {
            for (how, mangled) in mangled(&text, &mut dice) {
                all += 1;
                let reading = explain(&mangled, &[]);
                let [found] = &reading.diagnoses[..] else {
                    wrong.push(format!(
                        "{} {how} {wrapper:?}: {} found\n{mangled}",
                        class.code(),
                        reading.diagnoses.len()
                    ));
                    continue;
                };
                let known = match wrapper {
                    Some(Wrapper::Eggsampler) | None => true,
                    wrapper => found.wrapper == wrapper,
                };
                if found.class == Some(class) && known {
                    right += 1;
                } else {
                    let got = found.class.map(Class::code);
                    wrong.push(format!(
                        "{} {how} {wrapper:?}: {got:?} {:?}\n{mangled}",
                        class.code(),
                        found.wrapper
                    ));
                }
                let with_name = !matches!(
                    wrapper,
                    None | Some(
                        Wrapper::Eggsampler
                            | Wrapper::LegoApi
                            | Wrapper::Plesk
                            | Wrapper::BoulderLog
                            | Wrapper::AcmeShNewOrder
                            | Wrapper::CertManagerOrder
                    )
                );
                if with_name {
                    named += 1;
                    names += u32::from(found.names.iter().any(|name| name.as_str() == "mail.example.com"));
                }
            }
        }
    }
    let shown = wrong.iter().step_by(1 + wrong.len() / 20).cloned().collect::<Vec<_>>().join("\n\n");
    println!("{right} of {all} texts classed right; {names} of {named} names");
    assert!(all > 100_000, "{all}");
    assert!(
        u64::from(right) * 1000 >= u64::from(all) * 999,
        "{right} of {all} are right, {}:\n{shown}",
        wrong.len()
    );
    assert!(names * 100 >= named * 99, "{names} of {named} names");
}
