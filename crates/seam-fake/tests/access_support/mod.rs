//! What the tests of access systems, people and access grants have in common.

use seam_core::{Credentials, Seam};
use seam_fake::FakeSeam;
use serde_json::{Value, json};

/// The types of the events there have been, without those that are not about `about`.
pub(crate) fn events(fake: &FakeSeam, about: &str) -> Vec<String> {
    let database = fake.database();
    let events = database.get("events").and_then(Value::as_array).unwrap();
    let types = events.iter().map(|event| event.get("event_type").and_then(Value::as_str).unwrap());
    types.filter(|event_type| event_type.starts_with(about)).map(str::to_owned).collect()
}

/// A client of another workspace, in which there is nothing.
pub(crate) fn stranger(fake: &FakeSeam) -> Seam {
    fake.add("workspaces", json!({ "workspace_id": "elsewhere", "name": "Elsewhere", "is_sandbox": false })).unwrap();
    let key = json!({ "api_key_id": "other", "token": "seam_other_key", "workspace_id": "elsewhere" });
    fake.add("api_keys", key).unwrap();
    let credentials = Credentials::api_key("seam_other_key").unwrap();
    fake.seam().with_credentials(credentials)
}
