//! The state that a new in-memory Seam begins with: a small building.

use serde_json::{Value, json};

use crate::API_KEY;
use crate::state::{
    ACCESS_CODES, ACCESS_TOKENS, ACS_ACCESS_GROUPS, ACS_ENCODERS, ACS_ENTRANCES, ACS_SYSTEMS, ACS_USERS, API_KEYS,
    NOISE_THRESHOLDS, Object, SPACES, Seed, State, Table, USER_IDENTITIES, USER_SESSIONS, USER_WORKSPACES, WORKSPACES,
    object,
};

/// The id of the workspace that everything belongs to.
pub const WORKSPACE: &str = "d2f5a1c8-3e7b-4b90-8c6f-5a4e3d2c1b00";

/// The id of an August lock with three codes.
pub const FRONT_DOOR: &str = "a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10";
/// The id of a Nuki lock whose one code cannot be managed.
pub const BACK_DOOR: &str = "c41b7f0e-8a6d-4c0b-b1f4-6d2e9a7c3b21";
/// The id of a Kwikset lock, which does not tell of codes that were not made through Seam.
pub const GARAGE: &str = "3f9d0c1b-72e4-4a86-9b5d-8e1c0a6f2d34";
/// The id of an ecobee thermostat.
pub const THERMOSTAT: &str = "7b2e9c40-1d5f-4c38-8a67-0f3e6d9b1c52";
/// The id of a Minut noise sensor, with one threshold.
pub const NOISE_SENSOR: &str = "e06a4d7c-9b13-4f2e-a85c-2d7f1b0c9e63";

/// The id of a code on the front door that works until it is removed. Its PIN is 1988.
pub const ONGOING_CODE: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";
/// The id of a code on the front door that works for some days. Its PIN is 4711.
pub const TIME_BOUND_CODE: &str = "f19bc8cb-15be-43af-bb52-f1a417e0ff09";
/// The id of a code on the front door whose PIN the lock does not tell.
pub const CODE_WITHOUT_PIN: &str = "5b0f2d94-0c1e-4e67-8d2a-3a9c7e6b1f55";
/// The id of a code on the back door that can be neither taken over nor deleted. Its PIN is 2580.
pub const UNMANAGEABLE_CODE: &str = "9e7d3c21-4b8a-4f5e-a6c0-2d1b0f9e8c77";

/// The id of the access system of the guest rooms.
pub const GUEST_ROOMS: &str = "1c8f4e2a-6b9d-4d70-93e1-5a0c7f2b8d46";
/// The id of the entrance to room 101, which opens with cards and phones.
pub const ROOM_101: &str = "8d3a7b1e-0f5c-4e92-b6d8-4c2f9a1e7b05";
/// The id of the entrance to room 102.
pub const ROOM_102: &str = "b50e2c9f-4a7d-4183-8f6b-9d1e3c0a7f28";
/// The id of the card encoder at the desk.
pub const ENCODER: &str = "60c9f1d3-8e2b-4b5a-a794-7f0d2e6c1b39";
/// The id of somebody who may have access.
pub const GUEST: &str = "4e7b0a9d-2c6f-4f81-9d3e-1b5c8f0a6e72";
/// The id of the space that all of the building is.
pub const BUILDING: &str = "97f2d8b0-5e1c-4a36-8c4d-0e9b7a3f1d64";

const USER: &str = "0b9e5d27-3c8f-4e14-a6b0-8d2f7c1e9a53";
const LOCK_ACCOUNT: &str = "d80c3e6b-1f9a-4f57-b2e4-6c0d9a5b7e18";
const ROOM_ACCOUNT: &str = "52f7a1c0-9d4e-4b68-8e3b-1a6f0c7d2b95";

/// A workspace and who may work in it: what every state has.
pub(crate) fn ground(state: &mut State) {
    let workspace = json!({
        "workspace_id": WORKSPACE, "name": "Sandbox", "company_name": "Example", "connect_partner_name": "Example",
        "is_sandbox": true, "publishable_key": "seam_pk_fake_publishable_key", "is_publishable_key_auth_enabled": true,
    });
    state.insert(WORKSPACES, object(workspace));
    state.insert(API_KEYS, object(json!({ "token": API_KEY, "workspace_id": WORKSPACE, "name": "Fake" })));
    state.insert(ACCESS_TOKENS, object(json!({ "token": "seam_at_fake_access_token", "user_id": USER })));
    state.insert(USER_SESSIONS, object(json!({ "user_id": USER, "key": "fake_session_key" })));
    state.insert(USER_WORKSPACES, object(json!({ "user_id": USER, "workspace_id": WORKSPACE, "is_owner": true })));
}

/// The building.
pub(crate) fn build(state: &mut State) {
    state.seeds.insert(WORKSPACE.to_owned(), Seed::Building);
    let put = |state: &mut State, table, thing: Value| {
        let mut thing: Object = object(thing);
        thing.insert("workspace_id".to_owned(), Value::from(WORKSPACE));
        state.insert(table, thing)
    };
    let account = |id: &str| object(json!({ "connected_account_id": id, "customer_key": "example" }));
    state.add_account(WORKSPACE, "august", account(LOCK_ACCOUNT));
    state.add_account(WORKSPACE, "visionline", account(ROOM_ACCOUNT));
    for (device, device_type, name) in [
        (FRONT_DOOR, "august_lock", "Front Door"),
        (BACK_DOOR, "nuki_lock", "Back Door"),
        (GARAGE, "kwikset_lock", "Garage"),
        (THERMOSTAT, "ecobee_thermostat", "Hallway"),
        (NOISE_SENSOR, "minut_sensor", "Lounge"),
    ] {
        let more = json!({ "device_id": device, "connected_account_id": LOCK_ACCOUNT, "space_ids": [BUILDING] });
        state.add_device(WORKSPACE, device_type, name, object(more));
    }
    for code in [
        json!({ "access_code_id": ONGOING_CODE, "code": "1988", "name": "Neighbours", "device_id": FRONT_DOOR }),
        json!({
            "access_code_id": TIME_BOUND_CODE, "code": "4711", "name": "Painter", "device_id": FRONT_DOOR,
            "type": "time_bound", "starts_at": "2026-11-23T07:00:00.000Z", "ends_at": "2026-11-27T17:00:00.000Z",
        }),
        json!({ "access_code_id": CODE_WITHOUT_PIN, "name": "Slot 3", "device_id": FRONT_DOOR }),
        json!({
            "access_code_id": UNMANAGEABLE_CODE, "code": "2580", "name": "Installer", "device_id": BACK_DOOR,
            "cannot_be_managed": true, "cannot_delete_unmanaged_access_code": true,
        }),
    ] {
        state.insert(ACCESS_CODES, unmanaged_code(object(code)));
    }
    put(
        state,
        NOISE_THRESHOLDS,
        json!({
            "device_id": NOISE_SENSOR, "name": "Quiet hours", "noise_threshold_decibels": 60,
            "starts_daily_at": "22:00:00[Europe/Berlin]", "ends_daily_at": "07:00:00[Europe/Berlin]",
        }),
    );
    let guest = json!({
        "user_identity_id": GUEST, "user_identity_key": "guest-1", "full_name": "Ada Guest", "display_name": "Ada Guest",
        "email_address": "ada@example.com",
    });
    put(state, USER_IDENTITIES, guest);
    guest_rooms(state, put);
    let building = json!({
        "space_id": BUILDING, "name": "Building", "display_name": "Building", "space_key": "building",
        "device_count": 5, "acs_entrance_count": 2, "customer_key": "example",
    });
    put(state, SPACES, building);
}

fn guest_rooms(state: &mut State, put: impl Fn(&mut State, &'static Table, Value) -> String) {
    let system = json!({
        "acs_system_id": GUEST_ROOMS, "name": "Guest rooms", "connected_account_id": ROOM_ACCOUNT,
        "connected_account_ids": [ROOM_ACCOUNT], "external_type": "visionline_system",
        "external_type_display_name": "Visionline", "system_type": "visionline_system",
        "system_type_display_name": "Visionline", "location": { "time_zone": "Europe/Berlin" },
    });
    put(state, ACS_SYSTEMS, system);
    for (entrance, name) in [(ROOM_101, "Room 101"), (ROOM_102, "Room 102")] {
        put(
            state,
            ACS_ENTRANCES,
            json!({
                "acs_entrance_id": entrance, "acs_system_id": GUEST_ROOMS, "display_name": name, "space_ids": [BUILDING],
                "connected_account_id": ROOM_ACCOUNT, "can_unlock_with_card": true, "can_unlock_with_mobile_key": true,
                "can_unlock_with_cloud_key": true, "can_unlock_with_code": false, "can_belong_to_reservation": true,
                "visionline_metadata": { "door_category": "guest", "door_name": name },
            }),
        );
    }
    put(
        state,
        ACS_ENCODERS,
        json!({
            "acs_encoder_id": ENCODER, "acs_system_id": GUEST_ROOMS, "display_name": "Desk",
            "connected_account_id": ROOM_ACCOUNT,
        }),
    );
    let group = put(
        state,
        ACS_ACCESS_GROUPS,
        json!({
            "acs_system_id": GUEST_ROOMS, "name": "Staff", "display_name": "Staff", "connected_account_id": ROOM_ACCOUNT,
            "external_type": "brivo_group", "external_type_display_name": "Group", "access_group_type": "brivo_group",
            "access_group_type_display_name": "Group", "is_managed": true, "_acs_entrance_ids": [ROOM_101, ROOM_102],
        }),
    );
    put(
        state,
        ACS_USERS,
        json!({
            "acs_system_id": GUEST_ROOMS, "full_name": "Grace Staff", "display_name": "Grace Staff",
            "email_address": "grace@example.com", "connected_account_id": ROOM_ACCOUNT, "is_managed": true,
            "external_type": "salto_site_user", "external_type_display_name": "User", "is_suspended": false,
            "_acs_access_group_ids": [group],
        }),
    );
}

/// A code that was not made through Seam, with what such a code says unless it says otherwise.
pub(crate) fn unmanaged_code(code: Object) -> Object {
    let mut complete = object(json!({
        "code": null, "name": null, "type": "ongoing", "status": "set", "workspace_id": WORKSPACE,
        "created_at": "2022-08-26T12:50:17.858Z", "starts_at": null, "ends_at": null, "is_managed": false,
        "errors": [], "warnings": [], "dormakaba_oracode_metadata": null,
    }));
    complete.extend(code);
    complete
}
