use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::cursor::Cursor;

/// A folder that is removed in the end, however deep and closed what stands in it is.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty folder.
    pub fn new() -> io::Result<Self> {
        Ok(Self(std::fs::canonicalize(tempfile::tempdir()?.keep())?))
    }

    /// Where it is: absolute, without links.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A test that is over does not fail because of what is left of it.
        let _ = remove_tree(&self.0);
    }
}

/// Removes a folder and all in it. It needs one descriptor, whatever the depth.
pub fn remove_tree(root: &Path) -> io::Result<()> {
    let mut cursor = Cursor::open(root)?;
    let mut depth = 0_usize;
    let mut entered: Vec<Vec<u8>> = Vec::new();
    loop {
        match clear_files(&cursor)? {
            Some(folder) => {
                open_up(&cursor, &folder);
                cursor.enter(&folder)?;
                entered.push(folder);
                depth += 1;
            }
            None if depth == 0 => break,
            None => {
                cursor.up()?;
                depth -= 1;
                if let Some(name) = entered.pop() {
                    rustix::fs::unlinkat(cursor.fd(), name, AtFlags::REMOVEDIR)?;
                }
            }
        }
    }
    std::fs::remove_dir(root)
}

/// Removes all but folders, and names one of those.
fn clear_files(cursor: &Cursor) -> io::Result<Option<Vec<u8>>> {
    let mut folder = None;
    for named in cursor.list()? {
        if named.is_folder {
            folder = Some(named.name);
            continue;
        }
        match rustix::fs::unlinkat(cursor.fd(), &named.name, AtFlags::empty()) {
            Err(Errno::ISDIR) => folder = Some(named.name),
            other => other?,
        }
    }
    Ok(folder)
}

fn open_up(cursor: &Cursor, name: &[u8]) {
    // Where it fails, entering the folder says why.
    let _ = rustix::fs::chmodat(cursor.fd(), name, Mode::RWXU, AtFlags::empty());
}
