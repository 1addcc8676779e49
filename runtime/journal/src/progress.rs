//! How far each attempt is: a second file beside the journal, which may be lost.
//!
//! It is replaced as a whole and never synced: after a crash it is old, torn or gone, and nothing depends on it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::ids::Token;
use crate::outcome::Figures;

/// How far one attempt is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// When it was noted, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What it does: `store`, `verify`.
    pub stage: String,
    /// What it has handled so far.
    pub figures: Figures,
}

/// The file.
#[derive(Debug, Clone)]
pub struct ProgressFile {
    path: PathBuf,
}

impl ProgressFile {
    /// In a state folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("progress.json") }
    }

    /// What was noted last; nothing when there is no file or it cannot be understood.
    pub fn read(&self) -> BTreeMap<Token, Progress> {
        let text = fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Replaces all notes.
    pub fn write(&self, notes: &BTreeMap<Token, Progress>) -> io::Result<()> {
        let text = serde_json::to_vec(notes).map_err(io::Error::other)?;
        let fresh = self.path.with_extension("new");
        fs::write(&fresh, text)?;
        fs::rename(&fresh, &self.path)
    }
}
