//! One page of a list.

use seam_model::Pagination;

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
