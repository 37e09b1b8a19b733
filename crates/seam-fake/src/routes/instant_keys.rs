//! Instant keys: links that bring a person's access onto a phone.

use std::time::Duration;

use serde_json::json;

use crate::{
    call::{Answer, Call, Handler},
    routes::common,
    state::{CLIENT_SESSIONS, INSTANT_KEYS, Object, State, USER_IDENTITIES, later, object, set, text, time_text},
};

/// How long a link works.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/instant_keys/delete" => |state, call| {
            let id = common::find_id(state, call)?;
            delete(state, &id);
            common::done()
        },
        _ => return None,
    })
}

/// Makes a link for the person whom the call names.
pub(crate) fn generate(state: &mut State, call: &Call) -> Answer {
    let identity = call.text("user_identity_id").unwrap_or_default();
    common::find(state, call, USER_IDENTITIES, identity)?;
    let mut more = object(json!({ "_max_use_count": call.number("max_use_count").unwrap_or(1.0) }));
    if let Some(profile) = call.text("customization_profile_id") {
        set(&mut more, "customization_profile_id", profile);
    }
    let id = add(state, call.workspace(), identity, more);
    call.answer_with(state, "instant_key", INSTANT_KEYS, &id)
}

/// Makes a link for a person, and the client session that whoever opens it gets.
pub(crate) fn add(state: &mut State, workspace: &str, identity: &str, more: Object) -> String {
    let token = state.new_token("seam_cst_");
    let expires_at = time_text(later(state.now(), LIFETIME));
    let session = object(json!({
        "workspace_id": workspace, "token": token, "user_identity_id": identity, "user_identity_ids": [identity],
        "user_identifier_key": null, "connected_account_ids": [], "connect_webview_ids": [], "device_count": 0,
        "expires_at": expires_at,
    }));
    let session = state.insert(CLIENT_SESSIONS, session);
    let link = format!("https://ik.seam.co/{}", state.new_token("key"));
    let mut key = object(json!({
        "workspace_id": workspace, "user_identity_id": identity, "client_session_id": session,
        "instant_key_url": link, "expires_at": expires_at,
    }));
    key.extend(more);
    state.insert(INSTANT_KEYS, key)
}

/// Deletes a link, and the client session behind it.
pub(crate) fn delete(state: &mut State, id: &str) {
    let Some(key) = state.remove(INSTANT_KEYS, id) else { return };
    if let Some(session) = text(&key, "client_session_id") {
        delete_session(state, session);
    }
}

/// Ends a client session.
pub(crate) fn delete_session(state: &mut State, id: &str) {
    let Some(session) = state.remove(CLIENT_SESSIONS, id) else { return };
    let workspace = text(&session, "workspace_id").unwrap_or_default();
    state.emit("client_session.deleted", workspace, object(json!({ "client_session_id": id })));
}
