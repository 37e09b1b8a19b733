//! Responses that cannot be decoded, and actions with an unknown outcome: the messages of errors, which never quote a
//! value.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::error::Error as _;

use proptest::{collection::vec, prelude::*};
use seam_core::{
    Call, Credentials, Endpoint, Error, ErrorKind, Seam, TransportError, TransportErrorKind,
    endpoints::access_codes::unmanaged::Get,
    http::StatusCode,
    model::{ActionAttemptId, UnmanagedAccessCode},
};
use serde_json::{Value, json};
use support::{
    API_KEY, Answer, CODE_ID, DEVICE_ID, REQUEST_ID, Recorder, answer, everything_printed, failure, ok, response, run,
};

/// The values that must not be quoted, as a string and as a number.
const CANARY: &str = "canary-7391";
const CANARY_NUMBER: u32 = 73_910_000;

/// Makes a call whose response has these bytes.
fn answered<E: Endpoint>(
    status: u16,
    body: impl Into<Vec<u8>>,
    make: impl FnOnce(&Seam) -> Call<E>,
) -> Result<<E as Endpoint>::Output, Error> {
    let recorder = Recorder::new([answer(status, body)]);
    let result = run(make(&recorder.client()));
    recorder.only_request();
    result
}

fn get(body: impl Into<Vec<u8>>) -> Result<UnmanagedAccessCode, Error> {
    answered(200, body, |seam| seam.access_codes().unmanaged().get(CODE_ID))
}

/// Checks the message of a `get` without the route, the status and the request id.
#[track_caller]
fn get_fails_with(body: impl Into<Vec<u8>>, expected: &str) {
    let body = body.into();
    let error = get(body.clone()).unwrap_err();
    is_invalid(&error);
    assert_eq!(
        error.to_string(),
        format!("GET /access_codes/unmanaged/get: 200 invalid response: {expected} (request {REQUEST_ID})")
    );
    assert_eq!(error.body().unwrap().as_ref(), body, "the error has the raw body");
}

/// Checks the properties of the error of every response that cannot be decoded.
#[track_caller]
fn is_invalid(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert_eq!(error.status(), Some(StatusCode::OK));
    assert_eq!(error.request_id(), Some(REQUEST_ID));
    assert!(!error.is_not_sent() && !error.is_not_found() && error.transport_error_kind().is_none());
    is_quiet(error);
}

#[track_caller]
fn is_quiet(error: &Error) {
    let printed = everything_printed(error);
    assert!(!printed.contains("canary") && !printed.contains("7391"), "{printed}");
}

/// A recorded response with secrets in many fields.
fn real() -> Value {
    json!({
        "access_code": {
            "access_code_id": CODE_ID,
            "code": CANARY,
            "created_at": "2022-08-26T12:50:17.858Z",
            "dormakaba_oracode_metadata": { "stay_id": 48151623, "site_name": "Harbour \u{1f512} \"Hotel\"" },
            "errors": [{
                "error_code": "conflicting_external_modification",
                "message": "The code was changed externally.",
                "modified_fields": [{ "field": "code", "from": CANARY, "to": CANARY }],
            }],
            "name": null,
            "starts_at": null,
            "status": "set",
            "type": "ongoing",
            "unknown": { "code": [CANARY, { "x": -1.5e3 }] },
            "warnings": [],
        },
        "ok": true,
    })
}

// Unexpected types.

#[test]
fn the_error_for_an_id_of_a_wrong_type_has_its_path_and_the_expected_type() {
    for wrong in [json!(CANARY_NUMBER), json!(-0.7391), json!([CANARY]), json!({ "x": CANARY }), json!(true)] {
        let mut body = real();
        body["access_code"]["access_code_id"] = wrong.clone();
        for text in [body.to_string(), serde_json::to_string_pretty(&body).unwrap()] {
            get_fails_with(text, "access_code.access_code_id: expected a string");
        }
        let codes = json!({ "access_codes": [{ "access_code_id": "a" }, { "access_code_id": wrong, "code": CANARY }] });
        let error =
            answered(200, codes.to_string(), |seam| seam.access_codes().unmanaged().list(DEVICE_ID)).unwrap_err();
        is_invalid(&error);
        assert!(error.message().ends_with("access_codes[1].access_code_id: expected a string"), "{error}");
    }
    // Also if it is the last field of its object.
    for (wrong, end) in [("7391", "}"), ("7391", " }"), ("true", "}"), ("[1]", "}"), (r#"{"a":1}"#, "}")] {
        get_fails_with(
            format!(r#"{{"access_code":{{"code":"a","access_code_id":{wrong}{end}}}"#),
            "access_code.access_code_id: expected a string",
        );
    }
    for wrong in ["73910000", "-0.7391", r#""canary""#, r#"["canary"]"#, "true"] {
        get_fails_with(format!(r#"{{"access_code":{wrong}}}"#), "access_code: expected an object");
    }
}

#[test]
fn the_error_for_a_missing_field_has_the_path_of_its_object() {
    get_fails_with(r#"{"access_code":{"code":"canary-7391"}}"#, "access_code: missing field `access_code_id`");
    get_fails_with(
        r#"{"access_code":{"access_code_id":null,"code":1}}"#,
        "access_code: missing field `access_code_id`",
    );
    let codes = r#"{"access_codes":[{"access_code_id":"x"},null,{"code":"canary-7391"}]}"#;
    let error = answered(200, codes, |seam| seam.access_codes().unmanaged().list(DEVICE_ID)).unwrap_err();
    is_invalid(&error);
    assert!(error.message().ends_with("access_codes[2]: missing field `access_code_id`"), "{error}");
}

#[test]
fn a_response_that_is_not_an_object_is_invalid() {
    for body in ["[]", "\"canary\"", "73910000", "true", "null", "[[{\"access_code\":{}}]]"] {
        get_fails_with(body, "expected an object");
    }
}

#[test]
fn a_response_without_its_key_is_invalid() {
    get_fails_with("{}", "the response key access_code is missing");
    get_fails_with(r#"{"ok":true}"#, "the response key access_code is missing");
    get_fails_with(r#"{"access_codes":[],"ok":true}"#, "the response key access_code is missing");
    get_fails_with(r#"{"access_code":null,"ok":true}"#, "the response key access_code is null");
    get_fails_with(r#"{"data":{"access_code":{"access_code_id":"x"}}}"#, "the response key access_code is missing");
    let error = answered(200, "{}", |seam| seam.access_codes().unmanaged().list(DEVICE_ID)).unwrap_err();
    is_invalid(&error);
    assert!(error.message().contains("access_codes is missing"), "{error}");
}

#[test]
fn an_error_under_a_successful_status_is_not_success() {
    let body = r#"{"error":{"type":"access_code_not_found","message":"canary"},"ok":false}"#;
    get_fails_with(body, "the status is a success, but the body reports an error");
    let error = answered(200, body, |seam| seam.access_codes().unmanaged().list(DEVICE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    let error = answered(200, body, |seam| seam.access_codes().unmanaged().delete(CODE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    let error = answered(200, body, |seam| seam.access_codes().unmanaged().update(CODE_ID, true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    // An error that is null is ignored.
    answered(200, r#"{"error":null}"#, |seam| seam.access_codes().unmanaged().update(CODE_ID, true)).unwrap();
}

#[test]
fn the_member_ok_is_neither_required_nor_trusted() {
    for ok in [r#","ok":true"#, r#","ok":false"#, r#","ok":null"#, r#","ok":"yes""#, ""] {
        let code = get(format!(r#"{{"access_code":{{"access_code_id":"{CODE_ID}"}}{ok}}}"#)).unwrap();
        assert_eq!(code.access_code_id.as_str(), CODE_ID);
    }
}

// Invalid bytes.

#[test]
fn no_content_is_valid_for_a_route_without_a_value() {
    use seam_core::http::{self, StatusCode};

    let no_content = || {
        let mut response = http::Response::new(seam_core::Body::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        Recorder::new([Ok(response)]).client()
    };
    run(no_content().access_codes().unmanaged().update(CODE_ID, true)).unwrap();
    assert_eq!(run(no_content().access_codes().unmanaged().delete(CODE_ID)).unwrap(), None);
    let error = run(no_content().access_codes().unmanaged().get(CODE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[test]
fn the_error_for_an_empty_body_states_that() {
    for body in ["", " ", "\r\n\t "] {
        get_fails_with(body, "the body is empty");
    }
}

#[test]
fn the_error_for_html_has_its_content_type() {
    // Regardless of its content: the page of a proxy may happen to be JSON.
    for body in ["<!doctype html><title>canary</title>", r#"{"access_code":{"access_code_id":"canary"}}"#] {
        let mut html = response(200, body);
        html.headers_mut().insert("content-type", "text/html; charset=utf-8".parse().unwrap());
        let error = run(Recorder::new([Ok(html)]).client().access_codes().unmanaged().get(CODE_ID)).unwrap_err();
        is_invalid(&error);
        assert_eq!(error.message(), "invalid response: expected JSON, got an HTML page (content type: text/html)");
    }
}

#[test]
fn an_action_whose_body_reports_an_error_is_not_a_success() {
    let error = answered(200, r#"{"ok":false}"#, |seam| seam.access_codes().unmanaged().update(CODE_ID, true));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

#[test]
fn the_error_for_a_truncated_response_has_its_head() {
    let head = response(200, "");
    let failure = TransportError::from(TransportErrorKind::Body);
    let recorder = Recorder::new([Err(failure.with_response(head.status(), head.headers()))]);
    let error = run(recorder.client().access_codes().unmanaged().convert_to_managed(CODE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.status(), Some(head.status()));
    assert_eq!(error.request_id(), Some(REQUEST_ID));
}

#[test]
fn a_404_without_a_seam_error_does_not_mean_that_a_resource_is_missing() {
    let mut html = response(404, "<h1>Not found</h1>");
    html.headers_mut().insert("content-type", "text/html".parse().unwrap());
    let error = run(Recorder::new([Ok(html)]).client().access_codes().unmanaged().get(CODE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedStatus);
    assert!(!error.is_not_found());
}

#[test]
fn a_response_that_is_truncated_anywhere_is_invalid() {
    let pretty = serde_json::to_vec_pretty(&real()).unwrap();
    for whole in [real().to_string().into_bytes(), pretty] {
        get(whole.clone()).unwrap();
        for length in 1..whole.len() {
            let error = get(&whole[..length]).unwrap_err();
            is_invalid(&error);
            assert!(error.message().ends_with("unexpected end of JSON"), "at {length}: {error}");
        }
    }
    let body = real().to_string();
    let (before, _) = body.split_once("ry-7391").unwrap();
    get_fails_with(before, "access_code.code: unexpected end of JSON");
}

#[test]
fn a_response_with_trailing_characters_is_invalid() {
    let body = real().to_string();
    for garbage in ["canary", "{}", "}", ",", "\0", "<!-- canary -->"] {
        get_fails_with(format!("{body}{garbage}"), "invalid JSON: trailing characters");
    }
    get(format!("\r\n {body}\n\t ")).unwrap();
}

#[test]
fn other_encodings_are_invalid() {
    let body = real().to_string();
    let utf_16: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    is_invalid(&get(utf_16).unwrap_err());
    is_invalid(&get(b"\x1f\x8b\x08\x00canary".to_vec()).unwrap_err());
}

#[test]
fn a_body_that_is_not_json_is_invalid() {
    for body in [
        r#"{'access_code':{}}"#,
        r#"{"access_code":{"access_code_id":"x","code":canary}}"#,
        r#"{"access_code":{"access_code_id":"x","code":"canary\q"}}"#,
        "{\"access_code\":{\"access_code_id\":\"x\",\"code\":\"canary\n\"}}",
        r#"{"access_code":{"access_code_id":"x","code":7391e}}"#,
        r#"{"access_code":{"access_code_id":"x",}}"#,
        r#"{"access_code":{"access_code_id":"x"} "ok":true}"#,
        r#"{"access_code":{"access_code_id":"x" /* canary */}}"#,
        r#"{"access_code":{"access_code_id":"x","n":NaN}}"#,
    ] {
        let error = get(body).unwrap_err();
        is_invalid(&error);
        assert!(error.message().contains("invalid JSON: "), "{error}");
    }
}

#[test]
fn a_published_sample_with_a_trailing_comma_is_invalid() {
    let body =
        "{\n  \"access_code\": {\n    \"code\": \"7391\",\n    \"access_code_id\": \"x\",\n  },\n  \"ok\": true\n}";
    get_fails_with(body, "access_code: invalid JSON: trailing comma");
}

#[test]
fn deep_nesting_is_kept_or_rejected_and_never_overflows() {
    const DEPTH: usize = 10_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
        let unclosed = open.repeat(DEPTH);
        is_invalid(&get(deep.as_str()).unwrap_err());
        is_invalid(&get(unclosed.as_str()).unwrap_err());
        for field in ["code", "errors", "unknown", "dormakaba_oracode_metadata"] {
            get(format!(r#"{{"access_code":{{"access_code_id":"{CODE_ID}","{field}":{deep}}}}}"#)).unwrap();
            is_invalid(&get(format!(r#"{{"access_code":{{"access_code_id":"x","{field}":{unclosed}"#)).unwrap_err());
        }
        is_invalid(&get(format!(r#"{{"access_code":{{"access_code_id":{deep}}}}}"#)).unwrap_err());
        // Ignored members may have any value.
        get(format!(r#"{{"new":{deep},"access_code":{{"access_code_id":"{CODE_ID}"}}}}"#)).unwrap();
        for status in [400, 401, 500] {
            for body in [deep.clone(), format!(r#"{{"error":{{"type":"a","message":"b","data":{deep}}}}}"#)] {
                let error = answered(status, body.clone(), |seam| seam.access_codes().unmanaged().get(CODE_ID));
                assert_eq!(error.unwrap_err().status().unwrap().as_u16(), status);
                answered(status, body, |seam| seam.access_codes().unmanaged().convert_to_managed(CODE_ID)).unwrap_err();
            }
        }
    }
}

#[test]
fn validation_errors_may_be_nested_as_deep_as_json_may() {
    let deep = format!("{}{{\"_errors\":[\"deep\"]}}{}", "{\"a\":".repeat(100), "}".repeat(100));
    let body = format!(r#"{{"error":{{"type":"invalid_input","message":"no","validation_errors":{deep}}}}}"#);
    let error = answered(400, body, |seam| seam.access_codes().unmanaged().get(CODE_ID)).unwrap_err();
    assert_eq!(error.validation_errors().get(&["a"; 100].join(".")).collect::<Vec<_>>(), ["deep"]);
}

#[test]
fn the_last_of_two_keys_counts() {
    let own = json!({ "access_code_id": CODE_ID });
    let code = get(format!(
        r#"{{"access_code":{{"access_code_id":"a"}},"access_code":{{"access_code_id":"b","access_code_id":"{CODE_ID}"}}}}"#
    ));
    assert_eq!(code.unwrap().access_code_id.as_str(), CODE_ID);
    get_fails_with(format!(r#"{{"access_code":{own},"access_code":null}}"#), "the response key access_code is null");
    get(format!(r#"{{"access_code":null,"access_code":{own}}}"#)).unwrap();
    // Also in the comparison of the response with the request.
    get(format!(r#"{{"access_code":{own},"access_code":{{"access_code_id":"a"}}}}"#)).unwrap_err();
}

#[test]
fn a_response_that_is_too_large_is_not_read() {
    let build = |answer: Answer, limit| {
        let credentials = Credentials::api_key(API_KEY).unwrap();
        Seam::builder(Recorder::new([answer])).credentials(credentials).response_limit(limit).build().unwrap()
    };
    let size = real().to_string().len();
    run(build(ok(&real()), size).access_codes().unmanaged().get(CODE_ID)).unwrap();
    let error = run(build(ok(&real()), size - 1).access_codes().unmanaged().get(CODE_ID)).unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Transport, Some(REQUEST_ID)));
    assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::TooLarge));
    let seam = build(ok(&json!({ "ok": true })), 1);
    let error = run(seam.access_codes().unmanaged().convert_to_managed(CODE_ID)).unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::OutcomeUnknown, Some(REQUEST_ID)));
    assert_eq!(error.status(), Some(StatusCode::OK));
}

#[test]
fn the_error_of_a_request_sent_as_post_has_that_verb() {
    let error = answered(200, "{}", |seam| seam.access_codes().unmanaged().get_by_code(DEVICE_ID, CANARY)).unwrap_err();
    is_invalid(&error);
    assert!(error.to_string().starts_with("POST /access_codes/unmanaged/get: 200 invalid response: "), "{error}");
}

fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "access_code_id",
        "code",
        "name",
        "type",
        "status",
        "created_at",
        "is_managed",
        "errors",
        "warnings",
        "error_code",
        "warning_code",
        "modified_fields",
        "field",
        "from",
        "to",
        "dormakaba_oracode_metadata",
        "stay_id",
        "has_next_page",
        "next_page_cursor",
        "action_attempt_id",
        "result",
        "error",
        "message",
        "new",
    ];
    let leaf = prop_oneof![
        Just(json!(CANARY)),
        Just(json!(format!("\"{CANARY}\", expected {CANARY} at line 1 column 7391"))),
        Just(json!(CANARY_NUMBER)),
        Just(json!(-0.7391)),
        Just(json!("2022-08-26T12:50:17.858Z")),
        Just(json!(true)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let object = vec((proptest::sample::select(NAMES), inner.clone()), 0..8).prop_map(|fields| {
            Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        });
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 3 => object]
    })
}

/// Sends `body` as the response to each route, and checks the error if there is one.
fn read_by_every_route(status: u16, body: &[u8]) -> Result<(), TestCaseError> {
    fn check<T>(result: Result<T, Error>) -> Result<(), TestCaseError> {
        if let Err(error) = result {
            let printed = everything_printed(&error);
            prop_assert!(!printed.contains("canary") && !printed.contains("7391"), "{printed}");
            prop_assert_eq!(error.request_id(), Some(REQUEST_ID));
            prop_assert!(error.status().is_some());
        }
        Ok(())
    }
    check(answered(status, body, |seam| seam.access_codes().unmanaged().get(CODE_ID)))?;
    check(answered(status, body, |seam| seam.access_codes().unmanaged().list(DEVICE_ID)))?;
    check(answered(status, body, |seam| seam.access_codes().unmanaged().update(CODE_ID, true)))?;
    check(answered(status, body, |seam| seam.access_codes().unmanaged().convert_to_managed(CODE_ID)))?;
    check(answered(status, body, |seam| seam.access_codes().unmanaged().delete(CODE_ID)))
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_a_value_and_never_a_panic(
        body in vec(any::<u8>(), 0..64),
        status in prop_oneof![Just(200), 200_u16..600],
    ) {
        read_by_every_route(status, &body)?;
    }

    #[test]
    fn any_json_is_an_error_that_quotes_nothing_or_a_value(
        inner in any_json(),
        pagination in any_json(),
        pretty in any::<bool>(),
    ) {
        let body = json!({
            "access_code": inner,
            "access_codes": [{ "access_code_id": "x" }, inner],
            "action_attempt": inner,
            "pagination": pagination,
        });
        let body = if pretty { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
        read_by_every_route(200, body.as_bytes())?;
    }

    #[test]
    fn a_response_with_a_few_bytes_changed_is_an_error_that_quotes_nothing_or_a_value(
        changes in vec((any::<prop::sample::Index>(), 0..3_u8, prop_oneof![
            any::<u8>(), proptest::sample::select(&b"{}[]\",:\\0e-"[..]),
        ]), 1..4),
    ) {
        let mut body = real().to_string().into_bytes();
        for (at, how, byte) in changes {
            let at = at.index(body.len());
            match how {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                _ => { body.remove(at); }
            }
        }
        if let Err(error) = get(body) {
            is_invalid(&error);
        }
    }
}

// Unknown outcomes.

fn convert(answer: Answer) -> Error {
    let recorder = Recorder::new([answer]);
    let error = run(recorder.client().access_codes().unmanaged().convert_to_managed(CODE_ID)).unwrap_err();
    recorder.only_request();
    is_quiet(&error);
    error
}

/// Checks that the outcome is unknown, and returns the source of the error.
#[track_caller]
fn is_unknown(error: &Error) -> &Error {
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.is_outcome_unknown() && !error.is_not_sent());
    let message = error.to_string();
    assert!(message.starts_with("PATCH /access_codes/unmanaged/convert_to_managed: "), "{message}");
    assert!(message.contains("the action may or may not have been carried out: "), "{message}");
    error.source().unwrap().downcast_ref().unwrap()
}

const MAYBE_SENT: &[TransportErrorKind] = &[
    TransportErrorKind::Interrupted,
    TransportErrorKind::Timeout,
    TransportErrorKind::Body,
    TransportErrorKind::TooLarge,
    TransportErrorKind::Other,
];

#[test]
fn an_action_whose_exchange_was_interrupted_may_have_been_carried_out() {
    for kind in MAYBE_SENT {
        let error = convert(failure(*kind));
        assert_eq!(is_unknown(&error).kind(), ErrorKind::Transport);
        assert_eq!(error.transport_error_kind(), Some(*kind));
        assert_eq!(error.is_timeout(), *kind == TransportErrorKind::Timeout);
        assert_eq!((error.status(), error.request_id(), error.action_attempt_id()), (None, None, None));
    }
}

#[test]
fn an_action_that_was_not_sent_was_not_carried_out() {
    let error = convert(failure(TransportErrorKind::NotSent));
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_not_sent() && !error.is_outcome_unknown());
}

#[test]
fn an_action_with_a_server_error_may_have_been_carried_out() {
    for status in [500, 502, 503, 504, 599] {
        let error = convert(answer(status, "<html>bad gateway canary</html>"));
        assert_eq!(is_unknown(&error).kind(), ErrorKind::UnexpectedStatus);
        let known = (error.status().unwrap().as_u16(), error.request_id(), error.action_attempt_id());
        assert_eq!(known, (status, Some(REQUEST_ID), None));

        let body =
            r#"{"error":{"type":"internal_error","message":"oh no"},"action_attempt":{"action_attempt_id":"a1"}}"#;
        let error = convert(answer(status, body));
        assert_eq!(is_unknown(&error).kind(), ErrorKind::Api);
        assert_eq!(error.error_type(), Some("internal_error"));
        assert_eq!(error.action_attempt_id().map(ActionAttemptId::as_str), Some("a1"));
    }
}

#[test]
fn an_action_whose_response_cannot_be_decoded_may_have_been_carried_out() {
    for (body, attempt_id) in [
        ("", None),
        ("<html>canary</html>", None),
        (r#"{"action_attempt":{"action_attempt_id":"a1","sta"#, None),
        (r#"{"action_attempt":"canary"}"#, None),
        (r#"{"action_attempt":{"action_attempt_id":7391,"status":"pending"}}"#, None),
        (r#"{"error":{"type":"x","message":"canary"}}"#, None),
    ] {
        let error = convert(answer(200, body));
        assert_eq!(is_unknown(&error).kind(), ErrorKind::InvalidResponse, "{body}");
        assert_eq!((error.status(), error.request_id()), (Some(StatusCode::OK), Some(REQUEST_ID)));
        assert_eq!(error.action_attempt_id().map(ActionAttemptId::as_str), attempt_id, "{body}");
        assert_eq!(error.body().unwrap().as_ref(), body.as_bytes());
    }
}

#[test]
fn an_action_that_seam_rejected_was_not_carried_out() {
    for status in [400, 401, 403, 404, 409, 422, 429] {
        let error = convert(answer(status, r#"{"error":{"type":"some_refusal","message":"no"}}"#));
        assert_eq!(error.kind(), if status == 401 { ErrorKind::Unauthorized } else { ErrorKind::Api });
        assert!(!error.is_outcome_unknown());
        let error = convert(answer(status, "<html>canary</html>"));
        assert_eq!(error.kind(), if status == 401 { ErrorKind::Unauthorized } else { ErrorKind::UnexpectedStatus });
    }
}

#[test]
fn an_update_is_treated_as_an_action() {
    let recorder = Recorder::new([failure(TransportErrorKind::Timeout)]);
    let error = run(recorder.client().access_codes().unmanaged().update(CODE_ID, true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[test]
fn an_idempotent_request_keeps_its_error() {
    for kind in MAYBE_SENT {
        let recorder = Recorder::new([failure(*kind), failure(*kind), failure(*kind)]);
        let seam = recorder.client();
        for error in [
            run(seam.access_codes().unmanaged().get(CODE_ID)).unwrap_err(),
            run(seam.access_codes().unmanaged().list(DEVICE_ID)).unwrap_err(),
            run(seam.access_codes().unmanaged().delete(CODE_ID)).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Transport);
            assert_eq!(error.transport_error_kind(), Some(*kind));
            assert!(!error.is_not_sent());
        }
    }
    let error = answered(503, "", |seam| seam.access_codes().unmanaged().get(CODE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedStatus);
    let error = answered(200, "", |seam| seam.access_codes().unmanaged().delete(CODE_ID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[test]
fn the_error_of_the_http_stack_is_the_innermost_source() {
    let recorder = Recorder::new([Err(TransportError::new(TransportErrorKind::Interrupted, "connection reset"))]);
    let error = run(recorder.client().call(Get::new(CODE_ID))).unwrap_err();
    let transport = error.source().unwrap().downcast_ref::<TransportError>().unwrap();
    assert_eq!(transport.kind(), TransportErrorKind::Interrupted);
    assert_eq!(transport.source().unwrap().to_string(), "connection reset");
}

#[test]
fn the_pagination_of_a_route_without_pages_is_ignored() {
    let body = json!({ "access_code": { "access_code_id": CODE_ID }, "pagination": "none", "ok": true });
    let code = get(body.to_string()).unwrap();
    assert_eq!(code.access_code_id.as_str(), CODE_ID);
}
