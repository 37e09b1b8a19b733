//! Routes that add devices and other resources, and change what a person at the device would change.

use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

use super::members::{boolean, id, invalid, member, required, string_member, strings};
use crate::{
    NewDevice,
    builders::{self, kinds},
    call::{Answer, not_found},
    dependent::battery_status,
    json::{Object, inner, object, set},
    render,
    routes::{
        connect_webviews::{self, SignIn},
        generic::done,
    },
    state::State,
    tables::{self, Device, Id, Resource, Table, Workspace, workspace_of},
};

/// Adds a resource of any kind as JSON.
pub(super) fn add(state: &mut State, members: &Object) -> Answer {
    let kind = required("kind", string_member(members, "kind")?)?;
    let table = tables::by_name(kind);
    let table = table.ok_or_else(|| invalid("kind", &format!("expected one of {}", kinds())))?;
    let resource = required("resource", member(members, "resource", "an object", Value::as_object)?)?;
    for (name, value) in resource.iter().filter(|(name, _)| *name == table.id || *name == "workspace_id") {
        if !value.is_string() {
            return Err(invalid("resource", &format!("expected a string as {name}")));
        }
    }
    let id = builders::add_resource(state, table, resource.clone());
    added(state, table, &id)
}

/// Adds a device of a type, with its dependent fields.
pub(super) fn add_device(state: &mut State, members: &Object) -> Answer {
    let mut device = NewDevice::of_type(required("device_type", string_member(members, "device_type")?)?);
    if let Some(id) = string_member(members, "device_id")? {
        device = device.id(id);
    }
    if let Some(name) = string_member(members, "name")? {
        device = device.name(name);
    }
    if let Some(workspace) = id::<Workspace>(members, "workspace_id")? {
        if state.get(&workspace).is_none() {
            return Err(not_found(Workspace::TABLE));
        }
        device = device.workspace(workspace.as_str());
    }
    for space in strings(members, "space_ids")? {
        device = device.in_space(space);
    }
    if let Some(level) = battery_level(members)? {
        device = device.battery(level);
    }
    if boolean(members, "online")? == Some(false) {
        device = device.offline();
    }
    device = match boolean(members, "locked")? {
        Some(true) => device.locked(),
        Some(false) => device.unlocked(),
        None => device,
    };
    if boolean(members, "is_managed")? == Some(false) {
        device = device.unmanaged();
    }
    for (name, value) in member(members, "properties", "an object", Value::as_object)?.into_iter().flatten() {
        device = device.property(name, value.clone());
    }
    let id = device.add_to(state);
    added(state, Device::TABLE, &id)
}

/// Returns the response with an added resource.
fn added(state: &State, table: &'static Table, id: &str) -> Answer {
    let resource = state.table(table).get(id).map(|row| render::resource(table, row));
    Ok(object(json!({ "id": id, "resource": resource })))
}

/// Sets the battery level of a device, from 0 to 1, and emits the resulting events.
pub(super) fn set_battery_level(state: &mut State, members: &Object) -> Answer {
    let (id, workspace) = device_of(state, members)?;
    let level = required("battery_level", battery_level(members)?)?;
    let status = battery_status(level);
    let Some(properties) = state.get_mut(&id).and_then(|device| inner(device, "properties")) else {
        return Err(not_found(Device::TABLE));
    };
    set(properties, "battery_level", level);
    set(properties, "battery", json!({ "level": level, "status": status }));
    let about = json!({ "device_id": id, "battery_level": level });
    if matches!(status, "critical" | "low") {
        state.emit("device.low_battery", &workspace, object(about.clone()));
    }
    let mut about = object(about);
    set(&mut about, "battery_status", status);
    state.emit("device.battery_status_changed", &workspace, about);
    done()
}

fn battery_level(members: &Object) -> Result<Option<f64>, ApiFault> {
    let level = |value: &Value| value.as_f64().filter(|level| (0.0..=1.0).contains(level));
    member(members, "battery_level", "a number from 0 to 1", level)
}

/// Returns the device of a control request, and its workspace.
pub(super) fn device_of(state: &State, members: &Object) -> Result<(Id<Device>, Id<Workspace>), ApiFault> {
    let id = required("device_id", id(members, "device_id")?)?;
    let device = state.get(&id).ok_or_else(|| not_found(Device::TABLE))?;
    let workspace = workspace_of(device);
    Ok((id, workspace))
}

/// Completes the sign-in on a connect webview, or fails it.
pub(super) fn complete_connect_webview(state: &mut State, members: &Object) -> Answer {
    let id = &required("connect_webview_id", id(members, "connect_webview_id")?)?;
    match string_member(members, "status")? {
        None | Some("authorized") => connect_webviews::complete(state, id, &SignIn::default())?,
        Some("failed") => connect_webviews::fail(state, id)?,
        Some(_) => return Err(invalid("status", "expected 'authorized' or 'failed'")),
    }
    done()
}
