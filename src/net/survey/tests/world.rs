//! Servers on loopback that say what a test wants, with zones that the test signs itself.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ring::digest;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

use super::super::message::kind;
use crate::clock::Clock;
use crate::model::Name;

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A name on the wire, made by other means than the program's.
fn wire(name: &Name) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in name.as_str().split('.').filter(|label| !label.is_empty()) {
        octets.push(label.len() as u8);
        octets.extend_from_slice(label.as_bytes());
    }
    octets.push(0);
    octets
}

pub(super) fn seconds_now() -> i64 {
    Clock::new().now().as_micros() / 1_000_000
}

/// A key that signs.
pub(super) struct Signer {
    pair: Ed25519KeyPair,
    pub(super) begins: i64,
    pub(super) expires: i64,
    /// What the signatures say that they are made with.
    pub(super) algorithm: u8,
}

impl Signer {
    pub(super) fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        Signer { pair, begins: seconds_now() - 3600, expires: seconds_now() + 3600, algorithm: 15 }
    }

    pub(super) fn dnskey(&self) -> Vec<u8> {
        [&[1, 1, 3, 15], self.pair.public_key().as_ref()].concat()
    }

    fn tag(&self) -> [u8; 2] {
        let mut sum = 0_u32;
        for (i, octet) in self.dnskey().iter().enumerate() {
            sum += if i % 2 == 0 { u32::from(*octet) << 8 } else { u32::from(*octet) };
        }
        ((sum + (sum >> 16)) as u16).to_be_bytes()
    }

    pub(super) fn ds(&self, zone: &str) -> Vec<u8> {
        let of = [wire(&name(zone)), self.dnskey()].concat();
        [&self.tag()[..], &[15, 2], digest::digest(&digest::SHA256, &of).as_ref()].concat()
    }

    /// The RDATA of an RRSIG over a set.
    fn sign(&self, zone: &Name, owner: &Name, kind: u16, set: &[Vec<u8>]) -> Vec<u8> {
        let mut labels = owner.as_str().split('.').count();
        labels -= usize::from(owner.as_str().starts_with('*'));
        let mut rdata = [kind.to_be_bytes(), [self.algorithm, labels as u8]].concat();
        rdata.extend(300_u32.to_be_bytes());
        rdata.extend((self.expires as u32).to_be_bytes());
        rdata.extend((self.begins as u32).to_be_bytes());
        rdata.extend([&self.tag()[..], &wire(zone)].concat());
        let mut message = rdata.clone();
        let mut set = set.to_vec();
        set.sort();
        for one in set {
            message.extend(wire(owner));
            message.extend([&kind.to_be_bytes()[..], &[0, 1], &300_u32.to_be_bytes()].concat());
            message.extend((one.len() as u16).to_be_bytes());
            message.extend(one);
        }
        rdata.extend_from_slice(self.pair.sign(&message).as_ref());
        rdata
    }
}

type Rr = (Name, u16, Vec<u8>);

#[derive(Clone)]
pub(super) struct Zone {
    apex: Name,
    pub(super) rrs: Vec<Rr>,
}

impl Zone {
    pub(super) fn new(apex: &str) -> Self {
        let zone = Zone { apex: name(apex), rrs: Vec::new() };
        let soa = [wire(&name("ns")), wire(&name("post")), [0, 0, 0, 9].repeat(5)].concat();
        zone.with(apex, kind::SOA, &soa).with(apex, kind::NS, &wire(&name("ns.example.net")))
    }

    pub(super) fn with(mut self, owner: &str, kind: u16, rdata: &[u8]) -> Self {
        self.rrs.push((name(owner), kind, rdata.to_vec()));
        self
    }

    pub(super) fn a(self, owner: &str, last: u8) -> Self {
        self.with(owner, kind::A, &[192, 0, 2, last])
    }

    pub(super) fn cname(self, owner: &str, target: &str) -> Self {
        self.with(owner, kind::CNAME, &wire(&name(target)))
    }

    pub(super) fn dname(self, owner: &str, target: &str) -> Self {
        self.with(owner, kind::DNAME, &wire(&name(target)))
    }

    pub(super) fn caa(self, owner: &str, flags: u8, tag: &str, value: &[u8]) -> Self {
        let rdata = [&[flags, tag.len() as u8], tag.as_bytes(), value].concat();
        self.with(owner, kind::CAA, &rdata)
    }

    /// Adds DNSKEY, a chain of NSEC if wanted, and a signature to every set.
    pub(super) fn signed(mut self, signer: &Signer, chain: bool) -> Self {
        self.rrs.push((self.apex.clone(), kind::DNSKEY, signer.dnskey()));
        if chain {
            self.chain();
        }
        let sets: BTreeSet<(Name, u16)> = self.rrs.iter().map(|(o, k, _)| (o.clone(), *k)).collect();
        for (owner, kind) in sets {
            let set: Vec<Vec<u8>> = self.of(&owner, kind).map(|rr| rr.2.clone()).collect();
            let rdata = signer.sign(&self.apex, &owner, kind, &set);
            self.rrs.push((owner, kind::RRSIG, rdata));
        }
        self
    }

    fn chain(&mut self) {
        let owners: BTreeSet<Name> = self.rrs.iter().map(|rr| rr.0.clone()).collect();
        let mut owners: Vec<Name> = owners.into_iter().collect();
        owners.sort_by_key(Name::to_wire);
        for (i, owner) in owners.iter().enumerate() {
            let mut bits = [0_u8; 7];
            let mut windows = Vec::new();
            for kind in self.rrs.iter().filter(|rr| rr.0 == *owner).map(|rr| rr.1).chain([46, 47]) {
                match kind {
                    kind::CAA => windows = vec![1, 1, 0x40],
                    low => bits[usize::from(low / 8)] |= 0x80 >> (low % 8),
                }
            }
            let next = wire(&owners[(i + 1) % owners.len()]);
            self.rrs.push((owner.clone(), kind::NSEC, [&next[..], &[0, 7], &bits, &windows].concat()));
        }
    }

    fn of<'z>(&'z self, owner: &Name, kind: u16) -> impl Iterator<Item = &'z Rr> {
        self.rrs.iter().filter(move |rr| rr.0 == *owner && rr.1 == kind)
    }

    /// A set and its signatures, under the name by which it was asked for.
    fn set(&self, owner: &Name, kind: u16, shown: &Name) -> Vec<Rr> {
        let covers = |rr: &&Rr| rr.2[..2] == kind.to_be_bytes();
        let all = self.of(owner, kind).chain(self.of(owner, kind::RRSIG).filter(covers));
        all.map(|rr| (shown.clone(), rr.1, rr.2.clone())).collect()
    }

    /// Response code, answers, authorities.
    fn answer(&self, asked: &Name, kind: u16) -> (u8, Vec<Rr>, Vec<Rr>) {
        let mut answers = Vec::new();
        let mut at = asked.clone();
        let denials = || {
            let soa = self.set(&self.apex, kind::SOA, &self.apex);
            let owners: BTreeSet<&Name> = self.rrs.iter().map(|rr| &rr.0).collect();
            let all = owners.into_iter().flat_map(|owner| self.set(owner, kind::NSEC, owner));
            soa.into_iter().chain(all.filter(|rr| rr.1 != kind::RRSIG || rr.2[..2] == [0, 47])).collect()
        };
        for _ in 0..20 {
            if let Some(dname) =
                self.rrs.iter().find(|rr| rr.1 == kind::DNAME && at != rr.0 && at.is_within(&rr.0))
            {
                answers.extend(self.set(&dname.0, kind::DNAME, &dname.0));
                let target = super::super::message::name_at(&dname.2, 0).unwrap().0;
                let made = at.as_str().replace(dname.0.as_str(), target.as_str());
                answers.push((at.clone(), kind::CNAME, wire(&name(&made))));
                at = name(&made);
            } else if self.of(&at, kind::CNAME).next().is_some() {
                let set = self.set(&at, kind::CNAME, &at);
                at = super::super::message::name_at(&set[0].2, 0).unwrap().0;
                answers.extend(set);
            } else if self.of(&at, kind).next().is_some() {
                answers.extend(self.set(&at, kind, &at));
                return (0, answers, Vec::new());
            } else {
                let star = name(&format!("*.{}", at.parent().unwrap()).replace("*..", "*"));
                let exists = self.rrs.iter().any(|rr| rr.0.is_within(&at));
                let wild = self.rrs.iter().any(|rr| rr.0 == star) && !exists;
                if wild && self.of(&star, kind).next().is_some() {
                    answers.extend(self.set(&star, kind, &at));
                    return (0, answers, denials());
                }
                return (if exists || wild { 0 } else { 3 }, answers, denials());
            }
            if !at.is_within(&self.apex) {
                return (0, answers, Vec::new());
            }
        }
        (0, answers, Vec::new())
    }
}

/// One question as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) name: Name,
    pub(super) kind: u16,
    pub(super) mixed: bool,
    pub(super) edns: bool,
    pub(super) tcp: bool,
    /// How often this very question has come in this very way, this time included.
    pub(super) nth: usize,
}

/// What a server does about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Say {
    Answer,
    Drop,
    Error(u8),
    /// An error without the question.
    Bare(u8),
    /// The answer, with the question in lower case.
    Lower,
    /// The answer without AA.
    Humble,
    /// TC over UDP.
    Cut,
}

/// A server on UDP and TCP, and all that it was asked.
pub(super) struct Server {
    pub(super) at: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(super) async fn good(zone: &Zone) -> Server {
        Server::start(zone, |_| Say::Answer).await
    }

    pub(super) async fn start(zone: &Zone, say: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> Server {
        let (udp, tcp) = loop {
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let at = udp.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let server = Arc::new((zone.clone(), say, asked.clone()));
        let over_tcp = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let Ok(length) = stream.read_u16().await else { continue };
                let mut query = vec![0; usize::from(length)];
                stream.read_exact(&mut query).await.unwrap();
                if let Some(reply) = respond(&over_tcp.0, &over_tcp.1, &over_tcp.2, &query, true) {
                    let _ =
                        stream.write_all(&[&(reply.len() as u16).to_be_bytes(), &reply[..]].concat()).await;
                }
            }
        });
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                if let Some(reply) = respond(&server.0, &server.1, &server.2, &buffer[..length], false) {
                    let _ = udp.send_to(&reply, from).await;
                }
            }
        });
        Server { at, asked }
    }

    /// A port where nothing is ever said.
    pub(super) async fn dead(zone: &Zone) -> Server {
        Server::start(zone, |_| Say::Drop).await
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn respond(
    zone: &Zone,
    say: &impl Fn(&Asked) -> Say,
    book: &Mutex<Vec<Asked>>,
    query: &[u8],
    tcp: bool,
) -> Option<Vec<u8>> {
    let end = 12 + query[12..].iter().position(|octet| *octet == 0).unwrap() + 5;
    let (asked_name, _) = super::super::message::name_at(query, 12).unwrap();
    let kind = u16::from_be_bytes([query[end - 4], query[end - 3]]);
    assert!(query[2] & 1 == 0, "RD to an authoritative server");
    // Walks ask without DO.
    let edns = query.len() > end && query[end + 7] & 0x80 != 0;
    let mixed = query[12..end].iter().any(u8::is_ascii_uppercase);
    let mut asked = Asked { name: asked_name, kind, mixed, edns, tcp, nth: 0 };
    let mut book = book.lock().unwrap();
    asked.nth = 1 + book.iter().filter(|known| Asked { nth: 0, ..(*known).clone() } == asked).count();
    book.push(asked.clone());
    let said = say(&asked);
    let mut header = query[..12].to_vec();
    header[2] = 0x84;
    header[3] = 0;
    header[6..12].fill(0);
    let mut question = query[12..end].to_vec();
    match said {
        Say::Drop => return None,
        Say::Bare(rcode) => {
            header[3] = rcode;
            header[5] = 0;
            return Some(header);
        }
        Say::Error(rcode) => {
            header[2] = 0x80;
            header[3] = rcode;
            return Some([header, question].concat());
        }
        Say::Cut if !tcp => {
            header[2] |= 2;
            return Some([header, question].concat());
        }
        Say::Lower => question.make_ascii_lowercase(),
        Say::Humble => header[2] = 0x80,
        Say::Answer | Say::Cut => {}
    }
    let (rcode, mut answers, mut authorities) = zone.answer(&asked.name, kind);
    if !edns {
        answers.retain(|rr| rr.1 != kind::RRSIG);
        authorities.retain(|rr| !matches!(rr.1, kind::RRSIG | kind::NSEC));
    }
    header[3] = rcode;
    header[7] = answers.len() as u8;
    header[9] = authorities.len() as u8;
    let mut reply = [header, question].concat();
    for (owner, kind, rdata) in answers.into_iter().chain(authorities) {
        reply.extend(wire(&owner));
        reply.extend([&kind.to_be_bytes()[..], &[0, 1, 0, 0, 1, 44]].concat());
        reply.extend((rdata.len() as u16).to_be_bytes());
        reply.extend(rdata);
    }
    Some(reply)
}

/// What a server of the zone would answer, with its signatures.
pub(super) fn reply_to(zone: &Zone, asked: &str, kind: u16) -> Vec<u8> {
    let question = [&wire(&name(asked))[..], &kind.to_be_bytes(), &[0, 1]].concat();
    let opt = [0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0];
    let query = [&[7, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1][..], &question, &opt].concat();
    respond(zone, &|_: &Asked| Say::Answer, &Mutex::default(), &query, true).unwrap()
}
