//! Objects as files in folders, one folder for each prefix.
//!
//! The order of writes. An object becomes visible and durable in five steps: a temporary file in the same
//! folder, its bytes, fsync of the file, a link to the object's name that never replaces, fsync of the
//! folder. The temporary name is taken away between the link and the fsync of the folder, so that a durable
//! folder holds no leftovers. A batch is fsynced file by file and then folder by folder, once for each folder.
//! So whoever sees a name sees whole, durable content under it; and a name that was reported is durable too.
//!
//! Who finds the name taken did not see the other's fsync of the folder: he fsyncs the file and the folder
//! himself before he says `Existed`. What stands in it is for the caller to read: only he knows what it means.
//!
//! A failed fsync is final. The kernel marks the pages clean afterwards, so a second fsync of that file would
//! succeed and mean nothing: the file is dropped and the attempt fails. After a failed fsync of a folder this
//! store publishes nothing more in it.
//!
//! One folder for each prefix, not a tree of them: a barrier then costs one fsync of a folder, not one for each
//! pack; the listed file systems find a name among a million as fast as among ten, and a listing must read
//! them all anyway.
//!
//! A temporary file is locked (flock) by the process that writes it. Names that begin with `.tmp-` are in no
//! listing; those that no process holds any more are taken away by the next one that publishes in that folder
//! after listing it.

mod disk;
mod linux;
pub mod model;
mod open;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use disk::{Disk, DiskEntry, Folder};
pub use linux::LinuxDisk;
pub use open::OpenStoreError;

use crate::api::{Created, Listed, ObjectName, Staged, StagedToken, Store, StoreError, StoreErrorKind};

/// The folders that a new store has: packs, segments, keys, intents, commits, maintenance, forgotten, holds,
/// quarantine, the probe's. Later versions may add some (`e`, `l`, `w`); a missing one lists as unreachable.
pub const FOLDERS: &str = "pxkscgfhqt";

/// How the names of temporary files begin. No object's name begins with a dot.
const TEMPORARY: &str = ".tmp-";

/// A store in a folder.
#[derive(Debug)]
pub struct LocalStore<D: Disk = LinuxDisk> {
    disk: Arc<D>,
    /// Makes temporary names of this process different.
    count: AtomicU64,
    notes: Mutex<Notes>,
}

/// What the store remembers between calls.
#[derive(Debug, Default)]
struct Notes {
    /// Folders whose fsync failed.
    broken: BTreeSet<Folder>,
    /// Temporary names that a listing met.
    leftovers: BTreeMap<Folder, Vec<String>>,
}

/// A temporary file; its name goes when it is dropped.
struct Temporary<D: Disk> {
    disk: Arc<D>,
    folder: Folder,
    name: String,
    file: D::File,
}

impl<D: Disk> Drop for Temporary<D> {
    fn drop(&mut self) {
        if let Err(error) = self.disk.unlink(self.folder, &self.name) {
            tracing::debug!(name = self.name, %error, "a temporary file stays until the next run");
        }
    }
}

impl<D: Disk> LocalStore<D> {
    /// A store on a disk that is ready.
    pub fn on(disk: Arc<D>) -> Self {
        Self { disk, count: AtomicU64::new(0), notes: Mutex::default() }
    }

    /// Each note is one insert or remove: whole even after another thread's panic.
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_temporary(&self, name: &ObjectName, bytes: &[u8]) -> Result<Temporary<D>, StoreError> {
        let folder = folder_of(name);
        let failed = |error| self.writing_failed("stage", folder, name.as_str(), &error);
        let (temporary, file) = self.create_temporary(folder).map_err(failed)?;
        let temporary = Temporary { disk: Arc::clone(&self.disk), folder, name: temporary, file };
        self.disk.write_all(&temporary.file, bytes).map_err(failed)?;
        Ok(temporary)
    }

    fn create_temporary(&self, folder: Folder) -> io::Result<(String, D::File)> {
        loop {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let name = format!("{TEMPORARY}{}-{count}", std::process::id());
            match self.disk.create(folder, &name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other.map(|file| (name, file)),
            }
        }
    }

    /// Gives a synced temporary file its name, and takes the temporary one away.
    fn link(&self, name: &ObjectName, temporary: Temporary<D>) -> Result<Created, StoreError> {
        let folder = temporary.folder;
        match self.disk.link(folder, &temporary.name, name.rest()) {
            Ok(()) => Ok(Created::New),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let existing = self.disk.open(folder, name.rest());
                let synced = existing.and_then(|file| self.disk.sync_file(&file));
                synced.map(|()| Created::Existed).map_err(|error| self.failed("create", name, &error))
            }
            Err(error) => Err(self.writing_failed("create", folder, name.as_str(), &error)),
        }
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StoreError> {
        self.disk.sync_folder(folder).map_err(|error| {
            self.notes().broken.insert(folder);
            self.writing_failed("sync", folder, &folder_name(folder), &error)
        })
    }

    fn refuse_broken(&self, folders: &BTreeSet<Folder>) -> Result<(), StoreError> {
        match self.notes().broken.intersection(folders).next() {
            None => Ok(()),
            Some(folder) => Err(StoreError {
                kind: StoreErrorKind::Other,
                operation: "publish",
                object: folder_name(*folder),
                message: "an earlier fsync of this folder failed, so nothing more can be promised in it"
                    .into(),
            }),
        }
    }

    fn sweep(&self, folder: Folder) {
        let leftovers = self.notes().leftovers.remove(&folder).unwrap_or_default();
        for name in leftovers {
            match self.disk.remove_abandoned(folder, &name) {
                Ok(true) => tracing::debug!(name, "took away what a dead process left"),
                Ok(false) => {}
                Err(error) => tracing::debug!(name, %error, "a leftover stays"),
            }
        }
    }

    /// An error of writing, where a missing file can only mean a missing folder.
    fn writing_failed(
        &self,
        operation: &'static str,
        folder: Folder,
        object: &str,
        error: &io::Error,
    ) -> StoreError {
        let gone = error.kind() == io::ErrorKind::NotFound || !self.disk.is_there(folder);
        let kind = if gone { StoreErrorKind::Unreachable } else { open::kind_of(error) };
        StoreError { kind, operation, object: object.into(), message: error.to_string() }
    }

    /// An error of reading: the object is missing, or its folder is.
    fn failed(&self, operation: &'static str, name: &ObjectName, error: &io::Error) -> StoreError {
        if error.kind() == io::ErrorKind::NotFound && self.disk.is_there(folder_of(name)) {
            let message = "no such object".into();
            return StoreError {
                kind: StoreErrorKind::NotFound,
                operation,
                object: name.to_string(),
                message,
            };
        }
        self.writing_failed(operation, folder_of(name), name.as_str(), error)
    }

    fn open_object(&self, operation: &'static str, name: &ObjectName) -> Result<D::File, StoreError> {
        self.disk.open(folder_of(name), name.rest()).map_err(|error| self.failed(operation, name, &error))
    }

    fn read_part(
        &self,
        name: &ObjectName,
        file: &D::File,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let beyond = || StoreError::beyond_end(name, offset, length);
        let wanted = usize::try_from(length).map_err(|_| beyond())?;
        self.disk.read_at(file, offset, wanted, into).map_err(|error| self.failed("read", name, &error))?;
        if into.len() == wanted { Ok(()) } else { Err(beyond()) }
    }

    /// The size, asked before memory is taken for it: a range from outside must not cost more than the object.
    fn file_size(&self, name: &ObjectName, file: &D::File) -> Result<u64, StoreError> {
        self.disk.size(file).map_err(|error| self.failed("size", name, &error))
    }
}

impl<D: Disk> Store for LocalStore<D> {
    fn place(&self) -> String {
        self.disk.place()
    }

    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError> {
        self.stage_borrowed(name, &bytes)
    }

    fn stage_borrowed(&self, name: &ObjectName, bytes: &[u8]) -> Result<Staged, StoreError> {
        let temporary = self.write_temporary(name, bytes)?;
        Ok(Staged { name: name.clone(), token: StagedToken::Held(Box::new(temporary)) })
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        let folders: BTreeSet<Folder> = staged.iter().map(|staged| folder_of(&staged.name)).collect();
        self.refuse_broken(&folders)?;
        let mut written = Vec::with_capacity(staged.len());
        for Staged { name, token } in staged {
            let temporary = match token {
                StagedToken::Bytes(bytes) => self.write_temporary(&name, &bytes)?,
                StagedToken::Held(held) => {
                    *held.downcast::<Temporary<D>>().map_err(|_| StoreError::foreign_token(&name))?
                }
            };
            self.disk
                .sync_file(&temporary.file)
                .map_err(|error| self.writing_failed("sync", temporary.folder, name.as_str(), &error))?;
            written.push((name, temporary));
        }
        let linked = written.into_iter().map(|(name, temporary)| self.link(&name, temporary));
        let answers = linked.collect::<Result<Vec<_>, _>>()?;
        for folder in folders {
            self.sweep(folder);
            self.sync_folder(folder)?;
        }
        Ok(answers)
    }

    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError> {
        let file = self.open_object("read", name)?;
        let size = self.file_size(name, &file)?;
        let mut bytes = Vec::new();
        self.read_part(name, &file, 0, size, &mut bytes)?;
        Ok(bytes)
    }

    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let file = self.open_object("read", name)?;
        if length > into.capacity() as u64 {
            let size = self.file_size(name, &file)?;
            if offset.checked_add(length).is_none_or(|end| end > size) {
                return Err(StoreError::beyond_end(name, offset, length));
            }
        }
        self.read_part(name, &file, offset, length, into)
    }

    fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        let file = self.open_object("size", name)?;
        self.file_size(name, &file)
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        let folder = Folder::Prefix(prefix);
        let entries = self.disk.entries(folder);
        let entries =
            entries.map_err(|error| self.writing_failed("list", folder, &folder_name(folder), &error))?;
        let (leftovers, objects): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.name.starts_with(TEMPORARY));
        let leftovers = leftovers.into_iter().map(|entry| entry.name).collect();
        self.notes().leftovers.insert(folder, leftovers);
        let named = |entry: DiskEntry| {
            let name = ObjectName::new(format!("{prefix}/{}", entry.name)).ok()?;
            Some(Listed { name, size: entry.size, made: entry.made })
        };
        let mut listed: Vec<Listed> = objects.into_iter().filter_map(named).collect();
        listed.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(listed)
    }

    /// Not durable by itself: a deletion that a power cut undoes is repeated by whoever planned it.
    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        match self.disk.unlink(folder_of(name), name.rest()) {
            Err(error) => match self.failed("delete", name, &error) {
                missing if missing.kind == StoreErrorKind::NotFound => Ok(()),
                other => Err(other),
            },
            Ok(()) => Ok(()),
        }
    }
}

fn folder_of(name: &ObjectName) -> Folder {
    name.prefix().map_or(Folder::Top, Folder::Prefix)
}

fn folder_name(folder: Folder) -> String {
    match folder {
        Folder::Top => String::new(),
        Folder::Prefix(prefix) => prefix.to_string(),
    }
}
