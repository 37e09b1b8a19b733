//! Lists.

use super::{Field, List, Slot, Value, View};

impl<T: Value> List for Vec<T> {
    fn push(&mut self) -> Slot<'_> {
        self.push(T::empty());
        self.last_mut().map_or(Slot::Nothing, Value::slot)
    }

    fn pop(&mut self) {
        self.pop();
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, index: usize) -> View<'_> {
        self.as_slice().get(index).map_or(View::Null, Value::view)
    }
}

impl<T: Value> Value for Vec<T> {
    fn empty() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::List(self)
    }

    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Value> Field for Vec<T> {
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
