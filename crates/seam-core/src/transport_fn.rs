//! A transport that calls an async closure.

use std::{any::type_name, fmt};

use async_trait::async_trait;

use crate::{Request, Response, Transport, TransportError};

/// Returns a [`Transport`] that sends each request by calling `send`.
///
/// A complete middleware, with [`Builder::wrap`](crate::Builder::wrap):
///
/// ```
/// use std::sync::Arc;
///
/// use seam_core::{RequestExt, Transport, transport_fn};
///
/// # fn example(builder: seam_core::Builder) -> seam_core::Builder {
/// builder.wrap(|inner| {
///     transport_fn(move |request| {
///         let inner = Arc::clone(&inner);
///         async move {
///             let path = request.spec().map_or("", |spec| spec.path());
///             let result = inner.send(request).await;
///             println!("{path}: {:?}", result.as_ref().map(|response| response.status()));
///             result
///         }
///     })
/// })
/// # }
/// ```
///
/// [`Transport`] documents the contract of `send`.
pub fn transport_fn<F, Fut>(send: F) -> TransportFn<F>
where
    F: Fn(Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, TransportError>> + Send,
{
    TransportFn(send)
}

/// A [`Transport`] created by [`transport_fn`].
#[derive(Clone, Copy)]
pub struct TransportFn<F>(F);

#[async_trait]
impl<F, Fut> Transport for TransportFn<F>
where
    F: Fn(Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, TransportError>> + Send,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (self.0)(request).await
    }
}

impl<F> fmt::Debug for TransportFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransportFn({})", type_name::<F>())
    }
}
