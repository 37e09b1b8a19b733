//! Connect webviews, on which users connect their accounts.

use seam_core::test_util::ApiFault;
use serde_json::json;

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    json::{Object, add_string, collect_object, flag, has_string, object, set, string, strings},
    providers::{self, DeviceKind, PROVIDERS, Provider},
    routes::{
        acs,
        generic::{change, done},
    },
    shape,
    state::State,
    tables::{ClientSession, ConnectWebview, ConnectedAccount, Id, Resource, workspace_of},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/connect_webviews/create" => create,
        "/connect_webviews/delete" => delete,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let excluded: Vec<&str> = strings(&call.parameters, "excluded_providers").collect();
    let category = call.string("provider_category");
    let mut accepted: Vec<&str> = strings(&call.parameters, "accepted_providers").collect();
    let is_any = accepted.is_empty() && category.is_none();
    if accepted.is_empty() {
        let in_category =
            |provider: &&Provider| category.is_none_or(|category| provider.categories.contains(&category));
        accepted = PROVIDERS.iter().filter(in_category).map(|provider| provider.name).collect();
    }
    accepted.retain(|provider| !excluded.contains(provider));
    if accepted.is_empty() {
        return Err(invalid("accepted_providers", "No accepted provider remains"));
    }
    for name in ["custom_redirect_url", "custom_redirect_failure_url"] {
        if call.string(name).is_some_and(|url| !shape::is_url(url)) {
            return Err(invalid(name, "Invalid url"));
        }
    }
    let token = state.new_token("cwt_");
    let id = state.new_id::<ConnectWebview>();
    let url = format!("{}/connect_webviews/view?connect_webview_id={id}&auth_token={token}", state.base_url);
    let mut webview = object(json!({
        "connect_webview_id": id, "workspace_id": &call.workspace(), "url": url, "status": "pending",
        "login_successful": false, "any_provider_allowed": is_any, "accepted_providers": accepted,
        "device_selection_mode": "none", "automatically_manage_new_devices": true, "wait_for_device_creation": false,
        "custom_metadata": {},
    }));
    let kept = [
        "accepted_capabilities",
        "automatically_manage_new_devices",
        "custom_metadata",
        "custom_redirect_failure_url",
        "custom_redirect_url",
        "customer_key",
        "wait_for_device_creation",
    ];
    let given = |name: &&str| Some(((*name).to_owned(), call.parameters.get(*name)?.clone()));
    let kept = collect_object(&mut kept.iter().filter_map(given));
    change(&mut webview, &kept, ConnectWebview::TABLE);
    state.insert::<ConnectWebview>(webview);
    // A client session has access to the webviews that it creates.
    if let Some(session) = call.caller.client_session_id.as_ref().and_then(|id| state.get_mut(id)) {
        add_string(session, "connect_webview_ids", &id);
    }
    call.answer_with(state, "connect_webview", &id)
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectWebview>();
    call.find(state, &id)?;
    state.remove(&id);
    done()
}

/// The input of a user who signs in on a connect webview. Absent values get defaults.
#[derive(Debug, Default)]
pub(crate) struct SignIn<'a> {
    pub(crate) provider: Option<&'a str>,
    pub(crate) email: Option<&'a str>,
}

/// Completes a connect webview: adds an account of an accepted provider, with devices or an access system.
pub(crate) fn complete(state: &mut State, id: &Id<ConnectWebview>, sign_in: &SignIn<'_>) -> Result<(), ApiFault> {
    let webview = pending_webview(state, id)?;
    let workspace = workspace_of(&webview);
    let provider = accepted_provider(&webview, sign_in)?;
    let email = sign_in.email.map_or_else(|| format!("{id}@example.com"), str::to_owned);
    let mut more = object(json!({
        "user_identifier": { "email": email }, "connect_webview_id": id,
        "automatically_manage_new_devices": flag(&webview, "automatically_manage_new_devices"),
    }));
    for name in ["accepted_capabilities", "custom_metadata", "customer_key"] {
        if let Some(value) = webview.get(name) {
            set(&mut more, name, value.clone());
        }
    }
    let account = state.add_account(&workspace, &provider, more);
    store_login(state, id, &provider, &account);
    let about = || object(json!({ "connected_account_id": account, "connect_webview_id": id }));
    for event in [
        "connected_account.connected",
        "connected_account.created",
        "connected_account.successful_login",
        "connect_webview.login_succeeded",
    ] {
        state.emit(event, &workspace, about());
    }
    add_first_resources(state, &provider, &account, &webview);
    state.emit("connected_account.completed_first_sync", &workspace, about());
    Ok(())
}

/// Returns the provider of a sign-in: the chosen one, or by default August or the first accepted one.
fn accepted_provider(webview: &Object, sign_in: &SignIn<'_>) -> Result<String, ApiFault> {
    let accepted: Vec<&str> = strings(webview, "accepted_providers").collect();
    match sign_in.provider {
        Some(provider) if accepted.contains(&provider) => Ok(provider.to_owned()),
        Some(_) => Err(invalid("provider", "The connect webview does not accept this provider")),
        None if accepted.contains(&"august") => Ok("august".to_owned()),
        None => Ok(accepted.first().copied().unwrap_or("august").to_owned()),
    }
}

/// Stores a successful login in the webview, and the account in the client sessions of the webview.
fn store_login(state: &mut State, id: &Id<ConnectWebview>, provider: &str, account: &str) {
    let now = state.now_string();
    if let Some(webview) = state.get_mut(id) {
        for (name, value) in [
            ("status", "authorized"),
            ("connected_account_id", account),
            ("authorized_at", &now),
            ("selected_provider", provider),
        ] {
            set(webview, name, value);
        }
        set(webview, "login_successful", true);
    }
    for session in state.rows_mut::<ClientSession>(|session| has_string(session, "connect_webview_ids", id)) {
        add_string(session, "connected_account_ids", account);
    }
}

/// Adds the devices of a new account, or the access system of a provider without devices.
fn add_first_resources(state: &mut State, provider: &str, account: &Id<ConnectedAccount>, webview: &Object) {
    let Some(provider) = providers::by_name(provider).filter(|provider| !provider.device_type.is_empty()) else {
        let system = state.add_system(account, &acs::system_type_of(provider), Object::new());
        state.add_entrance(&system, "Main Entrance", Object::new());
        return;
    };
    let workspace = workspace_of(webview);
    let manages = flag(webview, "automatically_manage_new_devices");
    for name in device_names(provider) {
        let more = json!({
            "connected_account_id": account, "connect_webview_id": webview.get("connect_webview_id"), "is_managed": manages,
        });
        let device = state.add_device(&workspace, provider.device_type, name, object(more));
        let event = if manages { "device.connected" } else { "device.unmanaged.connected" };
        state.emit(event, &workspace, object(json!({ "device_id": device })));
    }
}

/// Fails the sign-in on a connect webview.
pub(crate) fn fail(state: &mut State, id: &Id<ConnectWebview>) -> Result<(), ApiFault> {
    let webview = pending_webview(state, id)?;
    if let Some(webview) = state.get_mut(id) {
        set(webview, "status", "failed");
    }
    let workspace = workspace_of(&webview);
    state.emit("connect_webview.login_failed", &workspace, object(json!({ "connect_webview_id": id })));
    Ok(())
}

/// Returns a connect webview that is not completed.
fn pending_webview(state: &State, id: &Id<ConnectWebview>) -> Result<Object, ApiFault> {
    let webview = state.get(id).ok_or_else(|| not_found(ConnectWebview::TABLE))?;
    if string(webview, "status") == Some("authorized") {
        return Err(ApiFault::new(
            400,
            "connect_webview_already_completed",
            "The connect webview is already completed",
        ));
    }
    Ok(webview.clone())
}

/// Returns the names of the devices that an account of a provider has.
fn device_names(provider: &Provider) -> &'static [&'static str] {
    match provider.kind {
        DeviceKind::Thermostat => &["Hallway"],
        DeviceKind::NoiseSensor => &["Lounge"],
        DeviceKind::Camera => &["Driveway"],
        _ => &["Front Door", "Back Door"],
    }
}
