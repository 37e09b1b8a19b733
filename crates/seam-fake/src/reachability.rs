//! Reachability of devices, and the errors of unreachable ones.

use serde_json::{Value, json};

use crate::{
    json::collect_object,
    scheduler::ActionError,
    state::State,
    tables::{Device, Id},
};

/// Returns the errors of an unreachable device; empty if it is reachable.
pub(crate) fn errors(state: &State, device_id: &Id<Device>) -> Vec<Value> {
    // A test may have added a code without its device.
    let Some(device) = state.get(device_id) else { return Vec::new() };
    let errors = device.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_online = device.get("properties").and_then(|properties| properties.get("online")) != Some(&json!(false));
    if errors.is_empty() && !is_online {
        return vec![json!({
            "error_code": "device_offline", "message": "The device is offline", "created_at": state.now_string(),
            "is_device_error": true,
        })];
    }
    errors
}

/// Checks that a device is reachable, and returns the error of the action otherwise.
pub(crate) fn check(state: &State, device_id: &Id<Device>) -> Result<(), ActionError> {
    if state.get(device_id).is_none() {
        return Err(ActionError::new("device_removed", "The device was removed"));
    }
    match errors(state, device_id).first() {
        Some(error) => Err(action_error(error)),
        None => Ok(()),
    }
}

/// Returns the error of an action that fails because of an error of its device or access code.
pub(crate) fn action_error(error: &Value) -> ActionError {
    let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    ActionError::new(field("error_code"), field("message"))
}

/// Returns errors of devices and access codes in the form of events.
pub(crate) fn in_event(errors: &[Value]) -> Value {
    let part = |error: &Value| {
        let names = ["created_at", "message", "error_code"];
        let field = |name: &&str| ((*name).to_owned(), error.get(name).cloned().unwrap_or_default());
        collect_object(&mut names.iter().map(field))
    };
    errors.iter().map(part).collect::<Vec<_>>().into()
}
