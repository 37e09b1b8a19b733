//! Connect webviews, on which users connect their accounts.

use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

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
    tables::{ClientSession, ConnectWebview, Id, Resource, workspace_of},
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
    let accepted: Vec<&str> = strings(&webview, "accepted_providers").collect();
    let default = if accepted.contains(&"august") { "august" } else { accepted.first().copied().unwrap_or("august") };
    let name = sign_in.provider.unwrap_or(default);
    if sign_in.provider.is_some() && !accepted.contains(&name) {
        return Err(invalid("provider", "The connect webview does not accept this provider"));
    }
    let email = sign_in.email.map_or_else(|| format!("{id}@example.com"), str::to_owned);
    let manages = flag(&webview, "automatically_manage_new_devices");
    let mut more = object(json!({
        "user_identifier": { "email": email }, "connect_webview_id": id,
        "automatically_manage_new_devices": manages,
    }));
    for name in ["accepted_capabilities", "custom_metadata", "customer_key"] {
        if let Some(value) = webview.get(name) {
            set(&mut more, name, value.clone());
        }
    }
    let account = state.add_account(&workspace, name, more);
    let now = state.now_string();
    if let Some(webview) = state.get_mut(id) {
        for (name, value) in [
            ("status", "authorized"),
            ("connected_account_id", &account),
            ("authorized_at", &now),
            ("selected_provider", name),
        ] {
            set(webview, name, value);
        }
        set(webview, "login_successful", true);
    }
    for session in state.rows_mut::<ClientSession>(|session| has_string(session, "connect_webview_ids", id)) {
        add_string(session, "connected_account_ids", &account);
    }
    let about = |more: Value| {
        let mut about = object(json!({ "connected_account_id": account, "connect_webview_id": id }));
        about.extend(object(more));
        about
    };
    for event in ["connected_account.connected", "connected_account.created", "connected_account.successful_login"] {
        state.emit(event, &workspace, about(json!({})));
    }
    state.emit("connect_webview.login_succeeded", &workspace, about(json!({})));
    let provider = providers::by_name(name).filter(|provider| !provider.device_type.is_empty());
    if let Some(provider) = provider {
        for name in device_names(provider) {
            let more = json!({ "connected_account_id": account, "connect_webview_id": id, "is_managed": manages });
            let device = state.add_device(&workspace, provider.device_type, name, object(more));
            let event = if manages { "device.connected" } else { "device.unmanaged.connected" };
            state.emit(event, &workspace, object(json!({ "device_id": device })));
        }
    } else {
        // The provider has no devices, only an access system.
        let system = state.add_system(&account, &acs::system_type_of(name), Object::new());
        state.add_entrance(&system, "Main Entrance", Object::new());
    }
    state.emit("connected_account.completed_first_sync", &workspace, about(json!({})));
    Ok(())
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
