//! Responses belong to their requests: a response with another resource than the request is an error, on every route
//! whose response repeats parameters.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests assert by panicking")]

#[path = "every_request/all.rs"]
mod all;
#[path = "support/mod.rs"]
mod client;
#[path = "../../seam-model/tests/support/mod.rs"]
mod support;

use client::{CODE_ID, Recorder, answer, everything_printed, ok, run};
use seam_core::{ENDPOINTS, Error, ErrorKind, Idempotency, ParameterKind, Servable};
use serde_json::{Value, json};
use support::{CANARY, Mode, Sampler};

/// Checks a route with these parameters, whose response is `answer` with the repeated parameters.
type Check = fn(&Value, &Value);

fn check<E: Servable>(parameters: &Value, answer: &Value) {
    let (spec, key) = (E::SPEC, E::SPEC.response_key().name().unwrap());
    let mut parameters = parameters.clone();
    // The API description types some ids as strings, which may contain spaces.
    for parameter in spec.parameters() {
        if parameters.get(parameter.name).is_none() {
            continue;
        }
        match parameter.kind {
            ParameterKind::Id => parameters[parameter.name] = json!(format!("{CODE_ID}-{}", parameter.name)),
            ParameterKind::ListOf(ParameterKind::Id) => parameters[parameter.name] = json!([CODE_ID]),
            _ => {}
        }
    }
    let sent: Vec<(&str, &str)> =
        spec.echoes().iter().filter_map(|name| Some((*name, parameters[*name].as_str()?))).collect();
    let right = sent.iter().fold(answer.clone(), |mut answer, (name, value)| {
        answer[*name] = json!(value);
        answer
    });
    let call = |answer: &Value| {
        let request: E = serde_json::from_value(parameters.clone()).unwrap();
        run(Recorder::new([ok(&json!({ key: answer, "ok": true }))]).client().call(request)).map(drop)
    };
    let is_mismatch =
        |error: &Error, name: &str| error.to_string().contains(&format!("{key}.{name}: differs from the request"));
    call(&right).unwrap();
    for (name, value) in &sent {
        let answered = |value: Value| {
            let mut answer = right.clone();
            answer[*name] = value;
            call(&answer)
        };
        for other in [format!("{CANARY}-{value}"), format!("{value}{CANARY}"), CANARY.to_owned(), String::new()] {
            let error = answered(json!(other)).unwrap_err();
            let expected = match spec.idempotency() {
                Idempotency::NonIdempotent => ErrorKind::OutcomeUnknown,
                _ => ErrorKind::InvalidResponse,
            };
            assert_eq!(error.kind(), expected, "{error}");
            assert_eq!(error.may_have_been_applied(), spec.idempotency() != Idempotency::ReadOnly);
            assert!(is_mismatch(&error, name), "{} {name}: {error}", spec.path());
            assert!(!everything_printed(&error).contains(CANARY), "{error}");
        }
        // Seam returns ids in lower case, regardless of the case in the request.
        let is_id = spec.parameters().iter().any(|known| known.name == *name && known.kind == ParameterKind::Id);
        let folded = answered(json!(value.to_ascii_uppercase()));
        assert_eq!(folded.is_ok(), is_id || *value == value.to_ascii_uppercase(), "{} {name}", spec.path());
        // A value that is absent, or not a string, is not compared.
        for nothing in [Value::Null, json!(7), json!([CANARY]), json!({ "x": CANARY })] {
            if let Err(error) = answered(nothing) {
                assert!(!is_mismatch(&error, name), "{} {name}: {error}", spec.path());
            }
        }
    }
}

#[test]
fn a_response_with_another_resource_is_invalid() {
    let mut checked = Vec::new();
    for (path, check) in all::all() {
        let spec = ENDPOINTS.iter().find(|spec| spec.path() == path).unwrap();
        if spec.echoes().is_empty() {
            continue;
        }
        for round in 0..support::variants(&seam_spec::api().route(path).unwrap().parameters) {
            let mut sampler = Sampler::new(Mode::Full, u64::try_from(round).unwrap());
            sampler.round = round;
            check(&sampler.parameters(path), &sampler.answer(path));
        }
        checked.extend(spec.echoes().iter().map(|name| format!("{path} {name}")));
    }
    for known in ["/devices/get device_id", "/events/get event_id", "/action_attempts/get action_attempt_id"] {
        assert!(checked.iter().any(|route| route == known), "{known}");
    }
    assert!(checked.len() > 45, "{checked:?}");
}

/// Each route that returns one resource by its id compares that id.
#[test]
fn every_get_by_id_is_compared() {
    for spec in ENDPOINTS.iter().filter(|spec| spec.path().ends_with("/get")) {
        let Some(key) = spec.response_key().name() else { panic!("{}", spec.path()) };
        let own = format!("{key}_id");
        let takes_it = spec.parameters().iter().any(|parameter| parameter.name == own);
        assert_eq!(takes_it, spec.echoes().contains(&own.as_str()), "{}", spec.path());
    }
}

/// The response has the new code, not the replaced one.
#[test]
fn a_backup_code_may_have_another_id() {
    let answer = ok(&json!({ "access_code": { "access_code_id": "backup" } }));
    let code = run(Recorder::new([answer]).client().access_codes().pull_backup_access_code("26d6")).unwrap();
    assert_eq!(code.access_code_id.as_str(), "backup");
}

/// The response to another request may contain an action attempt, which must not be taken for that of this request.
#[test]
fn the_attempt_of_another_action_is_not_returned() {
    let answer = json!({
        "access_code": { "access_code_id": "c2", "device_id": "back" },
        "action_attempt": { "action_attempt_id": "a2", "action_type": "CREATE_ACCESS_CODE", "status": "success" },
    });
    for waits in [false, true] {
        let seam = Recorder::new([ok(&answer)]).client();
        let call = seam.access_codes().create("front");
        let error = if waits { run(call.and_wait()) } else { run(call) }.unwrap_err();
        assert_eq!((error.kind(), error.action_attempt_id()), (ErrorKind::OutcomeUnknown, None), "{error}");
        assert!(error.message().contains("access_code.device_id: differs from the request"), "{error}");
    }
}

/// The id of the request at another place in the response, or another value at the same, proves nothing about the resource.
#[test]
fn an_id_that_is_repeated_elsewhere_does_not_hide_another_one() {
    let get = |body: &str| {
        let body = body.replace("CODE", CODE_ID);
        run(Recorder::new([answer(200, body)]).client().access_codes().get(CODE_ID)).map(drop)
    };
    for right in [
        r#"{"access_code":{"access_code_id":"CODE"}}"#,
        r#"{"access_code":{"access_code_id" : "CODE"}}"#,
        r#"{"access_code":{"access_code\u005fid":"CODE","name":"a \"b\""}}"#,
        r#"{"access_code":{"access_code_id":"other","access_code_id":"CODE"}}"#,
        r#"{"access_code":{"access_code_id":"CODE","x":{"access_code_id":"other"}},"access_code_id":"other"}"#,
    ] {
        get(right).unwrap();
    }
    for wrong in [
        r#"{"access_code":{"access_code_id":"other"},"access_code_id":"CODE"}"#,
        r#"{"access_code_id":"CODE","access_code":{"access_code_id":"other"}}"#,
        r#"{"access_code":{"x":{"access_code_id":"CODE"},"access_code_id":"other"}}"#,
        r#"{"access_code":{"access_code_id":"CODE","access_code_id":"other"}}"#,
        r#"{"access_code":{"access_code_id":"CODE","access_code_id" :"other"}}"#,
        r#"{"access_code":{"x":{"access_code_id":"CODE"},"access_code\u005fid":"other"}}"#,
        r#"{"access_code":{"x":{"access_code_id":"CODE"},"access_code_id":"other \u0022"}}"#,
    ] {
        let error = get(wrong).unwrap_err();
        assert!(error.message().contains("access_code.access_code_id: differs from the request"), "{wrong}: {error}");
    }
}
