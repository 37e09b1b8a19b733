//! The table of a struct: its names, and its fields behind trait objects.

use std::fmt;

use super::{Field, Value};
use crate::{Extra, mismatch::Mismatches};

/// The names of a struct and its fields.
#[derive(Debug)]
pub struct Names {
    /// The name of the struct.
    pub object: &'static str,
    /// The names of the required fields, and after them those of the others, as they are in Rust.
    pub fields: &'static [&'static str],
    /// How many of them are required.
    pub required: usize,
}

/// Borrows all fields of a struct at once, in the order of [`Names::fields`].
pub type FieldsMut<'f> = dyn FnMut(&mut [&mut dyn Value], &mut [&mut dyn Field], Option<&mut Extra>) + 'f;
/// Borrows all fields of a struct, in the order of the names that come with them.
pub type Fields<'f> = dyn FnMut(&'static Names, &[&dyn Value], &[&dyn Field], Option<&Extra>) + 'f;

/// A struct that is an object in JSON. Implemented by [`json_object!`](crate::json_object).
pub trait Object {
    /// The names of its fields.
    fn names(&self) -> &'static Names;
    /// Passes its fields to `visit`, all at once or in parts.
    fn fields(&self, visit: &mut Fields<'_>);
    /// Passes its fields to `visit`, for changing them.
    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>);
    /// Called when all fields were read. Returns the mismatches in what is read only now.
    fn finish(&mut self) -> Option<Box<Mismatches>> {
        None
    }
}

/// The names of an object without fields of its own.
pub(crate) const NO_NAMES: &Names = &Names { object: "", fields: &[], required: 0 };

/// The field name of a Rust identifier: without the `r#` of a raw one.
pub(crate) fn wire_name(identifier: &'static str) -> &'static str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
}

/// Whether two objects of one type say the same.
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
                    // Not given and `null` look the same, but are not.
                    && fields.all(|(left, right)| left.is_blank() == right.is_blank() && left.view() == right.view())
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
            printed.field(wire_name(name), &value.view());
        }
        for (name, field) in optional_names.iter().zip(optional).filter(|(_, field)| !field.is_blank()) {
            printed.field(wire_name(name), &field.view());
        }
        if let Some(extra) = extra.filter(|extra| !extra.is_empty()) {
            printed.field("extra", extra);
        }
    });
    printed.finish()
}
