//! The only room with sockets.
//!
//! [`Internet`] carries errands out: a round hands plain questions to the post, which groups them by server and
//! sample; a line is the UDP socket of such a group, an exchange is what one probe on it may need beyond a question
//! and its answer (such as TCP where UDP does not do), and what comes back is read into a [`crate::model::Answer`].
//! TLS and HTTPS go over connections that are kept. A survey asks a zone's own servers what a CA looks at beyond
//! addresses; the single questions of walks and surveys share lines while these are young. Web servers are visited by
//! the CA's rules, and asked whose they are. A call is a request of our own: a verdict told to a receiver, the CA's
//! record of an order. Nothing here judges anything, and no failure of a server or of the network ends a run.

mod answer;
mod ask;
mod call;
mod exchange;
#[doc(hidden)]
pub mod foreign;
mod inspect;
mod line;
mod measure;
mod origin;
mod plain;
mod polite;
mod post;
mod round;
mod secure;
mod shared_lines;
mod side_by_side;
mod socket;
mod spread;
mod survey;
mod system;
mod tcp;
pub mod walk;
mod web;
mod wire;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;

use crate::clock::Clock;
use crate::model::{Errand, Finding, Manner, Name, Question, Seen};
use ask::{Ask, Told};
pub use call::{Delivered, Receiver, ReceiverError};
use exchange::{Exchange, Heard, Limit};
pub use inspect::{Manners, Sight};
use line::Want;
pub use measure::Measured;
use polite::Polite;
use post::Post;
use secure::Secure;
pub use secure::{SecureError, certificates};
use shared_lines::SharedLines;
use survey::{Shared, Shelf};
pub use system::system_resolvers;
use walk::{Start, Walker};
use web::Web;
pub use web::WebSettings;
use wire::Query;

/// The door to the world: exactly one finding for each errand, within its time limit.
pub trait Network {
    /// Carries the errands out side by side, and gives what is found by the handful: each handing on has its price.
    /// Dropping the stream abandons what is still under way.
    fn run(&self, errands: Vec<Errand>) -> impl Stream<Item = Vec<Finding>>;
}

/// Findings that are handed on together at most.
pub const HANDFUL: usize = 12;

// Allocators are slow to give more than a kilobyte, and there is a handful for every few answers.
const _: () = assert!(size_of::<[Finding; HANDFUL]>() <= 1024);

/// What can be set about the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time for one probe with its quick retries, counted from when politeness lets it go. 100 ms to
    /// a minute; what is outside is moved to the nearer end.
    pub probe_limit: Duration,
    /// An address that runs no DNS server, asked to learn whether somebody on the way answers for others.
    pub silent_target: SocketAddr,
    /// Where walks begin.
    pub start: Start,
    /// Root certificates (DER) that are trusted beside the built-in ones: for private CAs and for tests.
    pub extra_roots: Vec<Vec<u8>>,
    /// How web servers are visited.
    pub web: WebSettings,
    /// The operators of resolvers, by address: addresses of one operator share its budget of questions a second.
    pub operators: Vec<(IpAddr, Arc<str>)>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            probe_limit: Duration::from_millis(1800),
            // TEST-NET-1 (RFC 5737): routed nowhere, so nobody can rightly answer there.
            silent_target: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 53), 53)),
            start: Start::Roots(Walker::root_hints()),
            extra_roots: Vec::new(),
            web: WebSettings::default(),
            operators: Vec::new(),
        }
    }
}

/// The real network, seen from this machine. It must be used inside a tokio runtime, on one thread.
pub struct Internet {
    settings: Settings,
    clock: Rc<Clock>,
    polite: Rc<Polite>,
    post: Post,
    shared_lines: SharedLines,
    secure: Secure,
    walker: Walker,
    /// What surveys share.
    shelf: Shelf,
    /// What surveys that are made side by side share.
    shared: Shared,
    web: Web,
}

impl Internet {
    /// Prepares the network; nothing is sent. `clock` dates the findings.
    ///
    /// # Errors
    /// [`SecureError`] when an extra root certificate cannot be used.
    pub fn new(settings: Settings, clock: Rc<Clock>) -> Result<Self, SecureError> {
        let mut settings = settings;
        settings.probe_limit =
            settings.probe_limit.clamp(Duration::from_millis(100), Duration::from_secs(60));
        let secure = Secure::new(&settings.extra_roots, settings.probe_limit)?;
        let walker = Walker::new(settings.start.clone());
        let web = Web::new(&settings.web)?;
        let (polite, shelf) = (Rc::new(Polite::new().by_operator(&settings.operators)), Shelf::default());
        let post = Post::new(polite.clone(), clock.clone(), settings.probe_limit);
        let (shared_lines, shared) = (SharedLines::new(polite.clone()), survey::shared());
        Ok(Internet { settings, clock, polite, post, shared_lines, secure, walker, shelf, shared, web })
    }

    fn exchange(&self, server: SocketAddr, want: Want) -> Exchange<'_> {
        Exchange::new(server, &self.polite, Limit::start(self.settings.probe_limit), want)
    }
}

impl Network for Internet {
    fn run(&self, errands: Vec<Errand>) -> impl Stream<Item = Vec<Finding>> {
        round::run(self, errands)
    }
}

impl Ask for Internet {
    async fn ask(&self, server: SocketAddr, question: &Question, manner: Manner) -> Told {
        // In this order: whoever waits for his turn at one server keeps no socket from those who ask others.
        let turn = self.polite.turn(server.ip()).await;
        let heard = match self.shared_lines.to(server).await {
            Ok(line) => {
                let query = Query::new(question, manner);
                line.during(self.exchange(server, Want::Whole).over_udp(&line.line, &query, &turn)).await
            }
            Err(failure) => Heard::failed(failure, 0),
        };
        Told { questions: heard.questions, message: heard.message() }
    }
}

/// Walks down to the zone of `name`; returns what was found and what it cost.
async fn walk_from_here(net: &Internet, name: &Name) -> (Seen, u32) {
    let walk = net.walker.walk(net, name, net.clock.now()).await;
    let questions = walk.questions;
    (Seen::Walked(Box::new(walk)), questions)
}

#[cfg(test)]
mod tests;
