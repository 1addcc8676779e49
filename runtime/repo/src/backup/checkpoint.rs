//! When a checkpoint is due.

use mainstay_world::Clock;

/// After so much time, if anything new was stored.
const EVERY_MS: u64 = 5 * 60 * 1000;
/// After so much new content, in bytes, unless the policy says otherwise.
pub const DEFAULT_CHECKPOINT_BYTES: u64 = 4 << 30;
/// Not after less, in bytes: each costs a barrier and a slot.
const LEAST_BYTES: u64 = 1 << 20;
/// After so much time in any case: a session that gives no sign for 24 hours is given up by others.
const ALIVE_MS: u64 = 6 * 60 * 60 * 1000;

/// When the last one was, and how much had been stored.
pub(super) struct Due<'a> {
    clock: &'a dyn Clock,
    every_bytes: u64,
    last_ms: u64,
    last_bytes: u64,
}

impl<'a> Due<'a> {
    /// The session has just begun.
    pub(super) fn new(clock: &'a dyn Clock, every_bytes: Option<u64>) -> Self {
        let every_bytes = every_bytes.unwrap_or(DEFAULT_CHECKPOINT_BYTES).max(LEAST_BYTES);
        Self { clock, every_bytes, last_ms: clock.monotonic_ms(), last_bytes: 0 }
    }

    /// Whether one is due now; then it counts as made.
    pub(super) fn is_now(&mut self, new_bytes: u64) -> bool {
        let now_ms = self.clock.monotonic_ms();
        let (passed_ms, grown) =
            (now_ms.saturating_sub(self.last_ms), new_bytes.saturating_sub(self.last_bytes));
        let due = grown >= self.every_bytes || (grown > 0 && passed_ms >= EVERY_MS) || passed_ms >= ALIVE_MS;
        if due {
            (self.last_ms, self.last_bytes) = (now_ms, new_bytes);
        }
        due
    }
}
