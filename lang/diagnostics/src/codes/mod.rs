//! All codes, a file for each family.

pub mod goals;
pub mod graph;
pub mod names;
pub mod risk;
pub mod secrets;
pub mod stages;
pub mod style;
pub mod syntax;
pub mod trials;
pub mod types;

use crate::CodeEntry;

/// Every code, by family.
pub fn all() -> impl Iterator<Item = &'static CodeEntry> {
    [
        syntax::ENTRIES,
        names::ENTRIES,
        types::ENTRIES,
        stages::ENTRIES,
        goals::ENTRIES,
        graph::ENTRIES,
        secrets::ENTRIES,
        trials::ENTRIES,
        risk::ENTRIES,
        style::ENTRIES,
    ]
    .into_iter()
    .flatten()
}

/// The entry of a code as people write it.
pub fn find(code: &str) -> Option<&'static CodeEntry> {
    all().find(|entry| entry.code.as_str().eq_ignore_ascii_case(code))
}
