//! The examples and samples, and what the compiler says of a changed one.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use mainstay_compiler::{Params, World, WorldError, compile};
use mainstay_diagnostics::Severity;
use mainstay_syntax::{Kind, tokens};

use super::mutant::Place;
use crate::scene::workspace;

/// One policy: its root file, and the files that it uses.
pub struct Policy {
    /// Below the workspace.
    pub name: String,
    /// The root file's text.
    pub text: String,
    files: BTreeMap<String, String>,
}

/// All of them.
pub fn corpus() -> Vec<Policy> {
    let root = workspace();
    let mut found = vec![
        policy(&root, "tests/suite/samples", "laptop.stay", &[]),
        policy(&root, "tests/suite/samples/policies", "billing.stay", &["../shared/house.stay"]),
    ];
    let mut examples: Vec<_> =
        fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.sort();
    for example in examples {
        let folder = example.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        found.push(policy(&root, &folder, "mainstay.stay", &[]));
    }
    found
}

fn policy(root: &Path, folder: &str, name: &str, used: &[&str]) -> Policy {
    let read = |name: &str| fs::read_to_string(root.join(folder).join(name)).unwrap();
    Policy {
        name: format!("{folder}/{name}"),
        text: read(name),
        files: used.iter().map(|name| ((*name).to_owned(), read(name))).collect(),
    }
}

struct MemoryWorld<'a> {
    text: &'a str,
    files: &'a BTreeMap<String, String>,
}

impl World for MemoryWorld<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        match self.files.get(path) {
            Some(text) => Ok(text.as_str().into()),
            None if path == "root.stay" => Ok(self.text.into()),
            None => Err(WorldError::Missing),
        }
    }
}

impl Policy {
    /// Every label of every mistake and risk for a text in the root file's place.
    pub fn labels_of(&self, text: &str) -> Vec<Place> {
        let compiled = compile(&MemoryWorld { text, files: &self.files }, "root.stay", &Params::default());
        let root = compiled.map.files().iter().position(|file| file.name == "root.stay").unwrap();
        let mut labels = Vec::new();
        for diagnostic in compiled.diagnostics.iter().filter(|one| one.severity != Severity::Note) {
            for label in &diagnostic.labels {
                let file = compiled.map.file_at(label.span.start).unwrap();
                let start = compiled.map.file(file).unwrap().start;
                let local = (label.span.start - start) as usize..(label.span.end - start) as usize;
                labels.push(Place {
                    range: (file.0 as usize == root).then_some(local),
                    text: compiled.map.text(label.span).unwrap_or_default().to_owned(),
                    code: diagnostic.code.to_string(),
                });
            }
        }
        labels
    }
}

/// The ranges of the tokens with meaning.
pub fn significant(text: &str) -> Vec<Range<usize>> {
    tokens(text).into_iter().filter(|token| !is_trivia(token.kind)).map(|token| token.range).collect()
}

fn is_trivia(kind: Kind) -> bool {
    matches!(kind, Kind::Space | Kind::Comment | Kind::Doc | Kind::FileDoc)
}

/// The comments of a text, without the blanks around them, sorted.
pub fn comments(text: &str) -> Vec<String> {
    let is_comment = |kind| matches!(kind, Kind::Comment | Kind::Doc | Kind::FileDoc);
    let mut found: Vec<_> = tokens(text)
        .into_iter()
        .filter(|token| is_comment(token.kind))
        .map(|token| text[token.range].trim().to_owned())
        .collect();
    found.sort();
    found
}

/// The formatted text; nothing where the text cannot be parsed.
pub fn formatted(text: &str) -> Option<String> {
    mainstay_syntax::format(text).ok()
}
