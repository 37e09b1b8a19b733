//! Structs as JSON objects.
//!
//! [`model!`] takes the place of serde's derive. A struct has a table of its fields, behind a trait object each, and one
//! reader, one writer, one comparison and one printer serve all structs: they are compiled once per format, where a derive
//! compiles each struct for each. With the size of this API that is the difference between seconds and minutes. The rules
//! of this crate are built in: `null` is the same as absent, a list may be absent, unknown fields and values of another
//! type are kept, and all of it is written back unchanged.
//!
//! | File | Concept |
//! |---|---|
//! | `value.rs` | [`Value`], what a JSON value is read into, and its [`Slot`] |
//! | `field.rs` | [`Field`], a value that may be absent |
//! | `scalar.rs`, `list.rs`, `entries.rs` | strings and numbers, lists, maps |
//! | `kind.rs` | [`ParameterKind`] |
//! | `table.rs` | [`Object`], the table of a struct |
//! | `view.rs` | [`View`], a value as it is written, compared and printed |
//! | `read.rs`, `write.rs` | the reader and the writer |
//! | `macros.rs` | [`model!`] and [`json_object!`](crate::json_object), which write the tables |

mod entries;
mod field;
mod kind;
mod list;
mod macros;
pub(crate) mod read;
mod scalar;
mod table;
mod value;
mod view;
mod write;

pub(crate) use self::{
    entries::Entries,
    field::Absence,
    list::List,
    macros::{model, model_constructor, model_setter},
    scalar::{Integer, Text, serde_by_value, text_value},
    table::{NO_NAMES, wire_name},
    view::{printed, whole},
    write::WithKept,
};
pub use self::{
    field::Field,
    kind::{Kind, ParameterKind},
    table::{Fields, FieldsMut, Names, Object, debug, equal},
    value::{Slot, Value},
    view::View,
    write::write,
};
