//! Masking of parameters that may be secret.

use seam_core::ParameterKind;
use serde_json::Value;

/// Replaces a value that may be secret.
pub(crate) const MASK: &str = "***";

/// Whether a value of a parameter of this kind cannot be secret: it is an identifier, a time, a number or a boolean, or a
/// list of these.
///
/// The request may be invalid, so the value need not have the type of the parameter. An object that is sent as an
/// identifier may contain anything.
pub(crate) fn is_not_secret(kind: ParameterKind, value: &Value) -> bool {
    match (kind, value) {
        (ParameterKind::Id | ParameterKind::Time, value) => value.is_string() || value.is_null(),
        (ParameterKind::Boolean | ParameterKind::Integer | ParameterKind::Number, value) => {
            !value.is_array() && !value.is_object()
        }
        (ParameterKind::ListOf(kind), Value::Array(values)) => values.iter().all(|value| is_not_secret(*kind, value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const IDS: ParameterKind = ParameterKind::ListOf(&ParameterKind::Id);

    #[test]
    fn only_values_that_cannot_be_secret_pass() {
        for (kind, value) in [
            (ParameterKind::Id, json!("device_1")),
            (ParameterKind::Time, json!("2026-11-24T09:00:00Z")),
            (ParameterKind::Integer, json!(5)),
            (ParameterKind::Boolean, json!("true")),
            (IDS, json!(["device_1", "device_2"])),
        ] {
            assert!(is_not_secret(kind, &value), "{value}");
        }
        for (kind, value) in [
            (ParameterKind::Text, json!("4711")),
            (ParameterKind::Id, json!({ "code": "4711" })),
            (ParameterKind::Number, json!(["4711"])),
            (IDS, json!(["device_1", { "code": "4711" }])),
            (IDS, json!("4711")),
        ] {
            assert!(!is_not_secret(kind, &value), "{value}");
        }
    }
}
