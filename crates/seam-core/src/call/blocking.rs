//! Calls without async: a thread waits for what an async program would await.

use std::iter::FusedIterator;

use futures_core::Stream;

use crate::{Error, ErrorKind, Seam};

impl Seam {
    /// Runs what this client is to do on this thread, for programs without async: what has no `block()` of its
    /// own, such as `seam.block(call.full_response())`.
    ///
    /// # Errors
    ///
    /// Those of `future`, and [`ErrorKind::InvalidConfiguration`] when the client does not
    /// [allow to block](crate::Builder::allow_blocking).
    pub fn block<T>(&self, future: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
        run(self, future.into_future())
    }
}

/// Runs `future` on this thread, if the client allows it.
pub(crate) fn run<T>(seam: &Seam, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    check(seam)?;
    pollster::block_on(future)
}

fn check(seam: &Seam) -> Result<(), Error> {
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        let message = "this platform has one thread, which cannot wait for itself: await the calls instead";
        return Err(Error::of_kind(ErrorKind::InvalidConfiguration, message));
    }
    if seam.may_block() {
        return Ok(());
    }
    let message = "this client needs an async runtime: await its calls, or make one that may block \
                   (seam_reqwest::blocking has them)";
    Err(Error::of_kind(ErrorKind::InvalidConfiguration, message))
}

/// The pages or items of a list, or watched events, for programs without async: an iterator that waits on this thread.
///
/// Made by [`Pages::blocking`](crate::Pages::blocking), [`Items::blocking`](crate::Items::blocking) and
/// [`Watch::blocking`](crate::Watch::blocking).
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct BlockingIter<S> {
    stream: S,
    /// The error to return first, and then nothing.
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

/// The streams stay ended too.
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
