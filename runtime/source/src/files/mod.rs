//! Files below one or several roots.

mod content;
mod details;
mod entry;
mod folder;
mod listing;
mod own;
mod plan;
mod settings;
mod stat;
#[cfg(test)]
mod tests;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use mainstay_world::tree::{Fault, FaultKind, Judgement, Tree, View};

use self::listing::Lister;
pub use self::own::OwnFolder;
use self::settings::Settings;
use self::walk::Walk;
use crate::{Discovered, SourceError};

/// What is done about an entry that could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFault {
    /// The copy is made, names the entry, and is not whole.
    #[default]
    Degrade,
    /// No copy is made.
    Fail,
    /// It is mentioned, and the copy counts as whole.
    Note,
}

/// Files below one or several roots, with what is left out.
///
/// With one root, its content stands at the top of the tree; with several, each stands under its full path, and the
/// folders above bear their real attributes. Links in the paths of the roots themselves are followed, none below.
#[derive(Debug, Clone, Default)]
pub struct FilesSource {
    /// Folders, or single files.
    pub roots: Vec<PathBuf>,
    /// Patterns of what is left out.
    pub exclude: Vec<String>,
    /// Patterns of what is kept although `exclude` names it or a folder above it.
    pub include: Vec<String>,
    /// Files with more patterns for `exclude`: one a line, empty lines and those that begin with `#` mean nothing.
    pub exclude_from: Vec<PathBuf>,
    /// Leaves out what stands beside a valid `CACHEDIR.TAG`; the folder and the tag are kept.
    pub exclude_caches: bool,
    /// Leaves out what stands beside a file of one of these names; the folder and that file are kept.
    pub skip_if: Vec<String>,
    /// Leaves out regular files of more bytes.
    pub skip_larger: Option<u64>,
    /// Does not enter other file systems than those of the roots; their mount points are kept as empty folders.
    pub one_filesystem: bool,
    /// Folders that a copy never holds, wherever the walk meets them and by whatever name: where copies are put.
    pub own: Vec<OwnFolder>,
    /// What is done about an entry that was listed and is gone.
    pub on_vanished: OnFault,
    /// What is done about an entry that may not be read.
    pub on_unreadable: OnFault,
}

impl FilesSource {
    /// Looks whether all roots are there, can be read and hold something. It reads one name of each.
    pub fn discover(&self) -> Result<Discovered, SourceError> {
        let settings = Settings::new(self)?;
        for root in &settings.roots {
            root.check(&mut Lister::new())?;
        }
        Ok(Discovered {
            entries: None,
            bytes: None,
            present: settings.roots.into_iter().map(|root| root.real).collect(),
        })
    }

    /// The files as they are when they are read: nothing is frozen.
    pub fn snapshot(&self) -> Result<Box<dyn View>, SourceError> {
        Ok(Box::new(FilesView { settings: Arc::new(Settings::new(self)?) }))
    }
}

struct FilesView {
    settings: Arc<Settings>,
}

impl View for FilesView {
    fn walk(&self) -> Result<Box<dyn Tree>, Fault> {
        Ok(Box::new(Walk::begin(Arc::clone(&self.settings))?))
    }

    fn judge(&self, fault: &Fault) -> Judgement {
        self.settings.judge(fault.kind)
    }
}

impl Settings {
    fn judge(&self, kind: FaultKind) -> Judgement {
        let choice = match kind {
            FaultKind::Vanished => self.on_vanished,
            FaultKind::Unreadable => self.on_unreadable,
            _ => OnFault::Degrade,
        };
        match choice {
            OnFault::Degrade => Judgement::Degrades,
            OnFault::Fail => Judgement::Fails,
            OnFault::Note => Judgement::Noted,
        }
    }
}
