//! The texts that the editor has open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use crate::lines::Lines;
use crate::paths::path_of;

/// An open text.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// As the editor calls it.
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    pub(crate) text: Arc<str>,
}

/// All open texts, by path.
#[derive(Debug, Default)]
pub(crate) struct Documents(HashMap<PathBuf, Document>);

impl Documents {
    pub(crate) fn open(&mut self, uri: Uri, version: i32, text: String) -> PathBuf {
        let path = path_of(&uri);
        self.0.insert(path.clone(), Document { uri, version, text: Arc::from(text) });
        path
    }

    /// Applies what was typed, in order. A change of a text that is not open is none.
    pub(crate) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) -> bool {
        let Some(document) = self.0.get_mut(path) else { return false };
        let mut text = document.text.to_string();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let lines = Lines::new(&text);
                    let (from, to) = (lines.offset(range.start), lines.offset(range.end));
                    text.replace_range(from.min(to)..from.max(to), &change.text);
                }
            }
        }
        document.text = Arc::from(text);
        document.version = version;
        true
    }

    pub(crate) fn close(&mut self, path: &Path) {
        self.0.remove(path);
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&Document> {
        self.0.get(path)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.keys()
    }
}

#[cfg(test)]
mod tests {
    use lsp_types::{Position, Range};

    use super::*;

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let at = |(line, character)| Position { line, character };
        let range = Some(Range { start: at(from), end: at(to) });
        TextDocumentContentChangeEvent { range, range_length: None, text: text.to_owned() }
    }

    #[test]
    fn changes_apply_one_after_another() {
        let mut documents = Documents::default();
        let path = documents.open("file:///a.stay".parse().unwrap(), 1, "a😀b\nc".to_owned());
        let typed =
            vec![change((0, 3), (0, 4), "x"), change((0, 4), (1, 0), ""), change((9, 9), (9, 9), "!")];
        assert!(documents.change(&path, 2, typed));
        assert_eq!(&*documents.get(&path).unwrap().text, "a😀xc!");
    }

    #[test]
    fn a_range_that_runs_backwards_is_turned() {
        let mut documents = Documents::default();
        let path = documents.open("file:///a.stay".parse().unwrap(), 1, "abc".to_owned());
        assert!(documents.change(&path, 2, vec![change((0, 2), (0, 1), "-")]));
        assert_eq!(&*documents.get(&path).unwrap().text, "a-c");
    }
}
