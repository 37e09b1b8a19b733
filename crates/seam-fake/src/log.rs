//! A line for each request, in which nothing is secret.

use std::time::Duration;

use seam_core::{ParameterKind, Request, Spec};
use serde_json::Value;

use crate::{exchange::Ending, routes::find_route};
use seam_core::test_util;

/// What stands for a value that may be secret.
const MASK: &str = "***";

/// `GET /devices/get 200 1 ms request-000001 device_id=august_device_1`.
pub(crate) fn of_exchange(request: &Request, ending: &Ending, took: Duration) -> String {
    let (outcome, id) = match ending {
        Ending::Response(response) => {
            (response.status().as_u16().to_string(), response.headers().get("seam-request-id"))
        }
        Ending::Truncated(response) => {
            (format!("{} broken off", response.status().as_u16()), response.headers().get("seam-request-id"))
        }
        Ending::Lost(_) => ("connection closed".to_owned(), None),
    };
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or("-");
    let path: String = request.uri().path().chars().take(200).collect();
    let mut line = format!("{} {path} {outcome} {} ms {id}", request.method(), took.as_millis());
    for parameter in masked_parameters(request) {
        line.push(' ');
        line.push_str(&parameter);
    }
    line
}

/// `POST http://127.0.0.1:4000/hook 204 webhook msg_1`.
pub(crate) fn of_webhook(request: &Request, message_id: &str, status: Option<u16>) -> String {
    let uri = request.uri();
    let outcome = status.map_or_else(|| "not delivered".to_owned(), |status| status.to_string());
    let host = uri.authority().map_or("-", seam_core::http::uri::Authority::as_str);
    // What is before an @ is a password, and a query may be one.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("POST {}://{host}{} {outcome} webhook {message_id}", uri.scheme_str().unwrap_or("-"), uri.path())
}

/// Returns the parameters of a request as `name=value`, with the values of those that cannot be secret.
pub(crate) fn masked_parameters(request: &Request) -> Vec<String> {
    find_route(request.uri().path()).map(|route| parameters(route.spec, request)).unwrap_or_default()
}

/// The parameters that the route knows, with the values of those that cannot be secret.
fn parameters(spec: &Spec, request: &Request) -> Vec<String> {
    let Ok(given) = test_util::parameters(spec, request) else { return Vec::new() };
    spec.parameters
        .iter()
        .filter_map(|parameter| Some((parameter, given.get(parameter.name)?)))
        .map(|(parameter, value)| {
            let value = match (parameter.kind, value) {
                (ParameterKind::Id | ParameterKind::Time, Value::String(text)) => text.chars().take(60).collect(),
                (ParameterKind::Boolean | ParameterKind::Integer | ParameterKind::Number, value) => value.to_string(),
                (ParameterKind::ListOf(_), Value::Array(values)) => format!("[{}]", values.len()),
                _ => MASK.to_owned(),
            };
            format!("{}={value}", parameter.name)
        })
        .collect()
}
