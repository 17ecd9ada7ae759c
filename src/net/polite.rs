//! How much is asked of other people's servers, and of this machine. Everything is a constant here.
//!
//! The budget of questions a second belongs to a server's address; all addresses of one operator of resolvers have
//! one between them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::clock::Stopwatch;

/// Questions a second to one server address, on average.
pub(crate) const PER_SECOND: u32 = 50;
/// Questions to one server address that may go at once after a pause.
pub(crate) const BURST: u32 = 50;
/// Questions in flight to one server address.
pub(crate) const IN_FLIGHT_PER_SERVER: usize = 128;
/// Questions in flight altogether.
pub(crate) const IN_FLIGHT: usize = 1024;
/// UDP sockets open at once. macOS gives a process 256 descriptors unless asked for more.
const SOCKETS: usize = 96;
/// TCP connections open at once, beside those.
const STREAMS: usize = 32;
/// TLS and HTTPS connections kept open, beside those.
const SECURE: usize = 96;
/// Questions in flight on one of them; the library loses some when there are more.
pub(crate) const IN_FLIGHT_SECURE: usize = 32;
/// Web servers visited at once, one connection each, beside those.
const VISITS: usize = 16;
/// Descriptors that are for everything else: the terminal, the journal, the runtime's own.
const OTHERS: usize = 20;
/// Visits to one web server's address at once: a thousand names may live there.
pub(crate) const VISITS_PER_ADDRESS: usize = 4;
/// Walks under way at once; each may have some dozen questions out.
const WALKS: usize = 64;
/// Surveys, and looks at whose server it is, under way at once.
const SURVEYS: usize = 32;
/// Server addresses whose pace is remembered.
const REMEMBERED: usize = 4096;

/// What may be open at once, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    sockets: usize,
    streams: usize,
    secure: usize,
    visits: usize,
}

impl Room {
    /// As much of everything as fits into so many descriptors. Whoever finds none left could not tell a
    /// server's silence from his own.
    fn within(descriptors: Option<usize>) -> Self {
        let all = SOCKETS + STREAMS + SECURE + VISITS;
        let given = descriptors.map_or(all, |most| most.saturating_sub(OTHERS).min(all));
        let share = |of: usize| (of * given / all).max(1);
        Room {
            sockets: share(SOCKETS),
            streams: share(STREAMS),
            secure: share(SECURE),
            visits: share(VISITS),
        }
    }
}

/// How many descriptors this process may have (the soft limit; Linux, proc_pid_limits(5)). None where that is
/// not said, or there is no limit.
fn descriptors() -> Option<usize> {
    soft_limit(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The budgets of one process.
#[derive(Debug)]
pub(crate) struct Polite {
    all: Rc<Semaphore>,
    sockets: Arc<Semaphore>,
    /// Sockets for single questions. Apart from those of groups: a group waits for turns with its socket in hand, a
    /// single question for its socket with its turn in hand, and with one budget each could wait for the other.
    lone: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    secure: Arc<Semaphore>,
    visits: Arc<Semaphore>,
    walks: Arc<Semaphore>,
    surveys: Arc<Semaphore>,
    /// Addresses that share a pace: those of one operator of resolvers.
    shared: HashMap<IpAddr, Rc<Pace>>,
    servers: RefCell<BTreeMap<IpAddr, Rc<Server>>>,
    since: Stopwatch,
}

/// One server's address, for those who ask it again and again.
#[derive(Debug)]
pub(crate) struct Server {
    in_flight: Semaphore,
    /// What all servers together may have in flight.
    all: Rc<Semaphore>,
    visits: Arc<Semaphore>,
    pace: Option<Rc<Pace>>,
    since: Stopwatch,
}

/// Leave to have one question in flight, at the server and altogether; over when dropped. Kept small: every question
/// under way has one.
#[derive(Debug)]
pub(crate) struct Turn(Rc<Server>);

/// Leave to visit a web server; over when dropped.
#[derive(Debug)]
pub(crate) struct Visiting {
    _server: Rc<Server>,
    _held: [Option<OwnedSemaphorePermit>; 2],
}

impl Polite {
    pub(crate) fn new() -> Self {
        let room = Room::within(descriptors());
        Polite {
            all: Rc::new(Semaphore::new(IN_FLIGHT)),
            sockets: Arc::new(Semaphore::new((room.sockets - room.sockets / 3).max(1))),
            lone: Arc::new(Semaphore::new((room.sockets / 3).max(1))),
            streams: Arc::new(Semaphore::new(room.streams)),
            secure: Arc::new(Semaphore::new(room.secure)),
            visits: Arc::new(Semaphore::new(room.visits)),
            walks: Arc::new(Semaphore::new(WALKS)),
            surveys: Arc::new(Semaphore::new(SURVEYS)),
            shared: HashMap::new(),
            servers: RefCell::default(),
            since: Stopwatch::start(),
        }
    }

    /// Lets all addresses of an operator share one budget of questions a second.
    pub(crate) fn by_operator(mut self, operators: &[(IpAddr, Arc<str>)]) -> Self {
        let mut paces: HashMap<&str, Rc<Pace>> = HashMap::new();
        for (addr, operator) in operators {
            self.shared.insert(*addr, paces.entry(operator).or_default().clone());
        }
        self
    }

    /// Waits until one more walk may begin. What waits here is small; a walk is not.
    pub(crate) async fn walk(&self) -> Option<OwnedSemaphorePermit> {
        permit(&self.walks).await
    }

    /// Waits until one more survey, or look at whose server it is, may begin.
    pub(crate) async fn survey(&self) -> Option<OwnedSemaphorePermit> {
        permit(&self.surveys).await
    }

    /// Waits until this server may be sent one more question.
    pub(crate) async fn turn(&self, addr: IpAddr) -> Turn {
        let server = self.server(addr);
        let queue = server.pace.as_ref().map(|pace| pace.single.clone());
        self.turn_in(queue, server).await
    }

    /// The same for a line, which carries many questions: lines get every second turn between them, however many
    /// single questions wait.
    pub(crate) async fn turn_of_line(&self, server: Rc<Server>) -> Turn {
        let queue = server.pace.as_ref().map(|pace| pace.of_lines.clone());
        self.turn_in(queue, server).await
    }

    async fn turn_in(&self, queue: Option<Arc<Semaphore>>, server: Rc<Server>) -> Turn {
        let next = match &queue {
            Some(queue) => permit(queue).await,
            None => None,
        };
        let at_server = server.in_flight.acquire().await;
        if let Some(pace) = &server.pace {
            let wait = pace.take(self.since.elapsed());
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
        drop(next);
        let overall = server.all.acquire().await;
        // Nobody closes them.
        [at_server, overall].into_iter().flatten().for_each(SemaphorePermit::forget);
        Turn(server)
    }

    /// The same without waiting: none if there is no leave just now.
    pub(crate) fn turn_now(&self, server: &Rc<Server>) -> Option<Turn> {
        let at_server = server.in_flight.try_acquire().ok()?;
        let pace = server.pace.as_ref().map(|pace| (pace, self.since.elapsed()));
        if pace.is_some_and(|(pace, now)| !pace.is_ready(now)) {
            return None;
        }
        let overall = self.all.try_acquire().ok()?;
        if let Some((pace, now)) = pace {
            pace.take(now);
        }
        at_server.forget();
        overall.forget();
        Some(Turn(server.clone()))
    }

    /// Waits until one more UDP socket may be opened.
    pub(crate) async fn socket(&self) -> Option<OwnedSemaphorePermit> {
        permit(&self.sockets).await
    }

    /// Waits until one more UDP socket may be opened for a single question.
    pub(crate) async fn lone_socket(&self) -> Option<OwnedSemaphorePermit> {
        permit(&self.lone).await
    }

    /// Waits until one more TCP connection may be opened.
    pub(crate) async fn stream(&self) -> Option<OwnedSemaphorePermit> {
        permit(&self.streams).await
    }

    /// Leave to keep one more TLS or HTTPS connection, if there is any just now.
    pub(crate) fn secure(&self) -> Option<OwnedSemaphorePermit> {
        self.secure.clone().try_acquire_owned().ok()
    }

    /// Waits until the web server at this address may be visited once more.
    pub(crate) async fn visit(&self, addr: IpAddr) -> Visiting {
        let server = self.server(addr);
        let there = server.visits.clone().acquire_owned().await.ok();
        let overall = self.visits.clone().acquire_owned().await.ok();
        Visiting { _server: server, _held: [there, overall] }
    }

    /// The server at an address.
    pub(crate) fn server(&self, addr: IpAddr) -> Rc<Server> {
        let mut servers = self.servers.borrow_mut();
        if let Some(server) = servers.get(&addr) {
            return server.clone();
        }
        if servers.len() >= REMEMBERED {
            let now = self.since.elapsed();
            servers.retain(|_, server| {
                Rc::strong_count(server) > 1 || server.pace.as_ref().is_some_and(|pace| pace.is_owed(now))
            });
        }
        let server = Rc::new(Server {
            in_flight: Semaphore::new(IN_FLIGHT_PER_SERVER),
            all: self.all.clone(),
            visits: Arc::new(Semaphore::new(VISITS_PER_ADDRESS)),
            // Nobody is disturbed by questions that stay on this machine.
            pace: (!addr.is_loopback()).then(|| self.shared.get(&addr).cloned().unwrap_or_default()),
            since: self.since,
        });
        servers.insert(addr, server.clone());
        server
    }
}

/// Takes a permit, and waits in line only where none is free: mostly one is.
async fn permit(of: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    match of.clone().try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) => of.clone().acquire_owned().await.ok(),
    }
}

impl Turn {
    /// Counts one more try of the same question. It goes at once; later questions wait for it.
    pub(crate) fn again(&self) {
        if let Some(pace) = &self.0.pace {
            pace.take(self.0.since.elapsed());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.in_flight.add_permits(1);
        self.0.all.add_permits(1);
    }
}

/// A bucket of [`BURST`] tokens that fills at [`PER_SECOND`], kept as the instant at which it is full.
#[derive(Debug)]
struct Pace {
    full: Cell<Duration>,
    /// Two queues, of single questions and of lines. Only who is first in one of them takes a token: with tokens taken
    /// ahead one queue would let nobody of the other in between.
    single: Arc<Semaphore>,
    of_lines: Arc<Semaphore>,
}

impl Default for Pace {
    fn default() -> Self {
        let queue = || Arc::new(Semaphore::new(1));
        Pace { full: Cell::default(), single: queue(), of_lines: queue() }
    }
}

impl Pace {
    const EACH: Duration = Duration::from_micros(1_000_000 / PER_SECOND as u64);

    /// Takes one token and tells how long to wait for it.
    fn take(&self, now: Duration) -> Duration {
        let full = self.full.get().max(now) + Self::EACH;
        self.full.set(full);
        (full - now).saturating_sub(Self::EACH * BURST)
    }

    /// Whether one who takes a token now need not wait for it.
    fn is_ready(&self, now: Duration) -> bool {
        self.full.get().saturating_sub(now) <= Self::EACH * (BURST - 1)
    }

    fn is_owed(&self, now: Duration) -> bool {
        self.full.get() > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_wait_for_turns_keep_no_socket_from_single_questions() {
        use futures::FutureExt as _;
        let polite = Polite::new();
        let groups: Vec<_> = std::iter::from_fn(|| polite.sockets.clone().try_acquire_owned().ok()).collect();
        assert!(!groups.is_empty() && polite.socket().now_or_never().is_none());
        assert!(polite.lone_socket().now_or_never().flatten().is_some());
    }

    #[test]
    fn a_burst_then_the_rate() {
        let (pace, now) = (Pace::default(), Duration::from_secs(7));
        assert!((0..BURST).all(|_| pace.is_ready(now) && pace.take(now).is_zero()));
        assert!(!pace.is_ready(now));
        assert_eq!(pace.take(now), Pace::EACH);
        assert_eq!(pace.take(now), Pace::EACH * 2);
        let later = now + Pace::EACH * (BURST + 2);
        assert!(!pace.is_owed(later) && pace.is_ready(later));
        assert!(pace.take(later).is_zero());
    }

    #[test]
    fn no_second_holds_more_than_burst_and_rate() {
        let pace = Pace::default();
        let waits = (0..1000).map(|_| pace.take(Duration::ZERO));
        let in_first = waits.filter(|wait| *wait < Duration::from_secs(1)).count();
        assert!(in_first <= (BURST + PER_SECOND) as usize, "{in_first}");
    }

    #[test]
    fn the_addresses_of_one_operator_share_their_budget() {
        let addr = |last| IpAddr::from([198, 51, 100, last]);
        let operators = [(addr(1), "one"), (addr(2), "one"), (addr(3), "other")];
        let polite = Polite::new().by_operator(&operators.map(|(addr, who)| (addr, Arc::from(who))));
        let wait = |last| {
            let server = polite.server(addr(last));
            server.pace.as_ref().map(|pace| pace.take(Duration::ZERO)).unwrap()
        };
        assert!((0..BURST).all(|_| wait(1).is_zero()));
        assert_eq!(wait(2), Pace::EACH, "its other address has used the budget up");
        assert!(wait(3).is_zero() && wait(4).is_zero(), "nobody else's");
    }

    #[tokio::test(start_paused = true)]
    async fn lines_get_every_second_turn_and_no_more_however_many_wait() {
        let polite = Polite::new();
        let addr = IpAddr::from([198, 51, 100, 1]);
        let (single, of_lines) = (Cell::new(0u32), Cell::new(0u32));
        let alone = (0..500).map(|_| async {
            drop(polite.turn(addr).await);
            single.set(single.get() + 1);
        });
        let lines = (0..20).map(|_| async {
            for _ in 0..50 {
                drop(polite.turn_of_line(polite.server(addr)).await);
                of_lines.set(of_lines.get() + 1);
            }
        });
        let all = async {
            futures::join!(futures::future::join_all(alone), futures::future::join_all(lines));
        };
        let enough = async {
            while single.get() + of_lines.get() < 400 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        futures::future::select(std::pin::pin!(all), std::pin::pin!(enough)).await;
        // But for the burst, which whoever comes first takes.
        assert!(single.get().abs_diff(of_lines.get()) <= BURST + 2, "{single:?} and {of_lines:?} of lines");
    }

    #[test]
    fn everything_fits_into_the_descriptors_there_are() {
        let all = Room::within(None);
        assert_eq!((all.sockets, all.streams, all.secure, all.visits), (SOCKETS, STREAMS, SECURE, VISITS));
        for most in [0, 24, 32, 64, 100, 256, 1024] {
            let Room { sockets, streams, secure, visits } = Room::within(Some(most));
            assert!(sockets + streams + secure + visits <= most.saturating_sub(OTHERS).max(4), "{most}");
            assert!([sockets, streams, secure, visits].iter().all(|&one| one > 0), "{most}");
        }
        assert!(Room::within(Some(64)).sockets >= 16);
    }

    #[test]
    fn the_limit_is_read() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max processes             95000                95000                processes \n\
                    Max open files            64                   524288               files     \n";
        assert_eq!(soft_limit(text), Some(64));
        assert_eq!(
            soft_limit("Max open files            unlimited            unlimited            files\n"),
            None
        );
        assert_eq!(soft_limit(""), None);
    }

    #[tokio::test]
    async fn what_is_in_flight_is_bounded_even_on_loopback() {
        let polite = Polite::new();
        let addr = IpAddr::from([127, 0, 0, 1]);
        let mut turns = Vec::new();
        for _ in 0..IN_FLIGHT_PER_SERVER {
            turns.push(polite.turn(addr).await);
        }
        assert!(polite.turn_now(&polite.server(addr)).is_none());
        let mut one_more = Box::pin(polite.turn(addr));
        assert!(futures::poll!(&mut one_more).is_pending());
        turns.pop();
        one_more.await;
    }
}
