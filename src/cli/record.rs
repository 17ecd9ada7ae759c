//! `--fetch-order`: what the CA itself has written down about the orders of an error text. That it cannot be had
//! is no obstacle.

use std::rc::Rc;

use propwatch::clock::Clock;
use propwatch::explain::{self, Reading};
use propwatch::model::{Environment, Evidence, OrderRecord, Testimony, ToCheck, Value};
use propwatch::net::Internet;

use super::args::ExplainArgs;
use super::output::{complain, note};
use super::watching::runtime;
use super::{UserError, now, request};

/// Orders of one text that are asked for: the last ones, since a log ends with the newest.
const MOST_ORDERS: usize = 3;
/// Names that are looked up again at their own servers.
const MOST_NAMES: usize = 30;

/// The records, with what the names' own servers say now of those that failed.
pub(crate) fn fetch(
    args: &ExplainArgs,
    reading: &Reading,
    expected: &[Value],
) -> Result<Vec<Testimony>, UserError> {
    let orders = orders(reading);
    if orders.is_empty() {
        note("--fetch-order: the text has no address of an order at Let's Encrypt");
        return Ok(Vec::new());
    }
    let looking = now::looking(args, Vec::new());
    let settings = request::settings(&looking)?;
    let runtime = runtime()?;
    let records: Result<Vec<OrderRecord>, UserError> = runtime.block_on(async {
        let net = Internet::new(settings, Rc::new(Clock::new()))
            .map_err(|error| UserError::new(error.to_string()))?;
        let mut records = Vec::new();
        for (url, environment) in &orders {
            complain(&format!(
                "propwatch: asking Let's Encrypt ({}) for its record of the order",
                environment.code()
            ));
            records.extend(net.order_record(url).await);
        }
        Ok(records)
    });
    // Whoever is still looking a name up is not waited for.
    runtime.shutdown_background();
    let mut all: Vec<Testimony> =
        records?.into_iter().map(|record| explain::testimony(record, expected)).collect();
    let failed = failed(&all);
    if !failed.is_empty() {
        for (name, addresses) in now::given(&looking, &failed)? {
            let witnesses = all.iter_mut().flat_map(|one| &mut one.witnesses);
            witnesses
                .filter(|witness| witness.seen.name.as_ref() == Some(&name))
                .for_each(|witness| witness.now = Some(addresses.clone()));
        }
    }
    Ok(all)
}

/// Whether there is a record that could be read.
pub(crate) fn is_offered(reading: &Reading) -> bool {
    let mut orders = reading.diagnoses.iter().filter_map(|diagnosis| diagnosis.order.as_ref());
    orders.any(|url| explain::environment(url).is_some())
}

/// The addresses of the orders, each once.
fn orders(reading: &Reading) -> Vec<(String, Environment)> {
    let mut all: Vec<(String, Environment)> = Vec::new();
    for url in reading.diagnoses.iter().filter_map(|diagnosis| diagnosis.order.as_ref()) {
        if let Some(environment) = explain::environment(url)
            && all.iter().all(|(other, _)| other != url)
        {
            all.push((url.clone(), environment));
        }
    }
    let older = all.len().saturating_sub(MOST_ORDERS);
    if older > 0 {
        note(&format!("--fetch-order: only the last {MOST_ORDERS} orders of the text are asked for"));
    }
    all.split_off(older)
}

/// The names that the CA has tried in vain.
fn failed(all: &[Testimony]) -> Vec<ToCheck> {
    let seen = |evidence| {
        matches!(
            evidence,
            Evidence::SawExpected
                | Evidence::SawOther
                | Evidence::SawBoth
                | Evidence::SawSome
                | Evidence::SawNone
        )
    };
    let witnesses = all.iter().flat_map(|one| &one.witnesses).filter(|witness| seen(witness.evidence));
    let mut names: Vec<ToCheck> = Vec::new();
    for name in witnesses.filter_map(|witness| witness.seen.name.as_ref()) {
        if names.len() < MOST_NAMES && names.iter().all(|one| one.name != *name) {
            names.push(ToCheck { name: name.clone(), expected: Vec::new() });
        }
    }
    names
}
