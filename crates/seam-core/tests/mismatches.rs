//! Responses with values of an unexpected type: the rest is decoded, and mismatches are reported with their paths.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use proptest::prelude::*;
use seam_core::{
    Call, Endpoint, Error, ErrorKind, FullResponse, Idempotency, Page, ResponseKey, Seam, Spec,
    http::Method,
    model::{AccessCode, Device, Timestamp, UnmanagedAccessCode},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Recorder, answer, everything_printed, ok, run};

fn answered<E: Endpoint>(
    body: impl Into<Vec<u8>>,
    make: impl FnOnce(&Seam) -> Call<E>,
) -> Result<FullResponse<E::Output>, Error> {
    let recorder = Recorder::new([answer(200, body)]);
    let result = run(make(&recorder.client()).full_response());
    recorder.only_request();
    result
}

/// Returns the mismatches as strings.
fn mismatches<T>(response: &FullResponse<T>) -> Vec<String> {
    response.mismatches().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn get(body: impl Into<Vec<u8>>) -> FullResponse<UnmanagedAccessCode> {
    answered(body, |seam| seam.access_codes().unmanaged().get("x")).unwrap()
}

#[track_caller]
fn list(body: impl Into<Vec<u8>>) -> FullResponse<Page<Device>> {
    answered(body, |seam| seam.devices().list()).unwrap()
}

/// Returns 100 devices, of which number 42 has these additional fields.
fn devices(unexpected: &str) -> String {
    let devices: Vec<String> = (0..100)
        .map(|number| format!(r#"{{"device_id":"d{number}"{}}}"#, if number == 42 { unexpected } else { "" }))
        .collect();
    format!(r#"{{"devices":[{}],"pagination":{{"has_next_page":false}},"ok":true}}"#, devices.join(","))
}

#[test]
fn a_mismatch_in_one_device_does_not_affect_the_others() {
    for (unexpected, reported) in [
        (
            r#","properties":{"omnitec_metadata":{"lock_id":"77"}}"#,
            "properties.omnitec_metadata.lock_id: expected a number",
        ),
        (r#","created_at":1705567906"#, "created_at: expected an RFC 3339 timestamp"),
        (r#","created_at":"""#, "created_at: expected an RFC 3339 timestamp"),
        (r#","created_at":"2024-01-18""#, "created_at: expected an RFC 3339 timestamp with an offset"),
        (r#","location":"Lobby""#, "location: expected an object"),
        (r#","errors":{}"#, "errors: expected a list"),
        (r#","errors":[null]"#, "errors[0]: expected an object"),
        (r#","is_managed":"true""#, "is_managed: expected a boolean"),
        (r#","nickname":1234"#, "nickname: expected a string"),
        (r#","custom_metadata":[]"#, "custom_metadata: expected an object"),
        (r#","strange":1e999"#, "strange: expected a number in the range of a 64-bit float"),
        (r#","display_name":"Front door \ud83d""#, "display_name: expected valid Unicode"),
    ] {
        let response = list(devices(unexpected));
        assert_eq!(response.value.items.len(), 100);
        // With its feature `arbitrary_precision`, which other crates may enable, serde_json accepts any number.
        if unexpected.contains("1e999") && serde_json::from_str::<Value>("1e999").is_ok() {
            assert!(mismatches(&response).is_empty());
            continue;
        }
        assert_eq!(mismatches(&response), [format!("devices[42].{reported}")], "{unexpected}");
        assert_eq!(response.unlisted_mismatches(), 0);
    }
    let response = list(devices(r#","errors":[{"message":"no code"}]"#));
    assert_eq!(response.value.items[42].errors[0].message, Some("no code".into()));
    assert!(mismatches(&response).is_empty(), "an absent field is not a mismatch");
}

#[test]
fn entries_that_are_not_objects_are_removed_from_a_list() {
    let body = r#"{"devices":[null,{"device_id":"a"}, 5,"x",{"device_id":"b","errors":7},null,[{"device_id":"c"}],true ],"ok":true}"#;
    let response = list(body);
    let ids: Vec<&str> = response.value.items.iter().map(|device| device.device_id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let mut reported = mismatches(&response);
    reported.sort();
    assert_eq!(
        reported,
        [
            "devices[0]: expected an object",
            "devices[2]: expected an object",
            "devices[3]: expected an object",
            "devices[4].errors: expected a list",
            "devices[5]: expected an object",
            "devices[6]: expected an object",
            "devices[7]: expected an object",
        ]
    );
    // Also in a list without pagination.
    let body = r#"{"devices":[null,{"device_id":"a"}]}"#;
    let response = answered(body, |seam| seam.noise_sensors().list()).unwrap();
    assert_eq!(response.value.len(), 1);
    assert_eq!(mismatches(&response), ["devices[0]: expected an object"]);

    let many = format!(r#"{{"devices":[{}{{"device_id":"a"}}]}}"#, "null,".repeat(10_000));
    let response = list(many);
    assert_eq!(response.value.items.len(), 1);
    assert_eq!((response.mismatches().len(), response.unlisted_mismatches()), (20, 9_980));
}

#[test]
fn a_repair_after_removed_entries_has_its_original_index() {
    let response =
        list(r#"{"devices":[null,5,{"device_id":"a","display_name":"Front door \ud83d","location":"Lobby"}]}"#);
    assert_eq!(
        mismatches(&response),
        [
            "devices[0]: expected an object",
            "devices[1]: expected an object",
            "devices[2].display_name: expected valid Unicode",
            "devices[2].location: expected an object",
        ]
    );
}

/// Each pass removes entries from one list only, so a pass per list would take quadratic time.
#[test]
fn a_document_with_many_lists_under_the_key_is_read_in_few_passes() {
    let many = format!(r#"{{{}"ok":true}}"#, r#""devices":[null],"#.repeat(20_000));
    let error = answered(many, |seam| seam.devices().list()).unwrap_err();
    assert!(error.message().contains("devices[5]: expected an object"), "{error}");
}

#[test]
fn an_entry_without_its_own_id_fails_the_list() {
    for entry in [r#"{"display_name":"canary"}"#, r#"{"device_id":7391}"#, r#"{"device_id":null}"#] {
        let body = format!(r#"{{"devices":[null,{{"device_id":"a"}},{entry}]}}"#);
        let error = answered(body, |seam| seam.devices().list()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        let printed = everything_printed(&error);
        assert!(!printed.contains("canary") && !printed.contains("7391"), "{printed}");
    }
}

#[test]
fn an_action_whose_response_has_a_mismatch_succeeds() {
    let body = r#"{"access_code":{"access_code_id":"c1","code":1234,"is_managed":"true","starts_at":""},"ok":true}"#;
    let response = answered(body, |seam| seam.access_codes().create("d1")).unwrap();
    let code: &AccessCode = &response.value;
    assert_eq!((code.access_code_id.as_str(), &code.code, code.is_managed), ("c1", &None, None));
    assert_eq!(code.extra.get("code"), Some(&json!(1234)));
    assert_eq!(
        mismatches(&response),
        [
            "access_code.code: expected a string",
            "access_code.is_managed: expected a boolean",
            "access_code.starts_at: expected an RFC 3339 timestamp",
        ]
    );
    let printed = format!("{:?}", response.mismatches());
    assert!(!printed.contains("1234"), "{printed}");
}

#[test]
fn damaged_documents_are_repaired() {
    let name = |body: &[u8]| get(body).value.name;
    let body = |name: &[u8]| [br#"{"access_code":{"access_code_id":"x","name":"#, name, b"}}"].concat();
    assert_eq!(name(&body(br#""Front door \ud83d""#)).as_deref(), Some("Front door \u{fffd}"));
    assert_eq!(name(&body(b"\"caf\xe9\"")).as_deref(), Some("caf\u{fffd}"));
    assert_eq!(name(&[b"\xef\xbb\xbf", &body(b"\"x\"")[..]].concat()).as_deref(), Some("x"));

    let response = get([b"\xef\xbb\xbf", &body(br#""\ud83d","n":1e999,"deep":"#)[..]]
        .concat()
        .strip_suffix(b"}}")
        .map(|start| [start, "[".repeat(500).as_bytes(), "]".repeat(500).as_bytes(), b"}}"].concat())
        .unwrap());
    assert_eq!(response.value.extra.get("n"), Some(&json!("1e999")));
    assert!(response.value.extra.get("deep").unwrap().to_string().ends_with(&"]".repeat(100)));
    let deepest = format!("access_code.deep{}: expected at most 127 levels of nesting", "[0]".repeat(125));
    let reported = mismatches(&response);
    assert_eq!(
        reported[..3],
        [
            ": expected JSON without a byte order mark",
            "access_code.name: expected valid Unicode",
            "access_code.n: expected a number in the range of a 64-bit float",
        ]
    );
    assert!(reported.len() == 4 && deepest.starts_with(reported[3].split("...").next().unwrap()), "{reported:?}");
    assert!(response.body.as_ref().starts_with(b"\xef\xbb\xbf"), "the raw body is kept");

    // A damaged response is compared with the request too.
    let other = br#"{"access_code":{"access_code_id":"other","name":"\ud83d"}}"#;
    let error = answered(other, |seam| seam.access_codes().unmanaged().get("x")).unwrap_err();
    assert!(error.message().contains("access_code.access_code_id: differs from the request"), "{error}");

    // A repaired value that does not fit its field is reported once.
    let response = get(body(br#""x","created_at":"\ud83d""#));
    assert_eq!(mismatches(&response), ["access_code.created_at: expected valid Unicode"]);

    // The name of an unknown field.
    for name in [&br"floor\ud83d"[..], b"floor\xff"] {
        let json = [br#"{"access_code":{"access_code_id":"x",""#, name, br#"":3}}"#].concat();
        let response = get(json);
        assert_eq!(response.value.extra.get("floor\u{fffd}"), Some(&json!(3)));
        assert_eq!(mismatches(&response).len(), 1, "{:?}", mismatches(&response));
    }
}

#[test]
fn a_list_with_mismatches_in_its_pagination_never_ends_early() {
    let page =
        |pagination: &str| answer(200, format!(r#"{{"devices":[{{"device_id":"a"}}],"pagination":{pagination}}}"#));
    let count = |pagination: &str| {
        let recorder = Recorder::new([page(pagination), page(r#"{"has_next_page":false}"#)]);
        let seam = recorder.client();
        let mut pages = seam.devices().list().pages();
        let mut count = 0;
        let error = run(async {
            while let Some(page) = pages.next().await {
                match page {
                    Ok(_) => count += 1,
                    Err(error) => return Some(error),
                }
            }
            None
        });
        (count, error.map(|error| error.kind()))
    };
    for goes_on in [
        r#"{"next_page_cursor":"c2"}"#,
        r#"{"has_next_page":null,"next_page_cursor":"c2"}"#,
        r#"{"has_next_page":"true","next_page_cursor":"c2"}"#,
        r#"{"has_next_page":1,"next_page_cursor":"c2"}"#,
        r#"{"has_next_page":true,"next_page_cursor":"c2","next_page_url":5}"#,
    ] {
        assert_eq!(count(goes_on), (2, None), "{goes_on}");
    }
    for ends in ["null", "{}", r#"{"next_page_cursor":null}"#, r#"{"has_next_page":false,"next_page_cursor":"c2"}"#] {
        assert_eq!(count(ends), (1, None), "{ends}");
    }
    for is_unclear in [
        r#"{"has_next_page":true}"#,
        r#"{"has_next_page":true,"next_page_cursor":5}"#,
        r#"{"has_next_page":true,"next_page_cursor":""}"#,
        r#"{"has_next_page":"yes"}"#,
        r#"{"next_page_cursor":5}"#,
        r#""none""#,
        "[]",
        "true",
    ] {
        assert_eq!(count(is_unclear), (1, Some(ErrorKind::InvalidResponse)), "{is_unclear}");
    }
}

// Endpoints of a user.

#[derive(Debug, Serialize, Deserialize)]
struct Rooms {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Room {
    name: String,
    lock: Option<UnmanagedAccessCode>,
}

impl Endpoint for Rooms {
    type Output = Page<Room>;

    const SPEC: &'static Spec =
        &Spec::new(Method::GET, "/rooms", Idempotency::ReadOnly).with_response_key(ResponseKey::Required("rooms"));
}

#[test]
fn types_of_users_are_deserialized_strictly() {
    let rooms = |body: &str| answered(body, |seam| seam.call(Rooms {}));
    let response =
        rooms(r#"{"rooms":[{"name":"a","lock":{"access_code_id":"x","code":5}},null,{"name":"b"},7]}"#).unwrap();
    let names: Vec<&str> = response.value.items.iter().map(|room| room.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        mismatches(&response),
        ["rooms[1]: expected an object", "rooms[3]: expected an object", "rooms[0].code: expected a string"]
    );
    let response = rooms(r#"{"rooms":[{"name":"\udc00"}]}"#).unwrap();
    assert_eq!(response.value.items[0].name, "\u{fffd}");

    let error = rooms(r#"{"rooms":[null,{"name":"a"},{"name":5}]}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[derive(Debug, Serialize, Deserialize)]
struct Openings {}

impl Endpoint for Openings {
    type Output = Vec<Timestamp>;
    const SPEC: &'static Spec = &Spec::new(Method::GET, "/openings", Idempotency::ReadOnly)
        .with_response_key(ResponseKey::Required("openings"));
}

/// The valid entries are of the same kind as the invalid one, and must not be removed.
#[test]
fn a_list_of_strings_with_an_invalid_one_is_an_error() {
    let openings = |body: &str| answered(body, |seam| seam.call(Openings {}));
    let valid = openings(r#"{"openings":["2026-01-01T10:00:00Z","2026-01-02T10:00:00Z"]}"#).unwrap();
    assert_eq!(valid.value.len(), 2);
    for unexpected in [r#""2026-01-03""#, "5", "null"] {
        let body = format!(r#"{{"openings":["2026-01-01T10:00:00Z",{unexpected},"2026-01-02T10:00:00Z"]}}"#);
        let error = openings(&body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        assert!(error.message().contains("openings[1]: expected"), "{error}");
    }
}

fn unexpected_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
        Just(json!([])),
        Just(json!([null, 1])),
        Just(json!({})),
        Just(json!({ "error_code": 5, "level": "x" })),
    ]
}

proptest! {
    #[test]
    fn ids_are_read_despite_any_mismatch(
        fields in prop::collection::vec((prop::sample::select(vec![
            "device_type", "created_at", "errors", "warnings", "properties", "location", "is_managed", "custom_metadata",
            "capabilities_supported", "space_ids", "device_provider", "new",
        ]), unexpected_json()), 0..20),
    ) {
        let mut devices = vec![json!({ "device_id": "d0" }), json!({ "device_id": "d1" })];
        for (place, (name, value)) in fields.iter().enumerate() {
            devices[place % 2][*name] = value.clone();
        }
        let body = json!({ "devices": devices, "ok": true });
        let recorder = Recorder::new([ok(&body)]);
        let response = run(recorder.client().devices().list().full_response()).unwrap();
        let ids: Vec<&str> = response.value.items.iter().map(|device| device.device_id.as_str()).collect();
        prop_assert_eq!(ids, ["d0", "d1"]);
        for mismatch in response.mismatches() {
            prop_assert!(mismatch.path().starts_with("devices["), "{}", mismatch);
        }
        prop_assert_eq!(serde_json::to_value(&response.value.items).unwrap(), Value::from(devices));
    }
}
