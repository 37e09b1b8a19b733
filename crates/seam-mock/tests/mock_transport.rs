//! A mock is a transport like any other: the policies of the client apply to it.
#![cfg(feature = "mockall")]

use seam_core::TransportErrorKind;
use seam_mock::MockTransport;

#[tokio::test]
async fn requests_over_mockalls_mock_are_retried_by_their_idempotency() {
    for (times, is_read) in [(1, false), (3, true)] {
        let mut transport = MockTransport::new();
        transport.expect_send().times(times).returning(|_| Err(TransportErrorKind::Timeout.into()));
        let seam = seam_mock::seam(transport);
        let error = if is_read {
            seam.access_codes().get("26d6").await.unwrap_err()
        } else {
            seam.locks().unlock_door("front-door").await.unwrap_err()
        };
        assert!(error.is_timeout());
    }
}
