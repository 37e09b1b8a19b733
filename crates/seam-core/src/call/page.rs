//! One page of a list.

use seam_model::Pagination;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// One page of a list.
///
/// A page is serialized as an object with `items` and, if the server sent it, `pagination`.
///
/// ```
/// use seam_core::Page;
///
/// let page = Page::from(vec!["a", "b"]);
/// assert_eq!((page.len(), page.iter().next()), (2, Some(&"a")));
/// assert_eq!(serde_json::to_string(&page)?, r#"{"items":["a","b"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The position of the page in the list. Servers without pagination omit it, and then this page is the whole list.
    pub pagination: Option<Pagination>,
}

impl<T> Page<T> {
    /// Creates a page of a list, for tests. `Page::from(items)` creates the only page of a list.
    #[must_use]
    pub fn new(items: Vec<T>, pagination: Option<Pagination>) -> Self {
        Self { items, pagination }
    }

    /// Returns the number of items on this page.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether the page has no items. The next one may have some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns an iterator over the items of this page.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// Returns the cursor of the next page; `None` on the last one.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        match self.next() {
            Next::Page(cursor) => Some(cursor),
            Next::End | Next::Unclear => None,
        }
    }

    /// Returns the continuation of the list after this page, by `has_next_page` or, if that is absent or not a boolean,
    /// by the cursor.
    pub(crate) fn next(&self) -> Next<'_> {
        let Some(pagination) = &self.pagination else { return Next::End };
        // A query omits an empty string, which would request the first page again.
        let cursor = pagination.next_page_cursor.as_deref().filter(|cursor| !cursor.is_empty());
        // Unexpected values of the members, or of the whole object, are in `extra`.
        let is_odd =
            ["has_next_page", "next_page_cursor", "pagination"].iter().any(|name| pagination.extra.get(name).is_some());
        match (pagination.has_next_page, cursor) {
            (Some(false), _) => Next::End,
            (_, Some(cursor)) => Next::Page(cursor),
            (Some(true), None) => Next::Unclear,
            (None, None) if is_odd => Next::Unclear,
            (None, None) => Next::End,
        }
    }
}

/// The continuation of a list after a page.
pub(crate) enum Next<'a> {
    /// The list ends.
    End,
    /// Another page follows, at this cursor.
    Page(&'a str),
    /// Another page follows but cannot be requested, or it is unknown whether one follows.
    Unclear,
}

impl<T> From<Vec<T>> for Page<T> {
    /// Creates the last page of a list, or the only one.
    fn from(items: Vec<T>) -> Self {
        Self::new(items, None)
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

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = if self.pagination.is_some() { 2 } else { 1 };
        let mut page = serializer.serialize_struct("Page", length)?;
        page.serialize_field("items", &self.items)?;
        match &self.pagination {
            Some(pagination) => page.serialize_field("pagination", pagination)?,
            None => page.skip_field("pagination")?,
        }
        page.end()
    }
}
