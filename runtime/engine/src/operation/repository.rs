//! Repositories and keys by hand.

use mainstay_ir::Name;
use mainstay_repo::Repository;
use mainstay_repo::repository::Info;

use super::Engine;
use crate::outside::access::{AccessError, role_word};
use crate::report::{KeyReport, RepoCreated, RepoReport};

impl Engine {
    /// Makes a repository of the policy where there is none. Its key file must be there, or is made as well.
    ///
    /// # Errors
    /// [`AccessError`]; what stands there is never changed.
    pub fn repo_init(&self, repo: &str, create_key: bool) -> Result<Vec<RepoCreated>, AccessError> {
        let repositories = self.repositories();
        if create_key {
            return repositories.create(repo);
        }
        let local = repositories.local(repo)?;
        repositories.init(&local)?;
        let place = local.path.display().to_string();
        Ok(vec![RepoCreated { what: "repository", name: repo.to_owned(), place }])
    }

    /// What a repository is, and how much it holds.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn repo_info(&self, repo: &str) -> Result<RepoReport, AccessError> {
        let repository = self.repositories().open(repo)?;
        repo_report(repo, &repository)
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
