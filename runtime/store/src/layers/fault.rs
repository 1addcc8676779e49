//! Fails on purpose, at a chosen operation.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::{Created, Listed, ObjectName, Staged, Store, StoreError, StoreErrorKind};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not done, and says so.
    Error,
    /// It is not done: no space.
    NoSpace,
    /// It is done, and the reply is lost.
    ReplyLost,
    /// It is not done, and nothing after it until [`FaultStore::revive`].
    CrashBefore,
    /// It is done, and nothing after it until [`FaultStore::revive`].
    CrashAfter,
    /// A barrier is done for this many of its objects, then as [`Fault::CrashBefore`].
    CrashAmid(usize),
}

/// The layer: operations are counted from 0, and one of them fails.
pub struct FaultStore {
    inner: Arc<dyn Store>,
    count: AtomicU64,
    planned: Mutex<Option<(u64, Fault)>>,
    dead: AtomicBool,
}

impl FaultStore {
    /// Around a store, without a fault yet.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, count: AtomicU64::new(0), planned: Mutex::new(None), dead: AtomicBool::new(false) }
    }

    /// Plans a fault at the operation of this number, counted from the layer's making.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = Some((operation, fault));
    }

    /// Operations so far.
    pub fn operations(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Ends a crash; a planned fault that has not come is forgotten.
    pub fn revive(&self) {
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.dead.store(false, Ordering::SeqCst);
    }

    /// The fault of this operation, if it is the one.
    fn due(&self) -> Option<Fault> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let planned = *self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned.filter(|(at, _)| *at == number).map(|(_, fault)| fault)
    }

    fn run<T>(
        &self,
        operation: &'static str,
        object: &str,
        act: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let failed = |kind, message: &str| {
            Err(StoreError { kind, operation, object: object.into(), message: message.into() })
        };
        if self.dead.load(Ordering::SeqCst) {
            return failed(StoreErrorKind::Unreachable, "the store is gone");
        }
        match self.due() {
            None => act(),
            Some(Fault::Error) => failed(StoreErrorKind::Other, "a planned fault"),
            Some(Fault::NoSpace) => failed(StoreErrorKind::NoSpace, "no space is left, as planned"),
            Some(Fault::ReplyLost) => {
                let _ = act();
                failed(StoreErrorKind::Unknown, "the reply was lost, as planned")
            }
            Some(Fault::CrashBefore | Fault::CrashAmid(_)) => {
                self.dead.store(true, Ordering::SeqCst);
                failed(StoreErrorKind::Unreachable, "a planned crash")
            }
            Some(Fault::CrashAfter) => {
                let _ = act();
                self.dead.store(true, Ordering::SeqCst);
                failed(StoreErrorKind::Unreachable, "a planned crash")
            }
        }
    }

    /// Whether the next operation is a barrier that ends in the midst, and after how many objects.
    fn amid(&self) -> Option<usize> {
        let next = self.count.load(Ordering::SeqCst);
        let planned = *self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        match planned {
            Some((at, Fault::CrashAmid(done))) if at == next && !self.dead.load(Ordering::SeqCst) => {
                Some(done)
            }
            _ => None,
        }
    }
}

impl Store for FaultStore {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError> {
        self.run("stage", name.as_str(), || self.inner.stage(name, bytes))
    }

    fn publish(&self, mut staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        let object = staged.first().map(|staged| staged.name.to_string()).unwrap_or_default();
        if let Some(done) = self.amid() {
            staged.truncate(done);
            let _ = self.inner.publish(staged);
            return self.run("publish", &object, || Ok(Vec::new()));
        }
        self.run("publish", &object, || self.inner.publish(staged))
    }

    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError> {
        self.run("read", name.as_str(), || self.inner.read(name))
    }

    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        self.run("read", name.as_str(), || self.inner.read_range_into(name, offset, length, into))
    }

    fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.run("size", name.as_str(), || self.inner.size(name))
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        self.run("list", &prefix.to_string(), || self.inner.list(prefix))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.run("delete", name.as_str(), || self.inner.delete(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    fn name(text: &str) -> ObjectName {
        ObjectName::new(text).unwrap()
    }

    fn faulty() -> (Arc<MemoryStore>, FaultStore) {
        let inner = Arc::new(MemoryStore::new());
        (Arc::clone(&inner), FaultStore::new(inner))
    }

    #[test]
    fn conforms_while_nothing_is_planned() {
        crate::conformance::run(&|| Box::new(FaultStore::new(Arc::new(MemoryStore::new()))));
    }

    #[test]
    fn fails_the_chosen_operation_and_no_other() {
        for (fault, kind, done) in [
            (Fault::Error, StoreErrorKind::Other, false),
            (Fault::NoSpace, StoreErrorKind::NoSpace, false),
            (Fault::ReplyLost, StoreErrorKind::Unknown, true),
        ] {
            let (inner, store) = faulty();
            store.fail_at(1, fault);
            let error = store.create(&name("p/aa"), vec![1]).unwrap_err();
            assert_eq!(error.kind, kind);
            assert_eq!(inner.size(&name("p/aa")).is_ok(), done, "{fault:?}");
            store.create(&name("p/bb"), vec![1]).unwrap();
            assert_eq!(store.operations(), 4);
        }
    }

    #[test]
    fn after_a_crash_nothing_answers_until_it_is_revived() {
        for (fault, done) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
            let (inner, store) = faulty();
            store.fail_at(1, fault);
            assert!(store.create(&name("p/aa"), vec![1]).is_err());
            assert_eq!(store.list('p').unwrap_err().kind, StoreErrorKind::Unreachable);
            store.revive();
            assert_eq!(store.list('p').unwrap().len(), usize::from(done));
            assert_eq!(inner.names().len(), usize::from(done));
        }
    }

    #[test]
    fn a_barrier_can_end_in_the_midst() {
        let (inner, store) = faulty();
        let staged = ["p/aa", "p/bb", "p/cc"].map(|text| store.stage(&name(text), vec![0]).unwrap());
        store.fail_at(3, Fault::CrashAmid(2));
        assert!(store.publish(staged.into()).is_err());
        assert_eq!(inner.names(), [name("p/aa"), name("p/bb")]);
        assert!(store.size(&name("p/aa")).is_err());
    }
}
