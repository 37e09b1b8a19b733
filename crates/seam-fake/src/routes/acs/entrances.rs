//! Entrances: who may use them, and opening them from afar.

use serde_json::{Value, json};

use super::{credentials::is_in_force, entrances_of_credential, find_or_add_user, kind_of};
use crate::{
    call::{Answer, Call, Handler, invalid},
    routes::common,
    scheduler::Effect,
    state::{
        ACCESS_METHODS, ACS_CREDENTIALS, ACS_ENTRANCES, ACS_USERS, ActionError, Object, State, add_text, flag,
        has_text, text, texts,
    },
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
    let mut allowed: Vec<Vec<String>> = Vec::new();
    if let Some(credential) = call.text("acs_credential_id") {
        allowed.push(entrances_of_credential(state, common::find(state, call, ACS_CREDENTIALS, credential)?));
    }
    if let Some(method) = call.text("access_method_id") {
        let method = common::find(state, call, ACCESS_METHODS, method)?;
        allowed.push(texts(method, "_acs_entrance_ids").map(str::to_owned).collect());
    }
    let ignored = ["acs_credential_id", "access_method_id", "location_id"];
    common::page_ignoring(state, call, ACS_ENTRANCES, &ignored, |row| {
        let id = text(row, "acs_entrance_id").unwrap_or_default();
        // Locations are what spaces were called before.
        let location = call.text("location_id");
        allowed.iter().all(|entrances| entrances.iter().any(|entrance| entrance == id))
            && location.is_none_or(|location| has_text(row, "space_ids", location))
    })
}

fn grant_access(state: &mut State, call: &Call) -> Answer {
    let entrance = call.text("acs_entrance_id").unwrap_or_default();
    let row = common::find(state, call, ACS_ENTRANCES, entrance)?;
    let system = text(row, "acs_system_id").unwrap_or_default().to_owned();
    if !kind_of(state, &system).is_some_and(|kind| kind.has_single_entrances) {
        let message = "Users of this access system get access by their groups, not to single entrances";
        return Err(ApiFault::new(400, "not_supported", message));
    }
    let user = find_or_add_user(state, call, &system)?;
    if let Some(user) = state.get_mut(ACS_USERS, &user) {
        add_text(user, "_acs_entrance_ids", entrance);
    }
    common::done()
}

fn list_credentials_with_access(state: &mut State, call: &Call) -> Answer {
    let entrance = call.text("acs_entrance_id").unwrap_or_default();
    common::find(state, call, ACS_ENTRANCES, entrance)?;
    let has_to_be_valid = has_text(&call.parameters, "include_if", "visionline_metadata.is_valid");
    let is_valid = |credential: &Object| {
        let metadata = credential.get("visionline_metadata").and_then(|metadata| metadata.as_object());
        metadata.is_some_and(|metadata| flag(metadata, "is_valid"))
    };
    common::all(state, call, ACS_CREDENTIALS, |credential| {
        (!has_to_be_valid || is_valid(credential))
            && entrances_of_credential(state, credential).iter().any(|other| other == entrance)
    })
}

fn unlock(state: &mut State, call: &Call) -> Answer {
    let entrance = call.text("acs_entrance_id").unwrap_or_default();
    let credential = call.text("acs_credential_id").unwrap_or_default();
    common::find(state, call, ACS_CREDENTIALS, credential)?;
    start_unlocking(state, call, entrance, credential)
}

/// Begins to open an entrance with a cloud key.
pub(crate) fn start_unlocking(state: &mut State, call: &Call, entrance: &str, credential: &str) -> Answer {
    let row = common::find(state, call, ACS_ENTRANCES, entrance)?;
    if !flag(row, "can_unlock_with_cloud_key") {
        return Err(invalid("acs_entrance_id", "The entrance does not open with cloud keys"));
    }
    let key = state.get(ACS_CREDENTIALS, credential).cloned().unwrap_or_default();
    if text(&key, "access_method") != Some("cloud_key") {
        return Err(invalid("acs_credential_id", "Only a cloud key opens an entrance from afar"));
    }
    if !opens(state, &key, entrance) {
        return Err(invalid("acs_credential_id", "The credential does not open the entrance now"));
    }
    let effect =
        Effect::UnlockEntrance { acs_entrance_id: entrance.to_owned(), acs_credential_id: credential.to_owned() };
    Ok(call.start(state, entrance, effect))
}

pub(crate) fn finish_unlocking(state: &mut State, entrance: &str, credential: &str) -> Result<Value, ActionError> {
    let key = state.get(ACS_CREDENTIALS, credential);
    if key.is_some_and(|key| opens(state, key, entrance)) {
        Ok(json!({ "was_confirmed_by_device": true }))
    } else {
        Err(ActionError::new("uncategorized_error", "The credential does not open the entrance any more"))
    }
}

/// Whether a credential opens this entrance now.
fn opens(state: &State, credential: &Object, entrance: &str) -> bool {
    is_in_force(state, credential) && entrances_of_credential(state, credential).iter().any(|other| other == entrance)
}
