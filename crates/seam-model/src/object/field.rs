//! Fields that may be absent.

use super::{Field, Slot, Value, View};

impl<T: Value> Field for Option<T> {
    fn absent() -> Self {
        None
    }

    fn set_null(&mut self) {
        *self = None;
    }

    fn present(&mut self) -> Slot<'_> {
        self.insert(T::empty()).slot()
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Null, Value::view)
    }
}
