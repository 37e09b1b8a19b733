//! Connect webviews, and the accounts that people connect on them.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    json::{Object, add_text, collect_object, flag, has_text, object, set, text, texts},
    providers::{self, DeviceKind, PROVIDERS, Provider},
    routes::{
        devices,
        generic::{change, done, only_in_sandbox},
        pages::page_ignoring,
    },
    rows::searched,
    scheduler::Job,
    shape,
    state::State,
    tables::{
        AccessCode, AcsAccessGroup, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem, AcsUser, ClientSession,
        ConnectWebview, ConnectedAccount, DailyProgram, Device, Id, NoiseThreshold, Resource, ThermostatSchedule,
        Workspace, workspace_of,
    },
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/connect_webviews/create" => create_webview,
        "/connect_webviews/delete" => delete_webview,
        "/connected_accounts/get" => get,
        "/connected_accounts/list" => list,
        "/connected_accounts/delete" => delete,
        "/connected_accounts/simulate/disconnect" => disconnect,
        "/connected_accounts/sync" => sync,
        _ => return None,
    })
}

// --- Connect webviews.

fn create_webview(state: &mut State, call: &Call) -> Answer {
    let excluded: Vec<&str> = texts(&call.parameters, "excluded_providers").collect();
    let category = call.text("provider_category");
    let mut accepted: Vec<&str> = texts(&call.parameters, "accepted_providers").collect();
    let is_any = accepted.is_empty() && category.is_none();
    if accepted.is_empty() {
        let in_category =
            |provider: &&Provider| category.is_none_or(|category| provider.categories.contains(&category));
        accepted = PROVIDERS.iter().filter(in_category).map(|provider| provider.name).collect();
    }
    accepted.retain(|provider| !excluded.contains(provider));
    if accepted.is_empty() {
        return Err(invalid("accepted_providers", "No provider is left"));
    }
    for name in ["custom_redirect_url", "custom_redirect_failure_url"] {
        if call.text(name).is_some_and(|url| !shape::is_url(url)) {
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
    // What a client session makes it may also see.
    if let Some(session) = call.caller.client_session_id.as_ref().and_then(|id| state.get_mut(id)) {
        add_text(session, "connect_webview_ids", &id);
    }
    call.answer_with(state, "connect_webview", &id)
}

fn delete_webview(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectWebview>();
    call.find(state, &id)?;
    state.remove(&id);
    done()
}

/// What a person chooses on a connect webview. What is absent is chosen by the fake.
#[derive(Debug, Default)]
pub(crate) struct SignIn<'a> {
    pub(crate) provider: Option<&'a str>,
    pub(crate) email: Option<&'a str>,
}

/// Somebody signs in on the webview: there is an account, with devices of the first make that the webview takes.
pub(crate) fn complete_connect_webview(
    state: &mut State,
    id: &Id<ConnectWebview>,
    sign_in: &SignIn<'_>,
) -> Result<(), ApiFault> {
    let webview = pending_webview(state, id)?;
    let workspace = workspace_of(&webview);
    let accepted: Vec<&str> = texts(&webview, "accepted_providers").collect();
    let usual = if accepted.contains(&"august") { "august" } else { accepted.first().copied().unwrap_or("august") };
    let name = sign_in.provider.unwrap_or(usual);
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
    let now = state.now_text();
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
    for session in state.rows_mut::<ClientSession>() {
        if has_text(session, "connect_webview_ids", id) {
            add_text(session, "connected_account_ids", &account);
        }
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
        for name in names_of(provider) {
            let more = json!({ "connected_account_id": account, "connect_webview_id": id, "is_managed": manages });
            let device = state.add_device(&workspace, provider.device_type, name, object(more));
            let event = if manages { "device.connected" } else { "device.unmanaged.connected" };
            state.emit(event, &workspace, object(json!({ "device_id": device })));
        }
    } else {
        add_system(state, &workspace, name, &account);
    }
    state.emit("connected_account.completed_first_sync", &workspace, about(json!({})));
    Ok(())
}

/// Somebody fails to sign in on the webview.
pub(crate) fn fail_connect_webview(state: &mut State, id: &Id<ConnectWebview>) -> Result<(), ApiFault> {
    let webview = pending_webview(state, id)?;
    if let Some(webview) = state.get_mut(id) {
        set(webview, "status", "failed");
    }
    let workspace = workspace_of(&webview);
    state.emit("connect_webview.login_failed", &workspace, object(json!({ "connect_webview_id": id })));
    Ok(())
}

fn pending_webview(state: &State, id: &Id<ConnectWebview>) -> Result<Object, ApiFault> {
    let webview = state.get(id).ok_or_else(|| not_found(ConnectWebview::TABLE))?;
    if text(webview, "status") == Some("authorized") {
        return Err(ApiFault::new(400, "connect_webview_already_completed", "Somebody has signed in already"));
    }
    Ok(webview.clone())
}

/// What the devices are called that somebody happens to have.
fn names_of(provider: &Provider) -> &'static [&'static str] {
    match provider.kind {
        DeviceKind::Thermostat => &["Hallway"],
        DeviceKind::NoiseSensor => &["Lounge"],
        DeviceKind::Camera => &["Driveway"],
        _ => &["Front Door", "Back Door"],
    }
}

/// An access system with one entrance, for a make that has no devices.
fn add_system(state: &mut State, workspace: &Id<Workspace>, name: &str, account: &Id<ConnectedAccount>) {
    let display_name = providers::by_name(name).map_or(name, |provider| provider.display_name);
    let system = json!({
        "workspace_id": workspace, "name": display_name, "connected_account_id": account,
        "connected_account_ids": [account], "external_type": format!("{name}_system"),
        "external_type_display_name": display_name,
    });
    let system = state.insert::<AcsSystem>(object(system));
    let entrance = json!({
        "workspace_id": workspace, "acs_system_id": system, "connected_account_id": account, "display_name": "Main Entrance",
    });
    state.insert::<AcsEntrance>(object(entrance));
}

// --- Connected accounts.

fn get(state: &mut State, call: &Call) -> Answer {
    let account = match (call.given_id::<ConnectedAccount>(), call.text("email")) {
        (Some(id), _) => call.find(state, &id)?,
        (None, email) => state
            .rows::<ConnectedAccount>()
            .filter(|account| is_visible(state, &call.caller, account))
            .find(|account| email_of(account) == email)
            .ok_or_else(|| not_found(ConnectedAccount::TABLE))?,
    };
    let account = Value::Object(account.clone());
    Ok(call.answer_fields(|_| account.clone()))
}

fn email_of(account: &Object) -> Option<&str> {
    account.get("user_identifier")?.get("email")?.as_str()
}

/// Texts to search in lie within the account's user identifier too.
fn list(state: &mut State, call: &Call) -> Answer {
    let wanted = call.text("search").map(str::to_lowercase);
    page_ignoring(state, call, ConnectedAccount::TABLE, &["search"], |account| {
        wanted.as_deref().is_none_or(|wanted| {
            searched(account).contains(wanted)
                || email_of(account).is_some_and(|email| email.to_lowercase().contains(wanted))
        })
    })
}

/// The account goes, and everything that Seam had through it.
fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectedAccount>();
    let account = call.find(state, &id)?.clone();
    let is_of_account = |row: &Object| id.is_in(row);
    let devices = state.ids_where::<Device>(is_of_account);
    for device in &devices {
        state.emit("device.deleted", &call.workspace(), object(json!({ "device_id": device })));
    }
    for table in [AccessCode::TABLE, NoiseThreshold::TABLE, ThermostatSchedule::TABLE, DailyProgram::TABLE] {
        state.remove_rows_where(table, &|row| devices.iter().any(|device| device.is_in(row)));
    }
    for table in [
        Device::TABLE,
        AcsUser::TABLE,
        AcsCredential::TABLE,
        AcsAccessGroup::TABLE,
        AcsEntrance::TABLE,
        AcsEncoder::TABLE,
        AcsSystem::TABLE,
        ConnectedAccount::TABLE,
    ] {
        state.remove_rows_where(table, &is_of_account);
    }
    let mut about = object(json!({ "connected_account_id": id }));
    if let Some(customer) = account.get("customer_key") {
        set(&mut about, "customer_key", customer.clone());
    }
    state.emit("connected_account.deleted", &call.workspace(), about);
    done()
}

/// Seam loses access to the account, as a sandbox can pretend: the devices are out of reach with it.
fn disconnect(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectedAccount>();
    call.find(state, &id)?;
    only_in_sandbox(state, call)?;
    let error = json!({
        "error_code": "account_disconnected", "message": "Seam has lost access to the account",
        "created_at": state.now_text(), "is_connected_account_error": true, "is_device_error": false,
    });
    let errors = json!([error]);
    if let Some(account) = state.get_mut(&id) {
        set(account, "errors", errors.clone());
    }
    for device in state.rows_mut::<Device>().filter(|device| id.is_in(device)) {
        set(device, "errors", errors.clone());
    }
    devices_changed(state, &id);
    let about = json!({
        "connected_account_id": id, "connected_account_errors": errors, "connected_account_warnings": [],
    });
    state.emit("connected_account.disconnected", &call.workspace(), object(about));
    done()
}

/// Seam can reach the devices of an account again, or no longer.
fn devices_changed(state: &mut State, account: &Id<ConnectedAccount>) {
    for device in state.ids_where::<Device>(|device| account.is_in(device)) {
        devices::reachability_changed(state, &device);
    }
}

/// Seam looks at the account again, which takes a while: after that, it has access again.
fn sync(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectedAccount>();
    call.find(state, &id)?;
    state.after(state.action_delay, Job::SyncConnectedAccount { connected_account_id: id });
    done()
}

/// Gives a disconnected account back its access.
pub(crate) fn finish_sync(state: &mut State, id: &Id<ConnectedAccount>) {
    let Some(account) = state.get_mut(id) else { return };
    let workspace = workspace_of(account);
    let is_disconnected = |error: &Value| error.get("error_code") == Some(&json!("account_disconnected"));
    let was_away =
        account.get("errors").and_then(Value::as_array).is_some_and(|errors| errors.iter().any(is_disconnected));
    if !was_away {
        return;
    }
    set(account, "errors", json!([]));
    for device in state.rows_mut::<Device>().filter(|device| id.is_in(device)) {
        if let Some(errors) = device.get_mut("errors").and_then(Value::as_array_mut) {
            errors.retain(|error| !is_disconnected(error));
        }
    }
    devices_changed(state, id);
    let about = object(json!({ "connected_account_id": id }));
    state.emit("connected_account.completed_first_sync_after_reconnection", &workspace, about);
}
