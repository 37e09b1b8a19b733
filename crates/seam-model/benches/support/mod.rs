//! Common parts of the decoding benchmarks: a response object with every field set, and a hand-written struct for it.
#![expect(dead_code, reason = "decoded values are not read")]

use serde::Deserialize;

pub(crate) const OBJECT: &[u8] = include_bytes!("unmanaged_access_code.json");
/// A lock with its properties, five levels deep.
pub(crate) const DEVICE: &[u8] = include_bytes!("device.json");

/// Returns a list of 100 devices.
pub(crate) fn devices() -> Vec<u8> {
    [b"[".as_slice(), &vec![DEVICE; 100].join(&b","[..]), b"]"].concat()
}

/// The hand-written alternative: plain strings, serde's derive, no open enums, no timestamps, no secrets.
#[derive(Debug, Deserialize)]
pub(crate) struct Plain {
    access_code_id: String,
    cannot_be_managed: Option<bool>,
    cannot_delete_unmanaged_access_code: Option<bool>,
    code: Option<String>,
    created_at: String,
    device_id: String,
    display_status: Option<String>,
    dormakaba_oracode_metadata: Option<PlainMetadata>,
    ends_at: Option<String>,
    errors: Vec<PlainIssue>,
    is_managed: bool,
    name: Option<String>,
    starts_at: Option<String>,
    status: String,
    r#type: String,
    warnings: Vec<PlainIssue>,
    workspace_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainMetadata {
    is_cancellable: Option<bool>,
    is_early_checkin_able: Option<bool>,
    is_extendable: Option<bool>,
    is_overridable: Option<bool>,
    site_name: Option<String>,
    stay_id: Option<f64>,
    user_level_id: Option<String>,
    user_level_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainIssue {
    created_at: Option<String>,
    error_code: Option<String>,
    warning_code: Option<String>,
    message: String,
    is_access_code_error: Option<bool>,
    is_device_error: Option<bool>,
    managed_access_code_id: Option<String>,
    change_type: Option<String>,
    modified_fields: Option<Vec<PlainField>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainField {
    field: String,
    from: Option<String>,
    to: Option<String>,
}
