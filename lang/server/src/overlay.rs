//! The files of a policy as its author sees them now: what is open in the editor, over what is on the disk.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_compiler::{World, WorldError};

use crate::documents::Documents;
use crate::outside::Outside;
use crate::paths::clean;

/// Texts of files that nobody has open. A keystroke cannot change them: they are read once, until the editor says
/// that files have changed.
#[derive(Debug, Default)]
pub(crate) struct Disk(RefCell<HashMap<PathBuf, Result<Arc<str>, WorldError>>>);

impl Disk {
    pub(crate) fn forget(&self) {
        self.0.borrow_mut().clear();
    }

    fn read(&self, outside: &dyn Outside, path: &Path) -> Result<Arc<str>, WorldError> {
        if let Some(known) = self.0.borrow().get(path) {
            return known.clone();
        }
        let read = outside.read(path);
        self.0.borrow_mut().insert(path.to_path_buf(), read.clone());
        read
    }
}

/// A [`World`] for one policy.
pub(crate) struct Overlay<'a> {
    pub(crate) outside: &'a dyn Outside,
    pub(crate) disk: &'a Disk,
    pub(crate) documents: &'a Documents,
    /// Where the policy's paths start.
    pub(crate) folder: &'a Path,
    /// Texts that stand for others while a question is answered.
    pub(crate) instead: &'a [(PathBuf, Arc<str>)],
}

impl World for Overlay<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        let path = clean(&self.folder.join(path));
        if let Some((_, text)) = self.instead.iter().find(|(other, _)| *other == path) {
            return Ok(Arc::clone(text));
        }
        match self.documents.get(&path) {
            Some(document) => Ok(Arc::clone(&document.text)),
            None => self.disk.read(self.outside, &path),
        }
    }
}
