//! Repositories and keys by hand.

use mainstay_ir::Name;
use mainstay_journal::Event;
use mainstay_repo::repository::Info;
use mainstay_repo::{KeyFile, Repository};

use super::{Engine, StateError};
use crate::acts::{Shelf, heads_event};
use crate::outside::access::{AccessError, role_word};
use crate::report::{KeyReport, RepoCreated, RepoReport};

/// Why a repository was not made.
#[derive(Debug, thiserror::Error)]
pub enum RepoInitError {
    /// The repository, its place, or its key file.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Engine {
    /// Makes a repository of the policy where there is none. Its key file must be there, or is made as well.
    ///
    /// # Errors
    /// [`RepoInitError`]; what stands there is never changed.
    pub fn repo_init(&self, repo: &str, create_key: bool) -> Result<Vec<RepoCreated>, RepoInitError> {
        let repositories = self.repositories();
        repositories.local(repo)?;
        let mut memory = self.take_memory()?;
        let created = if create_key { repositories.create(repo)? } else { repositories.make(repo)? };
        let fresh = self.fresh_heads(&created);
        if !fresh.is_empty() {
            memory.append(self.now_ms(), &fresh).map_err(StateError::from)?;
        }
        Ok(created)
    }

    /// How far repositories have come that were made just now: what stood at their places before is forgotten,
    /// so that a new one is not taken for an old one that was rolled back.
    pub(super) fn fresh_heads(&self, created: &[RepoCreated]) -> Vec<Event> {
        let repositories = self.repositories();
        let made = created.iter().filter(|made| made.what == "repository");
        let heads = |made: &RepoCreated| {
            let repository = repositories.open(&made.name).ok()?;
            let shelf = Shelf::read(&repository, &self.config.ir.policy, &self.config.host).ok()?;
            Some(heads_event(&shelf, &made.name))
        };
        made.filter_map(heads).collect()
    }

    /// What a repository is, and how much it holds.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn repo_info(&self, repo: &str) -> Result<RepoReport, AccessError> {
        let repository = self.repositories().open(repo)?;
        repo_report(repo, &repository)
    }

    /// A key file for a machine that adds snapshots of these sources of the policy to a repository and reads nothing
    /// back. Nothing is written: the certificate travels in the key file.
    ///
    /// # Errors
    /// [`AccessError`]; the policy's own key must be a full one.
    pub fn issue_writer_key(&self, repo: &str, sources: &[Name]) -> Result<KeyFile, AccessError> {
        let repository = self.repositories().open(repo)?;
        let policy = &self.config.ir.policy;
        let ids = sources.iter().map(|source| repository.chunk_keys().source(policy, source)).collect();
        repository.issue_writer_key(ids).map_err(|error| AccessError::Issue { name: repo.to_owned(), error })
    }

    /// The key files that the policy's repositories name, and whether they can be used.
    pub fn keys(&self) -> Vec<KeyReport> {
        let repositories = self.repositories();
        let mut keys: Vec<KeyReport> = Vec::new();
        for repo in self.config.ir.repos.keys() {
            let Ok(local) = repositories.local(repo) else { continue };
            if let Some(known) = keys.iter_mut().find(|key| key.secret == local.secret) {
                known.repos.push(repo.clone());
                continue;
            }
            let key = repositories.key(&local);
            keys.push(KeyReport {
                secret: local.secret.to_owned(),
                origin: repositories.secrets().origin(local.secret).unwrap_or_default(),
                repos: vec![repo.clone()],
                role: key.as_ref().ok().map(|key| role_word(key.role()).to_owned()),
                fault: key.err().map(|error| error.to_string()),
                is_open: repositories.secrets().is_open(local.secret),
            });
        }
        keys
    }
}

fn repo_report(repo: &str, repository: &Repository) -> Result<RepoReport, AccessError> {
    let info: Info = repository.info();
    let usage = repository.usage().map_err(AccessError::Usage)?;
    Ok(RepoReport {
        repo: Name::from(repo),
        place: info.place,
        family: info.family.to_string(),
        instance: info.instance.to_string(),
        format: u32::from(info.format),
        role: role_word(info.role).to_owned(),
        recipients: info.recipients.iter().map(|recipient| recipient.age.clone()).collect(),
        created_ms: info.created.map(|created| created.0),
        snapshots: repository.snapshots()?.list.len() as u64,
        objects: usage.iter().map(|prefix| prefix.objects).sum(),
        bytes: usage.iter().map(|prefix| prefix.bytes).sum(),
    })
}
