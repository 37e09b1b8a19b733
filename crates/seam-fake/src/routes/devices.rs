//! Devices: what Seam knows of them, and what happens to them in a sandbox.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    device,
    json::{Object, flag, inner, object, set, text},
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

/// Something that is wrong with a device: the code and message of its error, and the code in events.
struct Trouble {
    error_code: &'static str,
    message: &'static str,
    event_code: &'static str,
}

const OFFLINE: &Trouble =
    &Trouble { error_code: "device_offline", message: "The device is offline", event_code: "device_disconnected" };
const HUB: &Trouble =
    &Trouble { error_code: "hub_disconnected", message: "The device has lost its hub", event_code: "hub_disconnected" };
const REMOVED: &Trouble = &Trouble {
    error_code: "device_removed",
    message: "The device was taken out of its account",
    event_code: "device_disconnected",
};
const SUBSCRIPTION: &Trouble = &Trouble {
    error_code: "subscription_required",
    message: "The device needs a paid subscription",
    event_code: "device_disconnected",
};

/// The managed device with this identifier, as far as the caller may know of it.
pub(crate) fn managed<'a>(state: &'a State, call: &Call, id: &Id<Device>) -> Result<&'a Object, ApiFault> {
    let device = call.find(state, id)?;
    if is_managed(device) {
        Ok(device)
    } else {
        Err(ApiFault::new(400, "device_unmanaged", "The device is not managed: see /devices/unmanaged/update"))
    }
}

/// Lets something about a device be known, which has the name `device.unmanaged.…` for an unmanaged one.
fn tell(state: &mut State, id: &Id<Device>, event: &str, more: Value) {
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
    let category = call.text("provider_category");
    let is_wanted =
        |provider: &&providers::Provider| category.is_none_or(|category| provider.categories.contains(&category));
    let providers: Vec<Value> = PROVIDERS
        .iter()
        .filter(is_wanted)
        .map(|provider| {
            let mut about = object(provider.abilities());
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
        return Err(ApiFault::new(400, "device_type_not_supported", "The device holds no backup codes"));
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
        tell(state, &id, "converted_to_unmanaged", json!({}));
    }
    generic::done()
}

/// Gives a device another name; `None` gives it back the one that it has with its maker.
fn rename(state: &mut State, id: &Id<Device>, name: Option<&str>) {
    let Some(device) = state.get_mut(id) else { return };
    let old = text(device, "display_name").unwrap_or_default().to_owned();
    let original = text(device, "_original_name").unwrap_or(&old).to_owned();
    let name = name.unwrap_or(&original).to_owned();
    set(device, "_original_name", original);
    set(device, "display_name", name.as_str());
    if let Some(properties) = inner(device, "properties") {
        set(properties, "name", name.as_str());
    }
    if name != old {
        tell(state, id, "name_changed", json!({ "device_name": name }));
    }
}

/// Takes over the custom metadata that the call gives, where `null` removes.
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
        tell(state, &id, "unmanaged.converted_to_managed", json!({}));
    }
    generic::done()
}

/// Time zones, which some makes do not tell.
fn report_provider_metadata(state: &mut State, call: &Call) -> Answer {
    let devices = call.parameters.get("devices").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut reports = Vec::new();
    for report in devices.iter().filter_map(Value::as_object) {
        let id = Id::<Device>::of(report).unwrap_or_default();
        let make = providers::of_device(call.find(state, &id)?).map_or("", |provider| provider.name);
        for (name, metadata) in report.iter().filter(|(_, metadata)| metadata.is_object()) {
            if name.strip_suffix("_metadata") != Some(make) {
                return Err(invalid(name, "The device is of another make"));
            }
            reports.push((id.clone(), name.clone(), metadata.clone()));
        }
    }
    for (id, name, metadata) in reports {
        let Some(device) = state.get_mut(&id) else { continue };
        if let (Some(time_zone), Some(location)) = (metadata.get("time_zone"), inner(device, "location")) {
            set(location, "time_zone", time_zone.clone());
        }
        if let Some(of_make) = inner(device, "properties").and_then(|properties| inner(properties, &name)) {
            of_make.extend(object(metadata));
        }
    }
    generic::done()
}

/// Updates the codes of a device that Seam can reach again, or no longer, and continues what waited for it.
pub(crate) fn reachability_changed(state: &mut State, device_id: &Id<Device>) {
    let is_reachable = reachability::errors(state, device_id).is_empty();
    lifecycle::device_changed(state, device_id, is_reachable);
    if is_reachable {
        access_methods::lifecycle::device_reachable(state, device_id);
    }
}

// --- What happens to devices.

/// The device that something is to happen to, if that can be simulated.
fn simulated(state: &State, call: &Call, ability: &str) -> Result<Id<Device>, ApiFault> {
    only_in_sandbox(state, call)?;
    let id = call.id::<Device>();
    if !device::flag(call.find(state, &id)?, ability) {
        return Err(ApiFault::new(400, "device_type_not_supported", "This cannot be simulated for the device"));
    }
    Ok(id)
}

/// Gives a device an error that it did not have.
fn add_error(state: &mut State, id: &Id<Device>, trouble: &Trouble) {
    let error = json!({
        "error_code": trouble.error_code, "message": trouble.message, "created_at": state.now_text(),
        "is_device_error": true,
    });
    clear_error(state, id, trouble);
    if let Some(device) = state.get_mut(id) {
        match device.get_mut("errors") {
            Some(Value::Array(errors)) => errors.push(error),
            _ => set(device, "errors", vec![error]),
        }
    }
}

fn clear_error(state: &mut State, id: &Id<Device>, trouble: &Trouble) {
    let errors = state.get_mut(id).and_then(|device| device.get_mut("errors")).and_then(Value::as_array_mut);
    if let Some(errors) = errors {
        errors.retain(|error| error.get("error_code") != Some(&json!(trouble.error_code)));
    }
}

fn set_online(state: &mut State, id: &Id<Device>, online: bool) {
    if let Some(properties) = state.get_mut(id).and_then(|device| inner(device, "properties")) {
        set(properties, "online", online);
    }
}

fn disconnect(state: &mut State, call: &Call, ability: &str, trouble: &Trouble) -> Answer {
    let id = simulated(state, call, ability)?;
    lose(state, &id, trouble);
    reachability_changed(state, &id);
    generic::done()
}

/// Seam loses a device.
fn lose(state: &mut State, id: &Id<Device>, trouble: &Trouble) {
    add_error(state, id, trouble);
    set_online(state, id, false);
    let errors = reachability::in_event(&reachability::errors(state, id));
    tell(state, id, "disconnected", json!({ "error_code": trouble.event_code, "device_errors": errors }));
}

/// What was wrong is over. The device is online unless something else keeps it away.
fn restore(state: &mut State, call: &Call, ability: &str, trouble: &Trouble) -> Answer {
    let id = simulated(state, call, ability)?;
    clear_error(state, &id, trouble);
    if trouble.error_code == OFFLINE.error_code {
        clear_error(state, &id, REMOVED);
    }
    let is_away = |error: &Value| {
        [OFFLINE, HUB, REMOVED].iter().any(|other| error.get("error_code") == Some(&json!(other.error_code)))
    };
    let errors = state.get(&id).and_then(|device| device.get("errors")).and_then(Value::as_array);
    if !errors.is_some_and(|errors| errors.iter().any(is_away)) {
        set_online(state, &id, true);
        tell(state, &id, "connected", json!({}));
    }
    reachability_changed(state, &id);
    generic::done()
}

fn paid_subscription(state: &mut State, call: &Call) -> Answer {
    let id = simulated(state, call, "can_simulate_paid_subscription")?;
    if flag(&call.parameters, "is_expired") {
        add_error(state, &id, SUBSCRIPTION);
        let errors = reachability::in_event(&reachability::errors(state, &id));
        tell(state, &id, "error.subscription_required", json!({ "device_errors": errors }));
    } else {
        clear_error(state, &id, SUBSCRIPTION);
        tell(state, &id, "error.subscription_required.resolved", json!({}));
    }
    reachability_changed(state, &id);
    generic::done()
}

/// Somebody takes the device out of its account. Seam goes on knowing of it, and that it is gone.
fn remove(state: &mut State, call: &Call) -> Answer {
    let id = simulated(state, call, "can_simulate_removal")?;
    lose(state, &id, REMOVED);
    tell(state, &id, "removed", json!({}));
    reachability_changed(state, &id);
    generic::done()
}
