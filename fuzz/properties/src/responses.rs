//! The answers of every kind of endpoint. An input is a letter for the endpoint, and the responses.

use std::{fmt, time::Duration};

use seam_core::{
    Call, DEFAULT_ACTION_TIMEOUT, Endpoint, ErrorKind, Paged, Response, Seam, Servable, Spec, StartsAction,
    model::{ActionAttempt, Timestamp},
    to_response_object,
};
use serde_json::Value;

use crate::{
    exchange::{Bench, PIN, choice, everything_printed, json_response, judge_error, noon, responses_in},
    json,
};

/// Asks each kind of endpoint with what the input answers.
///
/// It never panics and never goes on for ever, an action is sent once, no error shows the key or the PIN of the
/// request, and what was read says the same when it is written, and when that is read again.
pub fn responses(input: &[u8]) {
    let (letter, rest) = choice(input);
    let answers = responses_in(rest);
    if let Some(ask) = letter.checked_rem(ROUTES.len()).and_then(|place| ROUTES.get(place)) {
        ask(&answers);
    }
}

const DEVICE: &str = "device-1";

fn since() -> Timestamp {
    Timestamp::from(noon())
}

/// From `a` on. New ones come last, so that the seeds keep their meaning.
const ROUTES: [fn(&[Response]); 26] = [
    // One value, which has to be there.
    |answers| ask(answers, |seam| seam.access_codes().unmanaged().get_by_code(DEVICE, PIN)),
    // One value, or none.
    |answers| ask(answers, |seam| seam.events().get("event-1")),
    // A page.
    |answers| ask(answers, |seam| seam.access_codes().unmanaged().list(DEVICE)),
    // All pages.
    |answers| ask_all(answers, false, |seam| seam.access_codes().list().device_id(DEVICE)),
    |answers| ask_all(answers, true, |seam| seam.devices().list().limit(2)),
    // An action attempt, with and without waiting for it.
    |answers| ask(answers, |seam| seam.locks().unlock_door(DEVICE)),
    |answers| wait(answers, |seam| seam.locks().unlock_door(DEVICE)),
    // Nothing.
    |answers| ask(answers, |seam| seam.client_sessions().delete("session-1")),
    // A value with an action attempt beside it.
    |answers| ask(answers, |seam| seam.access_codes().create(DEVICE).code(PIN)),
    |answers| wait(answers, |seam| seam.access_codes().create(DEVICE).code(PIN)),
    // An action attempt, or nothing.
    |answers| ask(answers, |seam| seam.access_codes().update("code-1").code(PIN)),
    |answers| wait(answers, |seam| seam.access_codes().update("code-1").code(PIN)),
    |answers| wait(answers, |seam| seam.access_codes().delete("code-1")),
    // A list without pages.
    |answers| ask(answers, |seam| seam.access_codes().create_multiple([DEVICE]).code(PIN)),
    |answers| ask(answers, |seam| seam.devices().list_device_providers()),
    // What is large, and what holds secrets.
    |answers| ask(answers, |seam| seam.devices().get(DEVICE)),
    |answers| ask(answers, |seam| seam.devices().unmanaged().get(DEVICE)),
    |answers| ask(answers, |seam| seam.access_codes().get_by_code(DEVICE, PIN)),
    |answers| ask(answers, |seam| seam.client_sessions().create()),
    |answers| ask(answers, |seam| seam.events().list().since(since())),
    |answers| ask(answers, |seam| seam.action_attempts().get("attempt-1")),
    |answers| wait(answers, |seam| seam.action_attempts().get("attempt-1")),
    |answers| ask(answers, |seam| seam.connected_accounts().get("account-1")),
    |answers| ask(answers, |seam| seam.connect_webviews().get("webview-1")),
    |answers| ask(answers, |seam| seam.workspaces().get()),
    |answers| ask(answers, |seam| seam.webhooks().get("webhook-1")),
];

/// Makes a call.
fn ask<E: Servable<Output: PartialEq + fmt::Debug>>(answers: &[Response], make: fn(&Seam) -> Call<E>) {
    let bench = Bench::new(answers);
    let result = make(&bench.seam).block();
    let count = bench.judge(E::SPEC, Duration::ZERO);
    assert_eq!(bench.paths().len(), count, "nothing else is asked for");
    match result {
        Ok(value) => {
            let last = count.checked_sub(1).and_then(|last| answers.get(last)).or(answers.last());
            if let Some(last) = last {
                assert!(last.status().is_success(), "{} is a success", last.status());
                assert_kept(E::SPEC, last, &value);
            }
            assert_repeats(make, &value);
        }
        Err(error) => {
            assert_eq!(error.attempts() as usize, count, "{error}");
            judge_error(&bench, &error);
            if error.status().is_some_and(|status| status.is_success()) {
                assert_quotes_nothing(make, error.body().map(AsRef::as_ref).unwrap_or_default());
            }
        }
    }
}

/// The same body with a marker for each of its texts and numbers: an error that says what is wrong shows none of them.
fn assert_quotes_nothing<E: Endpoint>(make: fn(&Seam) -> Call<E>, body: &[u8]) {
    let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return };
    // The names of fields lead to what is wrong, and may be anything.
    if body.to_string().contains(MARKER) {
        return;
    }
    mark(&mut body);
    let bench = Bench::new(&[json_response(body.to_string().into_bytes())]);
    if let Err(error) = make(&bench.seam).block() {
        let printed = everything_printed(&error);
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

/// Makes a call, and waits for the action.
fn wait<E: Servable + StartsAction<Output: PartialEq + fmt::Debug>>(answers: &[Response], make: fn(&Seam) -> Call<E>) {
    let bench = Bench::new(answers);
    let result = make(&bench.seam).and_wait().block();
    if E::SPEC.path() != LOOK {
        let count = bench.judge(E::SPEC, DEFAULT_ACTION_TIMEOUT);
        assert!(bench.paths().iter().take(count).all(|path| *path == E::SPEC.path()), "first of all comes the action");
        assert!(bench.paths().iter().skip(count).all(|path| *path == LOOK), "and then looking at it");
    }
    match result {
        Ok(value) => assert_repeats(make, &value),
        Err(error) => {
            judge_error(&bench, &error);
            let is_started = matches!(
                error.kind(),
                ErrorKind::ActionFailed | ErrorKind::ActionPending | ErrorKind::ActionStatusUnknown
            );
            assert!(!is_started || error.action_attempt().is_some(), "the error has the attempt: {error}");
        }
    }
}

const LOOK: &str = "/action_attempts/get";

/// Asks for all pages.
fn ask_all<E: Servable + Paged<Output: PartialEq + fmt::Debug, Item: Unpin>>(
    answers: &[Response],
    is_ahead: bool,
    make: fn(&Seam) -> Call<E>,
) {
    ask(answers, make);
    let bench = Bench::new(answers);
    let items = make(&bench.seam).items();
    let items = if is_ahead { items.prefetch() } else { items };
    let mut is_over = false;
    for item in items.blocking() {
        assert!(!is_over, "an error is the last of the items");
        if let Err(error) = item {
            judge_error(&bench, &error);
            is_over = true;
        }
    }
    // A cursor that comes again ends it, and so does an answer that is given for ever. Each page may be asked for thrice.
    assert!(bench.paths().len() <= 3 * (answers.len() + 1), "{} requests", bench.paths().len());
}

/// What was sent is what is written, as far as the endpoint reads it.
fn assert_kept<T: seam_core::ServableOutput>(spec: &Spec, answer: &Response, value: &T) {
    let Some(Value::Object(sent)) = json::unambiguous(answer.body().as_ref()) else { return };
    let Ok(written) = to_response_object(spec, value) else { panic!("an answer cannot be written") };
    if let Some(key) = spec.response_key().name() {
        let mut sent = sent.get(key).cloned().filter(|sent| !sent.is_null());
        // What is no object is left out of a list of objects.
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

/// What is written is read again as the same.
fn assert_repeats<E: Servable<Output: PartialEq + fmt::Debug>>(make: fn(&Seam) -> Call<E>, value: &E::Output) {
    let Ok(written) = to_response_object(E::SPEC, value) else { panic!("an answer cannot be written") };
    let body = Value::Object(written.clone()).to_string();
    let bench = Bench::new(&[json_response(body.into_bytes())]);
    let again = match make(&bench.seam).block() {
        Ok(again) => again,
        Err(error) => panic!("what was written cannot be read: {error}"),
    };
    assert_eq!(again, *value, "what is written is read as the same");
    assert_eq!(to_response_object(E::SPEC, &again).ok(), Some(written), "and written as the same");
    // Readers of attempts take them apart further.
    if let Some(attempt) = (value as &dyn std::any::Any).downcast_ref::<ActionAttempt>() {
        let _ = format!("{:?}", attempt.typed_result());
    }
}
