//! How a resolver behaves: questions about itself, and about a name that nobody has.

use std::net::IpAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};

use super::Internet;
use super::answer::shown;
use super::exchange::{Exchange, Heard, Limit};
use super::line::{Line, Want};
use super::wire::Query;
use crate::model::{Answer, Endpoint, Failure, Manner, Name, Question, QuestionType, Rcode, Transport};

/// A name that exists, with signatures that are bad on purpose: whoever gives its address does not validate.
const BOGUS: &str = "dnssec-failed.org";
/// Names that exist and that filters leave out: the first four are kept by operators of filters (Quad9, Cloudflare
/// twice, OpenDNS) so that one can see a filter at work, the last is on every list of advertisement servers. They
/// lead to nobody's harm, and looking one up visits nothing.
const FILTERED: [&str; 5] = [
    "isitblocked.org",
    "malware.testcategory.com",
    "nudity.testcategory.com",
    "www.internetbadguys.com",
    "ad.doubleclick.net",
];

/// What was learnt of one resolver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manners {
    /// How it was asked.
    pub endpoint: Option<Endpoint>,
    /// Why it was not heard.
    pub failure: Option<Failure>,
    /// Whether it refuses to serve us (REFUSED).
    pub refuses: bool,
    /// Microseconds until it answered about the root.
    pub rtt_micros: u32,
    /// Whether it says of a name that does not exist that it does not exist (NXDOMAIN); none when it
    /// could not find out.
    pub denies: Option<bool>,
    /// Addresses that it gives for a name that does not exist.
    pub invents: Vec<IpAddr>,
    /// Whether it says that it has verified the root's signatures (AD).
    pub validates: bool,
    /// Whether it nevertheless gives out a name whose signatures are known to be bad; none when it does
    /// not know that name.
    pub passes_bogus: Option<bool>,
    /// What it says of names that exist, and that filters leave out.
    pub sights: Vec<(Name, Sight)>,
    /// Which of its sites answered (NSID), as text with control characters escaped.
    pub nsid: Option<String>,
}

impl Manners {
    /// Whether this machine has no way there, so that another endpoint is worth a try.
    pub fn is_unreachable(&self) -> bool {
        self.failure == Some(Failure::NoRoute)
    }

    /// Whether it answers, and denies what does not exist.
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && !self.refuses && self.denies == Some(true)
    }
}

/// What a resolver says of a name that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It gives addresses that can be reached.
    Seen(Vec<IpAddr>),
    /// It has none: it denies the name, or refuses it.
    Missing,
    /// It says itself that it leaves the name out (RFC 8914, sections 4.16 to 4.19), or gives an address that
    /// leads nowhere.
    Blocked,
    /// It could not find out.
    Unknown,
}

impl Sight {
    fn of(heard: Result<Box<Answer>, Failure>) -> Self {
        let Ok(answer) = heard else { return Sight::Unknown };
        let nowhere = |ip: &IpAddr| match ip {
            IpAddr::V4(v4) => {
                v4.is_unspecified() || v4.is_loopback() || v4.is_private() || v4.is_link_local()
            }
            IpAddr::V6(v6) => v6.is_unspecified() || v6.is_loopback(),
        };
        if answer.ede.iter().any(|ede| matches!(ede.code, 15..=18)) {
            return Sight::Blocked;
        }
        match answer.rcode {
            Rcode::NOERROR if answer.addresses.iter().any(nowhere) => Sight::Blocked,
            Rcode::NOERROR if !answer.addresses.is_empty() => Sight::Seen(answer.addresses),
            Rcode::NOERROR | Rcode::NXDOMAIN | Rcode::REFUSED => Sight::Missing,
            _ => Sight::Unknown,
        }
    }
}

impl Internet {
    /// Asks a resolver about the root, about a random name below `com`, and about names that their owners keep
    /// for such tests; nothing that anybody watches. Eight questions, one after the other.
    pub async fn inspect(&self, endpoint: &Endpoint) -> Manners {
        let mut manners = Manners { endpoint: Some(endpoint.clone()), ..Manners::default() };
        let root = Question { name: Name::root(), qtype: QuestionType::Soa };
        let heard = self.carry(endpoint, &Query::inspecting(&root)).await;
        let rtt = heard.rtt;
        match heard.message() {
            Ok(message) => {
                manners.rtt_micros = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX);
                manners.validates = message.metadata.authentic_data;
                manners.nsid = nsid(&message);
                if message.metadata.response_code == ResponseCode::Refused {
                    manners.refuses = true;
                    return manners;
                }
            }
            Err(failure) => {
                manners.failure = Some(failure);
                return manners;
            }
        }
        self.ask_for_nobody(endpoint, &mut manners).await;
        if let Some(bogus) = address_of(BOGUS) {
            let heard = self.carry(endpoint, &Query::new(&bogus, Manner::Recursive)).await;
            manners.passes_bogus = match heard.answer(&bogus) {
                Ok(answer) if answer.rcode == Rcode::SERVFAIL => Some(false),
                Ok(answer) if !answer.addresses.is_empty() => Some(true),
                _ => None,
            };
        }
        for question in FILTERED.into_iter().filter_map(address_of) {
            let heard = self.carry(endpoint, &Query::new(&question, Manner::Recursive)).await;
            let sight = Sight::of(heard.answer(&question));
            manners.sights.push((question.name, sight));
        }
        manners
    }

    /// Those who make money of typing errors do so for web servers' names.
    async fn ask_for_nobody(&self, endpoint: &Endpoint, manners: &mut Manners) {
        let Some(nobody) = address_of(&format!("www.nobody-has-{:016x}.com", rand::random::<u64>())) else {
            return;
        };
        let heard = self.carry(endpoint, &Query::new(&nobody, Manner::Recursive)).await;
        let Ok(answer) = heard.answer(&nobody) else { return };
        manners.denies = match answer.rcode {
            Rcode::NXDOMAIN => Some(true),
            Rcode::NOERROR => Some(false),
            _ => None,
        };
        manners.invents = answer.addresses;
    }

    async fn carry(&self, endpoint: &Endpoint, query: &Query) -> Heard {
        let _held = self.polite.socket().await;
        let turn = self.polite.turn(endpoint.addr.ip()).await;
        let limit = Limit::start(self.settings.probe_limit);
        let exchange = Exchange::new(endpoint.addr, &self.polite, limit, Want::Whole);
        match endpoint.transport {
            Transport::Udp => match Line::open(endpoint.addr) {
                Ok(line) => line.during(exchange.over_udp(&line, query, &turn)).await,
                Err(failure) => Heard::failed(failure, 0),
            },
            Transport::Tcp => exchange.over_tcp(query).await,
            Transport::Tls | Transport::Https => {
                let held = self.secure.hold(endpoint, 0, &self.polite).await;
                let limit = Limit::start(self.settings.probe_limit);
                self.secure.ask(&held, endpoint, query, limit).await
            }
        }
    }
}

fn address_of(name: &str) -> Option<Question> {
    Some(Question { name: Name::parse(name).ok()?, qtype: QuestionType::A })
}

fn nsid(message: &Message) -> Option<String> {
    let options = message.edns.as_ref()?.options();
    let bytes = match options.get(EdnsCode::NSID)? {
        EdnsOption::NSID(payload) => payload.as_ref().to_vec(),
        EdnsOption::Unknown(_, bytes) => bytes.clone(),
        _ => return None,
    };
    (!bytes.is_empty()).then(|| shown(&String::from_utf8_lossy(&bytes)))
}
