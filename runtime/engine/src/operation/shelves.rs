//! What stands in the repositories while one operation goes on: each is opened and read once, however often it is asked for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_journal::Fault;
use mainstay_repo::Repository;
use mainstay_repo::id::{InstanceId, SnapshotId};
use mainstay_repo::repository::Snapshot;
use mainstay_repo::slots::State;

use super::Engine;
use crate::acts::Shelf;
use crate::config::EngineConfig;
use crate::fault;
use crate::outside::access::{AccessError, Repositories};

/// Why there is nothing to look at.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Unread {
    /// There is no repository yet, which is no fault of a plan.
    pub(super) is_missing: bool,
    /// This engine reaches no such places, nor did one before it.
    pub(super) is_beyond_us: bool,
    /// For decisions and exit codes.
    pub(super) fault: Fault,
    /// In words.
    pub(super) reason: String,
}

impl From<AccessError> for Unread {
    fn from(error: AccessError) -> Self {
        Self {
            is_missing: matches!(error, AccessError::Missing { .. }),
            is_beyond_us: matches!(error, AccessError::NotCarried { .. }),
            fault: error.fault(),
            reason: error.to_string(),
        }
    }
}

/// Snapshots of one source, the oldest first, with those that were forgotten since.
pub(super) type Held = Rc<[Snapshot]>;

#[derive(Clone)]
struct Read {
    repository: Arc<Repository>,
    state: Arc<State>,
}

/// The repositories of a policy as an operation sees them.
pub(super) struct Shelves<'a> {
    config: &'a EngineConfig,
    repositories: Repositories,
    read: RefCell<HashMap<Name, Result<Read, Unread>>>,
    held: RefCell<HashMap<(Name, Name), Held>>,
}

impl Engine {
    /// Nothing is read yet.
    pub(super) fn shelves(&self) -> Shelves<'_> {
        Shelves {
            config: &self.config,
            repositories: self.repositories(),
            read: RefCell::default(),
            held: RefCell::default(),
        }
    }
}

impl Shelves<'_> {
    /// For what needs no more than an open repository.
    pub(super) fn repositories(&self) -> &Repositories {
        &self.repositories
    }

    /// A repository, if it can be opened and its slots can be read.
    fn read(&self, repo: &str) -> Result<Read, Unread> {
        if let Some(known) = self.read.borrow().get(repo) {
            return known.clone();
        }
        let read = self.read_now(repo).map_err(Unread::from);
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

    /// Whether there is no repository yet.
    pub(super) fn is_missing(&self, repo: &str) -> bool {
        self.read(repo).is_err_and(|unread| unread.is_missing)
    }

    /// A repository that can be read.
    pub(super) fn repository(&self, repo: &str) -> Result<Arc<Repository>, Unread> {
        Ok(self.read(repo)?.repository)
    }

    /// Which copy of its family a repository is.
    pub(super) fn instance(&self, repo: &str) -> Result<InstanceId, Unread> {
        Ok(*self.read(repo)?.repository.instance())
    }

    /// Whether a repository that has a copy of another one's snapshot does not have all of it any more.
    pub(super) fn lacks(&self, to: &str, from: &str, snapshot: &SnapshotId) -> Result<bool, Unread> {
        let (target, source) = (self.read(to)?, self.read(from)?);
        let lacks = target.repository.lacks(&target.state, &source.repository, snapshot);
        lacks.map_err(|error| Unread {
            is_missing: false,
            is_beyond_us: false,
            fault: fault::of_class(error.class()),
            reason: error.to_string(),
        })
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
