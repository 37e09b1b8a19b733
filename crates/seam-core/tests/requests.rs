//! The request of each route: verb, path, query, body and headers; and requests that are rejected before they are sent.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::{collections::BTreeMap, error::Error as _};

use seam_core::{
    Call, DEFAULT_RESPONSE_LIMIT, Endpoint, Error, ErrorKind, Idempotency, Output, ParameterError, Request, RequestExt,
    Seam, Servable, ServableOutput as _, Spec,
    endpoints::{
        access_codes::{
            self,
            unmanaged::{ConvertToManaged, Delete, Get, List, Update},
        },
        devices, user_identities,
    },
    http::Method,
    model::Pin,
};
use serde_json::{Value, json};
use support::{
    API_KEY, CODE_ID, DEVICE_ID, REQUEST_ID, Recorder, answer, everything_printed, ok, run, sent_json, sent_query,
};

/// A PIN that must appear only in bodies.
const PIN: &str = "canary-7391";

/// Returns a response that is valid for every route of the group.
fn any_answer() -> Value {
    json!({
        "access_code": { "access_code_id": CODE_ID, "code": PIN },
        "access_codes": [],
        "action_attempt": { "action_attempt_id": "a1", "status": "pending" },
        "ok": true,
    })
}

/// Makes a call and returns the request that was sent.
#[track_caller]
fn sent<E: Endpoint>(make: impl FnOnce(&Seam) -> Call<E>) -> Request {
    let recorder = Recorder::new([ok(&any_answer())]);
    // The result is ignored: the response may have another id.
    let _ = run(make(&recorder.client()));
    let request = recorder.only_request();
    assert_eq!(request.spec(), Some(E::SPEC), "the request has the spec of its endpoint");
    assert_eq!(request.uri().path(), E::SPEC.path());
    request
}

#[track_caller]
fn in_query(request: &Request, method: &Method, query: &str) {
    assert_eq!(request.method(), method);
    assert_eq!(request.uri().query(), Some(query));
    assert!(request.body().is_empty());
    assert!(!request.headers().contains_key("content-type"), "a request without a body has no content type");
}

#[track_caller]
fn in_body(request: &Request, method: &Method, body: &Value) {
    assert_eq!(request.method(), method);
    assert_eq!(request.uri().query(), None);
    assert_eq!(sent_json(request), *body);
    assert_eq!(request.headers()["content-type"], "application/json");
}

#[test]
fn get_sends_the_id() {
    let request = sent(|seam| seam.access_codes().unmanaged().get(CODE_ID));
    in_query(&request, &Method::GET, &format!("access_code_id={CODE_ID}&_strict=true"));
    assert_eq!(
        request.uri().to_string(),
        format!("https://connect.getseam.com/access_codes/unmanaged/get?access_code_id={CODE_ID}&_strict=true")
    );
}

#[test]
fn get_by_code_posts_the_pin_in_the_body_and_nowhere_else() {
    let request = sent(|seam| seam.access_codes().unmanaged().get_by_code(DEVICE_ID, PIN));
    in_body(&request, &Method::POST, &json!({ "device_id": DEVICE_ID, "code": PIN }));
    let printed = format!("{request:?} {:?} {}", request.spec(), request.uri());
    assert!(!printed.contains(PIN), "{printed}");
    for value in request.headers().values() {
        assert!(!value.to_str().unwrap().contains(PIN));
    }
}

#[test]
fn a_pin_may_be_any_string() {
    for pin in ["0000", " 1988 ", "12\r\n34", "1\"2\\3", "\u{1f512}", "\0"] {
        let request = sent(|seam| seam.access_codes().unmanaged().get_by_code(DEVICE_ID, pin));
        in_body(&request, &Method::POST, &json!({ "device_id": DEVICE_ID, "code": pin }));
    }
}

#[test]
fn list_sends_the_device() {
    let request = sent(|seam| seam.access_codes().unmanaged().list(DEVICE_ID));
    in_query(&request, &Method::GET, &format!("device_id={DEVICE_ID}&_strict=true"));
}

#[test]
fn list_sends_optional_parameters() {
    let request = sent(|seam| seam.access_codes().unmanaged().list(DEVICE_ID).limit(100_u32).page_cursor("a+b/c=="));
    in_query(
        &request,
        &Method::GET,
        &format!("device_id={DEVICE_ID}&limit=100&page_cursor=a%2Bb%2Fc%3D%3D&_strict=true"),
    );
}

/// Anyone who knows the key can act as that user.
#[test]
fn a_user_identifier_key_is_sent_in_the_body() {
    let request = sent(|seam| seam.access_codes().unmanaged().list(DEVICE_ID).user_identifier_key("jane"));
    in_body(&request, &Method::POST, &json!({ "device_id": DEVICE_ID, "user_identifier_key": "jane" }));
}

#[test]
fn a_search_is_sent_in_the_body_because_it_may_be_a_pin() {
    let request = sent(|seam| seam.access_codes().unmanaged().list(DEVICE_ID).search("1988").page_cursor("c"));
    in_body(&request, &Method::POST, &json!({ "device_id": DEVICE_ID, "search": "1988", "page_cursor": "c" }));
}

#[test]
fn update_patches() {
    let request = sent(|seam| seam.access_codes().unmanaged().update(CODE_ID, true));
    in_body(&request, &Method::PATCH, &json!({ "access_code_id": CODE_ID, "is_managed": true }));
    let request = sent(|seam| {
        let call = seam.access_codes().unmanaged().update(CODE_ID, false).allow_external_modification(true);
        call.force(false).is_external_modification_allowed(true)
    });
    in_body(
        &request,
        &Method::PATCH,
        &json!({
            "access_code_id": CODE_ID,
            "is_managed": false,
            "allow_external_modification": true,
            "force": false,
            "is_external_modification_allowed": true,
        }),
    );
}

#[test]
fn convert_to_managed_patches() {
    let request = sent(|seam| seam.access_codes().unmanaged().convert_to_managed(CODE_ID));
    in_body(&request, &Method::PATCH, &json!({ "access_code_id": CODE_ID }));
    let request = sent(|seam| {
        let call = seam.access_codes().unmanaged().convert_to_managed(CODE_ID).allow_external_modification(false);
        call.force(true).is_external_modification_allowed(false)
    });
    in_body(
        &request,
        &Method::PATCH,
        &json!({
            "access_code_id": CODE_ID,
            "allow_external_modification": false,
            "force": true,
            "is_external_modification_allowed": false,
        }),
    );
}

#[test]
fn delete_deletes() {
    let request = sent(|seam| seam.access_codes().unmanaged().delete(CODE_ID));
    in_query(&request, &Method::DELETE, &format!("access_code_id={CODE_ID}&_strict=true"));
}

#[test]
fn an_action_attempt_in_the_response_is_returned() {
    for (body, attempt_id) in [
        (any_answer(), Some("a1")),
        (json!({ "ok": true }), None),
        (json!({ "action_attempt": null, "ok": true }), None),
        (json!({}), None),
    ] {
        let recorder = Recorder::new([ok(&body), ok(&body)]);
        let seam = recorder.client();
        let deleted = run(seam.access_codes().unmanaged().delete(CODE_ID)).unwrap();
        let converted = run(seam.access_codes().unmanaged().convert_to_managed(CODE_ID)).unwrap();
        for attempt in [deleted, converted] {
            assert_eq!(attempt.as_ref().map(|attempt| attempt.action_attempt_id.as_str()), attempt_id);
        }
    }
}

#[test]
fn responses_have_their_types() {
    let recorder = Recorder::new([ok(&any_answer()), ok(&any_answer()), ok(&json!({ "ok": true }))]);
    let seam = recorder.client();
    let code = run(seam.access_codes().unmanaged().get_by_code(DEVICE_ID, PIN)).unwrap();
    assert_eq!(code.code.unwrap().expose_secret(), PIN);
    assert_eq!(run(seam.access_codes().unmanaged().list(DEVICE_ID)).unwrap().items, []);
    run(seam.access_codes().unmanaged().update(CODE_ID, true)).unwrap();
}

#[test]
fn request_data_is_sent_like_the_fluent_call() {
    let fluent = sent(|seam| seam.access_codes().unmanaged().get_by_code(DEVICE_ID, PIN));
    let data = sent(|seam| seam.call(Get::by_code(DEVICE_ID, PIN)));
    assert_eq!((fluent.method(), fluent.uri(), fluent.headers()), (data.method(), data.uri(), data.headers()));
    assert_eq!(fluent.body(), data.body());
    let call = Recorder::default().client().access_codes().unmanaged().list(DEVICE_ID).limit(5_u32);
    assert_eq!(call.request(), &List::new(DEVICE_ID).limit(5));
}

#[test]
fn a_request_has_the_setters_of_its_call() {
    let user = user_identities::Update::new("u1").full_name("Ada").clear_phone_number();
    let call = Recorder::default().client().user_identities().update("u1").full_name("Ada").clear_phone_number();
    assert_eq!(call.request(), &user);
    let written = json!({ "user_identity_id": "u1", "full_name": "Ada", "phone_number": null });
    assert_eq!(serde_json::to_value(&user).unwrap(), written);
    let report = access_codes::ReportDeviceConstraints::new("d1").supported_code_lengths([4, 6]);
    assert_eq!(serde_json::to_value(&report).unwrap(), json!({ "device_id": "d1", "supported_code_lengths": [4, 6] }));
    let device = devices::Update::new("d1").custom_metadata([("floor", "3")]);
    assert_eq!(serde_json::to_value(&device).unwrap()["custom_metadata"], json!({ "floor": "3" }));
}

#[test]
fn the_spec_has_the_parameters_of_constructors() {
    let merge = user_identities::Merge::SPEC;
    assert_eq!(
        merge.selectors(),
        [["user_identity_id", "merged_user_identity_ids"], ["user_identity_key", "merged_user_identity_keys"]]
    );
    let merged = user_identities::Merge::by_key("a", ["b", "c"]);
    let written = json!({ "user_identity_key": "a", "merged_user_identity_keys": ["b", "c"] });
    assert_eq!(serde_json::to_value(&merged).unwrap(), written);
    // A raw identifier has another name on the wire.
    let names: Vec<&str> = access_codes::Update::SPEC.parameters().iter().map(|parameter| parameter.name).collect();
    assert!(names.contains(&"type"), "{names:?}");
}

#[test]
fn debug_omits_absent_parameters() {
    let user = user_identities::Update::new("u1").clear_phone_number();
    assert_eq!(format!("{user:?}"), r#"Update { user_identity_id: "u1", phone_number: null }"#);
}

#[test]
fn request_data_can_be_serialized_and_deserialized() {
    fn survives<E: Servable + PartialEq>(request: &E, written: &Value) {
        assert_eq!(serde_json::to_value(request).unwrap(), *written);
        assert_eq!(serde_json::from_value::<E>(written.clone()).unwrap(), *request);
    }
    survives(&Get::new("x"), &json!({ "access_code_id": "x" }));
    survives(&Get::by_code("d", "1"), &json!({ "device_id": "d", "code": "1" }));
    survives(&List::new("d"), &json!({ "device_id": "d" }));
    survives(&Update::new("x", true), &json!({ "access_code_id": "x", "is_managed": true }));
    survives(&ConvertToManaged::new("x"), &json!({ "access_code_id": "x" }));
    survives(&Delete::new("x"), &json!({ "access_code_id": "x" }));
}

#[test]
fn a_call_that_is_dropped_sends_nothing() {
    let recorder = Recorder::default();
    let seam = recorder.client();
    drop(seam.access_codes().unmanaged().delete(CODE_ID));
    drop(seam.access_codes().unmanaged().delete(CODE_ID).into_future());
    recorder.assert_nothing_sent();
}

#[test]
fn a_call_is_printed_without_its_pin() {
    let call = Recorder::default().client().access_codes().unmanaged().get_by_code(DEVICE_ID, PIN);
    let printed = format!("{call:?} {call:#?} {:?}", call.request());
    assert!(printed.contains(DEVICE_ID) && !printed.contains(PIN), "{printed}");
}

#[test]
fn the_request_has_the_response_limit() {
    assert_eq!(DEFAULT_RESPONSE_LIMIT, 16 * 1024 * 1024);
    let request = sent(|seam| seam.access_codes().unmanaged().get(CODE_ID));
    assert_eq!(request.response_limit(), DEFAULT_RESPONSE_LIMIT);

    let recorder = Recorder::new([ok(&any_answer())]);
    let credentials = seam_core::Credentials::api_key(API_KEY).unwrap();
    let seam = Seam::builder(recorder.clone()).credentials(credentials).response_limit(1000).build().unwrap();
    run(seam.access_codes().unmanaged().get(CODE_ID)).unwrap();
    assert_eq!(recorder.only_request().response_limit(), 1000);
}

// Rejected requests.

/// Checks that a call is rejected because of one parameter, and that nothing is sent.
#[track_caller]
fn rejection<E: Endpoint>(parameter: &str, make: impl FnOnce(&Seam) -> Call<E>) -> Error
where
    <E as Endpoint>::Output: std::fmt::Debug,
{
    let recorder = Recorder::default();
    let error = run(make(&recorder.client())).unwrap_err();
    recorder.assert_nothing_sent();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.is_not_sent() && !error.is_outcome_unknown());
    let source: &ParameterError = error.source().unwrap().downcast_ref().unwrap();
    assert_eq!(source.name(), parameter);
    let message = error.to_string();
    assert!(message.contains(E::SPEC.path()) && message.contains(parameter), "{message}");
    assert!(message.ends_with("(nothing was sent)"), "{message}");
    error
}

#[test]
fn an_id_that_is_empty_or_has_whitespace_or_control_characters_is_rejected_by_name() {
    for id in [
        "",
        " ",
        "a b",
        " a",
        "a\n",
        "a\r\nx-attacker: 1",
        "a\tb",
        "a\0",
        "a\u{7f}",
        "a\u{a0}b",
        "a\u{2028}",
        "a\u{85}",
    ] {
        rejection("access_code_id", |seam| seam.access_codes().unmanaged().get(id));
        rejection("access_code_id", |seam| seam.access_codes().unmanaged().update(id, true));
        rejection("access_code_id", |seam| seam.access_codes().unmanaged().convert_to_managed(id));
        rejection("access_code_id", |seam| seam.access_codes().unmanaged().delete(id));
        rejection("device_id", |seam| seam.access_codes().unmanaged().list(id));
        rejection("device_id", |seam| seam.access_codes().unmanaged().get_by_code(id, PIN));
    }
}

#[test]
fn a_rejection_prints_neither_the_id_nor_the_pin() {
    let error = rejection("device_id", |seam| seam.access_codes().unmanaged().get_by_code("canary-id\n", PIN));
    let printed = everything_printed(&error);
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn an_empty_pin_is_rejected_by_name() {
    rejection("code", |seam| seam.access_codes().unmanaged().get_by_code(DEVICE_ID, ""));
}

#[test]
fn get_needs_an_id_or_a_device_with_a_pin() {
    for data in [
        json!({}),
        json!({ "device_id": DEVICE_ID }),
        json!({ "code": PIN }),
        json!({ "access_code_id": null, "device_id": DEVICE_ID, "code": null }),
    ] {
        let request: Get = serde_json::from_value(data).unwrap();
        let error = rejection("", |seam| seam.call(request));
        let message = error.to_string();
        assert!(message.contains("one of these is required: access_code_id, or device_id with code"), "{message}");
    }
    // Seam decides about more parameters than necessary.
    let request: Get =
        serde_json::from_value(json!({ "access_code_id": CODE_ID, "device_id": DEVICE_ID, "code": PIN })).unwrap();
    assert_eq!(sent(|seam| seam.call(request)).method(), Method::POST);
}

#[test]
fn a_hostile_id_cannot_add_parameters() {
    for id in [
        "a/b",
        "..",
        "../../workspaces/delete",
        "%2e%2e",
        "%00",
        "?x=1&y",
        "#top",
        "a&is_managed=true",
        "a;b",
        "\u{1f512}é",
    ] {
        for request in [
            sent(|seam| seam.access_codes().unmanaged().get(id)),
            sent(|seam| seam.access_codes().unmanaged().delete(id)),
        ] {
            let query = sent_query(&request);
            assert_eq!(
                query,
                [("access_code_id".to_owned(), id.to_owned()), ("_strict".to_owned(), "true".to_owned())]
            );
            let query = request.uri().query().unwrap();
            assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._+%&=".contains(&byte)), "{query}");
        }
        let request = sent(|seam| seam.access_codes().unmanaged().list(id));
        assert_eq!(sent_query(&request)[0], ("device_id".to_owned(), id.to_owned()));
        for request in [
            sent(|seam| seam.access_codes().unmanaged().update(id, true)),
            sent(|seam| seam.access_codes().unmanaged().convert_to_managed(id)),
        ] {
            assert_eq!(sent_json(&request)["access_code_id"], id);
        }
    }
}

#[test]
fn a_secret_that_seam_quotes_is_redacted() {
    let message = format!("no access_code with code {PIN} for {API_KEY}");
    let body = json!({ "error": {
        "type": format!("type_{PIN}"),
        "message": message,
        "request_id": PIN,
        "validation_errors": { PIN: { "_errors": [message] }, "_errors": [message] },
        "data": { "code": PIN },
    } });
    let mut response = support::response(400, body.to_string());
    response.headers_mut().remove("seam-request-id");
    let recorder = Recorder::new([Ok(response)]);
    let error = run(recorder.client().access_codes().unmanaged().get_by_code(DEVICE_ID, PIN)).unwrap_err();
    assert_eq!(error.message(), "no access_code with code *** for ***");
    let printed = everything_printed(&error);
    assert!(!printed.contains(PIN) && !printed.contains(API_KEY), "{printed}");
    assert_eq!(error.validation_errors().root().collect::<Vec<_>>(), ["no access_code with code *** for ***"]);
}

#[test]
fn an_unknown_code_is_not_found() {
    let recorder = Recorder::new([answer(
        404,
        r#"{"error":{"type":"access_code_not_found","message":"Could not find an access_code with device_id or access_code_id","request_id":"other"},"ok":false}"#,
    )]);
    let error = run(recorder.client().access_codes().unmanaged().get(CODE_ID)).unwrap_err();
    assert!(error.is_not_found());
    assert_eq!((error.kind(), error.error_type()), (ErrorKind::Api, Some("access_code_not_found")));
    assert_eq!(
        error.to_string(),
        format!(
            "GET /access_codes/unmanaged/get: 404 access_code_not_found: Could not find an access_code with device_id \
             or access_code_id (request {REQUEST_ID})"
        )
    );
}

#[test]
fn idempotency_follows_the_effect_of_the_route() {
    for (spec, idempotency) in [
        (Get::SPEC, Idempotency::ReadOnly),
        (List::SPEC, Idempotency::ReadOnly),
        (Delete::SPEC, Idempotency::Idempotent),
        (ConvertToManaged::SPEC, Idempotency::NonIdempotent),
        (Update::SPEC, Idempotency::NonIdempotent),
    ] {
        assert_eq!(spec.idempotency(), idempotency, "{}", spec.path());
    }
}

/// Returns the members of an object that are parameters of an endpoint.
fn only<E: Endpoint>(all: &Value) -> Value {
    let is_one = |name: &str| E::SPEC.parameters().iter().any(|parameter| parameter.name == name);
    all.as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| is_one(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[test]
fn a_request_is_deserialized_strictly() {
    for (request, problem) in [
        (json!({ "device_id": "d", "floor": 3 }), "unknown field `floor`"),
        (
            json!({ "device_id": "d", "limit": "3" }),
            "invalid value at limit, expected a whole number from 0 to 4294967295",
        ),
        (
            json!({ "device_id": "d", "limit": 3.5 }),
            "invalid value at limit, expected a whole number from 0 to 4294967295",
        ),
        (json!({ "device_id": 7 }), "invalid value at device_id, expected a string"),
        (json!({}), "missing field `device_id`"),
    ] {
        let error = serde_json::from_value::<List>(request).unwrap_err();
        assert_eq!(error.to_string(), problem);
    }
}

#[test]
fn an_unknown_parameter_can_be_added() {
    let body = json!({ "access_codes": [], "pagination": { "has_next_page": true, "next_page_cursor": "c2" } });
    let last = json!({ "access_codes": [] });
    let recorder = Recorder::new([ok(&body), ok(&last)]);
    let call = recorder.client().access_codes().unmanaged().list(DEVICE_ID);
    let call = call.with_parameter("floors", json!([1, 2])).with_parameter("wing", "west & east");
    assert!(format!("{call:?}").contains("with floors"));
    let curl = call.to_curl().unwrap();
    assert!(curl.contains("floors=1&floors=2&wing=west+%26+east&_strict=true"), "{curl}");
    assert!(call.to_request().unwrap().uri().query().unwrap().contains("&floors=1&floors=2&wing=west+%26+east"));
    run(async {
        let mut pages = call.pages();
        while let Some(page) = pages.next().await {
            page.unwrap();
        }
    });
    let queries: Vec<String> =
        recorder.requests().iter().map(|request| request.uri().query().unwrap().to_owned()).collect();
    assert_eq!(
        queries,
        [
            format!("device_id={DEVICE_ID}&floors=1&floors=2&wing=west+%26+east&_strict=true"),
            format!("device_id={DEVICE_ID}&floors=1&floors=2&page_cursor=c2&wing=west+%26+east&_strict=true"),
        ]
    );

    // A body can express any value.
    let recorder = Recorder::new([ok(&json!({}))]);
    let seam = recorder.client();
    run(seam.access_codes().unmanaged().update(CODE_ID, true).with_parameter("plan", json!({ "a": [null] }))).unwrap();
    let sent: Value = serde_json::from_slice(recorder.only_request().body().as_ref()).unwrap();
    assert_eq!(sent["plan"], json!({ "a": [null] }));
}

#[test]
fn an_added_parameter_is_checked_before_anything_is_sent() {
    let recorder = Recorder::default();
    let list = || recorder.client().access_codes().unmanaged().list(DEVICE_ID);
    for (call, problem) in [
        (list().with_parameter("device_id", "other"), "device_id is already set"),
        (list().limit(3).with_parameter("limit", 4), "limit is already set"),
        (list().with_parameter("floor", 1).with_secret_parameter("floor", "2"), "floor is already set"),
        (list().with_parameter("floor", ""), "floor must not be empty"),
        (list().with_parameter("", 1), "an added parameter needs a name"),
        (list().with_parameter("user_identifier_key", ""), "user_identifier_key must not be empty"),
        (list().with_parameter("floors", json!([[1]])), "floors"),
        (list().with_parameter("a.b", 1), "a.b"),
        (list().with_parameter("floor", json!({})), "floor must not be empty"),
        (list().with_parameter("floor", json!({ "a": { "b": "" } })), "floor must not be empty"),
        (list().with_parameter("floor", f64::NAN), "floor is NaN"),
        (list().with_parameter("_strict", "false"), "_strict is set by the client"),
        (list().with_parameter("page_cursor", "c"), "page_cursor has its own setter"),
    ] {
        let error = run(call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains(problem) && error.message().contains("(nothing was sent)"), "{error}");
    }
    assert!(recorder.requests().is_empty());
}

#[test]
fn an_added_secret_is_sent_in_a_body_and_is_not_printed() {
    let recorder = Recorder::new([ok(&json!({ "access_codes": [] }))]);
    let call =
        recorder.client().access_codes().unmanaged().list(DEVICE_ID).with_secret_parameter("door_key", "canary-7391");
    let curl = call.to_curl().unwrap();
    assert!(curl.contains("--request POST") && curl.contains(r#""door_key":"***""#), "{curl}");
    assert!(!format!("{call:?}{curl}").contains("7391"));
    run(call).unwrap();
    let request = recorder.only_request();
    assert_eq!((request.method().as_str(), request.uri().query()), ("POST", None));
    let sent: Value = serde_json::from_slice(request.body().as_ref()).unwrap();
    assert_eq!(sent, json!({ "device_id": DEVICE_ID, "door_key": "canary-7391" }));

    // A parameter that the spec marks as a secret is a secret too.
    let call = recorder.client().access_codes().unmanaged().get(CODE_ID).with_parameter("code", "canary-7391");
    assert_eq!(call.to_request().unwrap().method(), "POST");
    assert!(!call.to_curl().unwrap().contains("7391"));
    // So is a value of a secret type, in any JSON value.
    let get = || recorder.client().access_codes().unmanaged().get(CODE_ID);
    for call in [
        get().with_parameter("floor", Pin::from("7391")),
        get().with_parameter("code", 7391),
        get().with_parameter("code", json!(["7391"])),
        get().with_parameter("code", json!({ "a": 7391 })),
    ] {
        assert_eq!(call.to_request().unwrap().method(), "POST");
        assert!(!call.to_curl().unwrap().contains("7391"));
    }
}

#[test]
fn each_parameter_is_a_field_of_its_request() {
    fn fields<E: Servable>(all: &Value) {
        let request: E = serde_json::from_value(only::<E>(all)).unwrap();
        let Value::Object(fields) = serde_json::to_value(&request).unwrap() else { panic!("an object") };
        let names: std::collections::BTreeSet<&str> =
            E::SPEC.parameters().iter().map(|parameter| parameter.name).collect();
        assert_eq!(
            fields.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
            names,
            "{}",
            E::SPEC.path()
        );
    }
    let all = json!({
        "access_code_id": "x", "allow_external_modification": true, "code": "1", "device_id": "d", "force": true,
        "is_external_modification_allowed": true, "is_managed": true, "limit": 1, "page_cursor": "p", "search": "s",
        "user_identifier_key": "u",
    });
    fields::<ConvertToManaged>(&all);
    fields::<Delete>(&all);
    fields::<Get>(&all);
    fields::<List>(&all);
    fields::<Update>(&all);
}

#[test]
fn the_response_of_a_test_double_is_decoded_to_its_value() {
    fn survives<E: Servable>(body: &Value)
    where
        <E as Endpoint>::Output: PartialEq + std::fmt::Debug,
    {
        let read = |body: &Value| {
            let all = json!({ "access_code_id": CODE_ID, "device_id": "d", "code": "1", "is_managed": true });
            let request: E = serde_json::from_value(only::<E>(&all)).unwrap();
            run(Recorder::new([ok(body)]).client().call(request)).unwrap()
        };
        let value = read(body);
        let object = seam_core::to_response_object(E::SPEC, &value).unwrap();
        assert_eq!(object["ok"], true);
        assert_eq!(read(&Value::Object(object)), value);
        let _: (&<E::Output as Output>::Value, _) = value.disassemble();
    }
    survives::<Get>(&any_answer());
    survives::<Delete>(&any_answer());
    survives::<Delete>(&json!({ "ok": true }));
    survives::<Update>(&json!({ "ok": true }));
    survives::<ConvertToManaged>(&any_answer());
    survives::<List>(&any_answer());
    survives::<List>(&json!({
        "access_codes": [{ "access_code_id": "x" }],
        "pagination": { "has_next_page": true, "next_page_cursor": "p", "next_page_url": null },
    }));
}

#[test]
fn a_short_secret_does_not_change_the_name_of_an_error() {
    let body = json!({ "error": { "type": "invalid_input", "message": "e is too short" } });
    let recorder = Recorder::new([answer(400, body.to_string())]);
    let error = run(recorder.client().access_codes().unmanaged().get_by_code(DEVICE_ID, "e")).unwrap_err();
    assert!(error.is_invalid_input());
    assert_eq!(error.message(), "*** is too short");
}

#[test]
fn an_empty_filter_is_rejected_because_a_query_would_omit_it() {
    let recorder = Recorder::new([]);
    let error = run(recorder.client().access_codes().unmanaged().list(DEVICE_ID).user_identifier_key("")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().starts_with("user_identifier_key must not be empty"), "{error}");
    recorder.assert_nothing_sent();
}

#[test]
fn a_short_secret_is_redacted_as_a_word_and_a_long_one_everywhere() {
    let body = json!({ "error": {
        "type": "invalid_input", "message": "d is bad, as is d1 or the device_id",
        "validation_errors": { "device_id": { "_errors": ["not d"] } },
    } });
    let recorder = Recorder::new([answer(400, body.to_string())]);
    let error = run(recorder.client().access_codes().unmanaged().list(DEVICE_ID).search("d")).unwrap_err();
    assert_eq!(error.message(), "*** is bad, as is d1 or the device_id");
    assert_eq!(error.validation_errors().get("device_id").collect::<Vec<_>>(), ["not ***"]);
}

#[test]
fn a_secret_is_recognized_by_its_type_at_any_depth() {
    // A minimal endpoint of a user.
    #[derive(serde::Serialize)]
    struct Mine {
        nested: BTreeMap<String, Vec<Pin>>,
    }

    impl Endpoint for Mine {
        type Output = ();
        const SPEC: &'static Spec = &Spec::new(Method::GET, "/mine", Idempotency::ReadOnly);
    }

    let nested = BTreeMap::from([("codes".to_owned(), vec!["1988".into()])]);
    let request = sent(|seam| seam.call(Mine { nested }));
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri().query(), None);
    assert_eq!(sent_json(&request), json!({ "nested": { "codes": ["1988"] } }));
}
