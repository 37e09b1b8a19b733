//! Lists of rows: pages with cursors, and unpaginated lists.

use std::hash::{DefaultHasher, Hash, Hasher};

use seam_core::{query, test_util::ApiFault};
use serde_json::{Value, json};

use super::filters::Filters;
use crate::{
    call::{Answer, Call, invalid},
    json::{Object, set},
    state::State,
    tables::Table,
    visibility::is_visible,
};

/// The name of the cursor in links to the next page, as in the official fake. A test suite of Seam expects it.
const NEXT_PAGE: &str = "next_page_cursor";

/// Renames the cursor of a link to a next page to the parameter of the routes.
pub(crate) fn read_link(parameters: &mut Object) {
    if let Some(cursor) = parameters.remove(NEXT_PAGE) {
        parameters.entry("page_cursor").or_insert(cursor);
    }
}

/// The default number of rows per page, unless the API description has another.
const DEFAULT_LIMIT: usize = 500;

/// Returns the requested page of the rows of a table for which `keep` returns `true` and that match the filters.
pub(crate) fn page(state: &State, call: &Call, table: &'static Table, keep: impl Fn(&Object) -> bool) -> Answer {
    page_ignoring(state, call, table, &[], keep)
}

/// Like [`page`], without the filters in `ignored`.
pub(crate) fn page_ignoring(
    state: &State,
    call: &Call,
    table: &'static Table,
    ignored: &[&str],
    keep: impl Fn(&Object) -> bool,
) -> Answer {
    page_dyn(state, call, table, ignored, &keep)
}

/// Like [`page_ignoring`], without a copy per closure.
fn page_dyn(
    state: &State,
    call: &Call,
    table: &'static Table,
    ignored: &[&str],
    keep: &dyn Fn(&Object) -> bool,
) -> Answer {
    let fingerprint = fingerprint(&call.parameters);
    let after = match call.string("page_cursor") {
        Some(cursor) => read_cursor(cursor, fingerprint)?,
        None => 0,
    };
    let limit = limit(call)?;
    let candidates: Box<dyn Iterator<Item = (u64, &Object)>> = match call.string("search") {
        Some(search) if !ignored.contains(&"search") => Box::new(state.table(table).search(after, search)),
        _ => Box::new(state.table(table).after(after)),
    };
    let filters = Filters::new(&call.parameters, ignored);
    let matching =
        candidates.filter(|(_, row)| keep(row) && is_visible(state, &call.caller, row) && filters.is_match(state, row));
    let mut rows: Vec<(u64, &Object)> = matching.take(limit.saturating_add(1)).collect();
    let has_next_page = rows.len() > limit;
    rows.truncate(limit);
    let cursor = rows.last().filter(|_| has_next_page).map(|(number, _)| format!("page-{fingerprint:016x}-{number}"));
    let url = cursor.as_ref().and_then(|cursor| {
        let mut parameters = call.parameters.clone();
        parameters.remove("page_cursor");
        set(&mut parameters, NEXT_PAGE, cursor.as_str());
        let query = query::to_string(&parameters).ok()?;
        Some(format!("{}{}?{query}", state.base_url, call.spec.path()))
    });
    let rows = || rows.iter().map(|(_, row)| Value::Object((*row).clone())).collect();
    let pagination = json!({ "has_next_page": has_next_page, "next_page_cursor": cursor, "next_page_url": url });
    Ok(call.answer_fields(|name| if name == "pagination" { pagination.clone() } else { Value::Array(rows()) }))
}

/// Returns the number of rows per page.
fn limit(call: &Call) -> Result<usize, ApiFault> {
    match call.number("limit") {
        Some(limit) if limit <= 0.0 => return Err(invalid("limit", "Number must be greater than 0")),
        Some(limit) if limit.fract() != 0.0 => return Err(invalid("limit", "Expected integer, received float")),
        _ => {}
    }
    if let Some(limit) = call.parameters.get("limit").and_then(Value::as_u64) {
        return Ok(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if !call.spec.is_paginated() {
        return Ok(usize::MAX);
    }
    let described = call.described.parameters.fields().find(|field| field.name == "limit");
    let default = described.and_then(|field| field.schema.default_value()).and_then(|value| value.parse().ok());
    Ok(default.unwrap_or(DEFAULT_LIMIT))
}

/// Returns a hash of the parameters of a list, to detect a cursor of another list.
fn fingerprint(parameters: &Object) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, value) in parameters.iter().filter(|(name, value)| *name != "page_cursor" && !value.is_null()) {
        (name, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Returns the number of the last row before a cursor.
fn read_cursor(cursor: &str, fingerprint: u64) -> Result<u64, ApiFault> {
    let parts = cursor.strip_prefix("page-").and_then(|rest| rest.split_once('-'));
    let read = |(fingerprint, number): (&str, &str)| {
        Some((u64::from_str_radix(fingerprint, 16).ok()?, number.parse::<u64>().ok()?))
    };
    match parts.and_then(read) {
        Some((made_for, number)) if made_for == fingerprint => Ok(number),
        Some(_) => Err(ApiFault::new(
            400,
            "mismatched_page_parameters",
            "A page cursor requires parameters identical to those of the first page",
        )),
        None => Err(invalid("page_cursor", "Not a cursor of this list")),
    }
}

/// Returns all visible rows of a table for which `keep` returns `true`, unpaginated and unfiltered.
pub(crate) fn all(state: &State, call: &Call, table: &'static Table, keep: impl Fn(&Object) -> bool) -> Answer {
    all_dyn(state, call, table, &keep)
}

/// Like [`all`], without a copy per closure.
fn all_dyn(state: &State, call: &Call, table: &'static Table, keep: &dyn Fn(&Object) -> bool) -> Answer {
    let rows = state.table(table).iter().filter(|row| keep(row) && is_visible(state, &call.caller, row));
    let rows = || rows.clone().cloned().map(Value::Object).collect();
    Ok(call.answer_fields(|_| Value::Array(rows())))
}
