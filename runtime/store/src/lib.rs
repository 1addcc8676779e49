//! Bytes under names, somewhere.
//!
//! A store keeps immutable objects: created only if absent, read whole or in part, listed, deleted. It knows
//! nothing of keys or of what the bytes mean.
//!
//! [`LocalStore`] keeps them in folders, [`MemoryStore`] in memory. [`layers`] wrap any store: to try again,
//! to record what was asked, to fail on purpose. [`local::model`] is a disk that can lose its power. One
//! conformance suite runs over all of them.

mod api;
#[cfg(test)]
mod conformance;
pub mod layers;
pub mod local;
mod memory;
mod probe;

pub use api::{Created, Listed, NameError, ObjectName, Staged, Store, StoreError, StoreErrorKind};
pub use api::{MAX_NAME_BYTES, StagedToken};
pub use layers::Layer;
pub use local::{LocalStore, OpenStoreError};
pub use memory::MemoryStore;
pub use probe::{PROBE_PREFIX, ProbeError, probe};
