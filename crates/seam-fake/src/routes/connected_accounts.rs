//! Connected accounts: accounts with providers, and their devices and access systems.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, not_found},
    json::{Object, object, set},
    routes::{
        devices,
        generic::{done, only_in_sandbox},
        pages::page_ignoring,
    },
    rows::searched,
    scheduler::Job,
    state::State,
    tables::{
        AccessCode, AcsAccessGroup, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount,
        DailyProgram, Device, Id, NoiseThreshold, Resource, ThermostatSchedule, workspace_of,
    },
    visibility::is_visible,
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/connected_accounts/get" => get,
        "/connected_accounts/list" => list,
        "/connected_accounts/delete" => delete,
        "/connected_accounts/simulate/disconnect" => disconnect,
        "/connected_accounts/sync" => sync,
        _ => return None,
    })
}

fn get(state: &mut State, call: &Call) -> Answer {
    let account = match (call.given_id::<ConnectedAccount>(), call.string("email")) {
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

/// Returns the email address of an account.
fn email_of(account: &Object) -> Option<&str> {
    account.get("user_identifier")?.get("email")?.as_str()
}

/// Lists accounts. The filter `search` also matches the email address in the user identifier.
fn list(state: &mut State, call: &Call) -> Answer {
    let search = call.string("search").map(str::to_lowercase);
    page_ignoring(state, call, ConnectedAccount::TABLE, &["search"], |account| {
        search.as_deref().is_none_or(|search| {
            searched(account).contains(search)
                || email_of(account).is_some_and(|email| email.to_lowercase().contains(search))
        })
    })
}

/// Deletes an account, its devices, its access systems and all of their resources.
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

/// Simulates that Seam has lost access to an account. Its devices become unreachable.
fn disconnect(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectedAccount>();
    call.find(state, &id)?;
    only_in_sandbox(state, call)?;
    let error = json!({
        "error_code": "account_disconnected", "message": "Seam has lost access to the account",
        "created_at": state.now_string(), "is_connected_account_error": true, "is_device_error": false,
    });
    let errors = json!([error]);
    if let Some(account) = state.get_mut(&id) {
        set(account, "errors", errors.clone());
    }
    for device in state.rows_mut::<Device>(|device| id.is_in(device)) {
        set(device, "errors", errors.clone());
    }
    devices_changed(state, &id);
    let about = json!({
        "connected_account_id": id, "connected_account_errors": errors, "connected_account_warnings": [],
    });
    state.emit("connected_account.disconnected", &call.workspace(), object(about));
    done()
}

/// Applies a change of the reachability of the devices of an account.
fn devices_changed(state: &mut State, account: &Id<ConnectedAccount>) {
    for device in state.ids_where::<Device>(|device| account.is_in(device)) {
        devices::reachability_changed(state, &device);
    }
}

/// Starts to sync an account. The sync restores Seam's access to it.
fn sync(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<ConnectedAccount>();
    call.find(state, &id)?;
    state.after(state.action_delay, Job::SyncConnectedAccount { connected_account_id: id });
    done()
}

/// Reconnects an account, if it is disconnected.
pub(crate) fn finish_sync(state: &mut State, id: &Id<ConnectedAccount>) {
    let Some(account) = state.get_mut(id) else { return };
    let workspace = workspace_of(account);
    let is_disconnected = |error: &Value| error.get("error_code") == Some(&json!("account_disconnected"));
    let was_disconnected =
        account.get("errors").and_then(Value::as_array).is_some_and(|errors| errors.iter().any(is_disconnected));
    if !was_disconnected {
        return;
    }
    set(account, "errors", json!([]));
    for device in state.rows_mut::<Device>(|device| id.is_in(device)) {
        if let Some(errors) = device.get_mut("errors").and_then(Value::as_array_mut) {
            errors.retain(|error| !is_disconnected(error));
        }
    }
    devices_changed(state, id);
    let about = object(json!({ "connected_account_id": id }));
    state.emit("connected_account.completed_first_sync_after_reconnection", &workspace, about);
}
