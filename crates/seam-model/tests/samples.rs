//! Objects as older versions of Seam sent them: each is deserialized and serialized unchanged.
#![expect(deprecated, reason = "Seam still sends deprecated fields")]

mod support;

use seam_model::{
    AccessCodeErrorCode, AccessCodeStatus, AccessCodeType, AccessCodeWarningCode, ChangeType, UnmanagedAccessCode,
};
use serde_json::{Value, json};

const ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";

#[track_caller]
fn read(sample: &Value) -> UnmanagedAccessCode {
    support::read(sample)
}

/// Checks that `sample` is rejected, as a `Value` and as a string.
#[track_caller]
fn refuse(sample: &Value) {
    assert!(serde_json::from_value::<UnmanagedAccessCode>(sample.clone()).is_err(), "{sample}");
    assert!(serde_json::from_str::<UnmanagedAccessCode>(&sample.to_string()).is_err(), "{sample}");
}

/// Returns an access code with every documented field, and errors and warnings with all their fields.
fn full() -> Value {
    json!({
        "access_code_id": ID,
        "cannot_be_managed": true,
        "cannot_delete_unmanaged_access_code": true,
        "code": "1988",
        "created_at": "2022-08-26T12:50:17.858Z",
        "device_id": "c9cd621d-ef0c-45c8-b608-026ebdb74615",
        "display_status": "Set on the device",
        "dormakaba_oracode_metadata": {
            "is_cancellable": true,
            "is_early_checkin_able": false,
            "is_extendable": true,
            "is_overridable": false,
            "site_name": "Harbour Hotel",
            "stay_id": 48151623,
            "user_level_id": "7",
            "user_level_name": "Guest",
        },
        "starts_at": "2022-09-01T15:00:00.000Z",
        "ends_at": "2022-09-04T11:00:00.000Z",
        "errors": [
            {
                "error_code": "duplicate_code_on_device",
                "message": "Another code has this PIN.",
                "created_at": "2022-08-26T12:50:17.858Z",
                "is_access_code_error": true,
                "managed_access_code_id": "f19bc8cb-15be-43af-bb52-f1a417e0ff09",
                "unmanaged_access_code_id": "123e4567-e89b-12d3-a456-426614174000",
            },
            {
                "error_code": "conflicting_external_modification",
                "message": "The code was changed externally.",
                "created_at": "2022-08-26T12:50:17.858Z",
                "is_access_code_error": true,
                "change_type": "modified",
                "modified_fields": [
                    { "field": "code", "from": "1988", "to": "2024" },
                    { "field": "name", "from": null, "to": "Cleaner" },
                ],
            },
            {
                "error_code": "device_disconnected",
                "message": "The device is offline.",
                "created_at": "2022-08-26T12:50:17.858Z",
                "is_device_error": true,
            },
            {
                "error_code": "account_disconnected",
                "message": "The account is disconnected.",
                "created_at": "2022-08-26T12:50:17.858Z",
                "is_connected_account_error": true,
                "is_device_error": false,
            },
            {
                "error_code": "bridge_disconnected",
                "message": "The bridge is offline.",
                "created_at": "2022-08-26T12:50:17.858Z",
                "is_bridge_error": true,
                "is_connected_account_error": false,
            },
        ],
        "is_managed": false,
        "name": "Cleaner",
        "status": "set",
        "type": "time_bound",
        "warnings": [
            {
                "warning_code": "external_modification_in_effect",
                "message": "The code was changed externally, which is allowed.",
                "created_at": "2022-08-26T12:50:17.858Z",
                "change_type": "removed",
                "modified_fields": [{ "field": "code", "from": "1988", "to": null }],
            },
            { "warning_code": "being_deleted", "message": "The code is being deleted." },
        ],
        "workspace_id": "a0a1a2a3-6524-4f3c-ac96-43cc3bea0a8d",
    })
}

#[test]
fn the_first_published_response_is_read() {
    let code = read(&json!({
        "code": "1988",
        "type": "ongoing",
        "status": "set",
        "created_at": "2022-08-26T12:50:17.858Z",
        "access_code_id": ID,
    }));
    assert_eq!(code.access_code_id.as_str(), ID);
    assert_eq!(code.code.as_ref().map(seam_model::Pin::expose_secret), Some("1988"));
    assert_eq!(code.r#type, Some(AccessCodeType::Ongoing));
    assert_eq!(code.status, Some(AccessCodeStatus::Set));
    assert_eq!(code.created_at.map(|time| time.to_string()).as_deref(), Some("2022-08-26T12:50:17.858Z"));
    assert_eq!((code.name, code.starts_at, code.is_managed), (None, None, None));
    assert!(code.errors.is_empty() && code.warnings.is_empty() && code.extra.is_empty());
}

#[test]
fn the_shape_of_the_ruby_sample_is_read() {
    let code = read(&json!({
        "code": "669781",
        "name": "My first code",
        "type": "ongoing",
        "created_at": "2022-07-06T23:26:42.223Z",
        "access_code_id": "f19bc8cb-15be-43af-bb52-f1a417e0ff09",
    }));
    assert_eq!(code.name.as_deref(), Some("My first code"));
    assert_eq!(code.status, None);
}

#[test]
fn the_shape_of_the_python_sample_is_read() {
    let code = read(&json!({
        "access_code_id": ID,
        "type": "ongoing",
        "code": "1988",
        "starts_at": null,
        "ends_at": null,
        "name": "",
        "status": "setting",
    }));
    assert_eq!((code.starts_at, code.ends_at, code.created_at), (None, None, None));
    assert_eq!(code.name.as_deref(), Some(""));
    assert_eq!(code.status.as_ref().map(AccessCodeStatus::as_str), Some("setting"));
    assert_eq!(code.status, Some(AccessCodeStatus::Setting));
}

#[test]
fn todays_full_object_is_read_into_its_fields() {
    let code = read(&full());
    assert!(code.extra.is_empty(), "a documented field is unknown: {:?}", code.extra);
    assert_eq!(code.r#type, Some(AccessCodeType::TimeBound));
    assert_eq!(code.display_status.as_deref(), Some("Set on the device"));
    assert_eq!(code.device_id.as_ref().map(seam_model::DeviceId::as_str), Some("c9cd621d-ef0c-45c8-b608-026ebdb74615"));
    assert_eq!(
        code.workspace_id.as_ref().map(seam_model::WorkspaceId::as_str),
        Some("a0a1a2a3-6524-4f3c-ac96-43cc3bea0a8d")
    );
    assert_eq!(code.is_managed, Some(false));
    assert_eq!((code.cannot_be_managed, code.cannot_delete_unmanaged_access_code), (Some(true), Some(true)));
    assert!(code.starts_at < code.ends_at);

    let [duplicate, conflict, device, account, bridge] = &code.errors[..] else { panic!("five errors") };
    assert!(code.errors.iter().all(|error| error.extra.is_empty() && error.message.is_some()));
    assert_eq!(duplicate.error_code, Some(AccessCodeErrorCode::DuplicateCodeOnDevice));
    assert_eq!(duplicate.is_access_code_error, Some(true));
    assert_eq!(duplicate.managed_access_code_id, Some("f19bc8cb-15be-43af-bb52-f1a417e0ff09".into()));
    assert_eq!(duplicate.unmanaged_access_code_id, Some("123e4567-e89b-12d3-a456-426614174000".into()));
    assert_eq!(conflict.error_code, Some(AccessCodeErrorCode::ConflictingExternalModification));
    assert_eq!(conflict.change_type, Some(ChangeType::Modified));
    assert_eq!(conflict.modified_fields[0].field.as_deref(), Some("code"));
    assert_eq!(conflict.modified_fields[0].from, Some("1988".into()));
    assert_eq!(conflict.modified_fields[0].to, Some("2024".into()));
    assert_eq!(conflict.modified_fields[1].from, None);
    assert_eq!(device.is_device_error, Some(true));
    assert_eq!((account.is_device_error, account.is_connected_account_error), (Some(false), Some(true)));
    assert_eq!((bridge.is_bridge_error, bridge.is_connected_account_error), (Some(true), Some(false)));

    let [external, deleted] = &code.warnings[..] else { panic!("two warnings") };
    assert_eq!(external.warning_code, Some(AccessCodeWarningCode::ExternalModificationInEffect));
    assert_eq!(external.change_type, Some(ChangeType::Removed));
    assert_eq!(external.modified_fields[0].from, Some("1988".into()));
    assert_eq!(deleted.warning_code, Some(AccessCodeWarningCode::BeingDeleted));

    let dormakaba = code.dormakaba_oracode_metadata.unwrap();
    assert!(dormakaba.extra.is_empty());
    assert_eq!(dormakaba.stay_id, Some(48_151_623.0));
    assert_eq!(dormakaba.user_level_name.as_deref(), Some("Guest"));
}

#[test]
fn a_stay_id_keeps_the_form_of_its_number() {
    for stay_id in [json!(1), json!(-1.5), json!(9_007_199_254_740_991_u64), json!(0.1), json!(1e300)] {
        read(&json!({ "access_code_id": ID, "dormakaba_oracode_metadata": { "stay_id": stay_id } }));
    }
}

#[test]
fn a_fraction_round_trips_through_a_string() {
    // Numbers that an inexact parser rounds to an adjacent number, which is formatted differently.
    for number in ["37.774929500000002", "-122.41941549999999", "5e-324", "8.5e-79", "1.7976931348623157e308"] {
        let expected: f64 = number.parse().unwrap();
        let text = format!(r#"{{"access_code_id":"{ID}","latitude":{number}}}"#);
        let code: UnmanagedAccessCode = serde_json::from_str(&text).unwrap();
        assert_eq!(code.extra.get("latitude").and_then(Value::as_f64), Some(expected), "{number}");
    }
}

#[test]
fn unknown_fields_are_kept_at_every_level() {
    let code = read(&json!({
        "access_code_id": ID,
        "floor": 3,
        "extra": { "nested": [1, null, "two"] },
        "": false,
        "Code": "9999",
        "errors": [{ "error_code": "provider_issue", "provider": { "name": "x" } }],
        "warnings": [{ "warning_code": "being_deleted", "since": 5,
            "modified_fields": [{ "field": "code", "by": "someone" }] }],
        "dormakaba_oracode_metadata": { "ext_site_id": 4 },
    }));
    assert_eq!(code.extra.get("floor"), Some(&json!(3)));
    assert_eq!(code.extra.get("extra"), Some(&json!({ "nested": [1, null, "two"] })));
    // The order depends on features of serde_json, which other crates may enable.
    let names: std::collections::BTreeSet<_> = code.extra.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["", "Code", "extra", "floor"].into());
    assert_eq!(code.code, None, "names are case-sensitive");
    assert!(code.errors[0].extra.get("provider").is_some());
    assert!(code.warnings[0].modified_fields[0].extra.get("by").is_some());
}

#[test]
fn unknown_values_of_enums_are_kept() {
    let code = read(&json!({
        "access_code_id": ID,
        "type": "recurring",
        "status": "Set",
        "errors": [{ "error_code": "lock_on_strike", "change_type": "renamed" }],
        "warnings": [{ "warning_code": "" }],
    }));
    assert_eq!(code.r#type.as_ref().map(AccessCodeType::as_str), Some("recurring"));
    assert!(matches!(&code.status, Some(AccessCodeStatus::Unknown(value)) if value.as_str() == "Set"));
    assert_eq!(code.errors[0].error_code.as_ref().map(AccessCodeErrorCode::as_str), Some("lock_on_strike"));
    assert!(matches!(code.errors[0].change_type, Some(ChangeType::Unknown(_))));
    assert!(matches!(code.warnings[0].warning_code, Some(AccessCodeWarningCode::Unknown(_))));
}

#[test]
fn a_pin_that_is_absent_and_one_that_is_null_are_none_and_stay_apart_on_the_wire() {
    let absent = read(&json!({ "access_code_id": ID }));
    let null = read(&json!({ "access_code_id": ID, "code": null }));
    assert_eq!((&absent.code, &null.code), (&None, &None));
    assert_eq!(absent, null);
}

#[test]
fn every_optional_field_may_be_null() {
    let mut sample = full();
    for (name, value) in sample.as_object_mut().unwrap() {
        if name != "access_code_id" {
            *value = Value::Null;
        }
    }
    assert_eq!(read(&sample), UnmanagedAccessCode::new(ID));
}

#[test]
fn every_optional_field_may_be_absent() {
    let full = full();
    for name in full.as_object().unwrap().keys().filter(|name| *name != "access_code_id") {
        let mut sample = full.clone();
        sample.as_object_mut().unwrap().remove(name);
        read(&sample);
    }
}

#[test]
fn a_list_may_be_absent_null_or_empty() {
    for name in ["errors", "warnings"] {
        for value in [None, Some(Value::Null), Some(json!([]))] {
            let mut sample = json!({ "access_code_id": ID });
            if let Some(value) = value {
                sample[name] = value;
            }
            let code = read(&sample);
            assert!(code.errors.is_empty() && code.warnings.is_empty());
        }
    }
    let code = read(&json!({ "access_code_id": ID,
        "errors": [{ "error_code": "provider_issue", "modified_fields": null }],
        "warnings": [{ "warning_code": "being_deleted", "modified_fields": [] }] }));
    assert!(code.errors[0].modified_fields.is_empty() && code.warnings[0].modified_fields.is_empty());
}

#[test]
fn a_value_set_by_the_program_replaces_the_null_that_was_read() {
    let mut code = read(&json!({ "access_code_id": ID, "name": null, "errors": [] }));
    code.name = Some("Cleaner".to_owned());
    assert_eq!(serde_json::to_value(&code).unwrap(), json!({ "access_code_id": ID, "name": "Cleaner", "errors": [] }));
}

#[test]
fn the_last_of_two_fields_with_one_name_counts() {
    let text = format!(r#"{{"access_code_id":"x","name":"a","name":null,"x":1,"access_code_id":"{ID}","x":2}}"#);
    let code: UnmanagedAccessCode = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&code).unwrap(), json!({ "access_code_id": ID, "name": null, "x": 2 }));
}

#[test]
fn an_object_without_its_own_id_is_rejected() {
    refuse(&json!({}));
    refuse(&json!({ "code": "1988", "type": "ongoing" }));
    refuse(&json!({ "access_code_id": null }));
    refuse(&json!({ "access_code_id": 26 }));
}

#[test]
fn a_value_that_is_not_an_object_is_rejected() {
    refuse(&json!([ID]));
    refuse(&json!(ID));
    refuse(&Value::Null);
}

#[test]
fn the_end_of_the_year_9999_is_a_timestamp() {
    for text in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"] {
        let json = json!({ "access_code_id": "a", "ends_at": text });
        let code: UnmanagedAccessCode = serde_json::from_value(json.clone()).unwrap();
        assert!(code.ends_at > Some("2100-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(serde_json::to_value(&code).unwrap(), json);
    }
}
