//! The rows of one table: in the order in which they came, by identifier, and, where it is wanted, by device.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map};

use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// A string of a row.
fn text<'a>(row: &'a Object, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str()
}

#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// By number, which grows with each new row: pages begin after a number.
    by_number: BTreeMap<u64, Object>,
    numbers: HashMap<String, u64>,
    /// The numbers of the rows of each device, for tables that are indexed by device.
    by_device: HashMap<String, BTreeSet<u64>>,
}

/// Rows in order. One type, so that few adapters are compiled per use.
#[derive(Clone, Debug)]
pub(crate) struct Iter<'a>(btree_map::Values<'a, u64, Object>);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Object;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.by_number.get(self.numbers.get(id)?)
    }

    /// A row to change. Its identifier and its device stay as they are.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Object> {
        self.by_number.get_mut(self.numbers.get(id)?)
    }

    /// Adds a row with the next number, or replaces the row with this identifier.
    pub(crate) fn put(&mut self, id: String, next_number: u64, row: Object, is_indexed: bool) {
        let number = self.numbers.get(&id).copied().unwrap_or(next_number);
        let device = text(&row, "device_id").filter(|_| is_indexed).map(str::to_owned);
        if let Some(old) = self.by_number.insert(number, row) {
            self.forget_device(&old, number);
        }
        self.numbers.insert(id, number);
        if let Some(device) = device {
            self.by_device.entry(device).or_default().insert(number);
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let number = self.numbers.remove(id)?;
        let row = self.by_number.remove(&number)?;
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
        self.by_number.range(next..).map(|(number, row)| (*number, row))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.by_number.values_mut()
    }

    /// The rows of a device, of a table that is indexed by device.
    pub(crate) fn of_device(&self, device: &str) -> impl Iterator<Item = &Object> {
        self.by_device.get(device).into_iter().flatten().filter_map(|number| self.by_number.get(number))
    }
}
