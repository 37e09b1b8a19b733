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
//! | `traits.rs` | [`Value`], what a JSON value is read into, and its [`Slot`]; [`Field`], a value that may be absent; [`Object`], the table of a struct; [`View`], a value as it is written, compared and printed |
//! | `field.rs`, `scalar.rs`, `list.rs`, `entries.rs` | optional values, strings and numbers, lists, maps |
//! | `kind.rs` | [`ParameterKind`] |
//! | `table.rs`, `view.rs` | comparing and printing structs and values |
//! | `read.rs`, `write.rs` | the reader and the writer |
//! | `macros.rs` | [`model!`] and [`json_object!`](crate::json_object), which write the tables |
//! | `value_macros.rs` | the macros for types that are a string, or anything, in JSON |

mod entries;
mod field;
mod kind;
mod list;
mod macros;
pub(crate) mod read;
mod scalar;
mod table;
mod traits;
mod value_macros;
mod view;
mod write;

pub use self::{
    kind::{Kind, ParameterKind},
    table::{debug, equal, wire_name},
    traits::{Field, Fields, FieldsMut, Names, Object, Slot, Table, Value, View},
    view::SECRET,
    write::write,
};
pub(crate) use self::{
    macros::{model, model_constructor, model_setter},
    traits::{Entries, Integer, List, Text, Time},
    value_macros::{serde_by_value, text_value},
    view::{printed, whole},
    write::WithKept,
};
