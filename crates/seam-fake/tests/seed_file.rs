//! Tests of seed files: the created resources, and the reported problems of invalid files.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use proptest::{prelude::*, sample::Index};
use seam_core::{Body, Request, Transport, http};
use seam_fake::FakeSeam;
use serde_json::{Value, json};

const HOTEL: &str = include_str!("../seeds/hotel.toml");

/// Returns the hotel as JSON. It has the same names, and thus the same ids.
fn hotel_as_json() -> Value {
    json!({
        "workspace": { "name": "Harbour Hotel", "api_keys": ["seam_test_harbour"] },
        "space": [{ "name": "Ground floor" }, { "name": "Guest rooms", "id": "guest-rooms" }],
        "lock": [
            {
                "name": "Front door", "type": "august_lock", "battery": 0.8, "spaces": ["Ground floor"],
                "codes": [
                    { "name": "Night porter", "code": "4711" },
                    { "name": "Cleaner", "code": "1988", "managed": false },
                    {
                        "name": "Painter", "code": "2580", "starts_at": "2030-05-01T08:00:00Z",
                        "ends_at": "2030-05-03T17:00:00Z",
                    },
                ],
            },
            {
                "name": "Luggage room", "type": "yale_lock", "id": "luggage-room", "battery": 0.07, "online": false,
                "spaces": ["Ground floor"],
            },
        ],
        "thermostat": [{ "name": "Lobby", "temperature_celsius": 22.5, "spaces": ["Ground floor"] }],
        "noise_sensor": [{
            "name": "Terrace", "spaces": ["Ground floor"],
            "thresholds": [{
                "name": "Quiet hours", "decibels": 60, "starts_daily_at": "22:00:00[Europe/Berlin]",
                "ends_daily_at": "07:00:00[Europe/Berlin]",
            }],
        }],
        "access_system": [{
            "name": "Room locks", "type": "visionline_system", "spaces": ["guest-rooms"],
            "entrances": ["Room 101", "Room 102", { "name": "Spa", "spaces": ["Ground floor"] }],
            "encoders": ["Reception"],
        }],
        "person": [{ "name": "Ada Guest", "email": "ada@example.com", "key": "guest-1" }],
        "webhook": [{ "url": "http://127.0.0.1:8080/seam", "event_types": ["lock.unlocked", "device.low_battery"] }],
    })
}

/// Sends a request with this API key and returns the status and the JSON of the response.
async fn send(fake: &FakeSeam, key: &str, path: &str, body: Value) -> (u16, Value) {
    let request = http::Request::post(format!("https://connect.getseam.com{path}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response: http::Response<_> = fake.send(request as Request).await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap_or(Value::Null))
}

fn problems(document: &str) -> Vec<String> {
    FakeSeam::from_seed(document).unwrap_err().problems().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_hotel_has_the_resources_of_its_file() {
    let fake = FakeSeam::from_seed(HOTEL).unwrap();
    let seam = fake.seam();
    assert_eq!(seam.workspaces().get().await.unwrap().name.as_deref(), Some("Harbour Hotel"));

    let locks = seam.locks().list().await.unwrap();
    let (front_door, luggage_room) = (&locks[0], &locks[1]);
    assert_eq!(front_door.display_name.as_deref(), Some("Front door"));
    assert_eq!(luggage_room.device_id.as_str(), "luggage-room");
    let battery = |properties: &Value| (properties["battery_level"].clone(), properties["battery"].clone());
    let rows = fake.database();
    assert_eq!(
        battery(&rows["devices"][1]["properties"]),
        (json!(0.07), json!({ "level": 0.07, "status": "critical" })),
    );
    assert_eq!(rows["devices"][0]["properties"]["battery"]["status"], "good");
    assert_eq!(rows["devices"][2]["properties"]["temperature_fahrenheit"], 72.5);

    let codes = seam.access_codes().list().device_id(&front_door.device_id).await.unwrap().items;
    let names: Vec<_> = codes.iter().filter_map(|code| code.name.as_deref()).collect();
    assert_eq!(names, ["Night porter", "Painter"]);
    let unmanaged = seam.access_codes().unmanaged().list(&front_door.device_id).await.unwrap().items;
    assert_eq!(unmanaged[0].name.as_deref(), Some("Cleaner"));

    let in_space = seam.devices().list().space_id("guest-rooms").await.unwrap().items;
    assert_eq!(in_space.len(), 0);
    let spaces = seam.spaces().list().await.unwrap().items;
    let on_ground_floor = seam.devices().list().space_id(&spaces[0].space_id).await.unwrap().items;
    assert_eq!(on_ground_floor.len(), 4);
    assert_eq!(rows["spaces"][0]["device_count"], 4);
    assert_eq!(rows["spaces"][1]["acs_entrance_count"], 3);

    // An online lock unlocks, an offline one does not.
    seam.locks().unlock_door(&front_door.device_id).and_wait().await.unwrap();
    assert!(seam.locks().unlock_door("luggage-room").and_wait().await.is_err());
}

#[tokio::test]
async fn only_the_keys_of_the_file_are_accepted() {
    let fake = FakeSeam::from_seed(HOTEL).unwrap();
    assert_eq!(send(&fake, "seam_test_harbour", "/devices/list", json!({})).await.0, 200);
    assert_eq!(send(&fake, seam_fake::API_KEY, "/devices/list", json!({})).await.0, 401);
    let without_keys = FakeSeam::from_seed("").unwrap();
    assert_eq!(send(&without_keys, seam_fake::API_KEY, "/devices/list", json!({})).await.0, 200);
}

#[test]
fn json_and_toml_create_the_same_state() {
    let toml = FakeSeam::from_seed(HOTEL).unwrap().database();
    for json in [hotel_as_json().to_string(), format!("\n{:#}", hotel_as_json())] {
        assert_eq!(FakeSeam::from_seed(&json).unwrap().database(), toml);
    }
}

#[test]
fn an_id_does_not_depend_on_its_position() {
    let id = |document: &str, number: usize| {
        FakeSeam::from_seed(document).unwrap().database()["devices"][number]["device_id"].clone()
    };
    let alone = id("[[lock]]\nname = 'Gate'", 0);
    assert_eq!(id("[[lock]]\nname = 'Shed'\n[[lock]]\nname = 'Gate'", 1), alone);
    assert_ne!(id("[[lock]]\nname = 'Shed'", 0), alone);
}

#[tokio::test]
async fn a_reset_restores_the_file() {
    let fake = FakeSeam::from_seed(HOTEL).unwrap();
    let begun = fake.database();
    let (key, space) = ("seam_test_harbour", json!({ "space_id": "guest-rooms" }));
    for path in ["/_fake/reset", "/workspaces/reset_sandbox"] {
        assert_eq!(send(&fake, key, "/spaces/delete", space.clone()).await.0, 200);
        assert_eq!(send(&fake, key, "/spaces/get", space.clone()).await.0, 404);
        assert_eq!(send(&fake, key, path, json!({})).await.0, 200);
        fake.advance(std::time::Duration::from_secs(2));
        assert_eq!(send(&fake, key, "/spaces/get", space.clone()).await.0, 200, "{path}");
        let ids = |rows: &Value, kind: &str, id: &str| -> Vec<Value> {
            rows[kind].as_array().unwrap().iter().map(|row| row[id].clone()).collect()
        };
        let now = fake.database();
        for (kind, id) in [
            ("spaces", "space_id"),
            ("devices", "device_id"),
            ("access_codes", "access_code_id"),
            ("webhooks", "webhook_id"),
        ] {
            assert_eq!(ids(&now, kind, id), ids(&begun, kind, id), "{kind} after {path}");
        }
    }
    // A request may name another seed.
    assert_eq!(send(&fake, key, "/_fake/reset", json!({ "seed": "empty" })).await.0, 200);
    assert_eq!(fake.database()["devices"], json!([]));
}

#[tokio::test]
async fn a_saved_state_is_reset_to_the_file() {
    let mut saved = Vec::new();
    FakeSeam::from_seed(HOTEL).unwrap().save(&mut saved).unwrap();
    let fake = FakeSeam::load(&*saved).unwrap();
    let (key, space) = ("seam_test_harbour", json!({ "space_id": "guest-rooms" }));
    for path in ["/_fake/reset", "/workspaces/reset_sandbox"] {
        assert_eq!(send(&fake, key, "/spaces/delete", space.clone()).await.0, 200);
        assert_eq!(send(&fake, key, path, json!({})).await.0, 200);
        fake.advance(std::time::Duration::from_secs(2));
        assert_eq!(send(&fake, key, "/spaces/get", space.clone()).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_code_of_the_file_starts_and_ends_at_its_times() {
    let fake = FakeSeam::from_seed(
        "[[lock]]\nname = 'Gate'\ncodes = [{ name = 'Painter', code = '2580', starts_at = 2026-11-25T09:00:00Z, \
         ends_at = '2026-11-26T09:00:00Z' }]",
    )
    .unwrap();
    let status = || fake.database()["access_codes"][0]["status"].clone();
    assert_eq!(status(), "unset");
    fake.advance(std::time::Duration::from_secs(25 * 60 * 60));
    assert_eq!(status(), "set");
    fake.advance(std::time::Duration::from_secs(24 * 60 * 60));
    assert_eq!(fake.database()["access_codes"], json!([]));
}

#[test]
fn each_problem_is_reported_with_its_position() {
    for (document, expected) in [
        ("name = ", &["1:8: string values must be quoted, expected literal string"][..]),
        (
            "[[lock]]\nname = 'A'\ntype = 'yale_lok'",
            &["3:8: unknown device type 'yale_lok'; did you mean 'yale_lock'?"],
        ),
        (
            "[[lock]]\nname = 'A'\ntype = 'nest_thermostat'",
            &["3:8: device type 'nest_thermostat' belongs in [[thermostat]], not in [[lock]]"],
        ),
        (
            "[[lock]]\nnmae = 'A'",
            &["1:1: missing 'name' in [[lock]]", "2:1: unknown key 'nmae' in [[lock]]; did you mean 'name'?"],
        ),
        ("[[lok]]\nname = 'A'", &["1:3: unknown key 'lok' in the file; did you mean 'lock'?"]),
        ("[[lock]]\nname = 5", &["2:8: expected a string for 'name', found a number"]),
        ("[[lock]]\nname = ''", &["2:8: 'name' is empty"]),
        ("[lock]\nname = 'A'", &["1:1: expected a list for 'lock', found a table"]),
        ("[[lock]]\nname = 'A'\nonline = 'yes'", &["3:10: expected true or false for 'online', found a string"]),
        ("[[lock]]\nname = 'A'\nbattery = 80", &["3:11: expected a number from 0 to 1 for 'battery'"]),
        ("[[lock]]\nname = 'A'\nbattery = nan", &["3:11: expected a number from 0 to 1 for 'battery'"]),
        ("[[lock]]\nname = 'A'\n[[thermostat]]\nname = 'A'", &["4:8: duplicate device name 'A'"]),
        ("[[lock]]\nname = 'A'\nid = 'x'\n[[lock]]\nname = 'B'\nid = 'x'", &["6:6: duplicate id 'x'"]),
        (
            "[[space]]\nname = 'Hall'\n[[lock]]\nname = 'A'\nspaces = ['Hal']",
            &["5:11: unknown space 'Hal'; did you mean 'Hall'?"],
        ),
        (
            "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = '12' }]",
            &["3:31: expected a PIN of 4 or 5 or 6 digits for a lock of type 'august_lock'"],
        ),
        (
            "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = '1234' }, { name = 'D', code = '1234' }]",
            &["3:62: duplicate PIN: another code of the lock has it at the same time"],
        ),
        ("[[lock]]\nname = 'A'\ncodes = [{ name = 'C' }]", &["3:10: missing 'code' of a managed code"]),
        (
            "[[lock]]\nname = 'A'\ntype = 'kwikset_lock'\ncodes = [{ name = 'C', code = '1234', managed = false }]",
            &["4:49: a lock of type 'kwikset_lock' does not report codes with 'managed = false'"],
        ),
        (
            "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = '1234', ends_at = 'tomorrow' }]",
            &["3:49: expected a time with its offset for 'ends_at', such as 2026-11-24T09:00:00Z"],
        ),
        (
            "[[noise_sensor]]\nname = 'A'\nthresholds = [{ name = 'T', decibels = 60, starts_daily_at = 'noon', ends_daily_at = '07:00:00[UTC]' }]",
            &["3:62: expected a time of day with its time zone for 'starts_daily_at', such as 22:00:00[Europe/Berlin]"],
        ),
        (
            "[[access_system]]\nname = 'A'\ntype = 'brivo_account'\nencoders = ['Desk']",
            &["4:12: an access system of type 'brivo_account' does not support encoders"],
        ),
        (
            "[[access_system]]\nname = 'A'\ntype = 'brivo_acount'",
            &["3:8: unknown access system type 'brivo_acount'; did you mean 'brivo_account'?"],
        ),
        ("[[access_system]]\nname = 'A'\nentrances = ['E', 'E']", &["3:19: duplicate entrance name 'E'"]),
        ("[[person]]\nname = 'A'\nemail = 'a'", &["3:9: invalid email address"]),
        ("[[webhook]]\nurl = 'localhost'", &["2:7: expected an http or https URL"]),
        (
            "[[webhook]]\nurl = 'http://localhost/'\nevent_types = ['lock.unlockd']",
            &["3:16: unknown event type 'lock.unlockd'; did you mean 'lock.unlocked'?"],
        ),
        (
            "[workspace]\napi_keys = ['harbour']",
            &[
                "2:13: invalid API key: expected a key that begins with 'seam_', but not with 'seam_at', 'seam_cst' or 'seam_pk'",
            ],
        ),
        // A column counts characters.
        (
            "{\"lock\": [\n  {\"name\": \"Türe\", \"batery\": 1}]}",
            &["2:20: unknown key 'batery' in [[lock]]; did you mean 'battery'?"],
        ),
        ("{\"lock\": [{\"name\": \"A\", \"name\": \"A\"}]}", &["1:25: duplicate key 'name' in [[lock]]"]),
        ("{\"lock\": [{\"name\": null}]}", &["1:20: expected a string for 'name', found null"]),
        ("{\"lock\": [],}", &["1:13: trailing comma"]),
        ("{\"lock\": [{\"name\": 'Türe'}]}", &["1:20: expected value"]),
        ("{\n\"lock\": [{\"name\": \"Türe\"}] // \n}", &["2:28: expected `,` or `}`"]),
    ] {
        assert_eq!(problems(document), expected, "{document}");
    }
}

#[test]
fn up_to_twenty_problems_are_reported_together() {
    let error = FakeSeam::from_seed("[[lock]]\nx = 1\n[[person]]\nname = 2\n[[space]]\nname = ''").unwrap_err();
    assert_eq!((error.line(), error.column(), error.message()), (1, 1, "missing 'name' in [[lock]]"));
    assert_eq!(
        error.in_file("hotel.toml").to_string(),
        "hotel.toml:1:1: missing 'name' in [[lock]]\n\
         hotel.toml:2:1: unknown key 'x' in [[lock]]\n\
         hotel.toml:4:8: expected a string for 'name', found a number\n\
         hotel.toml:6:8: 'name' is empty"
    );
    let error = FakeSeam::from_seed(&"[[lock]]\n".repeat(25)).unwrap_err();
    assert_eq!((error.problems().len(), error.omitted()), (20, 5));
    assert!(error.to_string().ends_with("20:1: missing 'name' in [[lock]]\nand 5 more problems"));
}

#[test]
fn no_message_contains_a_pin_a_key_or_a_secret() {
    for document in [
        "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = '90210_90210' }]",
        "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = '9021' }, { name = 'D', code = '9021' }]",
        "[workspace]\napi_keys = ['90210']",
        "[workspace]\napi_keys = ['seam_90210', 'seam_90210']",
        "[[webhook]]\nurl = 'http://localhost'\nsecret = '90210'",
        "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = 9021 }]",
        "[[lock]]\nname = 'A'\ncodes = [{ name = 'C', code = '9021 }]",
        "{\"lock\": [{\"name\": \"A\", \"codes\": [{\"code\": 9021x}]}]}",
        "{\"lock\": [{\"name\": \"A\", \"codes\": [{\"code\": '9021'}]}]}",
    ] {
        let error = FakeSeam::from_seed(document).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("9021"), "{error}");
    }
}

#[test]
fn quoted_values_are_short_and_have_no_control_characters() {
    for document in [
        r#"{"\u001b[2J": 1}"#,
        r#"{"lock": [{"name": "A", "type": "\u001b[2J"}]}"#,
        r#"{"lock": [{"name": "A", "spaces": ["\u001b[2J"]}]}"#,
        r#"{"lock": [{"name": "\u001b[2J"}, {"name": "\u001b[2J"}]}"#,
        "\"\\u001b[2J\" = 1",
        "\u{1b}[2J = 1",
    ] {
        let problems = problems(document);
        assert!(!problems.is_empty() && !problems.concat().chars().any(char::is_control), "{problems:?}");
    }
    let [problem] = &*problems(&format!("{} = 1", "x".repeat(10_000))) else { panic!("one problem") };
    assert!(problem.len() < 200, "{problem}");
}

#[test]
fn deeply_nested_and_repetitive_files_are_handled_quickly() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let document = format!("a = {}1{}", open.repeat(50_000), close.repeat(50_000));
        assert!(!problems(&document).is_empty());
    }
    let document = format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
    assert_eq!(problems(&document).len(), 1);
    let doors: String = (0..2_000).map(|number| format!("[[lock]]\nname = 'Door {number}'\n")).collect();
    assert_eq!(FakeSeam::from_seed(&doors).unwrap().database()["devices"].as_array().unwrap().len(), 2_000);
}

/// Lists all resources that a seed file can create; panics if a list lacks a row.
async fn list_all(fake: &FakeSeam) {
    let rows = fake.database();
    let key = rows["api_keys"][0]["token"].as_str().unwrap().to_owned();
    let listed = async |path: &str, body: Value, field: &str| {
        let (status, response) = send(fake, &key, path, body).await;
        assert_eq!(status, 200, "{path}: {response}");
        response[field].as_array().unwrap().len()
    };
    let count = |kind: &str, matching: &dyn Fn(&Value) -> bool| {
        rows[kind].as_array().unwrap().iter().filter(|row| matching(row)).count()
    };
    for (path, kind) in [
        ("/spaces/list", "spaces"),
        ("/acs/systems/list", "acs_systems"),
        ("/acs/entrances/list", "acs_entrances"),
        ("/acs/encoders/list", "acs_encoders"),
        ("/user_identities/list", "user_identities"),
        ("/webhooks/list", "webhooks"),
        ("/connected_accounts/list", "connected_accounts"),
    ] {
        assert_eq!(listed(path, json!({}), kind).await, count(kind, &|_| true), "{path}");
    }
    for (path, managed) in [("/devices/list", true), ("/devices/unmanaged/list", false)] {
        assert_eq!(
            listed(path, json!({}), "devices").await,
            count("devices", &|row| row["is_managed"] == managed),
            "{path}"
        );
    }
    for device in rows["devices"].as_array().unwrap() {
        let id = &device["device_id"];
        for (path, managed) in [("/access_codes/list", true), ("/access_codes/unmanaged/list", false)] {
            let of_device = |row: &Value| row["device_id"] == *id && row["is_managed"] == managed;
            assert_eq!(
                listed(path, json!({ "device_id": id }), "access_codes").await,
                count("access_codes", &of_device),
                "{path}"
            );
        }
        if device["is_managed"] == true && device["device_type"] == "minut_sensor" {
            let path = "/noise_sensors/noise_thresholds/list";
            let of_device = |row: &Value| row["device_id"] == *id;
            let found = listed(path, json!({ "device_id": id }), "noise_thresholds").await;
            assert_eq!(found, count("noise_thresholds", &of_device));
        }
    }
}

/// A change to a document.
#[derive(Clone, Debug)]
enum Edit {
    RemoveLine(Index),
    RepeatLine(Index),
    ReplaceValue(Index, &'static str),
    ReplaceType(Index, &'static str),
    Insert(Index, String),
}

fn edit() -> impl Strategy<Value = Edit> {
    let value = prop::sample::select(vec![
        "''",
        "'Spa'",
        "'x\u{7}'",
        "-1",
        "0.5",
        "1e999",
        "nan",
        "true",
        "[]",
        "{}",
        "[{}]",
        "[[1]]",
        "'seam_x'",
        "2026-11-24T09:00:00Z",
        "'guest-rooms'",
        "['Ground floor']",
        "[{ name = 'X', code = '123456' }]",
        "[{ name = 'X', code = '123456', managed = false, id = 'guest-rooms' }]",
    ]);
    let device_type = prop::sample::select(vec![
        "'akiles_lock'",
        "'igloo_lock'",
        "'nuki_lock'",
        "'lockly_lock'",
        "'controlbyweb_device'",
        "'keynest_key'",
        "'dormakaba_oracode_door'",
        "'salto_ks_site'",
        "'brivo_account'",
        "'noiseaware_activity_zone'",
    ]);
    prop_oneof![
        any::<Index>().prop_map(Edit::RemoveLine),
        any::<Index>().prop_map(Edit::RepeatLine),
        (any::<Index>(), value).prop_map(|(at, value)| Edit::ReplaceValue(at, value)),
        (any::<Index>(), device_type).prop_map(|(at, value)| Edit::ReplaceType(at, value)),
        (any::<Index>(), "\\PC{0,3}").prop_map(|(at, text)| Edit::Insert(at, text)),
    ]
}

fn apply(edits: &[Edit]) -> String {
    let mut lines: Vec<String> = HOTEL.lines().map(str::to_owned).collect();
    for edit in edits {
        if lines.is_empty() {
            break;
        }
        match edit {
            Edit::RemoveLine(at) => drop(lines.remove(at.index(lines.len()))),
            Edit::RepeatLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
            }
            Edit::ReplaceValue(at, value) | Edit::ReplaceType(at, value) => {
                let is_matching = |line: &&mut String| match edit {
                    Edit::ReplaceType(..) => line.starts_with("type = "),
                    _ => line.contains(" = "),
                };
                let mut matching: Vec<_> = lines.iter_mut().filter(is_matching).collect();
                if !matching.is_empty() {
                    let at = at.index(matching.len());
                    let key = matching[at].split(" = ").next().unwrap().to_owned();
                    *matching[at] = format!("{key} = {value}");
                }
            }
            Edit::Insert(at, text) => {
                let at = at.index(lines.len());
                lines[at].push_str(text);
            }
        }
    }
    lines.join("\n")
}

fn check(document: &str) {
    match FakeSeam::from_seed(document) {
        Ok(fake) => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(list_all(&fake));
        }
        Err(error) => {
            let lines = document.lines().count() + 1;
            for problem in error.problems() {
                assert!((1..=lines).contains(&problem.line()) && problem.column() >= 1, "{problem}");
                assert!(!problem.to_string().chars().any(char::is_control), "{problem:?}");
            }
        }
    }
}

#[test]
fn the_hotel_is_listed() {
    check(HOTEL);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn an_edited_file_is_rejected_or_listed(edits in prop::collection::vec(edit(), 1..4)) {
        check(&apply(&edits));
    }

    #[test]
    fn any_string_is_rejected_or_listed(text in prop_oneof![".*", "[\\[\\]{}\"'=:,.a-z0-9 \n#]*", "\\{[\\[\\]{}\":,a-z0-9 \n]*"]) {
        check(&text);
    }
}
