//! Media: recordings of cameras.

use std::time::Duration;

use crate::{
    call::{Answer, Call, Handler},
    json::{format_time, later, set, string, time},
    state::State,
    tables::Media,
};

/// The lifetime of the link to a recording.
const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/media/get" => get,
        _ => return None,
    })
}

/// Returns a recording. If it is available, it has a link, which is replaced when it expires.
fn get(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<Media>();
    let media = call.find(state, &id)?;
    let is_available = string(media, "status") == Some("available");
    let has_link = string(media, "url").is_some() && time(media, "expires_at").is_some_and(|end| end > state.now());
    if is_available && !has_link {
        let token = state.new_token("media_");
        let url = format!("{}/media/{id}/{token}", state.base_url);
        let expires_at = format_time(later(state.now(), LINK_LIFETIME));
        if let Some(media) = state.get_mut(&id) {
            set(media, "url", url);
            set(media, "expires_at", expires_at);
        }
    }
    call.answer_with(state, "media", &id)
}
