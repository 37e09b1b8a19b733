//! Access codes that exist on a lock but were not made through Seam.

use serde_json::Number;

use crate::{
    AccessCodeError, AccessCodeId, AccessCodeWarning, DeviceId, Extra, Pin, Timestamp, WorkspaceId, json_object,
    open_enum::open_enum,
};

/// An access code that exists on a lock but was not made through Seam.
///
/// Somebody typed it in at the keypad or made it in the maker's app. Seam can read it and, on many
/// locks, delete it or [take it over](Self::cannot_be_managed), but does not keep it in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UnmanagedAccessCode {
    /// Identifies the access code.
    pub access_code_id: AccessCodeId,
    /// The PIN. Absent when the lock does not tell it.
    pub code: Option<Pin>,
    /// What people call the code. Not shown to them at the lock.
    pub name: Option<String>,
    /// Whether the code works for a time frame or until it is removed.
    pub r#type: Option<AccessCodeType>,
    /// Whether the lock accepts the code now.
    pub status: Option<AccessCodeStatus>,
    /// The status in words fit for display.
    pub display_status: Option<String>,
    /// The lock that the code is on.
    pub device_id: Option<DeviceId>,
    /// The workspace that the lock belongs to.
    pub workspace_id: Option<WorkspaceId>,
    /// When Seam first saw the code.
    pub created_at: Option<Timestamp>,
    /// When the code begins to work, for a [time-bound](AccessCodeType::TimeBound) one.
    pub starts_at: Option<Timestamp>,
    /// When the code stops working, for a [time-bound](AccessCodeType::TimeBound) one.
    pub ends_at: Option<Timestamp>,
    /// Always `false`: a managed access code is another kind of thing.
    pub is_managed: Option<bool>,
    /// `true` when Seam cannot take the code over, because the lock does not allow it.
    pub cannot_be_managed: Option<bool>,
    /// `true` when Seam cannot delete the code, because the lock does not allow it.
    pub cannot_delete_unmanaged_access_code: Option<bool>,
    /// What keeps the code from working.
    pub errors: Vec<AccessCodeError>,
    /// What deserves attention while the code works.
    pub warnings: Vec<AccessCodeWarning>,
    /// What only dormakaba Oracode locks have.
    pub dormakaba_oracode_metadata: Option<DormakabaOracodeMetadata>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    UnmanagedAccessCode { access_code_id: AccessCodeId } [
        code, name, r#type, status, display_status, device_id, workspace_id, created_at, starts_at, ends_at,
        is_managed, cannot_be_managed, cannot_delete_unmanaged_access_code, errors, warnings,
        dormakaba_oracode_metadata,
    ] extra
}

open_enum! {
    /// How long an access code works.
    pub enum AccessCodeType {
        /// Until it is removed.
        Ongoing = "ongoing",
        /// From a point in time to another.
        TimeBound = "time_bound",
    }
}

open_enum! {
    /// Where an access code stands on its way to the lock.
    pub enum AccessCodeStatus {
        /// The lock accepts it.
        Set = "set",
        /// The lock does not accept it.
        Unset = "unset",
    }
}

/// What dormakaba Oracode locks tell about an access code.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DormakabaOracodeMetadata {
    /// Whether the code can be cancelled.
    pub is_cancellable: Option<bool>,
    /// Whether the guest may check in early with it.
    pub is_early_checkin_able: Option<bool>,
    /// Whether the stay can be made longer.
    pub is_extendable: Option<bool>,
    /// Whether a later code may override this one.
    pub is_overridable: Option<bool>,
    /// The name of the site in the dormakaba account.
    pub site_name: Option<String>,
    /// Dormakaba's number for the stay.
    pub stay_id: Option<Number>,
    /// Identifies the user level at dormakaba.
    pub user_level_id: Option<String>,
    /// The name of the user level.
    pub user_level_name: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    DormakabaOracodeMetadata {} [
        is_cancellable, is_early_checkin_able, is_extendable, is_overridable, site_name, stay_id, user_level_id,
        user_level_name,
    ] extra
}
