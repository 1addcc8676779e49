//! For code review on GitHub: workflow commands that become annotations.

use super::{concise, severity_word};
use crate::{Diagnostic, Severity, SourceMap};

/// GitHub shows at most so many annotations of a kind for each step; what is more would be dropped in silence.
const ANNOTATIONS_LIMIT: usize = 10;

/// Annotations, errors before warnings; those beyond GitHub's limit follow as plain lines, so that the log has all.
pub fn github(diagnostics: &[Diagnostic], map: &SourceMap) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_kind = diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity);
        for (at, diagnostic) in of_kind.enumerate() {
            let line = if at < ANNOTATIONS_LIMIT {
                annotation(diagnostic, map)
            } else {
                concise::line(diagnostic, map)
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn annotation(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let word = match diagnostic.severity {
        Severity::Note => "notice",
        other => severity_word(other),
    };
    let mut message = diagnostic.message.clone();
    for more in diagnostic.notes.iter().chain(&diagnostic.help) {
        message.push('\n');
        message.push_str(more);
    }
    let (place, code) = (place(diagnostic, map), diagnostic.code);
    format!("::{word} {place}title={code}::{}", data(&message))
}

fn place(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let span = diagnostic.span();
    let (Some((id, start)), Some((_, end))) = (map.line_column(span.start), map.line_column(span.end)) else {
        return String::new();
    };
    let name = map.file(id).map(|file| property(&file.name)).unwrap_or_default();
    let columns = if start.line == end.line {
        // GitHub's end column is the last one that is meant.
        format!(",col={},endColumn={}", start.column, end.column.saturating_sub(1).max(start.column))
    } else {
        String::new()
    };
    format!("file={name},line={},endLine={}{columns},", start.line, end.line)
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
