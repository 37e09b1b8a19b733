//! The body of a response, which a fault may truncate.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Frame, SizeHint};
use seam_core::Bytes;

/// The error that makes hyper close the connection, before or within a response.
#[derive(Debug, thiserror::Error)]
#[error("an injected fault closes the connection")]
pub(super) struct ConnectionLost;

/// The body of a response, which may be truncated.
pub(super) struct ResponseBody {
    rest: Option<Bytes>,
    length: u64,
    is_truncated: bool,
    has_paused: bool,
}

impl ResponseBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        let length = bytes.len().try_into().unwrap_or(u64::MAX);
        Self { rest: Some(bytes).filter(|bytes| !bytes.is_empty()), length, is_truncated: false, has_paused: false }
    }

    /// Creates a body that ends with an error after half of its announced length.
    pub(super) fn truncated(bytes: Bytes) -> Self {
        let half = bytes.slice(..bytes.len() / 2);
        Self { rest: Some(half), is_truncated: true, ..Self::whole(bytes) }
    }
}

impl hyper::body::Body for ResponseBody {
    type Data = Bytes;
    type Error = ConnectionLost;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ConnectionLost>>> {
        Poll::Ready(match self.rest.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.is_truncated && !self.has_paused => {
                // Without this pause hyper would drop the first half if the error followed immediately.
                self.has_paused = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None if self.is_truncated => Some(Err(ConnectionLost)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.is_truncated
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.rest.is_none() && !self.is_truncated { 0 } else { self.length })
    }
}
