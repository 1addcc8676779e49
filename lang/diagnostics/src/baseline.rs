//! Findings that are known and let be: a file of them lets a team adopt `check` with findings that it mends later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Diagnostic, Severity, SourceMap, fingerprint};

/// Name and version of the document.
const SCHEMA: &str = "mainstay.baseline/1";

/// Known findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// How often each may come, by what tells it from others.
    known: BTreeMap<Key, u32>,
}

/// Why a baseline cannot be read.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It is no JSON of this shape.
    #[error("it is no baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// It was written by another version.
    #[error("its schema is `{0}`, and this program reads `{SCHEMA}`")]
    Schema(String),
}

/// In the order in which entries stand in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    file: String,
    code: String,
    fingerprint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    known: Vec<Entry>,
}

/// A known finding, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code.
    pub code: String,
    /// The file.
    pub file: String,
    /// What tells it from others of the code in the file.
    pub fingerprint: String,
    /// How often it may come.
    pub count: u32,
}

impl Baseline {
    /// Reads what [`Baseline::write`] wrote.
    ///
    /// # Errors
    /// When it is no such document, or one of another version.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let document: Document = serde_json::from_str(text)?;
        if document.schema != SCHEMA {
            return Err(BaselineError::Schema(document.schema));
        }
        let mut known = BTreeMap::new();
        for Entry { code, file, fingerprint, count } in document.known {
            *known.entry(Key { file, code, fingerprint }).or_insert(0) += count;
        }
        Ok(Self { known })
    }

    /// As text, sorted, so that two branches merge line by line.
    pub fn write(&self) -> String {
        let document = Document { schema: SCHEMA.to_owned(), known: self.entries().collect() };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    /// Adds a finding. Errors are never known: a policy that does not compile protects nothing.
    pub fn add(&mut self, finding: &Diagnostic, map: &SourceMap) {
        if finding.severity != Severity::Error {
            *self.known.entry(key(finding, map)).or_insert(0) += 1;
        }
    }

    /// Whether a finding is known; each entry stands for as many as it counts.
    pub fn takes(&mut self, finding: &Diagnostic, map: &SourceMap) -> bool {
        let left = self.known.get_mut(&key(finding, map)).filter(|left| **left > 0);
        let takes = finding.severity != Severity::Error && left.is_some();
        if let Some(left) = left.filter(|_| takes) {
            *left -= 1;
        }
        takes
    }

    /// The entries that nothing has taken: what they stood for is mended, and they can go.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let left = self.known.iter().filter(|(_, count)| **count > 0);
        left.map(|(Key { file, code, fingerprint }, count)| Entry {
            code: code.clone(),
            file: file.clone(),
            fingerprint: fingerprint.clone(),
            count: *count,
        })
    }
}

fn key(finding: &Diagnostic, map: &SourceMap) -> Key {
    let file = map.file_at(finding.span().start).and_then(|id| map.file(id));
    Key {
        file: file.map(|file| file.name.clone()).unwrap_or_default(),
        code: finding.code.to_string(),
        fingerprint: fingerprint(finding, map),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;
    use crate::codes::{names, style};

    #[test]
    fn what_is_known_is_taken_once_and_what_is_mended_is_left() {
        let mut map = SourceMap::default();
        map.add("a.stay", "let a = 1\nlet b = 2\n");
        let at = |start: u32| Diagnostic::warning(style::UNUSED, "m", Span::new(start, start + 1), "");
        let mut all = Baseline::default();
        [at(4), at(4), at(14)].iter().for_each(|found| all.add(found, &map));
        all.add(&Diagnostic::error(names::UNKNOWN, "m", Span::new(0, 1), ""), &map);
        let mut read = Baseline::read(&all.write()).unwrap();
        assert_eq!(read, all);
        assert!(read.takes(&at(4), &map) && read.takes(&at(4), &map) && !read.takes(&at(4), &map));
        assert!(!read.takes(&Diagnostic::error(style::UNUSED, "m", Span::new(14, 15), ""), &map));
        assert_eq!(read.entries().map(|entry| entry.count).collect::<Vec<_>>(), [1]);
        assert!(Baseline::read("{}").is_err());
        assert!(Baseline::read("{\"schema\": \"mainstay.baseline/9\", \"known\": []}").is_err());
    }
}
