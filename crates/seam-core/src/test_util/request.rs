//! The parameters of an HTTP request, as a server reads them: the inverse of `parameters.rs` and `query.rs`.

use http::Method;
use serde_json::{
    Map, Value,
    map::Entry::{Occupied, Vacant},
};

use crate::{ParameterKind, Request, Spec};

/// How many names deep the parameters in a query may lie. No route comes near it.
const DEPTH_LIMIT: usize = 8;

/// Reads the parameters of `request` from its query or its body.
///
/// A query has no types: its strings become the kinds that the endpoint's [`Spec`] documents, where they can.
///
/// # Errors
///
/// When the body is not a JSON object, or a parameter of the query is nested too deeply or contradicts another. The
/// message quotes nothing of the request.
pub fn parameters(spec: &Spec, request: &Request) -> Result<Map<String, Value>, String> {
    if request.method() == Method::GET || request.method() == Method::DELETE {
        from_query(spec, request.uri().query().unwrap_or_default())
    } else if request.body().is_empty() {
        Ok(Map::new())
    } else {
        // The error of serde_json would quote the body, which may hold a PIN.
        serde_json::from_slice(request.body().as_ref()).map_err(|_| "The body is not a JSON object".to_owned())
    }
}

fn from_query(spec: &Spec, query: &str) -> Result<Map<String, Value>, String> {
    let mut parameters = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "_strict") {
        let kind = spec.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.kind);
        let value = match kind {
            // A list of nothing is written like none at all; of one thing like the thing itself.
            Some(ParameterKind::ListOf(_)) if text.is_empty() => Value::Array(Vec::new()),
            Some(ParameterKind::ListOf(kind)) if !parameters.contains_key(name.as_ref()) => {
                Value::Array(vec![read(Some(*kind), &text)])
            }
            Some(ParameterKind::ListOf(kind)) => read(Some(*kind), &text),
            kind => read(kind, &text),
        };
        let path: Vec<&str> = name.split('.').collect();
        match path.split_last() {
            Some((last, outer)) if outer.len() < DEPTH_LIMIT => insert(&mut parameters, outer, last, value)?,
            _ => return Err(format!("A parameter lies more than {DEPTH_LIMIT} names deep")),
        }
    }
    Ok(parameters)
}

/// A text of a query as what it is meant as.
fn read(kind: Option<ParameterKind>, text: &str) -> Value {
    match (kind, text) {
        (_, "") => Value::Null,
        (Some(ParameterKind::Boolean), "true") => Value::Bool(true),
        (Some(ParameterKind::Boolean), "false") => Value::Bool(false),
        (Some(ParameterKind::Integer), text) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        (Some(ParameterKind::Number), text) => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        (_, text) => text.into(),
    }
}

/// Puts a value in its place: `a.b` is a parameter within `a`, and a name that comes again makes a list.
fn insert(parameters: &mut Map<String, Value>, outer: &[&str], name: &str, value: Value) -> Result<(), String> {
    let first = outer.first().copied().unwrap_or(name);
    match (outer, parameters.entry(first)) {
        ([], Vacant(entry)) => {
            entry.insert(value);
            Ok(())
        }
        ([], Occupied(mut entry)) => match entry.get_mut() {
            Value::Object(_) => Err(contradiction()),
            Value::Array(values) => {
                values.push(value);
                Ok(())
            }
            first => {
                *first = Value::Array(vec![first.take(), value]);
                Ok(())
            }
        },
        ([_, inner @ ..], entry) => match entry.or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(nested) => insert(nested, inner, name, value),
            _ => Err(contradiction()),
        },
    }
}

fn contradiction() -> String {
    "A parameter is given both as a value and with parameters within it".to_owned()
}
