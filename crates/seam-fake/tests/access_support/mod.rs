//! Helpers of the tests of access systems, user identities and access grants.

use seam_core::{Credentials, Seam};
use seam_fake::FakeSeam;
use serde_json::{Value, json};

/// Returns the types of all events so far that begin with `prefix`.
pub(crate) fn events(fake: &FakeSeam, prefix: &str) -> Vec<String> {
    let database = fake.database();
    let events = database.get("events").and_then(Value::as_array).unwrap();
    let types = events.iter().map(|event| event.get("event_type").and_then(Value::as_str).unwrap());
    types.filter(|event_type| event_type.starts_with(prefix)).map(str::to_owned).collect()
}

/// Returns a client of another, empty workspace.
pub(crate) fn other_workspace(fake: &FakeSeam) -> Seam {
    fake.add("workspaces", json!({ "workspace_id": "elsewhere", "name": "Elsewhere", "is_sandbox": false })).unwrap();
    let key = json!({ "api_key_id": "other", "token": "seam_other_key", "workspace_id": "elsewhere" });
    fake.add("api_keys", key).unwrap();
    let credentials = Credentials::api_key("seam_other_key").unwrap();
    fake.seam().with_credentials(credentials)
}
