//! A diagnosis as a whole: its parts in the order in which they are told.

use crate::model::{Check, Diagnosis, Trouble, Value, Wrapper};
use crate::view::escape::clean;

use super::super::{Said, When};
use super::Explaining;

/// All that is told of one failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened: sentences.
    pub what: String,
    /// Whose the address is.
    pub whose: Option<String>,
    /// Whether waiting helps.
    pub waiting: String,
    /// What can be behind it, the likeliest first.
    pub causes: Vec<(Trouble, Said)>,
    /// What to look at.
    pub checks: Vec<(Check, &'static str)>,
    /// Which address is missing, and where to find it.
    pub missing: Option<String>,
    /// The one next step.
    pub next: String,
    /// The command to run next.
    pub command: Option<String>,
}

impl Told {
    /// The words for a diagnosis.
    pub fn new(diagnosis: &Diagnosis, expected: &[Value], when: When) -> Told {
        let words = Explaining::new(diagnosis, expected, when);
        let causes: Vec<(Trouble, Said)> =
            diagnosis.troubles.iter().map(|trouble| (*trouble, words.trouble(*trouble))).collect();
        Told {
            what: words.what(),
            whose: words.whose(),
            waiting: words.waiting(),
            next: words.next(&causes),
            checks: diagnosis.checks.iter().map(|check| (*check, check_words(*check))).collect(),
            missing: words.missing(),
            command: words.command(),
            causes,
        }
    }

    /// No try is left before `at`: whatever says to press Issue, or to try again, says that too.
    pub fn held_back(mut self, at: &str) -> Told {
        let late = |text: &mut String| {
            let clicks = ["ress Issue", "ry once more"].iter().any(|words| text.contains(words));
            if clicks && !text.contains("Do not press Issue before") {
                text.push_str(&format!(" No try is left before {at}."));
            }
        };
        self.causes.iter_mut().for_each(|(_, said)| late(&mut said.next));
        late(&mut self.next);
        late(&mut self.waiting);
        self
    }
}

impl Explaining<'_> {
    /// What happened.
    fn what(&self) -> String {
        let Some(class) = self.diagnosis.class else { return self.unknown() };
        let sentence = self.happened(class);
        let before = if self.diagnosis.secondary {
            format!(
                "The first look of {} passed; one of those from elsewhere in the world did not: ",
                self.ca()
            )
        } else {
            String::new()
        };
        let about = match &self.diagnosis.about {
            Some(about) if !self.diagnosis.names.is_empty() && !sentence.contains(about.as_str()) => {
                format!(" (The text speaks of {about}, on the way of {}.)", self.name())
            }
            _ => String::new(),
        };
        let behind = if self.diagnosis.redirected {
            let url = self.diagnosis.url.as_deref().unwrap_or_default();
            format!(" That was behind a redirect, at {}.", clean(url))
        } else {
            String::new()
        };
        format!("{before}{sentence}{behind}{about}")
    }

    /// A text that nobody here knows.
    fn unknown(&self) -> String {
        let type_of = match self.diagnosis.kind.as_deref() {
            Some(kind) => {
                format!(" It says that it is a problem of the type `{}`{}.", clean(kind), kind_words(kind))
            }
            None => String::new(),
        };
        let ca = self.ca();
        let whose = match self.diagnosis.authority {
            Some(_) if ca != "Let's Encrypt" => {
                format!(" It is a text of {ca}, whose words differ from Let's Encrypt's.")
            }
            _ => String::new(),
        };
        format!("Text not recognised.{type_of}{whose}")
    }

    /// The one next step: the time of the CA first, then the likeliest cause.
    fn next(&self, causes: &[(Trouble, Said)]) -> String {
        if let Some(at) = self.diagnosis.retry_after {
            let again = if at > self.when.now() {
                format!("Do not press Issue before {}.", self.when.clock(at))
            } else {
                format!("That time, {}, has passed.", self.when.clock(at))
            };
            let first = causes.first().map_or(String::new(), |(_, said)| format!(" {}", said.next));
            return format!("{again}{first}");
        }
        match causes.first() {
            Some((_, said)) => said.next.clone(),
            None => "Look at everything: propwatch check with the name and the address that it should have. If it says \
                     safe, press Issue once more, and keep the whole text if it fails again."
                .to_owned(),
        }
    }

    /// The head line: what was read where.
    pub fn heading(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(class) = self.diagnosis.class {
            parts.push(class.code().to_owned());
        }
        parts.extend(self.diagnosis.wrapper.map(|wrapper| program(wrapper).to_owned()));
        if let Some(environment) = self.diagnosis.environment {
            parts.push(if self.is_staging() {
                "staging, a dry run".to_owned()
            } else {
                environment.code().to_owned()
            });
        }
        parts.extend(self.diagnosis.account.as_ref().map(|account| format!("account {}", clean(account))));
        if self.diagnosis.tries.len() > 1 {
            parts.push(format!("{} times", self.diagnosis.tries.len()));
        }
        let name = match self.name() {
            name if name == "the name" => "No name in the text".to_owned(),
            name => name,
        };
        if parts.is_empty() { name } else { format!("{name} ({})", parts.join(", ")) }
    }
}

/// What a type of problem means (RFC 8555, section 6.7).
fn kind_words(kind: &str) -> &'static str {
    match kind {
        "dns" => ": looking the name up failed",
        "connection" => ": connecting to the web server failed",
        "unauthorized" => ": what was found is not what was expected",
        "caa" => ": CAA records forbid it",
        "tls" => ": the TLS handshake failed",
        "rateLimited" => ": a limit was reached",
        "rejectedIdentifier" => ": the CA issues nothing for that name",
        "malformed" => ": the CA could not use what it was sent",
        "serverInternal" => ": something failed inside the CA",
        "externalAccountRequired" => ": the CA wants an account of its own first",
        _ => "",
    }
}

/// Who prints like that.
fn program(wrapper: Wrapper) -> &'static str {
    match wrapper {
        Wrapper::FleetSsl | Wrapper::Eggsampler => "from the Let's Encrypt plugin of cPanel",
        Wrapper::LegoApi | Wrapper::Lego | Wrapper::LegoOld => "from lego or what is built on it",
        Wrapper::Certbot | Wrapper::CertbotOld => "from certbot",
        Wrapper::AcmeSh | Wrapper::AcmeShNewOrder => "from acme.sh",
        Wrapper::CertManager | Wrapper::CertManagerOrder => "from cert-manager",
        Wrapper::Caddy => "from Caddy",
        Wrapper::Lettuce => "from LettuceEncrypt",
        Wrapper::Json => "the CA's own document",
        Wrapper::Plesk => "from Plesk",
        Wrapper::BoulderLog => "the CA's own log",
    }
}

/// What is looked at.
fn check_words(check: Check) -> &'static str {
    match check {
        Check::Policy => "whether the CA takes the name at all",
        Check::Delegation => "what the registry's servers say about the domain",
        Check::NameServers => "every address of every name server, over UDP and TCP",
        Check::Dnssec => "DS records and signatures",
        Check::Addresses => "IPv4 and IPv6 addresses, stray and private ones",
        Check::Caa => "CAA records from the name up to the top-level domain",
        Check::Web => "the web server at every address, as the CA asks it",
        Check::Tries => "how many failed tries are left",
    }
}
