//! The route of the OpenAPI document.

use std::sync::LazyLock;

use seam_core::{
    Body, Bytes, Request, Response,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::json::{object, set};

/// Returns the OpenAPI document in the form that Seam publishes, with this fake as its server, if the request is for it.
pub(crate) fn openapi(request: &Request) -> Option<Response> {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
        let mut document = object(seam_spec::published_openapi());
        set(&mut document, "servers", json!([{ "url": "/" }]));
        // Serializing it for each request would be the most expensive unauthenticated request.
        Value::Object(document).to_string().into()
    });
    if request.uri().path() != "/openapi.json" || request.method() != Method::GET {
        return None;
    }
    let mut response = Response::new(Body::from(DOCUMENT.clone()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}
