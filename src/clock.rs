//! The only place that reads the time.
//!
//! Deadlines and expiries are instants of the wall clock, since caches count in it. But a wall clock can be
//! set, in both directions, while nothing else in the world has moved. So the clock is read once, at the
//! start, and the instants that are told from then on are that one plus the time that has truly passed, the
//! time for which the machine was suspended included. Where the wall clock parts from that, it was set, and
//! that is a [`Gap`] of its own; a verdict never moves by it.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::{Gap, GapKind, Timestamp, Uptime};

/// The wall clock may part from the time that has passed by this much without having been set: it is
/// steered, and the readings are not made at one instant.
const STEERED: Duration = Duration::from_secs(2);
/// A sleep that is shorter is no news.
const NAP: Duration = Duration::from_secs(5);
/// Who looks once a second and finds that so much has passed was stopped.
const STOPPED: Duration = Duration::from_secs(20);

/// What the machine's clocks say at one instant.
#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: Timestamp,
    /// Time since some start; a suspended machine's does not count on.
    awake: Duration,
}

/// The time that has passed, and what it was taken for.
#[derive(Debug)]
struct Passed {
    first: Reading,
    /// What is told for `first`.
    told: Timestamp,
    /// Suspended time since then.
    slept: Duration,
    /// Microseconds by which the wall clock has been set forward since then, or before a restart.
    set: i64,
    looked: Duration,
    gaps: Vec<Gap>,
}

impl Passed {
    fn new(first: Reading, not_before: Timestamp, set: i64) -> Self {
        let wall = Timestamp::from_micros(first.wall.as_micros().saturating_sub(set));
        let mut passed = Passed {
            first,
            told: wall.max(not_before),
            slept: Duration::ZERO,
            set,
            looked: first.awake,
            gaps: Vec::new(),
        };
        let behind = not_before.since(wall);
        if behind > STEERED {
            // The machine came up with a clock that is behind: how long it was down cannot be told.
            let by = -i64::try_from(behind.as_micros()).unwrap_or(i64::MAX);
            passed.set = passed.set.saturating_add(by);
            let gap = Gap { kind: GapKind::ClockSet { by }, from: passed.told, to: Some(passed.told) };
            passed.gaps.push(gap);
        }
        passed
    }

    /// The same after a restart, where the instant that it is may be known for certain.
    fn resumed(first: Reading, last: Timestamp, set: i64, certain: Option<Timestamp>) -> Self {
        let Some(now) = certain.map(|now| now.max(last)) else { return Self::new(first, last, set) };
        let wall = first.wall.as_micros().saturating_sub(set);
        let by = wall.saturating_sub(now.as_micros());
        if by.unsigned_abs() <= u64::try_from(STEERED.as_micros()).unwrap_or(u64::MAX) {
            return Self::new(first, last, set);
        }
        let mut passed = Self::new(first, now, set.saturating_add(by));
        passed.gaps.push(Gap { kind: GapKind::ClockSet { by }, from: now, to: Some(now) });
        passed
    }

    /// `asleep` tells for how long the machine has been suspended in all since the first reading, if that
    /// can be known.
    fn now(&mut self, reading: Reading, asleep: impl FnOnce() -> Option<Duration>) -> Timestamp {
        let awake = reading.awake.saturating_sub(self.first.awake);
        let now = self.told + awake + self.slept;
        let wall = reading.wall.as_micros().saturating_sub(self.set);
        let ahead = wall.saturating_sub(now.as_micros());
        if ahead.unsigned_abs() <= u64::try_from(STEERED.as_micros()).unwrap_or(u64::MAX) {
            return now;
        }
        let forward = Duration::from_micros(u64::try_from(ahead).unwrap_or(0));
        let slept = asleep().map_or(forward, |all| all.saturating_sub(self.slept));
        let slept = if slept > STEERED { slept } else { Duration::ZERO };
        self.slept += slept;
        let woke = now + slept;
        if slept >= NAP {
            self.gaps.push(Gap { kind: GapKind::Asleep, from: now, to: Some(woke) });
        }
        let by = wall.saturating_sub(woke.as_micros());
        if by.unsigned_abs() > u64::try_from(STEERED.as_micros()).unwrap_or(u64::MAX) {
            self.set = self.set.saturating_add(by);
            self.gaps.push(Gap { kind: GapKind::ClockSet { by }, from: woke, to: Some(woke) });
        }
        // A sleep is no stop.
        self.looked = reading.awake;
        woke
    }

    fn look(&mut self, reading: Reading, now: Timestamp) -> Option<Gap> {
        let since = reading.awake.saturating_sub(self.looked);
        self.looked = reading.awake;
        if since >= STOPPED {
            self.gaps.push(Gap { kind: GapKind::Asleep, from: now - since, to: Some(now) });
        }
        if self.gaps.is_empty() { None } else { Some(self.gaps.remove(0)) }
    }
}

/// A clock that counts the time that passes, and never goes backwards.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    /// How long the machine had been up, suspended time included.
    up: Option<Duration>,
    passed: RefCell<Passed>,
}

impl Clock {
    /// Starts at the wall clock's time.
    pub fn new() -> Self {
        Self::resumed(Timestamp::from_micros(0), 0, None)
    }

    /// Goes on from where an earlier run left off: not before the last instant that it told, and with the
    /// wall clock set forward by so many microseconds since the watch began. If the machine is still up since
    /// that run, its uptime says how much time has passed, whatever has become of the wall clock meanwhile.
    #[allow(clippy::disallowed_methods)]
    pub fn resumed(last: Timestamp, set_forward: i64, ran: Option<&(Timestamp, Uptime)>) -> Self {
        let start = Instant::now();
        let first = Reading { wall: wall(), awake: Duration::ZERO };
        let certain = ran.and_then(|(at, then)| since(then, &booted()?).map(|passed| *at + passed));
        Clock {
            start,
            up: uptime(),
            passed: RefCell::new(Passed::resumed(first, last, set_forward, certain)),
        }
    }

    /// How long the machine has been up, to be told to a later run; none where the system does not say.
    pub fn uptime(&self) -> Option<Uptime> {
        booted()
    }

    /// Whether the machine is still up since an earlier run. Where that cannot be told it counts as started
    /// anew.
    pub fn is_same_boot(ran: Option<&(Timestamp, Uptime)>) -> bool {
        ran.is_some_and(|(_, then)| booted().is_some_and(|now| since(then, &now).is_some()))
    }

    /// The instant that it is now.
    pub fn now(&self) -> Timestamp {
        self.passed.borrow_mut().now(self.reading(), || self.asleep())
    }

    /// What has happened since the last call: a sleep, or a clock that was set. To be called at least every
    /// few seconds, again until there is nothing more.
    pub fn gap(&self) -> Option<Gap> {
        let now = self.now();
        let reading = self.reading();
        self.passed.borrow_mut().look(reading, now)
    }

    fn reading(&self) -> Reading {
        Reading { wall: wall(), awake: self.start.elapsed() }
    }

    fn asleep(&self) -> Option<Duration> {
        let up = uptime()?.checked_sub(self.up?)?;
        Some(up.saturating_sub(self.start.elapsed()))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// Measures how long something takes; suspended time may not count.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods)]
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Time between an earlier start and this one; zero if that was later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

#[allow(clippy::disallowed_methods)]
fn wall() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// How much time lies between two uptimes of one boot; none if they are of two, or of two containers.
fn since(then: &Uptime, now: &Uptime) -> Option<Duration> {
    let passed = now.up.checked_sub(then.up).filter(|_| now.boot == then.boot);
    passed.map(Duration::from_micros)
}

/// Which boot this is (Linux, random(4)), and how long ago it was.
fn booted() -> Option<Uptime> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
    Some(Uptime { boot, up: u64::try_from(uptime()?.as_micros()).ok()? })
}

/// How long the machine has been up, suspended time included, where the system tells (Linux, proc(5)).
fn uptime() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let secs: f64 = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(secs).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// A machine whose clocks a test moves.
    struct Machine {
        wall: Timestamp,
        awake: Duration,
        asleep: Option<Duration>,
        passed: Passed,
    }

    impl Machine {
        fn new(tells_sleep: bool) -> Self {
            let first = Reading { wall: START, awake: secs(7) };
            let passed = Passed::new(first, Timestamp::from_micros(0), 0);
            Machine { wall: START, awake: secs(7), asleep: tells_sleep.then_some(Duration::ZERO), passed }
        }

        fn pass(&mut self, time: Duration) {
            self.wall = self.wall + time;
            self.awake += time;
        }

        fn sleep(&mut self, time: Duration) {
            self.wall = self.wall + time;
            self.asleep = self.asleep.map(|all| all + time);
        }

        fn now(&mut self) -> Timestamp {
            let asleep = self.asleep;
            self.passed.now(Reading { wall: self.wall, awake: self.awake }, || asleep)
        }

        fn gaps(&mut self) -> Vec<Gap> {
            let mut all = Vec::new();
            let now = self.now();
            while let Some(gap) = self.passed.look(Reading { wall: self.wall, awake: self.awake }, now) {
                all.push(gap);
            }
            all
        }
    }

    #[test]
    fn time_passes_as_it_does() {
        let mut machine = Machine::new(true);
        for _ in 0..100 {
            machine.pass(secs(1));
            assert_eq!(machine.gaps(), []);
        }
        assert_eq!(machine.now(), START + secs(100));
        // It is steered a little, which is no step.
        machine.wall = machine.wall + Duration::from_millis(900);
        assert_eq!((machine.now(), machine.gaps()), (START + secs(100), vec![]));
    }

    #[test]
    fn a_sleep_counts_and_is_told_once() {
        for tells_sleep in [true, false] {
            let mut machine = Machine::new(tells_sleep);
            machine.pass(secs(10));
            machine.gaps();
            machine.sleep(secs(20_000));
            machine.pass(Duration::from_millis(500));
            // Whoever asks for the time first sees it, so that no finding is dated before the sleep.
            assert!(machine.now() >= START + secs(20_010));
            let from = START + secs(10) + Duration::from_millis(500);
            let gap = Gap { kind: GapKind::Asleep, from, to: Some(from + secs(20_000)) };
            assert_eq!(machine.gaps(), [gap]);
            machine.pass(secs(1));
            assert_eq!(machine.gaps(), []);
        }
    }

    #[test]
    fn a_clock_that_is_set_moves_nothing_and_is_told() {
        for by in [3600, -3600, 100_000, -5] {
            let mut machine = Machine::new(true);
            machine.pass(secs(10));
            machine.gaps();
            machine.wall = Timestamp::from_micros(machine.wall.as_micros() + by * 1_000_000);
            machine.pass(secs(1));
            assert_eq!(machine.now(), START + secs(11));
            let at = START + secs(11);
            let gap = Gap { kind: GapKind::ClockSet { by: by * 1_000_000 }, from: at, to: Some(at) };
            assert_eq!(machine.gaps(), [gap], "{by}");
            machine.pass(secs(1));
            assert_eq!((machine.gaps(), machine.now()), (vec![], START + secs(12)));
        }
    }

    #[test]
    fn a_sleep_and_a_set_clock_are_told_apart() {
        let mut machine = Machine::new(true);
        machine.sleep(secs(1000));
        machine.wall = machine.wall + secs(50);
        let woke = START + secs(1000);
        let kinds: Vec<_> = machine.gaps().iter().map(|gap| gap.kind).collect();
        assert_eq!(kinds, [GapKind::Asleep, GapKind::ClockSet { by: 50_000_000 }]);
        assert_eq!(machine.now(), woke);
    }

    #[test]
    fn a_program_that_was_stopped_finds_out() {
        let mut machine = Machine::new(true);
        machine.gaps();
        machine.pass(secs(600));
        let gap = Gap { kind: GapKind::Asleep, from: START, to: Some(START + secs(600)) };
        assert_eq!(machine.gaps(), [gap]);
    }

    #[test]
    fn a_restart_goes_on_where_the_last_run_was() {
        let at = |wall| Reading { wall, awake: Duration::ZERO };
        let later = Passed::new(at(START + secs(3600)), START + secs(100), 0);
        assert_eq!((later.told, later.gaps.len()), (START + secs(3600), 0));
        // The clock had been set forward by an hour, and still is.
        let ahead = Passed::new(at(START + secs(3600)), START - secs(100), 3_600_000_000);
        assert_eq!((ahead.told, ahead.gaps.len()), (START, 0));
        // A machine without a battery comes up in the past.
        let mut behind = Passed::new(at(START - secs(7200)), START, 0);
        assert_eq!(behind.told, START);
        assert!(matches!(behind.gaps[..], [Gap { kind: GapKind::ClockSet { by: -7_200_000_000 }, .. }]));
        let now = behind.now(Reading { wall: START - secs(7190), awake: secs(10) }, || None);
        assert_eq!((now, behind.gaps.len()), (START + secs(10), 1));
    }

    #[test]
    fn a_clock_that_was_set_while_nobody_ran_moves_nothing() {
        let last = START + secs(100);
        for by in [3600_i64, -3600, 400_000, -90] {
            let wall = Timestamp::from_micros((last + secs(30)).as_micros() + by * 1_000_000);
            let first = Reading { wall, awake: Duration::ZERO };
            let mut passed = Passed::resumed(first, last, 0, Some(last + secs(30)));
            assert_eq!(passed.told, last + secs(30), "{by}");
            let set = GapKind::ClockSet { by: by * 1_000_000 };
            assert!(matches!(passed.gaps[..], [Gap { kind, .. }] if kind == set), "{by}: {:?}", passed.gaps);
            let later = Reading { wall: wall + secs(5), awake: secs(5) };
            assert_eq!((passed.now(later, || None), passed.gaps.len()), (last + secs(35), 1));
        }
        // Nothing was set: the wall clock is the finer one.
        let first = Reading { wall: last + secs(30), awake: Duration::ZERO };
        let certain = Some(last + secs(29));
        let passed = Passed::resumed(first, last, 0, certain);
        assert_eq!((passed.told, passed.gaps.len()), (last + secs(30), 0));
    }

    #[test]
    fn two_uptimes_of_one_boot_tell_what_lies_between() {
        let at = |boot: &str, up| Uptime { boot: boot.to_owned(), up };
        assert_eq!(since(&at("a", 1), &at("a", 5_000_001)), Some(secs(5)));
        assert_eq!(since(&at("a", 1), &at("b", 5_000_001)), None);
        assert_eq!(since(&at("a", 7), &at("a", 5)), None, "a container that was started anew");
    }

    #[test]
    fn the_real_one_goes_forward() {
        let clock = Clock::new();
        let one = clock.now();
        assert!(clock.now() >= one && clock.gap().is_none());
    }
}
