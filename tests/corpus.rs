//! The conformance suite as plain data: policies, and beside them what must come of each. `spec/conformance.md` says how it is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_compiler::{Compiled, Day, Params, World, WorldError, compile};
use mainstay_diagnostics::{Diagnostic, Severity};

use crate::scene::workspace;

/// The files of the corpus.
pub struct Corpus(PathBuf);

impl World for Corpus {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        match fs::read(self.0.join(path)).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(text.into()),
            Ok(Err(_)) => Err(WorldError::NotText),
            Err(_) => Err(WorldError::Missing),
        }
    }
}

impl Corpus {
    /// The cases of a folder of the suite.
    pub fn open(folder: &str) -> Self {
        Self(workspace().join("tests/suite").join(folder))
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The names of all cases, sorted.
    pub fn cases(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let is_policy = |path: &PathBuf| path.extension().is_some_and(|end| end == "stay");
        let mut names: Vec<String> = entries
            .filter(is_policy)
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// What comes of a case, with the params beside it.
    pub fn compiled(&self, name: &str) -> Compiled {
        compile(self, &format!("{name}.stay"), &self.params(name))
    }

    fn params(&self, name: &str) -> Params {
        let Ok(text) = fs::read_to_string(self.beside(name, "params.json")) else { return Params::none() };
        let values: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
        values.into_iter().collect()
    }

    /// What must be told: mistakes and risks, and what has ended.
    pub fn told(&self, name: &str) -> (Vec<Diagnostic>, String) {
        let compiled = self.compiled(name);
        let expired: Vec<Diagnostic> =
            self.today(name).map_or(Vec::new(), |day| compiled.expired(day).cloned().collect());
        let all: Vec<Diagnostic> = compiled.diagnostics.into_iter().chain(expired).collect();
        let counts = |found: &&Diagnostic| found.severity != Severity::Note || all.len() == 1;
        let told: Vec<Diagnostic> = all.iter().filter(counts).cloned().collect();
        let mut text = String::new();
        for found in &told {
            let (file, at) = compiled.map.line_column(found.span().start).unwrap();
            let file = &compiled.map.file(file).unwrap().name;
            let file = if *file == format!("{name}.stay") { String::new() } else { format!("{file}:") };
            text += &format!("{} {file}{}:{} {}\n", found.code, at.line, at.column, found.message);
        }
        (told, text)
    }

    fn today(&self, name: &str) -> Option<Day> {
        let text = self.read(&format!("{name}.stay")).ok()?;
        let day = text.lines().next()?.strip_prefix("// today ")?.to_owned();
        let parts: Vec<i16> = day.split('-').map(|part| part.parse().unwrap()).collect();
        Some((parts[0], parts[1].try_into().unwrap(), parts[2].try_into().unwrap()))
    }

    /// A file beside a case.
    pub fn beside(&self, name: &str, end: &str) -> PathBuf {
        self.0.join(format!("{name}.{end}"))
    }
}

/// What is expected against what is there; `MAINSTAY_BLESS=1` writes it instead. A file that is not there expects nothing.
pub fn differs(path: &Path, text: &str) -> Option<String> {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == text {
        return None;
    }
    if std::env::var_os("MAINSTAY_BLESS").is_some() {
        fs::write(path, text).unwrap();
        return None;
    }
    let name = path.file_stem().unwrap().to_string_lossy();
    Some(format!("{name}\n  expected: {}\n  told:     {}", expected.trim_end(), text.trim_end()))
}
