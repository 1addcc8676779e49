//! Folders of what makes copies: never part of one, and never the target of a restore.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::open_path;
use super::settings::c_path;
use super::stat::{Identity, look_open};

/// A folder that is part of what makes copies, and so is never part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFolder {
    /// Where it is; links in it are followed.
    pub path: PathBuf,
    /// What it is, in words.
    pub what: String,
}

/// Such folders as they are met: by what they are, whatever they are called there. Each with what it is, in words.
#[derive(Debug, Default)]
pub(super) struct Own(Vec<(Identity, String)>);

impl OwnFolder {
    /// Which of the folders holds a path, or is it; of a path that is not there, its nearest folder that is counts.
    pub fn around<'a>(folders: &'a [Self], path: &Path) -> Option<&'a Self> {
        let real = path.ancestors().find_map(|folder| fs::canonicalize(folder).ok())?;
        let around: Vec<Identity> = real.ancestors().filter_map(identity).collect();
        folders.iter().find(|folder| identity(&folder.path).is_some_and(|own| around.contains(&own)))
    }
}

impl Own {
    /// Those that are there: what is not there cannot be met.
    pub(super) fn find(folders: &[OwnFolder]) -> Self {
        let identity = |folder: &OwnFolder| Some((identity(&folder.path)?, folder.what.clone()));
        Self(folders.iter().filter_map(identity).collect())
    }

    /// What a folder is, in words, if it is one of them.
    pub(super) fn what(&self, found: Identity) -> Option<&str> {
        self.0.iter().find(|(identity, _)| *identity == found).map(|(_, what)| what.as_str())
    }

    /// What stands around a path without links, or is it, if that is one of them.
    pub(super) fn around(&self, real: &Path) -> Option<&str> {
        real.ancestors().find_map(|folder| self.what(identity(folder)?))
    }
}

fn identity(folder: &Path) -> Option<Identity> {
    let path = fs::canonicalize(folder).ok()?;
    Some(look_open(open_path(&c_path(&path).ok()?).ok()?).ok()?.identity())
}
