//! Values of an unexpected type, at every position of every resource: the rest is deserialized, the value is kept,
//! serialized and reported with its path.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests assert by panicking")]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use seam_model::{
    __private::record, AccessCode, AccessGrant, AcsEntrance, ActionAttempt, ActionAttemptStatus, Batch, Device, Event,
    EventPayload, EventType, GeneratedCode, Pagination, Timestamp, UnmanagedAccessCode,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use support::{Mode, Sampler, resources, variants};

/// The serialized value of a sample, and the reported paths and expected types.
type Outcome = Result<(Value, Vec<(String, &'static str)>), String>;

fn try_read<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(sample: &Value) -> Outcome {
    let (tree, of_tree) = record(|| serde_json::from_value::<T>(sample.clone()));
    let (text, of_text) = record(|| serde_json::from_str::<T>(&sample.to_string()));
    assert_eq!(tree.is_ok(), text.is_ok(), "a `Value` and a string are deserialized differently: {sample}");
    let (tree, text) = (tree.map_err(|error| error.to_string())?, text.map_err(|error| error.to_string())?);
    assert_eq!((&tree, &of_tree), (&text, &of_text));
    assert_eq!(of_tree.unlisted(), 0);
    let written = serde_json::to_value(&tree).unwrap();
    let again: T = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(again, tree, "the serialized value is deserialized differently");
    let paths = of_tree.listed().iter().map(|mismatch| (mismatch.path().to_owned(), mismatch.expected())).collect();
    Ok((written, paths))
}

/// Does the same as [`try_read`], but only from a `Value`, which is faster.
fn try_read_tree<T: DeserializeOwned + Serialize>(sample: &Value) -> Outcome {
    let (value, mismatches) = record(|| T::deserialize(sample));
    let value = value.map_err(|error| error.to_string())?;
    let paths = mismatches.listed().iter().map(|mismatch| (mismatch.path().to_owned(), mismatch.expected())).collect();
    Ok((serde_json::to_value(&value).unwrap(), paths))
}

type Reader = fn(&Value) -> Outcome;

const RESOURCES: [(&str, Reader); 36] = resources!(try_read);
const TREES: [(&str, Reader); 36] = resources!(try_read_tree);

/// Deserializes a value, and checks the reported mismatches and that it is serialized unchanged.
#[track_caller]
fn read<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(sample: &Value, reported: &[(&str, &str)]) -> T {
    let (written, paths) = try_read::<T>(sample).unwrap();
    assert_eq!(written, *sample);
    // The order of members depends on features of serde_json, which other crates may enable.
    let paths: BTreeSet<(&str, &str)> = paths.iter().map(|(path, expected)| (path.as_str(), *expected)).collect();
    assert_eq!(paths, reported.iter().copied().collect());
    serde_json::from_value(sample.clone()).unwrap()
}

/// Returns every position in a sample, with its path, from the outermost.
fn paths(sample: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, path: &str, pointer: &str, paths: &mut Vec<(String, String)>) {
        let children: Vec<(String, String, &Value)> = match value {
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| {
                    let shown: String = name.chars().map(|c| if c == ' ' { '?' } else { c }).collect();
                    let path = if path.is_empty() { shown } else { format!("{path}.{shown}") };
                    (path, format!("{pointer}/{name}"), member)
                })
                .collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (format!("{path}[{index}]"), format!("{pointer}/{index}"), item))
                .collect(),
            _ => Vec::new(),
        };
        for (path, pointer, child) in children {
            paths.push((path.clone(), pointer.clone()));
            walk(child, &path, &pointer, paths);
        }
    }
    let mut found = Vec::new();
    walk(sample, "", "", &mut found);
    found
}

/// Returns the required field of a resource.
fn own_id(resource: &str) -> Option<String> {
    let own = resource.strip_prefix("unmanaged_").unwrap_or(resource);
    match resource {
        "batch" | "camera_live_view_answer" | "customer_portal" | "magic_link" | "pagination" | "phone" => None,
        "device_provider" => Some("device_provider_name".to_owned()),
        _ => Some(format!("{own}_id")),
    }
}

/// Returns the required fields of a resource, determined by removing each.
fn strict_fields(reader: Reader, sample: &Value) -> BTreeSet<String> {
    let fields = sample.as_object().unwrap();
    let is_strict = |name: &&String| {
        let mut without = fields.clone();
        without.remove(*name);
        reader(&Value::Object(without)).is_err()
    };
    fields.keys().filter(is_strict).cloned().collect()
}

#[test]
fn only_the_own_id_is_strict() {
    for (name, reader) in &RESOURCES {
        let sample = Sampler::new(Mode::Full, 3).schema(name);
        assert_eq!(strict_fields(*reader, &sample), own_id(name).into_iter().collect(), "{name}");
    }
}

#[test]
fn one_unexpected_value_anywhere_is_kept_and_reported() {
    let unexpected = [json!(true), json!(5), json!("x"), json!(["x"]), json!({ "x": 1 })];
    let mut count = 0;
    for (name, reader) in &TREES {
        // All variants would take too long, and a batch consists of the other resources.
        let rounds = variants(&seam_spec::api().resource(name).unwrap().schema).min(2);
        let mode = if *name == "batch" { Mode::Smallest } else { Mode::Full };
        for round in 0..rounds {
            let mut sampler = Sampler::new(mode, u64::try_from(round).unwrap());
            sampler.round = round * 7;
            let sample = sampler.schema(name);
            for (path, pointer) in paths(&sample) {
                let mut accepted = 0;
                let mut changed = sample.clone();
                for value in &unexpected {
                    *changed.pointer_mut(&pointer).unwrap() = value.clone();
                    let (written, reported) = match reader(&changed) {
                        Ok(outcome) => outcome,
                        Err(problem) => {
                            assert_eq!(Some(&path), own_id(name).as_ref(), "{name}: {path} as {value}: {problem}");
                            continue;
                        }
                    };
                    assert_eq!(written, changed, "{name}: {path} as {value}");
                    count += 1;
                    match &reported[..] {
                        [] => accepted += 1,
                        // A list is valid with any items, and an object must have its id.
                        [(reported, _)] if *value == json!(["x"]) && *reported == format!("{path}[0]") => accepted += 1,
                        [(reported, _)] if value.is_object() && reported.starts_with(&format!("{path}.")) => {}
                        [(reported, _)] => assert_eq!(*reported, path, "{name} as {value}"),
                        more => panic!("{name}: {path} as {value} is reported as {more:?}"),
                    }
                }
                // The position accepts either any value or at most one kind of value.
                assert!(
                    accepted <= 1 || accepted == unexpected.len(),
                    "{name}: {path} accepts {accepted} kinds of values"
                );
            }
        }
    }
    assert!(count > 10_000, "{count}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        Just(json!(u64::MAX)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("2026-01-02")),
        "[ -~]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Returns whether two documents are equal. A number may have lost digits that a float cannot represent.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| is_same(left, right)))
        }
        _ => left == right,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn unexpected_values_at_random_paths_cost_nothing_else(
        seed in any::<u64>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..5),
    ) {
            for (name, reader) in &RESOURCES {
            let mut sampler = Sampler::new(Mode::Random, seed);
            sampler.round = usize::try_from(seed % 1000).unwrap();
            let mut sample = sampler.schema(name);
            let mut replaced: Vec<String> = Vec::new();
            for (choice, value) in &changes {
                let paths = paths(&sample);
                if paths.is_empty() {
                    continue;
                }
                let (path, pointer) = choice.get(&paths);
                if Some(path) == own_id(name).as_ref() {
                    continue;
                }
                *sample.pointer_mut(pointer).unwrap() = value.clone();
                replaced.push(path.clone());
            }
            let (written, reported) = match reader(&sample) {
                Ok(outcome) => outcome,
                Err(problem) => return Err(TestCaseError::fail(format!("{name}: {problem}: {sample}"))),
            };
            prop_assert!(is_same(&written, &sample), "{}: {}\nbecame {}", name, sample, written);
            let paths: BTreeSet<&str> = reported.iter().map(|(path, _)| path.as_str()).collect();
            prop_assert_eq!(paths.len(), reported.len(), "each is reported once: {:?}", &reported);
            for path in paths {
                let is_in = |outer: &String| path == outer || path.strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']));
                prop_assert!(replaced.iter().any(is_in), "{}: {} was fine", name, path);
            }
        }
    }
}

const ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";

#[test]
fn unexpected_values_of_many_kinds_leave_their_fields_empty() {
    let empty = UnmanagedAccessCode::new(ID);
    for (name, value, expected) in [
        ("code", json!(1234), "a string"),
        ("code", json!(["1988"]), "a string"),
        ("name", json!({}), "a string"),
        ("type", json!(1), "a string"),
        ("created_at", json!("yesterday"), "an RFC 3339 timestamp"),
        ("created_at", json!(""), "an RFC 3339 timestamp"),
        ("created_at", json!(1_705_567_906), "an RFC 3339 timestamp"),
        ("is_managed", json!("true"), "a boolean"),
        ("is_managed", json!(1), "a boolean"),
        ("errors", json!({}), "a list"),
        ("warnings", json!("none"), "a list"),
        ("dormakaba_oracode_metadata", json!([]), "an object"),
        ("dormakaba_oracode_metadata", json!("Lobby"), "an object"),
    ] {
        let sample = json!({ "access_code_id": ID, name: value });
        let code: UnmanagedAccessCode = read(&sample, &[(name, expected)]);
        assert_eq!(code.extra.get(name), Some(&value));
        let kept: Vec<_> = code.extra.mismatches().map(|(mismatch, value)| (mismatch.to_string(), value)).collect();
        assert_eq!(kept, [(format!("{name}: expected {expected}"), &value)]);
        assert!(!code.extra.is_empty());
        assert!(format!("{code:?}").contains(name));
        assert_ne!(code, empty, "the value makes no difference");
        let mut without = code.clone();
        without.extra = seam_model::Extra::default();
        assert_eq!(without, empty, "all fields are empty");
    }
}

#[test]
fn a_number_of_another_kind_than_expected_is_kept() {
    for (value, is_read) in [
        (json!(3), true),
        (json!(3.0), true),
        (json!(3.5), true),
        (json!(1e300), true),
        (json!(u64::MAX), true),
        (json!("3"), false),
    ] {
        let sample = json!({ "access_code_id": ID, "dormakaba_oracode_metadata": { "stay_id": value } });
        let code: UnmanagedAccessCode = serde_json::from_value(sample.clone()).unwrap();
        let metadata = code.dormakaba_oracode_metadata.as_ref().unwrap();
        assert_eq!(metadata.stay_id.is_some(), is_read, "{value}");
        assert_eq!(metadata.extra.is_empty(), is_read, "{value}");
        assert!(is_same(&serde_json::to_value(&code).unwrap(), &sample));
    }
}

#[test]
fn a_program_that_sets_the_field_replaces_the_kept_value() {
    let mut code: UnmanagedAccessCode =
        serde_json::from_value(json!({ "access_code_id": ID, "name": 5, "errors": [null] })).unwrap();
    code.name = Some("Cleaner".to_owned());
    let written = serde_json::to_value(&code).unwrap();
    assert_eq!(written, json!({ "access_code_id": ID, "name": "Cleaner", "errors": [null] }));
}

#[test]
fn entries_that_do_not_fit_are_left_out_and_keep_their_index() {
    let device: Device = read(
        &json!({
            "device_id": "d1",
            "capabilities_supported": [null, "lock", 7, "access_code", ["x"]],
            "errors": [{ "message": "what kind?" }, "hub offline", { "error_code": 5 }],
        }),
        &[
            ("capabilities_supported[0]", "a string"),
            ("capabilities_supported[2]", "a string"),
            ("capabilities_supported[4]", "a string"),
            ("errors[1]", "an object"),
            ("errors[2].error_code", "a string"),
        ],
    );
    assert_eq!(device.capabilities_supported.len(), 2);
    let [without_code, unexpected_code] = &device.errors[..] else { panic!("{:?}", device.errors) };
    assert_eq!((&without_code.error_code, &without_code.message), (&None, &Some("what kind?".into())));
    assert_eq!((&unexpected_code.error_code, unexpected_code.extra.get("error_code")), (&None, Some(&json!(5))));

    let mut shorter = device.clone();
    shorter.capabilities_supported.clear();
    let written = serde_json::to_value(&shorter).unwrap();
    assert_eq!(written["capabilities_supported"], json!([null, 7, ["x"]]));
}

#[test]
fn a_resource_inside_another_without_its_own_id_is_left_out_as_a_whole() {
    let batch: Batch = read(
        &json!({ "devices": [{ "device_id": "d1" }, { "display_name": "x", "floor": 3 }, { "device_id": null, "errors": [] },
                             { "device_id": 7, "properties": { "online": "yes" } }],
                 "events": [{ "event_id": "e1", "event_type": 5, "device_id": 6 }, { "event_type": "lock.locked" }] }),
        &[
            ("devices[1].device_id", "a string"),
            ("devices[2].device_id", "a string"),
            ("devices[3].device_id", "a string"),
            ("devices[3].properties.online", "a boolean"),
            ("events[0].event_type", "a string"),
            ("events[1].event_id", "a string"),
        ],
    );
    assert_eq!((batch.devices.len(), batch.events.len()), (1, 1));
    let kept: Vec<String> = batch.extra.mismatches().map(|(mismatch, _)| mismatch.to_string()).collect();
    assert_eq!(kept[0], "devices[1]: expected an object with its own id");
    assert_eq!(kept.len(), 4);
}

#[test]
fn an_event_with_an_unexpected_payload_is_read() {
    let sample = |device_id: Value, method: Value| json!({ "event_id": "e1", "event_type": "lock.unlocked", "device_id": device_id, "method": method });
    let event: Event = read(&sample(json!("d1"), json!(5)), &[("method", "a string")]);
    assert!(matches!(&event.payload, EventPayload::LockUnlocked(unlocked) if unlocked.method.is_none()));

    // Without its required field, a payload is unknown.
    let event: Event = read(&sample(json!(6), json!("keycode")), &[("device_id", "a string")]);
    assert!(matches!(&event.payload, EventPayload::Unknown(extra) if extra.get("device_id") == Some(&json!(6))));
    assert_eq!(event.event_type, EventType::LockUnlocked);

    for event_type in [None, Some(Value::Null), Some(json!(5)), Some(json!([]))] {
        let mut sample = json!({ "event_id": "e1", "device_id": "d1" });
        let reported: &[(&str, &str)] = match &event_type {
            Some(value) if !value.is_null() => &[("event_type", "a string")],
            _ => &[],
        };
        if let Some(event_type) = &event_type {
            sample["event_type"] = event_type.clone();
        }
        let event: Event = read(&sample, reported);
        assert!(matches!(&event.event_type, EventType::Unknown(value) if value.as_str().is_empty()));
    }
}

#[test]
fn an_action_attempt_without_a_readable_status_is_not_a_success() {
    for status in [None, Some(Value::Null), Some(json!(true)), Some(json!(["success"])), Some(json!(""))] {
        let mut sample = json!({ "action_attempt_id": "a1", "result": {} });
        if let Some(status) = &status {
            sample["status"] = status.clone();
        }
        let attempt: ActionAttempt = serde_json::from_value(sample.clone()).unwrap();
        assert!(matches!(attempt.status, ActionAttemptStatus::Unknown(_)), "{status:?}");
        assert_eq!(attempt.typed_result(), None);
        assert_eq!(serde_json::to_value(&attempt).unwrap(), sample);
    }
}

#[test]
fn an_object_without_an_id_may_have_mismatches_in_all_fields() {
    let code: GeneratedCode =
        read(&json!({ "code": 1988, "device_id": 1 }), &[("code", "a string"), ("device_id", "a string")]);
    assert_eq!(code.code, None);
    let page: Pagination = read(&json!({ "next_page_cursor": "c2" }), &[]);
    assert_eq!((page.has_next_page, page.next_page_cursor.as_deref()), (None, Some("c2")));
    let entrance: AcsEntrance = read(
        &json!({ "acs_entrance_id": "e", "errors": [{ "error_code": { "a": 1 } }] }),
        &[("errors[0].error_code", "a string")],
    );
    assert_eq!(entrance.errors.len(), 1);
    let grant: AccessGrant = read(
        &json!({ "access_grant_id": "g", "pending_mutations": [{}, { "mutation_code": false }], "location_ids": 5 }),
        &[("location_ids", "a list"), ("pending_mutations[1].mutation_code", "a string")],
    );
    assert!(grant.pending_mutations.iter().all(|mutation| mutation.mutation_code.is_none()));
}

#[test]
fn the_last_of_two_unexpected_fields_with_one_name_counts() {
    let written = |text: &str| {
        let code: AccessCode = serde_json::from_str(text).unwrap();
        serde_json::to_value(code).unwrap()
    };
    let id = r#""access_code_id":"x""#;
    assert_eq!(written(&format!(r#"{{{id},"name":5,"name":"a"}}"#))["name"], "a");
    assert_eq!(written(&format!(r#"{{{id},"name":5,"name":null}}"#))["name"], Value::Null);
    assert_eq!(written(&format!(r#"{{{id},"name":"a","name":5}}"#))["name"], 5);
    assert_eq!(written(&format!(r#"{{{id},"errors":[5],"errors":[]}}"#))["errors"], json!([]));
    assert!(serde_json::from_str::<AccessCode>(r#"{"access_code_id":"x","access_code_id":5}"#).is_err());
}

#[test]
fn a_repeated_id_is_serialized_as_it_was_deserialized() {
    let read: UnmanagedAccessCode = serde_json::from_str(r#"{"access_code_id":null,"access_code_id":"a"}"#).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json!({ "access_code_id": "a" }));

    // Also in a nested object.
    let event: Event = serde_json::from_str(
        r#"{"event_id":null,"event_id":"e","event_type":"lock.unlocked","device_id":null,"device_id":"d"}"#,
    )
    .unwrap();
    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        json!({ "event_id": "e", "event_type": "lock.unlocked", "device_id": "d" })
    );
}

#[test]
fn a_time_with_a_time_zone_is_not_read_as_utc() {
    for text in ["2026-06-01T10:00:00[Europe/Paris]", "9999-12-30T21:00:00-05:00"] {
        let sample = json!({ "access_code_id": "a", "created_at": text });
        let code: UnmanagedAccessCode = read(&sample, &[("created_at", "an RFC 3339 timestamp")]);
        assert_eq!(code.created_at, None);
        assert_eq!(code.extra.get("created_at"), Some(&json!(text)));
    }
}

#[test]
fn a_time_without_an_offset_is_read_and_reported() {
    let code: AccessCode = read(
        &json!({ "access_code_id": ID, "starts_at": "2026-03-06T15:00:00", "ends_at": "2026-03-09" }),
        &[("ends_at", "an RFC 3339 timestamp with an offset"), ("starts_at", "an RFC 3339 timestamp with an offset")],
    );
    assert_eq!(code.starts_at, Some("2026-03-06T15:00:00Z".parse().unwrap()));
    assert_eq!(code.ends_at, Some("2026-03-09T00:00:00Z".parse().unwrap()));
    assert!(code.extra.is_empty(), "the fields have the values");
}

#[test]
fn a_users_own_struct_reads_times_and_ids_strictly() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only deserialized")]
    struct Stay {
        arrival: Timestamp,
        departure: Option<Timestamp>,
        #[serde(default)]
        visits: Vec<Timestamp>,
        lock: Option<seam_model::DeviceId>,
        code: Option<seam_model::Pin>,
        kind: Option<seam_model::DeviceType>,
    }

    let stay = |changes: Value| {
        let mut sample = json!({ "arrival": "2026-03-06T15:00:00Z" });
        sample.as_object_mut().unwrap().append(&mut changes.as_object().unwrap().clone());
        let from_tree = serde_json::from_value::<Stay>(sample.clone());
        assert_eq!(from_tree.is_ok(), serde_json::from_str::<Stay>(&sample.to_string()).is_ok());
        from_tree
    };
    stay(json!({ "departure": "2026-03-09T10:30:00+01:00", "lock": "d1", "code": "1988", "kind": "brand_new" }))
        .unwrap();
    for time in ["2026-03-06", "2026-03-06T15:00:00", "2026-03-06 15:00", ""] {
        assert!(time.parse::<Timestamp>().is_err(), "{time}");
        for changes in [json!({ "arrival": time }), json!({ "departure": time }), json!({ "visits": [time] })] {
            let error = stay(changes).unwrap_err().to_string();
            assert!(error.contains("expected an RFC 3339 timestamp"), "{error}");
        }
    }
    for changes in [json!({ "lock": 7 }), json!({ "code": 1988 }), json!({ "kind": 1 }), json!({ "arrival": 1 })] {
        assert!(stay(changes.clone()).is_err(), "{changes}");
    }
}

#[test]
fn reports_are_bounded() {
    let sample = json!({ "device_id": "d", "errors": vec![Value::Null; 1000] });
    let (device, mismatches) = record(|| serde_json::from_value::<Device>(sample.clone()).unwrap());
    assert_eq!((mismatches.listed().len(), mismatches.unlisted()), (20, 980));
    assert_eq!(mismatches.listed()[19].path(), "errors[19]");
    assert_eq!(device.extra.mismatches().count(), 1000);
    assert_eq!(serde_json::to_value(&device).unwrap(), sample);
}

#[test]
fn nothing_is_recorded_where_nothing_is_recording() {
    let unexpected = json!({ "device_id": "d", "errors": 5 });
    serde_json::from_value::<Device>(unexpected.clone()).unwrap();
    let ((), mismatches) = record(|| {
        let (_, inner) = record(|| serde_json::from_value::<Device>(unexpected.clone()).unwrap());
        assert_eq!(inner.listed().len(), 1);
    });
    assert!(mismatches.listed().is_empty());
}

/// A name that JSON does not allow is an error, whether the reader checks it or serde_json.
#[test]
fn names_that_are_not_valid_json_are_errors() {
    let read = |name: &[u8]| {
        let json = [br#"{"access_code_id":"a",""#, name, br#"":1}"#].concat();
        serde_json::from_slice::<UnmanagedAccessCode>(&json)
            .map(|code| code.extra.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
    };
    for name in [&b"floor\xff"[..], br"floor\ud83d", b"floor\n", b"\x00"] {
        let error = read(name).unwrap_err();
        assert!(error.to_string().contains("expected a valid JSON string"), "{error}");
    }
    assert_eq!(read("étage".as_bytes()).unwrap(), ["étage"]);
    assert_eq!(read(br"floor\n\ud83d\udd12").unwrap(), ["floor\n🔒"]);
    assert!(read(br"is_m\u0061naged").is_ok_and(|unknown| unknown.is_empty()));
}

/// A key of a format that reads no bytes from strings.
struct StringKey(&'static str);

impl<'de> serde::Deserializer<'de> for StringKey {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_bytes<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("a string is not bytes"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl serde::de::IntoDeserializer<'_> for StringKey {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[test]
fn formats_that_do_not_read_strings_as_bytes_are_supported() {
    let fields = [(StringKey("access_code_id"), "a"), (StringKey("name"), "Cleaning"), (StringKey("floor"), "3")];
    let code = UnmanagedAccessCode::deserialize(serde::de::value::MapDeserializer::new(fields.into_iter())).unwrap();
    assert_eq!(code.access_code_id, "a");
    assert_eq!(code.extra.get("floor"), Some(&json!("3")));
}
