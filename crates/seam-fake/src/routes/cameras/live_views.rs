//! Live views of cameras over WebRTC.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    device,
    json::{Object, flag, format_time, later, object, set, string, time},
    routes::generic,
    state::State,
    tables::{Device, LiveView},
};
use seam_core::test_util::ApiFault;

/// The default duration of a live view.
const DEFAULT_SECONDS: u64 = 300;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/cameras/live_views/create" => create,
        "/cameras/live_views/offer" => offer,
        "/cameras/live_views/stop" => stop,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<Device>();
    let device = call.find(state, &id)?;
    if !device::flag(device, "can_stream_live_video") {
        return Err(invalid("device_id", "The device does not support live video"));
    }
    if device.get("properties").and_then(|properties| properties.get("online")) == Some(&Value::Bool(false)) {
        return Err(ApiFault::new(400, "device_offline", "The camera is offline"));
    }
    let seconds = match call.parameters.get("duration_seconds").filter(|seconds| !seconds.is_null()) {
        None => DEFAULT_SECONDS,
        Some(seconds) => seconds
            .as_u64()
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| invalid("duration_seconds", "Number must be greater than 0"))?,
    };
    let token = state.new_token("lvt_");
    let session = object(json!({
        "device_id": id, "workspace_id": &call.workspace(), "token": token,
        "expires_at": format_time(later(state.now(), Duration::from_secs(seconds))),
        "_include_audio": flag(&call.parameters, "include_audio"),
    }));
    let id = state.insert::<LiveView>(session);
    call.answer_with(state, "camera_live_view_session", &id)
}

/// Returns the session of a call, if the call has its token.
fn session<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    let session = call.find(state, &call.id::<LiveView>())?;
    if string(session, "token") != call.string("token") {
        return Err(ApiFault::new(401, "unauthorized", "The token does not match the live view"));
    }
    Ok(session)
}

fn offer(state: &mut State, call: &Call) -> Answer {
    let session = session(state, call)?;
    if time(session, "expires_at").is_none_or(|end| end <= state.now()) {
        return Err(ApiFault::new(400, "camera_live_view_session_expired", "The live view has ended"));
    }
    let offer = call.string("sdp_offer").unwrap_or_default();
    if !offer.starts_with("v=0") {
        return Err(invalid("sdp_offer", "Not a session description"));
    }
    let answer = sdp_answer(offer, flag(session, "_include_audio"));
    Ok(object(json!({ "camera_live_view_answer": { "sdp_answer": answer } })))
}

/// Returns the SDP answer to an offer. It is deterministic, and no media are sent.
fn sdp_answer(offer: &str, include_audio: bool) -> String {
    let mut lines = vec!["v=0".to_owned(), "o=- 1 1 IN IP4 127.0.0.1".to_owned(), "s=-".to_owned(), "t=0 0".to_owned()];
    for media in offer.lines().filter_map(|line| line.trim_end().strip_prefix("m=")) {
        let mut words: Vec<&str> = media.split(' ').collect();
        let is_sent = words.first() == Some(&"video") || (words.first() == Some(&"audio") && include_audio);
        // Port 0 rejects media that are not sent.
        if let Some(port) = words.get_mut(1).filter(|_| !is_sent) {
            *port = "0";
        }
        lines.push(format!("m={}", words.join(" ")));
        lines.push(if is_sent { "a=sendonly" } else { "a=inactive" }.to_owned());
    }
    lines.push(String::new());
    lines.join("\r\n")
}

/// Ends a live view, unless it has already ended.
fn stop(state: &mut State, call: &Call) -> Answer {
    let end = time(session(state, call)?, "expires_at").unwrap_or(Timestamp::MAX).min(state.now());
    if let Some(session) = state.get_mut(&call.id::<LiveView>()) {
        set(session, "expires_at", format_time(end));
    }
    generic::done()
}
