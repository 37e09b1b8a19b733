//! Calls without async: a thread waits for what an async program would await.

use std::iter::FusedIterator;

use futures_core::Stream;

use crate::{Error, ErrorKind, Items, Paged, Pages, Seam};

/// Runs `future` on this thread, if the client allows it.
pub(crate) fn run<T>(seam: &Seam, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    check(seam)?;
    pollster::block_on(future)
}

fn check(seam: &Seam) -> Result<(), Error> {
    if seam.may_block() {
        return Ok(());
    }
    let message = "this client needs an async runtime: await its calls, or make one that may block \
                   (seam_reqwest::blocking has them)";
    Err(Error::of_kind(ErrorKind::InvalidConfiguration, message))
}

/// The pages or items of a list for programs without async: an iterator that waits on this thread.
///
/// Made by [`Pages::blocking`](crate::Pages::blocking) and [`Items::blocking`](crate::Items::blocking).
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct BlockingIter<S> {
    stream: S,
    /// The error to give first, and then nothing.
    refused: Option<Error>,
    is_over: bool,
}

impl<S> BlockingIter<S> {
    pub(crate) fn new(seam: &Seam, stream: S) -> Self {
        let refused = check(seam).err();
        Self { stream, is_over: refused.is_some(), refused }
    }
}

impl<E: Paged> BlockingIter<Pages<E>> {
    /// The cursor of the page that comes next, see [`Pages::next_cursor`].
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.stream.next_cursor()
    }
}

impl<E: Paged> BlockingIter<Items<E>> {
    /// The cursor of the page that the last item was on, see [`Items::page_cursor`].
    #[must_use]
    pub fn page_cursor(&self) -> Option<&str> {
        self.stream.page_cursor()
    }
}

/// The streams stay ended too.
impl<T, S: Stream<Item = Result<T, Error>> + Unpin> FusedIterator for BlockingIter<S> {}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> Iterator for BlockingIter<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return self.refused.take().map(Err);
        }
        let stream = &mut self.stream;
        pollster::block_on(std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context)))
    }
}
