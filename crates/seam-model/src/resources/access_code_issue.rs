//! What is wrong with an access code, or soon may be: its errors and warnings.

use crate::{AccessCodeId, Extra, Pin, Timestamp, json_object, open_enum::open_enum};

/// Something that keeps an access code from working.
///
/// Its cause lies with the code, with its device, or with the account that the device is connected
/// through; the `is_..._error` flags say which.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AccessCodeError {
    /// What kind of error it is.
    pub error_code: AccessCodeErrorCode,
    /// An explanation in English, for people.
    pub message: Option<String>,
    /// When the error arose.
    pub created_at: Option<Timestamp>,
    /// `true` when the access code itself is the cause.
    pub is_access_code_error: Option<bool>,
    /// `true` when the device is the cause.
    pub is_device_error: Option<bool>,
    /// `true` when the connected account is the cause.
    pub is_connected_account_error: Option<bool>,
    /// `true` when the bridge between the device and the network is the cause.
    pub is_bridge_error: Option<bool>,
    /// The managed access code that has the same PIN, with
    /// [`DuplicateCodeOnDevice`](AccessCodeErrorCode::DuplicateCodeOnDevice).
    pub managed_access_code_id: Option<AccessCodeId>,
    /// The unmanaged access code that has the same PIN, with
    /// [`DuplicateCodeOnDevice`](AccessCodeErrorCode::DuplicateCodeOnDevice).
    pub unmanaged_access_code_id: Option<AccessCodeId>,
    /// What somebody did to the code outside of Seam, with
    /// [`ConflictingExternalModification`](AccessCodeErrorCode::ConflictingExternalModification).
    pub change_type: Option<ChangeType>,
    /// What exactly was changed outside of Seam.
    pub modified_fields: Vec<ModifiedField>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    AccessCodeError { error_code: AccessCodeErrorCode } [
        message, created_at, is_access_code_error, is_device_error, is_connected_account_error, is_bridge_error,
        managed_access_code_id, unmanaged_access_code_id, change_type, modified_fields,
    ] extra
}

/// Something about an access code that deserves attention while the code still works.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AccessCodeWarning {
    /// What kind of warning it is.
    pub warning_code: AccessCodeWarningCode,
    /// An explanation in English, for people.
    pub message: Option<String>,
    /// When the warning arose.
    pub created_at: Option<Timestamp>,
    /// What somebody did to the code outside of Seam, with
    /// [`ExternalModificationInEffect`](AccessCodeWarningCode::ExternalModificationInEffect).
    pub change_type: Option<ChangeType>,
    /// What exactly was changed outside of Seam.
    pub modified_fields: Vec<ModifiedField>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    AccessCodeWarning { warning_code: AccessCodeWarningCode } [
        message, created_at, change_type, modified_fields,
    ] extra
}

/// One field of an access code that somebody changed outside of Seam.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModifiedField {
    /// The name of the field, such as `name` or `code`.
    pub field: String,
    /// The value before the change. A secret, since the field may be the PIN.
    pub from: Option<Pin>,
    /// The value after the change. A secret, since the field may be the PIN.
    pub to: Option<Pin>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    ModifiedField { field: String } [from, to] extra
}

open_enum! {
    /// What somebody did to an access code outside of Seam.
    pub enum ChangeType {
        /// They changed it on the device.
        Modified = "modified",
        /// They removed it from the device.
        Removed = "removed",
    }
}

open_enum! {
    /// The kinds of [`AccessCodeError`].
    pub enum AccessCodeErrorCode {
        /// The code is switched off on the device.
        AccessCodeInactive = "access_code_inactive",
        /// The account that the device belongs to is no longer connected.
        AccountDisconnected = "account_disconnected",
        /// The account in use has no rights on this August lock.
        AugustLockNotAuthorized = "august_lock_not_authorized",
        /// The thermostat runs its auxiliary heat.
        AuxiliaryHeatRunning = "auxiliary_heat_running",
        /// The bridge that the device talks through is offline.
        BridgeDisconnected = "bridge_disconnected",
        /// The PIN breaks a rule of the device, such as its length.
        CodeConstraintsViolated = "code_constraints_violated",
        /// Somebody changed the code outside of Seam, against what Seam was told.
        ConflictingExternalModification = "conflicting_external_modification",
        /// The device does not answer.
        DeviceDisconnected = "device_disconnected",
        /// The device is offline. Replaced by [`DeviceDisconnected`](Self::DeviceDisconnected).
        DeviceOffline = "device_offline",
        /// The device was taken out of its account.
        DeviceRemoved = "device_removed",
        /// A site of the dormakaba account is no longer connected.
        DormakabaSitesDisconnected = "dormakaba_sites_disconnected",
        /// Another code on the device has the same PIN.
        DuplicateCodeOnDevice = "duplicate_code_on_device",
        /// No backup code is left for this device.
        EmptyBackupAccessCodePool = "empty_backup_access_code_pool",
        /// The code could not be removed from the device.
        FailedToRemoveFromDevice = "failed_to_remove_from_device",
        /// The code could not be written to the device.
        FailedToSetOnDevice = "failed_to_set_on_device",
        /// The hub that the device talks through is offline.
        HubDisconnected = "hub_disconnected",
        /// The connected account lacks a right that is needed here.
        InsufficientPermissions = "insufficient_permissions",
        /// The device needs credentials that Seam does not have.
        MissingDeviceCredentials = "missing_device_credentials",
        /// The device has no room for another code.
        NoSpaceForAccessCodeOnDevice = "no_space_for_access_code_on_device",
        /// The maker's service has a problem of its own.
        ProviderIssue = "provider_issue",
        /// The Salto KS subscription allows no more.
        SaltoKsSubscriptionLimitExceeded = "salto_ks_subscription_limit_exceeded",
        /// The device needs a paid subscription for this.
        SubscriptionRequired = "subscription_required",
    }
}

open_enum! {
    /// The kinds of [`AccessCodeWarning`].
    pub enum AccessCodeWarningCode {
        /// The code is being deleted.
        BeingDeleted = "being_deleted",
        /// The device gives the code a new PIN from time to time.
        CodeRotatesPeriodically = "code_rotates_periodically",
        /// Removing the code from the device takes longer than usual. No longer sent by Seam.
        DelayInRemovingFromDevice = "delay_in_removing_from_device",
        /// Writing the code to the device takes longer than usual.
        DelayInSettingOnDevice = "delay_in_setting_on_device",
        /// Somebody changed the code outside of Seam, and the change was let stand.
        ExternalModificationInEffect = "external_modification_in_effect",
        /// An igloohome algoPIN has to be used once within 24 hours, or it expires.
        IglooAlgopinMustBeUsedWithin24Hours = "igloo_algopin_must_be_used_within_24_hours",
        /// Somebody else manages the code now.
        ManagementTransferred = "management_transferred",
        /// Another integration changes codes on this device too.
        ThirdPartyIntegrationDetected = "third_party_integration_detected",
        /// The device's time zone is unknown, so the time frame was widened.
        TimeFrameAdjustedForUnknownTimeZone = "time_frame_adjusted_for_unknown_time_zone",
        /// Something is wrong with the code that Seam has no name for.
        UnknownIssueWithAccessCode = "unknown_issue_with_access_code",
        /// A backup code stands in for this code.
        UsingBackupAccessCode = "using_backup_access_code",
    }
}
