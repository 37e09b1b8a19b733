//! Structs as JSON objects.
//!
//! [`model!`] replaces serde's derive. Each struct has a table of its fields as trait objects, and all structs share
//! one reader, one writer, one comparison and one `Debug` implementation. These are compiled once per format, whereas a
//! derive compiles code for each struct and format, which would increase the build time of this API from seconds to
//! minutes. The rules of this crate are built in: `null` is the same as absent, a list may be absent, unknown fields
//! and values of an unexpected type are kept, and everything is serialized unchanged.
//!
//! | File | Concept |
//! |---|---|
//! | `traits.rs` | [`Value`], a type that is read from a JSON value, and its [`Slot`]; [`Field`], a value that may be absent; [`Object`], the table of a struct; [`View`], a value for writing, comparing and printing |
//! | `field.rs`, `scalar.rs`, `list.rs`, `entries.rs` | optional values, strings and numbers, lists, maps |
//! | `kind.rs` | [`ParameterKind`] |
//! | `table.rs`, `view.rs` | comparing and printing structs and values |
//! | `index.rs` | finding a field by its name |
//! | `read.rs`, `write.rs` | the reader and the writer |
//! | `macros.rs` | [`model!`] and [`json_object!`](crate::json_object), which define the tables |
//! | `value_macros.rs` | the macros for types that are a string, or any value, in JSON |

mod entries;
mod field;
mod index;
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
    index::{index, index_len},
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
