//! Whether parameters are what a route takes, as far as its `Spec` tells.

use seam_core::{ParameterKind, Spec};
use serde_json::{Map, Value};

use crate::ApiFault;

/// Refuses parameters that are missing or of the wrong type, with a message for each.
///
/// Parameters that the route does not know are refused if the request `is_strict`, and ignored otherwise.
pub(super) fn check(spec: &Spec, parameters: &Map<String, Value>, is_strict: bool) -> Result<(), ApiFault> {
    let given = |name: &str| parameters.get(name).filter(|value| !value.is_null());
    let mut problems = Vec::new();
    for parameter in spec.parameters {
        match given(parameter.name) {
            None if parameter.required => problems.push((parameter.name, "Required".to_owned())),
            None => {}
            Some(value) => problems.extend(mismatch(parameter.kind, value).map(|problem| (parameter.name, problem))),
        }
    }
    if is_strict {
        let is_known = |name: &str| spec.parameters.iter().any(|parameter| parameter.name == name);
        let unknown = parameters.keys().filter(|name| !is_known(name));
        problems.extend(unknown.map(|name| (name.as_str(), "Unknown parameter".to_owned())));
    }
    let is_selected = spec.selectors.iter().any(|names| names.iter().all(|name| given(name).is_some()));
    if !spec.selectors.is_empty() && !is_selected {
        let choices: Vec<String> = spec.selectors.iter().map(|names| names.join(" and ")).collect();
        problems.push(("", format!("Expected {}", choices.join(", or "))));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let fault = ApiFault::invalid_input("Invalid parameters");
    Err(problems.into_iter().fold(fault, |fault, (name, problem)| fault.with_validation_error(name, problem)))
}

/// What is wrong with a value of this kind, if anything.
fn mismatch(kind: ParameterKind, value: &Value) -> Option<String> {
    let (expected, fits) = match kind {
        ParameterKind::Boolean => ("a boolean", value.is_boolean()),
        ParameterKind::Integer => ("a number that is whole and not negative", value.is_u64()),
        ParameterKind::Number => ("a number", value.is_number()),
        ParameterKind::Object => ("an object", value.is_object()),
        ParameterKind::ListOf(kind) => {
            if let Value::Array(items) = value {
                return items.iter().find_map(|item| mismatch(*kind, item));
            }
            ("a list", false)
        }
        ParameterKind::Id | ParameterKind::Secret => {
            ("text that is not empty", value.as_str().is_some_and(|text| !text.is_empty()))
        }
        _ => ("text", value.is_string()),
    };
    // Never the value itself, which may be a PIN.
    let received = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) if kind == ParameterKind::Integer => "another one",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    (!fits).then(|| format!("Expected {expected}, received {received}"))
}
