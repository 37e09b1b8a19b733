//! What the tests of access systems, people and access grants have in common.

use seam_core::{
    Body, Credentials, Seam, Transport,
    http::{self, Method},
};
use seam_mock::FakeSeam;
use serde_json::{Value, json};

/// Puts a thing into the world that no route makes. It ends whatever is under way there.
pub(crate) async fn add(fake: &FakeSeam, table: &str, thing: Value) {
    let mut database = fake.database();
    database.get_mut(table).and_then(Value::as_array_mut).unwrap().push(thing);
    let request = http::Request::builder().method(Method::POST).uri("/_fake/database");
    let response = fake.send(request.body(Body::from(database.to_string())).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
}

/// The types of the events there have been, without those that are not about `about`.
pub(crate) fn events(fake: &FakeSeam, about: &str) -> Vec<String> {
    let database = fake.database();
    let events = database.get("events").and_then(Value::as_array).unwrap();
    let types = events.iter().map(|event| event.get("event_type").and_then(Value::as_str).unwrap());
    types.filter(|event_type| event_type.starts_with(about)).map(str::to_owned).collect()
}

/// A client of another workspace, in which there is nothing.
pub(crate) async fn stranger(fake: &FakeSeam) -> Seam {
    add(fake, "workspaces", json!({ "workspace_id": "elsewhere", "name": "Elsewhere", "is_sandbox": false })).await;
    let key = json!({ "api_key_id": "other", "token": "seam_other_key", "workspace_id": "elsewhere" });
    add(fake, "api_keys", key).await;
    let credentials = Credentials::api_key("seam_other_key").unwrap();
    seam_mock::builder(fake.clone()).clock(fake.clock()).credentials(credentials).build().unwrap()
}
