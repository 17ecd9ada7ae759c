//! Reads one way of asking, as it follows `--resolver` or stands in a list.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use crate::model::{Endpoint, Name, Transport};

use super::fault::escaped;

/// Why a text is not a way to a resolver. A mistake of the user, before anything was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Nothing was there.
    #[error(
        "a resolver is missing; write it as 1.1.1.1, tls://9.9.9.9#dns.quad9.net or \
         https://dns.google/dns-query"
    )]
    Empty,
    /// A host name where an address must stand.
    #[error(
        "`{0}` is a host name; a resolver is reached by its address (as in 8.8.8.8), or finding it would \
         take a resolver"
    )]
    HostName(String),
    /// Neither an address nor anything else.
    #[error("`{0}` is not an address; write 192.0.2.1, 192.0.2.1:5353, 2001:db8::1 or [2001:db8::1]:5353")]
    NotAddress(String),
    /// An address that no single server can have.
    #[error("{0} is not the address of one server")]
    NotUnicast(IpAddr),
    /// A port that is none.
    #[error("`{0}` is not a port; ports are 1 to 65535")]
    Port(String),
    /// A transport that is not known.
    #[error("`{0}://` is not a known transport; allowed: udp, tcp, tls, https")]
    Scheme(String),
    /// TLS without the name to check the certificate by.
    #[error("tls needs the name in the server's certificate, as in tls://9.9.9.9#dns.quad9.net")]
    NoTlsName,
    /// A certificate's name where none is looked at.
    #[error("`#{0}` has no meaning here: only tls and https check a certificate")]
    NeedlessName(String),
    /// A name that no certificate has.
    #[error("`{0}` cannot be the name in a certificate")]
    BadName(String),
    /// A URL that is not one of a DNS server.
    #[error(
        "`{0}` is not the URL of a DNS server; write https://NAME/PATH, as in https://dns.google/dns-query"
    )]
    BadUrl(String),
    /// A host that the built-in list does not know, and no address beside it.
    #[error(
        "the address of {0} is not known here, and finding it would take a resolver; write it behind the \
         URL, as in https://dns.google/dns-query#8.8.8.8"
    )]
    UnknownHost(String),
}

/// The URL of a DNS server over HTTPS, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    /// The name in the certificate.
    pub(super) host: Arc<str>,
    /// Where it is not 443.
    pub(super) port: Option<u16>,
    /// With its leading slash.
    pub(super) path: Arc<str>,
}

/// Reads what follows `--resolver`: `1.1.1.1`, `127.0.0.1:5353`, `::1`, `[::1]:53`, `udp://…`, `tcp://…`,
/// `tls://9.9.9.9#dns.quad9.net`, `https://dns.google/dns-query` (whose address the built-in list knows) or
/// `https://dns.google/dns-query#8.8.8.8`. What an [`Endpoint`] prints is read back as the same endpoint.
///
/// # Errors
/// [`EndpointError`]; a host name in the place of an address is one.
pub fn parse_endpoint(text: &str) -> Result<Endpoint, EndpointError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EndpointError::Empty);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return plain(Transport::Udp, text);
    };
    match scheme.to_ascii_lowercase().as_str() {
        "udp" => plain(Transport::Udp, rest),
        "tcp" => plain(Transport::Tcp, rest),
        "tls" => tls(rest),
        "https" => https(text, rest),
        _ => Err(EndpointError::Scheme(escaped(scheme))),
    }
}

fn plain(transport: Transport, text: &str) -> Result<Endpoint, EndpointError> {
    if let Some((_, name)) = text.split_once('#') {
        return Err(EndpointError::NeedlessName(escaped(name)));
    }
    let (ip, port) = address(text)?;
    let addr = SocketAddr::new(ip, port.unwrap_or(53));
    Ok(Endpoint { transport, addr, server_name: None, path: None })
}

fn tls(text: &str) -> Result<Endpoint, EndpointError> {
    let (place, name) = text.split_once('#').unwrap_or((text, ""));
    let (ip, port) = address(place)?;
    if name.is_empty() {
        return Err(EndpointError::NoTlsName);
    }
    let addr = SocketAddr::new(ip, port.unwrap_or(853));
    Ok(Endpoint { transport: Transport::Tls, addr, server_name: Some(server_name(name)?), path: None })
}

fn https(whole: &str, rest: &str) -> Result<Endpoint, EndpointError> {
    let (link, place) = match rest.split_once('#') {
        Some((_, place)) => (whole.split_once('#').map_or(whole, |(link, _)| link), Some(place)),
        None => (whole, None),
    };
    let url = url(link)?;
    let (ip, port) = match place {
        Some(place) => address(place)?,
        None => (known(&url.host).ok_or_else(|| EndpointError::UnknownHost(url.host.to_string()))?, None),
    };
    Ok(Endpoint {
        transport: Transport::Https,
        addr: SocketAddr::new(ip, port.or(url.port).unwrap_or(443)),
        server_name: Some(url.host),
        path: Some(url.path),
    })
}

/// The address of a host: itself if it is one, otherwise from the built-in list.
fn known(host: &str) -> Option<IpAddr> {
    if let Ok(ip) = host.parse() {
        return Some(ip);
    }
    super::embedded()
        .iter()
        .flat_map(|vantage| &vantage.endpoints)
        .find(|endpoint| {
            endpoint.transport == Transport::Https && endpoint.server_name.as_deref() == Some(host)
        })
        .map(|endpoint| endpoint.addr.ip())
}

/// Reads an address, with a port or without.
pub(super) fn address(text: &str) -> Result<(IpAddr, Option<u16>), EndpointError> {
    let (ip, port) = halves(text)?;
    let nowhere = match ip {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_multicast(),
    };
    if nowhere { Err(EndpointError::NotUnicast(ip)) } else { Ok((ip, port)) }
}

fn halves(text: &str) -> Result<(IpAddr, Option<u16>), EndpointError> {
    if text.is_empty() {
        return Err(EndpointError::Empty);
    }
    if let Ok(ip) = text.parse() {
        return Ok((ip, None));
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (inside, after) =
            inner.split_once(']').ok_or_else(|| EndpointError::NotAddress(escaped(text)))?;
        let v6: Ipv6Addr = inside.parse().map_err(|_| EndpointError::NotAddress(escaped(text)))?;
        return match after.strip_prefix(':') {
            Some(digits) => Ok((v6.into(), Some(port(digits)?))),
            None if after.is_empty() => Ok((v6.into(), None)),
            None => Err(EndpointError::NotAddress(escaped(text))),
        };
    }
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    if let (Ok(ip), Some((_, digits))) = (host.parse::<std::net::Ipv4Addr>(), text.rsplit_once(':')) {
        return Ok((ip.into(), Some(port(digits)?)));
    }
    // 8.8.8 or 256.1.1.1 is a slip in an address; something with a letter in its last label is a name.
    let lettered = host.rsplit('.').next().is_some_and(|label| label.chars().any(|c| c.is_alphabetic()));
    if lettered && !host.contains(':') && Name::parse(host).is_ok() {
        return Err(EndpointError::HostName(escaped(host)));
    }
    Err(EndpointError::NotAddress(escaped(text)))
}

fn port(digits: &str) -> Result<u16, EndpointError> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<u16>() {
        Ok(port) if plain && port > 0 => Ok(port),
        _ => Err(EndpointError::Port(escaped(digits))),
    }
}

/// Reads the name that a certificate must be for: a host name, or an address.
pub(super) fn server_name(text: &str) -> Result<Arc<str>, EndpointError> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(ip.to_string().into());
    }
    match Name::parse(text) {
        Ok(name) if !name.is_root() && !name.as_str().contains(['*', '_', '\\']) => Ok(name.as_str().into()),
        _ => Err(EndpointError::BadName(escaped(text))),
    }
}

/// Reads `https://NAME[:PORT][/PATH]`. Without a path it is `/dns-query`, which nearly all have.
pub(super) fn url(text: &str) -> Result<Url, EndpointError> {
    const LONGEST: usize = 255;
    let bad = || EndpointError::BadUrl(escaped(text));
    let printable = text.chars().all(|c| c.is_alphanumeric() || c.is_ascii_graphic());
    if text.len() > LONGEST || !printable || text.contains(['#', '?', '@', '{', '}']) {
        return Err(bad());
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("https") {
        return Err(bad());
    }
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/dns-query"),
    };
    if !path.is_ascii() {
        return Err(bad());
    }
    let (host, digits) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, after)) => (host, Some(after.strip_prefix(':').ok_or_else(bad)?)),
        None => authority.split_once(':').map_or((authority, None), |(host, digits)| (host, Some(digits))),
    };
    Ok(Url {
        host: server_name(host).map_err(|_| bad())?,
        port: digits.map(port).transpose()?,
        path: path.into(),
    })
}
