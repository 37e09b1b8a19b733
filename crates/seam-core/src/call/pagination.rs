//! Paginated lists: one page, all pages, or all items.

use std::{
    collections::HashSet,
    fmt,
    future::poll_fn,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use crate::{BlockingIter, Call, Error, ErrorKind, FullResponse, Page, Paged, Seam, call::page::Next};

/// The maximum number of consecutive empty pages of a list. A list with more of them fails with
/// [`InvalidResponse`](ErrorKind::InvalidResponse).
pub const MAX_EMPTY_PAGES: usize = 100;

impl<E: Paged> Call<E> {
    /// Returns one page: the one at the page cursor of the request, or the first. Awaiting the call returns the same.
    ///
    /// # Errors
    ///
    /// Returns the same errors as awaiting the call.
    pub async fn page(self) -> Result<Page<E::Item>, Error> {
        self.await
    }

    /// Returns a stream of the pages, beginning with the one at the page cursor of the request, or the first.
    pub fn pages(self) -> Pages<E> {
        Pages::new(self)
    }

    /// Returns a stream of the items of all pages.
    pub fn items(self) -> Items<E> {
        Items::new(self.pages())
    }
}

/// A [`Stream`] of the pages of a list, with an inherent method [`next`](Self::next) for programs without `StreamExt`.
///
/// Every page is requested with the same parameters and the cursor of the previous page. A page is requested when the
/// stream is polled, or earlier with [`prefetch`](Self::prefetch). The stream ends after an error;
/// [`next_cursor`](Self::next_cursor) returns the cursor to resume at.
///
/// A list whose cursors repeat or cannot be sent, or that has more than [`MAX_EMPTY_PAGES`] consecutive empty pages,
/// fails with [`InvalidResponse`](ErrorKind::InvalidResponse).
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<E: Paged> {
    seam: Seam,
    state: State<E>,
    does_prefetch: bool,
    /// Whether the page that is being fetched was requested before the stream was polled for it.
    is_ahead: bool,
    /// The number of pages that were read, and of empty ones since the last with items.
    read: usize,
    empty: usize,
    seen: SeenCursors,
    /// The cursors of the page that was returned last and of the next one.
    current_cursor: Option<String>,
    next_cursor: Option<String>,
}

/// The cursors seen so far, as keyed hashes: a server can neither exhaust the memory nor construct a collision.
#[derive(Default)]
struct SeenCursors {
    keys: RandomState,
    hashes: HashSet<u64>,
}

impl SeenCursors {
    /// Adds a cursor and returns whether it is new.
    fn insert(&mut self, cursor: &str) -> bool {
        self.hashes.insert(self.keys.hash_one(cursor))
    }
}

type Fetched<E> = (Call<E>, Result<FullResponse<Page<<E as Paged>::Item>>, Error>);

enum State<E: Paged> {
    Ready(Call<E>),
    Fetching(Pin<Box<dyn Future<Output = Fetched<E>> + Send>>),
    /// The next page was received before the stream was polled for it.
    Fetched(Box<Fetched<E>>),
    /// The last page was returned, and the list cannot be continued.
    Failed(Error),
    Done,
}

impl<E: Paged> State<E> {
    /// Drives the fetch of the next page, which is started first if `start` is set.
    fn drive(self, start: bool, context: &mut Context<'_>) -> Self {
        let mut fetch = match self {
            Self::Ready(call) if start => Box::pin(async move {
                let page = call.send().await;
                (call, page)
            }),
            Self::Fetching(fetch) => fetch,
            other => return other,
        };
        match fetch.as_mut().poll(context) {
            Poll::Ready(fetched) => Self::Fetched(Box::new(fetched)),
            Poll::Pending => Self::Fetching(fetch),
        }
    }
}

impl<E: Paged> Pages<E> {
    pub(crate) fn new(call: Call<E>) -> Self {
        let next_cursor = call.request().page_cursor().map(str::to_owned);
        // A list may begin at a cursor, to which no later page may return.
        let mut seen = SeenCursors::default();
        if let Some(cursor) = &next_cursor {
            seen.insert(cursor);
        }
        Self {
            seam: call.seam().clone(),
            does_prefetch: false,
            is_ahead: false,
            read: 0,
            empty: 0,
            seen,
            current_cursor: next_cursor.clone(),
            next_cursor,
            state: State::Ready(call),
        }
    }

    /// Requests the next page as soon as a page is returned, rather than when that page is used up.
    ///
    /// The request is sent at once. An HTTP stack with background tasks, such as reqwest, receives the response
    /// meanwhile; any other makes progress only when the stream is polled. If processing a page takes longer than the
    /// timeout of the next one, that page is requested again, unless the call is [without
    /// retries](Call::without_retries).
    pub fn prefetch(mut self) -> Self {
        self.does_prefetch = true;
        self
    }

    /// Returns the next page; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Page<E::Item>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the cursor of the page that [`next`](Self::next) requests next, or whose request failed. To resume the
    /// list there, set it as the `page_cursor` of a list with the same parameters. `None` before the first page of a
    /// list that begins without a cursor, and after the last one.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// Collects the pages up to the end of the list. Reads the whole list into memory, see [`Items::try_collect`].
    ///
    /// # Errors
    ///
    /// Returns the first error of the list. The pages before it are dropped.
    pub async fn try_collect<C: Default + Extend<Page<E::Item>>>(mut self) -> Result<C, Error> {
        let mut collection = C::default();
        while let Some(page) = self.next().await {
            collection.extend([page?]);
        }
        Ok(collection)
    }

    /// Returns the pages as a blocking iterator, for programs without async.
    pub fn blocking(self) -> BlockingIter<Self> {
        BlockingIter::new(&self.seam.clone(), self)
    }

    /// Returns the state after a page: done, ready for the next one, or failed.
    fn advance(&mut self, mut call: Call<E>, response: &FullResponse<Page<E::Item>>) -> State<E> {
        let invalid = |problem: &str| {
            State::Failed(response.origin.error(ErrorKind::InvalidResponse, &format!("invalid response: {problem}")))
        };
        self.read += 1;
        self.current_cursor = self.next_cursor.take();
        self.empty = if response.value.items.is_empty() { self.empty + 1 } else { 0 };
        match response.value.next() {
            Next::End => State::Done,
            Next::Unclear => invalid("there may be a next page, but the response has no cursor for it"),
            Next::Page(cursor) if !self.seen.insert(cursor) => {
                invalid("the cursor of the next page was used before, so the list would never end")
            }
            Next::Page(_) if self.empty > MAX_EMPTY_PAGES => {
                invalid(&format!("more than {MAX_EMPTY_PAGES} consecutive pages are empty, so the list may never end"))
            }
            Next::Page(cursor) => {
                call.request_mut().set_page_cursor(cursor.to_owned());
                // The request was valid with the previous cursor, so an error is due to this one.
                if call.to_request().is_err_and(|error| error.kind() == ErrorKind::InvalidRequest) {
                    return invalid(&format!("the cursor of the next page, of {} bytes, cannot be sent", cursor.len()));
                }
                self.next_cursor = Some(cursor.to_owned());
                State::Ready(call)
            }
        }
    }

    /// Drives the fetch of a page before the stream is polled for it.
    fn drive(&mut self, start: bool, context: &mut Context<'_>) {
        self.state = std::mem::replace(&mut self.state, State::Done).drive(start, context);
    }
}

// No field is structurally pinned: the future is boxed.
impl<E: Paged> Unpin for Pages<E> {}

impl<E: Paged> Stream for Pages<E> {
    type Item = Result<Page<E::Item>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.drive(true, context);
        match std::mem::replace(&mut self.state, State::Done) {
            State::Fetched(fetched) => {
                let (call, result) = *fetched;
                let was_ahead = std::mem::take(&mut self.is_ahead);
                if was_ahead && call.may_retry() && result.as_ref().is_err_and(Error::is_timeout) {
                    // The timeout passed while the program did not poll the stream, so the server is not at fault.
                    self.state = State::Ready(call);
                    return self.poll_next(context);
                }
                if let Ok(response) = &result {
                    self.state = self.advance(call, response);
                    if self.does_prefetch {
                        self.drive(true, context);
                        self.is_ahead = true;
                    }
                }
                Poll::Ready(Some(result.map(|response| response.value)))
            }
            State::Failed(error) => Poll::Ready(Some(Err(error))),
            State::Done => Poll::Ready(None),
            waiting => {
                self.is_ahead = false;
                self.state = waiting;
                Poll::Pending
            }
        }
    }
}

impl<E: Paged> fmt::Debug for Pages<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({}, {} read)", E::SPEC.path(), self.read)
    }
}

/// A [`Stream`] of the items of a list, with an inherent method [`next`](Self::next) for programs without `StreamExt`.
///
/// A page is requested when the items of the previous page are used up, or earlier with [`prefetch`](Self::prefetch).
/// The stream ends after an error.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<E: Paged> {
    pages: Pages<E>,
    page: std::vec::IntoIter<E::Item>,
    /// The maximum number of items that follow.
    left: usize,
}

impl<E: Paged> Items<E> {
    pub(crate) fn new(pages: Pages<E>) -> Self {
        Self { pages, page: Vec::new().into_iter(), left: usize::MAX }
    }

    /// Requests the next page while the items of a page are used, see [`Pages::prefetch`].
    pub fn prefetch(mut self) -> Self {
        self.pages = self.pages.prefetch();
        self
    }

    /// Returns the next item; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<E::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the cursor of the page of the last item; `None` on the first page. To resume the list there, set it as
    /// the `page_cursor` of a list with the same parameters, which skips no item and returns the items of that page
    /// again.
    #[must_use]
    pub fn page_cursor(&self) -> Option<&str> {
        self.pages.current_cursor.as_deref()
    }

    /// Ends the list after `count` items. Pages after those items are not requested.
    pub fn take(mut self, count: usize) -> Self {
        self.left = self.left.min(count);
        self
    }

    /// Collects the items up to the end of the list, into a `Vec`, a `HashSet` or any other collection.
    ///
    /// ```
    /// # async fn example(seam: seam_core::Seam) -> Result<(), seam_core::Error> {
    /// let devices: Vec<_> = seam.devices().list().items().try_collect().await?;
    /// let first_hundred: Vec<_> = seam.devices().list().items().take(100).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The collection holds the whole list in memory: bound its length with [`take`](Self::take), and its time with the
    /// timeout of your runtime, because the timeout of the call applies to each page.
    ///
    /// # Errors
    ///
    /// Returns the first error of the list. The items before it are dropped; to keep them, use [`next`](Self::next).
    pub async fn try_collect<C: Default + Extend<E::Item>>(mut self) -> Result<C, Error> {
        let mut collection = C::default();
        while let Some(item) = self.next().await {
            collection.extend([item?]);
        }
        Ok(collection)
    }

    /// Returns the items as a blocking iterator, for programs without async.
    pub fn blocking(self) -> BlockingIter<Self> {
        BlockingIter::new(&self.pages.seam.clone(), self)
    }
}

// As for `Pages`.
impl<E: Paged> Unpin for Items<E> {}

impl<E: Paged> Stream for Items<E> {
    type Item = Result<E::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        loop {
            if let Some(item) = self.page.next() {
                self.left -= 1;
                self.pages.drive(false, context);
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<E: Paged> fmt::Debug for Items<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.pages).finish()
    }
}

impl<E: Paged> BlockingIter<Pages<E>> {
    /// Returns the cursor of the next page, see [`Pages::next_cursor`].
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.stream().next_cursor()
    }
}

impl<E: Paged> BlockingIter<Items<E>> {
    /// Returns the cursor of the page of the last item, see [`Items::page_cursor`].
    #[must_use]
    pub fn page_cursor(&self) -> Option<&str> {
        self.stream().page_cursor()
    }
}
