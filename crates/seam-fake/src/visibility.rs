//! Visibility of rows for a caller.

use seam_core::CredentialKind;

use crate::{
    auth::Caller,
    json::{Object, has_string, string},
    state::State,
    tables::{Device, Id, TABLES},
};

/// Whether a row is visible to the caller.
///
/// Rows of other workspaces are not. For a client session, the rows of its accounts, webviews and user identities are
/// visible, and rows that belong to none at all.
pub(crate) fn is_visible(state: &State, caller: &Caller, row: &Object) -> bool {
    if !is_in_workspace(caller, row) {
        return false;
    }
    let session = caller.client_session_id.as_ref().and_then(|id| state.get(id));
    let (CredentialKind::ClientSessionToken, Some(session)) = (caller.kind, session) else { return true };
    // An action attempt has the visibility of the device or other resource that performs it.
    if let Some(subject) = string(row, "_subject") {
        let subject = TABLES.iter().find_map(|table| state.table(table).get(subject));
        return subject
            .is_some_and(|subject| is_in_workspace(caller, subject) && is_of_session(state, session, subject));
    }
    is_of_session(state, session, row)
}

/// Whether a row is in the workspace of the caller, or in none.
fn is_in_workspace(caller: &Caller, row: &Object) -> bool {
    let workspace = string(row, "workspace_id");
    workspace.is_none() || workspace == caller.workspace_id.as_deref()
}

/// Whether a row belongs to a resource of a client session, or to none.
fn is_of_session(state: &State, session: &Object, row: &Object) -> bool {
    let device = Id::<Device>::of(row).and_then(|id| state.get(&id));
    let owners = [
        ("connected_account_id", "connected_account_ids"),
        ("connect_webview_id", "connect_webview_ids"),
        ("user_identity_id", "user_identity_ids"),
    ]
    .map(|(name, names)| {
        let id = string(row, name).or_else(|| device.and_then(|device| string(device, name)));
        id.map(|id| has_string(session, names, id))
    });
    owners.contains(&Some(true)) || owners == [None; 3]
}
