//! What the language server asks of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use mainstay_compiler::{World, WorldError};
use mainstay_server::Outside;
use mainstay_world::Clock;

use super::{PolicyFile, PolicyWorld, SystemClock, policies_below};

/// Files as the command line finds and reads them, and the machine's clock.
#[derive(Debug, Default)]
pub struct EditorWorld {
    clock: SystemClock,
}

impl Outside for EditorWorld {
    fn read(&self, path: &Path) -> Result<Arc<str>, WorldError> {
        let name = path.to_str().ok_or(WorldError::NotText)?;
        PolicyWorld::new(Path::new("/")).read(name)
    }

    fn nearest_root(&self, folder: &Path) -> Option<PathBuf> {
        let found = PolicyFile::find(None, folder).ok()?;
        // Under the name by which the editor knows the folder, links included.
        let is_it = |above: &&Path| above.canonicalize().is_ok_and(|real| real == found.folder);
        folder.ancestors().find(is_it).map(|above| above.join(&found.name))
    }

    fn policies_below(&self, folder: &Path) -> Vec<PathBuf> {
        policies_below(&[folder.to_path_buf()]).unwrap_or_default()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.now().0).unwrap_or_default()
    }
}
