//! Devices: their settings, and simulations in a sandbox.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    device,
    json::{Object, flag, inner, object, set, string},
    providers::{self, PROVIDERS},
    reachability,
    routes::pages,
    routes::{
        access_codes::{backups, lifecycle},
        access_methods,
        generic::{self, is_managed, only_in_sandbox},
    },
    state::State,
    tables::{Device, Id, Resource, workspace_of},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/devices/list" => |state, call| list(state, call, is_managed),
        "/devices/unmanaged/list" => |state, call| list(state, call, |device| !is_managed(device)),
        "/devices/update" => update,
        "/devices/unmanaged/update" => update_unmanaged,
        "/devices/list_device_providers" => list_device_providers,
        "/devices/report_provider_metadata" => report_provider_metadata,
        "/devices/simulate/connect" => |state, call| restore(state, call, "can_simulate_connection", OFFLINE),
        "/devices/simulate/connect_to_hub" => |state, call| restore(state, call, "can_simulate_hub_connection", HUB),
        "/devices/simulate/disconnect" => |state, call| disconnect(state, call, "can_simulate_disconnection", OFFLINE),
        "/devices/simulate/disconnect_from_hub" => {
            |state, call| disconnect(state, call, "can_simulate_hub_disconnection", HUB)
        }
        "/devices/simulate/paid_subscription" => paid_subscription,
        "/devices/simulate/remove" => remove,
        _ => return None,
    })
}

/// An error of a device: its code and message, and its code in events.
struct DeviceError {
    error_code: &'static str,
    message: &'static str,
    event_code: &'static str,
}

const OFFLINE: &DeviceError =
    &DeviceError { error_code: "device_offline", message: "The device is offline", event_code: "device_disconnected" };
const HUB: &DeviceError = &DeviceError {
    error_code: "hub_disconnected",
    message: "The hub of the device is disconnected",
    event_code: "hub_disconnected",
};
const REMOVED: &DeviceError = &DeviceError {
    error_code: "device_removed",
    message: "The device was removed from its account",
    event_code: "device_disconnected",
};
const SUBSCRIPTION: &DeviceError = &DeviceError {
    error_code: "subscription_required",
    message: "The device requires a paid subscription",
    event_code: "device_disconnected",
};

/// Returns the managed device with this identifier, if it is visible to the caller.
pub(crate) fn managed<'a>(state: &'a State, call: &Call, id: &Id<Device>) -> Result<&'a Object, ApiFault> {
    let device = call.find(state, id)?;
    if is_managed(device) {
        Ok(device)
    } else {
        Err(ApiFault::new(400, "device_unmanaged", "The device is not managed: see /devices/unmanaged/update"))
    }
}

/// Emits an event about a device: `device.…`, or `device.unmanaged.…` for some events of unmanaged devices.
fn emit(state: &mut State, id: &Id<Device>, event: &str, more: Value) {
    let Some(device) = state.get(id) else { return };
    let workspace = workspace_of(device);
    let has_own_event = ["connected", "disconnected"].contains(&event);
    let event = if has_own_event && !is_managed(device) {
        format!("device.unmanaged.{event}")
    } else {
        format!("device.{event}")
    };
    let mut about = object(more);
    set(&mut about, "device_id", id);
    state.emit(&event, &workspace, about);
}

// --- Lists.

fn list(state: &mut State, call: &Call, keep: fn(&Object) -> bool) -> Answer {
    pages::page(state, call, Device::TABLE, keep)
}

fn list_device_providers(_: &mut State, call: &Call) -> Answer {
    let category = call.string("provider_category");
    let is_in_category =
        |provider: &&providers::Provider| category.is_none_or(|category| provider.categories.contains(&category));
    let providers: Vec<Value> = PROVIDERS
        .iter()
        .filter(is_in_category)
        .map(|provider| {
            let mut about = object(provider.capabilities());
            about.extend(object(json!({
                "device_provider_name": provider.name, "display_name": provider.display_name,
                "image_url": provider.image_url(), "provider_categories": provider.categories,
            })));
            Value::Object(about)
        })
        .collect();
    Ok(object(json!({ "device_providers": providers })))
}

// --- Changes.

fn update(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<Device>();
    let device = managed(state, call, &id)?;
    let pool = call.parameters.get("backup_access_code_pool_enabled").and_then(Value::as_bool);
    let supports_pool = device::property(device, "supports_backup_access_code_pool") == Some(&json!(true));
    if pool == Some(true) && !supports_pool {
        return Err(ApiFault::new(400, "device_type_not_supported", "The device does not support backup codes"));
    }
    let in_properties = call.parameters.get("properties").and_then(|properties| properties.get("name"));
    if let Some(name) = call.parameters.get("name").or(in_properties) {
        rename(state, &id, name.as_str());
    }
    change_metadata(state, call, &id);
    if let Some(enabled) = pool {
        if let Some(properties) = state.get_mut(&id).and_then(|device| inner(device, "properties")) {
            set(properties, "backup_access_code_pool_enabled", enabled);
        }
        if enabled {
            backups::fill(state, &id);
        } else {
            backups::drain(state, &id);
        }
    }
    if call.parameters.get("is_managed") == Some(&json!(false)) {
        if let Some(device) = state.get_mut(&id) {
            set(device, "is_managed", false);
        }
        emit(state, &id, "converted_to_unmanaged", json!({}));
    }
    generic::done()
}

/// Changes the name of a device; `None` restores the provider's name.
fn rename(state: &mut State, id: &Id<Device>, name: Option<&str>) {
    let Some(device) = state.get_mut(id) else { return };
    let old = string(device, "display_name").unwrap_or_default().to_owned();
    let original = string(device, "_original_name").unwrap_or(&old).to_owned();
    let name = name.unwrap_or(&original).to_owned();
    set(device, "_original_name", original);
    set(device, "display_name", name.as_str());
    if let Some(properties) = inner(device, "properties") {
        set(properties, "name", name.as_str());
    }
    if name != old {
        emit(state, id, "name_changed", json!({ "device_name": name }));
    }
}

/// Applies the custom metadata of the call. `null` removes an entry.
fn change_metadata(state: &mut State, call: &Call, id: &Id<Device>) {
    let mut metadata = Object::new();
    if let Some(given) = call.parameters.get("custom_metadata") {
        set(&mut metadata, "custom_metadata", given.clone());
    }
    if let Some(device) = state.get_mut(id) {
        generic::change(device, &metadata, Device::TABLE);
    }
}

fn update_unmanaged(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<Device>();
    if is_managed(call.find(state, &id)?) {
        return Err(ApiFault::new(400, "device_managed", "The device is managed: see /devices/update"));
    }
    change_metadata(state, call, &id);
    if flag(&call.parameters, "is_managed") {
        if let Some(device) = state.get_mut(&id) {
            set(device, "is_managed", true);
        }
        emit(state, &id, "unmanaged.converted_to_managed", json!({}));
    }
    generic::done()
}

/// Stores reported metadata: time zones, which some providers do not supply.
fn report_provider_metadata(state: &mut State, call: &Call) -> Answer {
    let devices = call.parameters.get("devices").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut reports = Vec::new();
    for report in devices.iter().filter_map(Value::as_object) {
        let id = Id::<Device>::of(report).unwrap_or_default();
        let provider = providers::of_device(call.find(state, &id)?).map_or("", |provider| provider.name);
        for (name, metadata) in report.iter().filter(|(_, metadata)| metadata.is_object()) {
            if name.strip_suffix("_metadata") != Some(provider) {
                return Err(invalid(name, "The device has another provider"));
            }
            reports.push((id.clone(), name.clone(), metadata.clone()));
        }
    }
    for (id, name, metadata) in reports {
        let Some(device) = state.get_mut(&id) else { continue };
        if let (Some(time_zone), Some(location)) = (metadata.get("time_zone"), inner(device, "location")) {
            set(location, "time_zone", time_zone.clone());
        }
        if let Some(known) = inner(device, "properties").and_then(|properties| inner(properties, &name)) {
            known.extend(object(metadata));
        }
    }
    generic::done()
}

/// Updates the codes of a device after a change of its reachability, and continues pending work.
pub(crate) fn reachability_changed(state: &mut State, device_id: &Id<Device>) {
    let is_reachable = reachability::errors(state, device_id).is_empty();
    lifecycle::device_changed(state, device_id, is_reachable);
    if is_reachable {
        access_methods::lifecycle::device_reachable(state, device_id);
    }
}

// --- Simulations.

/// Returns the device of a simulation, if it has the capability.
fn simulated(state: &State, call: &Call, capability: &str) -> Result<Id<Device>, ApiFault> {
    only_in_sandbox(state, call)?;
    let id = call.id::<Device>();
    if !device::flag(call.find(state, &id)?, capability) {
        return Err(ApiFault::new(400, "device_type_not_supported", "The device does not support this simulation"));
    }
    Ok(id)
}

/// Adds an error to a device.
fn add_error(state: &mut State, id: &Id<Device>, error: &DeviceError) {
    let entry = json!({
        "error_code": error.error_code, "message": error.message, "created_at": state.now_string(),
        "is_device_error": true,
    });
    clear_error(state, id, error);
    if let Some(device) = state.get_mut(id) {
        match device.get_mut("errors") {
            Some(Value::Array(errors)) => errors.push(entry),
            _ => set(device, "errors", vec![entry]),
        }
    }
}

fn clear_error(state: &mut State, id: &Id<Device>, error: &DeviceError) {
    let errors = state.get_mut(id).and_then(|device| device.get_mut("errors")).and_then(Value::as_array_mut);
    if let Some(errors) = errors {
        errors.retain(|entry| entry.get("error_code") != Some(&json!(error.error_code)));
    }
}

fn set_online(state: &mut State, id: &Id<Device>, online: bool) {
    if let Some(properties) = state.get_mut(id).and_then(|device| inner(device, "properties")) {
        set(properties, "online", online);
    }
}

fn disconnect(state: &mut State, call: &Call, capability: &str, error: &DeviceError) -> Answer {
    let id = simulated(state, call, capability)?;
    set_disconnected(state, &id, error);
    reachability_changed(state, &id);
    generic::done()
}

/// Makes a device unreachable.
fn set_disconnected(state: &mut State, id: &Id<Device>, error: &DeviceError) {
    add_error(state, id, error);
    set_online(state, id, false);
    let errors = reachability::in_event(&reachability::errors(state, id));
    emit(state, id, "disconnected", json!({ "error_code": error.event_code, "device_errors": errors }));
}

/// Removes an error. The device is online unless another error makes it unreachable.
fn restore(state: &mut State, call: &Call, capability: &str, error: &DeviceError) -> Answer {
    let id = simulated(state, call, capability)?;
    clear_error(state, &id, error);
    if error.error_code == OFFLINE.error_code {
        clear_error(state, &id, REMOVED);
    }
    let is_unreachable = |entry: &Value| {
        [OFFLINE, HUB, REMOVED].iter().any(|other| entry.get("error_code") == Some(&json!(other.error_code)))
    };
    let errors = state.get(&id).and_then(|device| device.get("errors")).and_then(Value::as_array);
    if !errors.is_some_and(|errors| errors.iter().any(is_unreachable)) {
        set_online(state, &id, true);
        emit(state, &id, "connected", json!({}));
    }
    reachability_changed(state, &id);
    generic::done()
}

fn paid_subscription(state: &mut State, call: &Call) -> Answer {
    let id = simulated(state, call, "can_simulate_paid_subscription")?;
    if flag(&call.parameters, "is_expired") {
        add_error(state, &id, SUBSCRIPTION);
        let errors = reachability::in_event(&reachability::errors(state, &id));
        emit(state, &id, "error.subscription_required", json!({ "device_errors": errors }));
    } else {
        clear_error(state, &id, SUBSCRIPTION);
        emit(state, &id, "error.subscription_required.resolved", json!({}));
    }
    reachability_changed(state, &id);
    generic::done()
}

/// Simulates the removal of a device from its account. Seam keeps the device, with an error.
fn remove(state: &mut State, call: &Call) -> Answer {
    let id = simulated(state, call, "can_simulate_removal")?;
    set_disconnected(state, &id, REMOVED);
    emit(state, &id, "removed", json!({}));
    reachability_changed(state, &id);
    generic::done()
}
