//! Bytes to structs and back: pure, total, and limited. `spec/repository.md` gives the layouts.

pub mod blob;
pub mod limits;
pub mod manifest;
pub mod node;
pub mod pack;
pub mod slot;
