//! Diagnostics as text: for people, for machines, for code review.

use crate::{Diagnostic, Severity};

mod concise;
mod github;
mod human;
mod json;
mod sarif;
mod snippet;

pub use concise::concise;
pub use github::{Review, github};
pub use human::{Style, human, human_one};
pub use json::{JSON_SCHEMA_NAME, json, json_value};
pub use sarif::{Findings, sarif};

/// How many of them are errors, and how many warnings; notes are not counted.
pub fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    (of(Severity::Error), of(Severity::Warning))
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

#[cfg(test)]
mod tests;
