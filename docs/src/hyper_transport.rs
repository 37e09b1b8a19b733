//! A complete transport over another HTTP stack: hyper's own client.
//!
//! It speaks plain HTTP, for a server on this machine. For HTTPS put the connector of `hyper-rustls` or
//! `hyper-tls` in the place of [`HttpConnector`]; nothing else changes.

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use seam_core::{
    Body, Bytes, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, async_trait,
};

/// Sends requests with hyper's client.
#[derive(Clone, Debug)]
pub struct HyperTransport {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl HyperTransport {
    /// A transport with a pool of connections of its own.
    #[must_use]
    pub fn new() -> Self {
        let client = Client::builder(TokioExecutor::new())
            // Whether a request may be sent again is not for a transport to say.
            .retry_canceled_requests(false)
            .build_http();
        Self { client }
    }
}

impl Default for HyperTransport {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let limit = request.response_limit();
        let request = request.map(|body| Full::new(body.into_bytes()));
        let response = self.client.request(request).await.map_err(|error| {
            let sent = if error.is_connect() { TransportErrorKind::NotSent } else { TransportErrorKind::Interrupted };
            TransportError::new(sent, error)
        })?;

        let (head, body) = response.into_parts();
        let body = Limited::new(body, limit).collect().await.map_err(|error| {
            let kind =
                if error.is::<LengthLimitError>() { TransportErrorKind::TooLarge } else { TransportErrorKind::Body };
            TransportError::new(kind, error).with_response(head.status, &head.headers)
        })?;
        Ok(Response::from_parts(head, Body::from(body.to_bytes())))
    }
}
