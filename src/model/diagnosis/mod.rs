//! What an error text of a certificate authority says, and what can be behind it.
//!
//! A [`Diagnosis`] is one failure of one text. [`Class`] names what the CA saw, [`Trouble`] what can have
//! caused it; both have codes that scripts may rely on.

mod class;
mod record;
mod trouble;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Name, Timestamp, Value};

/// Makes an enum whose members have a stable code each.
macro_rules! coded {
    ($(#[$about:meta])* $name:ident { $($(#[doc = $doc:literal])* $member:ident = $code:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $doc])* #[doc = concat!("Code `", $code, "`.")] $member,)*
        }

        impl $name {
            /// All there are, in their order.
            pub const ALL: &'static [$name] = &[$($name::$member,)*];

            /// The code that scripts read.
            pub const fn code(self) -> &'static str {
                match self { $($name::$member => $code,)* }
            }

            /// The one with that code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let code = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                Self::from_code(&code).ok_or_else(|| serde::de::Error::custom("an unknown code"))
            }
        }
    };
}
use coded;

pub use class::Class;
pub use record::{AuthorizationSeen, Evidence, OrderRecord, OrderSeen, Problem, Testimony, Visited, Witness};
pub use trouble::Trouble;

coded! {
    /// The program that printed the text: each has a form of its own around the CA's words.
    Wrapper {
        /// The Let's Encrypt plugin of cPanel.
        FleetSsl = "fleetssl",
        /// The library below that plugin.
        Eggsampler = "eggsampler",
        /// lego, for a request other than a validation.
        LegoApi = "lego_api",
        /// lego, and what is built on it.
        Lego = "lego",
        /// lego before 2019.
        LegoOld = "lego_old",
        /// certbot.
        Certbot = "certbot",
        /// certbot before 2021.
        CertbotOld = "certbot_old",
        /// acme.sh.
        AcmeSh = "acmesh",
        /// acme.sh, when no order could be made.
        AcmeShNewOrder = "acmesh_neworder",
        /// cert-manager, about a validation.
        CertManager = "certmanager",
        /// cert-manager, about an order.
        CertManagerOrder = "certmanager_order",
        /// Caddy.
        Caddy = "caddy",
        /// LettuceEncrypt.
        Lettuce = "lettuce",
        /// The CA's own problem document (RFC 8555, section 6.7), as win-acme and others show it.
        Json = "json",
        /// Plesk.
        Plesk = "plesk",
        /// A line in the form of the CA's own log.
        BoulderLog = "boulder_log",
    }
}

coded! {
    /// Which of the CA's two services was asked.
    Environment {
        /// The real one.
        Production = "production",
        /// The one for tries, with limits of its own.
        Staging = "staging",
    }
}

coded! {
    /// Whose text it is, as far as an address in it tells.
    Authority {
        /// Let's Encrypt.
        LetsEncrypt = "letsencrypt",
        /// ZeroSSL.
        ZeroSsl = "zerossl",
        /// Buypass.
        Buypass = "buypass",
        /// Google Trust Services.
        Google = "google",
        /// SSL.com.
        SslCom = "ssl.com",
        /// Sectigo, who also sign what cPanel's AutoSSL orders.
        Sectigo = "sectigo",
    }
}

coded! {
    /// Whether time alone can mend it.
    Waiting {
        /// Time mends it.
        Yes = "yes",
        /// Something has to be changed.
        No = "no",
        /// It depends on what is found when one looks.
        Depends = "depends",
        /// Nothing is wrong with the name: the same again in some minutes.
        Retry = "short-retry",
    }
}

coded! {
    /// How far the CA had come.
    Phase {
        /// Reading the list of names.
        Policy = "policy",
        /// Counting.
        Limits = "limits",
        /// The account, the order, the client's requests.
        Order = "order",
        /// On the client's own machine, before the CA looked.
        Client = "client",
        /// Looking names up.
        Dns = "dns",
        /// Connecting to the web server.
        Connect = "connect",
        /// Following redirects.
        Redirect = "redirect",
        /// Reading the web server's answer.
        Answer = "answer",
        /// Speaking TLS.
        Tls = "tls",
        /// Reading CAA records, after the file had been found.
        Caa = "caa",
        /// Inside the CA.
        Ca = "ca",
    }
}

coded! {
    /// Whose the address in the text is.
    Whose {
        /// One of those that are expected.
        Expected = "expected",
        /// Somebody else's.
        Other = "other",
        /// Nobody can tell: there is no address in the text, or none is expected.
        Unknown = "unknown",
    }
}

coded! {
    /// Something to look at so as to tell which of the troubles it is.
    Check {
        /// The name itself, by the CA's rules.
        Policy = "name-policy",
        /// What the parent zone's servers say about the delegation.
        Delegation = "delegation",
        /// Every address of every name server of the zone.
        NameServers = "name-servers",
        /// Signatures and the DS records at the parent.
        Dnssec = "dnssec",
        /// Addresses: IPv6 as well as IPv4, private ones among them.
        Addresses = "addresses",
        /// CAA records from the name up to the top-level domain.
        Caa = "caa",
        /// The web server at every address, as the CA fetches from it.
        Web = "web-path",
        /// Failed tries that are left.
        Tries = "tries-left",
    }
}

/// One failure, read from a text. Everything in it that is a text came from elsewhere and may hold
/// anything: views escape it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What the CA saw; none for a text that is not known.
    pub class: Option<Class>,
    /// The form of the text.
    pub wrapper: Option<Wrapper>,
    /// The names of the certificate that it is about.
    pub names: Vec<Name>,
    /// What stands where a name belongs and is none.
    pub odd_name: Option<String>,
    /// The name that was looked up or connected to, where it is another one: of a parent, an alias or a
    /// redirect.
    pub about: Option<Name>,
    /// The type of record that was looked up.
    pub record: Option<String>,
    /// Whose text it is.
    pub authority: Option<Authority>,
    /// Which of the CA's services.
    pub environment: Option<Environment>,
    /// The number of the ACME account.
    pub account: Option<String>,
    /// The URL of the order, at one of the CA's two hosts.
    pub order: Option<String>,
    /// The type of the problem (RFC 8555, section 6.7), without its prefix.
    pub kind: Option<String>,
    /// The HTTP status of the problem document.
    pub status: Option<u16>,
    /// The HTTP status that the CA got from the name's web server.
    pub answer: Option<u16>,
    /// The address that the CA connected to.
    pub address: Option<IpAddr>,
    /// What it fetched from there.
    pub url: Option<String>,
    /// Whose that address is.
    pub whose: Whose,
    /// Whether the first look had passed, and one of those from elsewhere failed.
    pub secondary: bool,
    /// Whether it happened behind a redirect.
    pub redirected: bool,
    /// How far the CA had come.
    pub phase: Phase,
    /// Whether waiting helps.
    pub waiting: Waiting,
    /// When the CA will take the next request, as the text says.
    pub retry_after: Option<Timestamp>,
    /// What can be behind it, the likeliest first.
    pub troubles: Vec<Trouble>,
    /// What to look at, the most telling first.
    pub checks: Vec<Check>,
    /// The words that it was read from, on one line and cut short.
    pub quote: String,
    /// Every time that it stands in the text.
    pub tries: Vec<Try>,
}

/// One occurrence of a failure in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// When, if the text carries a time with its zone.
    pub at: Option<Timestamp>,
    /// The same for the same failure, however often and however wrapped its text is read.
    pub fingerprint: String,
}

/// A failed try that counts against the CA's limit of failures for a name and an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The name.
    pub name: Name,
    /// Which of the CA's services; production where the text does not say.
    pub environment: Environment,
    /// The account, where the text says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// When it failed; when it was explained where the text does not say.
    pub at: Timestamp,
    /// The CA's own word on when a try is free again, from a text about the limit itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_until: Option<Timestamp>,
    /// Tells the same failure, explained twice, from two failures.
    pub fingerprint: String,
}

/// How many of an hour's tries a name has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriesLeft {
    /// The name.
    pub name: Name,
    /// So many are left.
    pub left: u8,
    /// When one more is back.
    pub next: Timestamp,
}

/// A name to be looked at live, with what it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToCheck {
    /// The name.
    pub name: Name,
    /// What it should have; nothing where that is not known.
    pub expected: Vec<Value>,
}
