//! The outcome of a failed call.

/// The outcome of the request of a failed call, returned by [`Error::outcome`](crate::Error::outcome).
///
/// | Outcome | What a program may do |
/// |---|---|
/// | [`NotSent`](Self::NotSent) | send it again, even if it is an action |
/// | [`NotApplied`](Self::NotApplied) | send it again when the cause is removed |
/// | [`UnknownIdempotent`](Self::UnknownIdempotent) | send it again, because it is idempotent |
/// | [`Unknown`](Self::Unknown) | find out whether it was carried out before sending it again |
/// | [`Pending`](Self::Pending) | wait for the action attempt; do not send it again |
/// | [`Failed`](Self::Failed) | read the reason, and send it again if that is transient |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing was sent.
    NotSent,
    /// The request changed nothing: it was rejected, or it only reads.
    NotApplied,
    /// An [idempotent](crate::Idempotency::Idempotent) request may have been applied.
    UnknownIdempotent,
    /// An [action](crate::Idempotency::NonIdempotent) may or may not have been carried out.
    Unknown,
    /// Seam accepted the action, and it was not finished at the last poll.
    Pending,
    /// The action was attempted and failed.
    Failed,
}
