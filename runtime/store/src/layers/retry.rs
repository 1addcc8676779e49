//! Tries again what can be repeated without harm.
//!
//! Only reading, listing and deleting are repeated. A creation whose reply was lost may have happened: whether
//! it was ours is decided by reading it back, by whoever knows its bytes. And an fsync is never tried twice.

use std::sync::Arc;
use std::time::Duration;

use crate::api::{Created, Listed, ObjectName, Staged, Store, StoreError, StoreErrorKind};

/// Waits. A live run sleeps; a test counts.
pub trait Pause: Send + Sync {
    /// Waits for about this long.
    fn pause(&self, duration: Duration);
}

/// The layer.
pub struct RetryStore {
    inner: Arc<dyn Store>,
    pause: Arc<dyn Pause>,
    attempts: u32,
}

/// The first wait; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// No wait is longer: by then the other side has been down for a while, and the caller's own limit should decide.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl RetryStore {
    /// Around a store, with at most this many attempts in all.
    pub fn new(inner: Arc<dyn Store>, attempts: u32, pause: Arc<dyn Pause>) -> Self {
        Self { inner, pause, attempts }
    }

    fn again<T>(&self, mut act: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut wait = FIRST_PAUSE;
        for _ in 1..self.attempts {
            match act() {
                Err(error) if passes(error.kind) => {
                    tracing::debug!(%error, "trying again");
                    self.pause.pause(wait);
                    wait = (wait * 2).min(LONGEST_PAUSE);
                }
                other => return other,
            }
        }
        act()
    }
}

/// Whether a fault of this kind may pass by itself.
fn passes(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Unknown | StoreErrorKind::Unreachable)
}

impl Store for RetryStore {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError> {
        self.inner.stage(name, bytes)
    }

    fn stage_borrowed(&self, name: &ObjectName, bytes: &[u8]) -> Result<Staged, StoreError> {
        self.inner.stage_borrowed(name, bytes)
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        self.inner.publish(staged)
    }

    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError> {
        self.again(|| self.inner.read(name))
    }

    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        self.again(|| self.inner.read_range_into(name, offset, length, into))
    }

    fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.again(|| self.inner.size(name))
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        self.again(|| self.inner.list(prefix))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.again(|| self.inner.delete(name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::MemoryStore;
    use crate::layers::{Fault, FaultStore, Operation, RecordStore};

    #[derive(Default)]
    struct Waits(Mutex<Vec<Duration>>);

    impl Pause for Waits {
        fn pause(&self, duration: Duration) {
            self.0.lock().unwrap().push(duration);
        }
    }

    fn stack() -> (Arc<FaultStore>, Arc<RecordStore>, Arc<Waits>, RetryStore) {
        let fault = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
        let record = Arc::new(RecordStore::new(Arc::clone(&fault) as Arc<dyn Store>));
        let waits = Arc::new(Waits::default());
        let retry = RetryStore::new(Arc::clone(&record) as Arc<dyn Store>, 3, waits.clone());
        (fault, record, waits, retry)
    }

    #[test]
    fn conforms() {
        crate::conformance::run(&|| {
            Box::new(RetryStore::new(Arc::new(MemoryStore::new()), 3, Arc::new(Waits::default())))
        });
    }

    #[test]
    fn a_lost_reply_of_a_listing_is_asked_again_and_waits_grow() {
        let (fault, record, waits, retry) = stack();
        fault.fail_at(0, Fault::ReplyLost);
        assert!(retry.list('p').unwrap().is_empty());
        assert_eq!(record.counts()[&Operation::List], 2);
        fault.fail_at(fault.operations(), Fault::CrashBefore);
        assert!(retry.list('p').is_err());
        assert_eq!(record.counts()[&Operation::List], 5);
        assert_eq!(*waits.0.lock().unwrap(), [FIRST_PAUSE, FIRST_PAUSE, FIRST_PAUSE * 2]);
    }

    #[test]
    fn a_creation_is_never_repeated_and_a_plain_no_is_final() {
        let (fault, record, _, retry) = stack();
        fault.fail_at(1, Fault::ReplyLost);
        let name = ObjectName::new("c/aa.0").unwrap();
        assert!(retry.create(&name, vec![1]).is_err());
        assert_eq!(record.counts()[&Operation::Publish], 1);
        assert!(retry.read(&ObjectName::new("p/none").unwrap()).is_err());
        assert_eq!(record.counts()[&Operation::Read], 1);
    }
}
