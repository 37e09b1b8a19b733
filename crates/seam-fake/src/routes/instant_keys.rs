//! Instant keys: links with which a person gets a mobile key on a phone.

use std::time::Duration;

use serde_json::json;

use crate::{
    call::{Answer, Call, Handler},
    json::{Object, format_time, later, object, set},
    routes::generic,
    state::State,
    tables::{ClientSession, Id, InstantKey, UserIdentity, Workspace, workspace_of},
};

/// The lifetime of a link.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/instant_keys/delete" => |state, call| {
            let id = generic::find_id(state, call)?;
            delete(state, &id);
            generic::done()
        },
        _ => return None,
    })
}

/// Creates a link for the user identity of the call.
pub(crate) fn generate(state: &mut State, call: &Call) -> Answer {
    let identity = call.id::<UserIdentity>();
    call.find(state, &identity)?;
    let mut more = object(json!({ "_max_use_count": call.number("max_use_count").unwrap_or(1.0) }));
    if let Some(profile) = call.string("customization_profile_id") {
        set(&mut more, "customization_profile_id", profile);
    }
    let id = add(state, &call.workspace(), &identity, more);
    call.answer_with(state, "instant_key", &id)
}

/// Creates a link for a user identity, and its client session.
pub(crate) fn add(
    state: &mut State,
    workspace: &Id<Workspace>,
    identity: &Id<UserIdentity>,
    more: Object,
) -> Id<InstantKey> {
    let token = state.new_token("seam_cst_");
    let expires_at = format_time(later(state.now(), LIFETIME));
    let session = object(json!({
        "workspace_id": workspace, "token": token, "user_identity_id": identity, "user_identity_ids": [identity],
        "user_identifier_key": null, "connected_account_ids": [], "connect_webview_ids": [], "device_count": 0,
        "expires_at": expires_at,
    }));
    let session = state.insert::<ClientSession>(session);
    let link = format!("https://ik.seam.co/{}", state.new_token("key"));
    let mut key = object(json!({
        "workspace_id": workspace, "user_identity_id": identity, "client_session_id": session,
        "instant_key_url": link, "expires_at": expires_at,
    }));
    key.extend(more);
    state.insert::<InstantKey>(key)
}

/// Deletes a link and its client session.
pub(crate) fn delete(state: &mut State, id: &Id<InstantKey>) {
    let Some(key) = state.remove(id) else { return };
    if let Some(session) = Id::of(&key) {
        delete_session(state, &session);
    }
}

/// Deletes a client session.
pub(crate) fn delete_session(state: &mut State, id: &Id<ClientSession>) {
    let Some(session) = state.remove(id) else { return };
    let workspace = workspace_of(&session);
    state.emit("client_session.deleted", &workspace, object(json!({ "client_session_id": id })));
}
