//! Lists that come in pages: one page, all pages, or all items.

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

/// The most empty pages in a row that a list may have and go on; after them it fails with
/// [`InvalidResponse`](ErrorKind::InvalidResponse).
pub const MAX_EMPTY_PAGES: usize = 100;

impl<E: Paged> Call<E> {
    /// One page: the one that the request asks for, which is the first unless it has a page cursor. It is what
    /// awaiting the call gives.
    ///
    /// # Errors
    ///
    /// Those of awaiting the call.
    pub async fn page(self) -> Result<Page<E::Item>, Error> {
        self.await
    }

    /// All pages, one after another, beginning with the one that the request asks for.
    pub fn pages(self) -> Pages<E> {
        Pages::new(self)
    }

    /// The items of all pages, one after another.
    pub fn items(self) -> Items<E> {
        Items::new(self.pages())
    }
}

/// All pages of a list: a [`Stream`], with a [`next`](Self::next) of its own for programs that do
/// without stream extensions.
///
/// Every page is asked for with the same parameters and the cursor of the page before. A page is
/// requested when it is polled for, not earlier, unless [`prefetch`](Self::prefetch) says so. After an error the
/// stream ends; [`next_cursor`](Self::next_cursor) tells where to go on.
///
/// A list whose cursors repeat or cannot be sent, or that has more than [`MAX_EMPTY_PAGES`] empty pages in a row, fails
/// with [`InvalidResponse`](ErrorKind::InvalidResponse).
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<E: Paged> {
    seam: Seam,
    state: State<E>,
    does_prefetch: bool,
    /// Whether what is being fetched was asked for before anybody waited for it.
    is_ahead: bool,
    /// How many pages there have been, and how many of the last ones were empty.
    read: usize,
    empty: usize,
    seen: SeenCursors,
    /// What the page was asked for with that was given last, and the one that comes next.
    current_cursor: Option<String>,
    next_cursor: Option<String>,
}

/// Remembers cursors by their hashes, with random keys: a server can neither fill the memory nor find two with one hash.
#[derive(Default)]
struct SeenCursors {
    keys: RandomState,
    hashes: HashSet<u64>,
}

impl SeenCursors {
    /// Returns whether the cursor is new.
    fn insert(&mut self, cursor: &str) -> bool {
        self.hashes.insert(self.keys.hash_one(cursor))
    }
}

type Fetched<E> = (Call<E>, Result<FullResponse<Page<<E as Paged>::Item>>, Error>);

enum State<E: Paged> {
    Ready(Call<E>),
    Fetching(Pin<Box<dyn Future<Output = Fetched<E>> + Send>>),
    /// The next page came before it was polled for.
    Fetched(Box<Fetched<E>>),
    /// The last page was given, and then it turned out that the list cannot go on.
    Failed(Error),
    Done,
}

impl<E: Paged> State<E> {
    /// Gets ahead with the next page; with `start`, also if it has not been asked for yet.
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
        // A list may begin at a cursor, which a later page must not lead back to.
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

    /// Asks for the next page as soon as there is a page to use, and not only when that is used up.
    ///
    /// The request goes out at once. With an HTTP stack that works in the background, as reqwest does, the answer begins to
    /// come in meanwhile; with any other it goes on when the stream is polled. A page whose time ran out before
    /// it was polled for is asked for once more when it is needed, unless the call is [without retries](Call::without_retries).
    pub fn prefetch(mut self) -> Self {
        self.does_prefetch = true;
        self
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Page<E::Item>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The cursor of the page that [`next`](Self::next) gives, also when it failed to. Keep it, and the list can
    /// be resumed there with the setter `page_cursor` and the same parameters. `None` before the first page of a list
    /// that begins without a cursor, and after the last one.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// Collects the pages up to the end of the list. Reads the whole list into memory, see [`Items::try_collect`].
    ///
    /// # Errors
    ///
    /// The first error of the list. The pages before it are dropped.
    pub async fn try_collect<C: Default + Extend<Page<E::Item>>>(mut self) -> Result<C, Error> {
        let mut collection = C::default();
        while let Some(page) = self.next().await {
            collection.extend([page?]);
        }
        Ok(collection)
    }

    /// The pages for a program without async.
    pub fn blocking(self) -> BlockingIter<Self> {
        BlockingIter::new(&self.seam.clone(), self)
    }

    /// The state after a page: done, ready for the next one, or stuck.
    fn advance(&mut self, mut call: Call<E>, response: &FullResponse<Page<E::Item>>) -> State<E> {
        let invalid = |problem: &str| {
            State::Failed(response.origin.error(ErrorKind::InvalidResponse, &format!("invalid response: {problem}")))
        };
        self.read += 1;
        self.current_cursor = self.next_cursor.take();
        self.empty = if response.value.items.is_empty() { self.empty + 1 } else { 0 };
        match response.value.next() {
            Next::End => State::Done,
            Next::Unclear => invalid("there may be a next page, but there is no cursor to ask for it"),
            Next::Page(cursor) if !self.seen.insert(cursor) => {
                invalid("the cursor of the next page is one that was used before, so the list would never end")
            }
            Next::Page(_) if self.empty > MAX_EMPTY_PAGES => {
                invalid(&format!("more than {MAX_EMPTY_PAGES} pages in a row are empty, so the list may never end"))
            }
            Next::Page(cursor) => {
                call.request_mut().set_page_cursor(cursor.to_owned());
                // The request was valid with another cursor.
                if call.to_request().is_err_and(|error| error.kind() == ErrorKind::InvalidRequest) {
                    return invalid(&format!("the cursor of the next page, of {} bytes, cannot be sent", cursor.len()));
                }
                self.next_cursor = Some(cursor.to_owned());
                State::Ready(call)
            }
        }
    }

    /// Gets ahead with a page that was asked for before it is needed.
    fn drive(&mut self, start: bool, context: &mut Context<'_>) {
        self.state = std::mem::replace(&mut self.state, State::Done).drive(start, context);
    }
}

// No field is ever pinned in place: the future lies in a box of its own.
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
                    // Its time ran out while nobody read it, which is not the server's fault.
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

/// The items of all pages of a list: a [`Stream`], with a [`next`](Self::next) of its own for
/// programs that do without stream extensions.
///
/// A page is requested when the items of the page before are used up, unless [`prefetch`](Self::prefetch) says
/// otherwise. After an error the stream ends.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<E: Paged> {
    pages: Pages<E>,
    page: std::vec::IntoIter<E::Item>,
    /// How many items may follow.
    left: usize,
}

impl<E: Paged> Items<E> {
    pub(crate) fn new(pages: Pages<E>) -> Self {
        Self { pages, page: Vec::new().into_iter(), left: usize::MAX }
    }

    /// Asks for the next page while the items of one are used, see [`Pages::prefetch`].
    pub fn prefetch(mut self) -> Self {
        self.pages = self.pages.prefetch();
        self
    }

    /// The next item; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<E::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The cursor of the page that the last item was on; `None` on the first page. A list that is resumed there, with the
    /// setter `page_cursor` and the same parameters, misses nothing, and gives the items of that page again.
    #[must_use]
    pub fn page_cursor(&self) -> Option<&str> {
        self.pages.current_cursor.as_deref()
    }

    /// Ends the list after `count` items. A page that holds none of them is not requested.
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
    /// The collection holds the whole list: bound a long one with [`take`](Self::take), and its time with the timeout of your
    /// runtime, since each page has the timeout of a call for itself.
    ///
    /// # Errors
    ///
    /// The first error of the list. The items before it are dropped; where they matter, use [`next`](Self::next).
    pub async fn try_collect<C: Default + Extend<E::Item>>(mut self) -> Result<C, Error> {
        let mut collection = C::default();
        while let Some(item) = self.next().await {
            collection.extend([item?]);
        }
        Ok(collection)
    }

    /// The items for a program without async.
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
    /// The cursor of the page that comes next, see [`Pages::next_cursor`].
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.stream().next_cursor()
    }
}

impl<E: Paged> BlockingIter<Items<E>> {
    /// The cursor of the page that the last item was on, see [`Items::page_cursor`].
    #[must_use]
    pub fn page_cursor(&self) -> Option<&str> {
        self.stream().page_cursor()
    }
}
