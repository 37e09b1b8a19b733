//! Client sessions: the access of an application's front end to accounts, webviews and user identities.

use std::time::Duration;

use seam_core::CredentialKind;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    json::{Object, add_string, flag, format_time, later, object, set, string, strings, time},
    routes::{filters::Filters, generic::done, pages::all},
    state::State,
    tables::{ClientSession, ConnectWebview, ConnectedAccount, Id, Resource, UserIdentity},
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

/// The default lifetime of a session.
const LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/client_sessions/create" => create,
        "/client_sessions/get_or_create" => get_or_create,
        "/client_sessions/get" => get,
        "/client_sessions/list" => list,
        "/client_sessions/grant_access" => grant_access,
        "/client_sessions/revoke" => revoke,
        "/client_sessions/delete" => delete,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    check_key(call)?;
    if find_by_key(state, call).is_some() {
        return Err(ApiFault::new(
            400,
            "client_session_token_already_exists",
            "A client session with this user_identifier_key already exists; use get_or_create",
        ));
    }
    let id = add(state, call)?;
    answer(state, call, &id)
}

fn get_or_create(state: &mut State, call: &Call) -> Answer {
    check_key(call)?;
    let id = match find_by_key(state, call) {
        Some(id) => {
            grant(state, call, &id)?;
            id
        }
        None => add(state, call)?,
    };
    answer(state, call, &id)
}

/// Rejects a request with a publishable key, which is public, unless it creates an empty session for a user.
fn check_key(call: &Call) -> Result<(), ApiFault> {
    if call.caller.kind == CredentialKind::PublishableKey {
        if call.string("user_identifier_key").is_none() {
            return Err(ApiFault::new(
                400,
                "publishable_key_requires_user_identifier_key",
                "A publishable key requires a user_identifier_key",
            ));
        }
        let grants =
            ["connected_account_ids", "connect_webview_ids", "user_identity_id", "user_identity_ids", "customer_key"];
        if grants.iter().any(|name| call.parameters.contains_key(*name)) {
            return Err(ApiFault::new(
                403,
                "publishable_keys_must_create_empty_client_sessions",
                "A session created with a publishable key must be empty",
            ));
        }
    }
    Ok(())
}

/// Returns the session of the `user_identifier_key` in the parameters that is neither revoked nor expired.
fn find_by_key(state: &State, call: &Call) -> Option<Id<ClientSession>> {
    let key = call.string("user_identifier_key")?;
    let is_active = |session: &Object| {
        string(session, "user_identifier_key") == Some(key)
            && call.workspace().is_in(session)
            && string(session, "_revoked_at").is_none()
            && time(session, "expires_at").is_none_or(|end| end > state.now())
    };
    state.ids_where::<ClientSession>(is_active).into_iter().next()
}

/// Adds a session with access to the resources in the parameters.
fn add(state: &mut State, call: &Call) -> Result<Id<ClientSession>, ApiFault> {
    let expires_at = match call.time("expires_at")? {
        Some(end) if end <= state.now() => return Err(invalid("expires_at", "Expected a time in the future")),
        Some(end) => end,
        None => later(state.now(), LIFETIME),
    };
    check(state, call)?;
    let token = state.new_token("seam_cst1");
    let mut session = object(json!({
        "workspace_id": &call.workspace(), "token": token, "expires_at": format_time(expires_at),
        "user_identifier_key": call.string("user_identifier_key"),
    }));
    if let Some(customer) = call.string("customer_key") {
        set(&mut session, "customer_key", customer);
    }
    let id = state.insert::<ClientSession>(session);
    grant(state, call, &id)?;
    Ok(id)
}

/// Checks that all resources in the parameters exist.
fn check(state: &State, call: &Call) -> Result<(), ApiFault> {
    for id in Id::<ConnectedAccount>::in_list(&call.parameters, "connected_account_ids") {
        call.find(state, &id)?;
    }
    for id in Id::<ConnectWebview>::in_list(&call.parameters, "connect_webview_ids") {
        call.find(state, &id)?;
    }
    for id in Id::<UserIdentity>::in_list(&call.parameters, "user_identity_ids") {
        call.find(state, &id)?;
    }
    if let Some(id) = call.given_id::<UserIdentity>() {
        call.find(state, &id)?;
    }
    Ok(())
}

/// Grants a session access to the resources in the parameters.
fn grant(state: &mut State, call: &Call, id: &Id<ClientSession>) -> Result<(), ApiFault> {
    check(state, call)?;
    let webviews = Id::<ConnectWebview>::in_list(&call.parameters, "connect_webview_ids");
    let accounts: Vec<Id<ConnectedAccount>> =
        webviews.iter().filter_map(|webview| Id::of(state.get(webview)?)).collect();
    let Some(session) = state.get_mut(id) else { return Err(not_found(ClientSession::TABLE)) };
    for name in ["connected_account_ids", "connect_webview_ids", "user_identity_ids"] {
        for id in strings(&call.parameters, name) {
            add_string(session, name, id);
        }
    }
    for account in accounts {
        add_string(session, "connected_account_ids", &account);
    }
    if let Some(identity) = call.given_id::<UserIdentity>() {
        add_string(session, "user_identity_ids", &identity);
    }
    let identity = strings(session, "user_identity_ids").next().map(str::to_owned);
    if let Some(identity) = identity {
        set(session, "user_identity_id", identity);
    }
    Ok(())
}

/// Returns the response with a session.
fn answer(state: &State, call: &Call, id: &Id<ClientSession>) -> Answer {
    let session = state.get(id).ok_or_else(|| not_found(ClientSession::TABLE))?;
    Ok(call.answer_fields(|_| Value::Object(session.clone())))
}

/// Returns the session of a call, by default that of the caller.
fn named(state: &State, call: &Call) -> Result<Id<ClientSession>, ApiFault> {
    let is_of_workspace = |session: &&Object| call.workspace().is_in(session);
    if let Some(own) = &call.caller.client_session_id {
        let is_own = call.given_id::<ClientSession>().is_none_or(|id| id == *own);
        return if is_own { Ok(own.clone()) } else { Err(not_found(ClientSession::TABLE)) };
    }
    let session = match call.given_id::<ClientSession>() {
        Some(id) => state.get(&id).filter(is_of_workspace),
        None => find_by_key(state, call).and_then(|id| state.get(&id)),
    };
    session.and_then(Id::of).ok_or_else(|| not_found(ClientSession::TABLE))
}

fn get(state: &mut State, call: &Call) -> Answer {
    let id = named(state, call)?;
    answer(state, call, &id)
}

fn list(state: &mut State, call: &Call) -> Answer {
    let only_without_key = flag(&call.parameters, "without_user_identifier_key");
    let filters = Filters::new(&call.parameters, &["without_user_identifier_key"]);
    all(state, call, ClientSession::TABLE, |session| {
        is_visible(state, &call.caller, session)
            && filters.is_match(state, session)
            && (!only_without_key || string(session, "user_identifier_key").is_none())
    })
}

fn grant_access(state: &mut State, call: &Call) -> Answer {
    let id = named(state, call)?;
    grant(state, call, &id)?;
    answer(state, call, &id)
}

fn revoke(state: &mut State, call: &Call) -> Answer {
    let id = named(state, call)?;
    let now = state.now_string();
    if let Some(session) = state.get_mut(&id) {
        set(session, "_revoked_at", now);
    }
    done()
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = named(state, call)?;
    state.remove(&id);
    state.emit("client_session.deleted", &call.workspace(), object(json!({ "client_session_id": id })));
    done()
}
