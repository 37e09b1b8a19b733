//! Access systems themselves, and the encoders and entrances that they report.

use serde_json::{Value, json};

use super::kind_of;
use crate::{
    call::{Answer, Call, Handler},
    routes::common,
    state::{ACS_ENCODERS, ACS_ENTRANCES, ACS_SYSTEMS, Object, State, Table, collect_object, flag, object, set, text},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/systems/list_compatible_credential_manager_acs_systems" => list_compatible,
        "/acs/systems/report_devices" => report_devices,
        _ => return None,
    })
}

fn list_compatible(state: &mut State, call: &Call) -> Answer {
    let id = call.text("acs_system_id").unwrap_or_default();
    common::find(state, call, ACS_SYSTEMS, id)?;
    let managers = kind_of(state, id).map_or(&[][..], |kind| kind.credential_managers);
    common::all(state, call, ACS_SYSTEMS, |system| {
        flag(system, "is_credential_manager")
            && text(system, "external_type").is_some_and(|kind| managers.contains(&kind))
    })
}

/// Takes in what an access system without an interface of its own has.
fn report_devices(state: &mut State, call: &Call) -> Answer {
    let system = common::find(state, call, ACS_SYSTEMS, call.text("acs_system_id").unwrap_or_default())?.clone();
    let reported = |name: &str| -> Vec<Object> {
        let list = call.parameters.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().map(object).collect()
    };
    for encoder in reported("acs_encoders") {
        report(state, &system, ACS_ENCODERS, "acs_encoder", &encoder);
    }
    for entrance in reported("acs_entrances") {
        report(state, &system, ACS_ENTRANCES, "acs_entrance", &entrance);
    }
    common::done()
}

/// Adds, changes or removes the encoder or entrance that the access system knows under this name.
fn report(state: &mut State, system: &Object, table: &'static Table, kind: &str, reported: &Object) {
    let metadata = reported.get("hotek_metadata").cloned().unwrap_or_default();
    let said = |name: &str| metadata.get(name).and_then(Value::as_str);
    let name = match (said("encoder_number"), said("room_number"), said("common_area_name"), said("common_area_number"))
    {
        (Some(number), ..) => format!("Encoder {number}"),
        (_, Some(number), ..) => format!("Room {number}"),
        (_, _, Some(name), _) => name.to_owned(),
        (.., number) => format!("Common area {}", number.unwrap_or_default()),
    };
    // A common area may get another name, so it is told by its number if it has one.
    let key = said("encoder_number").or_else(|| said("room_number")).or_else(|| said("common_area_number"));
    let key = key.map_or_else(|| name.clone(), |key| format!("{} {key}", said("room_number").is_some()));
    let system_id = text(system, "acs_system_id");
    let known = state.ids_where(table, |row| {
        text(row, "_reported_as") == Some(key.as_str()) && text(row, "acs_system_id") == system_id
    });
    let workspace = text(system, "workspace_id").unwrap_or_default();
    let event = |id: &str| {
        let names = ["acs_system_id", "connected_account_id"];
        let known = |name: &&str| Some(((*name).to_owned(), system.get(*name)?.clone()));
        let mut event = collect_object(&mut names.iter().filter_map(known));
        set(&mut event, table.id, id);
        event
    };
    if flag(reported, "is_removed") {
        for id in known {
            state.remove(table, &id);
            state.emit(&format!("{kind}.removed"), workspace, event(&id));
        }
        return;
    }
    let more = object(json!({ "display_name": name, "hotek_metadata": metadata }));
    if let Some(row) = known.first().and_then(|id| state.get_mut(table, id)) {
        row.extend(more);
        return;
    }
    let mut row = object(json!({ "workspace_id": workspace, "_reported_as": key, "can_unlock_with_card": true }));
    row.extend(event(""));
    row.remove(table.id);
    row.extend(more);
    let id = state.insert(table, row);
    state.emit(&format!("{kind}.added"), workspace, event(&id));
}
