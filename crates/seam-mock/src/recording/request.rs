//! The parts of a request that a cassette records.

use seam_core::{
    Idempotency, Request, RequestExt, Spec,
    http::Method,
    test_util::{self, SecretMask},
};
use serde_json::{Map, Value};

use super::{document::RecordedRequest, scrub::Scrubber};

/// The spec of requests without a known endpoint.
const UNKNOWN: &Spec = &Spec::new(Method::GET, "", Idempotency::NonIdempotent);

/// The header with the workspace, for credentials that are valid in several.
const WORKSPACE: &str = "seam-workspace";

/// Reads a request, including secrets.
pub(crate) fn read(request: &Request) -> RecordedRequest {
    let spec = request.spec();
    // Without the path of the base URL, which differs between environments.
    let path = spec.map_or_else(|| request.uri().path(), |spec| spec.path());
    let parameters = test_util::parameters(spec.unwrap_or(UNKNOWN), request).unwrap_or_else(|_| {
        let bytes = format!("{} bytes", request.body().len());
        Map::from_iter([("(body)".to_owned(), bytes.into())])
    });
    let workspace = request.headers().get(WORKSPACE).and_then(|id| id.to_str().ok());
    RecordedRequest {
        method: request.method().to_string(),
        path: path.to_owned(),
        workspace: workspace.map(str::to_owned),
        parameters: Value::Object(parameters),
    }
}

/// Returns the request without secrets.
pub(crate) fn scrubbed(request: &RecordedRequest, scrubber: &mut Scrubber, own: &SecretMask) -> RecordedRequest {
    let parameters = request.parameters.as_object().cloned().unwrap_or_default();
    RecordedRequest {
        path: own.mask_identifier(&request.path),
        parameters: scrubber.parameters(&request.path, parameters, own),
        ..request.clone()
    }
}
