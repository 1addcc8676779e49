//! What stands in the repositories when a plan is made: each is opened and read once, however many steps ask.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_repo::Repository;
use mainstay_repo::id::{InstanceId, SnapshotId};
use mainstay_repo::repository::Snapshot;
use mainstay_repo::slots::State;

use crate::acts::Shelf;
use crate::config::EngineConfig;
use crate::outside::access::{AccessError, Repositories};

/// Why there is nothing to look at.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    /// There is no repository yet, which is no fault.
    pub(super) is_missing: bool,
    /// In words.
    pub(super) reason: String,
}

/// Snapshots of one source, the oldest first, with those that were forgotten since.
pub(super) type Held = Rc<[Snapshot]>;

#[derive(Clone)]
struct Read {
    repository: Arc<Repository>,
    state: Arc<State>,
}

/// The repositories of a policy as a plan sees them.
pub(super) struct Shelves<'a> {
    config: &'a EngineConfig,
    repositories: &'a Repositories,
    read: RefCell<HashMap<Name, Result<Read, Unread>>>,
    held: RefCell<HashMap<(Name, Name), Held>>,
}

impl<'a> Shelves<'a> {
    /// Reads nothing yet.
    pub(super) fn new(config: &'a EngineConfig, repositories: &'a Repositories) -> Self {
        Self { config, repositories, read: RefCell::default(), held: RefCell::default() }
    }

    /// A repository, if it can be opened and its slots can be read.
    fn read(&self, repo: &str) -> Result<Read, Unread> {
        if let Some(known) = self.read.borrow().get(repo) {
            return known.clone();
        }
        let read = self.read_now(repo).map_err(|error| Unread {
            is_missing: matches!(error, AccessError::Missing { .. }),
            reason: error.to_string(),
        });
        self.read.borrow_mut().insert(repo.to_owned(), read.clone());
        read
    }

    fn read_now(&self, repo: &str) -> Result<Read, AccessError> {
        let repository = self.repositories.open(repo)?;
        let state = Arc::new(repository.state()?);
        Ok(Read { repository, state })
    }

    /// What is asked of the shelf of a repository.
    pub(super) fn look<T>(&self, repo: &str, ask: impl FnOnce(&Shelf<'_>) -> T) -> Result<T, Unread> {
        let Read { repository, state } = self.read(repo)?;
        Ok(ask(&Shelf::of(&repository, state, &self.config.ir.policy, &self.config.host)))
    }

    /// Which copy of its family a repository is.
    pub(super) fn instance(&self, repo: &str) -> Result<InstanceId, Unread> {
        Ok(*self.read(repo)?.repository.instance())
    }

    /// Whether a repository that has a copy of another one's snapshot does not have all of it any more.
    pub(super) fn lacks(&self, to: &str, from: &str, snapshot: &SnapshotId) -> Result<bool, Unread> {
        let (target, source) = (self.read(to)?, self.read(from)?);
        let lacks = target.repository.lacks(&target.state, &source.repository, snapshot);
        lacks.map_err(|error| Unread { is_missing: false, reason: error.to_string() })
    }

    /// All that ever was of a source; nothing where there is no repository.
    pub(super) fn held(&self, repo: &str, source: &str) -> Result<Held, String> {
        let key = (repo.to_owned(), source.to_owned());
        if let Some(known) = self.held.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let held: Held = match self.look(repo, |shelf| shelf.ever_of_source(source)) {
            Ok(found) => found.into(),
            Err(Unread { is_missing: true, .. }) => Vec::new().into(),
            Err(unread) => return Err(unread.reason),
        };
        self.held.borrow_mut().insert(key, Rc::clone(&held));
        Ok(held)
    }
}
