//! Making what is missing, when asked to: local repositories and their key files.
//!
//! Order of writes: the key file is durable before anything is wrapped to it, and is never written over. A
//! repository whose folder stands and whose key is missing is not touched: a new key would not open it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_repo::{InitOptions, KeyFile, Repository};
use mainstay_store::LocalStore;

use super::access::{AccessError, Local, Repositories, is_missing};
use super::secret::SecretError;
use crate::report::RepoCreated;

/// Key files are for their owner alone.
const KEY_MODE: u32 = 0o600;
/// So are the folders that are made for them.
const FOLDER_MODE: u32 = 0o700;

impl Repositories {
    /// Makes a repository that is not there, and its key file if that is not there either. Says what was made.
    ///
    /// # Errors
    /// Why it could not be; what stands there is never changed.
    pub(crate) fn create(&self, name: &str) -> Result<Vec<RepoCreated>, AccessError> {
        match self.open(name) {
            Ok(_) => return Ok(Vec::new()),
            Err(AccessError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        let local = self.local(name)?;
        let mut made: Vec<RepoCreated> = self.create_key(&local)?.into_iter().collect();
        made.extend(self.make(name)?);
        Ok(made)
    }

    /// Makes a repository with a key file that is there.
    ///
    /// # Errors
    /// Why it could not be; what stands there is never changed.
    pub(crate) fn make(&self, name: &str) -> Result<Vec<RepoCreated>, AccessError> {
        let local = self.local(name)?;
        self.init(&local)?;
        let place = local.path.display().to_string();
        Ok(vec![RepoCreated { what: "repository", name: name.to_owned(), place }])
    }

    /// Makes a repository at a place where there is none, with a key file that is there.
    fn init(&self, local: &Local<'_>) -> Result<Arc<Repository>, AccessError> {
        let key = self.key(local)?;
        let family = self.sibling(local)?;
        make_parents(&local.path)?;
        let store = match LocalStore::open(&local.path) {
            Err(error) if is_missing(&error) => LocalStore::init(&local.path)?,
            store => store?,
        };
        let options = InitOptions {
            chunk_bytes: local.chunk_bytes,
            family_of: family.as_deref(),
            ..InitOptions::default()
        };
        let repository = Repository::init(Arc::new(store), &key, options, self.outside())?;
        Ok(self.keep(local.name, repository))
    }

    /// Another repository of the policy with the same key: the two are to be one family.
    fn sibling(&self, local: &Local<'_>) -> Result<Option<Arc<Repository>>, AccessError> {
        for name in self.ir().repos.keys().filter(|name| *name != local.name) {
            if self.local(name).is_ok_and(|other| other.secret == local.secret) {
                match self.open(name) {
                    Ok(other) => return Ok(Some(other)),
                    Err(AccessError::Missing { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(None)
    }

    /// Makes a key file if its secret is a file and that is not there. A repository that stands under the same
    /// secret has lost its key: then none is made.
    fn create_key(&self, local: &Local<'_>) -> Result<Option<RepoCreated>, AccessError> {
        let secrets = self.secrets();
        match secrets.bytes(local.secret) {
            Err(SecretError::Absent { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(None),
        }
        let Some(path) = secrets.path(local.secret) else {
            secrets.bytes(local.secret)?;
            return Ok(None);
        };
        self.refuse_lost_key(local)?;
        let key = KeyFile::generate(self.config().random.as_ref());
        write_key(&path, &key).map_err(|error| AccessError::Make { path: path.clone(), error })?;
        let place = path.display().to_string();
        Ok(Some(RepoCreated { what: "key file", name: local.secret.to_owned(), place }))
    }

    fn refuse_lost_key(&self, local: &Local<'_>) -> Result<(), AccessError> {
        for name in self.ir().repos.keys() {
            let Ok(other) = self.local(name) else { continue };
            let Ok(store) = LocalStore::open(&other.path) else { continue };
            let is_there = other.secret == local.secret && has_format(&store);
            if is_there {
                self.secrets().bytes(local.secret)?;
            }
        }
        Ok(())
    }
}

/// Whether a repository stands in a store: a key that nobody has opens none of it.
fn has_format(store: &LocalStore) -> bool {
    use mainstay_store::Store as _;
    let any = |prefix| store.list(prefix).is_ok_and(|listed| !listed.is_empty());
    any('k') || any('p')
}

fn make_parents(path: &Path) -> Result<(), AccessError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    make_folders(parent).map_err(|error| AccessError::Make { path: parent.to_owned(), error })
}

/// Makes folders, each durable in the one above it.
fn make_folders(path: &Path) -> io::Result<()> {
    let missing: Vec<PathBuf> =
        path.ancestors().take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    for folder in missing.iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().mode(FOLDER_MODE).create(folder)?;
        sync_parent(folder)?;
    }
    Ok(())
}

fn write_key(path: &Path, key: &KeyFile) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        make_folders(parent)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(KEY_MODE).open(path)?;
    file.write_all(&key.to_bytes())?;
    file.sync_all()?;
    sync_parent(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
