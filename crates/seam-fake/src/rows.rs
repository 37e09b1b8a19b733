//! The rows of one table: in the order in which they came, by identifier, and, where it is wanted, by device.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap, btree_map},
};

use crate::json::{Object, text};
use memchr::memmem::Finder;

/// A row, with the text that a search looks at.
#[derive(Debug)]
struct Row {
    object: Object,
    /// Made by the first search after a change.
    searched: OnceCell<Box<str>>,
}

impl Row {
    /// The object to change, which makes the text of searches outdated.
    fn changed(&mut self) -> &mut Object {
        self.searched.take();
        &mut self.object
    }
}

/// Returns the strings of a row that a search looks at, each on a line, in lower case.
pub(crate) fn searched(row: &Object) -> String {
    let is_hidden = |name: &str| name.starts_with('_') || name == "token" || name == "secret";
    let texts = row.iter().filter(|(name, _)| !is_hidden(name)).filter_map(|(_, value)| value.as_str());
    texts.map(str::to_lowercase).collect::<Vec<_>>().join("\n")
}

#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// By number, which grows with each new row: pages begin after a number.
    by_number: BTreeMap<u64, Row>,
    numbers: HashMap<String, u64>,
    /// The numbers of the rows of each device, for tables that are indexed by device.
    by_device: HashMap<String, BTreeSet<u64>>,
}

/// Rows in order. One type, so that few adapters are compiled per use.
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
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.by_number.get(self.numbers.get(id)?).map(|row| &row.object)
    }

    /// A row to change. Its identifier and its device stay as they are.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Object> {
        self.by_number.get_mut(self.numbers.get(id)?).map(Row::changed)
    }

    /// Adds a row with the next number, or replaces the row with this identifier.
    pub(crate) fn put(&mut self, id: String, next_number: u64, row: Object, is_indexed: bool) {
        let number = self.numbers.get(&id).copied().unwrap_or(next_number);
        let device = text(&row, "device_id").filter(|_| is_indexed).map(str::to_owned);
        let row = Row { object: row, searched: OnceCell::new() };
        if let Some(old) = self.by_number.insert(number, row) {
            self.forget_device(&old.object, number);
        }
        self.numbers.insert(id, number);
        if let Some(device) = device {
            self.by_device.entry(device).or_default().insert(number);
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let number = self.numbers.remove(id)?;
        let row = self.by_number.remove(&number)?.object;
        self.forget_device(&row, number);
        Some(row)
    }

    fn forget_device(&mut self, row: &Object, number: u64) {
        let Some(device) = text(row, "device_id") else { return };
        if let Some(numbers) = self.by_device.get_mut(device) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_device.remove(device);
            }
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter(self.by_number.values())
    }

    /// The rows after a number, each with its own.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Object)> {
        let next = number.saturating_add(1);
        self.by_number.range(next..).map(|(number, row)| (*number, &row.object))
    }

    /// The rows after a number of which a string holds `wanted`, in whatever case, each with its number.
    pub(crate) fn search<'a>(&'a self, number: u64, wanted: &str) -> impl Iterator<Item = (u64, &'a Object)> + use<'a> {
        let next = number.saturating_add(1);
        let finder = Finder::new(&wanted.to_lowercase()).into_owned();
        let text = |row: &'a Row| row.searched.get_or_init(|| searched(&row.object).into_boxed_str()).as_bytes();
        let found = self.by_number.range(next..).filter(move |(_, row)| finder.find(text(row)).is_some());
        found.map(|(number, row)| (*number, &row.object))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.by_number.values_mut().map(Row::changed)
    }

    /// The rows of a device, of a table that is indexed by device.
    pub(crate) fn of_device<'a>(&'a self, device: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.by_device.get(device).into_iter().flatten().filter_map(|number| Some(&self.by_number.get(number)?.object))
    }
}
