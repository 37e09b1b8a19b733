//! Cameras: live views over WebRTC, and what has been recorded.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    device,
    json::{Object, flag, later, object, set, text, time, time_text},
    routes::generic,
    state::State,
    tables::{Device, LiveView, Media},
};
use seam_core::test_util::ApiFault;

/// How long a live view lasts unless it is asked for another duration.
const USUAL_SECONDS: u64 = 300;

/// How long a recording is to be had under one link.
const LINK_LIFE: Duration = Duration::from_secs(60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/cameras/live_views/create" => create,
        "/cameras/live_views/offer" => offer,
        "/cameras/live_views/stop" => stop,
        "/media/get" => get_media,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<Device>();
    let device = call.find(state, &id)?;
    if !device::flag(device, "can_stream_live_video") {
        return Err(invalid("device_id", "The device has no live picture"));
    }
    if device.get("properties").and_then(|properties| properties.get("online")) == Some(&Value::Bool(false)) {
        return Err(ApiFault::new(400, "device_offline", "The camera is offline"));
    }
    let seconds = match call.parameters.get("duration_seconds").filter(|seconds| !seconds.is_null()) {
        None => USUAL_SECONDS,
        Some(seconds) => seconds
            .as_u64()
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| invalid("duration_seconds", "Number must be greater than 0"))?,
    };
    let token = state.new_token("lvt_");
    let session = object(json!({
        "device_id": id, "workspace_id": &call.workspace(), "token": token,
        "expires_at": time_text(later(state.now(), Duration::from_secs(seconds))),
        "_include_audio": flag(&call.parameters, "include_audio"),
    }));
    let id = state.insert::<LiveView>(session);
    call.answer_with(state, "camera_live_view_session", &id)
}

/// The session that the parameters name, for somebody who has its token.
fn session<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    let session = call.find(state, &call.id::<LiveView>())?;
    if text(session, "token") != call.text("token") {
        return Err(ApiFault::new(401, "unauthorized", "This is not the token of the live view"));
    }
    Ok(session)
}

fn offer(state: &mut State, call: &Call) -> Answer {
    let session = session(state, call)?;
    if time(session, "expires_at").is_none_or(|end| end <= state.now()) {
        return Err(ApiFault::new(400, "camera_live_view_session_expired", "The live view has ended"));
    }
    let offer = call.text("sdp_offer").unwrap_or_default();
    if !offer.starts_with("v=0") {
        return Err(invalid("sdp_offer", "Not a session description"));
    }
    let answer = sdp_answer(offer, flag(session, "_include_audio"));
    Ok(object(json!({ "camera_live_view_answer": { "sdp_answer": answer } })))
}

/// The answer to an offer: the same for the same offer, and of a camera from which nothing ever comes.
fn sdp_answer(offer: &str, include_audio: bool) -> String {
    let mut lines = vec!["v=0".to_owned(), "o=- 1 1 IN IP4 127.0.0.1".to_owned(), "s=-".to_owned(), "t=0 0".to_owned()];
    for media in offer.lines().filter_map(|line| line.trim_end().strip_prefix("m=")) {
        let mut words: Vec<&str> = media.split(' ').collect();
        let is_sent = words.first() == Some(&"video") || (words.first() == Some(&"audio") && include_audio);
        // What is not sent is refused, which port 0 says.
        if let Some(port) = words.get_mut(1).filter(|_| !is_sent) {
            *port = "0";
        }
        lines.push(format!("m={}", words.join(" ")));
        lines.push(if is_sent { "a=sendonly" } else { "a=inactive" }.to_owned());
    }
    lines.push(String::new());
    lines.join("\r\n")
}

/// Ends a live view. One that has ended stays so.
fn stop(state: &mut State, call: &Call) -> Answer {
    let end = time(session(state, call)?, "expires_at").unwrap_or(Timestamp::MAX).min(state.now());
    if let Some(session) = state.get_mut(&call.id::<LiveView>()) {
        set(session, "expires_at", time_text(end));
    }
    generic::done()
}

/// A recording that is available comes with a link, which is another one after a while.
fn get_media(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<Media>();
    let media = call.find(state, &id)?;
    let is_available = text(media, "status") == Some("available");
    let has_link = text(media, "url").is_some() && time(media, "expires_at").is_some_and(|end| end > state.now());
    if is_available && !has_link {
        let token = state.new_token("media_");
        let url = format!("{}/media/{id}/{token}", state.base_url);
        let expires_at = time_text(later(state.now(), LINK_LIFE));
        if let Some(media) = state.get_mut(&id) {
            set(media, "url", url);
            set(media, "expires_at", expires_at);
        }
    }
    call.answer_with(state, "media", &id)
}
