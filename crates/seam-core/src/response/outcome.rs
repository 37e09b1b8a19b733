//! What became of a request that failed.

/// What became of what was requested, when the call failed: [`Error::outcome`](crate::Error::outcome).
///
/// | Outcome | What a program may do |
/// |---|---|
/// | [`NotSent`](Self::NotSent) | send it again, whatever it does |
/// | [`NotApplied`](Self::NotApplied) | send it again when the cause is removed |
/// | [`UnknownIdempotent`](Self::UnknownIdempotent) | send it again: that does no harm |
/// | [`Unknown`](Self::Unknown) | find out whether it was carried out before sending it again |
/// | [`Pending`](Self::Pending) | wait for the action attempt; do not send it again |
/// | [`Failed`](Self::Failed) | read why it failed, and send it again if that is transient |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing reached Seam.
    NotSent,
    /// The request changed nothing: it was rejected, or it only reads.
    NotApplied,
    /// An [idempotent](crate::Idempotency::Idempotent) request may have been applied.
    UnknownIdempotent,
    /// An [action](crate::Idempotency::NonIdempotent) may have been carried out, or not.
    Unknown,
    /// Seam accepted the action, and it was not over when last polled.
    Pending,
    /// The action was tried and failed.
    Failed,
}
