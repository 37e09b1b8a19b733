//! What the Seam API is like: `facts/` says which routes and resources there are, `words/` says what they
//! are called and what they mean.
//!
//! The facts are written by `cargo xtask import` and read by a person in a diff; [`Facts`] is both their
//! type and the two directions between it and the text. The words are written by hand and never touched
//! by a program: names of types, kinds of ids, which texts are secrets, whether a route may be repeated, and
//! the documentation of everything.

mod facts;
mod notation;
mod words;

pub use facts::{Facts, Field, Kind, Route, Schema, Type, Variant};
pub use notation::{NotationError, parse, print_routes, print_schemas, print_sources};
pub use words::{Glossary, Id, RouteWords, Safety, SecretDecision, Selector, TypeWords, Words};
