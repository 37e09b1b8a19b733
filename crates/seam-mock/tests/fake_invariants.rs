//! What holds of the whole in-memory Seam, whichever of its routes are called.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

use seam_core::endpoints::access_grants::NewAccessMethod;
use seam_mock::{BUILDING, FakeSeam, GUEST};

#[tokio::test]
async fn a_space_is_counted_wherever_it_is_answered() {
    let seam = FakeSeam::new().seam();
    let grant = seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).space_ids([BUILDING]).await.unwrap();
    seam.spaces().remove_devices(BUILDING, [seam_mock::GARAGE]).await.unwrap();

    let related = seam.access_grants().get_related().access_grant_ids([&grant.access_grant_id]).await.unwrap();
    let space = related.spaces.into_iter().next().unwrap();
    assert_eq!((space.device_count, space.acs_entrance_count), (Some(4.0), Some(2.0)));
}
