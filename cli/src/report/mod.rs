//! What the verbs print, for people and for machines.

pub mod json;
pub mod panics;
pub mod usage;
