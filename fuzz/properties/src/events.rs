//! Decoding and encoding of events.

use seam_core::model::{Event, EventPayload};
use serde_json::Value;

use crate::json;

/// Decodes the input as an event.
///
/// Any object with an id is an event. Decoding it from a string and from a [`Value`] has the same result, encoding it restores the
/// input, and decoding that again returns an equal event. An event of an unknown type keeps its type and all fields.
pub fn events(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Event>(input) else {
        if let Some(tree) = json::unambiguous(input) {
            assert!(!tree.get("event_id").is_some_and(Value::is_string), "an event with an id is rejected: {tree}");
            assert!(
                serde_json::from_value::<Event>(tree).is_err(),
                "an event is accepted as a value, but rejected as a string"
            );
        }
        return;
    };
    let Ok(text) = serde_json::to_string(&event) else { panic!("an event cannot be encoded") };
    let Ok(again) = serde_json::from_str::<Event>(&text) else { panic!("an encoded event cannot be decoded: {text}") };
    assert_eq!(again, event);
    assert_eq!(serde_json::to_string(&again).ok(), Some(text.clone()), "encoding is not stable");
    // Debug output must not panic.
    let _ = format!("{event:?}");

    if let Some(known) = event.payload.event_type() {
        assert_eq!(known, event.event_type, "the payload has another type than the event");
    }
    let Some(sent) = json::unambiguous(input) else { return };
    let Ok(written) = serde_json::from_str::<Value>(&text) else { panic!("not JSON: {text}") };
    json::assert_same(&sent, &written, "event");
    if let EventPayload::Unknown(fields) = &event.payload {
        for (name, value) in fields.iter() {
            assert_eq!(sent.get(name), Some(value), "{name}");
        }
    }
    match serde_json::from_value::<Event>(sent) {
        Ok(from_tree) => assert_eq!(from_tree, event, "an event differs when it is decoded from a value"),
        Err(error) => panic!("an event is accepted as a string, but rejected as a value: {error}"),
    }
}
