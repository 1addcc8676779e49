//! One line each: for lists, logs and editors that read compilers' lines.

use super::severity_word;
use crate::{Diagnostic, SourceMap};

/// `file:line:column: severity[code]: message`, a line each.
pub fn concise(diagnostics: &[Diagnostic], map: &SourceMap) -> String {
    diagnostics.iter().map(|diagnostic| line(diagnostic, map) + "\n").collect()
}

pub(super) fn line(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let Diagnostic { severity, code, message, .. } = diagnostic;
    let word = severity_word(*severity);
    let place =
        map.line_column(diagnostic.span().start).and_then(|(id, at)| map.file(id).map(|file| (file, at)));
    match place {
        Some((file, at)) => format!("{}:{}:{}: {word}[{code}]: {message}", file.name, at.line, at.column),
        None => format!("{word}[{code}]: {message}"),
    }
}
