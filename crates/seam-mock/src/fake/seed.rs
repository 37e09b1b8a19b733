//! The world that a new in-memory Seam begins with.

use seam_core::model::UnmanagedAccessCode;
use serde_json::{Value, json};

/// The id of the workspace that all locks belong to.
pub const WORKSPACE: &str = "d2f5a1c8-3e7b-4b90-8c6f-5a4e3d2c1b00";

/// The id of a lock with three codes.
pub const FRONT_DOOR: &str = "a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10";
/// The id of a lock whose one code cannot be managed.
pub const BACK_DOOR: &str = "c41b7f0e-8a6d-4c0b-b1f4-6d2e9a7c3b21";

/// The id of a code on the front door that works until it is removed. Its PIN is 1988.
pub const ONGOING_CODE: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";
/// The id of a code on the front door that works for some days. Its PIN is 4711.
pub const TIME_BOUND_CODE: &str = "f19bc8cb-15be-43af-bb52-f1a417e0ff09";
/// The id of a code on the front door whose PIN the lock does not tell.
pub const CODE_WITHOUT_PIN: &str = "5b0f2d94-0c1e-4e67-8d2a-3a9c7e6b1f55";
/// The id of a code on the back door that can be neither taken over nor deleted. Its PIN is 2580.
pub const UNMANAGEABLE_CODE: &str = "9e7d3c21-4b8a-4f5e-a6c0-2d1b0f9e8c77";

pub(super) fn unmanaged_access_codes() -> impl Iterator<Item = UnmanagedAccessCode> {
    let codes = [
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
    ];
    // All of them decode, which a test sees; one that did not would be missing there.
    codes.into_iter().filter_map(|code| serde_json::from_value(code).ok())
}

/// Fills in what Seam says about every code, where `code` leaves it open.
pub(super) fn complete(code: UnmanagedAccessCode) -> UnmanagedAccessCode {
    let usual = json!({
        "code": null, "name": null, "type": "ongoing", "status": "set", "workspace_id": WORKSPACE,
        "created_at": "2022-08-26T12:50:17.858Z", "starts_at": null, "ends_at": null, "is_managed": false,
        "errors": [], "warnings": [], "dormakaba_oracode_metadata": null,
    });
    // Through JSON and back, because a code remembers which fields it was read with as `null`.
    let completed = match (serde_json::to_value(&code), usual) {
        (Ok(Value::Object(said)), Value::Object(mut all)) => {
            all.extend(said);
            serde_json::from_value(Value::Object(all)).ok()
        }
        _ => None,
    };
    completed.unwrap_or(code)
}
