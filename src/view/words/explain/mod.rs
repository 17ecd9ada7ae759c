//! What an error text of a CA means, in plain words: what happened, whether waiting helps, what can be behind
//! it and what to do about each in a hosting panel.

mod answers;
mod clients;
mod connecting;
mod live;
mod lookups;
mod record;
mod telling;
mod troubles;
mod waiting;

use std::net::IpAddr;

use crate::model::{Authority, Diagnosis, Environment, Name, Phase, Trouble, Value, Whose};
use crate::view::escape::clean;

use super::{Said, When, list};

pub use live::{Checked, Looked, Now};
pub use record::{record_error, record_heading, record_unread, witness};
pub use telling::Told;

/// What frees the path in a `.htaccess` (Apache mod_rewrite).
const RULE: &str = "RewriteEngine On, and on the next line RewriteRule ^\\.well-known/acme-challenge/ - [L]";

/// Finds the words for a diagnosis.
#[derive(Debug, Clone)]
pub struct Explaining<'a> {
    diagnosis: &'a Diagnosis,
    expected: &'a [Value],
    when: When,
}

impl<'a> Explaining<'a> {
    /// Words about this failure, for somebody who expects that.
    pub fn new(diagnosis: &'a Diagnosis, expected: &'a [Value], when: When) -> Self {
        Explaining { diagnosis, expected, when }
    }

    /// The name, or words in its place.
    fn name(&self) -> String {
        match (&self.diagnosis.names[..], &self.diagnosis.odd_name) {
            ([], Some(odd)) => format!("`{}`", clean(odd)),
            ([], None) => "the name".to_owned(),
            (names, _) => list(names, 4),
        }
    }

    /// The name that was looked up.
    fn subject(&self) -> String {
        self.diagnosis.about.as_ref().map_or_else(|| self.name(), Name::to_string)
    }

    /// Whose words they are.
    fn ca(&self) -> &'static str {
        match self.diagnosis.authority {
            None | Some(Authority::LetsEncrypt) => "Let's Encrypt",
            Some(Authority::ZeroSsl) => "ZeroSSL",
            Some(Authority::Buypass) => "Buypass",
            Some(Authority::Google) => "Google Trust Services",
            Some(Authority::SslCom) => "SSL.com",
            Some(Authority::Sectigo) => "Sectigo",
        }
    }

    /// The address that the CA went to.
    fn address(&self) -> String {
        self.diagnosis.address.map_or_else(|| "the address it was given".to_owned(), |a| a.to_string())
    }

    /// The type of record that was asked for.
    fn record(&self) -> String {
        self.diagnosis
            .record
            .as_deref()
            .map_or_else(|| "address".to_owned(), |record| clean(record).into_owned())
    }

    fn expected_addresses(&self) -> Vec<IpAddr> {
        let address = |value: &Value| match value {
            Value::V4(v4) => Some(IpAddr::V4(*v4)),
            Value::V6(v6) => Some(IpAddr::V6(*v6)),
            Value::Alias(_) => None,
        };
        self.expected.iter().filter_map(address).collect()
    }

    /// What is expected, as one says it.
    fn wanted(&self) -> String {
        match &self.expected.iter().map(value).collect::<Vec<_>>()[..] {
            [] => "this hosting account's address".to_owned(),
            [front @ .., last] if !front.is_empty() => format!("{} or {last}", front.join(", ")),
            one => one.concat(),
        }
    }

    /// The line of the Zone Editor that is to be there.
    fn fields(&self) -> String {
        let name = self.subject();
        let one = |value: &Value| {
            let rtype = match value {
                Value::V4(_) => "A",
                Value::V6(_) => "AAAA",
                Value::Alias(_) => "CNAME",
            };
            format!("Name {name}., Type {rtype}, Record {}", self::value(value))
        };
        match self.expected {
            [] => format!("Name {name}., Type A, Record the address of this hosting account"),
            values => values.iter().map(one).collect::<Vec<_>>().join("; and "),
        }
    }

    /// Where records are changed.
    fn editor(&self) -> String {
        format!("In cPanel open Zone Editor, choose Manage beside the domain of {}, and", self.subject())
    }

    fn is_staging(&self) -> bool {
        self.diagnosis.environment == Some(Environment::Staging)
    }

    /// The path below which the CA looks.
    fn path(&self) -> &'static str {
        "/.well-known/acme-challenge/"
    }

    /// A cause, and what to do about it.
    pub fn trouble(&self, trouble: Trouble) -> Said {
        self.in_dns(trouble)
            .or_else(|| self.on_the_way(trouble))
            .or_else(|| self.in_answers(trouble))
            .unwrap_or_else(|| self.elsewhere(trouble))
    }

    /// The command to run next.
    pub fn command(&self) -> Option<String> {
        let names: Vec<String> = self
            .diagnosis
            .names
            .iter()
            .filter(|name| !name.as_str().starts_with('*'))
            .map(Name::to_string)
            .collect();
        if names.is_empty() {
            return None;
        }
        let mut command = format!("propwatch wait {}", names.join(" "));
        match self.expected {
            [] => command.push_str(" --expect ADDRESS"),
            values => values.iter().for_each(|one| command.push_str(&format!(" --expect {}", value(one)))),
        }
        // What the web server answers shows with the test file only.
        if self.diagnosis.phase == Phase::Answer && self.diagnosis.whose != Whose::Other {
            command.push_str(" --self-test");
        }
        Some(command)
    }

    /// How to find the address, where none was given.
    pub fn missing(&self) -> Option<String> {
        let asked = self.expected.is_empty() && !self.diagnosis.names.is_empty();
        asked.then(|| {
            format!(
                "Not known here: the address that {} should have. cPanel shows it on its first page under General \
                 Information, as Shared IP Address (or Dedicated IP Address); give it with --expect.",
                self.name()
            )
        })
    }

    /// Whose the address in the text is.
    pub fn whose(&self) -> Option<String> {
        let address = self.diagnosis.address?;
        match self.diagnosis.whose {
            Whose::Expected => Some(format!(
                "{address} is the address that you expect: DNS is right, look at the web server."
            )),
            Whose::Other => Some(format!(
                "{address} is not {}, which you expect: the request went to another server.",
                self.wanted()
            )),
            Whose::Unknown if self.expected_addresses().is_empty() => Some(format!(
                "Is {address} this hosting account's address? If not, the request went to another server."
            )),
            Whose::Unknown => None,
        }
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::V4(v4) => v4.to_string(),
        Value::V6(v6) => v6.to_string(),
        Value::Alias(name) => name.to_string(),
    }
}
