//! Hand-written DNS servers on loopback, each in a thread of its own, that answer as a test tells them.
//! The bytes are put together by hand, so that they can be wrong where a test wants them wrong.
#![allow(dead_code, clippy::disallowed_methods, clippy::unwrap_used)]

pub(crate) mod place;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The new address in every test.
pub(crate) const NEW: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
/// The old one.
pub(crate) const OLD: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// A third one that nobody expects.
pub(crate) const OTHER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 99);

/// How a server behaves.
#[derive(Debug, Clone)]
pub(crate) enum Plays {
    /// These addresses with this TTL.
    Has(Vec<Ipv4Addr>, u32),
    /// NXDOMAIN with an SOA of this TTL.
    NoName(u32),
    /// NOERROR, nothing, an SOA of this TTL.
    NoData(u32),
    /// This response code and nothing else.
    Code(u8),
    /// An answer that is no answer: NOERROR without records or SOA, not authoritative.
    Empty,
    /// Never answers.
    Dead,
    /// Takes turns.
    Turns(Vec<Plays>),
    /// Drops this many of ten datagrams, then plays the other.
    Lossy(u32, Box<Plays>),
    /// An alias to this name, then these addresses under it.
    Alias(&'static str, Vec<Ipv4Addr>, u32),
    /// The first until this second of the wall clock, with the TTL that is left; then the second, filled at that
    /// moment and counted down, again and again.
    Cache(Box<Plays>, u64, Box<Plays>),
    /// Answers with a changed ID.
    WrongId,
    /// Answers another question.
    WrongQuestion,
    /// Bytes that are no DNS.
    Noise,
    /// A compression pointer to itself.
    PointerLoop,
    /// An alias chain in a circle.
    Circle,
    /// The new address with a TTL above 2^31.
    HugeTtl,
    /// Truncated, and nobody listens on TCP.
    Truncated,
    /// Referral to another zone, as a server that is no resolver gives it.
    Referral,
    /// An empty datagram.
    Nothing,
    /// The new address beside a name with escape sequences in it.
    Escapes,
    /// A resolver: denies the names that `resolvers test` makes up, fails for the one with bad signatures, and
    /// gives the new address for every other, or plays this instead.
    Resolver(Option<Box<Plays>>),
}

impl Plays {
    pub(crate) fn new() -> Self {
        Plays::Has(vec![NEW], 300)
    }
    pub(crate) fn old() -> Self {
        Plays::Has(vec![OLD], 300)
    }
    pub(crate) fn both() -> Self {
        Plays::Has(vec![OLD, NEW], 300)
    }
    /// New, in a cache that counts down.
    pub(crate) fn cached() -> Self {
        Plays::turning_in(0)
    }
    /// Old for so many more seconds, then new.
    pub(crate) fn turning_in(secs: u64) -> Self {
        Plays::Cache(Box::new(Plays::old()), now_secs() + secs, Box::new(Plays::new()))
    }
}

pub(crate) fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A running server.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) asked: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(plays: Plays) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = socket.local_addr().unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let (asked, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, over) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut turn = 0;
            while !over.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
                counter.fetch_add(1, Ordering::Relaxed);
                turn += 1;
                if let Some(reply) = reply(&plays, &buffer[..len], turn) {
                    let _ = socket.send_to(&reply, from);
                }
            }
        });
        Server { addr, asked, stop, thread: Some(thread) }
    }

    pub(crate) fn questions(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn fleet(plays: impl IntoIterator<Item = Plays>) -> Vec<Server> {
    plays.into_iter().map(Server::start).collect()
}

/// `--authority A … --resolver R …` for a command line.
pub(crate) fn arguments(authorities: &[Server], resolvers: &[Server]) -> Vec<String> {
    let of = |option: &'static str, servers: &[Server]| -> Vec<String> {
        servers.iter().flat_map(|s| [option.to_owned(), s.addr.to_string()]).collect()
    };
    [of("--authority", authorities), of("--resolver", resolvers)].concat()
}

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const AAAA: u16 = 28;

struct Reply {
    bytes: Vec<u8>,
}

impl Reply {
    /// Header and question of the query, answered with this code.
    fn to(query: &[u8], rcode: u8, authoritative: bool) -> Option<Self> {
        let end = question_end(query)?;
        let mut bytes = query[..end].to_vec();
        bytes[2] = 0x80 | (bytes[2] & 0x01) | if authoritative { 0x04 } else { 0 };
        bytes[3] = 0x80 | rcode;
        bytes[6..12].fill(0);
        Some(Reply { bytes })
    }

    fn record(&mut self, section: usize, owner: &[u8], rtype: u16, ttl: u32, rdata: &[u8]) {
        self.bytes.extend_from_slice(owner);
        self.bytes.extend_from_slice(&rtype.to_be_bytes());
        self.bytes.extend_from_slice(&1u16.to_be_bytes());
        self.bytes.extend_from_slice(&ttl.to_be_bytes());
        self.bytes.extend_from_slice(&u16::try_from(rdata.len()).unwrap().to_be_bytes());
        self.bytes.extend_from_slice(rdata);
        let at = 6 + 2 * section;
        let count = u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]]) + 1;
        self.bytes[at..at + 2].copy_from_slice(&count.to_be_bytes());
    }

    fn soa(&mut self, section: usize, ttl: u32) {
        let mut rdata = [labels("ns1.example.com"), labels("h.example.com")].concat();
        for number in [7u32, 60, 60, 600, ttl] {
            rdata.extend_from_slice(&number.to_be_bytes());
        }
        self.record(section, &labels("example.com"), SOA, ttl, &rdata);
    }

    fn addresses(&mut self, owner: &[u8], addresses: &[Ipv4Addr], ttl: u32) {
        for address in addresses {
            self.record(0, owner, A, ttl, &address.octets());
        }
    }
}

/// Points at the question's name.
const QNAME: &[u8] = &[0xc0, 0x0c];

fn question_end(query: &[u8]) -> Option<usize> {
    let mut at = 12;
    loop {
        match *query.get(at)? {
            0 => return Some(at + 5).filter(|&end| end <= query.len()),
            len => at += 1 + usize::from(len),
        }
    }
}

fn question_type(query: &[u8]) -> Option<u16> {
    let end = question_end(query)?;
    Some(u16::from_be_bytes([query[end - 4], query[end - 3]]))
}

pub(crate) fn labels(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

fn reply(plays: &Plays, query: &[u8], turn: u32) -> Option<Vec<u8>> {
    match plays {
        Plays::Dead => return None,
        Plays::Lossy(tenths, inner) => {
            // Spread evenly and not in step with anybody's retries.
            let lost = turn.wrapping_mul(2_654_435_761) >> 16;
            return if lost % 10 < *tenths { None } else { reply(inner, query, turn) };
        }
        Plays::Turns(all) => return reply(&all[turn as usize % all.len()], query, turn),
        Plays::Cache(before, end, after) => {
            let left = end.saturating_sub(now_secs());
            let mut inner = if left > 0 { (**before).clone() } else { (**after).clone() };
            if let Plays::Has(_, ttl) | Plays::NoName(ttl) | Plays::NoData(ttl) = &mut inner {
                let age = now_secs().saturating_sub(*end) % u64::from(*ttl).max(1);
                let shown = if left > 0 { left } else { u64::from(*ttl) - age };
                *ttl = u32::try_from(shown).unwrap_or(u32::MAX);
            }
            return reply(&inner, query, turn);
        }
        _ => {}
    }
    match question_type(query)? {
        SOA | NS => {
            let mut reply = Reply::to(query, 0, true)?;
            reply.soa(0, 300);
            Some(reply.bytes)
        }
        AAAA => {
            let mut reply = Reply::to(query, 0, true)?;
            reply.soa(1, 60);
            Some(reply.bytes)
        }
        _ => answer(plays, query),
    }
}

fn answer(plays: &Plays, query: &[u8]) -> Option<Vec<u8>> {
    let mut good = Reply::to(query, 0, true)?;
    match plays {
        Plays::Has(addresses, ttl) => good.addresses(QNAME, addresses, *ttl),
        Plays::NoName(ttl) => {
            good = Reply::to(query, 3, true)?;
            good.soa(1, *ttl);
        }
        Plays::NoData(ttl) => good.soa(1, *ttl),
        Plays::Code(code) => good = Reply::to(query, *code, false)?,
        Plays::Empty => good = Reply::to(query, 0, false)?,
        Plays::Alias(target, addresses, ttl) => {
            good.record(0, QNAME, CNAME, *ttl, &labels(target));
            good.addresses(&labels(target), addresses, *ttl);
        }
        Plays::WrongId => {
            good.addresses(QNAME, &[NEW], 300);
            good.bytes[0] ^= 0x55;
        }
        Plays::WrongQuestion => {
            good.addresses(QNAME, &[NEW], 300);
            good.bytes[13] ^= 0x03;
        }
        Plays::Noise => good.bytes = (0..40u8).map(|b| b.wrapping_mul(37)).collect(),
        Plays::Nothing => good.bytes.clear(),
        Plays::PointerLoop => {
            let here = u16::try_from(good.bytes.len()).unwrap() | 0xc000;
            good.record(0, &here.to_be_bytes(), A, 300, &NEW.octets());
        }
        Plays::Circle => {
            good.record(0, QNAME, CNAME, 300, &labels("a.example.com"));
            good.record(0, &labels("a.example.com"), CNAME, 300, &labels("b.example.com"));
            good.record(0, &labels("b.example.com"), CNAME, 300, &labels("a.example.com"));
        }
        Plays::HugeTtl => good.addresses(QNAME, &[NEW], u32::MAX),
        Plays::Truncated => good.bytes[2] |= 0x02,
        Plays::Referral => {
            good = Reply::to(query, 0, false)?;
            good.record(1, &labels("com"), NS, 300, &labels("a.gtld-servers.net"));
        }
        Plays::Escapes => {
            good.record(0, QNAME, CNAME, 300, &labels("x\u{1b}[2J\u{7}y.example.com"));
            good.addresses(&labels("x\u{1b}[2J\u{7}y.example.com"), &[OTHER], 300);
        }
        Plays::Resolver(hides) => {
            let asks = |part: &[u8]| query.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
            return match hides {
                _ if asks(b"nobody-has-") => answer(&Plays::NoName(60), query),
                _ if asks(b"dnssec-failed") => answer(&Plays::Code(2), query),
                Some(plays) => answer(plays, query),
                None => answer(&Plays::new(), query),
            };
        }
        Plays::Dead | Plays::Lossy(..) | Plays::Turns(_) | Plays::Cache(..) => return None,
    }
    Some(good.bytes)
}

/// The address as the command line takes it.
pub(crate) fn text(address: Ipv4Addr) -> String {
    IpAddr::V4(address).to_string()
}
