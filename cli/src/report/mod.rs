//! What the verbs print, for people and for machines.

pub mod diff;
pub mod json;
pub mod panics;
pub mod stream;
pub mod table;
pub mod usage;
pub mod words;
