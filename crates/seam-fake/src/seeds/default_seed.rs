//! The seed of the official fake, with its identifiers and tokens.

use serde_json::{Value, json};

use crate::{
    json::{collect_object, object},
    state::{Seed, State},
    tables::{
        AccessToken, ApiKey, ClientSession, ConnectWebview, Id, NoiseThreshold, UserIdentity, UserSession,
        UserWorkspace, Workspace,
    },
};

/// The identifiers and tokens that `/_fake/default_seed` returns.
const NAMES: [(&str, &str); 22] = [
    ("john_connected_account_id", "john_connected_account_id"),
    ("jane_connected_account_id", "jane_connected_account_id"),
    ("john_assa_cs_connected_account_id", "john_assa_cs_connected_account_id"),
    ("seed_workspace_1", "seed_workspace_1"),
    ("seed_workspace_2", "seed_workspace_2"),
    ("john_user_workspace_1", "john_user_workspace_1"),
    ("august_device_1", "august_device_1"),
    ("august_device_2", "august_device_2"),
    ("ecobee_device_1", "ecobee_device_1"),
    ("minut_device_1", "minut_device_1"),
    ("schlage_device_1", "schlage_device_id"),
    ("seam_apikey1_token", "seam_apikey1_token"),
    ("seam_apikey2_token", "seam_apikey2_token"),
    ("seam_cst1_token", "seam_cst1_token"),
    ("seam_pk1_token", "seam_pk1_token"),
    ("seam_at1_token", "seam_at1_longtoken"),
    ("john_user_identifier_key", "john_user_identifier_key"),
    ("john_user_identity_id", "john_user_identity_id"),
    ("john_user_id", "john_user_id"),
    ("john_user_key", "john_user_key"),
    ("visionline_acs_system_1", "visionline_acs_system_1"),
    ("bridge_client_session_token", "bcs1_token"),
];

/// Returns the identifiers and tokens.
pub(crate) fn names() -> Value {
    collect_object(&mut NAMES.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)))).into()
}

/// The workspace with all resources.
const FULL: &str = "seed_workspace_1";
/// An empty workspace.
const EMPTY: &str = "seed_workspace_2";
const JOHN: &str = "john_connected_account_id";
const JANE: &str = "jane_connected_account_id";

/// Adds the workspaces and their contents.
pub(crate) fn fill(state: &mut State) {
    for (workspace, name, is_sandbox, key) in
        [(FULL, "My Workspace", true, "seam_apikey1_token"), (EMPTY, "Empty Workspace", false, "seam_apikey2_token")]
    {
        let publishable_key = if workspace == FULL { "seam_pk1_token" } else { "seam_pk2_token" };
        state.insert::<Workspace>(object(json!({
            "workspace_id": workspace, "name": name, "company_name": name, "is_sandbox": is_sandbox,
            "publishable_key": publishable_key, "is_publishable_key_auth_enabled": true,
        })));
        state.insert::<ApiKey>(object(json!({ "token": key, "workspace_id": workspace, "name": name })));
    }
    people(state);
    state.seeds.insert(Id::new(FULL), Seed::Default);
    fill_workspace(state);
}

/// Adds the contents of the first workspace, which a reset restores.
pub(crate) fn fill_workspace(state: &mut State) {
    accounts(state);
    devices(state);
    let user = json!({
        "workspace_id": FULL, "user_identity_id": "john_user_identity_id", "user_identity_key": "john_user_identifier_key",
        "email_address": "jane@example.com", "full_name": "Jane Doe", "display_name": "Jane Doe", "is_managed": true,
    });
    state.insert::<UserIdentity>(object(user));
    let webview = json!({
        "connect_webview_id": "connect_webview1", "workspace_id": FULL, "status": "authorized", "login_successful": true,
        "connected_account_id": JOHN, "url": "https://connect.getseam.com/connect_webviews/view",
        "authorized_at": state.now_string(),
    });
    state.insert::<ConnectWebview>(object(webview));
    let session = json!({
        "workspace_id": FULL, "connect_webview_ids": ["connect_webview1"], "connected_account_ids": [JOHN],
        "user_identifier_key": "john_user_identifier_key", "user_identity_ids": ["john_user_identity_id"],
        "token": "seam_cst1_token", "expires_at": "2099-01-01T00:00:00.000Z",
    });
    state.insert::<ClientSession>(object(session));
    let more = json!({ "acs_system_id": "visionline_acs_system_1", "name": "Fake Visionline System" });
    state.add_system(&Id::new(JOHN), "visionline_system", object(more));
}

fn people(state: &mut State) {
    let session = json!({ "user_id": "john_user_id", "key": "john_user_key", "is_admin_session": false });
    state.insert::<UserSession>(object(session));
    let member = json!({
        "user_workspace_id": "john_user_workspace_1", "user_id": "john_user_id", "workspace_id": FULL, "is_owner": true,
    });
    state.insert::<UserWorkspace>(object(member));
    state.insert::<AccessToken>(object(json!({ "token": "seam_at1_longtoken", "user_id": "john_user_id" })));
}

fn accounts(state: &mut State) {
    for (account, provider, email) in [
        (JOHN, "august", "john@example.com"),
        (JANE, "schlage", "jane@example.com"),
        ("john_assa_cs_connected_account_id", "assa_abloy_credential_service", "john@example.com"),
    ] {
        let more = json!({ "connected_account_id": account, "user_identifier": { "email": email } });
        state.add_account(&Id::new(FULL), provider, object(more));
    }
}

fn devices(state: &mut State) {
    let climate = json!({
        "current_climate_setting": {
            "hvac_mode_setting": "cool", "manual_override_allowed": true, "fan_mode_setting": "auto",
            "cooling_set_point_celsius": 24.0, "cooling_set_point_fahrenheit": 75.2,
            "heating_set_point_celsius": 18.0, "heating_set_point_fahrenheit": 64.4,
            "can_delete": false, "can_edit": false, "can_use_with_thermostat_daily_programs": false,
            "climate_preset_key": "builtin", "display_name": "Builtin", "name": null,
        },
        "is_fan_running": true, "max_heating_set_point_celsius": 33.0, "max_heating_set_point_fahrenheit": 91.4,
    });
    for (device, device_type, name, account, properties) in [
        ("august_device_1", "august_lock", "Front Door", JOHN, json!({ "name": "Fake August Lock 1" })),
        ("august_device_2", "august_lock", "Back Door", JOHN, json!({ "name": "Fake August Lock 2" })),
        ("ecobee_device_1", "ecobee_thermostat", "Thermostat 1", JOHN, climate),
        ("minut_device_1", "minut_sensor", "Minut Sensor 1", JOHN, json!({ "noise_level_decibels": 70.0 })),
        ("schlage_device_id", "schlage_lock", "Bathroom Door", JANE, json!({})),
    ] {
        let more = json!({ "device_id": device, "connected_account_id": account, "properties": properties });
        state.add_device(&Id::new(FULL), device_type, name, object(more));
    }
    let about = json!({ "device_id": "august_device_1", "connected_account_id": JOHN });
    state.emit("device.connected", &Id::new(FULL), object(about));
    let threshold = json!({
        "device_id": "minut_device_1", "workspace_id": FULL, "noise_threshold_decibels": 60, "name": "builtin_normal_hours",
        "starts_daily_at": "00:00:00[America/Los_Angeles]", "ends_daily_at": "23:59:59[America/Los_Angeles]",
    });
    state.insert::<NoiseThreshold>(object(threshold));
}
