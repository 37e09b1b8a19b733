//! isahc as a transport: libcurl with an async API for every runtime.

use std::thread;

use futures_util::AsyncReadExt;
use isahc::{
    HttpClient,
    config::{Configurable, ExpectContinue, RedirectPolicy, VersionNegotiation},
    error::ErrorKind,
};
use seam_core::{
    Body, Request, RequestExt, Response, Transport, TransportError,
    TransportErrorKind::{self, Interrupted, NotSent, TooLarge},
    async_trait,
    http::{StatusCode, header::CONTENT_LENGTH},
};

/// A transport over isahc.
#[derive(Clone, Copy, Debug, Default)]
pub struct IsahcTransport;

#[async_trait]
impl Transport for IsahcTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let limit = request.response_limit();
        let client = HttpClient::builder()
            // libcurl sends a request again if a reused connection ends without a response, so no connection is reused.
            .connection_cache_size(0)
            .version_negotiation(VersionNegotiation::http11())
            .redirect_policy(RedirectPolicy::None)
            .automatic_decompression(false)
            .expect_continue(ExpectContinue::disabled());
        let client = CloseOnDrop(Some(client.build().map_err(|error| TransportError::new(NotSent, error))?));
        let Some(open) = &client.0 else { return Err(NotSent.into()) };
        let response = open.send_async(request.map(|body| body.into_bytes().to_vec())).await.map_err(|error| {
            let is_not_sent = matches!(
                error.kind(),
                ErrorKind::NameResolution | ErrorKind::ConnectionFailed | ErrorKind::BadServerCertificate
            );
            TransportError::new(if is_not_sent { NotSent } else { Interrupted }, error)
        })?;

        let (head, body) = response.into_parts();
        let mut read = Vec::new();
        let result = body.take(limit as u64 + 1).read_to_end(&mut read).await;
        let content_length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let has_body = ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status);
        let failed = match result {
            Err(error) => TransportError::new(TransportErrorKind::Body, error),
            Ok(_) if read.len() > limit => TooLarge.into(),
            // libcurl treats a truncated head as a complete response without a body.
            Ok(_) if has_body && content_length.unwrap_or(1_usize) > read.len() => TransportErrorKind::Body.into(),
            Ok(_) => return Ok(Response::from_parts(head, Body::from(read))),
        };
        Err(failed.with_response(head.status, &head.headers))
    }
}

/// Closes the connection when the exchange ends or its future is dropped. isahc does not close it when only a request is dropped.
/// The client is dropped on a thread, because that waits for libcurl, and libcurl for the resolver.
struct CloseOnDrop(Option<HttpClient>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        let client = self.0.take();
        // If no thread can be started, the client is dropped here.
        drop(thread::Builder::new().spawn(move || drop(client)));
    }
}
