use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use mainstay_world::{Clock, TimestampMs};

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct FakeClock {
    wall_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl FakeClock {
    /// Begins at this time.
    pub fn at(now: TimestampMs) -> Self {
        Self { wall_ms: AtomicI64::new(now.0), monotonic_ms: AtomicU64::new(0) }
    }

    /// Lets time pass.
    pub fn advance_ms(&self, by: u64) {
        self.wall_ms.fetch_add(i64::try_from(by).unwrap_or(i64::MAX), Ordering::SeqCst);
        self.monotonic_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the wall clock, forward or back, as an administrator might.
    pub fn set(&self, now: TimestampMs) {
        self.wall_ms.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> TimestampMs {
        TimestampMs(self.wall_ms.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> u64 {
        self.monotonic_ms.load(Ordering::SeqCst)
    }
}
