//! Bytes to structs and back: pure, total, and limited. `spec/repository.md` gives the layouts.

pub mod blob;
pub(crate) mod bytes;
pub mod generation;
pub mod header;
#[cfg(test)]
pub(crate) mod hostile;
pub mod limits;
pub mod manifest;
pub mod node;
pub mod pack;
pub mod record;
pub mod segment;
pub mod slot;

pub use bytes::{DecodeError, TooLarge};
