//! Maps: objects with any names.

use std::collections::BTreeMap;

use super::{Entries, Field, Slot, Value, View};

impl<T: Value> Entries for BTreeMap<String, T> {
    fn insert(&mut self, name: String) -> &mut dyn Value {
        let entry = self.entry(name).or_insert_with(T::empty);
        // The last of several entries with the same name is kept.
        *entry = T::empty();
        entry
    }

    fn remove(&mut self, name: &str) {
        self.remove(name);
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, name: &str) -> Option<View<'_>> {
        self.get(name).map(Value::view)
    }

    fn each(&self, visit: &mut dyn FnMut(&str, View<'_>)) {
        for (name, value) in self {
            visit(name, value.view());
        }
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    fn empty() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Map(self)
    }

    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl<T: Value> Field for BTreeMap<String, T> {
    fn absent() -> Self {
        Self::new()
    }

    fn set_null(&mut self) {
        self.clear();
    }

    fn present(&mut self) -> Slot<'_> {
        self.clear();
        self.slot()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn view(&self) -> View<'_> {
        Value::view(self)
    }
}
