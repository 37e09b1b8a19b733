//! Comparing and printing structs by their tables.

use std::fmt;

use super::{Fields, FieldsMut, Names, Object};
use crate::Extra;

/// The names of an object without fields of its own.
const NO_NAMES: &Names = &Names { object: "", fields: &[], required: 0, tag: None, index: &[] };

/// An object without known fields.
impl Object for Extra {
    fn names(&self) -> &'static Names {
        NO_NAMES
    }

    fn fields(&self, visit: &mut Fields<'_>) {
        visit(NO_NAMES, &[], &[], Some(self));
    }

    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>) {
        visit(&mut [], &mut [], Some(self), None);
    }
}

/// Returns the JSON name of a field from its Rust identifier: without the `r#` of a raw one.
#[doc(hidden)]
#[must_use]
pub const fn wire_name(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', name @ ..] => match std::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => identifier,
        },
        _ => identifier,
    }
}

/// Returns whether two objects of the same type are equal.
#[doc(hidden)]
#[must_use]
pub fn equal(left: &dyn Object, right: &dyn Object) -> bool {
    let mut is_equal = true;
    let mut part = 0;
    left.fields(&mut |_, required, optional, extra| {
        let mut other_part = 0;
        right.fields(&mut |_, other_required, other_optional, other_extra| {
            let mut values = required.iter().zip(other_required);
            let mut fields = optional.iter().zip(other_optional);
            is_equal &= part != other_part
                || values.all(|(left, right)| left.view() == right.view())
                    // Absent and `null` have the same view, but are not equal.
                    && fields.all(|(left, right)| left.is_absent() == right.is_absent() && left.view() == right.view())
                    && extra == other_extra;
            other_part += 1;
        });
        part += 1;
    });
    is_equal
}

/// Prints `object` without its absent fields. Secrets are printed as `***`.
#[doc(hidden)]
pub fn debug(object: &dyn Object, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut printed = f.debug_struct(object.names().object);
    object.fields(&mut |names, required, optional, extra| {
        let (required_names, optional_names) = names.fields.split_at(names.required);
        for (name, value) in required_names.iter().zip(required) {
            printed.field(name, &value.view());
        }
        for (name, field) in optional_names.iter().zip(optional).filter(|(_, field)| !field.is_absent()) {
            printed.field(name, &field.view());
        }
        if let Some(extra) = extra.filter(|extra| !extra.is_empty()) {
            printed.field("extra", extra);
        }
    });
    printed.finish()
}
