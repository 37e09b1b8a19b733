//! What holds of the whole in-memory Seam, whichever of its routes are called.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

use seam_core::{Credentials, Seam, endpoints::access_grants::NewAccessMethod};
use seam_mock::{BUILDING, FRONT_DOOR, FakeSeam, GUEST};
use serde_json::json;

/// A client with a session that sees what belongs to nobody in particular.
fn visitor(fake: &FakeSeam) -> Seam {
    let session = json!({ "token": "seam_cst_visitor", "expires_at": "2099-01-01T00:00:00.000Z" });
    fake.add("client_sessions", session).unwrap();
    let credentials = Credentials::client_session_token("seam_cst_visitor").unwrap();
    seam_mock::builder(fake.clone()).clock(fake.clock()).credentials(credentials).build().unwrap()
}

#[tokio::test]
async fn a_session_does_not_see_what_became_of_devices_that_are_not_its_own() {
    let fake = FakeSeam::new();
    let attempt = fake.seam().locks().unlock_door(FRONT_DOOR).await.unwrap();
    let visitor = visitor(&fake);
    assert!(visitor.action_attempts().get(&attempt.action_attempt_id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_session_takes_nothing_out_of_a_space_that_it_does_not_see_there() {
    let fake = FakeSeam::new();
    visitor(&fake).spaces().update(BUILDING).device_ids(Vec::<&str>::new()).await.unwrap();
    assert_eq!(fake.seam().devices().list().space_id(BUILDING).await.unwrap().items.len(), 5);
}

#[tokio::test]
async fn a_space_is_counted_wherever_it_is_answered() {
    let seam = FakeSeam::new().seam();
    let grant = seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).space_ids([BUILDING]).await.unwrap();
    seam.spaces().remove_devices(BUILDING, [seam_mock::GARAGE]).await.unwrap();

    let related = seam.access_grants().get_related().access_grant_ids([&grant.access_grant_id]).await.unwrap();
    let space = related.spaces.into_iter().next().unwrap();
    assert_eq!((space.device_count, space.acs_entrance_count), (Some(4.0), Some(2.0)));
}
