//! The repository: encrypted, deduplicated snapshots in a store.

pub mod crypt;
pub mod format;
pub mod id;
pub mod index;
pub mod keys;
pub mod retention;
