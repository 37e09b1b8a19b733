//! Responses whose status says that it failed, against a second reading of the rules.

use std::collections::BTreeMap;

use seam_core::{
    Call, ERROR_BODY_LIMIT, Endpoint, Error, ErrorKind, Idempotency, MAX_VALIDATION_MESSAGES, Response, Seam,
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde_json::Value;

use crate::exchange::{Bench, KEY, PIN, choice, judge_error, responses_in};

/// Reads an error. An input is a letter for the endpoint, and a response; one with a status of success becomes a 400.
///
/// The error says what Seam says, by the rules as they are written down here, and never the key or the PIN.
pub fn errors(input: &[u8]) {
    let (letter, rest) = choice(input);
    let Some(mut answer) = responses_in(rest).into_iter().next() else { return };
    if answer.status().is_success() {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    match letter % 3 {
        0 => ask(&answer, |seam| seam.access_codes().unmanaged().get_by_code("device-1", PIN)),
        1 => ask(&answer, |seam| seam.access_codes().create("device-1").code(PIN)),
        _ => ask(&answer, |seam| seam.devices().update("device-1")),
    }
}

fn ask<E: Endpoint>(answer: &Response, make: fn(&Seam) -> Call<E>) {
    let bench = Bench::new(std::slice::from_ref(answer));
    let Err(error) = make(&bench.seam).block() else { panic!("{} is no success", answer.status()) };
    bench.judge(E::SPEC, std::time::Duration::ZERO);
    judge_error(&bench, &error);
    assert_eq!(error.status(), Some(answer.status()));
    let is_kept = answer.body().len() <= ERROR_BODY_LIMIT;
    assert_eq!(error.body(), Some(answer.body()).filter(|_| is_kept), "the bytes are at hand");

    let status = answer.status();
    let is_read = is_json(answer) && answer.body().len() <= ERROR_BODY_LIMIT;
    // What the reader of trees refuses, a number out of range say, may still be an error of Seam's.
    if is_read && serde_json::from_slice::<Value>(answer.body().as_ref()).is_err() {
        return;
    }
    let said = if is_read { Said::read(answer.body().as_ref()) } else { None };
    let leaves_open = leaves_open(status, said.is_some());
    let kind = match &said {
        _ if leaves_open && E::SPEC.idempotency() == Idempotency::NonIdempotent => ErrorKind::OutcomeUnknown,
        _ if status == StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
        Some(_) => ErrorKind::Api,
        None => ErrorKind::UnexpectedStatus,
    };
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.is_not_found(), status == StatusCode::NOT_FOUND && said.is_some(), "{error}");
    if kind == ErrorKind::OutcomeUnknown {
        return;
    }
    assert_request_id(&error, answer, said.as_ref());
    let Some(said) = said else {
        assert!(error.validation_errors().is_empty() && error.error_type().is_none() && error.data().is_none());
        return;
    };
    // Where secrets are replaced, or characters escaped, the string is another one, and it was checked that it has none.
    let key = KEY.to_lowercase();
    let (head, _) = key.split_at(8);
    let (_, tail) = key.split_at(key.len() - 8);
    let is_plain = |text: &str| {
        let lower = text.to_lowercase();
        let is_printed =
            text.len() <= 200 && text.chars().all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation());
        is_printed && ![head, tail, &PIN.to_lowercase()].iter().any(|secret| lower.contains(secret))
    };
    if is_plain(&said.message) {
        assert_eq!(error.message(), said.message);
        assert!(error.to_string().contains(&said.message), "{error}");
    }
    if is_plain(&said.kind) {
        assert_eq!(error.error_type(), Some(&*said.kind));
    }
    let count: usize = said.validation.values().map(Vec::len).sum();
    if count <= MAX_VALIDATION_MESSAGES
        && said.validation.iter().all(|(name, messages)| is_plain(name) && messages.iter().all(|text| is_plain(text)))
    {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, message) in error.validation_errors().iter() {
            found.entry(name.to_owned()).or_default().push(message.to_owned());
        }
        assert_eq!(found, said.validation);
    }
    assert_eq!(error.data(), said.data);
}

/// Whether an action may have been carried out. A number that HTTP does not know comes from a server in between, unless an
/// error of Seam's is in the body.
fn leaves_open(status: StatusCode, is_of_seam: bool) -> bool {
    match status.as_u16() {
        307 | 308 => false,
        408 => true,
        400..=499 => !is_of_seam && status.canonical_reason().is_none(),
        _ => true,
    }
}

fn is_json(answer: &Response) -> bool {
    let Some(value) = answer.headers().get(CONTENT_TYPE) else { return true };
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

fn assert_request_id(error: &Error, answer: &Response, said: Option<&Said>) {
    let header = answer.headers().get("seam-request-id").and_then(|id| id.to_str().ok());
    let expected = header.or(said.and_then(|said| said.request_id.as_deref()));
    if expected.is_none_or(|id| id.len() <= 200 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    {
        assert_eq!(error.request_id(), expected);
    }
}

/// What an error of Seam's says.
struct Said {
    kind: String,
    message: String,
    request_id: Option<String>,
    validation: BTreeMap<String, Vec<String>>,
    data: Option<Value>,
}

impl Said {
    fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get("error")?;
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut validation = BTreeMap::new();
        if let Some(errors) = error.get("validation_errors") {
            flatten(&mut Vec::new(), errors, &mut validation);
        }
        Some(Self {
            kind: text("type")?,
            message: text("message")?,
            request_id: text("request_id"),
            validation,
            data: error.get("data").cloned(),
        })
    }
}

/// Every list `_errors` holds the messages about the names that lead to it.
fn flatten<'a>(names: &mut Vec<&'a str>, errors: &'a Value, found: &mut BTreeMap<String, Vec<String>>) {
    let Value::Object(errors) = errors else { return };
    for (name, value) in errors {
        match value {
            Value::Array(messages) if name == "_errors" => {
                let messages: Vec<String> = messages.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                if !messages.is_empty() {
                    found.entry(names.join(".")).or_default().extend(messages);
                }
            }
            _ => {
                names.push(name);
                flatten(names, value, found);
                names.pop();
            }
        }
    }
}
