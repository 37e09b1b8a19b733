//! What the routes below `/access_codes` do in the in-memory Seam.

use std::hash::{DefaultHasher, Hash, Hasher};

use seam_core::{
    Endpoint, Page, Paged,
    endpoints::access_codes::unmanaged::{ConvertToManaged, Delete, Get, List, Update},
    model::{AccessCodeId, ActionAttempt, ActionType, Pagination, Pin, SearchText, UnmanagedAccessCode},
    query,
};
use serde_json::json;

use super::{Handle, State};
use crate::ApiFault;

/// How many codes are on a page unless the request says otherwise.
const DEFAULT_LIMIT: u32 = 300_000;

impl Handle for Get {
    fn handle(self, state: &mut State) -> Result<UnmanagedAccessCode, ApiFault> {
        let mut codes = state.unmanaged_access_codes.iter();
        let found = match &self.access_code_id {
            Some(id) => codes.find(|code| code.access_code_id == *id),
            // Both are given, or validation would have refused the request.
            None => codes.find(|code| code.device_id == self.device_id && code.code == self.code),
        };
        found.cloned().ok_or_else(not_found)
    }
}

impl Handle for List {
    fn handle(self, state: &mut State) -> Result<Page<UnmanagedAccessCode>, ApiFault> {
        if self.limit == Some(0) {
            return Err(ApiFault::invalid_input("Invalid parameters")
                .with_validation_error("limit", "Expected a number greater than 0"));
        }
        let matches = |code: &&UnmanagedAccessCode| {
            let pin = code.code.as_ref().map(Pin::expose_secret);
            let texts = [code.name.as_deref(), pin, Some(code.access_code_id.as_str())];
            let is_wanted = |search: &str| texts.iter().flatten().any(|text| text.contains(search));
            code.device_id.as_ref() == Some(&self.device_id)
                && self.search.as_ref().is_none_or(|search| is_wanted(search.expose_secret()))
        };
        let codes: Vec<&UnmanagedAccessCode> = state.unmanaged_access_codes.iter().filter(matches).collect();
        let first = self.page_cursor.as_deref().map_or(Ok(0), |cursor| self.read_cursor(cursor))?;
        let limit = usize::try_from(self.limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or(usize::MAX);
        let items: Vec<UnmanagedAccessCode> = codes.iter().skip(first).take(limit).copied().cloned().collect();
        let next = first.saturating_add(items.len());
        let cursor = (next < codes.len()).then(|| self.write_cursor(next));
        let url = cursor.clone().and_then(|cursor| {
            let mut request = self.clone();
            request.set_page_cursor(cursor);
            let query = query::to_string(&request).ok()?;
            Some(format!("https://connect.getseam.com{}?{query}", Self::SPEC.path))
        });
        let pagination: Result<Pagination, _> = serde_json::from_value(json!({
            "has_next_page": cursor.is_some(), "next_page_cursor": cursor, "next_page_url": url,
        }));
        Ok(Page { items, pagination: pagination.ok() })
    }
}

/// A cursor says which parameters it belongs to and which item comes next.
trait Cursor: Sized {
    fn fingerprint(&self) -> u64;

    fn write_cursor(&self, next: usize) -> String {
        format!("page-{:016x}-{next}", self.fingerprint())
    }

    fn read_cursor(&self, cursor: &str) -> Result<usize, ApiFault> {
        let parts = cursor.strip_prefix("page-").and_then(|rest| rest.split_once('-'));
        let read = |(fingerprint, next): (&str, &str)| {
            Some((u64::from_str_radix(fingerprint, 16).ok()?, next.parse::<usize>().ok()?))
        };
        match parts.and_then(read) {
            Some((fingerprint, next)) if fingerprint == self.fingerprint() => Ok(next),
            Some(_) => Err(ApiFault::new(
                400,
                "mismatched_page_parameters",
                "The parameters are not those that the page cursor was made for",
            )),
            None => Err(ApiFault::invalid_input("Invalid parameters")
                .with_validation_error("page_cursor", "Not a cursor of this list")),
        }
    }
}

impl Cursor for List {
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.device_id, self.limit, self.search.as_ref().map(SearchText::expose_secret), &self.user_identifier_key)
            .hash(&mut hasher);
        hasher.finish()
    }
}

impl Handle for Delete {
    fn handle(self, state: &mut State) -> Result<Option<ActionAttempt>, ApiFault> {
        let place = state.place_of(&self.access_code_id)?;
        let code = state.unmanaged_access_codes.get(place);
        if code.is_some_and(|code| code.cannot_delete_unmanaged_access_code == Some(true)) {
            return Err(ApiFault::new(
                400,
                "cannot_delete_unmanaged_access_code",
                "This lock does not allow its unmanaged access codes to be deleted",
            ));
        }
        state.unmanaged_access_codes.remove(place);
        Ok(state.succeeded(ActionType::DeleteAccessCode))
    }
}

impl Handle for ConvertToManaged {
    fn handle(self, state: &mut State) -> Result<Option<ActionAttempt>, ApiFault> {
        // Seam answers this only with the fact that it worked.
        state.take_over(&self.access_code_id, self.force)?;
        Ok(None)
    }
}

impl Handle for Update {
    fn handle(self, state: &mut State) -> Result<(), ApiFault> {
        if self.is_managed {
            state.take_over(&self.access_code_id, self.force)
        } else {
            state.place_of(&self.access_code_id).map(|_| ())
        }
    }
}

impl State {
    fn place_of(&self, id: &AccessCodeId) -> Result<usize, ApiFault> {
        self.unmanaged_access_codes.iter().position(|code| code.access_code_id == *id).ok_or_else(not_found)
    }

    /// Makes a code managed, so that it is no unmanaged one any more.
    fn take_over(&mut self, id: &AccessCodeId, force: Option<bool>) -> Result<(), ApiFault> {
        let place = self.place_of(id)?;
        let code = self.unmanaged_access_codes.get(place);
        if force != Some(true) && code.is_some_and(|code| code.cannot_be_managed == Some(true)) {
            return Err(ApiFault::new(
                400,
                "cannot_be_managed",
                "This lock does not allow its access codes to be managed, except by force",
            ));
        }
        self.unmanaged_access_codes.remove(place);
        Ok(())
    }

    /// An action attempt that went well.
    fn succeeded(&mut self, action_type: ActionType) -> Option<ActionAttempt> {
        self.action_attempts += 1;
        let attempt = json!({
            "action_attempt_id": format!("action-attempt-{:06}", self.action_attempts),
            "action_type": action_type, "status": "success", "result": {}, "error": null,
        });
        serde_json::from_value(attempt).ok()
    }
}

fn not_found() -> ApiFault {
    ApiFault::not_found("access_code_not_found", "Could not find an access_code with device_id or access_code_id")
}
