//! A complete transport over another HTTP stack: the client of hyper-util.
//!
//! The connector determines the servers that it supports:
//! [`HttpConnector`](hyper_util::client::legacy::connect::HttpConnector) supports plain HTTP to a loopback server, an
//! `HttpsConnector` of `hyper-rustls` or `hyper-tls` supports Seam.

use std::fmt;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::{
    client::legacy::{Client, connect::Connect},
    rt::TokioExecutor,
};
use seam_core::{
    Body, Bytes, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, async_trait,
};

/// A transport over the client of hyper-util.
#[derive(Clone, Debug)]
pub struct HyperTransport<C> {
    client: Client<C, Full<Bytes>>,
}

impl<C: Connect + Clone> HyperTransport<C> {
    /// Creates a transport with its own connection pool.
    pub fn new(connector: C) -> Self {
        let client = Client::builder(TokioExecutor::new())
            // Only the caller knows whether a request may be sent again.
            .retry_canceled_requests(false)
            .build(connector);
        Self { client }
    }
}

#[async_trait]
impl<C: Connect + Clone + fmt::Debug + Send + Sync + 'static> Transport for HyperTransport<C> {
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
