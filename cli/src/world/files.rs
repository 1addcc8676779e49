//! The compiler's door to files.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use mainstay_compiler::{World, WorldError};

use super::policy::{MAX_READ_BYTES, read_bounded};

/// Policy files by their paths relative to a folder: the one in which the command was given, so that messages name
/// files as the reader would.
#[derive(Debug)]
pub struct PolicyWorld {
    base: PathBuf,
}

impl PolicyWorld {
    /// Paths start here.
    pub fn new(base: &Path) -> Self {
        Self { base: base.to_owned() }
    }

    /// A file's path as the compiler wants it: relative, `/` between the parts.
    pub fn path_of(&self, file: &Path) -> String {
        relative(&self.base, file).to_string_lossy().into_owned()
    }
}

impl World for PolicyWorld {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        match read_bounded(&self.base.join(path)) {
            Ok(text) if text.len() as u64 == MAX_READ_BYTES => {
                Err(WorldError::TooLarge { limit_bytes: MAX_READ_BYTES - 1 })
            }
            Ok(text) => Ok(text.into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(WorldError::Missing),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(WorldError::NotText),
            Err(error) => Err(WorldError::Other(error.to_string())),
        }
    }
}

/// The way from a folder to a file, both absolute.
fn relative(base: &Path, file: &Path) -> PathBuf {
    let shared = base.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().skip(shared).filter(|part| matches!(part, Component::Normal(_)));
    up.map(|_| Component::ParentDir).chain(file.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::relative;

    #[test]
    fn files_are_named_as_seen_from_here() {
        for (base, file, expected) in [
            ("/a/b", "/a/b/c.stay", "c.stay"),
            ("/a/b", "/a/x/c.stay", "../x/c.stay"),
            ("/", "/a/c.stay", "a/c.stay"),
            ("/a/b", "/c.stay", "../../c.stay"),
        ] {
            assert_eq!(relative(Path::new(base), Path::new(file)), Path::new(expected));
        }
    }
}
