//! The options of a call, its curl command and its `Debug` output.

mod support;

use std::time::{Duration, Instant};

use seam_core::{Credentials, ErrorKind, Idempotency, RequestExt, Seam, http::Method};
use serde_json::json;
use support::{API_KEY, CODE_ID, DEVICE_ID, REQUEST_ID, Recorder, ok, run};

fn found() -> Recorder {
    Recorder::new([ok(&json!({ "access_code": { "access_code_id": CODE_ID, "code": "1988" } }))])
}

#[test]
fn an_extra_header_is_sent_and_not_printed() {
    let recorder = found();
    let seam = recorder.client();
    let call =
        seam.access_codes().unmanaged().get(CODE_ID).with_header("x-trace", "canary").with_header("X-Trace", "second");
    assert!(!format!("{call:?}").contains("canary"));
    run(call).unwrap();
    let request = recorder.only_request();
    let values: Vec<_> = request.headers().get_all("x-trace").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(values, ["canary", "second"]);
    assert!(!format!("{:?}", request.headers()).contains("canary"));
}

#[test]
fn an_extra_header_that_seam_quotes_is_redacted() {
    let recorder = Recorder::new([support::answer(
        400,
        r#"{"error":{"type":"invalid_input","message":"bad header canary-7391"}}"#,
    )]);
    let error = run(recorder.client().access_codes().unmanaged().get(CODE_ID).with_header("x-trace", "canary-7391"));
    assert!(error.unwrap_err().to_string().contains("bad header ***"));
}

#[test]
fn a_secret_that_begins_with_another_is_redacted_completely() {
    let recorder =
        Recorder::new([support::answer(400, r#"{"error":{"type":"invalid_input","message":"1234 and 12345678"}}"#)]);
    let call = recorder.client().access_codes().create(DEVICE_ID).code("1234").with_header("x-secret", "12345678");
    assert!(run(call).unwrap_err().to_string().contains("*** and ***"));
}

/// A user's transport may quote secrets in its errors.
#[test]
fn secrets_in_the_errors_of_a_transport_are_redacted() {
    let quoting = format!("cannot send {API_KEY} with the code 198877");
    let failure = seam_core::TransportError::new(seam_core::TransportErrorKind::Interrupted, quoting);
    let recorder = Recorder::new([Err(failure)]);
    let error = run(recorder.client().access_codes().unmanaged().get_by_code(DEVICE_ID, "198877")).unwrap_err();
    let printed = support::everything_printed(&error);
    assert!(!printed.contains(API_KEY) && !printed.contains("198877"), "{printed}");
    assert!(error.to_string().contains("cannot send *** with the code ***"), "{error}");
    assert_eq!(error.operation().unwrap().1, "/access_codes/unmanaged/get");
}

#[test]
fn a_header_that_the_client_sets_or_that_is_invalid_is_rejected() {
    let cases = [
        ("authorization", "Bearer canary"),
        ("Authorization", "Bearer canary"),
        ("seam-workspace", "canary"),
        ("client-session-token", "canary"),
        ("seam-publishable-key", "canary"),
        ("content-type", "canary"),
        ("content-length", "7"),
        ("transfer-encoding", "chunked"),
        ("host", "canary.example"),
        ("accept-encoding", "canary"),
        ("cookie", "canary"),
        ("expect", "100-continue"),
        ("user-agent", "canary"),
        ("seam-sdk-name", "canary"),
        ("accept", "canary"),
        ("", "canary"),
        ("canary name", "x"),
        ("x-ok", "canary\r\ninjected: yes"),
        ("x-ok", "canary\n"),
    ];
    for (name, value) in cases {
        let recorder = found();
        let error =
            run(recorder.client().access_codes().unmanaged().get(CODE_ID).with_header(name, value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{name}");
        assert!(error.is_not_sent() && !error.to_string().contains("canary"), "{error}");
        recorder.assert_nothing_sent();
    }
}

#[test]
fn the_request_can_be_inspected_without_sending_it() {
    let recorder = found();
    let seam = recorder.client();
    let call = seam.access_codes().unmanaged().get_by_code(DEVICE_ID, "1988").with_header("x-trace", "abc");
    let request = call.to_request().unwrap();
    recorder.assert_nothing_sent();
    run(call).unwrap();
    let sent = recorder.only_request();
    assert_eq!((request.method(), request.uri(), request.headers()), (sent.method(), sent.uri(), sent.headers()));
    assert_eq!(request.body(), sent.body());
    assert_eq!(request.spec().unwrap().idempotency(), Idempotency::ReadOnly);
    // An invalid call is an error here too.
    let error = seam.access_codes().unmanaged().get("").to_request().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[test]
fn the_curl_command_has_everything_except_secrets() {
    let seam = Recorder::default().client();
    let line = seam.access_codes().unmanaged().get(CODE_ID).with_header("x-trace", "canary").to_curl().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        line,
        format!(
            "curl --request GET 'https://connect.getseam.com/access_codes/unmanaged/get?access_code_id={CODE_ID}&_strict=true' \
             --header 'authorization: Bearer ***' --header 'accept: application/json' \
             --header 'user-agent: seam-rs/{version}' --header 'seam-sdk-name: seam-rs' \
             --header 'seam-sdk-version: {version}' --header 'x-trace: ***'"
        )
    );
    let line = seam.access_codes().create(DEVICE_ID).code("198877").name("the guest's").to_curl().unwrap();
    let body = line.split(" --data ").nth(1).unwrap();
    for part in [r#""code":"***""#, &format!(r#""device_id":"{DEVICE_ID}""#), r#""name":"the guest'\''s""#] {
        assert!(body.contains(part), "{body}");
    }
    assert!(!line.contains(API_KEY));
}

/// The arguments after the expansion of a shell are those of the request.
#[test]
#[cfg(unix)]
fn a_shell_parses_the_curl_command_correctly() {
    let seam = Recorder::default().client();
    for name in ["plain", "the guest's", "$HOME `id` \\ \" \n", "''", "ö"] {
        let line = seam.access_codes().create(DEVICE_ID).name(name).to_curl().unwrap();
        let script = line.replacen("curl", "printf '%s\\0'", 1);
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let words: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
        let index = words.iter().position(|word| *word == b"--data").unwrap();
        let body: serde_json::Value = serde_json::from_slice(words[index + 1]).unwrap();
        assert_eq!(body, json!({ "device_id": DEVICE_ID, "name": name }));
    }
}

#[test]
fn the_full_response_has_status_headers_and_body() {
    let recorder = found();
    let response = run(recorder.client().access_codes().unmanaged().get(CODE_ID).full_response()).unwrap();
    assert_eq!(response.value.access_code_id.as_str(), CODE_ID);
    assert_eq!((response.status.as_u16(), response.request_id(), response.attempts()), (200, Some(REQUEST_ID), 1));
    assert_eq!(response.headers["content-type"], "application/json; charset=utf-8");
    let body: serde_json::Value = serde_json::from_slice(response.body.as_ref()).unwrap();
    assert_eq!(body["access_code"]["code"], "1988");
    assert!(!format!("{response:?}").contains("1988"));
}

#[test]
fn a_transport_can_read_the_deadline_and_the_limit() {
    let recorder = found();
    let before = Instant::now();
    run(recorder.client().access_codes().unmanaged().get(CODE_ID).with_timeout(Duration::from_secs(5))).unwrap();
    let request = recorder.only_request();
    let left = request.deadline().unwrap() - before;
    assert!(left >= Duration::from_secs(5) && left < Duration::from_secs(10), "{left:?}");
    assert_eq!(request.response_limit(), seam_core::DEFAULT_RESPONSE_LIMIT);
    assert_eq!(request.method(), Method::GET);

    let endless = recorder.client().access_codes().unmanaged().get(CODE_ID).with_timeout(Duration::MAX);
    assert_eq!(endless.to_request().unwrap().deadline(), None);
}

#[test]
fn only_a_client_that_allows_blocking_blocks() {
    let recorder = found();
    let error = recorder.client().access_codes().unmanaged().get(CODE_ID).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    let mut devices = recorder.client().devices().list().items().blocking();
    assert_eq!(devices.next().unwrap().unwrap_err().kind(), ErrorKind::InvalidConfiguration);
    assert!(devices.next().is_none());
    recorder.assert_nothing_sent();

    let builder = Seam::builder(recorder).credentials(Credentials::api_key(API_KEY).unwrap()).allow_blocking();
    assert_eq!(
        builder.build().unwrap().access_codes().unmanaged().get(CODE_ID).block().unwrap().access_code_id.as_str(),
        CODE_ID
    );
}
