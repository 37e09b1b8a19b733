//! The client's policy applies over the in-memory Seam, as it does over HTTP. What the policy is, seam-core tests.

use std::time::Duration;

use seam_core::ErrorKind;
use seam_fake::{FakeSeam, ONGOING_CODE};

#[tokio::test]
async fn calls_of_the_in_memory_seam_have_a_timeout() {
    let call = FakeSeam::new().seam().access_codes().unmanaged().get(ONGOING_CODE).with_timeout(Duration::ZERO);
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.is_timeout()), (ErrorKind::Transport, true));
}
