//! reqwest with the middleware of `reqwest-middleware` as a transport.

use std::error::Error;

use reqwest_middleware::{ClientWithMiddleware, Error as ClientError};
use seam_core::{
    Body, Request, RequestExt, Response, Transport, TransportError,
    TransportErrorKind::{self, Interrupted, NotSent, TooLarge},
    async_trait, http,
};

/// A transport over a client with middleware. The client must not follow redirects, and neither reqwest nor a middleware
/// may retry: `redirect(Policy::none())`, `retry(reqwest::retry::never())`, no `reqwest-retry`.
#[derive(Clone, Debug)]
pub struct MiddlewareTransport(pub ClientWithMiddleware);

#[async_trait]
impl Transport for MiddlewareTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let limit = request.response_limit();
        let request = reqwest::Request::try_from(request.map(Body::into_bytes))
            .map_err(|error| TransportError::new(NotSent, error.without_url()))?;
        let mut response = self.0.execute(request).await.map_err(|error| {
            let kind = if error.is_connect() || was_refused(&error) { NotSent } else { Interrupted };
            TransportError::new(kind, error.without_url())
        })?;

        let content_length = response.content_length().unwrap_or(0);
        let mut body = Vec::new();
        loop {
            let failed = match response.chunk().await {
                Ok(Some(chunk)) if chunk.len() <= limit - body.len() => {
                    body.extend_from_slice(&chunk);
                    continue;
                }
                Ok(Some(_)) => TooLarge.into(),
                Ok(None) if body.len() as u64 >= content_length => break,
                // hyper treats an HTTP/2 stream that is reset with NO_ERROR as the end of the body.
                Ok(None) => TransportErrorKind::Body.into(),
                Err(error) => TransportError::new(TransportErrorKind::Body, error.without_url()),
            };
            return Err(failed.with_response(response.status(), response.headers()));
        }
        let mut complete = http::Response::new(Body::from(body));
        *complete.status_mut() = response.status();
        *complete.headers_mut() = std::mem::take(response.headers_mut());
        Ok(complete)
    }
}

/// Returns whether an HTTP/2 server reported that it did not process the request.
fn was_refused(error: &ClientError) -> bool {
    let ClientError::Reqwest(error) = error else { return false };
    let chain = std::iter::successors(error.source(), |&error| error.source());
    let mut errors = chain.filter_map(|error| error.downcast_ref::<h2::Error>());
    errors.any(|error| error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM)))
}
