//! Recording and replaying.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    error::Error as StdError,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use proptest::prelude::*;
use seam_core::{
    Body, Credentials, Error, Request, RequestExt, Response, Seam, Transport, TransportError, TransportErrorKind,
    http::{self, HeaderValue, StatusCode},
    transport_fn,
};
use seam_mock::{
    API_KEY, ApiFault, json_response,
    recording::{Cassette, CassetteError, Recorder, Replay},
};
use serde_json::{Value, json};

/// The file of a cassette, which is deleted on drop.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("seam-recording-{}-{number}", std::process::id())).join("a.json"))
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    fn write(&self, text: &str) {
        fs::create_dir_all(self.0.parent().unwrap()).unwrap();
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn client(transport: impl Transport) -> Seam {
    seam_mock::builder(transport).credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap()
}

/// Returns a transport that responds by path and parameters.
fn server(answer: impl Fn(&str, &Value) -> Result<Response, TransportError> + Send + Sync + 'static) -> impl Transport {
    let answer = Arc::new(answer);
    transport_fn(move |request: Request| {
        let answer = Arc::clone(&answer);
        async move {
            let spec = request.spec().unwrap();
            let parameters = seam_core::test_util::parameters(spec, &request).unwrap();
            answer(spec.path(), &Value::Object(parameters))
        }
    })
}

/// Returns a server with an access code for each id, which repeats the parameters of the request.
fn codes() -> impl Transport {
    server(|_, parameters| {
        let mut code = json!({ "access_code_id": "created" });
        code.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        Ok(json_response(200, json!({ "access_code": code, "ok": true })))
    })
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!("\n{inner}"));
        source = inner.source();
    }
    text
}

#[tokio::test]
async fn recorded_exchanges_are_replayed() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(codes()));
    let recorded = seam.access_codes().create("d1").code("1988").name("Guest 1988").await.unwrap();
    seam.access_codes().get("a1").await.unwrap();
    recorder.finish().unwrap();
    assert!(!file.text().contains("1988"), "{}", file.text());
    assert_eq!(
        file.json(),
        json!({
            "format": "seam-cassette",
            "version": 1,
            "complete": true,
            "exchanges": [
                {
                    "request": {
                        "method": "POST",
                        "path": "/access_codes/create",
                        "parameters": { "code": "scrubbed-pin-1", "device_id": "d1", "name": "Guest ***" },
                    },
                    "response": {
                        "status": 200,
                        "headers": { "content-type": "application/json" },
                        "body": { "ok": true, "access_code": {
                            "access_code_id": "created", "code": "scrubbed-pin-1", "device_id": "d1", "name": "Guest ***",
                        } },
                    },
                },
                {
                    "request": {
                        "method": "GET", "path": "/access_codes/get", "parameters": { "access_code_id": "a1" },
                    },
                    "response": {
                        "status": 200,
                        "headers": { "content-type": "application/json" },
                        "body": { "access_code": { "access_code_id": "a1" }, "ok": true },
                    },
                },
            ],
        })
    );

    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    let replayed = seam.access_codes().create("d1").code("1988").name("Guest 1988").await.unwrap();
    // The PIN of the program is restored, but not the name that contains it.
    assert_eq!(replayed.code, recorded.code);
    assert_eq!(replayed.name.as_deref(), Some("Guest ***"));
    assert_eq!(seam.access_codes().get("a1").await.unwrap().access_code_id.as_str(), "a1");
    replay.verify();
}

#[tokio::test]
async fn a_strict_replay_keeps_the_order() {
    let file = recorded_gets(&["a1", "a2"]).await;
    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    let error = seam.access_codes().get("a2").await.unwrap_err();
    let expected = format!(
        "cassette {}: no unused exchange matches GET /access_codes/get {{\"access_code_id\":\"a2\"}}; \
         the next is exchange 1, with other parameters; \
         access_code_id: recorded \"a1\", requested \"a2\"; \
         to record again, run the test with SEAM_RECORD=1",
        file.0.display()
    );
    assert!(chain(&error).contains(&expected), "{}", chain(&error));
    seam.access_codes().get("a1").await.unwrap();
    seam.access_codes().get("a2").await.unwrap();
    let error = seam.devices().get("d1").await.unwrap_err();
    assert!(chain(&error).contains("the endpoint has no unused exchange"), "{}", chain(&error));
    let error = replay.try_verify().unwrap_err().to_string();
    let expected = format!(
        "cassette {}: the replay differs from the recording:\
         \n  requested but not recorded: GET /access_codes/get {{\"access_code_id\":\"a2\"}}\
         \n    the next is exchange 1, with other parameters\
         \n    access_code_id: recorded \"a1\", requested \"a2\"\
         \n  requested but not recorded: GET /devices/get {{\"device_id\":\"d1\"}}\
         \n    the endpoint has no unused exchange",
        file.0.display()
    );
    assert_eq!(error, expected);

    // The request has another endpoint than the next exchange.
    let replay = Replay::open(&file.0).unwrap();
    let error = chain(&replay.seam().devices().get("d1").await.unwrap_err());
    assert!(error.contains("the next is exchange 1, GET /access_codes/get; "), "{error}");
    drop(replay.try_verify());
}

#[tokio::test]
async fn a_matching_replay_has_no_order() {
    let file = recorded_gets(&["a1", "a2", "a1"]).await;
    let replay = Replay::open(&file.0).unwrap().matching();
    let seam = replay.seam();
    for id in ["a2", "a1", "a1"] {
        assert_eq!(seam.access_codes().get(id).await.unwrap().access_code_id.as_str(), id);
    }
    let error = chain(&seam.access_codes().get("a2").await.unwrap_err());
    assert!(error.contains("; exchange 2 matches, but was already used; "), "{error}");
    assert!(error.contains("the endpoint has no unused exchange"), "{error}");
    drop(replay.try_verify());
}

#[tokio::test]
async fn the_nearest_exchange_is_shown() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(codes()));
    seam.access_codes().create("d1").name("Anna").code("1111").await.unwrap();
    seam.access_codes().create("d2").name("Bert").code("2222").await.unwrap();
    recorder.finish().unwrap();

    let replay = Replay::open(&file.0).unwrap().matching();
    let create = |device: &str| replay.seam().access_codes().create(device).code("4711");
    let error = chain(&create("d2").name("Cleo").prefer_native_scheduling(true).await.unwrap_err());
    assert!(
        error.contains(
            "; the nearest is exchange 2, with other parameters; name: recorded \"Bert\", requested \"Cleo\"; \
             prefer_native_scheduling: not recorded, requested true; "
        ),
        "{error}"
    );
    let error = chain(&create("d1").await.unwrap_err());
    assert!(error.contains("name: recorded \"Anna\", not requested"), "{error}");
    let error = replay.try_verify().unwrap_err().to_string();
    assert!(!error.contains("4711"), "{error}");
    assert!(error.contains("recorded but not requested: exchange 1, POST /access_codes/create {"), "{error}");
}

#[tokio::test]
async fn a_secret_is_the_same_one_throughout() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(codes()));
    for code in ["1111", "2222", "1111"] {
        seam.access_codes().update("a1").code(code).await.unwrap();
    }
    recorder.finish().unwrap();
    let pins: Vec<Value> = exchanges(&file).iter().map(|each| each["request"]["parameters"]["code"].clone()).collect();
    assert_eq!(pins, ["scrubbed-pin-1", "scrubbed-pin-2", "scrubbed-pin-1"]);

    // PINs may differ from the recording, as long as they are used consistently.
    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    seam.access_codes().update("a1").code("3333").await.unwrap();
    seam.access_codes().update("a1").code("4444").await.unwrap();
    let error = chain(&seam.access_codes().update("a1").code("5555").await.unwrap_err());
    assert!(error.contains("; code: recorded \"scrubbed-pin-1\", requested \"scrubbed-pin-1\""), "{error}");
    seam.access_codes().update("a1").code("3333").await.unwrap();
    drop(replay.try_verify());
}

#[tokio::test]
async fn parameters_can_be_ignored() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    client(recorder.transport(codes())).access_codes().create("d1").name("at 12:00").await.unwrap();
    recorder.finish().unwrap();
    let replay = Replay::open(&file.0).unwrap().ignore(["name"]);
    replay.seam().access_codes().create("d1").name("at 13:00").await.unwrap();
    replay.verify();
}

#[tokio::test]
async fn declared_names_are_secrets_too() {
    let file = File::new();
    let recorder = Recorder::new(&file.0).scrub(["name", "age"]);
    let create = |seam: &Seam, age: u8| seam.access_codes().create("d1").name("Anna Smith").with_parameter("age", age);
    create(&client(recorder.transport(codes())), 47).await.unwrap();
    recorder.finish().unwrap();
    assert!(!file.text().contains("Anna") && !file.text().contains("47"), "{}", file.text());
    let replay = Replay::open(&file.0).unwrap().scrub(["name", "age"]);
    let code = create(&replay.seam(), 48).await.unwrap();
    assert_eq!(code.name.as_deref(), Some("Anna Smith"));
    replay.verify();
}

#[tokio::test]
async fn placeholders_can_be_parsed() {
    let token = "seam_cst1bMS_94SrGUXuNR2JmJkjtvBQDg5c";
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(server(move |path, _| {
        Ok(json_response(200, match path {
            "/webhooks/create" => json!({ "webhook": {
                "webhook_id": "w1", "url": "https://example.com/hook?key=7391", "secret": "whsec_dGhlIG5ldyBzZWNyZXQgb2Y=",
            } }),
            _ => json!({ "client_session": { "client_session_id": "c1", "token": token } }),
        }))
    })));
    seam.webhooks().create("https://example.com/hook?key=7391").await.unwrap();
    seam.client_sessions().create().await.unwrap();
    recorder.finish().unwrap();
    assert!(!file.text().contains("7391") && !file.text().contains("dGhlIG5"), "{}", file.text());

    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    let webhook = seam.webhooks().create("https://example.com/other").await.unwrap();
    assert_eq!(webhook.secret.unwrap().expose_secret(), "whsec_scrubbed/webhook/secret/0002");
    assert_eq!(webhook.url.unwrap().expose_secret(), "https://example.com/other");
    let session = seam.client_sessions().create().await.unwrap();
    Credentials::client_session_token(session.token.unwrap()).unwrap();
    replay.verify();
}

#[tokio::test]
async fn failures_are_replayed() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let count = AtomicUsize::new(0);
    let seam = client(recorder.transport(server(move |_, _| {
        match count.fetch_add(1, Ordering::Relaxed) {
            0 => Err(TransportErrorKind::Interrupted.into()),
            1 => Ok(ApiFault::rate_limited()
                .with_header(http::header::RETRY_AFTER, HeaderValue::from_static("2"))
                .to_response()),
            2 => Err(TransportError::new(TransportErrorKind::Body, "https://secret.example")
                .with_response(StatusCode::OK, &http::HeaderMap::new())),
            3 => {
                let mut response = Response::new(Body::from("<h1>Bad Gateway</h1>"));
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                Ok(response)
            }
            _ => Ok(ApiFault::not_found("access_code_not_found", "Could not find a1").to_response()),
        }
    })));
    let get = |seam: &Seam| seam.access_codes().get("a1");
    let errors = [get(&seam).await.unwrap_err(), get(&seam).without_retries().await.unwrap_err()];
    let not_found = get(&seam).await.unwrap_err();
    recorder.finish().unwrap();
    assert_eq!(errors[0].attempts(), 3);
    assert!(!file.text().contains("secret.example"));

    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    let replayed = [get(&seam).await.unwrap_err(), get(&seam).without_retries().await.unwrap_err()];
    for (recorded, replayed) in errors.iter().zip(&replayed) {
        assert_eq!(replayed.kind(), recorded.kind());
        assert_eq!(replayed.attempts(), recorded.attempts());
        assert_eq!(replayed.status(), recorded.status());
    }
    assert!(replayed[0].to_string().contains("recorded in ") && replayed[0].to_string().contains(", exchange 3"));
    assert_eq!(get(&seam).await.unwrap_err().to_string(), not_found.to_string());
    replay.verify();
}

#[tokio::test]
async fn a_dropped_request_is_recorded_as_a_timeout() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(transport_fn(|_| std::future::pending())));
    let call = seam.access_codes().get("a1").into_future();
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), call).await;
    assert!(given_up.is_err());
    recorder.finish().unwrap();
    assert_eq!(exchanges(&file)[0]["error"], json!({ "kind": "timeout" }));
    let replay = Replay::open(&file.0).unwrap();
    assert!(replay.seam().access_codes().get("a1").without_retries().await.unwrap_err().is_timeout());
    replay.verify();
}

/// Concurrent requests are recorded in the order in which they began, regardless of the order of responses, and their
/// placeholders are numbered in that order.
#[tokio::test]
async fn concurrent_requests_are_recorded_in_order() {
    let files = [[1, 0, 2], [2, 1, 0]].map(|order| (File::new(), order));
    for (file, order) in &files {
        let recorder = Recorder::new(&file.0);
        let turn = Arc::new(AtomicUsize::new(0));
        let order = *order;
        let seam = client(recorder.transport(transport_fn(move |request: Request| {
            let turn = Arc::clone(&turn);
            async move {
                let spec = request.spec().unwrap();
                let parameters = seam_core::test_util::parameters(spec, &request).unwrap();
                let id = parameters["access_code_id"].as_str().unwrap().to_owned();
                let mine = order[usize::from(id.as_bytes()[1] - b'0')];
                while turn.load(Ordering::Acquire) != mine {
                    tokio::task::yield_now().await;
                }
                turn.store(mine + 1, Ordering::Release);
                let code = json!({ "access_code_id": id, "code": format!("198{id}") });
                Ok(json_response(200, json!({ "access_code": code })))
            }
        })));
        let get = |id: &str| seam.access_codes().get(id).into_future();
        let (a, b, c) = tokio::join!(get("a0"), get("a1"), get("a2"));
        a.and(b).and(c).unwrap();
        recorder.finish().unwrap();
    }
    assert_eq!(files[0].0.text(), files[1].0.text());
    let replay = Replay::open(&files[0].0.0).unwrap().matching();
    let seam = replay.seam();
    let get = |id: &str| seam.access_codes().get(id).into_future();
    let (c, a, b) = tokio::join!(get("a2"), get("a0"), get("a1"));
    let pins = [a, b, c].map(|code| code.unwrap().code.unwrap().expose_secret().to_owned());
    assert_eq!(pins, ["scrubbed-pin-1", "scrubbed-pin-2", "scrubbed-pin-3"]);
    replay.verify();
}

/// A response may quote a request, with secrets that are not in a parameter.
#[tokio::test]
async fn secrets_of_a_request_that_a_response_quotes_are_replaced() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let quoted = format!("Bearer {API_KEY}, en-GB-x-secret, 7391-guest");
    let fields = json!({ "quoted": quoted, "hint": { "7391-guest": API_KEY } });
    let seam = client(recorder.transport(server(move |_, _| Ok(json_response(400, json!({ "error": fields }))))));
    let call = seam.access_codes().list().device_id("d1").search("7391-guest").with_header("x-label", "en-GB-x-secret");
    drop(call.without_retries().await);
    recorder.finish().unwrap();
    let error = exchanges(&file)[0]["response"]["body"]["error"].clone();
    assert_eq!(error, json!({ "quoted": "Bearer ***, ***, ***", "hint": { "***": "scrubbed-text-2" } }));
}

/// A secret that is first found in a response is also replaced in earlier exchanges.
#[tokio::test]
async fn a_secret_that_is_found_later_is_replaced_everywhere() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(server(|path, parameters| {
        Ok(json_response(200, match path {
            "/devices/get" => json!({ "device": { "device_id": "d1", "nickname": "was 719384", "properties": { "a": "719384x" } } }),
            _ => json!({ "access_code": { "access_code_id": parameters["access_code_id"], "code": "719384" } }),
        }))
    })));
    seam.devices().get_by_name("719384?").await.unwrap();
    seam.access_codes().get("bf719384-0c47-4f3c-ac96-43cc3bea0a8d").await.unwrap();
    recorder.finish().unwrap();
    // The id contains the digits by chance.
    assert_eq!(file.text().matches("719384").count(), 2, "{}", file.text());
    assert_eq!(file.text().matches("bf719384-0c47").count(), 2, "{}", file.text());
    let exchanges = exchanges(&file);
    assert_eq!(exchanges[0]["response"]["body"]["device"]["nickname"], "was ***");
    assert_eq!(exchanges[0]["response"]["body"]["device"]["properties"]["a"], "scrubbed-text-2");

    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    seam.devices().get_by_name("719384?").await.unwrap();
    seam.access_codes().get("bf719384-0c47-4f3c-ac96-43cc3bea0a8d").await.unwrap();
    replay.verify();
}

/// Records one response to a request without secrets, and returns the file.
async fn recorded(body: &'static str) -> File {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(transport_fn(move |_| async move { Ok(Response::new(Body::from(body))) })));
    drop(seam.access_codes().get("a1").await);
    recorder.finish().unwrap();
    file
}

/// A secret is replaced wherever else it occurs, whichever of both comes first.
#[tokio::test]
async fn a_secret_is_also_replaced_as_a_number_and_as_a_name() {
    for body in [
        r#"{"a_by_pin":{"719384":true},"access_code":{"access_code_id":"a1","code":"719384"}}"#,
        r#"{"access_code":{"access_code_id":"a1","code":"719384"},"by_pin":{"x719384":{"n":1}}}"#,
        r#"{"a_number":719384,"access_code":{"access_code_id":"a1","code":"719384"},"z":[719384]}"#,
        r#"{"a":"door 719384","keypad_pin":"719384"}"#,
        r#"{"keypad_pin":"719384","z":{"note":"door-719384","n":719384}}"#,
    ] {
        let text = recorded(body).await.text();
        assert!(!text.contains("719384"), "{text}");
    }
    // Numbers and words that only resemble a secret stay.
    let body = r#"{"access_code":{"access_code_id":"a1","code":"1988"},"a":[19880,7,-1,0.5],"pin_mode":"numeric","z":"numeric, 7"}"#;
    let body = exchanges(&recorded(body).await)[0]["response"]["body"].clone();
    assert_eq!(body["a"], json!([19880, 7, -1, 0.5]));
    assert_eq!(body["z"], "numeric, 7");
}

/// A test that fails before its first request leaves the cassette that was committed.
#[tokio::test]
async fn a_recording_without_requests_replaces_nothing() {
    let file = recorded_gets(&["a1"]).await;
    let before = file.text();
    drop(Recorder::new(&file.0));
    assert_eq!(file.text(), before);
    let path = file.0.clone();
    let panicked = std::panic::catch_unwind(move || {
        let _recorder = Recorder::new(path);
        panic!("the test fails here");
    });
    assert!(panicked.is_err());
    assert_eq!(file.text(), before);
    Recorder::new(&file.0).finish().unwrap();
    assert!(exchanges(&file).is_empty());
}

/// Requests after the end of a recording are not recorded, however late they are sent.
#[tokio::test]
async fn a_finished_recording_does_not_change() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(codes()));
    seam.access_codes().get("a1").await.unwrap();
    recorder.finish().unwrap();
    let before = file.text();
    std::thread::sleep(std::time::Duration::from_millis(500));
    seam.access_codes().get("a2").await.unwrap();
    assert_eq!(file.text(), before);
}

#[tokio::test]
async fn unparsable_strings_are_replaced() {
    for (body, expected) in [
        (&br#"["1988", 1988, "19"#[..], json!({ "text": r#"["***", 0000, "***"# })),
        (&br#"{"access_code":{"access_code_id":"a1","code":"1988"#[..], json!({ "text": r#"{"access_code":{"access_code_id":"***","code":"***"# })),
        (br#"ok {"pin": 1988, "a": "\"1988"}"#, json!({ "text": r#"ok {"pin": 0000, "a": "***"}"# })),
        (b"<p>1988</p>", json!({ "text": "<p>1988</p>" })),
        (b"\x1f\x8b\x08 1988", json!({ "bytes": 8 })),
        (b"", json!({})),
        (br#"{"log": "{\"code\": \"1988\"}", "door_pin": "1988", "pins": [1988, "1988", true], "pin_count": [{"a": "b"}]}"#,
            json!({ "body": { "log": "scrubbed-text-2", "door_pin": "scrubbed-possible-1",
                "pins": [0, "scrubbed-possible-1", true], "pin_count": [{ "a": "b" }] } })),
    ] {
        let file = File::new();
        let recorder = Recorder::new(&file.0);
        let seam = client(recorder.transport(transport_fn(move |_| async move { Ok(Response::new(Body::from(body))) })));
        drop(seam.access_codes().get("a1").await);
        recorder.finish().unwrap();
        let mut response = exchanges(&file)[0]["response"].clone();
        response.as_object_mut().unwrap().retain(|name, _| !["status", "headers"].contains(&name.as_str()));
        if let Some(log) = response.pointer_mut("/body") {
            // Objects are sorted, so the order of placeholders depends on the names.
            assert!(log["log"].as_str().unwrap().starts_with("scrubbed-text-"));
        }
        let text = response.to_string().replace("scrubbed-text-1", "scrubbed-text-2");
        let text = text.replace("scrubbed-possible-2", "scrubbed-possible-1");
        let expected = expected.to_string().replace("scrubbed-possible-2", "scrubbed-possible-1");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), serde_json::from_str::<Value>(&expected).unwrap());
    }
}

/// The message of a Seam error is kept, without the secrets of the request.
#[tokio::test]
async fn messages_of_errors_are_kept() {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(server(|_, _| {
        let fault = ApiFault::invalid_input("code 1988 is in use");
        Ok(fault.with_validation_error("code", "1988 is too short").to_response())
    })));
    let error = seam.access_codes().create("d1").code("1988").await.unwrap_err();
    recorder.finish().unwrap();
    let replay = Replay::open(&file.0).unwrap();
    let replayed = replay.seam().access_codes().create("d1").code("1988").await.unwrap_err();
    assert_eq!(replayed.to_string(), error.to_string());
    assert!(file.text().contains("code *** is in use") && file.text().contains("*** is too short"), "{}", file.text());
    replay.verify();
}

#[tokio::test]
async fn nothing_is_lost_when_a_test_panics() {
    let file = File::new();
    let path = file.0.clone();
    let panicked = tokio::spawn(async move {
        let recorder = Recorder::new(path);
        let seam = client(recorder.transport(codes()));
        for id in ["a1", "a2", "a3"] {
            seam.access_codes().get(id).await.unwrap();
        }
        panic!("the test fails here");
    });
    assert!(panicked.await.is_err());
    assert_eq!(file.json()["complete"], false);
    let replay = Replay::open(&file.0).unwrap();
    let seam = replay.seam();
    for id in ["a1", "a2", "a3"] {
        seam.access_codes().get(id).await.unwrap();
    }
    let error = chain(&seam.access_codes().get("a1").await.unwrap_err());
    assert!(error.contains("the recording was interrupted"), "{error}");
    drop(replay.try_verify());
}

#[tokio::test]
async fn a_replay_that_is_dropped_is_verified() {
    let file = recorded_gets(&["a1"]).await;
    let path = file.0.clone();
    let unused = std::panic::catch_unwind(move || drop(Replay::open(path).unwrap())).unwrap_err();
    let message = unused.downcast_ref::<String>().unwrap();
    assert!(message.contains("recorded but not requested: exchange 1, GET /access_codes/get"), "{message}");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_an_error() {
    let file = File::new();
    file.write("in the way");
    let recorder = Recorder::new(file.0.join("a.json"));
    client(recorder.transport(codes())).access_codes().get("a1").await.unwrap();
    let error = recorder.finish().unwrap_err();
    assert!(error.to_string().contains("cannot write the file: "), "{error}");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn writing_leaves_no_other_file() {
    let file = recorded_gets(&["a1", "a2"]).await;
    assert_eq!(fs::read_dir(file.0.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn the_error_of_an_invalid_cassette_has_the_reason() {
    let open = |text: &str| {
        let file = File::new();
        file.write(text);
        let error = Replay::open(&file.0).unwrap_err();
        assert_eq!(error.path(), file.0);
        error.to_string().split_once(".json: ").unwrap().1.to_owned()
    };
    let exchange = |exchange: Value| {
        let cassette = json!({ "format": "seam-cassette", "version": 1, "complete": true, "exchanges": [exchange] });
        open(&cassette.to_string())
    };
    let hint = "; restore the file, or record it again with SEAM_RECORD=1";
    assert_eq!(open("{"), format!("invalid JSON: EOF while parsing an object at line 1 column 1{hint}"));
    assert_eq!(open("{}"), format!("not a cassette: `format` is not \"seam-cassette\"{hint}"));
    assert_eq!(
        open(r#"{ "format": "seam-cassette", "version": 2 }"#),
        "has version 2 of the format, and this version of seam-mock reads versions up to 1; update seam-mock, or record it \
         again with SEAM_RECORD=1"
    );
    assert_eq!(
        open(r#"{ "format": "seam-cassette", "version": "1" }"#),
        format!("`version` is not a valid version of the format{hint}")
    );
    assert_eq!(exchange(json!({})), format!("exchange 1: `request` is not an object{hint}"));
    let request = json!({ "method": "GET", "path": "/devices/get", "parameters": {} });
    assert_eq!(
        exchange(json!({ "request": request })),
        format!("exchange 1: must have either a `response` or an `error`{hint}")
    );
    assert_eq!(
        exchange(json!({ "request": request, "response": { "status": 20 } })),
        format!("exchange 1: `response.status` is not an HTTP status{hint}")
    );
    assert_eq!(
        exchange(json!({ "request": request, "response": { "status": 200, "headers": { "a": "\n" } } })),
        format!("exchange 1: `response.headers` has a header that is not valid in HTTP{hint}")
    );
    assert_eq!(
        exchange(json!({ "request": request, "error": { "kind": "gone" } })),
        format!(
            "exchange 1: `error.kind` is none of not_sent, not_sent_in_time, interrupted, timeout, body, too_large, \
             other{hint}"
        )
    );
    let error = Replay::open("no/such/cassette.json").unwrap_err().to_string();
    assert_eq!(error, "cassette no/such/cassette.json: file not found; to record it, run the test with SEAM_RECORD=1");
}

/// The variable applies to the whole process, so all its checks are in one test, in a child process.
#[test]
fn the_environment_decides_whether_to_record() {
    const PATH: &str = "SEAM_TEST_CASSETTE";
    if let Some(path) = std::env::var_os(PATH) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(use_cassette(Path::new(&path)));
        std::process::exit(match result {
            Ok(is_recording) => 10 + i32::from(is_recording),
            Err(error) => 20 + i32::from(error.to_string().contains("SEAM_RECORD must be 1")),
        });
    }
    let file = File::new();
    let run = |value: Option<&str>| {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_environment_decides_whether_to_record"]).env(PATH, &file.0);
        match value {
            Some(value) => command.env("SEAM_RECORD", value),
            None => command.env_remove("SEAM_RECORD"),
        };
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(run(None), 20);
    assert_eq!(run(Some("1")), 11);
    assert_eq!([run(None), run(Some("")), run(Some("0")), run(Some("false"))], [10; 4]);
    assert_eq!(run(Some("true")), 11);
    assert_eq!(run(Some("yes")), 21);
}

/// Runs a typical test of a user, and returns whether it recorded.
async fn use_cassette(path: &Path) -> Result<bool, CassetteError> {
    let cassette = Cassette::open(path)?;
    let is_recording = cassette.is_recording();
    let live = || Ok(seam_mock::builder(codes()).credentials(Credentials::api_key(API_KEY)?));
    let seam = cassette.seam(live).unwrap();
    seam.access_codes().get("a1").await.unwrap();
    let seam = client(cassette.transport(codes));
    seam.access_codes().get("a2").await.unwrap();
    cassette.try_verify()?;
    Ok(is_recording)
}

async fn recorded_gets(ids: &[&str]) -> File {
    let file = File::new();
    let recorder = Recorder::new(&file.0);
    let seam = client(recorder.transport(codes()));
    for id in ids {
        seam.access_codes().get(*id).await.unwrap();
    }
    recorder.finish().unwrap();
    file
}

fn exchanges(file: &File) -> Vec<Value> {
    file.json().get("exchanges").and_then(Value::as_array).unwrap().clone()
}

/// Generates JSON values with names of secrets and other names.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z_]{0,8}", "\\PC{0,12}", "[0-9]{1,6}", Just("1988".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| if number.is_finite() { number.into() } else { Value::Null }),
        text.prop_map(Value::from),
    ];
    let names = prop_oneof![
        prop::sample::select(vec![
            "code",
            "token",
            "url",
            "name",
            "device_id",
            "error",
            "message",
            "access_code",
            "pins"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_outcome() -> impl Strategy<Value = Result<(u16, Vec<u8>, Option<String>), TransportErrorKind>> {
    let body = prop_oneof![
        4 => any_json().prop_map(|json| json.to_string().into_bytes()),
        1 => any::<String>().prop_map(String::into_bytes),
        1 => any::<Vec<u8>>(),
    ];
    let header = prop_oneof![Just(None), "[ -~]{1,20}".prop_map(Some)];
    let kinds = vec![
        TransportErrorKind::NotSent,
        TransportErrorKind::NotSentInTime,
        TransportErrorKind::Interrupted,
        TransportErrorKind::Timeout,
        TransportErrorKind::Body,
        TransportErrorKind::TooLarge,
        TransportErrorKind::Other,
    ];
    prop_oneof![
        4 => (200..600_u16, body, header).prop_map(Ok),
        1 => prop::sample::select(kinds).prop_map(Err),
    ]
}

/// Returns whether `replayed` equals `recorded`, except for replaced strings and numbers.
fn is_same(recorded: &Value, replayed: &Value) -> bool {
    let is_replaced = |text: &str| text.contains("***") || text.contains("scrubbed");
    match (recorded, replayed) {
        (Value::Object(a), Value::Object(b)) => {
            let names_are_same = a.keys().all(|name| b.contains_key(name)) || b.keys().any(|name| is_replaced(name));
            names_are_same && a.iter().all(|(name, a)| b.get(name).is_none_or(|b| is_same(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::String(a), Value::String(b)) => a == b || is_replaced(b),
        (Value::Number(a), Value::Number(b)) => a == b || b.as_i64() == Some(0),
        _ => recorded == replayed,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Every response is replayed, except for secrets.
    #[test]
    fn every_exchange_is_replayed(outcomes in prop::collection::vec(any_outcome(), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let file = File::new();
        let next = AtomicUsize::new(0);
        let served = outcomes.clone();
        let respond = move || match &served[next.fetch_add(1, Ordering::Relaxed)] {
            Err(kind) => Err((*kind).into()),
            Ok((status, body, header)) => {
                let mut response = Response::new(Body::from(body.clone()));
                *response.status_mut() = StatusCode::from_u16(*status).unwrap();
                if let Some(value) = header {
                    response.headers_mut().insert("retry-after", value.parse().unwrap());
                }
                Ok(response)
            }
        };
        let respond = Arc::new(respond);
        let live = transport_fn(move |_| {
            let respond = Arc::clone(&respond);
            async move { respond() }
        });
        let recorder = Recorder::new(&file.0);
        let transport = recorder.transport(live);
        let request = || http::Request::get("https://example.com/devices/get?device_id=d1").body(Body::default()).unwrap();
        for _ in &outcomes {
            drop(runtime.block_on(transport.send(request())));
        }
        recorder.finish().unwrap();

        let replay = Replay::open(&file.0).unwrap();
        let transport = replay.transport();
        for outcome in &outcomes {
            match (outcome, runtime.block_on(transport.send(request()))) {
                (Err(kind), Err(replayed)) => prop_assert_eq!(*kind, replayed.kind()),
                (Ok((status, body, header)), Ok(replayed)) => {
                    prop_assert_eq!(*status, replayed.status().as_u16());
                    let value = replayed.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
                    prop_assert_eq!(&value, header);
                    let again = replayed.into_body().into_bytes();
                    match serde_json::from_slice::<Value>(body) {
                        Ok(json) => {
                            let again: Value = serde_json::from_slice(&again).unwrap();
                            prop_assert!(is_same(&json, &again), "{json} {again}");
                        }
                        Err(_) => {
                            prop_assert!(serde_json::from_slice::<Value>(&again).is_err());
                            prop_assert_eq!(std::str::from_utf8(body).is_ok(), std::str::from_utf8(&again).is_ok());
                        }
                    }
                }
                (recorded, replayed) => prop_assert!(false, "{recorded:?} {replayed:?}"),
            }
        }
        replay.verify();
    }
}
