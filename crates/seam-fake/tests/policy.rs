//! The policy of the client applies to the fake as it does over HTTP. seam-core tests the policy itself.

use std::time::Duration;

use seam_core::ErrorKind;
use seam_fake::{FakeSeam, ONGOING_CODE};

#[tokio::test]
async fn calls_to_the_fake_have_a_timeout() {
    let call = FakeSeam::new().seam().access_codes().unmanaged().get(ONGOING_CODE).with_timeout(Duration::ZERO);
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.is_timeout()), (ErrorKind::Transport, true));
}
