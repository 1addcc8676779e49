//! An answer for each question, a file for each.

pub(crate) mod actions;
pub(crate) mod completion;
pub(crate) mod facts;
pub(crate) mod format;
pub(crate) mod hints;
pub(crate) mod hover;
pub(crate) mod names;
mod places;
pub(crate) mod rename;
pub(crate) mod symbols;
pub(crate) mod tokens;

pub(crate) use places::Places;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lsp_types::Position;
use mainstay_compiler::query::{Analysis, Named};

use crate::lines::Lines;
use crate::projects::relative;

/// Why there is no answer: what the person at the editor is told.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

/// What a question is about: a file, and the policy that it belongs to.
pub(crate) struct Page {
    pub(crate) root: PathBuf,
    pub(crate) path: PathBuf,
    pub(crate) text: Arc<str>,
}

impl Page {
    /// The folder that the policy's names of files start from.
    pub(crate) fn folder(&self) -> &Path {
        self.root.parent().unwrap_or(Path::new(""))
    }

    /// The file as the compiler calls it.
    pub(crate) fn file(&self) -> String {
        relative(self.folder(), &self.path)
    }

    /// The byte of the file at a position.
    pub(crate) fn local(&self, position: Position) -> usize {
        Lines::new(&self.text).offset(position)
    }
}

/// A file with what the checker knows of its policy.
pub(crate) struct View {
    pub(crate) page: Page,
    pub(crate) analysis: Rc<Analysis>,
}

impl View {
    /// The place of a position among all files.
    pub(crate) fn offset(&self, position: Position) -> Option<u32> {
        self.analysis.offset(&self.page.file(), self.page.local(position) as u32)
    }

    /// The name at a position.
    pub(crate) fn name_at(&self, position: Position) -> Option<Named> {
        self.analysis.name_at(self.offset(position)?)
    }

    /// For turning spans into places of the editor.
    pub(crate) fn places(&self) -> Places<'_> {
        Places::new(&self.analysis.map, &self.page.root)
    }
}
