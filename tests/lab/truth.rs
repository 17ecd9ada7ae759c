//! What the caches really hold, seen by a bystander.
//!
//! The bystander asks each cache directly, behind the tap, ten or more times a second. Reading an entry that
//! is cached does not change it (measured: 280 readings caused one question upstream), and once it has ended
//! every question gets the new data (none is asked where it would refresh ahead of time), since watching starts when the authorities already have it. So the
//! instant of the first right reply after the last wrong one is the instant of the turn-over, to 50 ms.
//! It is not used where reading does change something: serve-stale (the first reader gets the stale answer
//! and starts the refresh) and names that nobody has asked for yet.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use propwatch::model::Timestamp;

use super::ask::{Reply, ask};
use super::recursive::Resolver;
use super::{now, pause, pause_until};

/// What was seen of one cache.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// The resolver's name.
    pub(crate) name: String,
    /// Whether it ever was wrong.
    pub(crate) was_wrong: bool,
    /// When it was right for good, as far as was watched.
    pub(crate) right_since: Option<Timestamp>,
}

/// Bystanders, one a cache.
pub(crate) struct Truth {
    stop: Arc<AtomicBool>,
    turns: Arc<Mutex<Vec<Turn>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Truth {
    /// Starts to watch; `right` tells a right reply.
    pub(crate) fn watch(
        caches: &[&Resolver],
        name: &str,
        rtype: &str,
        right: impl Fn(&Reply) -> bool + Clone + Send + 'static,
    ) -> Truth {
        let stop = Arc::new(AtomicBool::new(false));
        let turns: Vec<Turn> = caches
            .iter()
            .map(|cache| Turn { name: cache.name.clone(), was_wrong: false, right_since: None })
            .collect();
        let turns = Arc::new(Mutex::new(turns));
        let threads = caches.iter().enumerate().map(|(index, cache)| {
            let (stop, turns, right) = (Arc::clone(&stop), Arc::clone(&turns), right.clone());
            let (at, name, rtype): (SocketAddr, _, _) = (cache.at, name.to_owned(), rtype.to_owned());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    if let Ok(reply) = ask(at, &name, &rtype, Duration::from_secs(2)) {
                        let right = right(&reply);
                        note(&mut turns.lock().unwrap()[index], right);
                        leave_alone(right, reply.own_ttl);
                    }
                    pause(Duration::from_millis(50));
                }
            })
        });
        let threads = threads.collect();
        Truth { stop, turns, threads }
    }

    /// Ends the watch: what each cache did.
    pub(crate) fn end(self) -> Vec<Turn> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        let turns = self.turns.lock().unwrap().clone();
        for turn in &turns {
            let since = turn.right_since.map_or_else(|| "never".to_owned(), |at| at.to_string());
            println!("truth {}: wrong before {}, right since {since}", turn.name, turn.was_wrong);
        }
        turns
    }
}

/// BIND refreshes ahead of time when it is asked in the last two seconds of an entry's life; whoever wants to
/// know when it ends must not ask then.
fn leave_alone(right: bool, ttl: Option<u32>) {
    if let Some(ttl) = ttl.filter(|&ttl| !right && ttl <= 3) {
        pause_until(now().floor_second().plus_secs(ttl));
    }
}

fn note(turn: &mut Turn, right: bool) {
    match (right, turn.right_since) {
        (true, None) => turn.right_since = Some(now()),
        (false, _) => (turn.was_wrong, turn.right_since) = (true, None),
        (true, Some(_)) => (),
    }
}

/// When the last of the caches turned over.
pub(crate) fn last(turns: &[Turn]) -> Timestamp {
    turns
        .iter()
        .map(|turn| {
            turn.right_since.unwrap_or_else(|| panic!("{} still had the old answer at the end", turn.name))
        })
        .max()
        .unwrap()
}
