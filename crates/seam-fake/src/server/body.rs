//! The body of a response, which may end before its announced length, as a fault.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Frame, SizeHint};
use seam_core::Bytes;

/// Closes the connection without a response, or within one.
#[derive(Debug, thiserror::Error)]
#[error("a fault of the fake closes the connection")]
pub(super) struct ConnectionLost;

/// The body of a response, which may be truncated.
pub(super) struct ResponseBody {
    rest: Option<Bytes>,
    length: u64,
    breaks_off: bool,
    has_paused: bool,
}

impl ResponseBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        let length = bytes.len().try_into().unwrap_or(u64::MAX);
        Self { rest: Some(bytes).filter(|bytes| !bytes.is_empty()), length, breaks_off: false, has_paused: false }
    }

    /// Half of what was announced.
    pub(super) fn broken(bytes: Bytes) -> Self {
        let half = bytes.slice(..bytes.len() / 2);
        Self { rest: Some(half), breaks_off: true, ..Self::whole(bytes) }
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
            None if self.breaks_off && !self.has_paused => {
                // Without this pause hyper would drop the first half when the error follows it at once.
                self.has_paused = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None if self.breaks_off => Some(Err(ConnectionLost)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.rest.is_none() && !self.breaks_off { 0 } else { self.length })
    }
}
