//! Access to thermostats and their properties, and their events.

use seam_core::test_util::ApiFault;
use serde_json::Value;

use crate::{
    call::{Call, not_found},
    json::{Object, inner, object, set},
    routes::generic,
    state::State,
    tables::{Device, Id, Resource, workspace_of},
};

/// Returns the thermostat of a call.
pub(crate) fn thermostat<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    let device = call.find(state, &call.id::<Device>())?;
    if generic::is_thermostat(device) { Ok(device) } else { Err(not_found(Device::TABLE)) }
}

/// Returns the properties of a device.
pub(crate) fn properties(device: &Object) -> Option<&Object> {
    device.get("properties")?.as_object()
}

/// Returns the properties of a device in the state for a change.
pub(crate) fn properties_mut<'a>(state: &'a mut State, device_id: &Id<Device>) -> Option<&'a mut Object> {
    inner(state.get_mut(device_id)?, "properties")
}

/// Returns a property of a device in the state; `None` for null.
pub(crate) fn property<'a>(state: &'a State, device_id: &Id<Device>, name: &str) -> Option<&'a Value> {
    properties(state.get(device_id)?)?.get(name).filter(|value| !value.is_null())
}

/// Emits an event of a thermostat.
pub(crate) fn emit(state: &mut State, event_type: &str, device_id: &Id<Device>, fields: Value) {
    let workspace = state.get(device_id).map(workspace_of).unwrap_or_default();
    let mut event = object(fields);
    set(&mut event, "device_id", device_id);
    state.emit(event_type, &workspace, event);
}

/// Whether a thermostat follows its weekly program while no schedule is active.
pub(crate) fn follows_weekly_program(state: &State, device_id: &Id<Device>) -> bool {
    property(state, device_id, "_follows_week").is_some_and(|follows| follows == &Value::Bool(true))
}
