//! Tests of behaviour common to all routes, through a client and through plain HTTP requests.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::time::Duration;

use seam_core::{
    Body, ENDPOINTS, Response, Transport,
    http::{self, Method},
    model::{ActionAttemptStatus, ActionType, Timestamp, UnmanagedAccessCode},
};
use seam_fake::{
    API_KEY, BACK_DOOR, CODE_WITHOUT_PIN, FRONT_DOOR, FakeSeam, ONGOING_CODE, TIME_BOUND_CODE, UNMANAGEABLE_CODE,
    WORKSPACE,
};
use serde_json::{Value, json};

/// The duration of an action of a lock.
const ACTION: Duration = Duration::from_secs(1);

/// The id of the first action attempt of a state.
const FIRST_ATTEMPT: &str = "fa4e000a-0000-4000-8000-000000000001";

const GET: &str = "/access_codes/unmanaged/get";
const LIST: &str = "/access_codes/unmanaged/list";
const UPDATE: &str = "/access_codes/unmanaged/update";
const DELETE: &str = "/access_codes/unmanaged/delete";
const CONVERT: &str = "/access_codes/unmanaged/convert_to_managed";

/// Sends a request without a client.
async fn send(fake: &FakeSeam, authorization: Option<&str>, method: Method, uri: &str, body: &str) -> Response {
    let mut request = http::Request::builder().method(method).uri(uri);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    fake.send(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

/// Sends a request with a valid key and returns the status and the body.
async fn send_json(fake: &FakeSeam, method: Method, uri: &str, body: &str) -> (u16, Value) {
    let response = send(fake, Some(&format!("Bearer {API_KEY}")), method, uri, body).await;
    (response.status().as_u16(), json_of(&response))
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body().as_ref()).unwrap()
}

/// Returns the validation errors of an `invalid_input` response.
async fn validation_errors(method: Method, uri: &str, body: &str) -> Value {
    let (status, body) = send_json(&FakeSeam::new(), method, uri, body).await;
    assert_eq!((status, body.pointer("/error/type")), (400, Some(&json!("invalid_input"))), "{uri} {body}");
    body.pointer("/error/validation_errors").unwrap().clone()
}

fn ids<'a>(codes: impl IntoIterator<Item = &'a UnmanagedAccessCode>) -> Vec<&'a str> {
    codes.into_iter().map(|code| code.access_code_id.as_str()).collect()
}

fn remaining(fake: &FakeSeam) -> Vec<String> {
    ids(&fake.unmanaged_access_codes()).into_iter().map(str::to_owned).collect()
}

// --- The initial state and the form of responses.

#[tokio::test]
async fn the_json_of_a_code() {
    let fake = FakeSeam::new();
    let (status, body) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id={ONGOING_CODE}"), "").await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({
            "access_code": {
                "access_code_id": "26d6138c-6524-4f3c-ac96-43cc3bea0a8d",
                "code": "1988",
                "created_at": "2022-08-26T12:50:17.858Z",
                "device_id": FRONT_DOOR,
                "dormakaba_oracode_metadata": null,
                "ends_at": null,
                "errors": [],
                "is_managed": false,
                "name": "Neighbours",
                "starts_at": null,
                "status": "set",
                "type": "ongoing",
                "warnings": [],
                "workspace_id": WORKSPACE,
            },
            "ok": true,
        })
    );
}

#[tokio::test]
async fn the_initial_state_has_four_codes_on_two_locks() {
    let fake = FakeSeam::new();
    assert_eq!(remaining(&fake), [ONGOING_CODE, TIME_BOUND_CODE, CODE_WITHOUT_PIN, UNMANAGEABLE_CODE]);

    let (_, body) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id={TIME_BOUND_CODE}"), "").await;
    let code = body.get("access_code").unwrap();
    assert_eq!(code.get("type"), Some(&json!("time_bound")));
    assert_eq!(code.get("starts_at"), Some(&json!("2026-11-23T07:00:00.000Z")));
    assert_eq!(code.get("ends_at"), Some(&json!("2026-11-27T17:00:00.000Z")));

    let (_, body) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id={CODE_WITHOUT_PIN}"), "").await;
    assert_eq!(body.pointer("/access_code/code"), Some(&Value::Null));

    let (_, body) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id={UNMANAGEABLE_CODE}"), "").await;
    let code = body.get("access_code").unwrap();
    assert_eq!(code.get("device_id"), Some(&json!(BACK_DOOR)));
    assert_eq!(code.get("cannot_be_managed"), Some(&json!(true)));
    assert_eq!(code.get("cannot_delete_unmanaged_access_code"), Some(&json!(true)));
}

#[tokio::test]
async fn the_time_bound_code_is_current_whenever_the_state_starts() {
    for (start, times) in [
        ("2027-03-01T00:59:59Z", ["2027-02-27T22:00:00.000Z", "2027-03-04T08:00:00.000Z"]),
        ("1960-01-01T00:00:00Z", ["1969-12-30T22:00:00.000Z", "1970-01-04T08:00:00.000Z"]),
    ] {
        let fake = FakeSeam::starting_at(start.parse::<Timestamp>().unwrap()).building();
        let code = fake.seam().access_codes().unmanaged().get(TIME_BOUND_CODE).await.unwrap();
        assert_eq!([code.starts_at, code.ends_at].map(|time| time.unwrap().to_string()), times);
    }
}

#[tokio::test]
async fn new_states_are_equal_and_clones_share_one() {
    let (one, other) = (FakeSeam::new(), FakeSeam::new());
    assert_eq!(one.unmanaged_access_codes(), other.unmanaged_access_codes());
    assert_eq!(FakeSeam::default().unmanaged_access_codes(), one.unmanaged_access_codes());

    let clone = one.clone();
    clone.seam().access_codes().unmanaged().delete(ONGOING_CODE).await.unwrap();
    one.advance(ACTION);
    assert_eq!(remaining(&one), [TIME_BOUND_CODE, CODE_WITHOUT_PIN, UNMANAGEABLE_CODE]);
    assert_eq!(one.request_count(), 1);
    assert_eq!(remaining(&other).len(), 4);
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn an_empty_state_has_no_resources() {
    let fake = FakeSeam::empty();
    assert!(fake.unmanaged_access_codes().is_empty());
    let seam = fake.seam();
    assert!(seam.access_codes().unmanaged().get(ONGOING_CODE).await.unwrap_err().is_not_found());
    assert!(seam.access_codes().unmanaged().list(FRONT_DOOR).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn an_added_code_is_completed_but_not_changed() {
    let fake = FakeSeam::empty();
    let mut code = UnmanagedAccessCode::new("cleaning");
    code.device_id = Some("gate".into());
    code.name = Some("Cleaning".into());
    code.r#type = Some("time_bound".into());
    fake.add_unmanaged_access_code(code);

    let (_, body) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id=cleaning"), "").await;
    assert_eq!(
        body.get("access_code"),
        Some(&json!({
            "access_code_id": "cleaning",
            "code": null,
            "created_at": "2022-08-26T12:50:17.858Z",
            "device_id": "gate",
            "dormakaba_oracode_metadata": null,
            "ends_at": null,
            "errors": [],
            "is_managed": false,
            "name": "Cleaning",
            "starts_at": null,
            "status": "set",
            "type": "time_bound",
            "warnings": [],
            "workspace_id": WORKSPACE,
        }))
    );
}

#[test]
fn a_code_that_is_added_again_replaces_the_first() {
    let fake = FakeSeam::new();
    let mut code = UnmanagedAccessCode::new(ONGOING_CODE);
    code.name = Some("Other people".into());
    fake.add_unmanaged_access_code(code);
    let codes = fake.unmanaged_access_codes();
    assert_eq!(ids(&codes), [ONGOING_CODE, TIME_BOUND_CODE, CODE_WITHOUT_PIN, UNMANAGEABLE_CODE]);
    assert_eq!(codes.first().unwrap().name.as_deref(), Some("Other people"));
}

#[tokio::test]
async fn every_response_has_a_request_id_and_is_json() {
    let fake = FakeSeam::new();
    let key = format!("Bearer {API_KEY}");
    let found = format!("{GET}?access_code_id={ONGOING_CODE}");
    let cases = [
        (Some(key.as_str()), Method::GET, found.as_str(), 200),
        (Some(key.as_str()), Method::GET, "/access_codes/unmanaged/get?access_code_id=other", 404),
        (Some(key.as_str()), Method::GET, GET, 400),
        (Some(key.as_str()), Method::PUT, GET, 405),
        (Some(key.as_str()), Method::GET, "/no/such/route", 404),
        (None, Method::GET, found.as_str(), 401),
    ];
    for (number, (authorization, method, uri, status)) in (1..).zip(cases) {
        let response = send(&fake, authorization, method, uri, "").await;
        let request_id = format!("request-{number:06}");
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().get("seam-request-id").unwrap(), &request_id);
        assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
        let body = json_of(&response);
        assert_eq!(body.get("ok"), Some(&json!(status == 200)));
        if status != 200 {
            assert_eq!(body.pointer("/error/request_id"), Some(&json!(request_id)));
        }
        assert_eq!(fake.request_count(), number);
    }
}

#[test]
fn no_debug_output_shows_a_pin() {
    let fake = FakeSeam::new();
    for pin in ["1988", "4711", "2580"] {
        let debug = format!("{fake:?} {:?}", fake.unmanaged_access_codes());
        // Ids and dates contain digits too, but no PIN between quotation marks.
        assert!(!debug.contains(&format!("\"{pin}\"")) && !debug.contains(&format!("({pin})")), "{debug}");
    }
    assert_eq!(format!("{fake:?}"), "FakeSeam(0 requests)");
}

// --- Routes and credentials.

#[tokio::test]
async fn each_route_accepts_its_method_and_post() {
    let fake = FakeSeam::new();
    for spec in ENDPOINTS.iter().filter(|spec| spec.path().starts_with("/access_codes/unmanaged/")) {
        for method in [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
            let is_right = method == Method::POST || method == spec.method();
            let (status, body) = send_json(&fake, method.clone(), spec.path(), "").await;
            // Without parameters, each of them reports a validation error.
            let expected = if is_right { (400, "invalid_input") } else { (405, "method_not_allowed") };
            let error_type = body.pointer("/error/type").and_then(Value::as_str).unwrap();
            assert_eq!((status, error_type), expected, "{method} {}", spec.path());
        }
    }
}

#[tokio::test]
async fn post_with_a_body_equals_get_with_a_query() {
    let fake = FakeSeam::new();
    let body = json!({ "access_code_id": TIME_BOUND_CODE }).to_string();
    let (_, by_post) = send_json(&fake, Method::POST, GET, &body).await;
    let (_, by_get) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id={TIME_BOUND_CODE}"), "").await;
    assert_eq!(by_post, by_get);
    assert_eq!(send_json(&fake, Method::POST, DELETE, &body).await.0, 200);
    fake.advance(ACTION);
    assert_eq!(send_json(&fake, Method::POST, GET, &body).await.0, 404);
}

#[tokio::test]
async fn a_405_lists_the_allowed_methods() {
    let (_, body) = send_json(&FakeSeam::new(), Method::PUT, DELETE, "").await;
    assert_eq!(body.pointer("/error/message"), Some(&json!("only DELETE,POST accepted")));
}

#[tokio::test]
async fn the_openapi_document_has_the_operations_that_the_fake_accepts() {
    let fake = FakeSeam::new();
    let response = send(&fake, None, Method::GET, "/openapi.json", "").await;
    assert_eq!(response.status(), 200);
    let document = json_of(&response);
    assert_eq!(document["servers"], json!([{ "url": "/" }]));
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 200, "{}", paths.len());
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            // Each route validates its parameters, and no method is rejected.
            let (status, body) = send_json(&fake, method.clone(), path, "").await;
            assert_ne!(status, 405, "{method} {path}");
            assert_ne!(body["error"]["type"], "route_not_found", "{method} {path}");
        }
    }
    assert_eq!(send_json(&fake, Method::POST, "/openapi.json", "").await.0, 404);
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    for path in ["/", "/access_codes/unmanaged", "/access_codes/unmanaged/get/", "/ACCESS_CODES/unmanaged/get"] {
        let (status, body) = send_json(&FakeSeam::new(), Method::GET, path, "").await;
        assert_eq!((status, body.pointer("/error/type")), (404, Some(&json!("route_not_found"))), "{path}");
    }
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_rejected_and_changes_nothing() {
    let fake = FakeSeam::new();
    let wrong = [None, Some(""), Some(API_KEY), Some("Bearer "), Some("Bearer seam_other"), Some("Basic dXNlcg==")];
    for authorization in wrong {
        let body = json!({ "access_code_id": ONGOING_CODE }).to_string();
        let response = send(&fake, authorization, Method::POST, DELETE, &body).await;
        assert_eq!(response.status(), 401, "{authorization:?}");
        let body = json_of(&response);
        let error = body.get("error").unwrap().as_object().unwrap();
        assert_eq!(error.keys().collect::<Vec<_>>(), ["message", "request_id", "type"]);
        assert_eq!(error.get("type"), Some(&json!("unauthorized")));
        assert_eq!(body.get("ok"), Some(&json!(false)));
    }
    assert_eq!(fake.unmanaged_access_codes(), FakeSeam::new().unmanaged_access_codes());
}

// --- Parameters.

#[tokio::test]
async fn a_missing_parameter_is_required() {
    let required = |name: &str| json!({ name: { "_errors": ["Required"] } });
    assert_eq!(validation_errors(Method::DELETE, DELETE, "").await, required("access_code_id"));
    assert_eq!(validation_errors(Method::POST, DELETE, "{}").await, required("access_code_id"));
    let null = json!({ "access_code_id": { "_errors": ["Expected string, received null"] } });
    assert_eq!(validation_errors(Method::POST, DELETE, r#"{"access_code_id":null}"#).await, null);
    assert_eq!(validation_errors(Method::DELETE, &format!("{DELETE}?access_code_id="), "").await, null);
    assert_eq!(validation_errors(Method::PATCH, CONVERT, "{}").await, required("access_code_id"));
    assert_eq!(validation_errors(Method::GET, LIST, "").await, required("device_id"));
    assert_eq!(validation_errors(Method::PATCH, UPDATE, r#"{"access_code_id":"26d6"}"#).await, required("is_managed"));
    assert_eq!(
        validation_errors(Method::PATCH, UPDATE, "").await,
        json!({ "access_code_id": { "_errors": ["Required"] }, "is_managed": { "_errors": ["Required"] } })
    );
}

#[tokio::test]
async fn a_request_without_a_selector_has_a_root_message() {
    let expected = json!({ "_errors": ["Expected access_code_id, or device_id and code"] });
    assert_eq!(validation_errors(Method::GET, GET, "").await, expected);
    assert_eq!(validation_errors(Method::GET, &format!("{GET}?device_id={FRONT_DOOR}"), "").await, expected);
    assert_eq!(validation_errors(Method::POST, GET, r#"{"code":"1988"}"#).await, expected);
    assert_eq!(validation_errors(Method::POST, GET, r#"{"access_code_id":null}"#).await, expected);
}

#[tokio::test]
async fn a_parameter_of_the_wrong_type_is_described() {
    let list = |limit: &str| format!("{LIST}?device_id={FRONT_DOOR}&limit={limit}");
    let expected = |expected: &str, received: &str| format!("Expected {expected}, received {received}");
    let cases = [
        (Method::GET, list("many"), "", "limit", expected("number", "string")),
        (Method::GET, list("1.5"), "", "limit", expected("number", "string")),
        (Method::GET, list("-1"), "", "limit", "Number must be greater than 0".to_owned()),
        (Method::GET, list("1&limit=2"), "", "limit", expected("number", "array")),
        (Method::GET, list("0"), "", "limit", "Number must be greater than 0".to_owned()),
        (Method::POST, LIST.to_owned(), r#"{"device_id":"d","limit":"5"}"#, "limit", expected("number", "string")),
        (Method::POST, LIST.to_owned(), r#"{"device_id":"d","limit":1.5}"#, "limit", expected("integer", "float")),
        (
            Method::GET,
            "/client_sessions/list?without_user_identifier_key=maybe".to_owned(),
            "",
            "without_user_identifier_key",
            expected("boolean", "string"),
        ),
        (
            Method::PATCH,
            UPDATE.to_owned(),
            r#"{"access_code_id":"26d6","is_managed":"true"}"#,
            "is_managed",
            expected("boolean", "string"),
        ),
        (
            Method::POST,
            DELETE.to_owned(),
            r#"{"access_code_id":""}"#,
            "access_code_id",
            "String must contain at least 1 character(s)".to_owned(),
        ),
        (Method::POST, GET.to_owned(), r#"{"device_id":"d","code":1988}"#, "code", expected("string", "number")),
        (
            Method::POST,
            LIST.to_owned(),
            r#"{"device_id":"d","page_cursor":{}}"#,
            "page_cursor",
            expected("string", "object"),
        ),
        (Method::POST, LIST.to_owned(), r#"{"device_id":true}"#, "device_id", expected("string", "boolean")),
    ];
    for (method, uri, body, parameter, message) in cases {
        assert_eq!(
            validation_errors(method, &uri, body).await,
            json!({ parameter: { "_errors": [message] } }),
            "{uri} {body}"
        );
    }
}

#[tokio::test]
async fn messages_are_available_by_parameter_and_at_the_root() {
    let fake = FakeSeam::new();
    let error = fake.seam().access_codes().unmanaged().list(FRONT_DOOR).limit(0_u32).await.unwrap_err();
    assert!(error.is_invalid_input());
    assert_eq!(error.validation_errors().get("limit").collect::<Vec<_>>(), ["Number must be greater than 0"]);
    assert_eq!(error.request_id(), Some("request-000001"));
}

#[tokio::test]
async fn an_unknown_parameter_is_rejected_only_in_a_strict_query() {
    let uri = format!("{GET}?access_code_id={ONGOING_CODE}&colour=red&shape.round=1");
    assert_eq!(send_json(&FakeSeam::new(), Method::GET, &uri, "").await.0, 200);
    assert_eq!(send_json(&FakeSeam::new(), Method::GET, &format!("{uri}&_strict=false"), "").await.0, 200);
    assert_eq!(
        validation_errors(Method::GET, &format!("{uri}&_strict=true"), "").await,
        json!({ "_errors": ["Unrecognized key(s) in object: 'colour', 'shape'"] })
    );
    let body = json!({ "access_code_id": ONGOING_CODE, "colour": "red" }).to_string();
    assert_eq!(send_json(&FakeSeam::new(), Method::POST, GET, &body).await.0, 200);
}

#[tokio::test]
async fn a_query_is_decoded() {
    let fake = FakeSeam::empty();
    let mut code = UnmanagedAccessCode::new("a b+c&d=é");
    code.device_id = Some("gate".into());
    fake.add_unmanaged_access_code(code);
    let uri = format!("{GET}?access_code_id=a+b%2Bc%26d%3D%C3%A9&_strict=true");
    assert_eq!(send_json(&fake, Method::GET, &uri, "").await.0, 200);
}

#[tokio::test]
async fn a_boolean_in_a_query_is_true_or_false() {
    for value in ["true", "false", ""] {
        let uri = format!("/client_sessions/list?without_user_identifier_key={value}&_strict=true");
        assert_eq!(send_json(&FakeSeam::new(), Method::GET, &uri, "").await.0, 200, "{value}");
    }
}

#[tokio::test]
async fn contradictory_and_deeply_nested_queries_are_rejected() {
    const DEVICES: &str = "/devices/list";
    let deep = format!("{DEVICES}?custom_metadata_has{}=1", ".a".repeat(10_000));
    assert_eq!(
        validation_errors(Method::GET, &deep, "").await,
        json!({ "_errors": ["a parameter is nested more than 8 levels deep"] })
    );
    let expected = json!({ "_errors": ["a parameter is set both as a value and with nested parameters"] });
    assert_eq!(
        validation_errors(Method::GET, &format!("{DEVICES}?custom_metadata_has=1&custom_metadata_has.b=2"), "").await,
        expected
    );
    assert_eq!(
        validation_errors(Method::GET, &format!("{DEVICES}?custom_metadata_has.b=2&custom_metadata_has=1"), "").await,
        expected
    );
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_rejected_and_not_quoted() {
    let deep = "[".repeat(10_000);
    for body in ["197338", "{", "[]", "\"197338\"", r#"{"code": 197338"#, "null", "code=197338", deep.as_str()] {
        let (status, answer) = send_json(&FakeSeam::new(), Method::POST, GET, body).await;
        assert_eq!(status, 400);
        assert_eq!(
            answer.pointer("/error/validation_errors"),
            Some(&json!({ "_errors": ["the body is not a JSON object"] })),
        );
        assert!(!answer.to_string().contains("197338"));
    }
}

#[tokio::test]
async fn a_value_is_never_quoted() {
    for body in [r#"{"device_id":"d","code":["197338"]}"#, r#"{"device_id":"d","code":197338}"#] {
        let (status, answer) = send_json(&FakeSeam::new(), Method::POST, GET, body).await;
        assert_eq!(status, 400);
        assert!(!answer.to_string().contains("197338"), "{answer}");
    }
}

// --- The behaviour of the routes.

#[tokio::test]
async fn a_code_is_found_by_its_id() {
    let code = FakeSeam::new().seam().access_codes().unmanaged().get(ONGOING_CODE).await.unwrap();
    assert_eq!(code.code, Some("1988".into()));
    assert_eq!(code.created_at.unwrap().to_string(), "2022-08-26T12:50:17.858Z");
}

#[tokio::test]
async fn a_code_is_found_by_its_lock_and_pin() {
    let seam = FakeSeam::new().seam();
    let unmanaged = seam.access_codes().unmanaged();
    let code = unmanaged.get_by_code(FRONT_DOOR, "4711").await.unwrap();
    assert_eq!(code.access_code_id.as_str(), TIME_BOUND_CODE);
    for (device, pin) in [(FRONT_DOOR, "0000"), (BACK_DOOR, "4711"), ("no-such-lock", "4711")] {
        assert!(unmanaged.get_by_code(device, pin).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn an_unknown_code_is_not_found() {
    let fake = FakeSeam::new();
    let (status, body) = send_json(&fake, Method::GET, &format!("{GET}?access_code_id=no-such-code"), "").await;
    assert_eq!(status, 404);
    assert_eq!(
        body,
        json!({
            "error": {
                "type": "access_code_not_found",
                "message": "Could not find an access_code with device_id or access_code_id",
                "request_id": "request-000001",
            },
            "ok": false,
        })
    );
    let unmanaged = fake.seam();
    let unmanaged = unmanaged.access_codes().unmanaged();
    for error in [
        unmanaged.get("no-such-code").await.unwrap_err(),
        unmanaged.delete("no-such-code").await.unwrap_err(),
        unmanaged.convert_to_managed("no-such-code").await.unwrap_err(),
        unmanaged.update("no-such-code", true).await.unwrap_err(),
        unmanaged.update("no-such-code", false).await.unwrap_err(),
    ] {
        assert_eq!(error.error_type(), Some("access_code_not_found"), "{error}");
    }
}

#[tokio::test]
async fn a_list_without_a_limit_has_one_page() {
    let fake = FakeSeam::new();
    let (_, body) = send_json(&fake, Method::GET, &format!("{LIST}?device_id={FRONT_DOOR}"), "").await;
    assert_eq!(body.get("access_codes").unwrap().as_array().unwrap().len(), 3);
    assert_eq!(
        body.get("pagination"),
        Some(&json!({ "has_next_page": false, "next_page_cursor": null, "next_page_url": null }))
    );
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    assert_eq!(ids(&unmanaged.list(BACK_DOOR).await.unwrap()), [UNMANAGEABLE_CODE]);
    assert!(unmanaged.list("no-such-lock").await.unwrap().items.is_empty());
    // A limit equal to the number of codes also returns one page.
    assert_eq!(unmanaged.list(FRONT_DOOR).limit(3_u32).await.unwrap().next_cursor(), None);
}

#[tokio::test]
async fn a_list_has_pages_of_the_limit() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let mut pages = seam.access_codes().unmanaged().list(FRONT_DOOR).limit(2_u32).pages();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(ids(&first), [ONGOING_CODE, TIME_BOUND_CODE]);
    let pagination = first.pagination.as_ref().unwrap();
    let url = pagination.next_page_url.as_ref().unwrap().expose_secret();
    let expected = format!(
        "https://connect.getseam.com{LIST}?device_id={FRONT_DOOR}&limit=2&next_page_cursor={}&_strict=true",
        pagination.next_page_cursor.as_ref().unwrap()
    );
    assert_eq!(url, expected);

    let second = pages.next().await.unwrap().unwrap();
    assert_eq!(ids(&second), [CODE_WITHOUT_PIN]);
    assert_eq!(second.next_cursor(), None);
    assert!(pages.next().await.is_none());
    assert_eq!(fake.request_count(), 2);

    // The URL of the next page returns the next page.
    let (_, body) = send_json(&fake, Method::GET, url, "").await;
    assert_eq!(body.pointer("/access_codes/0/access_code_id"), Some(&json!(CODE_WITHOUT_PIN)));
}

#[tokio::test]
async fn a_cursor_is_valid_only_for_its_list() {
    let seam = FakeSeam::new().seam();
    let unmanaged = seam.access_codes().unmanaged();
    let page = unmanaged.list(FRONT_DOOR).limit(1_u32).search("-4").await.unwrap();
    let cursor = page.next_cursor().unwrap();

    let again = || unmanaged.list(FRONT_DOOR).limit(1_u32).search("-4").page_cursor(cursor);
    assert_eq!(ids(&again().await.unwrap()).len(), 1);
    for other in [
        unmanaged.list(BACK_DOOR).limit(1_u32).search("-4").page_cursor(cursor),
        again().limit(2_u32),
        again().search("-8"),
        again().user_identifier_key("another user"),
        unmanaged.list(FRONT_DOOR).page_cursor(cursor),
    ] {
        let error = other.await.unwrap_err();
        assert_eq!(
            (error.status().unwrap().as_u16(), error.error_type()),
            (400, Some("mismatched_page_parameters")),
            "{error}"
        );
    }
    for garbage in ["garbage", "page-", "page-1-", "page-zz-1", "page-0000000000000001--1"] {
        let error = unmanaged.list(FRONT_DOOR).page_cursor(garbage).await.unwrap_err();
        assert!(error.is_invalid_input());
        assert_eq!(error.validation_errors().get("page_cursor").collect::<Vec<_>>(), ["Not a cursor of this list"]);
    }
}

#[tokio::test]
async fn deletions_between_pages_skip_no_other_rows() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    let page = unmanaged.list(FRONT_DOOR).limit(2_u32).await.unwrap();
    let next = || unmanaged.list(FRONT_DOOR).limit(2_u32).page_cursor(page.next_cursor().unwrap());
    unmanaged.delete(ONGOING_CODE).and_wait().await.unwrap();
    assert_eq!(ids(&next().await.unwrap()), [CODE_WITHOUT_PIN]);

    // Without the last code the second page is empty.
    unmanaged.delete(CODE_WITHOUT_PIN).and_wait().await.unwrap();
    let page = next().await.unwrap();
    assert!(page.items.is_empty());
    assert_eq!(page.next_cursor(), None);
}

#[tokio::test]
async fn a_search_matches_name_pin_and_id() {
    let seam = FakeSeam::new().seam();
    let unmanaged = seam.access_codes().unmanaged();
    for (search, found) in [
        ("ainte", vec![TIME_BOUND_CODE]),
        ("198", vec![ONGOING_CODE]),
        ("5b0f", vec![CODE_WITHOUT_PIN]),
        ("unknown user", vec![]),
        // This code is on the other lock.
        ("Installer", vec![]),
    ] {
        let page = unmanaged.list(FRONT_DOOR).search(search).await.unwrap();
        assert_eq!(ids(&page), found, "{search}");
    }
}

#[tokio::test]
async fn a_deleted_code_is_not_found() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    let attempt = unmanaged.delete(ONGOING_CODE).await.unwrap().unwrap();
    assert_eq!(attempt.action_attempt_id.as_str(), FIRST_ATTEMPT);
    assert_eq!(attempt.status, ActionAttemptStatus::Pending);
    assert_eq!(attempt.action_type, Some(ActionType::DeleteAccessCode));
    // The code remains until the lock has removed it.
    assert!(unmanaged.get(ONGOING_CODE).await.is_ok());

    let attempt = seam.action_attempts().get(attempt.action_attempt_id).and_wait().await.unwrap();
    assert_eq!(attempt.status, ActionAttemptStatus::Success);

    assert!(unmanaged.get(ONGOING_CODE).await.unwrap_err().is_not_found());
    assert!(unmanaged.get_by_code(FRONT_DOOR, "1988").await.unwrap_err().is_not_found());
    assert!(unmanaged.delete(ONGOING_CODE).await.unwrap_err().is_not_found());
    assert_eq!(ids(&unmanaged.list(FRONT_DOOR).await.unwrap()), [TIME_BOUND_CODE, CODE_WITHOUT_PIN]);
    assert_eq!(remaining(&fake), [TIME_BOUND_CODE, CODE_WITHOUT_PIN, UNMANAGEABLE_CODE]);
}

#[tokio::test]
async fn the_json_of_an_action_attempt() {
    let (_, body) =
        send_json(&FakeSeam::new(), Method::DELETE, &format!("{DELETE}?access_code_id={ONGOING_CODE}"), "").await;
    assert_eq!(
        body,
        json!({
            "action_attempt": {
                "action_attempt_id": FIRST_ATTEMPT,
                "action_type": "DELETE_ACCESS_CODE",
                "error": null,
                "result": null,
                "status": "pending",
            },
            "ok": true,
        })
    );
}

#[tokio::test]
async fn a_code_that_cannot_be_deleted_remains() {
    let fake = FakeSeam::new();
    let error = fake.seam().access_codes().unmanaged().delete(UNMANAGEABLE_CODE).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    assert_eq!(error.error_type(), Some("cannot_delete_unmanaged_access_code"));
    assert_eq!(fake.unmanaged_access_codes(), FakeSeam::new().unmanaged_access_codes());
}

#[tokio::test]
async fn a_converted_code_is_not_listed_as_unmanaged() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    let body = json!({ "access_code_id": ONGOING_CODE }).to_string();
    assert_eq!(send_json(&fake, Method::PATCH, CONVERT, &body).await, (200, json!({ "ok": true })));
    assert!(unmanaged.get(ONGOING_CODE).await.unwrap_err().is_not_found());
    assert_eq!(unmanaged.convert_to_managed(TIME_BOUND_CODE).await.unwrap(), None);
    assert_eq!(remaining(&fake), [CODE_WITHOUT_PIN, UNMANAGEABLE_CODE]);
}

#[tokio::test]
async fn update_may_convert_a_code() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    unmanaged.update(ONGOING_CODE, false).await.unwrap();
    assert_eq!(fake.unmanaged_access_codes(), FakeSeam::new().unmanaged_access_codes());
    unmanaged.update(ONGOING_CODE, true).is_external_modification_allowed(true).await.unwrap();
    assert_eq!(remaining(&fake), [TIME_BOUND_CODE, CODE_WITHOUT_PIN, UNMANAGEABLE_CODE]);
}

#[tokio::test]
async fn a_code_that_cannot_be_managed_requires_force() {
    for is_update in [false, true] {
        let fake = FakeSeam::new();
        let seam = fake.seam();
        let unmanaged = seam.access_codes().unmanaged();
        let refusals = if is_update {
            [
                unmanaged.update(UNMANAGEABLE_CODE, true).await.unwrap_err(),
                unmanaged.update(UNMANAGEABLE_CODE, true).force(false).await.unwrap_err(),
            ]
        } else {
            [
                unmanaged.convert_to_managed(UNMANAGEABLE_CODE).await.unwrap_err(),
                unmanaged.convert_to_managed(UNMANAGEABLE_CODE).force(false).await.unwrap_err(),
            ]
        };
        for error in refusals {
            assert_eq!((error.status().unwrap().as_u16(), error.error_type()), (400, Some("cannot_be_managed")));
        }
        assert_eq!(fake.unmanaged_access_codes(), FakeSeam::new().unmanaged_access_codes());

        if is_update {
            unmanaged.update(UNMANAGEABLE_CODE, true).force(true).await.unwrap();
        } else {
            unmanaged.convert_to_managed(UNMANAGEABLE_CODE).force(true).await.unwrap();
        }
        assert_eq!(remaining(&fake), [ONGOING_CODE, TIME_BOUND_CODE, CODE_WITHOUT_PIN]);
    }
}
