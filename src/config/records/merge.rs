//! From entries to names: each name once, and nothing in it that DNS does not allow.

use std::collections::BTreeMap;

use crate::model::{Name, Value};

use super::{Entry, MAX_NAMES, Mistake, Wanted};

/// Values of one name, at most: more would fit into no answer.
const MAX_VALUES: usize = 1000;

/// What is known of one name so far.
#[derive(Default)]
struct Known {
    /// Its place in the list.
    place: usize,
    /// Its CNAME, and the line of it.
    alias: Option<(Name, usize)>,
    /// The line of its first address.
    address: Option<usize>,
}

/// Brings the entries of one name together. What is given twice counts once.
pub(super) fn merge(entries: Vec<Entry>) -> Result<Vec<Wanted>, Mistake> {
    let mut known: BTreeMap<Name, Known> = BTreeMap::new();
    let mut all: Vec<Wanted> = Vec::new();
    for Entry { name, at, values } in entries {
        let of_name = known.entry(name.clone()).or_insert_with(|| {
            all.push(Wanted { name: name.clone(), values: Vec::new(), bare: false, line: at.0 });
            Known { place: all.len() - 1, ..Known::default() }
        });
        if all.len() > MAX_NAMES {
            return Err(Mistake::new(at, format!("more than {MAX_NAMES} names"))
                .hint("give the names in several files, to several runs"));
        }
        let wanted = &mut all[of_name.place];
        wanted.bare |= values.is_empty();
        for (value, at) in values {
            agree(&name, of_name, &value, at)?;
            if wanted.values.contains(&value) {
                continue;
            }
            if wanted.values.len() >= MAX_VALUES {
                return Err(Mistake::new(at, format!("{name} has more than {MAX_VALUES} values")));
            }
            wanted.values.push(value);
        }
    }
    Ok(all)
}

/// A name that has a CNAME has nothing else, and only one (RFC 1034, section 3.6.2).
fn agree(name: &Name, known: &mut Known, value: &Value, at: (usize, usize)) -> Result<(), Mistake> {
    let refuse = |what: String| {
        Err(Mistake::new(at, what).hint("take one of the two out: a name with a CNAME can have nothing else"))
    };
    let line = at.0;
    match (value, &known.alias) {
        (Value::Alias(target), Some((other, before))) if target != other => {
            return refuse(format!("{name} has a CNAME to {other} on line {before}, and another one here"));
        }
        (Value::Alias(target), None) => {
            if let Some(before) = known.address {
                return refuse(format!("{name} has an address on line {before}, and a CNAME here"));
            }
            known.alias = Some((target.clone(), line));
        }
        (Value::V4(_) | Value::V6(_), Some((_, before))) => {
            return refuse(format!("{name} has a CNAME on line {before}, and an address here"));
        }
        (Value::V4(_) | Value::V6(_), None) => known.address = known.address.or(Some(line)),
        (Value::Alias(_), Some(_)) => {}
    }
    Ok(())
}
