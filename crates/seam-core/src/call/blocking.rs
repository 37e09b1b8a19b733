//! Calls in programs without async: the thread blocks until the call is done.

use std::iter::FusedIterator;

use futures_core::Stream;

use crate::{Error, ErrorKind, Seam};

impl Seam {
    /// Runs a future of this client on the current thread, for programs without async. Use it for futures that have no
    /// method `block`, such as `seam.block(call.full_response())`.
    ///
    /// # Errors
    ///
    /// Returns the errors of `future`, and [`ErrorKind::InvalidConfiguration`] when the client does not [allow
    /// blocking](crate::Builder::allow_blocking).
    pub fn block<T>(&self, future: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
        run(self, future.into_future())
    }
}

/// Runs `future` on the current thread, if the client allows blocking.
pub(crate) fn run<T>(seam: &Seam, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    check(seam)?;
    pollster::block_on(future)
}

fn check(seam: &Seam) -> Result<(), Error> {
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        let message = "this platform has a single thread, which must not block; await the calls instead";
        return Err(Error::of_kind(ErrorKind::InvalidConfiguration, message));
    }
    if seam.may_block() {
        return Ok(());
    }
    let message = "this client does not allow blocking; await its calls, or create a client that does \
                   (see seam_reqwest::blocking)";
    Err(Error::of_kind(ErrorKind::InvalidConfiguration, message))
}

/// A blocking iterator over the pages or items of a list, or over watched events, for programs without async.
///
/// Created by [`Pages::blocking`](crate::Pages::blocking), [`Items::blocking`](crate::Items::blocking) and
/// [`Watch::blocking`](crate::Watch::blocking).
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct BlockingIter<S> {
    stream: S,
    /// The error of a client that does not allow blocking, which is the only item then.
    rejection: Option<Error>,
    is_over: bool,
}

impl<S> BlockingIter<S> {
    pub(crate) fn new(seam: &Seam, stream: S) -> Self {
        let rejection = check(seam).err();
        Self { stream, is_over: rejection.is_some(), rejection }
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }
}

/// The streams are fused too.
impl<T, S: Stream<Item = Result<T, Error>> + Unpin> FusedIterator for BlockingIter<S> {}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> Iterator for BlockingIter<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return self.rejection.take().map(Err);
        }
        let stream = &mut self.stream;
        pollster::block_on(std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context)))
    }
}
