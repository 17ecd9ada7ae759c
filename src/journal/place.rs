//! Where a watch's journal is found again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::engine::{Plan, WebPolicy};
use crate::model::{ChallengeFile, Role, Vantage};

use super::line::fnv;

/// The longest part of a file's name that is taken from the watched name.
const LONGEST: usize = 80;
/// With more names than this, the file's name says how many there are.
const MANY: usize = 10;

/// What makes it this watch and no other: names, expectations, resolvers, policy, and where its questions
/// begin. Left out is what may be another each time that the same command is given: this machine's own
/// resolver (a witness), the token that no server has, and the failed tries so far.
pub fn substance(plan: &Plan, place: &str) -> String {
    let mut plan = plan.clone();
    plan.resolvers.retain(|vantage: &Vantage| vantage.role != Role::Witness);
    if let WebPolicy::Absent(file) = &mut plan.policy.web {
        *file = ChallengeFile { token: String::new(), content: None }.into();
    }
    plan.policy.attempts.clear();
    format!("{place}\n{}", serde_json::to_string(&plan).unwrap_or_default())
}

/// The file below `folder` that belongs to a watch: `mail.example.com-1a2b3c4d5e6f7788.jsonl`, of many names
/// `mail.example.com-and-9999-more-1a2b3c4d5e6f7788.jsonl`. The same substance gives the same name.
pub fn default_path(folder: &Path, plan: &Plan, place: &str) -> PathBuf {
    let hash = fnv(substance(plan, place).as_bytes());
    let name = plan.records.first().map_or("watch", |record| record.name.as_str());
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .take(LONGEST)
        .collect();
    let names: BTreeSet<_> = plan.records.iter().map(|record| &record.name).collect();
    let more = if names.len() > MANY { format!("-and-{}-more", names.len() - 1) } else { String::new() };
    folder.join(format!("{}{more}-{hash:016x}.jsonl", name.trim_start_matches(['.', '-'])))
}
