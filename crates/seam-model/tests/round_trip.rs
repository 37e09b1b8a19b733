//! What is written is read as the same value, what is read is written as the same JSON, and nothing
//! that can be thought of makes reading panic: over arbitrary values of every type.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what must hold by panicking")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    fmt::Debug,
    hash::{Hash, Hasher},
    time::SystemTime,
};

use proptest::{collection::vec, option, prelude::*};
use seam_model::{
    AccessCodeError, AccessCodeErrorCode, AccessCodeId, AccessCodeStatus, AccessCodeType, AccessCodeWarning,
    AccessCodeWarningCode, ActionAttempt, ActionAttemptError, ActionAttemptId, ActionAttemptStatus, ActionType,
    ChangeType, DeviceId, DormakabaOracodeMetadata, Extra, Json, Link, ModifiedField, Pagination, Pin, SearchText,
    Timestamp, Token, UnmanagedAccessCode, WorkspaceId,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Number, Value};

// The values of the open enums as the API's description lists them.

const ACCESS_CODE_TYPES: &[&str] = &["ongoing", "time_bound"];
const ACCESS_CODE_STATUSES: &[&str] = &["set", "unset"];
const CHANGE_TYPES: &[&str] = &["modified", "removed"];
const ACTION_ATTEMPT_STATUSES: &[&str] = &["error", "pending", "success"];
const ACCESS_CODE_ERROR_CODES: &[&str] = &[
    "access_code_inactive",
    "account_disconnected",
    "august_lock_not_authorized",
    "auxiliary_heat_running",
    "bridge_disconnected",
    "code_constraints_violated",
    "conflicting_external_modification",
    "device_disconnected",
    "device_offline",
    "device_removed",
    "dormakaba_sites_disconnected",
    "duplicate_code_on_device",
    "empty_backup_access_code_pool",
    "failed_to_remove_from_device",
    "failed_to_set_on_device",
    "hub_disconnected",
    "insufficient_permissions",
    "missing_device_credentials",
    "no_space_for_access_code_on_device",
    "provider_issue",
    "salto_ks_subscription_limit_exceeded",
    "subscription_required",
];
const ACCESS_CODE_WARNING_CODES: &[&str] = &[
    "being_deleted",
    "code_rotates_periodically",
    "delay_in_removing_from_device",
    "delay_in_setting_on_device",
    "external_modification_in_effect",
    "igloo_algopin_must_be_used_within_24_hours",
    "management_transferred",
    "third_party_integration_detected",
    "time_frame_adjusted_for_unknown_time_zone",
    "unknown_issue_with_access_code",
    "using_backup_access_code",
];
/// The types of action attempts, and the one that only the routes mention (`CONVERT_...`).
const ACTION_TYPES: &[&str] = &[
    "ACTIVATE_CLIMATE_PRESET",
    "ASSIGN_CREDENTIAL",
    "CONFIGURE_AUTO_LOCK",
    "CONVERT_ACCESS_CODE_TO_MANAGED",
    "CREATE_ACCESS_CODE",
    "CREATE_NOISE_THRESHOLD",
    "DELETE_ACCESS_CODE",
    "DELETE_NOISE_THRESHOLD",
    "ENCODE_CREDENTIAL",
    "LOCK_DOOR",
    "PUSH_THERMOSTAT_PROGRAMS",
    "RESET_SANDBOX_WORKSPACE",
    "SCAN_CREDENTIAL",
    "SCAN_TO_ASSIGN_CREDENTIAL",
    "SET_FAN_MODE",
    "SET_HVAC_MODE",
    "SIMULATE_KEYPAD_CODE_ENTRY",
    "SIMULATE_MANUAL_LOCK_VIA_KEYPAD",
    "SYNC_ACCESS_CODES",
    "UNLOCK_DOOR",
    "UPDATE_ACCESS_CODE",
    "UPDATE_NOISE_THRESHOLD",
];

// Parts of values.

/// Text that JSON has to escape as well as text that it has not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z0-9 _-]{0,12}", 1 => any::<String>(), 1 => "[\"\\\\\u{0}-\u{1f}\u{2028}\u{1f512}]{0,6}"]
}

/// A value of an open enum: one of the known ones, or any text.
fn open<T: From<String> + Debug>(known: &'static [&'static str]) -> impl Strategy<Value = T> {
    prop_oneof![2 => proptest::sample::select(known).prop_map(str::to_owned), 1 => text()].prop_map(T::from)
}

fn from_text<T: From<String> + Debug>() -> impl Strategy<Value = T> {
    text().prop_map(T::from)
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<u64>().prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("JSON has finite numbers only", Number::from_f64),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        text().prop_map(Value::String),
        timestamp_text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![vec(inner.clone(), 0..6).prop_map(Value::Array), object_of(inner).prop_map(Value::Object)]
    })
}

/// An object whose fields have, as often as not, names that some type knows.
fn object_of(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let known = proptest::sample::select(KNOWN_NAMES).prop_map(str::to_owned);
    vec((prop_oneof![known, text()], values), 0..8).prop_map(Map::from_iter)
}

const KNOWN_NAMES: &[&str] = &[
    "access_code_id",
    "action_attempt_id",
    "action_type",
    "cannot_be_managed",
    "change_type",
    "code",
    "created_at",
    "device_id",
    "dormakaba_oracode_metadata",
    "error",
    "error_code",
    "errors",
    "field",
    "from",
    "has_next_page",
    "is_managed",
    "message",
    "modified_fields",
    "name",
    "next_page_cursor",
    "next_page_url",
    "result",
    "starts_at",
    "status",
    "stay_id",
    "to",
    "type",
    "warning_code",
    "warnings",
];

/// Fields with names that no type knows.
fn unknown_fields() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![Just(String::new()), Just("extra".to_owned()), "x[a-zA-Z_. é\"]{0,6}"];
    proptest::collection::btree_map(name, json(), 0..4).prop_map(Map::from_iter)
}

/// The fields that a type without a required field finds unknown.
fn extra() -> impl Strategy<Value = Extra> {
    unknown_fields()
        .prop_map(|fields| serde_json::from_value::<ActionAttemptError>(Value::Object(fields)).unwrap().extra)
}

/// RFC 3339 in the forms that servers write: 0, 3, 6 or 9 digits of a fraction, UTC or an offset.
fn timestamp_text() -> impl Strategy<Value = String> {
    let date = (1_u16..9999, 1_u8..=12, 1_u8..=28);
    let time = (0_u8..24, 0_u8..60, 0_u8..60);
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{3}", "\\.[0-9]{6}", "\\.[0-9]{9}"];
    let offset = prop_oneof![Just("Z".to_owned()), "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"];
    (date, time, fraction, offset).prop_map(|((year, month, day), (hour, minute, second), fraction, offset)| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
    })
}

fn instant() -> impl Strategy<Value = jiff::Timestamp> {
    let seconds = jiff::Timestamp::MIN.as_second() + 1..jiff::Timestamp::MAX.as_second();
    let nanoseconds = prop_oneof![
        Just(0),
        (0..1000).prop_map(|milliseconds| milliseconds * 1_000_000),
        (0..1_000_000).prop_map(|microseconds| microseconds * 1_000),
        0..1_000_000_000,
    ];
    (seconds, nanoseconds).prop_map(|(seconds, nanoseconds)| jiff::Timestamp::new(seconds, nanoseconds).unwrap())
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![timestamp_text().prop_map(|text| text.parse().unwrap()), instant().prop_map(Timestamp::from),]
}

// Values of the structs. They are made like a program makes them: what is required, then the fields.

/// Sets fields of a value.
macro_rules! with {
    ($value:expr, $($field:ident),* $(,)?) => {{
        let mut value = $value;
        $(value.$field = $field;)*
        value
    }};
}

fn modified_field() -> impl Strategy<Value = ModifiedField> {
    (text(), option::of(from_text()), option::of(from_text()), extra())
        .prop_map(|(field, from, to, extra)| with!(ModifiedField::new(field), from, to, extra))
}

fn access_code_error() -> impl Strategy<Value = AccessCodeError> {
    let what = (open::<AccessCodeErrorCode>(ACCESS_CODE_ERROR_CODES), option::of(text()), option::of(timestamp()));
    let flags = (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>());
    let ids = (option::of(from_text()), option::of(from_text()));
    let change = (option::of(open(CHANGE_TYPES)), vec(modified_field(), 0..3), extra());
    (what, flags, ids, change).prop_map(|(what, flags, ids, change)| {
        let (error_code, message, created_at) = what;
        let (is_access_code_error, is_device_error, is_connected_account_error, is_bridge_error) = flags;
        let (managed_access_code_id, unmanaged_access_code_id) = ids;
        let (change_type, modified_fields, extra) = change;
        with!(
            AccessCodeError::new(error_code),
            message,
            created_at,
            is_access_code_error,
            is_device_error,
            is_connected_account_error,
            is_bridge_error,
            managed_access_code_id,
            unmanaged_access_code_id,
            change_type,
            modified_fields,
            extra,
        )
    })
}

fn access_code_warning() -> impl Strategy<Value = AccessCodeWarning> {
    let code = open::<AccessCodeWarningCode>(ACCESS_CODE_WARNING_CODES);
    let change = (option::of(open(CHANGE_TYPES)), vec(modified_field(), 0..3), extra());
    (code, option::of(text()), option::of(timestamp()), change).prop_map(|(code, message, created_at, change)| {
        let (change_type, modified_fields, extra) = change;
        with!(AccessCodeWarning::new(code), message, created_at, change_type, modified_fields, extra)
    })
}

fn dormakaba_oracode_metadata() -> impl Strategy<Value = DormakabaOracodeMetadata> {
    let flags = (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>());
    let names = (option::of(text()), option::of(number()), option::of(text()), option::of(text()));
    (flags, names, extra()).prop_map(|(flags, names, extra)| {
        let (is_cancellable, is_early_checkin_able, is_extendable, is_overridable) = flags;
        let (site_name, stay_id, user_level_id, user_level_name) = names;
        with!(
            DormakabaOracodeMetadata::new(),
            is_cancellable,
            is_early_checkin_able,
            is_extendable,
            is_overridable,
            site_name,
            stay_id,
            user_level_id,
            user_level_name,
            extra,
        )
    })
}

fn unmanaged_access_code() -> impl Strategy<Value = UnmanagedAccessCode> {
    let what = (from_text::<AccessCodeId>(), option::of(from_text()), option::of(text()), option::of(text()));
    let kind = (option::of(open(ACCESS_CODE_TYPES)), option::of(open(ACCESS_CODE_STATUSES)));
    let place = (option::of(from_text()), option::of(from_text()));
    let times = (option::of(timestamp()), option::of(timestamp()), option::of(timestamp()));
    let flags = (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>());
    let issues = (vec(access_code_error(), 0..3), vec(access_code_warning(), 0..3));
    let rest = (option::of(dormakaba_oracode_metadata()), extra());
    (what, kind, place, times, flags, issues, rest).prop_map(|(what, kind, place, times, flags, issues, rest)| {
        let (access_code_id, code, name, display_status) = what;
        let (r#type, status) = kind;
        let (device_id, workspace_id) = place;
        let (created_at, starts_at, ends_at) = times;
        let (is_managed, cannot_be_managed, cannot_delete_unmanaged_access_code) = flags;
        let (errors, warnings) = issues;
        let (dormakaba_oracode_metadata, extra) = rest;
        with!(
            UnmanagedAccessCode::new(access_code_id),
            code,
            name,
            r#type,
            status,
            display_status,
            device_id,
            workspace_id,
            created_at,
            starts_at,
            ends_at,
            is_managed,
            cannot_be_managed,
            cannot_delete_unmanaged_access_code,
            errors,
            warnings,
            dormakaba_oracode_metadata,
            extra,
        )
    })
}

fn action_attempt_error() -> impl Strategy<Value = ActionAttemptError> {
    (option::of(text()), option::of(text()), extra())
        .prop_map(|(r#type, message, extra)| with!(ActionAttemptError::new(), r#type, message, extra))
}

fn action_attempt() -> impl Strategy<Value = ActionAttempt> {
    // `null` as a result is read as none, as everywhere.
    let result = option::of(json().prop_filter("not null", |value| !value.is_null()).prop_map(Json));
    let what = (from_text::<ActionAttemptId>(), open::<ActionAttemptStatus>(ACTION_ATTEMPT_STATUSES));
    (what, option::of(open(ACTION_TYPES)), result, option::of(action_attempt_error()), extra()).prop_map(
        |((id, status), action_type, result, error, extra)| {
            with!(ActionAttempt::new(id, status), action_type, result, error, extra)
        },
    )
}

fn pagination() -> impl Strategy<Value = Pagination> {
    (any::<bool>(), option::of(text()), option::of(from_text()), extra()).prop_map(
        |(has_next_page, next_page_cursor, next_page_url, extra)| {
            with!(Pagination::new(has_next_page), next_page_cursor, next_page_url, extra)
        },
    )
}

// The properties.

/// value -> JSON -> value, as a tree and as text, gives the same; and so does JSON -> value -> JSON.
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let tree = serde_json::to_value(value).unwrap();
    let from_tree: T = serde_json::from_value(tree.clone()).unwrap();
    prop_assert_eq!(&from_tree, value);
    prop_assert_eq!(serde_json::to_value(&from_tree).unwrap(), tree);

    let text = serde_json::to_string(value).unwrap();
    let from_text: T = serde_json::from_str(&text).unwrap();
    prop_assert_eq!(&from_text, value);
    prop_assert_eq!(serde_json::to_string(&from_text).unwrap(), text);
    Ok(())
}

macro_rules! survives {
    ($($name:ident: $strategy:expr;)*) => { proptest! { $(
        #[test]
        fn $name(value in $strategy) {
            survives(&value)?;
        }
    )* } };
}

survives! {
    access_code_errors_survive: access_code_error();
    access_code_warnings_survive: access_code_warning();
    action_attempt_errors_survive: action_attempt_error();
    action_attempts_survive: action_attempt();
    dormakaba_metadata_survives: dormakaba_oracode_metadata();
    modified_fields_survive: modified_field();
    paginations_survive: pagination();
    unmanaged_access_codes_survive: unmanaged_access_code();

    access_code_ids_survive: from_text::<AccessCodeId>();
    action_attempt_ids_survive: from_text::<ActionAttemptId>();
    device_ids_survive: from_text::<DeviceId>();
    workspace_ids_survive: from_text::<WorkspaceId>();
    pins_survive: from_text::<Pin>();
    tokens_survive: from_text::<Token>();
    links_survive: from_text::<Link>();
    search_texts_survive: from_text::<SearchText>();
    json_values_survive: json().prop_map(Json);
    timestamps_survive: timestamp();

    access_code_error_codes_survive: open::<AccessCodeErrorCode>(ACCESS_CODE_ERROR_CODES);
    access_code_statuses_survive: open::<AccessCodeStatus>(ACCESS_CODE_STATUSES);
    access_code_types_survive: open::<AccessCodeType>(ACCESS_CODE_TYPES);
    access_code_warning_codes_survive: open::<AccessCodeWarningCode>(ACCESS_CODE_WARNING_CODES);
    action_attempt_statuses_survive: open::<ActionAttemptStatus>(ACTION_ATTEMPT_STATUSES);
    action_types_survive: open::<ActionType>(ACTION_TYPES);
    change_types_survive: open::<ChangeType>(CHANGE_TYPES);
}

/// Whatever can be read at all is written as it came, whether it came as a tree or as text.
fn reads_or_refuses<T: Serialize + DeserializeOwned>(json: &Value) -> Result<(), TestCaseError> {
    if let Ok(value) = serde_json::from_value::<T>(json.clone()) {
        prop_assert_eq!(&serde_json::to_value(&value).unwrap(), json);
    }
    if let Ok(value) = serde_json::from_str::<T>(&json.to_string()) {
        prop_assert_eq!(&serde_json::to_value(&value).unwrap(), json);
    }
    Ok(())
}

fn reads_or_refuses_as_every_type(json: &Value) -> Result<(), TestCaseError> {
    reads_or_refuses::<AccessCodeError>(json)?;
    reads_or_refuses::<AccessCodeErrorCode>(json)?;
    reads_or_refuses::<AccessCodeId>(json)?;
    reads_or_refuses::<AccessCodeStatus>(json)?;
    reads_or_refuses::<AccessCodeType>(json)?;
    reads_or_refuses::<AccessCodeWarning>(json)?;
    reads_or_refuses::<AccessCodeWarningCode>(json)?;
    reads_or_refuses::<ActionAttempt>(json)?;
    reads_or_refuses::<ActionAttemptError>(json)?;
    reads_or_refuses::<ActionAttemptId>(json)?;
    reads_or_refuses::<ActionAttemptStatus>(json)?;
    reads_or_refuses::<ActionType>(json)?;
    reads_or_refuses::<ChangeType>(json)?;
    reads_or_refuses::<DeviceId>(json)?;
    reads_or_refuses::<DormakabaOracodeMetadata>(json)?;
    reads_or_refuses::<Json>(json)?;
    reads_or_refuses::<Link>(json)?;
    reads_or_refuses::<SearchText>(json)?;
    reads_or_refuses::<ModifiedField>(json)?;
    reads_or_refuses::<Pagination>(json)?;
    reads_or_refuses::<Pin>(json)?;
    reads_or_refuses::<Timestamp>(json)?;
    reads_or_refuses::<Token>(json)?;
    reads_or_refuses::<UnmanagedAccessCode>(json)?;
    reads_or_refuses::<WorkspaceId>(json)
}

/// That no type is forgotten above: each public type is mentioned in both lists of this file.
#[test]
fn every_public_type_is_tried() {
    const NOT_READ_ON_THEIR_OWN: &[&str] = &["Blank", "Extra", "KeySeed", "TimestampError", "UnknownValue"];
    let source = include_str!("round_trip.rs");
    for name in support::public_types().keys().filter(|name| !NOT_READ_ON_THEIR_OWN.contains(&name.as_str())) {
        assert!(source.contains(&format!("reads_or_refuses::<{name}>(json)")), "{name} is not read");
        let survives = [format!("from_text::<{name}>();"), format!("open::<{name}>("), format!("Value = {name}>")];
        let is_json = name == "Json" && source.contains("json_values_survive");
        assert!(is_json || survives.iter().any(|text| source.contains(text)), "{name} does not survive");
    }
}

proptest! {
    #[test]
    fn any_json_is_read_and_written_back_the_same_or_refused_and_never_panics(json in json()) {
        reads_or_refuses_as_every_type(&json)?;
    }

    /// Objects with the names that count are read more often than arbitrary ones.
    #[test]
    fn any_object_with_familiar_names_is_read_and_written_back_the_same_or_refused(
        mut object in object_of(json()),
        id in text(),
        blanks in vec((proptest::sample::select(KNOWN_NAMES), prop_oneof![
            Just(Value::Null), Just(Value::Array(Vec::new())), text().prop_map(Value::String),
        ]), 0..6),
    ) {
        object.extend(blanks.into_iter().map(|(name, value)| (name.to_owned(), value)));
        for name in ["access_code_id", "action_attempt_id", "status", "error_code", "warning_code", "field"] {
            object.insert(name.to_owned(), id.clone().into());
        }
        object.insert("has_next_page".to_owned(), true.into());
        reads_or_refuses_as_every_type(&Value::Object(object))?;
    }

    #[test]
    fn any_text_is_a_timestamp_or_an_error_and_never_panics(text in any::<String>()) {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            prop_assert_eq!(timestamp.to_string(), text);
        }
    }

    #[test]
    fn any_text_that_looks_like_a_timestamp_is_kept_or_refused(
        text in "-?[0-9]{2,6}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9]{2}:?[0-9]{2}(:?[0-9]{2}([.,][0-9]{0,11})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2}(:[0-9]{2})?)?)?(\\[[a-zA-Z!=/+-]{0,9}\\])?",
    ) {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            prop_assert_eq!(timestamp.to_string(), text);
        }
    }

    #[test]
    fn a_timestamp_displays_what_it_was_parsed_from(text in timestamp_text()) {
        let timestamp: Timestamp = text.parse().unwrap();
        prop_assert_eq!(timestamp.to_string(), text.clone());
        prop_assert_eq!(format!("{timestamp:?}"), format!("Timestamp({text})"));
    }

    #[test]
    fn a_timestamp_of_an_instant_displays_text_that_names_the_same_instant(instant in instant()) {
        let timestamp = Timestamp::from(instant);
        let parsed: Timestamp = timestamp.to_string().parse().unwrap();
        prop_assert_eq!(parsed.as_jiff(), instant);
        prop_assert_eq!(jiff::Timestamp::from(parsed.clone()), instant);
        prop_assert_eq!(parsed.to_string(), timestamp.to_string());
        let (_, fraction) = timestamp.to_string().split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        prop_assert!(fraction.len() >= "000Z".len(), "milliseconds at least: {timestamp}");
    }

    #[test]
    fn timestamps_are_equal_ordered_and_hashed_by_their_instant(left in timestamp(), right in timestamp()) {
        let hash = |timestamp: &Timestamp| {
            let mut hasher = DefaultHasher::new();
            timestamp.hash(&mut hasher);
            hasher.finish()
        };
        prop_assert_eq!(left.cmp(&right), left.as_jiff().cmp(&right.as_jiff()));
        prop_assert_eq!(left == right, left.as_jiff() == right.as_jiff());
        let same = Timestamp::from(left.as_jiff());
        prop_assert_eq!(&same, &left);
        prop_assert_eq!(hash(&same), hash(&left));
    }

    #[test]
    fn a_timestamp_and_the_systems_time_name_the_same_instant(timestamp in timestamp()) {
        let system = SystemTime::try_from(timestamp.clone()).unwrap();
        prop_assert_eq!(Timestamp::try_from(system).unwrap(), timestamp);
    }

    #[test]
    fn ids_and_enums_display_what_they_were_made_from(text in text()) {
        prop_assert_eq!(AccessCodeId::from(text.as_str()).to_string(), text.clone());
        prop_assert_eq!(String::from(DeviceId::from(text.clone())), text.clone());
        prop_assert_eq!(ActionType::from(text.as_str()).to_string(), text.clone());
        prop_assert_eq!(ActionType::from(text.clone()), ActionType::from(text.as_str()));
    }
}

#[test]
fn a_leap_second_and_a_lowercase_timestamp_are_written_as_they_came() {
    for text in [
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.000Z",
        "2016-12-31T23:59:60.123456Z",
        "2022-08-26t12:50:17.858z",
        "2022-08-26T12:50:17.858-00:00",
    ] {
        let timestamp: Timestamp = text.parse().unwrap();
        assert_eq!(timestamp.to_string(), text);
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Checks that an enum has a variant for each of the values, and for no others.
macro_rules! knows {
    ($($name:ident: $enum:ident, $values:ident, $count:literal;)*) => { $(
        #[test]
        fn $name() {
            assert_eq!($values.len(), $count, "as many as the API's description has");
            let declared = support::public_types().remove(stringify!($enum)).unwrap().values;
            assert_eq!(BTreeSet::from_iter(&declared), BTreeSet::from_iter(&owned($values)), "and no others");
            let mut variants = BTreeMap::new();
            for value in $values {
                let variant = $enum::from(*value);
                assert!(!matches!(variant, $enum::Unknown(_)), "{value} has a variant");
                assert_eq!(variant.as_str(), *value);
                assert_eq!($enum::from(variant.as_str()), variant);
                assert_eq!($enum::from(variant.as_str().to_owned()), variant);
                assert_eq!(serde_json::from_value::<$enum>((*value).into()).unwrap(), variant);
                variants.insert(format!("{variant:?}"), value);
            }
            assert_eq!(variants.len(), $values.len(), "each value has a variant of its own");
            for near in $values.iter().flat_map(|value| [format!("{value} "), value.to_uppercase() + "_", format!("_{value}")]) {
                assert!(matches!($enum::from(near.as_str()), $enum::Unknown(value) if value.as_str() == near));
            }
        }
    )* };
}

knows! {
    every_access_code_error_code_has_its_variant: AccessCodeErrorCode, ACCESS_CODE_ERROR_CODES, 22;
    every_access_code_status_has_its_variant: AccessCodeStatus, ACCESS_CODE_STATUSES, 2;
    every_access_code_type_has_its_variant: AccessCodeType, ACCESS_CODE_TYPES, 2;
    every_access_code_warning_code_has_its_variant: AccessCodeWarningCode, ACCESS_CODE_WARNING_CODES, 11;
    every_action_attempt_status_has_its_variant: ActionAttemptStatus, ACTION_ATTEMPT_STATUSES, 3;
    every_action_type_has_its_variant: ActionType, ACTION_TYPES, 22;
    every_change_type_has_its_variant: ChangeType, CHANGE_TYPES, 2;
}
