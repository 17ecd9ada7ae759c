//! From what the user asked for to what will be done.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::convergence::Samples;
use crate::model::{
    Attempt, Ca, ChallengeFile, Expectation, Milestone, Name, Record, RecordType, Role, Value, Vantage,
};

/// One look, or a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// `check`: one round, then a verdict.
    Look,
    /// `wait`: until the milestone, the deadline, or for ever blocked.
    Watch,
}

/// How a name's web server is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebPolicy {
    /// Not at all.
    #[default]
    Off,
    /// With a token that cannot exist.
    Absent(Arc<ChallengeFile>),
    /// With a file that the user has put there.
    Placed(Arc<ChallengeFile>),
}

/// The numbers and switches by which a watch decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What is waited for.
    pub until: Milestone,
    /// Per cent of the voters that answered who must confirm, 1 to 100. With fewer than 20 voters all must.
    pub quorum_percent: u8,
    /// How long everything must stay right. A single look takes its samples at once instead.
    pub settle: Duration,
    /// When a watch gives up, counted from its start.
    pub timeout: Duration,
    /// Ask resolvers although the authorities are not right.
    pub look_anyway: bool,
    /// End a watch as soon as its verdict is *blocked*.
    pub fail_fast: bool,
    /// Accept private and reserved addresses, and names below special-use domains (RFC 6761), which a public
    /// CA does not.
    pub allow_reserved: bool,
    /// Samples that must agree before a resolver counts as confirming, at least 1. Where voters are few, and of a
    /// resolver that shows several caches, more are asked.
    pub samples: u8,
    /// Whose rules decide.
    #[serde(default)]
    pub ca: Ca,
    /// How web servers are looked at.
    #[serde(default)]
    pub web: WebPolicy,
    /// Find out whose server is at an address that nobody expects.
    #[serde(default)]
    pub ask_origin: bool,
    /// The URI of the ACME account (RFC 8555, section 7.1.2) that will ask for the certificate, for CAA
    /// records that name accounts and for the limit on failures.
    #[serde(default)]
    pub account: Option<String>,
    /// What is expected was not told but taken from DNS: whether it is the hosting's is not known.
    #[serde(default)]
    pub assumed: bool,
    /// Earlier attempts that failed, as far as the user has told of them; in any order.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Names at whose web server the CA has failed in a way that shows only with the test file: without it nothing
    /// tells whether that is over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubted: Vec<Name>,
    /// Of more records than this the whole is told only when the verdict on all changes, and what there is to tell of
    /// one record by itself; and a record is judged once a moment while its resolvers are being asked.
    #[serde(default = "told_whole", skip_serializing_if = "is_told_whole")]
    pub told_whole: usize,
}

const fn told_whole() -> usize {
    100
}

fn is_told_whole(records: &usize) -> bool {
    *records == told_whole()
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            until: Milestone::Safe,
            quorum_percent: 95,
            settle: Duration::from_secs(10),
            timeout: Duration::from_secs(48 * 3600),
            look_anyway: false,
            fail_fast: false,
            allow_reserved: false,
            samples: 2,
            ca: Ca::default(),
            web: WebPolicy::Off,
            ask_origin: false,
            account: None,
            assumed: false,
            attempts: Vec::new(),
            doubted: Vec::new(),
            told_whole: told_whole(),
        }
    }
}

/// What the user asked for: names, each with the values that are expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names with their expected values. A name may come more than once; its values then form one set.
    pub names: Vec<(Name, Vec<Value>)>,
    /// One look or a watch.
    pub mode: Mode,
    /// How to decide.
    pub policy: Policy,
}

/// Why a request cannot be carried out. A mistake of the user, before anything was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No names.
    #[error("no name to look at")]
    NoNames,
    /// A name without an expected value.
    #[error("{0} has no expected value, so nothing can be called right")]
    NoValue(Name),
    /// Two aliases, which no name can have (RFC 1034, section 3.6.2).
    #[error("{0} cannot have two CNAMEs ({1} and {2})")]
    TwoAliases(Name, Name, Name),
    /// A wildcard owner cannot be looked up; one of the names that it covers can.
    #[error("{0} is a wildcard: it cannot be looked up itself")]
    Wildcard(Name),
    /// No resolver in the list may vote.
    #[error("the list of resolvers has no voter")]
    NoVoters,
    /// A quorum outside 1 to 100.
    #[error("a quorum of {0} per cent is outside 1 to 100")]
    Quorum(u8),
}

/// With fewer voters than this all must agree, whatever the quorum (the design's section 5).
pub const FEW: u32 = 20;
/// Answers asked of a voter when they are few, …
const OF_FEW: u8 = 3;
/// … when they are three to five, …
const OF_FIVE: u8 = 4;
/// … and when there is at most one other, or one operator runs them all.
const OF_TWO: u8 = 12;
/// Right answers of a resolver that has shown several caches: one of few voters, and one of many. Of three
/// caches the one that was not seen yet is missed by 14 more samples once in 290 times.
const OF_SEVERAL: [u8; 2] = [16, 6];

/// What will be done; made once and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// All records; guards stand behind the record that they protect.
    pub records: Arc<[Record]>,
    /// The resolvers, voters and witnesses.
    pub resolvers: Vec<Vantage>,
    /// One look or a watch.
    pub mode: Mode,
    /// How to decide.
    pub policy: Policy,
}

impl Plan {
    /// How many answers of a resolver it takes. Several caches can stand behind one address, and few samples can
    /// miss the one that is still old. Among many voters the others speak up, and a few per cent are left out of
    /// account anyway; of few all must agree, and each is asked more, the more the fewer they are.
    pub(super) fn samples(&self) -> Samples {
        let voters: Vec<_> = self.resolvers.iter().filter(|v| v.role == Role::Voter).collect();
        let sole = voters.iter().all(|voter| voter.operator == voters[0].operator);
        let count = u8::try_from(voters.len()).unwrap_or(u8::MAX).max(1);
        let few = u32::from(count) < FEW;
        let planned = match count {
            _ if sole => OF_TWO,
            0..=2 => OF_TWO,
            3..=5 => OF_FIVE,
            _ if few => OF_FEW,
            _ => 0,
        };
        let least = self.policy.samples.max(1);
        Samples { least, planned: planned.max(least), several: OF_SEVERAL[usize::from(!few)].max(least) }
    }

    /// Turns a request and a list of resolvers into a plan.
    ///
    /// IPv4 values of a name make an A record, IPv6 values an AAAA record, a host name a CNAME record. A
    /// name with an A record and no AAAA gets a guard: a forgotten AAAA draws the CA away.
    ///
    /// # Errors
    /// [`PlanError`], all of them the user's to mend.
    pub fn new(request: Request, resolvers: Vec<Vantage>) -> Result<Plan, PlanError> {
        let Request { names, mode, policy } = request;
        if names.is_empty() {
            return Err(PlanError::NoNames);
        }
        if !(1..=100).contains(&policy.quorum_percent) {
            return Err(PlanError::Quorum(policy.quorum_percent));
        }
        if !resolvers.iter().any(|v| v.role == Role::Voter) {
            return Err(PlanError::NoVoters);
        }
        let mut order: Vec<Name> = Vec::new();
        let mut wanted: BTreeMap<Name, Vec<Value>> = BTreeMap::new();
        for (name, values) in names {
            if name.as_str().starts_with("*.") {
                return Err(PlanError::Wildcard(name));
            }
            if !wanted.contains_key(&name) {
                order.push(name.clone());
            }
            wanted.entry(name).or_default().extend(values);
        }
        let mut records = Vec::new();
        for name in order {
            let values = wanted.remove(&name).unwrap_or_default();
            records.extend(records_of(&name, &values)?);
        }
        Ok(Plan { records: records.into(), resolvers, mode, policy })
    }
}

fn records_of(name: &Name, values: &[Value]) -> Result<Vec<Record>, PlanError> {
    let v4: BTreeSet<IpAddr> =
        values.iter().filter_map(|v| if let Value::V4(a) = v { Some((*a).into()) } else { None }).collect();
    let v6: BTreeSet<IpAddr> =
        values.iter().filter_map(|v| if let Value::V6(a) = v { Some((*a).into()) } else { None }).collect();
    let mut aliases: Vec<&Name> =
        values.iter().filter_map(|v| if let Value::Alias(a) = v { Some(a) } else { None }).collect();
    aliases.dedup();
    if let [first, second, ..] = aliases[..] {
        return Err(PlanError::TwoAliases(name.clone(), first.clone(), second.clone()));
    }
    if values.is_empty() {
        return Err(PlanError::NoValue(name.clone()));
    }
    let record = |rtype, expect| Record { name: name.clone(), rtype, expect };
    let mut out = Vec::new();
    if let Some(target) = aliases.first() {
        out.push(record(RecordType::Cname, Expectation::Alias((*target).clone())));
    }
    let guard = !v4.is_empty() && v6.is_empty();
    if !v4.is_empty() {
        out.push(record(RecordType::A, Expectation::Addresses(v4)));
    }
    if !v6.is_empty() {
        out.push(record(RecordType::Aaaa, Expectation::Addresses(v6)));
    }
    if guard {
        out.push(record(RecordType::Aaaa, Expectation::NoAddress));
    }
    Ok(out)
}
