//! Reads a list of resolvers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_yaml::{Location, Spanned};

use crate::model::{Endpoint, Role, Transport, Vantage};

use super::endpoint::{self, Url};
use super::fault::{ConfigError, Fault, Listed, escaped};

/// The list that is built in; also what `--resolvers FILE` replaces.
const EMBEDDED: &str = include_str!("../../resolvers.yaml");

/// Bytes of a list, at most. The one that is built in has less than a twentieth of this.
pub const MAX_BYTES: usize = 512 * 1024;

/// Entries of a list, at most.
pub const MAX_ENTRIES: usize = 1024;

/// How its mistakes are told.
const LISTED: Listed = Listed {
    key: "resolvers",
    of: "resolvers",
    variant: "transport",
    text: "a text is expected here (a transport over TLS is `tls: NAME`, over HTTPS `https: URL`)",
};

/// Characters of a name, an operator or a place, at most.
const MAX_LABEL: usize = 48;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    resolvers: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    operator: Spanned<String>,
    #[serde(default)]
    place: Option<Spanned<String>>,
    #[serde(default)]
    ipv4: Option<Spanned<String>>,
    #[serde(default)]
    ipv6: Option<Spanned<String>>,
    transports: Vec<Way>,
    #[serde(default)]
    flush: Option<Spanned<String>>,
    #[serde(default = "yes")]
    voter: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Udp,
    Tcp,
    Tls(Spanned<String>),
    Https(Spanned<String>),
}

/// A way of asking, understood: all but the address.
enum Route {
    Plain(Transport),
    Tls(Arc<str>),
    Https(Url),
}

/// The list that is built in.
pub fn embedded() -> Vec<Vantage> {
    // A test proves that it can be read. Were it not so, an empty list is refused by the plan.
    parse(EMBEDDED, "resolvers.yaml").unwrap_or_default()
}

/// Reads the list in a file.
///
/// # Errors
/// [`ConfigError`] if the file cannot be read, is larger than [`MAX_BYTES`], or is not a list of resolvers.
pub fn load(path: &Path) -> Result<Vec<Vantage>, ConfigError> {
    let unreadable = |cause| ConfigError::Unreadable { path: path.to_owned(), cause };
    let source = path.display().to_string();
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(&source));
    }
    match String::from_utf8(bytes) {
        Ok(text) => parse(&text, &source),
        Err(_) => Err(ConfigError::Wrong(Box::new(Fault::whole(&source, "this is not text in UTF-8")))),
    }
}

/// Reads a list of resolvers. `source` is what the list is called in errors.
///
/// # Errors
/// [`ConfigError::Wrong`], with the place of the first mistake.
pub fn parse(text: &str, source: &str) -> Result<Vec<Vantage>, ConfigError> {
    if text.len() > MAX_BYTES {
        return Err(too_large(source));
    }
    let reader = Reader { source, text };
    reader.list().map_err(|fault| ConfigError::Wrong(Box::new(fault)))
}

fn too_large(source: &str) -> ConfigError {
    let what = format!("larger than {} KiB, which no list of resolvers is", MAX_BYTES / 1024);
    ConfigError::Wrong(Box::new(Fault::whole(source, what)))
}

/// The text that is being read, for the errors.
struct Reader<'a> {
    source: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn fault(&self, location: Location, what: impl Into<String>) -> Fault {
        Fault::at(self.source, self.text, location, what)
    }

    fn list(&self) -> Result<Vec<Vantage>, Fault> {
        let listing: Listing = serde_yaml::from_str(self.text)
            .map_err(|error| Fault::from_yaml(self.source, self.text, &error, &LISTED))?;
        if listing.resolvers.len() > MAX_ENTRIES {
            return Err(Fault::whole(self.source, format!("more than {MAX_ENTRIES} resolvers")));
        }
        let mut names: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        let mut addresses: BTreeMap<(Transport, SocketAddr), Arc<str>> = BTreeMap::new();
        let mut list = Vec::with_capacity(listing.resolvers.len());
        for entry in &listing.resolvers {
            let vantage = self.vantage(entry)?;
            let here = entry.name.referenced;
            if let Some(line) = names.insert(vantage.name.clone(), here.line()) {
                return Err(self.fault(here, format!("`{}` is on line {line} already", vantage.name)));
            }
            for endpoint in &vantage.endpoints {
                let key = (endpoint.transport, endpoint.addr);
                if let Some(other) = addresses.insert(key, vantage.name.clone()) {
                    let what = if other == vantage.name {
                        format!("`{other}` has the same transport twice")
                    } else {
                        format!("{endpoint} is `{other}` already, and nobody votes twice")
                    };
                    return Err(self.fault(here, what));
                }
            }
            list.push(vantage);
        }
        if list.is_empty() {
            return Err(Fault::whole(self.source, "the list of resolvers is empty"));
        }
        if !list.iter().any(|vantage| vantage.role == Role::Voter) {
            let what = "no resolver may vote (each has `voter: false`), so nothing could ever be confirmed";
            return Err(Fault::whole(self.source, what));
        }
        Ok(list)
    }

    fn vantage(&self, entry: &Entry) -> Result<Vantage, Fault> {
        let name = self.label("name", &entry.name)?;
        let speakable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !name.chars().all(speakable) {
            let what = "a name has only letters, digits, dots, dashes and underscores";
            return Err(self.fault(entry.name.referenced, what));
        }
        let operator = self.label("operator", &entry.operator)?;
        let place = entry.place.as_ref().map(|place| self.label("place", place)).transpose()?;
        Ok(Vantage {
            name,
            operator,
            place,
            role: if entry.voter { Role::Voter } else { Role::Witness },
            endpoints: self.endpoints(entry)?,
            flush: entry.flush.as_ref().map(|page| self.flush(page)).transpose()?,
            zone: None,
        })
    }

    /// All ways over IPv4, then all over IPv6, each in the order of the entry.
    fn endpoints(&self, entry: &Entry) -> Result<Vec<Endpoint>, Fault> {
        let here = entry.name.referenced;
        let v4 = entry.ipv4.as_ref().map(|text| self.address(text, IpAddr::is_ipv4, "IPv4")).transpose()?;
        let v6 = entry.ipv6.as_ref().map(|text| self.address(text, IpAddr::is_ipv6, "IPv6")).transpose()?;
        if v4.is_none() && v6.is_none() {
            return Err(self.fault(here, format!("`{}` has neither `ipv4` nor `ipv6`", entry.name.value)));
        }
        if entry.transports.is_empty() {
            let what = "has no transport; allowed: udp, tcp, tls: NAME, https: URL";
            return Err(self.fault(here, format!("`{}` {what}", entry.name.value)));
        }
        let routes: Vec<Route> =
            entry.transports.iter().map(|way| self.route(way)).collect::<Result<_, Fault>>()?;
        let addresses = v4.into_iter().chain(v6);
        Ok(addresses.flat_map(|address| routes.iter().map(move |route| meet(address, route))).collect())
    }

    fn route(&self, way: &Way) -> Result<Route, Fault> {
        Ok(match way {
            Way::Udp => Route::Plain(Transport::Udp),
            Way::Tcp => Route::Plain(Transport::Tcp),
            Way::Tls(name) => Route::Tls(
                endpoint::server_name(&name.value)
                    .map_err(|error| self.fault(name.referenced, error.to_string()))?,
            ),
            Way::Https(url) => Route::Https(
                endpoint::url(&url.value).map_err(|error| self.fault(url.referenced, error.to_string()))?,
            ),
        })
    }

    /// An address of the right family, with a port or without.
    fn address(
        &self,
        text: &Spanned<String>,
        family: fn(&IpAddr) -> bool,
        called: &str,
    ) -> Result<(IpAddr, Option<u16>), Fault> {
        let found =
            endpoint::address(&text.value).map_err(|error| self.fault(text.referenced, error.to_string()))?;
        if family(&found.0) {
            Ok(found)
        } else {
            Err(self.fault(text.referenced, format!("`{}` is not an {called} address", found.0)))
        }
    }

    /// A short text that will be shown to people.
    fn label(&self, key: &str, text: &Spanned<String>) -> Result<Arc<str>, Fault> {
        let trimmed = text.value.trim();
        if trimmed.is_empty() {
            return Err(self.fault(text.referenced, format!("`{key}` is empty")));
        }
        if trimmed.chars().count() > MAX_LABEL || trimmed.chars().any(char::is_control) {
            let what = format!("`{key}` must be one line of at most {MAX_LABEL} characters");
            return Err(self.fault(text.referenced, what));
        }
        Ok(trimmed.into())
    }

    fn flush(&self, page: &Spanned<String>) -> Result<Arc<str>, Fault> {
        let text = page.value.as_str();
        if text.starts_with("https://") && text.len() <= 200 && text.chars().all(|c| c.is_ascii_graphic()) {
            return Ok(text.into());
        }
        Err(self.fault(page.referenced, format!("`{}` is not the address of an https page", escaped(text))))
    }
}

/// An address and a way of asking make an endpoint. A port at the address goes before one in the URL.
fn meet((ip, port): (IpAddr, Option<u16>), route: &Route) -> Endpoint {
    let at = |usual: u16| SocketAddr::new(ip, port.unwrap_or(usual));
    match route {
        Route::Plain(transport) => {
            Endpoint { transport: *transport, addr: at(53), server_name: None, path: None }
        }
        Route::Tls(name) => {
            Endpoint { transport: Transport::Tls, addr: at(853), server_name: Some(name.clone()), path: None }
        }
        Route::Https(url) => Endpoint {
            transport: Transport::Https,
            addr: at(url.port.unwrap_or(443)),
            server_name: Some(url.host.clone()),
            path: Some(url.path.clone()),
        },
    }
}
