//! A source as it was written, read and compiled once.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::folder::open_path;
use super::listing::Lister;
use super::own::Own;
use super::stat::look_open;
use super::{FilesSource, OnFault};
use crate::SourceError;
use crate::pattern::Patterns;

/// What a walk needs to know.
#[derive(Debug)]
pub(super) struct Settings {
    /// None stands below another one.
    pub(super) roots: Vec<Root>,
    /// Devices of roots that stand below another one: the walk may go over to them.
    pub(super) inner_devices: Vec<u64>,
    pub(super) patterns: Patterns,
    pub(super) exclude_caches: bool,
    pub(super) skip_if: Vec<Vec<u8>>,
    pub(super) skip_larger: Option<u64>,
    pub(super) one_filesystem: bool,
    pub(super) own: Own,
    pub(super) on_vanished: OnFault,
    pub(super) on_unreadable: OnFault,
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) written: PathBuf,
    /// Absolute, without links.
    pub(super) real: PathBuf,
    pub(super) is_folder: bool,
}

impl Settings {
    pub(super) fn new(source: &FilesSource) -> Result<Self, SourceError> {
        let from_files = read_patterns(&source.exclude_from)?;
        let exclude = source.exclude.iter().chain(&from_files).map(String::as_str);
        let own = Own::find(&source.own);
        let (roots, inner) = find_roots(&source.roots, &own)?;
        Ok(Self {
            roots,
            inner_devices: inner.iter().filter_map(Root::device).collect(),
            patterns: Patterns::new(exclude, source.include.iter().map(String::as_str))?,
            exclude_caches: source.exclude_caches,
            skip_if: source.skip_if.iter().map(|name| name.clone().into_bytes()).collect(),
            skip_larger: source.skip_larger,
            one_filesystem: source.one_filesystem,
            own,
            on_vanished: source.on_vanished,
            on_unreadable: source.on_unreadable,
        })
    }

    /// Whether listings must be looked at for files that mark their folder.
    pub(super) fn has_markers(&self) -> bool {
        self.exclude_caches || !self.skip_if.is_empty()
    }
}

impl Root {
    fn find(written: &Path) -> Result<Self, SourceError> {
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => SourceError::MissingRoot(written.to_owned()),
            _ => SourceError::UnreadableRoot { root: written.to_owned(), source },
        };
        let real = fs::canonicalize(written).map_err(unreadable)?;
        let is_folder = fs::metadata(&real).map_err(unreadable)?.is_dir();
        Ok(Self { written: written.to_owned(), real, is_folder })
    }

    /// Whether it can be read and holds something.
    pub(super) fn check(&self, lister: &mut Lister) -> Result<(), SourceError> {
        if !self.is_folder {
            return fs::File::open(&self.real).map(drop).map_err(|error| self.unreadable(error));
        }
        let empty = c_path(&self.real).and_then(|path| lister.is_empty(open_path(&path)?));
        match empty {
            Ok(false) => Ok(()),
            Ok(true) => Err(SourceError::EmptyRoot(self.written.clone())),
            Err(error) => Err(self.unreadable(error.into())),
        }
    }

    fn device(&self) -> Option<u64> {
        let path = c_path(&self.real).ok()?;
        look_open(open_path(&path).ok()?).ok().map(|seen| seen.stat.device)
    }

    fn unreadable(&self, source: io::Error) -> SourceError {
        SourceError::UnreadableRoot { root: self.written.clone(), source }
    }
}

pub(super) fn c_path(path: &Path) -> Result<CString, Errno> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::INVAL)
}

/// Finds the roots, and apart from them those that stand below another one and are walked with that one.
fn find_roots(written: &[PathBuf], own: &Own) -> Result<(Vec<Root>, Vec<Root>), SourceError> {
    let mut found = written.iter().map(|path| Root::find(path)).collect::<Result<Vec<_>, _>>()?;
    found.iter().try_for_each(|root| refuse_own(root, own))?;
    found.sort_by(|a, b| a.real.cmp(&b.real));
    let mut roots: Vec<Root> = Vec::new();
    let mut inner = Vec::new();
    for root in found {
        let list = if roots.last().is_some_and(|outer| root.real.starts_with(&outer.real)) {
            &mut inner
        } else {
            &mut roots
        };
        list.push(root);
    }
    if roots.is_empty() { Err(SourceError::NoRoots) } else { Ok((roots, inner)) }
}

/// A root within one of them would be a copy of copies, and grow with each run.
fn refuse_own(root: &Root, own: &Own) -> Result<(), SourceError> {
    match own.around(&root.real) {
        Some(what) => Err(SourceError::OwnRoot { root: root.written.clone(), what: what.to_owned() }),
        None => Ok(()),
    }
}

fn read_patterns(files: &[PathBuf]) -> Result<Vec<String>, SourceError> {
    let mut patterns = Vec::new();
    for path in files {
        let text = fs::read_to_string(path)
            .map_err(|source| SourceError::PatternFile { path: path.clone(), source })?;
        let lines = text.lines().map(str::trim_end);
        patterns.extend(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned));
    }
    Ok(patterns)
}
