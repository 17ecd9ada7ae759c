//! The table of what Let's Encrypt is known to do, held against propwatch on real servers.
//!
//! Let's Encrypt cannot be asked from here. What stands in for it, to tell that the servers do as the row
//! says, is a resolver with the settings that its own are known to have, and a plain web client behind it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hickory_proto::op::ResponseCode;

use super::look::{Said, command, run, side_by_side};
use super::row::{Row, Says, Side, Truth};
use super::stage::{CA_RESOLVER, Stage, TOKEN, content};
use super::{caa, dns, http, told};
use crate::lab::ask::ask;
use crate::lab::runner::find;

/// Programs side by side: most of what they do is to wait.
const AT_ONCE: usize = 16;
/// The CA's resolver gives up within this, or the CA does.
const PATIENCE: Duration = Duration::from_secs(12);

/// Every row.
fn rows() -> Vec<Row> {
    [http::rows(), dns::rows(), caa::rows()].concat()
}

/// What can be seen without propwatch.
#[derive(Debug)]
pub(super) struct Seen {
    /// An address, and no error for CAA on the way up to the first records.
    pub(super) dns: bool,
    /// The file, by a client that follows every redirect.
    pub(super) web: bool,
}

/// Looks as the CA does.
pub(super) fn see(row: &Row) -> Seen {
    let name = row.asked();
    let resolver: SocketAddr = format!("{CA_RESOLVER}:53").parse().unwrap();
    let addresses = ["A", "AAAA"].iter().any(|rtype| {
        ask(resolver, &name, rtype, PATIENCE)
            .is_ok_and(|r| r.rcode == ResponseCode::NoError && !r.addresses.is_empty())
    });
    let labels: Vec<&str> = name.split('.').collect();
    // An error above the first set that is not empty is none of its business (boulder `va/caa.go`, `selectCAA`).
    let climbs = || {
        for skip in 0..labels.len() {
            match ask(resolver, &labels[skip..].join("."), "CAA", PATIENCE) {
                Ok(r) if r.caa => return true,
                Ok(r) if matches!(r.rcode, ResponseCode::NoError | ResponseCode::NXDomain) => {}
                _ => return false,
            }
        }
        true
    };
    let dns = addresses && climbs();
    Seen { dns, web: addresses && fetched(&name) }
}

/// What a plain client gets, whose resolver is the CA's.
fn fetched(name: &str) -> bool {
    let url = format!("http://{name}/.well-known/acme-challenge/{TOKEN}");
    let out = Command::new(find("curl").unwrap())
        .args(["-sfkLg", "--compressed", "--max-redirs", "11", "-m", "12", "--noproxy", "*"])
        .args(["--max-filesize", "100000", "--proto-redir", "=http,https", &url])
        .output()
        .unwrap();
    out.status.success() && String::from_utf8_lossy(&out.stdout).trim_end() == content()
}

/// Whether the servers do as the row says.
fn staged(row: &Row, seen: &Seen) -> Option<String> {
    let as_told = match row.truth {
        Truth::Passes => seen.dns && seen.web,
        Truth::Fails(Side::Dns) => !seen.dns,
        Truth::Fails(Side::Web) => seen.dns && !seen.web,
        Truth::Fails(Side::Rule) | Truth::Doubtful | Truth::Luck => true,
    };
    (!as_told).then(|| format!("STAGE: {:?}, but {seen:?}", row.truth))
}

/// What propwatch got wrong.
fn wrong(row: &Row, said: &Said) -> Option<String> {
    let (safe, verdict) = (said.safe(), said.verdict());
    match (row.truth, row.says) {
        (_, Says::Usage) if verdict == "usage" => return None,
        (Truth::Luck | Truth::Fails(_), _) if safe => return Some("SAFE, AND THE CA REFUSES".to_owned()),
        (Truth::Doubtful, _) if safe && !said.warns() => return Some("safe without a warning".to_owned()),
        (Truth::Passes, _) if !safe => return Some("not safe, and the CA passes".to_owned()),
        (_, Says::Blocked) if verdict != "blocked" => return Some("was to be blocked".to_owned()),
        (_, Says::NotYet) if verdict != "not-yet" => return Some("was to be not-yet".to_owned()),
        (_, Says::Usage) => return Some("was to be refused as a usage error".to_owned()),
        _ => (),
    }
    // A wildcard and the like may be refused before anything is asked; anything else must be looked at.
    if verdict == "none" || (verdict == "usage" && row.truth != Truth::Fails(Side::Rule)) {
        return Some("no verdict".to_owned());
    }
    untold(row, said)
}

/// A reason that had to be told and was not.
pub(super) fn untold(row: &Row, said: &Said) -> Option<String> {
    let codes = told::codes(row);
    let is_told = |reason: &String| codes.iter().any(|code| reason.split(':').next() == Some(code));
    (!codes.is_empty() && !said.reasons.iter().any(is_told)).then(|| format!("none of the reasons {codes:?}"))
}

/// Looks at every row, with propwatch and without.
pub(crate) fn play(base: &Path) {
    let rows = rows();
    let names: BTreeSet<String> = rows.iter().map(Row::name).collect();
    assert_eq!(names.len(), rows.len(), "two rows with one name");
    let stage = Stage::build(base, &rows, true);
    let met = side_by_side(&rows, AT_ONCE, |row| (run(command("check", row, "letsencrypt")), see(row)));
    drop(stage);
    let mut bad = Vec::new();
    for (row, (said, seen)) in rows.iter().zip(&met) {
        let wrong: Vec<String> = staged(row, seen).into_iter().chain(wrong(row, said)).collect();
        println!(
            "{}{:<18} {:<12} {:?} {:>5.1} s dns {} web {}  {}; {:?} {}",
            if wrong.is_empty() { "" } else { "! " },
            row.id,
            said.verdict(),
            row.truth,
            said.took,
            u8::from(seen.dns),
            u8::from(seen.web),
            row.what,
            said.reasons,
            said.error
        );
        bad.extend(wrong.into_iter().map(|what| format!("{} ({}): {what}", row.id, row.what)));
    }
    bad.iter().for_each(|line| println!("# {line}"));
    let count = |which: fn(&Row, &Said) -> bool| {
        rows.iter().zip(&met).filter(|(row, (said, _))| which(row, said)).count()
    };
    let passes = count(|row, _| row.truth == Truth::Passes);
    let careful = count(|row, _| row.truth == Truth::Doubtful);
    let bold = count(|row, said| matches!(row.truth, Truth::Luck | Truth::Fails(_)) && said.safe());
    let over = count(|row, said| row.truth == Truth::Passes && !said.safe() && !said.warns());
    println!("# safe, and the CA refuses: {bold} of {}", rows.len() - passes);
    println!("# not safe without a warning though it passes: {over} of {passes}");
    println!("# {careful} more rows pass with reason for caution, which each of them tells");
    println!("# {} rows, {} wrong", rows.len(), bad.len());
    assert!(rows.len() >= 80);
    assert!(bad.is_empty(), "{} of {} rows", bad.len(), rows.len());
}
