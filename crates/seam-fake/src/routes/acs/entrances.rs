//! Entrances: access to them, and unlocking them remotely.

use serde_json::{Value, json};

use super::{
    access::{entrances_of_credential, opens},
    system_kinds::kind_of,
    user_records::find_or_add_user,
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, add_string, flag, has_string, string},
    routes::{generic, pages},
    scheduler::{ActionError, Effect},
    state::State,
    tables::{AccessMethod, AcsCredential, AcsEntrance, AcsSystem, Id, Resource},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/entrances/list" => list,
        "/acs/entrances/grant_access" => grant_access,
        "/acs/entrances/list_credentials_with_access" => list_credentials_with_access,
        "/acs/entrances/unlock" => unlock,
        _ => return None,
    })
}

fn list(state: &mut State, call: &Call) -> Answer {
    let mut allowed: Vec<Vec<Id<AcsEntrance>>> = Vec::new();
    if let Some(credential) = call.given_id::<AcsCredential>() {
        allowed.push(entrances_of_credential(state, call.find(state, &credential)?));
    }
    if let Some(method) = call.given_id::<AccessMethod>() {
        let method = call.find(state, &method)?;
        allowed.push(Id::in_list(method, "_acs_entrance_ids"));
    }
    pages::page_ignoring(state, call, AcsEntrance::TABLE, &["acs_credential_id", "access_method_id"], |row| {
        allowed.iter().all(|entrances| entrances.iter().any(|entrance| entrance.is_in(row)))
    })
}

fn grant_access(state: &mut State, call: &Call) -> Answer {
    let entrance = call.id::<AcsEntrance>();
    let row = call.find(state, &entrance)?;
    let system = Id::<AcsSystem>::of(row).unwrap_or_default();
    if !kind_of(state, &system).is_some_and(|kind| kind.has_single_entrances) {
        let message = "This access system supports access only through groups";
        return Err(ApiFault::new(400, "not_supported", message));
    }
    let user = find_or_add_user(state, call, &system)?;
    if let Some(user) = state.get_mut(&user) {
        add_string(user, "_acs_entrance_ids", &entrance);
    }
    generic::done()
}

fn list_credentials_with_access(state: &mut State, call: &Call) -> Answer {
    let entrance = call.id::<AcsEntrance>();
    call.find(state, &entrance)?;
    let only_valid = has_string(&call.parameters, "include_if", "visionline_metadata.is_valid");
    let is_valid = |credential: &Object| {
        let metadata = credential.get("visionline_metadata").and_then(|metadata| metadata.as_object());
        metadata.is_some_and(|metadata| flag(metadata, "is_valid"))
    };
    pages::all(state, call, AcsCredential::TABLE, |credential| {
        (!only_valid || is_valid(credential)) && entrances_of_credential(state, credential).contains(&entrance)
    })
}

fn unlock(state: &mut State, call: &Call) -> Answer {
    let entrance = call.id::<AcsEntrance>();
    let credential = call.id::<AcsCredential>();
    call.find(state, &credential)?;
    start_unlocking(state, call, &entrance, &credential)
}

/// Starts to unlock an entrance with a cloud key.
pub(crate) fn start_unlocking(
    state: &mut State,
    call: &Call,
    entrance: &Id<AcsEntrance>,
    credential: &Id<AcsCredential>,
) -> Answer {
    let row = call.find(state, entrance)?;
    if !flag(row, "can_unlock_with_cloud_key") {
        return Err(invalid("acs_entrance_id", "The entrance does not support cloud keys"));
    }
    let key = state.get(credential).cloned().unwrap_or_default();
    if string(&key, "access_method") != Some("cloud_key") {
        return Err(invalid("acs_credential_id", "Only a cloud key can unlock an entrance remotely"));
    }
    if !opens(state, &key, entrance) {
        return Err(invalid("acs_credential_id", "The credential does not currently open the entrance"));
    }
    let effect = Effect::UnlockEntrance { acs_entrance_id: entrance.clone(), acs_credential_id: credential.clone() };
    Ok(call.start(state, effect))
}

/// Unlocks an entrance, if the credential still opens it.
pub(crate) fn finish_unlocking(
    state: &mut State,
    entrance: &Id<AcsEntrance>,
    credential: &Id<AcsCredential>,
) -> Result<Value, ActionError> {
    let key = state.get(credential);
    if key.is_some_and(|key| opens(state, key, entrance)) {
        Ok(json!({ "was_confirmed_by_device": true }))
    } else {
        Err(ActionError::new("uncategorized_error", "The credential no longer opens the entrance"))
    }
}
