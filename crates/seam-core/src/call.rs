//! A call: request data and a client. Awaiting it sends the request.

use std::{fmt, pin::Pin};

use crate::{Endpoint, Error, Items, Paged, Pages, Seam, parameters};

/// A request that is ready to be sent, and a future of its answer.
///
/// Setters add optional parameters; `.await` sends it. Dropping it before that sends nothing, and
/// dropping the future while it waits ends the exchange, which may by then have been carried out.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<E> {
    seam: Seam,
    pub(crate) request: E,
}

impl<E: Endpoint> Call<E> {
    pub(crate) fn new(seam: Seam, request: E) -> Self {
        Self { seam, request }
    }

    /// The request data.
    pub fn request(&self) -> &E {
        &self.request
    }

    pub(crate) fn request_mut(&mut self) -> &mut E {
        &mut self.request
    }

    /// Sends the request as it is now; it can be changed and sent again.
    pub(crate) async fn send(&self) -> Result<E::Output, Error> {
        let success = self.seam.exchange(E::SPEC, parameters::collect(&self.request)).await?;
        success.decode()
    }
}

impl<E: Paged> Call<E> {
    /// All pages, one after another, beginning with the one that the request asks for.
    pub fn pages(self) -> Pages<E> {
        Pages::new(self)
    }

    /// The items of all pages, one after another.
    pub fn items(self) -> Items<E> {
        Items::new(self.pages())
    }
}

impl<E: Endpoint> IntoFuture for Call<E> {
    type Output = Result<E::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.send().await })
    }
}

impl<E: fmt::Debug> fmt::Debug for Call<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.request).finish()
    }
}
