//! From spans of the compiler to places of the editor.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use lsp_types::{Location, Range, Uri};
use mainstay_diagnostics::{FileId, SourceFile, SourceMap, Span};

use crate::lines::Lines;
use crate::paths::{library_uri, uri_of};
use crate::projects::absolute;

/// The files of one policy with the starts of their lines, which are looked for once in each file.
pub(crate) struct Places<'a> {
    map: &'a SourceMap,
    root: &'a Path,
    lines: RefCell<HashMap<u32, Rc<Lines<'a>>>>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(map: &'a SourceMap, root: &'a Path) -> Self {
        Self { map, root, lines: RefCell::default() }
    }

    /// The file that a span is in.
    pub(crate) fn file(&self, span: Span) -> Option<&'a SourceFile> {
        self.map.file(self.map.file_at(span.start)?)
    }

    /// The path of the user's file that a span is in; none for one of the library.
    pub(crate) fn path(&self, span: Span) -> Option<PathBuf> {
        let file = self.file(span)?;
        (!is_of_library(file)).then(|| absolute(self.root, &file.name))
    }

    pub(crate) fn range(&self, span: Span) -> Option<Range> {
        let FileId(id) = self.map.file_at(span.start)?;
        let file = self.map.file(FileId(id))?;
        let mut known = self.lines.borrow_mut();
        let lines = known.entry(id).or_insert_with(|| Rc::new(Lines::new(&file.text)));
        Some(lines.range((span.start - file.start) as usize, span.end.saturating_sub(file.start) as usize))
    }

    pub(crate) fn uri(&self, span: Span) -> Option<Uri> {
        match self.path(span) {
            Some(path) => uri_of(&path),
            None => library_uri(&self.file(span)?.name),
        }
    }

    pub(crate) fn location(&self, span: Span) -> Option<Location> {
        Some(Location { uri: self.uri(span)?, range: self.range(span)? })
    }

    /// Whether a span is in this file.
    pub(crate) fn is_in(&self, span: Span, path: &Path) -> bool {
        self.path(span).is_some_and(|other| other == path)
    }
}

/// Whether a file is one of the standard library.
pub(crate) fn is_of_library(file: &SourceFile) -> bool {
    file.name.starts_with("std/")
}
