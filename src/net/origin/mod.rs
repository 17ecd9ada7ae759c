//! Whose server is at an address: the names that it points back to, the network that announces it, and the
//! certificate that it shows.
//!
//! Each part is asked for beside the others, bounded, and may be missing. The DNS parts are asked at
//! authoritative servers by the program's own walk: the reverse zone for names (RFC 1035, section 3.5;
//! RFC 3596, section 2.5), and the public zones of Team Cymru, which say in TXT records which autonomous
//! system announces an address and whose it is.

mod certificate;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::rr::RData;
use tokio::time::timeout;

use super::Internet;
use super::answer::shown_within;
use crate::engine::reserved_block;
use crate::model::{CertificateSeen, Name, Origin, OriginAs, QuestionType, Seen};

/// How long each part may take.
const LIMIT: Duration = Duration::from_secs(4);
/// Names that an address points back to.
const MOST_POINTERS: usize = 3;
/// Characters of a holder's name.
const HOLDER_SHOWN: usize = 80;

/// Finds out whose server is at an address; returns what was seen and how many questions it cost.
pub(super) async fn look(net: &Internet, address: IpAddr) -> (Seen, u32) {
    let web = &net.settings.web;
    if reserved_block(address).is_some() && !web.allow_reserved {
        return (Seen::Originated(Box::default()), 0);
    }
    let _visiting = net.polite.visit(address).await;
    let asked = std::cell::Cell::new(0);
    let ask = Questions { net, asked: &asked };
    let by_dns = net.walker.knows_the_root();
    let pointers = within(by_dns, async { Some(ask.pointers(address).await) });
    let network = within(by_dns && web.ask_origin, ask.network(address));
    let certificate = within(true, certificate(net, SocketAddr::new(address, web.https_port)));
    let (pointers, network, certificate) = futures::join!(pointers, network, certificate);
    let origin = Origin { pointers: pointers.unwrap_or_default(), network, certificate };
    (Seen::Originated(Box::new(origin)), asked.get())
}

/// The part, if it is wanted and comes in time.
async fn within<T>(wanted: bool, part: impl Future<Output = Option<T>>) -> Option<T> {
    if wanted { timeout(LIMIT, part).await.ok().flatten() } else { None }
}

async fn certificate(net: &Internet, at: SocketAddr) -> Option<CertificateSeen> {
    let der = net.web.certificate(at, LIMIT).await?;
    certificate::read(&der)
}

/// For the fuzz targets: a certificate that somebody showed.
pub(super) fn foreign(der: &[u8]) -> Option<CertificateSeen> {
    certificate::read(der)
}

/// Puts questions and counts them.
struct Questions<'a> {
    net: &'a Internet,
    asked: &'a std::cell::Cell<u32>,
}

impl Questions<'_> {
    async fn records(&self, name: &str, qtype: QuestionType) -> Option<Vec<RData>> {
        let name = Name::parse(name).ok()?;
        let found = self.net.walker.find(self.net, &name, qtype, self.net.clock.now(), false).await;
        self.asked.set(self.asked.get() + found.questions);
        found.records
    }

    async fn pointers(&self, address: IpAddr) -> Vec<Name> {
        let zone = if address.is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" };
        let found = self.records(&reversed(address, zone), QuestionType::Ptr).await.unwrap_or_default();
        let names = found.iter().filter_map(|data| match data {
            RData::PTR(name) => Some(Name::from_wire(&name.0)),
            _ => None,
        });
        let mut names: Vec<Name> = names.collect();
        names.sort();
        names.dedup();
        names.truncate(MOST_POINTERS);
        names
    }

    async fn network(&self, address: IpAddr) -> Option<OriginAs> {
        let zone = if address.is_ipv4() { "origin.asn.cymru.com" } else { "origin6.asn.cymru.com" };
        let routes = self.records(&reversed(address, zone), QuestionType::Txt).await?;
        let number = routes.iter().filter_map(text).find_map(|line| as_number(&line))?;
        let about = self.records(&format!("AS{number}.asn.cymru.com"), QuestionType::Txt).await;
        let holder = about.iter().flatten().filter_map(text).find_map(|line| holder(&line));
        Some(OriginAs { number, holder: holder.unwrap_or_default() })
    }
}

/// The name that stands for an address below a zone of reversed addresses.
fn reversed(address: IpAddr, zone: &str) -> String {
    let mut name = String::new();
    match address {
        IpAddr::V4(v4) => v4.octets().iter().rev().for_each(|octet| {
            let _ = write!(name, "{octet}.");
        }),
        IpAddr::V6(v6) => v6.octets().iter().rev().for_each(|octet| {
            let _ = write!(name, "{:x}.{:x}.", octet & 15, octet >> 4);
        }),
    }
    name + zone
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(txt) = data else { return None };
    let octets: Vec<u8> = txt.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
    Some(String::from_utf8_lossy(&octets).into_owned())
}

/// The first number of `64500 64501 | 192.0.2.0/24 | ZZ | registry | date`.
fn as_number(line: &str) -> Option<u32> {
    line.split('|').next()?.split_whitespace().next()?.parse().ok().filter(|number| *number != 0)
}

/// The last field of `64500 | ZZ | registry | date | EXAMPLE - Example Hosting, ZZ`.
fn holder(line: &str) -> Option<String> {
    let (_, last) = line.rsplit_once('|')?;
    let holder = shown_within(last.trim(), HOLDER_SHOWN);
    (!holder.is_empty()).then_some(holder)
}
