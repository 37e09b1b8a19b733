//! Secrets do not print: every field that may hold one is filled with a canary, which then must not
//! appear in `Debug` or `Display`. A second set of tests reads the source, and fails when a new type
//! is missing from the first or a new field could hold a secret in a type that prints.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what must hold by panicking")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Debug, Display},
};

use seam_model::{
    AccessCodeError, AccessCodeWarning, ActionAttempt, ActionAttemptError, DormakabaOracodeMetadata, Extra, Json, Link,
    ModifiedField, Pagination, Pin, SearchText, Token, UnmanagedAccessCode,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// What must not be printed.
const CANARY: &str = "canary-7391";
const ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";

/// The types whose samples are checked, each with its check.
const COVERED: &[(&str, fn())] = &[
    ("AccessCodeError", || quiet::<AccessCodeError>(access_code_error())),
    ("AccessCodeWarning", || quiet::<AccessCodeWarning>(access_code_warning())),
    ("ActionAttempt", || quiet::<ActionAttempt>(action_attempt())),
    ("ActionAttemptError", || quiet::<ActionAttemptError>(action_attempt_error())),
    ("DormakabaOracodeMetadata", || quiet::<DormakabaOracodeMetadata>(dormakaba_oracode_metadata())),
    ("Extra", || quiet_debug(&extra(), CANARY)),
    ("Json", || {
        for value in [json!(CANARY), json!([CANARY]), json!({ "token": CANARY }), json!({ CANARY: CANARY })] {
            quiet::<Json>(value);
        }
    }),
    ("Link", || quiet_text::<Link>()),
    ("SearchText", || quiet_text::<SearchText>()),
    ("ModifiedField", || quiet::<ModifiedField>(modified_field())),
    ("Pagination", || quiet::<Pagination>(pagination())),
    ("Pin", || quiet_text::<Pin>()),
    ("Token", || quiet_text::<Token>()),
    ("UnmanagedAccessCode", || quiet::<UnmanagedAccessCode>(unmanaged_access_code())),
];

/// The types that cannot hold a secret, each with the reason.
const HARMLESS: &[(&str, &str)] = &[
    ("AccessCodeErrorCode", "a name for a kind of error"),
    ("AccessCodeId", "names a code and does not open anything"),
    ("AccessCodeStatus", "a name for a status"),
    ("AccessCodeType", "a name for a type"),
    ("AccessCodeWarningCode", "a name for a kind of warning"),
    ("ActionAttemptId", "names an attempt and does not open anything"),
    ("ActionAttemptStatus", "a name for a status"),
    ("ActionType", "a name for a kind of action"),
    ("Blank", "`null` or `[]`"),
    ("ChangeType", "a name for a kind of change"),
    ("DeviceId", "names a device and does not open anything"),
    ("KeySeed", "a list of the names of fields, fixed when the crate is compiled"),
    ("Timestamp", "a point in time"),
    ("TimestampError", "one of two fixed sentences"),
    ("UnknownValue", "a name for something, which an enum has no variant for"),
    ("WorkspaceId", "names a workspace and does not open anything"),
];

/// Types whose `Debug` shows nothing of their value.
const SECRET_TYPES: &[&str] = &["Extra", "Json", "Link", "Pin", "SearchText", "Token"];

/// Fields that are named like a secret and hold none, each with the reason.
const ALLOWED: &[(&str, &str)] = &[
    ("AccessCodeError.error_code", "an enum of kinds of errors"),
    ("AccessCodeWarning.warning_code", "an enum of kinds of warnings"),
];

// Samples: every field, with a canary wherever a secret can be, and an unknown field that holds one.

fn modified_field() -> Value {
    json!({ "field": "code", "from": CANARY, "to": CANARY, "by": CANARY })
}

fn access_code_error() -> Value {
    json!({
        "error_code": "conflicting_external_modification",
        "message": "Somebody changed the code.",
        "created_at": "2022-08-26T12:50:17.858Z",
        "is_access_code_error": true,
        "is_device_error": true,
        "is_connected_account_error": true,
        "is_bridge_error": true,
        "managed_access_code_id": ID,
        "unmanaged_access_code_id": ID,
        "change_type": "modified",
        "modified_fields": [modified_field()],
        "new_code": CANARY,
    })
}

fn access_code_warning() -> Value {
    json!({
        "warning_code": "external_modification_in_effect",
        "message": "Somebody changed the code.",
        "created_at": "2022-08-26T12:50:17.858Z",
        "change_type": "modified",
        "modified_fields": [modified_field()],
        "new_code": [CANARY],
    })
}

fn dormakaba_oracode_metadata() -> Value {
    json!({
        "is_cancellable": true,
        "is_early_checkin_able": true,
        "is_extendable": true,
        "is_overridable": true,
        "site_name": "Harbour Hotel",
        "stay_id": 48151623,
        "user_level_id": "7",
        "user_level_name": "Guest",
        "key": { "of": CANARY },
    })
}

fn unmanaged_access_code() -> Value {
    json!({
        "access_code_id": ID,
        "code": CANARY,
        "name": "Cleaner",
        "type": "ongoing",
        "status": "set",
        "display_status": "Set",
        "device_id": ID,
        "workspace_id": ID,
        "created_at": "2022-08-26T12:50:17.858Z",
        "starts_at": "2022-08-26T12:50:17.858Z",
        "ends_at": "2022-08-26T12:50:17.858Z",
        "is_managed": false,
        "cannot_be_managed": true,
        "cannot_delete_unmanaged_access_code": true,
        "errors": [access_code_error()],
        "warnings": [access_code_warning()],
        "dormakaba_oracode_metadata": dormakaba_oracode_metadata(),
        "pin": CANARY,
        "secret": CANARY,
    })
}

fn action_attempt_error() -> Value {
    json!({ "type": "failed_attempt", "message": "The lock did not answer.", "token": CANARY })
}

fn action_attempt() -> Value {
    json!({
        "action_attempt_id": ID,
        "status": "error",
        "action_type": "CREATE_ACCESS_CODE",
        "result": { "access_code": { "code": CANARY }, CANARY: [CANARY] },
        "error": action_attempt_error(),
        "client_secret": CANARY,
    })
}

fn pagination() -> Value {
    json!({
        "has_next_page": true,
        "next_page_cursor": "opaque",
        "next_page_url": format!("https://connect.getseam.com/access_codes/unmanaged/list?search={CANARY}"),
        "previous_page_url": CANARY,
    })
}

fn extra() -> Extra {
    serde_json::from_value::<UnmanagedAccessCode>(unmanaged_access_code()).unwrap().extra
}

// Checks.

/// Decodes a sample, and checks that it holds all of the sample's canaries and prints none of them.
#[track_caller]
fn quiet<T: Serialize + DeserializeOwned + Debug>(sample: Value) {
    let value: T = serde_json::from_value(sample.clone()).unwrap();
    assert!(sample.to_string().contains(CANARY), "the sample has a canary");
    assert_eq!(serde_json::to_value(&value).unwrap(), sample, "the value has it too");
    quiet_debug(&value, CANARY);
}

#[track_caller]
fn quiet_debug(value: &impl Debug, secret: &str) {
    for printed in [
        format!("{value:?}"),
        format!("{value:#?}"),
        format!("{value:x?}"),
        format!("{value:500?}"),
        format!("{:?}", Some(vec![value])),
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[track_caller]
fn quiet_text<T: Serialize + DeserializeOwned + Debug + Display + Clone>() {
    for secret in [CANARY, "1988", "0", "\u{1f512}-lock"] {
        let value: T = serde_json::from_value(secret.into()).unwrap();
        assert_eq!(serde_json::to_value(value.clone()).unwrap(), secret);
        quiet_debug(&value, secret);
        for printed in [format!("{value}"), format!("{value:.1}"), format!("{value:#}"), value.to_string()] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
    let short: T = serde_json::from_value("1".into()).unwrap();
    let long: T = serde_json::from_value("12345678901234567890".into()).unwrap();
    assert_eq!(format!("{short} {short:?}"), format!("{long} {long:?}"), "not even the length is told");
    assert_eq!(format!("{short:>5}"), "  ***");
}

#[test]
fn no_sample_prints_its_canary() {
    for (_, check) in COVERED {
        check();
    }
}

#[test]
fn a_secret_is_read_by_an_explicit_call() {
    assert_eq!(Pin::from(CANARY).expose_secret(), CANARY);
    assert_eq!(Token::from(CANARY.to_owned()).expose_secret(), CANARY);
    assert_eq!(Link::from(&Link::from(CANARY)).expose_secret(), CANARY);
    assert_ne!(Pin::from("1"), Pin::from("2"));
}

#[test]
fn extra_names_the_unknown_fields_without_their_values() {
    assert_eq!(format!("{:?}", extra()), r#"{"pin", "secret"}"#);
}

#[test]
fn every_public_type_is_covered_or_harmless() {
    let declared: BTreeSet<String> = support::public_types().into_keys().collect();
    let covered: BTreeSet<String> = COVERED
        .iter()
        .map(|(name, _)| *name)
        .chain(HARMLESS.iter().map(|(name, _)| *name))
        .map(str::to_owned)
        .collect();
    assert_eq!(covered.len(), COVERED.len() + HARMLESS.len(), "a type is either covered or harmless");
    let forgotten: Vec<_> = declared.difference(&covered).collect();
    assert!(forgotten.is_empty(), "give each a sample in COVERED, or a reason in HARMLESS: {forgotten:?}");
    let gone: Vec<_> = covered.difference(&declared).collect();
    assert!(gone.is_empty(), "no longer declared: {gone:?}");
}

#[test]
fn every_sample_has_every_field_of_its_type() {
    let samples = BTreeMap::from([
        ("AccessCodeError", access_code_error()),
        ("AccessCodeWarning", access_code_warning()),
        ("ActionAttempt", action_attempt()),
        ("ActionAttemptError", action_attempt_error()),
        ("DormakabaOracodeMetadata", dormakaba_oracode_metadata()),
        ("ModifiedField", modified_field()),
        ("Pagination", pagination()),
        ("UnmanagedAccessCode", unmanaged_access_code()),
    ]);
    for (name, declared) in support::public_types() {
        // A resource is what has room for unknown fields.
        if declared.fields.contains_key("extra") {
            let Some(sample) = samples.get(name.as_str()) else { panic!("{name} needs a sample") };
            for field in declared.fields.keys().filter(|field| *field != "extra") {
                assert!(sample.get(field).is_some_and(|value| !value.is_null()), "the sample of {name} lacks {field}");
            }
            let unknown = sample.as_object().unwrap().keys().filter(|field| !declared.fields.contains_key(*field));
            assert!(unknown.count() > 0, "the sample of {name} lacks an unknown field");
        }
    }
}

/// Whether a field with this name may hold a secret.
fn sounds_secret(type_name: &str, field: &str) -> bool {
    const WORDS: &[&str] = &[
        "authorization",
        "code",
        "codes",
        "credential",
        "key",
        "link",
        "passcode",
        "password",
        "pin",
        "pins",
        "result",
        "secret",
        "secrets",
        "signature",
        "token",
        "tokens",
        "url",
        "urls",
    ];
    let last = field.rsplit('_').next().unwrap_or_default();
    WORDS.contains(&last) || type_name == "ModifiedField" && ["from", "to"].contains(&field)
}

#[test]
fn every_field_that_sounds_secret_has_a_type_that_does_not_print() {
    let mut unused: BTreeSet<&str> = ALLOWED.iter().map(|(field, _)| *field).collect();
    let mut checked = BTreeSet::new();
    for (name, declared) in support::public_types() {
        for (field, types) in declared.fields {
            let is_flag = types.iter().all(|name| ["Option", "bool"].contains(&name.as_str()));
            if is_flag || !sounds_secret(&name, &field) {
                continue;
            }
            let place = format!("{name}.{field}");
            let is_secret = types.iter().any(|name| SECRET_TYPES.contains(&name.as_str()));
            let is_allowed = unused.remove(place.as_str());
            assert!(is_secret || is_allowed, "{place} should be a Pin, Token, Link or Json, and is made of {types:?}");
            checked.insert(place);
        }
    }
    assert!(unused.is_empty(), "no longer needed: {unused:?}");
    // That the scan sees anything at all.
    for place in ["UnmanagedAccessCode.code", "ModifiedField.from", "ModifiedField.to", "ActionAttempt.result"] {
        assert!(checked.contains(place), "{place} was looked at");
    }
}
