//! Serializes a request to its parameters: a JSON object, or an error that names the parameter that cannot be sent.

use std::{cell::RefCell, fmt};

use seam_model::{__private::SECRET, Token};
use serde::ser::{self, Serialize};
use serde_json::{Map, Value};

use crate::Spec;

/// The error of a parameter that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParameterError {
    /// The name of the parameter, with the names of nested parameters after dots.
    name: String,
    problem: String,
}

impl ParameterError {
    pub(crate) fn new(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { name: name.into(), problem: problem.into() }
    }

    /// Returns the name of the parameter, with the names of nested parameters after dots. Empty when the error concerns
    /// the whole request.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn within(mut self, outer: &str) -> Self {
        self.name = if self.name.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.name) };
        self
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { f.write_str(&self.problem) } else { write!(f, "{} {}", self.name, self.problem) }
    }
}

impl ser::Error for ParameterError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("", format!("cannot be serialized: {message}"))
    }
}

/// The parameter that the client sets in each query.
pub(crate) const STRICT: &str = "_strict";

/// Returns whether a query omits the value of a parameter, or a member of it.
fn is_omitted_from_queries(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.is_empty() || members.values().any(is_omitted_from_queries),
        _ => false,
    }
}

/// The parameters of a request, and the secrets among them at any depth.
pub(crate) struct Parameters {
    pub(crate) values: Map<String, Value>,
    pub(crate) secrets: Vec<Token>,
}

/// A parameter that a caller adds to a request.
#[derive(Clone)]
pub(crate) struct Added {
    pub(crate) name: String,
    value: Result<Value, ParameterError>,
    secrets: Vec<Token>,
}

impl Added {
    pub(crate) fn new<T: Serialize + ?Sized>(name: String, value: &T) -> Self {
        let secrets = Secrets::default();
        let value = value.serialize(Collector(&secrets)).map_err(|error| error.within(&name));
        Self { name, value, secrets: secrets.into_inner() }
    }

    pub(crate) fn secret(name: String, secret: Token) -> Self {
        Self { name, value: Ok(secret.expose_secret().into()), secrets: vec![secret] }
    }
}

impl Parameters {
    /// Adds a parameter, which must not be set yet.
    pub(crate) fn add(&mut self, spec: &Spec, added: &Added) -> Result<(), ParameterError> {
        let reject = |problem| Err(ParameterError::new(&added.name, problem));
        if added.name.is_empty() {
            return reject("an added parameter needs a name");
        }
        if self.values.contains_key(&added.name) {
            return reject("is already set and cannot be added");
        }
        if added.name == STRICT {
            return reject("is set by the client and cannot be added");
        }
        if spec.is_paginated() && added.name == "page_cursor" {
            return reject("has its own setter and cannot be added");
        }
        let value = added.value.clone()?;
        self.secrets.extend_from_slice(&added.secrets);
        if spec.parameters().iter().any(|known| known.name == added.name && known.kind.is_secret()) {
            add_scalars(&value, &mut self.secrets);
        }
        if spec.takes_query() && self.secrets.is_empty() && is_omitted_from_queries(&value) {
            return reject("must not be empty, because a query omits empty values");
        }
        self.values.insert(added.name.clone(), value);
        Ok(())
    }
}

/// Adds all strings and numbers in `value`.
fn add_scalars(value: &Value, secrets: &mut Vec<Token>) {
    match value {
        Value::String(text) => secrets.push(text.as_str().into()),
        Value::Number(number) => secrets.push(number.to_string().as_str().into()),
        Value::Array(items) => items.iter().for_each(|item| add_scalars(item, secrets)),
        Value::Object(members) => members.values().for_each(|member| add_scalars(member, secrets)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Serializes `request` to its parameters.
pub(crate) fn collect<T: Serialize + ?Sized>(request: &T) -> Result<Parameters, ParameterError> {
    let secrets = Secrets::default();
    match request.serialize(Collector(&secrets))? {
        Value::Object(values) => Ok(Parameters { values, secrets: secrets.into_inner() }),
        _ => Err(ParameterError::new("", "the parameters of a request must be an object")),
    }
}

type Secrets = RefCell<Vec<Token>>;

/// Serializes to [`Value`] like serde_json, but rejects numbers that JSON cannot express (serde_json writes `null` for
/// them), names the parameter in errors, and records the values of secret types.
#[derive(Clone, Copy)]
struct Collector<'a>(&'a Secrets);

type Collected = Result<Value, ParameterError>;

impl<'a> ser::Serializer for Collector<'a> {
    type Ok = Value;
    type Error = ParameterError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    fn serialize_bool(self, value: bool) -> Collected {
        Ok(value.into())
    }

    fn serialize_i8(self, value: i8) -> Collected {
        Ok(value.into())
    }

    fn serialize_i16(self, value: i16) -> Collected {
        Ok(value.into())
    }

    fn serialize_i32(self, value: i32) -> Collected {
        Ok(value.into())
    }

    fn serialize_i64(self, value: i64) -> Collected {
        Ok(value.into())
    }

    fn serialize_u8(self, value: u8) -> Collected {
        Ok(value.into())
    }

    fn serialize_u16(self, value: u16) -> Collected {
        Ok(value.into())
    }

    fn serialize_u32(self, value: u32) -> Collected {
        Ok(value.into())
    }

    fn serialize_u64(self, value: u64) -> Collected {
        Ok(value.into())
    }

    fn serialize_f32(self, value: f32) -> Collected {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Collected {
        match serde_json::Number::from_f64(value) {
            Some(number) => Ok(number.into()),
            None => Err(ParameterError::new("", format!("is {value}, which JSON cannot express"))),
        }
    }

    fn serialize_char(self, value: char) -> Collected {
        Ok(value.to_string().into())
    }

    fn serialize_str(self, value: &str) -> Collected {
        Ok(value.into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Collected {
        Err(ParameterError::new("", "is bytes, which JSON cannot express"))
    }

    fn serialize_none(self) -> Collected {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Collected {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Collected {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Collected {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Collected {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Collected {
        let value = value.serialize(self)?;
        if let (SECRET, Value::String(secret)) = (name, &value) {
            self.0.borrow_mut().push(secret.as_str().into());
        }
        Ok(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Collected {
        let mut object = Object::new(self);
        object.insert(variant.to_owned(), value)?;
        Ok(Value::Object(object.entries))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, ParameterError> {
        Ok(List::new(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, ParameterError> {
        Ok(List::new(self))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, ParameterError> {
        Ok(List::new(self))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, ParameterError> {
        Ok(List { variant: Some(variant), ..List::new(self) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, ParameterError> {
        Ok(Object::new(self))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Object<'a>, ParameterError> {
        Ok(Object { is_number: name == NUMBER, ..Object::new(self) })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, ParameterError> {
        Ok(Object { variant: Some(variant), ..Object::new(self) })
    }
}

/// The struct with the digits of a number that serde_json serializes when a crate of the program enables its feature
/// `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

/// A serializer of a list; `variant` wraps it in an object, as serde's external tagging does.
struct List<'a> {
    collector: Collector<'a>,
    items: Vec<Value>,
    variant: Option<&'static str>,
}

impl<'a> List<'a> {
    fn new(collector: Collector<'a>) -> Self {
        Self { collector, items: Vec::new(), variant: None }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParameterError> {
        let item = value.serialize(self.collector).map_err(|error| error.within(&self.items.len().to_string()))?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> Value {
        wrap(self.variant, Value::Array(self.items))
    }
}

/// A serializer of an object; `variant` wraps it in another, as serde's external tagging does.
struct Object<'a> {
    collector: Collector<'a>,
    entries: Map<String, Value>,
    key: String,
    variant: Option<&'static str>,
    /// Whether it is a [`NUMBER`].
    is_number: bool,
}

impl<'a> Object<'a> {
    fn new(collector: Collector<'a>) -> Self {
        Self { collector, entries: Map::new(), key: String::new(), variant: None, is_number: false }
    }

    fn insert<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<(), ParameterError> {
        let value = value.serialize(self.collector).map_err(|error| error.within(&key))?;
        self.entries.insert(key, value);
        Ok(())
    }

    fn finish(self) -> Collected {
        if self.is_number {
            let text = self.entries.get(NUMBER).and_then(Value::as_str).unwrap_or_default();
            return text.parse().map(Value::Number).map_err(ser::Error::custom);
        }
        Ok(wrap(self.variant, Value::Object(self.entries)))
    }
}

fn wrap(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::Object(Map::from_iter([(variant.to_owned(), value)])),
        None => value,
    }
}

/// Implements one of serde's compound traits by [`List::push`] and [`List::finish`].
macro_rules! list_of {
    ($($trait:ident::$method:ident),*) => { $(
        impl ser::$trait for List<'_> {
            type Ok = Value;
            type Error = ParameterError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParameterError> {
                self.push(value)
            }

            fn end(self) -> Collected {
                Ok(self.finish())
            }
        }
    )* };
}

list_of! {
    SerializeSeq::serialize_element, SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field, SerializeTupleVariant::serialize_field
}

/// Implements one of serde's struct traits by [`Object::insert`] and [`Object::finish`].
macro_rules! object_of {
    ($($trait:ident),*) => { $(
        impl ser::$trait for Object<'_> {
            type Ok = Value;
            type Error = ParameterError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), ParameterError> {
                self.insert(key.to_owned(), value)
            }

            fn end(self) -> Collected {
                self.finish()
            }
        }
    )* };
}

object_of! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Object<'_> {
    type Ok = Value;
    type Error = ParameterError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ParameterError> {
        self.key = match key.serialize(self.collector)? {
            Value::String(key) => key,
            Value::Number(key) => key.to_string(),
            Value::Bool(key) => key.to_string(),
            _ => return Err(ParameterError::new("", "has a key that is not a string")),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParameterError> {
        let key = std::mem::take(&mut self.key);
        self.insert(key, value)
    }

    fn end(self) -> Collected {
        self.finish()
    }
}
