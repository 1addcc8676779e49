//! For machines: one document.

use serde::Serialize;

use super::{count, severity_word};
use crate::{Diagnostic, Edit, Fix, Label, SourceMap, Span};

/// Name and version of the document. A reader refuses a number that it does not know; fields may be added without one.
pub const JSON_SCHEMA_NAME: &str = "mainstay.diagnostics/1";

#[derive(Serialize)]
struct Document<'d> {
    schema: &'static str,
    diagnostics: Vec<Entry<'d>>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Entry<'d> {
    code: &'static str,
    severity: &'static str,
    message: &'d str,
    #[serde(flatten)]
    place: Place<'d>,
    notes: &'d [String],
    help: Option<&'d str>,
    labels: Vec<LabelEntry<'d>>,
    fixes: Vec<FixEntry<'d>>,
}

/// Lines and columns count from 1, columns in characters; the end is the first place that is no longer meant.
#[derive(Serialize, Default)]
struct Place<'d> {
    file: Option<&'d str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

#[derive(Serialize)]
struct LabelEntry<'d> {
    #[serde(flatten)]
    place: Place<'d>,
    text: &'d str,
}

#[derive(Serialize)]
struct FixEntry<'d> {
    title: &'d str,
    safe: bool,
    edits: Vec<EditEntry<'d>>,
}

#[derive(Serialize)]
struct EditEntry<'d> {
    #[serde(flatten)]
    place: Place<'d>,
    replacement: &'d str,
}

/// The document as text, with its new line.
pub fn json(diagnostics: &[Diagnostic], map: &SourceMap) -> String {
    // Strings and numbers only: there is nothing in it that could not be written.
    let text = serde_json::to_string_pretty(&document(diagnostics, map)).unwrap_or_default();
    text + "\n"
}

/// The document as a value, to stand inside another one.
pub fn json_value(diagnostics: &[Diagnostic], map: &SourceMap) -> serde_json::Value {
    serde_json::to_value(document(diagnostics, map)).unwrap_or_default()
}

fn document<'d>(diagnostics: &'d [Diagnostic], map: &'d SourceMap) -> Document<'d> {
    let (errors, warnings) = count(diagnostics);
    let diagnostics = diagnostics.iter().map(|diagnostic| entry(diagnostic, map)).collect();
    Document { schema: JSON_SCHEMA_NAME, diagnostics, errors, warnings }
}

fn entry<'d>(diagnostic: &'d Diagnostic, map: &'d SourceMap) -> Entry<'d> {
    let label = |label: &'d Label| LabelEntry { place: place(label.span, map), text: &label.text };
    Entry {
        code: diagnostic.code.as_str(),
        severity: severity_word(diagnostic.severity),
        message: &diagnostic.message,
        place: place(diagnostic.span(), map),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        labels: diagnostic.labels.iter().map(label).collect(),
        fixes: diagnostic.fixes.iter().map(|fix| fix_entry(fix, map)).collect(),
    }
}

fn fix_entry<'d>(fix: &'d Fix, map: &'d SourceMap) -> FixEntry<'d> {
    let edit = |edit: &'d Edit| EditEntry { place: place(edit.span, map), replacement: &edit.replacement };
    FixEntry { title: &fix.title, safe: fix.safe, edits: fix.edits.iter().map(edit).collect() }
}

fn place(span: Span, map: &SourceMap) -> Place<'_> {
    let Some((id, start)) = map.line_column(span.start) else { return Place::default() };
    let end = map.line_column(span.end).map_or(start, |(_, end)| end);
    Place {
        file: map.file(id).map(|file| file.name.as_str()),
        line: Some(start.line),
        column: Some(start.column),
        end_line: Some(end.line),
        end_column: Some(end.column),
    }
}
