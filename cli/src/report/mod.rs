//! What the verbs print, for people and for machines.

pub mod diff;
pub mod difference;
pub mod facts;
pub mod human;
pub mod json;
pub mod junit;
pub mod machine;
pub mod manual;
pub mod panics;
pub mod progress;
pub mod schemas;
pub mod stream;
pub mod table;
pub mod trials;
pub mod usage;
pub mod words;
