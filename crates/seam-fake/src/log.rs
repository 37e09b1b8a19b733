//! Log lines for requests and webhooks, without control characters and, unless values are enabled, without secrets.

use std::time::Duration;

use seam_core::{ParameterKind, Request, Spec, test_util};
use serde_json::Value;

use crate::{
    exchange::Ending,
    mask::{MASK, is_not_secret},
    routes::find_route,
};

/// Returns the line for a request: `GET /devices/get 200 1 ms request-000001 device_id=august_device_1`.
pub(crate) fn of_exchange(request: &Request, ending: &Ending, took: Duration, values: Values) -> String {
    let (outcome, id) = match ending {
        Ending::Response(response) => {
            (response.status().as_u16().to_string(), response.headers().get("seam-request-id"))
        }
        Ending::Truncated(response) => {
            (format!("{} truncated", response.status().as_u16()), response.headers().get("seam-request-id"))
        }
        Ending::Lost(_) => ("connection closed".to_owned(), None),
    };
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or("-");
    let path: String = request.uri().path().chars().take(200).collect();
    let mut line = format!("{} {path} {outcome} {} ms {id}", request.method(), took.as_millis());
    for parameter in parameters_of(request, values) {
        line.push(' ');
        line.push_str(&parameter);
    }
    escape(&line)
}

/// The parameter values that a line contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// Those that cannot be secret: identifiers, times, numbers and booleans.
    Masked,
    /// All values, for test data.
    Shown,
}

/// Escapes characters that control a terminal, start a new line, or change the text direction.
fn escape(line: &str) -> String {
    let is_active = |character: char| {
        character.is_control()
            || matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped = |character: char| {
        if is_active(character) { character.escape_unicode().collect() } else { character.to_string() }
    };
    line.chars().map(escaped).collect()
}

/// Returns the line for a webhook: `POST http://127.0.0.1:4000/hook 204 webhook msg_1`.
pub(crate) fn of_webhook(request: &Request, message_id: &str, status: &Result<u16, impl ToString>) -> String {
    let uri = request.uri();
    let outcome = status.as_ref().map_or_else(ToString::to_string, ToString::to_string);
    let host = uri.authority().map_or("-", seam_core::http::uri::Authority::as_str);
    // The part before an @ and the query may contain a password.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let scheme = uri.scheme_str().unwrap_or("-");
    escape(&format!("POST {scheme}://{host}{} {outcome} webhook {message_id}", uri.path()))
}

/// Returns the parameters of a request as `name=value`, with masked secrets.
pub(crate) fn masked_parameters(request: &Request) -> Vec<String> {
    parameters_of(request, Values::Masked)
}

fn parameters_of(request: &Request, values: Values) -> Vec<String> {
    find_route(request.uri().path()).map(|route| parameters(route.spec, request, values)).unwrap_or_default()
}

/// Returns the parameters that the route defines, as `name=value`.
fn parameters(spec: &Spec, request: &Request, values: Values) -> Vec<String> {
    let Ok(given) = test_util::parameters(spec, request) else { return Vec::new() };
    spec.parameters()
        .iter()
        .filter_map(|parameter| Some((parameter, given.get(parameter.name)?)))
        .map(|(parameter, value)| {
            let value = match (parameter.kind, value) {
                (ParameterKind::ListOf(_), Value::Array(items)) if values == Values::Masked => {
                    format!("[{}]", items.len())
                }
                (kind, value) if values == Values::Shown || is_not_secret(kind, value) => short(kind, value),
                _ => MASK.to_owned(),
            };
            format!("{}={value}", parameter.name)
        })
        .collect()
}

/// Returns the first 60 characters of a value; identifiers and times are not quoted.
fn short(kind: ParameterKind, value: &Value) -> String {
    let text = match (kind, value) {
        (ParameterKind::Id | ParameterKind::Time, Value::String(text)) => text.clone(),
        _ => value.to_string(),
    };
    text.chars().take(60).collect()
}
