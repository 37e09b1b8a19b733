//! Lists that come in pages: one page, all pages, or all items.

use std::{
    collections::HashSet,
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use seam_model::Pagination;

use crate::{Call, Error, ErrorKind, Paged};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Where the page stands in the list. Servers that do not page leave it out, and then this
    /// page is the whole list.
    pub pagination: Option<Pagination>,
}

impl<T> Page<T> {
    /// The cursor that asks for the next page; `None` on the last one.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.pagination.as_ref().filter(|page| page.has_next_page).and_then(|page| page.next_page_cursor.as_deref())
    }
}

impl<T> From<Vec<T>> for Page<T> {
    /// The last page of a list, or the only one.
    fn from(items: Vec<T>) -> Self {
        Self { items, pagination: None }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// All pages of a list: a [`Stream`], with a [`next`](Self::next) of its own for programs that do
/// without stream extensions.
///
/// Every page is asked for with the same parameters and the cursor of the page before. A page is
/// requested when it is polled for, not earlier. After an error the stream ends.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<E: Paged> {
    state: State<E>,
    /// How many pages there have been.
    read: usize,
    /// The cursors that have been used.
    seen: HashSet<String>,
}

type Fetch<E> = Pin<Box<dyn Future<Output = (Call<E>, Result<Page<<E as Paged>::Item>, Error>)> + Send>>;

enum State<E: Paged> {
    Ready(Call<E>),
    Fetching(Fetch<E>),
    /// The last page was given, and then it turned out that the list cannot go on.
    Failed(Error),
    Done,
}

impl<E: Paged> Pages<E> {
    pub(crate) fn new(call: Call<E>) -> Self {
        // A list may begin at a cursor, which a later page must not lead back to.
        let seen = call.request().page_cursor().map(str::to_owned).into_iter().collect();
        Self { state: State::Ready(call), read: 0, seen }
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Page<E::Item>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The state after `page`: done, ready for the next one, or stuck.
    fn advance(&mut self, mut call: Call<E>, page: &Page<E::Item>) -> Result<State<E>, Error> {
        let invalid = |problem: &str| {
            Err(Error::of_kind(ErrorKind::InvalidResponse, format!("invalid response: {problem}"))
                .of_operation(E::SPEC.method.clone(), E::SPEC))
        };
        self.read += 1;
        if !page.pagination.as_ref().is_some_and(|pagination| pagination.has_next_page) {
            return Ok(State::Done);
        }
        match page.next_cursor() {
            None => invalid("there is said to be a next page, but no cursor to ask for it"),
            Some(cursor) if !self.seen.insert(cursor.to_owned()) => {
                invalid("the cursor of the next page is one that was used before, so the list would never end")
            }
            Some(cursor) => {
                call.request_mut().set_page_cursor(cursor.to_owned());
                Ok(State::Ready(call))
            }
        }
    }
}

// No field is ever pinned in place: the future lies in a box of its own.
impl<E: Paged> Unpin for Pages<E> {}

impl<E: Paged> Stream for Pages<E> {
    type Item = Result<Page<E::Item>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut fetch = match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Poll::Ready(None),
            State::Failed(error) => return Poll::Ready(Some(Err(error))),
            State::Fetching(fetch) => fetch,
            State::Ready(call) => Box::pin(async move {
                let page = call.send().await;
                (call, page)
            }),
        };
        let Poll::Ready((call, page)) = fetch.as_mut().poll(context) else {
            self.state = State::Fetching(fetch);
            return Poll::Pending;
        };
        if let Ok(page) = &page {
            self.state = self.advance(call, page).unwrap_or_else(State::Failed);
        }
        Poll::Ready(Some(page))
    }
}

impl<E: Paged> fmt::Debug for Pages<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({}, {} read)", E::SPEC.path, self.read)
    }
}

/// The items of all pages of a list: a [`Stream`], with a [`next`](Self::next) of its own for
/// programs that do without stream extensions.
///
/// A page is requested when the items of the page before are used up. After an error the stream ends.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<E: Paged> {
    pages: Pages<E>,
    page: std::vec::IntoIter<E::Item>,
}

impl<E: Paged> Items<E> {
    pub(crate) fn new(pages: Pages<E>) -> Self {
        Self { pages, page: Vec::new().into_iter() }
    }

    /// The next item; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<E::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

// As for `Pages`.
impl<E: Paged> Unpin for Items<E> {}

impl<E: Paged> Stream for Items<E> {
    type Item = Result<E::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
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
