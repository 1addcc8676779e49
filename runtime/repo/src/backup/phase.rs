//! Which phase of a run begins, for whoever measures or breaks runs in the middle of one.

/// The log's target of these lines.
const TARGET: &str = "mainstay::phase";

/// A phase begins, and the one before it has ended.
pub(super) fn begins(phase: &'static str) {
    tracing::trace!(target: TARGET, "{phase}");
}
