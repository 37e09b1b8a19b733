//! Renders a request as a curl command with all secrets masked, for bug reports.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::{Request, RequestExt, response::redact::Redactor};

const MASK: &str = "***";

/// Returns the curl command that sends `request`, with `***` for every secret in the URL, the headers, and the names
/// and values of the body.
pub(crate) fn line(request: &Request, redactor: &Redactor) -> String {
    let url = redactor.mask(&request.uri().to_string());
    let mut line = format!("curl --request {} {}", request.method(), quoted(&url));
    for (name, value) in request.headers() {
        let value = match value.to_str() {
            // The scheme is kept because it identifies the kind of secret.
            Ok(text) if value.is_sensitive() && text.starts_with("Bearer ") => "Bearer ***".to_owned(),
            Ok(text) if !value.is_sensitive() => redactor.mask(text),
            _ => MASK.to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = write!(line, " --header {}", quoted(&format!("{name}: {value}")));
    }
    if let Ok(Value::Object(parameters)) = serde_json::from_slice(request.body().as_ref()) {
        let is_known = |name: &str| {
            request.spec().is_some_and(|spec| spec.parameters().iter().any(|parameter| parameter.name == name))
        };
        let parameters = masked_members(parameters, redactor, is_known);
        let _ = write!(line, " --data {}", quoted(&Value::Object(parameters).to_string()));
    }
    line
}

/// Masks the secrets in strings, numbers and member names.
fn masked(value: Value, redactor: &Redactor) -> Value {
    match value {
        Value::String(text) => redactor.mask(&text).into(),
        Value::Array(items) => items.into_iter().map(|item| masked(item, redactor)).collect(),
        Value::Object(members) => Value::Object(masked_members(members, redactor, |_| false)),
        Value::Number(number) if redactor.mask(&number.to_string()) != number.to_string() => MASK.into(),
        other => other,
    }
}

fn masked_members(
    members: Map<String, Value>,
    redactor: &Redactor,
    is_known: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let masked_name = |name: String| if is_known(&name) { name } else { redactor.mask(&name) };
    members.into_iter().map(|(name, value)| (masked_name(name), masked(value, redactor))).collect()
}

/// Quotes a string for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
