//! What Let's Encrypt's resolvers may still hold when it has just been put right: CAA, bogus signatures, an
//! AAAA. Its stand-in has looked just before; the moment that `wait` says go, it must see no trace of it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use propwatch::model::Timestamp;

use super::letsencrypt::see;
use super::look::{Said, command, run, side_by_side};
use super::odd::GOOD;
use super::row::{Row, row};
use super::sign::{Seal, seal};
use super::stage::{CA_RESOLVER, Stage, version};
use crate::lab::runner::find;
use crate::lab::{now, pause_until, seconds};

/// When the first thing is put right, and the last.
const CHANGE: [Duration; 2] = [Duration::from_millis(2_500), Duration::from_millis(4_000)];
/// How long before that the CA's resolver has looked.
const LOOKED: Duration = Duration::from_millis(300);
/// What unbound keeps of a signature that does not verify, unless told otherwise.
const BOGUS: u32 = 60;
/// What the CA keeps at most.
const LONGEST: u32 = 60;
/// What propwatch adds to what the CA may cache, in seconds.
const ADDED: u32 = 5;
/// How late it may be after that, in seconds.
const LATE: f64 = 2.0;
/// Another CA's leave.
const OTHER: &str = "CAA 0 issue \"ca.example\"";

/// One change.
struct Turning {
    row: Row,
    /// The zone's lines when it is right.
    after: Vec<&'static str>,
    /// For how long the CA may hold what was wrong, in seconds; none where it holds nothing.
    held: Option<u32>,
    /// Whether the second server follows later.
    apart: bool,
}

struct Turned {
    said: Said,
    right: Timestamp,
    /// What the CA would have stumbled over.
    trouble: Option<String>,
}

fn turnings() -> Vec<Turning> {
    let address = ["@ A 203.0.113.10", "www.@ A 203.0.113.10"];
    let change = |id, what, before: &[&str], after: &[&'static str], held| {
        let row = row(id, what).own(&[(GOOD[0], 0), (GOOD[1], 0)], &[before]);
        let row = row.option(&["--until", "issuable", "--settle", "0s"]);
        Turning { row, after: after.to_vec(), held, apart: false }
    };
    let turning = |id, what, before: &[&str], after: &[&'static str], held: u32| {
        change(id, what, &[&address, before].concat(), &[&address, after].concat(), Some(held))
    };
    let caa = |ttl: u32| format!("@ {ttl} {OTHER}");
    let mut apart = turning("v-apart", "CAA goes, one server after the other", &[&caa(6)], &[], 6);
    let mut parts = change(
        "v-lives",
        "two servers with different old addresses, the one that lives longer goes first",
        &["@ 40 A 203.0.113.66"],
        &["@ A 203.0.113.10"],
        Some(40),
    );
    let own = parts.row.own.as_mut().unwrap();
    own.versions.push(vec!["@ 1 A 203.0.113.67".to_owned()]);
    own.servers[1].1 = 1;
    for line in [&mut apart, &mut parts] {
        line.apart = true;
    }
    let mut above = turning("v-above", "CAA of the name above goes", &[&caa(8)], &[], 8);
    above.row = above.row.host("www.@");
    let mut signed = turning("v-signed", "expired signatures are renewed", &[], &[], BOGUS);
    signed.row = signed.row.below("example.net.");
    signed.row.own.as_mut().unwrap().seal = Seal::Expired;
    vec![
        change("v-appears", "the name appears", &[], &address, None),
        change("v-grows", "the name gets an address", &["@ TXT \"nothing\""], &address, None),
        change("v-old", "the address turns", &["@ 3 A 203.0.113.66"], &address, Some(3)),
        change(
            "v-old-long",
            "the same with a longer life",
            &["@ 300 A 203.0.113.66"],
            &address,
            Some(LONGEST),
        ),
        turning("v-gone", "CAA for another CA goes", &[&caa(5)], &[], 5),
        turning("v-long", "the same with a longer life", &[&caa(15)], &[], 15),
        turning("v-longest", "the same with a life of an hour", &[&caa(3600)], &[], LONGEST),
        turning("v-turns", "CAA changes", &[&caa(8)], &["@ CAA 0 issue \"letsencrypt.org\""], 8),
        turning("v-six", "a stray AAAA goes", &["@ 7 AAAA 2001:db8::66"], &[], 7),
        change(
            "v-six-dead",
            "the address turns beside an AAAA to which nothing connects",
            &["@ 4 A 203.0.113.66", "@ AAAA 2001:db8::90"],
            &["@ A 203.0.113.10", "@ AAAA 2001:db8::90"],
            Some(4),
        ),
        above,
        apart,
        parts,
        signed,
    ]
}

/// What `dig` gets from the CA's resolver.
fn dig(name: &str, rtype: &str) -> String {
    let at = format!("@{CA_RESOLVER}");
    let out = Command::new(find("dig").unwrap())
        .args(["+short", "+tries=1", "+time=5", &at, name, rtype])
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

impl Turning {
    fn unfold(&self, base: &Path, stage: &Stage, began: Timestamp) -> Timestamp {
        let [one, two] = [0, 1].map(|index| &stage.owners[GOOD[index]]);
        let own = self.row.own.as_ref().unwrap();
        let lines: Vec<String> = self.after.iter().map(|&line| line.to_owned()).collect();
        let how = if own.seal == Seal::Expired { Seal::Well } else { own.seal };
        let next = seal(base, &version(&self.row, own, &lines, 101), how).zone;
        let look = |change: Duration| {
            pause_until(began + change.saturating_sub(LOOKED));
            for (name, rtype) in [self.row.asked(), self.row.name()].iter().zip(["A", "AAAA"]) {
                drop(dig(name, rtype));
                drop(dig(name, "CAA"));
            }
            pause_until(began + change);
        };
        look(CHANGE[0]);
        let first = one.publish(&next);
        if self.apart {
            look(CHANGE[1]);
        }
        first.max(two.publish(&next))
    }

    /// What the CA sees now that it should not.
    fn trouble(&self) -> Option<String> {
        let seen = see(&self.row);
        let names = [self.row.asked(), self.row.name()];
        let caa: Vec<String> = names.iter().map(|name| dig(name, "CAA")).collect();
        let right = seen.dns && seen.web && !caa.iter().any(|text| text.contains("ca.example"));
        (!right).then(|| format!("{seen:?}, CAA {caa:?}"))
    }

    fn play(&self, base: &Path, stage: &Stage) -> Turned {
        let began = now();
        let (said, trouble, right) = std::thread::scope(|scope| {
            let changes = scope.spawn(|| self.unfold(base, stage, began));
            let said = run(command("wait", &self.row, "letsencrypt"));
            let trouble = self.trouble();
            (said, trouble, changes.join().unwrap())
        });
        Turned { said, right, trouble }
    }
}

/// Plays them side by side.
pub(crate) fn play(base: &Path) {
    let lines = turnings();
    let rows: Vec<Row> = lines.iter().map(|line| line.row.clone()).collect();
    let stage = Stage::build(base, &rows, true);
    let played = side_by_side(&lines, lines.len(), |line| line.play(base, &stage));
    let (mut bad, mut worst, mut bold) = (Vec::new(), [0.0_f64; 2], 0);
    for (line, Turned { said, right, trouble }) in lines.iter().zip(&played) {
        let late = seconds(*right, said.ended);
        let bound = LATE + line.held.map_or(0.0, |held| f64::from(held + ADDED));
        let what = match trouble {
            Some(trouble) if said.safe() => format!("SAFE, AND THE CA REFUSES: {trouble}"),
            _ if !said.safe() => format!("never issuable: {:?} {}", said.reasons, said.error),
            _ if late < 0.0 => "over before all was right".to_owned(),
            _ if late > bound => format!("late, {bound:.0} s are allowed"),
            _ => String::new(),
        };
        println!("# {}, {}: {} {late:+.2} s; {what}", line.row.id, line.row.what, said.verdict());
        let figure = &mut worst[usize::from(line.held.is_none())];
        *figure = figure.max(late - line.held.map_or(0.0, f64::from));
        bold += usize::from(trouble.is_some() && said.safe());
        if !what.is_empty() {
            bad.push(format!("{}: {what}", line.row.id));
        }
    }
    println!("# safe, and the CA refuses: {bold} of {}", lines.len());
    println!(
        "# latest: {:.2} s after what the CA may cache has ended, {:.2} s after NXDOMAIN and NODATA; {} bad of {}",
        worst[0],
        worst[1],
        bad.len(),
        lines.len()
    );
    assert!(bad.is_empty(), "{bad:?}");
}
