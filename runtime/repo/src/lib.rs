//! The repository: encrypted, deduplicated snapshots in a store.

pub mod backup;
pub mod blobs;
pub mod check;
pub mod chunk;
pub mod class;
pub mod crypt;
pub mod forget;
pub mod format;
pub mod id;
pub mod index;
pub mod keys;
pub mod pack;
pub mod quarantine;
pub mod reading;
pub mod repository;
pub mod restore;
pub mod retention;
pub mod slots;
pub mod tree;

pub use class::Class;
pub use keys::KeyFile;
pub use repository::{InitOptions, Outside, Repository};
