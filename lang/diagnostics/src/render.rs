//! Diagnostics as text: for people, for machines, for code review.

use crate::{Diagnostic, Severity};

mod concise;
mod github;
mod human;
mod json;
mod snippet;

pub use concise::concise;
pub use github::github;
pub use human::{Style, human, human_one};
pub use json::{JSON_SCHEMA_NAME, json, json_value};

/// How many of them are errors, and how many warnings.
pub fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    (errors, diagnostics.len() - errors)
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests;
