//! What everybody holds, kept small: ten thousand records by fifty resolvers are half a million places.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Held, Record, RecordId, Standing, Timestamp, VantageId};

/// One place. Nearly all of a watch's life nearly all of them are right or have what was there before, and need
/// no more than this.
#[derive(Debug, Clone, Default)]
enum Place {
    #[default]
    Unasked,
    Right {
        samples: u8,
        needed: u8,
    },
    Wrong {
        held: Arc<Held>,
        /// In seconds, as caches count; 0 where that is not known.
        until: u32,
    },
    Other(Box<Standing>),
}

const _: () = assert!(size_of::<Place>() <= 16);

impl Place {
    /// `latest` is what one of the record's vantages had last that is not expected: most have the same.
    fn of(standing: &Standing, latest: &mut Option<Arc<Held>>) -> Place {
        match standing {
            Standing::Unasked => Place::Unasked,
            Standing::Right { samples, needed } => Place::Right { samples: *samples, needed: *needed },
            Standing::Wrong { held, until } => match whole_seconds(*until) {
                Some(until) => Place::Wrong { held: shared(held, latest), until },
                None => Place::Other(Box::new(standing.clone())),
            },
            other => Place::Other(Box::new(other.clone())),
        }
    }

    fn standing(&self) -> Cow<'_, Standing> {
        match self {
            Place::Unasked => Cow::Owned(Standing::Unasked),
            Place::Right { samples, needed } => {
                Cow::Owned(Standing::Right { samples: *samples, needed: *needed })
            }
            Place::Wrong { held, until } => Cow::Owned(Standing::Wrong {
                held: (**held).clone(),
                until: (*until != 0).then(|| Timestamp::from_secs(i64::from(*until))),
            }),
            Place::Other(standing) => Cow::Borrowed(standing),
        }
    }
}

fn shared(held: &Held, latest: &mut Option<Arc<Held>>) -> Arc<Held> {
    match latest {
        Some(known) if **known == *held => Arc::clone(known),
        _ => Arc::clone(latest.insert(Arc::new(held.clone()))),
    }
}

/// An end as a number of seconds, 0 for none; none where it is not one.
fn whole_seconds(until: Option<Timestamp>) -> Option<u32> {
    let Some(until) = until else { return Some(0) };
    let seconds = u32::try_from(until.as_micros() / 1_000_000).ok()?;
    (seconds > 0 && Timestamp::from_secs(i64::from(seconds)) == until).then_some(seconds)
}

/// The standings of a watch. Every record has all resolvers, and the few servers of its own zone.
#[derive(Debug, Clone, Default)]
pub(super) struct Board {
    resolvers: usize,
    /// Where a record's resolvers begin; a guard has none.
    rows: Vec<Option<usize>>,
    /// By row, then by resolver.
    cells: Vec<Place>,
    /// By record, those that were heard of, in the order of their numbers.
    servers: Vec<Vec<(VantageId, Place)>>,
    /// By record, what one of them had last that is not expected.
    latest: Vec<Option<Arc<Held>>>,
    /// The records for which a server was heard.
    heard: BTreeMap<VantageId, Vec<RecordId>>,
}

impl Board {
    /// Nobody has been asked.
    pub(super) fn new(records: &[Record], resolvers: usize) -> Self {
        let mut cells = 0;
        let row = |record: &Record| {
            (!record.is_guard()).then(|| {
                cells += resolvers;
                cells - resolvers
            })
        };
        let rows: Vec<Option<usize>> = records.iter().map(row).collect();
        Board {
            resolvers,
            servers: vec![Vec::new(); rows.len()],
            latest: vec![None; rows.len()],
            rows,
            cells: vec![Place::Unasked; cells],
            heard: BTreeMap::new(),
        }
    }

    fn cell(&self, record: RecordId, vantage: VantageId) -> Option<usize> {
        let resolver = vantage.0 as usize;
        let row = self.rows.get(record.0 as usize).copied().flatten();
        row.filter(|_| resolver < self.resolvers).map(|row| row + resolver)
    }

    /// Puts a standing in its place; returns what was there. None for a record that does not exist.
    pub(super) fn put(
        &mut self,
        record: RecordId,
        vantage: VantageId,
        standing: &Standing,
    ) -> Option<Standing> {
        let place = Place::of(standing, self.latest.get_mut(record.0 as usize)?);
        if let Some(cell) = self.cell(record, vantage) {
            return Some(std::mem::replace(&mut self.cells[cell], place).standing().into_owned());
        }
        let row = self.servers.get_mut(record.0 as usize)?;
        match row.binary_search_by_key(&vantage, |(id, _)| *id) {
            Ok(at) => Some(std::mem::replace(&mut row[at].1, place).standing().into_owned()),
            Err(at) => {
                row.insert(at, (vantage, place));
                self.heard.entry(vantage).or_default().push(record);
                Some(Standing::Unasked)
            }
        }
    }

    /// What a vantage holds for a record.
    pub(super) fn standing(&self, record: RecordId, vantage: VantageId) -> Cow<'_, Standing> {
        if let Some(cell) = self.cell(record, vantage) {
            return self.cells[cell].standing();
        }
        let row = self.servers.get(record.0 as usize).map(Vec::as_slice).unwrap_or_default();
        match row.binary_search_by_key(&vantage, |(id, _)| *id) {
            Ok(at) => row[at].1.standing(),
            Err(_) => Cow::Owned(Standing::Unasked),
        }
    }

    /// The records for which a server was heard.
    pub(super) fn heard(&self, server: VantageId) -> &[RecordId] {
        self.heard.get(&server).map(Vec::as_slice).unwrap_or_default()
    }

    /// The servers that were heard for a record, with what they hold.
    pub(super) fn servers(&self, record: RecordId) -> impl Iterator<Item = (VantageId, Cow<'_, Standing>)> {
        let row = self.servers.get(record.0 as usize).map(Vec::as_slice).unwrap_or_default();
        row.iter().map(|(id, place)| (*id, place.standing()))
    }

    /// The resolvers, asked or not, with what they hold for a record.
    pub(super) fn resolvers(&self, record: RecordId) -> impl Iterator<Item = (VantageId, Cow<'_, Standing>)> {
        let row = self.rows.get(record.0 as usize).copied().flatten();
        let cells = row.and_then(|row| self.cells.get(row..row + self.resolvers)).unwrap_or_default();
        (0u32..).map(VantageId).zip(cells.iter().map(Place::standing))
    }
}
