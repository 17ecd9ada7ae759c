//! Zones signed by ldns, well and badly.

use std::path::Path;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use super::row::{HOST, LEFT};
use crate::lab::daemon::{folder, shell};
use crate::lab::now;
use crate::lab::zone::Zone;

/// How a zone is signed, and what its parent says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Not at all.
    None,
    /// As it should be.
    Well,
    /// As it should be, with NSEC3.
    Hashed,
    /// The signatures end within the hour.
    Ending,
    /// The signatures' time is over.
    Expired,
    /// Their time has not come.
    Early,
    /// The parent has the DS of another key.
    OtherKey,
    /// The parent has a DS, and the zone is not signed.
    Unsigned,
    /// Signed, and the parent does not know.
    NotTold,
    /// The parent's only DS is of an algorithm that nobody knows.
    Unknown,
    /// The address was changed after signing.
    Changed,
    /// The address has no signature.
    Bare,
    /// What does not exist is not proved.
    Undenied,
    /// The second server has the zone without signatures.
    Half,
}

/// A signed zone.
pub(crate) struct Signed {
    /// The file as the good servers have it.
    pub(crate) zone: Zone,
    /// The parent's DS, with the owner's name.
    pub(crate) ds: Option<String>,
}

/// Signs a zone in this way.
pub(crate) fn seal(base: &Path, zone: &Zone, seal: Seal) -> Signed {
    let options = match seal {
        Seal::None => return Signed { zone: zone.clone(), ds: None },
        Seal::Hashed => "-n -t 0".to_owned(),
        Seal::Ending => format!("-i {} -e {}", date(-7200), date(3000)),
        Seal::Expired => format!("-i {} -e {}", date(-7200), date(-60)),
        Seal::Early => format!("-i {} -e {}", date(3600), date(7200)),
        _ => String::new(),
    };
    let mut before = zone.clone();
    if seal == Seal::Changed {
        before.records.iter_mut().for_each(|line| *line = line.replace(HOST, LEFT));
    }
    let (text, ds) = sign(base, &before, &options, seal == Seal::OtherKey);
    let ds = (seal != Seal::NotTold).then_some(ds);
    let ds = ds.map(|ds| if seal == Seal::Unknown { ds.replacen(" 13 2 ", " 200 2 ", 1) } else { ds });
    let lines = |keep: &dyn Fn(&str) -> bool| -> String {
        text.lines().filter(|line| keep(line)).map(|line| format!("{line}\n")).collect()
    };
    let text = match seal {
        Seal::Unsigned => zone.text(),
        Seal::Changed => text.replace(LEFT, HOST),
        Seal::Bare => lines(&|line| !line.contains("RRSIG\tA ")),
        Seal::Undenied => lines(&|line| !line.contains("NSEC")),
        _ => text,
    };
    Signed { zone: Zone { signed: Some(text), ..zone.clone() }, ds }
}

/// The signed file and the DS of its key, or of one that does not sign.
fn sign(base: &Path, zone: &Zone, options: &str, other: bool) -> (String, String) {
    let bare = zone.origin.trim_end_matches('.');
    let folder = folder(base, &format!("keys-{bare}"));
    let dir = folder.display();
    let origin = if bare.is_empty() { "." } else { bare };
    let file = zone.file();
    std::fs::write(folder.join(&file), zone.text()).unwrap();
    let key = || {
        let line = format!("cd {dir} && ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k {origin}");
        shell(&line).trim().to_owned()
    };
    // A zone that is signed again keeps its key.
    let signing = shell(&format!("cd {dir} && ls K*.key 2>/dev/null | head -n 1 | sed 's/.key$//'"));
    let signing = if signing.is_empty() { key() } else { signing.trim().to_owned() };
    let told = if other { key() } else { signing.clone() };
    shell(&format!("cd {dir} && ldns-signzone -o {origin} {options} -f signed {file} {signing}"));
    let ds = shell(&format!("cd {dir} && ldns-key2ds -n -2 {told}.key"));
    (std::fs::read_to_string(folder.join("signed")).unwrap(), ds.trim().replace('\t', " "))
}

/// A time so many seconds from now, as the signer wants it.
fn date(seconds: i64) -> String {
    let at = now().to_jiff() + seconds.seconds();
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string()
}
