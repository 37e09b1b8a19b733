//! Recognizes errors of HTTP/2 by which a server states that it did not process a request.

use std::error::Error;

/// Returns whether `error`, or one of its sources, is an error of h2 by which the server states that it did not process
/// the request, so that it can be sent again. Always `false` without the feature `http2`, because HTTP/1.1 has no such
/// signal.
///
/// By RFC 9113, section 8.7, a stream that is refused, or after the last stream of a GOAWAY, was not processed. h2 ends
/// no other stream with the GOAWAY of a server.
#[must_use]
pub fn was_not_processed(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(was_not_processed) = stated_by_http2(error) {
            return was_not_processed;
        }
        next = error.source();
    }
    false
}

/// Returns whether an error of h2 states that the request was not processed; `None` for other errors.
#[cfg(feature = "http2")]
fn stated_by_http2(error: &(dyn Error + 'static)) -> Option<bool> {
    let error = error.downcast_ref::<h2::Error>()?;
    let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    Some(error.is_remote() && (is_refused || error.is_go_away()))
}

#[cfg(not(feature = "http2"))]
fn stated_by_http2(_: &(dyn Error + 'static)) -> Option<bool> {
    None
}
