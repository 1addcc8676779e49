//! SARIF 2.1.0, for code scanning: one log with one run, from any number of compilations.
//!
//! Columns are UTF-16 code units and ends are exclusive, as the standard has them; addresses are relative, as the files
//! were named. Files of the standard library are in nobody's repository, so places in them are left out.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::severity_word;
use crate::codes::find;
use crate::{CodeEntry, Diagnostic, Fix, Label, SourceFile, SourceMap, Span, fingerprint};

/// The key of our fingerprints; the number rises when they are made otherwise.
const FINGERPRINT_NAME: &str = "mainstay/v1";

/// What one compilation found.
pub type Findings<'a> = (&'a SourceMap, &'a [Diagnostic]);

/// The log, with its new line. `version` is that of the program.
pub fn sarif(all: &[Findings<'_>], version: &str) -> String {
    let used: BTreeSet<&str> =
        all.iter().flat_map(|(_, found)| *found).map(|found| found.code.as_str()).collect();
    let rules: Vec<&CodeEntry> = used.into_iter().filter_map(find).collect();
    let result = |map, found| result(&rules, map, found);
    let results: Vec<Value> =
        all.iter().flat_map(|(map, found)| found.iter().map(move |found| result(map, found))).collect();
    let driver = json!({
        "name": "mainstay",
        "semanticVersion": version,
        "rules": rules.iter().map(|entry| rule(entry)).collect::<Vec<Value>>(),
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "utf16CodeUnits", "results": results }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn rule(entry: &CodeEntry) -> Value {
    json!({
        "id": entry.code.as_str(),
        "shortDescription": { "text": sentence(entry.title) },
        "fullDescription": { "text": entry.summary() },
        "help": { "text": entry.page, "markdown": entry.page },
        "defaultConfiguration": { "level": severity_word(entry.severity) },
    })
}

/// Readers of SARIF show sentences.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(std::iter::once('.')).collect()
}

fn result(rules: &[&CodeEntry], map: &SourceMap, found: &Diagnostic) -> Value {
    let index = rules.iter().position(|entry| entry.code == found.code);
    let mut text = found.message.clone();
    for more in found.notes.iter().chain(&found.help) {
        text = format!("{text}\n{more}");
    }
    let (primary, others) =
        found.labels.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
    let mut made = Map::new();
    made.insert("ruleId".to_owned(), json!(found.code.as_str()));
    made.extend(index.map(|index| ("ruleIndex".to_owned(), json!(index))));
    made.insert("level".to_owned(), json!(severity_word(found.severity)));
    made.insert("message".to_owned(), json!({ "text": text }));
    let place = primary.and_then(|label| location(map, label, None));
    made.insert("locations".to_owned(), json!(place.into_iter().collect::<Vec<_>>()));
    let others = others.iter().enumerate().filter_map(|(number, label)| location(map, label, Some(number)));
    made.insert("relatedLocations".to_owned(), json!(others.collect::<Vec<_>>()));
    made.insert("partialFingerprints".to_owned(), json!({ FINGERPRINT_NAME: fingerprint(found, map) }));
    let fixes: Vec<Value> = found.fixes.iter().filter_map(|fix| fix_of(map, fix)).collect();
    if !fixes.is_empty() {
        made.insert("fixes".to_owned(), json!(fixes));
    }
    Value::Object(made)
}

fn location(map: &SourceMap, label: &Label, id: Option<usize>) -> Option<Value> {
    let (file, region) = region(map, label.span)?;
    let mut made =
        json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&file.name) }, "region": region } });
    if let (Some(id), Some(fields)) = (id, made.as_object_mut()) {
        fields.insert("id".to_owned(), json!(id));
        if !label.text.is_empty() {
            fields.insert("message".to_owned(), json!({ "text": label.text }));
        }
    }
    Some(made)
}

fn region(map: &SourceMap, span: Span) -> Option<(&SourceFile, Value)> {
    let id = map.file_at(span.start)?;
    let file = map.file(id).filter(|file| !file.name.starts_with("std/"))?;
    let start = map.utf16_place(span.start)?;
    let end = map.utf16_place(span.end).filter(|_| map.file_at(span.end) == Some(id)).unwrap_or(start);
    let region = json!({
        "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
    });
    Some((file, region))
}

/// All edits, in one file or in several; nothing when one of them is in a file of the library.
fn fix_of(map: &SourceMap, fix: &Fix) -> Option<Value> {
    let mut changes: Vec<(String, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let (file, region) = region(map, edit.span)?;
        let uri = uri(&file.name);
        let replacement = json!({ "deletedRegion": region, "insertedContent": { "text": edit.replacement } });
        match changes.iter_mut().find(|(known, _)| *known == uri) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((uri, vec![replacement])),
        }
    }
    if changes.is_empty() {
        return None;
    }
    let change =
        |(uri, replacements)| json!({ "artifactLocation": { "uri": uri }, "replacements": replacements });
    let changes: Vec<Value> = changes.into_iter().map(change).collect();
    Some(json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

/// A file's name as a relative reference of RFC 3986: what is neither unreserved nor a slash is escaped.
fn uri(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    name.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
