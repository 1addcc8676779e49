//! Counts what was asked, for tests of how much an operation may cost, and for measurements.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::api::{Created, Listed, ObjectName, Staged, Store, StoreError};

/// An operation of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Bytes handed over.
    Stage,
    /// A barrier; it names its objects one by one.
    Publish,
    /// A whole object read.
    Read,
    /// A part of one read.
    ReadRange,
    /// A size asked.
    Size,
    /// A prefix listed.
    List,
    /// An object deleted.
    Delete,
}

/// One call, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What.
    pub operation: Operation,
    /// Of what: a name, a prefix, or the names of a barrier with blanks between.
    pub object: String,
    /// Bytes written or read, 0 where none move.
    pub bytes: u64,
    /// Whether it succeeded.
    pub good: bool,
}

/// The layer.
pub struct RecordStore {
    inner: Arc<dyn Store>,
    calls: Mutex<Vec<Call>>,
}

impl RecordStore {
    /// Around a store.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, calls: Mutex::default() }
    }

    /// All calls so far, in the order of their ends.
    pub fn calls(&self) -> Vec<Call> {
        self.log().clone()
    }

    /// How many calls of each operation.
    pub fn counts(&self) -> BTreeMap<Operation, u64> {
        let mut counts = BTreeMap::new();
        for call in self.log().iter() {
            *counts.entry(call.operation).or_default() += 1;
        }
        counts
    }

    /// Forgets what was recorded.
    pub fn clear(&self) {
        self.log().clear();
    }

    /// A log to which only whole calls are pushed is whole after any panic.
    fn log(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note<T>(
        &self,
        operation: Operation,
        object: String,
        result: Result<T, StoreError>,
        bytes: impl FnOnce(&T) -> u64,
    ) -> Result<T, StoreError> {
        let moved = result.as_ref().map_or(0, bytes);
        self.log().push(Call { operation, object, bytes: moved, good: result.is_ok() });
        result
    }
}

impl Store for RecordStore {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError> {
        let length = bytes.len() as u64;
        self.note(Operation::Stage, name.to_string(), self.inner.stage(name, bytes), |_| length)
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        let names: Vec<&str> = staged.iter().map(|staged| staged.name.as_str()).collect();
        let names = names.join(" ");
        self.note(Operation::Publish, names, self.inner.publish(staged), |_| 0)
    }

    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError> {
        self.note(Operation::Read, name.to_string(), self.inner.read(name), |bytes| bytes.len() as u64)
    }

    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let result = self.inner.read_range_into(name, offset, length, into);
        self.note(Operation::ReadRange, name.to_string(), result, |()| length)
    }

    fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.note(Operation::Size, name.to_string(), self.inner.size(name), |_| 0)
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        self.note(Operation::List, prefix.to_string(), self.inner.list(prefix), |_| 0)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.note(Operation::Delete, name.to_string(), self.inner.delete(name), |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    #[test]
    fn conforms() {
        crate::conformance::run(&|| Box::new(RecordStore::new(Arc::new(MemoryStore::new()))));
    }

    #[test]
    fn counts_and_names_what_was_asked() {
        let store = RecordStore::new(Arc::new(MemoryStore::new()));
        let name = ObjectName::new("p/aa").unwrap();
        store.create(&name, vec![1, 2, 3]).unwrap();
        store.read_range(&name, 1, 2).unwrap();
        assert!(store.read_range(&name, 2, 2).is_err());
        let calls = store.calls();
        let told: Vec<(Operation, u64, bool)> =
            calls.iter().map(|call| (call.operation, call.bytes, call.good)).collect();
        assert_eq!(
            told,
            [
                (Operation::Stage, 3, true),
                (Operation::Publish, 0, true),
                (Operation::ReadRange, 2, true),
                (Operation::ReadRange, 0, false)
            ]
        );
        assert_eq!(store.counts()[&Operation::ReadRange], 2);
        assert_eq!(calls[1].object, "p/aa");
    }
}
