//! Access systems, and their reported encoders and entrances.

use serde_json::{Value, json};

use super::system_kinds::kind_of;
use crate::{
    call::{Answer, Call, Handler},
    json::{Object, collect_object, flag, object, set, string},
    routes::{generic, pages},
    state::State,
    tables::{AcsEncoder, AcsEntrance, AcsSystem, Id, Resource, workspace_of},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/systems/list_compatible_credential_manager_acs_systems" => list_compatible,
        "/acs/systems/report_devices" => report_devices,
        _ => return None,
    })
}

fn list_compatible(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<AcsSystem>();
    call.find(state, &id)?;
    let managers = kind_of(state, &id).map_or(&[][..], |kind| kind.credential_managers);
    pages::all(state, call, AcsSystem::TABLE, |system| {
        flag(system, "is_credential_manager")
            && string(system, "external_type").is_some_and(|kind| managers.contains(&kind))
    })
}

/// Adds, updates and removes the reported encoders and entrances of an access system that has no API.
fn report_devices(state: &mut State, call: &Call) -> Answer {
    let system = call.find(state, &call.id::<AcsSystem>())?.clone();
    let reported = |name: &str| -> Vec<Object> {
        let list = call.parameters.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().map(object).collect()
    };
    for encoder in reported("acs_encoders") {
        report::<AcsEncoder>(state, &system, &encoder);
    }
    for entrance in reported("acs_entrances") {
        report::<AcsEntrance>(state, &system, &entrance);
    }
    generic::done()
}

/// Adds, updates or removes one reported encoder or entrance.
fn report<K: Resource>(state: &mut State, system: &Object, reported: &Object) {
    let kind = K::TABLE.resource;
    let metadata = reported.get("hotek_metadata").cloned().unwrap_or_default();
    let field = |name: &str| metadata.get(name).and_then(Value::as_str);
    let name =
        match (field("encoder_number"), field("room_number"), field("common_area_name"), field("common_area_number")) {
            (Some(number), ..) => format!("Encoder {number}"),
            (_, Some(number), ..) => format!("Room {number}"),
            (_, _, Some(name), _) => name.to_owned(),
            (.., number) => format!("Common area {}", number.unwrap_or_default()),
        };
    // The number of an area identifies it if it is present, since the name can change.
    let key = field("encoder_number").or_else(|| field("room_number")).or_else(|| field("common_area_number"));
    let key = key.map_or_else(|| name.clone(), |key| format!("{} {key}", field("room_number").is_some()));
    let system_id = string(system, "acs_system_id");
    let known = state.ids_where::<K>(|row| {
        string(row, "_reported_as") == Some(key.as_str()) && string(row, "acs_system_id") == system_id
    });
    let workspace = workspace_of(system);
    let event = |id: &Id<K>| {
        let names = ["acs_system_id", "connected_account_id"];
        let known = |name: &&str| Some(((*name).to_owned(), system.get(*name)?.clone()));
        let mut event = collect_object(&mut names.iter().filter_map(known));
        set(&mut event, K::TABLE.id, id);
        event
    };
    if flag(reported, "is_removed") {
        for id in known {
            state.remove(&id);
            state.emit(&format!("{kind}.removed"), &workspace, event(&id));
        }
        return;
    }
    let more = object(json!({ "display_name": name, "hotek_metadata": metadata }));
    if let Some(row) = known.first().and_then(|id| state.get_mut(id)) {
        row.extend(more);
        return;
    }
    let mut row = object(json!({ "workspace_id": workspace, "_reported_as": key, "can_unlock_with_card": true }));
    row.extend(event(&Id::default()));
    row.remove(K::TABLE.id);
    row.extend(more);
    let id = state.insert::<K>(row);
    state.emit(&format!("{kind}.added"), &workspace, event(&id));
}
