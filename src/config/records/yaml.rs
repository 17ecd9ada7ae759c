//! YAML: a list under `records:`.
//!
//! ```yaml
//! records:
//!   - name: example.com
//!     expect: 203.0.113.7
//!   - name: www.example.com
//!     type: A
//!     expect: [203.0.113.7, 203.0.113.8]
//! ```

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_yaml::{Location, Spanned};

use super::super::fault::{Fault, Listed, escaped, spot_of};
use super::{Entry, Listing, MAX_NAMES, Mistake, lines};
use crate::model::{RecordType, Value};

/// How its mistakes are told.
const LISTED: Listed = Listed {
    key: "records",
    of: "records",
    variant: "word",
    text: "a text is expected here; if it is one, put it in quotes",
};

/// Nodes that the parser may meet: [`MAX_NAMES`] entries with all their keys and two values.
const MAX_NODES: usize = MAX_NAMES * 10;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    records: Vec<Item>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    name: Spanned<String>,
    #[serde(default, rename = "type")]
    rtype: Option<Spanned<String>>,
    #[serde(default)]
    expect: Values,
    #[serde(default)]
    value: Values,
}

/// One value or a list of them, each with its place; none where the key is absent. A key without anything behind it
/// is an empty list.
#[derive(Default)]
struct Values(Option<(Vec<Spanned<String>>, Location)>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, defined } = Spanned::<OneOrMany>::deserialize(deserializer)?;
        let list = match value {
            OneOrMany::One(text) => vec![Spanned::new(text, referenced, defined)],
            OneOrMany::Many(list) => list,
        };
        Ok(Values(Some((list, referenced))))
    }
}

enum OneOrMany {
    One(String),
    Many(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one value, or a list of values")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(text.to_owned()))
    }

    // What YAML takes for a number or a truth is no value; its own words say so.
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(number.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(truth.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<OneOrMany, E> {
        Ok(OneOrMany::Many(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
        let mut all = Vec::new();
        while let Some(text) = list.next_element()? {
            all.push(text);
        }
        Ok(OneOrMany::Many(all))
    }
}

/// Reads a document. Names and values are read as they are typed on the command line.
pub(super) fn read(text: &str, source: &str) -> Result<Listing, Fault> {
    let budget = serde_yaml::budget! { max_nodes: MAX_NODES, max_events: 2 * MAX_NODES };
    let options = serde_yaml::options! { budget: budget, with_snippet: false };
    let document: Document = serde_yaml::from_str_with_options(text, options)
        .map_err(|error| Fault::from_yaml(source, text, &error, &LISTED))?;
    let mut listing = Listing::default();
    for item in &document.records {
        let entry = entry(item).map_err(|Mistake { at, what, hint }| {
            let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            Fault::on(source, text, at, format!("{what}{hint}"))
        })?;
        listing.entries.push(entry);
    }
    if listing.entries.is_empty() {
        return Err(Fault::whole(source, "the list of records is empty"));
    }
    Ok(listing)
}

fn entry(item: &Item) -> Result<Entry, Mistake> {
    let at = spot_of(item.name.referenced);
    let name = lines::name(item.name.value.trim(), at)?;
    if let (Values(Some(_)), Values(Some((_, second)))) = (&item.expect, &item.value) {
        let what = "`expect` and `value` say the same thing: give one of them";
        return Err(Mistake::new(spot_of(*second), what));
    }
    let Some((given, whole)) = item.expect.0.as_ref().or(item.value.0.as_ref()) else {
        return match &item.rtype {
            Some(rtype) => {
                let what = "a type without `expect` says nothing: give the value, or leave the type out";
                Err(Mistake::new(spot_of(rtype.referenced), what))
            }
            None => Ok(Entry { name, at, values: Vec::new() }),
        };
    };
    if given.is_empty() {
        return Err(Mistake::new(spot_of(*whole), "`expect` is empty"));
    }
    let wanted = item.rtype.as_ref().map(rtype).transpose()?;
    let mut values = Vec::with_capacity(given.len());
    for text in given {
        let at = spot_of(text.referenced);
        let value = lines::value(text.value.trim(), at)?;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != type_of(&value)) {
            let what = format!("`{}` is no value of type {wanted}", escaped(&text.value));
            return Err(Mistake::new(at, what));
        }
        values.push((value, at));
    }
    Ok(Entry { name, at, values })
}

fn rtype(text: &Spanned<String>) -> Result<RecordType, Mistake> {
    let all = [RecordType::A, RecordType::Aaaa, RecordType::Cname];
    let known = all.into_iter().find(|rtype| rtype.to_string().eq_ignore_ascii_case(text.value.trim()));
    known.ok_or_else(|| {
        let what = format!("unknown type `{}`; allowed: A, AAAA, CNAME", escaped(&text.value));
        Mistake::new(spot_of(text.referenced), what)
    })
}

fn type_of(value: &Value) -> RecordType {
    match value {
        Value::V4(_) => RecordType::A,
        Value::V6(_) => RecordType::Aaaa,
        Value::Alias(_) => RecordType::Cname,
    }
}
