//! One page of a list.

use seam_model::Pagination;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// One page of a list.
///
/// It is serialized as an object with `items`, and `pagination` where the server sent it.
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
    /// Where the page stands in the list. Servers that do not page leave it out, and then this
    /// page is the whole list.
    pub pagination: Option<Pagination>,
}

impl<T> Page<T> {
    /// Creates a page of a list, for tests. `Page::from(items)` is the only page of one.
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

    /// The cursor that asks for the next page; `None` on the last one.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        match self.next() {
            Next::Page(cursor) => Some(cursor),
            Next::End | Next::Unclear => None,
        }
    }

    /// What follows. `has_next_page` decides, and where it is absent or not a boolean, the cursor does.
    pub(crate) fn next(&self) -> Next<'_> {
        let Some(pagination) = &self.pagination else { return Next::End };
        // A query leaves an empty text out, and that would be the first page again.
        let cursor = pagination.next_page_cursor.as_deref().filter(|cursor| !cursor.is_empty());
        // What came in the place of the one or the other, or of both.
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

/// What follows a page.
pub(crate) enum Next<'a> {
    /// Nothing.
    End,
    /// The page at this cursor.
    Page(&'a str),
    /// Another page that cannot be asked for; or it cannot be read whether there is one.
    Unclear,
}

impl<T> From<Vec<T>> for Page<T> {
    /// The last page of a list, or the only one.
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
