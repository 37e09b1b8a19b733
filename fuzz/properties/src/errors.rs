//! Error responses, compared with a second implementation of the rules.

use std::collections::BTreeMap;

use seam_core::{
    Call, ERROR_BODY_LIMIT, Endpoint, Error, ErrorKind, Idempotency, MAX_VALIDATION_MESSAGES, Response, Seam,
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde_json::Value;

use crate::exchange::{Bench, KEY, PIN, check_error, choice, responses_in};

/// Decodes an error. An input is a letter for the endpoint, and a response. A successful status is replaced by 400.
///
/// The error has the fields of the response, by the rules of this file, and never contains the API key or the PIN.
pub fn errors(input: &[u8]) {
    let (letter, rest) = choice(input);
    let Some(mut response) = responses_in(rest).into_iter().next() else { return };
    if response.status().is_success() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    match letter % 3 {
        0 => call(&response, |seam| seam.access_codes().unmanaged().get_by_code("device-1", PIN)),
        1 => call(&response, |seam| seam.access_codes().create("device-1").code(PIN)),
        _ => call(&response, |seam| seam.devices().update("device-1")),
    }
}

fn call<E: Endpoint>(response: &Response, build: fn(&Seam) -> Call<E>) {
    let bench = Bench::new(std::slice::from_ref(response));
    let Err(error) = build(&bench.seam).block() else { panic!("a call with {} succeeded", response.status()) };
    bench.check_requests(E::SPEC, std::time::Duration::ZERO);
    check_error(&bench, &error);
    assert_eq!(error.status(), Some(response.status()));
    let is_kept = response.body().len() <= ERROR_BODY_LIMIT;
    assert_eq!(error.body(), Some(response.body()).filter(|_| is_kept), "the error has another body than the response");

    let status = response.status();
    let is_read = is_json(response) && response.body().len() <= ERROR_BODY_LIMIT;
    // A body that `Value` rejects, such as one with a number out of range, may still be a Seam error.
    if is_read && serde_json::from_slice::<Value>(response.body().as_ref()).is_err() {
        return;
    }
    let parsed = if is_read { ParsedError::parse(response.body().as_ref()) } else { None };
    let is_ambiguous = is_ambiguous(status, parsed.is_some());
    let kind = match &parsed {
        _ if is_ambiguous && E::SPEC.idempotency() == Idempotency::NonIdempotent => ErrorKind::OutcomeUnknown,
        _ if status == StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
        Some(_) => ErrorKind::Api,
        None => ErrorKind::UnexpectedStatus,
    };
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.is_not_found(), status == StatusCode::NOT_FOUND && parsed.is_some(), "{error}");
    if kind == ErrorKind::OutcomeUnknown {
        return;
    }
    assert_request_id(&error, response, parsed.as_ref());
    let Some(parsed) = parsed else {
        assert!(error.validation_errors().is_empty() && error.error_type().is_none() && error.data().is_none());
        return;
    };
    // A string with redacted secrets or escaped characters differs from the original. `check_error` has checked it.
    let key = KEY.to_lowercase();
    let (head, _) = key.split_at(8);
    let (_, tail) = key.split_at(key.len() - 8);
    let is_plain = |text: &str| {
        let lower = text.to_lowercase();
        let is_printed =
            text.len() <= 200 && text.chars().all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation());
        is_printed && ![head, tail, &PIN.to_lowercase()].iter().any(|secret| lower.contains(secret))
    };
    if is_plain(&parsed.message) {
        assert_eq!(error.message(), parsed.message);
        assert!(error.to_string().contains(&parsed.message), "{error}");
    }
    if is_plain(&parsed.kind) {
        assert_eq!(error.error_type(), Some(&*parsed.kind));
    }
    let count: usize = parsed.validation.values().map(Vec::len).sum();
    if count <= MAX_VALIDATION_MESSAGES
        && parsed.validation.iter().all(|(name, messages)| is_plain(name) && messages.iter().all(|text| is_plain(text)))
    {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, message) in error.validation_errors().iter() {
            found.entry(name.to_owned()).or_default().push(message.to_owned());
        }
        assert_eq!(found, parsed.validation);
    }
    assert_eq!(error.data(), parsed.data);
}

/// Returns whether an action may have been executed after this status. A status that HTTP does not define comes from an
/// intermediary, unless the body is a Seam error.
fn is_ambiguous(status: StatusCode, is_of_seam: bool) -> bool {
    match status.as_u16() {
        307 | 308 => false,
        408 => true,
        400..=499 => !is_of_seam && status.canonical_reason().is_none(),
        _ => true,
    }
}

fn is_json(response: &Response) -> bool {
    let Some(value) = response.headers().get(CONTENT_TYPE) else { return true };
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

fn assert_request_id(error: &Error, response: &Response, parsed: Option<&ParsedError>) {
    let header = response.headers().get("seam-request-id").and_then(|id| id.to_str().ok());
    let expected = header.or(parsed.and_then(|parsed| parsed.request_id.as_deref()));
    if expected.is_none_or(|id| id.len() <= 200 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    {
        assert_eq!(error.request_id(), expected);
    }
}

/// The fields of a Seam error.
struct ParsedError {
    kind: String,
    message: String,
    request_id: Option<String>,
    validation: BTreeMap<String, Vec<String>>,
    data: Option<Value>,
}

impl ParsedError {
    fn parse(body: &[u8]) -> Option<Self> {
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

/// Collects the messages in the lists `_errors`, by the path of names that leads to each list.
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
