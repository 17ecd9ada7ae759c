//! Words about web servers: the way that the CA goes to fetch the challenge.

use std::net::IpAddr;

use crate::model::{Broken, Cause, ConnectFailure, Record, Stranger, WebPlace};
use crate::view::escape::clean;

use super::{Said, Words, list};

/// What to exempt, in one phrase.
pub(super) const EXEMPT: &str = "/.well-known/acme-challenge/";

impl Words<'_> {
    pub(super) fn web(&self, record: &Record, cause: &Cause) -> Said {
        match cause {
            Cause::OtherServer { address, server } => self.other_server(record, *address, server),
            Cause::WebClosed { at, failure } => self.web_closed(record, at, *failure),
            Cause::WebBroken { at, broken } => self.web_broken(at, broken),
            Cause::WebRedirect { at, why } => self.web_redirect(at, why),
            Cause::WebUnresolved { at, host } => Said::new(
                format!("{} redirects the test to {host}, which has no address", whose(at)),
                self.exempt_from("the redirect", at),
            ),
            Cause::WebStatus { at, status } => self.web_status(record, at, *status),
            Cause::WebCatchAll { at, begins } => Said::new(
                format!(
                    "{} answers 200 to a test file that does not exist{}: such a page hides the real one",
                    whose(at),
                    beginning(begins)
                ),
                self.exempt_from("the rule or plugin that answers for every address", at),
            ),
            Cause::WebBody { at, too_long, begins } => {
                let what = if *too_long { "something long" } else { "something else" };
                Said::new(
                    format!("{} sends {what} in place of the test file{}", whose(at), beginning(begins)),
                    format!(
                        "In the file manager look at the test file: its content only, no blank before it, nothing \
                         after it. If it is right, a rule, plugin or other server answers in its place. {}",
                        self.after_change()
                    ),
                )
            }
            Cause::WebElsewhere { at, address } => Said::new(
                format!("{} sends the test on to {} at {address}, another server", whose(at), clean(&at.url)),
                "Put the test file of `propwatch self-test` on the hosting and look again with --self-test.",
            ),
            Cause::WebUntried { addresses } => Said::new(
                format!(
                    "the web server at {} could not be tried: no way there from here",
                    list(addresses, 3)
                ),
                "Run propwatch from a network with IPv6, or tick Dry run in the panel first.",
            ),
            Cause::WebDoubted => Said::new(
                "Let's Encrypt has failed at this web server, and without the test file nothing shows whether that \
                 is over",
                "Put the test file there (propwatch self-test prints it) and run the same command again with \
                 --self-test; or tick Dry run in the panel, where a failure costs no try.",
            ),
            Cause::WebPending { addresses } => Said::new(
                format!("the web server at {} has not been visited yet", list(addresses, 3)),
                self.just_wait(),
            ),
            Cause::Ipv6Dead { addresses, failure } => Said::new(
                format!(
                    "nothing can be reached at the IPv6 address {} ({}); Let's Encrypt tries it first and then goes \
                     to IPv4",
                    list(addresses, 3),
                    connecting(*failure)
                ),
                format!(
                    "In the Zone Editor of {} delete the AAAA record of {}, or have the server answer there.",
                    self.zone_for(record),
                    record.name
                ),
            ),
            other => Said::new(other.code().replace('-', " "), self.just_wait()),
        }
    }

    /// Whose server it is, and what to do with the domain there.
    fn other_server(&self, record: &Record, address: IpAddr, server: &Stranger) -> Said {
        let mut about = Vec::new();
        if let Some(network) = &server.network {
            let holder = holder(&network.holder);
            about.push(format!("AS{} {}", network.number, clean(holder)).trim_end().to_owned());
        }
        if let Some(pointer) = server.pointer.as_ref().filter(|_| server.network.is_none()) {
            about.push(pointer.to_string());
        } else if let Some(name) = server.certificate.as_ref().filter(|_| server.network.is_none()) {
            about.push(format!("with a certificate for {}", clean(name)));
        }
        let product = server.product.as_ref().map(|product| format!("answers as {}", clean(product)));
        let answers = match (product, server.answers) {
            (Some(product), _) => Some(product),
            (None, Some(true)) => Some("answers".to_owned()),
            (None, Some(false)) => Some("does not answer on port 80".to_owned()),
            (None, None) => None,
        };
        let file = match server.file {
            Some(true) => Some("with your test file"),
            Some(false) => Some("without your test file"),
            None => None,
        };
        match (answers, file) {
            (Some(answers), Some(file)) => about.push(format!("{answers}, {file}")),
            (Some(answers), None) => about.push(answers),
            (None, _) => {}
        }
        if server.former {
            about.push("the same address that the old name servers give".to_owned());
        }
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join("; ")) };
        let next = if server.file == Some(true) {
            format!("It is your own server: expect {address} as well.")
        } else {
            "Remove the domain there, or change its DNS.".to_owned()
        };
        Said::new(format!("{} still goes to {address}{about}", record.name), next)
    }

    fn web_closed(&self, record: &Record, at: &WebPlace, failure: ConnectFailure) -> Said {
        let how = connecting(failure);
        if at.redirected {
            return Said::new(
                format!(
                    "{} redirects the test to {}, which cannot be reached ({how})",
                    whose(at),
                    clean(&at.url)
                ),
                self.exempt_from("the redirect", at),
            );
        }
        let addresses = list(&at.addresses, 3);
        let (text, step) = match failure {
            ConnectFailure::Refused => (
                format!("nothing listens on port 80 of {addresses}"),
                format!("Have the web server of {} started, with plain HTTP on port 80.", record.name),
            ),
            ConnectFailure::TimedOut => (
                format!(
                    "port 80 of {addresses} does not answer: a firewall drops it, or there is no such server"
                ),
                format!("Open port 80 of {addresses} in the hosting's firewall, for every country."),
            ),
            ConnectFailure::Unreachable | ConnectFailure::NoRoute => (
                format!("there is no way to {addresses} ({how})"),
                format!("Ask the hosting whether {addresses} is still an address of its server."),
            ),
        };
        Said::new(text, format!("{step} {}", self.after_change()))
    }

    fn web_broken(&self, at: &WebPlace, broken: &Broken) -> Said {
        let (url, redirected) = (clean(&at.url), at.redirected);
        let what = match broken {
            Broken::TimedOut => "takes too long to answer".to_owned(),
            Broken::Closed => "closes the connection without an answer".to_owned(),
            Broken::NotHttp => "answers with something that is not HTTP".to_owned(),
            Broken::HeadersTooLong => "sends headers without end".to_owned(),
            Broken::Tls => "speaks TLS on the port for plain HTTP".to_owned(),
            Broken::Handshake(text) => format!("fails at the TLS handshake ({})", clean(text)),
            Broken::Encoding => "sends a body that cannot be unpacked".to_owned(),
        };
        let step = match broken {
            Broken::TimedOut => {
                "Ask the hosting's support why the web server is so slow; try again when it is not."
                    .to_owned()
            }
            Broken::Closed => format!(
                "Ask the hosting's support which firewall or bot protection closes it; {EXEMPT} must be let through."
            ),
            Broken::Tls => "Have the web server speak plain HTTP on port 80.".to_owned(),
            Broken::Handshake(_) if redirected => {
                format!("Exempt {EXEMPT} from the redirect to HTTPS until there is a certificate.")
            }
            _ => "Ask the hosting's support what answers there in the web server's place.".to_owned(),
        };
        Said::new(format!("{} {what} ({url})", whose(at)), format!("{step} {}", self.after_change()))
    }

    fn web_status(&self, record: &Record, at: &WebPlace, status: u16) -> Said {
        let who = whose(at);
        let (text, step) = match status {
            401 | 403 => (
                format!("{who} answers {status} (forbidden) to {}", clean(&at.url)),
                format!(
                    "Let requests below {EXEMPT} through: in the file manager look for an .htaccess that denies, then \
                     for a directory password, a security plugin or ModSecurity."
                ),
            ),
            404 | 410 => (
                format!("{who} does not have the test file ({status} for {})", clean(&at.url)),
                format!(
                    "In the file manager put it into the document root of {}, below {EXEMPT}; if it is there, look \
                     for a rewrite rule in .htaccess.",
                    record.name
                ),
            ),
            429 => (
                format!("{who} answers 429: too many requests"),
                format!("Ask the hosting's support to exempt {EXEMPT} from its limit."),
            ),
            520..=530 => (
                format!("{who} answers {status}: the CDN there does not reach the server behind it"),
                "In the CDN's settings correct the address of the server, or switch the proxy off until the \
                 certificate is there."
                    .to_owned(),
            ),
            500..=599 => (
                format!("{who} answers {status} to {}: an error of the server", clean(&at.url)),
                "Look at the panel's error log, and at .htaccess first; if every page fails, ask the hosting's support."
                    .to_owned(),
            ),
            300..=399 => (
                format!("{who} answers {status} without saying where to go"),
                format!("Exempt {EXEMPT} from the rewrite rule in .htaccess that answers so."),
            ),
            _ => (
                format!("{who} answers {status} to {}, and only 200 counts", clean(&at.url)),
                format!("Exempt {EXEMPT} from the program or rule that answers so."),
            ),
        };
        Said::new(text, format!("{step} {}", self.after_change()))
    }

    /// The step where a rule of the web server has to leave the challenge alone.
    pub(super) fn exempt_from(&self, what: &str, at: &WebPlace) -> String {
        let there =
            if at.redirected { " (see .htaccess and the panel's Redirects)" } else { " in .htaccess" };
        format!("Exempt {EXEMPT} from {what}{there}. {}", self.after_change())
    }
}

/// The server at those addresses, by what it calls itself if it says so.
pub(super) fn whose(at: &WebPlace) -> String {
    let addresses = list(&at.addresses, 3);
    match &at.server {
        Some(server) if !server.is_empty() => format!("the web server at {addresses} ({})", clean(server)),
        _ => format!("the web server at {addresses}"),
    }
}

pub(super) fn connecting(failure: ConnectFailure) -> &'static str {
    match failure {
        ConnectFailure::Refused => "nothing listens there",
        ConnectFailure::TimedOut => "no answer",
        ConnectFailure::Unreachable => "the network has no way there",
        ConnectFailure::NoRoute => "no way there from this machine",
    }
}

fn beginning(begins: &str) -> String {
    let begins = clean(begins);
    let begins = begins.split_whitespace().collect::<Vec<_>>().join(" ");
    if begins.is_empty() { String::new() } else { format!(" (it begins: {begins})") }
}

/// Who runs a network, of `EXAMPLE-AS - Example Hosting, US`: registries put a short mark before the name, and the
/// country behind it.
fn holder(text: &str) -> &str {
    let is_country = |end: &str| end.len() == 2 && end.bytes().all(|b| b.is_ascii_uppercase());
    let name = text.rsplit_once(", ").filter(|(_, end)| is_country(end)).map_or(text, |(name, _)| name);
    name.split_once(" - ").map_or(name, |(_, name)| name)
}
