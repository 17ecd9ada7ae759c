//! How a resolver behaves: questions about itself, and about a name that nobody has.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};

use super::Internet;
use super::answer::shown;
use super::exchange::{Exchange, Heard, Limit};
use super::line::Line;
use super::wire::Query;
use crate::model::{Endpoint, Failure, Manner, Name, Question, QuestionType, Transport};

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
    /// could not be asked.
    pub denies: Option<bool>,
    /// Whether it says that it has verified the root's signatures (AD).
    pub validates: bool,
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

impl Internet {
    /// Asks a resolver about the root and about a random name below `com`; nothing that anybody watches.
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
        let label = format!("{:016x}", rand::random::<u64>());
        let Ok(name) = Name::parse(&format!("nobody-has-{label}.com")) else { return manners };
        let nobody = Question { name, qtype: QuestionType::A };
        let heard = self.carry(endpoint, &Query::new(&nobody, Manner::Recursive)).await;
        manners.denies =
            heard.message().ok().map(|message| message.metadata.response_code == ResponseCode::NXDomain);
        manners
    }

    async fn carry(&self, endpoint: &Endpoint, query: &Query) -> Heard {
        let _held = self.polite.socket().await;
        let turn = self.polite.turn(endpoint.addr.ip()).await;
        let limit = Limit::start(self.settings.probe_limit);
        let exchange = Exchange { server: endpoint.addr, polite: &self.polite, limit, only: None };
        match endpoint.transport {
            Transport::Udp => match Line::open(endpoint.addr) {
                Ok(line) => line.during(exchange.over_udp(&line, query, &turn)).await,
                Err(failure) => Heard::failed(failure, 0),
            },
            Transport::Tcp => exchange.over_tcp(query).await,
            Transport::Tls | Transport::Https => self.secure.ask(endpoint, 0, query, limit).await,
        }
    }
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
