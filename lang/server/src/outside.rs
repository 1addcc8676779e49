//! What the server asks of the machine that it runs on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use mainstay_compiler::WorldError;

/// The outside: files, and what time it is. The name of a policy's root file is the command line's to know.
pub trait Outside {
    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read as text.
    fn read(&self, path: &Path) -> Result<Arc<str>, WorldError>;

    /// The root file that a policy in this folder would have: the nearest at or above it.
    fn nearest_root(&self, folder: &Path) -> Option<PathBuf>;

    /// Every policy file at or below a folder.
    fn policies_below(&self, folder: &Path) -> Vec<PathBuf>;

    /// What time it is: the next runs of a trigger are counted from here.
    fn now(&self) -> Timestamp;
}
