//! Workspaces.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler},
    json::{Object, flag, inner, object, set, text},
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

/// The workspaces of a person; for other callers the one in which they work.
fn list(state: &mut State, call: &Call) -> Answer {
    let is_theirs = |workspace: &Object| match call.caller.user_id.as_deref() {
        None => text(workspace, "workspace_id") == Some(&call.workspace()),
        Some(user) => state.rows::<UserWorkspace>().any(|member| {
            text(member, "user_id") == Some(user) && member.get("workspace_id") == workspace.get("workspace_id")
        }),
    };
    let workspaces = state.rows::<Workspace>().filter(|workspace| is_theirs(workspace));
    let workspaces: Vec<Value> = workspaces.cloned().map(Value::Object).collect();
    Ok(object(json!({ "workspaces": workspaces })))
}

fn create(state: &mut State, call: &Call) -> Answer {
    let user = call.caller.user_id.clone().ok_or_else(ApiFault::unauthorized)?;
    let name = call.text("name").unwrap_or_default();
    let partner = call.text("connect_partner_name").or_else(|| call.text("company_name"));
    let publishable_key = state.new_token("seam_pk_");
    let mut workspace = object(json!({
        "name": name, "company_name": partner.unwrap_or(name), "connect_partner_name": partner,
        "is_sandbox": flag(&call.parameters, "is_sandbox"), "publishable_key": publishable_key,
        "is_publishable_key_auth_enabled": true, "organization_id": call.text("organization_id"),
    }));
    if let Some(look) = inner(&mut workspace, "connect_webview_customization") {
        for name in ["logo_shape", "primary_button_color", "primary_button_text_color", "success_message"] {
            if let Some(value) = call.text(&format!("webview_{name}")) {
                set(look, name, value);
            }
        }
        customize(look, &call.parameters);
    }
    let id = state.insert::<Workspace>(workspace);
    state.insert::<UserWorkspace>(object(json!({ "user_id": user, "workspace_id": id, "is_owner": true })));
    let workspace = state.get(&id).cloned().unwrap_or_default();
    Ok(object(json!({ "workspace": workspace })))
}

/// Takes over how Connect Webviews are to look; `null` makes something look as it does by itself.
fn customize(look: &mut Object, parameters: &Object) {
    let asked = parameters.get("connect_webview_customization").and_then(Value::as_object);
    for (name, value) in asked.into_iter().flatten() {
        if value.is_null() {
            look.remove(name);
        } else {
            set(look, name, value.clone());
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
    // The old name of the same thing.
    if let Some(partner) = call.text("connect_partner_name") {
        set(workspace, "company_name", partner);
    }
    if let Some(look) = inner(workspace, "connect_webview_customization") {
        customize(look, &call.parameters);
    }
    generic::done()
}

/// Throws away what is in a sandbox, and lets it begin again as it began.
fn reset_sandbox(state: &mut State, call: &Call) -> Answer {
    generic::only_in_sandbox(state, call)?;
    let workspace_id = call.workspace();
    Ok(call.start(state, Effect::ResetSandbox { workspace_id }))
}

/// Removes what is in a sandbox.
pub(crate) fn clear(state: &mut State, workspace_id: &Id<Workspace>) {
    // Who may work in the workspace and who is told of it stays; so does the attempt that this is.
    let kept =
        [Workspace::TABLE, ApiKey::TABLE, AccessToken::TABLE, UserSession::TABLE, UserWorkspace::TABLE, Webhook::TABLE];
    for table in TABLES.iter().filter(|table| !kept.contains(table)) {
        state.remove_rows_where(table, &|thing| {
            let of = text(thing, "workspace_id").or_else(|| text(thing, "_workspace_id"));
            let is_this_attempt = *table == ActionAttempt::TABLE
                && text(thing, "action_type") == Some("RESET_SANDBOX_WORKSPACE")
                && text(thing, "status") == Some("pending");
            of == Some(workspace_id.as_str()) && !is_this_attempt
        });
    }
}
