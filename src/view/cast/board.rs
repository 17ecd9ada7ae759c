//! What everybody holds, kept small: ten thousand records by fifty resolvers are half a million places.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::{Record, RecordId, Standing, Timestamp, VantageId};

/// One place, in eight octets. Nearly all of a watch's life nearly all of them are right or have what was there before.
#[derive(Debug, Clone, Copy, Default)]
enum Place {
    #[default]
    Unasked,
    Right {
        samples: u8,
        needed: u8,
    },
    /// Wrong, with this on the record's shelf, but for its end.
    Wrong {
        on_shelf: u16,
        /// In seconds, as caches count; 0 where that is not known.
        until: u32,
    },
    /// What is on the shelf.
    Other {
        on_shelf: u16,
    },
}

const _: () = assert!(size_of::<Place>() <= 8);

/// What the places of one record have that does not fit into them: most have the same.
#[derive(Debug, Clone, Default)]
struct Shelf(Vec<(Standing, u32)>);

impl Shelf {
    /// Where it lies, counted once more. Nobody is left out: a record has fewer places than a shelf has room.
    fn lay(&mut self, standing: &Standing) -> u16 {
        let known = self.0.iter().position(|(known, places)| *places > 0 && known == standing);
        let at = known.or_else(|| self.0.iter().position(|(_, places)| *places == 0));
        let at = at.unwrap_or(self.0.len());
        match self.0.get_mut(at) {
            Some((_, places)) if known.is_some() => *places += 1,
            Some(free) => *free = (standing.clone(), 1),
            None => self.0.push((standing.clone(), 1)),
        }
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn take(&mut self, place: Place) {
        let (Place::Wrong { on_shelf, .. } | Place::Other { on_shelf }) = place else { return };
        if let Some((_, places)) = self.0.get_mut(usize::from(on_shelf)) {
            *places = places.saturating_sub(1);
        }
    }

    fn place_for(&mut self, standing: &Standing) -> Place {
        match standing {
            Standing::Unasked => Place::Unasked,
            Standing::Right { samples, needed } => Place::Right { samples: *samples, needed: *needed },
            Standing::Wrong { held, until } => match whole_seconds(*until) {
                Some(until) => {
                    let endless = Standing::Wrong { held: held.clone(), until: None };
                    Place::Wrong { on_shelf: self.lay(&endless), until }
                }
                None => Place::Other { on_shelf: self.lay(standing) },
            },
            other => Place::Other { on_shelf: self.lay(other) },
        }
    }

    fn standing(&self, place: Place) -> Cow<'_, Standing> {
        let lies = |on_shelf: u16| self.0.get(usize::from(on_shelf)).map(|(standing, _)| standing);
        match place {
            Place::Unasked => Cow::Owned(Standing::Unasked),
            Place::Right { samples, needed } => Cow::Owned(Standing::Right { samples, needed }),
            Place::Wrong { on_shelf, until } => {
                let mut standing = lies(on_shelf).cloned().unwrap_or(Standing::Unasked);
                if let Standing::Wrong { until: end, .. } = &mut standing {
                    *end = (until != 0).then(|| Timestamp::from_secs(i64::from(until)));
                }
                Cow::Owned(standing)
            }
            Place::Other { on_shelf } => lies(on_shelf).map_or(Cow::Owned(Standing::Unasked), Cow::Borrowed),
        }
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
    rows: Vec<Option<u32>>,
    /// By row, then by resolver.
    cells: Vec<Place>,
    /// By record.
    shelves: Vec<Shelf>,
    /// By record, those that were heard of, in the order of their numbers.
    servers: Vec<Vec<(VantageId, Place)>>,
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
                u32::try_from(cells - resolvers).unwrap_or(u32::MAX)
            })
        };
        let rows: Vec<Option<u32>> = records.iter().map(row).collect();
        Board {
            resolvers,
            servers: vec![Vec::new(); rows.len()],
            shelves: vec![Shelf::default(); rows.len()],
            rows,
            cells: vec![Place::Unasked; cells],
            heard: BTreeMap::new(),
        }
    }

    /// The cells of a record's resolvers.
    fn row(&self, record: RecordId) -> std::ops::Range<usize> {
        let row = self.rows.get(record.0 as usize).copied().flatten();
        row.map_or(0..0, |row| row as usize..row as usize + self.resolvers)
    }

    fn cell(&self, record: RecordId, vantage: VantageId) -> Option<usize> {
        self.row(record).nth(vantage.0 as usize)
    }

    /// Puts a standing in its place; returns what was there. None for a record that does not exist.
    pub(super) fn put(
        &mut self,
        record: RecordId,
        vantage: VantageId,
        standing: &Standing,
    ) -> Option<Standing> {
        let cell = self.cell(record, vantage);
        let shelf = self.shelves.get_mut(record.0 as usize)?;
        let place = shelf.place_for(standing);
        let before = if let Some(cell) = cell {
            std::mem::replace(&mut self.cells[cell], place)
        } else {
            let row = self.servers.get_mut(record.0 as usize)?;
            match row.binary_search_by_key(&vantage, |(id, _)| *id) {
                Ok(at) => std::mem::replace(&mut row[at].1, place),
                Err(at) => {
                    row.insert(at, (vantage, place));
                    self.heard.entry(vantage).or_default().push(record);
                    Place::Unasked
                }
            }
        };
        let had = shelf.standing(before).into_owned();
        shelf.take(before);
        Some(had)
    }

    /// What a vantage holds for a record.
    pub(super) fn standing(&self, record: RecordId, vantage: VantageId) -> Cow<'_, Standing> {
        let place = match self.cell(record, vantage) {
            Some(cell) => self.cells[cell],
            None => {
                let row = self.servers_of(record);
                let at = row.binary_search_by_key(&vantage, |(id, _)| *id);
                at.map_or(Place::Unasked, |at| row[at].1)
            }
        };
        self.standing_of(record, place)
    }

    fn standing_of(&self, record: RecordId, place: Place) -> Cow<'_, Standing> {
        let shelf = self.shelves.get(record.0 as usize);
        shelf.map_or(Cow::Owned(Standing::Unasked), |shelf| shelf.standing(place))
    }

    fn servers_of(&self, record: RecordId) -> &[(VantageId, Place)] {
        self.servers.get(record.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// The records for which a server was heard.
    pub(super) fn heard(&self, server: VantageId) -> &[RecordId] {
        self.heard.get(&server).map(Vec::as_slice).unwrap_or_default()
    }

    /// The servers that were heard for a record, with what they hold.
    pub(super) fn servers(&self, record: RecordId) -> impl Iterator<Item = (VantageId, Cow<'_, Standing>)> {
        self.servers_of(record).iter().map(move |(id, place)| (*id, self.standing_of(record, *place)))
    }

    /// The resolvers, asked or not, with what they hold for a record.
    pub(super) fn resolvers(&self, record: RecordId) -> impl Iterator<Item = (VantageId, Cow<'_, Standing>)> {
        let cells = self.cells.get(self.row(record)).unwrap_or_default();
        (0u32..).map(VantageId).zip(cells.iter().map(move |place| self.standing_of(record, *place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Expectation, Failure, Held, Name, RecordType};

    fn board(resolvers: usize) -> Board {
        let name = Name::parse("www.example.com").unwrap();
        let expect = Expectation::Addresses(["203.0.113.7".parse().unwrap()].into());
        let record = Record { name, rtype: RecordType::A, expect };
        Board::new(&[record], resolvers)
    }

    #[test]
    fn every_standing_comes_back_as_it_was_put() {
        let record = RecordId(0);
        let wrong = |held, until| Standing::Wrong { held, until };
        let all = [
            Standing::Right { samples: 2, needed: 3 },
            wrong(Held::NoName, Some(Timestamp::from_secs(1_800_000_000))),
            wrong(Held::NoName, Some(Timestamp::from_secs(1_800_000_300))),
            wrong(Held::NoData, None),
            wrong(Held::NoData, Some(Timestamp::from_micros(1_800_000_000_000_001))),
            Standing::Silent { failure: Failure::Silent { tries: 3 } },
            Standing::Bogus,
            Standing::Unasked,
        ];
        let mut board = board(50);
        // Each vantage has each of them once, servers of the zone among them, and each has another at any time.
        for turn in 0..2 * all.len() {
            for vantage in 0..60 {
                let standing = |turn: usize| &all[(turn + vantage as usize) % all.len()];
                let had = board.put(record, VantageId(vantage), standing(turn)).unwrap();
                let before = if turn == 0 { &Standing::Unasked } else { standing(turn - 1) };
                assert_eq!(had, *before, "{turn} {vantage}");
                assert_eq!(*board.standing(record, VantageId(vantage)), *standing(turn));
            }
            assert!(board.shelves[0].0.len() <= all.len(), "{turn}: {:?}", board.shelves);
        }
        assert_eq!((board.resolvers(record).count(), board.servers(record).count()), (50, 10));
        assert_eq!(board.put(RecordId(1), VantageId(0), &all[0]), None);
    }
}
