//! A transport as a tower service.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http_body::Body;
use http_body_util::{BodyExt, Full};
use seam_core::{Bytes, Transport, TransportError, TransportErrorKind, http};
use tower_service::Service;

use crate::BoxError;

/// A [`Transport`] as a [`Service`], for tower layers, or for programs that send requests through a service.
///
/// It is always ready. The body of a request is read before the request is sent; if reading fails, nothing was sent.
/// The body of a response is held in memory, limited to [`response_limit`](seam_core::RequestExt::response_limit)
/// bytes. Dropping the future of a call ends the exchange. Clones share the transport.
///
/// ```
/// use seam_core::{Bytes, http};
/// use seam_fake::FakeSeam;
/// use seam_tower::TransportService;
/// use tower::ServiceExt;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The in-memory Seam, for code that sends HTTP requests through a service without this SDK.
/// let service = TransportService::new(FakeSeam::new());
/// let request = http::Request::get("https://connect.getseam.com/devices/list")
///     .header("authorization", format!("Bearer {}", seam_fake::API_KEY))
///     .body(http_body_util::Empty::<Bytes>::new())?;
/// assert_eq!(service.oneshot(request).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TransportService {
    transport: Arc<dyn Transport>,
}

impl TransportService {
    /// Creates a service that sends requests through `transport`.
    pub fn new(transport: impl Transport) -> Self {
        Self { transport: Arc::new(transport) }
    }
}

impl<B> Service<http::Request<B>> for TransportService
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = http::Response<Full<Bytes>>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let transport = Arc::clone(&self.transport);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| TransportError::new(TransportErrorKind::NotSent, error))?;
            let response = transport.send(http::Request::from_parts(head, body.to_bytes().into())).await?;
            Ok(response.map(|body| Full::new(body.into_bytes())))
        })
    }
}
