//! Changes on the way, drawn from seeds: the moment that `wait` says go, the CA issues.

use std::path::Path;
use std::time::Duration;

use propwatch::model::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::look::{Said, command, run, side_by_side};
use super::odd::GOOD;
use super::orders::Pebble;
use super::row::{HOST, Row, row};
use super::stage::{CA_RESOLVER, Stage, version};
use super::web::Doing;
use crate::lab::ask::ask;
use crate::lab::{now, pause_until, seconds};

/// How many are played, all at the same time: at least 20.
const SEEDS: u64 = 27;
/// After NXDOMAIN and NODATA, which the CA does not cache, in seconds.
const AFTER_NOTHING: f64 = 2.0;
/// A web server that has nothing to serve yet is visited this often, in seconds, and each visit follows a survey.
const VISITS: f64 = 5.0;
/// What propwatch adds to the time for which the CA may cache.
const ADDED: f64 = 5.0;

/// What is wrong at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    /// There is no such name.
    Appears,
    /// The name has no address.
    Grows,
    /// The address is another one.
    Turns,
    /// The alias leads to another one.
    Realiased,
    /// There is an AAAA of another host.
    Stray,
    /// The name appears on the second server later.
    AppearsApart,
    /// The address turns on the second server later.
    TurnsApart,
    /// DNS is right, the web server has nothing.
    Web,
    /// The name appears, and then the web server gets to know it.
    AppearsThenWeb,
}

const PLOTS: [Plot; 9] = [
    Plot::Appears,
    Plot::Grows,
    Plot::Turns,
    Plot::Realiased,
    Plot::Stray,
    Plot::AppearsApart,
    Plot::TurnsApart,
    Plot::Web,
    Plot::AppearsThenWeb,
];

/// One timeline.
struct Timeline {
    row: Row,
    plot: Plot,
    /// TTL of what is wrong.
    ttl: u32,
    /// When the first thing is put right, after the beginning.
    first: Duration,
    /// When the second one is, if there is one.
    second: Duration,
    /// How long before a change the CA's resolver has looked.
    looked: Duration,
    /// Whether the public resolvers are waited for.
    safe: bool,
    /// What the web server does until it is put right.
    before: Doing,
}

/// What came of it.
struct Played {
    said: Said,
    /// When the last thing was put right.
    right: Timestamp,
    issued: Result<(), String>,
}

fn draw(seed: u64) -> Timeline {
    let mut dice = StdRng::seed_from_u64(seed);
    let plot = PLOTS[usize::try_from(seed).unwrap() % PLOTS.len()];
    let mut millis = |from: u64, to: u64| Duration::from_millis(dice.random_range(from..to));
    let first = millis(1_500, 6_000);
    let second = first + millis(500, 5_000);
    let looked = millis(0, 900);
    let ttl = [1, 2, 4, 9, 15][dice.random_range(0..5)];
    let safe = dice.random_bool(0.4);
    let name: &'static str = Box::leak(format!("t{seed:02}").into_boxed_str());
    let both = [(GOOD[0], 0), (GOOD[1], 0)];
    let old = [format!("www.@ {ttl} A 203.0.113.66")];
    let lines: Vec<String> = match plot {
        Plot::Appears | Plot::AppearsApart | Plot::AppearsThenWeb => Vec::new(),
        Plot::Grows => vec!["www.@ TXT \"nothing\"".to_owned()],
        Plot::Turns | Plot::TurnsApart => old.to_vec(),
        Plot::Realiased => {
            vec![format!("www.@ {ttl} CNAME old.@"), format!("old.@ {ttl} A 203.0.113.66")]
        }
        Plot::Stray => {
            vec![format!("www.@ {ttl} A 203.0.113.10"), format!("www.@ {ttl} AAAA 2001:db8::66")]
        }
        Plot::Web => right(plot, ttl),
    };
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let before = match (plot, dice.random_range(0..3)) {
        (Plot::Web | Plot::AppearsThenWeb, 0) => Doing::Status(404),
        (Plot::Web | Plot::AppearsThenWeb, 1) => Doing::Says("welcome\n"),
        (Plot::Web | Plot::AppearsThenWeb, _) => Doing::Close,
        _ => Doing::Serve,
    };
    let mut row = row(name, "").own(&both, &[&lines]).host("www.@");
    row.sites.iter_mut().for_each(|site| site.3 = before.clone());
    row.options = vec!["--until", if safe { "safe" } else { "issuable" }, "--settle"];
    row.options.push(if safe { "1s" } else { "0s" });
    Timeline { row, plot, ttl, first, second, looked, safe, before }
}

/// The zone's lines once it is right.
fn right(plot: Plot, ttl: u32) -> Vec<String> {
    match plot {
        Plot::Realiased => vec![format!("www.@ {ttl} CNAME new.@"), format!("new.@ {ttl} A 203.0.113.10")],
        _ => vec![format!("www.@ {ttl} A 203.0.113.10")],
    }
}

impl Timeline {
    /// Puts everything right in its time; gives the time at which all was.
    fn unfold(&self, stage: &Stage, began: Timestamp) -> Timestamp {
        let [one, two] = [0, 1].map(|index| &stage.owners[GOOD[index]]);
        let next = version(&self.row, self.row.own.as_ref().unwrap(), &right(self.plot, self.ttl), 101);
        // The worst that can happen to the CA is that it looked just before.
        let look = |change: Duration| {
            pause_until(began + change.saturating_sub(self.looked));
            for rtype in ["A", "AAAA"] {
                let at = format!("{CA_RESOLVER}:53").parse().unwrap();
                drop(ask(at, &self.row.asked(), rtype, Duration::from_secs(3)));
            }
            pause_until(began + change);
        };
        look(self.first);
        match self.plot {
            Plot::Web => self.open(stage),
            Plot::AppearsThenWeb => {
                one.publish(&next);
                two.publish(&next);
                pause_until(began + self.second);
                self.open(stage)
            }
            Plot::AppearsApart | Plot::TurnsApart => {
                one.publish(&next);
                look(self.second);
                two.publish(&next)
            }
            _ => one.publish(&next).max(two.publish(&next)),
        }
    }

    /// The web server gets to know the name.
    fn open(&self, stage: &Stage) -> Timestamp {
        stage.web.site(HOST, 80, &self.row.asked(), Doing::Serve, &stage.root(&self.row));
        now()
    }

    fn play(&self, stage: &Stage, pebble: &Pebble) -> Played {
        let began = now();
        let (said, right) = std::thread::scope(|scope| {
            let changes = scope.spawn(|| self.unfold(stage, began));
            let said = run(command("wait", &self.row, "pebble"));
            (said, changes.join().unwrap())
        });
        let issued = pebble.order(&self.row.asked(), &stage.root(&self.row));
        Played { said, right, issued }
    }

    /// How late it may be at the latest, in seconds after everything was right.
    fn bound(&self) -> f64 {
        let cached = matches!(self.plot, Plot::Turns | Plot::TurnsApart | Plot::Realiased | Plot::Stray);
        let cached = if cached { f64::from(self.ttl.min(60)) + ADDED } else { 0.0 };
        // The settling, and a second for the resolvers' samples.
        let settled = if self.safe { 2.0 } else { 0.0 };
        let visited = if self.waits_for_web() { VISITS } else { 0.0 };
        AFTER_NOTHING + cached + settled + visited
    }

    fn waits_for_web(&self) -> bool {
        matches!(self.plot, Plot::Web | Plot::AppearsThenWeb)
    }

    /// What of the CA's or of propwatch's own it waits for.
    fn class(&self) -> usize {
        let cached = matches!(self.plot, Plot::Turns | Plot::TurnsApart | Plot::Realiased | Plot::Stray);
        if cached { 0 } else { 1 + usize::from(self.waits_for_web()) }
    }
}

/// Plays all of them, side by side.
pub(crate) fn play(base: &Path) {
    let lines: Vec<Timeline> = (0..SEEDS).map(draw).collect();
    let rows: Vec<Row> = lines.iter().map(|line| line.row.clone()).collect();
    let stage = Stage::build(base, &rows, false);
    let pebble = Pebble::start(base);
    let played = side_by_side(&lines, lines.len(), |line| line.play(&stage, &pebble));
    let (mut bad, mut worst) = (Vec::new(), [0.0_f64; 3]);
    for (line, Played { said, right, issued }) in lines.iter().zip(&played) {
        let late = seconds(*right, said.ended);
        let what = match issued {
            Err(error) if said.safe() => format!("SAFE, AND THE CA REFUSES: {error}"),
            _ if !said.safe() => format!(
                "never {}: {:?} {}",
                if line.safe { "safe" } else { "issuable" },
                said.reasons,
                said.error
            ),
            _ if late < 0.0 => "over before all was right".to_owned(),
            _ if late > line.bound() => format!("late, {:.1} s are allowed", line.bound()),
            _ => String::new(),
        };
        println!(
            "# {} {:?} ttl {} {:?} until {}: {} {late:+.2} s; {what}",
            line.row.id,
            line.plot,
            line.ttl,
            line.before,
            if line.safe { "safe" } else { "issuable" },
            said.verdict(),
        );
        let figure = &mut worst[line.class()];
        *figure = figure.max(late);
        if !what.is_empty() {
            bad.push(format!("{}: {what}", line.row.id));
        }
    }
    let [cached, nothing, web] = worst;
    let bold = played.iter().filter(|played| played.said.safe() && played.issued.is_err()).count();
    println!("# safe, and the CA refuses: {bold} of {SEEDS}");
    println!(
        "# latest: {cached:.2} s where the CA may cache, {nothing:.2} s after NXDOMAIN and NODATA, {web:.2} s after \
         the web server; {} bad of {SEEDS}",
        bad.len()
    );
    assert!(bad.is_empty(), "{bad:?}");
}
