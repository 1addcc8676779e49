//! What passes on all that it does not change.

use crate::api::{Created, Listed, ObjectName, Staged, Store, StoreError};

/// A store around a store that says only what it does otherwise. A layer that must see every operation (a count, a
/// fault, another attempt) is a [`Store`] itself instead: an operation added to the trait then cannot pass it by.
pub trait Layer: Send + Sync {
    /// The store within.
    fn inner(&self) -> &dyn Store;

    /// As [`Store::publish`].
    ///
    /// # Errors
    /// As there.
    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        self.inner().publish(staged)
    }

    /// As [`Store::list`].
    ///
    /// # Errors
    /// As there.
    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        self.inner().list(prefix)
    }
}

impl<L: Layer> Store for L {
    fn place(&self) -> String {
        self.inner().place()
    }

    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError> {
        self.inner().stage(name, bytes)
    }

    fn stage_borrowed(&self, name: &ObjectName, bytes: &[u8]) -> Result<Staged, StoreError> {
        self.inner().stage_borrowed(name, bytes)
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        Layer::publish(self, staged)
    }

    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError> {
        self.inner().read(name)
    }

    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        self.inner().read_range_into(name, offset, length, into)
    }

    fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.inner().size(name)
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        Layer::list(self, prefix)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.inner().delete(name)
    }
}
