//! The default seed of the in-memory Seam: a small building.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::API_KEY;
use crate::routes::acs;
use crate::{
    json::{Object, format_time, object, set},
    state::{Seed, State},
    tables::{
        AccessCode, AccessToken, AcsAccessGroup, AcsUser, ApiKey, Id, NoiseThreshold, Resource, Space, UserIdentity,
        UserSession, UserWorkspace, Workspace,
    },
};

/// The id of the workspace of the building.
pub const WORKSPACE: &str = "d2f5a1c8-3e7b-4b90-8c6f-5a4e3d2c1b00";

/// The id of an August lock with three codes.
pub const FRONT_DOOR: &str = "a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10";
/// The id of a Nuki lock with one code, which cannot be managed.
pub const BACK_DOOR: &str = "c41b7f0e-8a6d-4c0b-b1f4-6d2e9a7c3b21";
/// The id of a Kwikset lock, which does not report codes that were not created through Seam.
pub const GARAGE: &str = "3f9d0c1b-72e4-4a86-9b5d-8e1c0a6f2d34";
/// The id of an ecobee thermostat.
pub const THERMOSTAT: &str = "7b2e9c40-1d5f-4c38-8a67-0f3e6d9b1c52";
/// The id of a Minut noise sensor, with one threshold.
pub const NOISE_SENSOR: &str = "e06a4d7c-9b13-4f2e-a85c-2d7f1b0c9e63";

/// The id of a code on the front door that works until it is removed. Its PIN is 1988.
pub const ONGOING_CODE: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";
/// The id of a code on the front door that works from the day before the state starts until three days after. Its PIN is 4711.
pub const TIME_BOUND_CODE: &str = "f19bc8cb-15be-43af-bb52-f1a417e0ff09";
/// The id of a code on the front door whose PIN the lock does not report.
pub const CODE_WITHOUT_PIN: &str = "5b0f2d94-0c1e-4e67-8d2a-3a9c7e6b1f55";
/// The id of a code on the back door that can be neither converted to a managed code nor deleted. Its PIN is 2580.
pub const UNMANAGEABLE_CODE: &str = "9e7d3c21-4b8a-4f5e-a6c0-2d1b0f9e8c77";

/// The id of the access system of the guest rooms.
pub const GUEST_ROOMS: &str = "1c8f4e2a-6b9d-4d70-93e1-5a0c7f2b8d46";
/// The id of the entrance to room 101, which supports cards and mobile keys.
pub const ROOM_101: &str = "8d3a7b1e-0f5c-4e92-b6d8-4c2f9a1e7b05";
/// The id of the entrance to room 102.
pub const ROOM_102: &str = "b50e2c9f-4a7d-4183-8f6b-9d1e3c0a7f28";
/// The id of the card encoder at the desk.
pub const ENCODER: &str = "60c9f1d3-8e2b-4b5a-a794-7f0d2e6c1b39";
/// The id of the access system of the offices, whose users have access through their group.
pub const OFFICES: &str = "f3a96c1d-7e40-4b2f-8d15-6c9e0b7a2f84";
/// The id of the entrance to the offices.
pub const OFFICE_DOOR: &str = "2b7d4f90-c5e1-4a36-9f08-e1d3b6a57c42";
/// The id of a user identity.
pub const GUEST: &str = "4e7b0a9d-2c6f-4f81-9d3e-1b5c8f0a6e72";
/// The id of the space of the whole building.
pub const BUILDING: &str = "97f2d8b0-5e1c-4a36-8c4d-0e9b7a3f1d64";

const USER: &str = "0b9e5d27-3c8f-4e14-a6b0-8d2f7c1e9a53";
const LOCK_ACCOUNT: &str = "d80c3e6b-1f9a-4f57-b2e4-6c0d9a5b7e18";
const OFFICE_ACCOUNT: &str = "91d5e7b3-0c2a-4f6e-8b49-a7f0d3c6e518";
const ROOM_ACCOUNT: &str = "52f7a1c0-9d4e-4b68-8e3b-1a6f0c7d2b95";

/// Adds a workspace with its credentials.
pub(crate) fn add_workspace(state: &mut State) {
    let workspace = json!({
        "workspace_id": WORKSPACE, "name": "Sandbox", "company_name": "Example", "connect_partner_name": "Example",
        "is_sandbox": true, "publishable_key": "seam_pk_fake_publishable_key", "is_publishable_key_auth_enabled": true,
    });
    state.insert::<Workspace>(object(workspace));
    state.insert::<ApiKey>(object(json!({ "token": API_KEY, "workspace_id": WORKSPACE, "name": "Fake" })));
    state.insert::<AccessToken>(object(json!({ "token": "seam_at_fake_access_token", "user_id": USER })));
    state.insert::<UserSession>(object(json!({ "user_id": USER, "key": "fake_session_key" })));
    state.insert::<UserWorkspace>(object(json!({ "user_id": USER, "workspace_id": WORKSPACE, "is_owner": true })));
}

/// Returns the workspace of the building.
pub(crate) fn workspace() -> Id<Workspace> {
    Id::new(WORKSPACE)
}

/// Adds a row to the workspace of the building.
pub(crate) fn insert<K: Resource>(state: &mut State, row: Value) -> Id<K> {
    let mut row = object(row);
    set(&mut row, "workspace_id", WORKSPACE);
    state.insert(row)
}

/// Adds the building.
pub(crate) fn build(state: &mut State) {
    state.seeds.insert(workspace(), Seed::Building);
    let account = |id: &str| object(json!({ "connected_account_id": id, "customer_key": "example" }));
    state.add_account(&workspace(), "august", account(LOCK_ACCOUNT));
    state.add_account(&workspace(), "visionline", account(ROOM_ACCOUNT));
    state.add_account(&workspace(), "brivo", account(OFFICE_ACCOUNT));
    for (device, device_type, name) in [
        (FRONT_DOOR, "august_lock", "Front Door"),
        (BACK_DOOR, "nuki_lock", "Back Door"),
        (GARAGE, "kwikset_lock", "Garage"),
        (THERMOSTAT, "ecobee_thermostat", "Hallway"),
        (NOISE_SENSOR, "minut_sensor", "Lounge"),
    ] {
        let more = json!({ "device_id": device, "connected_account_id": LOCK_ACCOUNT, "space_ids": [BUILDING] });
        state.add_device(&workspace(), device_type, name, object(more));
    }
    // The time-bound code is in effect at any start time.
    let hour = state.now().as_second() / 3600;
    let hours_from_start =
        |hours: i64| Timestamp::from_second((hour + hours) * 3600).map_or_else(|_| state.now_string(), format_time);
    for code in [
        json!({ "access_code_id": ONGOING_CODE, "code": "1988", "name": "Neighbours", "device_id": FRONT_DOOR }),
        json!({
            "access_code_id": TIME_BOUND_CODE, "code": "4711", "name": "Painter", "device_id": FRONT_DOOR,
            "type": "time_bound", "starts_at": hours_from_start(-26), "ends_at": hours_from_start(80),
        }),
        json!({ "access_code_id": CODE_WITHOUT_PIN, "name": "Slot 3", "device_id": FRONT_DOOR }),
        json!({
            "access_code_id": UNMANAGEABLE_CODE, "code": "2580", "name": "Installer", "device_id": BACK_DOOR,
            "cannot_be_managed": true, "cannot_delete_unmanaged_access_code": true,
        }),
    ] {
        state.insert::<AccessCode>(unmanaged_code(object(code)));
    }
    insert::<NoiseThreshold>(
        state,
        json!({
            "device_id": NOISE_SENSOR, "name": "Quiet hours", "noise_threshold_decibels": 60,
            "starts_daily_at": "22:00:00[Europe/Berlin]", "ends_daily_at": "07:00:00[Europe/Berlin]",
        }),
    );
    let guest = json!({
        "user_identity_id": GUEST, "user_identity_key": "guest-1", "full_name": "Ada Guest", "display_name": "Ada Guest",
        "email_address": "guest@example.com",
    });
    insert::<UserIdentity>(state, guest);
    guest_rooms(state);
    offices(state);
    let building = json!({
        "space_id": BUILDING, "name": "Building", "display_name": "Building", "space_key": "building",
        "device_count": 5, "acs_entrance_count": 2, "customer_key": "example",
    });
    insert::<Space>(state, building);
}

fn guest_rooms(state: &mut State) {
    let more = json!({
        "acs_system_id": GUEST_ROOMS, "name": "Guest rooms", "location": { "time_zone": "Europe/Berlin" },
    });
    let system = state.add_system(&Id::new(ROOM_ACCOUNT), "visionline_system", object(more));
    for (entrance, name) in [(ROOM_101, "Room 101"), (ROOM_102, "Room 102")] {
        let more = json!({ "acs_entrance_id": entrance, "space_ids": [BUILDING] });
        state.add_entrance(&system, name, object(more));
    }
    state.add_encoder(&system, "Desk", object(json!({ "acs_encoder_id": ENCODER })));
}

/// Adds the offices, whose users have access through a group.
fn offices(state: &mut State) {
    let more = json!({ "acs_system_id": OFFICES, "name": "Offices", "location": { "time_zone": "Europe/Berlin" } });
    let system = state.add_system(&Id::new(OFFICE_ACCOUNT), "brivo_account", object(more));
    let more = json!({ "acs_entrance_id": OFFICE_DOOR, "can_unlock_with_code": true });
    state.add_entrance(&system, "Office door", object(more));
    let mut group = object(json!({
        "acs_system_id": OFFICES, "name": "Staff", "display_name": "Staff", "connected_account_id": OFFICE_ACCOUNT,
        "is_managed": true, "_acs_entrance_ids": [OFFICE_DOOR],
    }));
    acs::set_type(state, AcsAccessGroup::TABLE, &mut group);
    let group = insert::<AcsAccessGroup>(state, Value::Object(group));
    let mut user = object(json!({
        "acs_system_id": OFFICES, "full_name": "Grace Staff", "display_name": "Grace Staff",
        "email_address": "grace@example.com", "connected_account_id": OFFICE_ACCOUNT, "is_managed": true,
        "is_suspended": false, "_acs_access_group_ids": [group],
    }));
    acs::set_type(state, AcsUser::TABLE, &mut user);
    insert::<AcsUser>(state, Value::Object(user));
}

/// Returns an unmanaged code, with defaults for absent fields.
pub(crate) fn unmanaged_code(code: Object) -> Object {
    let mut complete = object(json!({
        "code": null, "name": null, "type": "ongoing", "status": "set", "workspace_id": WORKSPACE,
        "created_at": "2022-08-26T12:50:17.858Z", "starts_at": null, "ends_at": null, "is_managed": false,
        "errors": [], "warnings": [], "dormakaba_oracode_metadata": null,
    }));
    complete.extend(code);
    complete
}
