//! Bytes under names, somewhere.
//!
//! A store keeps immutable objects: created only if absent, read whole or in part, listed, deleted. It knows
//! nothing of keys or of what the bytes mean.

mod api;

pub use api::{Created, Listed, NameError, ObjectName, Staged, Store, StoreError, StoreErrorKind};
pub use api::{MAX_NAME_BYTES, StagedToken};
