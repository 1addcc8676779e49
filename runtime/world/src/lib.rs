//! The doors to the outside: time, randomness, and trees of files.
//!
//! Nothing in the runtime asks the machine for the time or for random bytes itself: it is handed a [`Clock`]
//! and a [`Random`], so that a test can replay a run exactly. A [`tree::Tree`] is what a source gives and a
//! repository takes; the two do not know each other.

mod secret;
pub mod tree;

pub use secret::Secret;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimestampMs(pub i64);

/// What time it is.
pub trait Clock: Send + Sync {
    /// Wall-clock time in UTC. It may jump.
    fn now(&self) -> TimestampMs;

    /// Milliseconds since some fixed moment of this process. It never goes back.
    fn monotonic_ms(&self) -> u64;
}

/// Where random bytes come from. A live run uses the kernel's generator: keys and nonces are made of them.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}
