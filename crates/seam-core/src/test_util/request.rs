//! The parameters of an HTTP request as a server reads them, the inverse of `parameters.rs` and `query.rs`; and the
//! response limit of requests without a client.

use std::sync::Arc;

use serde_json::{
    Map, Value,
    map::Entry::{Occupied, Vacant},
};

use crate::{
    ParameterKind, Request, RequestExt, Spec,
    policy::context::{Carried, RequestContext},
    response::echo::Echoes,
};

/// The maximum nesting of parameters in a query. No route needs that many levels.
const DEPTH_LIMIT: usize = 8;

/// Reads the parameters of `request` from its query and its body. A parameter of the body replaces one of the query.
///
/// A query has no types: its strings are converted to the kinds in the endpoint's [`Spec`] if possible. A list is
/// repeated (`a=1&a=2`), written with brackets (`a[]=1&a[]=2`) or with commas (`a=1,2`), or is a single value. A member
/// of an object is written `a.b` or `a[b]`.
///
/// # Errors
///
/// Returns an error when the body is not a JSON object, or a documented parameter of the query is nested too deeply or
/// contradicts another. The message does not quote the request.
pub fn parameters(spec: &Spec, request: &Request) -> Result<Map<String, Value>, String> {
    let mut parameters = from_query(spec, request.uri().query().unwrap_or_default())?;
    if !request.body().is_empty() {
        // The error of serde_json would quote the body, which may hold a PIN.
        let body: Map<String, Value> =
            serde_json::from_slice(request.body().as_ref()).map_err(|_| "the body is not a JSON object".to_owned())?;
        parameters.extend(body);
    }
    Ok(parameters)
}

/// Sets what [`response_limit`](crate::RequestExt::response_limit) returns, for a request to a transport without a client.
pub fn set_response_limit(request: &mut Request, response_limit: usize) {
    let context = RequestContext {
        spec: request.spec(),
        response_limit,
        deadline: None,
        may_retry: false,
        device_ids: Vec::new(),
        echoes: Echoes::default(),
        redactor: Default::default(),
    };
    request.extensions_mut().insert(Carried::new(Arc::new(context)));
}

fn from_query(spec: &Spec, query: &str) -> Result<Map<String, Value>, String> {
    let mut parameters = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "_strict") {
        let path = path(&name);
        let parameter = path.first().and_then(|first| spec.parameters().iter().find(|known| known.name == *first));
        let Some(kind) = parameter.map(|parameter| parameter.kind) else {
            // A parameter that the description lacks may belong to an endpoint of the user. A server ignores it, so one
            // that contradicts another or is nested too deeply is dropped.
            if let Some((last, outer)) = path.split_last().filter(|(_, outer)| outer.len() < DEPTH_LIMIT) {
                let _ = insert(&mut parameters, outer, last, read(None, &text));
            }
            continue;
        };
        match (path.as_slice(), kind) {
            ([name], ParameterKind::ListOf(kind)) => {
                let list = parameters.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(values) = list {
                    // An empty list is written like an empty string.
                    if !text.is_empty() {
                        values.push(read(Some(*kind), &text));
                    }
                }
            }
            ([outer @ .., last], kind) if outer.len() < DEPTH_LIMIT => {
                let kind = Some(kind).filter(|_| outer.is_empty());
                insert(&mut parameters, outer, last, read(kind, &text))?;
            }
            _ => return Err(format!("a parameter is nested more than {DEPTH_LIMIT} levels deep")),
        }
    }
    for parameter in spec.parameters() {
        if let (ParameterKind::ListOf(kind), Some(Value::Array(values))) =
            (parameter.kind, parameters.get_mut(parameter.name))
        {
            split_at_commas(*kind, values);
        }
    }
    Ok(parameters)
}

/// Returns the path of a parameter: `a.b`, `a[b]`; `a[]` and `a[0]` are items of a list `a`.
fn path(name: &str) -> Vec<&str> {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let brackets = rest.split('[').map(|part| part.strip_suffix(']').unwrap_or(part));
    let is_index = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    first.split('.').chain(brackets.filter(|part| !is_index(part))).collect()
}

/// Splits a list that is written as one value with commas. A list that is repeated keeps its commas.
fn split_at_commas(kind: ParameterKind, values: &mut Vec<Value>) {
    if let [Value::String(text)] = values.as_slice() {
        if text.contains(',') {
            *values = text.split(',').map(|text| read(Some(kind), text)).collect();
        }
    }
}

/// Converts a string of a query to a value of the kind `kind`.
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

/// Inserts a value at a path: `a.b` is a parameter within `a`, and a repeated name creates a list.
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
    "a parameter is set both as a value and with nested parameters".to_owned()
}
