//! Events, from the bytes to the typed payload and back.

use seam_core::model::{Event, EventPayload};
use serde_json::Value;

use crate::json;

/// Reads an event from the bytes.
///
/// Any object with an id is one, whatever its other fields are. It is read alike from text and from a tree, it is written
/// back as it came, and it equals what is read from that. An event of an unknown type keeps its type and all its fields.
pub fn events(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Event>(input) else {
        if let Some(tree) = json::unambiguous(input) {
            assert!(!tree.get("event_id").is_some_and(Value::is_string), "an event with an id is refused: {tree}");
            assert!(serde_json::from_value::<Event>(tree).is_err(), "text is refused that is taken as a tree");
        }
        return;
    };
    let Ok(text) = serde_json::to_string(&event) else { panic!("an event cannot be written") };
    let Ok(again) = serde_json::from_str::<Event>(&text) else { panic!("what was written cannot be read: {text}") };
    assert_eq!(again, event);
    assert_eq!(serde_json::to_string(&again).ok(), Some(text.clone()), "and is written as the same");
    // None of it may break a log.
    let _ = format!("{event:?}");

    if let Some(known) = event.payload.event_type() {
        assert_eq!(known, event.event_type, "a payload is that of its type");
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
        Ok(from_tree) => assert_eq!(from_tree, event, "a tree is read as its text is"),
        Err(error) => panic!("a tree is refused whose text is taken: {error}"),
    }
}
