//! Responses of every kind of endpoint. An input is a letter for the endpoint, and the responses.

use std::{fmt, time::Duration};

use seam_core::{
    Call, DEFAULT_ACTION_TIMEOUT, Endpoint, ErrorKind, Paged, Response, Seam, Servable, Spec, StartsAction,
    model::{ActionAttempt, Timestamp},
    to_response_object,
};
use serde_json::Value;

use crate::{
    exchange::{Bench, PIN, check_error, choice, json_response, noon, print_error, responses_in},
    json,
};

/// Sends a call to an endpoint, which receives the responses of the input.
///
/// The call never panics and always ends, an action is sent once, no error contains the API key or the PIN of the request, and
/// encoding a decoded value and decoding it again does not change it.
pub fn responses(input: &[u8]) {
    let (letter, rest) = choice(input);
    let responses = responses_in(rest);
    if let Some(call) = letter.checked_rem(ROUTES.len()).and_then(|index| ROUTES.get(index)) {
        call(&responses);
    }
}

const DEVICE: &str = "device-1";

fn since() -> Timestamp {
    Timestamp::from(noon())
}

/// The endpoints for the letters from `a` on. New endpoints are appended, so that the seeds keep their meaning.
const ROUTES: [fn(&[Response]); 26] = [
    // A required value.
    |responses| call(responses, |seam| seam.access_codes().unmanaged().get_by_code(DEVICE, PIN)),
    // An optional value.
    |responses| call(responses, |seam| seam.events().get("event-1")),
    // A page.
    |responses| call(responses, |seam| seam.access_codes().unmanaged().list(DEVICE)),
    // All pages.
    |responses| read_all_pages(responses, false, |seam| seam.access_codes().list().device_id(DEVICE)),
    |responses| read_all_pages(responses, true, |seam| seam.devices().list().limit(2)),
    // An action attempt, with and without waiting for it.
    |responses| call(responses, |seam| seam.locks().unlock_door(DEVICE)),
    |responses| wait(responses, |seam| seam.locks().unlock_door(DEVICE)),
    // No value.
    |responses| call(responses, |seam| seam.client_sessions().delete("session-1")),
    // A value with an action attempt beside it.
    |responses| call(responses, |seam| seam.access_codes().create(DEVICE).code(PIN)),
    |responses| wait(responses, |seam| seam.access_codes().create(DEVICE).code(PIN)),
    // An optional action attempt.
    |responses| call(responses, |seam| seam.access_codes().update("code-1").code(PIN)),
    |responses| wait(responses, |seam| seam.access_codes().update("code-1").code(PIN)),
    |responses| wait(responses, |seam| seam.access_codes().delete("code-1")),
    // An unpaginated list.
    |responses| call(responses, |seam| seam.access_codes().create_multiple([DEVICE]).code(PIN)),
    |responses| call(responses, |seam| seam.devices().list_device_providers()),
    // Large resources, and resources with secrets.
    |responses| call(responses, |seam| seam.devices().get(DEVICE)),
    |responses| call(responses, |seam| seam.devices().unmanaged().get(DEVICE)),
    |responses| call(responses, |seam| seam.access_codes().get_by_code(DEVICE, PIN)),
    |responses| call(responses, |seam| seam.client_sessions().create()),
    |responses| call(responses, |seam| seam.events().list().since(since())),
    |responses| call(responses, |seam| seam.action_attempts().get("attempt-1")),
    |responses| wait(responses, |seam| seam.action_attempts().get("attempt-1")),
    |responses| call(responses, |seam| seam.connected_accounts().get("account-1")),
    |responses| call(responses, |seam| seam.connect_webviews().get("webview-1")),
    |responses| call(responses, |seam| seam.workspaces().get()),
    |responses| call(responses, |seam| seam.webhooks().get("webhook-1")),
];

/// Sends a call.
fn call<E: Servable<Output: PartialEq + fmt::Debug>>(responses: &[Response], build: fn(&Seam) -> Call<E>) {
    let bench = Bench::new(responses);
    let result = build(&bench.seam).block();
    let count = bench.check_requests(E::SPEC, Duration::ZERO);
    assert_eq!(bench.paths().len(), count, "the call sent requests to other endpoints");
    match result {
        Ok(value) => {
            let last = count.checked_sub(1).and_then(|last| responses.get(last)).or(responses.last());
            if let Some(last) = last {
                assert!(last.status().is_success(), "a call with {} succeeded", last.status());
                assert_preserved(E::SPEC, last, &value);
            }
            assert_round_trip(build, &value);
        }
        Err(error) => {
            assert_eq!(error.attempts() as usize, count, "{error}");
            check_error(&bench, &error);
            if error.status().is_some_and(|status| status.is_success()) {
                assert_no_values_in_error(build, error.body().map(AsRef::as_ref).unwrap_or_default());
            }
        }
    }
}

/// Sends the call again with a marker instead of each string and number, and checks that the error contains no marker.
fn assert_no_values_in_error<E: Endpoint>(build: fn(&Seam) -> Call<E>, body: &[u8]) {
    let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return };
    // Errors contain names of fields, which may equal the marker.
    if body.to_string().contains(MARKER) {
        return;
    }
    mark(&mut body);
    let bench = Bench::new(&[json_response(body.to_string().into_bytes())]);
    if let Err(error) = build(&bench.seam).block() {
        let printed = print_error(&error);
        assert!(!printed.contains(MARKER), "an error quotes a value: {printed}");
    }
}

const MARKER: &str = "5150515051";

fn mark(value: &mut Value) {
    match value {
        Value::String(text) => *text = format!("text, expected {MARKER}"),
        Value::Number(number) => *number = MARKER.parse().unwrap_or_else(|_| number.clone()),
        Value::Array(items) => items.iter_mut().for_each(mark),
        Value::Object(members) => members.values_mut().for_each(mark),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Sends a call, and waits for the action.
fn wait<E: Servable + StartsAction<Output: PartialEq + fmt::Debug>>(
    responses: &[Response],
    build: fn(&Seam) -> Call<E>,
) {
    let bench = Bench::new(responses);
    let result = build(&bench.seam).and_wait().block();
    if E::SPEC.path() != POLL_PATH {
        let count = bench.check_requests(E::SPEC, DEFAULT_ACTION_TIMEOUT);
        assert!(
            bench.paths().iter().take(count).all(|path| *path == E::SPEC.path()),
            "the first requests are not the action"
        );
        assert!(bench.paths().iter().skip(count).all(|path| *path == POLL_PATH), "the later requests are not polls");
    }
    match result {
        Ok(value) => assert_round_trip(build, &value),
        Err(error) => {
            check_error(&bench, &error);
            let is_started = matches!(
                error.kind(),
                ErrorKind::ActionFailed | ErrorKind::ActionPending | ErrorKind::ActionStatusUnknown
            );
            assert!(!is_started || error.action_attempt().is_some(), "the error has no action attempt: {error}");
        }
    }
}

const POLL_PATH: &str = "/action_attempts/get";

/// Reads all pages of a list.
fn read_all_pages<E: Servable + Paged<Output: PartialEq + fmt::Debug, Item: Unpin>>(
    responses: &[Response],
    prefetches: bool,
    build: fn(&Seam) -> Call<E>,
) {
    call(responses, build);
    let bench = Bench::new(responses);
    let items = build(&bench.seam).items();
    let items = if prefetches { items.prefetch() } else { items };
    let mut is_over = false;
    for item in items.blocking() {
        assert!(!is_over, "an item follows an error");
        if let Err(error) = item {
            check_error(&bench, &error);
            is_over = true;
        }
    }
    // A repeated cursor ends the list, and so does the repeated last response. Each page may be requested three times.
    assert!(bench.paths().len() <= 3 * (responses.len() + 1), "{} requests", bench.paths().len());
}

/// Checks that encoding the value restores the response, as far as the endpoint decodes it.
fn assert_preserved<T: seam_core::ServableOutput>(spec: &Spec, response: &Response, value: &T) {
    let Some(Value::Object(sent)) = json::unambiguous(response.body().as_ref()) else { return };
    let Ok(written) = to_response_object(spec, value) else { panic!("a response cannot be encoded") };
    if let Some(key) = spec.response_key().name() {
        let mut sent = sent.get(key).cloned().filter(|sent| !sent.is_null());
        // Lists of objects skip other items.
        if let Some(Value::Array(items)) = &mut sent {
            items.retain(Value::is_object);
        }
        match (&sent, written.get(key)) {
            (Some(sent), Some(written)) => json::assert_same(sent, written, key),
            (sent, written) => assert_eq!(sent.as_ref(), written, "{key}"),
        }
    }
    if let (Some(sent @ Value::Object(_)), Some(written)) = (sent.get("pagination"), written.get("pagination")) {
        json::assert_same(sent, written, "pagination");
    }
}

/// Checks that an encoded value is decoded to an equal value.
fn assert_round_trip<E: Servable<Output: PartialEq + fmt::Debug>>(build: fn(&Seam) -> Call<E>, value: &E::Output) {
    let Ok(written) = to_response_object(E::SPEC, value) else { panic!("a response cannot be encoded") };
    let body = Value::Object(written.clone()).to_string();
    let bench = Bench::new(&[json_response(body.into_bytes())]);
    let again = match build(&bench.seam).block() {
        Ok(again) => again,
        Err(error) => panic!("an encoded response cannot be decoded: {error}"),
    };
    assert_eq!(again, *value, "an encoded value is decoded to another value");
    assert_eq!(to_response_object(E::SPEC, &again).ok(), Some(written), "encoding is not stable");
    // Decoding the typed result must not panic.
    if let Some(attempt) = (value as &dyn std::any::Any).downcast_ref::<ActionAttempt>() {
        let _ = format!("{:?}", attempt.typed_result());
    }
}
