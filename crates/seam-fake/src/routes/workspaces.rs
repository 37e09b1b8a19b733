//! The routes of workspaces.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler},
    json::{Object, flag, inner, object, set, string},
    routes::generic,
    scheduler::Effect,
    state::State,
    tables::{
        AccessToken, ActionAttempt, ApiKey, Id, Resource, TABLES, UserSession, UserWorkspace, Webhook, Workspace,
    },
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/workspaces/create" => create,
        "/workspaces/get" => get,
        "/workspaces/list" => list,
        "/workspaces/reset_sandbox" => reset_sandbox,
        "/workspaces/update" => update,
        _ => return None,
    })
}

fn get(state: &mut State, call: &Call) -> Answer {
    call.answer_with(state, "workspace", &call.workspace())
}

/// Lists the workspaces of a user, or the workspace of other callers.
fn list(state: &mut State, call: &Call) -> Answer {
    let is_accessible = |workspace: &Object| match call.caller.user_id.as_deref() {
        None => string(workspace, "workspace_id") == Some(&call.workspace()),
        Some(user) => state.rows::<UserWorkspace>().any(|member| {
            string(member, "user_id") == Some(user) && member.get("workspace_id") == workspace.get("workspace_id")
        }),
    };
    let workspaces = state.rows::<Workspace>().filter(|workspace| is_accessible(workspace));
    let workspaces: Vec<Value> = workspaces.cloned().map(Value::Object).collect();
    Ok(object(json!({ "workspaces": workspaces })))
}

fn create(state: &mut State, call: &Call) -> Answer {
    let user = call.caller.user_id.clone().ok_or_else(ApiFault::unauthorized)?;
    let name = call.string("name").unwrap_or_default();
    let partner = call.string("connect_partner_name").or_else(|| call.string("company_name"));
    let publishable_key = state.new_token("seam_pk_");
    let mut workspace = object(json!({
        "name": name, "company_name": partner.unwrap_or(name), "connect_partner_name": partner,
        "is_sandbox": flag(&call.parameters, "is_sandbox"), "publishable_key": publishable_key,
        "is_publishable_key_auth_enabled": true, "organization_id": call.string("organization_id"),
    }));
    if let Some(customization) = inner(&mut workspace, "connect_webview_customization") {
        for name in ["logo_shape", "primary_button_color", "primary_button_text_color", "success_message"] {
            if let Some(value) = call.string(&format!("webview_{name}")) {
                set(customization, name, value);
            }
        }
        customize(customization, &call.parameters);
    }
    let id = state.insert::<Workspace>(workspace);
    state.insert::<UserWorkspace>(object(json!({ "user_id": user, "workspace_id": id, "is_owner": true })));
    let workspace = state.get(&id).cloned().unwrap_or_default();
    Ok(object(json!({ "workspace": workspace })))
}

/// Applies the customization of Connect Webviews. `null` restores a default.
fn customize(customization: &mut Object, parameters: &Object) {
    let requested = parameters.get("connect_webview_customization").and_then(Value::as_object);
    for (name, value) in requested.into_iter().flatten() {
        if value.is_null() {
            customization.remove(name);
        } else {
            set(customization, name, value.clone());
        }
    }
}

fn update(state: &mut State, call: &Call) -> Answer {
    call.find(state, &call.workspace())?;
    let Some(workspace) = state.get_mut(&call.workspace()) else { return generic::done() };
    for name in ["connect_partner_name", "is_publishable_key_auth_enabled", "is_suspended", "name", "organization_id"] {
        if let Some(value) = call.parameters.get(name).filter(|value| !value.is_null()) {
            set(workspace, name, value.clone());
        }
    }
    // `company_name` is the former name.
    if let Some(partner) = call.string("connect_partner_name") {
        set(workspace, "company_name", partner);
    }
    if let Some(customization) = inner(workspace, "connect_webview_customization") {
        customize(customization, &call.parameters);
    }
    generic::done()
}

/// Resets a sandbox to its initial contents.
fn reset_sandbox(state: &mut State, call: &Call) -> Answer {
    generic::only_in_sandbox(state, call)?;
    let workspace_id = call.workspace();
    Ok(call.start(state, Effect::ResetSandbox { workspace_id }))
}

/// Removes the contents of a sandbox.
pub(crate) fn clear(state: &mut State, workspace_id: &Id<Workspace>) {
    // Credentials and webhooks are kept, and the action attempt of this reset.
    let kept =
        [Workspace::TABLE, ApiKey::TABLE, AccessToken::TABLE, UserSession::TABLE, UserWorkspace::TABLE, Webhook::TABLE];
    for table in TABLES.iter().filter(|table| !kept.contains(table)) {
        state.remove_rows_where(table, &|row| {
            let of = string(row, "workspace_id").or_else(|| string(row, "_workspace_id"));
            let is_this_attempt = *table == ActionAttempt::TABLE
                && string(row, "action_type") == Some("RESET_SANDBOX_WORKSPACE")
                && string(row, "status") == Some("pending");
            of == Some(workspace_id.as_str()) && !is_this_attempt
        });
    }
}
