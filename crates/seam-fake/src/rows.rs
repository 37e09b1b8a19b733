//! The rows of one table: in insertion order, by identifier, and, for access codes, by device.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map},
    mem,
    ops::Range,
};

use memchr::memmem::Finder;

use crate::{
    json::{Object, string},
    tables::{AccessCode, Resource, SEARCHED, Table},
};

/// A row and its index entries.
#[derive(Debug)]
struct Row {
    object: Object,
    /// The device that the row is indexed under, in the table that is indexed by device.
    device: Option<Box<str>>,
    /// The range of the row in the search index. `None` in tables without search, and after a change of the row until it is
    /// indexed again.
    indexed: Option<Range<usize>>,
}

impl Row {
    /// Returns the object to change, and records that the indexes are outdated.
    fn change(&mut self, number: u64, changed: &mut BTreeSet<u64>, search: &mut SearchIndex) -> &mut Object {
        search.remove(self.indexed.take());
        changed.insert(number);
        &mut self.object
    }
}

/// The searchable strings of all rows in one string. A linear scan of it takes a third of the time of a visit to each row.
#[derive(Debug, Default)]
struct SearchIndex {
    /// The strings of each row, followed by a line break.
    text: String,
    /// The start of each row's strings, and the number of the row.
    starts: Vec<(usize, u64)>,
    /// The number of bytes of removed and changed rows.
    unused: usize,
}

impl SearchIndex {
    fn add(&mut self, number: u64, append: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.text.len();
        self.starts.push((start, number));
        append(&mut self.text);
        self.text.push('\n');
        start..self.text.len()
    }

    fn remove(&mut self, range: Option<Range<usize>>) {
        self.unused += range.map_or(0, |range| range.len());
    }

    /// Returns the start of each entry that matches `finder`, with the number of its row. Some entries may be outdated.
    fn search(&self, finder: &Finder<'_>) -> Vec<(usize, u64)> {
        let (mut found, mut from) = (Vec::new(), 0);
        let mut starts = self.starts.iter().copied().peekable();
        // An empty string would be found at the end in an endless loop.
        let rest = |from: usize| self.text.as_bytes().get(from..).filter(|rest| !rest.is_empty());
        while let Some(at) = rest(from).and_then(|rest| finder.find(rest)) {
            let at = from + at;
            let mut of_match = None;
            while let Some(start) = starts.next_if(|(start, _)| *start <= at) {
                of_match = Some(start);
            }
            let end = starts.peek().map_or(self.text.len(), |(start, _)| *start);
            // A match must not extend over the boundary between two entries.
            found.extend(of_match.filter(|_| at + finder.needle().len() < end));
            from = end;
        }
        found
    }
}

/// Returns the searchable strings of a row, one per line, in lower case.
pub(crate) fn searched(row: &Object) -> String {
    let mut searched = String::new();
    add_searched(row, &mut searched);
    searched
}

/// Appends the searchable strings of a row, like [`searched`].
fn add_searched(row: &Object, to: &mut String) {
    let is_hidden = |name: &str| name.starts_with('_') || name == "token" || name == "secret";
    let strings = row.iter().filter(|(name, _)| !is_hidden(name)).filter_map(|(_, value)| value.as_str());
    for (index, string) in strings.enumerate() {
        if index > 0 {
            to.push('\n');
        }
        let start = to.len();
        if string.is_ascii() {
            to.push_str(string);
            to.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        } else {
            to.push_str(&string.to_lowercase());
        }
    }
}

/// The minimum number of unused bytes before the search index is compacted.
const MIN_UNUSED: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Rows {
    is_searched: bool,
    is_indexed_by_device: bool,
    /// The rows by number, which increases with each new row. Pages begin after a number.
    by_number: BTreeMap<u64, Row>,
    numbers: HashMap<String, u64>,
    /// The numbers of the rows of each device, in the table that is indexed by device.
    by_device: HashMap<Box<str>, BTreeSet<u64>>,
    /// The numbers of the rows that were borrowed mutably since they were indexed.
    changed: BTreeSet<u64>,
    search: SearchIndex,
}

/// An iterator over rows in order. A named type reduces the number of monomorphized adapters.
#[derive(Clone, Debug)]
pub(crate) struct Iter<'a>(btree_map::Values<'a, u64, Row>);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Object;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|row| &row.object)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|row| &row.object)
    }
}

impl Rows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self {
            is_searched: SEARCHED.contains(&table),
            is_indexed_by_device: *table == *AccessCode::TABLE,
            by_number: BTreeMap::new(),
            numbers: HashMap::new(),
            by_device: HashMap::new(),
            changed: BTreeSet::new(),
            search: SearchIndex::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    /// Returns the number of the last row.
    pub(crate) fn last_number(&self) -> Option<u64> {
        self.by_number.keys().next_back().copied()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.by_number.get(self.numbers.get(id)?).map(|row| &row.object)
    }

    /// Returns a row for a change.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Object> {
        let number = *self.numbers.get(id)?;
        let row = self.by_number.get_mut(&number)?;
        Some(row.change(number, &mut self.changed, &mut self.search))
    }

    /// Returns the rows that match the predicate, for a change.
    pub(crate) fn iter_mut(&mut self, predicate: impl Fn(&Object) -> bool) -> impl Iterator<Item = &mut Object> {
        let Self { by_number, changed, search, .. } = self;
        let rows = by_number.iter_mut().filter(move |(_, row)| predicate(&row.object));
        rows.map(|(number, row)| row.change(*number, changed, search))
    }

    /// Adds a row with the next number, or replaces the row with this identifier.
    pub(crate) fn put(&mut self, id: String, next_number: u64, row: Object) {
        let number = self.numbers.get(&id).copied().unwrap_or(next_number);
        self.forget(number);
        self.by_number.insert(number, Row { object: row, device: None, indexed: None });
        self.numbers.insert(id, number);
        self.index_row(number);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let number = self.numbers.remove(id)?;
        self.forget(number)
    }

    /// Removes a row, but not its entry in `numbers`.
    fn forget(&mut self, number: u64) -> Option<Object> {
        let row = self.by_number.remove(&number)?;
        self.changed.remove(&number);
        self.search.remove(row.indexed);
        if let Some(device) = &row.device {
            self.forget_device(number, device);
        }
        Some(row.object)
    }

    fn forget_device(&mut self, number: u64, device: &str) {
        if let Some(numbers) = self.by_device.get_mut(device) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_device.remove(device);
            }
        }
    }

    /// Updates the indexes after changes of rows, so that searches do not need to scan many changed rows, and rows that
    /// moved to another device are found there.
    pub(crate) fn index(&mut self) {
        for number in mem::take(&mut self.changed) {
            self.index_row(number);
        }
        self.compact_search_index();
    }

    /// Removes the outdated entries of the search index, unless they are few.
    fn compact_search_index(&mut self) {
        let used = self.search.text.len().saturating_sub(self.search.unused);
        if self.search.unused <= used.max(MIN_UNUSED) {
            return;
        }
        let old = mem::take(&mut self.search);
        self.search.text.reserve(used);
        for (number, row) in &mut self.by_number {
            let entry = row.indexed.take().and_then(|range| old.text.get(range));
            let entry = entry.map(|entry| entry.strip_suffix('\n').unwrap_or(entry));
            row.indexed = entry.map(|entry| self.search.add(*number, |text| text.push_str(entry)));
        }
    }

    fn index_row(&mut self, number: u64) {
        let Some(row) = self.by_number.get_mut(&number) else { return };
        if row.indexed.is_none() && self.is_searched {
            row.indexed = Some(self.search.add(number, |text| add_searched(&row.object, text)));
        }
        let device = string(&row.object, "device_id").filter(|_| self.is_indexed_by_device);
        if row.device.as_deref() == device {
            return;
        }
        let device: Option<Box<str>> = device.map(Box::from);
        let old = mem::replace(&mut row.device, device.clone());
        if let Some(old) = old {
            self.forget_device(number, &old);
        }
        if let Some(device) = device {
            self.by_device.entry(device).or_default().insert(number);
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter(self.by_number.values())
    }

    /// Returns the rows after a number, each with its number.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Object)> {
        let next = number.saturating_add(1);
        self.by_number.range(next..).map(|(number, row)| (*number, &row.object))
    }

    /// Returns the rows after a number in which a string contains `text`, ignoring case, each with its number.
    pub(crate) fn search<'a>(&'a self, number: u64, text: &str) -> impl Iterator<Item = (u64, &'a Object)> + use<'a> {
        let finder = Finder::new(&text.to_lowercase()).into_owned();
        let found = self.search.search(&finder).into_iter().filter(|(start, number)| {
            self.by_number.get(number).and_then(|row| row.indexed.as_ref()).is_some_and(|range| range.start == *start)
        });
        let mut numbers: Vec<u64> = found.map(|(_, number)| number).collect();
        let is_found = |number: &u64| {
            let row = self.by_number.get(number);
            row.is_some_and(|row| row.indexed.is_none() && finder.find(searched(&row.object).as_bytes()).is_some())
        };
        numbers.extend(self.changed.iter().copied().filter(is_found));
        numbers.sort_unstable();
        let numbers = numbers.into_iter().skip_while(move |other| *other <= number);
        numbers.filter_map(|number| Some((number, &self.by_number.get(&number)?.object)))
    }

    /// Returns the rows of a device, from a table that is indexed by device.
    pub(crate) fn of_device<'a>(&'a self, device: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.by_device.get(device).into_iter().flatten().filter_map(|number| Some(&self.by_number.get(number)?.object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        json::{object, set},
        routes::generic,
    };

    fn code(id: &str, device: &str) -> Object {
        object(json!({ "access_code_id": id, "device_id": device, "name": id }))
    }

    fn ids<'a>(rows: impl Iterator<Item = &'a Object>) -> Vec<&'a str> {
        rows.filter_map(|row| string(row, "access_code_id")).collect()
    }

    #[test]
    fn a_row_that_moves_to_another_device_is_found_only_there() {
        let mut rows = Rows::new(AccessCode::TABLE);
        rows.put("a".to_owned(), 1, code("a", "front"));
        rows.put("b".to_owned(), 2, code("b", "front"));
        set(rows.get_mut("a").unwrap(), "device_id", "back");
        rows.index();
        assert_eq!((ids(rows.of_device("front")), ids(rows.of_device("back"))), (vec!["b"], vec!["a"]));

        // Not indexed before it is replaced, removed or changed again.
        for device in ["side", "front", "back"] {
            set(rows.get_mut("a").unwrap(), "device_id", device);
        }
        set(rows.get_mut("b").unwrap(), "device_id", "side");
        rows.put("b".to_owned(), 3, code("b", "back"));
        rows.index();
        assert_eq!(ids(rows.of_device("back")), ["a", "b"]);
        set(rows.get_mut("a").unwrap(), "device_id", "side");
        rows.remove("a");
        rows.remove("b");
        rows.index();
        assert!(rows.by_device.is_empty() && rows.numbers.is_empty() && rows.by_number.is_empty());
    }

    #[test]
    fn rows_are_indexed_before_a_search() {
        let mut rows = Rows::new(AccessCode::TABLE);
        for number in 1..=3 {
            rows.put(number.to_string(), number, code(&number.to_string(), "front"));
        }
        let is_indexed = |rows: &Rows| rows.by_number.values().all(|row| row.indexed.is_some());
        assert!(is_indexed(&rows));
        set(rows.get_mut("1").unwrap(), "name", "Lobby");
        for row in rows.iter_mut(|row| string(row, "access_code_id") != Some("3")) {
            set(row, "type", "ongoing");
        }
        assert_eq!(rows.changed, BTreeSet::from([1, 2]));
        rows.index();
        assert!(is_indexed(&rows));
        assert_eq!(numbers(rows.search(0, "LOBBY")), [1]);
        assert_eq!(numbers(rows.search(0, "ongoing")), [1, 2]);
    }

    fn numbers<'a>(found: impl Iterator<Item = (u64, &'a Object)>) -> Vec<u64> {
        found.map(|(number, _)| number).collect()
    }

    #[test]
    fn a_search_finds_what_a_scan_finds() {
        let random = &mut fastrand::Rng::with_seed(7);
        let mut rows = Rows::new(AccessCode::TABLE);
        let words = ["Lobby", "lobby\nhall", "Front", "hall", "ha", "LL", "İstanbul", ""];
        for round in 0..3_000 {
            let id = random.u64(..40).to_string();
            let name = words[random.usize(..words.len())];
            match random.u8(..6) {
                0 => drop(rows.remove(&id)),
                1 => rows.index(),
                2 => rows.iter_mut(|row| string(row, "name") == Some("ha")).for_each(|row| set(row, "name", name)),
                3 => rows.get_mut(&id).into_iter().for_each(|row| set(row, "name", name)),
                _ => rows.put(id, 100 + round, code(name, name)),
            }
            let text = ["lobby", "hall", "ll\n", "a", "\n", "i̇", "front\nlobby", "x", ""][random.usize(..9)];
            let after = 100 + random.u64(..round + 1);
            let scanned = rows.after(after).filter(|(_, row)| searched(row).contains(&text.to_lowercase()));
            assert_eq!(numbers(rows.search(after, text)), numbers(scanned), "{text:?} in round {round}");
        }
    }

    #[test]
    fn every_table_with_search_is_indexed() {
        for route in seam_spec::api().routes() {
            let has_search = route.parameters.fields().any(|field| field.name == "search");
            let group = generic::group(route.path).filter(|_| has_search);
            assert!(group.is_none_or(|group| SEARCHED.contains(&group.table)), "{}", route.path);
        }
    }

    #[test]
    fn outdated_entries_of_the_search_index_are_removed() {
        let mut rows = Rows::new(AccessCode::TABLE);
        for number in 1..=1_000 {
            rows.put(number.to_string(), number, code(&number.to_string(), "front"));
        }
        let full = rows.search.text.len();
        for name in 0..1_000 {
            set(rows.get_mut("7").unwrap(), "name", "x".repeat(1_000) + &name.to_string());
            rows.index();
            assert!(rows.search.text.len() < 2 * (full + MIN_UNUSED), "{}", rows.search.text.len());
        }
        for number in 0..999 {
            rows.put("500".to_owned(), 2_000 + number, code("Lobby", "front"));
        }
        for number in 11..=1_000 {
            rows.remove(&number.to_string());
        }
        rows.index();
        assert!(rows.search.text.len() <= MIN_UNUSED + 2_000);
        assert_eq!(numbers(rows.search(0, "x999")), [7]);
        assert_eq!(rows.search(0, "lobby").count(), 0);
        assert_eq!(rows.search(0, "front").count(), 10);
    }
}
