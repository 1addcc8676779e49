//! What was found, for the editor to show.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity, NumberOrString};
use mainstay_compiler::Compiled;
use mainstay_diagnostics::{Diagnostic, Severity};

use crate::answers::Places;

/// The diagnostics of one policy by file; files without any are there too.
pub(crate) fn by_file(root: &Path, compiled: &Compiled) -> BTreeMap<PathBuf, Vec<Shown>> {
    let places = Places::new(&compiled.map, root);
    let mut found: BTreeMap<PathBuf, Vec<Shown>> = BTreeMap::new();
    for file in compiled.map.files() {
        let start = mainstay_diagnostics::Span::new(file.start, file.start);
        if let Some(path) = places.path(start) {
            found.entry(path).or_default();
        }
    }
    for diagnostic in &compiled.diagnostics {
        let Some(path) = places.path(diagnostic.span()) else { continue };
        if let Some(shown) = shown(&places, diagnostic) {
            let all = found.entry(path).or_default();
            // A file that is used twice tells its mistakes once.
            if !all.contains(&shown) {
                all.push(shown);
            }
        }
    }
    found
}

/// One diagnostic. Labels, notes and the help go where the editor has a place for them.
pub(crate) fn shown(places: &Places<'_>, diagnostic: &Diagnostic) -> Option<Shown> {
    let mut message = diagnostic.message.clone();
    for note in &diagnostic.notes {
        message += &format!("\n{note}");
    }
    if let Some(help) = &diagnostic.help {
        message += &format!("\nhelp: {help}");
    }
    let others = diagnostic.labels.iter().skip(1).filter(|label| !label.text.is_empty());
    let related: Vec<DiagnosticRelatedInformation> = others
        .filter_map(|label| {
            let location = places.location(label.span)?;
            Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
        })
        .collect();
    Some(Shown {
        range: places.range(diagnostic.span())?,
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            _ => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(diagnostic.code.to_string())),
        source: Some("mainstay".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Shown::default()
    })
}
