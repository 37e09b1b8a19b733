//! Where one page of a list stands among all pages.

use crate::{Extra, Link, json_object};

/// Where a page stands in its list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pagination {
    /// Whether there are more items after this page.
    pub has_next_page: bool,
    /// The cursor that asks for the next page; absent on the last one.
    pub next_page_cursor: Option<String>,
    /// The address of the next page. This library never follows it: it asks for the next page by
    /// the cursor, at the address and with the credentials that it was given. A secret, since it
    /// repeats the parameters of the request, and a text that was searched for may be a PIN.
    pub next_page_url: Option<Link>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    Pagination { has_next_page: bool } [next_page_cursor, next_page_url] extra
}
